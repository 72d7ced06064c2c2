"""`per: {parents: [students, courses], density: 0.1}`: a table of distinct combinations of its parents' rows."""

from __future__ import annotations

from fractions import Fraction
from math import prod

from runner.schema.combinations import LARGEST
from runner.schema.document import Node, short
from runner.schema.fields import MAX_ROWS, known_fields, mapping, names, whole
from runner.schema.findings import Findings, did_you_mean
from runner.schema.model import JunctionSpec, SchemaSpec, TableSpec

MOST_PARENTS = 16


def is_junction(node: Node | None) -> bool:
    """Whether a table's `per` names several parents."""
    return node is not None and node.get("parents") is not None


def read_junction(node: Node, rows: Node | None, findings: Findings) -> JunctionSpec | None:
    """The `per` of a junction; `rows` is the table's own field."""
    if not mapping(node, "per", findings):
        return None
    known_fields(node, ("parents", "density", "rows"), "per with parents", findings)
    parents = tuple(name for name, _ in names(node.get("parents"), "the name of a parent table", findings))
    density, given = node.get("density"), [n for n in (node.get("density"), node.get("rows"), rows) if n is not None]
    if len(parents) < 2:
        findings.error(node.get("parents") or node, "MISSING_FIELD", "parents are two tables or more; of one write parent")
    if len(parents) > MOST_PARENTS:
        findings.error(node.get("parents") or node, "COUNT_INVALID", f"at most {MOST_PARENTS} parents can be combined")
        return None
    if not given:
        findings.error(node, "MISSING_FIELD", "how many rows? say density: 0.1 (of all combinations) or rows: 10K")
    for extra in given[1:]:
        findings.error(extra, "FIELD_CONFLICT", "a table of combinations has a density or rows, once")
    return JunctionSpec(parents, node, _density(density, findings) if density else None)


def _density(node: Node, findings: Findings) -> Fraction | None:
    plain = isinstance(node.value, int | float) and not isinstance(node.value, bool) and len(node.text) <= 60
    if plain and 0 <= float(node.value or 0) <= 1:
        return Fraction(node.text.replace("_", ""))
    findings.error(node, "NUMBER_INVALID", f"density is the share of all combinations, 0 to 1, not {node.described}")
    return None


def rows_of(node: Node, table_rows: Node | None, findings: Findings) -> int | None:
    """The number of rows that a junction says itself."""
    given = node.get("rows") or table_rows
    return whole(given, "rows", findings, 0, MAX_ROWS, "ROWS_INVALID") if given else None


def count(schema: SchemaSpec, table: TableSpec, parents: list[int], findings: Findings) -> int:
    """The exact number of rows: as said, or the density's share of all combinations, rounded half up."""
    junction = table.junction
    assert junction is not None
    combinations = prod(parents)
    if combinations > LARGEST:
        message = f"the parents have {combinations:,} combinations; at most {LARGEST:,} can be told apart"
        findings.error(junction.node, "ROWS_INVALID", message)
        return 1
    if table.rows is not None or junction.density is None:
        return table.rows or 0
    rows = int(junction.density * combinations + Fraction(1, 2))
    if rows > MAX_ROWS:
        findings.error(junction.node, "ROWS_INVALID", f"{short(table.name)!r} would have {rows:,} rows; at most {MAX_ROWS:,}")
        return 1
    return rows


def check_parents(schema: SchemaSpec, table: TableSpec, findings: Findings) -> bool:
    """Whether every parent exists and is referred to; reports what is missing."""
    junction = table.junction
    assert junction is not None
    known = True
    items = {item.text: item for item in (junction.node.get("parents") or junction.node).items}
    for parent, ref in zip(junction.parents, table.joined, strict=True):
        at = items.get(parent, junction.node)
        if parent not in schema.tables:
            message = f"there is no table {short(parent)!r}"
            findings.error(at, "TABLE_NOT_FOUND", message, did_you_mean(parent, schema.tables))
            known = False
        elif ref is None:
            key = next(iter(schema.tables[parent].primary_key), "id")
            message = f"{short(table.name)!r} has no column that refers to {short(parent)!r}"
            findings.error(at, "MISSING_FIELD", message, f"{{ref: {parent}.{key}}}")
    return known
