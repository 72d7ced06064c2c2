"""What children say, made into events."""

from __future__ import annotations

import asyncio

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.protocol import EVENT_TYPES
from services.common.jobs.lines import (
    LOGS_AT_ONCE,
    LOGS_IN_ALL,
    LogBudget,
    ProgressThrottle,
    artifacts_of,
    error_of,
    parse_line,
    progress_of,
    read_lines,
)
from services.common.jobs.model import JobError, Progress
from services.common.jobs.outcome import Heard, describe, outcome
from services.common.jobs.store import Draft
from services.common.jobs.wakeups import CROWD

ID = "gen_1"


def line(**more: object) -> bytes:
    said = {
        "v": 1,
        "jobId": ID,
        "attempt": 1,
        "type": "progress",
        "timestamp": "2026-01-29T00:00:00.000Z",
        "data": {"current": 1},
    }
    return orjson.dumps(said | more)


async def lines_of(data: bytes, limit: int, chunk: int = 7) -> list[tuple[bytes, int]]:
    reader = asyncio.StreamReader()
    for start in range(0, len(data), chunk):
        reader.feed_data(data[start : start + chunk])
    reader.feed_eof()
    return [item async for item in read_lines(reader, limit)]


@given(st.lists(st.binary(max_size=30).map(lambda b: b.replace(b"\n", b" ")), max_size=8), st.integers(1, 12), st.integers(1, 9))
def test_lines_come_whole_or_cut_and_counted(wanted: list[bytes], limit: int, chunk: int) -> None:
    got = asyncio.run(lines_of(b"".join(item + b"\n" for item in wanted), limit, chunk))
    assert got == [(item[:limit], max(len(item) - limit, 0)) for item in wanted]


async def test_a_last_line_without_an_end_counts() -> None:
    assert await lines_of(b"a\nbcd", 2) == [(b"a", 0), (b"bc", 1)]


@pytest.mark.parametrize("type_", EVENT_TYPES)
def test_an_event_is_taken_as_it_is(type_: str) -> None:
    draft = parse_line(line(type=type_, more="is ignored", data={"code": "X", "text": "t"}), 0, ID)
    assert (draft.type, draft.timestamp) == (type_, "2026-01-29T00:00:00.000Z")


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        b"{",
        b"null",
        b"\xff\xfe\x00",
        line(v=2),
        line(jobId="gen_2"),
        line(type="finish"),
        line(type=["log"]),
        line(data=[]),
        line(timestamp="yesterday"),
        line(timestamp=3),
        line(timestamp="2026-01-29T00:00:00"),
    ],
)
def test_anything_else_is_a_log_event(bad: bytes) -> None:
    draft = parse_line(bad, 0, ID)
    assert draft.type == "log" and draft.data["stream"] == "stdout" and "\0" not in draft.data["text"]


def test_an_oversize_line_is_a_counted_log_event() -> None:
    draft = parse_line(line() + b" " * 9000, 100, ID)
    assert draft.type == "log" and draft.data["truncated"] and draft.data["leftOutBytes"] > 900


def test_secrets_are_taken_out_of_free_texts() -> None:
    url = "postgresql://u:canary@h/d"
    for data, type_ in (({"text": url}, "log"), ({"message": url, "code": "X"}, "error")):
        assert "canary" not in str(parse_line(line(type=type_, data=data), 0, ID))
    assert "canary" not in str(parse_line(url.encode(), 0, ID))


@pytest.mark.parametrize(("followers", "told"), [(0, 8), (CROWD, 8), (CROWD + 1, 2)])
def test_progress_is_first_then_four_a_second_or_one_for_a_crowd_then_last(followers: int, told: int) -> None:
    now = 100.0
    throttle = ProgressThrottle(lambda: now, lambda: followers)
    drafts = [Draft("progress", "", {"current": i}) for i in range(100)]
    passed = []
    for i, draft in enumerate(drafts):
        now = 100 + i / 50
        if throttle.admit(draft):
            passed.append(i)
    assert passed[0] == 0 and len(passed) == told and throttle.held is drafts[99]


def test_logs_have_a_budget() -> None:
    now = 0.0
    budget = LogBudget(lambda: now)
    assert sum(budget.admit() for _ in range(1000)) == LOGS_AT_ONCE
    now = 1.0
    assert sum(budget.admit() for _ in range(1000)) == 10
    total = LOGS_AT_ONCE + 10
    for now in range(2, 2000):  # noqa: B007 - the clock reads it
        total += sum(budget.admit() for _ in range(20))
    assert total == LOGS_IN_ALL
    summary = budget.summary()
    assert summary is not None and "more lines" in summary.data["text"]
    assert LogBudget().summary() is None


def test_progress_takes_what_is_a_number() -> None:
    told = {"current": 5, "total": 10.0, "rate": "fast", "percentage": None, "phase": None, "etaSeconds": 1, "unit": "rows"}
    assert progress_of(told) == Progress(5, 10, "rows", 0.0, 0.0, "", 1)
    assert progress_of({}) == Progress()


def test_artifacts_keep_to_the_protocol_or_are_none() -> None:
    good = {"name": "a", "path": "p/a", "bytes": 3, "sha256": "00", "contentType": "text/csv", "rows": 1}
    assert artifacts_of({"artifacts": [good]})[0].path == "p/a"  # type: ignore[index]
    assert artifacts_of({}) == ()
    for bad in ({"artifacts": [{}]}, {"artifacts": 3}, {"artifacts": [good | {"bytes": "many"}]}, {"artifacts": [None]}):
        assert artifacts_of(bad) is None


def test_errors_have_a_code_whatever_was_said() -> None:
    assert error_of({}) == JobError("INTERNAL", "", False)


def test_the_first_complete_or_error_is_the_last_word() -> None:
    heard = Heard()
    assert heard.hear(Draft("start", "", {"resumeFrom": {"rows": 1}})) and heard.checkpoint == {"rows": 1}
    assert heard.hear(Draft("checkpoint", "", {"rows": 2})) and heard.checkpoint == {"rows": 2}
    assert not heard.hear(Draft("shutdown", "", {}))
    assert not heard.hear(Draft("complete", "", {}))
    assert not heard.hear(Draft("error", "", {}))
    assert heard.last is not None and heard.last.type == "complete"


@pytest.mark.parametrize(("status", "words"), [(0, "exit status 0"), (-9, "killed by SIGKILL"), (-200, "killed by signal 200")])
def test_exit_statuses_in_words(status: int, words: str) -> None:
    assert describe(status) == words


def test_a_complete_event_that_names_no_files_properly_is_not_believed() -> None:
    from datetime import UTC, datetime

    from services.common.jobs.model import Job, State

    heard = Heard(Draft("complete", "", {"artifacts": [{"name": "x"}]}))
    change = outcome(heard, 0, None, 1)(Job(ID, "generation", State.RUNNING, datetime.now(UTC)), datetime.now(UTC))
    assert change is not None and change.job.error is not None and change.job.error.code == "WORKER_PROTOCOL"
