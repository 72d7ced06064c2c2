"""`mockcraft init`: a schema from an existing database, a DDL file or a CSV sample, generators guessed for every column."""

from __future__ import annotations

import errno
import os
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from cli.configuration import SettingsOption
from cli.failure import CommandError, say, usage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from services.common.databases import Database
    from services.common.databases.catalog import Catalog
    from services.common.databases.profiling import TableProfile
    from services.common.guess import Guessed

Dialect = Literal["postgresql", "mysql", "sqlite", "sqlserver"]
DATABASE_URL = "DATABASE_URL"


def init(
    db: Annotated[
        str, typer.Option("--db", metavar="URL", help="A database that is there, or a named target; else DATABASE_URL.")
    ] = "",
    ddl: Annotated[
        str, typer.Option("--ddl", metavar="FILE", help="A file of CREATE TABLE statements; - reads standard input.")
    ] = "",
    sample: Annotated[str, typer.Option("--sample", metavar="FILE", help="A CSV file that shows what the rows look like.")] = "",
    total_rows: Annotated[str, typer.Option("--total-rows", metavar="N", help="Rows of all tables together: 10K, 1M.")] = "",
    profile: Annotated[
        bool, typer.Option("--profile", help="Look at the database's rows: ranges, shares of nulls, values.")
    ] = False,
    dialect: Annotated[Dialect | None, typer.Option("--dialect", help="Of the DDL; guessed when not given.")] = None,
    tables: Annotated[str, typer.Option("--tables", metavar="A,B", help="Only these, and those they refer to.")] = "",
    seed: Annotated[int, typer.Option("--seed", help="The schema's seed.")] = 0,
    output: Annotated[str, typer.Option("--output", "-o", metavar="FILE", help="Where to write; - prints it.")] = "schema.yaml",
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
    settings: SettingsOption = "",
) -> None:
    """Write a schema from an existing database, a DDL file or a CSV sample.

    Every column gets a generator, guessed from its constraints, name and type; comments say why. It runs as it is.
    """
    db = db or ("" if ddl or sample else os.environ.get(DATABASE_URL, ""))
    _refuse_misuse(db, ddl, sample, profile, dialect)
    _refuse_absent(ddl or sample)
    url = _url(db, settings) if db else ""
    _refuse_overwriting(output, force)
    from datetime import UTC, datetime

    from services.common.guess import Wanted, guess

    catalog, profiles, source = _source(url, ddl, sample, profile, dialect)
    rows = _rows(total_rows, max((p.rows for p in profiles.values()), default=0) if sample else 0)
    names = tuple(name.strip() for name in tables.split(",") if name.strip())
    made = guess(catalog, Wanted(rows, seed, datetime.now(UTC).date(), names, source, profiles))
    _write(output, made.text, force)
    _tell(made, output, db, names)


def _refuse_misuse(db: str, ddl: str, sample: str, profile: bool, dialect: str | None) -> None:
    given = [flag for flag, value in (("--db", db), ("--ddl", ddl), ("--sample", sample)) if value]
    if len(given) != 1:
        hint = "--db URL, --ddl FILE or --sample FILE.csv" + ("" if given else f"; or {DATABASE_URL} in the environment")
        raise usage(f"init wants one source, not {' and '.join(given)}" if given else "init wants a source", hint)
    if profile and not db:
        raise usage("--profile looks at a database's rows; it needs --db")
    if dialect and not ddl:
        raise usage("--dialect is the language of a DDL file; it needs --ddl")


def _refuse_absent(path: str) -> None:
    """A file that is to be read must be there; - is standard input."""
    if path in ("", "-"):
        return
    try:
        mode = Path(path).stat().st_mode
    except OSError as error:
        raise usage(f"cannot read {path}: {error.strerror}") from None
    if stat.S_ISDIR(mode) or not os.access(path, os.R_OK):
        raise usage(f"cannot read {path}: {os.strerror(errno.EISDIR if stat.S_ISDIR(mode) else errno.EACCES)}")


def _refuse_overwriting(output: str, force: bool) -> None:
    if output != "-" and Path(output).exists() and not force:
        raise usage(f"{output} is there already", "--force writes over it, -o FILE writes elsewhere", "OUTPUT_EXISTS")


def _rows(text: str, seen: int) -> int:
    from runner.schema.sizes import parse_count
    from services.common.guess import DEFAULT_ROWS

    if not text:
        return seen or DEFAULT_ROWS
    rows = parse_count(text)
    if rows is None or rows < 1:
        raise usage(f"--total-rows is a number such as 10K or 1M, not '{text}'")
    return rows


def _source(
    url: str, ddl: str, sample: str, profile: bool, dialect: Dialect | None
) -> tuple[Catalog, Mapping[str, TableProfile], str]:
    """The catalog, what was seen of its rows, and what people may know of where it comes from."""
    from services.common.databases.catalog import read_ddl

    if sample:
        from services.common.guess.sample import read_sample

        return (*read_sample(Path(sample)), Path(sample).name)
    if ddl:
        return read_ddl(_text(ddl), dialect), {}, "standard input" if ddl == "-" else Path(ddl).name
    return _from_database(url, profile)


def _text(path: str) -> str:
    try:
        raw = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    except OSError as error:
        raise usage(f"cannot read {path}: {error.strerror}") from None
    return raw.decode("utf-8-sig", errors="replace")


def _url(db: str, settings: str) -> str:
    """Where the database is, when it may be looked at and, being a file, is there."""
    from cli.configuration import load
    from services.common.created import PREFIX, checked_target
    from services.common.databases import Rules, TargetRefusedError, check_target

    known = load(settings)
    named = known.targets.get(db)
    try:
        if not named and db.startswith(PREFIX):
            return checked_target(known, db)
        url = check_target(named.get_secret_value() if named else db, Rules(Path.cwd(), remote=True))
    except TargetRefusedError as error:
        raise usage(str(error), error.details, error.code) from None
    _refuse_absent_file(url)
    return url


def _from_database(url: str, profile: bool) -> tuple[Catalog, Mapping[str, TableProfile], str]:
    from services.common.databases import DatabaseError, TargetRefusedError, connect, display
    from services.common.databases.catalog import introspect

    try:
        database = connect(url)
        try:
            catalog = introspect(database)  # type: ignore[arg-type]  # what has no tables is refused there
            return catalog, _profiles(database, catalog) if profile else {}, display(url)  # type: ignore[arg-type]
        finally:
            database.close()
    except TargetRefusedError as error:
        raise usage(str(error), error.details, error.code) from None
    except DatabaseError as error:
        raise CommandError(str(error), code=error.code) from None


def _profiles(database: Database, catalog: Catalog) -> Mapping[str, TableProfile]:
    """What the rows show, and which tables were not looked at."""
    from services.common.databases.profiling import profile

    found = profile(database, catalog)
    for name, why in sorted(found.skipped.items()):
        say(f"not looked at: {name} ({why})")
    empty = sorted(name for name, seen in found.tables.items() if not seen.rows)
    if empty:
        say(f"there were no rows to look at in {', '.join(empty)}: guessed by names and types alone")
    return found.tables


def _refuse_absent_file(url: str) -> None:
    """Opening a SQLite file that is not there would make it."""
    scheme, _, path = url.partition("://")
    file = Path(path.partition("?")[0])
    if scheme.startswith("sqlite") and not file.is_file() and not Path(str(file)[1:]).is_file():
        raise CommandError(f"there is no file {file.name}", code="TARGET_NOT_FOUND")


def _write(output: str, text: str, force: bool) -> None:
    if output == "-":
        sys.stdout.write(text)
        return
    try:
        with Path(output).open("w" if force else "x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        raise usage(f"{output} is there already", "--force writes over it", "OUTPUT_EXISTS") from None
    except OSError as error:
        raise CommandError(f"cannot write {output}: {error.strerror}", code="OUTPUT_FAILED") from None


def _tell(made: Guessed, output: str, db: str, names: tuple[str, ...]) -> None:
    """What was made, what cannot be honoured, and what to run next, on standard error."""
    plan = made.checked.plan
    assert plan is not None
    for name, why in sorted(made.skipped.items()):
        if not names or why != "not asked for":
            say(f"left out: {name} ({why})")
    for warning in made.warnings:
        say(f"cannot be honoured: {warning}")
    if output == "-":
        return
    from services.common.guess.words import counted

    columns = sum(len(table.columns) for table in plan.tables)
    say(f"{output}: {counted(len(plan.tables), 'table')}, {counted(columns, 'column')}, {counted(made.rows, 'row')}")
    say(f"  mockcraft plan {output}")
    say(f"  mockcraft seed --config {output} " + ("--db URL" if db else "--output csv --dir out"))
