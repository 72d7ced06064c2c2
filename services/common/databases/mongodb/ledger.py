"""How far loads are, in the collection `_mockcraft_checkpoints`: a document for each lane of each table.

`writing` is the first row of the block that is being written, noted before it; a note that is already there means
that an earlier attempt began the same block. The load's own document, its head, says whose it is and, written last,
that it is prepared: as a whole or not at all.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any, Final

import orjson
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError
from pymongo.write_concern import WriteConcern

from services.common.databases import Entry, Mark, StaleAttemptError

NAME: Final = "_mockcraft_checkpoints"
Paths = dict[str, list[str]]
"""Of each embedded table: the collection that holds it and the members that lead to it."""
_FIELDS: Final = tuple(Entry.__dataclass_fields__)


class Ledger:
    """The checkpoints in one database. Writes are on the disk of the server when they return."""

    def __init__(self, database: Database[Any]) -> None:
        concern = WriteConcern(**{**database.write_concern.document, "j": True})
        self._documents: Collection[Any] = database.get_collection(NAME, write_concern=concern)

    def claim(self, mark: Mark) -> tuple[dict[tuple[str, int], Entry], Paths]:
        """The entries of a load, which are now this attempt's, and its embedded tables; empty when it is not prepared.

        Raises `StaleAttemptError`.
        """
        load, ours = {"load": mark.load}, {"owner": mark.owner, "attempt": mark.attempt}
        older = [{"owner": {"$lt": mark.owner}}, {"owner": mark.owner, "attempt": {"$lte": mark.attempt}}]
        self._documents.update_many({**load, "$or": older}, {"$set": ours})
        found = {d["_id"]: d for d in self._documents.find(load)}
        if any((d["owner"], d["attempt"]) != (mark.owner, mark.attempt) for d in found.values()):
            raise StaleAttemptError
        head = found.pop(_head(mark.load), None)
        if head is None:
            self._first(mark)
        if not head or not head["ready"]:
            return {}, {}
        entries = map(_entry, found.values())
        return {(entry.table, entry.lane): entry for entry in entries}, head["paths"]

    def _first(self, mark: Mark) -> None:
        try:
            self._documents.insert_one({"_id": _head(mark.load), **_owned(mark), "ready": False, "paths": {}})
        except DuplicateKeyError:
            raise StaleAttemptError from None

    def begin(self, mark: Mark, entries: Iterable[Entry], paths: Paths) -> None:
        """Store the first entries of a load. Raises `StaleAttemptError`."""
        head = {"_id": _head(mark.load), "owner": mark.owner, "attempt": mark.attempt}
        self._change(head, {"ready": False})
        self._documents.delete_many({"load": mark.load, "_id": {"$ne": head["_id"]}})
        documents = [{"_id": _name(mark.load, e), **_owned(mark), **asdict(e)} for e in entries]
        if documents:
            self._documents.insert_many(documents)
        self._change(head, {"ready": True, "paths": paths})

    def _change(self, which: dict[str, Any], fields: dict[str, Any]) -> None:
        if self._documents.update_one(which, {"$set": fields}).matched_count != 1:
            raise StaleAttemptError

    def note(self, mark: Mark, entry: Entry, row: int) -> bool:
        """Note that the block which begins at this row is being written; whether it was noted before.

        Raises `StaleAttemptError`.
        """
        before = self._documents.find_one_and_update(_ours(mark, entry), {"$set": {"writing": row}})
        if before is None:
            raise StaleAttemptError
        return bool(before.get("writing") == row)

    def advance(self, mark: Mark, entry: Entry) -> None:
        """Store how far a lane is now. Raises `StaleAttemptError`."""
        self._change(_ours(mark, entry), {**asdict(entry), "writing": None})

    def forget(self, load: str) -> None:
        """Drop the entries of a load."""
        self._documents.delete_many({"load": load})


def _name(load: str, entry: Entry) -> str:
    return orjson.dumps([load, entry.table, entry.lane]).decode()


def _head(load: str) -> str:
    return orjson.dumps([load]).decode()


def _owned(mark: Mark) -> dict[str, Any]:
    return {"load": mark.load, "owner": mark.owner, "attempt": mark.attempt}


def _ours(mark: Mark, entry: Entry) -> dict[str, Any]:
    return {"_id": _name(mark.load, entry), "owner": mark.owner, "attempt": mark.attempt}


def _entry(document: dict[str, Any]) -> Entry:
    return Entry(**{field: document[field] for field in _FIELDS})
