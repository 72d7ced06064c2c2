"""`mockcraft backup`, `restore` and `verify`: archives of databases, in the foreground."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from cli.commands.rows import About, ConfigOption, JobOption, compare_rows, refuse_beside_rows, refuse_without_rows
from cli.configuration import SettingsOption
from cli.failure import usage
from cli.output import FormatOption
from cli.progress import ProgressOption
from cli.schemas import AllowEnvOption, RowsOption, SeedOption, SetOption

if TYPE_CHECKING:
    from cli.work import Begin, Here
    from services.common.jobs.model import Job

Level = Literal["FILES", "RESTORED", "RESTORED_CHECKSUMMED"]
DATABASE_URL = "DATABASE_URL"

KeyOption = Annotated[
    str, typer.Option("--key-file", metavar="FILE", help="File with the key of encrypted archives; else MOCKCRAFT_BACKUP_KEY.")
]
ArchiveArgument = Annotated[str, typer.Argument(metavar="FILE", help="An archive that `backup` made; s3://… too.")]


def backup(
    db: Annotated[
        str, typer.Option("--db", metavar="URL", help="The database, such as sqlite:///shop.db; else DATABASE_URL.")
    ] = "",
    path: Annotated[str, typer.Option("--path", metavar="DIR", help="Folder of the archive, or s3://bucket/prefix.")] = "",
    verify: Annotated[
        Level | None, typer.Option("--verify", case_sensitive=False, help="How far the archive is verified before it counts.")
    ] = None,
    keep_last: Annotated[
        int, typer.Option("--keep-last", min=0, metavar="N", help="Then keep the newest N archives of this database; 0: all.")
    ] = 0,
    keep_days: Annotated[
        int, typer.Option("--keep-days", min=0, metavar="N", help="Then remove those older than N days, but the newest; 0: none.")
    ] = 0,
    key_file: KeyOption = "",
    progress: ProgressOption = "auto",
    settings: SettingsOption = "",
) -> None:
    """Write an archive of a database into a folder.

    With a key the archive is encrypted. Exit status 0: it is there, and verified as far as was asked for. Ctrl-C leaves nothing.
    """
    if not path:
        raise usage("backup wants --path DIR, the folder of the archive")
    source = db or os.environ.get(DATABASE_URL, "")
    if not source:
        raise usage("backup wants a database", "--db sqlite:///shop.db, or DATABASE_URL in the environment")

    folder = storage_of(path)

    async def begin(here: Here) -> Job:
        from services.backup.service import BackupRequest, BackupService

        request = BackupRequest(source, folder, keep_last, keep_days, verify or "")
        return await BackupService(here.settings, here.jobs).create_backup(request, trusted=True)

    _run(begin, settings, progress, key_file)


def restore(
    archive: ArchiveArgument,
    db: Annotated[str, typer.Option("--db", metavar="URL", help="The database to restore into.")] = "",
    force: Annotated[bool, typer.Option("--force", help="Replace what the database holds.")] = False,
    key_file: KeyOption = "",
    progress: ProgressOption = "auto",
    settings: SettingsOption = "",
) -> None:
    """Put an archive into an empty database, or with --force in place of what is there: all of it or nothing."""
    if not db:
        raise usage("restore wants --db URL, the database to restore into; DATABASE_URL does not count here")

    async def begin(here: Here) -> Job:
        from services.backup.service import BackupService, RestoreRequest

        return await BackupService(here.settings, here.jobs).create_restore(RestoreRequest(archive, db, force), trusted=True)

    _run(begin, settings, progress, key_file)


def verify(
    archive: Annotated[str, typer.Argument(metavar="[FILE]", help="An archive that `backup` made.")] = "",
    level: Annotated[
        Level | None, typer.Option("--level", case_sensitive=False, help="How far; default: as far as it can go.")
    ] = None,
    db: Annotated[
        str,
        typer.Option(
            "--db",
            metavar="URL",
            help="Restore beside this database, into one that is dropped again, or compare its rows; else DATABASE_URL.",
        ),
    ] = "",
    config: ConfigOption = "",
    job: JobOption = "",
    exact: Annotated[bool, typer.Option("--exact", help="Of rows: those of others are a difference too.")] = False,
    rows: RowsOption = [],  # noqa: B006 - the library copies it
    set_: SetOption = [],  # noqa: B006
    seed: SeedOption = None,
    allow_env: AllowEnvOption = [],  # noqa: B006
    key_file: KeyOption = "",
    progress: ProgressOption = "auto",
    settings: SettingsOption = "",
    format_: FormatOption = "table",
) -> None:
    """Check an archive: its checksums (FILES), restored for trial (RESTORED), every row (RESTORED_CHECKSUMMED).

    With --config SCHEMA or --job JOB instead of an archive: compare the rows of a database with what schema and seed, or
    that load, must have made; nothing is written. Prints what was compared. Exit status 1 when anything is not as it was
    written, or when nothing was compared.
    """
    if config or job:
        refuse_beside_rows({"FILE": archive, "--level": level, "--key-file": key_file})
        about = About(config, job, db, rows, set_, seed, allow_env)
        raise typer.Exit(compare_rows(about, "check", settings, progress, format_, exact=exact))
    if not archive:
        raise usage("verify wants the FILE of an archive, or --config SCHEMA or --job JOB to compare a database's rows")
    refuse_without_rows({"--exact": exact, "--rows": rows, "--set": set_, "--seed": seed is not None})

    async def begin(here: Here) -> Job:
        import asyncio

        from services.backup.service import BackupService, VerificationRequest
        from services.backup.storing import Storing

        _, _, manifest = await asyncio.to_thread(Storing(here.settings).locate, archive, trusted=True)
        alone = level == "FILES" or (manifest is not None and manifest.source.dialect == "sqlite")
        target = db or ("" if alone else os.environ.get(DATABASE_URL, ""))
        request = VerificationRequest(archive, level or "", target)
        return await BackupService(here.settings, here.jobs).create_verification(request, trusted=True)

    from cli.report import Verdict

    _run(begin, settings, progress, key_file, Verdict(format_) if progress != "json" else None)


def storage_of(path: str) -> str:
    """What `--path` names: a folder, made absolute, or the URL of a bucket as it is."""
    return path if "://" in path else str(Path(path).absolute())


def _run(begin: Begin, settings: str, progress: Any, key_file: str, verdict: Any = None) -> None:
    from cli.work import run_here

    if key_file and not os.access(key_file, os.R_OK):
        raise usage(f"the key file {key_file} cannot be read", code="KEY_REQUIRED")
    flags = {"backup": {"key_file": str(Path(key_file).absolute())}} if key_file else {}
    raise typer.Exit(run_here(begin, settings, progress, verdict, **flags))
