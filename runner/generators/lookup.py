"""Finding generators: one index over canonical names, bare names and aliases, all folded."""

from __future__ import annotations

import importlib
import json
import pkgutil
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property, lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from runner import dictionaries, plugins
from runner.generators.absent import ABSENT
from runner.generators.aliases import borrowed
from runner.generators.registry import Generator, registered

_FOLDED = re.compile(r"[\s_.\-()#/,:']+")
FAKER = "faker."
DICTIONARY = "dictionary."
LONGEST_NAME = 200
"""Characters of a name for which near ones are looked for."""


class UnknownGenerator(LookupError):
    """No generator has that name; `suggestions` are the nearest ones, `reason` tells why it is absent on purpose."""

    code = "GENERATOR_NOT_FOUND"

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name

    def __str__(self) -> str:
        hint = f"; did you mean {' or '.join(self.suggestions)}?" if self.suggestions else ""
        unloaded = "".join(f"; {problem}" for problem in plugins.problems())
        return f"there is no generator {self.name!r}{self.reason}{hint}{unloaded}"

    @property
    def reason(self) -> str:
        """Why there is none, where it is absent on purpose or a dictionary that is not here."""
        if self.name.strip().casefold().startswith(DICTIONARY):
            return dictionaries.known()
        absent = {fold(known): f": {reason}" for known, reason in ABSENT.items()}
        return absent.get(fold(self.name), "")

    @cached_property
    def suggestions(self) -> tuple[str, ...]:
        """The nearest names, looked for when they are asked for: Faker's methods are among them."""
        return suggestions(self.name)


class Entry(NamedTuple):
    """Where a folded name leads: a generator and the parameters that the name binds."""

    generator: str
    params: Mapping[str, Any]
    rank: int  # 0 canonical, 1 alias, 2 bare name
    spelling: str


def fold(name: str) -> str:
    """Case, spaces and the characters `_ - . ( ) # / , : '` do not count: `First Name` is `firstname`."""
    return _FOLDED.sub("", name.casefold())


@lru_cache(maxsize=1)
def catalogue() -> Mapping[str, Generator]:
    """Every generator by canonical name, plug-ins and aliases of other tools included, sorted by name."""
    import runner.generators as package

    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{module.name}")
    plugins.load()
    names: dict[str, list[str]] = {}
    for alias in borrowed():
        names.setdefault(alias.target, []).append(alias.name)
    found = registered()
    merged = {n: replace(g, aliases=tuple(dict.fromkeys((*g.aliases, *names.get(n, ()))))) for n, g in found.items()}
    return MappingProxyType(dict(sorted(merged.items())))


def _entries() -> Iterator[tuple[str, Entry]]:
    """Every folded name there is, with its meaning."""
    for name in catalogue():
        yield fold(name), Entry(name, {}, 0, name)
        yield fold(name.partition(".")[2]), Entry(name, {}, 2, name.partition(".")[2])
    for plain in registered().values():
        for alias in plain.aliases:
            yield fold(alias), Entry(plain.name, {}, 1, alias)
    for known in borrowed():
        yield fold(known.name), Entry(known.target, known.params, 1, known.name)


@lru_cache(maxsize=1)
def _index() -> dict[str, Entry]:
    """Canonical names win over aliases, aliases over bare names; ambiguous bare names are left out."""
    index: dict[str, Entry] = {}
    ambiguous: set[str] = set()
    for folded, entry in sorted(_entries(), key=lambda item: item[1].rank):
        known = index.setdefault(folded, entry)
        if known.rank == entry.rank == 2 and known.generator != entry.generator:
            ambiguous.add(folded)
    for folded in ambiguous:
        del index[folded]
    return index


INDEX = Path(__file__).parent / "data" / "index.json"


def written_index() -> dict[str, Any]:
    """What `INDEX` should hold: each name's generator and parameters, each generator's module and aliases; no plug-ins."""
    every = {name: g for name, g in catalogue().items() if g.module.startswith(f"{__package__}.")}
    own = {folded: entry for folded, entry in sorted(_index().items()) if entry.generator in every}
    return {
        "names": {folded: [entry.generator, dict(entry.params)] for folded, entry in own.items()},
        "modules": {name: g.module for name, g in every.items()},
        "aliases": {name: list(g.aliases) for name, g in every.items()},
    }


@lru_cache(maxsize=1)
def _read_index() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(INDEX.read_text(encoding="utf-8"))
    return found


def _find_alone(folded: str) -> tuple[Generator, dict[str, Any]] | None:
    """A generator by the written index, so that only its own module is loaded; None for what the index does not know."""
    index = _read_index()
    if folded not in index["names"]:
        return None
    name, params = index["names"][folded]
    importlib.import_module(index["modules"][name])
    found = registered().get(name)
    return None if found is None else (replace(found, aliases=tuple(index["aliases"][name])), dict(params))


def taken_by(spelling: str, plugin: str) -> str | None:
    """Which other generator than `plugin` has the name: one of ours, or a plug-in that was loaded before."""
    folded = fold(spelling)
    if folded in (index := _read_index()["names"]):
        return str(index[folded][0])
    others = (g for name, g in registered().items() if name != plugin)
    return next((g.name for g in others if folded in {fold(each) for each in (g.name, *g.aliases)}), None)


def collisions() -> tuple[str, ...]:
    """Names that mean two things: none may exist (bare names may be ambiguous only when an alias pins them)."""
    meanings: dict[str, list[Entry]] = {}
    for folded, entry in _entries():
        meanings.setdefault(folded, []).append(entry)
    found = [
        f"{e.spelling} leads to {e.generator}, which does not exist" for _, e in _entries() if e.generator not in catalogue()
    ]
    for entries in meanings.values():
        bare = {e.generator for e in entries if e.rank == 2}
        counted = [e for e in entries if e.rank < 2 or len(bare) == 1]
        if len({(e.generator, str(sorted(e.params.items()))) for e in counted}) > 1:
            found.append(f"{entries[0].spelling} is {' and '.join(sorted({e.generator for e in counted}))}")
    return tuple(found)


def find(name: str) -> tuple[Generator, dict[str, Any]]:
    """The generator of any spelling or alias, and the parameters that the alias binds.

    `faker.<method>` reaches Faker's providers, `dictionary.<name>` dictionaries. Raises `UnknownGenerator`.
    """
    alone = _find_alone(fold(name))
    if alone is not None:
        return alone
    entry = _index().get(fold(name))
    if entry is not None:
        return catalogue()[entry.generator], dict(entry.params)
    if name.strip().casefold().startswith(FAKER):
        from runner.generators.longtail import faker_generator

        found = faker_generator(name.strip()[len(FAKER) :])
        if found is not None:
            return found, {}
    if name.strip().casefold().startswith(DICTIONARY):
        from runner.generators.dictionary import dictionary_generator

        found = dictionary_generator(_dictionary_named(name.strip()[len(DICTIONARY) :]))
        if found is not None:
            return found, {}
    raise UnknownGenerator(name)


def _dictionary_named(name: str) -> str:
    """The dictionary that a spelling means: its own name, else case, spaces and punctuation do not count."""
    here = dictionaries.names()
    return name if name in here else next((each for each in here if fold(each) == fold(name)), "")


def everything() -> Mapping[str, Generator]:
    """The catalogue and the dictionaries that are here now, sorted by name."""
    from runner.generators.dictionary import dictionary_generators

    return dict(sorted({**catalogue(), **{each.name: each for each in dictionary_generators()}}.items()))


_PLAIN = frozenset({"code", "date", "id", "name", "new", "no", "nr", "number", "text", "the", "type", "user", "value"})
_NEAR = 75  # how alike two names are, of 100, before a word in common counts more


def suggestions(name: str, limit: int = 3) -> tuple[str, ...]:
    """The canonical names nearest to `name`, over names, aliases, keywords and the methods of Faker's providers.

    A name that is nearly one of them comes first, then one that is a word of it (`vin number` is `vin`), then what is left.
    """
    if len(name) > LONGEST_NAME:
        return ()
    from rapidfuzz import fuzz, process

    if name.strip().casefold().startswith(DICTIONARY):
        here = process.extract(name.strip()[len(DICTIONARY) :].casefold(), dictionaries.names(), limit=limit, score_cutoff=60)
        return tuple(f"{DICTIONARY}{hit[0]}" for hit in here)
    wanted, words = fold(name), _words()
    nearest = process.extract(wanted, list(words), scorer=fuzz.WRatio, limit=limit * 6, score_cutoff=60)
    ranked = sorted(nearest, key=lambda hit: (-fuzz.ratio(wanted, hit[0]), -hit[1], hit[0]))
    parts = [fold(part) for part in _FOLDED.split(name) if fold(part) not in _PLAIN]
    near = [words[hit[0]] for hit in ranked if fuzz.ratio(wanted, hit[0]) >= _NEAR]
    within = [words[part] for part in parts if part in words]
    first = within if len(parts) == 1 else []
    return tuple(dict.fromkeys((*first, *near, *within, *(words[hit[0]] for hit in ranked))))[:limit]


@lru_cache(maxsize=1)
def _words() -> dict[str, str]:
    """What may be meant, folded, with its canonical name."""
    from runner.generators.longtail import faker_methods

    words = {folded: entry.generator for folded, entry in _index().items()}
    for generator in catalogue().values():
        for keyword in generator.keywords:
            words.setdefault(fold(keyword), generator.name)
    methods = faker_methods()
    for method in (*(m for m in methods if m.endswith("_name")), *methods):  # a colour is its name, if need be
        words.setdefault(fold(method.removesuffix("_name")), FAKER + method)
        words.setdefault(fold(method), FAKER + method)
    return words
