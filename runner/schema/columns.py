"""The `columns` of a table: shorthands, fields, references; what a column is made of is resolved later."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

from runner.schema import fields, nested
from runner.schema.document import Node, short
from runner.schema.findings import Findings, did_you_mean
from runner.schema.model import ColumnSpec, Kind, RefSpec

KINDS: Final[tuple[Kind, ...]] = ("gen", "value", "expr", "ref", "rollup", "running", "template", "case", "object", "array")
COMMON: Final = ("type", "unique", "unique_where", "nullable", "null_rate", "locale", "group", "description")
REF_ONLY: Final = ("pick", "roots", "mode", "as")
CONDITIONAL: Final = ("when", "else")
FIELDS: Final = (*KINDS, *COMMON, *CONDITIONAL, *REF_ONLY, "params", "extends")


def read_columns(node: Node, locale: str, findings: Findings) -> dict[str, ColumnSpec]:
    """All columns of a table's `columns` mapping, in order; broken ones are reported and left out."""
    keys, found = list[Node](), dict[str, ColumnSpec]()
    for raw, value in node.entries:
        key = replace(raw, trail=value.trail)
        for column in _read(key, value, locale, findings):
            if fields.identifier(column.key, "column", findings):
                found.setdefault(column.name, column)
                keys.append(column.key)
    fields.case_duplicates(keys, "column", findings)
    return found


def _read(key: Node, node: Node, locale: str, findings: Findings) -> tuple[ColumnSpec, ...]:
    if node.kind == "list":
        findings.error(node, "TYPE_INVALID", "a column is a generator's name, a constant or a mapping, not a list")
        return ()
    if node.kind == "scalar":
        return (ColumnSpec(key.text, node, key, "gen" if isinstance(node.value, str) else "value", node, locale),)
    kind = _kind(key, node, findings) if node.get("extends") is None else None
    if kind is None:
        return ()
    column = _common(key, node, kind, locale, findings)
    if kind == "ref":
        return _references(column, findings)
    if kind == "gen":
        column = replace(column, params=_params(node, findings))
    else:
        fields.known_fields(node, (kind, *COMMON, *CONDITIONAL), _what(kind), findings)
    column = replace(column, **_nested(column, findings)) if kind in ("object", "array") else column
    if kind == "case" or node.get("when") is not None:
        return _conditional(column, findings)
    if node.get("else") is not None:
        findings.error(node.key("else"), "FIELD_CONFLICT", "else belongs to a column with when or case")
    return (column,)


def _conditional(column: ColumnSpec, findings: Findings) -> tuple[ColumnSpec, ...]:
    """A column with `case`, or one with `when`, which is a case of its own."""
    node, condition = column.node, column.node.get("when")
    cases = [_case(column, n, item, findings) for n, item in enumerate(column.source.items if column.kind == "case" else ())]
    if column.kind == "case" and condition is not None:
        findings.error(node.key("when"), "FIELD_CONFLICT", "when stands within the items of case, beside their then")
    elif column.kind == "case" and not cases:
        findings.error(column.source, "TYPE_INVALID", "case is a list of {when: …, then: …}")
    elif condition is not None:
        inner = replace(column, name=f"{column.name}#0", null_rate=0, unique=False)
        if column.kind != "array":
            inner = replace(inner, type=None, type_node=None)
        cases = [(condition, inner)]
    other = node.get("else")
    otherwise = _branch(column, len(cases), other, findings) if other is not None else None
    return (replace(column, kind="case", cases=tuple(c for c in cases if c), otherwise=otherwise),)


def _case(column: ColumnSpec, number: int, item: Node, findings: Findings) -> tuple[Node, ColumnSpec] | None:
    if not fields.mapping(item, "a case", findings):
        return None
    fields.known_fields(item, ("when", "then"), "a case", findings)
    condition, answer = item.get("when"), item.get("then")
    for name, field in (("when", condition), ("then", answer)):
        if field is None:
            findings.error(item, "MISSING_FIELD", f"a case needs a {name}: {{when: {{country: ID}}, then: word}}")
    branch = _branch(column, number, answer, findings) if answer is not None else None
    return (condition, branch) if condition is not None and branch is not None else None


def _nested(column: ColumnSpec, findings: Findings) -> dict[str, Any]:
    """The parts of an object or an array, each a column of its own."""
    if column.kind == "object":
        entries = column.source.entries if fields.mapping(column.source, "object", findings) else ()
        parts = [(key.text, _branch(column, key.text, value, findings)) for key, value in entries]
        return {"members": tuple((name, part) for name, part in parts if part)}
    found = nested.items_of(column.source, findings)
    if found is None:
        return {}
    of, least, most = found
    items = [("", _branch(column, number, of, findings)) for number in range(max(most, 1))][:most]
    return {"members": tuple((name, item) for name, item in items if item), "least": least}


def _branch(column: ColumnSpec, number: int | str, node: Node, findings: Findings) -> ColumnSpec | None:
    """A part of a column: one of its own, whose draws carry the part's number or name."""
    found = _read(replace(column.key, text=f"{column.name}#{number}"), node, column.locale, findings)
    if found and found[0].kind == "ref":
        findings.error(
            node, "REF_INVALID", "a reference cannot stand inside another column; give it one of its own and take that"
        )
        return None
    return found[0] if found else None


def _what(kind: str) -> str:
    return {"ref": "a reference", "value": "a constant column", "expr": "an expression column", "rollup": "a roll-up",
            "running": "a running total",
            "template": "a template", "case": "a column of cases", "object": "an object", "array": "an array"}[kind]  # fmt: skip


def _kind(key: Node, node: Node, findings: Findings) -> Kind | None:
    present = [k for k in KINDS if node.get(k) is not None]
    if present[:1] == ["gen"]:
        present = [k for k in present if k != "template"]  # a parameter of some generators
    if len(present) == 1:
        return present[0]
    if present:
        message = f"a column is made in one way, but this one has {' and '.join(present)}"
        findings.error(node.key(present[1]), "FIELD_CONFLICT", message)
        return None
    known = [_near_kind(name) for name in node.names if name not in FIELDS]
    message = f"the column {short(key.text)!r} does not say what it is made of: {', '.join(KINDS)}"
    findings.error(key, "MISSING_FIELD", message, next(filter(None, known), ""))
    return None


def _near_kind(name: str) -> str:
    """`generator` means gen, `reference` ref, `expression` expr."""
    return next((kind for kind in KINDS if name.lower().startswith(kind)), "") or did_you_mean(name, KINDS)


def _common(key: Node, node: Node, kind: Kind, locale: str, findings: Findings) -> ColumnSpec:
    source = node.get(kind)
    assert source is not None
    rate = node.get("null_rate")
    return ColumnSpec(
        key.text, node, key, kind, source,
        locale=fields.locale(node.get("locale"), locale, findings),
        type=fields.column_type(node.get("type"), findings) if node.get("type") else None,
        type_node=node.get("type"),
        unique=bool(fields.boolean(node.get("unique"), findings)),
        nullable=fields.boolean(node.get("nullable"), findings),
        null_rate=fields.per_billion(rate, findings),
        group=fields.word(node.get("group"), "a group's name", findings) or "",
        description=fields.description(node, findings),
    )  # fmt: skip


def _params(node: Node, findings: Findings) -> Mapping[str, Node]:
    """A generator's parameters: every field that is not the column's own, and those under `params`."""
    found = {key.text: value for key, value in node.entries if key.text not in ("gen", *COMMON, *CONDITIONAL, "params")}
    explicit = node.get("params")
    if explicit and fields.mapping(explicit, "params", findings):
        found |= {key.text: value for key, value in explicit.entries}
    return found


_ZIPF = re.compile(r"zipf(?:\(\s*([0-9]+(?:\.[0-9]+)?)\s*\))?")
PICKS: Final = ("uniform", "zipf(s)", "earlier", "sibling", "sequential")


def _references(column: ColumnSpec, findings: Findings) -> tuple[ColumnSpec, ...]:
    node = column.node
    fields.known_fields(node, ("ref", *COMMON, *REF_ONLY), _what("ref"), findings)
    pairs = [_target(item, findings) for item in (column.source.items or (column.source,))]
    targets = [pair for pair in pairs if pair]
    if len(targets) < len(pairs) or not pairs:
        return ()
    parents = {parent for parent, _ in targets}
    if len(parents) > 1:
        message = f"one reference points to one row of one table, but this names {' and '.join(sorted(parents))}"
        findings.error(column.source, "REF_INVALID", message)
        return ()
    names = _names(column, [target for _, target in targets], findings)
    pick, power = _pick(node.get("pick"), findings)
    ref = RefSpec(
        column.name, targets[0][0], tuple(t for _, t in targets), names, node, pick, power,
        _mode(node.get("mode"), findings), column.unique, column.null_rate,
        roots=_roots(node.get("roots"), findings),
    )  # fmt: skip
    return tuple(
        replace(column, name=name, key=replace(column.key, text=name), ref=ref, target=target)
        for name, (_, target) in zip(names, targets, strict=True)
    )


def _roots(node: Node | None, findings: Findings) -> int | None:
    return fields.whole(node, "the number of roots", findings, 1, fields.MAX_ROWS, "REF_INVALID") if node else None


def _target(node: Node, findings: Findings) -> tuple[str, str] | None:
    text = fields.word(node, "a reference such as users.id", findings)
    if text is None:
        return None
    table, dot, column = text.rpartition(".")
    if not dot or not table or not column:
        findings.error(node, "REF_INVALID", f"a reference names a table and a column, such as users.id, not {short(text)!r}")
        return None
    return table, column


def _names(column: ColumnSpec, targets: list[str], findings: Findings) -> tuple[str, ...]:
    """The columns a reference writes: its own name for one, `name_target` or `as: […]` for several."""
    given = column.node.get("as")
    if column.source.kind == "scalar" and given is None:
        return (column.name,)
    if given is None:
        return tuple(f"{column.name}_{target}" for target in targets)
    found = tuple(name for name, _ in fields.names(given, "a column's name", findings))
    if len(found) != len(targets) or len(set(found)) != len(found):
        findings.error(given, "REF_INVALID", f"as needs {len(targets)} different names, one for each column referred to")
        return tuple(f"{column.name}_{target}" for target in targets)
    return found


def _pick(node: Node | None, findings: Findings) -> tuple[str | None, str]:
    text = fields.word(node, "a way to pick", findings)
    if node is None or text is None:
        return None, "1"
    zipf = _ZIPF.fullmatch(text)
    if zipf and not 0 < Decimal(zipf[1] or "1") <= 4:
        findings.error(node, "REF_INVALID", f"zipf(s) needs 0 < s <= 4, not {zipf[1]}", "zipf(1)")
    elif zipf:
        return "zipf", zipf[1] or "1"
    elif text in PICKS:
        return text, "1"
    else:
        findings.error(node, "REF_INVALID", f"pick is one of {', '.join(PICKS)}, not {short(text)!r}", did_you_mean(text, PICKS))
    return None, "1"


def _mode(node: Node | None, findings: Findings) -> bool:
    text = fields.word(node, "a mode", findings)
    if node is not None and text is not None and text != "orphan":
        findings.error(node, "REF_INVALID", f"the only mode of a reference is orphan, not {short(text)!r}", "orphan")
    return text == "orphan"
