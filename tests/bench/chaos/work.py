"""The jobs of every kind: what is asked for, and what must have come of it."""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from services.backup.archive import Archive
from tests.bench.chaos.house import House
from tests.integration.loads import SHOP, content

JSON = dict[str, Any]
FORMATS: Sequence[JSON] = (
    {"format": "csv"},
    {"format": "jsonl", "compression": "gzip"},
    {"format": "sql", "dialect": "postgresql"},
    {"format": "parquet"},
    {"format": "csv", "compression": "zstd"},
)


@dataclass(frozen=True)
class Recipe:
    """One sort of job. `body` makes the request of the job of that number; `came` tells what came of it, comparable."""

    name: str
    route: str
    body: Callable[[int], JSON]
    came: Callable[[JSON, int], Any]
    pausable: bool = True


def recipes(house: House, archive: str, users: Sequence[str], formats: Sequence[JSON]) -> Iterator[Recipe]:
    """All there are, with so many users in their tables; `archive` is the one that is restored and verified."""
    for count in users:
        for output in formats:
            yield _generation(house, count, output)
    yield _sqlite_load(house, users[0])
    if house.postgres is not None:
        yield _postgres_load(house, users[0])
    yield backup(house)
    yield Recipe("verification", "verifications", lambda _: {"archive": archive, "level": "RESTORED_CHECKSUMMED"}, _state, False)
    yield _restore(house, archive)


def datasets(house: House, counts: Sequence[int]) -> Iterator[Recipe]:
    """Text datasets of the template model."""
    for count in counts:

        def body(_: int, count: int = count) -> JSON:
            return {"domain": "technology", "targetCount": count, "outputFormat": "jsonl", "modelName": "template"}

        def came(job: JSON, _: int) -> Any:
            return {name: sha for name, sha in files(house, job).items() if name.startswith("dataset.")}

        yield Recipe(f"dataset of {count:,}", "../generate", body, came)


def files(house: House, job: JSON) -> Mapping[str, str]:
    """SHA-256 by name of the job's files as they lie on the disk; they are removed. Raises when one is not what was said."""
    folder, found = house.data / "outputs" / job["id"], {}
    for artifact in job["artifacts"]:
        (path,) = (path for path in folder.rglob("*") if path.is_file() and path.name == artifact["name"].rpartition("/")[2])
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        assert digest == artifact["sha256"], f"{artifact['name']} is not what its job said"
        found[artifact["name"]] = digest
    shutil.rmtree(folder)
    return {name: digest for name, digest in found.items() if name != "manifest.json"}


def _state(job: JSON, _: int) -> Any:
    return job["state"]


def _generation(house: House, users: str, output: JSON) -> Recipe:
    body = {"schema": SHOP, "set": {"users": users}, "outputs": [output]}
    name = f"generation of {users}, {'.'.join(output.values())}"
    return Recipe(name, "generations", lambda _: body, lambda job, _: files(house, job))


def _load_of(users: str, target: str) -> JSON:
    return {"schema": SHOP, "set": {"users": users}, "target": target, "batchSize": 1024}


def _sqlite_load(house: House, users: str) -> Recipe:
    def came(_: JSON, number: int) -> Any:
        return _taken(house.data / f"load_{number}.db")

    return Recipe("seeding of SQLite", "seedings", lambda n: _load_of(users, f"sqlite:///load_{n}.db"), came)


def _taken(path: Path) -> Any:
    """What an SQLite file holds; it is removed."""
    found = content(path)
    for each in path.parent.glob(f"{path.name}*"):
        each.unlink()
    return found


def _postgres_load(house: House, users: str) -> Recipe:
    places: dict[int, str] = {}
    making = threading.Lock()

    def body(number: int) -> JSON:
        assert house.postgres is not None
        with making:  # the same request may be made twice at once
            if number not in places:
                places[number] = house.postgres.database()
        return _load_of(users, places[number])

    return Recipe("seeding of PostgreSQL", "seedings", body, lambda _, number: _held(places[number]))


def _held(url: str) -> Any:
    """Rows and a digest of all of them in order, by table."""
    with psycopg.connect(url) as connection:
        return {table: connection.execute(_digest(table)).fetchone() for table in ("users", "orders")}


def _digest(table: str) -> bytes:
    return f"SELECT count(*), md5(string_agg(t::text, '|' ORDER BY id)) FROM {table} t".encode()


def backup(house: House) -> Recipe:
    """A backup of the zoo; what came is how many rows of which digest its archive has, which is whole and is removed."""

    def came(job: JSON, _: int) -> Any:
        (artifact,) = job["artifacts"]
        path = house.data / "backups" / artifact["name"]
        with Archive(path) as archive:
            damages, tables = list(archive.damages()), archive.manifest.tables
        assert not damages, damages
        path.unlink()
        return tables

    return Recipe("backup", "backups", lambda _: {"source": "sqlite:///zoo.db"}, came, False)


def _restore(house: House, archive: str) -> Recipe:
    def body(number: int) -> JSON:
        return {"archive": archive, "target": f"sqlite:///restored_{number}.db"}

    return Recipe("restore", "restores", body, lambda _, number: _taken(house.data / f"restored_{number}.db"), False)


def fill_zoo(path: Path, megabytes: int) -> None:
    """The database that is backed up."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE pets (id INTEGER PRIMARY KEY, name TEXT, weight REAL)")
        connection.executemany("INSERT INTO pets VALUES (?, ?, ?)", [(i, f"pet {i}", i / 7) for i in range(5000)])
        connection.execute("CREATE TABLE photos (id INTEGER PRIMARY KEY, data BLOB)")
        connection.executemany("INSERT INTO photos VALUES (?, randomblob(1048576))", [(i,) for i in range(megabytes)])
