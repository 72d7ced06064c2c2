"""JSON Lines and JSON arrays: every value reads back exactly, whatever it is."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from tests.unit.formats.samples import EVERY_TYPE, HOSTILE, one_file, plan_of, table, written

CONTROLS = ["".join(map(chr, range(32))), "\0", "a\0b", *HOSTILE]


def write(columns: dict[str, tuple[str, list[Any]]], name: str = "jsonl", **options: Any) -> str:
    plan, batch = table(columns)
    return one_file(plan_of(plan), batch, format=name, options=options).decode()


@pytest.mark.parametrize("kind", ["text", "text*"])
@pytest.mark.parametrize("name", ["json", "jsonl"])
def test_hostile_texts_round_trip(kind: str, name: str) -> None:
    columns: dict[str, tuple[str, list[Any]]] = {'k"ey\n': (kind, CONTROLS), "n": ("int", list(range(len(CONTROLS))))}
    text = write(columns, name)
    rows = json.loads(text) if name == "json" else [json.loads(line) for line in text.split("\n")[:-1]]
    assert rows == [{'k"ey\n': v, "n": i} for i, v in enumerate(CONTROLS)]


@pytest.mark.parametrize("options", [{}, {"pretty": True}])
def test_every_type_in_an_array(options: dict[str, Any]) -> None:
    rows = json.loads(write(EVERY_TYPE, "json", **options), parse_float=Decimal)
    assert rows[0] == {
        "i": 1, "b": -(2**63), "f": Decimal("0.1"), "d": Decimal("-0.05"), "w": Decimal("-0.0000000001"), "s": "O'Brien",
        "p": "pool", "t": True, "day": "2024-02-29", "clock": "00:00:00", "stamp": "2024-02-29T23:59:59Z",
        "micro": "2024-01-01T00:00:00.000001Z", "u": "261e4f78-e23c-46b8-9c8b-887c79f916a1",
        "j": {"a": [1, 'x"y']}, "x": "AP8nXA==",
    }  # fmt: skip
    assert rows[1]["j"] is None and rows[1]["x"] == "" and rows[1]["s"] is None
    assert set(rows[2].values()) == {
        -(2**31),
        0,
        None,
        "",
        Decimal(10) ** 27,
        "2024-01-01T01:02:03.450000Z",
        "030c2096-95a5-4c68-a9eb-49ffb5fe3d3c",
    }
    assert '"d":7.00' in write(EVERY_TYPE) and str(rows[3]["d"]) == "7.00"


def test_lines_hold_no_line_breaks_of_json_columns() -> None:
    text = write({"j": ("json", ['{\r\n "a": 1\n}', "[]"])})
    assert text == '{"j":{   "a": 1 }}\n{"j":[]}\n'


def test_floats_without_a_json_word_are_null() -> None:
    assert write({"f": ("float", [float("nan"), float("inf"), float("-inf"), 1.5])}) == (
        '{"f":null}\n{"f":null}\n{"f":null}\n{"f":1.5}\n'
    )


def test_layouts() -> None:
    columns: dict[str, tuple[str, list[Any]]] = {"a": ("int", [1, 2]), "b": ("string", ["x", None])}
    assert write(columns, "json") == '[\n{"a":1,"b":"x"},\n{"a":2,"b":null}\n]\n'
    assert write(columns, "json", pretty=True) == (
        '[\n  {\n    "a": 1,\n    "b": "x"\n  },\n  {\n    "a": 2,\n    "b": null\n  }\n]\n'
    )
    assert write({"a": ("int", [])}, "json") == "[]\n"
    assert write({"a": ("int", [])}) == ""


def test_a_table_called_manifest_leaves_the_jobs_own_alone() -> None:
    plan, batch = table({"a": ("int", [1])}, name="Manifest")
    assert list(written(plan_of(plan), batch, format="json")) == ["%4Danifest.json"]


@pytest.mark.parametrize("name", ["json", "jsonl"])
def test_blocks_and_units_leave_no_trace(name: str) -> None:
    n = 140_000
    plan, batch = table({"id": ("int", list(range(n))), "s": ("string*", [f"v{i % 9}" for i in range(n)])})
    whole = one_file(plan_of(plan), batch, n, format=name)
    assert whole == one_file(plan_of(plan), batch, 10_000, format=name)
    rows = json.loads(whole) if name == "json" else [json.loads(line) for line in whole.splitlines()]
    assert rows == [{"id": i, "s": f"v{i % 9}"} for i in range(n)]
