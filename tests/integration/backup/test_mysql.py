"""Backups of MariaDB: verified by restoring, restored whole or not at all, every type and object exact."""

from __future__ import annotations

import random
import struct
import uuid
from pathlib import Path

import pytest

from services.backup.archive import Archive, ArchiveWriter
from services.backup.compare import compared
from services.backup.work import ArchiveStore, VerificationFailedError, back_up, verify
from services.common.databases import DatabaseError
from services.common.databases.dumps import Dumping
from tests.integration.backup.conftest import Scratches
from tests.integration.backup.document_backups import close_all, made, opened, put_back, quiet, state, verified
from tests.integration.databases import sakila
from tests.servers import MariaDb

pytestmark = pytest.mark.usefixtures("_closing")

OBJECTS = """
CREATE TABLE users (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(90) CHARACTER SET utf8mb4, weight DOUBLE, photo BLOB,
  KEY by_name (name)) AUTO_INCREMENT = 40;
CREATE TABLE orders (id INT PRIMARY KEY, user_id INT, cents BIGINT,
  CONSTRAINT buyer FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE);
CREATE TABLE `odd ``na'me;.` (`a ``b` INT, `select` TEXT);
CREATE SEQUENCE numbers START WITH 7;
INSERT INTO users VALUES (1, 'é\\t\\n\\\\x', 0.1, x'00ff'), (2, NULL, NULL, NULL), (3, 'nul\\0x 漢🦊', 1e300, x'');
INSERT INTO orders VALUES (1, 1, 250), (2, 3, -1);
INSERT INTO `odd ``na'me;.` VALUES (1, 'CREATE DEFINER=`x`@`y` PROCEDURE'), (1, 'CREATE DEFINER=`x`@`y` PROCEDURE');
DELIMITER ;;
CREATE FUNCTION twice(n INT) RETURNS INT DETERMINISTIC RETURN n * 2;;
CREATE PROCEDURE greet() BEGIN
  CREATE TEMPORARY TABLE `users` (a INT AUTO_INCREMENT PRIMARY KEY
) ENGINE=InnoDB AUTO_INCREMENT=999;
  SELECT 'hi; ü';
END;;
CREATE TRIGGER second BEFORE INSERT ON orders FOR EACH ROW SET NEW.cents = twice(NEW.cents);;
CREATE TRIGGER first BEFORE INSERT ON orders FOR EACH ROW PRECEDES second SET NEW.cents = NEW.cents + 1;;
DELIMITER ;
CREATE VIEW z_names AS SELECT id, name FROM users;
CREATE VIEW a_names AS SELECT name, twice(id) AS two FROM z_names;
CREATE EVENT tidy ON SCHEDULE EVERY 1 SECOND DO DELETE FROM orders;
CREATE EVENT never ON SCHEDULE EVERY 1 DAY DISABLE COMMENT 'PRESERVE DISABLE' DO DELETE FROM orders;
"""


@pytest.fixture
def _closing() -> object:
    yield None
    close_all()


def url_of(server: MariaDb, name: str) -> str:
    return f"mariadb://mockcraft:secret@127.0.0.1:{server.port}/{name}"


def new(server: MariaDb, sql: str = "") -> tuple[str, str]:
    """Name and URL of a database."""
    name = server.database()
    if sql:
        server.run(sql, name)
    return name, url_of(server, name)


def sleeping(server: MariaDb, name: str) -> dict[str, bool]:
    """Which events of a database are disabled."""
    sql = "SELECT EVENT_NAME, STATUS = 'DISABLED' FROM information_schema.EVENTS WHERE EVENT_SCHEMA = DATABASE()"
    return {event: off == "1" for event, off in (line.split("\t") for line in server.run(sql, name).decode().splitlines())}


def test_sakila_backs_up_verifies_and_restores(mariadb: MariaDb, tmp_path: Path, mariadb_scratches: Scratches) -> None:
    name, url = new(mariadb)
    sakila.load_mariadb(mariadb, name)
    mariadb.run(
        "SET foreign_key_checks = 0;"
        "INSERT INTO actor (first_name, last_name) SELECT CONCAT('a', seq), 'b' FROM seq_1_to_5000;"
        "INSERT INTO film (title, description, language_id, special_features)"
        " SELECT CONCAT('f', seq), 'd', 1, 'Trailers,Commentaries' FROM seq_1_to_500;"
        "INSERT INTO address (address, district, city_id, phone) VALUES ('a', 'd', 1, '1')",
        name,
    )
    manifest = made(url, tmp_path / "a")
    assert manifest.snapshot == "locked"
    assert {t.name: t.rows for t in manifest.tables if t.rows} == {"actor": 5000, "film": 500, "film_text": 500, "address": 1}
    assert manifest.counters["actor"] > 5000
    assert len(verified(tmp_path / "a", url)) >= 16 + 16
    _, target = new(mariadb)
    assert put_back(tmp_path / "a", target)["rows"] == 6001
    assert state(target) == state(url)
    assert mariadb_scratches() == []


def test_all_kinds_of_objects_come_back(mariadb: MariaDb, tmp_path: Path) -> None:
    _, url = new(mariadb, OBJECTS)
    manifest = made(url, tmp_path / "a")
    assert manifest.counters["users"] == 40
    verified(tmp_path / "a", url)
    other, target = new(mariadb, "CREATE VIEW users AS SELECT 1 AS old; CREATE PROCEDURE old() SELECT 1;")
    mariadb.run("CREATE TABLE orders (old INT); CREATE TRIGGER old BEFORE INSERT ON orders FOR EACH ROW SET NEW.old = 1", other)
    with pytest.raises(DatabaseError) as refused:
        put_back(tmp_path / "a", target)
    assert refused.value.code == "TARGET_NOT_EMPTY"
    put_back(tmp_path / "a", target, force=True)
    assert state(target) == state(url)
    mariadb.run("INSERT INTO orders VALUES (9, 1, 5); DELETE FROM users WHERE id = 3", other)
    mariadb.run("INSERT INTO users (name) VALUES ('x')", other)
    assert mariadb.run(
        "SELECT * FROM orders; SELECT two FROM a_names ORDER BY two; SELECT MAX(id) FROM users", other
    ).split() == (b"1 1 250 9 1 12 2 4 80 40".split())
    assert mariadb.run(
        "SELECT STATUS FROM information_schema.EVENTS WHERE EVENT_SCHEMA = DATABASE() ORDER BY 1", other
    ).split() == [
        b"DISABLED",
        b"ENABLED",
    ]


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("DELETE FROM users WHERE id = 2", "table users: has 2 rows instead of 3"),
        ("UPDATE users SET name = 'x' WHERE id = 1", "table users: holds other values"),
        ("UPDATE users SET name = CONCAT(name, ' ') WHERE id = 3", "table users: holds other values"),
        ("UPDATE users SET weight = 0.1 + 1.5e-17 WHERE id = 1", "table users: holds other values"),
        ("UPDATE users SET photo = NULL WHERE id = 3", "table users: holds other values"),
        ("UPDATE users SET photo = '' WHERE id = 2", "table users: holds other values"),
        ("UPDATE orders SET cents = 251 WHERE id = 1", "table orders: holds other values"),
        ("DELETE FROM `odd ``na'me;.` LIMIT 1", "table odd `na'me;.: has 1 rows instead of 2"),
        ("DROP TABLE orders", "table orders: is missing"),
        ("CREATE TABLE more (x INT)", "table more: was not in the backup"),
        ("ALTER TABLE users AUTO_INCREMENT = 41", "counter users: its next value"),
        ("DO NEXTVAL(numbers)", "counter numbers: its next value"),
        ("DROP INDEX by_name ON users", "schema table users: its definition"),
        ("ALTER TABLE orders DROP FOREIGN KEY buyer", "schema table orders: its definition"),
        ("CREATE OR REPLACE VIEW z_names AS SELECT id, 'x' AS name FROM users", "schema view z_names: its definition"),
        ("DROP VIEW a_names", "schema view a_names: is missing"),
        ("CREATE OR REPLACE TRIGGER first BEFORE INSERT ON orders FOR EACH ROW PRECEDES second SET NEW.cents = 0",
         "schema trigger first: its definition"),
        ("DROP TRIGGER second", "schema trigger second: is missing"),
        ("CREATE OR REPLACE FUNCTION twice(n INT) RETURNS INT DETERMINISTIC RETURN n * 3", "schema function twice: its def"),
        ("DROP PROCEDURE greet", "schema procedure greet: is missing"),
        ("ALTER EVENT tidy ON SCHEDULE EVERY 2 SECOND", "schema event tidy: its definition"),
        ("DROP EVENT never", "schema event never: is missing"),
        ("CREATE EVENT more ON SCHEDULE EVERY 1 DAY DO SELECT 1", "schema event more: was not"),
    ],
)  # fmt: skip
def test_a_changed_copy_is_found_and_named(mariadb: MariaDb, tmp_path: Path, sql: str, told: str) -> None:
    name, url = new(mariadb, OBJECTS)
    manifest = made(url, tmp_path / "a")
    mariadb.run(sql, name)
    results = [f"{r.kind} {r.name}: {r.problem}" for r in compared(manifest, state(url), True) if r.problem]
    assert any(result.startswith(told) for result in results), results


def test_a_forged_dump_with_right_checksums_is_found_by_restoring(mariadb: MariaDb, tmp_path: Path) -> None:
    name, url = new(mariadb, OBJECTS)
    manifest = made(url, tmp_path / "a")
    mariadb.run("UPDATE users SET name = 'forged' WHERE id = 1", name)
    writer = ArchiveWriter(tmp_path / "b")
    opened(url).dump(writer, quiet)
    writer.finish(manifest)
    verified(tmp_path / "b", url, "RESTORED")
    with Archive(tmp_path / "b") as archive, pytest.raises(VerificationFailedError, match="table users: holds other values"):
        verify(archive, "RESTORED_CHECKSUMMED", lambda: opened(url), quiet)


def test_the_copy_is_what_is_compared(mariadb: MariaDb, tmp_path: Path, mariadb_scratches: Scratches) -> None:
    _, url = new(mariadb, OBJECTS)
    manifest = made(url, tmp_path / "a")
    with Archive(tmp_path / "a") as archive, opened(url).scratch() as scratch:
        scratch.restore(ArchiveStore(archive, quiet), archive.manifest.details, quiet)
        assert not any(r.problem for r in compared(manifest, scratch.state(quiet), True))
        (copy,) = mariadb_scratches()
        assert mariadb.run(
            "SELECT DISTINCT STATUS FROM information_schema.EVENTS WHERE EVENT_SCHEMA = DATABASE()", copy
        ).split() == [b"DISABLED"], "nothing may happen by itself in a copy"
        mariadb.run("UPDATE orders SET cents = 0", copy)
        assert [r.name for r in compared(manifest, scratch.state(quiet), True) if r.problem] == ["orders"]
    assert mariadb_scratches() == []


TYPES = """
CREATE TABLE kinds (
  id BIGINT UNSIGNED PRIMARY KEY, t TINYINT, s SMALLINT UNSIGNED, m MEDIUMINT, i INT ZEROFILL, b BIGINT, d DECIMAL(65,30),
  f FLOAT, fd FLOAT(10,2), dd DOUBLE, bits BIT(64), bit1 BIT(1), bool BOOLEAN, da DATE, ti TIME(6), dt DATETIME(6),
  ts TIMESTAMP(6) NULL, y YEAR, c CHAR(9), v VARCHAR(99) CHARACTER SET latin1, u VARCHAR(99) CHARACTER SET utf16,
  bi BINARY(4), vb VARBINARY(99), tt TINYTEXT, te LONGTEXT, bl LONGBLOB, e ENUM('a', 'b;''c'), se SET('x', 'y'), j JSON,
  p POINT, g GEOMETRY, ip INET6, uu UUID, vi INT AS (t + 1) VIRTUAL, st INT AS (t + 2) STORED, hid INT INVISIBLE DEFAULT 3
) DEFAULT CHARACTER SET utf8mb4;
CREATE TRIGGER spoil BEFORE INSERT ON kinds FOR EACH ROW SET NEW.f = 0;
"""
ROW = """INSERT INTO kinds (id, t, s, m, i, b, d, f, fd, dd, bits, bit1, bool, da, ti, dt, ts, y, c, v, u, bi, vb, tt,
  te, bl, e, se, j, p, g, ip, uu, hid) VALUES """
EXTREME = [
    "(0, -128, 65535, -8388608, 5, -9223372036854775808, -99999999999999999999999999999999999.999999999999999999999999999999,"
    " 1, 1.25, 1.7976931348623157e308, x'ffffffffffffffff', b'1', TRUE, '9999-12-31', '-838:59:59.999999',"
    " '9999-12-31 23:59:59.999999', '2038-01-19 03:14:07.999999', 2155, 'x  ', 'é', '漢', x'00010200', x'0020',"
    " '\\t\\n\\0\\Z\\\\', REPEAT('漢\\n', 5000), REPEAT(x'00ff0a09', 100000), 'b;''c', 'x,y', '{\"a\": [1, \"\\\\t\"]}',"
    " POINT(0.1, -1e300), ST_GeomFromText('MULTIPOLYGON(((0 0,1 0,1 1,0 0)))', 4326), '::1', UUID(), 4)",
    "(18446744073709551615, 127, 0, 8388607, 4294967295, 9223372036854775807, 0.000000000000000000000000000001, 2, -0.01, 5e-324,"
    " 0, 0, FALSE, '0001-01-01', '838:59:59', '0001-01-01', '1970-01-01 00:00:01', 1901, '', '', '', x'', '',"
    " '', '', '', 'a', '', 'null', NULL, NULL, 'ffff::', '00000000-0000-0000-0000-000000000000', NULL)",
    f"(7{', NULL' * 33})",
]  # fmt: skip


def test_every_type_is_exact(mariadb: MariaDb, tmp_path: Path) -> None:
    generator = random.Random(5)
    floats = [struct.unpack("<f", struct.pack("<I", generator.getrandbits(31)))[0] for _ in range(300)]
    doubles = [struct.unpack("<d", struct.pack("<Q", generator.getrandbits(63)))[0] for _ in range(300)]
    rows = [
        f"({1000 + at}, {f!r}, {d!r})"
        for at, (f, d) in enumerate(zip(floats, doubles, strict=True))
        if abs(f) < 3e38 and abs(d) < 1e308
    ]
    name, url = new(mariadb, TYPES.replace("CREATE TRIGGER", "-- "))
    mariadb.run(f"SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO', time_zone = '+00:00'; {ROW}{','.join(EXTREME)}", name)
    mariadb.run(f"INSERT INTO kinds (id, f, dd) VALUES {','.join(rows)}; {TYPES[TYPES.index('CREATE TRIGGER') :]}", name)
    made(url, tmp_path / "a")
    verified(tmp_path / "a", url)
    other, target = new(mariadb)
    put_back(tmp_path / "a", target)
    assert state(target) == state(url)
    equal = " AND ".join(f"a.{column} <=> b.{column}" for column in ("id", "f", "dd", "te", "d", "ts", "g"))
    same = f"SELECT COUNT(*) FROM {name}.kinds a JOIN {other}.kinds b ON {equal}"
    assert int(mariadb.run(same)) == len(rows) + 3
    mariadb.run("DROP TRIGGER spoil; UPDATE kinds SET f = 16777215 WHERE id = 0", other)
    first = state(target)
    mariadb.run("UPDATE kinds SET f = 16777214 WHERE id = 0", other)
    assert state(target).tables != first.tables, "a FLOAT is compared in full"
    changes = {"bits": "0", "bl": "CONCAT(REPEAT(x'00ff0a09', 99999), x'00ff0a08')", "e": "'a'", "hid": "5", "c": "'y'"}
    for column, value in changes.items():
        before = state(target)
        mariadb.run(f"UPDATE kinds SET {column} = {value} WHERE id = 0", other)
        assert state(target).tables != before.tables, column


def test_definers_are_left_out_where_they_may_not_be_set(mariadb: MariaDb, tmp_path: Path) -> None:
    _, url = new(mariadb, OBJECTS)
    made(url, tmp_path / "a")
    other, _ = new(mariadb)
    user = f"u{uuid.uuid4().hex[:12]}"
    mariadb.run(
        f"CREATE USER {user}@'127.0.0.1' IDENTIFIED BY 'secret'; GRANT ALL ON {other}.* TO {user}@'127.0.0.1';"
        f"GRANT ALL ON `mockcraft\\_scratch\\_%`.* TO {user}@'127.0.0.1';"
    )
    limited = f"mariadb://{user}:secret@127.0.0.1:{mariadb.port}/{other}"
    put_back(tmp_path / "a", limited)
    assert state(url_of(mariadb, other)) == state(url)
    assert mariadb.run(
        "SELECT DISTINCT DEFINER FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = DATABASE()", other
    ).decode() == (f"{user}@127.0.0.1\n")
    assert made(limited, tmp_path / "b").snapshot == "separate", "it may not lock"
    verified(tmp_path / "b", limited)


def test_strangers_dumps_and_empty_databases(mariadb: MariaDb, tmp_path: Path) -> None:
    _, url = new(mariadb)
    manifest = made(url, tmp_path / "a")
    with pytest.raises(VerificationFailedError, match="nothing was compared"):
        verified(tmp_path / "a", url)
    writer = ArchiveWriter(tmp_path / "b")
    with writer.part("dump.sql") as part:
        part.write(b"CREATE TABLE stranger (x INT);\n")
    writer.finish(manifest)
    with pytest.raises(DatabaseError, match=r"database\.sql") as refused:
        put_back(tmp_path / "b", url)
    assert refused.value.code == "TARGET_MISMATCH"


def test_a_dump_that_cannot_be_loaded_changes_nothing(mariadb: MariaDb, tmp_path: Path, mariadb_scratches: Scratches) -> None:
    _, source = new(mariadb, OBJECTS)
    manifest = made(source, tmp_path / "a")
    writer = ArchiveWriter(tmp_path / "b")
    with writer.part("database.sql") as part:
        part.write(b"CREATE TABLE half (x INT);\nINSERT INTO half VALUES ('canary is no number');\nNONSENSE;\n")
    writer.finish(manifest)
    _, target = new(mariadb, OBJECTS)
    before = state(target)
    with pytest.raises(DatabaseError) as failed:
        put_back(tmp_path / "b", target, force=True)
    assert failed.value.code == "TARGET_CONSTRAINT"
    assert "canary" not in str(failed.value)
    assert state(target) == before
    assert mariadb_scratches() == []


def test_references_from_another_database_stop_a_restore(mariadb: MariaDb, tmp_path: Path) -> None:
    name, url = new(mariadb, OBJECTS)
    made(url, tmp_path / "a")
    new(mariadb, f"CREATE TABLE outside (u INT, FOREIGN KEY (u) REFERENCES {name}.users (id))")
    with pytest.raises(DatabaseError, match="the table outside of the database"):
        put_back(tmp_path / "a", url, force=True)


def test_what_a_swap_cannot_do_is_put_back(mariadb: MariaDb, tmp_path: Path, mariadb_scratches: Scratches) -> None:
    """A table that somebody holds: the triggers that were taken off are there again."""
    _, url = new(mariadb, OBJECTS)
    made(url, tmp_path / "a")
    before = state(url)
    target = opened(url)
    target._session.run("SET SESSION lock_wait_timeout = 1")  # type: ignore[attr-defined]
    holder = opened(url)
    holder._session.run("START TRANSACTION")  # type: ignore[attr-defined]
    holder._session.query("SELECT * FROM users")  # type: ignore[attr-defined]
    with Archive(tmp_path / "a") as archive, pytest.raises(DatabaseError) as busy:
        target.restore(ArchiveStore(archive, quiet), archive.manifest.details, quiet)
    holder.close()
    assert busy.value.code == "TARGET_BUSY"
    assert state(url) == before
    assert mariadb_scratches() == []


def test_cancelling_leaves_nothing(mariadb: MariaDb, tmp_path: Path) -> None:
    _, url = new(mariadb, OBJECTS)
    source: Dumping = opened(url)
    source.cancel()
    with pytest.raises(DatabaseError) as stopped:
        back_up(source, "shop", tmp_path / "a", None, quiet)
    assert stopped.value.code == "CANCELLED"
    assert list(tmp_path.iterdir()) == []
