"""The server every service runs: errors, token, request ids, health, reflection, stop."""

from __future__ import annotations

import asyncio
import io
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
import orjson
import pytest
import structlog
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from mockcraft.jobs.v1 import jobs_pb2, jobs_pb2_grpc

from services.common.errors import FieldError, invalid
from services.common.interceptors import Call, errors
from services.common.server import GrpcServer, Servicer, cannot_listen, run_service
from services.common.settings import Settings
from services.common.settings_sources import SettingsError
from services.common.statuses import from_rpc
from services.common.telemetry import setup_logging, worth_telling

NAME = "mockcraft.jobs.v1.JobService"


class Misbehaving(jobs_pb2_grpc.JobServiceServicer):
    async def GetJob(self, request: Any, context: Any) -> Any:
        if request.id == "bug":
            raise ZeroDivisionError("secret place postgresql://u:canary-secret@h/d")
        if request.id == "id":
            return jobs_pb2.Job(id=structlog.contextvars.get_contextvars()["request_id"])
        raise invalid("BAD", "It is bad.", findings=[FieldError("id", "Wrong.", "WRONG", 1, 2, "right")])

    async def WatchJob(self, request: Any, context: Any) -> AsyncIterator[Any]:
        yield jobs_pb2.JobEvent(seq=1)
        if request.id == "endless":
            await asyncio.sleep(60)
        raise invalid("LATE", "It went bad later.")


@asynccontextmanager
async def serving(**more: Any) -> AsyncIterator[tuple[GrpcServer, grpc.aio.Channel]]:
    server = GrpcServer(
        [Servicer(Misbehaving(), jobs_pb2_grpc.add_JobServiceServicer_to_server, NAME)], Settings(grpc_port=0, **more)
    )
    await server.start()
    async with grpc.aio.insecure_channel(server.address) as channel:
        yield server, channel
    await server.stop(0)


async def failure(call: Any) -> grpc.aio.AioRpcError:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return caught.value


async def test_errors_of_ours_become_statuses_with_their_reason() -> None:
    async with serving() as (_, channel):
        error = await failure(jobs_pb2_grpc.JobServiceStub(channel).GetJob(jobs_pb2.GetJobRequest(id="x")))
        told = from_rpc(error)
        assert (told.code, told.message, told.status) == ("BAD", "It is bad.", grpc.StatusCode.INVALID_ARGUMENT)
        assert told.findings == (FieldError("id", "Wrong.", "WRONG", 1, 2, "right"),)


async def test_an_error_in_a_stream_comes_after_what_was_said() -> None:
    async with serving() as (_, channel):
        call = jobs_pb2_grpc.JobServiceStub(channel).WatchJob(jobs_pb2.WatchJobRequest(id="x"))
        assert (await call.read()).seq == 1
        assert from_rpc(await failure(call.read())).code == "LATE"


async def test_what_nobody_foresaw_is_logged_and_says_nothing_outside() -> None:
    setup_logging(Settings(), "test")
    lines = io.StringIO()
    (handler,) = logging.getLogger().handlers
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(lines)
    try:
        async with serving() as (_, channel):
            call = jobs_pb2_grpc.JobServiceStub(channel).GetJob(
                jobs_pb2.GetJobRequest(id="bug"), metadata=(("x-request-id", "r-1"),)
            )
            error = await failure(call)
    finally:
        logging.getLogger().handlers.clear()
        structlog.reset_defaults()
    assert error.code() is grpc.StatusCode.INTERNAL and from_rpc(error).code == "INTERNAL"
    assert "ZeroDivision" not in (error.details() or "") and "canary" not in (error.details() or "")
    logged = [orjson.loads(line) for line in lines.getvalue().splitlines()]
    (entry,) = [line for line in logged if line["event"] == "unexpected error"]
    assert entry["request_id"] == "r-1" and "ZeroDivisionError" in str(entry["exception"])
    assert "canary-secret" not in lines.getvalue() and "postgresql://u:***@h/d" in lines.getvalue()
    (access,) = [line for line in logged if line["event"] == "call"]
    assert (access["status"], access["method"]) == ("INTERNAL", f"/{NAME}/GetJob")


async def test_a_request_id_is_taken_over_or_made() -> None:
    async with serving() as (_, channel):
        stub = jobs_pb2_grpc.JobServiceStub(channel)
        ask = jobs_pb2.GetJobRequest(id="id")
        assert (await stub.GetJob(ask, metadata=(("x-request-id", "abc-1"),))).id == "abc-1"
        for metadata in ((), (("x-request-id", "bad id"),)):
            made = (await stub.GetJob(ask, metadata=metadata)).id
            assert len(made) == 16 and made != (await stub.GetJob(ask)).id


async def test_the_shared_token_opens_every_call_and_health_needs_none() -> None:
    async with serving(grpc_token="t0ken") as (_, channel):
        stub, ask = jobs_pb2_grpc.JobServiceStub(channel), jobs_pb2.GetJobRequest(id="id")
        for metadata in ((), (("authorization", "Bearer other"),), (("authorization", "t0ken"),)):
            assert (await failure(stub.GetJob(ask, metadata=metadata))).code() is grpc.StatusCode.UNAUTHENTICATED
        watch = stub.WatchJob(jobs_pb2.WatchJobRequest(id="x"))
        assert (await failure(watch.read())).code() is grpc.StatusCode.UNAUTHENTICATED
        assert (await stub.GetJob(ask, metadata=(("authorization", "Bearer t0ken"),))).id
        answer = await health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(service=NAME))
        assert answer.status == health_pb2.HealthCheckResponse.SERVING


async def test_reflection_names_the_services() -> None:
    async with serving() as (_, channel):
        stub = reflection_pb2_grpc.ServerReflectionStub(channel)
        call = stub.ServerReflectionInfo(iter([reflection_pb2.ServerReflectionRequest(list_services="")]))
        names = {service.name for answer in [await call.read()] for service in answer.list_services_response.service}
        call.cancel()
        assert {NAME, "grpc.health.v1.Health"} <= names


async def test_a_stop_cuts_streams_after_their_grace() -> None:
    async with serving() as (server, channel):
        call = jobs_pb2_grpc.JobServiceStub(channel).WatchJob(jobs_pb2.WatchJobRequest(id="endless"))
        assert (await call.read()).seq == 1
        async with asyncio.timeout(3):
            await server.stop(0.2)
            await failure(call.read())


async def test_a_taken_port_is_an_error_that_names_it() -> None:
    async with serving() as (server, _):
        port = int(server.address.rpartition(":")[2])
        with pytest.raises(OSError, match=str(port)):
            await GrpcServer([], Settings(grpc_port=port)).start()


def test_other_addresses_than_loopback_need_a_token() -> None:
    with pytest.raises(SettingsError, match="grpc_token"):
        GrpcServer([], Settings(grpc_host="0.0.0.0"))


@pytest.mark.parametrize(("error", "status"), [(SettingsError("x"), 2), (OSError("x"), 1), (invalid("X", "x"), 1), (None, 0)])
def test_exit_statuses(error: Exception | None, status: int, capsys: pytest.CaptureFixture[str]) -> None:
    async def main() -> None:
        if error:
            raise error

    assert run_service(main) == status
    assert bool(capsys.readouterr().err) == (error is not None)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (SettingsError("no port"), "mockcraft: SETTINGS_INVALID no port\n"),
        (invalid("STORE_X", "no store", "Start it."), "mockcraft: STORE_X no store\n  Start it.\n"),
        (OSError("all is lost"), "mockcraft: SERVICE_FAILED the service cannot run: all is lost\n"),
        (RuntimeError("x"), "mockcraft: SERVICE_FAILED the service cannot run: x\n"),
        (cannot_listen("256.0.0.1", 1, "--port"), "mockcraft: ADDRESS_UNAVAILABLE cannot listen on 256.0.0.1, port 1: "),
        (
            FileNotFoundError(2, "No such file or directory", "/proc/x"),
            "mockcraft: FILE_UNUSABLE the service cannot run: /proc/x: No such file or directory\n  The data folder is chosen",
        ),
    ],
)
def test_why_a_service_cannot_run_is_told_with_a_code_and_a_hint(
    error: Exception, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    async def main() -> None:
        raise error

    assert run_service(main) in (1, 2)
    assert capsys.readouterr().err.startswith(said)


@pytest.mark.parametrize("method", ["GetJob", "WatchJob"])
async def test_bytes_that_are_no_message_are_refused_with_a_reason(method: str) -> None:
    async with serving() as (_, channel):
        path = f"/{NAME}/{method}"
        if method == "GetJob":
            error = await failure(channel.unary_unary(path)(b"\xff\xff\xff"))
        else:
            error = await failure(channel.unary_stream(path)(b"\xff\xff\xff").read())
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert from_rpc(error).code == "REQUEST_UNREADABLE"


async def test_a_client_that_leaves_is_no_error(caplog: pytest.LogCaptureFixture) -> None:
    class ExecuteBatchError(Exception):
        """As gRPC names it."""

    call = Call("/m", None)  # type: ignore[arg-type]
    with structlog.testing.capture_logs() as said, pytest.raises(ExecuteBatchError):
        async with errors(call):
            raise ExecuteBatchError
    assert [line["log_level"] for line in said] == ["debug"]
    record = logging.LogRecord(
        "grpc._cython.cygrpc", logging.ERROR, "", 1, "m", (), (ExecuteBatchError, ExecuteBatchError(), None)
    )
    assert not worth_telling(record)
    record.exc_info = (ValueError, ValueError(), None)
    assert worth_telling(record)
