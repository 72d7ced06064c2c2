"""Lists of words: the files in tables/words, and those that Mimesis has (MIT)."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

from scripts.pools.files import Fields

_WORDS = Path(__file__).parent / "tables" / "words"
_BORROWED = {  # file: {pool: (Mimesis's file, key)}
    "food": {
        "fruit": ("food", "fruits"),
        "vegetable": ("food", "vegetables"),
        "spice": ("food", "spices"),
        "dish": ("food", "dishes"),
        "drink": ("food", "drinks"),
    },
    "education": {"university": ("person", "university")},
    "person": {"nationality": ("person", "nationality")},
}


def word_files() -> dict[str, dict[str, Fields]]:
    """Pools by file name; a section `adjective.proper` is the pool `adjective_proper` and a part of `adjective`."""
    found = {path.stem: _sections(path) for path in sorted(_WORDS.glob("*.txt"))}
    for file, pools in _BORROWED.items():
        found.setdefault(file, {}).update({pool: sorted(_mimesis(*source)) for pool, source in pools.items()})
    return {file: {pool: {"name": values} for pool, values in pools.items()} for file, pools in found.items()}


def _sections(path: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            name = line.strip("[]")
        elif line and not line.startswith("#"):
            values = [value.strip() for value in line.split("|")]
            whole, _, part = name.partition(".")
            found.setdefault(whole, []).extend(values)
            if part:
                found[f"{whole}_{part}"] = values
    return {name: list(dict.fromkeys(values)) for name, values in found.items()}


def _mimesis(file: str, key: str) -> list[str]:
    data = json.loads((files("mimesis") / "datasets" / "en" / f"{file}.json").read_text(encoding="utf-8"))
    return list(dict.fromkeys(value.partition(" (")[0] for value in data[key]))
