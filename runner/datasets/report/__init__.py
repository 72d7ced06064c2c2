"""The report of a dataset: `README.md`, a dataset card as dataset hubs read it, and a self-contained `report.html`."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from runner.datasets.files import CARD, PAGE
from runner.datasets.report.card import card
from runner.datasets.report.page import page
from runner.datasets.summary import Summary
from runner.platform import write_durably

__all__ = ["card", "page", "write"]

_TYPES = {CARD: "text/markdown; charset=utf-8", PAGE: "text/html; charset=utf-8"}


def write(folder: Path, summary: Summary) -> Sequence[dict[str, Any]]:
    """Write both files into the folder; returns them as artifacts. Raises `OSError`."""
    return [_written(folder, CARD, card(summary)), _written(folder, PAGE, page(summary))]


def _written(folder: Path, name: str, text: str) -> dict[str, Any]:
    data = text.encode("utf-8", "replace")
    write_durably(folder / name, data)
    sha256 = hashlib.sha256(data).hexdigest()
    return {"name": name, "path": name, "bytes": len(data), "sha256": sha256, "contentType": _TYPES[name], "rows": 0}
