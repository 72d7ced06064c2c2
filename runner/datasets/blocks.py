"""Records of the template model: made in blocks by record number and written as they come, without a look at each.

They are distinct as far as their grammar makes them so; nothing is filtered, compared or asked. A checkpoint is the
file's mark and the counts so far.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, Final

import numpy as np
import orjson
import pyarrow as pa

from runner.datasets.files import SAMPLES, file_name, open_writer, work_digest
from runner.datasets.outputs import Mark, Writer, Written
from runner.datasets.records import Record
from runner.datasets.spec import METADATA, DatasetRequest, DatasetSpec
from runner.datasets.tally import Tally
from runner.failpoints import failpoint
from runner.platform import write_durably

BLOCK: Final = 16_384
CHECKPOINT: Final = 8 * BLOCK
_NAME: Final = "checkpoint.json"
Blocks = Callable[[DatasetRequest, int, int], pa.Table]


class BlockRun:
    """Writes the dataset of a spec by blocks. `rows` are in the file; `finished` says that it has its name."""

    def __init__(self, spec: DatasetSpec, blocks: Blocks) -> None:
        self._spec, self._blocks, self._digest = spec, blocks, work_digest(spec.request)
        self._began = time.monotonic()
        state = self._read()
        self._seconds = float(state.get("seconds", 0))
        self.finished = self._still_there(state)
        self.tally = Tally.of(spec.request, state.get("tally", {}))
        self.rows = int(state["mark"]["rows"]) if state else 0
        self._mark = Mark(**state["mark"]) if state else Mark()

    def run(self, go_on: Callable[[], bool], told: Callable[[bool], None]) -> Written | None:
        """Write all blocks that are missing; returns the file, or None when `go_on` said no.

        `told(durable)` is called after each block, and with True after each checkpoint.
        """
        if self.finished:
            return self.finished
        writer = self._open()
        target, saved = self._spec.request.target_count, self.rows
        while self.rows < target:
            if not go_on():
                self._checkpoint(writer, told)
                writer.close()
                return None
            self._write(writer, min(BLOCK, target - self.rows))
            failpoint("dataset.block")
            told(False)
            if self.rows - saved >= CHECKPOINT and self.rows < target:
                self._checkpoint(writer, told)
                saved = self.rows
        return self._finish(writer, told)

    def samples(self) -> tuple[Record, ...]:
        """The first records."""
        table = self._blocks(self._spec.request, 0, min(SAMPLES, self._spec.request.target_count))
        hidden = () if self._spec.request.with_metadata else METADATA
        rows: list[Record] = table.to_pylist()
        return tuple({name: value for name, value in row.items() if value is not None and name not in hidden} for row in rows)

    @property
    def seconds(self) -> float:
        """How long it took so far, over all attempts."""
        return self._seconds + time.monotonic() - self._began

    def _open(self) -> Writer:
        writer = open_writer(self._spec, self._mark)
        if writer.rows != self.rows:  # the file was damaged
            self.rows, self.tally = 0, Tally(self._spec.request)
        return writer

    def _write(self, writer: Writer, count: int) -> None:
        table = self._blocks(self._spec.request, self.rows, count)
        self.tally.add(np.arange(self.rows, self.rows + count, dtype=np.int64), table)
        writer.table(table)
        self.rows += count

    def _checkpoint(self, writer: Writer, told: Callable[[bool], None]) -> None:
        self._mark = writer.checkpoint()
        self._store(None)
        failpoint("dataset.checkpointed")
        told(True)

    def _finish(self, writer: Writer, told: Callable[[bool], None]) -> Written:
        self.finished = writer.finish()
        self._mark = Mark(self.rows)
        self._store(self.finished)
        told(True)
        return self.finished

    def _store(self, written: Written | None) -> None:
        state = {
            "work": self._digest,
            "mark": asdict(self._mark),
            "tally": self.tally.state,
            "seconds": self.seconds,
            "written": asdict(written) if written else None,
        }
        write_durably(self._spec.work_dir / _NAME, orjson.dumps(state))

    def _still_there(self, state: dict[str, Any]) -> Written | None:
        """The finished file, if it is where it was left."""
        if not state.get("written"):
            return None
        written, path = Written(**state["written"]), self._spec.out_dir / file_name(self._spec)
        return written if path.is_file() and path.stat().st_size == written.bytes else None

    def _read(self) -> dict[str, Any]:
        try:
            state: dict[str, Any] = orjson.loads((self._spec.work_dir / _NAME).read_bytes())
            return state if state["work"] == self._digest and Mark(**state["mark"]).rows >= 0 else {}
        except FileNotFoundError:
            return {}
        except (ValueError, TypeError, KeyError) as error:
            sys.stderr.write(f"{_NAME} is damaged ({error}): the job begins anew\n")
            return {}
