"""Reading fields: each helper gives the value or reports what is wrong and gives a default."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Final

from runner.generators.mixes import MixError, named, weighed, written
from runner.schema.document import Node, short
from runner.schema.findings import Findings, did_you_mean
from runner.schema.sizes import parse_count
from runner.types import KINDS, Type

MAX_ROWS: Final = 10**12
MAX_NAME_BYTES: Final = 63


def mapping(node: Node | None, what: str, findings: Findings) -> Node | None:
    """The node if it is a mapping."""
    if node is None or node.kind == "map":
        return node
    findings.error(node, "TYPE_INVALID", f"{what} is a mapping of names to values, not {node.described}")
    return None


def known_fields(node: Node, known: Collection[str], what: str, findings: Findings) -> None:
    """Report the fields that `what` does not have."""
    for key, _ in node.entries:
        if key.text in known or findings.full:
            continue
        near = did_you_mean(key.text, known)
        findings.error(key, "UNKNOWN_FIELD", f"{what} has no field {short(key.text)!r}", near)


def boolean(node: Node | None, findings: Findings) -> bool | None:
    """true or false; None when it is absent or something else."""
    if node is None or isinstance(node.value, bool):
        return node.value if node is not None else None  # type: ignore[return-value]  # checked the line before
    near = {"yes": "true", "on": "true", "no": "false", "off": "false"}.get(node.text.lower(), "")
    findings.error(node, "TYPE_INVALID", f"true or false is needed here, not {node.described}", near)
    return None


def word(node: Node | None, what: str, findings: Findings) -> str | None:
    """Text that is not empty."""
    if node is None:
        return None
    if node.kind == "scalar" and node.value is not None and not isinstance(node.value, bool) and node.text:
        return node.text
    findings.error(node, "TYPE_INVALID", f"{what} is needed here, not {node.described}")
    return None


def description(node: Node, findings: Findings) -> str:
    """What a table or column says of itself, for people; "" when nothing."""
    return word(node.get("description"), "a description", findings) or ""


def whole(node: Node | None, what: str, findings: Findings, low: int, high: int, code: str = "NUMBER_INVALID") -> int | None:
    """A whole number (10K, 5M and 1B too) in [low, high]."""
    if node is None:
        return None
    number = parse_count(node.text) if node.kind == "scalar" and not isinstance(node.value, bool) else None
    if number is None:
        code = "TYPE_INVALID" if node.kind != "scalar" or not isinstance(node.value, float) else code
        findings.error(node, code, f"{what} is a whole number such as 500, 10K, 5M or 1B, not {node.described}")
    elif not low <= number <= high:
        findings.error(node, code, f"{what} is {low:,} to {high:,}, not {number:,}")
        return None
    return number


def names(node: Node | None, what: str, findings: Findings) -> tuple[tuple[str, Node], ...]:
    """A list of names (one name alone counts as a list)."""
    if node is None:
        return ()
    items = node.items if node.kind == "list" else (node,)
    found = ((word(item, what, findings), item) for item in items)
    return tuple((name, item) for name, item in found if name is not None)


def per_billion(node: Node | None, findings: Findings) -> int:
    """A rate 0..1 as parts of 10^9."""
    if node is None:
        return 0
    try:
        rate = Decimal(node.text) if isinstance(node.value, int | float) and not isinstance(node.value, bool) else None
    except InvalidOperation:
        rate = None
    if rate is None:
        findings.error(node, "NULL_RATE_INVALID", f"null_rate is a number from 0 to 1, not {node.described}")
        return 0
    if not 0 <= rate <= 1:
        near = f"{(rate / 100).normalize():f}" if 1 < rate <= 100 else ""
        hint = f": did you mean {near}?" if near else ""
        findings.error(node, "NULL_RATE_INVALID", f"null_rate is a share from 0 to 1, not {node.text}{hint}", near)
        return 0
    return int((rate * 10**9).to_integral_value())


_ELSEWHERE: Final[Mapping[str, str]] = {
    "varchar": "string", "char": "string", "character varying": "string", "str": "string", "integer": "int", "smallint": "int",
    "long": "bigint", "number": "decimal", "numeric": "decimal", "money": "decimal(18,2)", "double": "float", "real": "float",
    "double precision": "float", "boolean": "bool", "timestamp": "datetime", "timestamptz": "datetime", "jsonb": "json",
    "blob": "bytes", "bytea": "bytes", "binary": "bytes", "list": "array", "guid": "uuid",
}  # fmt: skip
"""What types of databases are called here."""


def column_type(node: Node | None, findings: Findings) -> Type | None:
    """A column type such as `decimal(12,2)`."""
    text = word(node, "a type", findings)
    if node is None or text is None:
        return None
    try:
        return Type.parse(text)
    except ValueError as error:
        base = text.split("(")[0].strip()
        findings.error(node, "TYPE_INVALID", str(error), _ELSEWHERE.get(base.lower()) or did_you_mean(base, KINDS))
        return None


_LOCALE = re.compile(r"([a-z]{2,3})[_-]([A-Za-z]{2})|([a-z]{2,3})")


def locale(node: Node | None, default: str, findings: Findings) -> str:
    """A locale such as `en_US` (`en-us` is the same), or a weighted mix as text: `en_US:60,id_ID:30`."""
    if node is None:
        return default
    if node.kind == "map":
        return _mix(node, [(key, key.text, value.text) for key, value in node.entries], default, findings)
    text = word(node, "a locale such as en_US, or locales with their weights", findings)
    if text is None:
        return default
    if "," in text or ":" in text:
        return _mix(node, [(node, name, weight) for name, weight in named(text)], default, findings)
    return _plain_locale(node, text, findings) or default


def _plain_locale(node: Node, text: str, findings: Findings) -> str:
    match = _LOCALE.fullmatch(text)
    if not match:
        findings.error(node, "LOCALE_INVALID", f"a locale looks like en_US or id_ID, not {short(text)!r}")
        return ""
    return f"{match[1]}_{match[2].upper()}" if match[1] else match[3]


def _mix(node: Node, parts: list[tuple[Node, str, str]], default: str, findings: Findings) -> str:
    """The text of a mix; whatever is wrong with its locales and weights is reported."""
    named = [(_plain_locale(at, name, findings), weight) for at, name, weight in parts]
    if not all(name for name, _ in named):
        return default
    try:
        return written(weighed((name, short(weight)) for name, weight in named))
    except MixError as error:
        findings.error(node, "LOCALE_MIX_INVALID", str(error))
        return default


def identifier(key: Node, what: str, findings: Findings) -> bool:
    """Whether a table or column name can be quoted and round-tripped everywhere; reports why not."""
    problem = _name_problem(key.text)
    if problem:
        findings.error(key, "IDENTIFIER_INVALID", f"this {what} name {problem}")
    return not problem


def _name_problem(name: str) -> str:
    if not name.strip():
        return "is empty"
    if any(ord(c) < 32 or 127 <= ord(c) < 160 or c in "\u2028\u2029\ufeff" for c in name):
        return "holds control characters"
    if len(name.encode()) > MAX_NAME_BYTES:
        return f"has {len(name.encode())} bytes; databases take at most {MAX_NAME_BYTES}"
    if name != name.strip():
        return "begins or ends with a space"
    return ""


def case_duplicates(keys: Iterable[Node], what: str, findings: Findings) -> None:
    """Report names that differ in case only: databases and file systems take them for one."""
    seen: dict[str, Node] = {}
    for key in keys:
        first = seen.setdefault(key.text.casefold(), key)
        if first is not key and first.text != key.text:
            findings.error(key, "IDENTIFIER_DUPLICATE", f"the {what} names {first.text!r} and {key.text!r} differ in case only")
