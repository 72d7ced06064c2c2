"""Dates and times as text, to whole numbers and back: proleptic Gregorian, UTC, years 1 to 9999."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Final

EPOCH: Final = date(1970, 1, 1).toordinal()


def parse_date(text: str) -> int:
    """Days since 1970-01-01 of an ISO 8601 date. Raises `ValueError`."""
    return date.fromisoformat(text.strip()).toordinal() - EPOCH


def parse_datetime(text: str, digits: int = 0) -> int:
    """Ticks of 10^-digits seconds since 1970-01-01T00:00:00Z of an ISO 8601 date or datetime. Raises `ValueError`."""
    moment = datetime.fromisoformat(text.strip())
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    seconds = (moment.toordinal() - EPOCH) * 86_400 + moment.hour * 3_600 + moment.minute * 60 + moment.second
    return _ticks(seconds, moment.microsecond, digits)


def parse_time(text: str, digits: int = 0) -> int:
    """Ticks of 10^-digits seconds since midnight of an ISO 8601 time. Raises `ValueError`."""
    moment = time.fromisoformat(text.strip())
    return _ticks(moment.hour * 3_600 + moment.minute * 60 + moment.second, moment.microsecond, digits)


def _ticks(seconds: int, microseconds: int, digits: int) -> int:
    unit = int(10**digits)
    return seconds * unit + microseconds * unit // 1_000_000


def format_datetime(seconds: int) -> str:
    """Seconds since 1970-01-01T00:00:00Z as RFC 3339 text ending in Z."""
    days, second = divmod(seconds, 86_400)
    return f"{date.fromordinal(days + EPOCH).isoformat()}T{second // 3_600:02}:{second // 60 % 60:02}:{second % 60:02}Z"
