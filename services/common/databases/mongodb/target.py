"""The loader's target in MongoDB."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, Final

import bson
import pyarrow as pa
from bson import Decimal128
from pymongo import ASCENDING, IndexModel
from pymongo.errors import WriteError

from runner.failpoints import failpoint
from runner.plan import Plan, TablePlan
from runner.types import Type
from runner.vectors import Array, null_mask
from services.common.databases import CONFLICT, DatabaseError, Entry, Mark
from services.common.databases._hosts import Url
from services.common.databases._texts import row_keys
from services.common.databases.digest import canonical_rows
from services.common.databases.mongodb.client import Run, opened, runs, write
from services.common.databases.mongodb.documents import Member, Value, document, documents, true_value, value
from services.common.databases.mongodb.errors import DUPLICATE, refused, translated
from services.common.databases.mongodb.ledger import NAME, Ledger, Paths
from services.common.databases.mongodb.reading import batch as batch_of

STEP: Final = 8_192
"""Rows rendered and sent at once."""
IDS: Final = 10_000
"""Ids in one query."""
_STRING: Final = Type("string")


class MongoTarget:
    """One database of a MongoDB server."""

    dialect = "mongodb"
    nested = True
    """Embedded tables come as lists of structs in their parents' batches."""

    def __init__(self, url: Url) -> None:
        with translated():
            self._client = opened(url)
            self._database = self._client[url.path]
            self._ledger = Ledger(self._database)
        self._paths: Paths = {}

    def close(self) -> None:
        """Let go."""
        self._client.close()

    # preparation

    def claim(self, mark: Mark) -> dict[tuple[str, int], Entry]:
        """Take over what earlier attempts left, by table and lane; empty at the first. Raises `StaleAttemptError`."""
        with translated():
            entries, self._paths = self._ledger.claim(mark)
        return entries

    def prepare(self, mark: Mark, plan: Plan, mode: str, lanes: Sequence[Entry]) -> dict[tuple[str, int], Entry]:
        """Drop or empty the collections when `mode` says so, count the others' documents, and store the first entries."""
        for table in plan.tables:
            _check_names(table)
        with translated():
            self._paths = {table.name: path for table in plan.tables if (path := _path(plan, table))}
            known = set(self._database.list_collection_names())
            before = {t.name: self._made_ready(t.name, mode, known) for t in plan.tables if t.name not in self._paths}
            made = set(before) - known
            entries = [replace(e, rows_before=before.get(e.table, e.rows_before), created=int(e.table in made)) for e in lanes]
            self._ledger.begin(mark, entries, self._paths)
        return {(entry.table, entry.lane): entry for entry in entries}

    def _made_ready(self, name: str, mode: str, known: set[str]) -> int:
        """Rows that stay."""
        if mode == "replace":
            self._database.drop_collection(name)
            known.discard(name)
        if name not in known:
            return 0
        if mode == "truncate":
            self._database[name].delete_many({})
        return int(self._database[name].count_documents({}))

    # loading

    def load_block(self, mark: Mark, table: TablePlan, batch: pa.RecordBatch, first_row: int, after: Entry, mode: str) -> int:
        """Rows [first_row, first_row + n) of a table and the checkpoint `after`; the bytes that were sent."""
        sent = 0
        with translated(table.name):
            repeated = self._ledger.note(mark, after, first_row)
            if after.rows_before and mode == "append" and not repeated:
                self._refuse_known(table, batch)
            for at in range(0, batch.num_rows, STEP):
                rows = batch.slice(at, STEP)
                sent += self._write(table, self._members(table, rows, mark.load, first_row + at), rows.num_rows, mode, repeated)
                failpoint("loader.mid_block")
            failpoint("loader.before_commit")
            self._ledger.advance(mark, replace(after, bytes=after.bytes + sent))
            failpoint("loader.after_commit")
        return sent

    def _members(self, table: TablePlan, batch: pa.RecordBatch, load: str, first_row: int) -> list[Member]:
        """`_id`, the columns, and the embedded tables."""
        types = {column.name: column.type for column in table.written}
        members = []
        for name, array in zip(batch.schema.names, batch.columns, strict=True):
            type_ = types.get(name, _STRING)
            members.append(Member(name, self._value(array, type_), null_mask(array)))
        first = [m for m in members if m.name == "_id"] or [Member("_id", self._id(table, batch, load, first_row, members))]
        return [*first, *(m for m in members if m.name != "_id")]

    def _value(self, array: Array, type_: Type) -> Value:
        return value(array, type_, decimals=not _holds_decimals(array.type) or self._decimals)

    def _id(self, table: TablePlan, batch: pa.RecordBatch, load: str, first_row: int, members: Sequence[Member] = ()) -> Value:
        if len(table.primary_key) != 1:
            return value(row_keys(table, batch, load, first_row).cast(pa.string()), _STRING)
        (name,) = table.primary_key
        made = [member.value for member in members if member.name == name]
        return made[0] if made else self._value(batch.column(name), table.column(name).type)

    @cached_property
    def _decimals(self) -> bool:
        """Whether the server keeps decimal128; some that only speak MongoDB's protocol do not."""
        probes = self._database[NAME]
        try:
            probes.replace_one({"_id": "probe"}, {"_id": "probe", "value": Decimal128("1")}, upsert=True)
        except WriteError:
            return False
        probes.delete_one({"_id": "probe"})
        return True

    def _write(self, table: TablePlan, members: Sequence[Member], n: int, mode: str, repeated: bool) -> int:
        """Insert, or in mode `upsert` replace, documents; their bytes."""
        key, rows = "documents", members
        if mode == "upsert":
            key = "updates"
            rows = [Member("q", document(members[:1], n)), Member("u", document(members, n)), Member("upsert", true_value(n))]
        sent = 0
        for run in runs(documents(rows, n)):
            command = {"update" if mode == "upsert" else "insert": table.name, key: [run], "ordered": False}
            self._accept(table, write(self._database, command), run, repeated and mode != "upsert")
            sent += len(run.raw)
        return sent

    def _accept(self, table: TablePlan, reply: dict[str, Any], run: Run, repeated: bool) -> None:
        """Raises `DatabaseError` unless all rows are in. Rows of a repeated block may be there already, if they are equal."""
        failed = reply.get("writeErrors", [])
        there = [error["index"] for error in failed if error.get("code") == DUPLICATE]
        if len(there) < len(failed):
            reply = {**reply, "writeErrors": [error for error in failed if error.get("code") != DUPLICATE]}
        elif there and repeated:
            self._compare(table, run, there)
            reply = {**reply, "writeErrors": []}
        error = refused(reply, table.name)
        if error:
            raise error

    def _compare(self, table: TablePlan, run: Run, rows: Sequence[int]) -> None:
        """Raises `DatabaseError` unless the documents that are there already are those of the run."""
        ours = bson.decode_all(run.raw)
        for at in range(0, len(rows), IDS):
            wanted = [ours[row] for row in rows[at : at + IDS]]
            found = self._database[table.name].find({"_id": {"$in": [document["_id"] for document in wanted]}})
            theirs = {document["_id"]: document for document in found}
            if not all(_same(document, theirs.get(document["_id"])) for document in wanted):
                raise DatabaseError("TARGET_CONFLICT", f"{table.name}: {CONFLICT}")

    def _ids(self, table: TablePlan, batch: pa.RecordBatch) -> Iterator[list[Any]]:
        """The ids of rows of a table with a primary key, some thousands at a time."""
        for at in range(0, batch.num_rows, IDS):
            rows = batch.slice(at, IDS)
            every = documents([Member("_id", self._id(table, rows, "", 0))], rows.num_rows)
            yield [document["_id"] for run in runs(every) for document in bson.decode_all(run.raw)]

    def _refuse_known(self, table: TablePlan, batch: pa.RecordBatch) -> None:
        """Raises `DatabaseError` when an id is taken, before anything is written."""
        for ids in self._ids(table, batch) if table.primary_key else ():
            known = self._database[table.name].count_documents({"_id": {"$in": ids}})
            if known:
                raise DatabaseError("TARGET_CONFLICT", f"{table.name}: {known:,} {CONFLICT}")

    def index(self, mark: Mark, table: TablePlan, after: Entry) -> None:
        """Indexes of a table we made, when its rows are in, with the checkpoint. Those that are there stay."""
        models = [_index(table, columns, unique=True) for columns in _uniques(table)]
        models += [_index(table, columns, unique=False) for columns in table.indexes]
        listed = [", ".join(columns) for columns in [*_uniques(table), *table.indexes]]
        with translated(f"{table.name}, indexes of {'; '.join(listed)}" if listed else table.name):
            if models and table.name not in self._paths:
                self._database[table.name].create_indexes(models)
            self._ledger.advance(mark, after)

    # looking

    def count(self, table: TablePlan) -> int:
        """Rows of the table."""
        with translated(table.name):
            path = self._paths.get(table.name)
            if path is None:
                return int(self._database[table.name].count_documents({}))
            return sum(len(_below(found, path[1:])) for found in self._found(path[0], path[1:2]))

    def read(self, table: TablePlan, columns: Sequence[str], rows: int = 65_536) -> Iterator[pa.RecordBatch]:
        """Columns of all rows, in no promised order, in logical types."""
        types = [table.column(name).type for name in columns]
        path = self._paths.get(table.name)
        collection, shown = (path[0], path[1:2]) if path else (table.name, columns)
        with translated(table.name):
            page: list[Mapping[str, Any]] = []
            for found in self._found(collection, shown):
                page += _below(found, path[1:]) if path else [found]
                if len(page) >= rows:
                    yield batch_of(page, columns, types)
                    page = []
            if page:
                yield batch_of(page, columns, types)

    def _found(self, collection: str, names: Sequence[str]) -> Iterator[Mapping[str, Any]]:
        shown = {"_id": False, **dict.fromkeys(names, True)}
        return iter(self._database[collection].find({}, shown, batch_size=STEP))

    # taking rows away

    def delete(self, table: TablePlan, batch: pa.RecordBatch) -> int:
        """Delete the rows of a batch, by primary key where there is one, else as many equal ones; how many there were.

        Embedded rows go with their parents.
        """
        if table.name in self._paths:
            return 0
        with translated(table.name):
            keyed = self._ids(table, batch) if table.primary_key else self._equal(table, batch)
            return sum(int(self._database[table.name].delete_many({"_id": {"$in": ids}}).deleted_count) for ids in keyed)

    def _equal(self, table: TablePlan, batch: pa.RecordBatch) -> Iterator[list[Any]]:
        """Ids of documents that equal a row of the batch, each row of the batch once. Reads the whole collection."""
        names, types = [c.name for c in table.written], [c.type for c in table.written]
        wanted = Counter(canonical_rows(batch.select(names), types).to_pylist())
        page: list[Mapping[str, Any]] = []
        for found in self._database[table.name].find({}, batch_size=STEP):
            page.append(found)
            if len(page) == IDS:
                yield _taken(page, names, types, wanted)
                page = []
        if page:
            yield _taken(page, names, types, wanted)

    def forget(self, load: str) -> None:
        """Drop the checkpoints of a load."""
        with translated():
            self._ledger.forget(load)


def _holds_decimals(kind: pa.DataType) -> bool:
    """Whether decimals occur in a type, at any depth."""
    return pa.types.is_decimal(kind) or any(_holds_decimals(kind.field(i).type) for i in range(kind.num_fields))


def _same(ours: Mapping[str, Any], theirs: Mapping[str, Any] | None) -> bool:
    """Whether two documents are equal; what is no number equals itself."""
    return theirs is not None and (ours == theirs or bson.encode(ours) == bson.encode(theirs))


def _taken(page: Sequence[Mapping[str, Any]], names: Sequence[str], types: Sequence[Type], wanted: Counter[bytes]) -> list[Any]:
    """The ids of documents that are still wanted; they no longer are."""
    ids = []
    for found, row in zip(page, canonical_rows(batch_of(page, names, types), types).to_pylist(), strict=True):
        if wanted[row] > 0:
            wanted[row] -= 1
            ids.append(found["_id"])
    return ids


def _below(found: Mapping[str, Any], path: Sequence[str]) -> list[Mapping[str, Any]]:
    """The embedded documents that the members of a path lead to."""
    level = [found]
    for name in path:
        level = [item for document in level for item in document.get(name, ())]
    return level


def _path(plan: Plan, table: TablePlan) -> list[str]:
    """The collection of an embedded table and the members that lead to it; empty when it stands alone."""
    path: list[str] = []
    while table.embed and table.layout is not None:
        path.insert(0, table.embed)
        table = plan.table(table.layout.parent)
    return [table.name, *path] if path else []


def _check_names(table: TablePlan) -> None:
    """Raises `DatabaseError` for names that mean something to MongoDB."""
    name = table.name
    meant = name == NAME or name.startswith("system.") or any(c in name for c in ("$", "\0"))
    if meant or name.startswith(".") or name.endswith(".") or ".." in name or not name or len(name.encode()) > 200:
        raise DatabaseError("IDENTIFIER_INVALID", f"MongoDB takes no collection of the name {name[:200]!r}")
    for column in (*(c.name for c in table.written), table.embed):
        if column.startswith("$") or "." in column or "\0" in column:
            raise DatabaseError("IDENTIFIER_INVALID", f"{name}: members of MongoDB have no dot, and no $ first: {column!r}")
        if column == "_id" and table.primary_key != ("_id",):
            raise DatabaseError("TARGET_MISMATCH", f"{name}: a column of the name _id must be the primary key")


def _uniques(table: TablePlan) -> list[tuple[str, ...]]:
    singles = [(column.name,) for column in table.written if column.unique and (column.name,) != table.primary_key]
    return list(dict.fromkeys([*singles, *table.unique]))


def _index(table: TablePlan, columns: Sequence[str], unique: bool) -> IndexModel:
    """An index. A unique one leaves rows out that have a null in it, as those of SQL do."""
    options: dict[str, Any] = {"name": f"{'uq' if unique else 'ix'}_{table.name}_{'_'.join(columns)}"}
    nullable = [name for name in columns if table.column(name).nullable]
    if unique:
        options["unique"] = True
        if nullable:
            options["partialFilterExpression"] = {name: {"$exists": True} for name in nullable}
    return IndexModel([(name, ASCENDING) for name in columns], **options)
