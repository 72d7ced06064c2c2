"""`make run`, small and at full size."""

import re
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).parents[2]


def main_job(home: Path, *arguments: str) -> str:
    command = [sys.executable, "examples/main_job.py", "--dir", str(home / "out"), *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def left_behind(home: Path) -> list[str]:
    lines = [" ".join(p.info["cmdline"] or ()) for p in psutil.process_iter(["cmdline"])]
    return [line for line in lines if str(home) in line]


def test_a_small_job_goes_through_every_layer(tmp_path: Path) -> None:
    said = main_job(tmp_path, "--set", "users=2K", "--set", "products=100")
    assert "every foreign key holds" in said
    assert re.search(r"users\D+2,000\D", said)
    assert (tmp_path / "out/shop.zip").stat().st_size > 100_000
    assert left_behind(tmp_path) == []


def test_a_bad_schema_is_told_and_everything_stopped(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("mockcraft: 1\ntables: {t: {rows: 1, columns: {a: frist_name}}}\n")
    command = [sys.executable, "examples/main_job.py", "--dir", str(tmp_path / "out"), "--schema", str(tmp_path / "bad.yaml")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1
    assert "GENERATOR_NOT_FOUND" in done.stderr
    assert left_behind(tmp_path) == []


@pytest.mark.slow
def test_the_job_at_full_size(tmp_path: Path) -> None:
    said = main_job(tmp_path)
    rows = int(re.findall(r"all\D+([\d,]+)", said)[-1].replace(",", ""))
    assert rows > 1_000_000
