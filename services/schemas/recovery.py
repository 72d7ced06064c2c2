"""Creations that died are undone, at the start of a service and on a sweep, by whichever of the replicas comes first.

First the record says `failed` and what may be left; then what is left is removed, as often as it takes until the
place answers. Removing twice does no harm, since a creation's database carries its mark.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace

import structlog

from services.common.databases import DatabaseError
from services.common.errors import MockcraftError
from services.common.jobs.identity import surely_dead
from services.common.settings import Settings
from services.schemas.creating import hosted
from services.schemas.hosted import Leftover
from services.schemas.hosting import Host, Making
from services.schemas.store import Act, Changes, Record, SchemaStore

logger = structlog.get_logger("schemas")

DIED = "the service that created it ended before it was done."
RECOVERY = Act(actor="recovery", action="database.recover")


class Recovery:
    """Undoes what died. `sweep` blocks and never raises."""

    def __init__(self, host: Host, store: SchemaStore, settings: Settings) -> None:
        self._host, self._store = host, store
        self._seconds = settings.registry.takeover_seconds

    def sweep(self) -> int:
        """Give up all creations that died and remove all that is left; how many creations were given up."""
        try:
            given_up = sum(self._give_up(record) for record in self._dead())
            left = self._store.leftovers()
            for record in left if left and self._answers() else ():
                self.settle(record)
        except MockcraftError as error:
            logger.warning("creations that died cannot be looked for", code=error.code)
            return 0
        return given_up

    def settle(self, record: Record) -> Record:
        """Remove what earlier creations of a schema left, as far as the place answers; the record as it is then."""
        doing = hosted(record)
        gone = {left.making.attempt for left in doing.leftovers if self._removed(record, doing.place, left)}
        if not gone:
            return record
        there = doing.live is not None and self._there(doing.live)
        return self._store.change(record.id, lambda before: _settled(before, frozenset(gone), there), act=RECOVERY)

    def _removed(self, record: Record, place: str, left: Leftover) -> bool:
        if place != self._host.place:
            logger.warning("what a creation left stays, the settings name another server", schema=record.id, place=place)
            return True
        try:
            self._host.undo(left.making, left.made)
        except DatabaseError as error:
            logger.warning("what a creation left cannot be removed yet", schema=record.id, code=error.code)
            return False
        return True

    def _answers(self) -> bool:
        try:
            self._host.ping()
        except DatabaseError:
            return False
        return True

    def _there(self, live: Making) -> bool:
        try:
            return self._host.owns(live)
        except DatabaseError:
            return True

    def _dead(self) -> list[Record]:
        """Creations that have been silent too long, and those whose process is known to be gone."""
        silent = {record.id: record for record in self._store.lost(self._seconds)}
        gone = (record for record in self._store.lost(0) if surely_dead(hosted(record).owner))
        return list({**silent, **{record.id: record for record in gone}}.values())

    def _give_up(self, record: Record) -> bool:
        doing, moved = hosted(record), False

        def move(before: Record) -> Changes | None:
            nonlocal moved
            now = hosted(before)
            moved = before.status == "creating" and now.under_way == doing.under_way
            return {"status": "failed", "error": DIED, "hosting": now.given_up().json} if moved else None

        try:
            self._store.change(record.id, move, act=RECOVERY)
        except MockcraftError as error:
            if error.code != "SCHEMA_NOT_FOUND":  # deleted meanwhile
                raise
        if moved:
            logger.warning("a creation died and is undone", schema=record.id)
        return moved


def _settled(before: Record, gone: frozenset[str], there: bool) -> Changes | None:
    doing = hosted(before)
    left = doing.without(gone)
    left = left if there else replace(left, live=None)
    return {"hosting": left.json} if left != doing else None


class Sweeper:
    """Sweeps at the start and every few seconds, in a thread."""

    def __init__(self, recovery: Recovery, settings: Settings) -> None:
        self._recovery, self._every = recovery, settings.registry.sweep_seconds
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """The first sweep is over when this returns."""
        await asyncio.to_thread(self._recovery.sweep)
        self._task = asyncio.create_task(self._go_on(), name="schemas-sweep")

    async def stop(self) -> None:
        """No more of them."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _go_on(self) -> None:
        while True:
            await asyncio.sleep(self._every)
            await asyncio.to_thread(self._recovery.sweep)
