"""Rows of the API beside the same rows of the file."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from typing import Any

from examples.main_job import stack
from tests.bench.floors import Floor
from tests.bench.rest import call, generation, in_state, wait_for
from tests.bench.runs import MEMORY, ROOT, folder


def lines(url: str, start: int, stop: int) -> list[dict[str, Any]]:
    """Rows [start, stop) of a JSON Lines artifact."""
    with urllib.request.urlopen(url, timeout=60) as answer:
        return [json.loads(line) for number, line in enumerate(answer) if start <= number < stop]


def row_floors(window: int = 1000) -> Iterator[Floor]:
    """A window in the middle of each table of the shop."""
    with folder(MEMORY) as home, stack(home) as started:
        url = started.url
        job = generation(url, ROOT / "examples/shop.yaml", {}, outputs=[{"format": "jsonl"}])
        wait_for(url, job, in_state("SUCCEEDED"))
        for table in ("users", "products", "orders", "order_items", "reviews"):
            total = call(f"{url}/api/v1/rows/{job}/{table}?limit=1")["totalRows"]
            start = total // 2
            answer = call(f"{url}/api/v1/rows/{job}/{table}?offset={start}&limit={window}")
            written = lines(f"{url}/api/v1/jobs/{job}/artifacts/{table}.jsonl", start, start + window)
            same = sum(a == b for a, b in zip(answer["rows"], written, strict=True))
            yield Floor(
                f"{table}: rows [{start}, {start + len(written)}) of the API = of the file",
                "all",
                f"{same}",
                same == len(written),
            )
