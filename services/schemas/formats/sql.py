"""The CREATE statements of a dialect. What SQL has no words for stands in comments behind them.

A file that nobody changed reads as the very same definition; of one that somebody changed the statements count, with
the ids, places and generators of what is still called the same.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final, cast

from services.common.databases.catalog import Catalog, read_ddl
from services.common.errors import FieldError, invalid
from services.schemas import ddl
from services.schemas.checking import check
from services.schemas.codec import definition_from, definition_json
from services.schemas.drawing import DIALECTS, Definition, Dialect
from services.schemas.formats._common import Imported, accepted, escaped
from services.schemas.reading import drawing_of
from services.schemas.resource import refusal

MEDIA_TYPE: Final = "application/sql"
EXTENSION: Final = "sql"
_MARK: Final = "-- mockcraft: "
_WHY: Final = "-- What SQL has no words for (ids, places, generators); without it the statements still read."
_CREATE: Final = re.compile(r"\bcreate\s{1,9}(or\s{1,9}replace\s{1,9})?(\w{1,20}\s{1,9}){0,2}(table|type|schema|domain)\b", re.I)
_OURS: Final = re.compile(r"(?s)(.*\n)" + re.escape(_WHY) + r"\n((?:-- mockcraft: [^\n]*\n)+)\s*")


def write(definition: Definition, name: str, dialect: str) -> tuple[str, tuple[str, ...]]:
    """The file; nothing is lost. Raises `MockcraftError` for a drawing that cannot be created."""
    if findings := check(definition.drawing):
        raise refusal(findings)
    whole = definition_json(definition)
    parts = [{"name": name, "dialect": dialect, **{key: whole[key] for key in ("version", "exportedAt") if whole.get(key)}}]
    parts += [{"table": table} for table in whole["tables"]] + [{"foreignKey": key} for key in whole["foreignKeys"]]
    kept = [_MARK + escaped(json.dumps(part, ensure_ascii=False)) for part in parts]
    return "\n".join([ddl.script(definition.drawing, cast("Dialect", dialect)), _WHY, *kept, ""]), ()


def read(text: str, dialect: str) -> Imported:
    """The drawing that CREATE and ALTER statements make; the dialect is guessed when it is not given.

    Raises VALIDATION_ERROR where there is no table. `warnings` say what could not be read, and what has no place in a drawing.
    """
    statements, kept = _apart(text.replace("\r\n", "\n").removeprefix("\ufeff").rstrip() + "\n")
    head, known = _known(kept)
    said = dialect or head.get("dialect")
    spoken = cast("Dialect", said) if said in DIALECTS else None
    if known and spoken and _unchanged(known, statements, spoken):
        return Imported(known, (), _name(head))
    catalog = read_ddl(statements, spoken)
    _refuse_nothing(catalog)
    before = known or Definition()
    made = drawing_of(catalog, before.drawing)
    warnings = (f"line {w.line}: {w.message}" if w.line else w.message for w in catalog.warnings)
    value = definition_json(Definition(made.drawing, before.version, before.exported_at))
    return accepted(value, (*warnings, *made.lost), _name(head))


def _unchanged(known: Definition, statements: str, dialect: Dialect) -> bool:
    """Whether the statements are those that we would write for the definition."""
    return not check(known.drawing) and ddl.script(known.drawing, dialect).strip() == statements.strip()


def _apart(text: str) -> tuple[str, list[Any]]:
    """The statements, and what stands in comments behind them."""
    match = _OURS.fullmatch(text)
    if match is None:
        return text, []
    try:
        return match[1], [json.loads(line.removeprefix(_MARK)) for line in match[2].splitlines() if line.startswith(_MARK)]
    except (ValueError, RecursionError):
        return match[1], []


def _known(kept: list[Any]) -> tuple[dict[str, Any], Definition | None]:
    """What the comments say of the definition; None where they say nothing that can be used."""
    parts = [part for part in kept if isinstance(part, dict)]
    if not parts:
        return {}, None
    value = {key: parts[0][key] for key in ("version", "exportedAt") if key in parts[0]}
    value["tables"] = [part["table"] for part in parts if "table" in part]
    value["foreignKeys"] = [part["foreignKey"] for part in parts if "foreignKey" in part]
    definition, findings = definition_from(value)
    return parts[0], None if findings else definition


def _name(head: dict[str, Any]) -> str:
    name = head.get("name")
    return name if isinstance(name, str) else ""


def _refuse_nothing(catalog: Catalog) -> None:
    if not catalog.tables:
        found = [FieldError("", warned.message, "VALIDATION_ERROR", warned.line) for warned in catalog.warnings[:100]]
        raise invalid("VALIDATION_ERROR", "There is no CREATE TABLE statement that could be read.", findings=found)


def looks(text: str) -> bool:
    """Whether a text is likely to be SQL."""
    return bool(_CREATE.search(text))
