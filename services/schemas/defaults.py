"""Default values of columns: read by the column's type, written as SQL, read back from a database's own words.

A default is a value as text or a known function; SQL is never taken over as it comes. In the canonical spelling a value
that means the same is the same text (`1.50` of a DECIMAL(10, 2), `true`, `2020-01-31 12:00:00`, `CURRENT_TIMESTAMP`).
"""

from __future__ import annotations

import json
import math
import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Final

from services.common.databases._sqltext import Token, tokens
from services.schemas.drawing import Dialect
from services.schemas.types import BINARIES, INTEGERS, TEXTS, DataType, literal, native

NOW: Final = "CURRENT_TIMESTAMP"
TODAY: Final = "CURRENT_DATE"
CLOCK: Final = "CURRENT_TIME"
NEW_UUID: Final = "UUID()"

_UUID_LENGTH: Final = 36
_CALLS: Final[Mapping[str, str]] = {
    "now": NOW, "current_timestamp": NOW, "localtimestamp": NOW, "getdate": NOW, "sysdatetime": NOW, "getutcdate": NOW,
    "sysutcdatetime": NOW, "sysdatetimeoffset": NOW, "transaction_timestamp": NOW, "statement_timestamp": NOW,
    "clock_timestamp": NOW, "utc_timestamp": NOW, "datetime('now')": NOW,
    "current_date": TODAY, "curdate": TODAY, "today": TODAY, "date('now')": TODAY,
    "current_time": CLOCK, "curtime": CLOCK, "localtime": CLOCK, "time('now')": CLOCK,
    "uuid": NEW_UUID, "gen_random_uuid": NEW_UUID, "uuid_generate_v4": NEW_UUID, "newid": NEW_UUID, "newsequentialid": NEW_UUID,
}  # fmt: skip
_SQLITE_UUID: Final = (
    "(lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-' || "
    "substr('89ab', 1 + (abs(random()) % 4), 1) || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6))))"
)
_SQL_CALLS: Final[Mapping[Dialect, Mapping[str, str]]] = {
    "postgresql": {NOW: "CURRENT_TIMESTAMP", TODAY: "CURRENT_DATE", CLOCK: "LOCALTIME", NEW_UUID: "gen_random_uuid()"},
    "mysql": {NOW: "CURRENT_TIMESTAMP", TODAY: "(CURRENT_DATE)", CLOCK: "(CURRENT_TIME)", NEW_UUID: "(UUID())"},
    "sqlite": {NOW: "CURRENT_TIMESTAMP", TODAY: "CURRENT_DATE", CLOCK: "CURRENT_TIME", NEW_UUID: _SQLITE_UUID},
    "sqlserver": {
        NOW: "SYSDATETIME()", TODAY: "(CAST(SYSDATETIME() AS DATE))", CLOCK: "(CAST(SYSDATETIME() AS TIME))",
        NEW_UUID: "NEWID()",
    },
}  # fmt: skip


class DefaultRefusedError(ValueError):
    """A default that does not fit the column's type."""


def canonical(text: str | None, kind: DataType) -> str | None:
    """The default in canonical spelling; None for none (`NULL` too). Raises `DefaultRefusedError`."""
    if text is None or text == "NULL":
        return None
    if (call := _called(text, kind)) is not None:
        return call
    read = _READERS.get(kind.name)
    if read is None:
        raise DefaultRefusedError(f"A column of the type {kind} can have no default but NULL")
    try:
        return read(text, kind)
    except DefaultRefusedError:
        raise
    except (ValueError, InvalidOperation, OverflowError, RecursionError):
        raise DefaultRefusedError(f"`{text[:80]}` is no value of the type {kind}") from None


def _allowed(kind: DataType) -> tuple[str, ...]:
    """The functions that columns of this type can have for a default."""
    if kind.name in ("TIMESTAMP", "TIMESTAMPTZ"):
        return (NOW,)
    if kind.name == "UUID" or (kind.name in ("CHAR", "VARCHAR") and (kind.length or 0) >= _UUID_LENGTH):
        return (NEW_UUID,)
    return {"DATE": (TODAY,), "TIME": (CLOCK,)}.get(kind.name, ())


def _called(text: str, kind: DataType) -> str | None:
    """The function that the text names, where the type can have one. Of texts only `UUID()` is, all else is the text itself."""
    allowed = _allowed(kind)
    if not allowed or (kind.name in TEXTS and not text.strip().endswith("()")):
        return None
    bare = re.sub(r"\(\s*\d*\s*\)$", "", text.strip()).casefold()
    known = _CALLS.get(bare)
    if known == NOW and kind.name in ("DATE", "TIME"):
        return allowed[0]
    return known if known in allowed else None


# --- values -------------------------------------------------------------------------------------------------------------


def _integer(text: str, kind: DataType) -> str:
    value, bits = int(text), INTEGERS[kind.name]
    if not -(2 ** (bits - 1)) <= value < 2 ** (bits - 1):
        raise DefaultRefusedError(f"{value} is beyond what {kind} holds")
    return str(value)


def _decimal(text: str, kind: DataType) -> str:
    value = Decimal(text.strip())
    precision, scale = kind.precision or 0, kind.scale or 0
    if not value.is_finite():
        raise ValueError(text)
    exponent = value.normalize().as_tuple().exponent
    assert isinstance(exponent, int)
    if -exponent > scale or (value.adjusted() >= precision - scale and value):
        raise DefaultRefusedError(f"{text.strip()[:80]} has more digits than {kind} holds")
    return f"{abs(value) if value == 0 else value:.{scale}f}"


def _float(text: str, _: DataType) -> str:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return repr(value + 0.0)


_TRUTH: Final[Mapping[str, str]] = {
    "true": "true", "t": "true", "1": "true", "yes": "true", "false": "false", "f": "false", "0": "false", "no": "false",
}  # fmt: skip


def _boolean(text: str, _: DataType) -> str:
    if (known := _TRUTH.get(text.strip().casefold())) is None:
        raise ValueError(text)
    return known


def _text(text: str, kind: DataType) -> str:
    if any(ord(c) == 0 or 0xD800 <= ord(c) < 0xE000 for c in text):
        raise DefaultRefusedError("The default holds characters that databases do not take")
    kept = text.rstrip(" ") if kind.name == "CHAR" else text
    if kind.length is not None and len(kept) > kind.length:
        raise DefaultRefusedError(f"The default has {len(kept)} characters, more than {kind} holds")
    return kept


def _member(text: str, kind: DataType) -> str:
    if text not in kind.values:
        raise DefaultRefusedError(f"`{text[:80]}` is none of the values of the ENUM")
    return text


def _fraction(value: datetime | time, kind: DataType) -> str:
    """The seconds' fraction as far as it says something; more digits than the type keeps are refused."""
    digits = f"{value.microsecond:06d}".rstrip("0")
    if len(digits) > (6 if kind.precision is None else kind.precision):
        raise DefaultRefusedError(f"The default has more digits of a second than {kind} keeps")
    return f".{digits}" if digits else ""


def _time(text: str, kind: DataType) -> str:
    value = time.fromisoformat(text.strip())
    if value.tzinfo is not None:
        raise ValueError(text)
    return f"{value:%H:%M:%S}{_fraction(value, kind)}"


def _moment(text: str, kind: DataType) -> str:
    value = datetime.fromisoformat(text.strip())
    if value.tzinfo is not None:
        value = value.astimezone(UTC)
    return f"{value.date().isoformat()} {value:%H:%M:%S}{_fraction(value, kind)}"


def _json(text: str, _: DataType) -> str:
    def refused(word: str) -> float:
        raise ValueError(word)

    return json.dumps(json.loads(text, parse_constant=refused), sort_keys=True, ensure_ascii=False)


_READERS: Final[Mapping[str, Callable[[str, DataType], str]]] = {
    **dict.fromkeys(INTEGERS, _integer), **dict.fromkeys(TEXTS, _text),
    "DECIMAL": _decimal, "REAL": _float, "DOUBLE": _float, "BOOLEAN": _boolean, "ENUM": _member, "TIME": _time,
    "TIMESTAMP": _moment, "TIMESTAMPTZ": _moment, "JSON": _json,
    "DATE": lambda text, _: date.fromisoformat(text.strip()).isoformat(),
    "UUID": lambda text, _: str(uuid.UUID(text.strip())),
}  # fmt: skip
_BARE: Final = frozenset({*INTEGERS, "DECIMAL", "REAL", "DOUBLE"})


# --- SQL ----------------------------------------------------------------------------------------------------------------


def sql(default: str, kind: DataType, dialect: Dialect) -> str:
    """A canonical default as SQL of the dialect."""
    if default in _allowed(kind):
        return _call_sql(default, kind, dialect)
    if kind.name in _BARE:
        return literal(default, dialect) if dialect == "mysql" else default
    if kind.name == "BOOLEAN":
        return default if dialect == "postgresql" else str(int(default == "true"))
    zone = "+00:00" if kind.name == "TIMESTAMPTZ" and dialect != "mysql" else ""
    written = literal(default + zone, dialect)
    return f"({written})" if dialect == "mysql" and native(kind, dialect) in ("LONGTEXT", "JSON") else written


def _call_sql(call: str, kind: DataType, dialect: Dialect) -> str:
    if dialect == "mysql" and call == NOW:
        return f"CURRENT_TIMESTAMP({6 if kind.precision is None else kind.precision})"
    if dialect == "postgresql" and call == NEW_UUID and kind.name != "UUID":
        return "(gen_random_uuid())::text"
    if dialect == "sqlserver" and kind.name == "TIMESTAMPTZ":
        return "SYSDATETIMEOFFSET()"
    return _SQL_CALLS[dialect][call]


def from_sql(text: str, kind: DataType, dialect: Dialect) -> str | None:
    """The default that a database's SQL text says, in canonical spelling; None for none. Raises `DefaultRefusedError`."""
    if text == _SQLITE_UUID or text == _SQLITE_UUID[1:-1]:
        return NEW_UUID
    found = _bare(list(tokens(text, dialect)))
    value = _value(found)
    if value is None:
        value = _function(found, kind)
    if value is None or value == "NULL":
        raise DefaultRefusedError(f"the default {text[:80]} is no value and none of the known functions")
    return canonical(value, kind)


def _bare(found: Sequence[Token]) -> Sequence[Token]:
    """Without the parentheses around all of it and the casts behind it."""
    while found and found[0].raw == "(" and _closing(found) > 0:
        end = _closing(found)
        if end < len(found) - 1 and found[end + 1].raw != "::":
            break
        found = found[1:end]
    cast = next((place for place, token in enumerate(found) if token.raw == "::"), len(found))
    return _bare(found[:cast]) if cast < len(found) else found


def _closing(found: Sequence[Token]) -> int:
    """The place of the parenthesis that closes the first."""
    depth = 0
    for place, token in enumerate(found):
        depth += {"(": 1, ")": -1}.get(token.raw, 0) if token.kind == "sign" else 0
        if depth == 0:
            return place
    return -1


def _value(found: Sequence[Token]) -> str | None:
    """The text or number that it is."""
    if found and found[0].raw in ("-", "+"):
        inner = _value(_bare(found[1:]))
        return None if inner is None else ("-" if found[0].raw == "-" else "") + inner
    if len(found) == 2 and found[0].kind == "word" and found[0].raw.startswith("_"):
        found = found[1:]
    if len(found) != 1 or (found[0].raw[:1] in ("x", "X", "b", "B") and found[0].kind == "text"):
        return None
    word = found[0].value
    return word if found[0].kind in ("text", "number") or word in ("TRUE", "FALSE") else None


def _function(found: Sequence[Token], kind: DataType) -> str | None:
    """The known function that it calls."""
    if found and found[0].value == "CAST":
        inner = found[2 : next((place for place, token in enumerate(found) if token.value == "AS"), 2)]
        return _function(_bare(inner), kind)
    written = "".join(token.raw for token in found).lower().removeprefix("pg_catalog.").removeprefix("public.")
    known = _CALLS.get(re.sub(r"\(\d*\)$", "", written)) or _CALLS.get(written)
    if known == NOW and kind.name in ("DATE", "TIME"):
        known = _allowed(kind)[0]
    return known if known in _allowed(kind) else None


def possible(kind: DataType) -> bool:
    """Whether columns of this type can have a default at all."""
    return kind.name in _READERS and kind.name not in BINARIES
