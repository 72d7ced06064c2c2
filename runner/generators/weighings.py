"""Weights of months, weekdays and hours: how they are written, and draws of moments that follow them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import gcd
from typing import Any

import numpy as np

from runner.calendars import DAY, FIRST_DAY, LARGEST, LAST_DAY, weight_before
from runner.generators.building import closest
from runner.generators.choice import whole_weights
from runner.generators.compose import add
from runner.generators.registry import Make, Parameter, ParameterError
from runner.generators.written_moments import DAYS, MONTHS
from runner.ops import Const, MomentAt, Op, Uniform, UniformBetween, WeightBefore

_FORMS = "a map of names to weights (others keep 1), a list of all weights, or a list of those that are allowed"
MONTHS_PARAMETER = Parameter("months", "any", f"Weights of the months, such as {{nov: 2, dec: 3}}: {_FORMS}")
WEEKDAYS_PARAMETER = Parameter(
    "weekdays",
    "any",
    f"Weights of the weekdays, `business` (Monday to Friday) or `weekend`: such as {{sat: 2, sun: 0}}; {_FORMS}",
)
HOURS_PARAMETER = Parameter(
    "hours",
    "any",
    f"Weights of the hours of the day (UTC), `business` (9-17) or a range such as 8-20; {{9-12: 5, 22-6: 0}}: {_FORMS}",
)
_BUSINESS_HOURS = "9-17"
_EVEN_MONTHS, _EVEN_DAYS, _EVEN_HOURS = (1,) * 12, (1,) * 7, (1,) * 24


@dataclass(frozen=True)
class Calendar:
    """Weights of 12 months, 7 weekdays from Monday and 24 hours; without hours, of days."""

    months: tuple[int, ...] = _EVEN_MONTHS
    weekdays: tuple[int, ...] = _EVEN_DAYS
    hours: tuple[int, ...] = ()

    @property
    def even(self) -> bool:
        """Whether each month, weekday and hour that may come at all has the same weight."""
        return all(len({w for w in weights if w}) == 1 for weights in (self.months, self.weekdays, self.hours or (1,)))

    def before(self, moment: int) -> int:
        """The weight of all moments before this one."""
        return int(weight_before(np.array([moment], np.int64), self.months, self.weekdays, self.hours)[0])

    def _before(self, moment: Op) -> Op:
        if isinstance(moment, Const) and isinstance(moment.value, int):
            return Const(self.before(moment.value))
        return WeightBefore(moment, self.months, self.weekdays, self.hours)

    def draw(self, make: Make, low: Op, high: Op) -> tuple[Op, int | None]:
        """A moment (second, or day without hours) from `low` to `high`, and how many there are where that is known.

        Between other columns, the next moment that is allowed where none lies between. Raises `ParameterError`.
        """
        start, stop = self._before(low), self._before(add(high, 1))
        if not (isinstance(start, Const) and isinstance(stop, Const)):
            unit: Op = UniformBetween(make.key("value"), start, add(stop, -1), make.at)
            return MomentAt(unit, self.months, self.weekdays, self.hours), None
        self._check_years(low, high)
        first, last = start.value, stop.value
        assert isinstance(first, int) and isinstance(last, int)
        if first >= last:
            message = "no moment of the range is allowed by the weights of `months`, `weekdays` and `hours`"
            raise ParameterError(message, code="WEIGHTS_ZERO")
        if make.unique and not self.even:
            raise ParameterError("unique moments cannot follow weights: each may come only once", code="UNIQUE_IMPOSSIBLE")
        size = last - first
        unit = add(make.index(size), first) if make.unique else Uniform(make.key("value"), first, last - 1, make.at)
        return MomentAt(unit, self.months, self.weekdays, self.hours), size if self.even else None

    def _check_years(self, *moments: Op) -> None:
        per_day = DAY if self.hours else 1
        for moment in moments:
            value = moment.value if isinstance(moment, Const) else None
            if isinstance(value, int) and not FIRST_DAY <= value // per_day <= LAST_DAY:
                raise ParameterError("weights of months, weekdays and hours work from the year 1600 to the year 2400")


def calendar_of(months: Any, weekdays: Any, hours: Any = None, *, timed: bool) -> Calendar | None:
    """The weights as they were given; None where none were. `timed` values have hours. Raises `ParameterError`."""
    if months is None and weekdays is None and hours is None:
        return None
    return Calendar(
        _EVEN_MONTHS if months is None else _weights(months, "months", MONTHS, 1),
        _EVEN_DAYS if weekdays is None else _weights(_weekdays(weekdays), "weekdays", DAYS, 1),
        () if not timed else _EVEN_HOURS if hours is None else _weights(_hours(hours), "hours", (), 0),
    )


def _weekdays(given: Any) -> Any:
    words = {"business": list(DAYS[:5]), "weekend": list(DAYS[5:])}
    return words.get(given.strip().casefold(), given) if isinstance(given, str) else given


def _hours(given: Any) -> Any:
    if isinstance(given, str) and given.strip().casefold() == "business":
        return [_BUSINESS_HOURS]
    return given


def _weights(given: Any, parameter: str, names: tuple[str, ...], first: int) -> tuple[int, ...]:
    """Whole weights of at most `LARGEST`, as small as they go."""
    size = len(names) or 24
    found = _parsed(given, parameter)
    if isinstance(found, Mapping):
        weights: list[Any] = [1] * size
        for name, weight in found.items():
            for place in _places(name, parameter, names, first):
                weights[place] = weight
    elif len(found) == size and all(_is_number(item) for item in found):
        weights = list(found)
    else:
        allowed = {place for item in found for place in _places(item, parameter, names, first)}
        weights = [int(place in allowed) for place in range(size)]
    try:
        return _small(whole_weights(weights))
    except ParameterError as error:
        raise ParameterError(f"`{parameter}`: {error}", parameter, code=error.code) from None


def _small(weights: tuple[int, ...]) -> tuple[int, ...]:
    divisor = gcd(*weights)
    reduced = [weight // divisor for weight in weights]
    most = max(reduced)
    if most <= LARGEST:
        return tuple(reduced)
    return tuple(max((weight * LARGEST + most // 2) // most, 1) if weight else 0 for weight in reduced)


def _is_number(item: Any) -> bool:
    return isinstance(item, int | float) and not isinstance(item, bool)


def _parsed(given: Any, parameter: str) -> Mapping[Any, Any] | Sequence[Any]:
    if isinstance(given, str):
        text = given.strip()
        try:
            given = json.loads(text) if text[:1] in ("[", "{") else [part.strip() for part in text.split(",") if part.strip()]
        except ValueError:
            given = None
        if isinstance(given, list) and given and all(isinstance(item, str) and ":" in item for item in given):
            given = dict(item.rsplit(":", 1) for item in given)
    if isinstance(given, int) and not isinstance(given, bool):
        given = [given]
    if not isinstance(given, list | tuple | Mapping) or not given:
        raise ParameterError(f"`{parameter}` must be {_FORMS}", parameter)
    return given


def _places(name: Any, parameter: str, names: tuple[str, ...], first: int) -> list[int]:
    """The places that a name, a number or a range of hours means."""
    text = str(name).strip().casefold()
    for place, known in enumerate(names):
        if len(text) >= 3 and known.casefold().startswith(text):
            return [place]
    size = len(names) or 24
    low, dash, high = text.partition("-")
    if (
        not names
        and dash
        and low.isdecimal()
        and high.isdecimal()
        and int(low) < 24
        and int(high) <= 24
        and int(low) != int(high)
    ):
        return [hour % 24 for hour in range(int(low), int(high) + (24 if int(high) < int(low) else 0))]
    if text.isdecimal() and first <= int(text) < first + size:
        return [int(text) - first]
    what = (
        f"one of {', '.join(known[:3].lower() for known in names)}" if names else "an hour from 0 to 23 or a range such as 9-17"
    )
    raise ParameterError(f"`{parameter}`: {name!r} is not {what}", parameter, closest(text, names).lower())
