"""Files of npm packages: fetched once through the npm client into a cache folder, at the versions of npm.txt."""

from __future__ import annotations

import json
import os
import subprocess
import tarfile
from functools import cache
from pathlib import Path
from typing import Any

_PINS = Path(__file__).parent / "npm.txt"
CACHE = Path(os.environ.get("MOCKCRAFT_NPM_CACHE", Path.home() / ".cache" / "mockcraft" / "npm"))


@cache
def pins() -> dict[str, str]:
    """The version of each package."""
    lines = (line.partition("#")[0].strip() for line in _PINS.read_text(encoding="utf-8").splitlines())
    return {name: version for name, _, version in (line.rpartition("@") for line in lines if line)}


@cache
def folder(package: str) -> Path:
    """The unpacked package. Raises `KeyError` for one that is not pinned, `CalledProcessError` when npm cannot get it."""
    version = pins()[package]
    place = CACHE / package.replace("/", "__") / version
    if not (place / "package").exists():
        place.mkdir(parents=True, exist_ok=True)
        packed = ["npm", "pack", "--silent", f"{package}@{version}", "--pack-destination", str(place)]
        name = subprocess.run(packed, check=True, capture_output=True, text=True).stdout.split()[-1]
        with tarfile.open(place / name) as archive:
            archive.extractall(place, filter="data")
    return place / "package"


def read_json(package: str, path: str) -> Any:
    """A JSON file of the package."""
    return json.loads((folder(package) / path).read_text(encoding="utf-8"))


def evaluate(package: str, expression: str) -> Any:
    """What a JavaScript expression gives as JSON, where `it` is the package's own module."""
    script = f"const it = require({json.dumps(str(folder(package)))});process.stdout.write(JSON.stringify({expression}))"
    done = subprocess.run(["node", "-e", script], check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def evaluate_module(package: str, path: str, expression: str) -> Any:
    """What a JavaScript expression gives as JSON, where `it` is an ES module of the package."""
    script = f"import * as it from {json.dumps(str(folder(package) / path))};process.stdout.write(JSON.stringify({expression}))"
    done = subprocess.run(["node", "--input-type=module", "-e", script], check=True, capture_output=True, text=True)
    return json.loads(done.stdout)
