"""Nested objects and arrays: JSON that parses, holds what its parts make, and has as many items as asked for."""

from __future__ import annotations

from collections import Counter
from typing import Any

import orjson

from runner.engine import Engine
from runner.rows import rows
from runner.schema import check

SCHEMA = r"""
tables:
  t:
    rows: 600
    columns:
      id: sequence
      odd: {gen: choice, values: ["a\"b", "c\\d", "e\tf", plain, "ü"]}
      copy: {expr: "odd + ''"}
      price: {gen: decimal, min: 0, max: 9, scale: 2, null_rate: 0.2}
      doc:
        object:
          id: {expr: id}
          odd: {expr: odd}
          copy: {expr: copy}
          price: {expr: price}
          day: {value: 2024-02-29, type: date}
          at: {value: "2024-02-29T12:00:00", type: datetime}
          yes: true
          nothing: null
          inner: {object: {kinds: {array: {of: {gen: choice, values: [x, y]}, min: 0, max: 3}}}}
          "na\"me": word
      pair: {array: {of: {object: {n: {gen: int, min: 1, max: 6}}}, min: 2, max: 2}}
      none: {object: {}, null_rate: 0.5}
"""


def made() -> list[dict[str, Any]]:
    plan = check(SCHEMA).plan
    assert plan is not None
    assert str(plan.table("t").column("doc").type) == "json"
    assert not plan.table("t").column("doc").nullable
    return rows(Engine(plan), "t", 0, 600)


def test_documents_hold_the_values_of_their_row() -> None:
    for row in made():
        doc = row["doc"]
        assert {k: doc[k] for k in ("id", "odd", "copy", "price")} == {k: row[k] for k in ("id", "odd", "copy", "price")}
        assert (doc["day"], doc["at"], doc["yes"], doc["nothing"]) == ("2024-02-29", "2024-02-29T12:00:00Z", True, None)
        assert list(doc) == ["id", "odd", "copy", "price", "day", "at", "yes", "nothing", "inner", 'na"me']
        assert row["none"] in ({}, None)


def test_arrays_have_as_many_items_as_asked_for() -> None:
    found = made()
    lengths = Counter(len(row["doc"]["inner"]["kinds"]) for row in found)
    assert set(lengths) == {0, 1, 2, 3}
    assert min(lengths.values()) > 100
    assert all(len(row["pair"]) == 2 for row in found)
    assert {item["n"] for row in found for item in row["pair"]} == {1, 2, 3, 4, 5, 6}
    assert any(row["pair"][0] != row["pair"][1] for row in found)


def test_text_is_json_as_others_write_it() -> None:
    plan = check(SCHEMA).plan
    assert plan is not None
    for text in Engine(plan).batch("t", 0, 50).column("doc").to_pylist():
        assert orjson.dumps(orjson.loads(text)).decode().count('"') == text.count('"')
