"""Banks of the world: those of schwifty's registry (MIT) with their own codes and BICs, by country.

Countries that the registry has no banks of get banks with names from Mimesis or Faker, or of their largest cities; the
BICs and bank codes of these are made up, and the BIC says so: its location code ends in 0, which ISO 9362 keeps for tests.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from stdnum import numdb

from scripts.pools.cities import country_of
from scripts.pools.files import Fields
from scripts.pools.geo import cities_of
from scripts.pools.person import slug
from scripts.pools.source import locales, provider

_MADE_UP = 60
_CITIES = 8
_ENOUGH = 5  # banks of the registry, below which others stand beside them
# What banks of a city are called, by language; other languages put Bank before the city.
_CALLED = {
    "en": "{} Bank", "fr": "Crédit {}", "es": "Banco de {}", "pt": "Banco de {}", "it": "Banca di {}", "ro": "Banca {}",
    "ru": "Банк «{}»", "uk": "Банк «{}»", "bg": "Банка {}", "mk": "Банка {}", "hr": "{} banka", "sl": "{} banka",
    "lv": "{} banka", "lt": "{} bankas", "ja": "{}銀行", "zh": "{}银行", "ko": "{} 은행", "th": "ธนาคาร{}", "hi": "{} बैंक",
    "mr": "{} बँक", "ne": "{} बैंक", "gu": "{} બેંક", "or": "{} ବ୍ୟାଙ୍କ", "ta": "{} வங்கி", "si": "{} බැංකුව", "bn": "{} ব্যাংক",
    "ar": "بنك {}", "fa": "بانک {}", "he": "בנק {}", "el": "Τράπεζα {}", "ka": "ბანკი {}", "hy": "{} Բանկ", "is": "{} banki",
    "hu": "{} Bank", "fi": "{} Pankki", "et": "{} Pank", "vi": "Ngân hàng {}", "az": "{} Bankı", "uz": "{} Bank",
}  # fmt: skip
_NAMED = {"US": "en", "AU": "en-au", "CA": "en-ca", "JP": "ja", "KR": "ko", "KW": "ar-kw", "JO": "ar-jo", "OM": "ar-om",
          "QA": "ar-qa", "TN": "ar-tn", "EG": "ar-eg", "YE": "ar-ye", "SA": "ar-sa", "DZ": "ar-dz"}  # fmt: skip
"""Countries whose banks Mimesis names, with its locale."""
_MOD_97 = frozenset("BA ME MK PT RS SI ST TL XK BI DJ FR MC MR TN".split())
_TAILS = {"MU": "000MUR", "SC": "SCR", "BR": "C1"}  # currency, or kind of account and holder
# Digits that follow from others.
_CHECKS = {"BE": 2, "CZ": 1, "EE": 1, "ES": 2, "FI": 1, "HR": 1, "HU": 2, "IS": 2, "NO": 1, "SK": 1}
_CHECKS |= dict.fromkeys(_MOD_97, 2)
_LETTER_BEFORE = frozenset({"IT", "SM"})
_ODD = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21)


class Bank(NamedTuple):
    """A bank; `code` is how its account numbers begin, nothing where the country has no IBANs."""

    country: str
    name: str
    code: str
    bic: str


def bank_pool() -> Fields:
    """Every country's banks. For what the numbers are for see `runner.generators.account_checks`."""
    rows = [bank for country in _countries() for bank in _banks_of(country)]
    return {
        "name": [b.name for b in rows],
        "code": [b.code for b in rows],
        "bic": [b.bic for b in rows],
        "country": [b.country for b in rows],
        "country_number": [as_number(b.country) for b in rows],
        "tail": [_TAILS.get(b.country, "") for b in rows],
        "account_digits": [_account_digits(b) for b in rows],
        "residue": [_residue(b) for b in rows],
        "national": [_national(b) for b in rows],
    }


@cache
def _shapes() -> dict[str, str]:
    """By country: the characters of an account number without its first four, n a digit, a a letter, c either.

    Those of schwifty's registry of IBANs, of the countries that python-stdnum knows too.
    """
    registry = json.loads((files("schwifty") / "iban_registry" / "generated.json").read_text(encoding="utf-8"))
    known = [c for c in registry if numdb.get("iban").info(c)[0][1]]
    parts = {c: re.findall(r"(\d+)!([nac])", registry[c]["bban_spec"]) for c in sorted(known)}
    return {country: "".join(kind * int(size) for size, kind in spec) for country, spec in parts.items()}


def _countries() -> list[str]:
    """Countries with IBANs or with a locale."""
    return sorted({*_shapes(), *_locales()})


@cache
def _locales() -> dict[str, str]:
    """The first locale of each country."""
    found = {country_of(locale): locale for locale in reversed(locales())}
    return {country: locale for country, locale in found.items() if cities_of(country)}


def _banks_of(country: str) -> list[Bank]:
    real = _registered().get(country, [])
    return real if len(real) >= _ENOUGH else real + _made_up(country, real)


@cache
def _registered() -> dict[str, list[Bank]]:
    """The registered banks that have a BIC of their country and a code: one of each first eight letters, by country."""
    found: dict[str, dict[str, Bank]] = {}
    for entry in _entries():
        country, code, bic = entry["country_code"], str(entry["bank_code"]), str(entry["bic"] or "").ljust(11, "X")
        name = " ".join(str(entry["name"]).replace("* (langdurig) inactief", "").split())
        if bic[4:6] == country and country in _shapes() and _fits(country, code) and name:
            found.setdefault(country, {}).setdefault(bic[:8], Bank(country, name, code, bic))
    return {country: list(banks.values()) for country, banks in found.items()}


def _entries() -> Iterable[dict[str, Any]]:
    folder = files("schwifty") / "bank_registry"
    for path in sorted((p for p in folder.iterdir() if p.name.endswith(".json")), key=lambda p: p.name):
        read = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(read, list):
            yield from read
        else:
            source, target = read["expand_from"], read["expand_into"]
            yield from ({**entry, target: value} for entry in read["entries"] for value in entry[source])


def _fits(country: str, code: str) -> bool:
    """Whether the code is of the country's kind of characters and leaves room for an account."""
    kinds = _shapes()[country].lstrip("a" if country in _LETTER_BEFORE else "")
    wanted = "".join({"n": r"\d", "a": "[A-Z]", "c": "[A-Z0-9]"}[kind] for kind in kinds[: len(code)])
    listed = country != "BE" or any(info for _, info in numdb.get("be/banks").info(code))
    return bool(code) and listed and re.fullmatch(wanted, code) is not None


def _made_up(country: str, beside: Sequence[Bank]) -> list[Bank]:
    found: list[Bank] = []
    letters = [bank.bic[:4] for bank in beside]
    codes = {bank.code for bank in beside if bank.code}
    for number, name in enumerate(_names(country)):
        letters.append(_unlike((slug(name).replace("bank", "", 1) or "bank").upper(), letters))
        code = _code(country, letters[-1], number)
        if code not in codes:
            found.append(Bank(country, name, code, f"{letters[-1]}{country}20XXX"))
    return found


def _names(country: str) -> list[str]:
    """Names of banks: those that Mimesis or Faker have of the country, else of its largest cities."""
    locale = _locales().get(country, "")
    faker = provider(locale, "bank") if locale else None
    listed = list(getattr(faker, "banks", ())) if getattr(faker, "__lang__", "") == locale else []
    if country in _NAMED:
        text = (files("mimesis") / "datasets" / _NAMED[country] / "finance.json").read_text(encoding="utf-8")
        listed = json.loads(text)["banks"]
    if listed:
        return list(dict.fromkeys(" ".join(str(name).split()) for name in listed if slug(name)))[:_MADE_UP]
    cities = [city for city in cities_of(country) if len(slug(city)) >= 4][:_CITIES] or [country]
    called = "{}銀行" if country == "TW" else _CALLED.get(locale.partition("_")[0] or "en", "Bank {}")
    return [called.format(city) for city in cities]


def _unlike(name: str, taken: Sequence[str]) -> str:
    """Four letters of the name that no other bank has."""
    name = name.ljust(4, "X")
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    choices = [name[:4], *(name[:3] + c for c in name[4:]), *(name[:3] + c for c in alphabet)]
    choices += [name[:2] + c + d for c in alphabet for d in alphabet]
    return next(four for four in choices if four not in taken)


def _code(country: str, letters: str, number: int) -> str:
    """A made-up code as wide as the country's are: letters of the name, or digits of the bank's number."""
    if country not in _shapes():
        return ""
    shape, width = _shapes()[country].lstrip("a" if country in _LETTER_BEFORE else ""), _width(country)
    digits = iter(str((number + 3) * 7_919 % 10**width).zfill(width))
    if shape[0] == "n" or country == "BR":
        code = "".join(digits)
        return code[:7] + _albanian(code[:7]) if country == "AL" else code
    return letters[:width] + "".join(next(digits) for _ in range(width - 4))


@cache
def _width(country: str) -> int:
    """How many characters a bank code has."""
    entry = json.loads((files("schwifty") / "iban_registry" / "generated.json").read_text(encoding="utf-8"))[country]
    place = entry.get("positions", {}).get("bank_code") or [0, {"AL": 8}.get(country, 5)]
    return {"AL": 8}.get(country, int(place[1]) - int(place[0]))


def _albanian(seven: str) -> str:
    return str(-sum(int(d) * w for d, w in zip(seven, (9, 7, 3, 1, 9, 7, 3), strict=True)) % 10)


def _account_digits(bank: Bank) -> int:
    """Digits that are drawn: all that is neither the bank's code nor a check digit nor the tail."""
    shape = _shapes().get(bank.country, "")
    if not shape:
        return 0
    taken = len(bank.code) + len(_TAILS.get(bank.country, "")) + _CHECKS.get(bank.country, 0)
    return len(shape) - taken - (bank.country in _LETTER_BEFORE)


def _residue(bank: Bank) -> int:
    """What country, bank code and tail add to the remainder of an IBAN by 97."""
    tail = _TAILS.get(bank.country, "")
    turned = as_text(tail) + as_text(bank.country) + "00"
    behind = _account_digits(bank) + _CHECKS.get(bank.country, 0)
    return int((as_text(bank.code) or "0") + "0" * behind + turned) % 97


def _national(bank: Bank) -> int:
    """What the bank code adds to the sum that the country's own check digits are made of."""
    code, digits = bank.code, _account_digits(bank)
    match bank.country:
        case country if country in _MOD_97:
            return int(code) * pow(10, digits + 2, 97) % 97
        case "BE":
            return int(code) * pow(10, digits, 97) % 97
        case "FI":
            return int(code) * int(10**digits)
        case "NO":
            return sum(int(c) * w for c, w in zip(code, (5, 4, 3, 2), strict=True))
        case "ES":
            return sum(int(c) * w for c, w in zip(code, (4, 8, 5, 10), strict=True))
        case "HU":
            return sum(int(c) * w for c, w in zip(code, (9, 7, 3), strict=True))
        case "IT" | "SM":
            return sum(_ODD[int(c)] if place % 2 == 0 else int(c) for place, c in enumerate(code)) % 26
    return 0


def as_text(text: str) -> str:
    """Letters as A = 10 … Z = 35, digits as they are (ISO 13616)."""
    return "".join(str(int(c, 36)) for c in text)


def as_number(text: str) -> int:
    """The same as a number."""
    return int(as_text(text))
