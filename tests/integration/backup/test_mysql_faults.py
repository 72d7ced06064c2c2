"""Backups of MariaDB while others write, while processes are killed, and with a password that must show nowhere."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import orjson
import pytest

from services.backup.spec import BackupSpec
from services.backup.work import VerificationFailedError, back_up
from services.common.databases import DatabaseError, _dump_mysql, check_target
from services.common.databases._client_mysql import Counters, Passing, cut_at_lines
from tests.integration.backup.conftest import Scratches
from tests.integration.backup.document_backups import RULES, close_all, made, opened, put_back, state, verified, work
from tests.integration.backup.test_mysql import OBJECTS, new
from tests.servers import MariaDb, run_mariadb

pytestmark = pytest.mark.usefixtures("_closing")
BANK = """
CREATE TABLE accounts (id INT PRIMARY KEY, money INT);
INSERT INTO accounts SELECT seq, 10 FROM seq_1_to_1000;
CREATE TABLE ledger (id INT PRIMARY KEY, money INT, weight FLOAT);
INSERT INTO ledger SELECT seq, 10, 0.1 FROM seq_1_to_1000;
CREATE TABLE a_first (t VARCHAR(500));
INSERT INTO a_first SELECT REPEAT('x', 400) FROM seq_1_to_5000;
"""
MOVE = """
CREATE PROCEDURE move(n INT) BEGIN
  START TRANSACTION;
  UPDATE accounts SET money = money - 1 WHERE id = 1 + n % 1000;
  UPDATE ledger SET money = money + 1 WHERE id = 1 + (n * 7) % 1000;
  COMMIT;
END
"""


@pytest.fixture
def _closing() -> Iterator[None]:
    yield None
    close_all()


@pytest.fixture
def moving(mariadb: MariaDb) -> Iterator[str]:
    """A database in which a writer moves money between two tables all the time; the sum is 20,000."""
    name, url = new(mariadb, BANK)
    mariadb.run(f"DELIMITER ;;\n{MOVE};;\n", name)
    stop = threading.Event()

    def move() -> None:
        writer = opened(url)
        at = 0
        while not stop.is_set():
            writer._session.run(f"CALL move({at})")  # type: ignore[attr-defined]
            at += 1

    thread = threading.Thread(target=move)
    thread.start()
    yield url
    stop.set()
    thread.join()


def test_a_backup_is_one_snapshot(moving: str, mariadb: MariaDb, tmp_path: Path) -> None:
    digests = set()
    for at in range(10):
        manifest = made(moving, tmp_path / f"a{at}")
        assert manifest.snapshot == "locked"
        digests.add(manifest.tables[1].digest)
        other, target = new(mariadb)
        put_back(tmp_path / f"a{at}", target)
        assert int(mariadb.run("SELECT (SELECT SUM(money) FROM accounts) + (SELECT SUM(money) FROM ledger)", other)) == 20_000
        assert [(t.name, t.digest) for t in state(target).tables] == [(t.name, t.digest) for t in manifest.tables]
    assert len(digests) > 1


def test_without_the_lock_digests_and_dump_would_differ(moving: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """That the test above can fail: transactions that are opened one after the other see different rows."""
    monkeypatch.setattr(_dump_mysql.MysqlDumping, "_locked", lambda _: contextlib.nullcontext("separate"))
    for at in range(10):
        assert made(moving, tmp_path / f"a{at}").snapshot == "separate"
        try:
            verified(tmp_path / f"a{at}", moving)
        except VerificationFailedError:
            return
    pytest.fail("none of ten backups differed")


def test_a_transaction_that_holds_the_lock_up(mariadb: MariaDb, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, url = new(mariadb, OBJECTS)
    monkeypatch.setattr(_dump_mysql, "LOCK_SECONDS", 1)
    holder = opened(url)
    holder._session.run("LOCK TABLES orders WRITE")  # type: ignore[attr-defined]
    waiting = threading.Timer(3, holder.close)
    waiting.start()
    assert made(url, tmp_path / "a").snapshot == "separate"
    waiting.join()
    verified(tmp_path / "a", url)


def test_a_worker_killed_while_dumping(mariadb: MariaDb, tmp_path: Path, mariadb_scratches: Scratches) -> None:
    _, url = new(mariadb, BANK)
    assert work(tmp_path, "backup", url, failpoint="backup.mid_part:2")[0] == -9
    assert not (tmp_path / "shop.mcb").exists()
    status, events = work(tmp_path, "backup", url, level="RESTORED_CHECKSUMMED")
    assert (status, events[-1]["data"]["level"]) == (0, "RESTORED_CHECKSUMMED")
    assert mariadb_scratches() == []


def test_cancelling_while_it_dumps(mariadb: MariaDb, tmp_path: Path) -> None:
    _, url = new(mariadb, BANK)
    source, began = opened(url), time.monotonic()

    def tell(_phase: str, _done: int, _total: int) -> None:
        source.cancel()

    with pytest.raises(DatabaseError) as stopped:
        back_up(source, "shop", tmp_path / "a", None, tell)
    assert stopped.value.code == "CANCELLED"
    assert list(tmp_path.iterdir()) == []
    assert time.monotonic() - began < 20


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("failpoint", ["backup.mid_restore", "backup.mid_restore:2", "backup.swapped"])
def test_a_worker_killed_while_restoring(
    mariadb: MariaDb, tmp_path: Path, failpoint: str, force: bool, mariadb_scratches: Scratches
) -> None:
    _, url = new(mariadb, BANK + OBJECTS)
    made(url, tmp_path / "shop.mcb")
    _, target = new(mariadb, "CREATE TABLE old (x INT); CREATE VIEW older AS SELECT 1 AS x;" if force else "")
    before = state(target)
    assert work(tmp_path, "restore", target, failpoint=failpoint, force=force)[0] == -9
    assert state(target) == (state(url) if failpoint == "backup.swapped" else before)
    assert work(tmp_path, "restore", target, force=force)[0] == 0
    assert state(target) == state(url)
    if (
        failpoint == "backup.swapped" and not force
    ):  # there was nothing left to do; whoever needs a scratch database next clears up
        assert work(tmp_path, "verification", url, level="RESTORED")[0] == 0
    assert mariadb_scratches() == [], "what the killed one left is gone"


def test_a_worker_killed_while_it_swaps(mariadb: MariaDb, tmp_path: Path, mariadb_scratches: Scratches) -> None:
    """The server ends the swap on its own."""
    _, url = new(mariadb, OBJECTS)
    made(url, tmp_path / "shop.mcb")
    _, target = new(mariadb, "CREATE TABLE old (x INT)")
    holder = opened(target)
    holder._session.run("START TRANSACTION")  # type: ignore[attr-defined]
    holder._session.query("SELECT * FROM old")  # type: ignore[attr-defined]
    with worker(tmp_path, target, force=True) as process:
        until(
            lambda: b"RENAME TABLE" in mariadb.run("SELECT INFO FROM information_schema.PROCESSLIST WHERE STATE LIKE 'Waiting%'")
        )
        process.kill()
        process.wait()
    holder.close()
    until(lambda: state(target) == state(url))
    assert work(tmp_path, "restore", target, force=True)[0] == 0
    assert state(target) == state(url)
    assert mariadb_scratches() == []


def test_a_server_killed_while_restoring(tmp_path: Path) -> None:
    with run_mariadb(innodb_flush_log_at_trx_commit=1) as server:
        _, url = new(server, OBJECTS)
        made(url, tmp_path / "shop.mcb")
        _, target = new(server)
        holder = opened(url)
        holder._session.run("FLUSH TABLES WITH READ LOCK")  # type: ignore[attr-defined]
        with worker(tmp_path, target) as process:
            time.sleep(1)
            os.kill(server.pid, signal.SIGKILL)
            out, _ = process.communicate(timeout=30)
        assert process.returncode not in (0, -9)
        error = orjson.loads(out.splitlines()[-1])
        assert (error["type"], error["data"]["code"], error["data"]["retryable"]) == ("error", "TARGET_UNAVAILABLE", True)


def test_what_a_server_left_half_swapped_can_be_restored_again(
    mariadb: MariaDb, tmp_path: Path, mariadb_scratches: Scratches
) -> None:
    """As if the server had been killed between the exchange of the tables and the last view."""
    _, url = new(mariadb, OBJECTS)
    made(url, tmp_path / "a")
    name, target = new(mariadb)
    put_back(tmp_path / "a", target)
    mariadb.run("DROP VIEW a_names; DROP EVENT tidy", name)
    left = f"mockcraft_scratch_{uuid.uuid4().hex[:16]}"
    tables = orjson.dumps([t.name for t in state(target).tables] + ["numbers"]).decode().replace("'", "''")
    mariadb.run(f"CREATE DATABASE {left}; USE {left}; CREATE TABLE _mockcraft_swap (target TEXT, was_empty INT, names TEXT)")
    mariadb.run(f"INSERT INTO _mockcraft_swap VALUES ('{name}', 1, '{tables}')", left)
    verified(tmp_path / "a", url)
    assert mariadb_scratches() == [left], "others leave it alone"
    put_back(tmp_path / "a", target)
    assert state(target) == state(url)
    assert mariadb_scratches() == []


def test_the_password_shows_nowhere(mariadb: MariaDb, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    name, _ = new(mariadb, BANK)
    canary, user = f"canary{uuid.uuid4().hex}", f"u{uuid.uuid4().hex[:12]}"
    mariadb.run(f"CREATE USER {user}@'127.0.0.1' IDENTIFIED BY '{canary}'; GRANT ALL ON *.* TO {user}@'127.0.0.1'")
    url = f"mariadb://{user}:{canary}@127.0.0.1:{mariadb.port}/{name}"
    seen: list[str] = []
    stop = threading.Event()
    watching = threading.Thread(target=watch, args=(seen, stop))
    watching.start()
    status, events = work(tmp_path, "backup", url, level="RESTORED_CHECKSUMMED")
    assert status == 0, events[-1]
    stop.set()
    watching.join()
    programs = " ".join(seen)
    assert f"--user={user}" in programs
    assert "mariadb-dump" in programs
    assert canary not in programs
    assert canary not in repr(events)
    assert canary.encode() not in (tmp_path / "shop.mcb").read_bytes()
    wrong = url.replace(canary, canary + "x")
    with pytest.raises(DatabaseError) as refused:
        opened(wrong)
    assert canary not in str(refused.value)
    mariadb.run("DROP TABLE accounts; CREATE VIEW broken AS SELECT * FROM ledger; DROP TABLE ledger", name)
    with pytest.raises(DatabaseError) as failed:
        made(url, tmp_path / "b")
    assert canary not in str(failed.value)
    assert canary not in "".join(capfd.readouterr())


def watch(seen: list[str], stop: threading.Event) -> None:
    """Every command line there is, again and again."""
    while not stop.is_set():
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            with contextlib.suppress(OSError):
                text = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
                if text not in seen:
                    seen.append(text)


@contextlib.contextmanager
def worker(folder: Path, url: str, force: bool = False) -> Iterator[subprocess.Popen[bytes]]:
    """A process that restores, under way."""
    spec = BackupSpec(
        job_id="restore_1", kind="restore", archive=folder / "shop.mcb", out_dir=folder, work_dir=folder, force=force
    )
    (folder / "spec.json").write_bytes(spec.model_dump_json(by_alias=True).encode())
    command = [sys.executable, "-m", "services.backup.worker", "--spec", str(folder / "spec.json")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdin
        process.stdin.write(orjson.dumps({"target": check_target(url, RULES)}) + b"\n")
        process.stdin.flush()
        yield process
        if process.poll() is None:
            process.kill()


def until(true: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it does not happen"
        time.sleep(0.05)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 10_000_000])
def test_rows_are_never_taken_for_statements(size: int) -> None:
    """However the dump is cut; a line of more than 64 KiB is passed on in pieces whose beginnings are no lines."""
    event = b"/*!50106 CREATE*/ /*!50117 DEFINER=`a`@`b`*/ /*!50106 EVENT `e``x` ON SCHEDULE EVERY 1 DAY"
    event += b" ON COMPLETION PRESERVE ENABLE DO SELECT 'ENABLE'\n"
    long = b"INSERT INTO t VALUES ('" + b"CREATE DEFINER=`x`@`y` PROCEDURE `p`() " * 4_000 + b"');\n"
    dump = (
        b"CREATE DEFINER=`x`@`y` PROCEDURE `p`()\n"
        + long
        + event
        + b" SELECT 'ENABLE'\n"
        + b"/*!50001 VIEW `v` AS select `d`.`t` */;\n"
    )
    pieces = [dump[at : at + size] for at in range(0, len(dump), size)] if size > 5 else [bytes([b]) for b in dump]
    assert b"".join(piece for piece, _ in cut_at_lines(pieces)) == dump
    passing = Passing("d", "s", definers=False)
    made = b"".join(passing.read(pieces))
    assert long in made
    assert made.startswith(b"CREATE PROCEDURE `p`()\n")
    assert b"PRESERVE DISABLE DO SELECT 'ENABLE'\n" in made
    assert b"select `t` */" in made
    assert passing.states == {"e`x": "ENABLE"}


def test_counters_are_those_of_tables() -> None:
    dump = b"CREATE TABLE `a` (\n) ENGINE=InnoDB AUTO_INCREMENT=7 X;\n"
    dump += b"DO SETVAL(`s`, -5, 0);\n  CREATE TABLE `b` (\n) AUTO_INCREMENT=9;\n"
    counters = Counters({"a", "s"})
    assert b"".join(counters.read([dump + dump.replace(b"=7", b"=8")])) == dump + dump.replace(b"=7", b"=8")
    assert counters.found == {"a": 7, "s": -5}
