"""What `mockcraft schemas` does with created databases: shows, makes, drops, fills and backs them up."""

from __future__ import annotations

import sys
from typing import Annotated, Literal

import typer

from cli.commands.jobs import ServerOption
from cli.configuration import SettingsOption
from cli.failure import say, usage
from cli.output import FormatOption, dump, pairs, show
from cli.progress import ProgressOption
from cli.registry_view import LimitOption, SchemaArgument, about, ask, print_schema, run_job

group = typer.Typer(help="The databases of schemas.", no_args_is_help=True)

Mode = Literal["append", "truncate", "replace", "upsert"]
DATABASES = ("name", "dialect", "exists", "schema", "status")


def preview(
    schema: SchemaArgument,
    table: Annotated[str, typer.Option("--table", help="Which; else the first.")] = "",
    rows: Annotated[int, typer.Option("--rows", min=1, max=10_000, help="How many.")] = 5,
    seed: Annotated[int | None, typer.Option("--seed", help="Other rows.")] = None,
    server: ServerOption = "",
    settings: SettingsOption = "",
    format_: FormatOption = "table",
) -> None:
    """Show rows as seeding would make them."""
    found = about(server, settings, schema, "PreviewSchema", table=table, rows=rows, seed=seed)
    show(found["rows"], found["columns"], format_)


def seed(
    schema: SchemaArgument,
    rows: Annotated[list[str], typer.Option("--rows", metavar="TABLE=N", help="Rows of a table: 1000, 10K; repeatable.")] = [],  # noqa: B006 - the library copies it
    total_rows: Annotated[int | None, typer.Option("--total-rows", min=1, help="Rows of all tables together.")] = None,
    seed: Annotated[int | None, typer.Option("--seed", help="Other rows.")] = None,
    mode: Annotated[Mode | None, typer.Option("--mode", help="What to do with rows that are there; default: append.")] = None,
    server: ServerOption = "",
    settings: SettingsOption = "",
    progress: ProgressOption = "auto",
) -> None:
    """Fill the created database with rows that satisfy the drawing. Exit status 0: every row is there."""
    from cli.schemas import assignments

    fields = {"rows": assignments("rows", rows), "totalRows": total_rows, "seed": seed, "mode": mode}
    run_job(server, settings, progress, schema, "SeedSchema", fields)


def backup(
    schema: SchemaArgument,
    storage: Annotated[str, typer.Option("--storage", metavar="DIR", help="Folder of the archive, below the data folder.")] = "",
    verify: Annotated[
        Literal["FILES", "RESTORED", "RESTORED_CHECKSUMMED"] | None,
        typer.Option("--verify", case_sensitive=False, help="How far the archive is verified before it counts."),
    ] = None,
    keep_last: Annotated[int, typer.Option("--keep-last", min=0, help="Then keep the newest N archives; 0: all.")] = 0,
    server: ServerOption = "",
    settings: SettingsOption = "",
    progress: ProgressOption = "auto",
) -> None:
    """Back the created database up."""
    fields = {"storage": storage, "verify": verify, "keepLast": keep_last}
    run_job(server, settings, progress, schema, "BackupSchema", fields)


@group.command("list")
def database_list(
    limit: LimitOption = 50, server: ServerOption = "", settings: SettingsOption = "", format_: FormatOption = "table"
) -> None:
    """List the databases that were created for schemas."""
    found = ask(server, settings, lambda registry: registry.call("ListDatabases", pageSize=limit))
    show([{**each, "schema": each["schemaName"]} for each in found["databases"]], DATABASES, format_, found)


@group.command("show")
def database_show(
    schema: SchemaArgument, server: ServerOption = "", settings: SettingsOption = "", format_: FormatOption = "table"
) -> None:
    """Tell what the database of a schema holds, and where it differs from the drawing."""
    found = about(server, settings, schema, "GetSchemaDatabase")
    if format_ != "table":
        dump(found, format_)
        return
    pairs({key: value for key, value in found.items() if key not in ("tables", "drift")})
    if found["tables"]:
        print()
        show([{**each, "rows": f"{each['rows']:,}"} for each in found["tables"]], ("name", "rows"), "table")
    for line in found["drift"]:
        say(f"differs: {line}")


@group.command("create")
def database_create(
    schema: SchemaArgument,
    force: Annotated[bool, typer.Option("--force", help="Also when it holds rows, which are lost.")] = False,
    server: ServerOption = "",
    settings: SettingsOption = "",
    format_: FormatOption = "table",
) -> None:
    """Create the database of a schema, or create it anew."""
    print_schema(about(server, settings, schema, "CreateSchemaDatabase", force=force), format_)


@group.command("drop")
def database_drop(
    schema: SchemaArgument,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    server: ServerOption = "",
    settings: SettingsOption = "",
    format_: FormatOption = "table",
) -> None:
    """Drop the database of a schema, with all rows; asks first."""
    if not yes and not (sys.stdin.isatty() and typer.confirm(f"Drop the database of {schema}, with all rows?", err=True)):
        raise usage("nothing was dropped", "--yes drops without asking")
    print_schema(about(server, settings, schema, "DeleteSchemaDatabase"), format_)
