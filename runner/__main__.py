"""`python -m runner --spec FILE [--supervised]`: one job in this process, a generation or a text dataset.

`python -m runner --generator universal --config JSON` makes a text dataset by hand, into the working folder.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, Protocol

import orjson

from runner.platform import stop_signals
from runner.protocol import EXIT_DONE, EXIT_FAILED, EXIT_PAUSED, Commands, EventWriter

if TYPE_CHECKING:
    from runner.datasets.spec import DatasetSpec

EXIT_MISUSE = 2


class _Job(Protocol):
    def run(self) -> int: ...


def main() -> NoReturn:
    """Run the job of a spec file, or of a command; the exit status is one of `runner.protocol`'s, or 2 for misuse."""
    parser = argparse.ArgumentParser(prog="python -m runner", description="Run one job.")
    parser.add_argument("--spec", type=Path, help="job spec, a JSON file")
    parser.add_argument("--supervised", action="store_true", help="read secrets and commands from standard input; end with it")
    parser.add_argument("--generator", help="a text dataset by hand: `universal`")
    parser.add_argument("--config", help="what it shall hold, JSON: targetSize, batchSize, outputFile, outputFormat, topics, …")
    args = parser.parse_args()
    if (args.spec is None) == (args.generator is None) or (args.generator is None) != (args.config is None):
        parser.error("give --spec FILE, or --generator universal --config JSON")
    status = run(args.spec, args.supervised) if args.spec else run_by_hand(parser, args.generator, args.config)
    sys.stderr.flush()
    os._exit(status)  # a unit that nobody waits for any more must not hold the process


def run(path: Path, supervised: bool) -> int:
    """Read the spec and do the job."""
    events = EventWriter("", 1)
    try:
        secrets = orjson.loads(sys.stdin.buffer.readline() or b"{}") if supervised else {}
        commands = _commands(supervised)
        job = _opened(path, events, commands, secrets)
    except (OSError, ValueError, KeyError) as error:
        events.emit("error", {"code": getattr(error, "code", "SPEC_INVALID"), "message": str(error), "retryable": False})
        return EXIT_FAILED
    return job.run()


def run_by_hand(parser: argparse.ArgumentParser, generator: str, config: str) -> int:
    """A text dataset from a command. Ends the process with status 2 and a sentence for what cannot be meant."""
    from runner.datasets.by_hand import secrets_by_hand, spec_by_hand, tidy

    try:
        spec = spec_by_hand(generator, config)
        job = _dataset(spec, EventWriter(spec.job_id, spec.attempt), _commands(False), secrets_by_hand())
    except ValueError as error:
        parser.error(str(error))
    status = job.run()
    if status == EXIT_DONE:
        tidy(spec)
    if status == EXIT_PAUSED:
        sys.stderr.write("Stopped. The same command goes on where this one stopped.\n")
    return status


def _commands(supervised: bool) -> Commands:
    commands = Commands(supervised)
    if supervised:
        commands.start()
    for number in stop_signals():
        signal.signal(number, lambda *_: commands.ask("pause", "sigterm"))
    return commands


def _opened(path: Path, events: EventWriter, commands: Commands, secrets: Mapping[str, str]) -> _Job:
    data = path.read_bytes()
    if orjson.loads(data).get("kind") == "dataset":
        from runner.datasets.spec import DatasetSpec

        spec = DatasetSpec.model_validate_json(data)
        events.job_id, events.attempt = spec.job_id, spec.attempt
        return _dataset(spec, events, commands, secrets)
    return _generation(data, events, commands)


def _generation(data: bytes, events: EventWriter, commands: Commands) -> _Job:
    _prepare()
    from runner.job import Job
    from runner.spec import JobSpec

    spec = JobSpec.model_validate_json(data)
    events.job_id, events.attempt = spec.job_id, spec.attempt
    spec.out_dir.mkdir(parents=True, exist_ok=True)
    spec.work_dir.mkdir(parents=True, exist_ok=True)
    return Job(spec, events, commands)


def _dataset(spec: DatasetSpec, events: EventWriter, commands: Commands, secrets: Mapping[str, str]) -> _Job:
    _prepare()
    from runner.datasets.run import DatasetJob

    spec.out_dir.mkdir(parents=True, exist_ok=True)
    spec.work_dir.mkdir(parents=True, exist_ok=True)
    return DatasetJob(spec, events, commands, secrets)


def _prepare() -> None:
    import pyarrow as pa

    from runner.platform import keep_freed_memory

    pa.set_cpu_count(1)
    keep_freed_memory()


if __name__ == "__main__":
    main()
