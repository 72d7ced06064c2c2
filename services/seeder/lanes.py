"""Lanes: ranges of a table that are loaded side by side, each over a connection of its own.

What lives how long: a lane's range as long as the load (it follows from the plan and the number of lanes, which the
ledger holds); its connection until it is lost, then another takes its place.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tenacity import Retrying, retry_if_exception, sleep_using_event, stop_after_delay, wait_exponential_jitter

from runner.plan import TablePlan
from services.common.databases import DatabaseError, Entry, Mark, Target
from services.common.jobs.process import Interrupted

PATIENCE_SECONDS: Final = 60.0
"""How long a database may be away, or busy, before the attempt fails."""
LANES: Final = {"postgresql": 2, "mysql": 2}
"""Connections side by side unless said otherwise; others have one."""
BATCH_ROWS: Final = {"postgresql": 131_072, "mysql": 131_072}
"""Rows of a transaction unless said otherwise."""
DEFAULT_BATCH_ROWS: Final = 65_536
LEAST_BLOCKS: Final = 2
"""Blocks that a lane must have to be worth a connection."""
SECOND: Final = 1000
"""Lane number of a table's second pass."""


@dataclass(frozen=True, slots=True)
class Range:
    """Rows [start, stop) of a table, loaded by one lane."""

    lane: int
    start: int
    stop: int


def lanes_for(table: TablePlan, connections: int, block_rows: int) -> int:
    """How many lanes a table gets. One when its rows refer to earlier ones, which must be there, and when it is small."""
    if any(r.parent == table.name for r in table.references):
        return 1
    return max(1, min(connections, table.rows // (LEAST_BLOCKS * block_rows)))


def cut(rows: int, block_rows: int, lanes: int) -> tuple[Range, ...]:
    """Contiguous ranges that begin at multiples of the block size and differ by one block at most."""
    blocks = -(-rows // block_rows)
    edges = [min(rows, blocks * lane // lanes * block_rows) for lane in range(lanes)] + [rows]
    return tuple(Range(lane, edges[lane], edges[lane + 1]) for lane in range(lanes))


class Connection:
    """A target that is opened anew when its connection is lost."""

    def __init__(self, opened: Callable[[], Target], mark: Mark, interrupted: threading.Event) -> None:
        self._open, self._mark, self._interrupted = opened, mark, interrupted
        self._target: Target | None = None
        self._failing: float | None = None

    @property
    def target(self) -> Target:
        """The open target."""
        if self._target is None:
            self._target = self._open()
        return self._target

    def close(self) -> None:
        """Let go."""
        if self._target is not None:
            target, self._target = self._target, None
            target.close()

    def works(self) -> None:
        """Something was done: patience begins anew."""
        self._failing = None

    def again(self, error: DatabaseError) -> dict[tuple[str, int], Entry]:
        """Open the target again after `error`; what the ledger says now, since a commit may have got through or not.

        Raises the error when another attempt at once does not help, or nothing worked for `PATIENCE_SECONDS`.
        """
        now = time.monotonic()
        self._failing = self._failing or now
        left = self._failing + PATIENCE_SECONDS - now
        if not error.retryable or left <= 0:
            raise error
        try:
            return self._reopened(left)
        except DatabaseError as last:
            raise last if last.retryable else error from last

    def _reopened(self, seconds: float) -> dict[tuple[str, int], Entry]:
        retrying = Retrying(
            retry=retry_if_exception(lambda e: isinstance(e, DatabaseError) and self._comes_back(e)),
            wait=wait_exponential_jitter(initial=0.1, max=3.0, jitter=0.1),
            stop=stop_after_delay(seconds),
            sleep=sleep_using_event(self._interrupted),
            reraise=True,
        )
        return retrying(self._claimed)

    def _comes_back(self, error: DatabaseError) -> bool:
        return error.retryable and not self._interrupted.is_set()

    def _claimed(self) -> dict[tuple[str, int], Entry]:
        if self._interrupted.is_set():
            raise Interrupted
        try:
            self.close()
        except DatabaseError:
            self._target = None  # it was lost
        time.sleep(0.05)
        return self.target.claim(self._mark)
