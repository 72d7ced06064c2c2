"""`mockcraft preview SCHEMA`: any rows of one table, at once."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.failure import did_you_mean, say, usage
from cli.output import FormatOption, cell, show
from cli.schemas import AllowEnvOption, SchemaArgument, SeedOption, SetOption, given

if TYPE_CHECKING:
    from runner.plan import Plan, TablePlan

LARGEST = 10_000
WIDEST = 60
"""Characters of a cell; JSON and YAML have all of them."""


def preview(
    schema: SchemaArgument,
    table: Annotated[str, typer.Option("--table", help="Which table; the first one without.")] = "",
    rows: Annotated[int, typer.Option("--rows", min=1, max=LARGEST, help="How many rows.")] = 5,
    offset: Annotated[int, typer.Option("--offset", min=0, help="The first row, from 0.")] = 0,
    set_: SetOption = [],  # noqa: B006 - the library copies it
    seed: SeedOption = None,
    allow_env: AllowEnvOption = [],  # noqa: B006
    format_: FormatOption = "table",
) -> None:
    """Show rows of a table, the same that a whole run would write."""
    from runner.engine import Engine
    from runner.rows import names_of
    from runner.rows import rows as rows_of

    plan = given(schema, set_, seed=seed, allow_env=allow_env).plan()
    wanted = find_table(plan, table)
    if offset >= wanted.rows:
        say(f"mockcraft: {wanted.name} has {wanted.rows:,} rows, the first is number 0; there is none at --offset {offset:,}")
    made = rows_of(Engine(plan), wanted.name, offset, rows)
    shown = [_as_cells(row, wanted) for row in made] if format_ == "table" else made
    show(shown, list(names_of(plan, wanted)), format_)


def _as_cells(row: dict[str, Any], table: TablePlan) -> dict[str, Any]:
    """The row as a table shows it: long texts cut, decimals with all digits of their scale."""
    scales = {column.name: column.type.scale for column in table.written if column.type.kind == "decimal"}
    return {name: _as_cell(value, scales.get(name)) for name, value in row.items()}


def _as_cell(value: Any, scale: int | None) -> str:
    if scale is not None and value is not None:
        return f"{Decimal(str(value)):.{scale}f}"
    text = cell(value)
    return text if len(text) <= WIDEST else text[: WIDEST - 1] + "…"


def find_table(plan: Plan, name: str) -> TablePlan:
    """The table of that name, the first one for "". Raises `CommandError` (usage)."""
    if not name:
        return plan.tables[0]
    try:
        return plan.table(name)
    except KeyError:
        from rapidfuzz import process

        nearest = process.extractOne(name, [t.name for t in plan.tables], score_cutoff=60)
        raise usage(f"there is no table '{name}'", did_you_mean(str(nearest[0])) if nearest else "", "TABLE_NOT_FOUND") from None
