"""What came of it, as floors: nothing lost, doubled or stuck, the same bytes, and how long rescues, pauses and cancels took."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import mean, median
from typing import Any, Final

from tests.bench.chaos.clients import ENDED, Task
from tests.bench.chaos.faults import Record, Robbed
from tests.bench.chaos.house import LEASE, SWEEP
from tests.bench.chaos.work import JSON
from tests.bench.floors import Floor, at_most, shown
from tests.bench.watchers import terminal

PAUSE, CANCEL, STOP = 2.0, 5.0, 10.0
RESCUE: Final = LEASE + 2 * SWEEP
GROWTH_MB, GROWTH_FILES = 16.0, 8
"""How much more a process that lives on may hold at the end than when it had warmed up."""
JUDGED_SECONDS: Final = 180.0
"""Below this a process is still warming up: its growth is shown and not judged."""


@dataclass(frozen=True)
class Sample:
    """What a process held at a moment."""

    at: float
    megabytes: float
    files: int


@dataclass(frozen=True)
class Outcome:
    """All that is judged. `expected` is what each recipe gives undisturbed, `known` the ids of the store's jobs."""

    tasks: Sequence[Task]
    record: Record
    expected: Mapping[str, Any]
    known: set[str]
    calm: set[str]
    logs: Mapping[str, list[JSON]]
    samples: Mapping[str, Sequence[Sample]]
    orphans: Sequence[int]
    seconds: float


def floors(outcome: Outcome) -> Iterator[Floor]:
    """Every promise beside its figure."""
    yield from _what_was_done(outcome)
    yield from _jobs(outcome)
    yield from _logs(outcome)
    yield from _times(outcome)
    yield from _growth(outcome)
    yield _none("processes left when all was stopped", [str(pid) for pid in outcome.orphans])


def last_line(found: Sequence[Floor]) -> str:
    """Which floors were missed, in a line."""
    missed = [f"{floor.what} ({floor.figure})" for floor in found if floor.ok is False]
    return f"{len(missed)} floor{'s' * (len(missed) > 1)} missed: {'; '.join(missed)}" if missed else "all floors held"


def _none(what: str, found: Sequence[str]) -> Floor:
    shown_ = f"{len(found)}: {'; '.join(found[:5])}" if found else "0"
    return Floor(what, "0", shown_, not found)


def _what_was_done(outcome: Outcome) -> Iterator[Floor]:
    faults = Counter(fault.kind for fault in outcome.record.faults)
    yield shown("seconds under fire", f"{outcome.seconds:,.0f}")
    yield shown("faults", f"{faults.total()}: " + ", ".join(f"{n} x {kind}" for kind, n in sorted(faults.items())))
    kinds = Counter(task.recipe.name.partition(" of ")[0] for task in outcome.tasks)
    yield shown("jobs", f"{len(outcome.tasks)}: " + ", ".join(f"{n} {kind}" for kind, n in sorted(kinds.items())))
    states = Counter(task.job.get("state", "unknown") for task in outcome.tasks)
    yield shown("their ends", ", ".join(f"{n} {state}" for state, n in sorted(states.items())))
    attempts = [int(task.job["attempt"]) for task in outcome.tasks if task.job]
    yield shown("attempts", f"{sum(attempts)} in all, {max(attempts, default=0)} of one job at most")
    dropped = sum(task.dropped for task in outcome.tasks)
    yield shown("followers", f"{sum(1 for t in outcome.tasks if t.followed)}, who came back {dropped} times")
    yield _none("faults that could not be done", outcome.record.problems)


def _jobs(outcome: Outcome) -> Iterator[Floor]:
    tasks = outcome.tasks
    ids = {task.id for task in tasks if task.id}
    yield _none("jobs lost: acknowledged, and not in the store", sorted(ids - outcome.known))
    yield _none("jobs doubled: in the store, and of no request", sorted(outcome.known - ids - outcome.calm))
    repeats = sum(len(task.repeats) for task in tasks)
    yield _none(
        f"other jobs for the same key ({repeats} repeats)", [t.id for t in tasks if any(each != t.id for each in t.repeats)]
    )
    yield _none("jobs stuck", [f"{t.id or t.key} {t.job.get('state')}" for t in tasks if t.job.get("state") not in ENDED])
    yield _none("clients with a problem", [f"{t.id} ({t.recipe.name}): {problem}" for t in tasks for problem in t.problems])
    yield _none("cancelled jobs that did not stay so", [t.id for t in tasks if t.cancelled and t.job.get("state") != "CANCELLED"])
    failed = [t for t in tasks if t.job.get("state") == "FAILED"]
    yield _none("jobs that failed", [f"{t.id} ({t.recipe.name}) {t.job['error']['code']}" for t in failed])
    done = [t for t in tasks if t.job.get("state") == "SUCCEEDED"]
    other = [f"{t.id} ({t.recipe.name})" for t in done if t.came != outcome.expected[t.recipe.name]]
    yield _none(f"jobs with other files or rows than undisturbed ones, of {len(done)}", other)


def _logs(outcome: Outcome) -> Iterator[Floor]:
    gaps = [job for job, log in outcome.logs.items() if [event["seq"] for event in log] != list(range(1, len(log) + 1))]
    ends = [job for job, log in outcome.logs.items() if [terminal(e) for e in log] != [False] * (len(log) - 1) + [True]]
    events = sum(len(log) for log in outcome.logs.values())
    yield _none(f"logs with a gap or a double, of {len(outcome.logs)} with {events:,} events", gaps)
    yield _none("logs without exactly one terminal event, the last", ends)


def _times(outcome: Outcome) -> Iterator[Floor]:
    taken = [(robbed, *rescue(robbed, outcome.logs.get(robbed.job_id, []))) for robbed in outcome.record.robbed]
    alone = [(r, over, start) for r, over, start in taken if over is not None and _alone(outcome.record, r, over)]
    yield from _worst("rescue: from kill or freeze to taken over", [over for _, over, _ in alone if over is not None], RESCUE)
    again = [start for r, _, start in alone if start is not None and r.whom.startswith("generator")]
    yield from _worst("rescue: until the next attempt's child works, where another service of the kind lives", again, None)
    others = [start for r, _, start in alone if start is not None and not r.whom.startswith("generator")]
    yield from _worst("the same where its only service has to start again", others, None)
    amid = [over for _, over, _ in taken if over is not None]
    yield from _worst("rescues of all, amid other faults too", amid, None)
    for verb, target in (("pause", PAUSE), ("cancel", CANCEL)):
        asked = [(began, took) for task in outcome.tasks for name, began, took in task.steered if name == verb]
        calm = [took for began, took in asked if outcome.record.quiet(began, began + took)]
        yield from _worst(f"{verb} while nothing was wrong", calm, target)
        yield from _worst(f"{verb} at any moment", [took for _, took in asked], None)
    yield from _worst("graceful stops", [took for _, took in outcome.record.stops], STOP)
    yield _none("graceful stops with another exit status", [str(status) for status, _ in outcome.record.stops if status != 0])


def _worst(what: str, seconds: Sequence[float], target: float | None) -> Iterator[Floor]:
    if not seconds:
        yield shown(what, "none")
        return
    note = f" (of {len(seconds)}, median {median(seconds):.2f} s)"
    if target is None:
        yield shown(f"{what}: worst", f"{max(seconds):,.2f} s{note}")
    else:
        yield at_most(f"{what}: worst", max(seconds), target, "s", note)


def _alone(record: Record, robbed: Robbed, seconds: float) -> bool:
    """Whether nothing else was wrong until that rescue."""
    return record.quiet(robbed.moment, robbed.moment + seconds, but=record.at(robbed.moment))


def rescue(robbed: Robbed, log: Sequence[JSON]) -> tuple[float | None, float | None]:
    """Seconds from the loss of its owner until a job was taken over, and until its next attempt started."""
    mine = [event for event in log if _moment(event) >= robbed.at]
    lost = [e for e in mine if e["type"] == "error" and e["data"]["code"] == "WORKER_LOST" and e["attempt"] >= robbed.attempt]
    if not lost:
        return None, None
    asleep = [e for e in mine if e["type"] == "shutdown"]
    starts = [e for e in mine if e["type"] == "start" and e["seq"] > lost[0]["seq"]]
    over = (_moment(lost[0]) - robbed.at).total_seconds()
    if not starts or (asleep and asleep[0]["seq"] < starts[0]["seq"]):
        return over, None
    return over, (_moment(starts[0]) - robbed.at).total_seconds()


def _moment(event: JSON) -> datetime:
    return datetime.fromisoformat(event["timestamp"])


def _growth(outcome: Outcome) -> Iterator[Floor]:
    for name, samples in outcome.samples.items():
        if len(samples) < 12:
            continue
        warm = samples[len(samples) // 4 :]  # what is loaded on first use is no leak
        third = max(len(warm) // 3, 1)
        first, last = warm[:third], warm[-third:]
        minutes = (warm[-1].at - warm[0].at) / 60
        megabytes = mean(s.megabytes for s in last) - mean(s.megabytes for s in first)
        opened = mean(s.files for s in last) - mean(s.files for s in first)
        hours = slope([s.at / 3600 for s in warm], [s.megabytes for s in warm])
        note = f" in {minutes:.1f} min, {first[0].megabytes:.0f} to {last[-1].megabytes:.0f} MB, slope {hours:,.1f} MB/h"
        long = samples[-1].at - samples[0].at >= JUDGED_SECONDS
        yield _grown(f"{name}: growth of memory", megabytes, GROWTH_MB, "MB", note, long)
        hourly = slope([s.at / 3600 for s in warm], [float(s.files) for s in warm])
        note = f", {first[0].files} to {last[-1].files}, slope {hourly:,.1f}/h"
        yield _grown(f"{name}: growth of open files", opened, GROWTH_FILES, "files", note, long)


def _grown(what: str, growth: float, most: float, unit: str, note: str, long: bool) -> Floor:
    if long:
        return at_most(what, growth, most, unit, note)
    return shown(what, f"{growth:,.2f} {unit}{note}; too short to judge")


def slope(xs: Sequence[float], ys: Sequence[float]) -> float:
    """That of the least squares."""
    x, y = mean(xs), mean(ys)
    spread = sum((each - x) ** 2 for each in xs)
    return sum((a - x) * (b - y) for a, b in zip(xs, ys, strict=True)) / spread if spread else 0.0
