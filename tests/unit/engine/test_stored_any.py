"""Any small schema loaded in steps, with rows of others and deletions between: keys, references and counts hold."""

from __future__ import annotations

import random
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.engine import Engine
from runner.plan import Plan
from runner.stored import StoredError
from runner.topup import top_up
from tests.unit.engine.memory import Memory, made, planned

KEYS = st.sampled_from([
    "sequence", "uuid", {"gen": "sequence", "start": 7, "step": 3}, {"gen": "sequence", "start": -1, "step": -1},
    {"gen": "pattern", "template": "???#"}, {"gen": "int", "min": 1, "max": 400},
])  # fmt: skip
PICKS: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
    [{}, {"pick": "uniform"}, {"pick": "zipf"}, {"pick": "sequential"}, {"null_rate": 0.3}]
)
COUNTS = st.sampled_from([1, 3, {"min": 0, "max": 4}, {"1": 3, "2": 1}])
ROWS = st.integers(1, 40)
CODES = st.sampled_from([{"gen": "pattern", "template": "##?", "unique": True}, {"gen": "email", "unique": True}, "word"])


@st.composite
def schemas(draw: st.DrawFn) -> dict[str, Any]:
    """A table, another that may refer to itself, children and grandchildren, pairs, and a table that follows one to one."""
    tables: dict[str, Any] = {
        "a": {"rows": draw(ROWS), "columns": {"id": draw(KEYS), "code": draw(CODES), "n": {"gen": "int", "min": 0, "max": 99}}},
        "b": {"rows": draw(ROWS), "columns": {"id": draw(KEYS), "a_id": {"ref": "a.id", **draw(PICKS)}, "code": draw(CODES)}},
        "c": {
            "per": {"parent": "b", "count": draw(COUNTS)},
            "columns": {"id": draw(KEYS.filter(lambda key: "int" not in str(key))), "b_id": {"ref": "b.id"}, "nr": "ordinal"},
        },
        "d": {
            "per": {"parent": "c", "count": draw(COUNTS)}, "primary_key": ["c_id", "nr"],
            "columns": {"c_id": {"ref": "c.id"}, "nr": "ordinal", "of": {"expr": "parent.nr"}, "a_id": {"ref": "a.id"}},
        },
    }  # fmt: skip
    if draw(st.booleans()):
        tables["b"]["columns"]["up"] = {"ref": "b.id", "pick": "earlier"}
    if draw(st.booleans()):
        tables["b"]["columns"]["total"] = {"rollup": "count(c)"}
    if draw(st.booleans()):
        tables["c"]["columns"]["n"] = {"expr": "parent.a_id.n"}
    if draw(st.booleans()):
        rows = draw(st.integers(1, tables["a"]["rows"] * tables["b"]["rows"]))
        columns = {"a_id": {"ref": "a.id"}, "b_id": {"ref": "b.id"}}
        tables["e"] = {"rows": rows, "primary_key": ["a_id", "b_id"], "columns": columns}
    if draw(st.booleans()):
        rows, pick = draw(st.integers(1, tables["a"]["rows"])), draw(st.sampled_from([{}, {"pick": "sequential"}]))
        tables["f"] = {"rows": rows, "primary_key": ["a_id"], "columns": {"a_id": {"ref": "a.id", "unique": True, **pick}}}
    return {"seed": draw(st.integers(0, 99)), "tables": tables}


def holds(memory: Memory, plan: Plan, new: dict[str, pa.Table]) -> None:
    """Children are those of the new rows of `b`, and totals and numbers say so."""
    below = Counter(new["c"]["b_id"].to_pylist())
    assert set(below) <= set(new["b"]["id"].to_pylist()) or not plan.table("b").rows
    if "total" in new["b"].column_names:
        assert all(below[i] == n for i, n in zip(*(new["b"][c].to_pylist() for c in ("id", "total")), strict=True))
    layout = plan.table("c").layout
    assert layout is not None
    parents = memory.column("b", "id") if not plan.table("b").rows else new["b"]["id"].to_pylist()
    assert {below[i] for i in parents} <= set(layout.counts)
    if "n" in new["c"].column_names:
        n = dict(zip(memory.column("a", "id"), memory.column("a", "n"), strict=True))
        of = dict(zip(memory.column("b", "id"), memory.column("b", "a_id"), strict=True))
        assert all(row["n"] == n.get(of[row["b_id"]]) for row in new["c"].to_pylist())
    nr = dict(zip(memory.column("c", "id"), memory.column("c", "nr"), strict=True))
    assert all(row["of"] == nr[row["c_id"]] for row in new["d"].to_pylist())


def disturb(memory: Memory, chance: random.Random) -> None:
    """Delete leaves, and all rows of `f` and `e` but a few: nobody refers to them."""
    for name in memory.tables.keys() & {"d", "e", "f"}:
        rows = memory.tables[name]
        memory.tables[name] = rows.filter(pa.array([chance.random() < 0.5 for _ in range(len(rows))], pa.bool_()))


@settings(max_examples=40, deadline=None)
@given(schemas(), st.integers(1, 2), st.booleans(), st.booleans(), st.randoms(use_true_random=False))
def test_any_schema_in_steps(
    schema: dict[str, Any], times: int, stored_only: bool, shuffled: bool, chance: random.Random
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        memory, plan = Memory(Path(folder)), planned(schema)
        memory.load(plan)
        for _ in range(times):
            disturb(memory, chance)
            if shuffled:
                for name, rows in memory.tables.items():
                    memory.tables[name] = rows.take(pa.array(chance.sample(range(len(rows)), len(rows)), pa.int64()))
            again = planned(schema, {"b": 0}) if stored_only else plan
            try:
                topped = top_up(again, memory, memory.folder).plan
            except StoredError as error:
                assert error.code == "TARGET_CONFLICT" or "give the parents rows" in str(error)
                return
            new = {t.name: made(Engine(topped, stored=memory.folder), t.name) for t in topped.tables}
            small = {t.name: made(Engine(topped, 3, memory.folder), t.name) for t in topped.tables}
            assert all(new[name].to_pydict() == small[name].to_pydict() for name in new)
            for name, rows in new.items():
                assert rows.num_rows == topped.table(name).rows
                memory.append(name, rows)
            memory.check(topped)
            holds(memory, topped, new)
