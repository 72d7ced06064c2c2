"""How large a plan's files would be: measured on sampled rows, not guessed."""

from __future__ import annotations

from runner.engine import Engine
from runner.formats import FileJob, Format, open_format
from runner.plan import Plan
from runner.spec import Output

FORMATS = ("csv", "jsonl", "sql", "parquet")
SAMPLE_ROWS = 1024
"""Rows of one window; a table is measured in three of them, or as a whole when it is no larger."""


def estimated_bytes(plan: Plan) -> dict[str, dict[str, int]]:
    """Bytes by table, then by format."""
    engine = Engine(plan)
    sizes: dict[str, dict[str, int]] = {table.name: {} for table in plan.tables}
    for name in FORMATS:
        opened = open_format(plan, Output(format=name))
        for table in plan.tables:
            files = [f for f in opened.files() if f.table == table.name]
            sizes[table.name][name] = sum(_file_bytes(opened, engine, file) for file in files[:1]) * max(len(files), 1)
    return sizes


def _file_bytes(opened: Format, engine: Engine, file: FileJob) -> int:
    windows = _windows(file.start, file.stop)
    rows = sum(stop - start for start, stop in windows)
    measured = sum(_size(opened, engine, file, start, stop) for start, stop in windows)
    return measured if rows == file.rows else round(measured / rows * file.rows)


def _windows(start: int, stop: int) -> list[tuple[int, int]]:
    """All rows, or three windows away from both ends (where headers and footers are)."""
    if stop - start <= 3 * SAMPLE_ROWS:
        return [(start, stop)]
    gap = (stop - start - 3 * SAMPLE_ROWS) // 4
    places = [start + gap * (i + 1) + SAMPLE_ROWS * i for i in range(3)]
    return [(place, place + SAMPLE_ROWS) for place in places]


def _size(opened: Format, engine: Engine, file: FileJob, start: int, stop: int) -> int:
    return sum(memoryview(piece).nbytes for piece in opened.unit(file, engine, start, stop))
