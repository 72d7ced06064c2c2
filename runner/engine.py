"""The engine: a plan in, any rows of any table out, as Arrow record batches.

A `Frame` is a set of rows of one table on which operations are computed, each once. A reference
opens the parent's frame at the chosen rows and computes the asked column there. Nothing is kept
between blocks but the plan-time tables that `runner.shapes`, `runner.layout` and `runner.pools` cache.

References choose *positions*: the rows that a table holds already (`TablePlan.stored`) come first and are read from a
file, then come the new ones, which are computed at their *virtual* rows (`runner.stored`). Without stored rows the
two are one number.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import pyarrow as pa

from runner import dictionaries, operations, pools
from runner.dictionaries import DictionaryMissing
from runner.draws import I64
from runner.generators.registry import Made
from runner.layout import locate, size
from runner.logical import finish
from runner.ops import At, Attempt, Column, Join, Lookup, Op, Ordinal, ParentRow, Position, Rollup, Row, Running, Siblings
from runner.plan import Check, ColumnPlan, Layout, Plan, TablePlan
from runner.rollup import rolled_up
from runner.running import run_up
from runner.stored import ARROW, Files, Held, open_held
from runner.vectors import Array, Mask, from_integers, integers, null_mask, plain, with_nulls

ATTEMPTS = 64
"""How often a row may be drawn until it satisfies the checks of its table."""
ATTEMPT_BITS = 48
"""Counters of one attempt lie below 2 to this power; rows do not reach it."""


class RowError(ValueError):
    """A value that cannot be computed: names the table and column."""

    code = "VALUE_FAILED"


class Engine:
    """Computes blocks of a plan. Not thread-safe; cheap to construct.

    `stored` is where the files of rows that tables hold already are found, for a plan that has such tables.
    Raises `StoredError` when one is missing or was changed.
    """

    def __init__(self, plan: Plan, block_rows: int = 65_536, stored: Files | None = None) -> None:
        self.plan, self.block_rows = plan, block_rows
        known: dict[Op, Op] = {}
        self._ops = {(t.name, c.name): _intern(c.op, known) for t in plan.tables for c in t.columns}
        self._checks = {t.name: {c: _intern(c.op, known) for c in t.checks} for t in plan.tables}
        self._tables = {t.name: t for t in plan.tables}
        self._held = open_held(plan, {} if stored is None else stored)
        self._arrows = {name: self._arrows_of(self._tables[name]) for name in self._held}

    def _arrows_of(self, table: TablePlan) -> Mapping[int, str]:
        """Where the file says which rows the stored rows refer to: the columns, by the operations that pick such rows."""
        looked_up = [(self._ops[table.name, c.name], ARROW + c.name) for c in table.columns]
        stored = table.stored.columns if table.stored else ()
        return {id(op.row): name for op, name in looked_up if isinstance(op, Lookup) and name in stored}

    def held(self, table: str) -> Held | None:
        """Where the rows of a table are that holds rows already, or goes on from other rows than the first."""
        return self._held.get(table)

    def arrows(self, table: str) -> Mapping[int, str]:
        """The stored positions that a table's references point to: names in its file, by the `id` of what picks them."""
        return self._arrows[table]

    def position(self, table: str, rows: I64) -> I64:
        """At which positions the new rows of a table are that have these virtual rows."""
        held = self._held.get(table)
        return rows if held is None else held.rows + held.new(rows)

    def parent_position(self, table: TablePlan, parents: I64) -> I64:
        """At which positions the parents are that have these rows by the table's layout."""
        assert table.layout is not None
        if table.stored and self._tables[table.layout.parent].rows == 0:
            return parents - table.stored.parents
        return self.position(table.layout.parent, parents)

    def table(self, name: str) -> TablePlan:
        """The table's plan. Raises `KeyError`."""
        return self._tables[name]

    def op(self, table: str, column: str) -> Op:
        """The operation of a column, its nodes shared with all others of the plan. Raises `KeyError`."""
        return self._ops[table, column]

    def checks(self, table: str) -> Mapping[Check, Op]:
        """The conditions of a table's rows, their nodes shared as those of columns."""
        return self._checks[table]

    def physical(self, table: str, column: str, rows: I64) -> Array:
        """Physical values of a column at any virtual rows."""
        return Frame(self, self._tables[table], rows).column(column)

    def batch(self, table: str, start: int, stop: int) -> pa.RecordBatch:
        """The written columns of new rows [start, stop), in logical types. 0 <= start <= stop <= rows."""
        plan = self._tables[table]
        rows, held = np.arange(start, stop, dtype=np.int64), self._held.get(table)
        frame = Frame(self, plan, rows if held is None else held.virtual(rows))
        for group in {check.group: None for check in plan.checks}:
            frame.settle(group)
        arrays = [_column(frame, column) for column in plan.written]
        return pa.RecordBatch.from_arrays(arrays, names=[c.name for c in plan.written])

    def batches(self, table: str, start: int, stop: int) -> Iterator[pa.RecordBatch]:
        """`batch` cut at absolute multiples of `block_rows`."""
        while start < stop:
            end = min(stop, (start // self.block_rows + 1) * self.block_rows)
            yield self.batch(table, start, end)
            start = end


def _never(checks: Iterable[Check], group: int) -> str:
    """Why a row cannot be had that satisfies the conditions of a group."""
    texts = " and ".join(repr(check.text) for check in checks)
    if group < 0:
        return f"{texts} does not hold, and it reads nothing that could be drawn again, such as keys and references"
    return f"none of {ATTEMPTS} draws satisfies {texts}"


def _column(frame: Frame, column: ColumnPlan) -> Array:
    try:
        return finish(frame.column(column.name), column.type)
    except (ArithmeticError, pa.ArrowInvalid, operations.ValueFailed, DictionaryMissing) as error:
        first = int(frame.rows[0]) if len(frame.rows) else 0
        place = f"{frame.table.name}.{column.name}, rows from {first:,}"
        failed = RowError(f"{place}: {error}")
        failed.code = error.code if isinstance(error, DictionaryMissing) else RowError.code
        raise failed from error


def look_up_dictionaries(plan: Plan) -> None:
    """Find the texts of all dictionaries that a plan draws from. Raises `DictionaryMissing` naming the column."""
    for table in plan.tables:
        for column in table.columns:
            known: dict[Op, Op] = {}
            _intern(column.op, known)
            for name in {str(getattr(op, "pool", "")) for op in known}:
                if not name.startswith(dictionaries.PREFIX):
                    continue
                try:
                    pools.pool(name)
                except DictionaryMissing as error:
                    raise DictionaryMissing(f"{table.name}.{column.name}: {error}") from error


def _intern(op: Op, known: dict[Op, Op]) -> Op:
    """The one node that stands for all equal ones."""
    found = known.get(op)
    if found is not None:
        return found
    changes: dict[str, Any] = {}
    for f in dataclasses.fields(op):
        value = getattr(op, f.name)
        if isinstance(value, Op):
            changes[f.name] = _intern(value, known)
        elif isinstance(value, tuple) and any(isinstance(v, Op) for v in value):
            changes[f.name] = tuple(_intern(v, known) if isinstance(v, Op) else v for v in value)
    known[op] = _flat(dataclasses.replace(op, **changes) if changes else op)
    return known[op]


def _flat(op: Op) -> Op:
    """A join of joins as one join, its neighbouring constants as one."""
    if not isinstance(op, Join):
        return op
    parts: list[str | Op] = []
    for part in (p for outer in op.parts for p in (outer.parts if isinstance(outer, Join) else (outer,))):
        last = parts[-1] if parts else None
        if isinstance(part, str) and isinstance(last, str):
            parts[-1] = last + part
        elif part != "":
            parts.append(part)
    return Join(tuple(parts))


class Frame:
    """Rows of a table (virtual ones), with what was computed on them. Lives for one block."""

    def __init__(self, engine: Engine, table: TablePlan, rows: I64, attempts: Mapping[int, I64] = MappingProxyType({})) -> None:
        self.engine, self.table, self.rows, self._attempts = engine, table, rows, dict(attempts)
        self._values: dict[int, Array] = {}
        self._parents: dict[tuple[str, int], Parent] = {}
        self._below: dict[tuple[str, ...], Frame] = {}
        self._located: tuple[I64, I64] | None = None

    def column(self, name: str) -> Array:
        """Physical values of a column of this table."""
        return self.value(self.engine.op(self.table.name, name))

    def value(self, op: Op) -> Array:
        """Physical values of an operation. Each node once: nodes are shared by the engine."""
        found = self._values.get(id(op))
        if found is None:
            found = self._values[id(op)] = self._compute(op)
        return found

    def _compute(self, op: Op) -> Array:
        match op:
            case Row():
                return from_integers(self.rows)
            case Position():
                return from_integers(self.engine.position(self.table.name, self.rows))
            case Attempt():
                return from_integers(self.rows + (self.settle(op.group) << ATTEMPT_BITS))
            case Column():
                return self.column(op.name)
            case Lookup():
                return self._parent(op).column(op.column)
            case At():
                return self._parent(op).value(op.of)
            case Rollup():
                return rolled_up(op, self.rows, self.engine, lambda rows, whole: self._children(op, rows, whole))
            case ParentRow() | Ordinal() | Siblings() | Running():
                return self._among_siblings(op)
        return operations.evaluate(op, self)

    def _among_siblings(self, op: ParentRow | Ordinal | Siblings | Running) -> Array:
        """What the layout says of a row, or a total over its siblings above it."""
        parent, ordinal = self._layout_rows()
        match op:
            case ParentRow():
                return from_integers(self.engine.parent_position(self.table, parent))
            case Ordinal():
                return from_integers(ordinal)
            case Siblings():
                return from_integers(size(self._layout, parent))
        return run_up(op, self.rows, ordinal, lambda rows: Frame(self.engine, self.table, rows).column(op.column))

    def settle(self, group: int) -> I64:
        """How often each row is drawn again to satisfy the checks of a group. Raises `RowError` naming one that never does."""
        if group not in self._attempts:
            self._attempts[group] = self._settled(group)
        return self._attempts[group]

    def _settled(self, group: int) -> I64:
        attempts, left = np.zeros(len(self.rows), dtype=np.int64), np.arange(len(self.rows))
        checks = {check: op for check, op in self.engine.checks(self.table.name).items() if check.group == group}
        for attempt in range(ATTEMPTS if group >= 0 else 1):
            frame = Frame(self.engine, self.table, self.rows[left], {group: attempts[left]})
            left = left[frame.failing(checks.values())]
            if not left.size:
                break
            attempts[left] = attempt + 1
        else:
            raise RowError(f"{self.table.name}, row {self.rows[left[0]]:,}: {_never(checks, group)}")
        if not attempts.any():
            self._values, self._parents = frame._values | self._values, frame._parents | self._parents
        return attempts

    def failing(self, checks: Iterable[Op]) -> Mask:
        """Which rows fail one of these conditions."""
        failed = np.zeros(len(self.rows), dtype=np.bool_)
        for check in checks:
            failed |= ~self.value(check).fill_null(True).to_numpy(zero_copy_only=False)
        return failed

    def _layout_rows(self) -> tuple[I64, I64]:
        if self._located is None:
            self._located = locate(self._layout, self.rows)
        return self._located

    @property
    def _layout(self) -> Layout:
        assert self.table.layout is not None, f"{self.table.name} has no layout"
        return self.table.layout

    def _children(self, op: Rollup, rows: I64, whole: bool) -> Array:
        """A column of the rows below; when they are all of them, other totals find them here again."""
        table = self.engine.table(op.path[-1])
        if not whole:
            return Frame(self.engine, table, rows).column(op.column)
        if op.path not in self._below:
            self._below[op.path] = Frame(self.engine, table, rows)
        return self._below[op.path].column(op.column)

    def _parent(self, op: Lookup | At) -> Parent:
        key = (op.table, id(op.row))
        found = self._parents.get(key)
        if found is None:
            found = self._parents[key] = Parent(self.engine, self.engine.table(op.table), self.value(op.row))
        return found


class Parent:
    """A parent's frame at chosen rows: nulls stay null, and neighbours with one parent share its computation."""

    def __init__(self, engine: Engine, table: TablePlan, rows: Array) -> None:
        self._mask: Mask | None = null_mask(rows)
        chosen = integers(rows)
        if not table.rows and engine.held(table.name) is None and rows.null_count < len(rows):
            raise RowError(f"rows refer to {table.name}, which is given none: a database must hold some")
        self._take: Array | None = None
        if self._mask is None and len(chosen) > 1 and _dense(chosen):
            first = int(chosen[0])
            self._take = from_integers(chosen - first)
            chosen = np.arange(first, int(chosen[-1]) + 1, dtype=np.int64)
        self._frame = _at(engine, table, chosen)

    def column(self, name: str) -> Array:
        """Physical values of a column of the parent, one for each chosen row."""
        return self._spread(self._frame.column(name))

    def value(self, op: Op) -> Array:
        """Physical values of an operation of the parent's table, one for each chosen row."""
        return self._spread(self._frame.value(op))

    def _spread(self, array: Array) -> Array:
        if self._take is not None:
            array = array.take(self._take)
        return array if self._mask is None else with_nulls(array, self._mask)


class Kept(Frame):
    """Rows that a table holds already: what the file has of them is read, their hidden columns are computed."""

    def __init__(self, engine: Engine, table: TablePlan, positions: I64, held: Held) -> None:
        super().__init__(engine, table, positions)
        self._held = held

    def column(self, name: str) -> Array:
        """Physical values of a column."""
        return self._held.take(name, self.rows) if name in self._held.names else super().column(name)

    def value(self, op: Op) -> Array:
        """Physical values of an operation; which rows a reference chose is read."""
        arrow = self.engine.arrows(self.table.name).get(id(op))
        return super().value(op) if arrow is None else self._held.take(arrow, self.rows)

    def settle(self, group: int) -> I64:
        """Stored rows are not drawn again."""
        return np.zeros(len(self.rows), dtype=np.int64)


class Both:
    """Stored and new rows of a table in any order."""

    def __init__(self, kept: Kept, new: Frame, stored: Mask) -> None:
        self._kept, self._new = kept, new
        order = np.empty(len(stored), dtype=np.int64)
        order[np.concatenate((np.flatnonzero(stored), np.flatnonzero(~stored)))] = np.arange(len(stored))
        self._order = from_integers(order)

    def column(self, name: str) -> Array:
        """Physical values of a column."""
        return self._merged(self._kept.column(name), self._new.column(name))

    def value(self, op: Op) -> Array:
        """Physical values of an operation."""
        return self._merged(self._kept.value(op), self._new.value(op))

    def _merged(self, kept: Array, new: Array) -> Array:
        kept, new = plain(kept), plain(new)
        if kept.type != new.type:
            kept, new = (kept, new.cast(kept.type)) if pa.types.is_null(new.type) else (kept.cast(new.type), new)
        return pa.concat_arrays([kept, new]).take(self._order)


def _at(engine: Engine, table: TablePlan, positions: I64) -> Frame | Both:
    """The rows of a table at positions."""
    held = engine.held(table.name)
    if held is None:
        return Frame(engine, table, positions)
    stored = positions < held.rows
    if stored.all() and held.rows:
        return Kept(engine, table, positions, held)
    new = Frame(engine, table, held.virtual(positions[~stored] - held.rows))
    return Both(Kept(engine, table, positions[stored], held), new, stored) if stored.any() else new


def _dense(rows: I64) -> bool:
    """Whether rows ascend and their range is smaller than their number, so that computing the range is cheaper."""
    return int(rows[-1]) - int(rows[0]) + 1 < len(rows) and bool((rows[1:] >= rows[:-1]).all())


def values(made: Made, count: int, start: int = 0) -> Array:
    """Logical values of one generator alone, at rows [start, start + count)."""
    column = ColumnPlan("value", made.type, made.op)
    table = TablePlan("values", start + count, (column,))
    frame = Frame(Engine(Plan(0, "", "", (table,))), table, np.arange(start, start + count, dtype=np.int64))
    return finish(frame.column("value"), made.type)
