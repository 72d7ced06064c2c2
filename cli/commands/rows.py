"""Rows of a database beside what schema and seed say they must be: `mockcraft repair`, and what `verify` does with rows."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from cli.configuration import SettingsOption
from cli.failure import usage
from cli.output import FormatOption
from cli.progress import ProgressOption
from cli.schemas import AllowEnvOption, RowsOption, SeedOption, SetOption, given

if TYPE_CHECKING:
    from cli.work import Begin, Here
    from services.common.jobs.model import Job

DATABASE_URL = "DATABASE_URL"

ConfigOption = Annotated[
    str,
    typer.Option("--config", "-c", metavar="SCHEMA", help="Compare a database's rows with this schema; - reads standard input."),
]
JobOption = Annotated[str, typer.Option("--job", metavar="JOB", help="Compare them with what this load made.")]


@dataclass(frozen=True)
class About:
    """Which rows: those of a schema with what overrides it, or those of a job, in the database `db`."""

    config: str
    job: str
    db: str
    rows: Sequence[str]
    set_: Sequence[str]
    seed: int | None
    allow_env: Sequence[str]


def repair(
    config: ConfigOption = "",
    job: JobOption = "",
    db: Annotated[str, typer.Option("--db", metavar="URL", help="The database; else DATABASE_URL.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
    rows: RowsOption = [],  # noqa: B006 - the library copies it
    set_: SetOption = [],  # noqa: B006
    seed: SeedOption = None,
    allow_env: AllowEnvOption = [],  # noqa: B006
    progress: ProgressOption = "auto",
    settings: SettingsOption = "",
    format_: FormatOption = "table",
) -> None:
    """Put right what a load made: missing rows are inserted, changed ones overwritten, no other is touched.

    Compares before and after, as `verify --config` and `verify --job` do. Exit status 1 when rows still differ.
    """
    about = About(config, job, db, rows, set_, seed, allow_env)
    raise typer.Exit(compare_rows(about, "repair", settings, progress, format_, dry_run=dry_run))


def compare_rows(
    about: About,
    action: Literal["check", "repair"],
    settings: str,
    progress: Any,
    format_: Any,
    *,
    exact: bool = False,
    dry_run: bool = False,
) -> int:
    """Compare, or repair, rows here. Returns the exit status. Raises `CommandError` (usage)."""
    if bool(about.config) == bool(about.job):
        raise usage("rows are compared with a schema (--config SCHEMA) or with what a load made (--job JOB): give one of them")
    from cli.report import Rows
    from cli.work import run_here
    from services.seeder.service import Comparison

    how = Comparison(action, exact, dry_run)
    begin = _of_job(about, how) if about.job else _of_schema(about, how, settings)
    return run_here(begin, settings, progress, Rows(format_) if progress != "json" else None)


def _of_job(about: About, how: Any) -> Begin:
    refuse_beside(
        {"--rows": about.rows, "--set": about.set_, "--seed": about.seed is not None}, "--job takes rows as they were made"
    )

    async def begin(here: Here) -> Job:
        from services.seeder.service import SeederService

        job = await here.jobs.get(about.job)
        target = about.db or (os.environ.get(DATABASE_URL, "") if job.spec.get("sealed") else "")
        return await SeederService(here.settings, here.jobs).compare(about.job, how, target, trusted=True)

    return begin


def _of_schema(about: About, how: Any, settings: str) -> Begin:
    target = about.db or os.environ.get(DATABASE_URL, "")
    if not target:
        raise usage("rows are compared in a database", "--db sqlite:///shop.db, or DATABASE_URL in the environment")
    plan = given(about.config, about.set_, about.rows, about.seed, about.allow_env, settings).plan()

    async def begin(here: Here) -> Job:
        from services.seeder.service import SeederService

        return await SeederService(here.settings, here.jobs).compare_plan(plan, target, how)

    return begin


def refuse_beside(flags: Mapping[str, Any], why: str) -> None:
    """Raise `CommandError` (usage) for a flag that was given."""
    for flag, value in flags.items():
        if value:
            raise usage(f"{why}; {flag} does not go with it")


def refuse_beside_rows(flags: Mapping[str, Any]) -> None:
    """The same, for what speaks of archives."""
    refuse_beside(flags, "--config and --job compare the rows of a database")


def refuse_without_rows(flags: Mapping[str, Any]) -> None:
    """The same, for what speaks of rows."""
    refuse_beside(flags, "FILE is an archive")
