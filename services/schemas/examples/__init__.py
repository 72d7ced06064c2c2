"""A few drawings to begin with, which `mockcraft db seed` puts into the registry."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import orjson

from services.schemas.codec import definition_from
from services.schemas.hosting.names import derived
from services.schemas.store import Act, DuplicateNameError, Record, SchemaStore


def examples() -> Iterator[Record]:
    """The drawings as drafts, by name."""
    for path in sorted(Path(__file__).parent.glob("*.json")):
        value = orjson.loads(path.read_bytes())
        definition, findings = definition_from(value)
        assert not findings, (path.name, findings)
        yield Record(value["name"], definition, value["description"])


def add_examples(store: SchemaStore, act: Act) -> tuple[str, ...]:
    """Store the examples whose names nobody has yet; the names of those added. Raises `MockcraftError` DATABASE_ERROR."""
    return tuple(record.name for record in examples() if store.by_name(record.name) is None and _added(store, record, act))


def _added(store: SchemaStore, record: Record, act: Act) -> bool:
    try:
        store.create(_with_free_database(store, record), act)
    except DuplicateNameError:  # somebody else was faster
        return False
    return True


def _with_free_database(store: SchemaStore, record: Record) -> Record:
    taken: set[str] = set()
    while True:
        name = derived(record.name, taken)
        if store.by_database(name) is None:
            return Record(record.name, record.definition, record.description, name)
        taken.add(name)
