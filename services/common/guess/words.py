"""Names taken apart into words: `BillingPostCode` and `billing_post_code` are the same three."""

from __future__ import annotations

import re

_PART = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+|[^\W\d_]+")
_SAME = ("status", "address", "class", "series", "species", "news", "access", "process", "bonus", "campus", "radius", "canvas")


def words(name: str) -> tuple[str, ...]:
    """The words of a name, in small letters."""
    return tuple(part.lower() for part in _PART.findall(name))


def singular(word: str) -> str:
    """A word without the ending of its plural, roughly."""
    if len(word) < 4 or word.endswith(("ss", "us", "is")) or word in _SAME:
        return word
    if word in ("people", "persons"):
        return "person"
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "ches", "shes", "zes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") else word


def counted(number: int, noun: str) -> str:
    """So many of something: `1 table`, `2,000 rows`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def subject(table: str) -> tuple[str, ...]:
    """What a table holds, as singular words without the prefixes that tables are given: `tbl_customers` is customer."""
    found = [singular(word) for word in words(table)]
    kept = [word for word in found if word not in ("tbl", "tb", "t", "dim", "fact", "master", "mst", "lkp", "ref")]
    return tuple(kept or found)


def without(name: tuple[str, ...], table: tuple[str, ...]) -> tuple[str, ...]:
    """A column's words without those of its table in front: `film_title` of film is title."""
    rest = name
    if not name:
        return name
    if table and len(name) > len(table) and name[: len(table)] == table:
        rest = name[len(table) :]
    elif table and len(name) > 1 and name[0] == table[-1]:
        rest = name[1:]
    return name if rest[0].isdigit() or rest[0] == "line" else rest
