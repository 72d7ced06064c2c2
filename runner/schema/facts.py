"""What can be known of an operation without running it: the range of whole numbers, nulls, the length of text.

Used to prove that arithmetic stays within 64 bits, to declare columns NOT NULL rightly, and to tell
whether text fits its column. Everything here is a safe bound, never an estimate.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from functools import cache, lru_cache
from typing import Any, Final

from runner import plan
from runner.plan import Op
from runner.types import Type

LOWEST: Final = -(2**63)
HIGHEST: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Facts:
    """Whole numbers lie in [low, high], text has at most `length` characters; None: not known.

    `depth` is how many operations stand above one another, those of other columns included.
    """

    low: int | None = None
    high: int | None = None
    nullable: bool = False
    length: int | None = None
    depth: int = 1

    @property
    def fits(self) -> bool:
        """False when it is proven that 64 bits do not hold every value that may come."""
        return (self.low is None or self.low >= LOWEST) and (self.high is None or self.high <= HIGHEST)


Find = Callable[[str, str], Facts]
"""The facts of a column: (table, column); the table is "" for the row's own."""


class Analysis:
    """Facts of operations of one table, each worked out once."""

    def __init__(self, rows: int, find: Find) -> None:
        self._rows, self._find = rows, find
        self._known: dict[int, tuple[Op, Facts]] = {}

    def facts(self, op: Op) -> Facts:
        """The facts of an operation."""
        known = self._known.get(id(op))
        if known is None:
            found = self._work_out(op)
            depth = 1 + max((self.facts(o).depth for o in operands(op)), default=0)
            known = self._known[id(op)] = (op, replace(found, depth=max(depth, found.depth)))
        return known[1]

    def _work_out(self, op: Op) -> Facts:
        match op:
            case plan.Column(name):
                found = self._find("", name)
                return replace(found, depth=found.depth + 1)
            case plan.Lookup(table, column, row):
                found = self._find(table, column)
                return replace(found, nullable=found.nullable or self.facts(row).nullable, depth=found.depth + 1)
            case plan.Row():
                return Facts(0, max(self._rows - 1, 0))
            case plan.Call():
                return self._call(op)
            case plan.Below():
                inner = self.facts(op.of)
                return Facts(0, inner.high, nullable=True)
            case plan.Join(parts):
                return self._join([Facts(length=len(p)) if isinstance(p, str) else self.facts(p) for p in parts])
            case plan.Nulls(per_billion=rate):
                return replace(self.facts(op.of), nullable=rate > 0 or self.facts(op.of).nullable)
        found = _leaf(op) or self._unary(op)
        return replace(found, nullable=found.nullable or any(self.facts(o).nullable for o in operands(op)))

    def _unary(self, op: Op) -> Facts:
        match op:
            case plan.UniformBetween(lo=lo, hi=hi):
                first, last = self.facts(lo), self.facts(hi)
                top = None if first.high is None or last.high is None else max(first.high, last.high)
                return Facts(first.low, top)
            case plan.Rescale(of, digits_from, digits_to):
                inner, factor = self.facts(of), int(10 ** abs(digits_to - digits_from))
                if digits_to >= digits_from:
                    return Facts(_times(inner.low, factor), _times(inner.high, factor))
                return Facts(_shrink(inner.low, factor), _shrink(inner.high, factor))
            case plan.Digits(of, width):
                high = self.facts(of).high
                return Facts(length=None if high is None else max(width, len(str(high))))
            case plan.Text(of, type):
                return Facts(length=_text_length(type, self.facts(of)))
        return Facts()

    @staticmethod
    def _join(parts: list[Facts]) -> Facts:
        lengths = [p.length for p in parts]
        total = None if None in lengths else sum(n for n in lengths if n is not None)
        return Facts(nullable=any(p.nullable for p in parts), length=total)

    def _call(self, op: plan.Call) -> Facts:
        args = [self.facts(a) for a in op.args]
        if op.function == "divide" and isinstance(op.args[1], plan.ToFloat):
            args[1] = self.facts(op.args[1].of)
        found = _CALLS.get(op.function, _unknown)(args)
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
    known = {f.name for f in fields(plan.OPERATIONS[name])}
    return tuple(n for n in ("at", "of", "lo", "hi", "row", "parts", "args") if n in known)


def _leaf(op: Op) -> Facts | None:
    match op:
        case plan.Const(value):
            return _of_values((value,))
        case plan.Values(values):
            return _of_values(values)
        case plan.Uniform(lo=lo, hi=hi) | plan.Shaped(lo=lo, hi=hi):
            return Facts(lo, hi) if isinstance(lo, int) and isinstance(hi, int) else None
        case plan.Weighted(weights=weights):
            return Facts(0, len(weights) - 1)
        case plan.Zipf(n=n) | plan.Permute(n=n):
            return Facts(0, n - 1)
        case plan.Pattern(alphabets):
            return Facts(length=len(alphabets))
        case plan.Uuid():
            return Facts(length=36)
        case plan.Take(pool, field):
            return _of_pool(pool, field)
        case plan.PoolIndex() | plan.ParentRow() | plan.Ordinal() | plan.Slot():
            return Facts(0, None)
    return None


def _of_values(values: tuple[plan.Scalar, ...]) -> Facts:
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


def _times(number: int | None, factor: int) -> int | None:
    return None if number is None else number * factor


def _shrink(number: int | None, factor: int) -> int | None:
    return None if number is None else (abs(number) + factor // 2) // factor * (1 if number >= 0 else -1)


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


def _cut(op: plan.Call, length: int | None) -> int | None:
    numbers = [a.value for a in op.args[1:] if isinstance(a, plan.Const)]
    if op.function != "substring":
        width = int(numbers[0] or 0)
        return None if length is None else max(length, width)
    start, stop = int(numbers[0] or 0), numbers[1]
    wanted = -start if start < 0 else None if stop is None else max(int(stop) - start, 0)
    return length if wanted is None else wanted if length is None else min(wanted, length)


def _unknown(args: list[Facts]) -> Facts:
    return Facts()


def _span(numbers: list[int | None]) -> Facts:
    known = [n for n in numbers if n is not None]
    return Facts(min(known), max(known)) if len(known) == len(numbers) else Facts()


def _add(args: list[Facts]) -> Facts:
    low, high = [a.low for a in args], [a.high for a in args]
    return Facts(
        None if None in low else sum(n for n in low if n is not None),
        None if None in high else sum(n for n in high if n is not None),
    )


def _negate(args: list[Facts]) -> Facts:
    return Facts(_times(args[0].high, -1), _times(args[0].low, -1))


def _subtract(args: list[Facts]) -> Facts:
    return _add([args[0], _negate(args[1:])])


def _multiply(args: list[Facts]) -> Facts:
    ends = [(a.low, a.high) for a in args]
    return _span([None if x is None or y is None else x * y for x in ends[0] for y in ends[1]])


def _absolute(args: list[Facts]) -> Facts:
    low, high = args[0].low, args[0].high
    return Facts(0, None if low is None or high is None else max(abs(low), abs(high)))


def _modulo(args: list[Facts]) -> Facts:
    low, high = args[1].low, args[1].high
    return Facts(0, high - 1) if low is not None and low > 0 and high is not None else Facts()


def _floor_divide(args: list[Facts]) -> Facts:
    divisor = args[1].low
    if divisor is None or divisor != args[1].high or divisor <= 0:
        return Facts()
    low, high = args[0].low, args[0].high
    return Facts(None if low is None else low // divisor, None if high is None else high // divisor)


def _either(args: list[Facts]) -> Facts:
    lengths = [a.length for a in args]
    length = None if None in lengths else max((n for n in lengths if n is not None), default=None)
    span = _span([n for a in args for n in (a.low, a.high)]) if args else Facts()
    return replace(span, length=length)


def _same_length(args: list[Facts]) -> Facts:
    return Facts(length=args[0].length)


def _between(low: int, high: int) -> Callable[[list[Facts]], Facts]:
    return lambda args: Facts(low, high)


_CALLS: Final[dict[str, Callable[[list[Facts]], Facts]]] = {
    "add": _add, "subtract": _subtract, "multiply": _multiply, "negate": _negate, "absolute": _absolute,
    "integer_divide": _floor_divide, "modulo": _modulo, "minimum": _either, "maximum": _either,
    "if_else": lambda args: _either(args[1:]), "coalesce": _either,
    "trim": _same_length, "reverse": _same_length, "lower": _same_length, "upper": _same_length,
    "length": lambda args: Facts(0, args[0].length),
    "year": _between(-9_999, 9_999), "month": _between(1, 12), "day": _between(1, 31), "quarter": _between(1, 4),
    "weekday": _between(1, 7), "day_of_year": _between(1, 366),
}  # fmt: skip


def _call_nullable(op: plan.Call, args: list[Facts]) -> bool:
    match op.function:
        case "is_null":
            return False
        case "coalesce":
            return all(a.nullable for a in args)
        case "if_else":
            return args[1].nullable or args[2].nullable
        case "integer_divide" | "modulo" | "divide":
            return args[0].nullable or args[1].nullable or not _never_zero(op.args[1], args[1])
        case "sqrt":
            return True
    return any(a.nullable for a in args)


def _never_zero(by: Op, facts: Facts) -> bool:
    if isinstance(by, plan.Const):
        return bool(by.value)
    return (facts.low is not None and facts.low > 0) or (facts.high is not None and facts.high < 0)
