"""Expressions of the language as SQL of DuckDB, for the checker: names become columns or look-ups along references."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import count
from typing import Any

from tests.acceptance.reading import Document, Table

_TOKEN = re.compile(
    r"('(?:[^']|'')*'|\"[^\"]*\")|(`[^`]+`|[^\W\d]\w*(?:\.(?:[^\W\d]\w*|`[^`]+`))*)(\s*\()?|(\d[\d.]*|==|!=|\S|\s+)"
)
_WORDS = {"and", "or", "not", "in", "is", "null", "true", "false"}
_FUNCTIONS = {"text": "mc_text", "days": "mc_days", "date": "mc_date", "days_between": "mc_days_between", "concat": "mc_concat",
              "lpad": "mc_lpad", "substr": "substring"}  # fmt: skip
MACROS = """
CREATE MACRO mc_text(x) AS CAST(x AS VARCHAR);
CREATE MACRO mc_days(n) AS CAST(n AS INTEGER);
CREATE MACRO mc_date(x) AS CAST(x AS DATE);
CREATE MACRO mc_days_between(a, b) AS CAST(b AS DATE) - CAST(a AS DATE);
CREATE MACRO mc_concat(a, b) AS CAST(a AS VARCHAR) || CAST(b AS VARCHAR),
    (a, b, c) AS CAST(a AS VARCHAR) || CAST(b AS VARCHAR) || CAST(c AS VARCHAR),
    (a, b, c, d) AS CAST(a AS VARCHAR) || CAST(b AS VARCHAR) || CAST(c AS VARCHAR) || CAST(d AS VARCHAR);
CREATE MACRO mc_lpad(x, n, c) AS CASE WHEN length(CAST(x AS VARCHAR)) >= n THEN CAST(x AS VARCHAR)
    ELSE lpad(CAST(x AS VARCHAR), n, c) END;
"""
_alias = count(1)


def quoted(name: str) -> str:
    """A name as an identifier."""
    return '"' + name.replace('"', '""') + '"'


def text(value: str) -> str:
    """A text as a literal."""
    return "'" + value.replace("'", "''") + "'"


def literal(value: Any) -> str:
    """A constant of a document as SQL."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return str(value).upper()
    return repr(value) if isinstance(value, int | float) else text(str(value))


def sql(expression: str, table: Table, document: Document, row: str) -> str:
    """The expression over the row of `table` that stands under the alias `row`."""

    def piece(match: re.Match[str]) -> str:
        string, name, opened, other = match.groups()
        if string:
            return text(string[1:-1].replace("''", "'") if string[0] == "'" else string[1:-1])
        if other is not None:
            return {"==": "=", "!=": "<>"}.get(other, other)
        if opened and name.lower() not in _WORDS:
            return f"{_FUNCTIONS.get(name, name)}("
        if name.lower() in _WORDS:
            return name + (opened or "")
        return value_of(tuple(part.strip("`") for part in name.split(".")), table, document, row)

    return _TOKEN.sub(piece, expression)


def value_of(parts: tuple[str, ...], table: Table, document: Document, row: str) -> str:
    """A column of the row, of a row that a reference of it leads to, or a hidden expression written out."""
    if len(parts) == 1:
        made = table.columns.get(parts[0], {})
        if parts[0].startswith("__"):
            return f"({sql(str(made['expr']), table, document, row)})"
        return f"{row}.{quoted(parts[0])}"
    above = f"p{next(_alias)}"
    if parts[0] in ("previous", "next"):
        near = f"{above}._row = {row}._row {'-' if parts[0] == 'previous' else '+'} 1{table.siblings(above, row)}"
        return f"(SELECT {value_of(parts[1:], table, document, above)} FROM {quoted(table.name)} {above} WHERE {near})"
    link = table.link_of(parts[0])
    inner = value_of(parts[1:], document.tables[link.parent], document, above)
    met = " AND ".join(f"{above}.{quoted(t)} = {row}.{quoted(c)}" for t, c in zip(link.targets, link.columns, strict=True))
    return f"(SELECT {inner} FROM {quoted(link.parent)} {above} WHERE {met})"


def condition(when: str | Mapping[str, Any], table: Table, document: Document, row: str) -> str:
    """A `when`: an expression, or columns with the value or the values they have."""
    if isinstance(when, str):
        return f"coalesce({sql(when, table, document, row)}, false)"
    tests = []
    for name, wanted in when.items():
        values = wanted if isinstance(wanted, list) else [wanted]
        tests.append(f"{value_of(tuple(name.split('.')), table, document, row)} IN ({', '.join(map(literal, values))})")
    return f"coalesce({' AND '.join(tests)}, false)"


def template(written: str, table: Table, document: Document, row: str) -> str:
    """A template as a concatenation that is null where a part is."""
    pieces = []
    for brace, hole, plain in re.findall(r"(\{\{|\}\})|\{([^{}]*)\}|([^{}]+)", written):
        if hole:
            pieces.append(f"CAST({sql(hole, table, document, row)} AS VARCHAR)")
        else:
            pieces.append(text(brace[0] if brace else plain))
    return " || ".join(pieces) or "''"
