"""The JSON Schema of the language (draft 2020-12), for editors: fields, generators and their parameters.

It is looser than `check`: what depends on other tables or on the data is not said here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from runner.generators import catalogue
from runner.generators.registry import Generator, Parameter
from runner.schema.buildconfig import DIALECTS, FORMATS
from runner.schema.structure import VERSION
from runner.types import KINDS

Json = dict[str, Any]

TEXT: Json = {"type": "string"}
OPTION: Json = {"type": "string", "pattern": r"\$\{"}
FLAG: Json = {"anyOf": [{"type": "boolean"}, OPTION]}
LOCALE: Json = {
    "anyOf": [TEXT, {"type": "object", "minProperties": 1, "additionalProperties": {"type": ["number", "string"]}}],
    "description": "Such as en_US, or a mix of locales with their weights: {en_US: 60, id_ID: 30}.",
}
NAMES: Json = {"type": "array", "items": TEXT}
NAME_LISTS: Json = {"type": "array", "items": {"anyOf": [TEXT, NAMES]}}
COUNT: Json = {
    "anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "pattern": r"^\s*[\d._]+\s*[KMBkmb]?\s*$|\$\{"}],
    "description": "A whole number: 500, 10K, 5M, 1B or an option such as ${users}.",
}
MOMENT: Json = {"type": "string", "description": "ISO 8601 date or datetime, `as_of` or `today`."}

_TYPES: Mapping[str, Json] = {
    "int": {"type": ["integer", "string"]},
    "float": {"type": ["number", "string"]},
    "decimal": {"type": ["number", "string"]},
    "bool": FLAG,
    "date": TEXT,
    "datetime": TEXT,
    "list": {"type": "array"},
    "map": {"type": ["object", "array"]},
    "columns": {"anyOf": [TEXT, NAMES]},
}
"""What a parameter of each type looks like in a document; other types take anything."""


def json_schema() -> Json:
    """The whole schema as plain JSON types: a document with a list of columns is a build config."""
    listed = {"properties": {"columns": {"type": "array"}}, "required": ["columns"]}
    either = {"anyOf": [listed, {"required": ["global_settings"]}, {"required": ["sql_settings"]}]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "MockCraft schema",
        "if": {"allOf": [either, {"not": {"required": ["tables"]}}]},
        "then": {"$ref": "#/$defs/build_config"},
        "else": {"$ref": "#/$defs/schema"},
        "$defs": {
            "schema": {**_object(_document()), "anyOf": [{"required": [name]} for name in ("tables", "include", "templates")]},
            "table": {**_object(_table()), "allOf": [_one_of("rows", "per"), _one_of("columns")]},
            "template": {"anyOf": [{"$ref": "#/$defs/column"}, _object(_table())]},
            "column": _column(),
            "count": _children(),
            "type": _said({"type": "string", "pattern": _type_pattern()}, "Such as decimal(12,2) or array(int)."),
            "build_config": _build_config(),
        },
    }


def _one_of(*names: str) -> Json:
    """One of the fields is there, or comes from a template."""
    return {"anyOf": [{"required": [name]} for name in (*names, "extends")]}


def _type_pattern() -> str:
    """What `Type.parse` takes, in any case."""
    plain = [kind for kind in KINDS if kind not in _WITH_NUMBERS and kind != "array"]
    item = "|".join([*map(_any_case, plain), *(_any_case(kind) + numbers for kind, numbers in _WITH_NUMBERS.items())])
    return rf"^\s*({item}|{_any_case('array')}\s*\(\s*({item})\s*\))\s*$|\$\{{"


_WITH_NUMBERS: Mapping[str, str] = {
    "decimal": r"\s*(\(\s*\d+\s*(,\s*\d+\s*)?\))?",
    "string": r"\s*(\(\s*\d+\s*\))?",
    "time": r"\s*(\(\s*[036]\s*\))?",
    "datetime": r"\s*(\(\s*[036]\s*\))?",
}


def _any_case(word: str) -> str:
    return "".join(f"[{c}{c.upper()}]" for c in word)


def _build_config() -> Json:
    name = {"type": ["string", "number"]}
    made = _object(
        {
            "column_name": name,
            "generator_type": TEXT,
            "sql_type": {"type": ["string", "null"]},
            "options": {"type": ["object", "null"]},
        },
        required=("column_name", "generator_type"),
    )
    general = {
        "row_count": COUNT,
        "output_format": _word(FORMATS),
        "file_name": name,
        "locale": LOCALE,
        "seed": {"type": "integer"},
    }
    return _object(
        {
            "global_settings": {"anyOf": [_object(general), {"type": "null"}]},
            "sql_settings": {"anyOf": [_object({"dialect": _word(DIALECTS), "table_name": name}), {"type": "null"}]},
            "columns": {"type": "array", "items": made, "minItems": 1},
        },
        required=("columns",),
    )


def _word(known: Iterable[str]) -> Json:
    """One of the words, in any case."""
    return {"type": "string", "pattern": f"^({'|'.join(map(_any_case, known))})$"}


def _object(properties: Mapping[str, Json], required: Iterable[str] = ()) -> Json:
    return {"type": "object", "properties": dict(properties), "required": list(required), "additionalProperties": False}


def _said(form: Json, description: str) -> Json:
    return {**form, "description": description}


def _document() -> dict[str, Json]:
    name = {"maxLength": 63, "minLength": 1, "pattern": r"^[^./\\][^/\\]*$"}
    tables = {
        "type": "object", "minProperties": 1, "propertyNames": name, "additionalProperties": {"$ref": "#/$defs/table"},
    }  # fmt: skip
    templates = {"type": ["object", "null"], "additionalProperties": {"$ref": "#/$defs/template"}}
    value = {"type": ["string", "number", "boolean"]}
    named = _object({"reference": TEXT, "constraint": TEXT}, required=("reference",))
    suspended: Json = {"anyOf": [TEXT, {"type": "array", "items": {"anyOf": [TEXT, named]}}]}
    return {
        "mockcraft": {"const": VERSION, "description": "Version of the language."},
        "seed": _said({"anyOf": [{"type": "integer"}, OPTION]}, "Same seed, same data; 0 when absent."),
        "as_of": _said(TEXT, "What now means: a date, a datetime, or today."),
        "locale": LOCALE,
        "include": _said({"anyOf": [TEXT, NAMES]}, "Files whose tables, templates and options belong to this schema."),
        "options": _said(
            {"type": ["object", "null"], "additionalProperties": value}, "Values used as ${name}; changed with --set name=value."
        ),
        "templates": _said(templates, "Tables and columns that others extend."),
        "load": _said(_object({"suspend": suspended}), "How a database is loaded: references it does not check meanwhile."),
        "description": TEXT,
        "tables": _said(tables, "Tables by name."),
    }


def _table() -> dict[str, Json]:
    children = _object({"parent": TEXT, "count": {"$ref": "#/$defs/count"}}, required=("parent", "count"))
    share = {"type": ["number", "string"], "description": "Share of all combinations, 0 to 1."}
    pairs = _object({"parents": NAMES, "density": share, "rows": COUNT}, required=("parents",))
    per: Json = {"anyOf": [children, pairs]}
    partial = _object({"columns": {"anyOf": [TEXT, NAMES]}, "where": TEXT}, required=("columns", "where"))
    columns = {"type": "object", "minProperties": 1, "additionalProperties": {"$ref": "#/$defs/column"}}
    embed = _object({"into": TEXT, "as": TEXT}, required=("into",))
    return {
        "extends": _said({"anyOf": [TEXT, NAMES]}, "Templates of tables that this one begins as."),
        "embed": _said(embed, "Rows stand within those of their parent in JSON and JSON Lines."),
        "rows": COUNT,
        "per": _said(per, "So many rows for each row of a parent table, or distinct combinations of several."),
        "columns": _said(columns, "Columns by name; a name that begins with __ is computed but not written."),
        "primary_key": {"anyOf": [TEXT, NAMES]},
        "unique": NAME_LISTS,
        "unique_where": {"anyOf": [partial, {"type": "array", "items": partial}]},
        "indexes": NAME_LISTS,
        "check": {"anyOf": [TEXT, NAMES], "description": "Conditions that every row satisfies."},
        "locale": LOCALE,
        "description": TEXT,
    }


def _children() -> Json:
    number = {"type": ["number", "string"]}
    shape = {
        "dist": {"enum": ["uniform", "poisson", "geometric", "zipf", "weights"]},
        "s": number,
        "min": COUNT,
        "max": COUNT,
        "mean": number,
    }
    weights: Json = {"type": "object", "additionalProperties": number, "minProperties": 1, "propertyNames": {"pattern": r"^\d"}}
    return {"anyOf": [COUNT, weights, _object({**shape, "weights": {"type": ["object", "array"]}})]}


def _column() -> Json:
    constants: Json = {"type": ["number", "boolean", "null"], "description": "A constant."}
    generators = [g for _, g in sorted(catalogue().items())]
    return {
        "anyOf": [{"$ref": "#/$defs/column/$defs/generator"}, constants, _made_column(generators)],
        "$defs": {"generator": _generator_name(generators)},
    }


def _generator_name(generators: Iterable[Generator]) -> Json:
    known = [name for generator in generators for name in names(generator)]
    return {"anyOf": [{"enum": known}, TEXT], "description": "A generator, in any spelling, or faker.<method>."}


def names(generator: Generator) -> tuple[str, ...]:
    """What an editor offers for it: the canonical name, the bare one, and its aliases."""
    return tuple(dict.fromkeys((generator.name, generator.name.partition(".")[2], *generator.aliases)))


def _made_column(generators: Iterable[Generator]) -> Json:
    common = {
        "type": {"$ref": "#/$defs/type"},
        "unique": FLAG,
        "unique_where": _said(TEXT, "A condition among whose rows the column is distinct."),
        "nullable": FLAG,
        "null_rate": _said({"anyOf": [{"type": "number", "minimum": 0, "maximum": 1}, OPTION]}, "Share of nulls, 0 to 1."),
        "locale": LOCALE,
        "when": _said({"type": ["string", "object"]}, "A condition, or columns with their values; null elsewhere."),
        "else": _said({"$ref": "#/$defs/column"}, "What the column is where the condition does not hold."),
        "group": _said(TEXT, "Columns of one group describe one person or place."),
        "description": TEXT,
    }
    reference = {
        "ref": {"anyOf": [TEXT, NAMES], "description": "table.column, or a list of them for a composite key."},
        "pick": _said({"type": "string", "pattern": _PICK}, "uniform, zipf(s), earlier, sibling or sequential."),
        "roots": _said(COUNT, "How many rows at the beginning of a table that refers to itself have no parent."),
        "mode": {"enum": ["orphan"], "description": "Deliberately broken references."},
        "as": {"anyOf": [TEXT, NAMES]},
    }
    generated = {
        "type": "object",
        "properties": {"gen": {"$ref": "#/$defs/column/$defs/generator"}, "params": {"type": "object"}, **common},
        "required": ["gen"],
        "allOf": [*(_parameters(g) for g in generators if g.parameters), _others(generators)],
        "unevaluatedProperties": False,
    }
    extending = {
        "type": "object",
        "properties": {"extends": _said({"anyOf": [TEXT, NAMES]}, "Templates of columns that this one begins as."), **common},
        "required": ["extends"],
    }
    case = _object({"when": common["when"], "then": {"$ref": "#/$defs/column"}}, required=("when", "then"))
    made: tuple[Json, ...] = (
        {"template": _said(TEXT, "Text with an expression in each {…}.")},
        {"object": {"type": "object", "additionalProperties": {"$ref": "#/$defs/column"}, "description": "A nested document."}},
        {"array": _object({"of": {"$ref": "#/$defs/column"}, "min": COUNT, "max": COUNT}, required=("of",))},
        {"case": {"type": "array", "items": case, "description": "The first case whose condition holds counts."}},
        {"value": {"type": ["string", "number", "boolean", "null"]}},
        {"expr": TEXT},
        {"rollup": _said(TEXT, "A total over children: sum(orders.total), count(orders).")},
        {"running": _said(TEXT, "A total over this row and its siblings above it: sum(amount).")},
    )
    plain = [_object({**kind, **common}, required=tuple(kind)) for kind in made]
    return {"anyOf": [generated, _object({**reference, **common}, required=("ref",)), *plain, extending]}


_PICK = r"^(uniform|earlier|sibling|sequential|zipf(\(\s*[0-9]+(\.[0-9]+)?\s*\))?)$|\$\{"


def _others(generators: Iterable[Generator]) -> Json:
    """If it is none of the listed names (`faker.…`, other spellings), it may have any parameters."""
    known = [name for generator in generators for name in names(generator)]
    condition = {"properties": {"gen": {"enum": known}}, "required": ["gen"]}
    return {"if": condition, "else": {"additionalProperties": True}}


def _parameters(generator: Generator) -> Json:
    """If it is this generator, its parameters look so."""
    condition = {"properties": {"gen": {"enum": list(names(generator))}}, "required": ["gen"]}
    return {"if": condition, "then": {"properties": {p.name: _parameter(p) for p in generator.parameters}}}


def _parameter(parameter: Parameter) -> Json:
    form = dict(_TYPES.get(parameter.type, {}))
    if parameter.choices:
        form = {"enum": list(parameter.choices)}
    if parameter.default is not None:
        form["default"] = _plain(parameter.default)
    return {**form, "description": parameter.description}


def _plain(value: Any) -> Any:
    """A default as JSON has it."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value if isinstance(value, str | int | float | bool | dict) else str(value)
