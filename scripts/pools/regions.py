"""First-level regions of countries by GeoNames' admin1 codes, named as the country itself names them.

tables/regions.tsv names those of the countries whose regions have a short form or another script; the rest are ISO
3166-2 (package pycountry), found by the codes that OpenTravelData (package neobase) gives both of.
"""

from __future__ import annotations

import io
import json
import re
from collections import Counter
from difflib import SequenceMatcher
from functools import cache
from gettext import GNUTranslations
from typing import NamedTuple

from scripts.pools import wheels
from scripts.pools.files import table
from scripts.pools.postcodes import fold

_ALIKE = 0.8  # of two spellings of one name


class Region(NamedTuple):
    """A region; `short` is its abbreviation, or the code of ISO 3166-2."""

    name: str
    short: str


def regions(country: str) -> dict[str, Region]:
    """The regions of a country by admin1 code."""
    written = {row[1]: Region(row[2], row[3]) for row in table("regions") if row[0] == country}
    return written or _standard(country)


def _standard(country: str) -> dict[str, Region]:
    named = _names()
    return {
        admin: Region(named[f"{country}-{code}"], code)
        for (of, admin), code in _codes().items()
        if of == country and f"{country}-{code}" in named
    }


@cache
def _names() -> dict[str, str]:
    """Names by ISO 3166-2 code, without what else they are called."""
    found = json.loads(wheels.read("pycountry", "pycountry/databases/iso3166-2.json"))["3166-2"]
    return {row["code"]: _turned(re.sub(r"\s*[\[(].*", "", row["name"])) for row in found}


def _turned(name: str) -> str:
    """`Madrid, Comunidad de` as it is said."""
    head, _, kind = name.partition(", ")
    return f"{kind} {head}" if kind and not kind.endswith("'") else f"{kind}{head}"


def iso_names(country: str) -> dict[str, str]:
    """The names of a country's subdivisions by the second part of their ISO 3166-2 code."""
    return {code.partition("-")[2]: name for code, name in _names().items() if code.startswith(f"{country}-")}


@cache
def _codes() -> dict[tuple[str, str], str]:
    """ISO 3166-2 codes by country and admin1 code, where the two differ: else it is GeoNames' own code again."""
    found: dict[tuple[str, str], Counter[str]] = {}
    for row in wheels.read_table("neobase", "neobase/optd_por_public.csv", "^"):
        if row["adm1_code"] and row["iso31662"] and not (row["iso31662"] == row["adm1_code"] and row["iso31662"].isdigit()):
            found.setdefault((row["country_code"], row["adm1_code"]), Counter())[row["iso31662"]] += 1
    return {place: min(codes, key=lambda c: (-codes[c], c)) for place, codes in found.items()}


def spoken_names(country: str, locale: str) -> list[str]:
    """A country's subdivisions as the locale's people call them.

    From tables/states.tsv, else those that Debian's translators (iso-codes) have where these are most of them, else ISO 3166-2.
    """
    own = [row[1] for row in table("states") if row[0] == locale]
    texts = _translations(locale) or _translations(locale.partition("_")[0])
    names = sorted(set(iso_names(country).values()))
    found = [re.sub(r"\s*[\[(].*", "", texts.gettext(name)) for name in names if texts.gettext(name) != name] if texts else []
    return own or (found if len(found) * 2 > len(names) else names)


def translated(country: str, name: str, language: str) -> str:
    """A region in another script: what Debian's translators (iso-codes) call the one of about that name, "" where unknown."""
    texts, wanted = _translations(language), fold(name)
    alike = [(SequenceMatcher(None, wanted, fold(own.replace("oblast", ""))).ratio(), own) for own in iso_names(country).values()]
    best, own = max(alike, default=(0.0, ""))
    return re.sub(r"\s*[\[(].*", "", texts.gettext(own)) if texts and best >= _ALIKE and texts.gettext(own) != own else ""


@cache
def _translations(language: str) -> GNUTranslations | None:
    try:
        return GNUTranslations(io.BytesIO(wheels.read("pycountry", f"pycountry/locales/{language}/LC_MESSAGES/iso3166-2.mo")))
    except KeyError:
        return None


def native_names() -> dict[str, str]:
    """Where GeoNames' name of a city is English, what its people call it."""
    return {row[0]: row[1] for row in table("native_cities")}
