"""The long tail: one Python call per value, seeded per row, for Faker's providers."""

from __future__ import annotations

import datetime
import decimal
import threading
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import orjson
import pyarrow as pa
from faker import Faker

from runner.draws import I64, bits
from runner.operations import ValueFailed
from runner.ops import Python
from runner.still_clock import hold, standing_at
from runner.vectors import Array


def call_each(op: Python, rows: I64) -> Array:
    """Faker's value of each row as text (physical form of a `string` column)."""
    provider = _faker_method(op.provider.partition(".")[2], op.locale)
    params: dict[str, Any] = orjson.loads(op.params)
    seeds = bits(op.key, rows).tolist()
    with standing_at(op.as_of):
        found = [_one(op, provider, params, seed, row) for seed, row in zip(seeds, rows.tolist(), strict=True)]
    return pa.array(found, pa.string())


def _one(op: Python, provider: Callable[..., Any], params: dict[str, Any], seed: int, row: int) -> str | None:
    try:
        return _as_text(provider(seed, **params))
    except Exception as error:  # whatever a foreign provider raises
        raise ValueFailed(f"{op.provider} failed at row {row:,}: {type(error).__name__}: {error}") from error


def _as_text(value: Any) -> str | None:
    match value:
        case None | str():
            return value
        case bool():
            return "true" if value else "false"
        case datetime.date() | datetime.time():
            return value.isoformat()
        case int() | float() | decimal.Decimal():
            return str(value)
        case bytes():
            return value.hex()
    return orjson.dumps(value, default=str, option=orjson.OPT_SORT_KEYS).decode()


@lru_cache(maxsize=64)
def _faker_method(method: str, locale: str) -> Callable[..., Any]:
    fake, one_at_a_time = Faker(locale, use_weighting=True), threading.Lock()
    hold(fake.factories[0].get_providers())

    def provide(seed: int, **params: Any) -> Any:
        with one_at_a_time:
            fake.seed_instance(seed)
            return getattr(fake, method)(**params)

    return provide
