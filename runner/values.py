"""Single values of one generator, for the command line and the services."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Any

from runner import pools
from runner.generators import Generator, Made, Make, ParameterError, build, find
from runner.generators.building import closest
from runner.generators.mixes import MixError, Share, build_mixed, shares
from runner.generators.moments import dated

AS_OF = 1_735_689_600  # 2025-01-01T00:00:00Z
LIMIT = 1_000_000


def generate_values(
    name: str,
    count: int = 1,
    seed: int | None = None,
    locale: str = "en_US",
    params: Mapping[str, Any] = MappingProxyType({}),
    *,
    today: date | None = None,
    exact: bool = False,
    most_bytes: int | None = None,
) -> tuple[Generator, list[Any]]:
    """`count` JSON-safe values of the generator that `name` means (any spelling), with `params`.

    `locale` may be a mix (`en_US:60,id_ID:40`). The same seed gives the same values; without one they are fresh on every
    call. `today` is the day that
    `today` in a parameter means (default: the day `as_of` is); `exact` keeps decimals as text with all digits. Raises
    `TooManyBytes` for values of more than `most_bytes` together,
    `UnknownGenerator`, and `ParameterError` for a parameter, a count outside 1..1,000,000 or an unknown locale.
    """
    from runner.engine import values
    from runner.logical import json_value

    generator, bound = find(name)
    if not 1 <= count <= LIMIT:
        raise ParameterError(f"`count` must be between 1 and {LIMIT:,}, not {count:,}", "count")
    chosen = int.from_bytes(os.urandom(8), "little") if seed is None else seed
    mix = known_mix(locale)
    make = Make(seed=chosen, table="values", column=generator.name, rows=count, as_of=AS_OF, locale=mix[0].locale)
    given = {**bound, **_dated(generator, params, today)}
    made = build(generator, given, make) if len(mix) == 1 else build_mixed(make, mix, lambda own: build(generator, given, own))
    found = values(made, count).to_pylist() if most_bytes is None else _bounded(made, count, most_bytes)
    if exact and made.type.kind == "decimal":
        return generator, [None if value is None else format(value, "f") for value in found]
    return generator, [json_value(value, made.type.kind) for value in found]


def _bounded(made: Made, count: int, most_bytes: int) -> list[Any]:
    from runner.engine import values
    from runner.steps import in_steps
    from runner.vectors import plain

    parts = in_steps(lambda start, stop: plain(values(made, stop - start, start)), lambda part: part.nbytes, 0, count, most_bytes)
    return [value for part in parts for value in part.to_pylist()]


def _dated(generator: Generator, params: Mapping[str, Any], today: date | None) -> dict[str, Any]:
    """The parameters with `today` as the day it is."""
    moments = {p.name for p in generator.parameters if p.type in ("date", "datetime")} if today else set[str]()
    return {
        name: dated(value, today) if today and name in moments and isinstance(value, str) else value
        for name, value in params.items()
    }


def example_of(generator: Generator, bound: Mapping[str, Any] = MappingProxyType({})) -> Any:
    """The value that describes a generator (seed 1), JSON-safe, with the parameters that an alias binds."""
    return generate_values(generator.name, 1, 1, home_locale(generator), {**needed(generator), **bound})[1][0]


def home_locale(generator: Generator) -> str:
    """The default locale, or the generator's own where it has no data for that."""
    home = pools.DEFAULT_LOCALE
    return home if home in generator.locales or not generator.locales else generator.locales[0]


def needed(generator: Generator) -> dict[str, Any]:
    """Example values for the parameters that must be given."""
    return {p.name: ["red", "green", "blue"] for p in generator.parameters if p.required and p.type in ("any", "list")}


def known_mix(text: str) -> tuple[Share, ...]:
    """The locales meant by a mix such as `en_US:60,id_ID:40`; one of a plain locale. Raises `ParameterError`."""
    try:
        mix = shares(text)
    except MixError as error:
        raise ParameterError(str(error), "locale", code="LOCALE_MIX_INVALID") from None
    return tuple(Share(known_locale(share.locale), share.weight) for share in mix)


def known_locale(text: str) -> str:
    """The locale meant by `text` (`en-us`, `de`). Raises `ParameterError` for one that there is no data for."""
    found = pools.locale_of(text)
    if found is None:
        nearest = closest(text, pools.locales())
        raise ParameterError(f"there is no locale {text!r}", "locale", nearest, "LOCALE_UNKNOWN")
    return found
