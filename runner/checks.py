"""Check digits over whole columns."""

from __future__ import annotations

import numpy as np

from runner.draws import I64

_DOUBLED = np.array([0, 2, 4, 6, 8, 1, 3, 5, 7, 9], dtype=np.int64)


def luhn(values: I64) -> I64:
    """The digit 0..9 that makes `value * 10 + digit` pass the Luhn test (ISO/IEC 7812-1 annex B); values >= 0."""
    total = np.zeros(len(values), dtype=np.int64)
    rest, doubled = values, True
    while rest.any():
        rest, digit = np.divmod(rest, 10)
        total += _DOUBLED[digit] if doubled else digit
        doubled = not doubled
    return (-total) % 10
