"""Random schemas, many of them, written by the real job and checked in DuckDB against what they say."""

from __future__ import annotations

from collections.abc import Iterator

from tests.acceptance.sweep import sweep
from tests.bench.floors import Floor, at_least, shown


def language_floors(schemas: int = 500) -> Iterator[Floor]:
    """Every promise of every schema, and how often each feature is among them."""
    seen = sweep(schemas)
    yield at_least("random schemas", seen.schemas, schemas, "schemas")
    kept = seen.claims - len(seen.broken)
    note = "".join(f"\n{line[:400]}" for line in seen.broken[:5])
    yield Floor("promises that hold in the written Parquet files", "100 %", f"{kept:,} of {seen.claims:,}{note}", not seen.broken)
    share, rarest = seen.rarest
    yield at_least(f"schemas that have the rarest feature ({rarest})", share * 100, 20, "%")
    few, many = min(seen.tables), max(seen.tables)
    yield Floor("tables a schema", "5 to 12", f"{few} to {many}", few >= 5 and many <= 12)
    yield shown("rows", f"{seen.rows:,}")
