"""`make bench`: speed, memory and start-up beside the peers. `--quick` for a tenth of the work."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator

from tests.bench.floors import Floor, show
from tests.bench.memory import memory_floors
from tests.bench.speed import Sizes, lineitem_floors, users, users_floors
from tests.bench.startup import startup_floors

QUICK = Sizes(rows=1_000_000, mimesis=50_000, faker=10_000, rounds=1, scale=0.2)
PARTS = ("users", "tpch", "memory", "startup")


def floors(parts: list[str], quick: bool) -> Iterator[Floor]:
    """Measure the parts asked for."""
    sizes = QUICK if quick else Sizes()
    if "users" in parts:
        yield from users_floors(users(sizes))
    if "tpch" in parts:
        yield from lineitem_floors(sizes)
    if "memory" in parts:
        yield from memory_floors(*((1_000_000, 3_000_000) if quick else (1_000_000, 20_000_000)))
    if "startup" in parts:
        yield from startup_floors(3 if quick else 15)


def main() -> int:
    """Exit status 1 when a floor is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help=f"some of: {', '.join(PARTS)}; default all")
    parser.add_argument("--quick", action="store_true", help="a tenth of the work, for a first look")
    args = parser.parse_args()
    return not show(floors(args.parts or list(PARTS), args.quick), "MockCraft beside its peers")


if __name__ == "__main__":
    sys.exit(main())
