"""Currencies and payment cards.

Sources: CLDR through Babel (BSD; names, symbols), iso4217 (public domain; numbers, minor units), the npm package
credit-card-type (MIT; first digits, lengths). How much a currency buys is our own round figure.
"""

from __future__ import annotations

from typing import Any

import iso4217
from babel import Locale
from babel.numbers import get_currency_precision, get_currency_symbol

from scripts.pools import npm
from scripts.pools.banks import bank_pool
from scripts.pools.files import WEIGHT, Fields, table, whole_weights
from scripts.pools.geo import currency_codes

# Shares of the brands among cards are our own guess; `length` is the usual one of those that a brand allows.
_BRANDS = {
    "visa": (50, 16), "mastercard": (27, 16), "american-express": (7, 15), "discover": (4, 16), "jcb": (3, 16),
    "unionpay": (5, 16), "diners-club": (2, 14), "maestro": (2, 16),
}  # fmt: skip
_MOST = 240  # starts of a brand
_GONE = {"BGN": 975}  # numbers of currencies that GeoNames still has and ISO 4217 no longer


def payment_files() -> dict[str, dict[str, Fields]]:
    """The file `finance`."""
    return {"finance": {"currency": _currencies(), "card": _cards(), "brand": _brands(), "bank": bank_pool()}}


def _currencies() -> Fields:
    """Codes, names, symbols, decimal digits, and a round number of units that buy what a US dollar buys."""
    names, codes = Locale.parse("en_US").currencies, currency_codes()
    units = {code: int(row[0]) for row in table("currency_units") for code in row[1].split()}
    known = {c.code: c for c in iso4217.Currency}
    return {
        "code": codes,
        "name": [names[c] for c in codes],
        "symbol": [get_currency_symbol(c, "en_US") for c in codes],
        "number": [f"{known[c].number if c in known else _GONE[c]:03}" for c in codes],
        "digits": [int(known[c].exponent or 0) if c in known else get_currency_precision(c) for c in codes],
        "units": [units[c] for c in codes],
    }


def _info() -> list[dict[str, Any]]:
    kinds: list[dict[str, Any]] = npm.evaluate("credit-card-type", "Object.values(it.types).map((t) => it.getTypeInfo(t))")
    return sorted((kind for kind in kinds if kind["type"] in _BRANDS), key=lambda kind: list(_BRANDS).index(kind["type"]))


def _brands() -> Fields:
    """The brands with the length of their numbers and of their security codes."""
    return {
        "name": [kind["niceType"] for kind in _info()],
        "length": [_BRANDS[kind["type"]][1] for kind in _info()],
        "code": [int(kind["code"]["size"]) for kind in _info()],
    }


def _starts(kind: dict[str, Any], width: int, others: list[tuple[int, int]]) -> list[int]:
    """Numbers of so many digits that the brand's cards begin with and that no longer start of another brand claims."""
    found: set[int] = set()
    for pattern in kind["patterns"]:
        low, high = pattern if isinstance(pattern, list) else (pattern, pattern)
        step = 10 ** (width - len(str(low))) if len(str(low)) <= width else 0
        if step:
            found.update(range(low * step, (high + 1) * step))
    kept = [start for start in sorted(found) if not any(_begins(start, width, low, high) for low, high in others)]
    return kept[:: max(1, len(kept) // _MOST)][:_MOST]


def _begins(start: int, width: int, low: int, high: int) -> bool:
    """Whether cards of the start may begin with a number from low to high."""
    size = len(str(low))
    if size >= width:
        wide = int(10 ** (size - width))
        return low // wide <= start <= high // wide
    return low <= start // int(10 ** (width - size)) <= high


def _claims(kind: dict[str, Any], width: int) -> list[tuple[int, int]]:
    """What other brands say of the same first digits: longer patterns than the brand's own shortest, or equal ones."""
    every = npm.evaluate("credit-card-type", "Object.values(it.types).map((t) => it.getTypeInfo(t))")
    own = min(len(str(p[0] if isinstance(p, list) else p)) for p in kind["patterns"])
    patterns = [p if isinstance(p, list) else (p, p) for k in every if k["type"] != kind["type"] for p in k["patterns"]]
    return [(int(low), int(high)) for low, high in patterns if len(str(low)) >= own]


def _cards() -> Fields:
    """Starts of card numbers: `base` is the first digits followed by ten zeros (the number without its check digit)."""
    pool: dict[str, list[Any]] = {"base": [], "brand": [], "brand_name": [], "code": [], "weight": []}
    for number, kind in enumerate(_info()):
        share, length = _BRANDS[kind["type"]]
        starts = _starts(kind, length - 11, _claims(kind, length - 11))
        pool["base"] += [start * 10**10 for start in starts]
        pool["brand"] += [number] * len(starts)
        pool["brand_name"] += [kind["niceType"]] * len(starts)
        pool["code"] += [int(kind["code"]["size"])] * len(starts)
        pool["weight"] += whole_weights([1] * len(starts), WEIGHT * share // 100)
    return dict(pool)
