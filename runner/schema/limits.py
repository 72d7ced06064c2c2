"""How large a schema may be: what no table of a database has is refused before anything is worked out for it."""

from __future__ import annotations

from functools import partial
from typing import Final

from runner import ops
from runner.ops import Op
from runner.plan import Plan
from runner.schema.document import Node, short
from runner.schema.facts import operands
from runner.schema.findings import Findings
from runner.schema.nested import DEFAULT_ITEMS, MAX_ITEMS

MAX_TABLES: Final = 1_000
MAX_COLUMNS: Final = 2_000
"""Columns of one table; PostgreSQL has at most 1,600."""
MAX_PARTS: Final = 10_000
"""Columns of all tables, the parts of nested ones counted one by one."""
MAX_FIELDS: Final = 200
"""Fields of one column."""
MAX_LISTED: Final = 1_000
"""Conditions, uniques or indexes of a table, cases of a column."""
MAX_TEXT: Final = 1_000_000
"""Characters that a text put together from others can have."""
_UNKNOWN: Final = 256
"""Characters that a text of unknown length is taken to have."""
_NUMBER: Final = 24
"""Characters of numbers, days and the like."""


def check_size(root: Node, findings: Findings) -> None:
    """Refuse a schema of too many tables, columns or parts. Raises `Reported`."""
    tables = root.get("tables") or root
    _at_most(tables, len(tables.entries), MAX_TABLES, "tables", findings)
    parts = 0
    for _, table in tables.entries:
        columns = table.get("columns") or table
        _at_most(columns, len(columns.entries), MAX_COLUMNS, "columns in one table", findings)
        for name in ("check", "unique", "indexes"):
            listed = table.get(name) or table
            _at_most(listed, len(listed.items), MAX_LISTED, f"entries of {name}", findings)
        for _, column in columns.entries:
            parts += _parts(column, findings)
            _at_most(column, parts, MAX_PARTS, "columns and parts of columns", findings)


def _parts(column: Node, findings: Findings) -> int:
    """Of how many columns a column consists, itself or those nested in it."""
    _at_most(column, len(column.entries), MAX_FIELDS, "fields of one column", findings)
    members, array, cases = column.get("object"), column.get("array"), column.get("case")
    if members:
        _at_most(members, len(members.entries), MAX_COLUMNS, "members of one object", findings)
        return 1 + sum(_parts(member, findings) for _, member in members.entries)
    if array and (of := array.get("of")):
        most = array.get("max") or array.get("min")
        items = most.value if most and isinstance(most.value, int) and most.value > 0 else DEFAULT_ITEMS[1]
        return 1 + min(items, MAX_ITEMS) * _parts(of, findings)
    if cases:
        _at_most(cases, len(cases.items), MAX_LISTED, "cases", findings)
        return 1 + sum(_parts(then, findings) for case in cases.items if (then := case.get("then")))
    return 1


def _at_most(at: Node, number: int, most: int, what: str, findings: Findings) -> None:
    if number > most:
        raise findings.fail(at, "SCHEMA_TOO_LARGE", f"there can be at most {most:,} {what}, not {number:,}")


def check_texts(plan: Plan, root: Node, findings: Findings) -> None:
    """Refuse columns whose texts, put together from those of others again and again, outgrow every memory."""
    known: Known = {}
    for table in plan.tables:
        for column in table.columns:
            try:
                length = _column(plan, known, table.name, column.name)
            except RecursionError:
                return  # the deeper ones have been looked at before, as columns of their own
            if length > MAX_TEXT:
                at = ((root.get("tables") or root).get(table.name) or root).get("columns") or root
                message = f"the texts of {short(column.name)!r} can have {length:,} characters; at most {MAX_TEXT:,} are made"
                findings.error(at.get(column.name) or at, "EXPR_OVERFLOW", message)
                return


Known = dict[tuple[str, str], int]


def _column(plan: Plan, known: Known, table: str, name: str) -> int:
    key = (table, name)
    if key not in known:
        known[key] = 0
        found = next((c.op for c in plan.table(table).columns if c.name == name), None)
        known[key] = min(_length(found, partial(_column, plan, known), table), 10**15) if found else 0
    return known[key]


def _length(op: Op, column: partial[int], table: str) -> int:
    """About how many characters the text of an operation has at most; numbers and the like are short."""
    match op:
        case ops.Column(name):
            return column(table, name)
        case ops.Lookup(parent, name):
            return column(parent, name)
        case ops.Rollup(path, "first" | "last", name):
            return column(path[-1], name)
        case ops.Join(parts):
            return sum(len(p) if isinstance(p, str) else _length(p, column, table) for p in parts)
    inner = [_length(o, column, table) for o in operands(op)]
    match op:
        case ops.Call(function, args):
            return _called(function, inner, args)
        case ops.ListOf():
            return sum(inner)
        case ops.JsonText():
            return 2 * inner[0] + 2
    return _alone(op) or max(inner, default=_NUMBER)


def _alone(op: Op) -> int:
    """The characters of a text that is no other's, 0 where the operation makes none of its own."""
    match op:
        case ops.Const(value):
            return len(str(value))
        case ops.Values(values):
            return max((len(str(v)) for v in values), default=0)
        case ops.Pattern(alphabets):
            return len(alphabets)
        case ops.Take() | ops.Python():
            return _UNKNOWN
    return 0


def _called(function: str, lengths: list[int], args: tuple[Op, ...]) -> int:
    if function in _GROWING:
        return lengths[0] * max(lengths[-1], 1)
    if function == "repeat" and isinstance(args[1], ops.Const):
        return lengths[0] * int(args[1].value or 0)
    if function in ("pad_left", "pad_right") and isinstance(args[1], ops.Const):
        return max(lengths[0], int(args[1].value or 0))
    return max(lengths, default=0)


_GROWING: Final = ("replace", "regex_replace")
"""Functions that can put their last argument in the place of every character of the first."""
