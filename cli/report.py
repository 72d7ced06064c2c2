"""What a finished job made, for people: tables with rows, bytes and rates, and where the files are."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from cli.output import size, table

COLUMNS = ("table", "rows", "bytes", "rows/s")
LISTED_FILES = 12


def summary(complete: Mapping[str, Any], folder: str, rows_of: Mapping[str, int]) -> None:
    """Print the data of a `complete` event. `rows_of` are the tables' rows; the event counts a row once for each output."""
    rows = [_table_row(t, rows_of.get(t["name"], t["rows"])) for t in complete["tables"]]
    if len(rows) != 1:
        whole = {**complete, "name": "all", "rowsPerSecond": complete["rows"] / (complete["durationSeconds"] or math.inf)}
        rows.append(_table_row(whole, sum(rows_of.values()) or complete["rows"]))
    table(rows, [column for column in COLUMNS if column != "bytes" or "target" not in complete])
    print()
    if "target" in complete:
        print(_target(complete))
        return
    artifacts = complete["artifacts"]
    for artifact in artifacts[:LISTED_FILES]:
        print(f"{folder}/{artifact.get('path', artifact['name'])}  ({size(artifact['bytes'])})")
    if len(artifacts) > LISTED_FILES:
        print(f"and {len(artifacts) - LISTED_FILES:,} more files in {folder}")


def _table_row(counted: Mapping[str, Any], rows: int) -> dict[str, str]:
    rate = counted["rowsPerSecond"] * rows / (counted["rows"] or 1)
    return {"table": counted["name"], "rows": f"{rows:,}", "bytes": f"{counted['bytes']:,}", "rows/s": f"{rate:,.0f}"}


def _target(complete: Mapping[str, Any]) -> str:
    keys = complete.get("foreignKeys") or {}
    if not keys.get("checked"):
        return f"{complete['target']}  (foreign keys not checked)"
    broken = keys["violations"]
    return f"{complete['target']}  (foreign keys checked, {f'{broken:,} broken' if broken else 'none broken'})"
