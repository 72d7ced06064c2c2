"""What the commands about schemas have in common: whom they ask, what they read, and how they print what came."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import typer

from cli.failure import FAILED, say, usage
from cli.output import dump, pairs, show

if TYPE_CHECKING:
    from cli.registry import Registry

Dialect = Literal["postgresql", "mysql", "sqlite", "sqlserver"]
Json = dict[str, Any]

SchemaArgument = Annotated[str, typer.Argument(metavar="SCHEMA", help="Name or id of a schema.")]
LimitOption = Annotated[int, typer.Option("--limit", min=1, max=1000, help="At most this many.")]
ENDINGS: Final = {".sql": "sql", ".ddl": "sql", ".json": "json", ".yaml": "yaml", ".yml": "yaml", ".dbml": "dbml"}
"""What files are by the endings of their names."""


def ask(server: str, settings: str, question: Callable[[Registry], Awaitable[Json]]) -> Json:
    """Put a question to the registry."""
    import asyncio

    from cli.registry import open_registry

    async def ask() -> Json:
        async with open_registry(server, settings) as registry:
            return await question(registry)

    return asyncio.run(ask())


def about(server: str, settings: str, schema: str, method: str, document: str | None = None, **fields: Any) -> Json:
    """The answer of an RPC about one schema, named by id or name."""

    async def question(registry: Registry) -> Json:
        from cli.registry import id_of

        return await registry.call(method, document, id=await id_of(registry, schema), **fields)

    return ask(server, settings, question)


def run_job(server: str, settings: str, progress: Any, schema: str, method: str, fields: Mapping[str, Any]) -> None:
    """Start a job and see it through."""
    if not server:
        from cli.registry import begin_job
        from cli.work import run_here

        raise typer.Exit(run_here(begin_job(schema, method, fields), settings, progress))
    from cli.commands.jobs import see_through

    job = about(server, settings, schema, method, **fields)
    if not see_through(str(job["id"]), 0, server, settings, progress):
        raise typer.Exit(FAILED)


def document(file: str, changes: Mapping[str, Any] | None = None) -> str:
    """A drawing's file as JSON text, with some fields changed; without a file just those. Raises `CommandError` (usage)."""
    from cli.registry import as_json_text
    from cli.schemas import read

    return as_json_text(file, read(file) if file else b"{}", changes or {})


def text_of(file: str) -> str:
    """A file's text. Raises `CommandError` (usage)."""
    from cli.schemas import read

    try:
        return read(file).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise usage(f"{file} is not UTF-8 text") from None


def row(found: Mapping[str, Any]) -> Json:
    """A schema, version or database as a table shows it."""
    return {
        **found,
        "database": found.get("databaseName", ""),
        "tables": found["tableCount"],
        "columns": found["columnCount"],
        "created": found["createdAt"],
        "updated": found.get("updatedAt", ""),
    }


def audit_row(found: Mapping[str, Any]) -> Json:
    """An entry of the audit log as a table shows it."""
    return {**found, "at": found["createdAt"], "schema": found["schemaName"] or found["schemaId"]}


def print_schema(found: Json, format_: Any) -> None:
    """A schema: its facts and a line for each table, or all of it."""
    if format_ != "table":
        dump(found, format_)
        return
    pairs({key: value for key, value in found.items() if key not in ("tables", "foreignKeys", "warnings")})
    if found["tables"]:
        print()
        rows = [{"table": t["name"], "columns": len(t["columns"]), "key": _key_of(t)} for t in found["tables"]]
        show(rows, ("table", "columns", "key"), "table")
    for line in found["warnings"]:
        say(f"mockcraft: {line}")


def _key_of(table: Mapping[str, Any]) -> str:
    marked = {column["id"]: column["name"] for column in table["columns"] if column["primaryKey"]}
    ordered = [marked[key] for key in table["primaryKey"] if key in marked] or list(marked.values())
    return ", ".join(ordered)


def print_sql(found: Json, format_: Any) -> None:
    """The script itself, or the whole answer."""
    if format_ == "table":
        sys.stdout.write(found["sql"])
    else:
        dump(found, format_)
