"""A clock that stands still for Faker's providers: what they call now is the schema's `as_of`.

Faker asks `datetime.now()` and `date.today()` in a few modules. Their names for these classes are
replaced by subclasses that answer with the moment set by `standing_at`, in the thread that asks; elsewhere,
and outside of it, time goes on.
"""

from __future__ import annotations

import datetime as dt
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

_moment = threading.local()


@contextmanager
def standing_at(seconds: int) -> Iterator[None]:
    """Within it, now is so many seconds after 1970-01-01T00:00:00Z."""
    before = getattr(_moment, "seconds", None)
    _moment.seconds = seconds
    try:
        yield
    finally:
        _moment.seconds = before


def _now(zone: dt.tzinfo | None) -> dt.datetime:
    """Naive answers are UTC."""
    seconds = getattr(_moment, "seconds", None)
    if seconds is None:
        return dt.datetime.now(zone)
    aware = dt.datetime.fromtimestamp(seconds, dt.UTC)
    return aware.astimezone(zone) if zone else aware.replace(tzinfo=None)


class _Kind(type):
    """Every date or datetime counts as an instance of the class that stands in for its own."""

    stands_for: type

    def __instancecheck__(cls, value: object) -> bool:
        return isinstance(value, cls.stands_for)


class _Datetime(dt.datetime, metaclass=_Kind):
    stands_for = dt.datetime

    @classmethod
    def now(cls, tz: dt.tzinfo | None = None) -> Any:
        return _now(tz)

    @classmethod
    def today(cls) -> Any:
        return _now(None)


class _Date(dt.date, metaclass=_Kind):
    stands_for = dt.date

    @classmethod
    def today(cls) -> Any:
        return _now(None).date()


class _Module(ModuleType):
    """The module `datetime` with the two classes replaced."""

    def __init__(self) -> None:
        super().__init__("datetime")
        self.__dict__.update(dt.__dict__ | {"datetime": _Datetime, "date": _Date})


_REPLACED: dict[int, Any] = {id(dt): _Module(), id(dt.datetime): _Datetime, id(dt.date): _Date}


def hold(providers: Iterable[object]) -> None:
    """Give the modules of the providers, and of the classes they come from, the clock. Once done, it stays."""
    modules = {kind.__module__ for provider in providers for kind in type(provider).__mro__}
    for name in sorted(modules):
        if name.startswith("faker.providers."):
            module = sys.modules[name]
            for key, value in list(vars(module).items()):
                if id(value) in _REPLACED:
                    setattr(module, key, _REPLACED[id(value)])
