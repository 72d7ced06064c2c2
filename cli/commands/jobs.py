"""`mockcraft jobs`: those of this machine, or with `--server` those of a server."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from difflib import get_close_matches
from typing import Annotated, Any, Final

import typer

from cli.configuration import SettingsOption
from cli.documents import ENDED, INTERRUPTED, KINDS, STATES, resume_command, terminal
from cli.failure import FAILED, CommandError, did_you_mean, say, usage
from cli.output import Fitted, FormatOption, Side, dump, pairs, printed, show, size
from cli.progress import ProgressOption, Style, display

group = typer.Typer(help="Follow and steer jobs.", no_args_is_help=True)

ServerOption = Annotated[str, typer.Option("--server", envvar="MOCKCRAFT_SERVER", help="URL of a server; without: local jobs.")]
JobArgument = Annotated[str, typer.Argument(metavar="JOB", help="A job's id, such as gen_….")]

StateOption = Annotated[str, typer.Option("--state", help=f"Only jobs in this state: {', '.join(STATES)}.")]
KindOption = Annotated[str, typer.Option("--kind", help=f"Only jobs of this kind: {', '.join(KINDS)}.")]

COLUMNS: Final[Mapping[str, Side]] = {
    "id": "left",
    "state": "left",
    "progress": "right",
    "rate": "right",
    "created": "left",
    "about": "left",
}
DROPPED: Final = ("rate", "created", "about", "progress")
"""Columns that a narrow terminal does without, the first one first."""


@group.command("list")
def list_(
    state: StateOption = "",
    kind: KindOption = "",
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="At most this many.")] = 50,
    server: ServerOption = "",
    settings: SettingsOption = "",
    format_: FormatOption = "table",
) -> None:
    """List jobs, newest first."""
    state = _known("state", state.upper(), STATES)
    kind = _known("kind", kind.lower(), KINDS)
    if server and state == INTERRUPTED:
        raise usage(f"{INTERRUPTED} is a state of jobs of this machine", "a server goes on with its jobs by itself")
    jobs = ask(server, settings, lambda source: source.list(state, kind, limit))
    printed(Fitted([_row(job) for job in jobs], COLUMNS, DROPPED)) if format_ == "table" else dump(jobs, format_)


@group.command("show")
def show_(job: JobArgument, server: ServerOption = "", settings: SettingsOption = "", format_: FormatOption = "table") -> None:
    """Show one job with its files."""
    _print_job(ask(server, settings, lambda source: source.get(job)), format_, server)


@group.command()
def pause(job: JobArgument, server: ServerOption = "", settings: SettingsOption = "", format_: FormatOption = "table") -> None:
    """Ask a job to checkpoint and leave its process."""
    _print_job(ask(server, settings, lambda source: source.pause(job)), format_, server)


@group.command()
def cancel(job: JobArgument, server: ServerOption = "", settings: SettingsOption = "", format_: FormatOption = "table") -> None:
    """Stop a job for good."""
    _print_job(ask(server, settings, lambda source: source.cancel(job)), format_, server)


@group.command()
def remove(
    jobs: Annotated[list[str], typer.Argument(metavar="JOB...", help="Ids of jobs, such as gen_….")],
    server: ServerOption = "",
    settings: SettingsOption = "",
) -> None:
    """Remove jobs that have ended, with their events and the files that are kept for them."""
    ask(server, settings, lambda source: _remove(source, jobs))


async def _remove(source: Any, jobs: Sequence[str]) -> None:
    for job in jobs:
        await source.remove(job)
        print(f"removed {job}", flush=True)


@group.command()
def resume(
    job: JobArgument,
    server: ServerOption = "",
    settings: SettingsOption = "",
    progress: ProgressOption = "auto",
    format_: FormatOption = "table",
) -> None:
    """Continue a job: a server goes on with it, a local one runs here until its end."""
    if server:
        _print_job(ask(server, settings, lambda source: source.resume(job)), format_, server)
        return
    from cli.work import resume_here

    raise typer.Exit(resume_here(job, settings, progress))


@group.command()
def watch(
    job: Annotated[str, typer.Argument(metavar="[JOB]", help="A job's id, such as gen_…; without: all that run.")] = "",
    after: Annotated[int, typer.Option("--after", min=0, help="Only events after this sequence number.")] = 0,
    server: ServerOption = "",
    settings: SettingsOption = "",
    progress: ProgressOption = "auto",
    every: Annotated[float, typer.Option("--every", min=0.1, help="Seconds between two looks at all that run.")] = 1.0,
    once: Annotated[bool, typer.Option("--once", help="Show once what runs, and end.")] = False,
) -> None:
    """Replay a job's events, then follow them to its end: exit status 1 when it failed. Without a job: a live table."""
    if not job:
        from cli.monitor import monitor

        ask(server, settings, lambda source: monitor(source, summary=False, every=every, once=once, format_="table"))
        return
    if not see_through(job, after, server, settings, progress):
        raise typer.Exit(FAILED)


def see_through(job: str, after: int, server: str, settings: str, progress: Style) -> bool:
    """Show a job's events to its end; whether it came to a good one. Raises WATCH_BROKEN when they stop before it."""
    last, found = ask(server, settings, lambda source: _follow(source, job, after, progress))
    if found["state"] not in ENDED:
        seen = last["seq"] if last else after
        again = f"Watch it again with: mockcraft jobs watch {job} --after {seen}" + (f" --server {server}" if server else "")
        raise CommandError(f"the events ended while {job} is {found['state']}", code="WATCH_BROKEN", hint=again)
    if found["state"] == "SUCCEEDED":
        return True
    data = last["data"] if last and terminal(last) else found.get("error") or {"reason": "cancel"}
    say(f"mockcraft: {job} ended: " + (f"{data['code']} {data['message']}" if "message" in data else str(data.get("reason"))))
    return False


async def _follow(source: Any, job: str, after: int, progress: Style) -> tuple[Mapping[str, Any] | None, Mapping[str, Any]]:
    """The last event, if there was one, and the job as it is afterwards. Begins at the first event that is kept."""
    last: Mapping[str, Any] | None = None
    first = (await source.get(job))["firstSequence"]
    if first > 1 and not after:
        say(f"mockcraft: the events of {job} before number {first:,} are no longer kept")
    with display(progress) as shown:
        async for event in source.watch(job, after or max(first - 1, 0)):
            shown.event(event)
            last = event
    return last, _end_told_by(last) or await source.get(job)


def _end_told_by(event: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """How the job has ended by its last event; None when that is not the last one of a job."""
    if event is None or not terminal(event):
        return None
    return {"state": {"complete": "SUCCEEDED", "error": "FAILED"}.get(event["type"], "CANCELLED")}


def ask(server: str, settings: str, question: Callable[[Any], Awaitable[Any]]) -> Any:
    """Put a question to the server's jobs, or to the local ones."""
    import asyncio

    async def asked() -> Any:
        if server:
            from cli.server_client import ServerJobs

            async with ServerJobs(server) as remote:
                return await question(remote)
        from cli.local import LocalJobs

        async with LocalJobs.open(settings) as local:
            return await question(local)

    return asyncio.run(asked())


def _row(job: Mapping[str, Any]) -> dict[str, str]:
    progress = job["progress"]
    return {
        "id": job["id"],
        "state": "INTERRUPTED" if job.get("interrupted") else job["state"],
        "progress": f"{progress['percentage']:.1f} %",
        "rate": f"{progress['rate']:,.0f}/s" if job["state"] == "RUNNING" and not job.get("interrupted") else "",
        "created": job["createdAt"][:16].replace("T", " "),
        "about": " ".join(job.get("title", "").split()),
    }


def _known(what: str, given: str, names: Sequence[str]) -> str:
    """A name that is one of those known, or empty. Raises `CommandError` (usage) naming them."""
    if given and given not in names:
        guess = did_you_mean(*get_close_matches(given, names, 1))
        raise usage(f"there is no {what} {given}" + (f"; {guess}" if guess else ""), f"{what}s are {', '.join(names)}")
    return given


def _print_job(job: dict[str, Any], format_: Any, server: str) -> None:
    if format_ != "table":
        dump(job, format_)
        return
    pairs(_record(job, server))
    if job.get("artifacts"):
        print()
        files = [{**artifact, "bytes": f"{artifact['bytes']:,}"} for artifact in job["artifacts"]]
        show(files, ("name", "bytes", "sha256"), "table")


def _record(job: Mapping[str, Any], server: str) -> dict[str, Any]:
    """A job as people read it, name by name."""
    hidden = ("progress", "artifacts", "error", "interrupted", "memoryBytes", "resume")
    record = {key: value for key, value in job.items() if key not in hidden}
    record |= _how_far(job)
    if job.get("memoryBytes"):
        record["memory"] = size(job["memoryBytes"])
    if job.get("interrupted"):
        record["state"] = INTERRUPTED
    if job.get("error"):
        record["error"] = f"{job['error']['code']} {job['error']['message']}"
    if job.get("interrupted") and job["state"] == "CANCELLING":
        record |= {"state": "CANCELLING, and its process is gone", "end it": f"mockcraft jobs cancel {job['id']}"}
    return {**record, "resume": job.get("resume") or resume_command(job, server)}


def _how_far(job: Mapping[str, Any]) -> dict[str, Any]:
    """How far it is; while it runs also how fast, and how long it will take."""
    progress = job["progress"]
    unit, eta = progress["unit"], progress.get("etaSeconds")
    told = {"progress": f"{progress['current']:,} of {progress['total']:,} {unit} ({progress['percentage']:.1f} %)"}
    if job["state"] != "RUNNING" or job.get("interrupted"):
        return told
    if progress["rate"]:
        told["rate"] = f"{progress['rate']:,.0f} {unit}/s"
    if eta is not None:
        told["time left"] = str(timedelta(seconds=round(eta)))
    return told
