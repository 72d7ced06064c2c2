"""Whole numbers as people write them: `10K`, `5M`, `1B`, `1.5M`, `1_000_000`."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Final

_UNITS: Final = {"": 1, "K": 10**3, "M": 10**6, "B": 10**9}
_SIZE = re.compile(r"(-?[0-9]{1,18}(?:_[0-9]{1,18})*(?:\.[0-9]{1,12})?)\s*([KMB]?)", re.IGNORECASE)


def parse_size(text: str) -> Fraction | None:
    """The number a size stands for; None when it is none."""
    match = _SIZE.fullmatch(text.strip())
    if not match or len(match[1]) > 40:
        return None
    return Fraction(match[1].replace("_", "")) * _UNITS[match[2].upper()]


def parse_count(text: str) -> int | None:
    """The whole number a size stands for (`1.5K` is 1500); None when it is none."""
    size = parse_size(text)
    return size.numerator if size is not None and size.denominator == 1 else None
