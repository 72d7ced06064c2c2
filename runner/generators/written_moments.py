"""Dates and times as text by a pattern of `strftime` codes, in UTC and English."""

from __future__ import annotations

from runner.generators.compose import add, digits, divide, if_else, join, less, modulo, multiply, subtract
from runner.generators.registry import ParameterError
from runner.ops import Call, Const, Op, Values

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_DATE, _TIME = frozenset("YmdyjbBaAuwVGqe"), frozenset("HIMSpfLs")
_LONG = {"F": "%Y-%m-%d", "T": "%H:%M:%S", "R": "%H:%M", "D": "%m/%d/%y"}
_FIXED = {"%": "%", "z": "+0000", "Z": "UTC", "n": "\n", "t": "\t"}
CODES = "%Y %y %m %b %B %d %e %j %q %a %A %u %w %G %V %H %I %p %M %S %L (ms) %f (µs) %s (Unix time) %F %T %R %D %z %Z %%"


class Written:
    """Texts of a day (days since 1970-01-01), a time of it (ticks since midnight), or both."""

    def __init__(self, day: Op | None, time: Op | None, exponent: int = 0) -> None:
        self._day, self._time, self._per_second = day, time, 10**exponent

    def text(self, pattern: str, parameter: str = "pattern") -> Op:
        """The text by the pattern. Raises `ParameterError` for codes that are unknown or ask for what is not there."""
        return join(*(self._code(code, parameter) if code else text for text, code in split(pattern, parameter)))

    def _code(self, code: str, parameter: str) -> str | Op:
        if code in _FIXED:
            return _FIXED[code]
        if (code in _DATE and self._day is None) or (code in _TIME and self._time is None):
            what = "day" if self._day is None else "time of day"
            raise ParameterError(f"`{parameter}`: %{code} asks for a {what}, which these values do not have", parameter)
        found = self._of_day(code) if code in _DATE else self._of_time(code)
        assert found is not None
        return found

    def _call(self, function: str) -> Op:
        assert self._day is not None
        return Call(function, (self._day,))

    def _of_day(self, code: str) -> Op | None:
        match code:
            case "Y":
                return digits(self._call("year"), 4)
            case "y":
                return digits(modulo(self._call("year"), 100), 2)
            case "m" | "d":
                return digits(self._call("month" if code == "m" else "day"), 2)
            case "e" | "q":
                return digits(self._call("day" if code == "e" else "quarter"))
            case "j":
                return digits(self._call("day_of_year"), 3)
            case "b" | "B":
                names = MONTHS if code == "B" else tuple(name[:3] for name in MONTHS)
                return Values(names, add(self._call("month"), -1))
            case "a" | "A":
                names = DAYS if code == "A" else tuple(name[:3] for name in DAYS)
                return Values(names, add(self._call("weekday"), -1))
            case "u":
                return digits(self._call("weekday"))
            case "w":
                return digits(modulo(self._call("weekday"), 7))
        return self._of_week(code)

    def _of_week(self, code: str) -> Op:
        """The ISO week is that of its Thursday."""
        assert self._day is not None
        thursday = subtract(add(self._day, 4), self._call("weekday"))
        if code == "G":
            return digits(Call("year", (thursday,)), 4)
        return digits(add(divide(add(Call("day_of_year", (thursday,)), -1), 7), 1), 2)

    def _of_time(self, code: str) -> Op | None:
        assert self._time is not None
        second = divide(self._time, self._per_second)
        match code:
            case "H":
                return digits(divide(second, 3_600), 2)
            case "I":
                return digits(add(modulo(add(divide(second, 3_600), 11), 12), 1), 2)
            case "p":
                return Values(("AM", "PM"), divide(second, 43_200))
            case "M":
                return digits(modulo(divide(second, 60), 60), 2)
            case "S":
                return digits(modulo(second, 60), 2)
            case "L" | "f":
                return self._fraction(3 if code == "L" else 6)
        if self._day is None:
            raise ParameterError("`pattern`: %s asks for a day, which these values do not have", "pattern")
        return _signed(add(multiply(self._day, 86_400), second))

    def _fraction(self, width: int) -> Op:
        rest = modulo(self._time or Const(0), self._per_second)
        size = 10**width
        return digits(multiply(rest, size // self._per_second) if size >= self._per_second else
                      divide(rest, self._per_second // size), width)  # fmt: skip


def _signed(value: Op) -> Op:
    """A whole number with its sign: moments before 1970 are negative."""
    negative = less(value, 0)
    sign = if_else(negative, Const("-", "string"), Const("", "string"))
    return join(sign, digits(if_else(negative, subtract(0, value), value)))


def split(pattern: str, parameter: str = "pattern") -> list[tuple[str, str]]:
    """The pattern as texts and codes, one of each pair empty; long codes are written out. Raises `ParameterError`."""
    found: list[tuple[str, str]] = []
    rest = pattern
    while rest:
        text, percent, after = rest.partition("%")
        if text:
            found.append((text, ""))
        if not percent:
            break
        code, rest = after[:1], after[1:]
        if code in _LONG:
            rest = _LONG[code] + rest
        elif code in _DATE | _TIME | set(_FIXED) and code:
            found.append(("", code))
        else:
            raise ParameterError(f"`{parameter}` has the unknown code %{code}; there are {CODES}", parameter)
    if not any(code for _, code in found):
        raise ParameterError(f"`{parameter}` needs at least one code such as %Y; there are {CODES}", parameter)
    return found


def tells_apart(pattern: str, exponent: int | None) -> bool:
    """Whether different days (or moments of 10^-exponent seconds) are different texts."""
    codes = {code for _, code in split(pattern)}
    day = "Y" in codes and ("j" in codes or ({"d", "e"} & codes and {"m", "b", "B"} & codes))
    week = {"G", "V"} <= codes and bool({"u", "w", "a", "A"} & codes)
    if exponent is None:
        return bool(day or week)
    return clock_apart(codes, exponent) and ("s" in codes or bool(day or week))


def clock_apart(codes: set[str], exponent: int) -> bool:
    """Whether different times of day are different texts."""
    fraction = exponent == 0 or "f" in codes or (exponent == 3 and "L" in codes)
    return fraction and ("s" in codes or ({"M", "S"} <= codes and ("H" in codes or {"I", "p"} <= codes)))


__all__ = ["CODES", "DAYS", "MONTHS", "Written", "clock_apart", "split", "tells_apart"]
