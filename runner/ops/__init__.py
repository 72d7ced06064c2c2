"""The closed set of operations that a column's tree is built from.

Operations are frozen dataclasses, and two equal operations are one computation: the engine does
each once per block, so `first_name` and `email` of a row see the same person because both trees
contain the same draw. `key` fields are 64-bit integers from `runner.draws.derive_key`. The
counter of a draw, `at`, is any integer operation; `Row()` unless said otherwise. Every operation
yields *physical* values (see `runner.types`); nulls propagate through all of them.

What each one computes, to the last bit, is said at its function in `runner.operations`.
"""

from runner.ops.base import OPERATIONS, Attempt, Const, Op, Position, Row, Scalar, changed, nodes, parts
from runner.ops.draws import (
    Below,
    Decade,
    MomentAt,
    Permute,
    PermuteWithin,
    PersonSlots,
    PoolIndex,
    Python,
    Shaped,
    Slot,
    Uniform,
    UniformBetween,
    Uuid,
    WeightBefore,
    Weighted,
    Zipf,
)
from runner.ops.relations import At, Column, Lookup, Ordinal, ParentRow, Rollup, Running, Siblings, Walk
from runner.ops.texts import Digits, Join, JsonText, ListOf, Matching, Pattern, Prose, Sentences, Take, Text, Values
from runner.ops.values import Call, Nulls, Rescale, ToFloat, ToInteger

__all__ = [
    "OPERATIONS",
    "At",
    "Attempt",
    "Below",
    "Call",
    "Column",
    "Const",
    "Decade",
    "Digits",
    "Join",
    "JsonText",
    "ListOf",
    "Lookup",
    "Matching",
    "MomentAt",
    "Nulls",
    "Op",
    "Ordinal",
    "ParentRow",
    "Pattern",
    "Permute",
    "PermuteWithin",
    "PersonSlots",
    "PoolIndex",
    "Position",
    "Prose",
    "Python",
    "Rescale",
    "Rollup",
    "Row",
    "Running",
    "Scalar",
    "Sentences",
    "Shaped",
    "Siblings",
    "Slot",
    "Take",
    "Text",
    "ToFloat",
    "ToInteger",
    "Uniform",
    "UniformBetween",
    "Uuid",
    "Values",
    "Walk",
    "WeightBefore",
    "Weighted",
    "Zipf",
    "changed",
    "nodes",
    "parts",
]  # fmt: skip
