"""`mockcraft schema-json`: the JSON Schema of the schema language, for editors."""

from __future__ import annotations

from cli.output import dump


def schema_json() -> None:
    """Print the JSON Schema of the schema language, for editors."""
    from runner.schema.json_schema import json_schema

    dump(json_schema(), "json")
