"""The checker sees what is wrong: one cell or row of correct files is altered, and the promise that it breaks is named."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pytest
import yaml

from tests.acceptance.checker import broken
from tests.acceptance.expressions import quoted
from tests.acceptance.written import planned, write

SCHEMA: Mapping[str, Any] = yaml.safe_load("""
mockcraft: 1
seed: 7
options: {lands: 30}
tables:
  lands:
    rows: ${lands}
    columns:
      id: {gen: sequence, start: 100}
      name: {gen: pattern, template: "??-##", unique: true}
      kind: {gen: choice, values: {big: 3, small: 1, none: 0}}
      opened: {gen: date, start: "2015-01-01", end: "2016-12-31"}
      sold: {rollup: sum(sales.amount)}
      sales: {rollup: count(sales)}
      mean: {rollup: avg(sales.amount)}
      first: {rollup: min(sales.day)}
      best: {rollup: max(sales.amount)}
      late: {rollup: any(sales.late)}
      parts: {rollup: sum(lines.qty)}
      final: {rollup: last(sales.state)}
      capital: {ref: towns.id, null_rate: 0.4}
  towns:
    rows: 50
    unique: [[land, rank]]
    columns:
      id: sequence
      land: {ref: lands.id}
      rank: {gen: int, min: 1, max: 9}
      near: {ref: towns.id, pick: earlier, null_rate: 0.2}
      lost: {ref: lands.id, mode: orphan}
  sales:
    per: {parent: lands, count: {min: 1, max: 6}}
    primary_key: [land, nr]
    check: [low <= high]
    columns:
      land: {ref: lands.id}
      nr: ordinal
      amount: {gen: decimal, min: 1, max: 900, scale: 2}
      late: {gen: bool, probability: 0.2}
      day: {gen: date, after: parent.opened, end: "2020-12-31"}
      low: {gen: int, min: 0, max: 40}
      high: {gen: int, min: 0, max: 60}
      tax: {expr: "round(amount * 0.19, 2)"}
      label: {template: "{land}/{nr}"}
      bonus: {gen: int, min: 1, max: 5, when: late}
      fee: {case: [{when: "low < 10", then: 1}], else: 2}
      note: {gen: sentence, null_rate: 0.3}
      far: {expr: parent.kind}
      turn: {ref: towns.id, pick: sequential}
      liked: {ref: towns.id, pick: zipf(1.5)}
      seat: {gen: pattern, template: "S-####", unique_where: late}
      since: {gen: datetime, start: "2021-01-01", end: "2021-12-31", order: strict}
      so_far: {running: sum(low)}
      step: {expr: "coalesce(previous.low, 0) + low"}
      state: {gen: status, transitions: {new: {paid: 3, lost: 1}, paid: sent, sent: new, lost: new}}
      list: {array: {of: {gen: int, min: 1, max: 6}, min: 0, max: 3}, type: array(int)}
      info: {object: {level: {gen: int, min: 1, max: 4}, of: {expr: nr}}}
      marks: {array: {of: {gen: int, min: 1, max: 6}, min: 1, max: 3}}
  lines:
    per: {parent: sales, count: 2}
    columns:
      id: uuid
      sale: {ref: [sales.land, sales.nr]}
      qty: {gen: int, min: 1, max: 9}
  fairs:
    per: {parents: [lands, towns], density: 0.05}
    columns:
      land: {ref: lands.id}
      town: {ref: towns.id}
      at: {gen: datetime, start: "2020-01-01", end: "2020-12-31"}
""")


class Plant(NamedTuple):
    """A change of one cell or row of a table, and the promise that it breaks."""

    table: str
    change: str
    breaks: str


ROW = "rowid = 7"
PLANTS = (
    Plant("lands", f"DELETE FROM x WHERE {ROW}", "lands: rows"),
    Plant("lands", "UPDATE x SET id = id + 1 WHERE rowid = 29", "lands: id counts on"),
    Plant("lands", f"UPDATE x SET name = (SELECT name FROM x WHERE rowid = 3) WHERE {ROW}", 'lands: unique ("name")'),
    Plant("lands", f"UPDATE x SET name = '??-##' WHERE {ROW}", "lands: range of name"),
    Plant("lands", f"UPDATE x SET kind = 'none' WHERE {ROW}", "lands: range of kind"),
    Plant("lands", "UPDATE x SET kind = 'small'", "lands: share of 'big' in kind"),
    Plant("lands", f"UPDATE x SET opened = DATE '2014-12-31' WHERE {ROW}", "lands: range of opened"),
    Plant("lands", f"UPDATE x SET sold = sold + 0.01 WHERE {ROW}", "lands: sold adds up"),
    Plant("lands", f"UPDATE x SET sales = sales - 1 WHERE {ROW}", "lands: sales adds up"),
    Plant("lands", f"UPDATE x SET mean = mean + 0.0001 WHERE {ROW}", "lands: mean adds up"),
    Plant("lands", f"UPDATE x SET first = first - 1 WHERE {ROW}", "lands: first adds up"),
    Plant("lands", f"UPDATE x SET best = NULL WHERE {ROW}", "lands: best adds up"),
    Plant("lands", f"UPDATE x SET late = NOT late WHERE {ROW}", "lands: late adds up"),
    Plant("lands", f"UPDATE x SET parts = parts + 1 WHERE {ROW}", "lands: parts adds up"),
    Plant("lands", f"UPDATE x SET capital = 51 WHERE {ROW}", "lands: capital leads to a row"),
    Plant("lands", "UPDATE x SET capital = NULL", "lands: nulls of capital"),
    Plant("lands", "ALTER TABLE x ALTER opened TYPE TIMESTAMP", "lands: type of opened"),
    Plant("towns", "UPDATE x SET land = y.land, rank = y.rank FROM x y WHERE y.id = 3 AND x.id = 8", "towns: unique"),
    Plant("towns", f"UPDATE x SET near = 8 WHERE {ROW}", "towns: near is earlier"),
    Plant("towns", "UPDATE x SET near = 1 WHERE rowid = 0", "towns: near of the first row"),
    Plant("towns", f"UPDATE x SET lost = 100 WHERE {ROW}", "towns: lost is an orphan"),
    Plant("lands", "UPDATE x SET capital = 7 WHERE capital IS NOT NULL", "lands: capital picks evenly"),
    Plant("sales", "UPDATE x SET nr = 1 WHERE nr = 2 AND land = 105", 'sales: key ("land", "nr")'),
    Plant("sales", f"UPDATE x SET land = NULL WHERE {ROW}", "sales: key not null"),
    Plant("sales", "DELETE FROM x WHERE land = 105", "sales: children of a parent"),
    Plant("sales", f"UPDATE x SET nr = nr + 1 WHERE {ROW}", "sales: nr numbers the children"),
    Plant("sales", f"UPDATE x SET low = high + 1 WHERE {ROW}", "sales: check low <= high"),
    Plant("sales", f"UPDATE x SET amount = 900.01 WHERE {ROW}", "sales: range of amount"),
    Plant("sales", f"UPDATE x SET day = DATE '2014-06-01' WHERE {ROW}", "sales: range of day"),
    Plant("sales", f"UPDATE x SET tax = tax + 0.01 WHERE {ROW}", "sales: tax is computed"),
    Plant("sales", f"UPDATE x SET label = label || ' ' WHERE {ROW}", "sales: label is computed"),
    Plant("sales", "UPDATE x SET bonus = 3 WHERE rowid = (SELECT min(rowid) FROM x WHERE NOT late)", "sales: cases of bonus"),
    Plant("sales", "UPDATE x SET fee = 3 - fee WHERE rowid = 7", "sales: cases of fee"),
    Plant("sales", "UPDATE x SET note = NULL", "sales: nulls of note"),
    Plant("sales", f"UPDATE x SET far = 'none' WHERE {ROW}", "sales: far is computed"),
    Plant("sales", f"UPDATE x SET turn = turn + 1 WHERE {ROW}", "sales: turn takes turns"),
    Plant("sales", "UPDATE x SET liked = 1 + rowid % 50", "sales: liked has favourites"),
    Plant("sales", "UPDATE x SET info = replace(info, 'level', 'lever') WHERE rowid = 7", "sales: info has its parts"),
    Plant("sales", "UPDATE x SET info = '{' WHERE rowid = 7", "sales: info is JSON"),
    Plant("sales", f"UPDATE x SET marks = '[7]' WHERE {ROW}", "sales: marks has its parts"),
    Plant("sales", f"UPDATE x SET marks = '[]' WHERE {ROW}", "sales: marks has its parts"),
    Plant("sales", "ALTER TABLE x ADD COLUMN __secret INTEGER", "sales: columns"),
    Plant("sales", "ALTER TABLE x DROP COLUMN fee", "sales: columns"),
    Plant("sales", "UPDATE x SET seat = 'S-0000', late = true WHERE nr = 2", "sales: unique seat where late"),
    Plant("sales", "UPDATE x SET since = TIMESTAMP '2021-01-01 00:00:00' WHERE nr = 2 AND land = 105", "sales: since follows"),
    Plant("sales", f"UPDATE x SET so_far = so_far + 1 WHERE {ROW}", "sales: so_far is computed"),
    Plant("sales", f"UPDATE x SET step = step + 1 WHERE {ROW}", "sales: step is computed"),
    Plant("sales", "UPDATE x SET state = 'new' WHERE nr = 2", "sales: state moves"),
    Plant("sales", "UPDATE x SET state = 'sent' WHERE nr = 1 AND land = 105", "sales: state starts"),
    Plant("sales", f"UPDATE x SET list = [7] WHERE {ROW}", "sales: list has its items"),
    Plant("lands", f"UPDATE x SET final = 'gone' WHERE {ROW}", "lands: final adds up"),
    Plant("lines", f"UPDATE x SET sale_nr = sale_nr + 7 WHERE {ROW}", "lines: sale leads to a row"),
    Plant("lines", f"UPDATE x SET sale_nr = NULL WHERE {ROW}", "lines: sale is null as a whole"),
    Plant("lines", f"DELETE FROM x WHERE {ROW}", "lines: children of a parent"),
    Plant("lines", f"UPDATE x SET id = upper(id) WHERE {ROW}", "lines: range of id"),
    Plant("fairs", f"INSERT INTO x SELECT * FROM x WHERE {ROW}", 'fairs: key ("land", "town")'),
    Plant("fairs", f"DELETE FROM x WHERE {ROW}", "fairs: rows"),
    Plant("fairs", f'UPDATE x SET "at" = TIMESTAMP \'2021-01-01 00:00:00\' WHERE {ROW}', "fairs: range of at"),
)  # fmt: skip


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Path]]:
    return write(planned(SCHEMA), tmp_path_factory.mktemp("written"))


def test_files_as_written_break_nothing(files: dict[str, list[Path]]) -> None:
    found, claims = broken(SCHEMA, files)
    assert found == []
    assert claims > 100


@pytest.mark.parametrize("plant", PLANTS, ids=[p.breaks for p in PLANTS])
def test_each_planted_change_is_caught(plant: Plant, files: dict[str, list[Path]], tmp_path: Path) -> None:
    altered = tmp_path / "altered.parquet"
    with duckdb.connect() as db:
        db.execute(f"CREATE TABLE x AS FROM read_parquet('{files[plant.table][0]}')")
        before = db.execute("SELECT * FROM x").fetchall()
        db.execute(plant.change)
        assert db.execute("SELECT * FROM x").fetchall() != before or "TYPE" in plant.change
        db.execute(f"COPY (FROM x) TO {quoted(str(altered))} (FORMAT parquet)".replace('"', "'"))
    found, _ = broken(SCHEMA, {**files, plant.table: [altered]})
    assert any(line.startswith(plant.breaks) for line in found), found
