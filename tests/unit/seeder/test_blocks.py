"""Blocks made ahead in a thread: in order, a few at a time, and left at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pyarrow as pa
import pytest

from services.common.jobs.process import Interrupted
from services.seeder.blocks import LocalBlocks


class Numbers:
    """An engine of ten-row blocks that counts what it makes; may fail, or hang, at a row."""

    def __init__(self, fail_at: int = -1, hang_at: int = -1) -> None:
        self.made, self._fail_at, self._hang_at = 0, fail_at, hang_at

    def batches(self, table: str, start: int, stop: int) -> Iterator[pa.RecordBatch]:
        for at in range(start, stop, 10):
            if at == self._fail_at:
                raise ValueError(f"no row {at}")
            if at == self._hang_at:
                time.sleep(60)
            self.made += 1
            yield pa.record_batch({"n": pa.array(range(at, min(at + 10, stop)))})


def rows(batches: Iterator[pa.RecordBatch]) -> list[int]:
    return [n for batch in batches for n in batch.column("n").to_pylist()]


def test_blocks_come_in_order_from_any_row() -> None:
    source = LocalBlocks(Numbers, threading.Event())
    assert rows(source.blocks("t", 20, 55)) == list(range(20, 55))
    assert rows(source.blocks("t", 55, 55)) == []


def test_only_a_few_are_made_ahead() -> None:
    engine = Numbers()
    blocks = LocalBlocks(lambda: engine, threading.Event()).blocks("t", 0, 10_000)
    next(blocks)
    time.sleep(0.2)
    assert engine.made <= LocalBlocks.AHEAD + 2


def test_what_fails_in_the_thread_fails_here() -> None:
    blocks = LocalBlocks(lambda: Numbers(fail_at=10), threading.Event()).blocks("t", 0, 100)
    next(blocks)
    with pytest.raises(ValueError, match="no row 10"):
        next(blocks)


def test_an_interruption_does_not_wait_for_the_block_under_way() -> None:
    interrupted = threading.Event()
    blocks = LocalBlocks(lambda: Numbers(hang_at=10), interrupted).blocks("t", 0, 100)
    next(blocks)
    threading.Timer(0.1, interrupted.set).start()
    began = time.monotonic()
    with pytest.raises(Interrupted):
        next(blocks)
    assert time.monotonic() - began < 5


def test_a_closed_source_ends_its_thread() -> None:
    source = LocalBlocks(Numbers, threading.Event())
    blocks = source.blocks("closing", 0, 10_000)
    next(blocks)
    source.close()
    for thread in threading.enumerate():
        if thread.name == "blocks-closing":
            thread.join(timeout=5)
            assert not thread.is_alive()
