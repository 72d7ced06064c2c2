"""New rows whose unique values a table holds already: found by 64-bit hashes, exactly enough.

Equal values have equal hashes, so a row whose hash nobody has repeats nothing. A row that hits a hash by chance (one
in 2^64 for each pair) is passed over like one that repeats a value: its place is taken by another row. Only where
rows cannot be passed over does a hit have to be looked at more closely.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from runner.draws import I64, U64, bits, derive_key
from runner.engine import Engine, Frame
from runner.ops import Call, Column, Const, Op, Permute, PermuteWithin, Position, nodes
from runner.plan import TablePlan
from runner.stored import StoredError
from runner.vectors import Array, Mask, null_mask, plain

_BYTES, _LENGTH, _NUMBER = (derive_key(0, "hash", purpose) for purpose in ("bytes", "length", "number"))
PIECE = 1 << 22
"""Bytes of text that are hashed at once."""


def hashed(columns: Sequence[Array], fold: bool = False) -> tuple[U64, Mask]:
    """A 64-bit hash of each row of some columns (physical values), and which rows have one: those without a null.

    With `fold`, texts that differ in case or in spaces at their end are alike.
    """
    total = np.zeros(len(columns[0]), dtype=np.uint64)
    some = np.ones(len(columns[0]), dtype=np.bool_)
    for place, column in enumerate(columns):
        total += bits(derive_key(0, "column", str(place)), _hash(column, fold))
        mask = null_mask(column)
        if mask is not None:
            some &= ~mask
    return total, some


def _hash(column: Array, fold: bool) -> U64:
    if isinstance(column, pa.DictionaryArray):
        indices = column.indices.fill_null(0) if column.null_count else column.indices
        known = _hash(column.dictionary, fold)
        return known[indices.to_numpy()] if len(known) else np.zeros(len(column), dtype=np.uint64)
    if pa.types.is_string(column.type) or pa.types.is_binary(column.type):
        if fold and pa.types.is_string(column.type):
            column = pc.utf8_lower(pc.utf8_rtrim_whitespace(column))
        return _texts(column.fill_null("" if pa.types.is_string(column.type) else b""))
    if pa.types.is_null(column.type):
        return np.zeros(len(column), dtype=np.uint64)
    if pa.types.is_floating(column.type):
        return bits(_NUMBER, (column.fill_null(0.0).to_numpy() + 0.0).view(np.int64))
    if pa.types.is_integer(column.type) or pa.types.is_boolean(column.type):
        return bits(_NUMBER, pc.cast(column, pa.int64()).fill_null(0).to_numpy())
    raise StoredError("values that are lists cannot be compared with those that are there")


def _texts(column: Array) -> U64:
    """The sum of the hashes of all (place, byte), and of the length."""
    ends = np.frombuffer(column.buffers()[1], dtype=np.int32)[column.offset : column.offset + len(column) + 1].astype(np.int64)
    found = bits(_LENGTH, np.diff(ends))
    data = np.frombuffer(column.buffers()[2] or b"", dtype=np.uint8)
    low = 0
    while low < len(column):
        high = max(int(np.searchsorted(ends, ends[low] + PIECE, side="right")) - 1, low + 1)
        cuts = ends[low : high + 1]
        places = np.arange(cuts[0], cuts[-1], dtype=np.int64) - np.repeat(cuts[:-1], np.diff(cuts))
        sums = np.zeros(len(places) + 1, dtype=np.uint64)
        np.cumsum(bits(_BYTES, places << 8 | data[cuts[0] : cuts[-1]]), out=sums[1:])
        found[low:high] += np.diff(sums[cuts - cuts[0]])
        low = high
    return found


@dataclass
class Taken:
    """The hashes of what is stored in the columns `names`, sorted; `path` is the file they are in, 8 bytes each."""

    names: tuple[str, ...]
    path: Path
    count: int = 0

    def add(self, columns: Sequence[Array], fold: bool) -> None:
        """Values of further stored rows."""
        found, some = hashed(columns, fold)
        with self.path.open("ab") as file:
            file.write(found[some].tobytes())
        self.count += int(some.sum())

    def sort(self) -> None:
        """When all are there: put them in order."""
        if self.count:
            self._mapped("r+").sort(kind="stable")

    def hits(self, values: U64, some: Mask) -> Mask:
        """Which of these hashes are taken."""
        if not self.count:
            return np.zeros(len(values), dtype=np.bool_)
        known = self._mapped("r")
        places = np.minimum(np.searchsorted(known, values), self.count - 1)
        found: Mask = (known[places] == values) & some
        return found

    def _mapped(self, mode: str) -> U64:
        return np.memmap(self.path, dtype=np.uint64, mode=mode, shape=(self.count,))  # type: ignore[call-overload,no-any-return]


def skips(engine: Engine, table: TablePlan, taken: Sequence[Taken], fold: bool = False) -> I64:
    """The virtual rows that a table must pass over so that its new rows repeat nothing, ascending.

    The engine's plan must know the stored rows, and no skips of this table. Raises `StoredError` (TARGET_CONFLICT)
    when there are not enough rows that repeat nothing.
    """
    first = table.stored.first if table.stored else 0
    most = (len(taken) + 1) * (table.rows + sum(known.count for known in taken)) + engine.block_rows
    once = [_Seen(table, known, most) for known in taken]
    passed, free, row = list[I64](), 0, first
    while free < table.rows:
        if row - first >= most:
            names = " or ".join(", ".join(known.names) for known in taken)
            message = (
                f"{table.name}: {table.rows:,} new rows are asked for, but only {free:,} have {names} that are not there yet"
            )
            raise StoredError(message, "TARGET_CONFLICT")
        rows = np.arange(row, row + min(engine.block_rows, max(table.rows - free, 1024)), dtype=np.int64)
        bad = np.zeros(len(rows), dtype=np.bool_)
        frame = Frame(engine, table, rows)
        for seen in once:
            bad |= seen.repeated(frame, fold, bad)
        good = np.flatnonzero(~bad)[: table.rows - free]
        for seen in once:
            seen.keep(good)
        free += len(good)
        last = int(good[-1]) + 1 if free == table.rows else len(rows)
        passed.append(rows[:last][bad[:last]])
        row += len(rows)
    found: I64 = np.concatenate(passed) if passed else np.zeros(0, dtype=np.int64)
    if len(found) and any(_counts_new_rows(table, known.names) for known in taken):
        raise conflict(table, len(found))
    return found


def conflict(table: TablePlan, rows: int) -> StoredError:
    """What is said of new rows that repeat stored values, but cannot be passed over."""
    message = (
        f"{rows:,} of the new rows of {table.name} would repeat unique values that are there, and none of them can be left out"
    )
    return StoredError(message, "TARGET_CONFLICT")


class _Seen:
    """What is stored of a set of columns and, where new rows can repeat each other, what new rows have."""

    def __init__(self, table: TablePlan, taken: Taken, most: int) -> None:
        self._taken = taken
        self._finite = any(_turns(op) < most for op in _tree(table, taken.names))
        self._new: U64 = np.zeros(0, dtype=np.uint64)
        self._here: U64 = self._new

    def repeated(self, frame: Frame, fold: bool, bad: Mask) -> Mask:
        """Which rows repeat what is stored, or a new row above that is not passed over already (`bad`)."""
        values, some = hashed([plain(frame.column(name)) for name in self._taken.names], fold)
        found = self._taken.hits(values, some)
        if self._finite:
            self._here = np.where(some, values, np.arange(len(values), dtype=np.uint64))
            found |= np.isin(values, self._new) & some
            left = np.flatnonzero(some & ~found & ~bad)
            _, firsts = np.unique(values[left], return_index=True)
            again = np.ones(len(left), dtype=np.bool_)
            again[firsts] = False
            found[left[again]] = True
        return found

    def keep(self, good: I64) -> None:
        """Rows that are made."""
        if self._finite:
            self._new = np.union1d(self._new, self._here[good])


def _tree(table: TablePlan, names: Sequence[str]) -> Iterator[Op]:
    """The operations of columns, and of the columns of the row that they read."""
    left, known = list(names), set(names)
    while left:
        for op in nodes(table.column(left.pop()).op):
            yield op
            if isinstance(op, Column) and op.name not in known:
                known.add(op.name)
                left.append(op.name)


def _turns(op: Op) -> float:
    """After how many rows an operation begins anew."""
    match op:
        case Permute(n=n) | PermuteWithin(n=n) | Call("modulo", (_, Const(int(n)))):
            return n
    return np.inf


def _counts_new_rows(table: TablePlan, names: Sequence[str]) -> bool:
    """Whether columns depend on how many new rows are above: leaving one out would change those below it."""
    return any(isinstance(op, Position) for op in _tree(table, names))
