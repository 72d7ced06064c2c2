"""The example of TPC-H keeps the rules of the specification, and what breaks one of them is seen."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from tests.acceptance.tpch import broken
from tests.acceptance.written import write
from tests.bench.runs import ROOT

SCALE = 0.01
CHANGES = {
    "o_totalprice": ("orders", "o_totalprice + 0.01"),
    "o_orderstatus": ("orders", "if(o_orderstatus = 'P', 'O', 'P')"),
    "o_custkey": ("orders", "o_custkey // 3 * 3 + 3"),
    "l_suppkey": ("lineitem", "l_suppkey % 100 + 1"),
    "l_shipdate": ("lineitem", "l_shipdate + 121"),
    "l_returnflag": ("lineitem", "if(l_returnflag = 'N', 'R', 'N')"),
    "p_name": ("part", "replace(p_name, ' ', '  ')"),
    "s_phone": ("supplier", "'99' || right(s_phone, 13)"),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from runner.schema import check

    made = check((ROOT / "examples/tpch.yaml").read_bytes(), options={"sf": str(SCALE)}).plan
    assert made
    written = tmp_path_factory.mktemp("tpch")
    write(made, written)
    return written / "out"


def test_every_rule_of_the_specification_holds(folder: Path) -> None:
    found, rules = broken(folder, SCALE)
    assert found == []
    assert rules > 70


@pytest.mark.parametrize("column", CHANGES)
def test_one_altered_cell_is_seen(column: str, folder: Path, tmp_path: Path) -> None:
    table, value = CHANGES[column]
    for other in folder.iterdir():
        if other.is_dir() and other.name != table:
            (tmp_path / other.name).symlink_to(other)
    (tmp_path / table).mkdir()
    altered = f"SELECT * EXCLUDE n REPLACE (if(n = 7, {value}, {column}) AS {column}) FROM x"
    numbered = f"SELECT *, row_number() OVER () n FROM read_parquet('{folder}/{table}/*.parquet')"
    with duckdb.connect() as db:
        db.execute(f"COPY (WITH x AS ({numbered}) {altered}) TO '{tmp_path}/{table}/0.parquet' (FORMAT parquet)")
    assert any(column in line for line in broken(tmp_path, SCALE)[0])
