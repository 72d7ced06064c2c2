"""One locale's data file: people, places, telephone numbers, words, and how the locale writes them."""

from __future__ import annotations

from pathlib import Path

from scripts.pools.files import write
from scripts.pools.geo import place_pools
from scripts.pools.person import person_pools
from scripts.pools.phone import phone_pools
from scripts.pools.texts import text_pools
from scripts.pools.written import written_facts


def write_locale(locale: str, folder: Path) -> int:
    """Write one locale's file and tell its size; 0 when Faker has no names for it."""
    people, facts = person_pools(locale)
    if not people:
        return 0
    phones, phone_facts = phone_pools(locale)
    path = folder / f"{locale}.arrow"
    write(
        path,
        {**people, **phones, **text_pools(locale), **place_pools(locale)},
        {**facts, **phone_facts, **written_facts(locale)},
    )
    return path.stat().st_size
