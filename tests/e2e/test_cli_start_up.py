"""How long the light commands take, in units of starting Python; measured again when the machine was busy."""

from __future__ import annotations

import resource
import subprocess
import sys

import pytest

from tests.e2e.cli_process import ROOT, Cli

ROUNDS = 12
LIMITS = {"--help": 15, "generate firstname": 35}


def seconds(cli: Cli, *args: str) -> float:
    """Processor time of one run (user and system): what the machine does besides does not count."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *args], cwd=ROOT, env=cli.env, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@pytest.mark.parametrize("line", LIMITS)
def test_a_light_command_starts_quickly(cli: Cli, line: str) -> None:
    script = "import sys; from cli.main import main; sys.exit(main())"
    pairs = [(seconds(cli, "-c", "pass"), seconds(cli, "-c", script, *line.split())) for _ in range(ROUNDS)]
    empty, command = (min(times) for times in zip(*pairs, strict=True))
    assert command / empty < LIMITS[line], f"{command * 1000:.0f} ms is {command / empty:.1f} times {empty * 1000:.1f} ms"
