"""`python -m services.seeder.loader --spec FILE [--supervised]`: one seeding job in this process.

A child that speaks `runner.protocol`. The target's URL is the first line of standard input,
`{"target": "…"}`: never an argument, never in the spec. Beside it stands the `token` of generators, if they want one.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Never, cast

import orjson
import pyarrow as pa

from runner.engine import Engine
from runner.failure import failure
from runner.nested import NestedBatches
from runner.plan import Plan
from runner.platform import FileLock
from runner.protocol import EXIT_CANCELLED, EXIT_DONE, EXIT_FAILED, EXIT_PAUSED, Commands, EventType, EventWriter
from services.common.databases import DatabaseError, StaleAttemptError, Target, connect
from services.seeder.blocks import Batches, BlockSource, Interrupted, LocalBlocks, SourceError
from services.seeder.check import Check
from services.seeder.clean import Clean
from services.seeder.load import Load
from services.seeder.mending import MendTarget
from services.seeder.repair import Repair
from services.seeder.restoring import Restore
from services.seeder.spec import LoadSpec
from services.seeder.sql import SqlTarget
from services.seeder.topup import Frozen, as_given, frozen, kept

GRACE_SECONDS = 1.0
"""Work that does not end within this time of a pause is dropped; its transaction is undone."""
ENDING_SECONDS = 1.5
"""How much longer a cancelled load may take to put back what it took off."""


class Loader:
    """The process of one load: what it says, and how it leaves when asked to."""

    def __init__(self, spec: LoadSpec, secrets: Mapping[str, str], events: EventWriter, commands: Commands) -> None:
        self.spec, self._secrets, self._events, self._commands = spec, secrets, events, commands
        self._gate = threading.Lock()
        self._load: Load | None = None
        self._ending = threading.Event()

    def run(self) -> int:
        """Do the work; returns the exit status. Failures become `error` events."""
        threading.Thread(target=self._watch, name="watch", daemon=True).start()
        try:
            with FileLock(self.spec.work_dir / "lock"):
                self._run()
            return EXIT_DONE
        except Interrupted:
            self._leave_for_good() if self._commands.wanted == "cancel" else self._leave()
        except StaleAttemptError:
            self._say("shutdown", {"reason": "lease_lost", "resumable": True, "checkpoint": None})
            return EXIT_PAUSED
        except (DatabaseError, SourceError) as error:
            place = self._load.account.unfinished if self._load else {}
            if not error.retryable:
                self._give_up()
            self._say("error", {"code": error.code, "message": str(error), "retryable": error.retryable, **place})
        except Exception as error:  # every failure becomes an event
            self._give_up()
            self._say("error", failure(error))
        return EXIT_FAILED

    def _run(self) -> None:
        interrupted = self._commands.changed
        state = kept(self.spec) or self._freeze()
        plan = state.plan
        self._say("init", totals(self.spec, plan))
        for text in state.warnings:
            self._say("log", {"level": "warning", "stream": "loader", "text": text})
        source = self._source(state, interrupted, lambda: load)
        self._load = load = self._kind(self.spec, plan, lambda: self._opened(plan), source, self._say, interrupted)
        try:
            load.run()
        finally:
            source.close()
            load.close()

    @property
    def _kind(self) -> type[Load]:
        kinds: dict[str, type[Load]] = {"check": Check, "repair": Repair, "restore": Restore}
        return kinds.get(self.spec.action, Clean if self.spec.clean else Load)

    def _freeze(self) -> Frozen:
        """The plan as the target's rows demand."""
        if self.spec.action != "load":
            return as_given(self.spec)
        target = self._opened(self.spec.parsed_plan)
        try:
            return frozen(self.spec, target)
        finally:
            target.close()

    def _opened(self, plan: Plan) -> Target:
        """The target, whatever it is. Raises `DatabaseError`."""
        if self.spec.action != "load":
            refuse_absent(self._secrets["target"])
        found: Any = connect(self._secrets["target"])
        if self.spec.action in ("check", "repair"):
            return self._mending(found, plan)
        if hasattr(found, "load_block"):
            return cast("Target", found)
        if self.spec.action == "restore":
            return self._mending(found, plan)
        target: Target = SqlTarget(found, plan, self.spec.fast, cleaning=bool(self.spec.clean))
        return target

    def _mending(self, found: Any, plan: Plan) -> Target:
        if not hasattr(found, "fetch"):
            message = f"rows in {found.dialect} cannot be compared with what a schema says; SQL databases' can"
            found.close()
            raise DatabaseError("NOT_SUPPORTED", message)
        target: Target = MendTarget(found, plan)
        return target

    def _source(self, state: Frozen, interrupted: threading.Event, load: Callable[[], Load]) -> BlockSource:
        """Where blocks come from: the generators that the spec names, else this process."""
        if not self.spec.generators:
            return LocalBlocks(lambda: batches(state, load()), interrupted)
        from services.seeder.remote import remote_blocks  # only those who are told of generators pay for gRPC

        rows, documents = lambda: load().batch_rows, lambda: load().nested
        token = self._secrets.get("token", "")
        return remote_blocks(self.spec, token, interrupted, rows, documents, state.plan, state.folder)

    def _say(self, type_: EventType, data: Mapping[str, Any]) -> None:
        with self._gate:
            self._events.emit(type_, data)

    def _give_up(self) -> None:
        """The load has failed for good, or was cancelled: what it took off comes back."""
        if self._load is not None:
            self._load.give_up()

    def _leave_for_good(self) -> Never:
        self._ending.set()
        self._give_up()
        self._leave()

    def _watch(self) -> None:
        """After a pause or cancel: give the block under way a moment, then leave in any case."""
        self._commands.changed.wait()
        threading.Event().wait(GRACE_SECONDS)
        if self._ending.is_set():
            threading.Event().wait(ENDING_SECONDS)
        self._leave()

    def _leave(self) -> Never:
        """Say so and end the process at once; what was not committed is undone. Nothing is said after it."""
        self._gate.acquire()
        cancelled = self._commands.wanted == "cancel"
        place = self._load.account.place if self._load and not cancelled else None
        self._events.emit("shutdown", {"reason": self._commands.reason, "resumable": not cancelled, "checkpoint": place})
        os._exit(EXIT_CANCELLED if cancelled else EXIT_PAUSED)


def batches(state: Frozen, load: Load) -> Batches:
    """An engine of the plan, with the rows of documents in them where the target nests them."""
    engine = Engine(state.plan, load.batch_rows, state.folder)
    return NestedBatches(state.plan, engine) if load.nested else engine


def refuse_absent(url: str) -> None:
    """Raise `DatabaseError` for an SQLite file that is not there: opening it would make one."""
    file = Path(url.removeprefix("sqlite:///"))
    if url.startswith("sqlite:///") and not file.is_file():
        raise DatabaseError("TARGET_NOT_FOUND", f"there is no database file {file.name}")


def totals(spec: LoadSpec, plan: Plan) -> dict[str, Any]:
    """The data of the init event."""
    tables = {t.name: t.rows for t in plan.tables}
    rows = {"rows": plan.total_rows, "files": 0, "tables": tables}
    return {"kind": spec.kind, "specDigest": plan.digest, "unit": "rows", "totals": rows}


def main() -> int:
    """Run the load of a spec file; the exit status is one of `runner.protocol`'s."""
    parser = argparse.ArgumentParser(prog="python -m services.seeder.loader", description="Run one seeding job.")
    parser.add_argument("--spec", type=Path, required=True, help="job spec, a JSON file")
    parser.add_argument("--supervised", action="store_true", help="read commands from standard input; end with it")
    args = parser.parse_args()
    return run(args.spec, args.supervised)


def run(path: Path, supervised: bool) -> int:
    """Read the spec and the secrets, and do the job."""
    events = EventWriter("", 1)
    pa.set_cpu_count(1)
    try:
        spec = LoadSpec.read(path)
        events.job_id, events.attempt = spec.job_id, spec.attempt
        secrets = orjson.loads(sys.stdin.buffer.readline())
        secrets["target"]
    except (OSError, ValueError, LookupError, TypeError) as error:
        message = f"the target is missing: {error}" if events.job_id else str(error)
        events.emit("error", {"code": "SPEC_INVALID", "message": message, "retryable": False})
        return EXIT_FAILED
    commands = Commands(supervised)
    if supervised:
        commands.start()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: commands.ask("pause", "sigterm"))
    return Loader(spec, secrets, events, commands).run()


def exit_now(status: int) -> Never:
    """End without waiting for threads that compute what nobody wants any more."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    exit_now(main())
