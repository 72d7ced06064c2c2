"""What each operation computes, a vector of rows at a time.

One function per operation, chosen by its class. Each says which integer arithmetic it does; the
draws are in `runner.draws`, shapes in `runner.shapes`, permutations in `runner.permute`.
`Row`, `Column`, `Lookup`, `Rollup`, `Running` and what the layout says belong to the frame (`runner.engine`).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from runner import ops
from runner.automata import Language, walk
from runner.calendars import moment_at, weight_before
from runner.draws import I64, bits, bounded, high_word_each
from runner.functions import BROADCAST, call
from runner.jsontexts import json_list, json_text, lists
from runner.logical import arrow_type, finish
from runner.numbers import whole, whole_or_blank
from runner.ops import Op
from runner.permute import permute, permute32, permute_within, permute_within_decade
from runner.pieces import Part, Pool, Table, binary, joined
from runner.pools import pool
from runner.prose import paragraphs, prose
from runner.shapes import shaped, weighted, zipf
from runner.texts import digits, pattern, uuid4
from runner.vectors import Array, from_integers, integers, null_mask, plain, with_nulls
from runner.walks import walked


class ValueFailed(ValueError):
    """A value that could not be made; the engine adds the place."""

    code = "VALUE_FAILED"


class Values(Protocol):
    """Where an operation finds the values of its operands."""

    rows: I64

    def value(self, op: Op) -> Array:
        """The operand's physical values."""


def evaluate(op: Op, frame: Values) -> Array:
    """The physical values of an operation."""
    return _OPERATIONS[type(op)](op, frame)


def _drawn(frame: Values, at: Op, draw: Callable[[I64], I64]) -> Array:
    """A draw at a counter that may be null: null there."""
    counter = frame.value(at)
    return from_integers(draw(integers(counter)), null_mask(counter))


_CONSTANTS: Final = {"int": pa.int64(), "float": pa.float64(), "bool": pa.bool_(), "string": pa.string()}


def _const(op: ops.Const, frame: Values) -> Array:
    if op.kind == "string":
        indices = pa.array(np.zeros(len(frame.rows), dtype=np.int32))
        return pa.DictionaryArray.from_arrays(indices, pa.array([op.value], pa.string()))
    return pa.repeat(pa.scalar(op.value, _CONSTANTS[op.kind]), len(frame.rows))


def _uniform(op: ops.Uniform, frame: Values) -> Array:
    """lo + floor(bits * (hi - lo + 1) / 2^64)."""

    def draw(at: I64) -> I64:
        drawn = bounded(op.key, at, op.hi - op.lo + 1)
        drawn += op.lo
        return drawn

    return _drawn(frame, op.at, draw)


def _uniform_between(op: ops.UniformBetween, frame: Values) -> Array:
    """lo + floor(bits * max(hi - lo + 1, 1) / 2^64), null where a bound is."""
    counter, lo, hi = frame.value(op.at), frame.value(op.lo), frame.value(op.hi)
    low = integers(lo)
    width = np.maximum(integers(hi) - low + 1, 1).view(np.uint64)
    drawn = low + high_word_each(bits(op.key, integers(counter)), width).view(np.int64)
    return _masked(from_integers(drawn), counter, lo, hi)


def _masked(array: Array, *operands: Array) -> Array:
    for operand in operands:
        mask = null_mask(operand)
        if mask is not None:
            array = with_nulls(array, mask)
    return array


def _shaped(op: ops.Shaped, frame: Values) -> Array:
    return _drawn(frame, op.at, lambda at: shaped(op.key, at, op.shape, op.lo, op.hi, op.a, op.b))


def _weighted(op: ops.Weighted, frame: Values) -> Array:
    return _drawn(frame, op.at, lambda at: weighted(op.key, at, op.weights))


def _pool_index(op: ops.PoolIndex, frame: Values) -> Array:
    weights, size = _pool_weights(op.pool)
    return _drawn(frame, op.at, lambda at: weighted(op.key, at, weights) if weights else bounded(op.key, at, size))


@lru_cache(maxsize=256)
def _pool_weights(name: str) -> tuple[tuple[int, ...] | None, int]:
    found = pool(name)
    weights = found.weights
    if weights is None or len(set(weights.tolist())) == 1:
        return None, found.size
    return tuple(weights.tolist()), found.size


def _zipf(op: ops.Zipf, frame: Values) -> Array:
    return _drawn(frame, op.at, lambda at: zipf(op.key, at, op.n, op.s))


def _permute(op: ops.Permute, frame: Values) -> Array:
    return _drawn(frame, op.of, lambda x: permute(op.key, op.n, x))


def _permute_within(op: ops.PermuteWithin, frame: Values) -> Array:
    group, of = frame.value(op.group), frame.value(op.of)
    return _masked(from_integers(permute_within(op.key, op.n, integers(group), integers(of))), group, of)


def _walk(op: ops.Walk, frame: Values) -> Array:
    group, step, size = (integers(frame.value(of)) for of in (op.group, op.step, op.size))
    return from_integers(walked(op, group, step, size))


def _decade(op: ops.Decade, frame: Values) -> Array:
    return _drawn(frame, op.of, lambda x: permute_within_decade(op.key, x))


def _below(op: ops.Below, frame: Values) -> Array:
    """floor(bits * of / 2^64), null where `of` is 0 or null."""
    bound = frame.value(op.of)
    n = integers(bound)
    drawn = high_word_each(bits(op.key, frame.rows), n.view(np.uint64)).view(np.int64)
    zero = n == 0
    return from_integers(drawn, zero if zero.any() else None)


def _person_slots(op: ops.PersonSlots, frame: Values) -> Array:
    return _drawn(frame, op.at, lambda at: permute32(op.key, at))


def _slot(op: ops.Slot, frame: Values) -> Array:
    of = frame.value(op.of)
    point = integers(of)
    coordinate = point >> 16 if op.half == "first" else point & 0xFFFF
    index, ordinal, count = pool(op.pool).slots()
    table = {"index": index, "ordinal": ordinal, "slots": count}[op.part]
    return from_integers(table.take(coordinate).astype(np.int64), null_mask(of))


def _take(op: ops.Take, frame: Values) -> Array:
    return _look_up(pool(op.pool).field(op.field), frame.value(op.of))


def _look_up(dictionary: Array, index: Array) -> Array:
    """Text stays dictionary-encoded; numbers are taken."""
    if not pa.types.is_string(dictionary.type):
        return dictionary.take(index)
    return pa.DictionaryArray.from_arrays(pc.cast(index, pa.int32()), dictionary)


@lru_cache(maxsize=1024)
def _value_list(values: tuple[Any, ...], kind: str) -> Array:
    return pa.array(values, {"str": pa.string(), "bool": pa.bool_(), "int": pa.int64(), "float": pa.float64()}[kind])


def _values(op: ops.Values, frame: Values) -> Array:
    kind = next((type(v).__name__ for v in op.values if v is not None), "str")
    return _look_up(_value_list(op.values, kind), frame.value(op.of))


def _join(op: ops.Join, frame: Values) -> Array:
    """The parts' bytes gathered in one go (`runner.pieces`): constants are baked into pools, numbers looked up."""
    if not any(isinstance(part, Op) for part in op.parts):
        return pa.repeat("".join(map(str, op.parts)), len(frame.rows))
    parts: list[Part] = []
    masks = []
    for part in op.parts:
        if isinstance(part, str):
            parts.append(part.encode())
            continue
        mask = null_mask(frame.value(part.of if isinstance(part, ops.Digits) else part))
        masks += [] if mask is None else [mask]
        parts += _text_parts(part, frame)
    text = joined(parts, len(frame.rows))
    return with_nulls(text, np.logical_or.reduce(masks)) if masks else text


def _text_parts(part: Op, frame: Values) -> list[Part]:
    """A text operation as parts; what it says where it is null is anything."""
    if isinstance(part, ops.Digits) and part.width == 1:
        values = integers(frame.value(part.of))
        return whole_or_blank(values) if part.blank_zero else whole(values)
    array = frame.value(part)
    if not isinstance(array, pa.DictionaryArray):
        return [Pool(binary(array.fill_null("") if array.null_count else array), None)]
    indices = array.indices.fill_null(0) if array.null_count else array.indices
    index = indices.to_numpy(zero_copy_only=True).astype(np.int32, copy=False)
    return [Pool(binary(array.dictionary), index, Table(_pool_name(part)) if _lasting(part) else None)]


def _lasting(part: Op) -> bool:
    return isinstance(part, ops.Take | ops.Values)


def _pool_name(part: Op) -> str:
    return f"{part.pool} {part.field}" if isinstance(part, ops.Take) else repr(getattr(part, "values", ()))


def _digits(op: ops.Digits, frame: Values) -> Array:
    of = frame.value(op.of)
    text = digits(integers(of), op.width, op.blank_zero)
    return _masked(text, of)


def _pattern(op: ops.Pattern, frame: Values) -> Array:
    of = frame.value(op.of)
    return _masked(pattern(op.alphabets, integers(of)), of)


def _prose(op: ops.Prose, frame: Values) -> Array:
    at, of = frame.value(op.at), frame.value(op.of)
    made = prose(op.key, integers(at), op.pool, op.stop, op.gap, integers(of))
    return _masked(made, at, of)


def _sentences(op: ops.Sentences, frame: Values) -> Array:
    at = frame.value(op.at)
    return _masked(paragraphs(op.key, integers(at), op.pool, op.stop, op.gap, op.number), at)


def _matching(op: ops.Matching, frame: Values) -> Array:
    at, of = frame.value(op.at), None if op.of is None else frame.value(op.of)
    language = Language(op.states, op.ends, op.shortest, op.longest)
    made = walk(op.key, integers(at), language, None if of is None else integers(of))
    return _masked(made, at, *(() if of is None else (of,)))


def _uuid(op: ops.Uuid, frame: Values) -> Array:
    at = frame.value(op.at)
    return _masked(uuid4(op.key, integers(at)), at)


def _text(op: ops.Text, frame: Values) -> Array:
    array = finish(frame.value(op.of), op.type)
    if op.type.kind == "array":
        return json_list(array, op.type)
    if op.type.kind == "datetime":
        return pc.binary_join_element_wise(pc.replace_substring(pc.cast(array, pa.string()), " ", "T"), "Z", "")
    return pc.cast(plain(array), pa.string())


def _list_of(op: ops.ListOf, frame: Values) -> Array:
    """Items side by side in one array, row after row, cut to each row's count."""
    assert op.type.item is not None
    counted = frame.value(op.count)
    sizes, n = integers(counted), len(frame.rows)
    target = arrow_type(op.type.item)
    items = [pc.cast(plain(finish(frame.value(a), op.type.item)), target) for a in op.args]
    every = pa.concat_arrays(items) if items else pa.array([], target)
    places = np.arange(len(items)) * n + np.arange(n)[:, None]
    taken = every.take(pa.array(places[np.arange(len(items)) < sizes[:, None]]))
    return _masked(lists(sizes, taken), counted)


def _call(op: ops.Call, frame: Values) -> Array:
    *others, last = op.args
    if op.function in BROADCAST and isinstance(last, ops.Const) and last.kind in ("int", "float"):
        return call(op.function, [*map(frame.value, others), pa.scalar(last.value, _CONSTANTS[last.kind])])
    return call(op.function, [frame.value(a) for a in op.args])


def _rescale(op: ops.Rescale, frame: Values) -> Array:
    """Times 10^d exactly, or divided by 10^d rounding half away from zero."""
    of = frame.value(op.of)
    if op.digits_to >= op.digits_from:
        return call("multiply", [of, pa.scalar(10 ** (op.digits_to - op.digits_from))])
    factor = 10 ** (op.digits_from - op.digits_to)
    x = integers(of)
    size = (np.abs(x) + factor // 2) // factor
    return from_integers(np.where(x < 0, -size, size), null_mask(of))


def _to_float(op: ops.ToFloat, frame: Values) -> Array:
    array = pc.cast(frame.value(op.of), pa.float64(), safe=False)
    return pc.divide(array, float(10**op.digits)) if op.digits else array


def _to_integer(op: ops.ToInteger, frame: Values) -> Array:
    """floor(|x| * 10^digits + 1/2) with the sign of x; raises beyond 2^63."""
    of = frame.value(op.of)
    x = of.fill_null(0.0).to_numpy() * float(10**op.digits)
    if not bool((np.abs(x) < 2.0**63).all()):
        raise OverflowError("a value does not fit 64 bits")
    return from_integers((np.sign(x) * np.floor(np.abs(x) + 0.5)).astype(np.int64), null_mask(of))


def _nulls(op: ops.Nulls, frame: Values) -> Array:
    """Null where floor(bits * 10^9 / 2^64) < per_billion."""
    mask = bounded(op.key, frame.rows, 10**9) < op.per_billion
    array = frame.value(op.of)
    return with_nulls(array, mask) if mask.any() else array


def _weight_before(op: ops.WeightBefore, frame: Values) -> Array:
    return _drawn(frame, op.of, lambda of: weight_before(of, op.months, op.weekdays, op.hours))


def _moment_at(op: ops.MomentAt, frame: Values) -> Array:
    return _drawn(frame, op.of, lambda of: moment_at(of, op.months, op.weekdays, op.hours))


def _python(op: ops.Python, frame: Values) -> Array:
    rows = integers(frame.value(op.at))
    kind, _, name = op.provider.partition(".")
    if kind == "plugin":
        from runner.foreign import of_plugin

        return of_plugin(op, name, rows)
    from runner.longtail import call_each

    return call_each(op, rows)


_OPERATIONS: Final[dict[type[Op], Callable[[Any, Values], Array]]] = {
    ops.Const: _const,
    ops.Uniform: _uniform,
    ops.UniformBetween: _uniform_between,
    ops.Shaped: _shaped,
    ops.Weighted: _weighted,
    ops.PoolIndex: _pool_index,
    ops.Zipf: _zipf,
    ops.Permute: _permute,
    ops.PermuteWithin: _permute_within,
    ops.Walk: _walk,
    ops.Decade: _decade,
    ops.Below: _below,
    ops.PersonSlots: _person_slots,
    ops.Slot: _slot,
    ops.Take: _take,
    ops.Values: _values,
    ops.Join: _join,
    ops.Digits: _digits,
    ops.Pattern: _pattern,
    ops.Prose: _prose,
    ops.Sentences: _sentences,
    ops.Matching: _matching,
    ops.Uuid: _uuid,
    ops.Text: _text,
    ops.JsonText: lambda op, frame: json_text(frame.value(op.of), op.type),
    ops.ListOf: _list_of,
    ops.Call: _call,
    ops.Rescale: _rescale,
    ops.ToFloat: _to_float,
    ops.ToInteger: _to_integer,
    ops.Nulls: _nulls,
    ops.WeightBefore: _weight_before,
    ops.MomentAt: _moment_at,
    ops.Python: _python,
}
