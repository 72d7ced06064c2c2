"""First-level regions: GeoNames' admin1 codes as the country itself writes the names.

With postcodes, where these follow regions.
"""

from __future__ import annotations

from typing import NamedTuple

from scripts.pools.files import table


class Region(NamedTuple):
    """A region; `short` is its abbreviation or "", the postcodes are "" where they do not follow regions."""

    name: str
    short: str
    low: str
    high: str


def regions(country: str) -> dict[str, Region]:
    """The regions of a country by admin1 code."""
    return {row[1]: Region(*row[2:]) for row in table("regions") if row[0] == country}


def native_names() -> dict[str, str]:
    """Where GeoNames' name of a city is English, what its people call it."""
    return {row[0]: row[1] for row in table("native_cities")}
