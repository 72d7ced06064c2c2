"""A worker process: reads the job spec, then units, from standard input; writes their bytes to standard output.

Input: 8 bytes of length (little-endian), the spec as JSON, then `[output, file, start, stop]` a
line. Output: for each, 8 bytes of length, one byte that is 1 for an error text, and the bytes.
It ends with its input.
"""

from __future__ import annotations

import os
import signal
import sys

import orjson

from runner.failure import failure
from runner.platform import keep_freed_memory
from runner.spec import JobSpec
from runner.workers import Maker, Unit


def main() -> None:
    """Serve units until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    keep_freed_memory()
    out = os.dup(1)
    os.dup2(2, 1)
    size = int.from_bytes(sys.stdin.buffer.read(8), "little")
    maker = Maker(JobSpec.model_validate_json(sys.stdin.buffer.read(size)))
    for line in sys.stdin.buffer:
        try:
            buffers, failed = [memoryview(b).cast("B") for b in maker.make(Unit(*orjson.loads(line)))], 0
        except Exception as error:  # told to the runner, which decides
            buffers, failed = [memoryview(orjson.dumps(failure(error)))], 1
        _write(out, sum(len(b) for b in buffers).to_bytes(8, "little") + bytes([failed]))
        for buffer in buffers:
            _write(out, buffer)


def _write(fd: int, data: bytes | memoryview) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


if __name__ == "__main__":
    main()
