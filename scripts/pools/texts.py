"""Words, jobs and company names of a locale."""

from __future__ import annotations

import re
from typing import Any

from scripts.pools.files import Fields, weighted
from scripts.pools.person import slug
from scripts.pools.source import own

_INVERTED = re.compile(r"([^,()]+), ([^,()]+?)( \([^()]+\))?")
_WHOLE = {  # what Faker's list has lost after a hyphen; "" is nothing by itself
    "Land": "",
    "Make": "Make-up artist",
    "Sub": "Sub-editor",
    "Copy": "Copy editor",
    "Press sub": "Press sub-editor",
    "Publishing copy": "Publishing copy-editor",
    "Teacher, early years/pre": "Teacher, early years/pre-school",
    "কপি": "",
    "সাব": "",
}


def text_pools(locale: str) -> dict[str, Fields]:
    """Whatever of `word`, `job`, `company_*` Faker has for the locale itself."""
    pools: dict[str, Fields] = {}
    words = own(locale, "lorem")
    if words is not None:
        pools["word"] = _words(list(dict.fromkeys(words.word_list)))
    jobs = own(locale, "job")
    if jobs is not None and jobs.jobs:
        pools["job"] = weighted(list(dict.fromkeys(filter(None, (_title(locale, job) for job in jobs.jobs)))))
    companies = own(locale, "company")
    for kind in ("company_suffixes", "company_prefixes", "large_companies", "company_categories"):
        values: Any = getattr(companies, kind, None)
        if values and (kind != "company_suffixes" or locale != "ja_JP"):
            pools[kind] = weighted(values)
    return pools


def _title(locale: str, job: str) -> str:
    """A job's title whole and in the order in which people say it: `Surveyor, land` is a land surveyor. "" for none."""
    job = _WHOLE.get(job, job)
    match = _INVERTED.fullmatch(job) if locale.startswith("en_") else None
    if match is None or match[2] == "Scotland":
        return job
    head, kind, more = match[1], match[2], match[3] or ""
    head = head if head[:2].isupper() else head[:1].lower() + head[1:]
    return f"{kind[:1].upper()}{kind[1:]} {head}{more}"


def _words(words: list[str]) -> Fields:
    """`name`, `capital` (first letter upper) and `after` (with a space before) and `slug`; entry 0 of each is empty."""
    return {
        "name": ["", *words],
        "capital": ["", *(w[:1].upper() + w[1:] for w in words)],
        "after": ["", *(f" {w}" for w in words)],
        "slug": ["", *(slug(w) for w in words)],
    }
