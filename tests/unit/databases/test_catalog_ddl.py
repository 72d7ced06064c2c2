"""Catalogs from DDL texts as people and tools write them."""

from __future__ import annotations

import pytest

from services.common.databases._catalog_ddl import guess_dialect
from services.common.databases._sqltext import statements
from services.common.databases._types import mysql_type, postgresql_name, postgresql_type, sqlite_type, sqlserver_type
from services.common.databases.catalog import Bounds, Choices, read_ddl

_SQL_SERVER = """
USE [Shop]
GO
SET ANSI_NULLS ON
GO
CREATE TABLE [dbo].[Customer](
  [Id] [int] IDENTITY(1,1) NOT NULL,
  [Name] [nvarchar](50) COLLATE Latin1_General_CS_AS NOT NULL,
  [Mail] [nvarchar](max) NULL,
  [Born] [smalldatetime] NULL,
  [Key] [uniqueidentifier] ROWGUIDCOL NOT NULL CONSTRAINT [DF_Key] DEFAULT (newid()),
  [Paid] [money] NULL, [Level] [tinyint] NOT NULL, [Active] [bit] NOT NULL,
  [At] [datetime2](3) NULL, [Version] [timestamp] NOT NULL,
  [Total] AS ([Paid]*(2)) PERSISTED,
  [City] nvarchar(20) NULL CHECK ([City] IN (N'Bonn', N'Ulm')),
 CONSTRAINT [PK_Customer] PRIMARY KEY CLUSTERED ([Id] ASC) WITH (PAD_INDEX = OFF) ON [PRIMARY],
 CONSTRAINT [UQ_Mail] UNIQUE NONCLUSTERED ([Name] ASC, [Born] DESC)
) ON [PRIMARY] TEXTIMAGE_ON [PRIMARY]
GO
CREATE TABLE sales.[Order] (Id bigint NOT NULL PRIMARY KEY, CustomerId int NOT NULL, Status varchar(9))
ALTER TABLE sales.[Order] ADD CONSTRAINT DF_Status DEFAULT ('new') FOR Status
ALTER TABLE sales.[Order] WITH CHECK ADD CONSTRAINT FK_Customer FOREIGN KEY(CustomerId)
REFERENCES [dbo].[Customer] ([Id])
ON DELETE CASCADE
GO
ALTER TABLE sales.[Order] CHECK CONSTRAINT FK_Customer
GO
CREATE UNIQUE NONCLUSTERED INDEX IX_Status ON sales.[Order] (Status ASC) INCLUDE (CustomerId) WHERE ([Status] IS NOT NULL)
GO
CREATE TRIGGER trg ON sales.[Order] AFTER INSERT, UPDATE AS
BEGIN
  INSERT INTO dbo.Audit (x) SELECT 1;
  UPDATE c SET x = 1;
END
GO
"""


def test_sql_server() -> None:
    assert guess_dialect(_SQL_SERVER) == "sqlserver"
    catalog = read_ddl(_SQL_SERVER)
    assert not catalog.warnings and [table.key for table in catalog.tables] == ["Customer", "sales.Order"]
    customer, order = catalog.tables
    kinds = {column.name: (column.type.kind, str(column.type.type)) for column in customer.columns}
    assert kinds == {
        "Id": ("int", "int"), "Name": ("string", "string(50)"), "Mail": ("text", "text"), "Born": ("datetime", "datetime"),
        "Key": ("uuid", "uuid"), "Paid": ("decimal", "decimal(19,4)"), "Level": ("int", "int"), "Active": ("bool", "bool"),
        "At": ("datetime", "datetime(3)"), "Version": ("other", "None"), "Total": ("other", "None"),
        "City": ("string", "string(20)"),
    }  # fmt: skip
    assert customer.column("Id").identity == "always" and customer.column("Id").auto and customer.primary_key == ("Id",)
    assert customer.column("Key").default == "(newid())" and customer.column("Total").generated == "[Paid]*(2)"
    assert not customer.column("Name").folded and customer.column("Mail").folded and customer.column("Level").type.largest == 255
    assert customer.column("Born").type.latest.startswith("2079") and customer.uniques[0].columns == ("Name", "Born")
    assert not customer.uniques[0].nulls_distinct and customer.checks[0].parsed.choices == (Choices("City", ("Bonn", "Ulm")),)
    key = order.foreign_keys[0]
    assert (key.name, key.columns, key.parent, key.parent_columns, key.on_delete) == (
        "FK_Customer", ("CustomerId",), "Customer", ("Id",), "CASCADE",
    )  # fmt: skip
    assert order.column("Status").default == "('new')" and order.uniques[0].where == "[Status] IS NOT NULL"
    trigger = order.triggers[0]
    assert (trigger.timing, trigger.events, trigger.inserts) == ("AFTER", ("INSERT", "UPDATE"), ("Audit",))


_DUMP = """
-- MySQL dump 10.13
/*!40101 SET NAMES utf8mb4 */;
DROP TABLE IF EXISTS `t`;
CREATE TABLE `t` (
  `id` int NOT NULL AUTO_INCREMENT,
  `a;b` varchar(9) DEFAULT 'x;--y' COMMENT 'it\\'s; fine', # a comment
  `n` int DEFAULT NULL /*!80023 INVISIBLE */,
  PRIMARY KEY (`id`),
  CONSTRAINT `c` CHECK ((`n` between 1 and 9)) /*!80016 NOT ENFORCED */
) ENGINE=InnoDB AUTO_INCREMENT=7 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='rows';
INSERT INTO `t` VALUES (1,'CREATE TABLE x (id int);',2);
DELIMITER ;;
/*!50003 CREATE*/ /*!50017 DEFINER=`root`@`%`*/ /*!50003 TRIGGER `g` BEFORE INSERT ON `t`
  FOR EACH ROW BEGIN SET NEW.n = 1; END */;;
DELIMITER ;
"""


def test_mysqldump() -> None:
    catalog = read_ddl(_DUMP)
    assert catalog.dialect == "mysql" and not catalog.warnings
    (table,) = catalog.tables
    assert [c.name for c in table.columns] == ["id", "a;b", "n"] and table.comment == "rows"
    assert (
        table.column("a;b").default == "'x;--y'"
        and table.column("a;b").comment == "it's; fine"
        and not table.column("a;b").folded
    )
    assert not table.checks[0].enforced and table.checks[0].parsed.bounds == (Bounds("n", 1), Bounds("n", high=9))
    assert table.triggers[0].sets == ("n",)


_PG_DUMP = r"""
\restrict abc
CREATE TABLE public.a (
    id integer NOT NULL,
    "Odd name" text DEFAULT 'x'::text NOT NULL,
    at timestamp with time zone DEFAULT (now() AT TIME ZONE 'utc'::text) NOT NULL, -- trailing, comment
    kind public.kind, amount numeric(12,2) DEFAULT 0.00 CONSTRAINT positive CHECK ((amount > (0)::numeric)) NOT NULL
);
CREATE TYPE public.kind AS ENUM ('x');
ALTER TYPE kind ADD VALUE 'z';
ALTER TYPE kind ADD VALUE 'y' BEFORE 'z';
ALTER TABLE public.a OWNER TO someone;
ALTER TABLE public.a ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.a_id_seq
    START WITH 1
);
COPY public.a (id, "Odd name") FROM stdin;
1	CREATE TABLE broken (;
2	it's
\.
CREATE TABLE b (id bigserial PRIMARY KEY, a int REFERENCES a ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED, LIKE c);
CREATE TABLE d (id int, UNIQUE (id) DEFERRABLE, EXCLUDE USING gist (id WITH =));
ALTER TABLE ONLY public.a ADD CONSTRAINT a_pkey PRIMARY KEY (id);
CREATE TABLE b (id bigserial PRIMARY KEY, a int REFERENCES a ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED);
COMMENT ON COLUMN public.a."Odd name" IS 'it''s odd';
ALTER TABLE a ALTER COLUMN kind SET DEFAULT 'x', ALTER COLUMN kind SET NOT NULL, ADD COLUMN extra jsonb;
ALTER TABLE a RENAME COLUMN extra TO other;
SELECT pg_catalog.setval('public.a_id_seq', 1, false);
CREATE UNIQUE INDEX u ON ONLY public.a USING btree (lower("Odd name"), kind DESC NULLS LAST) WHERE (amount > 3);
"""


def test_pg_dump() -> None:
    catalog = read_ddl(_PG_DUMP)
    assert catalog.dialect == "postgresql" and [table.key for table in catalog.tables] == ["a", "b", "d"]
    assert [(warning.line, warning.message.split(" …")[0]) for warning in catalog.warnings] == [
        (21, "CREATE TABLE b ("), (27, "ALTER TABLE a RENAME"),
    ]  # fmt: skip
    a, b, _ = catalog.tables
    assert catalog.enums[0].values == ("x", "y", "z") and a.column("kind").type.values == ("x", "y", "z")
    assert a.column("at").default == "(now() AT TIME ZONE 'utc'::text)" and not a.column("at").nullable
    assert a.column("Odd name").comment == "it's odd" and a.column("id").identity == "by default"
    assert (a.column("kind").default, a.column("kind").nullable, a.column("extra").type.kind) == ("'x'", False, "json")
    assert a.checks[0].name == "positive" and a.primary_key == ("id",)
    assert b.foreign_keys[0].parent_columns == ("id",) and b.foreign_keys[0].deferred and b.column("id").auto
    assert (
        a.uniques[0].expressions == ('lower("Odd name")',)
        and a.uniques[0].columns == ("kind",)
        and a.uniques[0].where == "amount > 3"
    )


def test_a_body_that_is_odd_is_read_as_far_as_it_goes() -> None:
    text = (
        "CREATE TABLE t (a INT, b INT);CREATE TRIGGER g AFTER INSERT ON t BEGIN UPDATE t SET (a, b) = (1, 2); DELETE FROM u; END;"
    )
    (trigger,) = read_ddl(text, "sqlite").tables[0].triggers
    assert trigger.deletes == ("u",)


@pytest.mark.parametrize("dialect", ["postgresql", "mysql", "sqlite", "sqlserver"])
@pytest.mark.parametrize(
    "text",
    ["", ";;;", "CREATE TABLE", "CREATE TABLE t (", "CREATE TABLE t (id int CHECK (", "CREATE TABLE t AS SELECT 1",
     "'", "/*", "$$", "nonsense",
     "CREATE TABLE t (id int, FOREIGN KEY (id) REFERENCES)", "ALTER TABLE none ADD x int", "CREATE INDEX i ON none (x)",
     "CREATE TRIGGER",
     "CREATE TABLE t ();", "ALTER TABLE", "COMMENT ON COLUMN x IS 'y'", "CREATE UNIQUE", "CREATE TABLE t (id)"],
)  # fmt: skip
def test_nothing_makes_it_fail(dialect: str, text: str) -> None:
    catalog = read_ddl(text, dialect)  # type: ignore[arg-type]
    assert all(w.line == 1 for w in catalog.warnings) and len(catalog.tables) <= 1


def test_our_own_and_temporary_tables_and_virtual_ones_are_left_out() -> None:
    text = "CREATE TABLE _mockcraft_x (id INT);\nCREATE TEMP TABLE y (id INT);\nCREATE VIEW v AS SELECT 1;\n"
    text += "CREATE VIRTUAL TABLE z USING fts5(a);"
    catalog = read_ddl(text, "sqlite")
    assert catalog.tables == () and [w.line for w in catalog.warnings] == [4]


@pytest.mark.parametrize(
    ("text", "dialect"),
    [
        ("CREATE TABLE `t` (id INT AUTO_INCREMENT) ENGINE=InnoDB", "mysql"),
        ("CREATE TABLE t (id SERIAL, d JSONB)", "postgresql"),
        ("CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT)", "sqlite"), ("CREATE TABLE [dbo].[t] (id INT)\nGO", "sqlserver"),
        ("CREATE TABLE t (id INT)", "postgresql"),
    ],
)  # fmt: skip
def test_the_dialect_is_guessed(text: str, dialect: str) -> None:
    assert guess_dialect(text) == dialect and read_ddl(text).dialect == dialect


def test_statements_keep_together_what_belongs_together() -> None:
    text = "CREATE TRIGGER t AFTER INSERT ON a BEGIN\n UPDATE a SET x = CASE WHEN 1 THEN 2 END; DELETE FROM b;\nEND;\nSELECT 1;"
    assert [(s.tokens[0].value, s.line) for s in statements(text, "sqlite")] == [("CREATE", 1), ("SELECT", 4)]
    body = "CREATE FUNCTION f() RETURNS int AS $x$ BEGIN; SELECT ';'; END $x$ LANGUAGE plpgsql; SELECT 1"
    assert len(list(statements(body, "postgresql"))) == 2
    routine = "CREATE PROCEDURE p() BEGIN IF 1 THEN SELECT 1; END IF; CASE 1 WHEN 1 THEN SELECT 2; END CASE; END; SELECT 3;"
    assert len(list(statements(routine, "mysql"))) == 2


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("varchar (45)", "character varying(45)"), ("int4", "integer"), ("timestamptz(3)", "timestamp(3) with time zone"),
        ("TIMESTAMP", "timestamp without time zone"), ("decimal(10, 2)", "numeric(10,2)"), ("int[][]", "integer[]"),
        ("text ARRAY", "text[]"), ("char", "character(1)"), ("float(10)", "real"), ("public.kind", "kind"),
        ("bigserial", "bigint"),
    ],
)  # fmt: skip
def test_names_of_postgresql_s_types(written: str, name: str) -> None:
    assert postgresql_name(written) == name


def test_capacities() -> None:
    assert (mysql_type("tinyint(3) unsigned").smallest, mysql_type("TINYINT UNSIGNED").largest) == (0, 255)
    assert (postgresql_type("smallint").largest, sqlserver_type("tinyint").largest) == (32767, 255)
    assert sqlite_type("TINYINT").largest == 2**63 - 1
    assert (postgresql_type("numeric(3,-2)").scale, str(postgresql_type("numeric(3,-2)").type)) == (-2, "decimal(5,0)")
    assert (mysql_type("set('a','b''c')").values, mysql_type("varchar(0)").length) == (("a", "b'c"), 0)
