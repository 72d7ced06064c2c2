"""What each column promises: its type, its range, its shares, its nulls, what it is computed from."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from tests.acceptance.claims import Claim, binomial, compared, count, listed, outside
from tests.acceptance.expressions import condition, literal, quoted, sql, template, text, value_of
from tests.acceptance.reading import Document, Table, column
from tests.acceptance.rollups import of_rollup

_ALPHABETS = {"#": "[0-9]", "%": "[1-9]", "?": "[A-Z]", "^": "[a-z]", "*": "[A-Z0-9]", "&": "[0-9a-f]"}
_TYPES = {
    "int": "BIGINT", "sequence": "BIGINT", "ordinal": "BIGINT", "bool": "BOOLEAN", "date": "DATE", "uuid": "VARCHAR|UUID",
    "datetime": "TIMESTAMP.*", "pattern": "VARCHAR", "email": "VARCHAR", "sentence": "VARCHAR", "word": "VARCHAR",
    "first_name": "VARCHAR", "decimal": r"DECIMAL\(18,{scale}\)",
}  # fmt: skip


def of_column(table: Table, name: str, document: Document, rows: int) -> Iterator[Claim]:
    """All promises of a column that is no reference."""
    made = table.columns[name]
    if name.startswith("__"):
        yield Claim(table.name, f"{name} is hidden", "SELECT count(*) FROM information_schema.columns WHERE "
                    f"table_name = {text(table.name)} AND column_name = {text(name)}")  # fmt: skip
        return
    yield from _typed(table, name, made)
    yield from _nulls(table, name, made, rows, document)
    if "when" in made or "case" in made:
        yield from _cases(table, name, made, document)
    elif "rollup" in made:
        yield from of_rollup(table, name, document)
    elif "expr" in made:
        yield compared(table, name, sql(str(made["expr"]), table, document, "t"), document)
    elif "template" in made and "gen" not in made:
        yield compared(table, name, template(made["template"], table, document, "t"), document)
    elif "value" in made:
        yield compared(table, name, literal(made["value"]), document)
    elif str(made.get("type", "")).startswith("array"):
        yield from _listed(table, name, made)
    elif "running" in made:
        above = f"p._row <= t._row{table.siblings('p', 't')}"
        total = f"(SELECT {made['running'].replace('(', '(p.')} FROM {quoted(table.name)} p WHERE {above})"
        yield compared(table, name, total, document)
    elif "object" in made or "array" in made:
        yield Claim(
            table.name, f"{name} is JSON", count(table.name, f"t.{quoted(name)} IS NULL OR NOT json_valid(t.{quoted(name)})")
        )
        yield Claim(
            table.name, f"{name} has its parts", count(table.name, f"NOT ({nested(made, f't.{quoted(name)}', table, document)})")
        )
    elif "gen" in made:
        yield from _following(table, name, made)
        yield from _generated(table, name, made, document, rows)


def _listed(table: Table, name: str, made: Mapping[str, Any]) -> Iterator[Claim]:
    """An array in its own right: how many items it has, and of what."""
    value, of = f"t.{quoted(name)}", made["array"]
    long = f"len({value}) BETWEEN {of['min']} AND {of['max']}"
    within_ = f"coalesce(list_min({value}) >= {of['of']['min']} AND list_max({value}) <= {of['of']['max']}, len({value}) = 0)"
    yield Claim(table.name, f"{name} has its items", count(table.name, f"NOT coalesce({long} AND {within_}, false)"))


def _following(table: Table, name: str, made: Mapping[str, Any]) -> Iterator[Claim]:
    """That the values of one parent's rows follow one another: in time, or as the moves of a state allow."""
    value, before = f"t.{quoted(name)}", f"p.{quoted(name)}"
    beside = f"p._row = t._row - 1{table.siblings('p', 't')}"
    pairs = f"SELECT count(*) FROM {quoted(table.name)} t JOIN {quoted(table.name)} p ON {beside}"
    if "order" in made:
        sign = "<=" if made["order"] == "ascending" else "<"
        yield Claim(table.name, f"{name} follows", f"{pairs} WHERE NOT coalesce({before} {sign} {value}, false)")
    if made.get("gen") == "status":
        moves = [(a, b) for a, after in made["transitions"].items() for b in ([after] if isinstance(after, str) else after)]
        allowed = ", ".join(f"({text(a)}, {text(b)})" for a, b in moves)
        yield Claim(table.name, f"{name} moves", f"{pairs} WHERE ({before}, {value}) NOT IN ({allowed})")
        first = f"NOT EXISTS (SELECT 1 FROM {quoted(table.name)} p WHERE p._row < t._row{table.siblings('p', 't')})"
        yield Claim(
            table.name, f"{name} starts", count(table.name, f"{first} AND {value} <> {text(next(iter(made['transitions'])))}")
        )


def _typed(table: Table, name: str, made: Mapping[str, Any]) -> Iterator[Claim]:
    wanted = {"object": "VARCHAR|JSON", "array": "VARCHAR|JSON"}.get(next(iter(made)), "")
    declared = str(made.get("type", ""))
    if declared:
        kinds = {"string": "VARCHAR", "text": "VARCHAR", "datetime": "TIMESTAMP.*", "int": "BIGINT", "bigint": "BIGINT"}
        wanted = re.escape(declared.upper()) if declared.startswith("decimal") else kinds.get(declared.partition("(")[0], "")
    elif made.get("gen") in _TYPES and "when" not in made:
        wanted = _TYPES[made["gen"]].replace("{scale}", str(made.get("scale", 2)))
        wanted = "VARCHAR" if {"prefix", "width"} & set(made) else wanted
    if wanted:
        found = (
            "SELECT data_type FROM information_schema.columns WHERE "
            f"table_name = {text(table.name)} AND column_name = {text(name)}"
        )
        yield Claim(table.name, f"type of {name}", f"SELECT CAST(NOT regexp_full_match(({found}), {text(wanted)}) AS INTEGER)")


def _nulls(table: Table, name: str, made: Mapping[str, Any], rows: int, document: Document) -> Iterator[Claim]:
    if "gen" in made and "when" not in made:
        low, high = binomial(rows, float(made.get("null_rate", 0)))
        yield Claim(table.name, f"nulls of {name}", outside(count(table.name, f"t.{quoted(name)} IS NULL"), low, high))


def within(made: Mapping[str, Any], value: str, table: Table, document: Document) -> str:
    """The condition that a value of a generator lies within its bounds; nulls aside."""
    match made.get("gen"):
        case "int":
            return f"{value} BETWEEN {made.get('min', 0)} AND {made.get('max', 1_000_000)}"
        case "decimal":
            return f"{value} BETWEEN {made.get('min', 0)} AND {made.get('max', 1000)}"
        case "choice":
            values = made["values"]
            return f"{value} IN ({listed([v for v, w in values.items() if w] if isinstance(values, Mapping) else values)})"
        case "pattern":
            expected = "".join(_ALPHABETS.get(c, re.escape(c)) for c in made["template"])
            return f"regexp_full_match({value}, {text(expected)})"
        case "email":
            return f"regexp_full_match({value}, '[a-z0-9._-]+@example\\.(com|org|net)')"
        case "uuid":
            version_4 = "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
            return f"regexp_full_match(CAST({value} AS VARCHAR), {text(version_4)})"
        case "sentence" | "word" | "first_name":
            return f"length({value}) > 0"
        case "date" | "datetime":
            limits = [_limit(made, side, value, sign, table, document) for side, sign in _SIDES if side in made]
            return " AND ".join(limits) or "true"
    return "true"


_SIDES = (("start", ">="), ("after", ">="), ("end", "<="), ("before", "<="))


def _limit(made: Mapping[str, Any], side: str, value: str, sign: str, table: Table, document: Document) -> str:
    bound = str(made[side])
    if bound == "as_of":
        bound = "2025-01-01"
    if not re.match(r"\d{4}-", bound):
        return f"{value} {sign} {value_of(tuple(bound.split('.')), table, document, 't')}"
    if made["gen"] == "date":
        return f"{value} {sign} DATE {text(bound[:10])}"
    moment = bound.removesuffix("Z").replace("T", " ")
    if sign == "<=":  # a bare day lasts to its end, a second to its last tick
        return f"{value} < TIMESTAMP {text(moment)} + INTERVAL 1 {'DAY' if len(moment) == 10 else 'SECOND'}"
    return f"{value} {sign} TIMESTAMP {text(moment)}"


def _generated(table: Table, name: str, made: Mapping[str, Any], document: Document, rows: int) -> Iterator[Claim]:
    value = f"t.{quoted(name)}"
    yield Claim(
        table.name,
        f"range of {name}",
        count(table.name, f"{value} IS NOT NULL AND NOT coalesce({within(made, value, table, document)}, false)"),
    )
    match made["gen"]:
        case "sequence":
            number = f"{made.get('start', 1)} + t._row * {made.get('step', 1)}"
            if "prefix" in made or "width" in made:
                number = f"{text(made.get('prefix', ''))} || lpad(CAST({number} AS VARCHAR), {made.get('width', 1)}, '0')"
            yield Claim(table.name, f"{name} counts on", count(table.name, f"{value} IS DISTINCT FROM {number}"))
        case "choice":
            values = made["values"]
            shares = values if isinstance(values, Mapping) else dict.fromkeys(values, 1)
            for one, weight in shares.items():
                hits = count(table.name, f"{value} = {literal(one)}")
                yield Claim(
                    table.name, f"share of {one!r} in {name}", outside(hits, *binomial(rows, weight / sum(shares.values())))
                )
        case "bool":
            yield Claim(
                table.name, f"share of {name}", outside(count(table.name, value), *binomial(rows, made.get("probability", 0.5)))
            )


def _cases(table: Table, name: str, made: Mapping[str, Any], document: Document) -> Iterator[Claim]:
    """Row by row which branch counts, and that the value is one of that branch."""
    branches = made.get("case") or [{"when": made["when"], "then": {k: v for k, v in made.items() if k not in ("when", "else")}}]
    value, parts = f"t.{quoted(name)}", []
    for branch in branches:
        parts.append(
            f"WHEN {condition(branch['when'], table, document, 't')} THEN {_is(column(branch['then']), value, table, document)}"
        )
    other = _is(column(made["else"]), value, table, document) if "else" in made else f"{value} IS NULL"
    yield Claim(
        table.name, f"cases of {name}", count(table.name, f"NOT coalesce(CASE {' '.join(parts)} ELSE {other} END, false)")
    )


def _is(made: Mapping[str, Any], value: str, table: Table, document: Document) -> str:
    """The condition that a value is what a column of its own would make."""
    if "value" in made:
        return f"{value} IS NOT DISTINCT FROM {literal(made['value'])}"
    if "expr" in made:
        return f"{value} IS NOT DISTINCT FROM {sql(str(made['expr']), table, document, 't')}"
    return f"{value} IS NOT NULL AND {within(made, value, table, document)}"


def nested(made: Mapping[str, Any], value: str, table: Table, document: Document) -> str:
    """The condition that a JSON value has the parts of an object or an array, to any depth."""
    if "object" in made:
        names = list(made["object"])
        parts = [f"json_keys({value}) = [{', '.join(map(text, names))}]"]
        parts += [nested(column(made["object"][n]), f"json_extract({value}, {text('$.' + n)})", table, document) for n in names]
        return " AND ".join(parts)
    if "array" in made:
        least, most = made["array"].get("min", 1), made["array"].get("max", 3)
        parts = [f"json_array_length({value}) BETWEEN {least} AND {most}"]
        for n in range(most):
            item = f"json_extract({value}, '$[{n}]')"
            parts.append(f"({item} IS NULL OR {nested(column(made['array']['of']), item, table, document)})")
        return " AND ".join(parts)
    plain = f"json_extract_string({value}, '$')"
    if "template" in made:
        return f"{plain} = {template(made['template'], table, document, 't')}"
    if "expr" in made:
        return f"{plain} = CAST({sql(str(made['expr']), table, document, 't')} AS VARCHAR)"
    kinds = {"int": f"CAST({plain} AS BIGINT)", "date": f"CAST({plain} AS DATE)"}
    return within(made, kinds.get(made.get("gen", ""), plain), table, document)
