"""Stocks, exchanges, crypto-currencies and kinds of merchants.

Sources: pytickersymbols (MIT), iso10383 (Apache 2.0), the npm package cryptocurrencies (MIT),
iso18245 (MIT). What merchants are called and what people pay them is our own (tables/merchants.tsv).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import iso10383
import iso18245
from pytickersymbols.indices_data import INDICES
from stdnum import isin

from scripts.pools import npm, sectors
from scripts.pools.files import Fields, lines, table

_OF_SUFFIX = {  # where the indices of a Yahoo suffix are traded
    "DE": "XETR", "L": "XLON", "PA": "XPAR", "AS": "XAMS", "BR": "XBRU", "MC": "XMAD", "MI": "MTAA", "ST": "XSTO",
    "HE": "XHEL", "T": "XTKS", "SW": "XSWX",
}  # fmt: skip
_AMERICAN = {"NYSE": "XNYS", "NASDAQ": "XNAS"}
_BOURSE = re.compile(r"\b(STOCK|SECURITIES|BOURSE|BOLSA|BOERSE|BÖRSE|BORSA|BURSA|EURONEXT|NASDAQ)\b")
_OFTEN = 60  # payments to a kind of shop in our table for one to another company
_SMALL = frozenset("and de del di du e für in of the y a&".split())
_KEPT = frozenset("AB AG A/S ASA BATS CBOE EBS EEX EU EUREX GFI LLC LSE LUX MTF NSX NYSE NZX OTC PLC SA SIX TSX UK US".split())


def market_files() -> dict[str, dict[str, Fields]]:
    """The file `market`."""
    return {
        "market": {
            "stock": _stocks(),
            "drugmaker": {"name": _drugmakers()},
            "exchange": _exchanges(),
            "crypto": _crypto(),
            "merchant": _merchants(),
        }
    }


@cache
def _active() -> dict[str, Any]:
    """The market identifier codes in use."""
    entries = [member.value for member in iso10383.MIC]
    return {m.mic: m for m in entries if m.status.name in ("active", "updated")}


def title(text: str) -> str:
    """Words in capitals as titles have them: `BOLSA DE VALORES` is Bolsa de Valores."""
    words = text.replace(" ,", ",").split()
    told = [w if w in _KEPT else w.lower() if w.lower() in _SMALL and n else _capital(w) for n, w in enumerate(words)]
    return " ".join(told)


def _capital(word: str) -> str:
    return re.sub(r"[^\W\d_]+(?:['’][^\W\d_]+)?", lambda m: m[0][0].upper() + m[0][1:].lower(), word)


def _name(entry: Any) -> str:
    """The market's name; the institution where the market is that of a group (Euronext, Nasdaq)."""
    own, group = entry.institution_description or "", entry.market_name or ""
    return title(own if own.startswith(("EURONEXT ", "NASDAQ ")) else group)


def _city(entry: Any) -> str:
    return str(entry.city.name.replace("_", " ").title().replace("S Hertogenbosch", "'s-Hertogenbosch"))


def _exchanges() -> Fields:
    """Markets that run themselves (operating codes) and are called an exchange."""
    found = [m for m in _active().values() if m.operating_mic is None and m.mic[0] == "X" and _BOURSE.search(m.market_name or "")]
    unique = {_name(m): m for m in sorted(found, key=lambda m: str(m.mic), reverse=True)}
    rows = sorted(unique.values(), key=lambda m: str(m.mic))
    return {
        "name": [_name(m) for m in rows],
        "mic": [m.mic for m in rows],
        "city": [_city(m) for m in rows],
        "country": [m.iso_country_code.name.strip("_").upper() for m in rows],
    }


def _companies() -> Iterator[tuple[str, str, str, str, tuple[str, ...]]]:
    """Ticker, name, market, ISIN and labels of the companies of the indices that have all of them, and a known sector."""
    for content in INDICES.values():
        for company in content["companies"]:
            numbers = [n for n in company.get("isins", ()) if isin.is_valid(n)]
            ticker, _, suffix = str(company.get("symbol", "")).rpartition(".")
            if not ticker or suffix not in _OF_SUFFIX:
                ticker, market = str(company.get("symbol", "")), _american(company)
            else:
                market = _OF_SUFFIX[suffix]
            labels = tuple(map(str, company.get("industries", ())))
            if re.fullmatch(r"[A-Z0-9]{1,6}([.-][A-Z])?", ticker) and market and numbers and sectors.sector(labels):
                yield ticker, " ".join(str(company["name"]).split()), market, numbers[0], labels


def _american(company: dict[str, Any]) -> str:
    """The American market that the company's symbol is listed on, if the package says so."""
    told = [str(s.get("google") or "") for s in company.get("symbols", ())]
    said = {m for name, m in _AMERICAN.items() if f"{name}:{company.get('symbol')}" in told}
    return said.pop() if len(said) == 1 else ""


@cache
def _listed() -> list[tuple[str, str, str, str, tuple[str, ...]]]:
    """One company of each ISIN, ticker and name, American listings first."""
    found: dict[str, tuple[str, str, str, str, tuple[str, ...]]] = {}
    tickers: set[str] = set()
    for row in sorted(_companies(), key=lambda r: (r[2] not in _AMERICAN.values(), r)):
        if row[3] not in found and row[0] not in tickers and row[1] not in {f[1] for f in found.values()}:
            found[row[3]] = row
            tickers.add(row[0])
    return sorted(found.values())


def _stocks() -> Fields:
    rows = _listed()
    return {
        "ticker": [r[0] for r in rows],
        "name": [r[1] for r in rows],
        "exchange": [_name(_active()[r[2]]) for r in rows],
        "mic": [r[2] for r in rows],
        "city": [_city(_active()[r[2]]) for r in rows],
        "isin": [r[3] for r in rows],
        "sector": [sectors.sector(r[4]) for r in rows],
        "industry": [sectors.industry(r[4]) for r in rows],
    }


def _drugmakers() -> list[str]:
    """Companies of the indices that make medicines, each once."""
    every = (company for content in INDICES.values() for company in content["companies"])
    found = (str(company["name"]) for company in every if sectors.makes_medicines(company.get("industries", ())))
    return sorted({" ".join(name.removesuffix(", Inc.").removesuffix(" Inc.").split()) for name in found})


def _crypto() -> Fields:
    """The well-known ones of the package's many thousands."""
    names = npm.read_json("cryptocurrencies", "cryptocurrencies.json")
    codes = sorted(" ".join(lines("crypto.txt")).split())
    return {"code": codes, "name": [str(names[code]).strip() for code in codes]}


def _category(code: str) -> str:
    known = iso18245.get_mcc(code)
    text = known.iso_description or known.usda_description or known.stripe_description or known.visa_description
    text = text.replace("StopIteration", "Stop")  # a slip of the package
    return " ".join(text.replace(" -- ", ", ").replace(" - ", ", ").split())


def _categories() -> Fields:
    """The codes that are not of one company."""
    codes = sorted(str(m.mcc) for m in iso18245.get_all_mccs() if not m.range.reserved and _category(str(m.mcc)))
    return {"code": codes, "name": [_category(code) for code in codes]}


def _merchants() -> Fields:
    """Kinds of shops: what stands behind a name, the category, and the usual payments in US dollars.

    Most payments go to the shops of our own table; of every other category there is a company.
    """
    told = [(code, nouns.split("|"), int(low), int(high)) for code, nouns, low, high in table("merchants")]
    rows = [(code, noun, low, high, _OFTEN // len(nouns)) for code, nouns, low, high in told for noun in nouns]
    others = [code for code in _categories()["code"] if code not in {row[0] for row in rows}]
    rows += [(code, "& Partners", 20, 500, 1) for code in others]
    return {
        "noun": [r[1] for r in rows],
        "code": [r[0] for r in rows],
        "category": [_category(r[0]) for r in rows],
        "low": [r[2] for r in rows],
        "high": [r[3] for r in rows],
        "weight": [r[4] for r in rows],
    }
