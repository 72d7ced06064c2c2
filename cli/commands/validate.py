"""`mockcraft validate SCHEMA`: all that is wrong with it, at once."""

from __future__ import annotations

from cli.output import FormatOption, dump
from cli.schemas import AllowEnvOption, RowsOption, SchemaArgument, SeedOption, SetOption, as_documents, given, invalid, tell


def validate(
    schema: SchemaArgument,
    rows: RowsOption = [],  # noqa: B006  (typer copies it)
    set_: SetOption = [],  # noqa: B006
    seed: SeedOption = None,
    allow_env: AllowEnvOption = [],  # noqa: B006
    format_: FormatOption = "table",
) -> None:
    """Check a schema and tell all errors with their place. Exit status 2 when it is invalid."""
    result = given(schema, set_, rows, seed, allow_env).checked
    if format_ == "table":
        tell(schema, result.findings)
    else:
        dump({"valid": result.valid, "findings": as_documents(result.findings)}, format_)
    if result.plan is None:
        raise invalid(schema, result.findings)
    if format_ == "table":
        plan = result.plan
        print(f"{schema}: valid, {_many(len(plan.tables), 'table')}, {_many(plan.total_rows, 'row')}")


def _many(count: int, word: str) -> str:
    return f"{count:,} {word}{'s' * (count != 1)}"
