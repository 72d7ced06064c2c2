"""`mockcraft seed`: generate a schema's data into files or a database, in the foreground."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from cli.completion import formats
from cli.configuration import SettingsOption
from cli.failure import usage
from cli.outputs import named, outputs
from cli.progress import ProgressOption
from cli.schemas import AllowEnvOption, RowsOption, SeedOption, SetOption, given

if TYPE_CHECKING:
    from cli.schemas import Given
    from cli.work import Begin, Here
    from runner.plan import Plan
    from services.common.jobs.model import Job

Mode = Literal["append", "truncate", "replace", "upsert"]
Compression = Literal["none", "gzip", "zstd"]
DATABASE_URL = "DATABASE_URL"


def seed(
    config: Annotated[str, typer.Option("--config", "-c", metavar="SCHEMA", help="Schema file; - reads standard input.")] = "",
    output: Annotated[
        str,
        typer.Option("--output", "-o", metavar="FORMAT,...", autocompletion=formats, help="Write files: csv, json, jsonl, …."),
    ] = "",
    dir_: Annotated[str, typer.Option("--dir", metavar="DIR", help="Folder of the files; default: out.")] = "",
    db: Annotated[str, typer.Option("--db", metavar="URL", help="Load a database: sqlite:///shop.db; else DATABASE_URL.")] = "",
    mode: Annotated[Mode, typer.Option("--mode", help="What to do with rows that are there.")] = "append",
    dialect: Annotated[str, typer.Option("--dialect", help="Of sql: postgresql, mysql, sqlite or sqlserver.")] = "",
    compress: Annotated[Compression, typer.Option("--compress", help="Compress text files.")] = "none",
    pretty: Annotated[bool, typer.Option("--pretty", help="Indent json.")] = False,
    create_table: Annotated[bool, typer.Option("--create-table", help="Put CREATE TABLE and constraints into sql.")] = False,
    csv_delimiter: Annotated[str | None, typer.Option("--csv-delimiter", help="Between the cells of csv.")] = None,
    csv_null: Annotated[str | None, typer.Option("--csv-null", help="How csv writes NULL.")] = None,
    no_header: Annotated[bool, typer.Option("--no-header", help="No column names in csv.")] = False,
    rows: RowsOption = [],  # noqa: B006 - the library copies it
    set_: SetOption = [],  # noqa: B006
    seed: SeedOption = None,
    allow_env: AllowEnvOption = [],  # noqa: B006
    batch_size: Annotated[int | None, typer.Option("--batch-size", min=1, help="Rows of one INSERT, or of one load.")] = None,
    workers: Annotated[int | None, typer.Option("--workers", min=1, max=256, help="Worker processes.")] = None,
    resume: Annotated[str, typer.Option("--resume", metavar="JOB", help="Go on with a paused, killed or failed job.")] = "",
    progress: ProgressOption = "auto",
    settings: SettingsOption = "",
) -> None:
    """Generate a schema's data into files (--output) or a database (--db).

    Ctrl-C checkpoints and prints how to resume.
    """
    if resume:
        _refuse_beside_resume(config=config, output=output, db=db)
        from cli.work import resume_here

        raise typer.Exit(resume_here(resume, settings, progress))
    if not config:
        raise usage("seed wants --config SCHEMA, or --resume JOB")
    flags: dict[str, Any] = {
        "--pretty": pretty or None,
        "--create-table": create_table or None,
        "--csv-delimiter": csv_delimiter,
        "--csv-null": csv_null,
        "--no-header": False if no_header else None,
    }
    flags = {flag: value for flag, value in flags.items() if value is not None}
    if output and db:
        raise usage("seed writes files (--output) or loads a database (--db), not both")
    schema = given(config, set_, rows, seed, allow_env, settings)
    if output:
        flags |= {"--batch-size": batch_size} if batch_size else {}
        begin = _generation(schema, outputs(output, dialect, compress, flags), dir_, workers or 0)
    elif not db and schema.checked.requested:
        begin = _generation(schema, (), dir_, workers or 0)
    else:
        _refuse_for_databases({**flags, "--dir": dir_, "--dialect": dialect})
        begin = _seeding(schema.plan(), db or _database_url(), mode, batch_size)
    from cli.work import run_here

    raise typer.Exit(run_here(begin, settings, progress))


def _refuse_for_databases(given: Mapping[str, Any]) -> None:
    for flag, value in given.items():
        if value != "":
            raise usage(f"{flag} is for files; it needs --output")


def _database_url() -> str:
    url = os.environ.get(DATABASE_URL, "")
    if not url:
        raise usage("seed wants a target", "--output csv --dir DIR, --db sqlite:///shop.db, or DATABASE_URL in the environment")
    return url


def _refuse_beside_resume(**given: str) -> None:
    for name, value in given.items():
        if value:
            raise usage(f"--resume goes on with a job as it was begun; --{name} cannot be changed")


def _generation(schema: Given, wanted: tuple[Mapping[str, Any], ...], folder: str, workers: int) -> Begin:
    """Makes a job that writes files: those wanted, else what the document itself asks for."""
    schema.plan()
    out = Path(folder or "out").absolute()
    if schema.checked.requested:
        wanted = tuple(named(output, schema.checked.requested.file_name) for output in wanted)

    async def begin(here: Here) -> Job:
        from services.generator.generations import GenerationRequest, job_spec

        spec = job_spec(GenerationRequest(schema.request, wanted, workers), here.settings)
        make_folder(out)
        return await here.jobs.create("generation", {**spec, "outDir": str(out)})

    return begin


def make_folder(folder: Path) -> None:
    """Make the folder of the files. Raises `CommandError` (usage) when that cannot be or nothing can be written there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise usage(f"{folder} is a file, not a folder", code="OUTPUT_FAILED") from None
    except OSError as error:
        raise usage(f"cannot make the folder {folder}: {error.strerror}", code="OUTPUT_FAILED") from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise usage(f"cannot write to the folder {folder}: Permission denied", code="OUTPUT_FAILED")


def _seeding(plan: Plan, target: str, mode: Mode, batch_size: int | None) -> Begin:
    """Makes a job that loads a database."""

    async def begin(here: Here) -> Job:
        from services.seeder.service import DEFAULT_BATCH_ROWS, SeederService

        seeder = SeederService(here.settings, here.jobs)
        return await seeder.create_seeding(plan, target, mode=mode, batch_rows=batch_size or DEFAULT_BATCH_ROWS, trusted=True)

    return begin
