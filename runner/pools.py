"""Pools: lists of values with their weights, read from the Arrow files beside the generators.

A file is one row of list columns named `<pool>.<field>`, uncompressed and memory-mapped, so that
opening it costs well under a millisecond and reading a pool copies nothing. A pool's name is
`<file>/<pool>` (`en_US/person_first`). Conditions after `?`, joined by `&`, make a part of it:
`female=1` the entries where an integer field has that value, `distinct=name` the first entry of
each value of a field. A file `dictionary:<name>@<digest>` is one of `runner.dictionaries`.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from runner import dictionaries

I32 = npt.NDArray[np.int32]
DATA = Path(__file__).parent / "generators" / "data"
SLOTS = 1 << 16
DEFAULT_LOCALE = "en_US"
_OF_OTHER_LANGUAGE = frozenset({"es_CA"})  # Catalan, of which Faker has such a code


class Pool:
    """The fields of one pool, as Arrow arrays of equal length."""

    def __init__(self, name: str, fields: dict[str, Any]) -> None:
        self.name, self._fields = name, fields
        self.size = len(next(iter(fields.values())))
        self._slots: tuple[I32, I32, I32] | None = None
        self.weights: npt.NDArray[np.int64] | None = fields["weight"].to_numpy() if "weight" in fields else None

    @property
    def fields(self) -> tuple[str, ...]:
        """The names of the fields."""
        return tuple(self._fields)

    def field(self, name: str) -> Any:
        """The values of a field (a `pa.Array`). Raises `KeyError`."""
        return self._fields[name]

    def slots(self) -> tuple[I32, I32, I32]:
        """The 2^16 slots of a name pool: entry, ordinal within the entry's slug, and slots of that slug.

        Each entry owns consecutive slots by its weight (largest remainder, at least one each);
        entries with the same `slug` are counted together. Worked out once.
        """
        if self._slots is None:
            self._slots = self._make_slots()
        return self._slots

    def _make_slots(self) -> tuple[I32, I32, I32]:
        owned = _share(self.weights if self.weights is not None else np.ones(self.size, np.int64), SLOTS)
        slugs = self._fields["slug"].dictionary_encode().indices.to_numpy()
        order = np.argsort(slugs, kind="stable")
        running = np.cumsum(owned[order]) - owned[order]
        fresh = np.r_[True, slugs[order][1:] != slugs[order][:-1]]
        base = np.empty(self.size, np.int64)
        base[order] = running - np.maximum.accumulate(np.where(fresh, running, 0))
        index = np.repeat(np.arange(self.size), owned)
        ordinal = np.arange(SLOTS) - np.repeat(np.cumsum(owned) - owned, owned) + base[index]
        totals = np.zeros(int(slugs.max()) + 1, np.int64)
        np.add.at(totals, slugs, owned)
        return index.astype(np.int32), ordinal.astype(np.int32), totals[slugs][index].astype(np.int32)


def _share(weights: npt.NDArray[np.int64], total: int) -> npt.NDArray[np.int64]:
    """`total` shared out by whole-number weights: largest remainder, at least one each."""
    exact = [int(w) * total for w in weights]
    sum_ = sum(int(w) for w in weights)
    shares = [max(1, e // sum_) for e in exact]
    by_remainder = sorted(range(len(shares)), key=lambda i: (-(exact[i] % sum_), i))
    missing = total - sum(shares)
    for turn in range(max(missing, 0)):
        shares[by_remainder[turn % len(shares)]] += 1
    while missing < 0:
        largest = max(range(len(shares)), key=lambda i: (shares[i], -i))
        step = min(-missing, max(1, shares[largest] // 100))
        shares[largest] -= step
        missing += step
    return np.array(shares, dtype=np.int64)


@lru_cache(maxsize=64)
def _file(name: str) -> Any:
    """The only record batch of a data file. Raises `FileNotFoundError`, `DictionaryMissing`."""
    if name.startswith(dictionaries.PREFIX):
        return dictionaries.batch_of(name)
    if "/" in name or "\\" in name or name.startswith("."):
        raise FileNotFoundError(name)
    return pa.ipc.open_file(pa.memory_map(str(DATA / f"{name}.arrow"))).get_batch(0)


@lru_cache(maxsize=256)
def pool(name: str) -> Pool:
    """The pool of that name. Raises `KeyError` or `FileNotFoundError`."""
    path, _, conditions = name.partition("?")
    if conditions:
        rest, _, condition = name.rpartition("&" if "&" in conditions else "?")
        return _part(name, pool(rest), condition)
    file, _, short = path.partition("/")
    batch, prefix = _file(file), f"{short}."
    columns = [f for f in batch.schema.names if f.startswith(prefix)]
    if not columns:
        raise KeyError(f"there is no pool {name!r}")
    return Pool(name, {f[len(prefix) :]: batch.column(f).values for f in columns})


def _part(name: str, whole: Pool, condition: str) -> Pool:
    field, _, value = condition.partition("=")
    if field == "distinct":
        codes = whole.field(value).dictionary_encode().indices.to_numpy()
        rows = np.sort(np.unique(codes, return_index=True)[1])
    else:
        rows = np.flatnonzero(whole.field(field).to_numpy() == int(value))
    return Pool(name, {f: whole.field(f).take(pa.array(rows)) for f in whole.fields})


@lru_cache(maxsize=64)
def facts(file: str) -> dict[str, Any]:
    """What a data file says of itself: `pools`, and for locales the order of names and the like."""
    read: dict[str, Any] = json.loads(_file(file).schema.metadata[b"facts"])
    return read


@lru_cache(maxsize=1)
def locales() -> tuple[str, ...]:
    """The locales that have a data file, sorted."""
    return tuple(sorted(p.stem for p in DATA.glob("*.arrow") if "_" in p.stem))


def distinct(name: str, field: str) -> str:
    """The pool with each value of the field once: itself where no value comes twice."""
    whole = pool(name)
    if len(whole.field(field).unique()) == whole.size:
        return name
    return f"{name}{'&' if '?' in name else '?'}distinct={field}"


def locale_of(text: str) -> str | None:
    """The locale meant by `en-us`, `EN_US` or `en`; None when there is none."""
    folded = text.strip().replace("-", "_").casefold()
    known = {name.casefold(): name for name in locales()}
    return known.get(folded) or next((known[key] for key in _defaults(folded) if key in known), None)


def _defaults(language: str) -> tuple[str, ...]:
    """A language's own country first (`de` is de_DE), then the few where they differ in name, and other names of locales."""
    others = {
        "en": "en_us",
        "ja": "ja_jp",
        "zh": "zh_cn",
        "hi": "hi_in",
        "ar": "ar_aa",
        "cs": "cs_cz",
        "da": "da_dk",
        "sw": "sw_ke",
        "am": "am_et",
        "bs": "bs_ba",
        "fil": "fil_ph",
        "fr_qc": "fr_ca",
        "dk_dk": "da_dk",
    }
    return (f"{language}_{language}", others.get(language, ""))


def find_spoken(locale: str, short: str) -> str:
    """The name of pool `short` in the locale, or in the first one of its language that has it, or in en_US."""
    language = locale.partition("_")[0]
    kin = [locale_of(language), *(name for name in locales() if name.startswith(f"{language}_"))]
    names = (locale, *(name for name in kin if name and locale not in _OF_OTHER_LANGUAGE))
    chosen = next((name for name in names if short in facts(name)["pools"]), DEFAULT_LOCALE)
    return f"{chosen}/{short}"


def find_pool(locale: str, short: str) -> str:
    """The name of pool `short` in the locale, or in en_US where the locale has none of its own."""
    return f"{locale if short in facts(locale)['pools'] else DEFAULT_LOCALE}/{short}"
