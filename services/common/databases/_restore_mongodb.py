"""Restoring MongoDB: collections are filled beside those that are there and put in their places at the end.

The journal is the collection `_mockcraft_restore`: a head that says whose the restore is and its state, and an entry for
each collection and view. In the state `filling` nothing of the target was touched: a second call drops what was filled
and begins anew. In the state `swapping` the target becomes the new one whatever happens: a second call first finishes it.

Filled collections are renamed over the old ones. Servers that only speak MongoDB's protocol may know no renaming
(nx-27017 answers that it did and does not): there the documents are copied into their places, collection by
collection. Collections and views that are not in the dump are dropped; so are the checkpoints of loads, whose rows are gone.
"""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, cast

from bson import json_util
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError, OperationFailure
from pymongo.write_concern import WriteConcern

from runner.failpoints import failpoint
from services.common.databases import DatabaseError
from services.common.databases._claims import Claim, renewed
from services.common.databases.dumps import Store, Tell
from services.common.databases.mongodb.client import Run, write
from services.common.databases.mongodb.errors import DUPLICATE, refused, translated
from services.common.databases.mongodb.ledger import NAME as CHECKPOINTS

OURS: Final = "_mockcraft_"
JOURNAL: Final = "_mockcraft_restore"
STAGED: Final = "_mockcraft_restoring_"
PROBES: Final = ("_mockcraft_probe_a", "_mockcraft_probe_b")
BATCH_BYTES: Final = 8 << 20
BATCH_DOCUMENTS: Final = 10_000
LARGEST: Final = 17 << 20  # bytes of a document; a server takes 16 MB and a little for itself
_SIZE: Final = struct.Struct("<i")


@dataclass(frozen=True, slots=True)
class Plan:
    """What is restored: name, part, options and indexes of each collection, name and options of each view."""

    collections: Sequence[tuple[str, str, Mapping[str, Any], Sequence[Mapping[str, Any]]]]
    views: Sequence[tuple[str, Mapping[str, Any]]]


def ours(name: str) -> bool:
    """Whether a collection is none of the user's."""
    return name.startswith(OURS)


def head_of(database: Database[Any]) -> dict[str, Any]:
    """The head of the journal; empty when no restore was begun."""
    if JOURNAL not in database.list_collection_names():  # some servers make a collection that is asked for
        return {}
    return database[JOURNAL].find_one({"_id": "head"}) or {}


def interrupted(database: Database[Any]) -> bool:
    """Whether a restore was cut off while it put collections in their places."""
    return head_of(database).get("state") == "swapping"


class Restoring:
    """One restore into one database. Raises errors of the driver and `DatabaseError`."""

    def __init__(self, database: Database[Any], stop: Callable[[], None], tell: Tell) -> None:
        concern = WriteConcern(**{**database.write_concern.document, "j": True})
        self._database, self._stop, self._tell = database, stop, tell
        self._journal = database.get_collection(JOURNAL, write_concern=concern)
        self._claim = Claim()
        self._swapping = False

    def run(self, plan: Plan, store: Store, *, empty: bool) -> None:
        """Fill, then swap. `empty`: what the target holds before counts as nothing."""
        self._begin()
        with renewed(self._renew):
            try:
                self._fill(plan, store)
                self._decide(empty)
            except BaseException:
                with contextlib.suppress(Exception):
                    self._clear()
                raise
            self._swap()

    # the journal

    def _begin(self) -> None:
        """Clear up or finish what an earlier call left, then make the journal ours."""
        head = head_of(self._database)
        if head:
            silence = (datetime.now(UTC) - head["at"].replace(tzinfo=UTC)).total_seconds()
            if not Claim.read(head).gone(silence):
                raise DatabaseError("TARGET_BUSY", "another restore into this database is at work", True)
            self._swap() if head["state"] == "swapping" else self._clear()
        half = {"state": "filling", "empty": bool(head.get("empty", False))}
        try:
            self._journal.insert_one({"_id": "head", "at": datetime.now(UTC), **half, **self._claim.to_json()})
        except DuplicateKeyError:
            raise DatabaseError("TARGET_BUSY", "another restore into this database is at work", True) from None

    def _renew(self) -> None:
        with translated():
            self._journal.update_one({"_id": "head", "token": self._claim.token}, {"$set": {"at": datetime.now(UTC)}})

    def _decide(self, empty: bool) -> None:
        """From here on the target becomes the new one. Raises `DatabaseError` when another call took over."""
        self._stop()
        ours_ = {"_id": "head", "token": self._claim.token}
        if self._journal.update_one(ours_, {"$set": {"state": "swapping", "empty": empty}}).matched_count != 1:
            raise DatabaseError("TARGET_BUSY", "another restore into this database has taken over")
        failpoint("backup.mid_restore")

    def _clear(self) -> None:
        """Drop what was filled, then the journal."""
        for name in self._database.list_collection_names():
            if name.startswith(STAGED) or name in PROBES:
                self._database.drop_collection(name)
        self._journal.drop()

    def _check(self) -> None:
        """Whether to go on. A swap that was begun is not called off."""
        if not self._swapping:
            self._stop()

    # filling

    def _fill(self, plan: Plan, store: Store) -> None:
        for name, options in plan.views:
            self._journal.insert_one({"_id": f"view {name}", "kind": "view", "name": name, "options": _text(options)})
        for at, (name, part, options, indexes) in enumerate(plan.collections):
            entry: dict[str, Any] = {
                "_id": f"collection {at}", "kind": "collection", "name": name, "staged": f"{STAGED}{at}",
                "options": _text(options), "indexes": _text(list(indexes)), "copied": False,
            }  # fmt: skip
            self._journal.insert_one(entry)
            self._made(entry, entry["staged"], _documents(store.read(part), part))

    def _made(self, entry: Mapping[str, Any], name: str, documents: Iterable[bytes]) -> None:
        """Make a collection as an entry says, with these documents and its indexes."""
        self._database.drop_collection(name)
        self._database.command({"create": name, **_value(entry["options"])})
        for run in _runs(documents):
            self._check()
            command = {"insert": name, "documents": [run], "bypassDocumentValidation": True}
            error = refused(write(self._database, command), entry["name"])
            if error:
                raise error
            failpoint("backup.mid_restore")
        indexes = _value(entry["indexes"])
        if indexes:
            self._check()
            self._indexed(entry["name"], name, indexes)

    def _indexed(self, label: str, name: str, indexes: Sequence[Mapping[str, Any]]) -> None:
        try:
            self._database.command({"createIndexes": name, "indexes": list(indexes)})
        except OperationFailure as error:
            if error.code != DUPLICATE:
                raise
            text = "a unique index does not hold for the documents in the backup, which was made while they changed"
            raise DatabaseError("TARGET_CONSTRAINT", f"{label}: {text}") from None

    # swapping

    def _swap(self) -> None:
        """Put the filled collections in their places. May be called again at any point."""
        self._swapping = True
        entries = list(self._journal.find({"kind": "collection"}))
        self._drop_others({entry["name"] for entry in entries})
        place = self._renamed if self._renames() else self._copied
        for at, entry in enumerate(entries):
            self._tell("swap", at, len(entries))
            place(entry)
            failpoint("backup.mid_restore")
        for view in self._journal.find({"kind": "view"}):
            self._database.command({"create": view["name"], **_value(view["options"])})
        self._clear()
        self._swapping = False

    def _drop_others(self, kept: set[str]) -> None:
        """Drop what is not in the dump, and all views, which are made anew."""
        for found in list(self._database.list_collections()):
            name = found["name"]
            foreign = not ours(name) and not name.startswith("system.")
            if name == CHECKPOINTS or (foreign and (name not in kept or found.get("type") == "view")):
                self._database.drop_collection(name)

    def _renames(self) -> bool:
        """Whether the server renames collections: tried out, since some say that they did and do not."""
        before, after = PROBES
        try:
            self._database[before].insert_one({"_id": 1})
            self._database[before].rename(after, dropTarget=True)
            names = set(self._database.list_collection_names())
            return after in names and before not in names
        except OperationFailure:
            return False
        finally:
            for name in PROBES:
                self._database.drop_collection(name)

    def _renamed(self, entry: Mapping[str, Any]) -> None:
        if entry["staged"] in self._database.list_collection_names(filter={"name": entry["staged"]}):
            self._database[entry["staged"]].rename(entry["name"], dropTarget=True)

    def _copied(self, entry: Mapping[str, Any]) -> None:
        if not entry["copied"]:
            with contextlib.closing(self._database[entry["staged"]].find_raw_batches({})) as batches:
                self._made(entry, entry["name"], _documents(cast("Iterable[bytes]", batches), entry["name"]))
            self._journal.update_one({"_id": entry["_id"]}, {"$set": {"copied": True}})


def _documents(pieces: Iterable[bytes], part: str) -> Iterator[bytes]:
    """The documents in the content of a part. Raises `DatabaseError` when it holds anything else."""
    held = bytearray()
    for piece in pieces:
        held += piece
        at = 0
        while len(held) - at >= _SIZE.size:
            (size,) = _SIZE.unpack_from(held, at)
            if not 5 <= size <= LARGEST:
                raise _broken(part)
            if len(held) - at < size:
                break
            yield bytes(held[at : at + size])
            at += size
        del held[:at]
    if held:
        raise _broken(part)


def _broken(part: str) -> DatabaseError:
    return DatabaseError("TARGET_MISMATCH", f"{part} is no sequence of BSON documents")


def _runs(documents: Iterable[bytes]) -> Iterator[Run]:
    """Documents in runs that fit into a message each."""
    held: list[bytes] = []
    size = 0
    for document in documents:
        if held and (size + len(document) > BATCH_BYTES or len(held) == BATCH_DOCUMENTS):
            yield Run(b"".join(held))
            held, size = [], 0
        held.append(document)
        size += len(document)
    if held:
        yield Run(b"".join(held))


def _text(value: Any) -> str:
    """Kept in the journal as text: names of members in it may begin with `$`."""
    return json_util.dumps(value, json_options=json_util.CANONICAL_JSON_OPTIONS)


def _value(text: str) -> Any:
    return json_util.loads(text, json_options=json_util.CANONICAL_JSON_OPTIONS)
