"""`backup`, `restore` and `verify` as real processes: exit statuses, keys, Ctrl-C, and loads that take a backup first."""

from __future__ import annotations

import json
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.e2e.cli_process import Cli, events, interrupt

KEY = "canary7d2e: a key of some length"
DB = "sqlite:///zoo.db"


@pytest.fixture
def zoo(cli: Cli) -> Cli:
    """With a database of two tables."""
    with closing(sqlite3.connect(cli.folder / "zoo.db")) as connection, connection:
        connection.execute("CREATE TABLE pets (id INTEGER PRIMARY KEY, name TEXT)")
        connection.execute("CREATE TABLE owners (id INTEGER PRIMARY KEY)")
        connection.executemany("INSERT INTO pets VALUES (?, ?)", [(i, f"pet {i}") for i in range(100)])
    return cli


def archive(cli: Cli, folder: str = "kept") -> str:
    (path,) = (cli.folder / folder).iterdir()
    return f"{folder}/{path.name}"


def count(path: Path, table: str = "pets") -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def test_back_up_verify_restore(zoo: Cli) -> None:
    said = events(zoo.ok("backup", "--path", "kept", "--verify", "restored_checksummed", DATABASE_URL=DB))
    assert (said[0]["type"], said[-1]["type"], said[-1]["data"]["level"]) == ("init", "complete", "RESTORED_CHECKSUMMED")
    name = archive(zoo)
    assert zoo.json("jobs", "list", "--kind", "backup")[0]["artifacts"][0]["name"] == name.removeprefix("kept/")
    found = zoo.json("verify", name)
    assert (found["ok"], found["level"]) == (True, "RESTORED_CHECKSUMMED")
    assert [(r["name"], r["rows"]) for r in found["results"] if r["kind"] == "table"] == [("owners", 0), ("pets", 100)]
    table = zoo.ok("verify", name, "--level", "files")
    assert "database.sqlite" in table and "verified: FILES" in table
    zoo.ok("restore", name, "--db", "sqlite:///copy.db")
    assert count(zoo.folder / "copy.db") == 100
    again = zoo.run("restore", name, "--db", "sqlite:///copy.db")
    assert again.returncode == 1 and "TARGET_NOT_EMPTY" in again.stderr and "resume" not in again.stderr
    zoo.ok("restore", name, "--db", "sqlite:///copy.db", "--force")


def test_bars_end_in_a_table(zoo: Cli) -> None:
    done = zoo.run("backup", "--db", DB, "--path", "kept", "--progress", "bar")
    assert done.returncode == 0 and "100%" in done.stderr
    assert [line.split() for line in done.stdout.splitlines()][:5:2] == [["table", "rows"], ["owners", "0"], ["all", "100"]]
    assert archive(zoo) in done.stdout


def test_a_damaged_archive_is_told_and_exits_1(zoo: Cli) -> None:
    zoo.ok("backup", "--db", DB, "--path", "kept")
    path = zoo.folder / archive(zoo)
    whole = bytearray(path.read_bytes())
    whole[200] ^= 1
    path.write_bytes(whole)
    done = zoo.run("verify", str(path))
    assert (done.returncode, "VERIFICATION_FAILED" in done.stderr, "not what was backed up" in done.stdout) == (1, True, True)
    path.write_bytes(whole[:-1])
    assert zoo.run("verify", str(path)).returncode == 1
    assert zoo.run("restore", str(path), "--db", "sqlite:///new.db").returncode == 1
    assert not (zoo.folder / "new.db").exists()


@pytest.mark.parametrize(
    ("args", "status", "said"),
    [
        (("backup", "--path", "kept"), 2, "DATABASE_URL"),
        (("backup", "--db", "sqlite:///absent.db", "--path", "kept"), 1, "no SQLite file absent.db"),
        (("backup", "--db", DB, "--path", "kept", "--key-file", "absent"), 2, "KEY_REQUIRED"),
        (("restore", "schema.yaml", "--db", "sqlite:///new.db"), 1, "ARCHIVE_DAMAGED"),
        (("restore", "schema.yaml"), 2, "--db"),
        (("verify", "absent.mcbackup"), 1, "ARCHIVE_NOT_FOUND There is no archive absent.mcbackup.\n"),
        (("seed", "--config", "schema.yaml", "--db", DB, "--backup"), 2, "--backup-path"),
    ],
)
def test_exit_statuses(zoo: Cli, args: tuple[str, ...], status: int, said: str) -> None:
    done = zoo.run(*args)
    assert (done.returncode, said in done.stderr) == (status, True), done.stderr


def test_keys_come_from_files_and_the_environment_and_stay_there(zoo: Cli) -> None:
    (zoo.folder / "key").write_text(KEY + "\n")
    zoo.ok("backup", "--db", DB, "--path", "kept", "--key-file", "key")
    name = archive(zoo)
    assert zoo.ok("verify", name, MOCKCRAFT_BACKUP_KEY=KEY).count("as it was backed up") == 5
    without = zoo.run("verify", name)
    assert (without.returncode, "KEY_REQUIRED" in without.stderr) == (1, True)
    assert all(way in without.stderr for way in ("--key-file FILE", "backup.key_file", "MOCKCRAFT_BACKUP_KEY"))
    other = zoo.run("restore", name, "--db", "sqlite:///new.db", MOCKCRAFT_BACKUP_KEY="another key altogether")
    assert (other.returncode, "KEY_REQUIRED" in other.stderr) == (1, True)
    zoo.ok("restore", name, "--db", "sqlite:///new.db", "--key-file", "key")
    (zoo.folder / "key").unlink()
    for path in zoo.folder.rglob("*"):
        assert not path.is_file() or b"canary7d2e" not in path.read_bytes(), path


def test_ctrl_c_leaves_nothing_behind(zoo: Cli) -> None:
    with closing(sqlite3.connect(zoo.folder / "zoo.db")) as connection, connection:
        connection.execute("CREATE TABLE large (data BLOB)")
        connection.executemany("INSERT INTO large VALUES (randomblob(1048576))", [()] * 150)
    process = zoo.start("backup", "--db", DB, "--path", "kept", "--verify", "RESTORED", "--progress", "json")
    assert process.stdout
    for line in process.stdout:
        if json.loads(line)["type"] == "progress":
            break
    interrupt(process)
    _, told = process.communicate(timeout=30)
    assert process.returncode == 130 and "nothing half done is left" in told
    deadline = time.monotonic() + 5
    while list(zoo.folder.glob(".mockcraft-scratch-*")) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert list((zoo.folder / "kept").iterdir()) == []
    assert zoo.json("jobs", "list")[0]["state"] == "CANCELLED"


def test_a_failure_is_told_once_under_bars(zoo: Cli) -> None:
    done = zoo.run("backup", "--db", "sqlite:///absent.db", "--path", "kept", "--progress", "bar")
    assert (done.returncode, done.stderr.count("TARGET_NOT_FOUND")) == (1, 1)


def test_older_archives_go(zoo: Cli) -> None:
    for _ in range(3):
        zoo.ok("backup", "--db", DB, "--path", "kept", "--keep-last", "2")
    assert len(list((zoo.folder / "kept").iterdir())) == 2


def test_a_load_begins_with_a_verified_backup(zoo: Cli) -> None:
    args = ("seed", "--config", "schema.yaml", "--backup", "--backup-path", "first", "--rows", "users=10")
    zoo.ok(*args, "--db", "sqlite:///fresh.db")
    assert not (zoo.folder / "first").exists()
    said = events(zoo.ok(*args, "--db", DB))
    assert "taken and verified first" in next(e for e in said if e["type"] == "log")["data"]["text"]
    assert count(zoo.folder / "zoo.db", "users") == 10
    zoo.ok("restore", archive(zoo, "first"), "--db", "sqlite:///before.db")
    assert count(zoo.folder / "before.db") == 100
    (zoo.folder / "damaged.db").write_bytes(b"SQLite format 3\0" + b"x" * 8000)
    failed = zoo.run(*args, "--db", "sqlite:///damaged.db")
    assert failed.returncode == 1
