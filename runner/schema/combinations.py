"""Columns that are distinct only together: `unique: [[a, b]]`, keys of several columns, junctions of tables.

The columns' domains are numbered as one: a combination is a whole number below the product of their
sizes, and each column reads its own place from it. The rows get distinct numbers by a keyed
permutation; where the columns hold the parent's key, the children of a parent do, by a permutation
of the parent's own. Nothing is remembered, and what is too small is refused beforehand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from math import prod
from typing import Final

from runner.draws import derive_key
from runner.generators.registry import Made, ParameterError
from runner.ops import Call, Const, Op, Ordinal, ParentRow, Permute, PermuteWithin
from runner.plan import UNKNOWN_ROWS
from runner.schema import distinct
from runner.schema.fields import MAX_ROWS
from runner.schema.findings import Findings, Reported
from runner.schema.generating import Around, build_column
from runner.schema.model import ColumnSpec, RefSpec, SchemaSpec, TableSpec
from runner.schema.references import follows_layout

LARGEST: Final = 1 << 62
"""Combinations that one permutation reaches."""


@dataclass(frozen=True)
class Place:
    """A column, or a reference with its columns, that takes one of `size` values. `name` is the column's or the reference's.

    An `unknown` size is known when the parent is loaded, which is given no rows and must hold some.
    """

    name: str
    size: int
    unknown: bool = False


@dataclass(frozen=True)
class Combined:
    """The number each column or reference of a table reads, and why the sets that are not distinct are not (code, sentence)."""

    index: Mapping[str, Op] = field(default_factory=dict)
    distinct: frozenset[tuple[str, ...]] = frozenset()
    problems: Mapping[tuple[str, ...], tuple[str, str]] = field(default_factory=dict)
    sizes: Mapping[tuple[str, ...], tuple[int, int, str]] = field(default_factory=dict)
    """How many combinations a set needs, how many there are, and in each of whose rows ("": in the whole table)."""


def sets(table: TableSpec) -> Iterator[tuple[str, ...]]:
    """The sets of several columns that must be distinct together."""
    several = [table.primary_key, *table.distinct, table.junction_columns]
    yield from dict.fromkeys(names for names in several if len(names) > 1)


def combine(schema: SchemaSpec, table: TableSpec, rows: Mapping[str, int], around: Around) -> Combined:
    """How the sets of a table are made distinct, each column for one of them at most."""
    index: dict[str, Op] = {}
    made: set[tuple[str, ...]] = set()
    problems: dict[tuple[str, ...], tuple[str, str]] = {}
    sizes: dict[tuple[str, ...], tuple[int, int, str]] = {}
    for names in sets(table):
        if not all(n in table.columns for n in names):
            continue
        if distinct.implied(names, table, schema.tables, lambda t, c: _alone(schema, t, c)):
            made.add(names)
            continue
        places = [p for p in _places(schema, table, names, rows, around) if p.name not in index]
        problem = _problem(schema, table, names, places, rows[table.name])
        if problem:
            problems[names] = problem
            continue
        made.add(names)
        index |= _numbers(schema, table, names, places)
        own = _own_parent(schema, table, names)
        needed = rows[table.name] if own is None or table.per is None else max(table.per.counts)
        if not any(p.unknown for p in places):
            sizes[names] = (needed, prod(p.size for p in places), own.parent if own else "")
    return Combined(index, frozenset(made), problems, sizes)


def _alone(schema: SchemaSpec, table: str, column: str) -> bool:
    """Whether a column is distinct by itself, as far as that is written down or its generator says so."""
    spec = schema.tables[table].columns.get(column)
    if spec is None:
        return False
    made = _probe(schema, schema.tables[table], spec, False, Around()) if spec.kind == "gen" else None
    return distinct.wanted(schema.tables[table], spec) or bool(made and made.unique)


def _probe(schema: SchemaSpec, table: TableSpec, spec: ColumnSpec, unique: bool, around: Around) -> Made | None:
    """What a generator that needs no other column makes; None for others."""
    if distinct.is_ordinal(spec):
        return None
    try:
        return build_column(schema, table, spec, 1, unique, Findings(), _no_column, around)[0]
    except Reported:
        return None


def _no_column(name: str) -> Made:
    raise ParameterError(f"{name} is another column")


def _places(
    schema: SchemaSpec, table: TableSpec, names: tuple[str, ...], rows: Mapping[str, int], around: Around
) -> Iterator[Place]:
    """The columns and references of a set whose values can be numbered."""
    own = _own_parent(schema, table, names)
    refs = [r for r in table.refs.values() if set(r.columns) <= set(names) and r is not own]
    for ref in refs:
        if _free(table, ref) and _keyed(schema, ref):
            yield Place(ref.name, min(rows.get(ref.parent, 0) or UNKNOWN_ROWS, MAX_ROWS), not rows.get(ref.parent))
    for name in names:
        spec = table.columns[name]
        made = _probe(schema, table, spec, True, around) if spec.kind == "gen" else None
        if made is not None and made.unique:
            yield Place(name, MAX_ROWS if made.distinct is None else min(made.distinct, MAX_ROWS))


def _free(table: TableSpec, ref: RefSpec) -> bool:
    """Whether a reference may point anywhere: it does not say how to pick, and no other rule decides it."""
    return ref.pick in (None, "uniform") and not ref.orphan and ref.parent != table.name and not follows_layout(table, ref)


def _keyed(schema: SchemaSpec, ref: RefSpec) -> bool:
    parent = schema.tables.get(ref.parent)
    if parent is None:
        return False
    return set(ref.targets) == set(parent.primary_key) or any(_alone(schema, parent.name, t) for t in ref.targets)


def _own_parent(schema: SchemaSpec, table: TableSpec, names: tuple[str, ...]) -> RefSpec | None:
    """The reference to the parent of `per`, where the set holds its key."""
    for ref in table.refs.values():
        if set(ref.columns) <= set(names) and follows_layout(table, ref) and not ref.null_rate and _keyed(schema, ref):
            return ref
    return None


def _problem(
    schema: SchemaSpec, table: TableSpec, names: tuple[str, ...], places: list[Place], rows: int
) -> tuple[str, str] | None:
    listed = " and ".join(names)
    own = _own_parent(schema, table, names)
    most = rows if own is None or table.per is None else max(table.per.counts)
    bound = next((r for r in table.refs.values() if set(r.columns) <= set(names) and r.pick not in (None, "uniform")), None)
    if bound is not None and prod(LARGEST if p.unknown else p.size for p in places) < most:
        message = f"{listed} cannot be made distinct together: {bound.name} is picked by {bound.pick}, but combinations are even"
        return "UNIQUE_UNSUPPORTED", f"{message}; leave pick out, or let per count children unevenly (dist: zipf)"
    if not places:
        message = f"{listed} cannot be made distinct: none of them is a reference or a generator whose values can be numbered"
        return "UNIQUE_UNSUPPORTED", message
    combinations = prod(LARGEST if p.unknown else p.size for p in places)
    if own is None:
        if combinations < rows:
            return "UNIQUE_IMPOSSIBLE", f"{listed}: unique needs {rows:,} distinct combinations, but only {combinations:,} exist"
        return None
    if combinations >= most:
        return None
    message = f"{listed}: a row of {own.parent} has up to {most:,} children, but only {combinations:,} distinct values exist"
    return "UNIQUE_IMPOSSIBLE", message


def _numbers(schema: SchemaSpec, table: TableSpec, names: tuple[str, ...], places: list[Place]) -> dict[str, Op]:
    """The number each place reads: its digit of the combination's number in mixed radix, the last place varying fastest."""
    places = _within(places)
    key = derive_key(schema.seed, table.name, "$unique", *names)
    combinations = prod(p.size for p in places)
    if combinations == 0:
        return {p.name: Const(0) for p in places}
    number: Op = Permute(key, combinations)
    if _own_parent(schema, table, names):
        number = PermuteWithin(key, combinations, ParentRow(), Ordinal())
    found: dict[str, Op] = {}
    stride = 1
    for place in reversed(places):
        digit = number if stride == 1 else Call("integer_divide", (number, Const(stride)))
        stride *= place.size
        found[place.name] = digit if stride == combinations else Call("modulo", (digit, Const(place.size)))
    return found


def _within(places: list[Place]) -> list[Place]:
    """The places, the largest cut so that their combinations stay below 2^62."""
    found = sorted(places, key=lambda p: p.size)
    for number, place in enumerate(found):
        room = LARGEST // max(prod(p.size for p in found[:number]), 1)
        found[number] = replace(place, size=min(place.size, max(room, 1)))
    return found
