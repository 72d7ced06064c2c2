"""Plants and animals with their scientific names, and medicines by the names that they are sold by (WordNet)."""

from __future__ import annotations

import re

from scripts.pools.files import Fields
from scripts.pools.wordnet import Synset, below, synsets

_ANIMALS, _PLANTS = "05", "20"
_FAMILY = re.compile(r"[A-Z][a-z]+(?:aceae|idae)|Compositae|Cruciferae|Gramineae|Labiatae|Leguminosae|Palmae|Umbelliferae")
_BINOMIAL = re.compile(r"[A-Z][a-z]+ [a-z-]+")


def species_files() -> dict[str, dict[str, Fields]]:
    """The file `species` and the file `brand`."""
    return {"species": {"plant": _species(_PLANTS), "animal": _species(_ANIMALS)}, "brand": {"medicine": _brands()}}


def _species(file: str) -> Fields:
    """Species that have a common name, a scientific one of two words, and a known family."""
    rows: dict[str, tuple[str, str, str, str]] = {}
    for synset in synsets("noun").values():
        if synset.file == file and (row := _row(synset)) and row[0].casefold() not in {"human", "man"}:
            rows.setdefault(row[1], row)
    by_name = {row[0].casefold(): row for row in sorted(rows.values())}
    found = sorted(by_name.values())
    fields = ("name", "scientific", "genus", "family")
    return {field: [row[number] for row in found] for number, field in enumerate(fields)}


def _row(synset: Synset) -> tuple[str, str, str, str] | None:
    for to in synset.members_of:
        genus = synsets("noun")[to]
        names = {word.removeprefix("genus ") for word in genus.words}
        scientific = next((w for w in synset.words if _BINOMIAL.fullmatch(w) and w.partition(" ")[0] in names), "")
        common = next((w for w in synset.words if w.partition(" ")[0] not in names and not _BINOMIAL.fullmatch(w)), "")
        family = next((w for up in genus.members_of for w in synsets("noun")[up].words if _FAMILY.fullmatch(w)), "")
        if scientific and common and family:
            return common[0].upper() + common[1:], scientific, scientific.partition(" ")[0], family
    return None


def _brands() -> Fields:
    """Names with a capital beside a plain one, of the kinds of drugs."""
    found: set[str] = set()
    for offset in below("medicine%1:06:00"):
        words = synsets("noun")[offset].words
        plain = next((word for word in words if word.islower() and word.isascii() and len(word) > 4), "")
        for word in words:
            if plain and re.fullmatch(r"[A-Z][a-z]+(?:[ -][A-Z]+[a-z]*)?", word):
                found.add(word)
    return {"name": sorted(found)}
