"""The peer of loading PostgreSQL: `psql \\copy` of a ready CSV file."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pcsv

from runner.engine import Engine
from runner.plan import Plan
from runner.vectors import plain

BLOCK = 131_072


def write_csv(plan: Plan, path: Path) -> None:
    """All rows as the file that psql copies."""
    engine = Engine(plan, BLOCK)
    table = plan.tables[0]
    options = pcsv.WriteOptions(include_header=False)
    with path.open("wb") as file:
        for batch in engine.batches(table.name, 0, table.rows):
            arrays = [plain(array) for array in batch.columns]
            pcsv.write_csv(pa.RecordBatch.from_arrays(arrays, names=batch.schema.names), file, options)


def by_psql(url: str, path: Path) -> float:
    """Seconds of the whole psql command."""
    began = time.perf_counter()
    subprocess.run(["psql", "-q", "-X", "-c", f"\\copy users from '{path}' csv", url], check=True)
    return time.perf_counter() - began
