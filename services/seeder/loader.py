"""`python -m services.seeder.loader --spec FILE [--supervised]`: one seeding job in this process.

A child that speaks `runner.protocol`. The target's URL is the first line of standard input,
`{"target": "…"}`: never an argument, never in the spec. Beside it stands the `token` of generators, if they want one.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

from runner.engine import Engine, look_up_dictionaries
from runner.nested import NestedBatches
from runner.plan import Plan
from runner.protocol import with_load_order
from services.common.databases import DatabaseError, Target, connect
from services.common.jobs.process import Spec, Voice, Work, main
from services.seeder.blocks import Batches, BlockSource, LocalBlocks
from services.seeder.check import Check
from services.seeder.clean import Clean
from services.seeder.load import Load
from services.seeder.mending import MendTarget
from services.seeder.repair import Repair
from services.seeder.restoring import Restore
from services.seeder.spec import LoadSpec
from services.seeder.sql import SqlTarget
from services.seeder.topup import Frozen, as_given, frozen, kept


class LoadWork:
    """The work of one seeding job: a load, or what its spec asks for instead."""

    def __init__(self, spec: LoadSpec, secrets: Mapping[str, str], say: Voice) -> None:
        self.spec, self._secrets, self._say = spec, secrets, say
        self._load: Load | None = None

    def stop(self) -> None:
        """Loads look themselves whether they are asked to stop."""

    @property
    def checkpoint(self) -> Mapping[str, Any] | None:
        """How far the load is durable."""
        return self._load.account.place if self._load else None

    @property
    def remains(self) -> Mapping[str, Any]:
        """Which rows are in."""
        return self._load.account.unfinished if self._load else {}

    def give_up(self) -> None:
        """What the load took off comes back."""
        if self._load is not None:
            self._load.give_up()

    def run(self) -> None:
        """Do it. Raises what goes wrong."""
        interrupted = self._say.commands.changed
        state = kept(self.spec) or self._freeze()
        plan = state.plan
        self._say("init", totals(self.spec, plan))
        if not self.spec.generators:
            look_up_dictionaries(plan)
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


def batches(state: Frozen, load: Load) -> Batches:
    """An engine of the plan, with the rows of documents in them where the target nests them."""
    engine = Engine(state.plan, load.batch_rows, state.folder)
    return NestedBatches(state.plan, engine) if load.nested else engine


def refuse_absent(url: str) -> None:
    """Raise `DatabaseError` for an SQLite file that is not there: opening it would make one."""
    file = Path(url.removeprefix("sqlite:///"))
    if url.startswith("sqlite:///") and not file.is_file():
        raise DatabaseError("TARGET_NOT_FOUND", f"there is no database file {file.name}")


def totals(spec: LoadSpec, plan: Plan) -> Mapping[str, Any]:
    """The data of the init event: tables in the order in which they are worked on, a cleaning's from the last to the first.

    Where rows may go into documents of other tables they are not counted one table after the other, and no order is told.
    """
    tables = {t.name: t.rows for t in plan.tables}
    rows = {"rows": plan.total_rows, "files": 0, "tables": tables}
    told = {"kind": spec.kind, "specDigest": plan.digest, "unit": "rows", "totals": rows}
    if any(t.embed for t in plan.tables):
        return told
    return with_load_order(told, list(reversed(tables)) if spec.clean else list(tables))


def begin(path: Path, secrets: Mapping[str, str], say: Voice) -> tuple[Spec, Work]:
    """Read the spec."""
    spec = LoadSpec.read(path)
    if not secrets.get("target"):
        raise ValueError("the target is missing")
    return spec, LoadWork(spec, secrets, say)


if __name__ == "__main__":
    main("services.seeder.loader", "Run one seeding job.", begin)
