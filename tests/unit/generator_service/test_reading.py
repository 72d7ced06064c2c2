"""Rows and blocks: what is streamed is what the engine makes, wherever one begins."""

from __future__ import annotations

import asyncio
import threading
from contextlib import aclosing

import pyarrow as pa
import pytest

from runner.engine import Engine
from runner.rows import rows
from services.common.errors import MockcraftError
from services.common.schemas import SchemaRequest, plan_of
from services.generator import reading
from services.generator.generations import GenerationRequest
from services.generator.reading import SLICE_BYTES, Slice
from services.generator.service import GeneratorService, Source


async def slices(
    service: GeneratorService, source: Source, table: str, offset: int = 0, limit: int = 0, size: int = 1024
) -> list[Slice]:
    return [piece async for piece in service.stream_blocks(source, table, offset, limit, reading.Asked(size))]


def batches(pieces: list[Slice]) -> list[pa.RecordBatch]:
    found: list[pa.RecordBatch] = []
    data = b""
    for piece in pieces:
        data += piece.data
        if piece.last:
            with pa.ipc.open_stream(data) as reader:
                found += list(reader)
            data = b""
    assert not data
    return found


async def test_blocks_hold_the_rows_of_the_engine(service: GeneratorService, schema: SchemaRequest) -> None:
    pieces = await slices(service, Source(schema=schema), "users")
    got = pa.Table.from_batches(batches(pieces))
    assert got.to_pylist() == Engine(plan_of(schema)).batch("users", 0, 5000).to_pylist()
    assert [(p.block, p.first_row, p.row_count) for p in pieces] == [(i, i * 1024, min(1024, 5000 - i * 1024)) for i in range(5)]


async def test_blocks_are_cut_in_slices_of_at_most_a_mebibyte(service: GeneratorService, schema: SchemaRequest) -> None:
    request = SchemaRequest(schema.source, set={"users": "60000"})
    pieces = await slices(service, Source(schema=request), "orders", size=1_048_576)
    assert len(pieces) > 2
    assert all(len(p.data) <= SLICE_BYTES for p in pieces)
    assert [p.slice for p in pieces] == list(range(len(pieces)))
    assert [p.last for p in pieces] == [False] * (len(pieces) - 1) + [True]
    assert sum(b.num_rows for b in batches(pieces)) == plan_of(request).table("orders").rows


async def test_a_stream_resumed_at_a_block_gives_the_same_blocks(service: GeneratorService, schema: SchemaRequest) -> None:
    whole = await slices(service, Source(schema=schema), "orders")
    assert await slices(service, Source(schema=schema), "orders", offset=2048) == whole[2:]
    (part,) = await slices(service, Source(schema=schema), "orders", offset=1500, limit=20)
    assert (part.block, part.first_row, part.row_count) == (1, 1500, 20)


async def test_a_plan_can_be_the_source(service: GeneratorService, schema: SchemaRequest) -> None:
    source = Source(plan=plan_of(schema).to_json())
    assert await slices(service, source, "users") == await slices(service, Source(schema=schema), "users")
    with pytest.raises(MockcraftError, match="not a plan"):
        await slices(service, Source(plan=b'{"$": "plan", "nonsense": 1}'), "users")


async def test_blocks_are_computed_off_the_loop_and_only_one_ahead(
    service: GeneratorService, schema: SchemaRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[str] = []
    render = reading.render_block

    def watched(*args: object) -> object:
        threads.append(threading.current_thread().name)
        return render(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(reading, "render_block", watched)
    async with aclosing(service.stream_blocks(Source(schema=schema), "users", 0, 0, reading.Asked(1024))) as stream:
        async for _ in stream:
            await asyncio.sleep(0.2)
            break
    assert len(threads) == 2
    assert all(name.startswith("generator") for name in threads)


async def test_streamed_rows_are_those_of_the_engine(service: GeneratorService, schema: SchemaRequest) -> None:
    got = [row async for row in service.stream_rows(Source(schema=schema), "users", 1000, 1500)]
    assert [number for number, _ in got] == list(range(1000, 2500))
    assert [row for _, row in got] == rows(Engine(plan_of(schema)), "users", 1000, 1500)


async def test_rows_of_a_generation_come_from_its_own_plan(service: GeneratorService, schema: SchemaRequest) -> None:
    job = await service.create_generation(GenerationRequest(schema))
    page = await service.get_rows(job.id, "users", 4990, 100)
    assert page.rows == rows(Engine(plan_of(schema)), "users", 4990, 10)
    assert page.total_rows == 5000
    assert page.columns[:2] == ("id", "first_name")
    assert len((await service.get_rows(job.id, "users", 0, 0)).rows) == 100
    assert (await service.get_rows(job.id, "users", 10**12, 5)).rows == []


async def test_a_preview_shows_five_rows_of_the_first_table(service: GeneratorService, schema: SchemaRequest) -> None:
    preview = await service.preview(schema, "", 0, 0)
    assert preview.valid and preview.page is not None
    assert preview.page.table == "users"
    assert [row["id"] for row in preview.page.rows] == [1, 2, 3, 4, 5]
    assert (await service.preview(SchemaRequest("tables: 5"), "", 0, 0)).page is None


@pytest.mark.parametrize(
    ("generation", "table", "offset", "limit", "code"),
    [
        ("gen_nonsense", "users", 0, 1, "JOB_NOT_FOUND"),
        ("", "users", 0, 1, "JOB_NOT_FOUND"),
        (None, "nope", 0, 1, "TABLE_NOT_FOUND"),
        (None, "users", -1, 1, "OFFSET_INVALID"),
        (None, "users", 0, -1, "LIMIT_INVALID"),
        (None, "users", 0, 10_001, "LIMIT_INVALID"),
    ],
)
async def test_rows_that_cannot_be_had_are_refused(
    service: GeneratorService, schema: SchemaRequest, generation: str | None, table: str, offset: int, limit: int, code: str
) -> None:
    job = await service.create_generation(GenerationRequest(schema))
    with pytest.raises(MockcraftError) as raised:
        await service.get_rows(job.id if generation is None else generation, table, offset, limit)
    assert raised.value.code == code


async def test_a_block_size_out_of_range_is_refused(service: GeneratorService, schema: SchemaRequest) -> None:
    with pytest.raises(MockcraftError) as raised:
        await slices(service, Source(schema=schema), "users", size=1000)
    assert raised.value.code == "BLOCK_ROWS_INVALID"
