"""The SQL dialects and their names. Everything else about a dialect is data where it is used."""

from __future__ import annotations

from typing import Literal, cast

from runner.formats.common.options import one_of

Dialect = Literal["postgresql", "mysql", "sqlite", "sqlserver"]
DIALECTS: tuple[Dialect, ...] = ("postgresql", "mysql", "sqlite", "sqlserver")
_OTHER_NAMES: dict[str, Dialect] = {
    "postgres": "postgresql", "mariadb": "mysql", "sqlite3": "sqlite", "mssql": "sqlserver",
}  # fmt: skip


def dialect_of(name: str) -> Dialect:
    """The dialect of any of its names; postgresql when empty. Raises `OptionError`."""
    folded = name.lower() or "postgresql"
    known = _OTHER_NAMES.get(folded)
    return known or cast("Dialect", one_of("dialect", folded, DIALECTS))
