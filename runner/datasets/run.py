"""One job of a text dataset: records from a model (or in blocks from the template model) to files, report and manifest.

What lives how long: an answer and a verdict as long as the job's work folder (the store, the journal), the records' file from
the moment on when there are enough records, the index of duplicates as long as the process (made anew on resuming).
"""

from __future__ import annotations

import asyncio
import errno
import sqlite3
import threading
import time
from collections.abc import Callable, Coroutine, Mapping
from contextlib import closing, suppress
from dataclasses import replace
from functools import partial
from typing import Any, Final, TypeVar

from runner.datasets import outputs
from runner.datasets.answers import Answers
from runner.datasets.blocks import BlockRun
from runner.datasets.collecting import Collector, Hooks, Stopped
from runner.datasets.files import Artifact, artifact, located, remove_files, work_digest, write_manifest, write_records
from runner.datasets.journal import Journal
from runner.datasets.models import TEMPLATE, Model, ModelError, open_model, provider_of
from runner.datasets.models.template import blocks, check_request
from runner.datasets.outputs import Written
from runner.datasets.parsing import Reader
from runner.datasets.spec import DatasetSpec
from runner.datasets.summary import Summary
from runner.datasets.summing import TEMPLATE_LABEL, summary_of_blocks, summary_of_journal
from runner.datasets.tally import Tally
from runner.failpoints import failpoint
from runner.failure import failure
from runner.pace import Pace
from runner.platform import FileLock
from runner.protocol import EXIT_CANCELLED, EXIT_DONE, EXIT_FAILED, EXIT_PAUSED, Commands, EventWriter, Throttle

INCOMPLETE: Final = "DATASET_INCOMPLETE"
_POLL_SECONDS: Final = 0.05
T = TypeVar("T")


class DatasetJob:
    """Runs a spec. Construct, then `run` once. `secrets` may hold `api_key`."""

    def __init__(self, spec: DatasetSpec, events: EventWriter, commands: Commands, secrets: Mapping[str, str]) -> None:
        """Raises `ValueError` for a request that cannot be: a schema that is none, a shape that does not fit."""
        self.spec, self._events, self._commands, self._secrets = spec, events, commands, secrets
        self._template = provider_of(spec.request.model_name) == TEMPLATE
        Reader(spec.request)
        check_outputs(spec)
        if self._template:
            check_request(spec.request)
        self._throttle = Throttle()
        self._began = time.monotonic()
        self._pace = Pace(0, spec.request.target_count)

    def run(self) -> int:
        """Do the work; returns the exit status. Raises nothing: failures become `error` events."""
        try:
            with FileLock(self.spec.work_dir / "lock"):
                self._events.emit("init", self._totals())
                return self._end(*(self._make() if self._template else self._collect()))
        except Stopped:
            return self._leave()
        except Exception as error:  # every failure becomes an event
            self._events.emit("error", failure_of(error))
            return EXIT_FAILED

    def _totals(self) -> dict[str, Any]:
        request = self.spec.request
        return {
            "kind": self.spec.kind,
            "specDigest": work_digest(request),
            "unit": "records",
            "totals": {"rows": request.target_count, "files": 1, "tables": {self.spec.file_name: request.target_count}},
            "model": dict(TEMPLATE_LABEL) if self._template else {"model": request.model_name},
            "template": self._template,
            "fallback": self.spec.fallback,
        }

    def _make(self) -> tuple[Summary, Written]:
        """By the template model."""
        made = BlockRun(self.spec, blocks)
        self._start(made.rows, made.rows > 0)

        def told(durable: bool) -> None:
            self._pace.done = made.rows
            self._progress(lambda: {"accepted": made.rows})
            if durable:
                self._checkpoint(made.rows)

        written = made.run(lambda: self._commands.wanted is None, told)
        if written is None:
            raise Stopped
        self._tell({"accepted": made.rows})
        return summary_of_blocks(self.spec, made), written

    def _collect(self) -> tuple[Summary, Written | None]:
        """By a model that is asked."""
        digest = work_digest(self.spec.request, records_only=True)
        with closing(Journal(self.spec.work_dir / "journal.db", digest)) as journal:
            with closing(Answers(self.spec.answers_path, self.spec.answers_from)) as answers:
                why = _finished(self._asked(journal, answers))
            failpoint("dataset.before_files")
            tally, written = Tally(self.spec.request), None
            samples: tuple[dict[str, Any], ...] = ()
            if journal.totals().accepted:
                written, tally, samples = write_records(self.spec, journal.accepted(), self._obey)
            return summary_of_journal(self.spec, journal, tally, samples, why), written

    async def _asked(self, journal: Journal, answers: Answers) -> str:
        """Collect; returns why the dataset stays incomplete, "" when it does not."""
        totals = journal.totals()
        self._start(totals.accepted, totals.verdicts > 0)
        if totals.accepted == self.spec.request.target_count:
            return ""
        model = await self._opened()
        journal.label = model.label
        hooks = Hooks(lambda: self._commands.wanted, self._progress, self._checkpoint)
        collector = Collector(self.spec, model, answers, journal, hooks)
        try:
            return await collector.collect()
        finally:
            self._tell(collector.metrics())
            await collector.close()

    async def _opened(self) -> Model:
        """The model, opened beside the loop: weights take their time, and the job must still obey."""
        request = self.spec.request
        settings = self.spec.model.model_copy(update={"quantize": self.spec.model.quantize or request.use_quantization})
        opening = _beside(lambda: open_model(request.model_name, settings, self._secrets))
        while not opening.done():
            await asyncio.wait((opening,), timeout=_POLL_SECONDS)
            self._obey()
        return opening.result()

    def _obey(self) -> None:
        if self._commands.wanted is not None:
            raise Stopped

    def _start(self, done: int, resumed: bool) -> None:
        self._pace = Pace(done, self.spec.request.target_count)
        place = {"rows": done} if resumed else None
        self._events.emit("start", {"attempt": self.spec.attempt, "resumeFrom": place, "total": self._pace.total})
        self._tell({"accepted": done})

    def _progress(self, details: Callable[[], Mapping[str, Any]]) -> None:
        """Tell of progress, four times a second at most."""
        if self._throttle.ready():
            self._tell(details())

    def _tell(self, details: Mapping[str, Any]) -> None:
        self._pace.done = details["accepted"]
        told = self._pace.progress("records", 0)
        del told["table"], told["bytes"]
        self._events.emit("progress", told | {"unit": "records"} | dict(details))

    def _checkpoint(self, accepted: int) -> None:
        self._events.emit("checkpoint", {"rows": accepted, "records": accepted})

    def _end(self, summary: Summary, written: Written | None) -> int:
        """Report, manifest, and the terminal event."""
        artifacts = self._finish(summary, written)
        failpoint("dataset.before_complete")
        data = {
            "artifacts": artifacts,
            "rows": summary.accepted,
            "bytes": written.bytes if written else 0,
            "durationSeconds": round(time.monotonic() - self._began, 3),
            "accepted": summary.accepted,
            "target": summary.target,
            "rejected": dict(summary.rejected),
            "tokens": dict(summary.tokens),
            "model": dict(summary.model),
            "template": summary.template,
            "fallback": summary.fallback,
        }
        if not summary.incomplete:
            self._events.emit("complete", data)
            return EXIT_DONE
        self._events.emit("error", {"code": INCOMPLETE, "message": short_of(summary), "retryable": False} | data)
        return EXIT_FAILED

    def _finish(self, summary: Summary, written: Written | None) -> list[Artifact]:
        from runner.datasets import report  # charts take their time to import, and the job is nearly done

        if written is None:
            return []
        records = artifact(self.spec, written)
        self.spec.about_dir.mkdir(parents=True, exist_ok=True)
        about = [*report.write(self.spec.about_dir, replace(summary, files=(records,)))]
        about.append(write_manifest(self.spec, summary, [records]))
        return [records, *(located(self.spec, one) for one in about)]

    def _leave(self) -> int:
        """Say why the job leaves: paused ones can go on, cancelled ones take their file with them."""
        cancelled = self._commands.wanted == "cancel"
        if cancelled:
            remove_files(self.spec)
        place = None if cancelled else {"rows": self._pace.done}
        self._events.emit("shutdown", {"reason": self._commands.reason, "resumable": not cancelled, "checkpoint": place})
        return EXIT_CANCELLED if cancelled else EXIT_PAUSED


def check_outputs(spec: DatasetSpec) -> None:
    """Raises `OptionError` (a `ValueError`) when format, shape, kinds and compression do not go together."""
    request = spec.request
    outputs.check(request.output_format, request.shape, request.kinds, request.record_schema, request.compression)


def short_of(summary: Summary) -> str:
    """Why there are fewer records than asked for, and what can be done."""
    reasons = ", ".join(f"{reason} {count}" for reason, count in list(summary.rejected.items())[:5])
    why = summary.incomplete.rstrip(".")
    rejected = f" Rejected so far: {reasons}." if reasons else ""
    return f"{summary.accepted} of {summary.target} records: {why}.{rejected} What was accepted is kept."


def failure_of(error: Exception) -> dict[str, Any]:
    """The data of an error event."""
    match error:
        case ModelError():
            return {"code": error.code, "message": error.message, "retryable": error.retryable}
        case sqlite3.OperationalError() if "full" in str(error):
            return failure(OSError(errno.ENOSPC, "no space left"))
        case sqlite3.Error():
            return {"code": "STORE_FAILED", "message": f"cannot keep answers: {error}", "retryable": True}
    return failure(error)


def _finished(work: Coroutine[Any, Any, T]) -> T:
    """The result of a coroutine in a loop of its own; threads that still work for it are not waited for."""
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(work)
    finally:
        loop.close()


def _beside(work: Callable[[], T]) -> asyncio.Future[T]:
    """What a function gives, called in a thread that ends with the process."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def call() -> None:
        try:
            settle: Callable[[], None] = partial(done.set_result, work())
        except Exception as error:  # the caller's, in his own thread
            settle = partial(done.set_exception, error)
        with suppress(RuntimeError):  # the loop is closed: the job was stopped meanwhile
            loop.call_soon_threadsafe(settle)

    threading.Thread(target=call, name="opening", daemon=True).start()
    return done
