"""A column made by a generator: the name found, parameters placed, whatever it refuses said at the right place."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from runner import generators, pools
from runner.generators.mixes import build_mixed, shares
from runner.generators.moments import dated
from runner.generators.registry import Beside, Claim, Generator, Made, Make, ParameterError
from runner.ops import Op, Row
from runner.schema.columns import FIELDS
from runner.schema.distinct import asked_at, described, is_ordinal, wanted
from runner.schema.document import Node, short
from runner.schema.findings import Findings, Reported, did_you_mean
from runner.schema.model import ColumnSpec, SchemaSpec, TableSpec

FAKER = "faker."
_ROW = Row()


def build_column(
    schema: SchemaSpec,
    table: TableSpec,
    spec: ColumnSpec,
    rows: int,
    unique: bool,
    findings: Findings,
    find_column: Callable[[str], Made],
    around: Around | None = None,
    counter: Op = _ROW,
) -> tuple[Made, str, int]:
    """What the generator made at a counter, its canonical name and version. Raises `Reported`."""
    generator, bound = _find(schema, spec, findings)
    params = bound | _params(schema, generator, spec, findings)
    around = around or Around()
    make = Make(
        schema.seed, table.name, spec.name, rows, schema.as_of, spec.locale, unique, spec.group, find_column, counter,
        claims=around.claims, beside=around.beside.get(spec.group, ()),
        counts=table.per.counts if table.per else None,
    )  # fmt: skip
    try:
        return _build(generator, params, make, spec, findings), generator.name, generator.version
    except ParameterError as error:
        at = spec.params.get(error.parameter) or (asked_at(spec) if error.code.startswith("UNIQUE") else spec.source)
        message = str(error) if error.parameter else f"{described(table, spec)}: {error}"
        raise findings.fail(at, error.code, message, error.suggestion) from None
    except (ValueError, TypeError, ArithmeticError, LookupError) as error:
        at = next(iter(spec.params.values()), spec.source)
        message = f"{generator.name} cannot be made with these parameters: {short(str(error), 200)}"
        raise findings.fail(at, "PARAMETER_INVALID", message) from None


@dataclass(frozen=True)
class Around:
    """What the columns of a table tell one another: the claims of the unique ones, and who stands beside whom by group."""

    claims: tuple[Claim, ...] = ()
    beside: Mapping[str, tuple[Beside, ...]] = field(default_factory=dict)


def look_beside(schema: SchemaSpec, table: TableSpec) -> Around:
    """Who stands beside whom in a table. Whatever is wrong with a column is not said here, but where it is built."""
    beside: dict[str, list[Beside]] = {}
    for spec in table.columns.values():
        if spec.kind == "gen" and not is_ordinal(replace(spec, null_rate=0)):
            with suppress(Reported):
                generator, bound = _find(schema, spec, Findings(heard=False))
                given = bound | {name: node.python() for name, node in spec.params.items()}
                params = tuple((name, _told(value)) for name, value in given.items() if value is not None)
                beside.setdefault(spec.group, []).append(Beside(generator.name, spec.locale, params))
    return Around(beside={group: tuple(found) for group, found in beside.items()})


def _told(value: Any) -> str:
    """A parameter as the columns beside are told it: text as it is, all else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, default=str)


def look_around(schema: SchemaSpec, table: TableSpec, rows: int, around: Around, numbers: Mapping[str, Op]) -> Around:
    """The claims as well: of the unique columns, and of those that read the number of a combination."""
    claims: dict[Claim, None] = {}
    for spec in table.columns.values():
        number = numbers.get(spec.name)
        if spec.kind == "gen" and (number is not None or wanted(table, spec)):
            count = rows if number is None else 1
            with suppress(Reported):
                unheard = Findings(heard=False)
                made, _, _ = build_column(schema, table, spec, count, True, unheard, _no_column, around, number or _ROW)
                claims |= dict.fromkeys(made.claims)
    return replace(around, claims=tuple(claims))


def _no_column(name: str) -> Made:
    raise ParameterError(f"{name!r} is not looked at yet")


def _find(schema: SchemaSpec, spec: ColumnSpec, findings: Findings) -> tuple[Generator, dict[str, Any]]:
    node = spec.source
    if node.kind != "scalar" or not isinstance(node.value, str) or not node.text.strip():
        raise findings.fail(node, "TYPE_INVALID", f"a generator's name is needed here, not {node.described}")
    try:
        return generators.find(node.text)
    except generators.UnknownGenerator as error:
        near = error.suggestions[0] if not findings.many and error.suggestions else ""
        if node.text.rpartition(".")[0] in schema.tables:
            near = f"{{ref: {short(node.text)}}}"
        told = f"there is no generator {short(node.text)!r}{error.reason}"
        raise findings.fail(node, "GENERATOR_NOT_FOUND", told, near) from None


def _params(schema: SchemaSpec, generator: Generator, spec: ColumnSpec, findings: Findings) -> dict[str, Any]:
    """The parameters as plain values; all unknown ones are reported."""
    known = {p.name: p.type for p in generator.parameters}
    found: dict[str, Any] = {}
    unknown = False
    for name, node in spec.params.items():
        if name in known or generator.name.startswith(FAKER):
            dated = known.get(name) in ("date", "datetime")
            found[name] = _dated(schema, node, findings) if dated else node.python()
        else:
            unknown = True
            _report_unknown(name, node, generator, spec, findings)
    if unknown:
        raise Reported
    return found


def _report_unknown(name: str, node: Node, generator: Generator, spec: ColumnSpec, findings: Findings) -> None:
    names = [p.name for p in generator.parameters]
    listed = f"its parameters are {', '.join(names)}" if names else "it has none"
    at = spec.node.key(name)
    at = at if at is not spec.node else node
    near = did_you_mean(name, [*names, *FIELDS])
    code = "UNKNOWN_FIELD" if near in FIELDS and near not in names else "PARAMETER_UNKNOWN"
    findings.error(at, code, f"{generator.name} has no parameter {short(name)!r}; {listed}", near)


def _dated(schema: SchemaSpec, node: Node, findings: Findings) -> Any:
    """A moment; `today` (and `today - 30d`) become the day the caller said it is."""
    if not isinstance(node.value, str) or not node.text.strip().startswith("today"):
        return node.python()
    if not schema.today:
        raise findings.fail(node, "TODAY_UNKNOWN", "this asks for today, but nobody said what day that is", "as_of")
    try:
        return dated(node.text, date.fromisoformat(schema.today))
    except ParameterError as error:
        raise findings.fail(node, error.code, str(error)) from None


def _by_faker(generator: Generator, params: Mapping[str, Any], make: Make, spec: ColumnSpec, findings: Findings) -> Made:
    try:
        return generators.build(generator, params, make)
    except ParameterError as error:
        if error.code != "LOCALE_UNKNOWN":
            raise
        raise findings.fail(spec.node.get("locale") or spec.source, error.code, str(error)) from None


def _build(generator: Generator, params: Mapping[str, Any], make: Make, spec: ColumnSpec, findings: Findings) -> Made:
    mix = shares(make.locale)
    if len(mix) > 1:
        return build_mixed(make, mix, lambda own: _build(generator, params, own, spec, findings))
    if generator.name.startswith(FAKER):
        return _by_faker(generator, params, make, spec, findings)
    known = pools.locale_of(make.locale)
    if known is not None:
        return generators.build(generator, params, replace(make, locale=known))
    made = generators.build(generator, params, replace(make, locale="en_US"))
    if made == generators.build(generator, params, replace(make, locale="id_ID")):
        return made
    message = f"{generator.name} has no locale {make.locale}; there are {len(pools.locales())} others"
    at = spec.node.get("locale") or spec.source
    raise findings.fail(at, "LOCALE_UNKNOWN", message, did_you_mean(make.locale, pools.locales()))
