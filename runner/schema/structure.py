"""The form of a schema: its fields, tables and columns as records, everything wrong reported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Final

from runner.schema import fields
from runner.schema.columns import read_columns
from runner.schema.counts import read_per
from runner.schema.dates import format_datetime, parse_datetime
from runner.schema.document import Node, short
from runner.schema.embedding import read_embed
from runner.schema.fields import MAX_ROWS
from runner.schema.findings import Findings, Reported, did_you_mean
from runner.schema.junctions import is_junction, read_junction, rows_of
from runner.schema.loading import with_load
from runner.schema.model import DEFAULT_AS_OF, DEFAULT_LOCALE, HIDDEN_PREFIX, SchemaSpec, TableSpec
from runner.schema.partial import read_partial
from runner.schema.sizes import parse_count

SCHEMA_FIELDS: Final = (
    "mockcraft", "seed", "as_of", "locale", "include", "options", "templates", "tables", "load", "description",
)  # fmt: skip
TABLE_FIELDS: Final = (
    "rows", "per", "extends", "columns", "primary_key", "unique", "unique_where", "indexes", "check", "embed", "locale",
    "description",
)  # fmt: skip
VERSION: Final = 1


def read_schema(root: Node, rows: Mapping[str, str], seed: int | None, today: date | None, findings: Findings) -> SchemaSpec:
    """The schema's records. Raises `Reported` when there are no tables to look at."""
    if not fields.mapping(root, "a schema", findings):
        raise Reported
    fields.known_fields(root, SCHEMA_FIELDS, "a schema", findings)
    check_version(root.get("mockcraft"), findings)
    locale = fields.locale(root.get("locale"), DEFAULT_LOCALE, findings)
    given = fields.whole(root.get("seed"), "seed", findings, -(2**63), 2**63 - 1)
    if seed is not None and not -(2**63) <= seed < 2**63:
        findings.error(replace(root, line=0, column=0), "NUMBER_INVALID", f"seed {seed} does not fit in 64 bits")
    as_of = _as_of(root.get("as_of"), today, findings)
    tables = with_load(root.get("load"), _tables(root, locale, rows, findings), findings)
    return SchemaSpec(
        (given or 0) if seed is None else seed, as_of, format_datetime(as_of), locale, today.isoformat() if today else "", tables
    )


def check_version(node: Node | None, findings: Findings) -> None:
    """Report a version of the language that is another one than ours."""
    number = fields.whole(node, "the language version", findings, 1, 999, "VERSION_UNSUPPORTED")
    if node is not None and number not in (None, VERSION):
        findings.error(node, "VERSION_UNSUPPORTED", f"this MockCraft knows version {VERSION} of the language, not {number}", "1")


def _as_of(node: Node | None, today: date | None, findings: Findings) -> int:
    text = fields.word(node, "a date or datetime", findings) if node else None
    if node is None or text is None:
        return parse_datetime(DEFAULT_AS_OF)
    if text == "today":
        if today is None:
            findings.error(node, "TODAY_UNKNOWN", "as_of is today, but nobody said what day that is")
        return parse_datetime((today or date(2025, 1, 1)).isoformat())
    try:
        return parse_datetime(text)
    except (ValueError, OverflowError):
        message = f"as_of is a date or datetime such as {DEFAULT_AS_OF}, or today, not {short(text)!r}"
        findings.error(node, "DATE_INVALID", message)
        return parse_datetime(DEFAULT_AS_OF)


def _tables(root: Node, locale: str, rows: Mapping[str, str], findings: Findings) -> dict[str, TableSpec]:
    node = root.get("tables")
    if node is None or not node.entries:
        if node is None or node.kind == "map" or node.value is None:
            findings.error(node or root, "MISSING_FIELD", "a schema needs tables: {users: {rows: 100, columns: {…}}}")
        else:
            fields.mapping(node, "tables", findings)
        raise Reported
    found = dict[str, TableSpec]()
    for raw, value in node.entries:
        key = replace(raw, trail=value.trail)
        named = fields.identifier(key, "table", findings)
        table = _table(key, value, locale, rows, findings)
        if named and table:
            found.setdefault(key.text, table)
    fields.case_duplicates((k for k, _ in node.entries), "table", findings)
    for name in rows:
        if name not in node.names:
            message = f"rows are given for {short(name)!r}, which is no table of the schema"
            findings.error(replace(node, line=0, column=0), "TABLE_NOT_FOUND", message, did_you_mean(name, node.names))
    return found


def _table(key: Node, node: Node, locale: str, rows: Mapping[str, str], findings: Findings) -> TableSpec | None:
    if not fields.mapping(node, "a table", findings):
        return None
    fields.known_fields(node, TABLE_FIELDS, "a table", findings)
    columns_node = node.get("columns")
    locale = fields.locale(node.get("locale"), locale, findings)
    if columns_node is None or (not columns_node.entries and columns_node.value is None and columns_node.kind != "list"):
        findings.error(columns_node or key, "MISSING_FIELD", f"the table {short(key.text)!r} needs columns")
    columns = read_columns(columns_node, locale, findings) if columns_node and _is_map(columns_node, findings) else {}
    if columns and all(c.hidden for c in columns.values()):
        findings.error(key, "MISSING_FIELD", f"all columns of {short(key.text)!r} are hidden; nothing would be written")
    per_node = node.get("per")
    table = TableSpec(
        key.text, node, key, columns,
        rows=_rows(key, node, rows.get(key.text), findings),
        per=read_per(per_node, findings) if per_node and not is_junction(per_node) else None,
        junction=read_junction(per_node, node.get("rows"), findings) if per_node and is_junction(per_node) else None,
        indexes=_indexes(node.get("indexes"), findings),
        check=_checks(node.get("check"), findings),
        unique=_unique(node.get("unique"), findings),
        partial=read_partial(node.get("unique_where"), columns, findings),
        embed=read_embed(key, node.get("embed"), findings),
        description=fields.description(node, findings),
    )  # fmt: skip
    return replace(table, primary_key=_primary_key(node.get("primary_key"), table, findings))


def _is_map(node: Node, findings: Findings) -> bool:
    return (node.value is None and node.kind == "scalar") or fields.mapping(node, "columns", findings) is not None


def _rows(key: Node, node: Node, override: str | None, findings: Findings) -> int | None:
    given, per = node.get("rows"), node.get("per")
    if per is not None and is_junction(per) and override is None:
        return rows_of(per, given, findings)
    if per is not None and not is_junction(per):
        if given is not None:
            findings.error(node.key("rows"), "FIELD_CONFLICT", "a table has rows or per, not both")
        if override is not None:
            message = f"{short(key.text)!r} has as many rows as its parents ask for (per); give rows for the parent instead"
            findings.error(node.key("per"), "ROWS_INVALID", message)
        return None
    if override is not None:
        number = parse_count(override)
        if number is None or not 0 <= number <= MAX_ROWS:
            message = f"rows of {short(key.text)!r} are 0 to {MAX_ROWS:,}, such as 500 or 10K, not {short(override)!r}"
            findings.error(replace(key, line=0, column=0), "ROWS_INVALID", message)
            return None
        return number
    if given is None:
        findings.error(key, "MISSING_FIELD", f"the table {short(key.text)!r} needs rows (such as 10K) or per")
        return None
    return fields.whole(given, "rows", findings, 0, MAX_ROWS, "ROWS_INVALID")


def _indexes(node: Node | None, findings: Findings) -> tuple[tuple[str, ...], ...]:
    if node is None:
        return ()
    items = node.items if node.kind == "list" else (node,)
    found = (tuple(name for name, _ in fields.names(item, "a column's name", findings)) for item in items)
    return tuple(dict.fromkeys(index for index in found if index))


def _checks(node: Node | None, findings: Findings) -> tuple[Node, ...]:
    """The conditions of a table: one or a list."""
    items = () if node is None else node.items if node.kind == "list" else (node,)
    for item in items:
        if not isinstance(item.value, str) or not item.text.strip():
            findings.error(item, "TYPE_INVALID", f"a check is a condition such as 'low <= high', not {item.described}")
    return tuple(i for i in items if isinstance(i.value, str) and i.text.strip())


def _unique(node: Node | None, findings: Findings) -> tuple[tuple[tuple[str, ...], Node], ...]:
    if node is None:
        return ()
    if isinstance(node.value, bool):
        findings.error(node, "TYPE_INVALID", "unique of a table lists columns: unique: [[email]]")
        return ()
    items = node.items if node.kind == "list" else (node,)
    return tuple((tuple(n for n, _ in fields.names(item, "a column's name", findings)), item) for item in items)


def _primary_key(node: Node | None, table: TableSpec, findings: Findings) -> tuple[str, ...]:
    """The columns of the key: as given, else `id` where there is one, else those a junction is made of."""
    if node is None:
        joined = table.junction_columns if not any(c.startswith(HIDDEN_PREFIX) for c in table.junction_columns) else ()
        return ("id",) if "id" in table.columns else joined
    found = list[str]()
    for name, at in fields.names(node, "a column's name", findings):
        if name in found:
            findings.error(at, "KEY_INVALID", f"{name!r} stands twice in the primary key")
        else:
            found.append(name)
    return tuple(found)
