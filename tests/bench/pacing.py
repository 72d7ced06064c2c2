"""How much of a server's best throughput is reached half a minute after the first request, with real servers and sockets."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict

from runner.datasets.models import Message, Prompt, open_model
from runner.datasets.pacing import Limits, Pacer
from runner.datasets.spec import ModelSettings
from tests.bench.floors import Floor, at_least
from tests.bench.runs import ROOT
from tests.datasets_server import Behaviour

SERVERS = {
    "16 at a time, the others wait": Behaviour(seconds=0.4, parallel=16),
    "16 at a time, 429 beyond": Behaviour(seconds=0.4, parallel=16, queue=False, retry_after=0.5),
    "48 slow ones at a time, 429 for a second beyond": Behaviour(seconds=2.0, parallel=48, queue=False, retry_after=1.0),
    "20 a second in bursts of 20": Behaviour(seconds=0.3, rate=20.0, burst=20.0, retry_after=1.0),
    "12 at a time, with cut, failed and malformed answers": Behaviour(
        seconds=0.3, parallel=12, cut=0.02, failed=0.02, malformed=0.02
    ),
}
WARM, MEASURED = 30.0, 20.0


def pacing_floors() -> Iterator[Floor]:
    """A floor for each kind of server."""
    for name, behaviour in SERVERS.items():
        with served(behaviour) as url:
            rate, metrics = asyncio.run(_pressed(url))
        note = f" ({rate:.1f} of {behaviour.best:.1f}/s, concurrency {metrics['concurrency']}, {metrics['rateLimited']} × 429)"
        yield at_least(f"after {WARM:.0f} s: {name}", rate / behaviour.best, 0.85, "of the best", note)


@contextmanager
def served(behaviour: Behaviour) -> Iterator[str]:
    """The URL of a server in a process of its own."""
    command = [sys.executable, "-m", "tests.datasets_server", "--behaviour", json.dumps(asdict(behaviour))]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdin and child.stdout
        yield json.loads(child.stdout.readline())["url"]
        child.stdin.close()


async def _pressed(url: str) -> tuple[float, dict[str, object]]:
    """Answers a second after the warm-up, and the metrics at the end."""
    pacer = Pacer(open_model("openai:test", ModelSettings(endpoint=url), {}), Limits())

    async def ask(number: int) -> None:
        for turn in range(1 << 20):
            await pacer.answer(Prompt((Message("user", f"{number}/{turn}"),), 0.8, 1.0, 64, turn))

    tasks = [asyncio.create_task(ask(number)) for number in range(128)]
    await asyncio.sleep(WARM)
    before, began = pacer.metrics()["answers"], time.monotonic()
    await asyncio.sleep(MEASURED)
    metrics = pacer.metrics()
    rate = (metrics["answers"] - before) / (time.monotonic() - began)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await pacer.close()
    return rate, metrics
