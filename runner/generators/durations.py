"""Lengths of time as people write them: `5m`, `1h30m`, `7d`, `week`."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from runner.generators.registry import ParameterError

MICROSECOND, SECOND = 1, 10**6
UNITS = {
    "us": 1,
    "ms": 10**3,
    "s": SECOND,
    "m": 60 * SECOND,
    "min": 60 * SECOND,
    "h": 3_600 * SECOND,
    "d": 86_400 * SECOND,
    "w": 7 * 86_400 * SECOND,
    "y": 31_556_952 * SECOND,  # 365.2425 days
}
"""Microseconds by unit. In lengths of time `m` is a minute."""
_WORDS = {"second": "s", "minute": "m", "hour": "h", "day": "d", "week": "w", "year": "y"}
_PIECE = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]+)\s*")
_LONGEST = 1_000 * UNITS["y"]


def unit_of(word: str) -> int | None:
    """Microseconds of a unit: `d`, `day`, `days`; None for another word."""
    folded = word.strip().casefold()
    return UNITS.get(_WORDS.get(folded.removesuffix("s"), folded))


def microseconds(given: Any, parameter: str, *, zero: bool = False) -> int:
    """A length of time above 0 (or 0, where that makes sense); a bare number is seconds. Raises `ParameterError`."""
    text = str(given).strip().casefold()
    found = _read(text)
    if found is None or found > _LONGEST:
        known = ", ".join(UNITS)
        message = f"`{parameter}` must be a length of time such as 90s, 5m, 1h30m or 7d, not {given!r}; units are {known}"
        raise ParameterError(message, parameter)
    if found != int(found) or found < 0 or (found == 0 and not zero):
        raise ParameterError(f"`{parameter}` must be {'0 or more' if zero else 'above 0'}, in whole microseconds", parameter)
    return int(found)


def _read(text: str) -> Decimal | None:
    if re.fullmatch(r"\d+(\.\d+)?", text):
        return Decimal(text) * SECOND
    if unit_of(text):
        return Decimal(unit_of(text) or 0)
    total, end = Decimal(0), 0
    for piece in _PIECE.finditer(text):
        unit = unit_of(piece[2])
        if unit is None or piece.start() != end:
            return None
        total, end = total + Decimal(piece[1]) * unit, piece.end()
    return total if end and end == len(text) else None


def ticks_of(given: Any, parameter: str, exponent: int, *, zero: bool = False) -> int:
    """A length of time in ticks of 10^-exponent seconds. Raises `ParameterError` where it is no whole number of them."""
    found = microseconds(given, parameter, zero=zero)
    whole, rest = divmod(found, {0: 10**6, 3: 10**3, 6: 1}[exponent])
    if rest:
        name = {0: "seconds", 3: "milliseconds", 6: "microseconds"}[exponent]
        raise ParameterError(f"`{parameter}` must be a whole number of {name}, which is the `precision`", parameter)
    return whole
