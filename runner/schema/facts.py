"""What can be known of an operation without running it: the range of whole numbers, nulls, the length of text.

Used to prove that arithmetic stays within 64 bits, to declare columns NOT NULL rightly, and to tell
whether text fits its column. Everything here is a safe bound, never an estimate.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from functools import cache, lru_cache
from typing import Any

from runner import ops
from runner.ops import Op
from runner.schema import rollups, totals
from runner.schema.bounds import CALLS, HIGHEST, LOWEST, Facts, shrink, times
from runner.types import Type

Find = Callable[[str, str], Facts]
"""The facts of a column: (table, column); the table is "" for the row's own."""


class Analysis:
    """Facts of operations of one table, each worked out once."""

    def __init__(
        self, rows: int, find: Find, parents: int = 1, most_children: int = 1, beyond: Callable[[str, Op], Facts] | None = None
    ) -> None:
        self._rows, self._find, self._parents, self._most_children, self._beyond = rows, find, parents, most_children, beyond
        self._known: dict[int, tuple[Op, Facts]] = {}

    def facts(self, op: Op) -> Facts:
        """The facts of an operation."""
        known = self._known.get(id(op))
        if known is None:
            found = self._work_out(op)
            depth = 1 + max((self.facts(o).depth for o in operands(op)), default=0)
            known = self._known[id(op)] = (op, replace(found, depth=max(depth, found.depth)))
        return known[1]

    def _elsewhere(self, op: Op) -> Facts | None:
        """What is known of columns, and of what is computed on rows of other tables."""
        match op:
            case ops.Column(name):
                found = self._find("", name)
            case ops.Lookup(table, column, row):
                found = self._find(table, column)
                found = replace(found, nullable=found.nullable or self.facts(row).nullable)
            case ops.At(table, of, row):
                found = self._beyond(table, of) if self._beyond else Facts(nullable=True)
                found = replace(found, nullable=found.nullable or self.facts(row).nullable)
            case ops.Running():
                inner = self._find("", op.column)
                found = replace(totals.running_facts(op, inner), depth=inner.depth)
            case ops.Rollup():
                inner = self._find(op.path[-1], op.column) if op.column else Facts()
                found = replace(rollups.facts(op, inner), depth=inner.depth)
            case _:
                return None
        return replace(found, depth=found.depth + 1)

    def _position(self, op: Op) -> Facts | None:
        match op:
            case ops.Row():
                return Facts(0, max(self._rows - 1, 0))
            case ops.Attempt():
                return Facts(0)
            case ops.ParentRow():
                return Facts(0, max(self._parents - 1, 0))
            case ops.Ordinal():
                return Facts(0, max(self._most_children - 1, 0))
            case ops.Siblings():
                return Facts(1, max(self._most_children, 1))
        return None

    def _work_out(self, op: Op) -> Facts:
        known = self._elsewhere(op) or self._position(op)
        if known is not None:
            return known
        match op:
            case ops.Call():
                return self._call(op)
            case ops.Below():
                inner = self.facts(op.of)
                return Facts(0, inner.high, nullable=True)
            case ops.Join(parts):
                return self._join([Facts(length=len(p)) if isinstance(p, str) else self.facts(p) for p in parts])
            case ops.Nulls(per_billion=rate):
                return replace(self.facts(op.of), nullable=rate > 0 or self.facts(op.of).nullable)
            case ops.JsonText():
                return Facts()
            case ops.ListOf():
                return Facts(nullable=self.facts(op.count).nullable)
        found = _leaf(op) or self._unary(op)
        return replace(found, nullable=found.nullable or any(self.facts(o).nullable for o in operands(op)))

    def _unary(self, op: Op) -> Facts:
        match op:
            case ops.UniformBetween(lo=lo, hi=hi):
                first, last = self.facts(lo), self.facts(hi)
                top = None if first.high is None or last.high is None else max(first.high, last.high)
                return Facts(first.low, top)
            case ops.Rescale(of, digits_from, digits_to):
                inner, factor = self.facts(of), int(10 ** abs(digits_to - digits_from))
                if digits_to >= digits_from:
                    return Facts(times(inner.low, factor), times(inner.high, factor))
                return Facts(shrink(inner.low, factor), shrink(inner.high, factor))
            case ops.Decade(of=of):
                high = self.facts(of).high
                return Facts(0, None if high is None else 10 ** len(str(high)) - 1)
            case ops.Digits(of, width):
                high = self.facts(of).high
                return Facts(length=None if high is None else max(width, len(str(high))))
            case ops.Text(of, type):
                return Facts(length=_text_length(type, self.facts(of)))
        return Facts()

    @staticmethod
    def _join(parts: list[Facts]) -> Facts:
        lengths = [p.length for p in parts]
        total = None if None in lengths else sum(n for n in lengths if n is not None)
        return Facts(nullable=any(p.nullable for p in parts), length=total)

    def _call(self, op: ops.Call) -> Facts:
        args = [self.facts(a) for a in op.args]
        if op.function == "divide" and isinstance(op.args[1], ops.ToFloat):
            args[1] = self.facts(op.args[1].of)
        found = CALLS[op.function](args) if op.function in CALLS else Facts()
        if op.function in ("substring", "pad_left", "pad_right"):
            found = replace(found, length=_cut(op, args[0].length))
        return replace(found, nullable=_call_nullable(op, args))


def operands(op: Op) -> tuple[Op, ...]:
    """The operations an operation reads."""
    found: list[Op] = []
    for name in _operand_fields(type(op).__name__.lower()):
        value = getattr(op, name)
        found += [v for v in (value if isinstance(value, tuple) else (value,)) if isinstance(v, Op)]
    return tuple(found)


@cache
def _operand_fields(name: str) -> tuple[str, ...]:
    known = {f.name for f in fields(ops.OPERATIONS[name])} - ({"of"} if name == "at" else set())  # of another table
    return tuple(n for n in ("at", "group", "step", "size", "of", "lo", "hi", "row", "count", "parts", "args") if n in known)


def _leaf(op: Op) -> Facts | None:
    match op:
        case ops.Const(value):
            return _of_values((value,))
        case ops.Values(values):
            return _of_values(values)
        case ops.Pattern(alphabets):
            return Facts(length=len(alphabets))
        case ops.Uuid():
            return Facts(length=36)
        case ops.Prose(longest=longest):
            return Facts(length=longest)
        case ops.Matching(longest=longest):
            return Facts(length=longest)
        case ops.Take(pool, field):
            return _of_pool(pool, field)
    return _drawn(op)


def _drawn(op: Op) -> Facts | None:
    match op:
        case ops.Uniform(lo=lo, hi=hi) | ops.Shaped(lo=lo, hi=hi):
            return Facts(lo, hi) if isinstance(lo, int) and isinstance(hi, int) else None
        case ops.Weighted(weights=weights):
            return Facts(0, len(weights) - 1)
        case ops.Zipf(n=n) | ops.Permute(n=n) | ops.PermuteWithin(n=n):
            return Facts(0, n - 1)
        case ops.Walk(start=start):
            return Facts(0, len(start) - 1)
        case ops.Slot():
            return Facts(0, 1 << 16)
        case ops.PersonSlots():
            return Facts(0, (1 << 32) - 1)
        case ops.PoolIndex():
            return Facts(0, None)
    return None


def _of_values(values: tuple[ops.Scalar, ...]) -> Facts:
    nullable, given = None in values, [v for v in values if v is not None]
    if given and all(isinstance(v, str) for v in given):
        return Facts(nullable=nullable, length=max(len(str(v)) for v in given))
    if given and all(isinstance(v, int) and not isinstance(v, bool) for v in given):
        numbers = [int(v) for v in given]
        return Facts(min(numbers), max(numbers), nullable)
    return Facts(nullable=nullable)


@lru_cache(maxsize=1024)
def _of_pool(pool: str, field: str) -> Facts:
    """The bounds of a pool's field, or nothing when it cannot be read here."""
    import pyarrow as pa
    import pyarrow.compute as pc

    from runner import pools

    try:
        values: Any = pools.pool(pool).field(field)
    except (KeyError, OSError):
        return Facts(nullable=True)
    nullable = bool(values.null_count)
    if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
        return Facts(nullable=nullable, length=pc.max(pc.utf8_length(values)).as_py())
    if pa.types.is_integer(values.type):
        ends = pc.min_max(values).as_py()
        return Facts(ends["min"], ends["max"], nullable)
    return Facts(nullable=nullable)


def _text_length(type_: Type, inner: Facts) -> int | None:
    fixed = {"bool": 5, "date": 10, "uuid": 36}.get(type_.kind)
    if fixed:
        return fixed
    if type_.kind in ("datetime", "time"):
        return (20 if type_.kind == "datetime" else 8) + (1 + type_.precision if type_.precision else 0)
    if type_.kind in ("int", "bigint", "decimal"):
        ends = (LOWEST if inner.low is None else inner.low, HIGHEST if inner.high is None else inner.high)
        return max(len(str(abs(n)).rjust(type_.scale + 1)) + (n < 0) for n in ends) + (type_.scale > 0)
    return inner.length


def _cut(op: ops.Call, length: int | None) -> int | None:
    numbers = [a.value for a in op.args[1:] if isinstance(a, ops.Const)]
    if op.function != "substring":
        width = int(numbers[0] or 0)
        return None if length is None else max(length, width)
    start, stop = int(numbers[0] or 0), numbers[1]
    wanted = -start if start < 0 else None if stop is None else max(int(stop) - start, 0)
    return length if wanted is None else wanted if length is None else min(wanted, length)


def _call_nullable(op: ops.Call, args: list[Facts]) -> bool:
    match op.function:
        case "is_null":
            return False
        case "coalesce":
            return all(a.nullable for a in args)
        case "if_else":
            return args[1].nullable or args[2].nullable
        case "integer_divide" | "modulo" | "divide":
            return args[0].nullable or args[1].nullable or not _never_zero(op.args[1], args[1])
        case "sqrt" | "split":
            return True
    return any(a.nullable for a in args)


def _never_zero(by: Op, facts: Facts) -> bool:
    if isinstance(by, ops.Const):
        return bool(by.value)
    return (facts.low is not None and facts.low > 0) or (facts.high is not None and facts.high < 0)
