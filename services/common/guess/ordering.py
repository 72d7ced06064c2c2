"""Dates of a row in the order in which things happen: a rental is made before it is returned."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from services.common.guess.drafts import Entry, TableDraft
from services.common.guess.facts import TableFacts
from services.common.guess.profiles import SEEN
from services.common.guess.words import words

_PAIRS: Final = (
    ("rental rent rented borrowed loan checkout", "return returned", "14d"),
    (
        "start started starts begin began begins from since opened checkin departure",
        "end ended ends finish finished to until closed checkout arrival",
        "30d",
    ),
    ("order ordered placed", "paid payment confirmed", "3d"),
    ("order ordered placed paid", "required", "30d"),
    ("order ordered placed paid", "ship shipped dispatched sent", "7d"),
    ("ship shipped dispatched sent order ordered", "deliver delivered received arrived", "10d"),
    ("hire hired joined employed", "termination terminated left fired resigned", ""),
    ("issue issued invoice", "due paid", "30d"),
    ("valid effective", "expires expired expiry expiration", ""),
    ("scheduled", "completed", "7d"),
    ("submitted", "approved reviewed rejected", "14d"),
    (
        "create created creation inserted added registered signup signed joined rental rented order ordered placed hired opened"
        " issued",
        "update updated modified changed edited last",
        "",
    ),
    (
        "create created creation inserted added registered signup signed",
        "deleted archived cancelled canceled closed completed published",
        "",
    ),
)
_BEFORE_AFTER: Final = tuple((frozenset(a.split()), frozenset(b.split()), within) for a, b, within in _PAIRS)


def order_dates(made: TableDraft, facts: TableFacts) -> None:
    """Let the later of two dates that belong together come after the earlier one."""
    compared = {frozenset((c.left, c.right)) for c, _ in facts.comparisons}
    listed = {column for columns in made.uniques for column in columns} | set(made.primary_key)
    entries = [e for e in made.entries.values() if _moment(e)]
    for later in entries:
        if later.name in listed or later.extra.get("unique") or _bounded(later) or later.said:
            continue
        for earlier, within in _earlier(later, entries):
            if frozenset((earlier.name, later.name)) in compared or later.name in str(earlier.body.get("after", "")):
                continue
            if earlier.guess.body["gen"] == "datetime" and later.guess.body["gen"] == "date":
                continue
            _follow(later, earlier, within)
            break


def _moment(entry: Entry) -> bool:
    return entry.guess.body.get("gen") in ("date", "datetime") and "pattern" not in entry.guess.body


def _bounded(entry: Entry) -> bool:
    return ("start" in entry.guess.body or "end" in entry.guess.body) and entry.guess.why != SEEN


def _earlier(later: Entry, entries: list[Entry]) -> Iterator[tuple[Entry, str]]:
    ends = set(words(later.name))
    for first, second, within in _BEFORE_AFTER:
        if not ends & second:
            continue
        for entry in entries:
            begins = set(words(entry.name))
            if entry is not later and begins & first and not begins & second:
                yield entry, within


def _follow(later: Entry, earlier: Entry, within: str) -> None:
    guess = later.guess
    body = {name: value for name, value in guess.body.items() if name != "start"} | {"after": earlier.name}
    body.setdefault("end", "as_of")
    if within:
        body["within"] = within
    later.ladder.insert(0, type(guess)(body, f"after {earlier.name}, from the names", own_type=True))
