"""Drawings that tests of the registry's doors send, and ways to change them."""

from __future__ import annotations

import copy
from typing import Any

GONE: Any = object()
"""Takes what stands at a pointer away."""


def clinic(name: str = "clinic", **fields: Any) -> dict[str, Any]:
    """A schema as a front end sends it: patients, and their visits."""
    return {
        "name": name,
        "description": "who came when",
        "version": "1.0",
        "tables": [
            {
                "id": "t-patients",
                "name": "patients",
                "position": {"x": 10, "y": 20.5},
                "columns": [
                    {"id": "c-id", "name": "id", "dataType": "integer", "primaryKey": True, "autoIncrement": True},
                    {"id": "c-name", "name": "full_name", "dataType": "varchar", "length": 80, "nullable": False},
                    {"id": "c-mail", "name": "email", "dataType": "varchar", "length": 120, "unique": True},
                ],
            },
            {
                "id": "t-visits",
                "name": "visits",
                "position": {"x": 300, "y": 20},
                "columns": [
                    {"id": "c-visit", "name": "id", "dataType": "integer", "primaryKey": True, "autoIncrement": True},
                    {"id": "c-patient", "name": "patient_id", "dataType": "integer", "nullable": False},
                    {"id": "c-at", "name": "came_at", "dataType": "timestamp", "nullable": False},
                    {"id": "c-fee", "name": "fee", "dataType": "decimal", "precision": 8, "scale": 2, "defaultValue": 0},
                ],
            },
        ],
        "foreignKeys": [
            {
                "id": "k-patient",
                "sourceTableId": "t-visits",
                "sourceColumnId": "c-patient",
                "targetTableId": "t-patients",
                "targetColumnId": "c-id",
                "onDelete": "CASCADE",
            }
        ],
        **fields,
    }


def draft(name: str = "clinic", **fields: Any) -> dict[str, Any]:
    """The same, without a database."""
    return clinic(name, createDatabase=False, **fields)


def changed(pointer: str, value: Any, schema: dict[str, Any] | None = None) -> dict[str, Any]:
    """The clinic with something else at a JSON pointer."""
    made = copy.deepcopy(schema or draft())
    *way, last = pointer[1:].split("/")
    place: Any = made
    for step in way:
        place = place[int(step) if isinstance(place, list) else step]
    key: Any = int(last) if isinstance(place, list) else last
    if value is GONE:
        del place[key]
    elif isinstance(place, list) and key == len(place):
        place.append(value)
    else:
        place[key] = value
    return made


def under(schema: dict[str, Any]) -> dict[str, Any]:
    """The same schema with its drawing under `schemaDefinition`."""
    keys = ("tables", "foreignKeys", "version", "exportedAt")
    outside = {key: value for key, value in schema.items() if key not in keys}
    return {**outside, "schemaDefinition": {key: value for key, value in schema.items() if key in keys}}
