"""How large a plan's files would be: measured on sampled rows, not guessed."""

from __future__ import annotations

from collections.abc import Iterable

from runner.engine import Engine
from runner.formats import FileJob, Format, open_format
from runner.plan import Plan
from runner.spec import Output

FORMATS = ("csv", "json", "jsonl", "sql", "parquet")
WINDOWS = {"parquet": (1, 8192)}
"""How many windows of how many rows are sampled; columns of Parquet need longer ones to be themselves."""
TEXT_WINDOWS = (3, 1024)


def estimated_bytes(plan: Plan) -> dict[str, dict[str, int]]:
    """Bytes by table, then by format."""
    engine = Engine(plan)
    sizes: dict[str, dict[str, int]] = {table.name: {} for table in plan.tables}
    for name in FORMATS:
        opened = open_format(plan, Output(format=name))
        first = {file.table: file for file in reversed(opened.files())}
        for table in plan.tables:
            file = first.get(table.name)  # none for rows that stand within those of another table
            windows = WINDOWS.get(name, TEXT_WINDOWS)
            sizes[table.name][name] = _estimate(opened, engine, file, table.rows, windows) if file else 0
    return sizes


def _estimate(opened: Format, engine: Engine, file: FileJob, rows: int, windows: tuple[int, int]) -> int:
    """Bytes of a table of `rows` rows, from samples of its first file."""
    sampled = list(_windows(file, *windows))
    measured = sum(memoryview(piece).nbytes for a, b in sampled for piece in opened.unit(file, engine, a, b))
    count = sum(b - a for a, b in sampled)
    return measured if count == rows else round(measured * rows / count)


def _windows(file: FileJob, number: int, size: int) -> Iterable[tuple[int, int]]:
    """The whole file if it is small, or windows away from both ends (where headers and footers are)."""
    size = min(size, file.unit_rows)
    if file.rows <= number * size:
        return [(file.start, file.stop)]
    gap = (file.rows - number * size) // (number + 1)
    starts = (file.start + gap * (i + 1) + size * i for i in range(number))
    return [(start, start + size) for start in starts]
