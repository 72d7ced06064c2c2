"""What the generator does: catalogue, single values, schemas, rows, blocks and generation jobs. No gRPC here.

Everything that computes runs in a few threads, never on the event loop. What calls Python for each value has
threads of its own and a deadline, so that the catalogue, quick values and jobs never wait for it.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections import OrderedDict
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Iterable, Iterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any, ParamSpec, TypeVar

import orjson

from runner import dictionaries
from runner.engine import Engine, RowError
from runner.plan import Plan
from runner.rows import rows
from runner.schema import Access, Finding
from runner.stored import StoredError
from services.common.errors import FieldError, invalid, refused
from services.common.jobs.model import Job
from services.common.jobs.service import JobsService
from services.common.jobs.store import unknown_job
from services.common.jobs.supervisor import python_module
from services.common.jobs.worker import Worker
from services.common.schemas import SchemaRequest, checked, may_be_slow, plan_of
from services.common.settings import Settings
from services.common.threads import DEADLINE_SECONDS, Threads
from services.generator import catalogue, generations, reading, schemas
from services.generator.known import KnownSchemas
from services.generator.stored import StoredTables

P = ParamSpec("P")
T = TypeVar("T")
Compute = Callable[..., Coroutine[Any, Any, Any]]

PREVIEW_ROWS, ROWS_PER_PAGE, MOST_ROWS = 5, 100, 10_000
DEFAULT_BLOCK_ROWS = 65_536
LEAST_BLOCK_ROWS, MOST_BLOCK_ROWS = 1024, 1_048_576
PLANS_KEPT = 16
SLOW_THREADS = 2


@dataclass(frozen=True, slots=True)
class Source:
    """Where rows come from: a schema, the id of a generation, or a plan as JSON; exactly one."""

    schema: SchemaRequest | None = None
    generation: str = ""
    plan: bytes = b""


@dataclass(frozen=True, slots=True)
class Preview:
    """Previewed rows, or what is wrong with the schema (then there is no page)."""

    valid: bool
    findings: tuple[Finding, ...]
    page: reading.RowPage | None = None


class GeneratorService:
    """One per process. Errors are `MockcraftError`."""

    def __init__(self, settings: Settings, jobs: JobsService) -> None:
        self._settings, self._jobs = settings, jobs
        dictionaries.use_folder(settings.dictionaries_dir)
        threads = max(2, min(4, os.cpu_count() or 1))
        self._quick, self._slow = Threads(threads, "generator"), Threads(SLOW_THREADS, "generator-slow")
        self._known = KnownSchemas()
        self._plans: OrderedDict[str, Plan] = OrderedDict()
        kept = settings.generator
        self._stored = StoredTables(settings.data_dir / "stored", kept.stored_bytes, kept.stored_hours * 3600)

    def close(self) -> None:
        """Let go of the threads; what they compute is dropped."""
        self._quick.close()
        self._slow.close()

    async def _compute(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await _run(self._quick, None, function, *args, **kwargs)

    async def _compute_slowly(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """In the threads for slow work. Raises DEADLINE."""
        return await _run(self._slow, DEADLINE_SECONDS, function, *args, **kwargs)

    async def _compute_unhurried(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """In the threads for slow work, for streams, which have no deadline."""
        return await _run(self._slow, None, function, *args, **kwargs)

    async def _of_schema(self, request: SchemaRequest, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        compute = self._compute_slowly if may_be_slow(request) else self._compute
        return await compute(function, *args, **kwargs)

    async def _of_plan(self, plan: Plan, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        compute = self._compute_slowly if schemas.calls_python(plan) else self._compute
        return await compute(function, *args, **kwargs)

    # The catalogue and single values.

    async def list_generators(
        self, category: str = "", search: str = "", page_size: int = 0, page_token: str = ""
    ) -> catalogue.GeneratorPage:
        """Generators by name. Raises PAGE_SIZE_INVALID, PAGE_TOKEN_INVALID."""
        return await self._compute(catalogue.page, category, search, page_size, page_token)

    async def get_generator(self, name: str) -> catalogue.Described:
        """One generator by any spelling. Raises GENERATOR_NOT_FOUND."""
        return await self._compute(catalogue.describe, name)

    async def generate_values(
        self, name: str, count: int, seed: int | None, locale: str, params: Mapping[str, Any]
    ) -> tuple[str, list[Any]]:
        """The generator's canonical name and its values. Raises GENERATOR_NOT_FOUND and codes of bad parameters."""
        generator, _ = await self._compute(catalogue.look_up, name)
        compute = self._compute_slowly if generator.slow else self._compute
        return await compute(catalogue.values, name, count, seed, locale, params)

    # Schemas.

    def _allowed(self, request: SchemaRequest) -> SchemaRequest:
        """The request with what the settings let its schema reach: variables, never files."""
        names = self._settings.schemas.requests_allow_env
        return replace(request, access=Access(env={name: os.environ.get(name) for name in names}))

    async def validate(self, request: SchemaRequest) -> tuple[bool, tuple[Finding, ...]]:
        """Whether a schema would run, and all findings."""
        request = self._allowed(request)
        result = await self._of_schema(request, checked, request)
        return result.valid, result.findings

    async def plan(self, request: SchemaRequest) -> schemas.Planned:
        """What would run, with estimated sizes."""
        request = self._allowed(request)
        return await self._of_schema(request, schemas.planned, request)

    async def preview(self, request: SchemaRequest, table: str, offset: int, count: int) -> Preview:
        """A few rows of a table (of the first one by default). Raises TABLE_NOT_FOUND, OFFSET_INVALID, LIMIT_INVALID."""
        _check_count(count, "rows")
        request = self._allowed(request)
        return await self._of_schema(request, _preview, request, table, offset, count or PREVIEW_ROWS)

    # Rows and blocks.

    async def get_rows(self, generation: str, table: str, offset: int, limit: int) -> reading.RowPage:
        """Rows of a generation's table. Raises JOB_NOT_FOUND, TABLE_NOT_FOUND, OFFSET_INVALID, LIMIT_INVALID."""
        _check_count(limit, "limit")
        plan = await self._generation_plan(generation)
        chosen = reading.table_of(plan, table)
        return await self._of_plan(plan, reading.read_page, plan, chosen, offset, limit or ROWS_PER_PAGE)

    async def stream_rows(
        self, source: Source, table: str, offset: int, limit: int
    ) -> AsyncGenerator[tuple[int, dict[str, Any]], None]:
        """Each row with its number; all that follow when `limit` is 0."""
        plan = await self._plan(source)
        start, stop = reading.window(reading.table_of(plan, table), offset, limit)
        engine = Engine(plan)
        steps = ((rows, engine, table, a, b - a) for a, b in reading.pages(start, stop, reading.page_rows(plan, table)))
        first = start
        async with aclosing(self._ahead(plan, steps)) as computed:
            async for page in computed:
                for number, row in enumerate(page, first):
                    yield number, row
                first += len(page)

    async def stream_blocks(
        self, source: Source, table: str, offset: int, limit: int, asked: reading.Asked
    ) -> AsyncGenerator[reading.Slice, None]:
        """The slices of each block, in order; the next block is computed while this one is being sent.

        Raises BLOCK_ROWS_INVALID, STORED_TABLE_MISSING and the codes of `reading.window`.
        """
        if asked.block_rows and not LEAST_BLOCK_ROWS <= asked.block_rows <= MOST_BLOCK_ROWS:
            raise invalid("BLOCK_ROWS_INVALID", f"A block must have {LEAST_BLOCK_ROWS:,} to {MOST_BLOCK_ROWS:,} rows.")
        plan = await self._plan(source)
        start, stop = reading.window(reading.table_of(plan, table), offset, limit)
        engine = await self._compute(self._stored.engine, plan, asked.block_rows or DEFAULT_BLOCK_ROWS)
        pages = reading.pages(start, stop, engine.block_rows)
        steps = ((reading.render_block, engine, table, a, b, asked) for a, b in pages)
        async with aclosing(self._ahead(plan, steps)) as computed:
            async for slices in computed:
                for piece in slices:
                    yield piece

    async def put_stored_table(self, pieces: AsyncIterator[bytes]) -> tuple[str, int]:
        """Keep a file of stored rows; its digest and size. Raises STORED_TABLE_INVALID, STORED_TABLES_FULL, DISK_FULL."""
        arriving = await self._compute(self._stored.begin)
        try:
            async for piece in pieces:
                await self._compute(arriving.add, piece)
            return await self._compute(arriving.finish)
        finally:
            arriving.close()

    async def _ahead(self, plan: Plan, steps: Iterable[tuple[Callable[..., T], *tuple[Any, ...]]]) -> AsyncGenerator[T, None]:
        """The answers of the steps in order; each is computed, alone, while the one before it is used."""
        left = iter(steps)
        compute: Compute = self._compute_unhurried if schemas.calls_python(plan) else self._compute
        waiting = self._start(compute, left)
        try:
            while waiting is not None:
                answer = await waiting
                waiting = self._start(compute, left)
                yield answer
        finally:
            if waiting is not None:
                waiting.cancel()
                await asyncio.gather(waiting, return_exceptions=True)

    def _start(self, compute: Compute, left: Iterator[tuple[Callable[..., T], *tuple[Any, ...]]]) -> asyncio.Task[T] | None:
        step = next(left, None)
        return None if step is None else asyncio.create_task(compute(step[0], *step[1:]))

    async def _plan(self, source: Source) -> Plan:
        if source.schema is not None:
            return await self._of_schema(source.schema, plan_of, self._allowed(source.schema))
        if source.plan:
            return await self._kept(hashlib.sha256(source.plan).hexdigest(), source.plan)
        return await self._generation_plan(source.generation)

    async def _generation_plan(self, generation: str) -> Plan:
        """The plan a generation runs. Raises JOB_NOT_FOUND, also for jobs of other kinds."""
        if generation in self._plans:
            return await self._kept(generation, b"")
        job = await self._jobs.get(generation)
        if job.kind != "generation":
            raise unknown_job(generation)
        return await self._kept(generation, orjson.dumps(job.spec["plan"]))

    async def _kept(self, name: str, text: bytes) -> Plan:
        """The plan known by that name; read from the text when it is not there. Raises PLAN_INVALID."""
        if name not in self._plans:
            self._plans[name] = await self._compute(_read_plan, text)
        plan = self._plans[name]
        self._plans.move_to_end(name)
        while len(self._plans) > PLANS_KEPT:
            self._plans.popitem(last=False)
        return plan

    # Jobs.

    async def create_generation(self, request: generations.GenerationRequest, client: str = "") -> Job:
        """Start a generation. Raises the codes of `generations.job_spec`, and IDEMPOTENCY_KEY_REUSED."""
        allowed = replace(request, schema=self._allowed(request.schema))
        spec = await self._of_schema(request.schema, generations.job_spec, allowed, self._settings, self._known)
        return await self._jobs.create(
            "generation",
            spec,
            client=client,
            request_id=request.request_id,
            request_digest=request.digest if request.request_id else "",
        )


async def _run(threads: Threads, seconds: float | None, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    try:
        return await threads.run(lambda: function(*args, **kwargs), seconds)
    except RowError as error:
        raise invalid("VALUE_FAILED", str(error)) from error
    except StoredError as error:
        raise refused(error.code, str(error)) from error


def _check_count(count: int, path: str) -> None:
    if not 0 <= count <= MOST_ROWS:
        message = f"Between 1 and {MOST_ROWS:,} rows can be asked for."
        raise invalid("LIMIT_INVALID", message, findings=[FieldError(path, message, "LIMIT_INVALID")])


def _preview(request: SchemaRequest, table: str, offset: int, count: int) -> Preview:
    result = checked(request)
    if result.plan is None:
        return Preview(False, result.findings)
    chosen = reading.table_of(result.plan, table or result.plan.tables[0].name)
    return Preview(True, result.findings, reading.read_page(result.plan, chosen, offset, count))


def _read_plan(text: bytes) -> Plan:
    try:
        return Plan.from_json(text)
    except (ValueError, TypeError, KeyError, AssertionError, RecursionError) as error:
        raise invalid("PLAN_INVALID", "This is not a plan that this version can read.") from error


def generation_worker(settings: Settings) -> Worker:
    """How generation jobs are worked on: by the runner."""
    return Worker("generation", "gen", python_module(settings, "runner"))
