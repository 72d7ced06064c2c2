"""Data files of installed packages, found without importing the package (which may need others)."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path


def data_file(package: str, *path: str) -> Path:
    """A file in the package's folder. Raises `ModuleNotFoundError` when the package is not installed."""
    found = find_spec(package)
    if found is None or found.origin is None:
        raise ModuleNotFoundError(f"{package} is not installed; see scripts/pools/requirements.txt", name=package)
    return Path(found.origin).parent.joinpath(*path)
