"""What each format costs on a ready block of the 11-column users table: `python -m tests.bench.formats [format ...]`.

Prints the median and the least of several runs in CPU nanoseconds a row, and bytes a row; nothing is generated or written.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from runner.formats import open_format
from runner.formats.common.base import Piece
from runner.ops import Row
from runner.plan import ColumnPlan, Plan, TablePlan
from runner.spec import Output
from runner.types import BIGINT, BOOL, DATETIME, STRING, UUID, Type, decimal

ROWS = 65_536
RUNS = 25
TYPES: dict[str, Type] = {
    "id": BIGINT, "uuid": UUID, "first_name": STRING, "last_name": STRING, "email": STRING, "phone": STRING, "city": STRING,
    "country": STRING, "created_at": DATETIME, "balance": decimal(10, 2), "is_active": BOOL,
}  # fmt: skip


def users(n: int) -> pa.RecordBatch:
    """The users table; names and places are pool columns, e-mail, phone and uuid plain text."""
    rng = np.random.default_rng(7)
    first, last = _pool(rng, n, 1_000, 6), _pool(rng, n, 1_000, 7)
    digits = pa.array(rng.integers(0, 100_000, n)).cast(pa.string())
    email = pc.binary_join_element_wise(pc.utf8_lower(first.cast(pa.string())), ".", digits, "@example.com", "")
    cents = np.zeros((n, 2), np.int64)
    cents[:, 0] = rng.integers(0, 10**7, n)
    arrays = [
        pa.array(np.arange(10**6, 10**6 + n)),
        _template(rng, n, "xxxxxxxx-xxxx-4xxx-axxx-xxxxxxxxxxxx", b"0123456789abcdef"),
        first,
        last,
        email,
        _template(rng, n, "(xxx) xxx-xxxx", b"0123456789"),
        _pool(rng, n, 800, 9),
        _pool(rng, n, 200, 10),
        pa.array(rng.integers(1_640_995_200, 1_735_689_600, n)).cast(pa.timestamp("s")),
        pa.Array.from_buffers(pa.decimal128(10, 2), n, [None, pa.py_buffer(cents)]),
        pa.array(rng.integers(0, 2, n).astype(np.bool_)),
    ]
    return pa.RecordBatch.from_arrays(arrays, names=list(TYPES))


def _pool(rng: np.random.Generator, n: int, size: int, length: int) -> pa.DictionaryArray:
    letters = np.frombuffer(b"abcdefghijklmnopqrstuvwxyz", np.uint8)
    sizes = rng.integers(length - 3, length + 4, size)
    texts = pa.array([bytes(letters[rng.integers(0, 26, k)]).decode().title() for k in sizes])
    return pa.DictionaryArray.from_arrays(pa.array(rng.integers(0, size, n).astype(np.int32)), texts)


def _template(rng: np.random.Generator, n: int, template: str, alphabet: bytes) -> pa.Array:
    matrix = np.tile(np.frombuffer(template.encode(), np.uint8), (n, 1))
    for place in (i for i, sign in enumerate(template) if sign == "x"):
        matrix[:, place] = np.frombuffer(alphabet, np.uint8)[rng.integers(0, len(alphabet), n)]
    offsets = np.arange(0, (n + 1) * len(template), len(template), dtype=np.int32)
    return pa.Array.from_buffers(pa.string(), n, [None, pa.py_buffer(offsets), pa.py_buffer(matrix)])


class Ready:
    """An engine that has the block already."""

    def __init__(self, batch: pa.RecordBatch) -> None:
        self.batch = batch

    def batches(self, table: str, start: int, stop: int) -> Iterator[pa.RecordBatch]:
        """The block."""
        yield self.batch


def measure(work: Callable[[], list[Piece]]) -> tuple[float, float, float]:
    """Median and least CPU seconds of a run, and its bytes."""
    times = []
    for _ in range(RUNS):
        begin = time.process_time()
        pieces = work()
        times.append(time.process_time() - begin)
    return statistics.median(times), min(times), sum(memoryview(p).nbytes for p in pieces)


def main(names: list[str]) -> None:
    """Print a line per format."""
    batch = users(ROWS)
    table = TablePlan("users", ROWS, tuple(ColumnPlan(n, t, Row()) for n, t in TYPES.items()), primary_key=("id",))
    plan = Plan(0, "2025-01-01T00:00:00Z", "en_US", (table,))
    print(f"{'format':<20}{'median':>8}{'least':>8}  ns/row{'bytes/row':>12}")
    for label in names or ["csv", "jsonl", "json", "sql", "parquet", "csv+zstd", "csv+gzip"]:
        name, _, compression = label.partition("+")
        opened = open_format(plan, Output.model_validate({"format": name, "compression": compression or "none"}))
        (file, *_) = opened.files()
        median, least, size = measure(lambda o=opened, f=file: o.unit(f, Ready(batch), 0, ROWS))  # type: ignore[misc]
        print(f"{label:<20}{median / ROWS * 1e9:8.0f}{least / ROWS * 1e9:8.0f}        {size / ROWS:12.1f}")


if __name__ == "__main__":
    main(sys.argv[1:])
