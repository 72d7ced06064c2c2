"""DBML (dbdiagram.io). What it has no words for stands in comments behind the text, which other tools pass over."""

from __future__ import annotations

import json
import re
from typing import Any, Final

from services.common.errors import invalid
from services.schemas.codec import definition_json
from services.schemas.drawing import Definition
from services.schemas.formats._common import Imported, accepted, escaped
from services.schemas.formats._dbml.building import build
from services.schemas.formats._dbml.keeping import facts, restored
from services.schemas.formats._dbml.parsing import parse
from services.schemas.formats._dbml.writing import written

MEDIA_TYPE: Final = "text/vnd.dbml"
EXTENSION: Final = "dbml"
_OPENS: Final = re.compile(
    r"^[ \t]*((table|project|enum|tablegroup)\b[^;({\n]{0,400}\{|ref\b[^;(\n:]{0,400}:[^;\n]{0,400}[<>-])", re.I | re.M
)
_MARK: Final = "// mockcraft: "
_WHY: Final = "// What DBML has no words for (ids, places, generators); without it the rest still reads."


def write(definition: Definition, name: str, dialect: str) -> tuple[str, tuple[str, ...]]:
    """The text, and what it cannot hold."""
    text, actual = written(definition.drawing, name), definition_json(definition)
    built = build(parse(text))
    native = definition_json(Definition(built.drawing))
    if built.errors or not _alike(native, actual):
        return text, ("ids, places and generators: names in the drawing occur twice or refer to nothing",)
    kept = [_MARK + escaped(json.dumps(fact, ensure_ascii=False)) for fact in facts(native, actual)]
    return "\n".join([text, _WHY, *kept, ""]) if kept else text, ()


def _alike(native: dict[str, Any], actual: dict[str, Any]) -> bool:
    """Whether both have the same tables and columns, and as many rules and keys."""
    return _shape(native) == _shape(actual)


def _shape(whole: dict[str, Any]) -> list[Any]:
    lists = ("uniques", "indexes", "checks")
    tables = [(t["name"], [c["name"] for c in t["columns"]], [len(t.get(key, [])) for key in lists]) for t in whole["tables"]]
    return [tables, len(whole["foreignKeys"])]


def read(text: str, dialect: str) -> Imported:
    """The drawing of a file. Raises `MockcraftError` with the line of all that is wrong."""
    parsed = parse(text)
    built = build(parsed)
    if built.errors:
        first, more = built.errors[0], len(built.errors) - 1
        message = f"line {first.line}: {first.message}" + (f" ({more} more in `findings`)" if more else "")
        raise invalid("VALIDATION_ERROR", message, findings=built.errors)
    said = [_fact(comment) for comment in parsed.comments if comment.startswith(_MARK)]
    return accepted(restored(definition_json(Definition(built.drawing)), said), tuple(built.lost), parsed.project)


def _fact(comment: str) -> Any:
    try:
        return json.loads(comment.removeprefix(_MARK))
    except (ValueError, RecursionError):
        return None


def looks(text: str) -> bool:
    """Whether a text is likely to be DBML."""
    return bool(_OPENS.search(text))
