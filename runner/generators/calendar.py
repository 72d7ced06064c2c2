"""Parts of dates and times, time zones, durations. The time zone of a row is one record."""

from __future__ import annotations

from typing import Any

from runner.generators.checked import add, digits, divide, join, modulo, multiply, written
from runner.generators.datetime import DATE_BOUNDS, PATTERN, date
from runner.generators.durations import ticks_of
from runner.generators.picks import field
from runner.generators.registry import Made, Make, Parameter, ParameterError, generator
from runner.generators.written_moments import DAYS, MONTHS
from runner.ops import Call, Const, Op, Uniform, Values, Weighted
from runner.types import INT, STRING

field(
    "datetime.timezone",
    "A time zone of the IANA database",
    "timezone",
    "timezone/timezone",
    keywords=("tz",),
    aliases=("time_zone",),
)
field(
    "datetime.timezone_name",
    "The name of the row's time zone in English",
    "timezone",
    "timezone/timezone",
    "full",
    aliases=("timezone_full",),
)
field(
    "datetime.timezone_abbreviation",
    "The abbreviation of the row's time zone",
    "timezone",
    "timezone/timezone",
    "abbreviation",
    aliases=("timezone_abv",),
)
field("datetime.timezone_region", "The region of the row's time zone", "timezone", "timezone/timezone", "region")
field(
    "datetime.utc_offset",
    "The offset of the row's time zone in winter",
    "timezone",
    "timezone/timezone",
    "offset",
    aliases=("timezone_offset", "gmt_offset"),
)


def _part(name: str, description: str, low: int, high: int) -> None:
    register = generator(f"datetime.{name}", description, output="int", keywords=("time", "part"))
    register(lambda make: Made(add(make.index(high - low + 1), low), INT, high - low + 1, unique=make.unique))


_part("month", "A month as a number", 1, 12)
_part("day_of_month", "A day of the month as a number", 1, 31)
_part("hour", "An hour of the day", 0, 23)
_part("minute", "A minute of the hour", 0, 59)
_part("second", "A second of the minute", 0, 59)
_part("nanosecond", "A nanosecond of the second", 0, 999_999_999)
_part("week", "A week of the year", 1, 52)
_part("quarter", "A quarter of the year", 1, 4)


@generator(
    "datetime.year",
    "A year",
    output="int",
    keywords=("time", "part"),
    parameters=(
        Parameter("min", "int", "First", 1950, minimum=1, maximum=9_999),
        Parameter("max", "int", "Last", 2025, minimum=1, maximum=9_999),
    ),
)
def year(make: Make, min: int, max: int) -> Made:
    """Both ends included."""
    if min > max:
        raise ParameterError(f"`min` ({min}) is above `max` ({max})", "min")
    return Made(add(make.index(max - min + 1), min), INT, max - min + 1, unique=make.unique)


def _few(make: Make, values: tuple[str, ...], weights: tuple[int, ...] = ()) -> Made:
    index = Weighted(make.key("index"), weights, make.at) if weights and not make.unique else make.index(len(values))
    return Made(Values(values, index), STRING, len(values), unique=make.unique)


@generator("datetime.month_name", "The name of a month in English", aliases=("month_string",), keywords=("calendar",))
def month_name(make: Make) -> Made:
    """Evenly."""
    return _few(make, MONTHS)


@generator("datetime.day_of_week", "The name of a day of the week in English", aliases=("weekday",), keywords=("calendar",))
def day_of_week(make: Make) -> Made:
    """Evenly."""
    return _few(make, DAYS)


@generator("datetime.season", "A season of the year", keywords=("calendar",))
def season(make: Make) -> Made:
    """Evenly."""
    return _few(make, ("spring", "summer", "autumn", "winter"))


@generator("datetime.am_pm", "AM or PM", keywords=("clock",))
def am_pm(make: Make) -> Made:
    """Evenly."""
    return _few(make, ("AM", "PM"))


@generator("datetime.periodicity", "How often something happens", aliases=("frequency",), keywords=("recurrence",))
def periodicity(make: Make) -> Made:
    """From hourly to never."""
    return _few(make, ("hourly", "daily", "weekly", "fortnightly", "monthly", "quarterly", "yearly", "once", "never"))


@generator(
    "datetime.duration",
    "A length of time",
    keywords=("interval", "length", "timedelta", "elapsed"),
    parameters=(
        Parameter("min", "string", "Shortest, such as 30s or 1h30m", "1m"),
        Parameter("max", "string", "Longest, such as 45m or 2d", "24h"),
        Parameter("step", "string", "Only `min` and multiples of this above it", "1m"),
        Parameter(
            "style", "string", "PT1H30M0S (ISO 8601), 01:30:00, or 5400 seconds", "iso", choices=("iso", "clock", "seconds")
        ),
    ),
)
def duration(make: Make, min: str, max: str, step: str, style: str) -> Made:
    """Whole steps, evenly, both ends included."""
    low, high = (ticks_of(text, name, 0, zero=True) for text, name in ((min, "min"), (max, "max")))
    if low > high:
        raise ParameterError(f"`min` ({min}) is longer than `max` ({max})", "min")
    wide = ticks_of(step, "step", 0)
    size = (high - low) // wide + 1
    total = add(multiply(make.index(size), wide), low)
    hours, minutes, seconds = divide(total, 3_600), modulo(divide(total, 60), 60), modulo(total, 60)
    match style:
        case "clock":
            return written(make, size, digits(hours, 2), ":", digits(minutes, 2), ":", digits(seconds, 2))
        case "seconds":
            return written(make, size, digits(total))
    return written(make, size, "PT", digits(hours), "H", digits(minutes), "M", digits(seconds), "S")


@generator("datetime.week_date", "A week of a year (ISO 8601)", keywords=("calendar",))
def week_date(make: Make) -> Made:
    """2000-W01 to 2025-W52."""
    index = make.index(26 * 52)
    return written(make, 26 * 52, digits(add(divide(index, 52), 2_000)), "-W", digits(add(modulo(index, 52), 1), 2))


@generator("datetime.cron", "A cron expression", aliases=("cron_expression",), keywords=("schedule",))
def cron(make: Make) -> Made:
    """At a minute of an hour, on every day or one of the week."""
    index = make.index(60 * 24 * 8)
    day = Values(("*", "0", "1", "2", "3", "4", "5", "6"), modulo(index, 8))
    return written(make, 60 * 24 * 8, digits(modulo(divide(index, 8), 60)), " ", digits(divide(index, 480)), " * * ", day)


@generator(
    "datetime.business_day",
    "A day from Monday to Friday",
    output="date",
    aliases=("working_day", "workday"),
    keywords=("weekday",),
    parameters=(*DATE_BOUNDS, PATTERN),
)
def business_day(make: Make, pattern: str | None, **limits: Any) -> Made:
    """Evenly between the bounds; holidays count as working days. `date` with `weekdays` does the same with any weights."""
    return date(make, pattern, None, "business", **limits)


@generator(
    "datetime.zodiac_sign",
    "The sign of the zodiac of the row's date of birth",
    aliases=("zodiac", "star_sign"),
    keywords=("astrology",),
)
def zodiac_sign(make: Make) -> Made:
    """Of the same day as `birth_date` with its usual ages."""
    from runner.generators.people import birth

    born = birth(make, 18, 90)
    month, day = Call("month", (born,)), Call("day", (born,))
    last = Values((0, 19, 18, 20, 19, 20, 20, 22, 22, 22, 22, 21, 21), month)
    late: Op = Call("if_else", (Call("greater", (day, last)), Const(1), Const(0)))
    signs = (
        "Capricorn",
        "Aquarius",
        "Pisces",
        "Aries",
        "Taurus",
        "Gemini",
        "Cancer",
        "Leo",
        "Virgo",
        "Libra",
        "Scorpio",
        "Sagittarius",
    )
    return Made(Values(signs, modulo(add(add(month, -1), late), 12)), STRING, 12)


@generator("datetime.rfc2822", "A moment as mail headers write it", aliases=("rfc_2822", "http_date"), keywords=("header",))
def rfc2822(make: Make) -> Made:
    """Within five years before `as_of`, in UTC (RFC 5322 section 3.3)."""
    moment = Uniform(make.key("moment"), make.as_of - 5 * 365 * 86_400, make.as_of, make.at)
    day, rest = divide(moment, 86_400), modulo(moment, 86_400)
    name = Values(tuple(d[:3] for d in DAYS), add(Call("weekday", (day,)), -1))
    month = Values(tuple(m[:3] for m in MONTHS), add(Call("month", (day,)), -1))
    clock = (digits(divide(rest, 3_600), 2), ":", digits(modulo(divide(rest, 60), 60), 2), ":", digits(modulo(rest, 60), 2))
    parts = (name, ", ", digits(Call("day", (day,)), 2), " ", month, " ", digits(Call("year", (day,))), " ", *clock, " +0000")
    return Made(join(*parts), STRING, None)
