"""How fast the whole catalogue is answered over REST."""

from __future__ import annotations

import time
from collections.abc import Iterator
from statistics import median, quantiles

from examples.main_job import stack
from tests.bench.floors import Floor, at_most, shown
from tests.bench.rest import call
from tests.bench.runs import MEMORY, folder

CALLS = 100
MILLISECONDS = 50


def catalogue_floors() -> Iterator[Floor]:
    """Calls of both routes after the first."""
    with folder(MEMORY) as home, stack(home) as started:
        for route in ("/api/generators", "/api/v1/generators"):
            first, *later = (_milliseconds(started.url + route) for _ in range(CALLS + 1))
            yield shown(f"the first GET {route}", f"{first:,.0f} ms")
            most = f"of {CALLS} more, 95 take at most (median {median(later):.1f}, slowest {max(later):.1f} ms)"
            yield at_most(most, quantiles(later, n=20)[-1], MILLISECONDS, "ms")


def _milliseconds(url: str) -> float:
    begun = time.perf_counter()
    call(url)
    return (time.perf_counter() - begun) * 1000
