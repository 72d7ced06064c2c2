"""Embedded children: exact in JSON and JSON Lines and in rows, whatever the blocks; flat everywhere else; bounded."""

from __future__ import annotations

import random
from itertools import pairwise
from typing import Any

import orjson
import pytest

from runner.engine import Engine
from runner.formats import open_format
from runner.plan import Plan
from runner.rows import bounded_rows, rows
from runner.schema import check
from runner.spec import Output
from runner.steps import TooManyBytes

SCHEMA = """
tables:
  parts:
    per: {parent: items, count: {0: 1, 2: 1}}
    embed: {into: items, as: pieces}
    columns: {no: ordinal, item_id: {ref: items.id}, big: {value: 9007199254740993}}
  orders:
    rows: 3K
    columns:
      id: sequence
      total: {rollup: sum(items.price)}
      odd: {gen: choice, values: ["a\\"b", "c\\n", 'ü']}
  notes:
    per: {parent: orders, count: {0: 2, 1: 1}}
    embed: {into: orders}
    columns: {text: {gen: sentence, null_rate: 0.3}, __hidden: word}
  items:
    per: {parent: orders, count: {min: 0, max: 5}}
    embed: {into: orders, as: items}
    columns: {id: sequence, order_id: {ref: orders.id}, price: {gen: decimal, min: 1, max: 9, scale: 2}, doc: {object: {n: {expr: id}}}}
"""  # noqa: E501


@pytest.fixture(scope="module")
def plan() -> Plan:
    outcome = check(SCHEMA)
    assert outcome.plan is not None, outcome.findings
    return outcome.plan


def files(plan: Plan, name: str, block_rows: int = 65_536, **options: Any) -> dict[str, bytes]:
    opened = open_format(plan, Output(format=name, options=options))
    engine = Engine(plan, block_rows)
    return {
        f.path: b"".join(bytes(memoryview(p)) for a, b in f.units() for p in opened.unit(f, engine, a, b)) for f in opened.files()
    }


def by_hand(plan: Plan) -> list[dict[str, Any]]:
    """The documents put together from the flat tables by the keys they hold."""
    flat = {t.name: Engine(plan).batch(t.name, 0, t.rows).to_pylist() for t in plan.tables}
    for item in flat["items"]:
        item["doc"] = orjson.loads(item["doc"])
        item["price"] = float(item["price"])
        item["pieces"] = [part for part in flat["parts"] if part["item_id"] == item["id"]]
    for order in flat["orders"]:
        order["total"] = float(order["total"])
        order["items"] = [item for item in flat["items"] if item["order_id"] == order["id"]]
    orders: list[dict[str, Any]] = flat["orders"]
    return orders


@pytest.fixture(scope="module")
def small() -> Plan:
    outcome = check(SCHEMA, rows={"orders": "200"})
    assert outcome.plan is not None
    return outcome.plan


def test_documents_hold_the_rows_of_their_tables(small: Plan) -> None:
    made = files(small, "jsonl")
    assert list(made) == ["orders.jsonl"]
    lines = [orjson.loads(line) for line in made["orders.jsonl"].splitlines()]
    notes = [line.pop("notes") for line in lines]
    assert lines == by_hand(small)
    assert [n for own in notes for n in own] == Engine(small).batch("notes", 0, small.table("notes").rows).to_pylist()
    assert {len(own) for own in notes} == {0, 1}
    assert {len(line["items"]) for line in lines} == {0, 1, 2, 3, 4, 5}
    assert all(round(sum(i["price"] for i in line["items"]), 2) == line["total"] for line in lines)


def test_json_is_the_same_and_pretty_is_too(small: Plan) -> None:
    lines = [orjson.loads(line) for line in files(small, "jsonl")["orders.jsonl"].splitlines()]
    assert orjson.loads(files(small, "json")["orders.json"]) == lines
    assert orjson.loads(files(small, "json", pretty=True)["orders.json"]) == lines


@pytest.mark.parametrize("name", ["json", "jsonl"])
@pytest.mark.parametrize("block_rows", [1, 77, 1024])
def test_blocks_do_not_matter(name: str, block_rows: int, plan: Plan, small: Plan) -> None:
    which = small if block_rows == 1 else plan
    assert files(which, name, block_rows) == files(which, name)


def test_rows_are_documents_too(plan: Plan) -> None:
    lines = [orjson.loads(line) for line in files(plan, "jsonl")["orders.jsonl"].splitlines()]
    draw = random.Random(1)
    for start in [0, 2_990, *(draw.randrange(3_000) for _ in range(5))]:
        got = rows(Engine(plan), "orders", start, 20)
        assert got == bounded_rows(Engine(plan), "orders", start, min(start + 20, 3_000), 1 << 20)
        for row in got:
            for piece in (p for item in row["items"] for p in item["pieces"]):
                piece["big"] = int(piece["big"])  # text, since JSON's numbers end at 2^53
        assert got == lines[start : start + 20]
    assert set(rows(Engine(plan), "items", 0, 1)[0]) == {"id", "order_id", "price", "doc", "pieces"}


def test_other_formats_have_a_file_for_each_table(plan: Plan) -> None:
    for name in ("csv", "sql", "parquet"):
        stems = " ".join(files(plan, name))
        assert all(table in stems for table in ("orders", "items", "parts", "notes"))


def test_units_are_smaller_where_documents_are_larger() -> None:
    text = """
tables:
  p: {rows: 300K, columns: {id: sequence}}
  c: {per: {parent: p, count: {min: 90, max: 110}}, embed: {into: p}, columns: {n: ordinal}}
"""
    plan = check(text).plan
    assert plan is not None
    (file,) = open_format(plan, Output(format="jsonl")).files()
    assert file.unit_rows == 65_536 // 101
    opened = open_format(plan, Output(format="jsonl"))
    sizes = [sum(len(memoryview(p)) for p in opened.unit(file, Engine(plan), *unit)) for unit in list(file.units())[:3]]
    assert max(sizes) < 1 << 20


def test_too_many_rows_within_are_seen_beforehand() -> None:
    text = """
tables:
  p: {rows: 1000, columns: {id: sequence}}
  c: {per: {parent: p, count: 50000}, embed: {into: p}, columns: {n: ordinal, w: faker.text}}
"""
    plan = check(text).plan
    assert plan is not None
    with pytest.raises(TooManyBytes):
        bounded_rows(Engine(plan), "p", 0, 1000, 32 << 20)


BASE = """\
tables:
  p: {rows: 3, columns: {id: sequence, n: 1}}
  q: {rows: 3, columns: {id: sequence}}
  b: {per: {parent: p, count: 1}, embed: {into: p}, columns: {n: ordinal}}
  c: {per: {parent: p, count: 2}, embed: %s, columns: {n: ordinal}}
"""


@pytest.mark.parametrize(
    ("embed", "code", "field", "column", "suggestion"),
    [
        ("items", "TYPE_INVALID", "", 42, ""),
        ("{as: x}", "MISSING_FIELD", "", 42, ""),
        ("{into: p, ass: x}", "UNKNOWN_FIELD", ".ass", 52, "as"),
        ("{into: pp}", "TABLE_NOT_FOUND", ".into", 49, ""),
        ("{into: q}", "EMBED_INVALID", ".into", 49, "p"),
        ("{into: p, as: n}", "IDENTIFIER_DUPLICATE", ".as", 56, ""),
        ("{into: p, as: b}", "IDENTIFIER_DUPLICATE", ".as", 56, ""),
        ('{into: p, as: " "}', "IDENTIFIER_INVALID", ".as", 56, ""),
        ("{into: p, as: [x]}", "TYPE_INVALID", ".as", 56, ""),
    ],
)
def test_what_cannot_be_embedded(embed: str, code: str, field: str, column: int, suggestion: str) -> None:
    (finding,) = check(BASE % embed).errors
    assert (finding.code, finding.path, finding.line, finding.column) == (code, f"tables.c.embed{field}", 5, column)
    assert finding.suggestion == (suggestion or finding.suggestion)


def test_only_children_are_embedded_and_not_too_many() -> None:
    alone = BASE.replace("c: {per: {parent: p, count: 2}", "c: {rows: 3").replace("{n: ordinal}}", "{n: int}}") % "{into: p}"
    assert [f.code for f in check(alone).errors] == ["EMBED_INVALID"]
    deep = BASE % "{into: p}" + "  d: {per: {parent: c, count: 60000}, embed: {into: c}, columns: {n: ordinal}}\n"
    assert [(f.code, f.path) for f in check(deep).errors] == [("EMBED_INVALID", "tables.d.embed")]


def test_rows_of_a_billion_documents_are_at_hand() -> None:
    plan = check(SCHEMA, rows={"orders": "1B"}).plan
    assert plan is not None
    far = rows(Engine(plan), "orders", 999_999_990, 10)
    below = [item["order_id"] for row in far for item in row["items"]]
    assert [row["id"] for row in far] == list(range(999_999_991, 1_000_000_001))
    assert set(below) <= {row["id"] for row in far} and all(a <= b for a, b in pairwise(below))
