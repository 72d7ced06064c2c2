"""SHA-256 of what every generator makes, with its version. `python -m tests.golden.generators` writes `generators.json` anew.

`released/<version>.json` holds the same of each released version of MockCraft and never changes afterwards:
`python -m tests.golden.generators --release` writes the one of the version in pyproject.toml, once. A generator whose
bytes differ from the last released ones needs a higher version, also when `generators.json` was written anew.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, NamedTuple

import pyarrow as pa

from runner import pools
from runner.engine import values
from runner.generators import Generator, Make, build, catalogue
from runner.values import AS_OF, home_locale, needed

HERE: Final = Path(__file__).parent
FILE: Final = HERE / "generators.json"
RELEASED: Final = HERE / "released"
ROWS: Final = 300
_LOCALES: Final = ("en_US", "id_ID", "de_DE", "ja_JP", "fr_FR", "ar_SA", "zh_CN", "ru_RU")
_IN_MANY: Final = ("person", "address", "contact", "company", "government", "finance", "business")
"""Families whose values follow the locale."""


class Recorded(NamedTuple):
    """A generator's version and the digest of its first values."""

    version: int
    digest: str


def locales_of(generator: Generator) -> tuple[str, ...]:
    """The locales that the digest covers."""
    if generator.name.partition(".")[0] not in _IN_MANY:
        return (home_locale(generator),)
    return tuple(locale for locale in _LOCALES if not generator.locales or locale in generator.locales) or (
        home_locale(generator),
    )


def digest(generator: Generator) -> str:
    """SHA-256 over the first values in each locale, seed 7, without parameters that may be left out."""
    total = hashlib.sha256()
    for locale in locales_of(generator):
        make = Make(seed=7, table="golden", column="value", rows=ROWS, as_of=AS_OF, locale=pools.locale_of(locale) or locale)
        found = values(build(generator, needed(generator), make), ROWS)
        total.update(_text(found))
    return total.hexdigest()


def _text(found: pa.Array) -> bytes:
    """The values as text, a line each: what stays the same in every version of Arrow."""
    return "\n".join("\0" if value is None else str(value) for value in found.to_pylist()).encode() + b"\n"


def recorded() -> dict[str, Recorded]:
    """What the generators make today, by name."""
    return {name: Recorded(generator.version, digest(generator)) for name, generator in catalogue().items()}


def read(file: Path) -> dict[str, Recorded]:
    """What a file holds. Raises `OSError` where there is none."""
    plain: Mapping[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return {name: Recorded(*entry) for name, entry in plain.items()}


def write(file: Path) -> int:
    """Write what the generators make today: a line each, so that changes read well. Returns how many."""
    found = recorded()
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(list(entry))}" for name, entry in found.items())
    file.write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")
    return len(found)


def last_released() -> dict[str, Recorded]:
    """The digests of the newest released version of MockCraft."""
    newest = max(RELEASED.glob("*.json"), key=lambda file: tuple(int(part) for part in file.stem.split(".")))
    return read(newest)


def main() -> int:
    """Write the file named by the arguments."""
    file = RELEASED / f"{version('mockcraft')}.json" if "--release" in sys.argv[1:] else FILE
    if file != FILE and file.exists():
        sys.stderr.write(f"{file.name} was released and does not change\n")
        return 1
    sys.stdout.write(f"{file.name}: {write(file)} generators\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
