"""What a finished job made, for people: tables with rows, bytes and rates, and where the files are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cli.output import size, table

COLUMNS = ("table", "rows", "bytes", "rows/s")
LISTED_FILES = 12


def summary(complete: Mapping[str, Any], folder: str) -> None:
    """Print the data of a `complete` event."""
    rows = [_row(t["name"], t["rows"], t["bytes"], t["rowsPerSecond"]) for t in complete["tables"]]
    seconds = complete["durationSeconds"]
    if len(rows) != 1:
        rows.append(_row("all", complete["rows"], complete["bytes"], complete["rows"] / seconds if seconds else 0))
    table(rows, COLUMNS)
    print()
    if "target" in complete:
        print(_target(complete))
        return
    artifacts = complete["artifacts"]
    for artifact in artifacts[:LISTED_FILES]:
        print(f"{folder}/{artifact.get('path', artifact['name'])}  ({size(artifact['bytes'])})")
    if len(artifacts) > LISTED_FILES:
        print(f"and {len(artifacts) - LISTED_FILES:,} more files in {folder}")


def _row(name: str, rows: int, bytes_: int, rate: float) -> dict[str, str]:
    return {"table": name, "rows": f"{rows:,}", "bytes": f"{bytes_:,}", "rows/s": f"{rate:,.0f}"}


def _target(complete: Mapping[str, Any]) -> str:
    keys = complete.get("foreignKeys") or {}
    if not keys.get("checked"):
        return f"{complete['target']}  (foreign keys not checked)"
    broken = keys["violations"]
    return f"{complete['target']}  (foreign keys checked, {f'{broken:,} broken' if broken else 'none broken'})"
