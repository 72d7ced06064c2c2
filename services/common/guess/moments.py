"""Dates, datetimes and times: by what they are called, within what the constraints allow."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from services.common.guess.asked import Asked
from services.common.guess.drafts import Body, Guess

YEAR = timedelta(days=365)
_RECENT = date(2024, 1, 1).toordinal()
FUTURE = ("expires", "expiry", "expiration", "expire", "due", "scheduled", "planned", "deadline", "renewal", "next")


def moments(asked: Asked) -> list[Guess]:
    """Ways to make a column of days or moments, the best first."""
    if asked.type.kind == "time":
        return [Guess({"gen": "time"}, "a time, from the type", own_type=True)]
    kind = "date" if asked.type.kind == "date" else "datetime"
    if asked.facts.low is not None or asked.facts.high is not None:
        return [Guess({"gen": kind, **bounds(asked, kind)}, asked.facts.said, own_type=True)]
    if asked.unique:
        start = {"start": "1900-01-01"} if kind == "date" else {}
        return [Guess({"gen": kind, **start, "end": "as_of"}, "unique", own_type=True)]
    if asked.has("birth", "birthday", "dob", "born", "birthdate"):
        body: Body = {"gen": "birth_date"} if kind == "date" else {"gen": "birth_date", "type": "datetime"}
        return [Guess(body, "a date of birth, from the name", own_type=True)]
    if asked.has(*FUTURE) or asked.name[-2:] in (("valid", "to"), ("valid", "until")):
        return [Guess({"gen": kind, "start": "as_of", "end": "as_of + 730d"}, "to come, from the name", own_type=True)]
    why = "when, from the name" if asked.has("date", "at", "on", "time", "update", "timestamp", "day") else "from the type"
    return [Guess({"gen": kind}, why, own_type=True)]


def bounds(asked: Asked, kind: str) -> dict[str, Any]:
    """`start` and `end` of a column whose constraints give at least one of them."""
    low, high = asked.facts.low, asked.facts.high
    found: dict[str, Any] = {}
    if isinstance(low, date):
        found["start"] = written(low, kind)
    if isinstance(high, date):
        found |= {} if found else {"start": written(high - YEAR, kind)}
        found["end"] = written(high, kind)
    elif isinstance(low, date) and low.toordinal() >= _RECENT:
        found["end"] = written(low + YEAR, kind)
    return found


def written(value: date, kind: str) -> str:
    """A moment as the schema language reads it."""
    if kind == "date":
        return (value.date() if isinstance(value, datetime) else value).isoformat()
    if isinstance(value, datetime):
        return value.replace(microsecond=0).isoformat() + "Z"
    return f"{value.isoformat()}T00:00:00Z"
