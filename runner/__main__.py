"""`python -m runner --spec FILE [--supervised]`: one generation job in this process."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from pathlib import Path
from typing import NoReturn

from runner.protocol import EXIT_FAILED, Commands, EventWriter


def main() -> NoReturn:
    """Run the job of a spec file; the exit status is one of `runner.protocol`'s."""
    parser = argparse.ArgumentParser(prog="python -m runner", description="Run one generation job.")
    parser.add_argument("--spec", type=Path, required=True, help="job spec, a JSON file")
    parser.add_argument("--supervised", action="store_true", help="read secrets and commands from standard input; end with it")
    args = parser.parse_args()
    status = run(args.spec, args.supervised)
    sys.stderr.flush()
    os._exit(status)  # a unit that nobody waits for any more must not hold the process


def run(path: Path, supervised: bool) -> int:
    """Read the spec and do the job."""
    events = EventWriter("", 1)
    try:
        import pyarrow as pa

        from runner.job import Job
        from runner.platform import keep_freed_memory
        from runner.spec import JobSpec

        pa.set_cpu_count(1)
        keep_freed_memory()
        spec = JobSpec.read(path)
        events.job_id, events.attempt = spec.job_id, spec.attempt
        if supervised:
            sys.stdin.buffer.readline()  # the secrets; a generation has none
        commands = Commands(supervised)
        if supervised:
            commands.start()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: commands.ask("pause", "sigterm"))
        spec.out_dir.mkdir(parents=True, exist_ok=True)
        spec.work_dir.mkdir(parents=True, exist_ok=True)
        job = Job(spec, events, commands)
    except (OSError, ValueError, KeyError) as error:
        events.emit("error", {"code": getattr(error, "code", "SPEC_INVALID"), "message": str(error), "retryable": False})
        return EXIT_FAILED
    return job.run()


if __name__ == "__main__":
    main()
