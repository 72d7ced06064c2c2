"""Values of plug-ins: their functions called and what they return checked, so that an error names the plug-in."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from random import Random
from typing import Any

import numpy as np
import orjson
import pyarrow as pa

from runner import plugins
from runner.draws import I64, U64, bits
from runner.logical import arrow_type
from runner.operations import ValueFailed
from runner.ops import Python
from runner.types import TEXTS, Type
from runner.vectors import Array


def of_plugin(op: Python, name: str, rows: I64) -> Array:
    """Physical values of the plug-in `name`, one for each row. Raises `ValueFailed` naming it."""
    plugin = plugins.plugin_of(name)
    if plugin is None:
        known = "; ".join(plugins.problems()) or "no plug-in of that name is installed"
        raise ValueFailed(f"plug-in {name}: {known}")
    given = orjson.loads(op.params) | ({"locale": op.locale} if plugin.takes_locale else {})
    function, seeds = partial(plugin.function, **given), bits(op.key, rows)
    found = _block(name, function, seeds) if plugin.per_block else _each(name, function, seeds, rows)
    return _physical(name, found, plugin.output)


def _each(name: str, function: Callable[..., Any], seeds: U64, rows: I64) -> list[Any]:
    found = []
    for seed, row in zip(seeds.tolist(), rows.tolist(), strict=True):
        try:
            found.append(function(Random(seed)))  # noqa: S311 - seeded per row, not for secrets
        except Exception as error:  # whatever foreign code raises
            raise ValueFailed(f"plug-in {name} failed at row {row:,}: {type(error).__name__}: {error}") from error
    return found


def _block(name: str, function: Callable[..., Any], seeds: U64) -> Any:
    try:
        found = function(seeds.copy())
    except Exception as error:  # whatever foreign code raises
        raise ValueFailed(f"plug-in {name} failed: {type(error).__name__}: {error}") from error
    if (told := _shape(found)) != f"{len(seeds):,} values":
        raise ValueFailed(f"plug-in {name} must return one value for each of {len(seeds):,} rows, but returned {told}")
    return found


def _shape(found: Any) -> str:
    """How many values there are, or what there is instead."""
    if isinstance(found, np.ndarray) and found.ndim != 1:
        return f"an array of shape {found.shape}"
    return f"{len(found):,} values" if isinstance(found, np.ndarray | pa.Array | list | tuple) else type(found).__name__


def _physical(name: str, found: Any, kind: Type) -> Array:
    """What the plug-in returned as the physical form of its type. Raises `ValueFailed` where it is of another type."""
    try:
        logical = found if isinstance(found, pa.Array) else pa.array(found, from_pandas=False)
        logical = _checked(logical, kind)
        return _to_physical(logical, kind)
    except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
        raise ValueFailed(f"plug-in {name} must return values of type {kind}: {error}") from error


def _checked(values: Array, kind: Type) -> Array:
    """Values as the logical Arrow type; texts are not numbers and numbers are not texts, whatever a cast would do."""
    target = arrow_type(kind)
    text, wanted = pa.types.is_string(values.type) or pa.types.is_large_string(values.type), kind.kind in TEXTS
    if text != wanted and not pa.types.is_null(values.type):
        raise TypeError(f"it returned {values.type}")
    return values.cast(target)


def _to_physical(values: Array, kind: Type) -> Array:
    match kind.kind:
        case "decimal":
            return _unscaled(values)
        case "date":
            return values.cast(pa.int32()).cast(pa.int64())
        case "time":
            return values.cast(pa.int64() if kind.precision == 6 else pa.int32()).cast(pa.int64())
        case "datetime":
            return values.cast(pa.int64())
    return values


def _unscaled(values: Array) -> Array:
    """Decimals as counts of their last digit: the low words of their 128 bits."""
    words = np.frombuffer(values.buffers()[1], dtype=np.int64)[2 * values.offset : 2 * (values.offset + len(values)) : 2]
    mask = values.is_null().to_numpy(zero_copy_only=False) if values.null_count else None
    return pa.array(words, mask=mask)
