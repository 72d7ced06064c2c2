"""`make chaos`: services under fire for some minutes, then a table of what was promised and what came of it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tests.bench.chaos.run import Plan, chaos
from tests.bench.chaos.verdict import last_line
from tests.bench.floors import show


def main() -> int:
    """Exit status 1 when a floor is missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.chaos", description=__doc__)
    parser.add_argument("--minutes", type=float, default=15, help="how long things go wrong")
    parser.add_argument("--seed", type=int, default=1, help="of what goes wrong, and when")
    parser.add_argument("--store", choices=("postgresql", "sqlite"), default="postgresql", help="where the jobs are kept")
    parser.add_argument("--report", type=Path, help="file that the table is written to as well, as Markdown")
    args = parser.parse_args()
    found = chaos(Plan(args.minutes * 60, args.seed, args.store))
    passed = show(found, f"chaos, {args.store}, seed {args.seed}")
    print(last_line(found))
    if args.report:
        words = {True: "pass", False: "FAIL", None: ""}
        lines = [f"| {f.what} | {f.target} | {f.figure} | {words[f.ok]} |\n" for f in found]
        args.report.write_text("| what | target | figure | |\n| --- | --- | --- | --- |\n" + "".join(lines))
    return not passed


if __name__ == "__main__":
    sys.exit(main())
