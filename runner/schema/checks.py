"""`check:` of a table: conditions every row satisfies, and which draws may be repeated until it does.

Only what stands alone is drawn again: keys, references, nulls and distinct columns keep their values.
A draw that several columns share is drawn again for all of them, so that they still agree.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final

from runner import ops
from runner.ops import Attempt, Column, Op, Row
from runner.plan import Check, ColumnPlan
from runner.schema import distinct
from runner.schema.circles import circular
from runner.schema.combinations import sets
from runner.schema.document import Node
from runner.schema.facts import operands
from runner.schema.findings import Reported
from runner.schema.model import TableSpec
from runner.schema.narrowing import narrow
from runner.schema.redraws import Key, Reads, grouped
from runner.schema.resolve import Resolver

DRAWS: Final = (
    ops.Uniform, ops.UniformBetween, ops.Shaped, ops.Weighted, ops.PoolIndex, ops.Zipf, ops.Uuid, ops.Prose, ops.Sentences,
    ops.Matching, ops.Python,
)  # fmt: skip
"""Operations that give another value at another counter, independent of all others."""


def checked(table: TableSpec, columns: list[ColumnPlan], resolver: Resolver) -> tuple[tuple[ColumnPlan, ...], tuple[Check, ...]]:
    """The columns, narrowed so that the checks hold where that can be done, with the draws that may be repeated where not."""
    checks = [(c, node) for node in table.check if (c := _check(table, node, resolver))]
    if not checks:
        return tuple(columns), ()
    free = {c.name for c in columns if not _fixed(table, c.name)}
    columns = _narrowed(table, columns, [c.op for c, _ in checks], free, resolver)
    ops = {c.name: c.op for c in columns}
    kept = set[Op]().union(*(_draws(ops[name]) for name in ops.keys() - free))
    again, groups = grouped(_reads([c.op for c, _ in checks], ops, free, kept))
    redrawn = {name for name, op in ops.items() if _draws(op) & again.keys()}
    for check, node in checks:
        with suppress(Reported):
            resolver.refuse_circle(table, node, circular(table.name, check.op, redrawn, resolver.op_of))
    conditions = tuple(replace(c, group=groups[i]) for i, (c, _) in enumerate(checks))
    return tuple(replace(c, op=_repeatable(c.op, again)) for c in columns), conditions


def _reads(conditions: list[Op], ops: dict[str, Op], free: set[str], kept: set[Op]) -> dict[Key, Reads]:
    """What the conditions, and the columns they read, read themselves of what may be drawn again."""
    columns = _reached(tuple(conditions), ops)
    found: dict[Key, Reads] = {i: Reads(_draws(op) - kept, _own_columns(op)) for i, op in enumerate(conditions)}
    for name in ops.keys() & columns:
        found[name] = Reads(_draws(ops[name]) - kept if name in free else frozenset(), _own_columns(ops[name]))
    return found


def _narrowed(
    table: TableSpec, columns: list[ColumnPlan], conditions: list[Op], free: set[str], resolver: Resolver
) -> list[ColumnPlan]:
    """The columns with bounds that the conditions ask for; a draw that several columns share stays as it is."""
    ops = {c.name: c.op for c in columns}
    owners = Counter(draw for op in ops.values() for draw in _draws(op))
    alone = [name for name in ops if name in free and all(owners[draw] == 1 for draw in _draws(ops[name]))]
    found = narrow(conditions, ops, alone, lambda op: resolver.facts(table.name, op), lambda name: _reached((ops[name],), ops))
    for name in found.empty:
        resolver.refuse_check(table, name)
    return [replace(c, op=found.ops.get(c.name, c.op)) for c in columns]


def _check(table: TableSpec, node: Node, resolver: Resolver) -> Check | None:
    try:
        return Check(node.text.strip(), resolver.condition(table, node))
    except Reported:
        return None


def _fixed(table: TableSpec, name: str) -> bool:
    """Whether a column keeps its value whatever the checks say: keys, references, distinct ones."""
    spec = table.columns[name]
    together = {n for names in sets(table) for n in names}
    return spec.ref is not None or name in together or name in table.primary_key or distinct.wanted(table, spec)


def _reached(start: tuple[Op, ...], ops: dict[str, Op]) -> set[str]:
    """The columns of the row that operations read, through other columns too."""
    found: set[str] = set()
    left = list(start)
    while left:
        op = left.pop()
        if isinstance(op, Column) and op.name not in found and op.name in ops:
            found.add(op.name)
            left.append(ops[op.name])
        left += _inner(op)
    return found


def _own_columns(op: Op) -> set[str]:
    """The columns of the row that an operation reads itself."""
    found, left = set[str](), [op]
    while left:
        op = left.pop()
        if isinstance(op, Column):
            found.add(op.name)
        left += _inner(op)
    return found


def _inner(op: Op) -> tuple[Op, ...]:
    """The operations an operation reads of its own row; how another row is picked is none of them."""
    return () if isinstance(op, ops.Lookup | ops.At) else operands(op)


def _draws(op: Op) -> set[Op]:
    return set(_each_draw(op))


def _each_draw(op: Op) -> Iterator[Op]:
    if isinstance(op, DRAWS) and op.at == Row():
        yield op
    for inner in _inner(op):
        yield from _each_draw(inner)


def _repeatable(op: Op, again: dict[Op, int]) -> Op:
    """The operation with another counter in the draws that may be repeated."""
    if isinstance(op, ops.Lookup | ops.At):
        return op
    changes: dict[str, Any] = {}
    for f in dataclasses.fields(op):
        value = getattr(op, f.name)
        if isinstance(value, Op):
            changes[f.name] = _repeatable(value, again)
        elif isinstance(value, tuple):
            changes[f.name] = tuple(_repeatable(v, again) if isinstance(v, Op) else v for v in value)
    if op in again:
        changes["at"] = Attempt(again[op])
    return replace(op, **changes) if changes else op
