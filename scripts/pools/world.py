"""Pools that are the same in every locale: from the tables beside this file and from data packages."""

from __future__ import annotations

from math import cos, radians, sin
from typing import Any

import airportsdata
from babel import Locale
from babel.numbers import get_currency_symbol

from scripts.pools.banks import bank_pool
from scripts.pools.files import WEIGHT, Fields, lines, table, whole_weights
from scripts.pools.geo import country_pool, currency_codes
from scripts.pools.source import provider

SCALE = 10**6  # of the coordinates of a point on the unit sphere

_CARDS = {  # ISO/IEC 7812 issuer ranges: brand, weight, first digits, digits in all
    "Visa": (60, [f"4{n:04}" for n in range(17, 10_000, 47)], 16),
    "Mastercard": (28, [str(n) for n in [*range(51_000, 56_000, 29), *range(22_210, 27_210, 97)]], 16),
    "American Express": (8, [str(n) for n in [*range(3400, 3500), *range(3700, 3800)]], 15),
    "Discover": (4, [str(n) for n in [*range(60_110, 60_120), *range(64_400, 66_000, 13)]], 16),
}


def world_files() -> dict[str, dict[str, Fields]]:
    """The pools by file name."""
    return {
        "geo": {"country": country_pool()},
        "aviation": {"airline": _airlines(), "airport": _airports(), "aircraft": _aircraft()},
        "finance": {"currency": _currencies(), "card": _cards(), "bank": bank_pool()},
        "health": {
            "condition": _conditions(),
            "medication": _medications(),
            "allergy": _table_pool("allergies", "name kind", "weight"),
        },
        "commerce": {"product": _products(), "adjective": {"name": lines("adjectives.txt")}},
        "company": {
            "industry": {"name": lines("industries.txt")},
            "department": {"name": lines("departments.txt")},
            **_catch_phrases(),
        },
        "internet": {"user_agent": user_agents()},
    }


def _table_pool(name: str, texts: str, *numbers: str) -> Fields:
    """A table whose first columns are texts and the others whole numbers."""
    fields = texts.split()
    columns = list(zip(*table(name), strict=True))
    pool: Fields = {field: list(columns[i]) for i, field in enumerate(fields)}
    return pool | {field: [int(v) for v in columns[len(fields) + i]] for i, field in enumerate(numbers)}


def _airlines() -> Fields:
    return _table_pool("airlines", "name iata icao country", "weight")


def _aircraft() -> Fields:
    return _table_pool("aircraft", "name maker iata icao", "seats", "weight")


def airport_rows() -> list[dict[str, Any]]:
    """Airports with both codes, by IATA code."""
    known = [a for a in airportsdata.load("IATA").values() if a["icao"] and a["city"] and a["name"]]
    return sorted(known, key=lambda a: str(a["iata"]))


def _airports() -> Fields:
    """Airports with both codes; half of the draws go to the hubs of hubs.txt."""
    rows = airport_rows()
    hubs = set(" ".join(lines("hubs.txt")).split())
    of_hub = len(rows) // sum(a["iata"] in hubs for a in rows)
    english = Locale.parse("en").territories
    return {
        "name": [a["name"] for a in rows],
        "iata": [a["iata"] for a in rows],
        "icao": [a["icao"] for a in rows],
        "city": [a["city"] for a in rows],
        "country": [a["country"] for a in rows],
        "country_name": [english.get(a["country"], a["country"]) for a in rows],
        "timezone": [a["tz"] for a in rows],
        "latitude": [round(a["lat"] * 10**6) for a in rows],
        "longitude": [round(a["lon"] * 10**6) for a in rows],
        "elevation": [round(a["elevation"]) for a in rows],
        "region": [a["subd"] or a["city"] for a in rows],
        **{axis: [round(_point(a)[i] * SCALE) for a in rows] for i, axis in enumerate("xyz")},
        "weight": [of_hub if a["iata"] in hubs else 1 for a in rows],
    }


def _point(airport: dict[str, Any]) -> tuple[float, float, float]:
    """Its place on the unit sphere."""
    lat, lon = radians(airport["lat"]), radians(airport["lon"])
    return cos(lat) * cos(lon), cos(lat) * sin(lon), sin(lat)


def _currencies() -> Fields:
    """The currencies of today's countries."""
    names, codes = Locale.parse("en_US").currencies, currency_codes()
    return {"code": codes, "name": [names[c] for c in codes], "symbol": [get_currency_symbol(c, "en_US") for c in codes]}


def _cards() -> Fields:
    """Starts of card numbers: `base` is the first digits followed by ten zeros (the payload without check digit)."""
    pool: dict[str, list[Any]] = {"base": [], "brand": [], "brand_name": [], "weight": []}
    for number, (brand, (weight, starts, _)) in enumerate(_CARDS.items()):
        pool["base"] += [int(start) * 10**10 for start in starts]
        pool["brand"] += [number] * len(starts)
        pool["brand_name"] += [brand] * len(starts)
        pool["weight"] += whole_weights([weight / len(starts)] * len(starts), WEIGHT * weight // 100)
    return dict(pool)


def _conditions() -> Fields:
    return _table_pool("conditions", "name icd10 medication", "weight", "min_age", "sex")


def _medications() -> Fields:
    """Those of the conditions (as often as these) and others."""
    counts = {name: int(weight) for name, weight in table("medications")}
    for row in table("conditions"):
        counts[row[2]] = counts.get(row[2], 0) + int(row[3])
    return {"name": sorted(counts), "weight": [counts[name] for name in sorted(counts)]}


def _products() -> Fields:
    """Prices in whole currency units."""
    return _table_pool("products", "name category", "low", "high")


def _catch_phrases() -> dict[str, Fields]:
    company = provider("en_US", "company")
    adjectives, middles, nouns = company.catch_phrase_words
    return {
        "phrase_adjective": {"name": list(adjectives)},
        "phrase_middle": {"name": list(middles)},
        "phrase_noun": {"name": list(nouns)},
        "bs_verb": {"name": list(company.bsWords[0])},
        "bs_adjective": {"name": list(company.bsWords[1])},
        "bs_noun": {"name": list(company.bsWords[2])},
    }


_SYSTEMS = (
    ("Windows NT 10.0; Win64; x64", 55), ("Macintosh; Intel Mac OS X 10_15_7", 20), ("X11; Linux x86_64", 6),
    ("Linux; Android 13; SM-S911B", 10), ("Linux; Android 14; Pixel 8", 9), ("Linux; Android 10; K", 22),
)  # fmt: skip


def user_agents() -> Fields:
    """Common browsers of recent years on common systems."""
    agents: dict[str, int] = {}
    for system, weight in _SYSTEMS:
        mobile = " Mobile" if "Android" in system else ""
        for version in range(118, 138):
            chrome = f"Mozilla/5.0 ({system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{version}.0.0.0{mobile} Safari/537.36"
            agents[chrome] = weight * (version - 110)
            if not mobile:
                agents[f"{chrome} Edg/{version}.0.0.0"] = weight * (version - 110) // 8 + 1
    for version in range(118, 138):
        for system in ("Windows NT 10.0; Win64; x64", "Macintosh; Intel Mac OS X 10.15", "X11; Linux x86_64"):
            agents[f"Mozilla/5.0 ({system}; rv:{version}.0) Gecko/20100101 Firefox/{version}.0"] = (version - 110) * 3
    for major in range(15, 19):
        for minor in range(7):
            engine = f"AppleWebKit/605.1.15 (KHTML, like Gecko) Version/{major}.{minor}"
            agents[f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {engine} Safari/605.1.15"] = (major - 14) * 25
            phone = f"iPhone; CPU iPhone OS {major}_{minor} like Mac OS X"
            agents[f"Mozilla/5.0 ({phone}) {engine} Mobile/15E148 Safari/604.1"] = (major - 14) * 70
            tablet = f"iPad; CPU OS {major}_{minor} like Mac OS X"
            agents[f"Mozilla/5.0 ({tablet}) {engine} Mobile/15E148 Safari/604.1"] = (major - 14) * 12
    return {"name": list(agents), "weight": list(agents.values())}
