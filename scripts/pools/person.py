"""People: first names by gender, last names (by gender where a language has forms), titles, patronymics."""

from __future__ import annotations

import re
from typing import Any

from anyascii import anyascii

from scripts.pools.files import WEIGHT, Fields, counted
from scripts.pools.source import BORROWED, own

Counts = dict[str, int]
HALF = WEIGHT // 2
_FEMININE = (("ski", "ska"), ("cki", "cka"), ("dzki", "dzka"))  # Polish adjectives
# Titles of men and of women, where Faker has particles of family names, degrees, ranks, or those of one gender for both.
_TITLES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "bn_BD": (("জনাব", "মিঃ", "ডাঃ", "ডঃ"), ("জনাবা", "মিস", "মিসেস", "ডাঃ", "ডঃ")),
    "cs_CZ": (("pan",), ("paní", "slečna")),
    "da_DK": (("Hr.", "Dr."), ("Fru", "Frk.", "Dr.")),
    "de_AT": (("Herr", "Dr.", "Prof."), ("Frau", "Dr.", "Prof.")),
    "de_CH": (("Herr", "Dr.", "Prof."), ("Frau", "Dr.", "Prof.")),
    "de_DE": (("Herr", "Dr.", "Prof."), ("Frau", "Dr.", "Prof.")),
    "en_TH": (("Mr.", "Dr."), ("Mrs.", "Ms.", "Miss", "Dr.")),
    "es_AR": (("Sr.", "Dr."), ("Sra.", "Srta.", "Dra.")),
    "es_CA": (("Sr.", "Dr."), ("Sra.", "Srta.", "Dra.")),
    "es_CO": (("Sr.", "Dr.", "Don"), ("Sra.", "Srta.", "Dra.", "Doña")),
    "es_ES": (("Sr.", "Dr.", "D."), ("Sra.", "Srta.", "Dra.", "Dña.")),
    "es_MX": (("Sr.", "Dr."), ("Sra.", "Srta.", "Dra.")),
    "et_EE": (("hr", "dr"), ("pr", "prl", "dr")),
    "fi_FI": (("Herra", "Tohtori"), ("Rouva", "Neiti", "Tohtori")),
    "fr_BE": (("M.", "Dr"), ("Mme", "Mlle", "Dr")),
    "fr_CA": (("M.", "Dr"), ("Mme", "Mlle", "Dre")),
    "fr_CH": (("M.", "Dr"), ("Mme", "Mlle", "Dre")),
    "fr_DZ": (("M.", "Dr"), ("Mme", "Mlle", "Dr")),
    "fr_FR": (("M.", "Dr"), ("Mme", "Mlle", "Dr")),
    "ga_IE": (("An tUas.", "An Dr."), ("Bean", "Iníon", "An Dr.")),
    "hi_IN": (("श्री", "श्रीमान", "डॉ."), ("श्रीमती", "सुश्री", "डॉ.")),
    "hr_HR": (("g.", "dr."), ("gđa", "gđica", "dr.")),
    "hu_HU": (("Dr.", "Prof. Dr."), ("Dr.", "Prof. Dr.")),
    "id_ID": (("Bapak", "Sdr.", "Tn."), ("Ibu", "Sdri.", "Ny.", "Nn.")),
    "it_IT": (("Sig.", "Dott."), ("Sig.ra", "Sig.na", "Dott.ssa")),
    "nl_BE": (("Dhr.", "Dr."), ("Mevr.", "Dr.")),
    "nl_NL": (("Dhr.", "Dr."), ("Mevr.", "Dr.")),
    "no_NO": (("Hr.", "Dr."), ("Fru", "Frk.", "Dr.")),
    "pt_PT": (("Sr.", "Dr.", "Eng."), ("Sra.", "Dra.", "Eng.ª")),
    "ro_RO": (("Dl.", "Dr."), ("Dna.", "Dra.")),
    "ru_RU": (("г-н",), ("г-жа",)),
    "sk_SK": (("pán",), ("pani", "slečna")),
    "sl_SI": (("g.", "dr."), ("ga.", "gdč.", "dr.")),
    "sv_SE": (("Herr", "Dr."), ("Fru", "Fröken", "Dr.")),
    "th_TH": (("นาย", "ดร."), ("นาง", "นางสาว", "ดร.")),
    "tr_TR": (("Bay", "Dr."), ("Bayan", "Dr.")),
}
_NOTORIOUS = frozenset({"بن لادن"})  # family names that bring one man to mind
_FORMAT = re.compile(r"\{\{(first|last)_name(?:_\w+)?\}\}([^{}]*)\{\{(first|last)_name(?:_\w+)?\}\}")


def slug(text: str) -> str:
    """Lower-case ASCII letters of the text, other scripts transliterated."""
    return re.sub(r"[^a-z]", "", anyascii(text).lower())


def person_pools(locale: str) -> tuple[dict[str, Fields], dict[str, Any]]:
    """The pools `person_*` and the facts of a locale; both empty when Faker has no names for it."""
    locale = BORROWED.get(locale, locale)
    provider = own(locale, "person")
    if provider is None or not getattr(provider, "first_names", None) or not getattr(provider, "last_names", None):
        return {}, {}
    first = _first_names(provider)
    last, gendered = _last_names(locale, provider)
    if gendered:
        _separate(first)
    pools = {"person_first": _fields(locale, first), "person_last": _fields(locale, last)}
    for kind, singular in (("prefixes", "prefix"), ("middle_names", "middle")):
        found = _by_gender(provider, kind)
        if singular == "prefix" and locale in _TITLES:
            found = [counted(titles, HALF) for titles in _TITLES[locale]]
        if found:
            pools[f"person_{singular}"] = _fields(locale, found)
    order, separator = _order(provider)
    return pools, {"gendered_last": gendered, "last_first": order == "last", "separator": separator}


def _first_names(provider: Any) -> list[Counts]:
    """Male and female names."""
    unisex = list(getattr(provider, "first_names_unisex", ()))
    both = []
    for gender in ("male", "female"):
        names = getattr(provider, f"first_names_{gender}", None) or provider.first_names
        both.append(counted([*names, *unisex] if unisex else names, HALF))
    return both


def _last_names(locale: str, provider: Any) -> tuple[list[Counts], bool]:
    """Last names: one list for all, or two where women's differ from men's."""
    if locale == "is_IS":
        fathers = provider.last_names_without_suffix
        return [counted([f"{n}{end}" for n in fathers], HALF) for end in ("son", "dóttir")], True
    if locale == "pl_PL":
        names = [*provider.unisex_last_names, *provider.male_last_names]
        return [counted(names, HALF), counted([_feminine(n) for n in names], HALF)], True
    if locale == "az_AZ":
        both = provider.last_names_unisex
        return [counted([*getattr(provider, f"last_names_{g}"), *both], HALF) for g in ("male", "female")], True
    by_gender = [getattr(provider, f"last_names_{g}", None) for g in ("male", "female")]
    if all(by_gender):
        return [counted(names, HALF) for names in by_gender], True
    names = provider.last_names
    return [counted(names if isinstance(names, dict) else [name for name in names if name not in _NOTORIOUS])], False


def _feminine(name: str) -> str:
    return next((name[: -len(a)] + b for a, b in _FEMININE if name.endswith(a)), name)


def _separate(first: list[Counts]) -> None:
    """Take names whose slug both genders share from the women's list, so that a slug tells the gender.

    Where last names have forms, an e-mail's number is counted within one gender.
    """
    male = {slug(name) for name in first[0]}
    kept = {name: weight for name, weight in first[1].items() if slug(name) not in male}
    if len(kept) * 2 >= len(first[1]):
        first[1] = kept
    else:
        female = {slug(name) for name in first[1]}
        first[0] = {name: weight for name, weight in first[0].items() if slug(name) not in female}


def _by_gender(provider: Any, kind: str) -> list[Counts]:
    both = [getattr(provider, f"{kind}_{g}", None) or getattr(provider, kind, None) for g in ("male", "female")]
    return [counted(names, HALF) for names in both] if all(both) else []


def _fields(locale: str, groups: list[Counts]) -> Fields:
    """`name`, `slug`, `weight`, and `female` (0 or 1) where there are two groups."""
    rows = [(name, weight, female) for female, counts in enumerate(groups) for name, weight in counts.items()]
    fields: Fields = {
        "name": [name for name, _, _ in rows],
        "slug": [_romanized(locale).get(name) or slug(name) or "x" for name, _, _ in rows],
        "weight": [weight for _, weight, _ in rows],
    }
    if len(groups) == 2:
        fields["female"] = [female for _, _, female in rows]
    return fields


def _romanized(locale: str) -> dict[str, str]:
    """Readings that Faker knows better than a transliteration (Japanese)."""
    provider = own(locale, "person")
    pairs = [*getattr(provider, "first_name_pairs", ()), *getattr(provider, "last_name_pairs", ())]
    return {native: slug(roman) for native, _, roman in pairs}


def _order(provider: Any) -> tuple[str, str]:
    """Which name comes first, and what stands between, by the first plain format."""
    for text in provider.formats:
        match = _FORMAT.fullmatch(text)
        if match and match[1] != match[3]:
            return match[1], match[2]
    return "first", " "
