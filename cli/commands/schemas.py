"""`mockcraft schemas`: drawings of databases, kept, checked and written; on this machine, or with `--server` on a server."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from cli.commands import schema_databases
from cli.commands.jobs import ServerOption
from cli.configuration import SettingsOption
from cli.failure import USAGE, finding_lines, say, usage
from cli.output import FormatOption, dump, show
from cli.registry_view import (
    ENDINGS,
    Dialect,
    Json,
    LimitOption,
    SchemaArgument,
    about,
    ask,
    audit_row,
    document,
    print_schema,
    print_sql,
    row,
    text_of,
)

group = typer.Typer(help="Draw databases, create them, fill them.", no_args_is_help=True)

FileFormat = Literal["json", "yaml", "sql", "mockcraft", "dbml", "mermaid"]
FileArgument = Annotated[str, typer.Argument(metavar="FILE", help="A drawing, JSON or YAML; - reads standard input.")]
DialectOption = Annotated[Dialect | None, typer.Option("--dialect", help="Default: that of the created databases.")]
RevisionOption = Annotated[
    int | None, typer.Option("--revision", min=1, help="Only when the schema is still at this revision; else nothing is changed.")
]
DropOption = Annotated[bool, typer.Option("--drop-database", help="Drop its database, too, with all rows.")]

LISTED = ("name", "status", "database", "tables", "columns", "revision", "updated", "id")
VERSIONS = ("revision", "version", "tables", "columns", "actor", "created")
AUDIT = ("at", "actor", "action", "schema", "revision")


@group.command("list")
def list_(
    search: Annotated[str, typer.Option("--search", help="Only those with this text in name or description.")] = "",
    status: Annotated[str, typer.Option("--status", help="Only draft, creating, ready, failed or deleted ones.")] = "",
    sort: Annotated[str, typer.Option("--sort", help="name, createdAt, updatedAt or status; - in front: the other way.")] = "",
    limit: LimitOption = 50,
    page: Annotated[int, typer.Option("--page", min=1, help="Which page of that many.")] = 1,
    server: ServerOption = "",
    settings: SettingsOption = "",
    format_: FormatOption = "table",
) -> None:
    """List schemas, newest first."""
    fields: Json = {"search": search, "status": status, "sort": sort, "limit": limit, "page": page}
    found = ask(server, settings, lambda registry: registry.call("ListSchemas", **fields))
    show([row(each) for each in found["schemas"]], LISTED, format_, found)


@group.command("show")
def show_(
    schema: SchemaArgument, server: ServerOption = "", settings: SettingsOption = "", format_: FormatOption = "table"
) -> None:
    """Show one schema with its drawing."""
    print_schema(about(server, settings, schema, "GetSchema"), format_)


@group.command()
def create(
    file: FileArgument,
    name: Annotated[str, typer.Option("--name", help="Instead of the name in the file.")] = "",
    draft: Annotated[bool, typer.Option("--draft", help="Keep the drawing only; create no database.")] = False,
    server: ServerOption = "",
    settings: SettingsOption = "",
    format_: FormatOption = "table",
) -> None:
    """Store a drawing and create its database."""
    changes: Json = {**({"name": name} if name else {}), **({"createDatabase": False} if draft else {})}
    text = document(file, changes)
    print_schema(ask(server, settings, lambda registry: registry.call("CreateSchema", text)), format_)


@group.command()
def update(
    schema: SchemaArgument,
    file: Annotated[str, typer.Argument(metavar="[FILE]", help="Another drawing in place of the stored one.")] = "",
    name: Annotated[str, typer.Option("--name", help="Another name.")] = "",
    description: Annotated[str | None, typer.Option("--description", help="Another description.")] = None,
    version: Annotated[str | None, typer.Option("--schema-version", help="Another version text.")] = None,
    revision: RevisionOption = None,
    server: ServerOption = "",
    settings: SettingsOption = "",
    format_: FormatOption = "table",
) -> None:
    """Change a schema: what FILE and the options say; the rest stays. The created database stays as it is."""
    options = {"name": name or None, "description": description, "version": version}
    changes = {key: value for key, value in options.items() if value is not None}
    if not (file or changes):
        raise usage("update wants a FILE, --name, --description or --schema-version")
    text = document(file, changes)
    print_schema(about(server, settings, schema, "UpdateSchema", text, revision=revision), format_)


@group.command()
def delete(
    schema: SchemaArgument,
    drop_database: DropOption = False,
    revision: RevisionOption = None,
    server: ServerOption = "",
    settings: SettingsOption = "",
    format_: FormatOption = "table",
) -> None:
    """Delete a schema. Its name is free again; its database stays unless it is to be dropped."""
    print_schema(about(server, settings, schema, "DeleteSchema", dropDatabase=drop_database, revision=revision), format_)


@group.command()
def validate(
    file: Annotated[str, typer.Argument(metavar="FILE|SCHEMA", help="A drawing's file, or name or id of a schema.")],
    server: ServerOption = "",
    settings: SettingsOption = "",
    format_: FormatOption = "table",
) -> None:
    """Say all that is wrong with a drawing. Exit status 2 when anything is."""
    if file == "-" or Path(file).is_file():
        text = document(file)
        found = ask(server, settings, lambda registry: registry.call("CheckDrawing", text))
    else:
        found = about(server, settings, file, "CheckSchema")
    if format_ == "table":
        for line in finding_lines(found["findings"]):
            say(line)
        print("valid" if found["valid"] else f"{len(found['findings'])} findings")
    else:
        dump(found, format_)
    if not found["valid"]:
        raise typer.Exit(USAGE)


@group.command()
def sql(
    schema: SchemaArgument,
    dialect: DialectOption = None,
    server: ServerOption = "",
    settings: SettingsOption = "",
    format_: FormatOption = "table",
) -> None:
    """Print the SQL that creates the database."""
    print_sql(about(server, settings, schema, "GetSchemaSql", dialect=dialect), format_)


@group.command()
def export(
    schema: SchemaArgument,
    as_: Annotated[FileFormat, typer.Option("--as", help="What to write.")] = "json",
    dialect: DialectOption = None,
    out: Annotated[str, typer.Option("-o", "--out", metavar="FILE", help="Where to; else standard output.")] = "",
    server: ServerOption = "",
    settings: SettingsOption = "",
) -> None:
    """Write a schema as a file: a drawing, SQL, a document of the generator, DBML or a diagram."""
    found = about(server, settings, schema, "ExportSchema", format=as_, dialect=dialect)
    for line in found["lost"]:
        say(f"mockcraft: left out: {line}")
    if not out:
        sys.stdout.write(found["text"])
        return
    try:
        Path(out).write_text(found["text"], encoding="utf-8")
    except OSError as error:
        raise usage(f"cannot write {out}: {error.strerror}") from None


@group.command("import")
def import_(
    file: Annotated[str, typer.Argument(metavar="[FILE]", help="JSON, YAML, SQL or DBML; - reads standard input.")] = "",
    db: Annotated[str, typer.Option("--db", metavar="URL", help="A database that is there, instead of a file.")] = "",
    as_: Annotated[Literal["json", "yaml", "sql", "dbml"] | None, typer.Option("--as", help="What the file is.")] = None,
    dialect: Annotated[Dialect | None, typer.Option("--dialect", help="Of SQL; else as it looks.")] = None,
    name: Annotated[str, typer.Option("--name", help="Of the schema; else as the file or database is called.")] = "",
    create_database: Annotated[bool, typer.Option("--create-database", help="Create its database, too.")] = False,
    server: ServerOption = "",
    settings: SettingsOption = "",
    format_: FormatOption = "table",
) -> None:
    """Make a schema of a file or of a database."""
    if bool(file) == bool(db):
        raise usage("import wants a FILE or --db URL")
    stem = "" if not file or file == "-" else Path(file).name.partition(".")[0]
    fields: Json = {
        "format": as_ or ENDINGS.get(Path(file).suffix.lower(), ""),
        "dialect": dialect,
        "createDatabase": create_database,
        "name": name or stem,
    }
    source: Json = {"url": db} if db else {"text": text_of(file)}
    print_schema(ask(server, settings, lambda registry: registry.call("ImportSchema", **source, **fields)), format_)


@group.command()
def versions(
    schema: SchemaArgument,
    limit: LimitOption = 50,
    server: ServerOption = "",
    settings: SettingsOption = "",
    format_: FormatOption = "table",
) -> None:
    """List what a schema has been, newest first."""
    found = about(server, settings, schema, "ListSchemaVersions", pageSize=limit)
    show([row(each) for each in found["versions"]], VERSIONS, format_, found)


@group.command()
def migration(
    schema: SchemaArgument,
    from_: Annotated[int | None, typer.Option("--from", min=1, help="Revision of the database; else the one before.")] = None,
    to: Annotated[int | None, typer.Option("--to", min=1, help="Revision that is wanted; else the newest.")] = None,
    dialect: DialectOption = None,
    server: ServerOption = "",
    settings: SettingsOption = "",
    format_: FormatOption = "table",
) -> None:
    """Print the SQL that turns the database of one version into that of another."""
    fields: Json = {"from": from_, "to": to, "dialect": dialect}
    found = about(server, settings, schema, "GetSchemaMigration", **fields)
    for line in found["warnings"]:
        say(f"mockcraft: {line}")
    print_sql(found, format_)


@group.command()
def audit(
    schema: Annotated[str, typer.Argument(metavar="[SCHEMA]", help="Name or id; else all schemas.")] = "",
    limit: LimitOption = 50,
    server: ServerOption = "",
    settings: SettingsOption = "",
    format_: FormatOption = "table",
) -> None:
    """Tell who did what, newest first."""
    if schema:
        found = about(server, settings, schema, "ListSchemaAudit", pageSize=limit)
    else:
        found = ask(server, settings, lambda registry: registry.call("ListAudit", pageSize=limit))
    show([audit_row(each) for each in found["entries"]], AUDIT, format_, found)


group.command("preview")(schema_databases.preview)
group.command("seed")(schema_databases.seed)
group.command("backup")(schema_databases.backup)
group.add_typer(schema_databases.group, name="database")
