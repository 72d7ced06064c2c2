"""The generator over real gRPC with real children: jobs, events for many, files and rows that agree."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import grpc
import pyarrow as pa
import pytest
from google.protobuf.json_format import MessageToDict
from google.rpc import error_details_pb2, status_pb2
from mockcraft.generator.v1 import generator_pb2 as gen
from mockcraft.generator.v1 import generator_pb2_grpc
from mockcraft.jobs.v1 import jobs_pb2 as jobs
from mockcraft.jobs.v1 import jobs_pb2_grpc

from services.common.server import GrpcServer
from services.common.settings import Settings
from services.generator import reading
from services.generator.server import Parts
from tests.integration.loads import SHOP

SCHEMA = gen.Schema(text=SHOP)
STATES = jobs.Job.State


@dataclass
class Client:
    """Stubs of a running generator, and where it keeps its data."""

    generator: generator_pb2_grpc.GeneratorServiceStub
    jobs: jobs_pb2_grpc.JobServiceStub
    data: Path

    async def create(self, users: str = "20K", *outputs: gen.Output, **fields: object) -> jobs.Job:
        request = gen.CreateGenerationRequest(schema=SCHEMA, set={"users": users}, outputs=outputs, **fields)  # type: ignore[arg-type]
        return await self.generator.CreateGeneration(request)

    async def events(self, job_id: str, after: int = 0) -> list[jobs.JobEvent]:
        return [e async for e in self.jobs.WatchJob(jobs.WatchJobRequest(id=job_id, after_sequence=after))]

    async def until_said(self, job_id: str, type_: str) -> None:
        async for event in self.jobs.WatchJob(jobs.WatchJobRequest(id=job_id)):
            if event.type == type_:
                return

    async def until(self, job_id: str, *states: str, seconds: float = 60) -> jobs.Job:
        async with asyncio.timeout(seconds):
            while True:
                job = await self.jobs.GetJob(jobs.GetJobRequest(id=job_id))
                if STATES.Name(job.state) in states:
                    return job
                await asyncio.sleep(0.02)

    async def read(self, job_id: str, name: str) -> bytes:
        request = jobs.ReadArtifactRequest(id=job_id, name=name)
        return b"".join([piece.data async for piece in self.jobs.ReadArtifact(request)])

    async def rows(self, job_id: str, table: str, offset: int, limit: int) -> list[dict[str, object]]:
        answer = await self.generator.GetRows(gen.GetRowsRequest(generation=job_id, table=table, offset=offset, limit=limit))
        return [MessageToDict(row) for row in answer.rows]

    def pid(self, job_id: str) -> int:
        return int(json.loads((self.data / "checkpoints" / job_id / "child.json").read_text())["pid"])


@asynccontextmanager
async def serving(folder: Path, **settings: object) -> AsyncIterator[Client]:
    made = Settings(data_dir=folder, grpc_port=0, **settings)  # type: ignore[arg-type]
    parts = Parts(made)
    await parts.start()
    server = GrpcServer(parts.servicers, made)
    channel = grpc.aio.insecure_channel(await server.start())
    try:
        yield Client(generator_pb2_grpc.GeneratorServiceStub(channel), jobs_pb2_grpc.JobServiceStub(channel), folder)
    finally:
        await channel.close()
        await server.stop(0)
        await parts.stop()


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[Client]:
    async with serving(tmp_path, checkpoint_rows=65_536, block_rows=16_384) as made:
        yield made


async def refusal(call: object) -> tuple[grpc.StatusCode, str, list[str]]:
    """Status, reason and fields of what a call is refused with."""
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await call  # type: ignore[misc]
    trailers = dict(raised.value.trailing_metadata() or ())
    status = status_pb2.Status.FromString(trailers["grpc-status-details-bin"])  # type: ignore[arg-type]
    info, bad = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
    for detail in status.details:
        detail.Unpack(info) or detail.Unpack(bad)
    return raised.value.code(), info.reason, [v.field for v in bad.field_violations]


# Jobs


async def test_three_clients_see_every_event_of_a_job_once_in_order(client: Client) -> None:
    job = await client.create("60K")
    assert (STATES.Name(job.state), job.kind, job.status) == ("PENDING", "generation", "queued")

    async def late() -> list[jobs.JobEvent]:
        await client.until_said(job.id, "checkpoint")
        return await client.events(job.id)

    logs = await asyncio.gather(client.events(job.id), client.events(job.id), late())
    assert logs[0] == logs[1] == logs[2]
    assert [e.seq for e in logs[0]] == list(range(1, len(logs[0]) + 1))
    types = [e.type for e in logs[0]]
    assert types[0] == "init" and types[-1] == "complete" and types.count("complete") == 1
    assert {"start", "progress", "checkpoint"} <= set(types)
    assert await client.events(job.id, after=len(types) - 1) == logs[0][-1:]


async def test_artifacts_hold_what_get_rows_recomputes(client: Client) -> None:
    job = await client.create("20K", gen.Output(format="jsonl"), gen.Output(format="csv", compression="gzip"))
    await client.events(job.id)
    done = await client.until(job.id, "SUCCEEDED")
    artifacts = {a.name: a for a in done.artifacts}
    assert set(artifacts) == {"users.jsonl", "orders.jsonl", "users.csv.gz", "orders.csv.gz", "manifest.json"}
    for name, artifact in artifacts.items():
        data = await client.read(job.id, name)
        assert (len(data), hashlib.sha256(data).hexdigest()) == (artifact.bytes, artifact.sha256)
    for table in ("users", "orders"):
        written = [json.loads(line) for line in (await client.read(job.id, f"{table}.jsonl")).splitlines()]
        middle = len(written) // 2
        for start in (0, middle, len(written) - 50):
            assert await client.rows(job.id, table, start, 50) == written[start : start + 50]


async def test_all_files_of_a_job_with_very_many_are_artifacts(client: Client) -> None:
    tables = "".join(f"  table_{i:03}: {{rows: 2, columns: {{id: sequence}}}}\n" for i in range(500))
    request = gen.CreateGenerationRequest(schema=gen.Schema(text=f"mockcraft: 1\ntables:\n{tables}"))
    job = await client.generator.CreateGeneration(request)
    done = await client.until(job.id, "SUCCEEDED")
    assert len(done.artifacts) == 501
    assert await client.read(job.id, "table_499.csv") == b"id\n1\n2\n"


async def test_a_paused_job_leaves_the_process_table_and_goes_on_to_the_same_bytes(client: Client) -> None:
    outputs = (gen.Output(format="csv"), gen.Output(format="jsonl", compression="zstd"))
    job, twin = await client.create("300K", *outputs), await client.create("300K", *outputs)
    await client.until_said(job.id, "checkpoint")
    pid = client.pid(job.id)
    os.kill(pid, 0)
    await client.jobs.PauseJob(jobs.PauseJobRequest(id=job.id))
    paused = await client.until(job.id, "PAUSED", seconds=5)
    assert paused.status == "paused"
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert STATES.Name((await client.jobs.PauseJob(jobs.PauseJobRequest(id=job.id))).state) == "PAUSED"
    await client.jobs.ResumeJob(jobs.ResumeJobRequest(id=job.id))
    resumed, whole = await client.until(job.id, "SUCCEEDED"), await client.until(twin.id, "SUCCEEDED")
    assert [(a.name, a.sha256) for a in resumed.artifacts] == [(a.name, a.sha256) for a in whole.artifacts]
    assert resumed.attempt == 1
    log = await client.events(job.id)
    starts = [MessageToDict(e.data) for e in log if e.type == "start"]
    assert len(starts) == 2 and starts[1]["resumeFrom"]["rows"] > 0
    assert [e.seq for e in log] == list(range(1, len(log) + 1))


async def test_a_killed_child_is_followed_by_another_attempt_with_the_same_bytes(client: Client) -> None:
    job, twin = await client.create("200K"), await client.create("200K")
    await client.until_said(job.id, "checkpoint")
    os.kill(client.pid(job.id), signal.SIGKILL)
    done, whole = await client.until(job.id, "SUCCEEDED"), await client.until(twin.id, "SUCCEEDED")
    assert done.attempt == 2
    assert [(a.name, a.sha256) for a in done.artifacts] == [(a.name, a.sha256) for a in whole.artifacts]


async def test_a_cancelled_job_ends_and_leaves_no_files(client: Client) -> None:
    job = await client.create("2M")
    await client.until_said(job.id, "checkpoint")
    pid = client.pid(job.id)
    await client.jobs.CancelJob(jobs.CancelJobRequest(id=job.id))
    cancelled = await client.until(job.id, "CANCELLED", seconds=5)
    assert (cancelled.status, list(cancelled.artifacts)) == ("stopped", [])
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    last = (await client.events(job.id))[-1]
    assert (last.type, MessageToDict(last.data)["reason"]) == ("shutdown", "cancel")
    assert not (client.data / "outputs" / job.id).exists()
    assert (await refusal(client.jobs.ResumeJob(jobs.ResumeJobRequest(id=job.id))))[:2] == (
        grpc.StatusCode.FAILED_PRECONDITION,
        "INVALID_STATE",
    )


async def test_one_request_id_makes_one_job(client: Client) -> None:
    first, second = await asyncio.gather(client.create("100", request_id="same"), client.create("100", request_id="same"))
    assert first.id == second.id
    assert (await refusal(client.create("200", request_id="same")))[1] == "IDEMPOTENCY_KEY_REUSED"


# Answers


async def test_blocks_of_a_generation_join_to_its_rows(client: Client) -> None:
    job = await client.create("20K")
    request = gen.StreamBlocksRequest(generation=job.id, table="users", block_rows=4096)
    data, blocks = b"", []
    async for piece in client.generator.StreamBlocks(request):
        assert len(piece.data) <= 1 << 20
        data += piece.data
        if piece.last:
            with pa.ipc.open_stream(data) as reader:
                blocks.append((piece.block, reader.read_all()))
            data = b""
    assert [number for number, _ in blocks] == list(range(5))
    ids = [row["id"] for _, block in blocks for row in block.to_pylist()]
    assert ids == [row["id"] for offset in (0, 10_000) for row in await client.rows(job.id, "users", offset, 10_000)]


async def test_a_reader_that_stands_still_stops_the_computing(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    render = reading.render_block

    def counted(*args: object) -> object:
        made.append(1)
        return render(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(reading, "render_block", counted)
    request = gen.StreamBlocksRequest(schema=SCHEMA, set={"users": "4M"}, table="users")
    stream = client.generator.StreamBlocks(request)
    await stream.read()
    await asyncio.sleep(1.5)
    standing = len(made)
    await asyncio.sleep(0.5)
    assert len(made) == standing < 8
    stream.cancel()
    await asyncio.sleep(0.2)
    assert len(made) <= standing + 1


async def test_rows_are_streamed_from_a_schema(client: Client) -> None:
    request = gen.StreamRowsRequest(schema=SCHEMA, table="users", offset=1020, limit=10)
    rows = [(row.row, MessageToDict(row.values)["id"]) async for row in client.generator.StreamRows(request)]
    assert rows == [(n, n + 1) for n in range(1020, 1030)]


async def test_single_values_validation_plan_and_preview(client: Client) -> None:
    values = await client.generator.GenerateValues(gen.GenerateValuesRequest(type="First Name", count=2, seed=1))
    assert values.type == "person.first_name" and len(values.values) == 2
    listed = await client.generator.ListGenerators(gen.ListGeneratorsRequest(page_size=3))
    assert len(listed.generators) == 3 and listed.next_page_token and sum(listed.categories.values()) > 40
    assert (await client.generator.GetGenerator(gen.GetGeneratorRequest(type="uuid4"))).example.string_value
    plan = await client.generator.PlanSchema(gen.PlanSchemaRequest(schema=SCHEMA, rows={"users": "1K"}))
    assert plan.valid and plan.tables[0].rows == 1000
    assert set(plan.tables[0].estimated_bytes) == {"csv", "json", "jsonl", "sql", "parquet"}
    preview = await client.generator.PreviewRows(gen.PreviewRowsRequest(schema=SCHEMA, table="orders", rows=2))
    assert preview.valid and len(preview.rows) == 2 and preview.columns[0] == "id"
    bad = await client.generator.ValidateSchema(gen.ValidateSchemaRequest(schema=gen.Schema(text="tables:\n  t: {rows: x}\n")))
    assert not bad.valid and bad.findings[0].line == 2 and bad.findings[0].path


async def test_refusals_carry_reason_and_place(client: Client) -> None:
    generator, invalid, missing = client.generator, grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.NOT_FOUND
    broken = gen.Schema(text="tables: {t: {rows: 1, columns: {a: frist_name}}}")
    create = generator.CreateGeneration
    assert await refusal(create(gen.CreateGenerationRequest())) == (invalid, "SCHEMA_MISSING", ["schema"])
    assert await refusal(create(gen.CreateGenerationRequest(schema=broken))) == (
        invalid,
        "SCHEMA_INVALID",
        ["tables.t.columns.a"],
    )
    assert await refusal(create(gen.CreateGenerationRequest(schema=SCHEMA, outputs=[gen.Output(format="cvs")]))) == (
        invalid, "OPTION_INVALID", ["outputs[0].format"],
    )  # fmt: skip
    assert (await refusal(generator.GetRows(gen.GetRowsRequest(generation="gen_x", table="users"))))[:2] == (
        missing,
        "JOB_NOT_FOUND",
    )
    assert (await refusal(generator.GetGenerator(gen.GetGeneratorRequest(type="nope"))))[:2] == (missing, "GENERATOR_NOT_FOUND")
    assert (await refusal(generator.GenerateValues(gen.GenerateValuesRequest(type="int", count=10**6))))[1] == "COUNT_INVALID"
    page = await client.jobs.ListJobs(jobs.ListJobsRequest())
    assert list(page.jobs) == []


async def test_a_deep_document_is_refused_and_the_service_lives(client: Client) -> None:
    bomb = gen.Schema(text="[" * 60_000)
    assert (await refusal(client.generator.CreateGeneration(gen.CreateGenerationRequest(schema=bomb))))[1].startswith("YAML_")
    assert (await client.generator.ListGenerators(gen.ListGeneratorsRequest(page_size=1))).generators


async def test_computing_does_not_hold_up_other_calls(client: Client) -> None:
    slow = gen.Schema(text="tables: {t: {rows: 50K, columns: {a: faker.text, b: faker.address}}}")
    busy = client.generator.PreviewRows(gen.PreviewRowsRequest(schema=slow, rows=10_000))
    await asyncio.sleep(0.1)
    async with asyncio.timeout(1):
        await client.jobs.ListJobs(jobs.ListJobsRequest())
    assert not busy.done()
    busy.cancel()


# The process


async def test_the_process_serves_and_stops_gracefully_with_a_job_under_way(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "MOCKCRAFT_DATA_DIR": str(tmp_path),
        "MOCKCRAFT_GRPC_PORT": "0",
        "MOCKCRAFT_CHECKPOINT_ROWS": "65536",
    }
    command = [sys.executable, "-m", "services.generator"]
    service = await asyncio.create_subprocess_exec(*command, env=environment, stderr=asyncio.subprocess.PIPE)
    assert service.stderr is not None
    address = ""
    while not address:
        line = await asyncio.wait_for(service.stderr.readline(), 30)
        address = json.loads(line).get("address", "") if line.startswith(b"{") else ""
    async with grpc.aio.insecure_channel(address) as channel:
        client = Client(generator_pb2_grpc.GeneratorServiceStub(channel), jobs_pb2_grpc.JobServiceStub(channel), tmp_path)
        job = await client.create("2M")
        await client.until_said(job.id, "checkpoint")
        pid = client.pid(job.id)
        service.terminate()
        rest = await asyncio.wait_for(service.stderr.read(), 15)
    assert await service.wait() == 0, rest.decode()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    async with serving(tmp_path, checkpoint_rows=65_536) as client:
        resumed = await client.until(job.id, "RUNNING", "SUCCEEDED")
        assert resumed.attempt == 1
        started = 0
        async for event in client.jobs.WatchJob(jobs.WatchJobRequest(id=job.id)):
            started += event.type == "start"
            if started == 2:
                assert MessageToDict(event.data)["resumeFrom"]["rows"] > 0
                break
        await client.jobs.CancelJob(jobs.CancelJobRequest(id=job.id))
        await client.until(job.id, "CANCELLED")
