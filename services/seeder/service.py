"""Seeding jobs: a plan into a database. Used in-process by the command line; no gRPC here."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import orjson

from runner.plan import Plan
from runner.schema import Access
from services.common.errors import invalid, refused
from services.common.guess import Guessed
from services.common.jobs.model import Event, Job
from services.common.jobs.service import JobsService
from services.common.jobs.store import unknown_job
from services.common.jobs.supervisor import python_module
from services.common.jobs.tidying import Tidy
from services.common.jobs.worker import Worker, default_spec
from services.common.schemas import SchemaRequest, may_be_slow, plan_of
from services.common.settings import Settings
from services.common.storage.local import JobPaths
from services.common.targets import Chosen, Targets, child_spec
from services.common.threads import DEADLINE_SECONDS, Threads
from services.seeder.backups import BackupGate, Backups, check_how
from services.seeder.introspection import IntrospectionRequest, introspected
from services.seeder.spec import FAST, MODES, Action

T = TypeVar("T")
LEAST_BATCH_ROWS, MOST_BATCH_ROWS = 1024, 1_048_576
MOST_CONNECTIONS = 8
LONGEST_REQUEST_ID = 256
INTROSPECTION_SECONDS = 50.0


@dataclass(frozen=True, slots=True)
class Options:
    """How a load goes: `batch_rows` are committed at a time, by so many connections (0: what suits the database)."""

    mode: str = "append"
    batch_rows: int = 0
    connections: int = 0
    fast: tuple[str, ...] = ()

    @property
    def spec(self) -> dict[str, Any]:
        """What the loader's spec says of it."""
        more = {"batchRows": self.batch_rows, "connections": self.connections, "fast": list(self.fast)}
        return {"mode": self.mode, **{key: value for key, value in more.items() if value}}


@dataclass(frozen=True, slots=True)
class Comparison:
    """What is done with rows that were made: `check` compares them, `repair` puts them right too, unless `dry_run`.

    With `exact` rows of others are a difference.
    """

    action: Action
    exact: bool = False
    dry_run: bool = False

    @property
    def spec(self) -> dict[str, Any]:
        """What the loader's spec says of it."""
        return {"action": self.action, "exact": self.exact, "dryRun": self.dry_run}


@dataclass(frozen=True, slots=True)
class SeedingRequest:
    """A seeding as a caller asks for it. The same `request_id` and request name the same job.

    With `backup` (how it is made, see `services.seeder.backups`) a backup of the target comes first.
    """

    schema: SchemaRequest
    target: str
    options: Options = Options()
    request_id: str = ""
    backup: Mapping[str, Any] | None = None


class SeederService:
    """Starts seeding jobs. Errors are `MockcraftError`."""

    def __init__(self, settings: Settings, jobs: JobsService) -> None:
        self._settings, self._jobs = settings, jobs
        self._targets = Targets(settings)
        self._threads = Threads(2, "seeder")

    def close(self) -> None:
        """Let go of the threads."""
        self._threads.close()

    async def create(self, request: SeedingRequest) -> Job:
        """Start a seeding of a schema. Raises SCHEMA_INVALID, YAML_*, REQUEST_ID_INVALID and the codes of `create_seeding`."""
        if len(request.request_id) > LONGEST_REQUEST_ID:
            raise invalid("REQUEST_ID_INVALID", f"A request id has at most {LONGEST_REQUEST_ID} characters.")
        if not request.target:
            raise invalid("TARGET_MISSING", "Say which database: `target` is a URL, or the name of a target in the settings.")
        plan = await self._compute(plan_of, self._allowed(request.schema), slow=may_be_slow(request.schema))
        return await self.create_seeding(
            plan,
            request.target,
            options=request.options,
            backup=request.backup,
            request_id=request.request_id,
            request_digest=await self._digest(request) if request.request_id else "",
        )

    async def create_seeding(
        self,
        plan: Plan,
        target: str,
        *,
        options: Options = Options(),
        backup: Mapping[str, Any] | None = None,
        trusted: bool = False,
        request_id: str = "",
        request_digest: str = "",
    ) -> Job:
        """Start loading a plan into `target`, a URL or the name of a target in the settings.

        A `trusted` caller (the person at the command line) may name any file, relative ones from the working folder,
        and any host; others only files in the data folder and hosts that the settings allow. Nothing is opened here.
        Raises TARGET_NOT_ALLOWED, TARGET_INVALID, MODE_INVALID, BATCH_SIZE_INVALID, CONNECTIONS_INVALID, FAST_INVALID.
        """
        check_options(options)
        _check_keys(plan, options.mode)
        if backup is not None:
            check_how(backup)
        chosen = await asyncio.to_thread(self._targets.choose, target, trusted)
        spec = {
            "plan": await asyncio.to_thread(lambda: orjson.loads(plan.to_json())),
            "load": secrets.token_hex(8),
            **options.spec,
            **({"backup": backup} if backup is not None else {}),
        }
        return await self._store(spec, chosen, trusted, request_id, request_digest)

    async def _store(self, spec: Mapping[str, Any], chosen: Chosen, trusted: bool, request_id: str, digest: str) -> Job:
        known = {**spec, **chosen.spec, **({"trusted": True} if trusted else {}), "tidy": takes_off(spec)}
        return await self._jobs.create("seeding", known, request_id=request_id, request_digest=digest, sealed=chosen.sealed)

    async def resume(self, job_id: str, target: str = "", trusted: bool = False) -> Job:
        """Continue a paused or failed seeding; a failed one whose URL was deleted gets it again.

        Raises JOB_NOT_FOUND, INVALID_STATE, TARGET_NEEDED, TARGET_DIFFERS, TARGET_NOT_ALLOWED, TARGET_INVALID.
        """
        job = await self._seeding(job_id)
        if not target:
            return await self._jobs.resume(job_id)
        chosen = await asyncio.to_thread(self._targets.again, job, target, trusted)
        return await self._jobs.resume(job_id, chosen.sealed)

    async def clean(self, job_id: str, target: str = "", *, request_id: str = "", trusted: bool = False) -> Job:
        """Start a job that deletes the rows that an ended seeding made.

        Raises JOB_NOT_FOUND, JOB_NOT_ENDED, TARGET_NEEDED, TARGET_DIFFERS, TARGET_NOT_ALLOWED, TARGET_INVALID.
        """
        job = await self._seeding(job_id)
        if not job.state.terminal:
            raise refused(
                "JOB_NOT_ENDED", f"This job is {job.state}; only one that has ended can be cleaned.", "Cancel it first."
            )
        chosen = await asyncio.to_thread(self._targets.again, job, target, trusted)
        if job.spec.get("action", "load") != "load":
            raise refused("JOB_IS_NO_LOAD", "This job compared rows; name the one that loaded them.")
        trusted = trusted or bool(job.spec.get("trusted"))
        return await self._store({**_without_target(job), "clean": job_id}, chosen, trusted, request_id, job_id)

    async def restore(self, job_id: str, target: str = "", *, trusted: bool = False) -> Job:
        """Start a job that puts back what an ended seeding took off and left off.

        Raises JOB_NOT_FOUND, JOB_NOT_ENDED, TARGET_NEEDED, TARGET_DIFFERS, TARGET_NOT_ALLOWED, TARGET_INVALID.
        """
        job = await self._seeding(job_id)
        if not job.state.terminal:
            message = f"This job is {job.state}; what it took off comes back when it ends."
            raise refused("JOB_NOT_ENDED", message, "Resume it, or cancel it.")
        chosen = await asyncio.to_thread(self._targets.again, job, target, trusted)
        spec = putting_back({**_without_target(job), "jobId": job_id})
        del spec["jobId"]
        return await self._store(spec, chosen, trusted or bool(job.spec.get("trusted")), "", "")

    async def compare(
        self, job_id: str, how: Comparison, target: str = "", *, request_id: str = "", trusted: bool = False
    ) -> Job:
        """Start a job that compares, or repairs, the rows that an ended seeding made, or that an earlier such job is about.

        Raises JOB_NOT_FOUND, JOB_NOT_ENDED, JOB_IS_NO_LOAD, TARGET_NEEDED, TARGET_DIFFERS, TARGET_NOT_ALLOWED, TARGET_INVALID.
        """
        job = await self._seeding(job_id)
        if not job.state.terminal:
            raise refused("JOB_NOT_ENDED", f"This job is {job.state}; only the rows of one that has ended can be compared.")
        if job.spec.get("clean"):
            raise refused("JOB_IS_NO_LOAD", "This job deleted rows; name the one that loaded them.")
        chosen = await asyncio.to_thread(self._targets.again, job, target, trusted)
        about = job.spec.get("of", "") if "action" in job.spec else job_id
        spec = {**_without_target(job), **how.spec, "of": about}
        digest = orjson.dumps([job_id, how.spec]).decode()
        return await self._store(spec, chosen, trusted or bool(job.spec.get("trusted")), request_id, digest)

    async def compare_plan(self, plan: Plan, target: str, how: Comparison) -> Job:
        """Start a job that compares, or repairs, rows with what a plan says; for the person at the command line.

        Raises TARGET_NOT_ALLOWED, TARGET_INVALID.
        """
        chosen = await asyncio.to_thread(self._targets.choose, target, True)
        document = await asyncio.to_thread(lambda: orjson.loads(plan.to_json()))
        return await self._store({"plan": document, "load": secrets.token_hex(8), **how.spec}, chosen, True, "", "")

    async def introspect(self, request: IntrospectionRequest) -> Guessed:
        """A schema for a database, DDL or a sample. Raises the codes of `introspected`, and DEADLINE."""
        return await self._threads.run(lambda: introspected(request, self._targets), INTROSPECTION_SECONDS)

    async def watch(self, job_id: str) -> AsyncGenerator[Event, None]:
        """The events of a job, to the terminal one."""
        async with aclosing(self._jobs.watch(job_id)) as events:
            async for event in events:
                yield event

    async def _seeding(self, job_id: str) -> Job:
        job = await self._jobs.get(job_id)
        if job.kind != "seeding":
            raise unknown_job(job_id)
        return job

    def _allowed(self, request: SchemaRequest) -> SchemaRequest:
        """The request with what the settings let its schema reach: variables, never files."""
        names = self._settings.schemas.requests_allow_env
        return replace(request, access=Access(env={name: os.environ.get(name) for name in names}))

    async def _digest(self, request: SeedingRequest) -> str:
        """A digest of all that was asked for; keyed, since the URL is among it."""
        asked = [*request.schema.asked, request.target, request.options.spec, *([request.backup] if request.backup else [])]
        text = orjson.dumps(asked, default=dict, option=orjson.OPT_SORT_KEYS).decode()
        return await asyncio.to_thread(self._targets.vault.digest, text)

    async def _compute(self, function: Callable[..., T], *args: Any, slow: bool = False) -> T:
        return await self._threads.run(lambda: function(*args), DEADLINE_SECONDS if slow else None)


def check_options(options: Options) -> None:
    """Raise MODE_INVALID, BATCH_SIZE_INVALID, CONNECTIONS_INVALID or FAST_INVALID."""
    if options.mode not in MODES:
        raise invalid("MODE_INVALID", f"The mode must be one of {', '.join(MODES)}.")
    if options.batch_rows and not LEAST_BATCH_ROWS <= options.batch_rows <= MOST_BATCH_ROWS:
        raise invalid("BATCH_SIZE_INVALID", f"The batch size must be {LEAST_BATCH_ROWS:,} to {MOST_BATCH_ROWS:,} rows.")
    if not 0 <= options.connections <= MOST_CONNECTIONS:
        raise invalid("CONNECTIONS_INVALID", f"The number of connections must be 1 to {MOST_CONNECTIONS}.")
    if unknown := [word for word in options.fast if word not in FAST]:
        raise invalid("FAST_INVALID", f"`{unknown[0][:40]}` cannot be taken off; known are {', '.join(FAST)}.")


def _without_target(job: Job) -> dict[str, Any]:
    """The spec of a job without where it went and what came first."""
    return {key: value for key, value in job.spec.items() if key not in ("sealed", "trusted", "backup", "target", "targetName")}


def _check_keys(plan: Plan, mode: str) -> None:
    without = [t.name for t in plan.tables if not t.primary_key]
    if mode == "upsert" and without:
        raise invalid("MODE_INVALID", f"Upsert needs a primary key, and {', '.join(without)} has none.")


def seeding_worker(settings: Settings, generators: Sequence[str] = (), backups: Backups | None = None) -> Worker:
    """How seeding jobs are worked on: by the loader, which gets the target's URL as its first line of input.

    `backups` takes those that come before a load. With `generators` (`host:port`) the loader pulls its blocks from them;
    it gets their token in the same line.
    """
    targets = Targets(settings)
    token = settings.grpc_token.get_secret_value()

    def secret(job: Job, sealed: str) -> Mapping[str, str]:
        return {"target": targets.url_of(job, sealed), **({"token": token} if generators and token else {})}

    def spec(job: Job, paths: JobPaths) -> Mapping[str, Any]:
        return child_spec(default_spec(job, paths)) | ({"generators": list(generators)} if generators else {})

    command, gate = python_module(settings, "services.seeder.loader"), BackupGate(settings, backups)
    return Worker("seeding", "seed", command, secrets=secret, spec=spec, ready=gate.ready, tidy=Tidy(putting_back, LEFT_OFF))


LEFT_OFF = (
    "constraints that were suspended may still be off: the next load of these tables puts them back, "
    "as does `mockcraft seed --restore JOB`"
)


def takes_off(spec: Mapping[str, Any]) -> bool:
    """Whether a seeding may take constraints, indexes or triggers off the target."""
    action = spec.get("action", "load")
    suspended = any(r.get("suspended") for t in spec["plan"]["tables"] for r in t.get("references", ()))
    return action == "repair" or (action == "load" and (suspended or bool(spec.get("fast")) or bool(spec.get("clean"))))


def putting_back(spec: Mapping[str, Any]) -> dict[str, Any]:
    """What the loader is told when it is to put back what a job took off. A repair took it off under its own id."""
    load = spec["jobId"] if spec.get("action") == "repair" else spec["load"]
    return {**spec, "action": "restore", "load": load}
