"""Check a draft by the schema language's own rules, and mend what they refuse: the next guess, fewer rows, one condition less."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from runner.schema import Checked, Finding, check
from services.common.guess.drafts import Draft, Entry, Guess, TableDraft
from services.common.guess.writing import Place, Written

_EXIST = re.compile(r"only ([\d,]+)")
ROUNDS = 60
"""How often a document is mended at most; each time all that is known to be wrong."""


class GuessError(ValueError):
    """No schema could be made of it."""

    code = "GUESS_FAILED"


@dataclass(frozen=True, slots=True)
class Settled:
    """A document that is valid, and its check."""

    written: Written
    checked: Checked


def settle(draft: Draft, render: Callable[[], Written]) -> Settled:
    """Mend the draft until its document is valid. Raises `GuessError` where that cannot be."""
    for _ in range(ROUNDS):
        written = render()
        checked = check(written.text)
        if checked.plan is not None:
            return Settled(written, checked)
        mended = {place for finding in checked.errors if (place := _mend(draft, written, finding))}
        if not mended:
            break
    told = "; ".join(f"{f.path}: {f.message}" for f in checked.errors[:3])
    raise GuessError(f"no schema could be made that runs: {told}")


def _mend(draft: Draft, written: Written, finding: Finding) -> Place | None:
    place = written.places.get(finding.line)
    table = draft.tables.get(place.table) if place else None
    if place is None or table is None:
        return None
    match place.part:
        case "column":
            return (
                place if place.column in table.entries and _column(draft, table, table.entries[place.column], finding) else None
            )
        case "check":
            _drop_check(draft, table, written, finding)
        case "rows" | "key" | "unique":
            _distinct(draft, table, place, finding)
    return place


def _number(finding: Finding) -> int | None:
    found = _EXIST.search(finding.message)
    return int(found[1].replace(",", "")) if found else None


def _column(draft: Draft, table: TableDraft, entry: Entry, finding: Finding) -> bool:
    exist = _number(finding)
    if entry.said and not (finding.code == "UNIQUE_IMPOSSIBLE" and exist):
        draft.refused.setdefault((table.name, entry.name), finding)
        entry.ladder = entry.ladder[1:] or [Guess({"value": None}, "", own_type=True)]
        entry.given = False
        return True
    if entry.soft and (finding.code != "UNIQUE_IMPOSSIBLE" or not exist or exist < 4):
        entry.extra.pop("unique", None)
        entry.soft = False
        return True
    if finding.code == "UNIQUE_IMPOSSIBLE" and exist and (entry.step + 1 == len(entry.ladder) or entry.soft or entry.said):
        table.limit(exist, f"{entry.name} has {exist:,} distinct values")
        return True
    if entry.step + 1 < len(entry.ladder):
        entry.step += 1
        for name, body in entry.guess.helpers.items():
            table.entries.setdefault(name, Entry(name, [Guess(body, "", own_type=True)], ()))
        return True
    if entry.extra.pop("null_rate", None) is not None:
        return True
    return _leave_out(draft, table, entry, finding)


def _leave_out(draft: Draft, table: TableDraft, entry: Entry, finding: Finding) -> bool:
    del table.entries[entry.name]
    table.uniques = [one for one in table.uniques if not set(one) & set(entry.covers)]
    table.primary_key = tuple(c for c in table.primary_key if c not in entry.covers)
    table.comments.append(f"{', '.join(entry.covers) or entry.name} is left out: {finding.message}")
    draft.links = [link for link in draft.links if (link.table, link.entry) != (table.name, entry.name)]
    draft.suspended = [link for link in draft.suspended if (link.table, link.entry) != (table.name, entry.name)]
    if entry.required and entry.covers:
        draft.warn(f"{table.name}.{', '.join(entry.covers)} cannot be made ({finding.message}): rows will be refused")
    if not any(e.covers for e in table.entries.values()):
        _skip(draft, table)
    return True


def _skip(draft: Draft, table: TableDraft) -> None:
    """Leave out a table none of whose columns can be made; references to it become null, or are left out."""
    draft.skipped[table.name] = "none of its columns can be made"
    del draft.tables[table.name]
    for link in [link for link in draft.links if link.parent == table.name]:
        other = draft.tables.get(link.table)
        if other is not None and link.entry in other.entries:
            entry = other.entries[link.entry]
            entry.ladder, entry.step = [Guess({"value": None}, f"{table.name} is left out", own_type=True)], 0
            entry.extra.clear()
    draft.links = [link for link in draft.links if table.name not in (link.parent, link.table)]
    draft.suspended = [link for link in draft.suspended if table.name not in (link.parent, link.table)]


def _drop_check(draft: Draft, table: TableDraft, written: Written, finding: Finding) -> None:
    number = written.places[finding.line].number
    if number < len(table.checks):
        _, why = table.checks[number]
        table.checks[number] = ("", why)
        draft.warn(f"{table.name}: {why} cannot be ensured ({finding.message}): rows may break it")
    table.checks = [one for one in table.checks if one[0]]


def _distinct(draft: Draft, table: TableDraft, place: Place, finding: Finding) -> None:
    """A key or list of too few combinations: other values for one of its columns, else fewer rows, else it is dropped."""
    whole = place.part != "unique"
    columns = table.primary_key if whole else table.uniques[place.number] if place.number < len(table.uniques) else ()
    members = [e for c in columns if (e := table.of(c)) is not None]
    freed = next((e for e in reversed(members) if e.step + 1 < len(e.ladder) and not e.said), None)
    exist = _number(finding)
    if freed is not None:
        freed.step += 1
    elif exist:
        table.limit(exist, f"{exist:,} combinations of {', '.join(columns)}")
    elif not whole:
        table.uniques = [one for n, one in enumerate(table.uniques) if n != place.number]
        draft.warn(f"{table.name}: {', '.join(columns)} cannot be made distinct together ({finding.message})")
    else:
        table.primary_key = ()
        draft.warn(f"{table.name}: the primary key cannot be ensured ({finding.message})")
