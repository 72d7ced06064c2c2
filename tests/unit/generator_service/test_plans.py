"""What a plan says beside its columns: what unique columns need and have, in the service, the API and on the command line."""

from __future__ import annotations

import pytest
from google.protobuf.json_format import MessageToDict

from cli.commands.plan import _print, document
from services.common.schemas import SchemaRequest
from services.generator.convert import plan_message
from services.generator.schemas import Planned, planned

SCHEMA = """\
tables:
  halls: {rows: 3, columns: {id: sequence, note: faker.sentence}}
  seats:
    per: {parent: halls, count: {min: 1, max: 4}}
    unique: [[hall_id, place]]
    columns:
      hall_id: {ref: halls.id}
      place: {gen: int, min: 1, max: 9}
      code: {gen: pattern, template: "##", unique: true}
      first_note: {expr: parent.note}
      notes: {running: count(first_note)}
"""


@pytest.fixture(scope="module")
def result() -> Planned:
    return planned(SchemaRequest(SCHEMA))


def test_unique_columns_say_what_they_need_and_have(result: Planned) -> None:
    found = [(u.columns, u.needed, u.possible, u.within) for t in result.tables for u in t.uniques]
    seats = result.tables[1].rows
    assert found == [
        (("id",), 3, None, ""),
        (("code",), seats, 100, ""),
        (("hall_id", "place"), 4, 9, "halls"),
    ]


def test_the_api_and_the_command_say_the_same(result: Planned) -> None:
    message = MessageToDict(plan_message(result), always_print_fields_with_no_presence=True)
    from_command = [t["uniques"] for t in document(result)["tables"]]
    from_api = [[{**u, "needed": int(u["needed"])} for u in t["uniques"]] for t in message["tables"]]
    for uniques in from_api:
        for unique in uniques:
            if "possible" in unique:
                unique["possible"] = int(unique["possible"])
    assert from_command == from_api


def test_the_table_says_what_exists(result: Planned, capsys: pytest.CaptureFixture[str]) -> None:
    _print(result)
    shown = capsys.readouterr().out
    assert "no end" in shown
    assert "4 in each of halls" in shown
    assert "json" in shown


def test_running_totals_over_slow_columns_are_slow(result: Planned) -> None:
    slow = {c.name: c.slow for t in result.tables for c in t.columns}
    assert slow == {"id": False, "note": True, "hall_id": False, "place": False, "code": False, "first_note": True, "notes": True}
