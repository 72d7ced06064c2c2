"""Backups of SQLite files: made while others write, verified by restoring, restored whole or not at all."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from services.backup.archive import Archive, ArchiveWriter, Manifest
from services.backup.compare import compared
from services.backup.work import VerificationFailedError, back_up, restore, verify
from services.common.databases import DatabaseError
from services.common.databases._dump_sqlite import SqliteDumping

SCRIPT = """
CREATE TABLE users (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, weight REAL, photo BLOB, any);
CREATE TABLE "odd ""name" (a, b, PRIMARY KEY (a, b)) WITHOUT ROWID;
CREATE INDEX by_name ON users (name);
CREATE VIEW names AS SELECT name FROM users;
CREATE TRIGGER shout AFTER INSERT ON users BEGIN INSERT OR IGNORE INTO "odd ""name" VALUES (new.id, new.name); END;
INSERT INTO users (name, weight, photo, any) VALUES ('é\tx', 0.1, x'00ff', 1), (NULL, NULL, NULL, 'one'),
    ('nul' || char(0) || 'x', 1e300, x'', 2.5);
"""


def quiet(_phase: str, _done: int, _total: int) -> None:
    pass


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "shop.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(SCRIPT)
    return path


def made(source: Path, path: Path) -> Manifest:
    return back_up(SqliteDumping(source), "sqlite:///shop.db", path, None, quiet)


def verified(path: Path, source: Path) -> None:
    with Archive(path) as archive:
        verify(archive, "RESTORED_CHECKSUMMED", lambda: SqliteDumping(source), quiet)


def change(path: Path, sql: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(sql)


def test_a_backup_verifies_and_leaves_nothing_behind(source: Path, tmp_path: Path) -> None:
    manifest = made(source, tmp_path / "a")
    assert [(t.name, t.rows) for t in manifest.tables] == [('odd "name', 2), ("users", 3)]
    assert manifest.counters == {"users": 4}
    verified(tmp_path / "a", source)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a", "shop.db"]


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("DELETE FROM users WHERE id = 2", "table users: has 2 rows instead of 3"),
        ("UPDATE users SET name = 'x' WHERE id = 1", "table users: holds other values"),
        ("UPDATE users SET any = '1' WHERE id = 1", "table users: holds other values"),
        ("UPDATE users SET weight = 0.1 + 1e-17 * 2 WHERE id = 1", "table users: holds other values"),
        ("UPDATE users SET name = 'nul' || char(0) || 'y' WHERE id = 3", "table users: holds other values"),
        ("UPDATE users SET photo = NULL WHERE id = 3; UPDATE users SET photo = x'' WHERE id = 2", "table users: holds other"),
        ("DROP TABLE users", "table users: is missing"),
        ("DROP INDEX by_name", "schema index by_name: is missing"),
        ("DROP VIEW names; CREATE VIEW names AS SELECT id FROM users", "schema view names: its definition"),
        ("UPDATE sqlite_sequence SET seq = 9", "counter users: its next value"),
        ("CREATE TABLE more (x)", "table more: was not in the backup"),
    ],
)
def test_a_changed_copy_is_found_and_named(source: Path, tmp_path: Path, sql: str, told: str) -> None:
    manifest = made(source, tmp_path / "a")
    change(source, sql)
    results = [f"{r.kind} {r.name}: {r.problem}" for r in compared(manifest, SqliteDumping(source).state(quiet), True)]
    assert any(result.startswith(told) for result in results), results


def test_a_forged_dump_with_right_checksums_is_found_by_restoring(source: Path, tmp_path: Path) -> None:
    manifest = made(source, tmp_path / "a")
    change(source, "UPDATE users SET name = 'forged' WHERE id = 1")
    writer = ArchiveWriter(tmp_path / "b")
    SqliteDumping(source).dump(writer, quiet)
    writer.finish(manifest)
    with Archive(tmp_path / "b") as archive:
        verify(archive, "FILES", None, quiet)
        verify(archive, "RESTORED", lambda: SqliteDumping(source), quiet)
        with pytest.raises(VerificationFailedError, match="table users: holds other values"):
            verify(archive, "RESTORED_CHECKSUMMED", lambda: SqliteDumping(source), quiet)


def test_an_empty_database_is_not_called_verified(tmp_path: Path) -> None:
    sqlite3.connect(tmp_path / "none.db").close()
    made(tmp_path / "none.db", tmp_path / "a")
    with pytest.raises(VerificationFailedError, match="nothing was compared"):
        verified(tmp_path / "a", tmp_path / "none.db")


def test_restoring(source: Path, tmp_path: Path) -> None:
    made(source, tmp_path / "a")
    target = SqliteDumping(tmp_path / "new.db")
    with Archive(tmp_path / "a") as archive:
        assert restore(archive, target, False, quiet) == {"tables": 2, "rows": 5}
        assert target.state(quiet) == SqliteDumping(source).state(quiet)
        with pytest.raises(DatabaseError) as refused:
            restore(archive, target, False, quiet)
        assert refused.value.code == "TARGET_NOT_EMPTY"
        change(tmp_path / "new.db", "DELETE FROM users; CREATE TABLE more (x)")
        restore(archive, target, True, quiet)
        assert target.state(quiet) == SqliteDumping(source).state(quiet)


@pytest.mark.parametrize("sql", ["", "DELETE FROM users", "CREATE TABLE more (x)"])
def test_a_restore_that_was_killed_when_it_was_done_knows_its_own(source: Path, tmp_path: Path, sql: str) -> None:
    made(source, tmp_path / "a")
    target, mark = SqliteDumping(tmp_path / "new.db"), tmp_path / "restoring"
    with Archive(tmp_path / "a") as archive:
        told = restore(archive, target, False, quiet, mark)
        change(tmp_path / "new.db", sql)
        if not sql:
            assert restore(archive, target, False, quiet, mark) == told
            mark.unlink()
        with pytest.raises(DatabaseError) as refused:
            restore(archive, target, False, quiet, mark)
        assert refused.value.code == "TARGET_NOT_EMPTY"
        assert not sql or target.state(quiet) != SqliteDumping(source).state(quiet)


def test_a_damaged_backup_does_not_touch_the_target(source: Path, tmp_path: Path) -> None:
    made(source, tmp_path / "a")
    whole = bytearray((tmp_path / "a").read_bytes())
    whole[200] ^= 4
    (tmp_path / "a").write_bytes(whole)
    before = source.read_bytes()
    with Archive(tmp_path / "a") as archive, pytest.raises(VerificationFailedError, match=r"database\.sqlite"):
        restore(archive, SqliteDumping(source), True, quiet)
    assert source.read_bytes() == before


def test_cancelling_leaves_nothing(source: Path, tmp_path: Path) -> None:
    dumping = SqliteDumping(source)
    dumping.cancel()
    with pytest.raises(DatabaseError) as stopped:
        back_up(dumping, "sqlite:///shop.db", tmp_path / "a", None, quiet)
    assert stopped.value.code == "CANCELLED"
    assert [p.name for p in tmp_path.iterdir()] == ["shop.db"]


@pytest.fixture
def moving(tmp_path: Path) -> Iterator[Path]:
    """A database in which a writer moves money between accounts all the time; the sum is 10,000."""
    path = tmp_path / "bank.db"
    change(path, "PRAGMA journal_mode = WAL; CREATE TABLE accounts (id INTEGER PRIMARY KEY, money INTEGER)")
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executemany("INSERT INTO accounts VALUES (?, 10)", [(i,) for i in range(1000)])
    stop = threading.Event()

    def move() -> None:
        with closing(sqlite3.connect(path, timeout=30)) as connection:
            for at in range(10**9):
                if stop.is_set():
                    return
                with connection:
                    connection.execute("UPDATE accounts SET money = money - 1 WHERE id = ?", (at % 1000,))
                    connection.execute("UPDATE accounts SET money = money + 1 WHERE id = ?", (at * 7 % 1000,))

    writer = threading.Thread(target=move)
    writer.start()
    yield path
    stop.set()
    writer.join()


def test_a_backup_is_one_snapshot(moving: Path, tmp_path: Path) -> None:
    seen: Callable[[Path], int] = lambda path: sqlite3.connect(path).execute("SELECT sum(money) FROM accounts").fetchone()[0]  # noqa: E731
    digests = set()
    for at in range(10):
        digests.add(made(moving, tmp_path / f"a{at}").tables[0].digest)
        with Archive(tmp_path / f"a{at}") as archive:
            restore(archive, SqliteDumping(tmp_path / f"copy{at}.db"), False, quiet)
        assert seen(tmp_path / f"copy{at}.db") == 10_000
    assert len(digests) > 1
