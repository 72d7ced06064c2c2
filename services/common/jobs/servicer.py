"""The gRPC face of the job service: one line for each RPC."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, contextmanager
from typing import Any, Final

import structlog
from mockcraft.jobs.v1 import jobs_pb2, jobs_pb2_grpc

from services.common.jobs.convert import event_message, job_message, state_of, summary_message
from services.common.jobs.model import Event
from services.common.jobs.service import JobsService
from services.common.server import Servicer

Context = Any
MESSAGES: Final = 1024
WRITE_SECONDS: Final = 10.0

logger = structlog.get_logger("jobs")


class JobServicer(jobs_pb2_grpc.JobServiceServicer):
    """Serves `mockcraft.jobs.v1.JobService`."""

    def __init__(self, jobs: JobsService, write_seconds: float) -> None:
        self._jobs, self._write_seconds = jobs, write_seconds
        self._messages: OrderedDict[tuple[str, int], jobs_pb2.JobEvent] = OrderedDict()

    async def GetJob(self, request: jobs_pb2.GetJobRequest, context: Context) -> jobs_pb2.Job:  # noqa: N802
        """See the proto."""
        return job_message(await self._jobs.get(request.id, spec=False))

    async def ListJobs(self, request: jobs_pb2.ListJobsRequest, context: Context) -> jobs_pb2.ListJobsResponse:  # noqa: N802
        """See the proto."""
        page = await self._jobs.list(request.page_size, request.page_token, state_of(request.state), request.kind)
        return jobs_pb2.ListJobsResponse(jobs=map(job_message, page.jobs), next_page_token=page.next_page_token)

    async def SummarizeJobs(  # noqa: N802
        self, request: jobs_pb2.SummarizeJobsRequest, context: Context
    ) -> jobs_pb2.SummarizeJobsResponse:
        """See the proto."""
        return summary_message(await self._jobs.counts())

    async def WatchJob(self, request: jobs_pb2.WatchJobRequest, context: Context) -> AsyncIterator[jobs_pb2.JobEvent]:  # noqa: N802
        """See the proto. The headers say that the job can be watched, before there is an event to send."""
        await self._jobs.check_watch(request.id, request.after_sequence)
        await context.send_initial_metadata(())
        async with aclosing(self._jobs.follow(request.id, request.after_sequence)) as events:
            async for event in events:
                with self._taken_in_time(request.id):
                    yield self._message(event)

    @contextmanager
    def _taken_in_time(self, job_id: str) -> Iterator[None]:
        """End the call of a reader that takes nothing for too long: it would hold its place for ever."""
        reader = asyncio.current_task()

        def evict() -> None:
            logger.warning("reader dropped: it takes nothing", job_id=job_id, seconds=self._write_seconds)
            if reader is not None:
                reader.cancel()

        timer = asyncio.get_running_loop().call_later(self._write_seconds, evict)
        try:
            yield
        finally:
            timer.cancel()

    def _message(self, event: Event) -> jobs_pb2.JobEvent:
        """The event's message, made once for all who follow the job."""
        name = event.job_id, event.seq
        message = self._messages.get(name) or event_message(event)
        self._messages[name] = message
        if len(self._messages) > MESSAGES:
            self._messages.popitem(last=False)
        return message

    async def PauseJob(self, request: jobs_pb2.PauseJobRequest, context: Context) -> jobs_pb2.Job:  # noqa: N802
        """See the proto."""
        return job_message(await self._jobs.pause(request.id))

    async def ResumeJob(self, request: jobs_pb2.ResumeJobRequest, context: Context) -> jobs_pb2.Job:  # noqa: N802
        """See the proto."""
        return job_message(await self._jobs.resume(request.id))

    async def CancelJob(self, request: jobs_pb2.CancelJobRequest, context: Context) -> jobs_pb2.Job:  # noqa: N802
        """See the proto."""
        return job_message(await self._jobs.cancel(request.id))

    async def DeleteJob(  # noqa: N802
        self, request: jobs_pb2.DeleteJobRequest, context: Context
    ) -> jobs_pb2.DeleteJobResponse:
        """See the proto."""
        await self._jobs.remove(request.id)
        return jobs_pb2.DeleteJobResponse()

    async def ReadArtifact(  # noqa: N802
        self, request: jobs_pb2.ReadArtifactRequest, context: Context
    ) -> AsyncIterator[jobs_pb2.ReadArtifactResponse]:
        """See the proto."""
        async with aclosing(self._jobs.read_artifact(request.id, request.name, request.offset, request.limit)) as pieces:
            async for piece in pieces:
                yield jobs_pb2.ReadArtifactResponse(data=piece)


def job_servicer(jobs: JobsService, write_seconds: float = WRITE_SECONDS) -> Servicer:
    """The job service, ready for `serve`. A reader of events that takes nothing for `write_seconds` is dropped."""
    name = jobs_pb2.DESCRIPTOR.services_by_name["JobService"].full_name
    return Servicer(JobServicer(jobs, write_seconds), jobs_pb2_grpc.add_JobServiceServicer_to_server, name)
