"""Backups of MongoDB: the documents of each collection as they are stored, one after another as mongodump writes them.

Parts: `metadata.json` (extended JSON: options and indexes of each collection, definitions of views), then
`collections/<name>.bson` (characters other than letters, digits, `_`, `.`, `-` and `~` of the name as `%XX`). What a
document's digest is of are its bytes. Collections named `system.*` and our own, `_mockcraft_*`, are left out.

There is no snapshot: each document is as it was when the cursor came by. The cursor walks the index of `_id` (capped and
clustered collections in their own order), so that no document comes twice.
"""

from __future__ import annotations

import contextlib
import secrets
import struct
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, cast
from urllib.parse import quote

from bson import json_util
from pymongo import MongoClient, version
from pymongo.collection import Collection

from services.common.databases import DatabaseError
from services.common.databases._claims import Claim, renewed
from services.common.databases._hosts import Url
from services.common.databases._restore_mongodb import Plan, Restoring, head_of, interrupted, ours
from services.common.databases.digest import Digest, sum_of_hashes
from services.common.databases.dumps import Contents, Dumped, Parts, State, Store, Tell
from services.common.databases.mongodb.client import opened
from services.common.databases.mongodb.errors import translated

METADATA: Final = "metadata.json"
SCRATCH: Final = "mockcraft_scratch_"
MARK: Final = "_mockcraft_scratch"
STEP: Final = 10_000
"""Most documents of a batch; a server ends one at 16 MB."""
_CANONICAL: Final = json_util.CANONICAL_JSON_OPTIONS
_SIZE: Final = struct.Struct("<i")


@dataclass(frozen=True, slots=True)
class Shape:
    """A collection or view: its options, and its indexes sorted by name."""

    name: str
    kind: str
    options: Mapping[str, Any]
    indexes: tuple[Mapping[str, Any], ...] = ()

    def schema(self) -> Iterator[tuple[str, str]]:
        """Canonical texts by name."""
        yield f"{self.kind} {self.name}", _text(self.options)
        for index in self.indexes:
            yield f"index {self.name}.{index['name']}", _text({key: value for key, value in index.items() if key != "v"})


class MongoDumping:
    """One database of a MongoDB server. Implements `services.common.databases.dumps.Dumping`."""

    dialect = "mongodb"

    def __init__(self, client: MongoClient[dict[str, Any]], name: str, cancelled: threading.Event | None = None) -> None:
        self._client, self._database = client, client[name]
        self._cancelled = cancelled or threading.Event()
        self._owned = cancelled is None

    @classmethod
    def open(cls, url: Url) -> MongoDumping:
        """Of a checked URL. Indexes of large collections take their time, so the server may be silent for long."""
        options = {"socketTimeoutMS": "0", **url.options}
        with translated():
            return cls(opened(Url(url.scheme, url.driver, url.user, url.password, url.hosts, url.path, options)), url.path)

    def close(self) -> None:
        """Let go."""
        if self._owned:
            self._client.close()

    def cancel(self) -> None:
        """End what is under way, after the batch at hand."""
        self._cancelled.set()

    def _stop(self) -> None:
        if self._cancelled.is_set():
            raise DatabaseError("CANCELLED", "stopped on request")

    # dumping

    def dump(self, parts: Parts, tell: Tell) -> Dumped:
        """Write metadata and documents."""
        with translated():
            self._refuse_half()
            moment, shapes = datetime.now(UTC), self._shapes()
            with parts.part(METADATA) as part:
                part.write(_text({"collections": [_described(shape) for shape in shapes]}).encode())
            tables, done = [], 0
            for shape in _collections(shapes):
                total = Digest()
                with parts.part(part_name(shape.name)) as part:
                    for batch in self._batches(shape):
                        part.write(batch)
                        total += _digest(batch)
                        done += len(batch)
                        tell("dump", done, 0)
                tables.append(Contents(shape.name, total.rows, str(total)))
            state = State(tuple(tables), {}, _schema(shapes))
            return Dumped(state, "none", moment, self._server_version(), "pymongo", version)

    def _refuse_half(self) -> None:
        if interrupted(self._database):
            raise DatabaseError("TARGET_BUSY", "a restore into this database did not come to its end; run it again first")

    def _server_version(self) -> str:
        return str(self._client.admin.command("buildInfo").get("version", ""))

    def _shapes(self) -> list[Shape]:
        """What there is, sorted by name. Raises `DatabaseError` for kinds that cannot be restored as they were."""
        found = []
        for entry in self._database.list_collections():
            self._stop()
            name, kind = entry["name"], entry.get("type", "collection")
            if ours(name) or name.startswith("system."):
                continue
            if kind not in ("collection", "view"):
                raise DatabaseError(
                    "TARGET_UNSUPPORTED", f"{name} is a {kind} collection; backups hold plain collections and views"
                )
            found.append(Shape(name, kind, dict(entry.get("options", {})), self._indexes(name) if kind == "collection" else ()))
        return sorted(found, key=lambda shape: shape.name)

    def _indexes(self, name: str) -> tuple[Mapping[str, Any], ...]:
        """The indexes but those that come with each collection."""
        found = [
            {k: v for k, v in index.items() if k not in ("ns", "background")} for index in self._database[name].list_indexes()
        ]
        return tuple(sorted((i for i in found if i["name"] != "_id_" and not i.get("clustered")), key=lambda i: i["name"]))

    def _batches(self, shape: Shape) -> Iterator[bytes]:
        """The documents of a collection, several of them a piece."""
        cursor = self._database[shape.name].find_raw_batches({}, batch_size=STEP)
        if not shape.options.get("capped") and not shape.options.get("clusteredIndex"):
            cursor.hint("_id_")
        with contextlib.closing(cursor):
            for batch in cast("Iterator[bytes]", cursor):
                self._stop()
                if batch:
                    yield batch

    # reading back

    def state(self, tell: Tell, digests: bool = True) -> State:
        """Read the database back."""
        with translated():
            self._refuse_half()
            shapes = self._shapes()
            return State(tuple(self._contents(shapes, tell, digests)), {}, _schema(shapes))

    def _contents(self, shapes: Sequence[Shape], tell: Tell, digests: bool) -> Iterator[Contents]:
        collections = list(_collections(shapes))
        for at, shape in enumerate(collections):
            self._stop()
            tell("digest" if digests else "count", at, len(collections))
            if digests:
                total = sum((_digest(batch) for batch in self._batches(shape)), Digest())
                yield Contents(shape.name, total.rows, str(total))
            else:
                yield Contents(shape.name, int(self._database[shape.name].count_documents({})), "")

    def is_empty(self) -> bool:
        """Whether there is no collection or view but our own. What a restore that was cut off left counts as it was before."""
        with translated():
            return bool(head_of(self._database).get("empty", False)) or not self._names()

    def _names(self) -> list[str]:
        return [name for name in self._database.list_collection_names() if not ours(name) and not name.startswith("system.")]

    # restoring

    def restore(self, store: Store, details: Mapping[str, Any], tell: Tell) -> None:
        """Fill collections beside those that are there, then put them in their places (`_restore_mongodb`)."""
        with translated():
            plan = self._plan(store)
            Restoring(self._database, self._stop, tell).run(plan, store, empty=self.is_empty())

    @staticmethod
    def _plan(store: Store) -> Plan:
        try:
            described = json_util.loads(b"".join(store.read(METADATA)).decode(), json_options=_CANONICAL)["collections"]
            shapes = [Shape(s["name"], s["kind"], s["options"], tuple(s["indexes"])) for s in described]
        except (ValueError, KeyError, TypeError) as error:
            raise DatabaseError("TARGET_MISMATCH", f"a backup of MongoDB holds a part {METADATA} that can be read") from error
        wanted = [METADATA, *(part_name(shape.name) for shape in _collections(shapes))]
        if list(store.names()) != wanted:
            raise DatabaseError("TARGET_MISMATCH", f"the parts of the backup are not those that {METADATA} tells of")
        collections = [(s.name, part_name(s.name), s.options, s.indexes) for s in _collections(shapes)]
        return Plan(collections, [(s.name, s.options) for s in shapes if s.kind == "view"])

    @contextlib.contextmanager
    def scratch(self) -> Iterator[MongoDumping]:
        """A database of ours on the same server. Its first document says whose it is."""
        name = SCRATCH + secrets.token_hex(8)
        mark = self._client[name][MARK]
        with translated():
            self._drop_left()
            mark.insert_one({"_id": "claim", "at": datetime.now(UTC), **Claim().to_json()})
        try:
            with renewed(lambda: _renew(mark)):
                yield MongoDumping(self._client, name, self._cancelled)
        finally:
            with translated():
                self._client.drop_database(name)

    def _drop_left(self) -> None:
        """Drop scratch databases whose makers are gone."""
        for name in self._client.list_database_names():
            if name.startswith(SCRATCH):
                claim = self._client[name][MARK].find_one({"_id": "claim"}) or {"at": datetime.now(UTC)}
                if Claim.read(claim).gone((datetime.now(UTC) - claim["at"].replace(tzinfo=UTC)).total_seconds()):
                    self._client.drop_database(name)


def _renew(mark: Collection[dict[str, Any]]) -> None:
    with translated():
        mark.update_one({"_id": "claim"}, {"$set": {"at": datetime.now(UTC)}})


def part_name(collection: str) -> str:
    """The part that holds a collection's documents."""
    return f"collections/{quote(collection, safe='')}.bson"


def documents(batch: bytes) -> Iterator[memoryview]:
    """The documents in a piece. Raises `DatabaseError` when it is none."""
    view, at = memoryview(batch), 0
    while at < len(view):
        size = _SIZE.unpack_from(view, at)[0] if at + 5 <= len(view) else 0
        if size < 5 or at + size > len(view):
            raise DatabaseError("TARGET_INVALID", "the server's answer is no sequence of documents")
        yield view[at : at + size]
        at += size


def _digest(batch: bytes) -> Digest:
    texts = list(documents(batch))
    return Digest(len(texts), sum_of_hashes(texts))


def _collections(shapes: Sequence[Shape]) -> Iterator[Shape]:
    return (shape for shape in shapes if shape.kind == "collection")


def _schema(shapes: Sequence[Shape]) -> dict[str, str]:
    return dict(item for shape in shapes for item in shape.schema())


def _described(shape: Shape) -> dict[str, Any]:
    return {"name": shape.name, "kind": shape.kind, "options": shape.options, "indexes": list(shape.indexes)}


def _text(value: Any) -> str:
    return json_util.dumps(value, json_options=_CANONICAL, separators=(",", ":"), ensure_ascii=False)
