"""Text datasets for commands: the service of this machine, in this process, or a server's over REST.

Both are asked by the names of the RPCs, with fields as REST writes them, and answer the same JSON.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.failure import FAILED, CommandError, usage

if TYPE_CHECKING:
    from cli.work import Begin, Here
    from services.common.jobs.model import Job
    from services.datasets.dictionaries import DictionaryRequest
    from services.datasets.service import DatasetService

Json = dict[str, Any]


def call(server: str, settings: str, method: str, **fields: Any) -> Json:
    """The answer of an RPC of the dataset service. Raises `CommandError` or `MockcraftError`."""

    async def ask() -> Json:
        if not server:
            async with _service(settings) as service:
                return await _ask_here(service, method, fields)
        from cli.registry import ServerRegistry
        from cli.server_client import ServerJobs

        async with ServerJobs(server) as remote:
            return await ServerRegistry(remote).call(method, **fields)

    return asyncio.run(ask())


@asynccontextmanager
async def _service(settings_file: str) -> AsyncIterator[DatasetService]:
    """The service over this machine's jobs."""
    from cli.configuration import load, quiet_logs
    from cli.local import open_store
    from services.common.jobs.service import JobsService
    from services.common.storage import storage_for
    from services.datasets.service import DatasetService

    settings = load(settings_file)
    quiet_logs(settings)
    async with open_store(settings) as store:
        with closing(DatasetService(settings, JobsService(store, storage=storage_for(settings)))) as service:
            yield service


async def _ask_here(service: DatasetService, method: str, fields: Mapping[str, Any]) -> Json:
    from services.datasets.servicer import DatasetServicer
    from services.gateway.json_out import to_json

    answer: Json = to_json(await getattr(DatasetServicer(service), method)(message_of(method, fields), None))
    return answer


def message_of(method: str, fields: Mapping[str, Any]) -> Any:
    """The request message of an RPC. Raises `MockcraftError` with all findings."""
    from google.protobuf.message_factory import GetMessageClass

    from services.gateway.json_in import Filler
    from services.gateway.rules import method_named
    from services.gateway.transcoder import refuse

    message: Any = GetMessageClass(method_named(method).input_type)()
    filler = Filler()
    filler.fill(message, fields)
    refuse(filler)
    return message


def creating(fields: Mapping[str, Any], out: Path, overwrite: bool = False) -> Begin:
    """What `cli.work.run_here` needs to make a dataset into a folder."""

    async def begin(here: Here) -> Job:
        from services.datasets.convert import request_values
        from services.datasets.service import DatasetService

        given = request_values(message_of("CreateDataset", fields))
        with closing(DatasetService(here.settings, here.jobs)) as service:
            return await service.create(given, out_dir=out, overwrite=overwrite)

    return begin


def create_there(
    server: str, fields: Mapping[str, Any], out: Path | None, settings: str, progress: Any, overwrite: bool = False
) -> int:
    """Make a dataset on a server, follow it to its end, and fetch its files where a folder is given. The exit status."""
    from cli.commands.jobs import see_through
    from cli.failure import say
    from services.datasets.service import refuse_overwriting

    if out is not None and not overwrite:
        refuse_overwriting(out)
    job = call(server, settings, "CreateDataset", **fields)
    say(f"mockcraft: {job['id']} is made by {server}")
    if not see_through(str(job["id"]), 0, server, settings, progress):
        return FAILED
    if out is not None:
        asyncio.run(_fetch(server, str(job["id"]), out, overwrite))
    return 0


async def _fetch(server: str, job_id: str, out: Path, overwrite: bool) -> None:
    from cli.server_client import ServerJobs

    async with ServerJobs(server) as remote:
        artifacts = [(out / Path(each["name"]).name, each) for each in (await remote.get(job_id))["artifacts"]]
        if there := [path for path, _ in artifacts if path.exists() and not overwrite]:
            raise CommandError(f"{there[0]} is there already; the server keeps the files of {job_id}", code="OUTPUT_EXISTS")
        for path, artifact in artifacts:
            part = path.with_name(f"{path.name}.part")
            with part.open("wb") as file:
                async for piece in remote.download(artifact["url"]):
                    file.write(piece)
            part.replace(path)
            print(path)


def dictionary_of(source: str, fields: Mapping[str, Any], server: str, settings: str) -> Json:
    """Make a dictionary of a job's dataset, or here of a file. Raises `CommandError` (usage) for what is neither."""
    from services.common.jobs.ids import kind_of

    if kind_of(source):
        return call(server, settings, "CreateDictionary", job=source, **fields)
    if server:
        raise usage("with --server a dictionary is made of a dataset of the server: --from JOB")
    if not Path(source).is_file():
        raise usage(f"there is no file {source}, and it is no id of a job", "--from names a file or a job such as data_…")
    return asyncio.run(_of_file(source, fields, settings))


async def _of_file(source: str, fields: Mapping[str, Any], settings: str) -> Json:
    from dataclasses import replace

    from services.datasets.convert import dictionary_message, dictionary_request
    from services.gateway.json_out import to_json

    request: DictionaryRequest = replace(dictionary_request(message_of("CreateDictionary", fields)), source=source)
    async with _service(settings) as service:
        answer: Json = to_json(dictionary_message(await service.dictionaries.create_of_file(request)))
        return answer
