"""A small service behind the gateway under test: it remembers requests and answers from tables."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from typing import Any

import grpc
from aiohttp.test_utils import TestClient, TestServer
from google.protobuf import any_pb2
from google.rpc import error_details_pb2, status_pb2
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_status import rpc_status
from mockcraft.generator.v1 import generator_pb2 as g
from mockcraft.generator.v1 import generator_pb2_grpc
from mockcraft.jobs.v1 import jobs_pb2 as j
from mockcraft.jobs.v1 import jobs_pb2_grpc

from services.common.settings import Settings
from services.gateway.app import build_app
from services.gateway.backends import Channels

MIB = 1024 * 1024


async def refuse(context: Any, code: grpc.StatusCode, reason: str, message: str, details: str = "") -> None:
    packed = any_pb2.Any()
    packed.Pack(error_details_pb2.ErrorInfo(reason=reason, domain="mockcraft", metadata={"details": details} if details else {}))
    status = rpc_status.to_status(status_pb2.Status(code=code.value[0], message=message, details=[packed]))
    context.set_trailing_metadata(status.trailing_metadata)
    await context.abort(code, message)


class Backend(generator_pb2_grpc.GeneratorServiceServicer, jobs_pb2_grpc.JobServiceServicer):
    """`requests` holds what came; `failure` makes every generator call fail."""

    def __init__(self) -> None:
        self.requests: list[Any] = []
        self.metadata: dict[str, str] = {}
        self.failure: tuple[grpc.StatusCode, str, str] | None = None
        self.jobs: dict[str, Any] = {}
        self.events: dict[str, list[Any]] = {}
        self.files: dict[tuple[str, str], bytes] = {}
        self.changed = asyncio.Condition()
        self.watching = 0

    # jobs

    def add_job(self, job_id: str, state: str = "RUNNING", status: str = "processing", **files: bytes) -> None:
        job = j.Job(id=job_id, kind="generation", state=state, status=status, attempt=1, last_sequence=0)
        job.created_at.FromJsonString("2026-01-29T00:00:00Z")
        for name, data in files.items():
            name = name.replace("__", ".")
            job.artifacts.add(name=name, bytes=len(data), sha256=sha256(data).hexdigest(), content_type="text/csv")
            self.files[job_id, name] = data
        self.jobs[job_id], self.events[job_id] = job, []

    async def say(self, job_id: str, *types: str) -> None:
        async with self.changed:
            for type_ in types:
                seq = len(self.events[job_id]) + 1
                event = j.JobEvent(v=1, job_id=job_id, seq=seq, attempt=1, type=type_)
                event.timestamp.FromJsonString("2026-01-29T00:00:00Z")
                event.data.update({"current": seq * 500, "rate": 10.5})
                self.events[job_id].append(event)
            self.changed.notify_all()

    async def _job(self, request: Any, context: Any) -> Any:
        self.requests.append(request)
        self.metadata = {key: str(value) for key, value in context.invocation_metadata()}
        if request.id not in self.jobs:
            await refuse(context, grpc.StatusCode.NOT_FOUND, "JOB_NOT_FOUND", "There is no such job.")
        return self.jobs[request.id]

    GetJob = PauseJob = ResumeJob = CancelJob = _job

    async def DeleteJob(self, request: Any, context: Any) -> Any:
        del self.jobs[(await self._job(request, context)).id]
        return j.DeleteJobResponse()

    async def ListJobs(self, request: Any, context: Any) -> Any:
        self.requests.append(request)
        return j.ListJobsResponse(jobs=list(self.jobs.values()), next_page_token="next")

    async def WatchJob(self, request: Any, context: Any) -> AsyncIterator[Any]:
        await self._job(request, context)
        events, at = self.events[request.id], request.after_sequence
        if at > len(events):
            await refuse(
                context, grpc.StatusCode.INVALID_ARGUMENT, "SEQ_OUT_OF_RANGE", f"The last event is number {len(events)}."
            )
        await context.send_initial_metadata(())
        self.watching += 1
        try:
            while True:
                for event in events[at:]:
                    yield event
                    at += 1
                    if event.type == "complete":
                        return
                if at and events[at - 1].type == "complete":
                    return
                async with self.changed:
                    await self.changed.wait_for(lambda seen=at: len(events) > seen)
        finally:
            self.watching -= 1

    async def ReadArtifact(self, request: Any, context: Any) -> AsyncIterator[Any]:
        self.requests.append(request)
        job = await self._job(request, context)
        if job.state != j.Job.SUCCEEDED:
            await refuse(context, grpc.StatusCode.FAILED_PRECONDITION, "JOB_NOT_FINISHED", "This job is not finished.")
        data = self.files.get((request.id, request.name))
        if data is None:
            await refuse(context, grpc.StatusCode.NOT_FOUND, "ARTIFACT_NOT_FOUND", "This job has no such file.")
        assert data is not None
        stop = request.offset + request.limit if request.limit else len(data)
        for at in range(request.offset, min(stop, len(data)), MIB):
            yield j.ReadArtifactResponse(data=data[at : min(at + MIB, stop)])

    # generator

    async def _take(self, request: Any, context: Any) -> None:
        self.requests.append(request)
        self.metadata = {key: str(value) for key, value in context.invocation_metadata()}
        if self.failure:
            await refuse(context, *self.failure)

    async def ListGenerators(self, request: Any, context: Any) -> Any:
        await self._take(request, context)
        return g.ListGeneratorsResponse(generators=[self._generator()], categories={"person": 1})

    async def GetGenerator(self, request: Any, context: Any) -> Any:
        await self._take(request, context)
        return self._generator()

    def _generator(self) -> Any:
        described = g.Generator(name="person.first_name", category="person", distinct_values=2**53 + 1)
        described.example.string_value = "Ada"
        described.parameters.add(name="length", type="int")
        return described

    async def GenerateValues(self, request: Any, context: Any) -> Any:
        await self._take(request, context)
        answer = g.GenerateValuesResponse(type="person.first_name")
        for _ in range(request.count or 1):
            answer.values.add(string_value="Ada")
        return answer

    async def ValidateSchema(self, request: Any, context: Any) -> Any:
        await self._take(request, context)
        return g.ValidateSchemaResponse(valid=True)

    async def PlanSchema(self, request: Any, context: Any) -> Any:
        await self._take(request, context)
        return g.PlanSchemaResponse(
            valid=True, total_rows=2**60 + 1, tables=[g.PlannedTable(name="t", estimated_bytes={"csv": 7})]
        )

    async def PreviewRows(self, request: Any, context: Any) -> Any:
        await self._take(request, context)
        answer = g.PreviewRowsResponse(valid=True, table="t", columns=["f", "a"])
        answer.rows.add().update({"a": 1, "b": 1.5, "c": None, "d": [1, {"e": "x"}], "f": True})
        return answer

    async def GetRows(self, request: Any, context: Any) -> Any:
        await self._take(request, context)
        return g.GetRowsResponse(table=request.table)

    async def CreateGeneration(self, request: Any, context: Any) -> Any:
        await self._take(request, context)
        self.add_job("gen_1", "PENDING", "queued")
        return self.jobs["gen_1"]


@asynccontextmanager
async def serving(backend: Backend, port: int = 0) -> AsyncIterator[str]:
    """The backend on a port of loopback, a free one by default; its `host:port`."""
    server = grpc.aio.server()
    generator_pb2_grpc.add_GeneratorServiceServicer_to_server(backend, server)
    jobs_pb2_grpc.add_JobServiceServicer_to_server(backend, server)
    checks = health.aio.HealthServicer()
    await checks.set("", health_pb2.HealthCheckResponse.SERVING)
    health_pb2_grpc.add_HealthServicer_to_server(checks, server)
    port = server.add_insecure_port(f"127.0.0.1:{port}")
    await server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        await server.stop(None)


@asynccontextmanager
async def gateway(backend: Backend, **settings: Any) -> AsyncIterator[TestClient[Any, Any]]:
    """A client of a gateway before that backend."""
    async with serving(backend) as address:
        channels = Channels.open({"generator": address}, settings.get("grpc_token", ""))
        server = TestServer(build_app(Settings(**settings), channels))
        await server.start_server(auto_decompress=False)
        async with TestClient(server) as client:
            yield client
        await channels.close()
