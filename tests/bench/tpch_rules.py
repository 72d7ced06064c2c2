"""The example of TPC-H at full scale against the rules of the specification, in DuckDB."""

from __future__ import annotations

from collections.abc import Iterator

from runner.spec import Output
from tests.acceptance.tpch import broken
from tests.bench.floors import Floor, shown
from tests.bench.runs import CORES, MEMORY, ROOT, folder, run, runner, spec


def tpch_rule_floors(scale: float = 1.0) -> Iterator[Floor]:
    """Every rule, on Parquet files that the runner wrote."""
    with folder(MEMORY) as home:
        made = spec(
            ROOT / "examples/tpch.yaml", home, [Output(format="parquet")], options={"sf": f"{scale:g}"}, workers=len(CORES)
        )
        done = run(runner(made))
        yield shown(f"TPC-H at scale {scale:g}", f"{done.rows:,} rows in {done.seconds:,.0f} s")
        found, rules = broken(home / "out", scale)
    note = "".join(f"\n{line}" for line in found)
    yield Floor("rules of the specification that hold", "all", f"{rules - len(found)} of {rules}{note}", not found)
