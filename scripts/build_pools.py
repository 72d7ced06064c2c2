"""Write the data files of the generators: `python -m scripts.build_pools [LOCALE …]`.

Sources are the packages of scripts/pools/requirements.txt and the tables in scripts/pools/tables; the same packages give
the same bytes.
"""

from __future__ import annotations

import sys
from pathlib import Path

from scripts.pools import source
from scripts.pools.banks import local_banks
from scripts.pools.files import Fields, write
from scripts.pools.geo import place_pools
from scripts.pools.person import person_pools
from scripts.pools.phone import phone_pools
from scripts.pools.records import record_files
from scripts.pools.texts import text_pools
from scripts.pools.wordlists import word_files
from scripts.pools.world import world_files
from scripts.pools.written import written_facts

DATA = Path(__file__).parents[1] / "runner" / "generators" / "data"


def build_locale(locale: str) -> int:
    """Write one locale's file and tell its size; 0 when Faker has no names for it."""
    people, facts = person_pools(locale)
    if not people:
        return 0
    phones, phone_facts = phone_pools(locale)
    places = place_pools(locale)
    banks = local_banks(locale, (places.get("city") or places.get("state") or people["person_last"])["name"])
    path = DATA / f"{locale}.arrow"
    pools = {**people, **phones, **text_pools(locale), **places, **banks}
    write(path, pools, {**facts, **phone_facts, **written_facts(locale)})
    return path.stat().st_size


def everywhere() -> dict[str, dict[str, Fields]]:
    """The files that are the same in every locale, by name."""
    return {**world_files(), **record_files(), **word_files()}


def main() -> None:
    """Build the locales named on the command line, or all, and the files that are the same everywhere."""
    for locale in sys.argv[1:] or source.locales():
        size = build_locale(locale)
        if size:
            sys.stdout.write(f"{locale} {size:,} bytes\n")
    if not sys.argv[1:]:
        for name, pools in everywhere().items():
            write(DATA / f"{name}.arrow", pools, {})


if __name__ == "__main__":
    main()
