"""`mockcraft seed`: generate a schema's data into files or a database, in the foreground."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from cli.completion import fast_words, formats
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
    db: Annotated[
        str, typer.Option("--db", metavar="URL", help="Load a database, such as sqlite:///shop.db; else DATABASE_URL.")
    ] = "",
    mode: Annotated[Mode, typer.Option("--mode", help="What to do with rows that are there.")] = "append",
    connections: Annotated[
        int | None, typer.Option("--connections", min=1, max=8, help="Connections that load a table side by side.")
    ] = None,
    fast: Annotated[
        str,
        typer.Option(
            "--fast",
            metavar="WHAT,...",
            autocompletion=fast_words,
            help="Take off while loading and put back: indexes, triggers, unlogged.",
        ),
    ] = "",
    clean: Annotated[str, typer.Option("--clean", metavar="JOB", help="Delete exactly the rows that a load made.")] = "",
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
    backup: Annotated[
        bool, typer.Option("--backup", help="Take and verify a backup of the database before it is touched, unless it is empty.")
    ] = False,
    backup_path: Annotated[
        str, typer.Option("--backup-path", metavar="DIR", help="Folder of that backup, or s3://bucket/prefix.")
    ] = "",
    restore: Annotated[
        str, typer.Option("--restore", metavar="JOB", help="Put back constraints that an ended load left suspended.")
    ] = "",
    resume: Annotated[str, typer.Option("--resume", metavar="JOB", help="Go on with a paused, killed or failed job.")] = "",
    progress: ProgressOption = "auto",
    settings: SettingsOption = "",
) -> None:
    """Generate a schema's data into files (--output) or a database (--db).

    Databases: postgresql://, mysql:// (mariadb://), sqlite:///FILE, mongodb:// and redis:// URLs, or the name of a
    target in the settings. Ctrl-C checkpoints and prints how to resume.
    """
    if resume or clean or restore:
        _refuse_beside("--resume" if resume else "--clean" if clean else "--restore", {"--config": config, "--output": output})
        if bool(resume) + bool(clean) + bool(restore) > 1:
            raise usage("--resume goes on with a load, --clean takes one back, --restore its suspensions: give one of them")
        from cli.work import run_here

        begin = _resuming(resume, db) if resume else _about_ended(clean or restore, db, "clean" if clean else "restore")
        raise typer.Exit(run_here(begin, settings, progress))
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
    if backup != bool(backup_path):
        raise usage("--backup and --backup-path DIR go together: the folder of the backup that is taken first")
    if output and db:
        raise usage("seed writes files (--output) or loads a database (--db), not both")
    schema = given(config, set_, rows, seed, allow_env, settings)
    if output:
        _refuse_for_files({"--connections": connections, "--fast": fast, "--backup": backup})
        flags |= {"--batch-size": batch_size} if batch_size else {}
        begin = _generation(schema, outputs(output, dialect, compress, flags), dir_, workers or 0)
    elif not db and schema.checked.requested:
        begin = _generation(schema, (), dir_, workers or 0)
    else:
        _refuse_for_databases({**flags, "--dir": dir_, "--dialect": dialect})
        how = {"mode": mode, "batch_rows": batch_size or 0, "connections": connections or 0, "fast": _words(fast)}
        begin = _seeding(schema.plan(), db or _database_url(), how, _backup_first(backup_path) if backup else None)
    from cli.work import run_here

    raise typer.Exit(run_here(begin, settings, progress))


def _refuse_for_databases(given: Mapping[str, Any]) -> None:
    for flag, value in given.items():
        if value != "":
            raise usage(f"{flag} is for files; it needs --output")


def _refuse_for_files(given: Mapping[str, Any]) -> None:
    for flag, value in given.items():
        if value:
            raise usage(f"{flag} is for databases; it needs --db")


def _database_url() -> str:
    url = os.environ.get(DATABASE_URL, "")
    if not url:
        raise usage("seed wants a target", "--output csv --dir DIR, --db sqlite:///shop.db, or DATABASE_URL in the environment")
    return url


def _refuse_beside(flag: str, given: Mapping[str, str]) -> None:
    for other, value in given.items():
        if value:
            raise usage(f"{flag} takes up a job as it was begun; {other} cannot be changed")


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip().lower() for word in text.split(",") if word.strip())


def _generation(schema: Given, wanted: tuple[Mapping[str, Any], ...], folder: str, workers: int) -> Begin:
    """Makes a job that writes files: those wanted, else what the document itself asks for."""
    schema.plan()
    out = Path(folder or "out").absolute()
    if schema.checked.requested:
        wanted = tuple(named(output, schema.checked.requested.file_name) for output in wanted)

    async def begin(here: Here) -> Job:
        from services.generator.generations import GenerationRequest, job_spec
        from services.generator.known import KnownSchemas

        spec = job_spec(GenerationRequest(schema.request, wanted, workers), here.settings, KnownSchemas())
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


def _backup_first(folder: str) -> dict[str, Any]:
    """How the backup before a load is made."""
    from cli.commands.backup import storage_of
    from services.seeder.backups import LEVEL

    return {"storage": storage_of(folder), "keep_last": 0, "keep_days": 0, "level": LEVEL, "encrypt": None}


def _seeding(plan: Plan, target: str, how: Mapping[str, Any], backup: Mapping[str, Any] | None) -> Begin:
    """Makes a job that loads a database."""

    async def begin(here: Here) -> Job:
        from services.seeder.service import Options, SeederService

        seeder = SeederService(here.settings, here.jobs)
        return await seeder.create_seeding(plan, target, options=Options(**how), backup=backup, trusted=True)

    return begin


def _resuming(job_id: str, db: str) -> Begin:
    """Continues a job. A failed load whose URL was deleted takes it from --db or DATABASE_URL."""

    async def begin(here: Here) -> Job:
        from services.seeder.service import SeederService

        job = await here.jobs.get(job_id)
        if job.kind != "seeding":
            _refuse_beside("--resume", {"--db": db})
            return await here.jobs.resume(job_id)
        target = db or _url_again(job, job.state.value == "FAILED")
        return await SeederService(here.settings, here.jobs).resume(job_id, target, trusted=True)

    return begin


def _about_ended(job_id: str, db: str, what: Literal["clean", "restore"]) -> Begin:
    """Makes a job that deletes what a load made, or puts back what it left off."""

    async def begin(here: Here) -> Job:
        from services.seeder.service import SeederService

        target = db or _url_again(await here.jobs.get(job_id), needed=True)
        seeder = SeederService(here.settings, here.jobs)
        return await (seeder.clean if what == "clean" else seeder.restore)(job_id, target, trusted=True)

    return begin


def _url_again(job: Job, needed: bool) -> str:
    """The URL of a job that lost it when it ended, from the environment; empty where it is not needed or not there."""
    return os.environ.get(DATABASE_URL, "") if needed and job.spec.get("sealed") else ""
