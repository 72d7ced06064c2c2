"""Make `requirements.lock` anew: exact versions of all extras, without any index address."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HEADER = "# Exact versions of everything that runs, tests and checks MockCraft (Python 3.11+). Remake: make lock\n"
LEFT_OUT = {"models"}
"""Extras of gigabytes, which `make test-models` installs for itself."""

FLAGS = (
    "--quiet",
    "--no-header",
    "--no-emit-index-url",
    "--no-emit-trusted-host",
    "--no-emit-find-links",
    "--strip-extras",
    "--annotation-style=line",
)


def extras() -> list[str]:
    """The names of the extras of `pyproject.toml` but those of `LEFT_OUT`."""
    return sorted(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"].keys() - LEFT_OUT)


def main() -> None:
    """Resolve with pip-tools; pins that still fit stay as they are."""
    lock = ROOT / "requirements.lock"
    wanted = [f"--extra={name}" for name in extras()]
    command = [sys.executable, "-m", "piptools", "compile", *FLAGS, *wanted, f"--output-file={lock}", "pyproject.toml"]
    subprocess.run(command, check=True, cwd=ROOT)
    lock.write_text(HEADER + lock.read_text())


if __name__ == "__main__":
    main()
