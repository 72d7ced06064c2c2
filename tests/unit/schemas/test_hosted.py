"""What a record remembers of its database, and schemas as cached bytes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given

from services.schemas.drawing import Definition
from services.schemas.hosted import Hosted, Leftover
from services.schemas.hosting import Making
from services.schemas.reads import read, written
from services.schemas.store import Record
from tests.unit.schemas.made import definitions

SCHEMA = "0d9fb7b6-3c31-4f3f-9d0e-e8c2a0e1c4a1"
OLD, NEW = Making("clinic", SCHEMA, "a" * 32), Making("clinic", SCHEMA, "b" * 32)


def test_each_step_is_read_back() -> None:
    nothing = Hosted()
    begun = nothing.begun(OLD, "sqlite", "me")
    ready = begun.ended(OLD)
    again = ready.begun(NEW, "sqlite", "me")
    made = replace(again, made=True)
    left = made.given_up()
    for step in (nothing, begun, ready, again, made, left):
        assert Hosted.read(SCHEMA, step.json) == step
    assert nothing.json == {}
    assert begun.json["attempt"] == OLD.attempt
    assert "attempt" not in ready.json
    assert (ready.live, again.live, again.under_way) == (OLD, OLD, NEW)
    assert left.leftovers == (Leftover(NEW, True),)
    assert left.live == OLD
    assert left.without(frozenset({NEW.attempt})) == replace(ready, owner="")
    assert ready.given_up() == ready


@given(definitions())
def test_a_schema_is_read_back_from_the_cache(definition: Definition) -> None:
    now = datetime(2025, 1, 2, 3, 4, 5, 678000, UTC)
    record = Record(
        "Clinic ✓", definition, "d", "clinic", "ready", SCHEMA, 7, "stamp",
        hosting=Hosted().begun(OLD, "sqlite", "me").json, created_at=now, updated_at=now, exported_at=now,
    )  # fmt: skip
    assert read(written(record)) == record
    deleted = replace(record, definition=Definition(), damaged=True, deleted_at=now, status="deleted", error="why")
    assert read(written(deleted)) == deleted
