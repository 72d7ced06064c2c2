"""Readers of events over real gRPC: many, slow, and gone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import grpc
import pytest
from mockcraft.jobs.v1 import jobs_pb2, jobs_pb2_grpc

from services.common.jobs.model import State
from services.common.jobs.servicer import job_servicer
from services.common.server import GrpcServer
from services.common.settings import Settings
from tests.integration.jobs_stage import Stage, stage_in

LONG = "x" * 8000


async def numbers(stub: Any, job_id: str, after: int = 0) -> list[int]:
    return [event.seq async for event in stub.WatchJob(jobs_pb2.WatchJobRequest(id=job_id, after_sequence=after))]


async def a_long_log(stage: Stage, lines: int) -> str:
    job = await stage.create(*[["log", LONG]] * lines, ["complete"])
    await stage.until_state(job.id, State.SUCCEEDED, seconds=150)
    return job.id


@pytest.fixture
async def server_of() -> AsyncIterator[Callable[..., Awaitable[str]]]:
    """Serves the jobs of a stage until the test ends; answers with the address."""
    servers: list[GrpcServer] = []

    async def serve(stage: Stage, folder: Path, write_seconds: float = 10) -> str:
        servers.append(GrpcServer([job_servicer(stage.jobs, write_seconds)], Settings(data_dir=folder, grpc_port=0), False))
        return await servers[-1].start()

    yield serve
    for server in servers:
        await server.stop()


async def test_a_reader_that_takes_nothing_is_dropped(tmp_path: Path, server_of: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.common.jobs.lines.LOGS_AT_ONCE", 5000)
    monkeypatch.setattr("services.common.jobs.lines.LOGS_IN_ALL", 5000)
    async with stage_in(tmp_path) as stage:
        address = await server_of(stage, tmp_path, write_seconds=1.0)
        job_id = await a_long_log(stage, 1500)
        before = _watchers()
        async with grpc.aio.insecure_channel(address) as channel, grpc.aio.insecure_channel(address) as other:
            stub: Any = jobs_pb2_grpc.JobServiceStub(channel)  # type: ignore[no-untyped-call]  # generated
            stalled = stub.WatchJob(jobs_pb2.WatchJobRequest(id=job_id))
            assert (await stalled.read()).seq == 1
            async with asyncio.timeout(30):
                while _watchers() == before:
                    await asyncio.sleep(0.02)
                while _watchers() > before:
                    await asyncio.sleep(0.05)
            last = (await stage.jobs.get(job_id)).last_sequence
            fine: Any = jobs_pb2_grpc.JobServiceStub(other)  # type: ignore[no-untyped-call]  # generated
            assert await numbers(fine, job_id) == list(range(1, last + 1))
            stalled.cancel()


def _watchers() -> int:
    return sum(1 for task in asyncio.all_tasks() if "WatchJob" in repr(task))


async def test_a_hundred_readers_see_the_same_log_and_who_leaves_harms_nobody(tmp_path: Path, server_of: Any) -> None:
    async with stage_in(tmp_path) as stage:
        address = await server_of(stage, tmp_path)
        job = await stage.create(["progress", 60, 0.03], ["checkpoint"], ["complete"])
        async with grpc.aio.insecure_channel(address) as channel:
            stub: Any = jobs_pb2_grpc.JobServiceStub(channel)  # type: ignore[no-untyped-call]  # generated
            readers = [asyncio.create_task(numbers(stub, job.id)) for _ in range(100)]
            leaving = [asyncio.create_task(numbers(stub, job.id)) for _ in range(20)]
            await asyncio.sleep(0.6)
            for reader in leaving:
                reader.cancel()
            seen = await asyncio.gather(*readers)
            last = (await stage.jobs.get(job.id)).last_sequence
            assert seen == [list(range(1, last + 1))] * 100
            assert await numbers(stub, job.id, last - 2) == [last - 1, last]
