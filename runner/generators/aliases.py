"""Names that other tools use for our generators, with the parameters that a name implies.

They stand in data/aliases, a file for each tool: `name[, name …] = generator [parameter=value …]` a line, `#` begins a
comment. A name never crosses meanings: `name` is a full name, `zip` a postcode, `date` a date value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

FOLDER = Path(__file__).parent / "data" / "aliases"


class Alias(NamedTuple):
    """A name, whose it is (faker, mimesis, gofakeit, mockaroo, faker_js or common), and what it means here."""

    name: str
    origin: str
    target: str
    params: Mapping[str, Any]


@cache
def borrowed() -> tuple[Alias, ...]:
    """Every name of the files, in their order. Finding a name needs none of them: it reads the index alone."""
    files = sorted(FOLDER.glob("*.txt"))
    return tuple(alias for file in files for alias in _parse(file.stem, file.read_text(encoding="utf-8")))


def _parse(origin: str, text: str) -> Iterator[Alias]:
    for line in text.splitlines():
        names, _, meaning = line.partition(" = ")
        if not meaning or line.startswith("#"):
            continue
        target, *bound = meaning.split()
        params = dict(pair.split("=", 1) for pair in bound)
        for name in names.split(","):
            yield Alias(name.strip(), origin, target, params)
