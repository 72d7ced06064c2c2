"""The statements of `queries.sql`, by name, as SQLite and PostgreSQL take them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from sqlalchemy import BindParameter, String, TextClause, bindparam, text

from services.common.jobs.rows import COLUMNS

DIALECTS: Final[Mapping[str, Mapping[str, str]]] = {
    "sqlite": {
        "now": "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)",
        "for_update": "",
        "skip_locked": "",
    },
    "postgresql": {
        "now": "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)",
        "for_update": "FOR UPDATE",
        "skip_locked": "FOR UPDATE SKIP LOCKED",
    },
}
_LISTS: Final = ("kinds", "ids")


def load_queries(dialect: str) -> dict[str, TextClause]:
    """The named statements of `queries.sql` for a dialect."""
    source = Path(__file__).with_name("queries.sql").read_text(encoding="utf-8")
    queries = {}
    for part in source.split("-- name: ")[1:]:
        name, _, body = part.partition("\n")
        for key, value in {**DIALECTS[dialect], "columns": COLUMNS}.items():
            body = body.replace(f"{{{key}}}", value)
        lists: list[BindParameter[Any]] = [bindparam(key, expanding=True, type_=String()) for key in _LISTS if f":{key}" in body]
        queries[name.strip()] = text(body.strip()).bindparams(*lists)
    return queries
