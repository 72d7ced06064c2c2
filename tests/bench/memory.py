"""Memory: the largest PSS of the whole process tree must not grow with the rows."""

from __future__ import annotations

from collections.abc import Iterator

from tests.bench.floors import Floor, at_most
from tests.bench.runs import MEMORY, MOCKCRAFT, folder, run
from tests.bench.speed import USERS


def peak(rows: int, workers: int) -> float:
    """Largest PSS in MB of `mockcraft seed` and everything it starts."""
    with folder(MEMORY) as home:
        command = [MOCKCRAFT, "seed", "--config", str(USERS), "--output", "csv", "--dir", str(home / "out")]
        return run([*command, "--rows", f"users={rows}", "--workers", str(workers)], sample=True).memory


def memory_floors(small: int = 1_000_000, large: int = 20_000_000) -> Iterator[Floor]:
    """The promises, for one worker and for two."""
    for workers in (1, 2):
        few, many = peak(small, workers), peak(large, workers)
        apart = abs(many / few - 1) * 100
        said = f"{few:,.0f} and {many:,.0f} MB, {apart:.1f} % apart"
        name = f"peak PSS at {small:,} and {large:,} rows, {workers} worker{'s' if workers > 1 else ''}"
        yield Floor(name, "≤ 15 % apart", said, apart <= 15)
        yield at_most(f"{name}, the larger", max(few, many), 600, "MB")
