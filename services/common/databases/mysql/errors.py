"""What MySQL and MariaDB answer, as stable codes and sentences that hold names but no values of rows and no secrets."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

import pyarrow as pa
from pymysql import err

from runner.formats.common.base import UnencodableValue
from services.common.databases import CONFLICT, DatabaseError


class UnofferedFileError(err.OperationalError):
    """The server asked for a file that nobody offered it."""


_LOST: Final = "the connection to the server was lost"
_DENIED: Final = "the server refuses this user or password"
_ROW: Final = "the table refuses a row"
_FULL: Final = "the server's disk is full; free some space and resume"
_Meaning = tuple[tuple[int, ...], str, str, bool]
_MEANINGS: Final[tuple[_Meaning, ...]] = (
    ((2003, 2002, 2005), "TARGET_UNAVAILABLE", "the server cannot be reached", True),
    ((2006, 2013, 2014, 2055, 1927, 4031, 1152, 1158, 1159, 1160, 1161, 1184), "TARGET_UNAVAILABLE", _LOST, True),
    ((1053, 1077, 1079, 3169), "TARGET_UNAVAILABLE", "the server is shutting down", True),
    ((1040, 1203, 1226), "TARGET_UNAVAILABLE", "the server has no connection left", True),
    ((2026,), "TARGET_UNAVAILABLE", "no TLS connection can be made", False),
    ((3159,), "TARGET_AUTH_FAILED", "the server wants TLS; add ssl=on to the URL", False),
    ((1045, 1698, 1130, 1129, 1251, 1275, 1524, 1820, 1862, 2049, 2059, 2061, 3118, 3955, 4151),
     "TARGET_AUTH_FAILED", _DENIED, False),
    ((1049,), "TARGET_NOT_FOUND", "there is no such database", False),
    ((1062, 1022, 1169, 1586, 1859), "TARGET_CONFLICT", CONFLICT, False),
    ((1205, 3572), "TARGET_BUSY", "another transaction holds the rows or the table", True),
    ((1213, 1020, 1637, 1689), "TARGET_BUSY", "the transaction met another one and was undone", True),
    ((1317, 1969, 3024), "TARGET_BUSY", "the statement was interrupted", True),
    ((1451, 1452, 1216, 1217), "TARGET_CONSTRAINT", "a reference would not hold", False),
    ((1048, 1263, 1364), "TARGET_CONSTRAINT", "a column takes no null", False),
    ((4025, 3819, 1369), "TARGET_CONSTRAINT", "a check refuses a row", False),
    ((1264, 1265, 1366, 1292, 1406, 1411, 1416, 1367, 1690, 3140, 1261, 1262, 1300, 1210, 3037, 3055, 3854, 3616, 3617, 4079),
     "TARGET_CONSTRAINT", "a column cannot hold a value", False),
    ((1644,), "TARGET_CONSTRAINT", "a trigger refuses a row", False),
    ((1526, 1514, 1748), "TARGET_CONSTRAINT", "the table has no partition for a row", False),
    ((1153, 1301, 1118, 139), "TARGET_CONSTRAINT", "a row is larger than the server takes", False),
    ((1146, 1051, 1109), "TARGET_MISMATCH", "the table is gone", False),
    ((1054, 1072, 1136, 1906, 3105, 1294), "TARGET_MISMATCH", "the table changed", False),
    ((1114, 1021, 1026, 1041, 28), "DISK_FULL", _FULL, False),
    ((1290, 1836, 1792, 1015, 1036), "TARGET_READ_ONLY", "the database cannot be written", False),
    ((1142, 1143, 1044, 1227, 1370, 1095), "TARGET_PERMISSION", "the user may not do this", False),
)  # fmt: skip
_BY_NUMBER: Final = {number: (code, text, retry) for numbers, code, text, retry in _MEANINGS for number in numbers}

_NAMES: Final = tuple(
    re.compile(pattern, re.DOTALL)
    for pattern in (
        r"for key '(?P<key>[^']+)'\Z",
        r"CONSTRAINT [`'](?P<constraint>.+?)[`'] (?:FOREIGN KEY|failed)",
        r"[Cc]heck constraint '(?P<constraint>.+?)' is violated",
        r"for column (?:`[^`]*`\.)*[`'](?P<column>[^`']+)[`'] at row \d+\Z",
        r"\A(?:Column|Field|Unknown column|Invalid default value for) '(?P<column>[^']+)'",
        r"(?:for|NOT NULL) column '(?P<column>[^']+)'",
        r"\ATable '(?P<table>[^']+)' doesn't exist",
        r"\AUnknown database '(?P<database>[^']+)'",
    )
)
_SAID: Final = frozenset({
    1005, 1050, 1060, 1061, 1067, 1068, 1069, 1070, 1071, 1075, 1101, 1115, 1117, 1118, 1142, 1143, 1044, 1059, 1170,
    1215, 1273, 1286, 1290, 1553, 1830, 1832, 1833, 1834, 3780, 3813, 3814, 3815, 1231, 1193, 1221, 1828, 1829,
})  # fmt: skip
"""Errors whose text holds names only."""
_BENIGN: Final = frozenset({1287, 1681, 3719, 3778, 1618, 1051})
"""Warnings that something is old-fashioned, not that a row suffered."""


def meaning(number: int, text: str) -> DatabaseError:
    """The error for a number and what the server said."""
    if number == 1030 and re.search(r"\b(28|122)\b", text):
        number = 28
    code, sentence, retryable = _BY_NUMBER.get(number, ("TARGET_FAILED", "the server refused a statement", False))
    name = _name(text)
    said = f"; {text[:300]}" if number in _SAID else ""
    return DatabaseError(code, f"{sentence} ({name + ', ' if name else ''}error {number}{said})", retryable)


def _name(text: str) -> str:
    """The column, key, constraint, table or database that the server's text names."""
    for pattern in _NAMES:
        match = pattern.search(text)
        if match:
            (kind, name), *_ = match.groupdict().items()
            return f"{kind} {name}"
    return ""


def serious(warnings: Sequence[tuple[Any, ...]]) -> DatabaseError | None:
    """The error that a bulk load hid in its warnings (level, number, text), the worst of them; None when there is none."""
    found = [meaning(int(number), str(text)) for _, number, text in warnings if int(number) not in _BENIGN]
    return min(found, key=lambda error: _ORDER.get(error.code, 9), default=None)


_ORDER: Final = {"TARGET_CONFLICT": 0, "DISK_FULL": 1, "TARGET_BUSY": 2, "TARGET_CONSTRAINT": 3}


@contextlib.contextmanager
def translated() -> Iterator[None]:
    """Errors of the driver and of values as `DatabaseError`."""
    try:
        yield
    except UnofferedFileError:
        raise DatabaseError("TARGET_FAILED", "the server asked for a file of this machine and was refused") from None
    except err.Error as error:
        number, text = (*error.args, 0, "")[:2]
        if isinstance(error, err.InterfaceError):
            number, text = 2006, ""
        raise meaning(number if isinstance(number, int) else 0, str(text)) from None
    except OSError as error:
        raise DatabaseError("TARGET_UNAVAILABLE", f"the server cannot be reached: {error.strerror or _LOST}", True) from None
    except UnencodableValue as error:
        raise DatabaseError("UNENCODABLE_VALUE", str(error)) from None
    except UnicodeEncodeError:
        raise DatabaseError("UNENCODABLE_VALUE", "a text holds half of a surrogate pair") from None
    except pa.ArrowInvalid:
        raise DatabaseError("TARGET_MISMATCH", "a stored value is none of its column's type") from None
