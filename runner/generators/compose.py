"""Short ways to write operation trees. Arithmetic on constants is done at once."""

from __future__ import annotations

from runner.ops import Call, Const, Digits, Join, Op, PoolIndex, Scalar, Take, Uniform, Values

Number = Op | int


def const(value: Scalar) -> Const:
    """A constant of the value's own kind."""
    match value:
        case bool():
            return Const(value, "bool")
        case int():
            return Const(value)
        case float():
            return Const(value, "float")
    return Const(value, "string")


def number(value: Number) -> Op:
    """A whole number or an operation, as an operation."""
    return Const(value) if isinstance(value, int) else value


def _fixed(op: Op) -> int | None:
    return op.value if isinstance(op, Const) and isinstance(op.value, int) else None


def add(a: Number, b: Number) -> Op:
    """a + b, checked."""
    x, y = number(a), number(b)
    fixed_x, fixed_y = _fixed(x), _fixed(y)
    if fixed_x is not None and fixed_y is not None:
        return Const(fixed_x + fixed_y)
    if fixed_y == 0:
        return x
    return y if fixed_x == 0 else Call("add", (x, y))


def subtract(a: Number, b: Number) -> Op:
    """a - b, checked."""
    return Call("subtract", (number(a), number(b)))


def multiply(a: Number, b: Number) -> Op:
    """a * b, checked."""
    x, y = number(a), number(b)
    fixed_x, fixed_y = _fixed(x), _fixed(y)
    if fixed_x is not None and fixed_y is not None:
        return Const(fixed_x * fixed_y)
    if fixed_y == 1:
        return x
    return y if fixed_x == 1 else Call("multiply", (x, y))


def divide(a: Number, b: Number) -> Op:
    """Floor of a / b."""
    x, y = number(a), number(b)
    fixed_x, fixed_y = _fixed(x), _fixed(y)
    if fixed_x is not None and fixed_y:
        return Const(fixed_x // fixed_y)
    return Call("integer_divide", (x, y))


def modulo(a: Number, b: Number) -> Op:
    """a mod b, in [0, b)."""
    x, y = number(a), number(b)
    fixed_x, fixed_y = _fixed(x), _fixed(y)
    if fixed_x is not None and fixed_y:
        return Const(fixed_x % fixed_y)
    return Call("modulo", (x, y))


def if_else(condition: Op, yes: Op, no: Op) -> Op:
    """`yes` where the condition is true, else `no`."""
    return Call("if_else", (condition, yes, no))


def equal(a: Number, b: Number) -> Op:
    """Whether a is b."""
    return Call("equal", (number(a), number(b)))


def less(a: Number, b: Number) -> Op:
    """Whether a < b."""
    return Call("less", (number(a), number(b)))


def larger(a: Number, b: Number) -> Op:
    """The larger of the two."""
    return Call("maximum", (number(a), number(b)))


def smaller(a: Number, b: Number) -> Op:
    """The smaller of the two."""
    return Call("minimum", (number(a), number(b)))


def choose(index: Op, *options: Op) -> Op:
    """The option whose number the index is."""
    return options[0] if len(options) == 1 else Call("choose", (index, *options))


def join(*parts: str | Op) -> Op:
    """The texts one after another."""
    return Join(parts)


def digits(of: Op, width: int = 1) -> Op:
    """Decimal digits with leading zeros."""
    return Digits(of, width)


def lower(text: Op) -> Op:
    """Small letters."""
    return Call("lower", (text,))


def cut(text: Op, length: int) -> Op:
    """At most `length` characters."""
    return Call("substring", (text, Const(0), Const(length)))


__all__ = [
    "Call", "Const", "Digits", "Join", "Op", "PoolIndex", "Take", "Uniform", "Values", "add", "choose", "const", "cut", "digits",
    "divide", "equal", "if_else", "join", "larger", "less", "lower", "modulo", "multiply", "number", "smaller", "subtract",
]  # fmt: skip
