"""Sectors and industries of listed companies, out of the labels that pytickersymbols has for them."""

from __future__ import annotations

import re
from collections.abc import Sequence

_SECTORS = {  # the eleven sectors of stock markets, by words of labels
    "Health Care": r"health|pharma|biotech|medic|drug",
    "Information Technology": r"information tech|software|semicond|computer|^technology|it services|electronic|"
    r"data process|electric machinery",
    "Financials": r"financ|bank|insur|invest|asset manag|securities|brok|exchange|payment",
    "Real Estate": r"real estate|reit|reti|housing|property (?:dev|manag)|residential",
    "Utilities": r"utilit|electric power|gas suppl|water suppl|electricity|natural gas dist",
    "Energy": r"^energy|oil|petrol|gas|fossil|coal|pipeline|wind|solar",
    "Communication Services": r"communic|media|telecom|broadcast|publish|entertainment|advertis|internet serv|video game",
    "Consumer Staples": r"staple|food|beverage|tobacco|drink|household|non-cyclic|brew|personal (?:prod|care)|"
    r"cosmetic|supermarket|fishery",
    "Consumer Discretionary": r"discretion|cyclical|retail|automo|auto |hotel|apparel|textil|leisure|homebuild|"
    r"restaurant|luxury|travel|cloth|education|casino|toy|consumer",
    "Materials": r"material|chemi|metal|mining|steel|paper|packag|mineral|glass|cement|ceramic|rubber|"
    r"forest|pulp",
    "Industrials": r"industr|machin|aerospace|defen[cs]e|transport|construct|engineer|manufact|logist|"
    r"air ?line|railway|ship|conglom|service|trading|equipment|build|wareh|mobil|marine",
}  # fmt: skip
_NAMES = {name.casefold(): name for name in _SECTORS} | {
    "healthcare": "Health Care", "technology": "Information Technology", "financial services": "Financials",
    "basic materials": "Materials", "consumer cyclicals": "Consumer Discretionary", "consumer non-cyclicals": "Consumer Staples",
    "telecommunications": "Communication Services", "industrial goods": "Industrials",
}  # fmt: skip


def sector(labels: Sequence[str]) -> str:
    """The sector that a label names outright, else that of the first label with a word of one; empty where none has."""
    named = (_NAMES[label.casefold()] for label in labels if label.casefold() in _NAMES)
    worded = (name for label in labels for name, words in _SECTORS.items() if re.search(words, label, re.IGNORECASE))
    return next(named, "") or next(worded, "")


def industry(labels: Sequence[str]) -> str:
    """The label that is narrowest: the last in English that is no sector; the sector where there is no other."""
    narrow = [label for label in labels if label.casefold() not in _NAMES and label.isascii() and len(label) <= 60]
    text = narrow[-1] if narrow else sector(labels)
    return text[:1].upper() + text[1:]


def makes_medicines(labels: Sequence[str]) -> bool:
    """Whether the company makes medicines."""
    return any(re.search("pharma|biotech", label, re.IGNORECASE) for label in labels)
