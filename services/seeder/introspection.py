"""A schema for a database that exists, for DDL, or for a sample of rows, as a caller of the service asks for it."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal, cast

from services.common.databases import DatabaseError, connect, display
from services.common.databases.catalog import Catalog, introspect, read_ddl
from services.common.databases.profiling import TableProfile, profile
from services.common.errors import invalid, not_found
from services.common.guess import DEFAULT_ROWS, Guessed, GuessError, Wanted, guess
from services.common.guess.sample import read_sample
from services.common.statuses import of_target
from services.common.targets import Targets

Dialect = Literal["postgresql", "mysql", "sqlite", "sqlserver"]
DIALECTS: Final = ("postgresql", "mysql", "sqlite", "sqlserver")
MOST_ROWS: Final = 10**15


@dataclass(frozen=True, slots=True)
class IntrospectionRequest:
    """What to write a schema for: one of `target`, `ddl` and `sample`. `total_rows` 0 is the default."""

    target: str = ""
    ddl: str = ""
    sample: str = ""
    dialect: str = ""
    table: str = ""
    total_rows: int = 0
    profile: bool = False
    tables: tuple[str, ...] = ()
    namespace: str = ""


def introspected(request: IntrospectionRequest, targets: Targets) -> Guessed:
    """The schema. Raises SOURCE_MISSING, DIALECT_INVALID, ROWS_INVALID, NOTHING_TO_GUESS, and the TARGET_* codes."""
    _check(request)
    try:
        catalog, profiles, source = _source(request, targets)
        rows = request.total_rows or (max((p.rows for p in profiles.values()), default=0) if request.sample else 0)
        now = datetime.now(UTC).date()
        wanted = Wanted(rows or DEFAULT_ROWS, as_of=now, tables=request.tables, source=source, profiles=profiles)
        return guess(catalog, wanted)
    except DatabaseError as error:
        raise of_target(error.code, str(error)) from None
    except RecursionError:
        raise invalid("DDL_TOO_DEEP", "The statements are nested too deeply to be read.") from None
    except GuessError as error:
        raise invalid("NOTHING_TO_GUESS", str(error)) from None


def notes(made: Guessed) -> list[tuple[str, str]]:
    """What is left out with the reason, and what cannot be honoured, by path ("" for the whole)."""
    return [*sorted((name, f"Left out: {why}.") for name, why in made.skipped.items()), *(("", text) for text in made.warnings)]


def _check(request: IntrospectionRequest) -> None:
    if sum(map(bool, (request.target, request.ddl, request.sample))) != 1:
        raise invalid("SOURCE_MISSING", "Say what to read: a `target`, `ddl` or a `sample`.")
    if request.dialect and request.dialect not in DIALECTS:
        raise invalid("DIALECT_INVALID", f"The dialect must be one of {', '.join(DIALECTS)}.")
    if not 0 <= request.total_rows <= MOST_ROWS:
        raise invalid("ROWS_INVALID", f"The number of rows must be 1 to {MOST_ROWS:,}.")
    if request.profile and not request.target:
        raise invalid("PROFILE_INVALID", "Only stored rows can be looked at: `profile` needs a `target`.")


def _source(request: IntrospectionRequest, targets: Targets) -> tuple[Catalog, Mapping[str, TableProfile], str]:
    if request.ddl:
        return read_ddl(request.ddl, cast("Dialect", request.dialect) if request.dialect else None), {}, "DDL"
    if request.sample:
        return _of_sample(request)
    return _of_target(request, targets)


def _of_sample(request: IntrospectionRequest) -> tuple[Catalog, Mapping[str, TableProfile], str]:
    name = re.sub(r"[^\w-]+", "_", request.table)[:60] or "sample"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{name}.csv"
        path.write_text(request.sample, encoding="utf-8")
        try:
            return (*read_sample(path), "a sample")
        except GuessError as error:
            raise invalid("SAMPLE_INVALID", str(error).replace(str(path), "the sample")) from None


def _of_target(request: IntrospectionRequest, targets: Targets) -> tuple[Catalog, Mapping[str, TableProfile], str]:
    chosen = targets.choose(request.target)
    file = Path(chosen.url.removeprefix("sqlite:///"))
    if chosen.url.startswith("sqlite:///") and not file.is_file():
        raise not_found("TARGET_NOT_FOUND", f"There is no database file {file.name}.")
    database: Any = connect(chosen.url)
    try:
        catalog = introspect(database, (request.namespace,) if request.namespace else ())
        return catalog, profile(database, catalog).tables if request.profile else {}, display(chosen.url)
    finally:
        database.close()
