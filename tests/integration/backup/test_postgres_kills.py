"""Backups of PostgreSQL while others write, and when the worker, a tool or the server is killed."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest

from services.backup.archive import Archive
from services.common.databases import DatabaseError
from tests.integration.backup.conftest import Scratches
from tests.integration.backup.document_backups import CANARY, close_all, made, opened, put_back, state, verified, work
from tests.servers import Postgres, run_postgres

BANK = """
CREATE TABLE accounts (id int PRIMARY KEY, money bigint NOT NULL);
CREATE TABLE filler AS SELECT i, md5(i::text) || repeat('.', 900) AS text FROM generate_series(1, 12000) i;
INSERT INTO accounts SELECT i, 10 FROM generate_series(1, 1000) i;
"""


def change(url: str, sql: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.encode())


def one(url: str, sql: str) -> Any:
    with psycopg.connect(url) as connection:
        row = connection.execute(sql.encode()).fetchone()
    assert row
    return row[0]


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    close_all()


@pytest.fixture
def bank(postgres_url: str) -> str:
    change(postgres_url, BANK)
    return postgres_url


@contextlib.contextmanager
def moving(url: str) -> Iterator[None]:
    """A writer moves money between accounts; the sum is 10,000 whenever it is looked at. It makes and drops tables too."""
    stop = threading.Event()

    def move() -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            at = 0
            while not stop.is_set():
                with connection.transaction():
                    connection.execute("UPDATE accounts SET money = money - 1 WHERE id = %s", (1 + at % 1000,))
                    connection.execute("UPDATE accounts SET money = money + 1 WHERE id = %s", (1 + at * 7 % 1000,))
                at += 1

    writer = threading.Thread(target=move)
    writer.start()
    try:
        yield
    finally:
        stop.set()
        writer.join()


def test_a_backup_is_one_snapshot(bank: str, postgres: Postgres, tmp_path: Path) -> None:
    change(bank, "DROP TABLE filler")
    digests, copy = set(), postgres.database()
    with moving(bank):
        for at in range(10):
            digests.add(made(bank, tmp_path / f"a{at}").tables[0].digest)
    for at in range(10):
        put_back(tmp_path / f"a{at}", copy, force=True)
        assert one(copy, "SELECT sum(money) FROM accounts") == 10_000
    assert len(digests) > 1
    verified(tmp_path / "a5", bank)


def test_tables_do_not_change_under_a_backup(bank: str, tmp_path: Path) -> None:
    """Whoever would change a table waits for the end; the backup does not wait for them in turn."""
    source, begun = opened(bank), threading.Event()
    waited: list[float] = []

    def truncate() -> None:
        begun.wait(20)
        began = time.monotonic()
        change(bank, "TRUNCATE filler; ALTER TABLE accounts ADD more int")
        waited.append(time.monotonic() - began)

    def tell(*_: object) -> None:
        if not begun.is_set():
            begun.set()
            time.sleep(1)

    from services.backup.work import back_up

    other = threading.Thread(target=truncate)
    other.start()
    manifest = back_up(source, "bank", tmp_path / "a", None, tell)
    other.join()
    assert {t.name: t.rows for t in manifest.tables} == {"public.accounts": 1000, "public.filler": 12000}
    assert waited[0] > 0.5
    verified(tmp_path / "a", bank)


def test_no_password_on_any_command_line(bank: str, tmp_path: Path) -> None:
    seen: set[str] = set()
    stop = threading.Event()

    def watch() -> None:
        while not stop.is_set():
            for process in psutil.process_iter(["cmdline"]):
                seen.add(" ".join(process.info["cmdline"] or ()))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        status, events = work(tmp_path / "w", "backup", bank, level="RESTORED_CHECKSUMMED")
    finally:
        stop.set()
        watcher.join()
    assert status == 0, events
    programs = {Path(line.split(" ")[0]).name for line in seen if line}
    assert {"pg_dump", "pg_restore", "psql"} <= programs
    assert not [line for line in seen if f":{CANARY}@" in line or f"PGPASSWORD={CANARY}" in line or line.endswith(f" {CANARY}")]
    with Archive(tmp_path / "w" / "shop.mcb") as archive:
        assert CANARY not in archive.manifest.to_json().decode()


@pytest.mark.parametrize("failpoint", ["backup.mid_part:2", "backup.before_rename"])
def test_a_worker_killed_while_dumping(bank: str, tmp_path: Path, failpoint: str) -> None:
    assert work(tmp_path, "backup", bank, failpoint=failpoint)[0] == -signal.SIGKILL
    assert not (tmp_path / "shop.mcb").exists()
    assert work(tmp_path, "backup", bank)[0] == 0
    assert not list(tmp_path.glob("*.part"))
    verified(tmp_path / "shop.mcb", bank)


@pytest.mark.parametrize("failpoint", ["backup.mid_restore:1", "backup.mid_restore:4"])
def test_a_worker_killed_while_restoring(bank: str, postgres: Postgres, tmp_path: Path, failpoint: str) -> None:
    target = postgres.database()
    change(target, "CREATE TABLE mine AS SELECT 1 AS one")
    made(bank, tmp_path / "shop.mcb")
    before, after = state(target), state(bank)
    assert work(tmp_path, "restore", target, failpoint=failpoint, force=True)[0] == -signal.SIGKILL
    assert state(target) == before
    assert work(tmp_path, "restore", target, force=True)[0] == 0
    assert state(target) == after


def test_scratch_databases_of_killed_workers_are_dropped_by_the_next(
    bank: str, tmp_path: Path, postgres_scratches: Scratches
) -> None:
    made(bank, tmp_path / "shop.mcb")
    died = work(tmp_path, "verification", bank, failpoint="backup.mid_restore", level="RESTORED")
    assert died[0] == -signal.SIGKILL
    assert len(postgres_scratches()) == 1
    assert work(tmp_path, "verification", bank, level="RESTORED")[0] == 0
    assert postgres_scratches() == []


def test_the_scratch_database_of_another_worker_is_left_alone(bank: str, tmp_path: Path) -> None:
    with opened(bank).scratch() as first, opened(bank).scratch() as second:
        assert first.is_empty()
        assert second.is_empty()


def killing(name: str) -> Callable[..., None]:
    """Kills our child with that name in its command when it is told of progress."""

    def tell(*_: object) -> None:
        for child in psutil.Process().children():
            with contextlib.suppress(psutil.Error):  # it has ended already
                if name in " ".join(child.cmdline()[:3]):
                    child.kill()

    return tell


@pytest.mark.parametrize("name", ["pg_dump", "_digester.py"])
def test_a_tool_killed_while_dumping(bank: str, tmp_path: Path, name: str) -> None:
    from services.backup.work import back_up

    change(bank, "INSERT INTO filler SELECT * FROM filler; INSERT INTO filler SELECT * FROM filler")
    with pytest.raises(DatabaseError, match=r"failed \(-9\)"):
        back_up(opened(bank), "bank", tmp_path / "a", None, killing(name))
    assert list(tmp_path.iterdir()) == []
    made(bank, tmp_path / "a")


@pytest.mark.parametrize("name", ["pg_restore", "psql"])
def test_a_tool_killed_while_restoring(bank: str, postgres: Postgres, tmp_path: Path, name: str) -> None:
    from services.backup.work import restore

    change(bank, "INSERT INTO filler SELECT * FROM filler; INSERT INTO filler SELECT * FROM filler")
    made(bank, tmp_path / "a")
    target = postgres.database()
    change(target, "CREATE TABLE mine AS SELECT 1 AS one")
    before = state(target)
    with Archive(tmp_path / "a") as archive, pytest.raises(DatabaseError, match=rf"{name} failed \(-9\)"):
        restore(archive, opened(target), True, killing(name))
    assert state(target) == before
    put_back(tmp_path / "a", target, force=True)
    assert state(target) == state(bank)


@pytest.mark.parametrize("kind", ["backup", "restore"])
def test_the_server_killed_meanwhile(tmp_path: Path, kind: str) -> None:
    """All of its processes at once; it is started anew and everything is as it was."""
    from services.backup.work import back_up, restore

    with run_postgres() as server:
        url, target = server.database(), server.database()
        change(url, BANK)
        change(target, "CREATE TABLE mine AS SELECT 1 AS one")
        change(url, "CHECKPOINT")
        made(url, tmp_path / "first")

        def kill(*_: object) -> None:
            with (
                contextlib.suppress(psycopg.OperationalError),
                psycopg.connect(url, autocommit=True) as connection,
            ):  # a backend's end makes the server restart itself
                found = connection.execute("SELECT pid FROM pg_stat_activity WHERE query ~ '^COPY' AND pid <> pg_backend_pid()")
                for (pid,) in found.fetchall():
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)

        change(url, "INSERT INTO filler SELECT * FROM filler; INSERT INTO filler SELECT * FROM filler")
        if kind == "backup":
            with pytest.raises(DatabaseError) as failed:
                back_up(opened(url), "bank", tmp_path / "a", None, kill)
        else:
            made(url, tmp_path / "large")
            with Archive(tmp_path / "large") as archive, pytest.raises(DatabaseError) as failed:
                restore(archive, opened(target), True, kill)
        assert (failed.value.code, failed.value.retryable) == ("TARGET_UNAVAILABLE", True)
        assert sorted(p.name for p in tmp_path.iterdir()) == (["first"] if kind == "backup" else ["first", "large"])
        wait_for(url)
        assert one(target, "SELECT one FROM mine") == 1
        put_back(tmp_path / "first", target, force=True)
        assert one(target, "SELECT count(*) FROM filler") == 12_000


def wait_for(url: str) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            change(url, "SELECT 1")
            return
        except psycopg.OperationalError:
            assert time.monotonic() < deadline
            time.sleep(0.1)
