"""`make run`: a real job through every layer, watched from outside as any client would.

Starts the stack on free loopback ports, posts `examples/shop.yaml` to the REST gateway, follows the event
stream, downloads the ZIP and checks it, loads the same schema into a SQLite file, checks its foreign keys,
shows what was made, and stops everything it started.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

ROOT = Path(__file__).resolve().parents[1]
MOCKCRAFT = [sys.executable, "-m", "cli"]
JSON = dict[str, Any]
console = Console()


@dataclass(frozen=True)
class Stack:
    """Where a running stack answers: the gateway's URL, and host:port of the generator service."""

    url: str
    grpc: str


@contextmanager
def stack(data: Path, **environment: str) -> Iterator[Stack]:
    """A running stack with its data and its log below `data`; stopped gracefully at the end."""
    data.mkdir(parents=True, exist_ok=True)
    command = [*MOCKCRAFT, "server", "--port", "0", "--grpc-port", "0", "--data-dir", str(data)]
    with (data / "server.log").open("wb") as log:
        server = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **environment}, stdout=subprocess.PIPE, stderr=log)
    try:
        yield ready(server, data / "server.log")
    finally:
        server.send_signal(signal.SIGTERM)
        server.communicate(timeout=30)


def ready(server: subprocess.Popen[bytes], log: Path) -> Stack:
    """The addresses of the ready line. Exits with the log's end when the stack does not start."""
    assert server.stdout
    for line in server.stdout:
        found = re.search(r"(http://\S+) \(gRPC (\S+)\)", line.decode())
        if found:
            return Stack(found[1], found[2])
    sys.exit(f"The stack did not start. The end of {log}:\n" + log.read_text()[-2000:])


def post(url: str, body: Mapping[str, Any]) -> JSON:
    """The JSON answer to a JSON request. Exits with the problem when it is refused."""
    data, headers = json.dumps(body).encode(), {"Content-Type": "application/json"}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data, headers), timeout=30) as answer:
            return dict(json.load(answer))
    except urllib.error.HTTPError as refused:
        sys.exit(f"{url} answered {refused.code}: {refused.read().decode()}")


def events(url: str, job: str) -> Iterator[JSON]:
    """The job's events as the gateway streams them (server-sent events)."""
    request = urllib.request.Request(f"{url}/api/v1/jobs/{job}/events", headers={"Accept": "text/event-stream"})
    with urllib.request.urlopen(request, timeout=60) as stream:
        for line in stream:
            if line.startswith(b"data:"):
                yield json.loads(line[5:])


def follow(stream: Iterator[JSON], title: str) -> JSON:
    """Show progress until the last event, and return its data. Exits when the job fails."""
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[said]}"))
    with Progress(*columns, TimeElapsedColumn(), console=console) as progress:
        bar = progress.add_task(title, total=None, said="")
        for event in stream:
            data = event["data"]
            match event["type"]:
                case "progress":
                    said = f"{data['current']:,} rows, {data.get('rate', 0):,.0f}/s {data.get('phase', '')}"
                    progress.update(bar, completed=data["current"], total=data["total"], said=said)
                    if not console.is_terminal:
                        console.print(f"{title}: {data['percentage']:5.1f} %  {said}")
                case "complete":
                    return dict(data)
                case "error" if not data.get("willRetry"):
                    sys.exit(f"{title} failed: {data['code']}: {data['message']}")
    sys.exit(f"{title}: the events ended before the job did")


def download(url: str, path: Path) -> None:
    """Write what a URL answers to a file."""
    with urllib.request.urlopen(url, timeout=60) as answer, path.open("wb") as file:
        shutil.copyfileobj(answer, file, 1 << 20)


def check_archive(path: Path, artifacts: list[JSON]) -> None:
    """Exit unless the ZIP holds every artifact with the SHA-256 that the job announced."""
    with zipfile.ZipFile(path) as archive:
        for artifact in artifacts:
            with archive.open(artifact["name"]) as file:
                if hashlib.file_digest(file, "sha256").hexdigest() != artifact["sha256"]:  # type: ignore[arg-type]
                    sys.exit(f"{artifact['name']} in {path} is not what the job wrote")


def seed_sqlite(schema: Path, database: Path, settings: list[str], data: Path) -> JSON:
    """Load the schema into a SQLite file with the command line; the data of its last event."""
    command = [*MOCKCRAFT, "seed", "--config", str(schema), "--db", f"sqlite:///{database}", "--progress", "json"]
    environment = {**os.environ, "MOCKCRAFT_DATA_DIR": str(data)}
    with subprocess.Popen([*command, *settings], cwd=ROOT, env=environment, stdout=subprocess.PIPE) as process:
        assert process.stdout
        return follow((json.loads(line) for line in process.stdout if line.startswith(b"{")), "load into SQLite")


def check_database(path: Path, tables: list[str]) -> dict[str, int]:
    """Rows by table. Exits when a foreign key points nowhere."""
    with closing(sqlite3.connect(path)) as database:
        broken = database.execute("PRAGMA foreign_key_check").fetchall()
        if broken:
            sys.exit(f"{len(broken)} rows of {path} refer to nothing, the first in {broken[0][0]}")
        return {name: database.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in tables}  # noqa: S608


def report(made: JSON, loaded: JSON, counts: Mapping[str, int]) -> Table:
    """Tables x rows x bytes x rows/s, of the files and of the database."""
    table = Table(title="What was made")
    for heading in ("table", "rows", "CSV bytes", "CSV rows/s", "SQLite rows", "SQLite rows/s"):
        table.add_column(heading, justify="left" if heading == "table" else "right")
    rates = {t["name"]: t["rowsPerSecond"] for t in loaded["tables"]}
    for t in made["tables"]:
        numbers = (t["rows"], t["bytes"], t["rowsPerSecond"], counts[t["name"]], rates[t["name"]])
        table.add_row(t["name"], *(f"{n:,.0f}" for n in numbers))
    table.add_section()
    speed = [d["rows"] / d["durationSeconds"] if d["durationSeconds"] else 0 for d in (made, loaded)]
    numbers = (made["rows"], made["bytes"], speed[0], sum(counts.values()), speed[1])
    table.add_row("all", *(f"{n:,.0f}" for n in numbers))
    return table


def arguments() -> argparse.Namespace:
    """What may be said on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--schema", type=Path, default=ROOT / "examples/shop.yaml", help="what to make")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="an option of the schema")
    parser.add_argument("--dir", type=Path, default=ROOT / "out/main-job", help="where everything goes; emptied first")
    return parser.parse_args()


def main() -> None:
    """Do the job. Exits with a sentence when something is not as it should be."""
    args = arguments()
    home: Path = args.dir.resolve()
    shutil.rmtree(home, ignore_errors=True)
    archive, database, settings = home / "shop.zip", home / "shop.db", dict(pair.split("=", 1) for pair in args.set)
    with stack(home / "data") as started:
        url = started.url
        console.print(f"The stack answers at {url} (its log: {home / 'data/server.log'})", soft_wrap=True)
        request = {"schema": args.schema.read_text(), "outputs": [{"format": "csv"}], "set": settings}
        job = post(f"{url}/api/v1/generations", request)
        console.print(f"POST {url}/api/v1/generations: {job['id']}", soft_wrap=True)
        made = follow(events(url, job["id"]), "generate CSV")
        download(f"{url}/api/v1/jobs/{job['id']}/archive", archive)
    check_archive(archive, made["artifacts"])
    loaded = seed_sqlite(args.schema, database, [f"--set={pair}" for pair in args.set], home / "data")
    counts = check_database(database, [t["name"] for t in made["tables"]])
    console.print(report(made, loaded, counts))
    console.print(f"ZIP with every file as announced: {archive}", soft_wrap=True)
    console.print(f"SQLite file, every foreign key holds: {database}", soft_wrap=True)
    if counts != {t["name"]: t["rows"] for t in made["tables"]}:
        sys.exit("The database holds other rows than the files.")


if __name__ == "__main__":
    main()
