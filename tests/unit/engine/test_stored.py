"""Tables that hold rows are topped up: what a longer run would have made, and nothing that is there already."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from runner.collisions import hashed
from runner.continuing import missing, needed, with_stored
from runner.engine import Engine, RowError
from runner.logical import arrow_type, finish, physical
from runner.nested import NestedBatches
from runner.plan import Plan, Stored
from runner.schema import check
from runner.stored import CHUNK, Held, StoredError, digests, open_columns, path_of, write
from runner.topup import top_up
from runner.types import Type
from tests.unit.engine.memory import Memory, made, planned

SHOP = """
seed: 42
tables:
  countries: {rows: 5, columns: {id: sequence, name: {gen: pattern, template: "??##", unique: true}}}
  users:
    rows: 300
    columns:
      id: sequence
      country_id: {ref: countries.id}
      email: {gen: email, unique: true}
      uid: {gen: uuid, unique: true}
      manager_id: {ref: users.id, pick: earlier, null_rate: 0.05}
      born: {gen: date, start: 1960-01-01, end: 2000-01-01}
      spent: {rollup: sum(orders.total)}
  orders:
    per: {parent: users, count: {min: 0, max: 5}}
    columns:
      id: {gen: sequence, start: 1000, step: 10}
      user_id: {ref: users.id}
      nr: ordinal
      land: {expr: "parent.country_id.name"}
      total: {gen: decimal, min: 1, max: 100, scale: 2}
      so_far: {running: sum(total)}
      friend_id: {ref: users.id, pick: zipf}
      day: {expr: "friend_id.born"}
"""


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    return Memory(tmp_path / "stored")


def test_without_stored_rows_the_plan_stays(memory: Memory) -> None:
    plan = planned(SHOP)
    assert top_up(plan, memory, memory.folder).plan is plan
    assert digests(plan) == ()


def test_new_rows_are_those_of_a_longer_run(memory: Memory) -> None:
    plan, longer = planned(SHOP), planned(SHOP, {"countries": 10, "users": 600})
    memory.load(plan)
    memory.load(plan)
    memory.check(plan)
    engine = Engine(longer)
    for table in longer.tables:
        whole, split = made(engine, table.name), memory.tables[table.name]
        assert split.num_rows == whole.num_rows == table.rows
        half = split.num_rows - plan.table(table.name).rows if table.layout is None else plan.table(table.name).rows
        assert split.slice(half).to_pydict() == whole.slice(half).to_pydict(), table.name


def test_what_children_read_and_sum_is_right_across_both_parts(memory: Memory) -> None:
    plan = planned(SHOP)
    for _ in range(3):
        memory.load(plan)
    memory.check(plan)
    names = dict(zip(memory.column("countries", "id"), memory.column("countries", "name"), strict=True))
    land = {u: names[c] for u, c in zip(memory.column("users", "id"), memory.column("users", "country_id"), strict=True)}
    born = dict(zip(memory.column("users", "id"), memory.column("users", "born"), strict=True))
    orders = memory.tables["orders"].to_pylist()
    assert all(o["land"] == land[o["user_id"]] and o["day"] == born[o["friend_id"]] for o in orders)
    spent, numbers = Counter[int](), Counter[int]()
    for order in orders:
        spent[order["user_id"]] += order["total"]
        numbers[order["user_id"]] += 1
        assert order["nr"] == numbers[order["user_id"]]
        assert order["so_far"] == spent[order["user_id"]]
    assert all(spent[u] == (s or Decimal(0)) for u, s in zip(*(memory.column("users", c) for c in ("id", "spent")), strict=True))
    assert {o["friend_id"] <= 300 for o in orders[-100:]} == {True, False}  # stored and new rows are chosen
    managers = memory.tables["users"].slice(600).to_pylist()
    assert all(u["manager_id"] is None or u["manager_id"] < u["id"] for u in managers)
    assert any(u["manager_id"] and u["manager_id"] <= 600 for u in managers)


@pytest.mark.parametrize("block", [1, 7, 100, 1_000])
def test_block_size_does_not_matter(memory: Memory, block: int) -> None:
    plan = planned(SHOP, {"users": 50})
    memory.load(plan)
    topped = top_up(plan, memory, memory.folder).plan
    again = Plan.from_json(topped.to_json())
    assert again == topped
    assert top_up(plan, memory, memory.folder).plan.digest == topped.digest
    for table in topped.tables:
        one = made(Engine(topped, stored=memory.folder), table.name)
        other = made(Engine(again, block, {d: path_of(memory.folder, d) for d in digests(again)}), table.name)
        assert one.to_pydict() == other.to_pydict()


def test_sequences_go_on_above_the_largest_key(memory: Memory) -> None:
    text = """
    tables:
      up: {rows: 10, columns: {id: {gen: sequence, start: 5, step: 3}}}
      down: {rows: 10, columns: {id: {gen: sequence, start: -1, step: -2}}}
      free: {rows: 4, primary_key: [], columns: {n: sequence}}
    """
    plan = planned(text)
    memory.load(plan)
    memory.append("up", pa.table({"id": [1_000]}))
    memory.append("down", pa.table({"id": [-100]}))
    memory.load(plan)
    assert memory.column("up", "id")[11:] == [1_001 + 3 * i for i in range(10)]
    assert memory.column("down", "id")[11:] == [-101 - 2 * i for i in range(10)]
    assert memory.column("free", "n") == [1, 2, 3, 4, 5, 6, 7, 8]


def test_values_that_others_stored_are_passed_over(memory: Memory) -> None:
    plan = planned("tables: {t: {rows: 60, columns: {id: sequence, code: {gen: pattern, template: '##', unique: true}}}}")
    ahead = made(Engine(planned("tables: {t: {rows: 100, columns: {code: {gen: pattern, template: '##', unique: true}}}}")), "t")
    foreign = ahead["code"].to_pylist()[1:80:2]
    memory.append("t", pa.table({"id": list(range(500, 540)), "code": foreign}))
    found = memory.load(plan)
    memory.check(plan)
    assert sorted(memory.column("t", "code")) == [f"{i:02}" for i in range(100)]
    assert found.plan.table("t").stored != Stored(40, first=40)
    with pytest.raises(StoredError, match=r"60 new rows are asked for, but only 0 have code that are not there yet") as error:
        memory.load(plan)
    assert error.value.code == "TARGET_CONFLICT"


def test_rows_that_were_deleted_do_not_bring_old_values_back(memory: Memory) -> None:
    plan = planned(SHOP)
    memory.load(plan)
    kept = memory.tables["users"].slice(100)
    none = pa.nulls(len(kept), pa.int64())
    orders = memory.tables["orders"].to_pylist()
    left = pa.Table.from_pylist([o for o in orders if min(o["user_id"], o["friend_id"]) > 100], memory.tables["orders"].schema)
    memory.tables |= {"users": kept.set_column(4, "manager_id", none), "orders": left}
    found = memory.load(plan).plan
    assert found.table("users").stored == replace(found.table("users").stored or Stored(), first=300, skips="")
    memory.check(plan)
    assert memory.tables["users"].num_rows == 500


def test_texts_that_the_database_takes_for_equal(memory: Memory) -> None:
    plan = planned("tables: {t: {rows: 20, columns: {id: sequence, code: {gen: pattern, template: '^^', unique: true}}}}")
    ahead = made(Engine(plan), "t")["code"].to_pylist()
    memory.append("t", pa.table({"id": [1, 2], "code": [f"{ahead[3].upper()}  ", ahead[4].upper()]}))
    memory.tables["t"] = memory.tables["t"].slice(0, 2)
    topped = top_up(plan, memory, memory.folder, fold=True).plan
    codes = made(Engine(topped, stored=memory.folder), "t")["code"].to_pylist()
    assert {ahead[3], ahead[4]}.isdisjoint(codes)
    assert ahead[4] in made(Engine(top_up(plan, memory, memory.folder).plan, stored=memory.folder), "t")["code"].to_pylist()


PAIRS = """
tables:
  users: {rows: 12, columns: {id: sequence}}
  tags: {rows: 7, columns: {id: sequence}}
  likes:
    per: {parents: [users, tags], rows: 60}
    columns: {user_id: {ref: users.id}, tag_id: {ref: tags.id}, day: date}
"""


def test_pairs_are_new_pairs(memory: Memory) -> None:
    plan = planned(PAIRS)
    memory.load(plan)
    for times in (2, 3, 4):
        memory.load(plan)
        memory.check(plan)
        pairs = set(zip(memory.column("likes", "user_id"), memory.column("likes", "tag_id"), strict=True))
        assert len(pairs) == 60 * times
    assert len({u for u, _ in pairs}) > 36
    assert len({t for _, t in pairs}) > 21


def test_pairs_of_stored_rows_alone_until_there_are_no_more(memory: Memory) -> None:
    memory.load(planned(PAIRS))
    more = planned(PAIRS, {"users": 0, "tags": 0, "likes": 24})
    memory.load(more)
    assert len(set(zip(memory.column("likes", "user_id"), memory.column("likes", "tag_id"), strict=True))) == 84 == 12 * 7
    with pytest.raises(StoredError, match="24 new rows are asked for, but only 0 have user_id, tag_id"):
        memory.load(more)


BELOW = """
tables:
  users: {rows: 0, columns: {id: sequence, name: word, __hidden: {expr: "upper(name)"}}}
  orders:
    per: {parent: users, count: {min: 1, max: 4}}
    columns: {id: uuid, user_id: {ref: users.id}, of: {expr: "parent.name"}, loud: {expr: "parent.__hidden"}}
  lines: {per: {parent: orders, count: 2}, columns: {id: sequence, order_id: {ref: orders.id}, nr: ordinal}}
  visits: {rows: 50, columns: {id: sequence, user_id: {ref: users.id, pick: zipf}, peer: {ref: users.id, pick: sequential}}}
  profiles: {rows: 8, columns: {user_id: {ref: users.id, unique: true}}}
"""


def test_no_rows_of_their_own_means_those_that_are_there(memory: Memory) -> None:
    found = check(BELOW)
    assert found.plan is not None
    assert {f.code for f in found.findings} == {"ROWS_STORED"}
    assert {f.severity for f in found.findings} == {"warning"}
    ids = [3, 30, 300, 7, 70, 700, 1, 2, 4, 5]
    memory.append("users", pa.table({"id": ids, "name": [f"n{i}" for i in ids]}))
    for turn in (1, 2):
        plan = found.plan if turn == 1 else replace(found.plan, tables=found.plan.tables[:-1])
        memory.load(plan)
        memory.check(plan)
        assert memory.column("users", "id") == ids
        counts = Counter(memory.column("orders", "user_id"))
        assert counts.keys() == set(ids)
        assert all(turn <= n <= 4 * turn for n in counts.values())
        assert all(o["of"] == f"n{o['user_id']}" and o["loud"] == f"N{o['user_id']}" for o in memory.tables["orders"].to_pylist())
        assert Counter(Counter(memory.column("lines", "order_id")).values()) == {2: memory.tables["orders"].num_rows}
        assert set(memory.column("visits", "user_id")) <= set(ids)
    assert memory.column("visits", "peer")[:20] == ids * 2
    assert len(set(memory.column("profiles", "user_id"))) == 8


def test_a_table_without_rows_must_hold_some(memory: Memory) -> None:
    plan = planned(BELOW)
    assert missing(plan) == ("users",)
    with pytest.raises(StoredError, match="users is given no rows and holds none, but rows of other tables refer to it"):
        top_up(plan, memory, memory.folder)
    with pytest.raises(RowError, match="rows refer to users, which is given none"):
        Engine(plan).batch("visits", 0, 1)


def test_children_that_would_repeat_stored_values_are_refused(memory: Memory) -> None:
    text = """
    tables:
      users: {rows: 20, columns: {id: sequence}}
      cards:
        per: {parent: users, count: 2}
        columns: {id: {gen: pattern, template: "##", unique: true}, user_id: {ref: users.id}}
    """
    plan = planned(text)
    memory.load(plan)
    memory.load(plan)
    memory.check(plan)
    with pytest.raises(StoredError, match="of the new rows of cards would repeat unique values") as error:
        memory.load(plan)
    assert error.value.code == "TARGET_CONFLICT"


def test_conditional_uniques_continue(memory: Memory) -> None:
    text = """
    tables:
      t:
        rows: 30
        columns: {id: sequence, live: bool, code: {gen: pattern, template: "##", unique_where: live}}
    """
    plan = planned(text)
    for _ in range(3):
        memory.load(plan)
    assert len(set(memory.column("t", "code"))) == 90


def test_rows_in_order_are_in_an_order_of_their_own(memory: Memory) -> None:
    text = """
    tables:
      t:
        rows: 50
        columns:
          id: sequence
          at: {gen: datetime, start: 2024-01-01, end: 2024-12-31, order: ascending}
          before: {expr: "previous.id"}
          after: {expr: "next.id"}
    """
    plan = planned(text)
    memory.load(plan)
    memory.load(plan)
    second = memory.tables["t"].slice(50)
    times = second["at"].to_pylist()
    assert times == sorted(times)
    assert times[0].month == 1
    assert times[-1].month == 12
    assert second["before"].to_pylist() == list(range(50, 100))
    assert second["after"].to_pylist() == [*range(52, 101), None]


def test_roll_ups_of_stored_parents_are_kept_and_said(memory: Memory) -> None:
    memory.load(planned(SHOP))
    before = memory.tables["users"]["spent"].to_pylist()
    warned = memory.load(planned(SHOP, {"users": 0})).warnings
    assert warned == ("rows of users that are there get rows of orders, but keep their spent",)
    assert memory.column("users", "spent") == before


def test_what_must_be_stored() -> None:
    plan = planned(SHOP)
    assert set(needed(plan, "users")) == {"id", "country_id", "→country_id", "born"}
    assert set(needed(plan, "countries")) == {"id", "name"}
    assert needed(plan, "orders") == ()


def test_what_cannot_be_known_of_stored_rows_is_said(memory: Memory) -> None:
    text = """
    tables:
      a: {rows: 3, columns: {id: sequence, __n: {rollup: count(b)}}}
      b: {per: {parent: a, count: 2}, columns: {a_id: {ref: a.id}, n: {expr: "parent.__n"}, c: {ref: a.id}, m: {expr: "c.__n"}}}
    """
    plan = planned(text)
    memory.load(plan)
    with pytest.raises(StoredError, match=r"a.__n is not written, and cannot be known of rows that are there already"):
        memory.load(plan)


@pytest.mark.parametrize("harm", ["missing", "changed"])
def test_files_are_checked(memory: Memory, harm: str) -> None:
    plan = planned(SHOP)
    memory.load(plan)
    topped = top_up(plan, memory, memory.folder).plan
    path = path_of(memory.folder, digests(topped)[0])
    copy = memory.folder / "copy"
    copy.mkdir()
    if harm == "changed":
        (copy / path.name).write_bytes(path.read_bytes().replace(b"\x01", b"\x02"))
    with pytest.raises(StoredError, match="of stored rows"):
        Engine(topped, stored=copy)
    with pytest.raises(StoredError, match="of stored rows is missing"):
        Engine(topped)


def test_columns_of_many_chunks(tmp_path: Path) -> None:
    schema = pa.schema([("a", pa.int64()), ("b", pa.string())])
    numbers = np.arange(CHUNK + 10)
    batch = pa.RecordBatch.from_arrays([pa.array(numbers), pa.array(numbers).cast(pa.string())], schema=schema)
    digest = write(tmp_path, schema, [batch.slice(0, 100), batch.slice(100)])
    columns = open_columns(tmp_path, digest)
    asked = np.array([CHUNK + 9, 0, CHUNK, CHUNK - 1, 5, CHUNK], dtype=np.int64)
    assert columns.take("a", asked).to_pylist() == asked.tolist()
    assert columns.take("b", asked).to_pylist() == [str(i) for i in asked]
    assert columns.take("b", asked[:0]).to_pylist() == []
    assert [p.name for p in tmp_path.iterdir()] == [f"{digest}.arrow"]


def test_rows_and_numbers_with_rows_passed_over() -> None:
    held = Held(Stored(rows=3, first=10), np.array([10, 12, 13, 17], dtype=np.int64), None)
    rows = [11, 14, 15, 16, 18, 19]
    assert held.virtual(np.arange(6)).tolist() == rows
    assert held.new(np.array(rows)).tolist() == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("type_", "values"),
    [
        ("int", [1, None, -5]),
        ("float", [0.5, None, -1e300]),
        ("decimal(12,2)", [Decimal("-1.05"), None, Decimal("9999999999.99")]),
        ("bool", [True, None, False]),
        ("string", ["a", None, "é"]),
        ("bytes", [b"\0", None, b""]),
    ],
)
def test_logical_to_physical_and_back(type_: str, values: list[object]) -> None:
    kind = Type.parse(type_)
    array = pa.array(values, arrow_type(kind))
    assert finish(physical(array, kind), kind).equals(array)
    assert finish(physical(array.slice(1), kind), kind).equals(array.slice(1))


@pytest.mark.parametrize("type_", ["date", "time", "time(3)", "time(6)", "datetime", "datetime(3)", "datetime(6)"])
def test_moments_to_physical_and_back(type_: str) -> None:
    kind = Type.parse(type_)
    ticks = pa.array([0, None, 86_399], pa.int64())
    assert physical(finish(ticks, kind), kind).equals(ticks)


def test_a_decimal_too_wide_to_compute_with() -> None:
    kind = Type.parse("decimal(30,0)")
    with pytest.raises(pa.ArrowInvalid, match="too many digits"):
        physical(pa.array([Decimal(10) ** 20], pa.decimal128(30, 0)), kind)


def test_hashes_tell_values_apart_and_do_not_depend_on_how_they_are_held() -> None:
    texts = [f"user{i}" for i in range(50_000)] + ["", "a", "aa", "ab", "ba", None]
    array = pa.array(texts)
    found, some = hashed([array])
    assert len(set(found[some].tolist())) == len(texts) - 1
    assert not some[-1]
    assert (hashed([array.dictionary_encode()])[0][some] == found[some]).all()
    assert (hashed([array.slice(17)])[0] == found[17:]).all()
    assert (hashed([pa.array(["ABC  "])], fold=True)[0] == hashed([pa.array(["abc"])], fold=True)[0]).all()
    pairs, _ = hashed([pa.array([1, 2]), pa.array([2, 1])])
    assert pairs[0] != pairs[1]


def test_a_plan_without_facts_is_the_same() -> None:
    plan = planned(SHOP)
    assert with_stored(plan, {}) is plan


def test_the_example_on_the_page(memory: Memory) -> None:
    page = (Path(__file__).resolve().parents[3] / "docs" / "schema.md").read_text(encoding="utf-8")
    section = page.split("## Adding to what is there")[1].split("\n## ")[0]
    source = section.split("```yaml\n")[1].split("```")[0]
    memory.append("users", pa.table({"id": [7, 8, 12], "name": ["Ada", "Bob", "Cleo"]}))
    memory.load(planned(source))
    shown = "".join(f"| {r['id']} | {r['user_id']} | {r['name']} |\n" for r in memory.tables["visits"].to_pylist())
    assert section.endswith(f"|---|---|---|\n{shown}")


def test_embedded_rows_go_on_within_new_parents(memory: Memory) -> None:
    text = """
    tables:
      orders: {rows: 40, columns: {id: sequence}}
      lines:
        per: {parent: orders, count: {min: 0, max: 3}}
        embed: {into: orders, as: lines}
        columns: {nr: ordinal, order_id: {ref: orders.id}}
    """
    plan = planned(text)
    memory.load(plan)
    topped = top_up(plan, memory, memory.folder).plan
    batches = list(NestedBatches(topped, Engine(topped, 16, memory.folder)).batches("orders", 0, 40))
    within = [row for batch in batches for row in batch.to_pylist()]
    lines = made(Engine(topped, stored=memory.folder), "lines").to_pylist()
    assert [line for order in within for line in order["lines"]] == lines
    assert all(line["order_id"] == order["id"] > 40 for order in within for line in order["lines"])
