"""Even points on a sphere: bands of latitude with their share of the area, worked out at plan time in exact decimals.

Angles are whole microdegrees. A point is a band by its weight, evenly a latitude of it, and evenly a longitude
within the band's half width to both sides: no sine is needed where points are drawn.
"""

from __future__ import annotations

from decimal import Decimal, localcontext
from functools import lru_cache
from typing import NamedTuple

from runner.circles import arc_cosine, cosine, radians, sine

MICRO = 10**6
POLE, TURN = 90 * MICRO, 360 * MICRO
EARTH_RADIUS = 6_371_009
"""The mean radius in metres (IUGG)."""
_BANDS = 256
_TOTAL = 1 << 48


class Bands(NamedTuple):
    """Latitudes from `first` to `last` (both included), half widths in longitude, and weights."""

    first: tuple[int, ...]
    last: tuple[int, ...]
    half: tuple[int, ...]
    weights: tuple[int, ...]


@lru_cache(maxsize=64)
def box(south: int, north: int, half: int) -> Bands:
    """All latitudes from `south` to `north`, the same half width everywhere."""
    edges = _edges(south, north)
    return _bands(edges, [half] * len(edges))


@lru_cache(maxsize=64)
def cap(latitude: int, radius: int) -> Bands:
    """The circle of `radius` metres around a point at a latitude: bands that lie wholly within it.

    At a latitude f the half width w has cos w = (cos d - sin f sin f0) / (cos f cos f0), d being the
    radius as an angle; it has one maximum, so a band is as wide as the narrower of its edges.
    """
    with localcontext() as context:
        context.prec = 40
        angle = Decimal(radius) / EARTH_RADIUS
        reach = int(angle * 180 / radians(Decimal(180)) * MICRO)
        edges = _edges(max(latitude - reach, -POLE), min(latitude + reach, POLE))
        return _bands(edges, [_half_width(edge, latitude, angle) for edge in edges])


def _edges(south: int, north: int) -> list[int]:
    """Where bands begin, and one after the last latitude."""
    size = north + 1 - south
    count = min(_BANDS, size)
    return [south + size * number // count for number in range(count + 1)]


def _half_width(at: int, centre: int, angle: Decimal) -> int:
    here, there = (radians(Decimal(degrees) / MICRO) for degrees in (at, centre))
    below = cosine(here) * cosine(there)
    above = cosine(angle) - sine(here) * sine(there)
    if below <= Decimal(10) ** -20:
        return TURN // 2 if above <= 0 else 0
    return int(arc_cosine(above / below) * 180 / radians(Decimal(180)) * MICRO)


def _bands(edges: list[int], halves: list[int]) -> Bands:
    heights = [sine(radians(Decimal(edge) / MICRO)) for edge in edges]
    whole = heights[-1] - heights[0]
    rows = []
    for number in range(len(edges) - 1):
        half = min(halves[number], halves[number + 1])
        area = (heights[number + 1] - heights[number]) / whole * (2 * half + 1) if whole else Decimal(1)
        rows.append((edges[number], edges[number + 1] - 1, half, max(int(area * _TOTAL / TURN), 1)))
    return Bands(*(tuple(column) for column in zip(*rows, strict=True)))
