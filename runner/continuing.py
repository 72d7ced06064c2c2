"""A plan that goes on from rows that tables hold: how many rows there are, from which row on, and what references choose.

A table with `rows` goes on where a longer run would: at the row that follows as many as it holds. Children made by
`per` are those of the parent's new rows, or of its stored rows where the parent has `rows: 0`. Sequences go on above
the largest number that is there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from runner.draws import I64
from runner.layout import start
from runner.ops import At, Call, Column, Const, Lookup, Op, Ordinal, ParentRow, Rollup, Row, Running, Siblings, nodes
from runner.plan import UNKNOWN_ROWS, Check, ColumnPlan, Plan, Stored, TablePlan
from runner.rewriting import AmbiguousError, Rewriter, Size
from runner.stored import ARROW, Held, StoredError, children

MAX_ROW = 1 << 47
"""Rows of a table are below this number."""
NEAR, NEAR_ROWS = 4, 1 << 16
"""A sequence tells of deleted rows when it has gone no further than so many times the rows that are there, and so many."""
NO_ROWS: I64 = np.zeros(0, dtype=np.int64)


@dataclass(frozen=True)
class Facts:
    """What a table holds: `count` rows, of which references may choose `rows`, the rows of the file `digest`.

    `furthest` are the largest numbers of its rising sequences, the smallest of falling ones. `skips` are the virtual rows
    to be passed over, ascending, and `skips_digest` the file that holds them.
    """

    count: int = 0
    rows: int = 0
    digest: str = ""
    columns: tuple[str, ...] = ()
    furthest: Mapping[str, int] = field(default_factory=dict)
    skips: I64 = field(default_factory=lambda: NO_ROWS, compare=False)
    skips_digest: str = ""


def referred(plan: Plan) -> set[str]:
    """The tables whose rows others choose from."""
    return {op.table for t in plan.tables for op in _ops(t) if isinstance(op, Lookup | At)}


def missing(plan: Plan) -> tuple[str, ...]:
    """The tables of which others need rows, but which have none and hold none. A plan without any can be run as it is."""
    needy = {op.table for t in plan.tables if t.rows for op in _ops(t) if isinstance(op, Lookup) and op.row != Const(None)}
    held = {t.name for t in plan.tables if t.rows or (t.stored and t.stored.rows)}
    return tuple(t.name for t in plan.tables if t.name in needy and t.name not in held)


def refuse_missing(plan: Plan) -> None:
    """Refuse to write files of a plan that needs stored rows. Raises `StoredError` (REF_INVALID)."""
    for name in missing(plan):
        message = f"{name} is given no rows, but rows of other tables refer to it; a database may hold some, files do not"
        raise StoredError(message, "REF_INVALID")


def _ops(table: TablePlan) -> Iterator[Op]:
    for op in (*(c.op for c in table.columns), *(c.op for c in table.checks)):
        yield from nodes(op)


# -- what is stored of a table ------------------------------------------------------------------


def needed(plan: Plan, table: str) -> tuple[str, ...]:
    """What must be stored of a table's rows: columns that others read, and `→c` for where the reference in c points.

    Raises `StoredError` for what cannot be known of stored rows.
    """
    target, found = plan.table(table), dict[str, None]()
    for other in plan.tables:
        for op in _ops(other):
            if isinstance(op, Lookup) and op.table == table:
                _need(target, op.column, found)
            if isinstance(op, At) and op.table == table:
                _need_arrow(target, op.of, found)
    for follower in plan.tables:  # to know where a row points, both ends of the reference are compared
        for arrow in () if follower.name == table else _arrows(plan, follower.name):
            op = follower.column(arrow.removeprefix(ARROW)).op
            if isinstance(op, Lookup) and op.table == table:
                _need(target, op.column, found)
    return tuple(found)


def _arrows(plan: Plan, table: str) -> Iterator[str]:
    target, found = plan.table(table), dict[str, None]()
    for other in plan.tables:
        for op in _ops(other):
            if isinstance(op, At) and op.table == table:
                _need_arrow(target, op.of, found)
            if isinstance(op, Lookup) and op.table == table and target.column(op.column).hidden:
                _need(target, op.column, found)
    return (name for name in found if name.startswith(ARROW))


def _need(table: TablePlan, name: str, found: dict[str, None]) -> None:
    """A column, or what a hidden one is computed from."""
    if name in found:
        return
    column = table.column(name)
    if not column.hidden:
        found[name] = None
        return
    for op in nodes(column.op):
        _need_of(table, column, op, found)


def _need_of(table: TablePlan, hidden: ColumnPlan, op: Op, found: dict[str, None]) -> None:
    match op:
        case Column(name):
            _need(table, name, found)
        case Lookup(row=row):
            _need_arrow(table, row, found)
        case At() | Ordinal() | Siblings() | Rollup() | Running():
            raise StoredError(f"{table.name}.{hidden.name} is not written, and cannot be known of rows that are there already")
        case ParentRow() if not any(isinstance(o, Lookup) and o.row == op for o in nodes(hidden.op)):
            raise StoredError(f"{table.name}.{hidden.name} is not written, and cannot be known of rows that are there already")


def _need_arrow(table: TablePlan, row: Op, found: dict[str, None]) -> None:
    """Where a reference of stored rows points: what its column holds is looked for among the parent's keys."""
    for column in table.written:
        op = column.op
        if isinstance(op, Lookup) and op.row == row:
            found |= {column.name: None, ARROW + column.name: None}
            return
    raise StoredError(f"{table.name} has no column that says which row its rows refer to, so what they refer to cannot be read")


# -- sequences -----------------------------------------------------------------------------------


def sequences(table: TablePlan) -> dict[str, tuple[int, int]]:
    """The columns of a table that count its rows and belong to a key: (the number of row 0, the step)."""
    keyed = {name for names in distinct_sets(table) for name in names}
    found = {c.name: line for c in table.written if c.name in keyed and (line := _line(c.op)) and line[1]}
    return {name: line for name, line in found.items() if line}


def _line(op: Op) -> tuple[int, int] | None:
    """(a, b) of an operation that is a + b * row."""
    match op:
        case Row():
            return 0, 1
        case Const(int(value)):
            return value, 0
        case Call("add" | "multiply" as function, (left, right)):
            one, two = _line(left), _line(right)
            if one is None or two is None:
                return None
            if function == "add":
                return one[0] + two[0], one[1] + two[1]
            if one[1] and two[1]:
                return None
            return one[0] * two[0], one[0] * two[1] + one[1] * two[0]
    return None


def distinct_sets(table: TablePlan) -> tuple[tuple[str, ...], ...]:
    """The lists of written columns that are distinct in a table, the key first."""
    written = {c.name for c in table.written}
    lists = [table.primary_key, *table.unique, *table.partial]
    return tuple(names for names in dict.fromkeys(lists) if names and written.issuperset(names))


def _beyond(table: TablePlan, furthest: Mapping[str, int]) -> dict[str, tuple[int, int]]:
    """The first row whose number lies beyond all that are there, and the step, of each sequence."""
    found: dict[str, tuple[int, int]] = {}
    for name, (zero, step) in sequences(table).items():
        if name in furthest:
            found[name] = ((furthest[name] - zero) * (1 if step > 0 else -1) // abs(step) + 1, step)
    return found


def _shifts(table: TablePlan, first: int, furthest: Mapping[str, int]) -> dict[str, int]:
    """What is added to sequences so that the number of row `first` lies beyond all that are there."""
    found = {name: max(row - first, 0) * step for name, (row, step) in _beyond(table, furthest).items()}
    return {name: shift for name, shift in found.items() if shift}


# -- the plan --------------------------------------------------------------------------------------


def with_stored(plan: Plan, facts: Mapping[str, Facts]) -> Plan:
    """The plan for tables that hold rows (tables without facts hold none). Pure: the same facts give the same plan.

    Raises `StoredError` for a table that must hold rows and does not, and for what cannot be continued.
    """
    made: dict[str, TablePlan] = {}
    passed: dict[str, I64] = {}
    for table in plan.tables:
        fact = facts.get(table.name, Facts())
        placed = _root(table, fact) if table.layout is None else _below(table, made[table.layout.parent], fact, passed)
        made[table.name] = placed
        passed[table.name] = fact.skips if table.layout is None else children(table, passed[table.layout.parent])
    if all(table.stored is None for table in made.values()):
        _refuse(missing(plan))
        return plan
    tables = _rewritten(plan, made, facts)
    found = replace(plan, tables=tables)
    _refuse(missing(found))
    return found


def _refuse(names: Iterable[str]) -> None:
    for name in names:
        raise StoredError(f"{name} is given no rows and holds none, but rows of other tables refer to it")


def _root(table: TablePlan, fact: Facts) -> TablePlan:
    """A table that goes on behind its rows; behind those too that were deleted, as far as its sequences tell of them."""
    if not fact.count:
        return table
    rows = [row for row, _ in _beyond(table, fact.furthest).values() if row <= NEAR * fact.count + NEAR_ROWS]
    return replace(table, stored=Stored(fact.rows, fact.digest, fact.columns, max(fact.count, *rows, 0), fact.skips_digest))


def _below(table: TablePlan, parent: TablePlan, fact: Facts, passed: Mapping[str, I64]) -> TablePlan:
    """A table made by `per`: of the parent's new rows, or of its stored ones."""
    layout = table.layout
    assert layout is not None
    kept = Stored(fact.rows, fact.digest, fact.columns)
    if parent.stored is None:
        return replace(table, stored=kept) if fact.count else table
    if parent.layout is None and parent.rows == 0:
        low = _behind(table, fact.count)
        high, gaps, kept = low + parent.stored.rows, 0, replace(kept, parents=low)
    else:
        held = Held(parent.stored, passed[parent.name], None)
        low = parent.stored.first
        high = int(held.virtual(np.array([parent.rows - 1]))[0]) + 1 if parent.rows else low
        gaps = len(children(table, passed[parent.name]))
    first, last = (int(row) for row in start(layout, np.array([low, high], dtype=np.int64)))
    if last > MAX_ROW:
        raise StoredError(f"{table.name} would go on at row {first:,}, which is too far")
    return replace(table, rows=last - first - gaps, stored=replace(kept, first=first))


def _behind(table: TablePlan, rows: int) -> int:
    """The first row of the parent whose children begin behind so many rows."""
    assert table.layout is not None
    low, high = 0, 1
    while rows and int(start(table.layout, np.array([high], dtype=np.int64))[0]) < rows:
        low, high = high, high * 2
        if high > MAX_ROW:
            return 0
    while rows and low < high:
        middle = (low + high) // 2
        if int(start(table.layout, np.array([middle], dtype=np.int64))[0]) < rows:
            low = middle + 1
        else:
            high = middle
    return low


def _rewritten(plan: Plan, made: Mapping[str, TablePlan], facts: Mapping[str, Facts]) -> tuple[TablePlan, ...]:
    sizes = {t.name: Size(t.rows or UNKNOWN_ROWS, _now(made[t.name])) for t in plan.tables}
    goes_on = frozenset(name for name, table in made.items() if table.stored)
    try:
        rewriter = Rewriter({t.name: t for t in plan.tables}, sizes, goes_on)
    except AmbiguousError as error:
        raise StoredError(f"{error}: combinations of one row with one row cannot be continued; give the parents rows") from None
    found = []
    for table in made.values():
        furthest = facts.get(table.name, Facts()).furthest
        shifts = _shifts(table, table.stored.first, furthest) if table.stored else {}
        _refuse_overflow(table, shifts, furthest)
        columns = tuple(_shifted(replace(c, op=rewriter.value(table.name, c.op)), shifts.get(c.name, 0)) for c in table.columns)
        checks = tuple(Check(c.text, rewriter.value(table.name, c.op), c.group) for c in table.checks)
        found.append(replace(table, columns=columns, checks=checks))
    return tuple(found)


def _refuse_overflow(table: TablePlan, shifts: Mapping[str, int], furthest: Mapping[str, int]) -> None:
    """Raises `StoredError` where the rows that come would count beyond 64 bits because of a number that is there."""
    for name, (zero, step) in sequences(table).items() if table.stored and table.rows else ():
        last = zero + step * (table.stored.first + table.rows - 1) + shifts.get(name, 0) if table.stored else 0
        if name in furthest and not -(2**63) <= last < 2**63:
            end = "largest" if step > 0 else "smallest"
            message = (
                f"{table.name}.{name}: the {end} number that is stored is {furthest[name]}, and {table.rows:,} rows behind it "
                "would not fit 64 bits; mend that row, or give the column values of its own"
            )
            raise StoredError(message)


def _now(table: TablePlan) -> int:
    return max(table.rows + (table.stored.rows if table.stored else 0), 1)


def _shifted(column: ColumnPlan, shift: int) -> ColumnPlan:
    return replace(column, op=Call("add", (column.op, Const(shift)))) if shift else column
