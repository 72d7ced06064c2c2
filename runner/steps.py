"""Rows computed in small steps, so that what is too large is seen before it fills the memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

T = TypeVar("T")
FIRST_ROWS: Final = 8
MOST_ROWS: Final = 512
STEP_BYTES: Final = 4 << 20
"""What a step may hold, judged by the one before it."""


class TooManyBytes(ValueError):
    """The rows asked for are larger together than they may be."""


def in_steps(make: Callable[[int, int], T], size: Callable[[T], int], start: int, stop: int, most_bytes: int) -> list[T]:
    """`make(a, b)` for steps that cover [start, stop); `size` gives the bytes of each. Raises `TooManyBytes`."""
    parts: list[T] = []
    total, rows = 0, FIRST_ROWS
    while start < stop:
        end = min(stop, start + rows)
        part = make(start, end)
        own = size(part)
        total += own
        if total > most_bytes:
            raise TooManyBytes(f"rows up to {end:,} hold more than {most_bytes:,} bytes")
        parts.append(part)
        rows = max(1, min(2 * rows, MOST_ROWS, STEP_BYTES * (end - start) // max(own, 1)))
        start = end
    return parts
