"""Numbers: their range by what they are called, within what the type and the constraints allow."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from services.common.guess.asked import Asked
from services.common.guess.drafts import Guess

MOST: Final = 4 * 10**18
"""Whole numbers are drawn up to here."""


class Range(NamedTuple):
    """Where numbers of a name lie; `skewed`: most of them are small."""

    low: float
    high: float
    skewed: bool = False


_MONEY: Final = Range(1, 500, True)
_RANGES: Final[Mapping[str, tuple[str, Range]]] = MappingProxyType(
    {
        "money": ("amount total price cost fee charge payment paid subtotal refund deposit value revenue tip freight", _MONEY),
        "rate": ("rate", Range(1, 10)),
        "big money": ("balance limit budget income turnover sales", Range(0, 10_000, True)),
        "salary": ("salary wage", Range(20_000, 150_000, True)),
        "tax": ("tax vat", Range(0, 100, True)),
        "share": ("percent percentage pct discount share ratio probability confidence", Range(0, 100)),
        "quantity": ("quantity qty units pieces ordered", Range(1, 20, True)),
        "stock": ("stock inventory reserved available onhand", Range(0, 500, True)),
        "age": ("age", Range(18, 90)),
        "year": ("year", Range(1990, 2025)),
        "month": ("month", Range(1, 12)),
        "day": ("day days", Range(1, 28)),
        "hour": ("hour hours", Range(0, 23)),
        "minute": ("minute minutes second seconds", Range(0, 59)),
        "rating": ("rating stars score grade", Range(1, 5)),
        "weight": ("weight mass", Range(1, 100, True)),
        "size": ("height width depth length distance", Range(1, 200)),
        "duration": ("duration elapsed ms", Range(1, 300, True)),
        "latitude": ("latitude lat", Range(-90, 90)),
        "longitude": ("longitude lng lon long", Range(-180, 180)),
        "count": ("count views likes clicks visits hits downloads followers attempts retries", Range(0, 1_000, True)),
        "bytes": ("bytes filesize", Range(1_000, 10_000_000, True)),
        "temperature": ("temperature temp", Range(-10, 40)),
        "points": ("points credits", Range(0, 10_000, True)),
        "order": ("position sort rank sequence seq ordinal line level priority weightage floor", Range(1, 10)),
        "port": ("port", Range(1024, 65535)),
        "capacity": ("capacity seats employees members population", Range(10, 1_000, True)),
        "http": ("httpstatus", Range(200, 503)),
        "version": ("version revision", Range(1, 5)),
    }
)
_WITHIN: Final = tuple(
    (frozenset(tables.split()), frozenset(names.split()), label, span)
    for tables, names, label, span in (
        ("film movie episode documentary show", "length duration runtime minutes", "minutes of a film", Range(45, 185)),
        ("song track recording", "length duration runtime seconds", "seconds of a song", Range(90, 420)),
        ("rental rent loan lease hire trial booking reservation", "duration period length days", "days", Range(1, 30, True)),
        ("person people patient student employee player", "height", "centimetres of a person", Range(150, 200)),
        ("person people patient student employee player", "weight", "kilograms of a person", Range(45, 120)),
    )
)
"""Numbers whose last word means something else beside these words, in the column's name or the table's."""
_FIXED: Final = frozenset("year month day hour minute share rating latitude longitude port http age".split())
"""Ranges that a default says nothing about."""
_DEFAULT: Final = re.compile(r"\(*'?(\d{1,15}(?:\.\d+)?)'?\)*(?:::.*)?")
_AROUND: Final = 4
"""How many times its default a column's numbers are at most, if that is less than its name says."""
_BY_WORD: Final = {word: (label, span) for label, (all_words, span) in _RANGES.items() for word in all_words.split()}


def numbers(asked: Asked) -> list[Guess]:
    """Ways to make a column of numbers, the best first."""
    found = _by_place(asked)
    if asked.unique:
        return [*found, *_unique(asked)]
    return [*found, *_flags(asked), _drawn(asked)]


def limits(asked: Asked) -> tuple[Decimal | None, Decimal | None]:
    """The least and the greatest number that the type and the constraints allow."""
    column, facts = asked.type, asked.facts
    lows = [_number(facts.low), _number(column.smallest), None if not column.unsigned else Decimal(0)]
    highs = [_number(facts.high), _number(column.largest)]
    if column.kind == "decimal" and column.precision:
        most = Decimal(10) ** (column.precision - column.scale) - Decimal(1).scaleb(-column.scale)
        lows, highs = [*lows, -most], [*highs, most]
    return max((n for n in lows if n is not None), default=None), min((n for n in highs if n is not None), default=None)


def _number(value: Any) -> Decimal | None:
    return Decimal(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else None


def span(asked: Asked) -> tuple[Decimal, Decimal, str, bool]:
    """The range to draw from, what it was guessed from, and whether most numbers in it are small."""
    low, high = limits(asked)
    label, named = _named(asked)
    closed = asked.facts.low is not None and asked.facts.high is not None
    if (
        closed
        and low is not None
        and high is not None
        and (named is None or high - low < 5 * Decimal(str(named.high - named.low)))
    ):
        return low, high, "", False
    label, wanted = _around_default(asked, label, named or Range(1, 1_000))
    least, most = Decimal(str(wanted.low)), Decimal(str(wanted.high))
    if low is not None and low > least:
        least, most = low, max(most, low + 100) if most <= low else most
    if high is not None and high < most:
        most, least = high, least if least < high else _below(low, high)
    return least, most, label, wanted.skewed


def _below(low: Decimal | None, high: Decimal) -> Decimal:
    """Where a range begins that ends at `high`, when its name asks for more than that."""
    wanted = Decimal(int(high / 10)) if high > 0 else high - 100
    return wanted if low is None else max(wanted, low)


def _around_default(asked: Asked, label: str, wanted: Range) -> tuple[str, Range]:
    """The range no further from the column's default than numbers usually are, and what both were guessed from."""
    why = f"{label}, from the name" if label else "any number: the name tells nothing"
    told = _DEFAULT.fullmatch(asked.column.default.strip())
    default = float(told[1]) if told else 0.0
    if default <= 1 or label in _FIXED or wanted.low < 0:
        return why, wanted
    high = min(wanted.high, float(math.ceil(_AROUND * default)))
    if high == wanted.high and default <= wanted.high:
        return why, wanted
    return f"{why}, around its default {told[1] if told else ''}", Range(
        min(wanted.low, default), max(high, default), wanted.skewed
    )


def _named(asked: Asked) -> tuple[str, Range | None]:
    around = set(asked.name[:-1] or asked.table[-1:])  # `rental_duration` of a film is none of the film
    for beside, names, label, span in _WITHIN:
        if asked.last in names and around & beside:
            return label, span
    for word in reversed(asked.name):
        if word in _BY_WORD:
            return _BY_WORD[word]
    return "", None


def _whole(asked: Asked) -> bool:
    return asked.type.kind in ("int", "bigint") or (
        asked.type.kind == "decimal" and asked.type.scale == 0 and bool(asked.type.precision)
    )


def _drawn(asked: Asked) -> Guess:
    low, high, why, skewed = span(asked)
    why = ", ".join(part for part in (asked.facts.said, why) if part)
    if _whole(asked):
        least, most = _cut(low), _cut(high)
        body: dict[str, Any] = {"gen": "int", "min": least, "max": most}
        if skewed and most - least >= 10 and least >= 0:
            body["dist"] = "lognormal"
        return Guess(body, why, own_type=True)
    if asked.type.kind == "float":
        return Guess({"gen": "float", "min": _plain(low), "max": _plain(high)}, why, own_type=True)
    scale = min(asked.type.scale if asked.type.precision else 2, 12)
    top = Decimal(10) ** (17 - scale)
    low, high = max(low, -top), min(high, top)
    body = {"gen": "decimal", "min": _plain(low), "max": _plain(high), "scale": scale}
    if skewed and low >= 0 and high - low >= 10:
        body["dist"] = "lognormal"
    return Guess(body, why, own_type=True)


def _cut(value: Decimal) -> int:
    return int(min(max(value, Decimal(-MOST)), Decimal(MOST)))


def _plain(value: Decimal) -> int | Decimal:
    return int(value) if value == value.to_integral_value() else value.normalize()


def _unique(asked: Asked) -> list[Guess]:
    low, high = limits(asked)
    why = "unique" + (f", {asked.facts.said}" if asked.facts.said else "")
    start = _cut(max(low, Decimal(1)) if low is not None else Decimal(1))
    if _whole(asked):
        most = _cut(min(high, Decimal(2) ** 62) if high is not None else Decimal(10) ** 12)
        return [Guess({"gen": "int", "min": min(start, most), "max": most}, why, own_type=True)]
    guess = _drawn(asked)
    wide = {
        **guess.body,
        "min": _plain(low if low is not None else Decimal(0)),
        "max": _plain(high if high is not None else Decimal(10) ** 9),
    }
    wide.pop("dist", None)
    if asked.type.kind == "float":
        wide = {"gen": "sequence", "start": start}
    elif wide["max"] > Decimal(10) ** (17 - wide["scale"]):
        wide["max"] = int(Decimal(10) ** (17 - wide["scale"]))
        wide["min"] = max(wide["min"], -wide["max"])
    return [Guess(wide, why, own_type=True)]


def _by_place(asked: Asked) -> list[Guess]:
    if _whole(asked) or asked.facts.low is not None or asked.facts.high is not None or asked.unique:
        return []
    kept = asked.type.precision - asked.type.scale
    for axis, digits in (("latitude", 2), ("longitude", 3)):
        if asked.last in (axis, axis[:3], "lng" if digits == 3 else axis, "long" if digits == 3 else axis) and (
            not asked.type.precision or kept >= digits
        ):
            body: dict[str, Any] = {"gen": axis}
            if asked.type.precision:
                body["type"] = f"decimal({asked.type.precision},{asked.type.scale})"
            elif asked.type.kind == "float":
                body["type"] = "float"
            return [Guess(body, f"{axis}, from the name", own_type=True)]
    return []


FLAGS: Final = frozenset(
    "is has can flag active enabled disabled deleted visible public published verified locked archived activebool".split()
)


def _flags(asked: Asked) -> list[Guess]:
    low, high = limits(asked)
    if not _whole(asked) or not FLAGS & set(asked.name) or (low is not None and low > 0) or (high is not None and high < 1):
        return []
    return [Guess({"gen": "choice", "values": _flag_weights(asked, 1, 0)}, "a flag, from the name", own_type=True)]


def truth_share(asked: Asked) -> float:
    """How often a flag of that name is true."""
    if asked.has("deleted", "disabled", "locked", "archived", "banned", "blocked", "admin", "superuser", "default"):
        return 0.05
    return 0.9 if asked.has("active", "enabled", "visible", "published", "verified", "activebool", "public") else 0.5


def _flag_weights(asked: Asked, yes: Any, no: Any) -> dict[Any, int]:
    share = round(truth_share(asked) * 100)
    return {yes: share, no: 100 - share}


def flag_choice(asked: Asked, yes: str, no: str) -> Guess:
    """A flag that is kept as text."""
    return Guess({"gen": "choice", "values": _flag_weights(asked, yes, no)}, "a flag, from the name and default")
