"""The closed list of functions that `Call` may name, over whole columns. Nulls propagate unless said otherwise.

Physical kinds: I int64, F float64, T text, B bool. Integer arithmetic is checked: an overflow raises
`OverflowError` rather than wrapping. Only kernels whose bits do not depend on the CPU are used.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from runner.checks import luhn
from runner.draws import I64
from runner.slugs import slugs
from runner.vectors import Array, from_integers, integers, null_mask, plain

Function = Callable[[Sequence[Array]], Array]


def _texts(args: Sequence[Array]) -> list[Array]:
    return [plain(a) for a in args]


def _scalar(array: Array) -> object:
    """The value of a constant argument (None when null or when there are no rows)."""
    return array[0].as_py() if len(array) else None


def _binary(kernel: Callable[[Array, Array], Array]) -> Function:
    return lambda args: kernel(*_texts(args))


def _fold(kernel: Callable[[Array, Array], Array]) -> Function:
    return lambda args: reduce(kernel, args)


def _without_zero(y: Array) -> Array:
    if isinstance(y, pa.Scalar):
        return y if y.as_py() != 0 else pa.scalar(None, y.type)
    return pc.if_else(pc.equal(y, 0), pa.scalar(None, y.type), y)


def _by_integer(kernel: Callable[..., I64]) -> Function:
    """Division of whole numbers, null where the divisor is 0 or null; by a constant it is much faster."""

    def divide(args: Sequence[Array]) -> Array:
        x, y = args[0], _without_zero(args[1])
        if isinstance(y, pa.Scalar):
            return from_integers(kernel(integers(x), y.as_py() or 1), null_mask(x if y.is_valid else pc.add(x, y)))
        return from_integers(kernel(integers(x), integers(y.fill_null(1))), null_mask(pc.add(x, y)))

    return divide


_FEW = 256  # entries up to which pools are merged instead of written out


def _choose(index: Array, options: Sequence[Array]) -> Array:
    """`options[index]` by row. Texts of few entries stay a dictionary."""
    if not all(isinstance(o, pa.DictionaryArray) for o in options) or sum(len(o.dictionary) for o in options) > _FEW:
        return pc.choose(index, *_texts(options))
    every = pa.concat_arrays([o.dictionary for o in options])
    entries = every.unique()
    place = pc.index_in(every, entries)
    starts = np.cumsum([0, *(len(o.dictionary) for o in options)])
    indices = [place.take(pc.add(o.indices, pa.scalar(int(s), pa.int32()))) for o, s in zip(options, starts, strict=False)]
    return pa.DictionaryArray.from_arrays(pc.choose(index, *indices), entries)


def _if_else(args: Sequence[Array]) -> Array:
    condition, yes, no = args
    condition = condition.fill_null(False)
    if pa.types.is_dictionary(yes.type) and pa.types.is_dictionary(no.type):
        return _choose(pc.cast(pc.invert(condition), pa.int8()), (yes, no))
    return pc.if_else(condition, plain(yes), plain(no))


def _substring(args: Sequence[Array]) -> Array:
    start, stop = _scalar(args[1]), _scalar(args[2])
    return pc.utf8_slice_codeunits(plain(args[0]), start=start or 0, stop=stop)


def _literal(kernel: Callable[..., Array]) -> Function:
    return lambda args: kernel(plain(args[0]), pattern=_scalar(plain(args[1])))


def _pad(kernel: Callable[..., Array]) -> Function:
    return lambda args: kernel(plain(args[0]), width=_scalar(args[1]), padding=_scalar(plain(args[2])))


def _replace(args: Sequence[Array]) -> Array:
    text, pattern, replacement = (plain(args[0]), _scalar(plain(args[1])), _scalar(plain(args[2])))
    return pc.replace_substring(text, pattern=pattern, replacement=replacement)


def _split(args: Sequence[Array]) -> Array:
    """The part at a place from 0; null where there are fewer."""
    number = _scalar(args[2])
    parts = pc.split_pattern(plain(args[0]), pattern=_scalar(plain(args[1])))
    place = pc.add(pa.array(np.asarray(parts.offsets)[:-1].astype(np.int64)), number or 0)
    there = pc.greater(parts.value_lengths(), number or 0)
    return parts.values.take(pc.if_else(there, place, pa.scalar(None, pa.int64())))


def _position(args: Sequence[Array]) -> Array:
    """Characters before the first occurrence and one, 0 where there is none."""
    parts = pc.split_pattern(plain(args[0]), pattern=_scalar(plain(args[1])), max_splits=1)
    before = pc.cast(pc.utf8_length(pc.list_element(parts, 0)), pa.int64())
    return pc.if_else(pc.greater(parts.value_lengths(), 1), pc.add(before, 1), pa.scalar(0, pa.int64()))


def _regex_replace(args: Sequence[Array]) -> Array:
    text, pattern, replacement = (plain(args[0]), _scalar(plain(args[1])), _scalar(plain(args[2])))
    return pc.replace_substring_regex(text, pattern=pattern, replacement=replacement)


def _days(array: Array) -> Array:
    return pc.cast(pc.cast(array, pa.int32()), pa.date32())


def _calendar(kernel: Callable[..., Array]) -> Function:
    return lambda args: pc.cast(kernel(_days(args[0])), pa.int64())


def _months_of(days: I64) -> tuple[I64, I64]:
    """Months since 1970-01 and the day of the month from 0."""
    dates = days.view("datetime64[D]") if days.dtype == np.int64 else days.astype("datetime64[D]")
    months = dates.astype("datetime64[M]")
    return months.view(np.int64), (dates - months.astype("datetime64[D]")).view(np.int64)


def _add_months(args: Sequence[Array]) -> Array:
    months, day = _months_of(np.ascontiguousarray(integers(args[0])))
    months = months + integers(args[1])
    first = months.view("datetime64[M]").astype("datetime64[D]").view(np.int64)
    following = (months + 1).view("datetime64[M]").astype("datetime64[D]").view(np.int64)
    return from_integers(first + np.minimum(day, following - first - 1), null_mask(pc.add(args[0], args[1])))


def _share(args: Sequence[Array]) -> Array:
    """floor(part * of / whole), by halves of 20 bits so that nothing leaves 64 bits."""
    part, of, whole = (integers(a) for a in args)
    sure, rest = np.divmod(of, whole)
    carried, left = np.divmod((part >> 20) * rest, whole)
    found = part * sure + (carried << 20) + ((left << 20) + (part & 0xFFFFF) * rest) // whole
    return from_integers(found, null_mask(args[1]))


FUNCTIONS: Final[dict[str, Function]] = {
    "add": _binary(pc.add_checked),
    "subtract": _binary(pc.subtract_checked),
    "multiply": _binary(pc.multiply_checked),
    "negate": lambda args: pc.negate_checked(args[0]),
    "absolute": lambda args: pc.abs_checked(args[0]),
    "divide": lambda args: pc.divide(args[0], _without_zero(args[1])),
    "integer_divide": _by_integer(np.floor_divide),
    "modulo": _by_integer(np.mod),
    "share": _share,
    "floor": lambda args: pc.floor(args[0]),
    "ceil": lambda args: pc.ceil(args[0]),
    "sqrt": lambda args: pc.sqrt(pc.if_else(pc.less(args[0], 0.0), pa.scalar(None, pa.float64()), args[0])),
    "minimum": _fold(lambda x, y: pc.min_element_wise(x, y, skip_nulls=False)),
    "maximum": _fold(lambda x, y: pc.max_element_wise(x, y, skip_nulls=False)),
    "equal": _binary(pc.equal),
    "not_equal": _binary(pc.not_equal),
    "less": _binary(pc.less),
    "less_equal": _binary(pc.less_equal),
    "greater": _binary(pc.greater),
    "greater_equal": _binary(pc.greater_equal),
    "and": _binary(pc.and_kleene),
    "or": _binary(pc.or_kleene),
    "not": lambda args: pc.invert(args[0]),
    "if_else": _if_else,
    "choose": lambda args: _choose(args[0], args[1:]),
    "coalesce": lambda args: pc.coalesce(*_texts(args)),
    "is_null": lambda args: pc.is_null(args[0]),
    "lower": lambda args: pc.utf8_lower(plain(args[0])),
    "upper": lambda args: pc.utf8_upper(plain(args[0])),
    "trim": lambda args: pc.utf8_trim_whitespace(plain(args[0])),
    "reverse": lambda args: pc.utf8_reverse(plain(args[0])),
    "length": lambda args: pc.cast(pc.utf8_length(plain(args[0])), pa.int64()),
    "substring": _substring,
    "replace": _replace,
    "title": lambda args: pc.utf8_title(plain(args[0])),
    "repeat": lambda args: pc.binary_repeat(plain(args[0]), _scalar(args[1]) or 0),
    "position": _position,
    "split": _split,
    "matches": _literal(pc.match_substring_regex),
    "regex_replace": _regex_replace,
    "contains": _literal(pc.match_substring),
    "starts_with": _literal(pc.starts_with),
    "ends_with": _literal(pc.ends_with),
    "pad_left": _pad(pc.utf8_lpad),
    "pad_right": _pad(pc.utf8_rpad),
    "year": _calendar(pc.year),
    "month": _calendar(pc.month),
    "day": _calendar(pc.day),
    "quarter": _calendar(pc.quarter),
    "weekday": lambda args: pc.cast(pc.day_of_week(_days(args[0]), count_from_zero=False, week_start=1), pa.int64()),
    "day_of_year": _calendar(pc.day_of_year),
    "week": _calendar(pc.iso_week),
    "add_months": _add_months,
    "slug": lambda args: slugs(args[0]),
    "luhn": lambda args: from_integers(luhn(integers(args[0])), null_mask(args[0])),
    "parse_int": lambda args: pc.cast(plain(args[0]), pa.int64()),
}
"""Every function by name; argument and result kinds are in `runner.schema.functions`."""


BROADCAST: Final = frozenset(
    "add subtract multiply divide integer_divide modulo equal not_equal less less_equal greater greater_equal".split()
)
"""Functions that take a `pa.Scalar` for a constant argument as the second of two."""


def call(name: str, args: Sequence[Array]) -> Array:
    """Apply a function. Raises `KeyError` for an unknown name and `OverflowError` beyond int64."""
    try:
        return FUNCTIONS[name](args)
    except pa.ArrowInvalid as error:
        if "overflow" in str(error):
            raise OverflowError(f"{name}: a value does not fit 64 bits") from None
        raise
