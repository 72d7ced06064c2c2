"""Mobile telephone numbers by the numbering plans of Google's libphonenumber (package phonenumbers, Apache 2.0).

A locale has heads (the calling code and a prefix, as written in each style) and the digits that follow. Only heads are
taken after which every number of the usual length is valid; where the package knows operators, only prefixes of these.
In tails `#` is a digit 0-9.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import phonenumbers
from phonenumbers import PhoneMetadata, PhoneNumberFormat, PhoneNumberType, carrier

from scripts.pools.automaton import Automaton
from scripts.pools.cities import country_of
from scripts.pools.files import Fields

_STYLES = {
    "national": PhoneNumberFormat.NATIONAL, "international": PhoneNumberFormat.INTERNATIONAL, "e164": PhoneNumberFormat.E164,
}  # fmt: skip
_USUAL = {
    "ID": 11,
    "AT": 10,
    "BG": 9,
    "FI": 9,
    "EE": 8,
    "HR": 9,
    "LU": 9,
    "SE": 9,
}  # digits, where the example number is a short one
_NOWHERE = "SA"  # whose numbers a locale of no country has
_WIDTHS = range(2, 6)  # digits of a prefix
_SHARE = 0.9  # of all numbers: as much as the prefixes of a width should hold
_FEW = 5


def phone_pools(locale: str) -> tuple[dict[str, Fields], dict[str, Any]]:
    """The pool `phone` (heads as `national`, `international`, `e164`) and the tails that follow them in each style."""
    country = country_of(locale) or _NOWHERE
    calling = phonenumbers.country_code_for_region(country)
    example = phonenumbers.example_number_for_type(country, PhoneNumberType.MOBILE)
    assert example is not None, country
    length = _USUAL.get(country) or len(phonenumbers.national_significant_number(example))
    prefixes = _operated(calling, _prefixes(country, length), length)
    heads: dict[tuple[str, ...], list[tuple[str, ...]]] = defaultdict(list)
    for prefix in prefixes:
        forms = {tuple(_split(calling, prefix, length, style, fill) for style in _STYLES.values()) for fill in "0123456789"}
        if len(forms) == 1:  # else what follows decides how it is written
            split = forms.pop()
            heads[tuple(tail for _, tail in split)].append(tuple(head for head, _ in split))
    tails = max(heads, key=lambda t: (len(heads[t]), t))
    fields: Fields = {style: list(texts) for style, texts in zip(_STYLES, zip(*heads[tails], strict=True), strict=True)}
    return {"phone": fields}, {"phone_tails": dict(zip(_STYLES, tails, strict=True))}


def _prefixes(country: str, length: int) -> list[str]:
    """Prefixes of one width after which all numbers of the length are valid."""
    plan = PhoneMetadata.metadata_for_region(country)
    assert plan is not None, country
    assert plan.mobile is not None, country
    automaton = Automaton(str(plan.mobile.national_number_pattern))
    every = automaton.count("", length)
    found: list[str] = []
    for width in _WIDTHS:
        found = [p for p in _numbers(width) if automaton.universal(p, length - width)]
        if len(found) * 10 ** (length - width) >= every * _SHARE:
            break
    return found


def _numbers(width: int) -> Iterator[str]:
    return (f"{number:0{width}}" for number in range(10**width))


def _operated(calling: int, prefixes: list[str], length: int) -> list[str]:
    """Of the prefixes, made three digits at least, those of an operator, where operators are known."""
    while len(prefixes[0]) < 3:
        prefixes = [p + digit for p in prefixes for digit in "0123456789"]
    known = [p for p in prefixes if carrier.name_for_number(_number(calling, p, length), "en")]
    return known if len(known) >= _FEW else prefixes


def _number(calling: int, prefix: str, length: int, fill: str = "5") -> phonenumbers.PhoneNumber:
    return phonenumbers.parse(f"+{calling}{prefix.ljust(length, fill)}")


def _split(calling: int, prefix: str, length: int, style: int, fill: str) -> tuple[str, str]:
    """The number's text up to the prefix's last digit, and the shape of what follows."""
    text = phonenumbers.format_number(_number(calling, prefix, length, fill), style)
    places = [match.start() for match in re.finditer(r"\d", text)]
    at = places[-(length - len(prefix))]
    return text[:at], re.sub(r"\d", "#", text[at:])
