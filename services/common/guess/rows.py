"""How many rows each table gets: few in lookup tables, more further down the references, in all as many as asked for."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from services.common.guess.drafts import Draft, Link, TableDraft
from services.common.guess.words import subject

LOOKUPS: Final = frozenset(
    "category country currency language status type kind genre color colour unit state province region continent role permission "
    "department industry tag gender title rank level priority timezone locale size brand method class group format "
    "plan tier".split()
)
PLACES: Final = frozenset(
    "store shop branch office warehouse company team tenant organization organisation site location hotel airline airport school "
    "university hospital clinic campaign project supplier vendor publisher club league".split()
)
STAFF: Final = frozenset("staff employee manager teacher doctor driver technician agent admin nurse instructor".split())
FANOUT: Final = 3
"""How many times as many rows a table has as those it refers to."""
PAIRS: Final = 5
"""Rows of a table of pairs for each row of the larger of its two parents, about."""
MOST: Final = 20
"""How many times the rows of the tables that were said all tables have together at most."""


@dataclass(frozen=True, slots=True)
class Model:
    """What the numbers follow from: tables parents first, their weights or fixed sizes, the pairs, how families share, and
    the rows that somebody said."""

    draft: Draft
    ordered: list[str]
    weights: dict[str, float]
    fixed: dict[str, int]
    pairs: dict[str, tuple[str, ...]]
    unique: dict[str, tuple[str, ...]]
    given: Mapping[str, int]

    def at(self, scale: float) -> dict[str, int]:
        """Rows of every table at a scale."""
        found: dict[str, int] = {}
        for _ in range(2):  # the second time for references to tables that come later
            for name in self.ordered:
                found[name] = self._rows(name, scale, found)
        return found

    def _rows(self, name: str, scale: float, found: dict[str, int]) -> int:
        if per := self.draft.tables[name].per:
            return found.get(per, 1)
        rows = self.given.get(name) or self.fixed.get(name) or max(round(self.weights[name] * scale), 1)
        parents = [found.get(parent, 1) for parent in self.pairs.get(name, ())]
        if parents:
            most = math.prod(parents) if name in self.given else min(PAIRS * max(parents), math.prod(parents))
            rows = max(min(rows, most), 1)
        for parent in self.unique.get(name, ()):
            rows = min(rows, found.get(parent, rows))
        cap = self.draft.tables[name].cap
        return rows if cap is None else min(rows, cap)


def spread(
    draft: Draft,
    ordered: list[str],
    broken: set[Link],
    families: dict[str, tuple[str, ...]],
    total: int,
    given: Mapping[str, int],
) -> int:
    """Give every table its rows; how many there are in all, which is fewer than `total` only where no table can take more.

    Tables of `given` get what it says. Without a total the others get as many as go with those.
    """
    if not total:
        return _beside(draft, ordered, broken, families, given)
    model = _model(draft, ordered, broken, families, total, given)
    low, high = 0.0, float(max(total, 1)) * 8
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if sum(model.at(middle).values()) <= total else (low, middle)
    return _give(model, _filled(model, _rounded(model, model.at(low)), total))


def _beside(
    draft: Draft, ordered: list[str], broken: set[Link], families: dict[str, tuple[str, ...]], given: Mapping[str, int]
) -> int:
    """The rows that go with those of single tables: more or fewer as their places say, and no more than `MOST` times in all."""
    most = MOST * max(sum(given.values()), 1)
    model = _model(draft, ordered, broken, families, most, given)
    scales = sorted(rows / model.weights[name] for name, rows in given.items() if name in model.weights)
    scale = scales[len(scales) // 2] if scales else 1.0
    while sum(model.at(scale).values()) > most and scale > 1:
        scale /= 2
    return _give(model, _rounded(model, model.at(scale)))


def _give(model: Model, rows: dict[str, int]) -> int:
    """Tell the tables their rows."""
    draft = model.draft
    for name, number in rows.items():
        table = draft.tables[name]
        table.rows = number
        table.rows_why = _why(model, table, number)
    return sum(rows.values())


def _model(
    draft: Draft,
    ordered: list[str],
    broken: set[Link],
    families: dict[str, tuple[str, ...]],
    total: int,
    given: Mapping[str, int],
) -> Model:
    links = [link for link in draft.links if link not in broken and link.parent != link.table and link.parent in draft.tables]
    heights = _heights(ordered, links)
    pairs = {name: found for name in ordered if len(found := _pair(draft.tables[name], links)) > 1}
    seen = {name: draft.tables[name].table.rows or 0 for name in ordered}
    weights, fixed = {}, {}
    for name in ordered:
        table = draft.tables[name]
        share = len(families.get(name, (name,)))
        weights[name] = FANOUT ** -min(heights[name], 4) / share
        size = (
            0 if name in families or name in pairs else _size(table, [x for x in links if x.table == name], heights[name], total)
        )
        if size:
            fixed[name] = min(size, max(total // len(ordered), 1))
    for name in ordered:
        below = {x.table for x in links if x.parent == name}
        if below and below <= pairs.keys():
            partners = [weights[p] for table in below for p in pairs[table] if p != name]
            weights[name] = min([weights[name], *partners])
        elif not below and not any(x.table == name for x in links) and len(ordered) > 1:
            weights[name] = 1 / FANOUT**2
    if sum(seen.values()) >= 100:
        weights, fixed, pairs = {name: max(seen[name], 0.5) for name in ordered}, {}, pairs
    unique = {
        name: tuple(x.parent for x in draft.links_of(name) if x.unique and x.parent in draft.tables and x.parent != name)
        for name in ordered
    }
    return Model(draft, ordered, weights, fixed, pairs, unique, given)


def _heights(ordered: list[str], links: list[Link]) -> dict[str, int]:
    """How many tables refer to each other below each table, the longest way."""
    heights = dict.fromkeys(ordered, 0)
    for name in reversed(ordered):
        for link in links:
            if link.table == name:
                heights[link.parent] = max(heights[link.parent], heights[name] + 1)
    return heights


def _pair(table: TableDraft, links: list[Link]) -> tuple[str, ...]:
    """The parents whose rows a table combines: all of a key or a list of distinct columns are references."""
    by_column = {c: x for x in links if x.table == table.name for c in table.entries[x.entry].covers}
    for columns in (table.primary_key, *table.uniques):
        if len(columns) > 1 and all(column in by_column for column in columns):
            return tuple(link.parent for link in dict.fromkeys(by_column[column] for column in columns))
    return ()


def _size(table: TableDraft, links: list[Link], height: int, total: int) -> int:
    """The size of a table whose kind tells it, 0 for the others."""
    what = subject(table.table.name)[-1:]
    plain = [e for e in table.entries.values() if e.covers and not set(e.covers) & set(table.primary_key)]
    if not height and not set(what) & LOOKUPS:
        return 0
    if not links and (set(what) & LOOKUPS or (table.cap is not None and table.cap < 300)):
        return min(max(round(math.pow(total, 0.35)), 3), 100)
    if set(what) & LOOKUPS and len(plain) <= 4:
        return min(max(round(math.pow(total, 0.4)), 3), 500)
    if set(what) & PLACES:
        return max(round(math.pow(total, 0.4)), 2)
    return max(round(math.pow(total, 0.5)), 2) if set(what) & STAFF else 0


def _rounded(model: Model, rows: dict[str, int]) -> dict[str, int]:
    """Numbers of two digits and noughts, which are easier to read; what is at its end stays."""
    found = {}
    for name, number in rows.items():
        digits = max(len(str(number)) - 2, 0)
        cap = model.draft.tables[name].cap
        free = (
            number >= 100
            and name not in model.given
            and not model.draft.tables[name].per
            and not model.unique.get(name)
            and (cap is None or number < cap)
        )
        found[name] = number // 10**digits * 10**digits if free else number
    return found


def _filled(model: Model, rows: dict[str, int], total: int) -> dict[str, int]:
    """Put what is missing into the table that can take it, the largest first."""
    for name in model.ordered:
        if draft_per := model.draft.tables[name].per:
            rows[name] = rows[draft_per]
            continue
        parents = [rows[parent] for parent in model.pairs.get(name, ())]
        rows[name] = min([rows[name], *(rows[p] for p in model.unique.get(name, ())), *([math.prod(parents)] if parents else [])])
    missing = total - sum(rows.values())
    for name in sorted(rows, key=lambda n: (-rows[n], n)):
        if missing <= 0:
            break
        if name in {*model.given, *model.pairs, *model.fixed} or model.unique.get(name) or model.draft.tables[name].per:
            continue
        cap = model.draft.tables[name].cap
        more = missing if cap is None else min(missing, cap - rows[name])
        rows[name] += max(more, 0)
        missing -= max(more, 0)
    return rows


def _why(model: Model, table: TableDraft, rows: int) -> str:
    if table.cap is not None and rows >= table.cap:
        return f"no more: {table.cap_why}"
    if table.name in model.pairs:
        return f"of the combinations of {' and '.join(model.pairs[table.name])}"
    if table.name in model.fixed:
        return "few, from the name"
    return ""
