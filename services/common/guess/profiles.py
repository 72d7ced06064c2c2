"""What was seen of a table's rows, as guesses: ranges, shares of nulls, small sets of values. No value of a person is copied."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from runner.generators.lookup import find
from services.common.databases.profiling import ColumnProfile
from services.common.guess.asked import Asked
from services.common.guess.drafts import Body, Guess
from services.common.guess.moments import written
from services.common.guess.names import PERSONS, STATES
from services.common.guess.texts import CODES, told_by_name

_PRIVATE = frozenset("person contact government health finance internet security address identifier".split())
"""Categories of generators whose columns are made by name alone, whatever was seen in them."""
FEW = 20
"""So many different values at most make a vocabulary."""
_WORD = 24
"""Characters of a word of a vocabulary that few rows show, at most."""
_ROLES = frozenset("approver assignee buyer caller cashier rep".split())
"""Beside `PERSONS`: columns that hold the names of people."""
SEEN = "the range of the rows seen"
"""What a range was guessed from."""
_LENGTHS = (("word", 12), ("words", 40), ("sentence", 200))
"""Texts by their mean length in characters."""


def profiled(asked: Asked, seen: ColumnProfile | None) -> list[Guess]:
    """Guesses from what was seen, before those from the name; none for columns that are distinct."""
    if seen is None or asked.unique or seen.rows - seen.nulls < 2:
        return []
    named = told_by_name(asked) if asked.type.kind in ("string", "text") else None
    if named is not None and find(str(named[0]["gen"]))[0].name.partition(".")[0] in _PRIVATE:
        return []
    ways = (_truth, _vocabulary, _range, _shaped, _long)
    return [guess for way in ways if (guess := way(asked, seen))]


def _truth(asked: Asked, seen: ColumnProfile) -> Guess | None:
    if asked.type.kind != "bool" or not seen.top:
        return None
    share = round(dict(seen.top).get(True, 0) / (seen.rows - seen.nulls), 3)
    return Guess({"gen": "bool", "probability": share}, _as_often(seen), own_type=True)


def _vocabulary(asked: Asked, seen: ColumnProfile) -> Guess | None:
    """Values of which each comes often: a set of words or numbers, not of people."""
    filled = seen.rows - seen.nulls
    if asked.type.kind not in ("string", "text", "enum", "int", "bigint") or not 0 < seen.different <= FEW:
        return None
    complete = len(seen.top) == seen.different
    often = filled >= 4 * seen.different and all(n >= 2 for _, n in seen.top)
    if not (complete and (often or _few_words(asked, seen))) or any(
        isinstance(v, str) and (len(v) > 40 or "@" in v) for v, _ in seen.top
    ):
        return None
    return Guess({"gen": "choice", "values": dict(seen.top)}, f"{seen.different} values, {_as_often(seen)}", own_type=True)


def _few_words(asked: Asked, seen: ColumnProfile) -> bool:
    """Whether few rows show a vocabulary all the same: short words that come again, and none that names a person or a firm."""
    named = told_by_name(asked)
    firm = named is not None and find(str(named[0]["gen"]))[0].name == "company.company"
    if firm or (PERSONS | _ROLES) & set(asked.name) or 2 * (seen.rows - seen.nulls) < 3 * seen.different:
        return False
    return all(isinstance(v, str) and len(v) <= _WORD and not any(c.isdigit() for c in v) for v, _ in seen.top)


def _as_often(seen: ColumnProfile) -> str:
    return f"as often as in {seen.rows - seen.nulls:,} rows"


def _range(asked: Asked, seen: ColumnProfile) -> Guess | None:
    low, high = seen.low, seen.high
    why = SEEN
    body: Body
    if isinstance(low, bool) or low is None or high is None or asked.facts.low is not None or asked.facts.high is not None:
        return None
    if asked.type.kind in ("int", "bigint") and isinstance(low, int) and isinstance(high, int):
        return Guess({"gen": "int", "min": low, "max": high}, why, own_type=True)
    if asked.type.kind in ("decimal", "float") and isinstance(low, int | float | Decimal):
        least, most = (round(Decimal(str(v)), 6).normalize() for v in (low, high))
        scale = min(asked.type.scale if asked.type.precision else 2, 12)
        body = {"gen": "float"} if asked.type.kind == "float" else {"gen": "decimal", "scale": scale}
        return Guess({**body, "min": _plain(least), "max": _plain(most)}, why, own_type=True)
    if asked.type.kind in ("date", "datetime") and isinstance(low, date) and isinstance(high, date):
        return Guess(
            {"gen": asked.type.kind, "start": written(low, asked.type.kind), "end": written(high, asked.type.kind)},
            why,
            own_type=True,
        )
    return None


def _shaped(asked: Asked, seen: ColumnProfile) -> Guess | None:
    if not seen.pattern or asked.type.kind not in ("string", "text"):
        return None
    return Guess({"gen": "pattern", "template": seen.pattern}, "the shape of the values seen")


def _long(asked: Asked, seen: ColumnProfile) -> Guess | None:
    """Texts whose name tells nothing, by how long they are."""
    told = told_by_name(asked) or asked.last in STATES or asked.last in CODES
    if told or seen.mean_length is None or asked.type.kind not in ("string", "text"):
        return None
    generator = next((name for name, most in _LENGTHS if seen.mean_length <= most), "paragraph")
    why = f"{seen.shortest} to {seen.longest} characters in the rows seen"
    return Guess({"gen": generator}, why)


def _plain(value: Decimal) -> int | Decimal:
    return int(value) if value == value.to_integral_value() else value
