"""Schemas guessed from DDL of many shapes: each is valid, and says what the database demands."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

import pytest

from runner.engine import Engine
from runner.plan import Plan
from runner.types import Type
from services.common.databases.catalog import Catalog, CatalogColumn, CatalogTable, ColumnType, Partition, read_ddl
from services.common.guess import Guessed, GuessError, Wanted, guess
from services.common.guess.sample import read_sample

SAKILA = Path(__file__).parents[2] / "data" / "sakila"


def guessed(ddl: str, rows: int = 1000, dialect: str = "postgresql", **wanted: object) -> Guessed:
    return guess(read_ddl(ddl, dialect), Wanted(rows, **wanted))  # type: ignore[arg-type]


def plan_of(made: Guessed) -> Plan:
    assert made.checked.plan is not None
    return made.checked.plan


def line(made: Guessed, column: str) -> str:
    return next(text.strip() for text in made.text.splitlines() if text.strip().startswith(f"{column}: "))


@pytest.mark.parametrize(("file", "dialect"), [("postgres", "postgresql"), ("mysql", "mysql"), ("sqlite", "sqlite")])
def test_sakila_plans_at_a_million_rows(file: str, dialect: str) -> None:
    made = guessed((SAKILA / f"{file}-schema.sql").read_text(), 1_000_000, dialect)
    plan = plan_of(made)
    assert plan.total_rows == made.rows == 1_000_000
    assert not made.warnings
    assert ("film_text" in made.skipped) == (dialect == "mysql")
    assert made.text.count("suspend:") == 1


@pytest.mark.parametrize("dialect", ["sqlite", "mysql"])
def test_true_and_false_may_be_called_one_and_nought(dialect: str) -> None:
    made = guessed(
        "CREATE TABLE a (id INTEGER PRIMARY KEY, paid BOOLEAN, total INT, CHECK (paid <> 1 OR total >= 5))", 10, dialect
    )
    assert '- "not (paid in (true))"' in made.text and not made.warnings


def test_children_of_inheritance_take_turns_and_keep_their_ranges() -> None:
    made = guessed((SAKILA / "postgres-schema.sql").read_text())
    steps = [text for text in made.text.splitlines() if text.strip().startswith("payment_id:")]
    assert [f"start: {n}, step: 7" in text for n, text in enumerate(steps, 1)] == [True] * 7
    assert "start: 2007-02-01T00:00:00Z, end: 2007-02-28T23:59:59Z" in made.text
    assert "start: 2007-07-01T00:00:00Z" in made.text  # the parent's own rows are not those its rules put into children


def test_what_checks_and_enums_say_comes_before_the_name() -> None:
    made = guessed(
        "CREATE TABLE t (id int PRIMARY KEY, rating varchar(5) NOT NULL CHECK (rating IN ('G', 'PG')), "
        "qty smallint NOT NULL CHECK (qty BETWEEN 2 AND 4), code text NOT NULL CHECK (code ~ '^[A-Z]{2}[0-9]{3}$'))"
    )
    assert line(made, "rating").startswith("rating: {gen: choice, values: [G, PG]}")
    assert line(made, "qty").startswith("qty: {gen: int, min: 2, max: 4}")
    assert '"[A-Z]{2}[0-9]{3}"' in line(made, "code")
    assert "# CHECK" in line(made, "rating")


def test_names_are_read_in_the_light_of_the_table() -> None:
    made = guessed(
        "CREATE TABLE countries (country_id int PRIMARY KEY, name varchar(60));"
        "CREATE TABLE films (id int PRIMARY KEY, title varchar(100) NOT NULL);"
        "CREATE TABLE customers (id int PRIMARY KEY, name varchar(100) NOT NULL, first_name text NOT NULL, "
        "last_name text NOT NULL, "
        "email text NOT NULL, address2 varchar(50), shipping_city text NOT NULL, billing_city text NOT NULL);"
    )
    text = made.text
    assert "name: {gen: country" in text
    assert "title: {gen: movie_title" in text
    assert "name: {gen: full_name" in text
    assert "email: {gen: email, from: [first_name, last_name]}" in text
    assert "shipping_city: {gen: city, group: shipping}" in text
    assert "address2: {gen: address.secondary" in text


def test_keys_and_uniques_hold_or_rows_are_fewer() -> None:
    made = guessed(
        "CREATE TABLE flags (id smallint PRIMARY KEY, code char(1) NOT NULL UNIQUE);"
        "CREATE TABLE big (id bigint PRIMARY KEY, email varchar(16) NOT NULL UNIQUE, ref_no char(6) NOT NULL UNIQUE);",
        50_000,
    )
    plan = plan_of(made)
    assert plan.table("flags").rows <= 36
    assert plan.total_rows == 50_000


def test_the_capacity_of_a_key_bounds_the_rows() -> None:
    made = guessed("CREATE TABLE a (id tinyint unsigned PRIMARY KEY, x int)", 10_000, "mysql")
    assert plan_of(made).total_rows == made.rows == 255
    assert "10,000 rows were asked for; the tables can hold 255" in made.text


def test_pairs_stay_below_their_combinations() -> None:
    ddl = (
        "CREATE TABLE a (id smallint PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY);"
        "CREATE TABLE ab (a_id smallint REFERENCES a, b_id int REFERENCES b, PRIMARY KEY (a_id, b_id))"
    )
    plan = plan_of(guessed(ddl, 5000))
    rows = {table.name: table.rows for table in plan.tables}
    assert rows["ab"] <= rows["a"] * rows["b"]
    assert sum(rows.values()) == 5000


def test_circles_break_at_the_reference_that_may_be_null() -> None:
    ddl = "CREATE TABLE a (id int PRIMARY KEY, b_id int {}); CREATE TABLE b (id int PRIMARY KEY, a_id int NOT NULL REFERENCES a);"
    foreign = "ALTER TABLE a ADD CONSTRAINT a_to_b FOREIGN KEY (b_id) REFERENCES b (id);"
    assert "suspend" not in guessed(ddl.format("") + foreign).text
    assert "{reference: a.b_id, constraint: a_to_b}" in guessed(ddl.format("NOT NULL") + foreign).text


def test_self_references_look_back_and_never_break_not_null() -> None:
    made = guessed("CREATE TABLE n (id int PRIMARY KEY, up int REFERENCES n, root int NOT NULL REFERENCES n)")
    assert "pick: earlier" in line(made, "up")
    assert line(made, "root").startswith("root: {expr: id}")


def test_composite_references_that_share_a_column_are_one() -> None:
    made = guessed(
        "CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE u (t_id int REFERENCES t, id int, PRIMARY KEY (t_id, id));"
        "CREATE TABLE o (id int PRIMARY KEY, t_id int NOT NULL REFERENCES t, u_id int NOT NULL, "
        "FOREIGN KEY (t_id, u_id) REFERENCES u (t_id, id)); "
        "CREATE TABLE p (t_id int, u_id int, bio text, PRIMARY KEY (t_id, u_id), "
        "FOREIGN KEY (t_id, u_id) REFERENCES u (t_id, id));"
    )
    assert "to_u: {ref: [u.t_id, u.id], as: [t_id, u_id]}" in made.text
    assert "per: {parent: u, count: 1}" in made.text
    assert not made.warnings


def test_names_that_are_words_of_yaml_and_sql_are_kept() -> None:
    made = guessed('CREATE TABLE "Order Details" ("select" int PRIMARY KEY, "null" text, "a: b" text, "yes" date, "#x" int)')
    names = [column.name for column in plan_of(made).table("Order Details").columns]
    assert names == ["select", "null", "a: b", "yes", "#x"]


def test_dates_follow_each_other() -> None:
    made = guessed(
        "CREATE TABLE r (id int PRIMARY KEY, return_date timestamp, rental_date timestamp NOT NULL, "
        "starts date NOT NULL, ends date NOT NULL, CHECK (starts < ends))"
    )
    assert "after: rental_date" in line(made, "return_date")
    assert '- "starts < ends"' in made.text
    assert "after" not in line(made, "ends")


def test_generated_columns_and_tables_of_triggers_are_left_out() -> None:
    made = guessed(
        "CREATE TABLE v (id int PRIMARY KEY, a int NOT NULL, b int GENERATED ALWAYS AS (a * 2) STORED);"
        "CREATE TABLE log (id serial PRIMARY KEY, what text);"
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN INSERT INTO log (what) VALUES ('x'); RETURN NEW; END $$;"
        "CREATE TRIGGER t AFTER INSERT ON v FOR EACH ROW EXECUTE FUNCTION f();"
    )
    assert [column.name for column in plan_of(made).table("v").columns] == ["id", "a"]
    assert "log" in made.skipped
    assert "b is left out" in made.text


def test_what_cannot_be_honoured_is_said() -> None:
    made = guessed("CREATE TABLE t (id int PRIMARY KEY, a text NOT NULL CHECK (md5(a) > 'f'))")
    assert made.warnings
    assert "Cannot be honoured" in made.text


def test_only_the_tables_asked_for_and_those_they_refer_to() -> None:
    ddl = (
        "CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY, a_id int REFERENCES a);"
        "CREATE TABLE c (id int PRIMARY KEY);"
    )
    made = guessed(ddl, tables=("b",))
    assert [table.name for table in plan_of(made).tables] == ["a", "b"]
    with pytest.raises(GuessError, match="no table 'x'"):
        guessed(ddl, tables=("x",))


def test_no_table_is_an_error() -> None:
    with pytest.raises(GuessError):
        guessed("CREATE VIEW v AS SELECT 1")


def test_two_hundred_tables_take_seconds() -> None:
    import time

    ddl = "".join(
        f"CREATE TABLE t{n} (id int PRIMARY KEY, name text NOT NULL, email text UNIQUE, at timestamp, "
        f"up int {f'REFERENCES t{n - 1}' if n else ''}, {', '.join(f'c{k} varchar(40)' for k in range(8))});"
        for n in range(200)
    )
    catalog = read_ddl(ddl, "postgresql")
    begun = time.process_time()
    made = guess(catalog, Wanted(100_000))
    assert len(plan_of(made).tables) == 200
    assert time.process_time() - begun < 30


@pytest.mark.parametrize(
    ("split", "start", "end"),
    [
        (
            "RANGE (YEAR(d)) (PARTITION a VALUES LESS THAN (2020), PARTITION b VALUES LESS THAN (2024))",
            "2022-12-31",
            "2023-12-31",
        ),
        ("RANGE (TO_DAYS(d)) (PARTITION a VALUES LESS THAN (738521))", "2020-12-31", "2021-12-31"),
        ("RANGE COLUMNS (d) (PARTITION a VALUES LESS THAN ('2020-01-01'))", "2018-12-31", "2019-12-31"),
    ],
)
def test_rows_find_a_partition_in_mysql(split: str, start: str, end: str) -> None:
    whole = re.match(r"(\w+)(?: COLUMNS)? \((.*?)\) \(PARTITION", split)
    assert whole
    by, expression = ((), whole[2]) if "COLUMNS" not in split else (("d",), "")
    parts = tuple(Partition(bounds=f"LESS THAN ({text})") for text in re.findall(r"LESS THAN \((.*?)\)", split))
    column = CatalogColumn("d", ColumnType("date", "date", Type("date")), nullable=True)
    table = CatalogTable(
        "ev",
        kind="partitioned",
        columns=(column,),
        partition=Partition(method="range", by=by, expression=expression),
        partitions=parts,
    )
    made = guess(Catalog("mysql", tables=(table,)), Wanted(10))
    assert line(made, "d").startswith(f"d: {{gen: date, start: {start}, end: {end}}}")


def test_types_of_one_database_are_written_as_it_reads_them() -> None:
    made = guessed(
        "CREATE TABLE g (id int PRIMARY KEY, pos point NOT NULL, area polygon NOT NULL, b bit(4) NOT NULL)", dialect="mysql"
    )
    assert line(made, "pos").startswith("pos: point_wkt")
    assert "POLYGON((" in line(made, "area")
    ranges = guessed("CREATE TABLE r (id int PRIMARY KEY, span int4range NOT NULL, at inet NOT NULL)")
    assert line(ranges, "span").startswith("span: {template:")
    assert line(ranges, "at").startswith("at: ipv4")


def test_the_key_of_the_one_row_beside_its_parent_is_the_parents() -> None:
    made = guessed(
        "CREATE TABLE o (a int, b int, PRIMARY KEY (a, b));"
        "CREATE TABLE n (a int, b int, note text, PRIMARY KEY (a, b), FOREIGN KEY (a, b) REFERENCES o (a, b));"
    )
    table = plan_of(made).table("n")
    assert table.primary_key == ("a", "b") and made.text.count("primary_key: [a, b]") == 2
    rows = [row for batch in Engine(plan_of(made)).batches("n", 0, table.rows) for row in batch.to_pylist()]
    assert len({(row["a"], row["b"]) for row in rows}) == len(rows) == table.rows > 100
    assert len({row["b"] for row in rows}) < len(rows)  # only together are they distinct
    assert not any(column.unique for column in table.columns)


def test_numbers_keep_near_their_defaults_and_to_what_they_measure() -> None:
    made = guessed(
        "CREATE TABLE film (id serial PRIMARY KEY, rental_duration smallint DEFAULT 3 NOT NULL, length smallint NOT NULL,"
        " replacement_cost numeric(7,2) DEFAULT 19.99 NOT NULL, fee numeric(7,2) NOT NULL, stock int DEFAULT 0 NOT NULL,"
        " weight int DEFAULT 500 NOT NULL, made_year int DEFAULT 3 NOT NULL);"
        "CREATE TABLE parcels (id serial PRIMARY KEY, length smallint NOT NULL, loan_days int NOT NULL);"
    )
    assert "{gen: int, min: 1, max: 12, dist: lognormal}  # days, from the name, around its default 3" in line(
        made, "rental_duration"
    )
    assert "min: 45, max: 185" in line(made, "length") and "minutes of a film" in line(made, "length")
    assert "min: 1, max: 80, scale: 2" in made.text and "around its default 19.99" in made.text
    assert "min: 1, max: 500, scale: 2" in line(made, "fee") and "max: 500" in line(made, "stock")
    assert "min: 1, max: 500" in line(made, "weight")  # of 1 to 100 by its name alone
    assert "min: 1990, max: 2025" in line(made, "made_year")
    assert "length: {gen: int, min: 1, max: 200}" in made.text
    assert "max: 30" in line(made, "loan_days")


def test_what_is_updated_was_there_before() -> None:
    made = guessed(
        "CREATE TABLE rental (id serial PRIMARY KEY, rental_date timestamp NOT NULL, return_date timestamp,"
        " last_update timestamp);"
    )
    assert "after: rental_date" in line(made, "last_update") and "within: 14d" in line(made, "return_date")


def run(made: Guessed) -> Engine:
    """All rows are made."""
    engine = Engine(plan_of(made))
    for table in plan_of(made).tables:
        engine.batch(table.name, 0, min(table.rows, 100))
    return engine


@pytest.mark.parametrize("name", ["~", "%", "%%", "🙂", "$", "${x}", "$${x}", "a${", "'", "-"])
def test_names_of_any_characters_become_columns_that_run(name: str) -> None:
    made = guessed(f'CREATE TABLE "{name}" (id int PRIMARY KEY, "{name}" varchar(20) NOT NULL, "{name}2" int UNIQUE)')
    run(made)
    (table,) = plan_of(made).tables
    assert (table.name, [c.name for c in table.written]) == (name, ["id", name, f"{name}2"])
    seen = read_sample_of(f'id,"{name}"\n' + "".join(f"{n},x{n}\n" for n in range(50)))
    run(seen)
    assert [c.name for c in plan_of(seen).tables[0].written] == ["id", name]


def read_sample_of(text: str) -> Guessed:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "s.csv"
        path.write_text(text, encoding="utf-8")
        catalog, profiles = read_sample(path)
    return guess(catalog, Wanted(100, profiles=profiles))


def test_columns_that_a_schema_would_hide_are_said_not_to_be_filled() -> None:
    made = guessed(
        "CREATE TABLE p (id int PRIMARY KEY, __key int UNIQUE); "
        "CREATE TABLE t (id int PRIMARY KEY, __hid int NOT NULL, __may int, a int, UNIQUE (a, __may), "
        "__p int REFERENCES p, q int REFERENCES p (__key))"
    )
    run(made)
    (warning,) = [text for text in made.warnings if "__hid" in text]
    assert "t.__hid cannot be filled, and takes no null: rows will be refused" in warning
    assert "__may is left out: it cannot be filled" in made.text and warning in made.text
    assert not [c.name for table in plan_of(made).tables for c in table.columns if c.name.startswith("__")]
