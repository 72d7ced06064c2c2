"""The job service on the store in memory, and its messages."""

from __future__ import annotations

import asyncio
import base64
from pathlib import Path

import pytest
from mockcraft.jobs.v1 import jobs_pb2, jobs_pb2_grpc

from services.common.caller import set_caller
from services.common.errors import MockcraftError
from services.common.jobs import moves
from services.common.jobs.convert import event_message, job_message, state_of
from services.common.jobs.memory import MemoryJobStore
from services.common.jobs.model import Artifact, Event, JobError, Progress, State
from services.common.jobs.service import JobsService
from services.common.jobs.servicer import JobServicer, job_servicer
from services.common.jobs.store import Draft, Lease
from services.common.storage.local import LocalStorage

MISSING = "gen_" + "0" * 26


@pytest.fixture
def jobs(tmp_path: Path) -> JobsService:
    return JobsService(MemoryJobStore(), storage=LocalStorage(tmp_path))


async def code(awaitable) -> str:  # type: ignore[no-untyped-def]
    with pytest.raises(MockcraftError) as caught:
        await awaitable
    return caught.value.code


async def follow(jobs: JobsService, job_id: str, after: int = 0) -> list[Event]:
    return [event async for event in jobs.watch(job_id, after)]


async def claimed(jobs: JobsService) -> tuple[str, Lease]:
    job = await jobs.create("generation", {"a": 1})
    await jobs.store.claim("me", ["generation"], 20)
    return job.id, Lease(job.id, 1, "me")


def say(*texts: str) -> moves.Move:
    return moves.said([Draft("log", "2026-01-29T00:00:00.000Z", {"text": text}) for text in texts], Progress(1, 2))


END = moves.completed(Draft("complete", "2026-01-29T00:00:00.000Z", {"rows": 3}), (Artifact("a b.csv", "a b.csv", 3, "00"),))


async def test_unknown_and_malformed_ids_get_the_same_answer(jobs: JobsService) -> None:
    for job_id in (MISSING, "", "../etc", "gen_x", "x" * 10_000):
        for call in (jobs.get, jobs.pause, jobs.resume, jobs.cancel, jobs.finished, jobs.remove):
            assert await code(call(job_id)) == "JOB_NOT_FOUND"
        assert await code(follow(jobs, job_id)) == "JOB_NOT_FOUND"
        assert await code(jobs.artifact(job_id, "a")) == "JOB_NOT_FOUND"


async def test_a_follower_sees_what_was_and_what_comes(jobs: JobsService) -> None:
    job_id, lease = await claimed(jobs)
    await jobs.store.update(job_id, say("one", "two"), lease)
    early, late = asyncio.create_task(follow(jobs, job_id)), asyncio.create_task(follow(jobs, job_id, after=1))
    await asyncio.sleep(0.05)
    assert not early.done()
    await jobs.store.update(job_id, END, lease)
    assert [event.seq for event in await early] == [1, 2, 3]
    assert [event.seq for event in await late] == [2, 3]
    assert await follow(jobs, job_id, after=3) == []


async def test_a_follower_begins_within_the_log(jobs: JobsService) -> None:
    job_id, lease = await claimed(jobs)
    await jobs.store.update(job_id, say("one"), lease)
    assert await code(follow(jobs, job_id, after=2)) == "SEQ_OUT_OF_RANGE"
    assert await code(follow(jobs, job_id, after=-1)) == "SEQ_OUT_OF_RANGE"


async def test_a_log_longer_than_a_page_is_read_through(jobs: JobsService) -> None:
    job_id, lease = await claimed(jobs)
    for _ in range(13):
        await jobs.store.update(job_id, say(*map(str, range(100))), lease)
    await jobs.store.update(job_id, END, lease)
    assert [event.seq for event in await follow(jobs, job_id)] == list(range(1, 1302))


async def test_lists_have_pages(jobs: JobsService) -> None:
    made = [(await jobs.create("generation", {})).id for _ in range(7)]
    seen, token = [], ""
    while True:
        page = await jobs.list(3, token)
        seen += [job.id for job in page.jobs]
        if not (token := page.next_page_token):
            break
    assert seen == made[::-1]
    assert len((await jobs.list(state=State.PENDING)).jobs) == 7 and not (await jobs.list(kind="seeding")).jobs
    assert await code(jobs.list(1001)) == "PAGE_SIZE_INVALID"
    assert await code(jobs.list(-1)) == "PAGE_SIZE_INVALID"
    hostile = [f"{millis}:{made[0]}" for millis in ("9" * 23, "-1", " 5", "1_0", "٣", "")] + ["5:", "5:x", "5:gen_\0"]
    for bad in ("x", "!!", "eDp5", "ä", *(base64.urlsafe_b64encode(text.encode()).decode() for text in hostile)):
        assert await code(jobs.list(page_token=bad)) in ("PAGE_TOKEN_INVALID",), bad


async def test_requests_are_idempotent(jobs: JobsService) -> None:
    first = await jobs.create("generation", {}, request_id="k", request_digest="d")
    assert (await jobs.create("generation", {}, request_id="k", request_digest="d")).id == first.id
    assert await code(jobs.create("generation", {}, request_id="k", request_digest="e")) == "IDEMPOTENCY_KEY_REUSED"


async def test_a_key_is_its_clients_own(jobs: JobsService) -> None:
    made: list[str] = []

    async def asking(name: str, digest: str) -> None:
        set_caller(name)
        made.append((await jobs.create("generation", {}, request_id="k", request_digest=digest)).id)

    for name, digest in (("alpha", "d"), ("beta", "e"), ("alpha", "d")):
        await asyncio.create_task(asking(name, digest))
    assert made[0] == made[2] != made[1]


async def test_files_are_there_at_the_end_only(jobs: JobsService) -> None:
    job_id, lease = await claimed(jobs)
    assert await code(jobs.artifact(job_id, "a b.csv")) == "JOB_NOT_FINISHED"
    job = await jobs.get(job_id)
    (await jobs.storage.prepare(job)).out.joinpath("a b.csv").write_bytes(b"abc")
    await jobs.store.update(job_id, END, lease)
    assert (await jobs.artifact(job_id, "a b.csv"))[1].read_bytes() == b"abc"
    for name in ("b.csv", "", "../a b.csv"):
        assert await code(jobs.artifact(job_id, name)) == "ARTIFACT_NOT_FOUND"
    assert [piece async for piece in jobs.read_artifact(job_id, "a b.csv", 1)] == [b"bc"]
    with pytest.raises(MockcraftError, match="3 bytes"):
        [piece async for piece in jobs.read_artifact(job_id, "a b.csv", 4)]


async def test_resuming_follows_the_chain_of_heirs(jobs: JobsService) -> None:
    job_id, lease = await claimed(jobs)
    await jobs.store.update(job_id, moves.failed(JobError("X", "x"), 0), lease)
    heir = await jobs.resume(job_id)
    assert (heir.resumed_from, heir.spec, heir.state) == (job_id, {"a": 1}, State.PENDING)
    assert (await jobs.resume(job_id)).id == heir.id
    await jobs.store.claim("me", ["generation"], 20)
    await jobs.store.update(heir.id, moves.failed(JobError("X", "x"), 0), Lease(heir.id, 1, "me"))
    assert (await jobs.resume(job_id)).resumed_from == heir.id


async def test_nobody_goes_on_from_what_a_cancelled_heir_took_over(jobs: JobsService) -> None:
    job_id, lease = await claimed(jobs)
    await jobs.store.update(job_id, moves.failed(JobError("X", "x"), 0), lease)
    unused = await jobs.resume(job_id)
    await jobs.cancel(unused.id)
    heir = await jobs.resume(job_id)
    assert heir.id != unused.id and heir.state is State.PENDING
    await jobs.store.claim("me", ["generation"], 20)
    await jobs.cancel(heir.id)
    await jobs.store.update(heir.id, moves.stopped(None, "cancel"), Lease(heir.id, 1, "me"))
    with pytest.raises(MockcraftError, match=heir.id) as refused:
        await jobs.resume(job_id)
    assert refused.value.code == "INVALID_STATE"


async def test_a_service_needs_somewhere_to_look_for_files() -> None:
    with pytest.raises(ValueError, match="storage"):
        JobsService(MemoryJobStore())


async def test_messages_hide_the_spec_and_show_the_rest(jobs: JobsService) -> None:
    job_id, lease = await claimed(jobs)
    waiting = job_message(await jobs.get(job_id))
    assert not waiting.HasField("finished_at") and not waiting.HasField("error") and waiting.state == jobs_pb2.Job.RUNNING
    await jobs.store.update(job_id, END, lease)
    message = job_message(await jobs.get(job_id))
    assert (message.status, message.state, message.last_sequence) == ("completed", jobs_pb2.Job.SUCCEEDED, 1)
    assert message.artifacts[0].url == f"/api/v1/jobs/{job_id}/artifacts/a%20b.csv"
    assert message.HasField("finished_at") and message.HasField("started_at")
    (event,) = await follow(jobs, job_id)
    said = event_message(event)
    assert (said.seq, said.type, said.data["rows"], said.timestamp.ToJsonString()) == (1, "complete", 3.0, "2026-01-29T00:00:00Z")


def test_every_state_has_its_message() -> None:
    for state in State:
        assert state_of(jobs_pb2.Job.State.Value(state.value)) is state
    assert state_of(0) is None and len(jobs_pb2.Job.State.keys()) == len(State) + 1


def test_every_rpc_has_a_method(jobs: JobsService) -> None:
    service = jobs_pb2.DESCRIPTOR.services_by_name["JobService"]
    for method in service.methods:
        assert getattr(JobServicer, method.name) is not getattr(jobs_pb2_grpc.JobServiceServicer, method.name)
    assert job_servicer(jobs).name == service.full_name


async def test_only_a_job_that_has_ended_is_removed(jobs: JobsService) -> None:
    job_id, lease = await claimed(jobs)
    with pytest.raises(MockcraftError) as caught:
        await jobs.remove(job_id)
    assert (caught.value.code, caught.value.message) == ("INVALID_STATE", "A job that is RUNNING cannot be removed.")
    assert "cancel it first" in caught.value.details
    paths = jobs.storage.paths(await jobs.get(job_id))
    for folder in (paths.work, paths.out):
        folder.mkdir(parents=True)
        (folder / "file").write_bytes(b"x")
    await jobs.store.update(job_id, END, lease)
    await jobs.remove(job_id)
    assert not paths.work.exists() and not paths.out.exists()
    for call in (jobs.get, jobs.remove, jobs.resume, lambda name: follow(jobs, name)):
        assert await code(call(job_id)) == "JOB_NOT_FOUND"
    assert (await jobs.list()).jobs == ()


async def failed_with_checkpoint(jobs: JobsService) -> tuple[str, Path]:
    job_id, lease = await claimed(jobs)
    work = jobs.storage.job_dir(job_id).work
    work.mkdir(parents=True)
    (work / "checkpoint.json").write_bytes(b"kept")
    await jobs.store.update(job_id, moves.failed(JobError("X", "x"), 0), lease)
    return job_id, work


@pytest.mark.parametrize("begun", [False, True])
async def test_a_job_that_went_on_keeps_the_checkpoint_of_the_one_that_is_removed(jobs: JobsService, begun: bool) -> None:
    failed, work = await failed_with_checkpoint(jobs)
    heir = await jobs.resume(failed)
    if begun:
        await jobs.store.claim("me", ["generation"], 20)
        await jobs.storage.prepare(heir)
    await jobs.remove(failed)
    assert not work.exists()
    assert (await jobs.storage.prepare(heir)).work.joinpath("checkpoint.json").read_bytes() == b"kept"
    assert (await jobs.get(heir.id)).resumed_from == failed


async def test_nothing_is_begun_again_from_before_a_removed_job(jobs: JobsService) -> None:
    failed, _ = await failed_with_checkpoint(jobs)
    heir = await jobs.resume(failed)
    await jobs.store.claim("me", ["generation"], 20)
    await jobs.cancel(heir.id)
    await jobs.store.update(heir.id, moves.stopped(None, "cancel"), Lease(heir.id, 1, "me"))
    await jobs.remove(heir.id)
    assert await code(jobs.resume(failed)) == "CHECKPOINT_EXPIRED"


async def test_followers_of_a_removed_job_are_let_go(jobs: JobsService) -> None:
    job_id, lease = await claimed(jobs)
    await jobs.store.update(job_id, say(*map(str, range(1200))), lease)
    slow, quick = jobs.watch(job_id), jobs.watch(job_id, after=1200)
    assert (await anext(slow)).seq == 1
    await jobs.store.update(job_id, END, lease)
    assert (await anext(quick)).seq == 1201
    await jobs.remove(job_id)
    async with asyncio.timeout(5):
        rest = [event.seq async for event in slow]
    assert rest == list(range(2, len(rest) + 2)) and len(rest) < 1200
