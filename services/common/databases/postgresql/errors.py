"""What PostgreSQL says, as our codes and sentences: by SQLSTATE (PostgreSQL, appendix A), never by a row's values.

Messages of the server may repeat cells; ours name tables, columns and constraints only.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from typing import Final

import psycopg

from services.common.databases import CONFLICT, DatabaseError

_LOST: Final = "the connection to the database was lost"
_STATES: Final[dict[str, tuple[str, str, bool]]] = {
    "08": ("TARGET_UNAVAILABLE", _LOST, True),
    "0A": ("TARGET_MISMATCH", "the table takes no rows in this way; it may have row-level security or be a view", False),
    "21000": ("TARGET_CONFLICT", "two of the new rows have the same key", False),
    "22": ("TARGET_MISMATCH", "a value does not fit its column", False),
    "22001": ("TARGET_MISMATCH", "a text is longer than its column allows", False),
    "22003": ("TARGET_MISMATCH", "a number is out of the range of its column", False),
    "22021": ("UNENCODABLE_VALUE", "a text holds a character that the database cannot store, such as U+0000", False),
    "22P05": ("UNENCODABLE_VALUE", "a text holds a character that the database cannot store, such as U+0000", False),
    "23": ("TARGET_CONSTRAINT", "the table refuses a row", False),
    "23502": ("TARGET_CONSTRAINT", "a column that must not be null got a null", False),
    "23503": ("TARGET_CONSTRAINT", "a foreign key does not hold", False),
    "23505": ("TARGET_CONFLICT", CONFLICT, False),
    "23514": ("TARGET_CONSTRAINT", "a CHECK constraint, or the partitions of the table, refuse a row", False),
    "23P01": ("TARGET_CONFLICT", "an exclusion constraint refuses a row", False),
    "25006": ("TARGET_READ_ONLY", "the database cannot be written", False),
    "27": ("TARGET_CONSTRAINT", "a trigger of the table refuses a row", False),
    "28": ("TARGET_AUTH_FAILED", "the database refuses this user or password", False),
    "3D000": ("TARGET_NOT_FOUND", "there is no such database", False),
    "3F000": ("TARGET_MISMATCH", "there is no such schema in the database", False),
    "40": ("TARGET_BUSY", "another transaction was in the way", True),
    "42": ("TARGET_MISMATCH", "the database does not take this statement; the table may have changed", False),
    "42501": ("TARGET_PERMISSION", "this user may not do that in the database", False),
    "42P07": ("TARGET_CONFLICT", "there is a table or an index of this name already", False),
    "42P01": ("TARGET_MISMATCH", "the table is gone", False),
    "42703": ("TARGET_MISMATCH", "the table changed: a column is gone", False),
    "42P10": ("TARGET_MISMATCH", "the table has no such unique key", False),
    "44000": ("TARGET_CONSTRAINT", "the view refuses a row", False),
    "53": ("TARGET_UNAVAILABLE", "the database server has not enough resources", True),
    "53100": ("DISK_FULL", "the disk of the database is full; free some space and resume", False),
    "55": ("TARGET_BUSY", "another program holds the table", True),
    "57": ("TARGET_UNAVAILABLE", "the database server is stopping or starting", True),
    "57014": ("TARGET_UNAVAILABLE", "a statement took longer than it may, or was cancelled", True),
    "58": ("TARGET_FAILED", "the database server failed", True),
    "P0": ("TARGET_CONSTRAINT", "a trigger of the table refuses a row", False),
    "XX": ("TARGET_FAILED", "the database server failed", False),
}
"""SQLSTATE or its first two characters: our code, our sentence, whether another attempt may help."""
_REFUSED: Final[tuple[tuple[str, tuple[str, str, bool]], ...]] = (
    (r"password|authentication|no pg_hba\.conf entry|role \".*\" does not exist|not permitted to log in", _STATES["28"]),
    (r"permission denied for database", _STATES["42501"]),
    (r"database \".*\" does not exist", _STATES["3D000"]),
    (
        r"\bSSL|certificate",
        ("TARGET_UNAVAILABLE", "the database server and the URL do not agree on TLS, or its certificate is not trusted", False),
    ),
)
_SAME_MOMENT: Final = ("TARGET_BUSY", "another session makes a thing of the same name at this moment", True)
_UNREACHED: Final = ("TARGET_UNAVAILABLE", "the database server cannot be reached", True)


@contextlib.contextmanager
def translated() -> Iterator[None]:
    """Errors of the driver as `DatabaseError`."""
    try:
        yield
    except psycopg.Error as error:
        raise meaning(error) from None


def meaning(error: psycopg.Error) -> DatabaseError:
    """The error of a statement."""
    state = error.sqlstate
    if state is None:
        lost = isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
        if lost:
            return DatabaseError("TARGET_UNAVAILABLE", _LOST, True)
        return DatabaseError("TARGET_FAILED", f"the driver does not do this ({type(error).__name__})", False)
    known = _STATES.get(state) or _STATES.get(state[:2]) or ("TARGET_FAILED", "the database refuses", False)
    in_catalog = state == "23505" and error.diag.schema_name == "pg_catalog"
    code, sentence, retryable = _SAME_MOMENT if in_catalog else known
    return DatabaseError(code, f"{sentence} ({_place(error.diag)}SQLSTATE {state})", retryable)


def _place(diag: psycopg.errors.Diagnostic) -> str:
    """What the server names: table, column, constraint, type."""
    table, column = diag.table_name, diag.column_name
    context = _COPY.search(diag.context or "")
    if context and not table:
        table, column = context["table"], context["column"]
    named = (("table", table), ("column", column), ("constraint", diag.constraint_name), ("type", diag.datatype_name))
    return "".join(f"{what} {name}, " for what, name in named if name)


_COPY = re.compile(r"^COPY (?P<table>[^\n]{1,63}), (?:line|row) \d+(?:, column (?P<column>[^\n:]{1,63}))?", re.MULTILINE)


def refusal(error: psycopg.Error, database: str) -> DatabaseError:
    """The error of an attempt to connect to a database."""
    found = _refusal(error)
    if found.code == "TARGET_NOT_FOUND":
        return DatabaseError(found.code, f"there is no database {database}")
    return found


def _refusal(error: psycopg.Error) -> DatabaseError:
    """An attempt that failed has no SQLSTATE: by the words of libpq and the server."""
    if error.sqlstate is not None:
        return meaning(error)
    said = str(error)
    for pattern, answer in _REFUSED:
        if re.search(pattern, said):
            return DatabaseError(*answer)
    return DatabaseError(*_UNREACHED)
