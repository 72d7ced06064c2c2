"""Write the data files of the generators: `python -m scripts.build_pools [LOCALE or FILE …]`.

Sources are the packages of scripts/pools/requirements.txt and the tables in scripts/pools/tables; the same packages give
the same bytes.
"""

from __future__ import annotations

import sys
from pathlib import Path

from scripts.pools import source
from scripts.pools.care import care_files
from scripts.pools.cars import car_files
from scripts.pools.coding import coding_files
from scripts.pools.files import Fields, write
from scripts.pools.indonesia import indonesia_files
from scripts.pools.locales import write_locale
from scripts.pools.markets import market_files
from scripts.pools.payments import payment_files
from scripts.pools.records import record_files
from scripts.pools.science import science_files
from scripts.pools.species import species_files
from scripts.pools.wordlists import word_files
from scripts.pools.world import world_files

DATA = Path(__file__).parents[1] / "runner" / "generators" / "data"


_MAKERS = {"finance": payment_files, "market": market_files, "vehicle": car_files, "health": care_files}
_MAKERS |= {"indonesia": indonesia_files} | dict.fromkeys(("element", "mineral", "protein", "sky", "university"), science_files)
_MAKERS |= {"coding": coding_files, "naughty": coding_files, "species": species_files, "brand": species_files}


def everywhere() -> dict[str, dict[str, Fields]]:
    """The files that are the same in every locale, by name."""
    return {
        **world_files(), **record_files(), **word_files(), **payment_files(), **market_files(), **car_files(), **care_files(),
        **science_files(), **indonesia_files(), **coding_files(), **species_files(),
    }  # fmt: skip


def _files(wanted: list[str]) -> dict[str, dict[str, Fields]]:
    """The files of those names, or all where none is named; of a few makers only what is asked for is read."""
    if not wanted:
        return everywhere()
    found: dict[str, dict[str, Fields]] = {}
    for name in wanted:
        if "_" not in name and name not in found:
            found |= _MAKERS.get(name, everywhere)()
    return {name: pools for name, pools in found.items() if name in wanted}


def main() -> None:
    """Build the locales and files named on the command line, or all."""
    wanted = sys.argv[1:]
    for locale in source.locales() if not wanted else [name for name in wanted if "_" in name]:
        size = write_locale(locale, DATA)
        if size:
            sys.stdout.write(f"{locale} {size:,} bytes\n")
    for name, pools in _files(wanted).items():
        write(DATA / f"{name}.arrow", pools, {})


if __name__ == "__main__":
    main()
