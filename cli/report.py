"""What a finished job made, for people: tables with rows, bytes and rates, and where the files are."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from cli.output import size, table

LISTED_FILES = 12
LISTED_SEQUENCES = 6


def summary(complete: Mapping[str, Any], folder: str, rows_of: Mapping[str, int]) -> None:
    """Print the data of a `complete` event. `rows_of` are the tables' rows; the event counts a row once for each output."""
    if "target" in complete:
        _loaded(complete)
        return
    rows = [_table_row(t, rows_of.get(t["name"], t["rows"])) for t in complete["tables"]]
    if len(rows) != 1:
        whole = {**complete, "name": "all", "rowsPerSecond": complete["rows"] / (complete["durationSeconds"] or math.inf)}
        rows.append(_table_row(whole, sum(rows_of.values()) or complete["rows"]))
    table(rows, ("table", "rows", "bytes", "rows/s"))
    print()
    artifacts = complete["artifacts"]
    for artifact in artifacts[:LISTED_FILES]:
        print(f"{folder}/{artifact.get('path', artifact['name'])}  ({size(artifact['bytes'])})")
    if len(artifacts) > LISTED_FILES:
        print(f"and {len(artifacts) - LISTED_FILES:,} more files in {folder}")


def _table_row(counted: Mapping[str, Any], rows: int) -> dict[str, str]:
    rate = counted["rowsPerSecond"] * rows / (counted["rows"] or 1)
    return {"table": counted["name"], "rows": f"{rows:,}", "bytes": f"{counted['bytes']:,}", "rows/s": f"{rate:,.0f}"}


def _loaded(complete: Mapping[str, Any]) -> None:
    """What a load has put into a database, or what cleaning has taken out."""
    cleaned = "cleaned" in complete
    rows = [_counted(counted) for counted in complete["tables"]]
    if len(rows) != 1:
        rows.append(_counted({**complete, "name": "all"}))
    if cleaned:
        table([{"deleted": row["rows"], **row} for row in rows], ("table", "deleted", "in the table"))
        print(f"\n{complete['target']}  (rows of {complete['cleaned']} deleted)")
        return
    table(rows, ("table", "rows", "in the table", "rows/s"))
    print(f"\n{complete['target']}  ({_references(complete)})")
    _sequences(complete.get("sequences", ()))


def _counted(counted: Mapping[str, Any]) -> dict[str, str]:
    there, rate = counted.get("rowsInTable"), counted.get("rowsPerSecond")
    return {
        "table": counted["name"],
        "rows": f"{counted['rows']:,}",
        "in the table": "" if there is None else f"{there:,}",
        "rows/s": "" if rate is None else f"{rate:,.0f}",
    }


def _references(complete: Mapping[str, Any]) -> str:
    keys = complete.get("foreignKeys") or {}
    if not keys.get("checked"):
        return "foreign keys not checked"
    broken = keys["violations"]
    return f"foreign keys checked, {f'{broken:,} broken' if broken else 'none broken'}"


def _sequences(moved: Sequence[Mapping[str, Any]]) -> None:
    if moved:
        told = [f"{each['table']}.{each['column']} at {each['next']:,}" for each in moved[:LISTED_SEQUENCES]]
        more = f" and {len(moved) - LISTED_SEQUENCES:,} more" if len(moved) > LISTED_SEQUENCES else ""
        print(f"next keys: {', '.join(told)}{more}")
