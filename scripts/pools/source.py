"""Faker's providers of one locale, as data."""

from __future__ import annotations

from functools import cache
from typing import Any

from faker import Faker
from faker.config import AVAILABLE_LOCALES

_LEFT_OUT = frozenset({"fr_QC", "dk_DK"})  # other names of fr_CA and da_DK
_LANGUAGES = {"sw_KE": "sw"}  # locales that Faker knows by their language alone
BORROWED = {
    "am_ET": "en_US", "ar_AE": "ar_AA", "ar_JO": "ar_AA", "bs_BA": "hr_HR", "fil_PH": "en_PH", "it_CH": "it_IT",
    "tl_PH": "en_PH",
}  # fmt: skip
"""Locales for which Faker has no names, with those whose names they have."""


@cache
def _providers(locale: str) -> dict[str, Any]:
    return {p.__provider__.rpartition(".")[2]: p for p in Faker(_LANGUAGES.get(locale, locale)).factories[0].get_providers()}


def provider(locale: str, family: str) -> Any:
    """The provider of a family (`person`, `address`, …) that Faker uses for the locale."""
    return _providers(locale)[family]


def own(locale: str, family: str) -> Any | None:
    """The provider, if the locale has its own (of its country or its language), else None."""
    found = provider(locale, family)
    language = getattr(found, "__lang__", None) or ""
    return found if language.partition("_")[0] == locale.partition("_")[0] else None


def locales() -> list[str]:
    """Faker's locales that name a language and a country."""
    return sorted({name for name in AVAILABLE_LOCALES if "_" in name and name not in _LEFT_OUT} | set(_LANGUAGES))


def names(locale: str) -> Any | None:
    """The provider of the locale's names, borrowed where it has none of its own."""
    return own(BORROWED.get(locale, locale), "person")
