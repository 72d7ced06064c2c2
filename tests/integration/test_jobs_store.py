"""The contract of a job store, held by all three: in memory, SQLite, PostgreSQL."""

from __future__ import annotations

import asyncio
import dataclasses
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.common.errors import MockcraftError
from services.common.jobs import moves
from services.common.jobs.ids import new_job_id
from services.common.jobs.memory import MemoryJobStore
from services.common.jobs.model import Artifact, Job, JobError, Progress, State
from services.common.jobs.sql import ADDED_COLUMNS, SqlJobStore
from services.common.jobs.store import Change, ClosedLogError, Draft, JobStore, Lease, LeaseLostError, Limits, Page, Request

STORES = ("memory", "sqlite", "postgresql")


@pytest.fixture(params=STORES)
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[JobStore]:
    made: JobStore
    if request.param == "memory":
        made = MemoryJobStore()
    elif request.param == "sqlite":
        made = SqlJobStore(f"sqlite:///{tmp_path}/deep/jobs.db")
    else:
        made = SqlJobStore(request.getfixturevalue("postgres_url"))
    await made.open()
    yield made
    await made.close()


def job(kind: str = "generation", **fields: object) -> Job:
    return dataclasses.replace(Job(new_job_id(kind), kind, State.PENDING, datetime.now(UTC), spec={"plan": {"ä": 1}}), **fields)


def draft(type_: str = "log", **data: object) -> Draft:
    return Draft(type_, "2026-01-29T00:00:00.000Z", data)


async def claimed(store: JobStore, owner: str = "one", seconds: float = 20) -> tuple[Job, Lease]:
    got = await store.claim(owner, ["generation"], seconds)
    assert got is not None
    return got, Lease(got.id, got.attempt, owner)


async def code_of(awaitable) -> str:
    with pytest.raises(MockcraftError) as caught:
        await awaitable
    return caught.value.code


async def test_a_stored_job_reads_back_whole(store: JobStore) -> None:
    made = await store.create(job(client="me", progress=Progress(3, 9, "rows", 1.5, 33.3, "users", 2.0)))
    assert await store.get(made.id) == made
    assert await store.get(made.id, spec=False) == dataclasses.replace(made, spec={})
    assert await store.get(new_job_id("generation")) is None
    assert abs((datetime.now(UTC) - made.created_at).total_seconds()) < 5


async def test_the_oldest_waiting_job_of_the_kinds_is_claimed_once(store: JobStore) -> None:
    first, other, second = [await store.create(job(kind)) for kind in ("generation", "seeding", "generation")]
    got, _ = await claimed(store)
    assert (got.id, got.state, got.lease_owner, got.spec) == (first.id, State.RUNNING, "one", first.spec)
    assert got.started_at is not None
    assert (await claimed(store))[0].id == second.id
    assert await store.claim("one", ["generation"], 20) is None
    assert await store.claim("one", ["seeding"], 20, only=[second.id]) is None
    assert (await store.claim("one", ["generation", "seeding"], 20, only=[other.id])).id == other.id  # type: ignore[union-attr]


async def test_no_job_is_claimed_twice_at_the_same_time(store: JobStore) -> None:
    made = {(await store.create(job())).id for _ in range(20)}
    got = await asyncio.gather(*(store.claim(f"owner {i}", ["generation"], 20) for i in range(30)))
    ids = [one.id for one in got if one is not None]
    assert sorted(ids) == sorted(made)


async def test_events_are_numbered_without_gaps_across_writers(store: JobStore) -> None:
    await store.create(job())
    got, lease = await claimed(store)
    move = moves.said([draft(text="a"), draft(text="b")], None)
    await asyncio.gather(*(store.update(got.id, move, lease) for _ in range(10)))
    events = await store.events(got.id)
    assert [event.seq for event in events] == list(range(1, 21))
    assert [event.seq for event in await store.events(got.id, after=17, limit=2)] == [18, 19]
    assert (events[1].data, events[1].type, events[1].attempt, events[1].job_id) == ({"text": "b"}, "log", 1, got.id)
    assert (await store.get(got.id)).last_sequence == 20  # type: ignore[union-attr]


async def test_a_move_that_raises_stores_nothing(store: JobStore) -> None:
    made = await store.create(job())

    def bad(job: Job, now: datetime) -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await store.update(made.id, bad)
    assert await store.get(made.id) == made


async def test_a_lost_lease_writes_nothing(store: JobStore) -> None:
    await store.create(job())
    got, lease = await claimed(store)
    for stale in (dataclasses.replace(lease, owner="two"), dataclasses.replace(lease, attempt=2)):
        with pytest.raises(LeaseLostError):
            await store.update(got.id, moves.said([draft()], None), stale)
        with pytest.raises(LeaseLostError):
            await store.heartbeat(stale, 20)
    assert await store.events(got.id) == []


async def test_a_heartbeat_keeps_a_lease_and_silence_ends_it(store: JobStore) -> None:
    await store.create(job())
    got, lease = await claimed(store, seconds=0.05)
    await asyncio.sleep(0.1)
    assert list(await store.leased()) == [(got.id, "one", True)]
    await store.heartbeat(lease, 20)
    assert list(await store.leased()) == [(got.id, "one", False)]
    alive, _ = await store.update(got.id, moves.rescued("one", moves.lease_ran_out))
    assert (alive.state, alive.attempt) == (State.RUNNING, 1)


async def test_a_rescued_job_waits_for_its_next_attempt_and_shuts_its_owner_out(store: JobStore) -> None:
    await store.create(job())
    got, lease = await claimed(store, seconds=0.01)
    await asyncio.sleep(0.05)
    back, events = await store.update(got.id, moves.rescued("one", moves.lease_ran_out))
    assert (back.state, back.attempt, back.lease_owner) == (State.PENDING, 2, "")
    assert [(event.type, event.terminal) for event in events] == [("error", False)]
    with pytest.raises(LeaseLostError):
        await store.update(got.id, moves.said([draft()], None), lease)
    assert (await claimed(store, "two"))[0].attempt == 2


async def test_the_last_attempt_is_not_rescued(store: JobStore) -> None:
    await store.create(job(max_attempts=1))
    got, _ = await claimed(store, seconds=0.01)
    await asyncio.sleep(0.05)
    failed, events = await store.update(got.id, moves.rescued("one", moves.lease_ran_out))
    assert failed.state is State.FAILED and failed.error is not None and failed.error.code == "MAX_ATTEMPTS"
    assert events[-1].terminal and failed.finished_at is not None


async def test_a_retry_waits_for_its_time(store: JobStore) -> None:
    await store.create(job())
    got, lease = await claimed(store)
    waiting, _ = await store.update(got.id, moves.failed(JobError("X", "x", True), 1), lease)
    assert (waiting.state, waiting.attempt) == (State.RETRY_WAIT, 2)
    assert await store.claim("two", ["generation"], 20) is None
    await asyncio.sleep(1.05)
    assert (await claimed(store))[0].attempt == 2


async def test_a_closed_log_stays_closed(store: JobStore) -> None:
    await store.create(job())
    got, lease = await claimed(store)
    artifacts = (Artifact("a.csv", "a.csv", 3, "00"),)
    done, events = await store.update(got.id, moves.completed(draft("complete"), artifacts), lease)
    assert (done.state, done.artifacts, done.lease_owner) == (State.SUCCEEDED, artifacts, "")
    assert [event.terminal for event in events] == [True]
    with pytest.raises(LeaseLostError):
        await store.update(got.id, moves.said([draft()], None), lease)
    with pytest.raises(ClosedLogError):
        await store.update(got.id, moves.said([draft()], None))
    assert (await store.get(got.id)) == dataclasses.replace(done, spec=got.spec)


async def test_intents_are_kept_beside_the_state(store: JobStore) -> None:
    await store.create(job())
    got, lease = await claimed(store)
    await store.update(got.id, moves.pause)
    await store.update(got.id, moves.cancel)
    intent = (await store.intents([got.id, new_job_id("generation")]))[got.id]
    assert (intent.attempt, intent.owner, intent.pause, intent.cancel) == (1, "one", True, True)
    gone, events = await store.update(got.id, moves.stopped(None, "pause"), lease)
    assert gone.state is State.CANCELLED and events[-1].data["reason"] == "cancel"


async def test_the_same_request_names_the_same_job(store: JobStore) -> None:
    request = Request("key", "digest", "me")
    made = await asyncio.gather(*(store.create(job(), request) for _ in range(8)))
    assert len({one.id for one in made}) == 1
    assert len(await store.list(Page())) == 1
    assert await code_of(store.create(job(), Request("key", "other", "me"))) == "IDEMPOTENCY_KEY_REUSED"
    assert (await store.create(job(), Request("key", "other", "you"))).id != made[0].id
    assert len(await store.list(Page())) == 2


async def test_one_job_adopts_a_checkpoint(store: JobStore) -> None:
    failed = await store.create(job())
    heirs = await asyncio.gather(*(store.create(job(resumed_from=failed.id)) for _ in range(5)))
    assert len({heir.id for heir in heirs}) == 1
    assert (await store.resumed_as(failed.id)).id == heirs[0].id  # type: ignore[union-attr]
    assert await store.resumed_as(heirs[0].id) is None


async def test_lists_page_newest_first(store: JobStore) -> None:
    made = [await store.create(job(kind)) for kind in ("generation", "seeding") * 5]
    ids = [one.id for one in sorted(made, key=lambda one: (one.created_at, one.id), reverse=True)]
    first = await store.list(Page(size=4))
    last = first[-1]
    rest = await store.list(Page(size=100, after=(round(last.created_at.timestamp() * 1000), last.id)))
    assert [one.id for one in (*first, *rest)] == ids
    assert {one.kind for one in await store.list(Page(kind="seeding"))} == {"seeding"}
    await claimed(store)
    assert len(await store.list(Page(state=State.RUNNING))) == 1


async def test_ended_jobs_expire_and_others_do_not(store: JobStore) -> None:
    waiting = await store.create(job())
    done, _ = await store.update((await store.create(job())).id, moves.cancel)
    await asyncio.sleep(0.02)
    assert list(await store.ended_before(3600)) == []
    assert list(await store.ended_before(0.001)) == [done.id]
    await store.expire(done.id)
    await store.expire(waiting.id)
    assert (await store.get(done.id)).expired and not (await store.get(waiting.id)).expired  # type: ignore[union-attr]
    assert await store.events(done.id) == [] and list(await store.ended_before(0)) == []


async def test_what_somebody_is_to_go_on_from_does_not_expire(store: JobStore) -> None:
    failed = await store.create(job())
    got, lease = await claimed(store)
    await store.update(got.id, moves.failed(JobError("X", "x"), 0), lease)
    heir = await store.create(job(resumed_from=failed.id))
    await store.update(heir.id, moves.pause)
    await asyncio.sleep(0.02)
    assert list(await store.ended_before(0.001)) == []
    await store.update(heir.id, moves.cancel)
    await asyncio.sleep(0.02)
    assert set(await store.ended_before(0.001)) == {failed.id, heir.id}


async def test_who_is_cancelled_before_it_began_leaves_its_place_to_another(store: JobStore) -> None:
    failed = await store.create(job())
    await claimed(store)
    heir = await store.create(job(resumed_from=failed.id))
    cancelled, _ = await store.update(heir.id, moves.cancel)
    assert cancelled.resumed_from == "" and await store.resumed_as(failed.id) is None
    another = await store.create(job(resumed_from=failed.id))
    assert another.id != heir.id
    got, lease = await claimed(store)
    await store.update(got.id, moves.cancel)
    await store.update(got.id, moves.stopped(None, "cancel"), lease)
    assert (await store.create(job(resumed_from=failed.id))).id == another.id


async def test_a_removed_job_is_unknown(store: JobStore) -> None:
    request = Request("key", "digest", "me")
    made = await store.create(job(), request)
    await store.remove(made.id)
    assert await store.get(made.id) is not None  # it has not ended
    await store.update(made.id, moves.cancel)
    for _ in range(2):
        await store.remove(made.id)
        await store.expire(made.id)
    assert await store.get(made.id) is None and await store.get(made.id, spec=False) is None
    assert (await store.list(Page()), await store.counts(), await store.events(made.id)) == ([], [], [])
    assert await code_of(store.update(made.id, moves.cancel)) == "JOB_NOT_FOUND"
    assert list(await store.ended_before(0)) == []
    again = await store.create(job(), request)
    assert again.id != made.id and (await store.get(again.id)) is not None
    await store.remove(new_job_id("generation"))


async def test_nobody_goes_on_from_what_is_no_longer_kept(store: JobStore) -> None:
    failed = await store.create(job())
    got, lease = await claimed(store)
    await store.update(got.id, moves.failed(JobError("X", "x"), 0), lease)
    await store.expire(failed.id)
    assert await code_of(store.create(job(resumed_from=failed.id))) == "CHECKPOINT_EXPIRED"
    await store.remove(failed.id)
    assert await code_of(store.create(job(resumed_from=failed.id))) == "CHECKPOINT_EXPIRED"


async def test_a_removed_job_is_remembered_as_the_one_that_went_on(store: JobStore) -> None:
    failed = await store.create(job())
    await claimed(store)
    heir = await store.create(job(resumed_from=failed.id))
    _, lease = await claimed(store)
    await store.update(heir.id, moves.failed(JobError("X", "x"), 0), lease)
    await store.remove(heir.id)
    assert (await store.resumed_as(failed.id)).id == heir.id  # type: ignore[union-attr]


async def test_unknown_jobs_are_not_found(store: JobStore) -> None:
    assert await code_of(store.update(new_job_id("generation"), moves.cancel)) == "JOB_NOT_FOUND"


async def test_only_the_owner_may_read_the_store_and_errors_do_not_tell_where_it_is(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "jobs.db"
    made = SqlJobStore(f"sqlite:///{file}")
    await made.open()
    assert {(file.parent / name).stat().st_mode & 0o777 for name in ("jobs.db", "jobs.db-wal", "jobs.db-shm")} == {0o600}
    assert file.parent.stat().st_mode & 0o777 == 0o700
    await made.close()
    (tmp_path / "secret.db").write_bytes(b"this is no database at all" * 100)
    broken = SqlJobStore(f"sqlite:///{tmp_path}/secret.db")
    with pytest.raises(MockcraftError) as raised:
        await broken.open()
    assert (raised.value.code, raised.value.message) == ("STORE_UNAVAILABLE", "The job store does not answer.")
    await broken.close()


async def claimed_in_order(store: JobStore, count: int) -> list[str]:
    return [(await claimed(store, f"owner {number}"))[0].id for number in range(count)]


async def test_clients_take_turns(store: JobStore) -> None:
    many = [(await store.create(job(client="many"))).id for _ in range(4)]
    one, two = [(await store.create(job(client="few"))).id for _ in range(2)]
    assert await claimed_in_order(store, 6) == [many[0], one, many[1], two, many[2], many[3]]


async def test_who_comes_later_does_not_wait_behind_all_that_others_have(store: JobStore) -> None:
    many = [(await store.create(job(client="many"))).id for _ in range(5)]
    assert await claimed_in_order(store, 3) == many[:3]
    late = (await store.create(job(client="late"))).id
    assert await claimed_in_order(store, 3) == [many[3], late, many[4]]


async def test_a_job_that_does_not_move_holds_up_nobodys_turn(store: JobStore) -> None:
    await store.create(job(client="patient", priority=-100))
    await store.create(job("dataset", client="bounded"))
    many = [(await store.create(job(client="many"))).id for _ in range(3)]
    served = []
    for _ in range(3):  # one who has always one job waiting
        served.append((await store.create(job(client="steady"))).id)
        served += await claimed_in_order(store, 2)
    assert [one for one in served if one in many] == many


async def test_turns_of_one_priority_say_nothing_of_another(store: JobStore) -> None:
    for _ in range(3):
        await store.create(job(client="a", priority=5))
    await claimed_in_order(store, 3)
    many = [(await store.create(job(client="a"))).id for _ in range(2)]
    one = (await store.create(job(client="b"))).id
    assert await claimed_in_order(store, 3) == [many[0], one, many[1]]


async def test_the_higher_priority_goes_first_whoever_asks(store: JobStore) -> None:
    low = (await store.create(job(client="a", priority=-1))).id
    usual = (await store.create(job(client="a"))).id
    high = (await store.create(job(client="b", priority=5))).id
    assert await claimed_in_order(store, 3) == [high, usual, low]


async def test_only_so_many_jobs_may_wait(store: JobStore) -> None:
    limits = Limits(waiting=3, waiting_of_client=2)
    for client in ("a", "a", "b"):
        await store.create(job(client=client), limits=limits)
    assert await code_of(store.create(job(client="a"), limits=limits)) == "QUEUE_FULL"
    assert await code_of(store.create(job(client="c"), limits=limits)) == "QUEUE_FULL"
    again = Request("key", "digest")
    await claimed(store)
    made = await store.create(job(client="c"), again, limits=limits)
    assert (await store.create(job(client="c"), again, limits=limits)).id == made.id  # it is there already


async def test_paused_jobs_count_among_those_that_wait(store: JobStore) -> None:
    limits = Limits(waiting=3, waiting_of_client=2)
    first, second = [await store.create(job(client="a"), limits=limits) for _ in range(2)]
    await store.update(first.id, moves.pause)
    assert await code_of(store.create(job(client="a"), limits=limits)) == "QUEUE_FULL"
    await store.create(job(client="b"), limits=limits)
    await store.update(second.id, moves.pause)
    assert await code_of(store.create(job(client="c"), limits=limits)) == "QUEUE_FULL"
    await store.update(first.id, moves.cancel)
    await store.create(job(client="c"), limits=limits)


async def test_a_store_of_an_older_version_gets_the_new_columns(tmp_path: Path) -> None:
    file = tmp_path / "jobs.db"
    store = SqlJobStore(f"sqlite:///{file}")
    await store.open()
    made = await store.create(job())
    await store.close()
    with closing(sqlite3.connect(file)) as connection:
        for name in ("queue", "of_client"):
            connection.execute(f"DROP INDEX jobs_{name}")
        for name in ADDED_COLUMNS:
            connection.execute(f"ALTER TABLE jobs DROP COLUMN {name}")
    again = SqlJobStore(f"sqlite:///{file}")
    await again.open()
    assert await again.get(made.id) == made
    await again.close()


async def test_jobs_are_counted_by_kind_and_state(store: JobStore) -> None:
    for kind in ("generation", "generation", "backup"):
        await store.create(job(kind))
    await claimed(store)
    counts = [("backup", State.PENDING, 1), ("generation", State.PENDING, 1), ("generation", State.RUNNING, 1)]
    assert [(each.kind, each.state, each.jobs) for each in await store.counts()] == counts


async def test_a_heartbeat_tells_what_memory_the_work_holds(store: JobStore) -> None:
    made = await store.create(job(title="users as csv"))
    _, lease = await claimed(store)
    await store.heartbeat(lease, 20, memory_bytes=123)
    stored = await store.get(made.id)
    assert stored is not None
    assert (stored.memory_bytes, stored.title) == (123, "users as csv")


async def test_jobs_whose_files_were_all_fetched_may_go_sooner(store: JobStore) -> None:
    files = tuple(Artifact(name, name, 1, "0") for name in ("a", "b"))
    await store.create(job())
    got, lease = await claimed(store)
    await store.update(got.id, moves.completed(draft("complete"), files), lease)
    await store.update(got.id, moves.fetched("a"))
    await asyncio.sleep(0.05)
    assert await store.ended_before(3600, 0.01) == []
    for _ in range(2):
        await store.update(got.id, moves.fetched("b"))
    assert await store.ended_before(3600, 3600) == []
    await asyncio.sleep(0.05)
    assert await store.ended_before(3600, 0.01) == [got.id]
    assert await store.ended_before(3600) == []


async def test_the_oldest_events_of_a_long_log_go(store: JobStore) -> None:
    await store.create(job())
    got, lease = await claimed(store)
    await store.update(got.id, moves.said([draft()] * 25, None), lease)
    assert await store.trim(100) == 0
    assert await store.trim(10) == 1
    assert [event.seq for event in await store.events(got.id)] == list(range(16, 26))
    await store.update(got.id, moves.said([draft()], None), lease)
    assert await store.trim(10) == 0  # a tenth more is left alone
    stored = await store.get(got.id)
    assert stored is not None and (stored.first_sequence, stored.last_sequence) == (16, 26)


@pytest.fixture(params=STORES[1:])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[SqlJobStore]:
    made = SqlJobStore(f"sqlite:///{tmp_path}/jobs.db" if request.param == "sqlite" else request.getfixturevalue("postgres_url"))
    await made.open()
    yield made
    await made.close()


async def test_a_job_that_cannot_be_stored_harms_none_of_those_stored_with_it(database: JobStore) -> None:
    keys = ("a", "no text: \ud800", "b")
    made = await asyncio.gather(*(database.create(job(), Request(key, "digest")) for key in keys), return_exceptions=True)
    assert [type(one) for one in made] == [Job, UnicodeEncodeError, Job]
    assert {one.id for one in await database.list(Page())} == {one.id for one in made if isinstance(one, Job)}


async def test_closing_waits_for_what_is_under_way_and_nobody_waits_for_that(database: SqlJobStore) -> None:
    made = await database.create(job())
    begun = asyncio.Event()
    loop = asyncio.get_running_loop()

    def slow(job: Job, now: datetime) -> Change | None:
        loop.call_soon_threadsafe(begun.set)
        time.sleep(1)
        return moves.pause(job, now)

    moving = asyncio.create_task(database.update(made.id, slow))
    await begun.wait()
    closing, turns = asyncio.create_task(database.close()), 0
    while not closing.done():
        await asyncio.sleep(0.01)
        turns += 1
    await closing
    assert moving.done() and (await moving)[0].state is State.PAUSED
    assert turns > 10
    assert await code_of(database.get(made.id)) == "STORE_UNAVAILABLE"
