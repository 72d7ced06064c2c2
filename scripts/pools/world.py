"""Pools that are the same in every locale: from the tables beside this file and from data packages."""

from __future__ import annotations

from scripts.pools.aviation import aviation_file
from scripts.pools.files import Fields, lines, table
from scripts.pools.geo import country_pool
from scripts.pools.source import provider


def world_files() -> dict[str, dict[str, Fields]]:
    """The pools by file name."""
    return {
        "geo": {"country": country_pool()},
        "aviation": aviation_file(),
        "commerce": {"product": _products(), "adjective": {"name": lines("adjectives.txt")}},
        "company": {
            "industry": {"name": lines("industries.txt")},
            "department": {"name": lines("departments.txt")},
            **_catch_phrases(),
        },
    }


def _table_pool(name: str, texts: str, *numbers: str) -> Fields:
    """A table whose first columns are texts and the others whole numbers."""
    fields = texts.split()
    columns = list(zip(*table(name), strict=True))
    pool: Fields = {field: list(columns[i]) for i, field in enumerate(fields)}
    return pool | {field: [int(v) for v in columns[len(fields) + i]] for i, field in enumerate(numbers)}


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
