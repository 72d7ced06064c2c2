"""Backups that can be trusted: every mutation is found and named, and PostgreSQL is dumped about as fast as by its tool.

`python -m tests.bench.backups [rows]` measures speed and memory alone.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import psycopg

from services.backup.archive import Archive, ArchiveDamagedError, ArchiveWriter, Manifest
from services.backup.archive import manifest as manifests
from services.backup.spec import BackupSpec
from services.backup.work import VerificationFailedError, back_up, verify
from services.common.databases import Rules, check_target, dumping
from services.common.databases.dumps import Dumping
from tests.bench.floors import Floor, at_most, shown
from tests.bench.runs import folder, watch_memory
from tests.bench.seed_service import by_command_line
from tests.servers import run_mariadb, run_postgres

ROWS, ROUNDS = 5_000_000, 3
CLEAN, BITS = 20, 32
SHOP = (
    "CREATE TABLE users (id INTEGER PRIMARY KEY, name VARCHAR(40) NOT NULL, balance DECIMAL(9,2))",
    "CREATE TABLE orders (id INTEGER PRIMARY KEY, user_id INTEGER, note VARCHAR(80))",
    "CREATE INDEX by_name ON users (name)",
    "CREATE VIEW names AS SELECT name FROM users",
)
LAST = "UPDATE users SET balance = -1 WHERE id = 0"
"""What tells the backup that is mutated from the clean ones before it."""
CHANGES = {
    "DELETE FROM users WHERE id = 7": "users",
    "UPDATE users SET name = 'someone else' WHERE id = 8": "users",
    "UPDATE users SET balance = NULL WHERE id = 9": "users",
    "INSERT INTO orders VALUES (-1, 1, 'x')": "orders",
    "UPDATE orders SET note = note || ' ' WHERE id = 3": "orders",
    "UPDATE orders SET user_id = user_id + 1 WHERE id = 4": "orders",
    "DROP TABLE orders": "orders",
    "DELETE FROM orders": "orders",
    "DROP INDEX by_name": "by_name",  # or the table, where indexes are part of it
    "DROP VIEW names": "names",
}
"""Changes of the database before a second dump takes the place of the first, and what must be named."""


def quiet(_phase: str, _done: int, _total: int) -> None:
    """Nobody listens."""


def opened(url: str) -> Dumping:
    """The database of a URL."""
    return dumping(check_target(url, Rules(Path("/"))))


@dataclass(frozen=True)
class Tried:
    """How many mutations there were, and those that were not found or not named."""

    clean: int
    alarms: list[str]
    mutations: int
    missed: list[str]


def run_sql(url: str, *statements: str) -> None:
    """Run statements in the database of a URL."""
    if url.startswith("sqlite"):
        import sqlite3

        connection = sqlite3.connect(url.removeprefix("sqlite:///"))
        for sql in statements:
            connection.execute(sql)
        connection.commit()
        connection.close()
    elif url.startswith("postgresql"):
        with psycopg.connect(url, autocommit=True) as postgres:
            for sql in statements:
                postgres.execute(sql.encode())
    else:
        import pymysql

        place = url.rpartition("@")[2]
        mysql = pymysql.connect(
            host="127.0.0.1", port=int(place.partition(":")[2].partition("/")[0]), user="mockcraft", password="secret",
            database=place.rpartition("/")[2], autocommit=True, sql_mode="PIPES_AS_CONCAT",
        )  # fmt: skip
        with mysql, mysql.cursor() as cursor:
            for sql in statements:
                cursor.execute(sql)


def fill(url: str, rows: int, at: int = 0) -> None:
    """The shop with so many users and orders; other ones for another `at`."""
    draw = random.Random(at)
    users_ = ", ".join(f"({i}, 'user {draw.getrandbits(60)}', {draw.randrange(10**6) / 100})" for i in range(rows))
    orders = ", ".join(f"({i}, {draw.randrange(rows)}, 'note {draw.getrandbits(60)}')" for i in range(rows))
    run_sql(url, *SHOP, f"INSERT INTO users VALUES {users_}", f"INSERT INTO orders VALUES {orders}")


def made(url: str, path: Path) -> Manifest:
    """A backup."""
    source = opened(url)
    try:
        return back_up(source, url.partition(":")[0], path, None, quiet)
    finally:
        source.close()


def complaints(path: Path, url: str) -> list[str]:
    """What a verification by restoring says; nothing when all is well."""
    try:
        with Archive(path) as archive:
            verify(archive, "RESTORED_CHECKSUMMED", lambda: opened(url), quiet)
    except VerificationFailedError as error:
        return [f"{result.kind} {result.name}: {result.problem}" for result in error.results if result.problem]
    except ArchiveDamagedError as error:
        return [f"part {error.damage.part}: {error.damage.message}"]
    return []


Mutation = Callable[[bytes], bytes]


def bytes_changed(whole: bytes, other: bytes, bits: int) -> Iterator[tuple[str, bytes]]:
    """Cuts, flips and such of a file: what was done, and the file."""
    yield "cut by 1 byte", whole[:-1]
    yield "cut by 2 KB", whole[:-2048]
    yield "cut in the middle", whole[: len(whole) // 2]
    yield "empty", b""
    yield "a byte more", whole + b"\0"
    yield "the tail of another backup", whole[: len(whole) // 2] + other[len(other) // 2 :]
    draw = random.Random(len(whole))
    for _ in range(bits):
        at = draw.randrange(len(whole))
        yield f"a bit of byte {at}", whole[:at] + bytes([whole[at] ^ 1 << draw.randrange(8)]) + whole[at + 1 :]


def rewritten(path: Path, change: Callable[[dict[str, bytes]], None]) -> None:
    """The archive with its entries changed, its last checksum made anew: by someone who knows the container."""
    import hashlib

    from services.backup.archive.writer import TRAILER

    with zipfile.ZipFile(path) as old:
        entries = {name: old.read(name) for name in old.namelist()}
    change(entries)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as new:
        for name, data in entries.items():
            new.writestr(zipfile.ZipInfo(name), data)
        new.comment = TRAILER + b"0" * 64
    data = path.read_bytes()[: -len(TRAILER) - 64]
    path.write_bytes(data + TRAILER + hashlib.sha256(data).hexdigest().encode())


def entries_changed(part: str, other: bytes) -> dict[str, Callable[[dict[str, bytes]], None]]:
    """Changes of entries."""

    def edit(old: bytes, new: bytes) -> Callable[[dict[str, bytes]], None]:
        def change(entries: dict[str, bytes]) -> None:
            assert old in entries[manifests.NAME], old
            entries[manifests.NAME] = entries[manifests.NAME].replace(old, new, 1)

        return change

    return {
        "part dropped": lambda entries: entries.__delitem__(part),
        "part emptied": lambda entries: entries.__setitem__(part, b""),
        "part of another backup": lambda entries: entries.__setitem__(part, other),
        "part swapped with the manifest": lambda e: e.update({part: e[manifests.NAME], manifests.NAME: e[part]}),
        "part doubled": lambda entries: entries.__setitem__("more", entries[part]),
        "part renamed": lambda entries: entries.__setitem__("other", entries.pop(part)),
        "manifest dropped": lambda entries: entries.__delitem__(manifests.NAME),
        "manifest emptied": lambda entries: entries.__setitem__(manifests.NAME, b"{}"),
        "manifest: rows": edit(b'"rows": ', b'"rows": 1'),
        "manifest: a table's name": edit(b'users"', b'people"'),
        "manifest: a digest": edit(b'"digest": "', b'"digest": "0'),
        "manifest: the snapshot": edit(b'"snapshotTime": "2', b'"snapshotTime": "1'),
    }


def mutated(url: str, home: Path, rows: int, clean: int, bits: int = BITS, changes: Mapping[str, str] = CHANGES) -> Tried:
    """Clean backups, and every mutation of one."""
    alarms, missed, count = [], [], 0
    for at in range(clean):
        run_sql(url, f"UPDATE users SET balance = {at} WHERE id <= {at}")
        made(url, home / f"clean{at}")
        alarms += complaints(home / f"clean{at}", url)
    run_sql(url, LAST)
    manifest, path = made(url, home / "whole"), home / "mutant"
    part, whole, other = manifest.parts[0].name, (home / "whole").read_bytes(), (home / "clean0").read_bytes()
    with zipfile.ZipFile(home / "clean0") as archive:
        other_part = archive.read(part)
    for what, data in bytes_changed(whole, other, bits):
        path.write_bytes(data)
        count += 1
        missed += [] if complaints(path, url) else [what]
    for what, change in entries_changed(part, other_part).items():
        path.write_bytes(whole)
        rewritten(path, change)
        count += 1
        missed += [] if complaints(path, url) else [what]
    for sql, named in changes.items():
        count += 1
        missed += [] if told(forged(url, manifest, path, sql), named) else [sql]
        restored(url, rows, clean)
    return Tried(clean, alarms, count, missed)


def told(texts: list[str], name: str) -> bool:
    """Whether something is said of it."""
    names = (name, "users") if name == "by_name" else (name,)
    return any(wanted in text for text in texts for wanted in names)


def restored(url: str, rows: int, clean: int) -> None:
    """The shop as it was before a change."""
    run_sql(url, "DROP VIEW IF EXISTS names", "DROP TABLE IF EXISTS orders", "DROP TABLE IF EXISTS users")
    fill(url, rows)
    for at in range(clean):
        run_sql(url, f"UPDATE users SET balance = {at} WHERE id <= {at}")
    run_sql(url, LAST)


def forged(url: str, manifest: Manifest, path: Path, sql: str) -> list[str]:
    """What is said of a dump that was made after a change, under the manifest of before, all checksums right."""
    on = " ON users" if sql.startswith("DROP INDEX") and url.startswith(("mysql", "mariadb")) else ""
    run_sql(url, sql + on)
    writer, source = ArchiveWriter(path), opened(url)
    try:
        source.dump(writer, quiet)
    finally:
        source.close()
    writer.finish(manifest.model_copy(update={"parts": ()}))
    return complaints(path, url)


@contextmanager
def databases(home: Path) -> Iterator[dict[str, str]]:
    """One database of each kind of SQL."""
    with run_postgres() as postgres, run_mariadb() as mariadb:
        yield {
            "SQLite": f"sqlite:///{home / 'shop.db'}",
            "PostgreSQL": postgres.database(),
            "MariaDB": f"mariadb://mockcraft:secret@127.0.0.1:{mariadb.port}/{mariadb.database()}",
        }


def mutation_floors(rows: int = 300, clean: int = CLEAN) -> Iterator[Floor]:
    """The promises, database by database."""
    with folder(None) as home, databases(home) as urls:
        for name, url in urls.items():
            (home / name).mkdir()
            fill(url, rows)
            tried = mutated(url, home / name, rows, clean)
            said = f"{len(tried.alarms)} false alarms" + "".join(f"; {text}" for text in tried.alarms[:2])
            yield Floor(f"{name}: {tried.clean} clean backups verify", "0 false alarms", said, not tried.alarms)
            said = f"{tried.mutations - len(tried.missed)} of {tried.mutations}" + "".join(
                f"; {text}" for text in tried.missed[:3]
            )
            yield Floor(f"{name}: mutations found and named", "all", said, not tried.missed)


# speed


def by_tools(url: str, path: Path) -> float:
    """Seconds of pg_dump piped through zstd."""
    began = time.perf_counter()
    with path.open("wb") as file, subprocess.Popen(["pg_dump", "-Fc", "-Z0", url], stdout=subprocess.PIPE) as dump:
        subprocess.run(["zstd", "-1", "-q", "-c"], stdin=dump.stdout, stdout=file, check=True)
    return time.perf_counter() - began


def by_us_backup(url: str, home: Path, *, sample: bool = False) -> tuple[float, float]:
    """Seconds of the whole worker, its start included, and the largest PSS of its processes in MB (when sampled)."""
    path = home / "spec.json"
    spec = BackupSpec(job_id="backup_1", kind="backup", archive=home / "a.mcb", out_dir=home, work_dir=home)
    path.write_text(spec.model_dump_json(by_alias=True))
    command = [sys.executable, "-m", "services.backup.worker", "--spec", str(path)]
    began = time.perf_counter()
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as worker:
        assert worker.stdin
        worker.stdin.write(b'{"target": "%s"}\n' % check_target(url, Rules(Path("/"))).encode())
        worker.stdin.close()
        memory = watch_memory(worker) if sample else 0.0
    if worker.returncode:
        raise RuntimeError(f"the backup failed ({worker.returncode})")
    return time.perf_counter() - began, memory


def speed_floors(rows: int = ROWS, rounds: int = ROUNDS) -> Iterator[Floor]:
    """Our time against that of the tools, medians of rounds taken in turn; memory at a fifth of the rows and at all."""
    tools, ours, memory = [], [], []
    with run_postgres() as server, folder(None) as home:
        for size in (rows // 5, rows):
            url = server.database()
            by_command_line(url, size, home)
            run_sql(url, "VACUUM ANALYZE users", "CHECKPOINT")
            memory.append(by_us_backup(url, home, sample=True)[1])
        for _ in range(rounds):
            tools.append(by_tools(url, home / "tools"))
            os.sync()
            ours.append(by_us_backup(url, home)[0])
            os.sync()
    yield shown(f"pg_dump -Fc -Z0 | zstd -1, {rows:,} rows", f"{median(tools):.2f} s")
    yield shown("backup, digests and start of the worker included", f"{median(ours):.2f} s")
    yield at_most("PostgreSQL: backup against pg_dump and zstd", median(ours) / median(tools), 1.5, "times")
    apart = memory[1] / memory[0] - 1
    said = f"{memory[0]:,.0f} and {memory[1]:,.0f} MB"
    yield Floor(f"peak PSS at {rows // 5:,} and {rows:,} rows", "≤ 15 % more", said, apart <= 0.15)


def backup_floors() -> Iterator[Floor]:
    """All of them."""
    yield from mutation_floors()
    yield from speed_floors()


if __name__ == "__main__":
    for floor in speed_floors(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS):
        print(f"{floor.what}: {floor.figure} {floor.target}")
