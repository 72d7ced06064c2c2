"""`mockcraft plan SCHEMA`: what would run, and how much it would write."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from cli.output import FormatOption, dump, size, table
from cli.schemas import AllowEnvOption, RowsOption, SchemaArgument, SeedOption, SetOption, as_documents, given

if TYPE_CHECKING:
    from runner.schema.feasibility import Feasible
    from services.generator.schemas import Planned, PlannedTable

COLUMNS = ("table", "column", "type", "generator", "null", "unique", "references")


def plan(
    schema: SchemaArgument,
    rows: RowsOption = [],  # noqa: B006 - the library copies it
    set_: SetOption = [],  # noqa: B006
    seed: SeedOption = None,
    allow_env: AllowEnvOption = [],  # noqa: B006
    format_: FormatOption = "table",
) -> None:
    """Show the tables in load order, their columns, and sizes estimated from sampled rows."""
    from services.generator.schemas import planned

    source = given(schema, set_, rows, seed, allow_env)
    if format_ == "table" or not source.checked.valid:
        source.plan()
    result = planned(source.request)
    if format_ == "table":
        _print(result)
    else:
        dump(document(result), format_)


def document(result: Planned) -> dict[str, Any]:
    """The plan as the API writes it."""
    return {
        "valid": True,
        "findings": as_documents(result.findings),
        "tables": [_table_document(t) for t in result.tables],
        "totalRows": result.total_rows,
        "digest": result.digest,
    }


def _table_document(planned: PlannedTable) -> dict[str, Any]:
    return {
        "name": planned.name,
        "rows": planned.rows,
        "columns": [asdict(column) for column in planned.columns],
        "estimatedBytes": dict(planned.estimated_bytes),
        "uniques": [_unique_document(unique) for unique in planned.uniques],
    }


def _unique_document(unique: Feasible) -> dict[str, Any]:
    """As the API writes it: `possible` is left out where there is no end."""
    possible = {} if unique.possible is None else {"possible": unique.possible}
    return {"columns": list(unique.columns), "needed": unique.needed, **possible, "within": unique.within}


def _print(result: Planned) -> None:
    formats = list(result.tables[0].estimated_bytes)
    sizes = [_sizes(t.name, t.rows, t.estimated_bytes, formats) for t in result.tables]
    totals = {name: sum(t.estimated_bytes[name] for t in result.tables) for name in formats}
    table([*sizes, _sizes("all", result.total_rows, totals, formats)], ("table", "rows", *formats))
    print()
    table([_column_row(t, column) for t in result.tables for column in t.columns], COLUMNS)
    if any(t.uniques for t in result.tables):
        print()
        table([_unique_row(unique) for t in result.tables for unique in t.uniques], ("table", "unique", "needed", "exist"))


def _sizes(name: str, rows: int, bytes_: Any, formats: list[str]) -> dict[str, str]:
    return {"table": name, "rows": f"{rows:,}", **{name: size(bytes_[name]) for name in formats}}


def _unique_row(unique: Feasible) -> dict[str, str]:
    needed = f"{unique.needed:,}" + (f" in each of {unique.within}" if unique.within else "")
    exist = "no end" if unique.possible is None else f"{unique.possible:,}"
    return {"table": unique.table, "unique": ", ".join(unique.columns), "needed": needed, "exist": exist}


def _column_row(planned: PlannedTable, column: Any) -> dict[str, Any]:
    return {
        "table": planned.name,
        "column": column.name,
        "type": column.type,
        "generator": column.generator + (" (slow)" if column.slow else ""),
        "null": "null" if column.nullable else "",
        "unique": "unique" if column.unique else "",
        "references": column.references,
    }
