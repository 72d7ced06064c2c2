"""Words, jobs and company names of a locale."""

from __future__ import annotations

from typing import Any

from scripts.pools.files import Fields, weighted
from scripts.pools.person import slug
from scripts.pools.source import own


def text_pools(locale: str) -> dict[str, Fields]:
    """Whatever of `word`, `job`, `company_*` Faker has for the locale itself."""
    pools: dict[str, Fields] = {}
    words = own(locale, "lorem")
    if words is not None:
        pools["word"] = _words(list(dict.fromkeys(words.word_list)))
    jobs = own(locale, "job")
    if jobs is not None and jobs.jobs:
        pools["job"] = weighted(list(dict.fromkeys(jobs.jobs)))
    companies = own(locale, "company")
    for kind in ("company_suffixes", "company_prefixes", "large_companies", "company_categories"):
        values: Any = getattr(companies, kind, None)
        if values and (kind != "company_suffixes" or locale != "ja_JP"):
            pools[kind] = weighted(values)
    return pools


def _words(words: list[str]) -> Fields:
    """`name`, `capital` (first letter upper) and `after` (with a space before) and `slug`; entry 0 of each is empty."""
    return {
        "name": ["", *words],
        "capital": ["", *(w[:1].upper() + w[1:] for w in words)],
        "after": ["", *(f" {w}" for w in words)],
        "slug": ["", *(slug(w) for w in words)],
    }
