"""`mockcraft jobs`: those of this machine, or with `--server` those of a server."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any

import typer

from cli.configuration import SettingsOption
from cli.failure import FAILED, say
from cli.output import FormatOption, dump, pairs, show
from cli.progress import ProgressOption, Style, display

group = typer.Typer(help="Follow and steer jobs.", no_args_is_help=True)

ServerOption = Annotated[str, typer.Option("--server", envvar="MOCKCRAFT_SERVER", help="URL of a server; without: local jobs.")]
JobArgument = Annotated[str, typer.Argument(metavar="JOB", help="A job's id, such as gen_….")]

_RESUME = {"generation": "seed --resume", "seeding": "seed --resume"}
"""Commands that go on with an interrupted job of this machine; others: `jobs resume`."""

COLUMNS = ("id", "state", "progress", "rate", "created", "about")


@group.command("list")
def list_(
    state: Annotated[str, typer.Option("--state", help="Only jobs in this state, such as RUNNING.")] = "",
    kind: Annotated[str, typer.Option("--kind", help="Only jobs of this kind, such as generation.")] = "",
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="At most this many.")] = 50,
    server: ServerOption = "",
    settings: SettingsOption = "",
    format_: FormatOption = "table",
) -> None:
    """List jobs, newest first."""
    jobs = ask(server, settings, lambda source: source.list(state.upper(), kind, limit))
    show([_row(job) for job in jobs] if format_ == "table" else jobs, COLUMNS, format_)


@group.command("show")
def show_(job: JobArgument, server: ServerOption = "", settings: SettingsOption = "", format_: FormatOption = "table") -> None:
    """Show one job with its files."""
    _print_job(ask(server, settings, lambda source: source.get(job)), format_)


@group.command()
def pause(job: JobArgument, server: ServerOption = "", settings: SettingsOption = "", format_: FormatOption = "table") -> None:
    """Ask a job to checkpoint and leave its process."""
    _print_job(ask(server, settings, lambda source: source.pause(job)), format_)


@group.command()
def cancel(job: JobArgument, server: ServerOption = "", settings: SettingsOption = "", format_: FormatOption = "table") -> None:
    """Stop a job for good."""
    _print_job(ask(server, settings, lambda source: source.cancel(job)), format_)


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
        _print_job(ask(server, settings, lambda source: source.resume(job)), format_)
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
    """Show a job's events to its end; whether it came to a good one."""
    last = ask(server, settings, lambda source: _follow(source, job, after, progress))
    if last is None or last["type"] == "complete":
        return True
    data = last["data"]
    say(f"mockcraft: {job} ended: " + (f"{data['code']} {data['message']}" if "message" in data else str(data.get("reason"))))
    return False


async def _follow(source: Any, job: str, after: int, progress: Style) -> Mapping[str, Any] | None:
    last: Mapping[str, Any] | None = None
    with display(progress) as shown:
        async for event in source.watch(job, after):
            shown.event(event)
            last = event
    return last


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


def _row(job: Mapping[str, Any]) -> dict[str, Any]:
    progress = job["progress"]
    return {
        "id": job["id"],
        "state": "INTERRUPTED" if job.get("interrupted") else job["state"],
        "progress": f"{progress['percentage']:.1f} %",
        "rate": f"{progress['rate']:,.0f}/s" if job["state"] == "RUNNING" and not job.get("interrupted") else "",
        "created": job["createdAt"][:19].replace("T", " "),
        "about": job.get("title", ""),
    }


def _print_job(job: dict[str, Any], format_: Any) -> None:
    if format_ != "table":
        dump(job, format_)
        return
    progress = job["progress"]
    record = {key: value for key, value in job.items() if key not in ("progress", "artifacts", "error", "interrupted")}
    record["progress"] = f"{progress['current']:,} of {progress['total']:,} {progress['unit']} ({progress['percentage']:.1f} %)"
    if job.get("interrupted"):
        record |= {"state": "INTERRUPTED", "resume": f"mockcraft {_RESUME.get(job['kind'], 'jobs resume')} {job['id']}"}
    if job.get("error"):
        record["error"] = f"{job['error']['code']} {job['error']['message']}"
    pairs(record)
    if job.get("artifacts"):
        print()
        files = [{**artifact, "bytes": f"{artifact['bytes']:,}"} for artifact in job["artifacts"]]
        show(files, ("name", "bytes", "sha256"), "table")
