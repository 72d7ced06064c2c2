"""Relations at scale: memory that does not grow with the rows, time that grows as they do, and rows that DuckDB finds right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb

from runner.spec import Output
from tests.bench.floors import Floor
from tests.bench.runs import CORES, HERE, MEMORY, Run, folder, run, runner, spec

SCHEMA: Final = HERE / "scale.yaml"
PART_ROWS: Final = 131_072
"""Rows of one Parquet file, which is made in memory: few enough for a tenth to have some."""


@dataclass(frozen=True)
class Part:
    """One relation: the option that says how many, how many, and queries that give 0 where the rows are right."""

    what: str
    option: str
    rows: int
    wrong: Mapping[str, str]


_SUMS = "SELECT account_id, sum(amount) s, count(*) n, max(day) d FROM bookings GROUP BY account_id"
PARTS: Final = (
    Part("a roll-up of 10 million children to 2 million parents", "parents", 2_000_000, {
        "totals, counts and last days": f"SELECT count(*) FROM accounts LEFT JOIN ({_SUMS}) ON account_id = id "
        "WHERE (total, times, last) IS DISTINCT FROM (s, n, d)",
        "children": "SELECT CAST(abs(count(*) / (SELECT count(*) * 5 FROM accounts) - 1) > 0.001 AS INTEGER) FROM bookings",
    }),
    Part("5 million distinct pairs", "pairs", 5_000_000, {
        "pairs": "SELECT count(*) - count(DISTINCT good * 100000 + shelf) FROM places",
        "references": "SELECT count(*) FROM places WHERE good NOT BETWEEN 1 AND 10000 OR shelf NOT BETWEEN 1 AND 10000",
    }),
    Part("5 million rows that refer to earlier ones", "people", 5_000_000, {
        "earlier rows": "SELECT count(*) FROM people WHERE NOT boss_id BETWEEN 1 AND id - 1",
        "nulls": "SELECT CAST(abs(count(*) FILTER (boss_id IS NULL) / count(*) - 0.05) > 0.001 AS INTEGER) FROM people",
    }),
)  # fmt: skip


def made(part: Part, rows: int, home: Path) -> Run:
    """A run of the runner with so many rows of a part and hardly any of the others."""
    counts = {other.option: str(rows if other is part else 100) for other in PARTS}
    files = Output(format="parquet", options={"part_rows": PART_ROWS, "row_group_rows": PART_ROWS})
    return run(runner(spec(SCHEMA, home, [files], options=counts)), CORES[:1], sample=True)


def wrong(part: Part, home: Path) -> dict[str, int]:
    """How many rows of what was written are wrong, by what is."""
    with duckdb.connect(config={"threads": 2}) as db:
        db.execute("SET enable_progress_bar = false")
        for table in home.joinpath("out").iterdir():
            if table.is_dir():
                db.execute(f"CREATE VIEW {table.name} AS FROM read_parquet('{table}/*.parquet')")
        return {name: int((db.execute(query).fetchone() or (1,))[0]) for name, query in part.wrong.items()}


def part_floors(part: Part, rows: int, rounds: int) -> Iterator[Floor]:
    """The promises about one relation: at full size beside a tenth of it."""
    few, many = list[Run](), list[Run]()
    for _ in range(rounds):
        with folder(MEMORY) as home:
            few.append(made(part, rows // 10, home))
        with folder(MEMORY) as home:
            many.append(made(part, rows, home))
            found = wrong(part, home)
    small, large = max(r.memory for r in few), max(r.memory for r in many)
    apart = (large / small - 1) * 100
    said = f"{small:,.0f} and {large:,.0f} MB, {apart:+.1f} %"
    yield Floor(f"{part.what}: peak PSS beside a tenth", "≤ 15 % more", said, apart <= 15)
    short, long = min(r.working for r in few), min(r.working for r in many)
    slower = (long / short / 10 - 1) * 100
    yield Floor(
        f"{part.what}: time of a row beside a tenth",
        "≤ 20 % more",
        f"{short:.2f} and {long:.2f} s, {slower:+.1f} %",
        slower <= 20,
    )
    for name, count in found.items():
        yield Floor(f"{part.what}: {name} that are wrong", "0", f"{count:,}", count == 0)


def scale_floors(rounds: int = 3, share: int = 1) -> Iterator[Floor]:
    """All of them. `share`: a part of the full sizes, for a try."""
    for part in PARTS:
        yield from part_floors(part, part.rows // share, rounds)
