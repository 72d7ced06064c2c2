"""`make run`: one real job through every layer, as a stranger's client would run it.

Starts `mockcraft server` on a free loopback port, posts `examples/shop.yaml` to its REST gateway,
follows the event stream, downloads the ZIP, loads the same schema into a SQLite file with the
command line, checks every foreign key, prints what came of it, and stops what it started.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SCHEMA = ROOT / "examples" / "shop.yaml"
OUT = ROOT / "out" / "run"
MOCKCRAFT = [sys.executable, "-m", "cli"]
READY = re.compile(r"http://[\w.:\[\]-]+")
START_SECONDS, STOP_SECONDS = 60, 20


def main() -> int:
    """Run the whole show; 0 when everything held."""
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir(parents=True)
    with server() as url:
        say(f"server     {url}")
        job = post(
            f"{url}/api/v1/generations", {"schema": {"text": SCHEMA.read_text(encoding="utf-8")}, "outputs": [{"format": "csv"}]}
        )
        say(f"job        {job['id']} ({SCHEMA.relative_to(ROOT)} to CSV, over REST)")
        done = follow(f"{url}/api/v1/jobs/{job['id']}/events")
        archive = download(f"{url}/api/v1/jobs/{job['id']}/archive", OUT / "shop.zip")
    loaded = load(OUT / "shop.db")
    counts = check(OUT / "shop.db")
    print_summary(done, loaded, counts)
    say(f"\nfiles      {archive}  ({archive.stat().st_size:,} bytes, CSV)")
    say(f"database   {OUT / 'shop.db'}  ({(OUT / 'shop.db').stat().st_size:,} bytes, foreign keys checked)")
    return 0 if counts == {t["name"]: t["rows"] for t in done["tables"]} else 1


def say(text: str) -> None:
    """Print a line at once."""
    print(text, flush=True)


@contextmanager
def server() -> Iterator[str]:
    """A running server; its URL. Stopped gracefully at the end."""
    log = (OUT / "server.log").open("wb")
    command = [*MOCKCRAFT, "server", "--port", "0"]
    process = subprocess.Popen(command, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, stderr=log)
    try:
        yield ready(process)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            status = process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            status = process.wait()
        log.close()
        say(f"server     stopped, exit status {status}")


def environment() -> dict[str, str]:
    """Ours, with the job store and files of the run in its own folder."""
    return {**os.environ, "MOCKCRAFT_DATA_DIR": str(OUT / "data")}


def ready(process: subprocess.Popen[bytes]) -> str:
    """The address of the ready line. Raises `SystemExit` when the server ends first."""
    assert process.stdout is not None
    for line in process.stdout:
        found = READY.search(line.decode())
        if found:
            return found[0]
    raise SystemExit(f"the server did not start:\n{(OUT / 'server.log').read_text(encoding='utf-8')}")


def post(url: str, document: Any) -> Any:
    """POST a JSON document; the answer's document."""
    body = json.dumps(document).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        raise SystemExit(f"{url} answered {error.code}: {error.read().decode()}") from None


def follow(url: str) -> Any:
    """Show the job's server-sent events as they come; the data of `complete`."""
    from cli.progress import display

    request = urllib.request.Request(url, headers={"Accept": "text/event-stream"})
    with urllib.request.urlopen(request, timeout=120) as stream, display("bar") if sys.stderr.isatty() else Percent() as shown:
        for line in stream:
            if line.startswith(b"data:"):
                event = json.loads(line[5:])
                shown.event(event)
                if event["type"] == "complete":
                    return event["data"]
                if event["type"] == "error" and not event["data"].get("willRetry"):
                    raise SystemExit(f"the job failed: {event['data']}")
    raise SystemExit("the event stream ended early")


class Percent:
    """Progress without a terminal: a line for every tenth part."""

    def __enter__(self) -> Percent:
        self._next = 0.0
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def event(self, event: Any) -> None:
        """Print a line when another tenth is done."""
        data = event["data"]
        if event["type"] == "progress" and data["percentage"] >= self._next:
            self._next = data["percentage"] // 10 * 10 + 10
            say(
                f"           {data['percentage']:5.1f} %  {data['current']:>10,} rows  {data['rate']:>11,.0f} rows/s  {data['table']}"
            )


def download(url: str, path: Path) -> Path:
    """Store what `url` answers at `path`, and read the ZIP through once."""
    with urllib.request.urlopen(url, timeout=120) as answer, path.open("wb") as file:
        shutil.copyfileobj(answer, file, 1 << 20)
    with zipfile.ZipFile(path) as archive:
        broken = archive.testzip()
        if broken:
            raise SystemExit(f"{path}: {broken} is damaged")
        say(f"download   {path.name}: {len(archive.namelist())} files, every checksum right")
    return path


def load(database: Path) -> Any:
    """Load the schema into SQLite with the command line; the data of its `complete` event."""
    say("loading    the same schema into SQLite, with the command line")
    command = [*MOCKCRAFT, "seed", "--config", str(SCHEMA), "--db", f"sqlite:///{database}", "--progress", "json"]
    began = time.monotonic()
    with subprocess.Popen(command, cwd=ROOT, env=environment(), stdout=subprocess.PIPE) as process, Percent() as shown:
        assert process.stdout is not None
        done = None
        for line in process.stdout:
            event = json.loads(line)
            shown.event(event)
            done = event["data"] if event["type"] == "complete" else done
    if process.returncode or done is None:
        raise SystemExit(f"loading ended with exit status {process.returncode}")
    say(f"           loaded in {time.monotonic() - began:.1f} s, start-up included")
    return done


def check(database: Path) -> dict[str, int]:
    """Rows of each table. Raises `SystemExit` when a foreign key is broken."""
    with sqlite3.connect(database) as connection:
        broken = connection.execute("PRAGMA foreign_key_check").fetchall()
        if broken:
            raise SystemExit(f"{len(broken):,} broken foreign keys, the first {broken[0]}")
        query = "SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE '%FOREIGN KEY%' OR type = 'table'"
        names = [name for (name,) in connection.execute(query)]
        return {name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in names if name[0] != "_"}


def print_summary(done: Any, loaded: Any, counts: dict[str, int]) -> None:
    """The table of tables."""
    rates = {table["name"]: table["rowsPerSecond"] for table in loaded["tables"]}
    head = f"{'table':<14}{'rows':>12}{'CSV bytes':>14}{'CSV rows/s':>13}{'rows in SQLite':>16}{'SQLite rows/s':>15}"
    say(f"\n{head}\n{'-' * len(head)}")
    for table in done["tables"]:
        name = table["name"]
        row = f"{name:<14}{table['rows']:>12,}{table['bytes']:>14,}{table['rowsPerSecond']:>13,.0f}"
        say(f"{row}{counts.get(name, 0):>16,}{rates.get(name, 0):>15,.0f}")
    say(f"{'all':<14}{done['rows']:>12,}{done['bytes']:>14,}{done['rows'] / done['durationSeconds']:>13,.0f}"
        f"{sum(counts.values()):>16,}{loaded['rows'] / loaded['durationSeconds']:>15,.0f}")  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
