"""Schemas that come again."""

from __future__ import annotations

import pytest

from runner.plan import Plan
from services.common.errors import MockcraftError
from services.common.schemas import SchemaRequest, checked
from services.generator import known as module
from services.generator.known import KnownSchemas

COLUMNS = "{id: sequence, name: full_name, email: {gen: email, unique: true}}"
SOURCE = f"mockcraft: 1\nseed: 5\ntables: {{people: {{rows: 10, columns: {COLUMNS}}}}}"


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> list[SchemaRequest]:
    """The requests that were checked in full."""
    seen: list[SchemaRequest] = []

    def counting(request: SchemaRequest) -> object:
        seen.append(request)
        return checked(request)

    monkeypatch.setattr(module, "checked", counting)
    return seen


def plan(request: SchemaRequest) -> Plan:
    found = checked(request).plan
    assert found is not None
    return found


def test_each_seed_gets_its_own_plan_without_a_check(checks: list[SchemaRequest]) -> None:
    known = KnownSchemas()
    for seed in (1, 2, None, 2**62, -1, None, 5):
        request = SchemaRequest(SOURCE, seed=seed)
        assert known.planned(request).text == plan(request).to_json(), seed
    before = len(checks)
    for seed in range(100):
        known.planned(SchemaRequest(SOURCE, seed=seed))
    assert len(checks) == before <= 5


def test_other_rows_options_or_texts_are_other_schemas() -> None:
    known = KnownSchemas()
    requests = [SchemaRequest(SOURCE), SchemaRequest(SOURCE, rows={"people": "20"}), SchemaRequest(SOURCE.replace("10", "30"))]
    for _ in range(3):
        found = [known.planned(request) for request in requests]
        assert [Plan.from_json(each.text).tables[0].rows for each in found] == [10, 20, 30]


def test_what_is_wrong_is_told_each_time() -> None:
    known = KnownSchemas()
    for _ in range(3):
        with pytest.raises(MockcraftError) as caught:
            known.planned(SchemaRequest(SOURCE.replace("sequence", "sequense")))
        assert caught.value.code == "SCHEMA_INVALID"
    with pytest.raises(MockcraftError):
        known.planned(SchemaRequest(SOURCE, seed=2**64))


def test_only_so_many_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KEPT", 3)
    known = KnownSchemas()
    for rows in range(1, 10):
        known.planned(SchemaRequest(SOURCE, rows={"people": str(rows)}))
    assert len(known._known) == 3
