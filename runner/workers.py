"""Units made ahead of the writer, in order: by a thread of this process or by several child processes.

Both give the bytes of the units in the order asked for, hold at most a few units in memory, and
can be closed at any time. A unit is a pure function, so who makes it does not matter.
"""

from __future__ import annotations

import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any, Protocol

import orjson

from runner.engine import Engine
from runner.formats import open_format
from runner.platform import readable, widen_pipe
from runner.spec import JobSpec


@dataclass(frozen=True)
class Unit:
    """Rows [start, stop) of file number `file` of output number `output`."""

    output: int
    file: int
    start: int
    stop: int


class Interrupted(Exception):
    """Somebody asked to stop while a unit was being made; the unit is dropped."""


class WorkerDied(RuntimeError):
    """A worker process ended before its unit was made."""


class UnitFailed(RuntimeError):
    """A worker says why a unit cannot be made."""


class Maker:
    """Makes units here: an engine and the formats of a job."""

    def __init__(self, spec: JobSpec) -> None:
        plan = spec.parsed_plan
        self.engine = Engine(plan, spec.block_rows)
        self.formats = [open_format(plan, output) for output in spec.outputs]
        self.files = [fmt.files() for fmt in self.formats]

    def make(self, unit: Unit) -> Sequence[Any]:
        """The bytes of a unit as buffers."""
        fmt = self.formats[unit.output]
        return fmt.unit(self.files[unit.output][unit.file], self.engine, unit.start, unit.stop)


Asked = Callable[[], bool]
"""Whether somebody asked to stop; looked at ten times a second while a unit is waited for."""

PATIENCE = 0.1


class Makers(Protocol):
    """Makes units in order. `map` raises `Interrupted` soon after somebody asked to stop."""

    def map(self, units: Iterable[Unit]) -> Iterator[tuple[Unit, Sequence[Any]]]:
        """Each unit with its bytes, in order."""

    def close(self) -> None:
        """Let go of threads and processes at once."""


class ThreadMaker:
    """One thread that keeps two units ahead of the writer."""

    AHEAD = 2

    def __init__(self, maker: Maker, asked: Asked) -> None:
        self._maker, self._asked = maker, asked
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="maker")

    def map(self, units: Iterable[Unit]) -> Iterator[tuple[Unit, Sequence[Any]]]:
        """Each unit with its bytes, in order."""
        waiting: deque[tuple[Unit, Future[Sequence[Any]]]] = deque()
        for unit in units:
            waiting.append((unit, self._pool.submit(self._maker.make, unit)))
            if len(waiting) > self.AHEAD:
                yield self._next(waiting)
        while waiting:
            yield self._next(waiting)

    def _next(self, waiting: deque[tuple[Unit, Future[Sequence[Any]]]]) -> tuple[Unit, Sequence[Any]]:
        unit, future = waiting.popleft()
        while not wait((future,), PATIENCE).done:
            if self._asked():
                raise Interrupted
        return unit, future.result()

    def close(self) -> None:
        """Drop what was not asked for yet; the unit in work is finished by the thread."""
        self._pool.shutdown(wait=False, cancel_futures=True)


class ProcessMakers:
    """Several `python -m runner.worker` children, asked in turn, two units ahead each."""

    AHEAD = 2

    def __init__(self, spec: JobSpec, asked: Asked) -> None:
        self._asked = asked
        self._children = [_spawn(spec) for _ in range(spec.workers)]

    def map(self, units: Iterable[Unit]) -> Iterator[tuple[Unit, Sequence[Any]]]:
        """Each unit with its bytes, in order."""
        waiting: deque[tuple[Unit, subprocess.Popen[bytes]]] = deque()
        for number, unit in enumerate(units):
            child = self._children[number % len(self._children)]
            _ask(child, unit)
            waiting.append((unit, child))
            if len(waiting) > self.AHEAD * len(self._children):
                yield self._next(waiting)
        while waiting:
            yield self._next(waiting)

    def _next(self, waiting: deque[tuple[Unit, subprocess.Popen[bytes]]]) -> tuple[Unit, Sequence[Any]]:
        unit, child = waiting.popleft()
        while not readable(child.stdout, PATIENCE):
            if self._asked():
                raise Interrupted
        return unit, _answer(child)

    def close(self) -> None:
        """End the children at once; they hold nothing."""
        for child in self._children:
            child.kill()
        for child in self._children:
            child.wait()
            for pipe in (child.stdin, child.stdout):
                if pipe is not None:
                    pipe.close()


def _spawn(spec: JobSpec) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "runner.worker"]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
    assert child.stdin is not None and child.stdout is not None
    widen_pipe(child.stdout.fileno())
    data = spec.model_dump_json(by_alias=True).encode()
    _send(child, len(data).to_bytes(8, "little") + data)
    return child


def _send(child: subprocess.Popen[bytes], data: bytes) -> None:
    assert child.stdin is not None
    view = memoryview(data)
    try:
        while view:
            view = view[child.stdin.write(view) or 0 :]
    except BrokenPipeError:
        raise WorkerDied("a worker process ended by itself") from None


def _ask(child: subprocess.Popen[bytes], unit: Unit) -> None:
    _send(child, orjson.dumps([unit.output, unit.file, unit.start, unit.stop]) + b"\n")


def _answer(child: subprocess.Popen[bytes]) -> Sequence[Any]:
    head = _receive(child, 9)
    data = _receive(child, int.from_bytes(head[:8], "little"))
    if head[8]:
        raise UnitFailed(bytes(data).decode())
    return [data]


def _receive(child: subprocess.Popen[bytes], size: int) -> memoryview:
    assert child.stdout is not None
    buffer = memoryview(bytearray(size))
    filled = 0
    while filled < size:
        count = child.stdout.readinto(buffer[filled:])  # type: ignore[attr-defined]  # raw: bufsize=0
        if not count:
            raise WorkerDied("a worker process ended by itself")
        filled += count
    return buffer


def open_makers(spec: JobSpec, maker: Maker, asked: Asked) -> Makers:
    """A thread for one worker, processes for more."""
    return ThreadMaker(maker, asked) if spec.workers == 1 else ProcessMakers(spec, asked)
