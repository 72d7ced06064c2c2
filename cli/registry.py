"""The schema registry for commands: the one of this machine, in this process, or a server's over REST.

Both are asked by the names of the RPCs, with fields as REST writes them, and answer the same JSON.
"""

from __future__ import annotations

import getpass
from collections.abc import AsyncIterator, Mapping
from contextlib import ExitStack, asynccontextmanager, closing
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Protocol
from urllib.parse import quote

import orjson

from cli.failure import CommandError, usage

if TYPE_CHECKING:
    from mockcraft.backup.v1.backup_pb2 import CreateBackupRequest
    from mockcraft.generator.v1.generator_pb2 import PreviewRowsRequest, PreviewRowsResponse
    from mockcraft.jobs.v1.jobs_pb2 import Job as JobMessage
    from mockcraft.seeder.v1.seeder_pb2 import CreateSeedingRequest

    from cli.neighbours import OwnNeighbours
    from cli.server_client import ServerJobs
    from cli.work import Begin, Here
    from services.common.jobs.model import Job
    from services.common.jobs.service import JobsService
    from services.common.settings import Settings
    from services.gateway.rules import Rule

LONGEST_LIST: Final = 1000
Json = dict[str, Any]


class Registry(Protocol):
    """A schema registry."""

    async def call(self, method: str, document: str | None = None, **fields: Any) -> Json:
        """The answer of an RPC; `document` is a schema as JSON text. Raises `CommandError` or `MockcraftError`."""
        ...


class LocalRegistry:
    """The registry's servicer, asked without gRPC."""

    def __init__(self, servicer: Any) -> None:
        self._servicer = servicer

    async def call(self, method: str, document: str | None = None, **fields: Any) -> Json:
        """See `Registry`."""
        from google.protobuf.message_factory import GetMessageClass

        from services.common.caller import set_caller
        from services.common.errors import invalid
        from services.gateway.json_in import Filler
        from services.gateway.json_out import to_json
        from services.gateway.registry_words import findings_of

        message: Any = GetMessageClass(rule_of(method).method.input_type)()
        filler = Filler()
        filler.fill(message, fields)
        if found := findings_of(filler.findings, from_body=True):
            raise invalid(found[0].code, found[0].message, findings=found)
        if document is not None:
            message.document = document
        set_caller(f"cli:{user()}")
        answer: Json = to_json(await getattr(self._servicer, method)(message, None))
        return answer


class ServerRegistry:
    """A server's registry."""

    def __init__(self, server: ServerJobs) -> None:
        self._server = server

    async def call(self, method: str, document: str | None = None, **fields: Any) -> Json:
        """See `Registry`."""
        rule = rule_of(method)
        given = {name: value for name, value in fields.items() if value is not None}
        path = rule.path
        for name in rule.variables:
            path = path.replace("{" + name + "}", quote(str(given.pop(name)), safe=""))
        body = orjson.dumps(given) if rule.body == "*" else document.encode() if document is not None else None
        query = {} if rule.body == "*" else {name: _written(value) for name, value in given.items()}
        async with self._server.request(rule.verb, path, query, body=body) as answer:
            text = await answer.read()
            if method != "ExportSchema":
                found: Json = orjson.loads(text)
                return found
            lost = orjson.loads(answer.headers.get("X-Lost", "[]"))
            disposition = answer.content_disposition
            name = (disposition.filename if disposition else "") or ""
            return {"text": text.decode(), "mediaType": answer.content_type, "filename": name, "lost": lost}


def rule_of(method: str) -> Rule:
    """The route of an RPC; names are unique among the services."""
    from services.gateway.rules import rules

    return next(rule for rule in rules() if rule.method.name == method)


def _written(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def user() -> str:
    """Name of the account that runs this command."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


@asynccontextmanager
async def open_registry(server: str, settings_file: str) -> AsyncIterator[Registry]:
    """The registry of a server, or without one that of this machine."""
    if server:
        from cli.server_client import ServerJobs

        async with ServerJobs(server) as remote:
            yield ServerRegistry(remote)
        return
    from cli.configuration import load, quiet_logs
    from cli.local import open_store
    from services.common.jobs.service import JobsService
    from services.common.storage import storage_for

    settings = load(settings_file)
    quiet_logs(settings)
    async with open_store(settings) as store, _open_here(settings, JobsService(store, storage=storage_for(settings))) as local:
        yield local


@asynccontextmanager
async def _open_here(settings: Settings, jobs: JobsService) -> AsyncIterator[Registry]:
    """The registry of this machine; what it fills are jobs among these."""
    from services.schemas.service import SchemaService
    from services.schemas.servicer import SchemaServicer

    service = SchemaService(settings, _Neighbours(settings, jobs))
    await service.start()
    try:
        yield LocalRegistry(SchemaServicer(service, trusted=True))
    finally:
        await service.stop()


class _Neighbours:
    """Implements `services.schemas.neighbours.Neighbours`. Services are imported, which takes a second, when first asked."""

    def __init__(self, settings: Settings, jobs: JobsService) -> None:
        self._settings, self._jobs, self._opened = settings, jobs, ExitStack()

    @cached_property
    def _own(self) -> OwnNeighbours:
        from cli.neighbours import OwnNeighbours
        from services.backup.service import BackupService
        from services.generator.service import GeneratorService
        from services.seeder.service import SeederService

        settings, jobs = self._settings, self._jobs
        generator = self._opened.enter_context(closing(GeneratorService(settings, jobs)))
        seeder = self._opened.enter_context(closing(SeederService(settings, jobs)))
        return OwnNeighbours(generator, seeder, BackupService(settings, jobs))

    async def preview(self, request: PreviewRowsRequest) -> PreviewRowsResponse:
        return await self._own.preview(request)

    async def seed(self, request: CreateSeedingRequest) -> JobMessage:
        return await self._own.seed(request)

    async def backup(self, request: CreateBackupRequest) -> JobMessage:
        return await self._own.backup(request)

    async def close(self) -> None:
        self._opened.close()


def begin_job(schema: str, method: str, fields: Mapping[str, Any]) -> Begin:
    """What `cli.work.run_here` needs to run the job of an RPC about one schema."""

    async def begin(here: Here) -> Job:
        async with _open_here(here.settings, here.jobs) as registry:
            job = await registry.call(method, id=await id_of(registry, schema), **fields)
        return await here.jobs.get(str(job["id"]))

    return begin


async def id_of(registry: Registry, schema: str) -> str:
    """The id of a schema named by id or name. Raises `CommandError`."""
    import uuid

    try:
        return str(uuid.UUID(schema))
    except ValueError:
        pass
    token, wanted = "", schema.casefold()
    while True:
        page = await registry.call("ListSchemas", search=schema, pageSize=LONGEST_LIST, pageToken=token)
        for found in page["schemas"]:
            if found["name"].casefold() == wanted:
                return str(found["id"])
        token = page["nextPageToken"]
        if not token:
            raise CommandError(f"there is no schema {schema!r}", code="SCHEMA_NOT_FOUND")


def as_json_text(path: str, raw: bytes, changes: Mapping[str, Any]) -> str:
    """A drawing's file, JSON or YAML, as JSON text with some fields changed. Raises `CommandError` (usage)."""
    value = _read(path, raw)
    if not changes:
        return orjson.dumps(value).decode()
    if not isinstance(value, dict):
        raise usage(f"{path} does not hold an object", code="VALIDATION_ERROR")
    return orjson.dumps({**value, **changes}).decode()


def _read(path: str, raw: bytes) -> Any:
    import yaml

    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError as broken:
        if raw.lstrip()[:1] in (b"{", b"["):
            raise usage(f"{path}:{broken.lineno}:{broken.colno}: {broken.msg}", code="INVALID_JSON") from None
    try:
        return _plain(yaml.safe_load(raw))
    except (yaml.YAMLError, UnicodeDecodeError, TypeError) as error:
        raise usage(f"{path} is neither JSON nor YAML: {' '.join(str(error).split())}", code="INVALID_JSON") from None


def _plain(value: Any) -> Any:
    """YAML's own kinds of values, such as dates, as text."""
    return orjson.loads(orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS))
