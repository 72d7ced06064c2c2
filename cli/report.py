"""What a finished job made, for people: tables with rows, bytes and rates, and where the files are."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cli.output import Format, dump, size, table

COMPARED = ("table", "rows", "missing", "changed", "extra", "result")
VERDICT = ("kind", "name", "rows", "result")
LISTED_FILES = 12
LISTED_SEQUENCES = 6


def summary(complete: Mapping[str, Any], folder: str, rows_of: Mapping[str, int]) -> None:
    """Print the data of a `complete` event, which may be that of an archive.

    `rows_of` are the tables' rows; the event counts a row once for each output.
    """
    if "archive" in complete:
        archive(complete, folder)
        return
    if "accepted" in complete:
        dataset(complete, folder)
        return
    if "equal" in complete:
        rows(complete)
        return
    if "restored" in complete:
        print(f"{complete['target']}  (put back: {', '.join(complete['restored']) or 'nothing was off'})")
        return
    if "target" in complete:
        _loaded(complete)
        return
    told = [_table_row(t, rows_of.get(t["name"], t["rows"])) for t in complete["tables"]]
    if len(told) != 1:
        whole = {**complete, "name": "all", "rowsPerSecond": _whole_rate(complete)}
        told.append(_table_row(whole, sum(rows_of.values()) or complete["rows"]))
    table(told, ("table", "rows", "bytes", "rows/s"))
    print()
    artifacts = complete["artifacts"]
    for artifact in artifacts[:LISTED_FILES]:
        print(f"{folder}/{artifact.get('path', artifact['name'])}  ({size(artifact['bytes'])})")
    if len(artifacts) > LISTED_FILES:
        print(f"and {len(artifacts) - LISTED_FILES:,} more files in {folder}")


def dataset(complete: Mapping[str, Any], folder: str) -> None:
    """Print what a text dataset holds, what it cost, and who wrote it."""
    model, tokens = complete["model"].get("model", ""), sum(complete["tokens"].values())
    told = {
        "records": f"{complete['accepted']:,}",
        "rejected": f"{sum(complete['rejected'].values()):,}",
        "tokens": f"{tokens:,}",
    }
    table([told | {"model": model}], (*told, "model"))
    print()
    if complete["fallback"]:
        print(f"{complete['fallback']}\n")
    elif complete["template"]:
        print("Made from a grammar and catalogue texts, not by a language model.\n")
    for artifact in complete["artifacts"]:
        print(f"{folder}/{artifact.get('path', artifact['name'])}  ({size(artifact['bytes'])})")


def archive(complete: Mapping[str, Any], folder: str) -> None:
    """Print what is in an archive that was made or restored."""
    rows = [{"table": t["name"], "rows": f"{t['rows']:,}"} for t in complete["tables"]]
    if len(rows) != 1:
        rows.append({"table": "all", "rows": f"{complete['rows']:,}"})
    table(rows, ("table", "rows"))
    print()
    made = bool(complete["artifacts"])
    folder = complete.get("store", folder if made else "")
    place = f"{folder}/{complete['archive']}" if folder else complete["archive"]
    told = [size(complete["bytes"])] + (["encrypted"] if complete["encrypted"] else [])
    told += [f"verified: {complete['level']}"] if complete.get("level") else []
    told += [f"{len(complete['removed'])} older removed"] if complete.get("removed") else []
    print(f"{place}  ({', '.join(told)})")
    if "target" in complete:
        print(f"restored into {complete['target']}")


class Verdict:
    """What a verification compared, as its report has it: a table, JSON or YAML."""

    def __init__(self, format_: Format) -> None:
        self._format: Format = format_

    def report(self, folder: Path, complete: Mapping[str, Any] | None) -> None:
        """Print the report in the output folder of a verification; nothing when there is none."""
        import orjson

        try:
            found = orjson.loads((folder / "report.json").read_bytes())
        except OSError:
            return
        if self._format != "table":
            dump(found, self._format)
            return
        rows = [{**each, "result": each["problem"] or "as it was backed up"} for each in found["results"]]
        table([{**row, "rows": f"{row['rows']:,}" if row["kind"] == "table" else ""} for row in rows], VERDICT)
        print()
        print(f"{found['archive']}  ({'verified: ' + found['level'] if found['ok'] else 'not what was backed up'})")


class Rows:
    """How the rows of a database compare with what they must be: a table, JSON or YAML."""

    def __init__(self, format_: Format) -> None:
        self._format: Format = format_

    def report(self, folder: Path, complete: Mapping[str, Any] | None) -> None:
        """Print what the `complete` event of a comparison says; nothing when there is none."""
        if complete is None:
            return
        if self._format == "table":
            rows(complete)
        else:
            dump(complete, self._format)


def rows(complete: Mapping[str, Any]) -> None:
    """Print what a comparison of rows found, table by table."""
    table([_compared(each) for each in complete["tables"]], COMPARED)
    print()
    done = complete.get("repaired")
    if done is not None and any(done.values()):
        would = "would be " if complete["dryRun"] else ""
        print(f"{done.get('inserted', 0):,} rows {would}inserted, {done.get('overwritten', 0):,} {would}overwritten")
    others = f", {complete['extra']:,} rows of others" if complete["extra"] else ""
    print(f"{complete['target']}  ({'as it must be' if complete['equal'] else 'not what it must be'}{others})")


def _compared(found: Mapping[str, Any]) -> dict[str, str]:
    numbers = {"rows": f"{found['rows']:,}", "missing": f"{found['missing']:,}", "changed": f"{found['changed']:,}"}
    return {"table": found["name"], **numbers, "extra": f"{found['extra']:,}", "result": _result(found)}


def _result(found: Mapping[str, Any]) -> str:
    first = found.get("first")
    if found["equal"]:
        return "equal" if found["compared"] == "rows" else "equal by digest"
    if not first:
        return str(found.get("problem") or "differs")
    key = ", ".join(f"{name} {value}" for name, value in first["key"].items())
    place = f"first: row {first['row']:,} ({key})"
    if first.get("missing"):
        return f"{place} is missing"
    return f"{place}, {first['column']}: {_cell(first['found'])}, not {_cell(first['expected'])}"


def _cell(value: Any) -> str:
    return "null" if value is None else repr(value) if isinstance(value, str) else str(value)


def _whole_rate(complete: Mapping[str, Any]) -> float:
    """Rows of `complete` a second, over the seconds that its tables took in all attempts; the last one's rate without tables."""
    if not complete["tables"]:
        last: float = complete.get("rowsPerSecond", complete["rows"] / (complete["durationSeconds"] or math.inf))
        return last
    seconds = sum(each["rows"] / each["rowsPerSecond"] for each in complete["tables"] if each["rowsPerSecond"])
    return float(complete["rows"] / (seconds or math.inf))


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
