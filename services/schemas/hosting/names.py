"""What a created database is called: made from the schema's name, safe in every server and file system."""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection
from typing import Final

from anyascii import anyascii

from services.common.created import LONGEST, NAME

RESERVED: Final = frozenset({
    "postgres", "template0", "template1", "rdsadmin", "cloudsqladmin", "azure_maintenance", "azure_sys", "mysql",
    "information_schema", "performance_schema", "sys", "innodb", "ndbinfo", "lost_found", "main", "temp", "master", "model",
    "msdb", "tempdb", "con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10)),
})  # fmt: skip
"""Databases that servers come with, and names that Windows keeps for devices."""
_OTHER: Final = re.compile(r"[^a-z0-9]+")
_FALLBACK: Final = "schema"


def derived(name: str, taken: Collection[str]) -> str:
    """A name of at most 48 characters, lower-case ASCII, that is none of `taken`; the same for the same arguments.

    `Klinik Süd` becomes `klinik_sud`, another one `klinik_sud_2`.
    """
    base = _slug(name)
    for number in itertools.count(1):
        found = base if number == 1 else _ended(base, f"_{number}")
        if found not in taken and found not in RESERVED:
            return found
    raise AssertionError("numbers do not end")


def _slug(name: str) -> str:
    text = _OTHER.sub("_", anyascii(name[: LONGEST * 4]).lower()).strip("_")[:LONGEST].rstrip("_") or _FALLBACK
    if not text[0].isalpha() or text.startswith("pg_") or text in RESERVED:
        text = _cut(f"db_{text}")
    assert NAME.fullmatch(text), text
    return text


def _cut(text: str) -> str:
    return text[:LONGEST].rstrip("_")


def _ended(base: str, end: str) -> str:
    return base[: LONGEST - len(end)].rstrip("_") + end
