"""Topping up tables that hold rows: what they hold is looked at once, and the plan goes on from there.

`top_up` reads what the plan needs of every table, keeps it in files of a folder, and answers with a plan that names
them by their digests. The plan and the folder are all an engine needs (`Engine(plan, stored=folder)`), and give the
same rows at every attempt, whatever has been added to the tables since.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from runner.collisions import Taken, conflict, hashed, skips
from runner.continuing import Facts, distinct_sets, needed, referred, sequences, with_stored
from runner.draws import I64, U64
from runner.engine import Engine, Frame
from runner.logical import physical, physical_type
from runner.ops import Lookup, ParentRow, Rollup, nodes
from runner.plan import Plan, TablePlan
from runner.stored import ARROW, StoredError, Writer, open_columns, write, write_skips
from runner.vectors import Array, plain


class Source(Protocol):
    """What top-up needs of a database; every `Target` has it."""

    def count(self, table: TablePlan) -> int:
        """Rows of the table; 0 where there is no such table yet."""

    def read(self, table: TablePlan, columns: Sequence[str], rows: int = 65_536) -> Iterator[pa.RecordBatch]:
        """Columns of all rows, in logical types. In the order of the key where that costs little: then references
        choose the rows that they would choose in a longer run.
        """


@dataclass(frozen=True)
class TopUp:
    """A plan that goes on from stored rows, and what its user should know of it."""

    plan: Plan
    warnings: tuple[str, ...] = ()


def top_up(plan: Plan, source: Source, folder: Path, fold: bool = False) -> TopUp:
    """The plan for tables that hold rows, which are read from `source`; the files it names are in `folder`.

    `fold`: the database takes texts for equal that differ in case or in spaces at their end. The plan is the one that was
    given when no table holds rows. Raises `StoredError`: TARGET_CONFLICT for rows that would repeat unique values,
    TARGET_MISMATCH for what cannot be read or continued.
    """
    counts = {table.name: source.count(table) for table in plan.tables}
    surveys = {t.name: _Survey(plan, t, folder, fold) for t in plan.tables if counts[t.name]}
    for name, survey in surveys.items():
        survey.read(source, plan.table(name))
    _point(plan, surveys, folder)
    facts = {name: survey.facts for name, survey in surveys.items()}
    found = with_stored(plan, facts)
    for table in plan.tables:
        if table.name in surveys and found.table(table.name).rows:
            taken = surveys[table.name].taken_for(found)
            if taken:
                facts[table.name] = _passing(found, table.name, facts[table.name], taken, folder, source, fold)
                found = with_stored(plan, facts)
    for survey in surveys.values():
        survey.forget()
    return TopUp(found, tuple(_warnings(found)))


def _warnings(plan: Plan) -> Iterator[str]:
    for table in plan.tables:
        totals = [c.name for c in table.columns for op in nodes(c.op) if isinstance(op, Rollup)]
        grown = [t.name for t in plan.tables if t.layout and t.layout.parent == table.name and t.rows]
        if totals and table.stored and table.stored.rows and not table.rows and grown:
            yield f"rows of {table.name} that are there get rows of {', '.join(grown)}, but keep their {', '.join(totals)}"


@dataclass
class _Survey:
    """What is read of one table: the columns others need go to a file, the hashes of unique values to others."""

    plan: Plan
    table: TablePlan
    folder: Path
    fold: bool
    facts: Facts = field(default_factory=Facts)
    taken: list[Taken] = field(default_factory=list)

    def __post_init__(self) -> None:
        name = self.table.name
        self._kept = tuple(c for c in needed(self.plan, name) if not c.startswith(ARROW)) if name in referred(self.plan) else ()
        self.arrows = tuple(c for c in needed(self.plan, name) if c.startswith(ARROW)) if self._kept else ()
        self._targets = self._referred_columns()
        self._lines = sequences(self.table)
        for number, names in enumerate(distinct_sets(self.table)):
            if not self._lines.keys() & set(names):
                path = self.folder / f"{self.plan.tables.index(self.table)}-{number}.hashes"
                path.unlink(missing_ok=True)
                self.taken.append(Taken(names, path))

    def _referred_columns(self) -> frozenset[str]:
        """The columns that references copy: a row in which one is null cannot be referred to."""
        lists = [r.parent_columns for t in self.plan.tables for r in t.references if r.parent == self.table.name]
        return frozenset(name for names in lists for name in names)

    def read(self, source: Source, table: TablePlan) -> None:
        """Read the table once."""
        self.folder.mkdir(parents=True, exist_ok=True)
        unique = [name for known in self.taken for name in known.names]
        names = list(dict.fromkeys([*self._kept, *unique, *self._lines])) or [table.written[0].name]
        types = {c.name: c.type for c in table.written}
        schema = pa.schema([(name, physical_type(types[name])) for name in self._kept])
        count = rows = 0
        furthest: dict[str, int] = {}
        with Writer(self.folder, schema) if self._kept else nullcontext() as writer:
            for batch in source.read(table, names):
                arrays = {name: _physical(table, name, batch.column(i)) for i, name in enumerate(names)}
                count += batch.num_rows
                if writer:
                    rows += self._keep(writer, arrays, schema)
                for known in self.taken:
                    known.add([arrays[name] for name in known.names], self.fold)
                self._look(arrays, furthest)
        for known in self.taken:
            known.sort()
        kept = self._kept if rows else ()
        self.facts = Facts(count, rows if writer else count, writer.digest if writer and kept else "", kept, furthest)

    def _keep(self, writer: Writer, arrays: dict[str, Array], schema: pa.Schema) -> int:
        batch = pa.RecordBatch.from_arrays([arrays[name] for name in self._kept], schema=schema)
        for name in self._targets & set(self._kept):
            if batch.column(name).null_count:
                batch = batch.filter(pc.is_valid(batch.column(name)))
        writer.add(batch)
        return len(batch)

    def _look(self, arrays: dict[str, Array], furthest: dict[str, int]) -> None:
        for name, (_, step) in self._lines.items():
            bounds = pc.min_max(arrays[name])
            value = bounds["max" if step > 0 else "min"].as_py()
            if value is not None:
                better = max if step > 0 else min
                furthest[name] = better(value, furthest.get(name, value))

    def taken_for(self, plan: Plan) -> list[Taken]:
        """The sets in which new rows can repeat stored ones. A key of the parent's new row is in no stored row."""
        table = plan.table(self.table.name)
        return [known for known in self.taken if known.count and not _of_new_parent(plan, table, known.names)]

    def forget(self) -> None:
        """Drop the hashes."""
        for known in self.taken:
            known.path.unlink(missing_ok=True)


def _physical(table: TablePlan, name: str, array: Array) -> Array:
    try:
        return physical(array, table.column(name).type)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise StoredError(f"{table.name}.{name} holds values that are no {table.column(name).type}: {error}") from None


def _of_new_parent(plan: Plan, table: TablePlan, names: Sequence[str]) -> bool:
    if table.layout is None:
        return False
    parent = plan.table(table.layout.parent)
    keys = {n[0] for n in (parent.primary_key, *parent.unique) if len(n) == 1}
    ops = [table.column(name).op for name in names]
    own = {op.column for op in ops if isinstance(op, Lookup) and op.table == parent.name and op.row == ParentRow()}
    return parent.rows > 0 and (bool(own & keys) or (bool(parent.primary_key) and own.issuperset(parent.primary_key)))


def _point(plan: Plan, surveys: dict[str, _Survey], folder: Path) -> None:
    """Write once more the files of tables of whose rows it must be known where their references point."""
    kept = {name: survey.facts for name, survey in surveys.items()}
    for name, survey in surveys.items():
        facts = survey.facts
        if not (survey.arrows and facts.rows):
            continue
        columns = open_columns(folder, facts.digest)
        found = {arrow: _pointed(plan, name, arrow, kept, folder) for arrow in survey.arrows}
        whole = pa.table({**{c: columns.whole(c) for c in facts.columns}, **found})
        digest = write(folder, whole.schema, whole.to_batches())
        survey.facts = replace(facts, digest=digest, columns=(*facts.columns, *found))


def _pointed(plan: Plan, table: str, arrow: str, facts: dict[str, Facts], folder: Path) -> Array:
    """The positions of the parent's rows to which the column points (null: none)."""
    name = arrow.removeprefix(ARROW)
    op = plan.table(table).column(name).op
    assert isinstance(op, Lookup)
    parent = plan.table(op.table)
    if (op.column,) not in (parent.primary_key, *parent.unique):
        raise StoredError(f"{table}.{name} alone does not say which row of {parent.name} is meant")
    values = open_columns(folder, facts[table].digest).whole(name)
    if parent.name not in facts or not facts[parent.name].rows:
        return pa.nulls(len(values), pa.int64())
    keys = open_columns(folder, facts[parent.name].digest).whole(op.column)
    return pc.cast(pc.index_in(values, value_set=keys.combine_chunks(), skip_nulls=True), pa.int64()).combine_chunks()


def _passing(plan: Plan, name: str, facts: Facts, taken: list[Taken], folder: Path, source: Source, fold: bool) -> Facts:
    """The facts with the rows that are passed over."""
    engine, table = Engine(plan, stored=folder), plan.table(name)
    if table.layout is not None:
        for known in taken:
            _compare(engine, table, known, source, fold)
        return facts
    found = skips(engine, table, taken, fold)
    return replace(facts, skips=found, skips_digest=write_skips(folder, found))


def _compare(engine: Engine, table: TablePlan, known: Taken, source: Source, fold: bool) -> None:
    """Refuse children that repeat stored values: their parents have so many of them, none can be left out."""
    held = engine.held(table.name)
    assert held is not None
    hit: list[tuple[U64, list[Array]]] = []
    for low in range(0, table.rows, engine.block_rows):
        rows: I64 = held.virtual(np.arange(low, min(low + engine.block_rows, table.rows), dtype=np.int64))
        frame = Frame(engine, table, rows)
        columns = [plain(frame.column(name)) for name in known.names]
        values, some = hashed(columns, fold)
        bad = known.hits(values, some)
        if bad.any():
            hit.append((values[bad], [column.filter(pa.array(bad)) for column in columns]))
    if hit:
        _confirm(table, known, hit, source, fold)


def _confirm(table: TablePlan, known: Taken, hit: list[tuple[U64, list[Array]]], source: Source, fold: bool) -> None:
    """Read the table again, and refuse when a value of a row that hit a hash is really there."""
    wanted = np.unique(np.concatenate([values for values, _ in hit]))
    new = {row for _, columns in hit for row in _rows(columns, fold)}
    repeated = 0
    for batch in source.read(table, known.names):
        columns = [_physical(table, name, batch.column(i)) for i, name in enumerate(known.names)]
        values, some = hashed(columns, fold)
        near = pa.array(np.isin(values, wanted) & some)
        repeated += sum(row in new for row in _rows([column.filter(near) for column in columns], fold))
    if repeated:
        raise conflict(table, repeated)


def _rows(columns: Sequence[Array], fold: bool) -> Iterator[tuple[object, ...]]:
    lists = [column.to_pylist() for column in columns]
    for row in zip(*lists, strict=True):
        yield tuple(v.rstrip().lower() if fold and isinstance(v, str) else v for v in row)
