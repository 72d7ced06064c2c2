"""Constants as they are written in a schema."""

from __future__ import annotations

from runner.generators.registry import Made
from runner.ops import Const
from runner.schema.document import Node
from runner.types import BIGINT, BOOL, FLOAT, INT, STRING, TEXT, decimal


def constant(node: Node) -> Made | None:
    """The constant a scalar stands for; None for anything else, and for whole numbers beyond 64 bits."""
    match node.value:
        case None if node.kind == "scalar":
            return Made(Const(None, "string"), TEXT, 0)
        case bool() as truth:
            return Made(Const(truth, "bool"), BOOL, 1)
        case int() as number if -(2**63) <= number < 2**63:
            return Made(Const(number), INT if abs(number) < 2**31 else BIGINT, 1)
        case float() as number:
            return _fraction(node, number)
        case str() as text:
            return Made(Const(text, "string"), STRING, 1)
    return None


def _fraction(node: Node, number: float) -> Made:
    """A constant with a point is an exact decimal; with an exponent it is a float."""
    whole, point, digits = node.text.lstrip("+-").partition(".")
    if not point or not (whole + digits).isdigit() or len(digits) > 18 or len(whole + digits) > 18:
        return Made(Const(number, "float"), FLOAT, 1)
    value = int((whole or "0") + digits) * (-1 if node.text.startswith("-") else 1)
    return Made(Const(value), decimal(max(len(whole) + len(digits), len(digits) + 1), len(digits)), 1)
