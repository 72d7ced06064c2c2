"""One generation job: units to files, with checkpoints, events and a manifest.

What lives how long: a unit's bytes until written; the open file and its hash until it is finished;
the checkpoint across restarts. Checkpoints are committed by a thread while the next units are made.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson

from runner.checkpoint import Checkpoint, Finished
from runner.engine import look_up_dictionaries
from runner.failpoints import failpoint
from runner.failure import failure
from runner.formats import FileJob
from runner.manifest import write_manifest
from runner.pace import Pace
from runner.plan import Plan
from runner.platform import FileLock
from runner.protocol import (
    EXIT_CANCELLED,
    EXIT_DONE,
    EXIT_FAILED,
    EXIT_PAUSED,
    LINE_ROOM,
    Commands,
    EventWriter,
    Throttle,
    with_load_order,
)
from runner.sink import Sink, cut, part_of
from runner.spec import JobSpec
from runner.workers import Interrupted, Makers, Unit, open_makers


class Stopped(Exception):
    """Somebody asked the job to pause or cancel."""


class Job:
    """Runs a spec. Construct, then `run` once."""

    def __init__(self, spec: JobSpec, events: EventWriter, commands: Commands) -> None:
        self.spec, self.events, self.commands = spec, events, commands
        self.maker, self._makers = open_makers(spec, lambda: commands.wanted is not None)
        self.files: list[tuple[int, int, FileJob]] = [
            (o, f, file) for o, files in enumerate(self.maker.files) for f, file in enumerate(files)
        ]
        self.digest = spec_digest(spec)
        self.checkpoint = Checkpoint(self.digest)
        self._throttle = Throttle()
        self._committer = ThreadPoolExecutor(1, thread_name_prefix="committer")
        self._commit: Future[None] | None = None
        self.pace = Pace(0, sum(file.rows for _, _, file in self.files))

    def run(self) -> int:
        """Do the work; returns the exit status. Raises nothing: failures become `error` events."""
        try:
            with FileLock(self.spec.work_dir / "lock"):
                return self._run()
        except Stopped:
            return self._leave()
        except Exception as error:  # every failure becomes an event
            data = failure(error)
            if data["code"] == "DISK_FULL":
                self._give_back()
            self.events.emit("error", data)
            return EXIT_FAILED
        finally:
            self._makers.close()
            self._committer.shutdown(wait=True)

    def _run(self) -> int:
        began = time.monotonic()
        self.events.emit("init", self._totals())
        look_up_dictionaries(self.maker.engine.plan)
        self.checkpoint = Checkpoint.read(self.spec.work_dir, self.digest)
        done = sum(f.rows for f in self.checkpoint.finished) + self._rows_of_open_file()
        self.pace = Pace(done, self.pace.total)
        resumed = self._place(self.checkpoint) if done or self.checkpoint.finished else None
        self.events.emit("start", {"attempt": self.spec.attempt, "resumeFrom": resumed, "total": self.pace.total})
        failpoint("runner.start")
        self._write_files(self._makers)
        self._complete(began)
        return EXIT_DONE

    def _rows_of_open_file(self) -> int:
        number = len(self.checkpoint.finished)
        start = self.files[number][2].start if number < len(self.files) else 0
        return max(self.checkpoint.row - start, 0)

    def _totals(self) -> Mapping[str, Any]:
        plan = self.maker.engine.plan
        tables = {t.name: t.rows for t in plan.tables}
        totals = {"rows": self.pace.total, "files": len(self.files), "tables": tables}
        told = {"kind": self.spec.kind, "specDigest": self.digest, "unit": "rows", "totals": totals}
        return with_load_order(told, list(tables))

    def _write_files(self, makers: Makers) -> None:
        finished = len(self.checkpoint.finished)
        if finished == len(self.files):
            return
        sink, row = self._open(finished)
        made = makers.map(self._units(finished, row))
        for number in range(finished, len(self.files)):
            if number > finished:
                sink, row = self._open(number)
            self._write_file(number, sink, row, made)

    def _open(self, number: int) -> tuple[Sink, int]:
        """The file's sink and the row to go on with: what a checkpoint says, if the file agrees."""
        checkpoint, file = self.checkpoint, self.files[number][2]
        sink = Sink(self.spec.out_dir / file.path)
        if sink.adopt(checkpoint.bytes, checkpoint.digest or hashlib.sha256().hexdigest()):
            return sink, max(checkpoint.row, file.start)
        self.events.emit("log", {"level": "warning", "stream": "runner", "text": f"{sink.part.name} is damaged; made anew"})
        self.pace.done -= self._rows_of_open_file()
        return sink, file.start

    def _units(self, first: int, row: int) -> Iterator[Unit]:
        for number, (output, index, file) in enumerate(self.files):
            if number < first:
                continue
            start = row if number == first else file.start
            if file.stop <= file.start:
                yield Unit(output, index, file.start, file.start)
            while start < file.stop:
                stop = min((start // file.unit_rows + 1) * file.unit_rows, file.stop)
                yield Unit(output, index, start, stop)
                start = stop

    def _write_file(self, number: int, sink: Sink, row: int, made: Iterator[tuple[Unit, Any]]) -> None:
        file = self.files[number][2]
        began, saved = time.monotonic() - self.checkpoint.seconds, row
        while True:
            self._stop_if_asked(sink, row, began)
            try:
                unit, buffers = next(made)
            except Interrupted:
                continue
            sink.append(buffers)
            row = unit.stop
            self.pace.done += unit.stop - unit.start
            failpoint("runner.unit")
            if self._throttle.ready():
                self.events.emit("progress", self.pace.progress(file.table or file.name, sink.bytes))
            if row >= file.stop:
                break
            if row - saved >= self.spec.checkpoint_rows // 2:  # one commit may be under way: half and half is a whole
                self._save(sink, row, began)
                saved = row
            elif self._idle():
                self._commit = self._committer.submit(sink.sync)
        self._finish(sink, file, began)

    def _stop_if_asked(self, sink: Sink, row: int, began: float) -> None:
        if self.commands.wanted is None:
            return
        self._save(sink, row, began)
        self._settle()
        sink.close()
        raise Stopped

    def _idle(self) -> bool:
        if self._commit is not None and self._commit.done():
            self._settle()
        return self._commit is None

    def _settle(self) -> None:
        """Wait for the commit under way; raises what it raised."""
        if self._commit is not None:
            self._commit.result()
            self._commit = None

    def _save(self, sink: Sink, row: int, began: float) -> None:
        """Have everything up to here made durable, by the committer."""
        self._settle()
        seconds = time.monotonic() - began
        checkpoint = Checkpoint(self.digest, self.checkpoint.finished, row, sink.bytes, sink.digest, seconds)
        self._commit = self._committer.submit(self._commit_to_disk, sink, checkpoint)

    def _commit_to_disk(self, sink: Sink, checkpoint: Checkpoint) -> None:
        failpoint("runner.before_sync")
        sink.sync()
        failpoint("runner.after_sync")
        checkpoint.write(self.spec.work_dir)
        failpoint("runner.after_checkpoint")
        self.checkpoint = checkpoint
        self.events.emit("checkpoint", self._place(checkpoint))

    def _place(self, checkpoint: Checkpoint) -> dict[str, Any]:
        """A checkpoint as events tell it: rows of the whole job, and the open file's place."""
        number = len(checkpoint.finished)
        file = self.files[number][2] if number < len(self.files) else None
        done = sum(f.rows for f in checkpoint.finished) + (max(checkpoint.row - file.start, 0) if file else 0)
        name = file.name if file else None
        return {"rows": done, "bytes": checkpoint.bytes, "file": name, "row": checkpoint.row, "digest": checkpoint.digest}

    def _finish(self, sink: Sink, file: FileJob, began: float) -> None:
        self._settle()
        sha256 = sink.finish()
        seconds = time.monotonic() - began
        made = Finished(file.name, file.path, sink.bytes, sha256, file.content_type, file.rows, file.table, seconds)
        self.checkpoint = Checkpoint(self.digest, (*self.checkpoint.finished, made))
        self.checkpoint.write(self.spec.work_dir)
        self.events.emit("checkpoint", self._place(self.checkpoint))

    def _complete(self, began: float) -> None:
        manifest = write_manifest(self.spec.out_dir, self.maker.engine.plan, self.spec, self.checkpoint.finished)
        failpoint("runner.before_complete")
        files = self.checkpoint.finished
        self.events.emit("progress", self.pace.progress("", sum(f.bytes for f in files)))
        seconds = time.monotonic() - began
        data: dict[str, Any] = {
            "artifacts": [*(f.as_artifact() for f in files), manifest],
            "rows": sum(f.rows for f in files),
            "bytes": sum(f.bytes for f in files),
            "durationSeconds": round(seconds, 3),
            "rowsPerSecond": round(max(self.pace.done - self.pace.first, 0) / max(seconds, 1e-9), 1),
            "tables": table_summary(self.maker.engine.plan, files),
        }
        if len(orjson.dumps(data)) > LINE_ROOM:
            data |= {"artifacts": [manifest], "tables": [], "listedIn": manifest["name"]}
        self.events.emit("complete", data)

    def _give_back(self) -> None:
        """Cut the open file to its last checkpoint: going on needs no more, and a full disk all it can get."""
        self._committer.shutdown(wait=True)
        with suppress(OSError, ValueError, IndexError):
            kept = Checkpoint.read(self.spec.work_dir, self.digest)
            cut(self.spec.out_dir / self.files[len(kept.finished)][2].path, kept.bytes)

    def _leave(self) -> int:
        """Say why the job leaves: paused ones can go on, cancelled ones take their unfinished file with them."""
        cancelled = self.commands.wanted == "cancel"
        if cancelled:
            remove_files(self.spec.out_dir, [file for _, _, file in self.files])
        reason = self.commands.reason
        place = None if cancelled else self._place(self.checkpoint)
        self.events.emit("shutdown", {"reason": reason, "resumable": not cancelled, "checkpoint": place})
        return EXIT_CANCELLED if cancelled else EXIT_PAUSED


def table_summary(plan: Plan, files: tuple[Finished, ...]) -> list[dict[str, Any]]:
    """The rows of each table, bytes of all its files, and its rows by the seconds these took, in load order."""
    summary = []
    for table in plan.tables:
        own = [f for f in files if f.table == table.name]
        seconds = sum(f.seconds for f in own)
        rate = round(table.rows / seconds, 1) if seconds else 0.0
        if own:
            size = sum(f.bytes for f in own)
            summary.append({"name": table.name, "rows": table.rows, "bytes": size, "rowsPerSecond": rate})
    return summary


def remove_files(folder: Path, files: list[FileJob]) -> None:
    """Remove what a cancelled job wrote, finished or not, and folders left empty."""
    for file in files:
        path = folder / file.path
        path.unlink(missing_ok=True)
        part_of(path).unlink(missing_ok=True)
        if path.parent != folder and path.parent.is_dir() and not any(path.parent.iterdir()):
            path.parent.rmdir()


def spec_digest(spec: JobSpec) -> str:
    """SHA-256 of what decides the bytes: the plan and the outputs."""
    outputs = [o.model_dump(mode="json") for o in spec.outputs]
    return hashlib.sha256(orjson.dumps([spec.plan, outputs], option=orjson.OPT_SORT_KEYS)).hexdigest()
