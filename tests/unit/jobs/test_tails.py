"""What followers of one job share: the store is read once for all of them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

from services.common.jobs import moves
from services.common.jobs.ids import new_job_id
from services.common.jobs.memory import MemoryJobStore
from services.common.jobs.model import Event, Job, State
from services.common.jobs.service import JobsService
from services.common.jobs.store import Draft, Lease
from services.common.jobs.supervisor import Supervisor
from services.common.jobs.tails import BATCH, KEPT, Tail, Tails
from services.common.settings import Settings
from services.common.storage.local import LocalStorage


class CountingStore(MemoryJobStore):
    """Counts how often events are read."""

    def __init__(self) -> None:
        super().__init__()
        self.reads = 0

    async def events(self, job_id: str, after: int = 0, limit: int = 500) -> Sequence[Event]:
        self.reads += 1
        await asyncio.sleep(0)
        return await super().events(job_id, after, limit)


async def a_job(store: MemoryJobStore) -> tuple[Job, Lease]:
    await store.create(Job(new_job_id("generation"), "generation", State.PENDING, datetime.now(UTC)))
    job = await store.claim("me", ["generation"], 60)
    assert job is not None
    return job, Lease(job.id, job.attempt, "me")


async def say(store: MemoryJobStore, lease: Lease, count: int) -> None:
    drafts = [Draft("log", "2026-01-29T00:00:00.000Z", {"text": "x"})] * count
    await store.update(lease.job_id, moves.said(drafts, None), lease)


def numbers(events: Sequence[Event]) -> list[int]:
    return [event.seq for event in events]


async def test_many_followers_read_the_store_once_for_each_change() -> None:
    store = CountingStore()
    job, lease = await a_job(store)
    tail = Tail(store, job.id)
    for change in range(1, 4):
        await say(store, lease, 2)
        tail.changed()
        found = await asyncio.gather(*(tail.after(2 * change - 2, 60) for _ in range(50)))
        assert [numbers(events) for events in found] == [[2 * change - 1, 2 * change]] * 50
        assert store.reads == change
    assert await tail.after(6, 60) == ()
    assert store.reads == 3


async def test_one_who_begins_far_behind_reads_everything_in_order() -> None:
    store = CountingStore()
    job, lease = await a_job(store)
    for _ in range(4):
        await say(store, lease, KEPT // 2 + 7)
    total = 4 * (KEPT // 2 + 7)
    tail = Tail(store, job.id)
    late = total - 3
    assert numbers(await tail.after(late, 60)) == list(range(late + 1, total + 1))
    seen: list[int] = []
    while events := await tail.after(seen[-1] if seen else 0, 60):
        assert len(events) <= BATCH
        seen += numbers(events)
    assert seen == list(range(1, total + 1))


async def test_one_who_is_ahead_of_what_was_read_for_others_need_not_wait() -> None:
    store = CountingStore()
    job, lease = await a_job(store)
    await say(store, lease, 2 * BATCH + 7)
    tail = Tail(store, job.id)
    assert len(await tail.after(0, 60)) == BATCH
    assert numbers(await tail.after(2 * BATCH, 60)) == list(range(2 * BATCH + 1, 2 * BATCH + 8))
    assert await tail.after(2 * BATCH + 7, 60) == ()


async def test_events_that_went_unread_are_missed_by_nobody_in_silence() -> None:
    store = CountingStore()
    job, lease = await a_job(store)
    tail = Tail(store, job.id)
    await say(store, lease, 3)
    assert numbers(await tail.after(0, 60)) == [1, 2, 3]
    await say(store, lease, 10)
    await store.trim(5)
    tail.changed()
    assert [numbers(await tail.after(behind, 60)) for behind in (3, 1, 3, 10)] == [[9, 10, 11, 12, 13]] * 3 + [[11, 12, 13]]


async def test_without_wake_ups_the_store_is_asked_again_after_a_while() -> None:
    store = CountingStore()
    job, lease = await a_job(store)
    tail = Tail(store, job.id)
    assert not await tail.after(0, 0.0)
    await say(store, lease, 1)
    assert numbers(await tail.after(0, 0.0)) == [1]


async def test_a_log_that_ended_or_expired_is_closed() -> None:
    store = CountingStore()
    job, lease = await a_job(store)
    tail = Tail(store, job.id)
    await tail.after(0, 0.0)
    assert not tail.closed(0)
    await store.update(job.id, moves.completed(Draft("complete", "2026-01-29T00:00:00.000Z", {}), ()), lease)
    await tail.after(1, 0.0)
    assert not tail.closed(0) and tail.closed(1)
    await store.expire(job.id)
    again = Tail(store, job.id)
    await again.after(0, 0.0)
    assert again.closed(0)


async def test_a_tail_lives_as_long_as_somebody_follows() -> None:
    tails = Tails(MemoryJobStore())
    with tails.follow("a") as one, tails.follow("a") as two:
        assert one is two
    with tails.follow("a") as three:
        assert three is not one


async def test_a_thousand_followers_of_a_job_get_every_event_for_few_reads(tmp_path_factory) -> None:
    folder = tmp_path_factory.mktemp("tails")
    store = CountingStore()
    supervisor = Supervisor(store, Settings(data_dir=folder), LocalStorage(folder), {})
    jobs = JobsService(store, supervisor)
    job, lease = await a_job(store)

    async def follow() -> list[int]:
        return [event.seq async for event in jobs.watch(job.id)]

    followers = [asyncio.create_task(follow()) for _ in range(1000)]
    await asyncio.sleep(0.05)
    for _ in range(20):
        await say(store, lease, 3)
        supervisor.wakeups.notify(job.id)
        await asyncio.sleep(0.01)
    await store.update(job.id, moves.completed(Draft("complete", "2026-01-29T00:00:00.000Z", {}), ()), lease)
    supervisor.wakeups.notify(job.id)
    assert await asyncio.gather(*followers) == [list(range(1, 62))] * 1000
    assert store.reads < 200
