"""References: which row of the parent a row points to, and what it copies from there."""

from __future__ import annotations

from collections.abc import Mapping

from runner.draws import derive_key
from runner.ops import (
    Below,
    Call,
    Const,
    Join,
    Lookup,
    Nulls,
    Op,
    Ordinal,
    ParentRow,
    Permute,
    Row,
    Siblings,
    Uniform,
    Uuid,
    Zipf,
)
from runner.plan import UNKNOWN_ROWS
from runner.schema.bounds import Facts
from runner.schema.findings import Findings, Reported
from runner.schema.model import RefSpec, TableSpec
from runner.types import INTEGERS, Type


class RefError(ValueError):
    """A reference that cannot be made; `field` is the field to point at."""

    def __init__(self, message: str, field: str, code: str = "REF_INVALID") -> None:
        super().__init__(message)
        self.field, self.code = field, code


def follows_layout(table: TableSpec, ref: RefSpec) -> bool:
    """Whether the reference is the row's own parent of `per`: it points there and does not say how to pick."""
    return table.per is not None and table.per.parent == ref.parent and ref.pick is None


def warn_stored(table: TableSpec, ref: RefSpec, rows: Mapping[str, int], findings: Findings) -> None:
    """Say of a reference that it needs rows which the schema does not make."""
    if ref.parent != table.name and not rows[ref.parent] and rows[table.name] and ref.null_rate < 10**9:
        message = f"{ref.parent} is given no rows, so these refer to rows that the database must hold; files cannot be made"
        findings.warning(ref.place, "ROWS_STORED", message)


def parent_row(table: TableSpec, ref: RefSpec, seed: int, rows: int, parents: int, index: Op | None = None) -> Op:
    """The parent's row number, null at the reference's null rate. `index` is one already found. Raises `RefError`."""
    op = _picked(table, ref, seed, rows, parents) if index is None else index
    return Nulls(derive_key(seed, table.name, ref.name, "null"), ref.null_rate, op) if ref.null_rate else op


def _picked(table: TableSpec, ref: RefSpec, seed: int, rows: int, parents: int) -> Op:
    key = derive_key(seed, table.name, ref.name, "ref")
    if ref.roots is not None and ref.parent != table.name:
        message = f"roots are the rows of a tree without a parent in it; {ref.parent} is another table"
        raise RefError(message, "roots", "FIELD_CONFLICT")
    if follows_layout(table, ref):
        return _own_parent(table, ref)
    if ref.parent == table.name or ref.pick in ("earlier", "sibling"):
        return _earlier(table, ref, key)
    if parents == 0:
        if not rows or ref.null_rate == 10**9:
            return Const(None)
        rows, parents = min(rows, UNKNOWN_ROWS), UNKNOWN_ROWS
    if ref.unique:
        return _distinct(ref, key, rows, parents)
    if ref.pick == "zipf":
        return Permute(derive_key(seed, table.name, ref.name, "scatter"), parents, Zipf(key, parents, ref.zipf))
    if ref.pick == "sequential":
        return Row() if rows <= parents else Call("modulo", (Row(), Const(parents)))
    return Uniform(key, 0, parents - 1)


def _own_parent(table: TableSpec, ref: RefSpec) -> Op:
    assert table.per is not None
    if ref.unique and max(table.per.counts) > 1:
        message = f"a row of {ref.parent} has up to {max(table.per.counts)} children here, so this reference repeats"
        raise RefError(message, "unique", "UNIQUE_IMPOSSIBLE")
    return ParentRow()


def _earlier(table: TableSpec, ref: RefSpec, key: int) -> Op:
    """A row above: of the table, or (`sibling`) of the same parent; null in the first `roots` rows."""
    if ref.parent != table.name:
        raise RefError(f"{ref.pick} picks an earlier row of the same table, but {ref.parent} is another table", "pick")
    if ref.pick not in (None, "earlier", "sibling"):
        message = f"a table that refers to itself needs pick: earlier, not {ref.pick}, or its rows would depend on later ones"
        raise RefError(message, "pick", "CYCLE")
    if ref.pick == "sibling" and table.misread:
        raise Reported
    if ref.pick == "sibling" and table.per is None:
        message = "pick: sibling picks a row of the same parent; this table is not made by per: {parent: …}"
        raise RefError(message, "pick", "FIELD_CONFLICT")
    if ref.unique:
        raise RefError(f"pick: {ref.pick or 'earlier'} cannot be unique", "unique", "UNIQUE_UNSUPPORTED")
    number: Op = Ordinal() if ref.pick == "sibling" else Row()
    picked: Op = Below(key, number)
    if ref.pick == "sibling":
        picked = Call("add", (Call("subtract", (Row(), number)), picked))
    if ref.roots is None or ref.roots == 1:
        return picked
    return Call("if_else", (Call("less", (number, Const(ref.roots))), Const(None), picked))


def _distinct(ref: RefSpec, key: int, rows: int, parents: int) -> Op:
    if rows > parents:
        message = f"unique needs {rows:,} distinct rows of {ref.parent}, but it has only {parents:,}"
        raise RefError(message, "unique", "UNIQUE_IMPOSSIBLE")
    return Row() if ref.pick == "sequential" else Permute(key, parents)


def neighbour(table: TableSpec, name: str, rows: int) -> Op:
    """The row above (`previous`) or below (`next`) among those of the same parent, or of the table; null where there is none."""
    number, last = (Row(), Const(rows - 1)) if table.per is None else (Ordinal(), Call("subtract", (Siblings(), Const(1))))
    there, step = (Call("less", (Const(0), number)), -1) if name == "previous" else (Call("less", (number, last)), 1)
    return Call("if_else", (there, Call("add", (Row(), Const(step))), Const(None)))


def orphan(ref: RefSpec, column: str, target: str, type_: Type, facts: Facts, row: Op, seed: int, table: str) -> Op:
    """A value that no parent has, for negative tests. Raises `RefError` when there is no sure way to one."""
    key = derive_key(seed, table, column, "orphan")
    value = Lookup(ref.parent, target, row)
    if type_.kind == "uuid":
        return Uuid(key, at=row)
    if type_.kind in ("string", "text"):
        return Join((value, "~orphan"))
    if (type_.kind in INTEGERS or type_.kind in ("date", "datetime", "decimal")) and facts.high is not None:
        return Call("add", (value, Const(facts.high - (facts.low or 0) + 1)))
    raise RefError(f"there is no sure way to a {type_} that {ref.parent}.{target} never holds", "mode")
