"""Banks: well-known ones of tables/banks.tsv, and made-up ones for the locales of other countries.

tables/iban.tsv has the shape of account numbers by country (the registry of ISO 13616).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from scripts.pools.files import Fields, table
from scripts.pools.person import slug

_MADE_UP = 8
# What banks of a city are called, by language; other languages put Bank before the city.
_CALLED = {
    "en": "{} Bank", "fr": "Crédit {}", "es": "Banco de {}", "pt": "Banco de {}", "it": "Banca di {}", "ro": "Banca {}",
    "ru": "Банк «{}»", "uk": "Банк «{}»", "bg": "Банка {}", "mk": "Банка {}", "hr": "{} banka", "sl": "{} banka",
    "lv": "{} banka", "lt": "{} bankas", "ja": "{}銀行", "zh": "{}银行", "ko": "{} 은행", "th": "ธนาคาร{}", "hi": "{} बैंक",
    "mr": "{} बँक", "ne": "{} बैंक", "gu": "{} બેંક", "or": "{} ବ୍ୟାଙ୍କ", "ta": "{} வங்கி", "si": "{} බැංකුව", "bn": "{} ব্যাংক",
    "ar": "بنك {}", "fa": "بانک {}", "he": "בנק {}", "el": "Τράπεζα {}", "ka": "ბანკი {}", "hy": "{} Բանկ", "is": "{} banki",
    "hu": "{} Bank", "fi": "{} Pankki", "et": "{} Pank", "vi": "Ngân hàng {}", "az": "{} Bankı", "uz": "{} Bank",
}  # fmt: skip
_BEHIND = {"FR": 2, "BE": 2, "PT": 2, "ES": 2, "BR": 3}  # digits of an account number that are neither bank nor account


@cache
def _shapes() -> dict[str, tuple[str, int]]:
    """By country: the shape of the bank's code, and the digits of the account."""
    return {row[0]: (row[1], int(row[2])) for row in table("iban")}


def bank_pool() -> Fields:
    """The well-known banks of all countries."""
    rows = table("banks")
    fields = _fields([(r[0], r[1], r[2].strip("-"), r[3], int(r[4])) for r in rows])
    return fields | {"country": [r[0] for r in rows], "country_number": [as_number(r[0]) for r in rows]}


def local_banks(locale: str, places: Sequence[str]) -> dict[str, Fields]:
    """The pool `bank` of a locale whose country has no well-known ones: a bank for each of the first places."""
    language, _, country = locale.partition("_")
    if country in {row[0] for row in table("banks")} or not re.fullmatch("[A-Z]{2}", country) or country == "AA":
        return {}
    named = list(dict.fromkeys(p for p in places if len(slug(p)) >= 4))[:_MADE_UP]
    shape, digits = _shapes().get(country, ("", 0))
    letters: list[str] = []
    for name in named:
        letters.append(_unlike(slug(name).upper(), letters))
    codes = [_code(shape, four, n) for n, four in enumerate(letters)]
    called = _CALLED.get(language, "Bank {}")
    if country == "TW":
        called = "{}銀行"
    names = [called.format(name) for name in named]
    rows = [
        (country, name, code, f"{four}{country}22XXX", digits) for name, code, four in zip(names, codes, letters, strict=True)
    ]
    return {"bank": _fields(rows)}


def _unlike(name: str, taken: list[str]) -> str:
    """Four letters of the name that no other bank has."""
    choices = [name[:4], *(name[:3] + c for c in name[4:]), *(name[:3] + c for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZ")]
    return next(four for four in choices if four not in taken)


def _code(shape: str, letters: str, number: int) -> str:
    """The shape filled: `a` with the letters, `#` with digits of the bank's number."""
    width = shape.count("#")
    filled = iter(str((number + 3) * 7_919 % 10**width).zfill(width) if width else "")
    four = iter(letters)
    return "".join(next(four) if c == "a" else next(filled) if c == "#" else c for c in shape)


def _fields(rows: Sequence[tuple[str, str, str, str, int]]) -> Fields:
    """`residue` is what country and bank code add to an IBAN's remainder by 97, `national` to the country's own check."""
    return {
        "name": [r[1] for r in rows],
        "code": [r[2] for r in rows],
        "bic": [r[3] for r in rows],
        "account_digits": [r[4] for r in rows],
        "residue": [_residue(r[0], r[2], r[4]) for r in rows],
        "national": [_national(r[0], r[2], r[4]) for r in rows],
    }


def _residue(country: str, code: str, digits: int) -> int:
    behind = digits + _BEHIND.get(country, 0) + 6
    return (as_number(code or "0") * pow(10, behind, 97) + as_number(country) * 100) % 97


def _national(country: str, code: str, digits: int) -> int:
    match country:
        case "FR":
            return (89 * int(code[:5]) + 15 * int(code[5:])) % 97
        case "BE":
            return int(code) * pow(10, digits, 97) % 97
        case "PT":
            return int(code) * pow(10, digits + 2, 97) % 97
        case "ES":
            return _spanish("00" + code)
        case "IT":
            odd = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21)
            return sum(odd[int(c)] if place % 2 == 0 else int(c) for place, c in enumerate(code)) % 26
    return 0


def _spanish(text: str) -> int:
    total = sum(int(c) * w for c, w in zip(text, (1, 2, 4, 8, 5, 10, 9, 7, 3, 6), strict=True)) % 11
    return total if total < 2 else 11 - total


def as_number(text: str) -> int:
    """Letters as A = 10 … Z = 35 (ISO 13616)."""
    return int("".join(str(int(c, 36)) for c in text))
