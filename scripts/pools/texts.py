"""Words, jobs and company names of a locale."""

from __future__ import annotations

import re
from typing import Any

from scripts.pools.files import Fields, weighted
from scripts.pools.lists import mimesis
from scripts.pools.npm import evaluate_module
from scripts.pools.person import slug
from scripts.pools.source import own

_GAPS = {"ja_JP": "", "zh_CN": "", "zh_TW": "", "th_TH": ""}  # languages that write no space between words
_OF_MIMESIS = {
    "fi_FI": "fi", "hr_HR": "hr", "is_IS": "is", "ko_KR": "ko", "no_NO": "no", "pt_BR": "pt", "pt_PT": "pt", "sv_SE": "sv",
    "tr_TR": "tr",
}  # fmt: skip
_OF_FAKER_JS = {"id_ID": "id_ID", "hu_HU": "hu"}
_MOST = 2_000
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


def local_words(locale: str) -> list[str]:
    """The words of the locale's language: Faker's, or those of Mimesis or @faker-js/faker where Faker has none."""
    faker = own(locale, "lorem")
    if faker is not None:
        return list(dict.fromkeys(faker.word_list))
    if locale in _OF_MIMESIS:
        return _thinned(mimesis("text", "words", _OF_MIMESIS[locale]))
    if locale in _OF_FAKER_JS:
        kinds = evaluate_module("@faker-js/faker", "dist/index.js", f"it.{_OF_FAKER_JS[locale]}.word")
        return _thinned([word for kind in sorted(kinds) for word in kinds[kind] if kind != "interjection"])
    return []


def _thinned(words: list[str]) -> list[str]:
    """At most 2,000 single words, evenly from the whole list."""
    single = sorted({word.lower() for word in words if word.isalpha() and len(word) > 1})
    return single[:: -(-len(single) // _MOST)]


def text_pools(locale: str) -> dict[str, Fields]:
    """Whatever of `word`, `job`, `company_*` Faker has for the locale itself."""
    pools: dict[str, Fields] = {}
    words = local_words(locale)
    if words:
        pools["word"] = _words(words, _GAPS.get(locale, " "))
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


def _words(words: list[str], gap: str) -> Fields:
    """`name`, `capital` (first letter upper), `after` (with what stands between words) and `slug`; entry 0 is empty."""
    return {
        "name": ["", *words],
        "capital": ["", *(w[:1].upper() + w[1:] for w in words)],
        "after": ["", *(f"{gap}{w}" for w in words)],
        "slug": ["", *(slug(w) for w in words)],
    }
