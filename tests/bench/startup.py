"""Start-up of the command line beside that of Python itself."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from statistics import median

from tests.bench.floors import Floor, at_most
from tests.bench.runs import MOCKCRAFT

COMMANDS = {
    "python": [sys.executable, "-c", "pass"],
    "help": [MOCKCRAFT, "--help"],
    "generate": [MOCKCRAFT, "generate", "firstname"],
}


def seconds(command: list[str]) -> float:
    """Wall time of a command."""
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def startup_floors(rounds: int = 15) -> Iterator[Floor]:
    """The promises; medians of alternating runs, after one to warm the caches."""
    figures: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for turn in range(rounds + 1):
        for name, command in COMMANDS.items():
            took = seconds(command)
            if turn:
                figures[name].append(took)
    base = median(figures["python"])
    for name, ceiling in (("help", 15), ("generate", 35)):
        took = median(figures[name])
        words = " ".join(["mockcraft", *COMMANDS[name][1:]])
        yield at_most(
            f"{words} beside python -c pass", took / base, ceiling, "times", f" ({took * 1000:.0f} against {base * 1000:.1f} ms)"
        )
