"""Speed: the users table beside Mimesis and Faker, one worker beside two, TPC-H lineitem beside tpchgen-cli."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from tests.bench.floors import Floor, at_least, shown
from tests.bench.runs import CORES, HERE, MEMORY, MOCKCRAFT, ROOT, Run, folder, generate, run

USERS, RENAMED, TPCH = HERE / "users.yaml", HERE / "users_renamed.yaml", ROOT / "examples/tpch.yaml"


@dataclass(frozen=True)
class Sizes:
    """How much work: rows of MockCraft and of each peer, rounds, and TPC-H's scale factor."""

    rows: int = 5_000_000
    mimesis: int = 250_000
    faker: int = 50_000
    rounds: int = 5
    scale: float = 1.0


@dataclass
class Rounds:
    """Figures by name, one a round."""

    figures: dict[str, list[float]] = field(default_factory=dict)

    def add(self, name: str, value: float) -> None:
        """One more figure."""
        self.figures.setdefault(name, []).append(value)

    def __getitem__(self, name: str) -> float:
        """The median."""
        return median(self.figures[name])


def peer(name: str, rows: int) -> tuple[float, float]:
    """Rows a second of a peer: in its loop to a file in memory, and as a whole command to disk."""
    with folder(MEMORY) as memory:
        loop = run(peer_command(name, rows, memory)).events[0]["seconds"]
    with folder(None) as disk:
        whole = run(peer_command(name, rows, disk)).seconds
    return rows / loop, rows / whole


def peer_command(name: str, rows: int, home: Path) -> list[str]:
    """The command of a peer."""
    return [sys.executable, "-m", "tests.bench.peers", name, str(rows), str(home / "users.csv")]


def rate(done: Run) -> float:
    """Rows a second between start and complete."""
    return done.rows / done.working


def to_disk(rows: int) -> float:
    """Rows a second of the whole runner command to disk: start-up, checkpoints and fsync included."""
    done = generate(USERS, None, rows={"users": rows})
    return done.rows / done.seconds


def by_cli(rows: int) -> float:
    """Rows a second of `mockcraft seed` to disk: job store, supervisor and child included."""
    with folder(None) as home:
        command = [
            MOCKCRAFT,
            "seed",
            "--config",
            str(USERS),
            "--output",
            "csv",
            "--dir",
            str(home / "out"),
            "--rows",
            f"users={rows}",
        ]
        return rows / run(command).seconds


def users(sizes: Sizes) -> Rounds:
    """All alternating runs of the users table."""
    rounds, rows = Rounds(), sizes.rows
    measures: dict[str, Callable[[], float]] = {
        "memory": lambda: rate(generate(USERS, MEMORY, rows={"users": rows})),
        "disk": lambda: to_disk(rows),
        "cli": lambda: by_cli(rows),
        "renamed": lambda: rate(generate(RENAMED, MEMORY, rows={"customers": rows})),
        "one core": lambda: rate(generate(USERS, MEMORY, cores=CORES[:1], rows={"users": rows})),
        "two workers": lambda: rate(generate(USERS, MEMORY, rows={"users": rows}, workers=2)),
    }
    for _ in range(sizes.rounds):
        for name, count in (("mimesis", sizes.mimesis), ("faker", sizes.faker)):
            loop, whole = peer(name, count)
            rounds.add(name, loop)
            rounds.add(f"{name} whole", whole)
        for name, measure in measures.items():
            rounds.add(name, measure())
    return rounds


def users_floors(r: Rounds) -> Iterator[Floor]:
    """The promises about the users table."""
    for name in ("memory", "disk", "cli", "one core", "two workers", "mimesis", "faker"):
        yield shown(f"users table, {name}", f"{r[name]:,.0f} rows/s")
    yield at_least("one worker, start to complete on tmpfs, beside Mimesis", r["memory"] / r["mimesis"], 25)
    yield at_least("one worker, start to complete on tmpfs, beside Faker", r["memory"] / r["faker"], 80)
    yield at_least("whole command to disk beside Mimesis's", r["disk"] / r["mimesis whole"], 15)
    apart = abs(r["renamed"] / r["memory"] - 1) * 100
    yield Floor("columns renamed and reordered", "≤ 15 % apart", f"{apart:.1f} % apart", apart <= 15)
    if len(CORES) > 1:
        yield at_least("two workers beside one on one core", r["two workers"] / r["one core"], 1.4)


def lineitem(scale: float) -> tuple[float, float]:
    """MB/s of lineitem's CSV: MockCraft's and tpchgen-cli's, on the same cores."""
    done = generate(TPCH, MEMORY, options={"sf": f"{scale:g}"}, workers=len(CORES))
    table = next(t for t in done.event("complete")["data"]["tables"] if t["name"] == "lineitem")
    ours = table["bytes"] / (table["rows"] / table["rowsPerSecond"])
    with folder(MEMORY) as home:
        size, seconds = tpchgen(scale, home)
    return ours / 1e6, size / seconds / 1e6


def tpchgen(scale: float, home: Path) -> tuple[int, float]:
    """Bytes and seconds of tpchgen-cli's lineitem."""
    program = str(Path(sys.executable).with_name("tpchgen-cli"))
    options = [f"--scale-factor={scale:g}", "--tables=lineitem", f"--output-dir={home}", f"--num-threads={len(CORES)}"]
    done = run([program, "csv", *options])
    return sum(path.stat().st_size for path in home.rglob("*") if path.is_file()), done.seconds


def lineitem_floors(sizes: Sizes) -> Iterator[Floor]:
    """The promise about TPC-H."""
    rounds = Rounds()
    for _ in range(sizes.rounds):
        ours, theirs = lineitem(sizes.scale)
        rounds.add("ours", ours)
        rounds.add("theirs", theirs)
    note = f" ({rounds['ours']:,.0f} against {rounds['theirs']:,.0f} MB/s, {len(CORES)} cores)"
    yield at_least(
        f"TPC-H lineitem to CSV, SF {sizes.scale:g}, beside tpchgen-cli", rounds["ours"] / rounds["theirs"], 0.7, note=note
    )
