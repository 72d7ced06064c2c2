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
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

import orjson

from runner.continuing import refuse_missing
from runner.engine import Engine
from runner.formats import open_format
from runner.platform import CAN_SHARE, readable
from runner.shared import Slot
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
    """Makes units here: an engine and the formats of a job. Raises `StoredError` for a plan that needs stored rows."""

    def __init__(self, spec: JobSpec) -> None:
        plan = spec.parsed_plan
        refuse_missing(plan)
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
    """One thread that keeps a unit ahead of the writer."""

    AHEAD = 1

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
    """Several `python -m runner.worker` children, asked in turn, one unit ahead each."""

    AHEAD = 1
    SLOTS = AHEAD + 2  # one asked, so many ahead, and one being written

    def __init__(self, spec: JobSpec, asked: Asked) -> None:
        self._asked = asked
        self._children = [Child(spec, self.SLOTS) for _ in range(spec.workers)]

    def map(self, units: Iterable[Unit]) -> Iterator[tuple[Unit, Sequence[Any]]]:
        """Each unit with its bytes, in order."""
        waiting: deque[tuple[Unit, int, Child]] = deque()
        for number, unit in enumerate(units):
            turn, place = divmod(number, len(self._children))
            child, slot = self._children[place], turn % self.SLOTS
            child.ask(unit, slot)
            waiting.append((unit, slot, child))
            if len(waiting) > self.AHEAD * len(self._children):
                yield self._next(waiting)
        while waiting:
            yield self._next(waiting)

    def _next(self, waiting: deque[tuple[Unit, int, Child]]) -> tuple[Unit, Sequence[Any]]:
        unit, slot, child = waiting.popleft()
        while not child.ready():
            if self._asked():
                raise Interrupted
        return unit, [child.answer(slot)]

    def close(self) -> None:
        """End the children at once; they hold nothing."""
        for child in self._children:
            child.process.kill()
        for child in self._children:
            child.close()


class Child:
    """A worker process and the memory it answers in."""

    def __init__(self, spec: JobSpec, slots: int) -> None:
        self._slots = [Slot() for _ in range(slots)]
        fds = [slot.fd for slot in self._slots]
        command = [sys.executable, "-m", "runner.worker", *map(str, fds)]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, pass_fds=fds, bufsize=0)
        self._send(spec.model_dump_json(by_alias=True).encode() + b"\n")

    def ask(self, unit: Unit, slot: int) -> None:
        """Have a unit made into a slot. Raises `WorkerDied`."""
        self._send(orjson.dumps([slot, unit.output, unit.file, unit.start, unit.stop]) + b"\n")

    def _send(self, line: bytes) -> None:
        assert self.process.stdin is not None
        view = memoryview(line)
        try:
            while view:
                view = view[self.process.stdin.write(view) or 0 :]
        except BrokenPipeError:
            raise WorkerDied("a worker process ended by itself") from None

    def ready(self) -> bool:
        """Whether the next answer is there, or will not come; waits a moment for it (unbuffered: nothing hides from `select`)."""
        return readable(self.process.stdout, PATIENCE)

    def answer(self, slot: int) -> memoryview:
        """The next unit asked for. Raises `WorkerDied` or `UnitFailed`."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line.endswith(b"\n"):
            raise WorkerDied("a worker process ended by itself")
        size, failed = orjson.loads(line)
        view = self._slots[slot].view(size)
        if failed:
            raise UnitFailed(bytes(view).decode())
        return view

    def close(self) -> None:
        """Wait for the end of a killed process and give everything back."""
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with suppress(BrokenPipeError):
                    pipe.close()
        for slot in self._slots:
            slot.close()


def open_makers(spec: JobSpec, asked: Asked) -> tuple[Maker, Makers]:
    """What this process makes units with, and who makes them: a thread of it for one worker, processes for more.

    Processes are spawned first: they start while this one prepares. Where they cannot share files there is the thread.
    """
    processes = ProcessMakers(spec, asked) if spec.workers > 1 and CAN_SHARE else None
    maker = Maker(spec)
    return maker, processes or ThreadMaker(maker, asked)
