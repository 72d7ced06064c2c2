"""The OpenAPI document as one page of HTML: no script, nothing loaded from elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any, Final

_Json = Mapping[str, Any]

STYLE: Final = """
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
summary { cursor: pointer; padding: .3rem 0; }
details { border-bottom: 1px solid #8884; }
details > *:not(summary) { margin-left: 1.5rem; }
code { font: .9em ui-monospace, monospace; }
.verb { display: inline-block; min-width: 3.5rem; font-weight: 600; }
table { border-collapse: collapse; margin: .5rem 0; }
td { padding: .15rem 1rem .15rem 0; vertical-align: top; }
"""


def render(document: _Json) -> str:
    """The page."""
    operations = [(path, verb, each) for path, verbs in document["paths"].items() for verb, each in verbs.items()]
    tags = sorted({each["tags"][0] for _, _, each in operations})
    routes = "".join(_section(tag, [each for each in operations if each[2]["tags"][0] == tag]) for tag in tags)
    schemas = "".join(_schema(name, schema) for name, schema in document["components"]["schemas"].items())
    title = escape(document["info"]["title"])
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title} API</title>'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head><body>'
        f"<h1>{title} API</h1><p>{escape(document['info']['description'])} "
        'The same for programs: <a href="/api/v1/openapi.json">openapi.json</a>.</p>'
        f"{routes}<h2>Objects</h2>{schemas}</body></html>"
    )


def _section(tag: str, operations: Iterable[tuple[str, str, _Json]]) -> str:
    return f"<h2>{escape(tag)}</h2>" + "".join(_operation(*each) for each in operations)


def _operation(path: str, verb: str, operation: _Json) -> str:
    head = f'<span class="verb">{verb.upper()}</span> <code>{escape(path)}</code> {escape(operation["summary"])}'
    rows = [
        (f"{each['name']} ({each['in']})", _type(each["schema"]), each.get("description", "")) for each in operation["parameters"]
    ]
    body = [
        ("body", _type(content["schema"]), media)
        for media, content in operation.get("requestBody", {}).get("content", {}).items()
    ]
    answers = [(status, _answer_type(answer), answer["description"]) for status, answer in operation["responses"].items()]
    return (
        f"<details><summary>{head}</summary><p>{escape(operation['description'])}</p>{_table([*rows, *body, *answers])}</details>"
    )


def _schema(name: str, schema: _Json) -> str:
    rows = [(key, _type(each), each.get("description", "")) for key, each in schema.get("properties", {}).items()]
    text = escape(schema.get("description", ""))
    return f'<details id="{escape(name)}"><summary><code>{escape(name)}</code> {text}</summary>{_table(rows)}</details>'


def _table(rows: Iterable[tuple[str, str, str]]) -> str:
    cells = "".join(f"<tr><td><code>{escape(a)}</code></td><td>{b}</td><td>{escape(c)}</td></tr>" for a, b, c in rows)
    return f"<table>{cells}</table>"


def _answer_type(answer: _Json) -> str:
    found = [_type(content["schema"]) or escape(media) for media, content in answer.get("content", {}).items()]
    return ", ".join(dict.fromkeys(found))


def _type(schema: _Json) -> str:
    """A schema in a word or two, as HTML."""
    if "$ref" in schema:
        name = escape(schema["$ref"].rsplit("/", 1)[-1])
        return f'<a href="#{name}">{name}</a>'
    if schema.get("type") == "array":
        return f"list of {_type(schema['items']) or 'values'}"
    if "additionalProperties" in schema and isinstance(schema["additionalProperties"], dict):
        return f"map of {_type(schema['additionalProperties']) or 'values'}"
    kind = schema.get("type", "")
    return escape(" or ".join(kind) if isinstance(kind, list) else kind)
