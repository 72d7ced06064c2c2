"""Services under fire for a few seconds: nothing lost, doubled or stuck, the same bytes. `make chaos` does it for minutes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.bench.chaos.faults import Fault, Record, Robbed
from tests.bench.chaos.run import Plan, chaos
from tests.bench.chaos.verdict import Outcome, Sample, floors, last_line, rescue, slope
from tests.bench.floors import Floor

SMALL: dict[str, Any] = {"users": ("3K",), "formats": ({"format": "csv"}, {"format": "jsonl"}), "records": (), "zoo": 2}
TIMED = ("pause", "cancel", "rescue", "graceful stops: worst")
"""Floors that a loaded machine may miss; `make chaos` judges them."""


@pytest.mark.parametrize("seed", [3])
def test_services_under_fire_lose_double_and_change_nothing(seed: int) -> None:
    found = chaos(Plan(12, seed, "sqlite", at_once=4, **SMALL))
    assert len(found) > 20
    grown = [floor for floor in found if "growth of" in floor.what]
    assert all(floor.ok is None for floor in grown)  # some seconds are too short to judge
    missed = [floor for floor in found if floor.ok is False and not floor.what.startswith(TIMED)]
    assert missed == []
    said = {floor.what: floor.figure for floor in found}
    assert int(said["faults"].partition(":")[0]) >= 2
    assert int(said["jobs"].partition(":")[0]) >= 4


def event(seq: int, type_: str, second: float, attempt: int = 1, **data: Any) -> dict[str, Any]:
    moment = datetime.fromtimestamp(second, UTC).isoformat()
    return {"seq": seq, "type": type_, "timestamp": moment, "attempt": attempt, "data": data}


def test_a_rescue_is_measured_from_the_kill() -> None:
    robbed = Robbed("gen_1", 1, datetime.fromtimestamp(10, UTC), 0.0, "kill a service", "generator")
    log = [event(1, "start", 8), event(2, "error", 12, code="WORKER_LOST"), event(3, "start", 13, 2)]
    assert rescue(robbed, log) == (2.0, 3.0)
    asleep = [*log[:2], event(3, "shutdown", 12.5, 2), event(4, "start", 90, 2)]
    assert rescue(robbed, asleep) == (2.0, None)
    assert rescue(robbed, log[:1]) == (None, None)


def test_a_moment_is_quiet_when_nothing_was_wrong_for_a_while() -> None:
    record = Record([Fault("stall", "a reader", 100.0, 101.0)])
    assert record.quiet(90.0, 99.0) and record.quiet(120.0, 121.0)
    assert not record.quiet(99.0, 100.5) and not record.quiet(102.0, 103.0)
    assert record.quiet(99.0, 100.5, but=record.at(100.0))


def test_the_slope_is_that_of_the_line() -> None:
    assert slope([0.0, 1.0, 2.0], [5.0, 7.0, 9.0]) == pytest.approx(2.0)
    assert slope([1.0, 1.0], [5.0, 7.0]) == 0.0


@pytest.mark.parametrize(("seconds", "ok", "target"), [(170.0, None, ""), (190.0, False, "≤ 16 MB")])
def test_growth_is_judged_when_there_was_time_to_warm_up(seconds: float, ok: bool | None, target: str) -> None:
    samples = [Sample(seconds * n / 19, 100.0 + 10 * n, 20) for n in range(20)]
    outcome = Outcome([], Record([]), {}, set(), set(), {}, {"gateway 7": samples}, [], seconds)
    memory, files = (floor for floor in floors(outcome) if "growth of" in floor.what)
    assert (memory.ok, memory.target) == (ok, target)
    assert memory.figure.endswith("too short to judge") == (ok is None)
    assert files.ok is (None if ok is None else True)


def test_the_last_line_names_the_floors_that_were_missed() -> None:
    held = [Floor("jobs lost", "0", "0", True), Floor("faults", "", "3")]
    assert last_line(held) == "all floors held"
    missed = [*held, Floor("jobs stuck", "0", "1: gen_1", False), Floor("pause: worst", "≤ 2 s", "3.00 s", False)]
    assert last_line(missed) == "2 floors missed: jobs stuck (1: gen_1); pause: worst (3.00 s)"
    assert last_line(missed[:3]) == "1 floor missed: jobs stuck (1: gen_1)"
