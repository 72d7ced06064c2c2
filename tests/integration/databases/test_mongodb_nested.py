"""Embedded tables in MongoDB: children stand in their parents' documents."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from runner.engine import Engine
from runner.nested import NestedBatches
from runner.protocol import EXIT_DONE, EXIT_FAILED
from services.common.databases import Entry
from services.seeder.blocks import Batches
from tests.integration.databases.document_targets import FIRST, SECOND, load, open_target
from tests.integration.loads import load as run
from tests.integration.loads import plan_of, spec_of

CARTS = """
mockcraft: 1
seed: 3
tables:
  carts: {rows: 50, columns: {id: sequence, note: {gen: word, null_rate: 0.3}}}
  items:
    per: {parent: carts, count: {min: 0, max: 3}}
    embed: {into: carts, as: items}
    columns:
      id: sequence
      price: {gen: decimal, min: 1, max: 9, scale: 2, null_rate: 0.2}
      sold_at: {gen: datetime, start: 2022-01-01, end: as_of}
  marks:
    per: {parent: items, count: {min: 0, max: 2}}
    embed: {into: items, as: marks}
    columns: {id: sequence, word: word}
"""


def test_embedded_rows_stand_in_their_parents_and_come_back(mongodb_url: str) -> None:
    plan = plan_of(CARTS)
    target = open_target(mongodb_url)
    target.claim(FIRST)
    entries = target.prepare(FIRST, plan, "append", [Entry("carts")])
    engine: Batches = Engine(plan, 16)
    entry, first = entries["carts", 0], 0
    for batch in NestedBatches(plan, engine).batches("carts", 0, 50):
        entry = load(target, plan.table("carts"), batch, first, entry)
        first += batch.num_rows
    for looking in (target, again := open_target(mongodb_url)):
        if looking is again:
            again.claim(SECOND)
        for table in plan.tables:
            names = [c.name for c in table.written]
            read = pa.Table.from_batches(looking.read(table, names)).sort_by("id").to_pylist()
            assert read == [row for b in Engine(plan).batches(table.name, 0, table.rows) for row in b.to_pylist()], table.name
            assert looking.count(table) == table.rows > 0
        looking.close()


def test_a_block_without_children_has_the_type_of_others() -> None:
    plan = plan_of(CARTS.replace("min: 0, max: 3", "min: 0, max: 0"))
    (batch,) = NestedBatches(plan, Engine(plan)).batches("carts", 0, 50)
    (other,) = NestedBatches(plan_of(CARTS), Engine(plan_of(CARTS))).batches("carts", 0, 50)
    assert batch.schema.field("items").type == other.schema.field("items").type
    assert batch.column("items").to_pylist() == [[]] * 50


def test_documents_that_are_there_take_no_rows(mongodb_url: str, tmp_path: Path) -> None:
    assert run(spec_of(plan_of(CARTS), tmp_path / "first"), mongodb_url).code == EXIT_DONE
    more = plan_of(CARTS.replace("carts: {rows: 50", "carts: {rows: 0"))
    refused = run(spec_of(more, tmp_path / "more", load="more"), mongodb_url)
    assert (refused.code, refused.one("error")["code"]) == (EXIT_FAILED, "TARGET_MISMATCH")
    assert "items stands within the documents of carts" in refused.one("error")["message"]
