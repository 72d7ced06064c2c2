"""The build-config form: one table as JSON with `global_settings`, `sql_settings` and a list of `columns`.

It is translated node by node into the schema form, so every finding still points into the config.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from runner.schema import fields
from runner.schema.document import Node, short
from runner.schema.findings import Findings, did_you_mean

TOP: Final = ("global_settings", "sql_settings", "columns")
GLOBAL: Final = ("row_count", "output_format", "file_name", "locale", "seed")
SQL: Final = ("dialect", "table_name")
COLUMN: Final = ("column_name", "generator_type", "sql_type", "options")
FORMATS: Final = ("csv", "json", "jsonl", "parquet", "sql")
DIALECTS: Final[Mapping[str, str]] = {
    "postgresql": "postgresql", "postgres": "postgresql", "mysql": "mysql", "mariadb": "mysql",
    "sqlite": "sqlite", "sqlserver": "sqlserver", "mssql": "sqlserver",
}  # fmt: skip
DEFAULT_NAME: Final = "data"
DEFAULT_ROWS: Final = "100"


@dataclass(frozen=True)
class Requested:
    """What a build config asks for beside the data: `file_name` has no extension, `dialect` is "" unless given."""

    format: str = "csv"
    dialect: str = ""
    file_name: str = DEFAULT_NAME


def is_build_config(root: Node) -> bool:
    """Whether a document is in this form."""
    if root.kind != "map" or "tables" in root.names:
        return False
    columns = root.get("columns")
    return bool({"global_settings", "sql_settings"} & set(root.names)) or (columns is not None and columns.kind == "list")


def translate(root: Node, findings: Findings) -> tuple[Node, Requested]:
    """The same as a schema with one table, and what else is asked for."""
    fields.known_fields(root, TOP, "a build config", findings)
    settings = _part(root, "global_settings", GLOBAL, findings)
    sql = _part(root, "sql_settings", SQL, findings)
    requested = _requested(settings, sql, findings)
    name = sql.get("table_name")
    fields.word(name, "the table's name", findings)
    key = _key(name or root, name.text if name and name.text else requested.file_name)
    rows = settings.get("row_count") or settings.scalar(DEFAULT_ROWS)
    table = [(_key(rows, "rows"), rows), (_key(root, "columns"), _columns(root, findings))]
    entries = [(_key(root, "tables"), _map(root, [(key, _map(root, table))]))]
    for field in ("locale", "seed"):
        value = settings.get(field)
        if value is not None:
            entries.append((_key(value, field), value))
    return _map(root, entries), requested


def _part(root: Node, name: str, known: tuple[str, ...], findings: Findings) -> Node:
    node = root.get(name)
    if node is None or (node.value is None and node.kind == "scalar") or not fields.mapping(node, name, findings):
        return Node("map", root.trail, root.line, root.column)
    fields.known_fields(node, known, name, findings)
    return node


def _map(at: Node, entries: list[tuple[Node, Node]]) -> Node:
    return replace(at, kind="map", value=None, text="", items=(), entries=tuple(entries))


def _key(at: Node, text: str) -> Node:
    return replace(at, kind="scalar", value=text, text=text, items=(), entries=())


def _requested(settings: Node, sql: Node, findings: Findings) -> Requested:
    format_ = _choice(settings.get("output_format"), "output_format", dict.fromkeys(FORMATS, ""), findings)
    dialect = _choice(sql.get("dialect"), "dialect", DIALECTS, findings)
    name = fields.word(settings.get("file_name"), "a file's name", findings) or DEFAULT_NAME
    node = settings.get("file_name")
    if node and (any(c in "/\\" or ord(c) < 32 for c in name) or name.startswith(".")):
        findings.error(node, "IDENTIFIER_INVALID", "file_name is a plain name without folders")
    return Requested(format_ or "csv", DIALECTS.get(dialect or "", ""), name)


def _choice(node: Node | None, what: str, known: Mapping[str, str], findings: Findings) -> str | None:
    text = fields.word(node, what, findings)
    if node is None or text is None or text.lower() in known:
        return text.lower() if text else None
    near = did_you_mean(text, known)
    findings.error(node, "TYPE_INVALID", f"{what} is one of {', '.join(known)}, not {short(text)!r}", near)
    return None


def _columns(root: Node, findings: Findings) -> Node:
    node = root.get("columns")
    if node is None or node.kind != "list" or not node.items:
        findings.error(node or root, "MISSING_FIELD", "a build config needs a list of columns")
        return _map(root, [])
    found: dict[str, tuple[Node, Node]] = {}
    for item in node.items:
        pair = _column(item, findings)
        if pair and pair[0].text in found:
            findings.error(pair[0], "IDENTIFIER_DUPLICATE", f"the column {short(pair[0].text)!r} stands here twice")
        elif pair:
            found[pair[0].text] = pair
    return _map(node, list(found.values()))


def _column(item: Node, findings: Findings) -> tuple[Node, Node] | None:
    if not fields.mapping(item, "a column", findings):
        return None
    fields.known_fields(item, COLUMN, "a column", findings)
    parts = {name: item.get(name) for name in COLUMN}
    for name in ("column_name", "generator_type"):
        if parts[name] is None:
            findings.error(item, "MISSING_FIELD", f"a column needs a {name}")
    name_node, generator, sql_type, options = parts.values()
    if name_node is None or generator is None or fields.word(name_node, "a column's name", findings) is None:
        return None
    entries = [(_key(generator, "gen"), generator)]
    if sql_type is not None and sql_type.value is not None:
        type_ = _sql_type(sql_type, findings)
        entries += [(_key(sql_type, "type"), replace(sql_type, text=type_, value=type_))] if type_ else []
    if options is not None and not (options.kind == "scalar" and options.value is None):
        entries += list(options.entries) if fields.mapping(options, "options", findings) else []
    return _key(name_node, name_node.text), _map(item, entries)


_SQL_TYPES: Final[tuple[tuple[str, str], ...]] = (
    (r"(?:n?varchar2?|n?char|character varying|character|string)\s*\(\s*(\d+)\s*\)", r"string(\1)"),
    (r"n?varchar2?(?:\s*\(\s*max\s*\))?|character varying|string", "string"),
    (r"(?:tiny|medium|long)?text|n?text|clob", "text"),
    (r"bigint|bigserial|int8", "bigint"),
    (r"(?:tiny|small|medium)?int(?:eger)?(?:\s*\(\s*\d+\s*\))?|int[24]|(?:small)?serial", "int"),
    (r"(?:numeric|decimal|number)\s*\(\s*(\d+)\s*,\s*(\d+)\s*\)", r"decimal(\1,\2)"),
    (r"(?:numeric|decimal|number)\s*\(\s*(\d+)\s*\)", r"decimal(\1,0)"),
    (r"numeric|decimal|number|money", "decimal(18,2)"),
    (r"real|float(?:\s*\(\s*\d+\s*\))?|float[48]|double(?: precision)?", "float"),
    (r"bool(?:ean)?|bit|tinyint\s*\(\s*1\s*\)", "bool"),
    (r"date", "date"),
    (r"(?:timestamp|datetime)2?\s*\(\s*([036])\s*\)(?: with(?:out)? time zone)?", r"datetime(\1)"),
    (r"(?:timestamp(?:tz)?|datetime2?)(?: with(?:out)? time zone)?", "datetime"),
    (r"time(?: with(?:out)? time zone)?", "time"),
    (r"uuid|uniqueidentifier|guid", "uuid"),
    (r"jsonb?", "json"),
)


def _sql_type(node: Node, findings: Findings) -> str | None:
    """A column type of the language for a type as databases write it."""
    text = fields.word(node, "a SQL type such as VARCHAR(120)", findings)
    if text is None:
        return None
    for pattern, ours in _SQL_TYPES:
        match = re.fullmatch(pattern, text.strip().lower())
        if match:
            return match.expand(ours)
    findings.error(node, "TYPE_INVALID", f"{short(text)!r} is no SQL type that MockCraft knows", did_you_mean(text, _NAMES))
    return None


_NAMES: Final = (
    "varchar", "text", "integer", "bigint", "decimal", "double precision", "boolean", "date", "timestamp", "uuid", "json",
)  # fmt: skip
