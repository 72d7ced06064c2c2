"""A worker process: `python -m runner.worker FD…`. Reads the job spec, then units, a line each, from standard input.

A unit is `[slot, output, file, start, stop]`. Its bytes go into the file of that slot (see
`runner.shared`), and `[bytes, failed]` is written to standard output; with `failed` the bytes are
an error event's data. It ends with its input.
"""

from __future__ import annotations

import os
import signal
import sys

import orjson

from runner.failure import failure
from runner.platform import keep_freed_memory
from runner.shared import fill
from runner.spec import JobSpec
from runner.workers import Maker, Unit


def main() -> None:
    """Serve units until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    keep_freed_memory()
    slots = [int(fd) for fd in sys.argv[1:]]
    out = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    maker = Maker(JobSpec.model_validate_json(sys.stdin.buffer.readline()))
    for line in sys.stdin.buffer:
        slot, *unit = orjson.loads(line)
        try:
            size, failed = fill(slots[slot], maker.make(Unit(*unit))), False
        except Exception as error:  # told to the runner, which decides
            size, failed = fill(slots[slot], [orjson.dumps(failure(error))]), True
        out.write(orjson.dumps([size, failed]) + b"\n")


if __name__ == "__main__":
    main()
