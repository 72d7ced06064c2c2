"""`/api/jobs…`, `/api/download…`: jobs as existing clients know them."""

from __future__ import annotations

from typing import Any, Final

from aiohttp import web
from google.protobuf.message_factory import GetMessageClass

from services.gateway.archive import send_archive
from services.gateway.artifacts import get_job, send_file
from services.gateway.json_in import Filler
from services.gateway.keys import CHANNELS, REQUEST_ID, json_response
from services.gateway.links import download_url, file_url, shown
from services.gateway.problems import Handler
from services.gateway.rules import method_named
from services.gateway.transcoder import refuse

_LIST: Final = method_named("ListJobs")
_LARGEST: Final = 1000


def job_view(request: web.Request, job: Any) -> dict[str, Any]:
    """A job with every spelling of its id, files and download path that clients look for."""
    value: dict[str, Any] = shown(request, job)
    files = [{**each, "size": each["bytes"], "url": file_url(request, job.id, each["name"])} for each in value["artifacts"]]
    view = value | {"jobId": job.id, "job_id": job.id, "files": files}
    if job.HasField("error"):
        view["error"] = job.error.message
    if files:
        view["downloadUrl"] = view["download_url"] = download_url(request, job.id)
        view["outputFile"] = files[0]["name"]
    return view


async def jobs(request: web.Request) -> web.StreamResponse:
    """`{"jobs": […]}`, newest first; `limit` (or `pageSize`), `pageToken`, `state` and `kind` are heeded."""
    query = request.query
    wanted = {
        "page_size": query.get("limit") or query.get("pageSize") or query.get("page_size"),
        "page_token": query.get("pageToken") or query.get("page_token"),
        "state": query.get("state") or None,
        "kind": query.get("kind"),
    }
    message: Any = GetMessageClass(_LIST.input_type)()
    size = next((key for key in ("limit", "pageSize", "page_size") if query.get(key)), "page_size")
    filler = Filler(strict=False, written={"page_size": size})
    filler.fill(message, wanted)
    refuse(filler)
    message.page_size = min(message.page_size, _LARGEST)
    answer: Any = await request.app[CHANNELS].unary(_LIST, message, request[REQUEST_ID])
    views = [job_view(request, job) for job in answer.jobs]
    return json_response({"jobs": views, "count": len(views), "nextPageToken": answer.next_page_token})


async def job(request: web.Request) -> web.StreamResponse:
    """One job."""
    return json_response(job_view(request, await get_job(request, request.match_info["id"])))


def steer(method_name: str) -> Handler:
    """The handler of stop, pause or resume; whatever the body says is ignored."""
    method = method_named(method_name)

    async def handle(request: web.Request) -> web.StreamResponse:
        message = GetMessageClass(method.input_type)(id=request.match_info["id"])
        answer = await request.app[CHANNELS].unary(method, message, request[REQUEST_ID])
        return json_response(job_view(request, answer))

    return handle


async def download(request: web.Request) -> web.StreamResponse:
    """The ZIP of a finished job. Raises 409 `JOB_NOT_FINISHED` before its end, 410 after expiry."""
    return await send_archive(request, request.match_info["id"])


async def download_file(request: web.Request) -> web.StreamResponse:
    """One file of a finished job."""
    return await send_file(request, request.match_info["id"], request.match_info["name"])
