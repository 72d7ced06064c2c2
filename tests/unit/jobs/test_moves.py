"""The state machine, move by move and state by state."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta

import pytest

from services.common.errors import MockcraftError
from services.common.jobs import moves
from services.common.jobs.model import BEGUN_ANEW, STATUS, Job, JobError, State
from services.common.jobs.store import Change, Draft, Move, check_change

NOW = datetime(2026, 1, 29, tzinfo=UTC)
OWNED = (State.RUNNING, State.PAUSING, State.CANCELLING)


def job(state: State, **more: object) -> Job:
    made = Job("gen_x", "generation", state, NOW - timedelta(minutes=1))
    if state in OWNED:
        made = dataclasses.replace(made, lease_owner="me", lease_until=NOW + timedelta(seconds=20))
    asked = {
        "pause_requested": state in (State.PAUSING, State.PAUSED),
        "cancel_requested": state in (State.CANCELLING, State.CANCELLED),
    }
    return dataclasses.replace(made, **{**asked, **more})


def after(move: Move, before: Job) -> Job | str:
    """The job after the move; its state unchanged for a move that does nothing; the code of a refusal."""
    try:
        change = move(before, NOW)
    except MockcraftError as error:
        return error.code
    if change is None:
        return before
    check_change(before, change)
    return change.job


ASKED = {
    "pause": {
        State.PENDING: State.PAUSED,
        State.RETRY_WAIT: State.PAUSED,
        State.RUNNING: State.PAUSING,
        State.PAUSING: State.PAUSING,
        State.PAUSED: State.PAUSED,
    },
    "resume": {
        State.PENDING: State.PENDING,
        State.RETRY_WAIT: State.RETRY_WAIT,
        State.RUNNING: State.RUNNING,
        State.PAUSING: State.RUNNING,
        State.PAUSED: State.PENDING,
    },
    "cancel": {
        State.PENDING: State.CANCELLED,
        State.RETRY_WAIT: State.CANCELLED,
        State.PAUSED: State.CANCELLED,
        State.RUNNING: State.CANCELLING,
        State.PAUSING: State.CANCELLING,
        State.CANCELLING: State.CANCELLING,
        State.CANCELLED: State.CANCELLED,
    },
}


@pytest.mark.parametrize("kind", sorted(BEGUN_ANEW))
@pytest.mark.parametrize("state", State)
def test_what_would_begin_anew_is_not_paused(kind: str, state: State) -> None:
    expected = "INVALID_STATE" if state.terminal else "PAUSE_NOT_SUPPORTED"
    assert after(moves.pause, job(state, kind=kind)) == expected


def test_an_error_event_tells_what_else_there_is() -> None:
    change = moves.failed(JobError("X", "why"), 0, {"results": [1], "code": "Y"})(job(State.RUNNING), NOW)
    assert change is not None
    (event,) = change.events
    assert (event.data["results"], event.data["code"]) == ([1], "X")


@pytest.mark.parametrize("verb", ASKED)
@pytest.mark.parametrize("state", State)
def test_what_somebody_may_ask(verb: str, state: State) -> None:
    end = after(getattr(moves, verb), job(state))
    expected = ASKED[verb].get(state)
    if expected is None:
        assert end == "INVALID_STATE"
        return
    assert isinstance(end, Job) and end.state is expected
    assert (end.attempt, after(getattr(moves, verb), end)) == (1, end)  # costs nothing, and is idempotent


def test_a_refusal_names_the_state() -> None:
    with pytest.raises(MockcraftError, match="SUCCEEDED"):
        moves.pause(job(State.SUCCEEDED), NOW)


@pytest.mark.parametrize(
    ("state", "words"),
    [(State.SUCCEEDED, "It is done"), (State.CANCELLED, "Start a new job"), (State.CANCELLING, "about to end")],
)
def test_a_refusal_to_resume_says_what_helps(state: State, words: str) -> None:
    with pytest.raises(MockcraftError) as caught:
        moves.resume(job(state), NOW)
    assert words in caught.value.details
    assert "Look at its state" not in caught.value.details


def gone(_: Job, now: datetime) -> bool:
    return now == NOW


@pytest.mark.parametrize("state", OWNED)
def test_what_is_asked_of_a_job_whose_owner_is_gone_is_so_at_once(state: State) -> None:
    end = after(moves.of_gone(moves.cancel, gone), job(state))
    assert isinstance(end, Job) and (end.state, end.lease_owner) == (State.CANCELLED, "")
    tidied = after(moves.of_gone(moves.cancel_at({"rows": 1}, tidy=True), gone), job(state, started_at=NOW))
    assert isinstance(tidied, Job) and (tidied.state, tidied.lease_owner) == (State.CANCELLING, "")
    paused = after(moves.of_gone(moves.pause, gone), job(state))
    if state is State.CANCELLING:
        assert paused == "INVALID_STATE"
        return
    assert isinstance(paused, Job) and (paused.state, paused.lease_owner, paused.attempt) == (State.PAUSED, "", 1)
    assert after(moves.resume, paused) == dataclasses.replace(paused, state=State.PENDING, pause_requested=False)


@pytest.mark.parametrize("state", State)
def test_what_is_asked_of_a_job_with_a_living_owner_is_asked_as_ever(state: State) -> None:
    for move in (moves.cancel, moves.pause):
        assert after(moves.of_gone(move, lambda job, now: False), job(state)) == after(move, job(state))


REPORTS: dict[str, tuple[Move, dict[str, State]]] = {
    "completed": (
        moves.completed(Draft("complete", "", {}), ()),
        {"RUNNING": State.SUCCEEDED, "PAUSING": State.SUCCEEDED, "CANCELLING": State.CANCELLED},
    ),
    "failed for good": (
        moves.failed(JobError("X", "x"), 1),
        {"RUNNING": State.FAILED, "PAUSING": State.FAILED, "CANCELLING": State.CANCELLED},
    ),
    "failed for now": (
        moves.failed(JobError("X", "x", retryable=True), 1),
        {"RUNNING": State.RETRY_WAIT, "PAUSING": State.PAUSED, "CANCELLING": State.CANCELLED},
    ),
    "stopped": (
        moves.stopped(None, "sigterm"),
        {"RUNNING": State.PENDING, "PAUSING": State.PAUSED, "CANCELLING": State.CANCELLED},
    ),
    "returned": (
        moves.returned(1),
        {"RUNNING": State.PENDING, "PAUSING": State.PAUSED, "CANCELLING": State.CANCELLED},
    ),
    "rescued": (
        moves.rescued("me", lambda job, now: True),
        {"RUNNING": State.PENDING, "PAUSING": State.PAUSED, "CANCELLING": State.CANCELLED},
    ),
}


@pytest.mark.parametrize("state", OWNED)
@pytest.mark.parametrize("report", REPORTS)
def test_what_the_owner_reports_or_the_sweep_finds(report: str, state: State) -> None:
    move, expected = REPORTS[report]
    end = after(move, job(state))
    assert isinstance(end, Job) and end.state is expected[state.name]
    assert (end.lease_owner, end.lease_until) == ("", None)
    assert (end.finished_at is not None) == end.state.terminal


def test_a_retry_waits_longer_each_time_and_at_most_a_minute() -> None:
    waits = []
    for attempt in (1, 2, 3, 50):
        end = after(moves.failed(JobError("X", "x", retryable=True), 2), job(State.RUNNING, attempt=attempt, max_attempts=99))
        assert isinstance(end, Job) and end.not_before is not None and end.attempt == attempt + 1
        waits.append((end.not_before - NOW).total_seconds())
    assert waits == [2, 4, 8, 60]


@pytest.mark.parametrize("attempt", [3, 4])
def test_the_last_attempt_is_the_last(attempt: int) -> None:
    end = after(moves.failed(JobError("DOWN", "x", retryable=True), 1), job(State.RUNNING, attempt=attempt))
    assert isinstance(end, Job) and end.state is State.FAILED and end.error == JobError("DOWN", "x", retryable=True)
    rescued = after(moves.rescued("me", lambda job, now: True), job(State.RUNNING, attempt=attempt))
    assert isinstance(rescued, Job) and rescued.error is not None and rescued.error.code == "MAX_ATTEMPTS"


@pytest.mark.parametrize(
    ("state", "attempt", "end"),
    [
        (State.RUNNING, 3, State.PENDING),
        (State.PAUSING, 2, State.PAUSED),
        (State.PAUSING, 3, State.PENDING),
        (State.CANCELLING, 3, State.CANCELLING),
        (State.RUNNING, 4, State.FAILED),
        (State.PAUSING, 4, State.FAILED),
        (State.CANCELLING, 4, State.CANCELLED),
    ],
)
def test_a_job_that_leaves_something_gets_one_owner_more_to_put_it_right(state: State, attempt: int, end: State) -> None:
    found = after(moves.rescued("me", lambda job, now: True, tidy=True), job(state, attempt=attempt))
    assert isinstance(found, Job)
    assert (found.state, found.lease_owner, found.attempt) == (end, "", attempt + (not end.terminal))


@pytest.mark.parametrize("state", [State.RUNNING, State.CANCELLING])
@pytest.mark.parametrize("tidy", [False, True])
def test_the_end_of_a_job_whose_owners_are_gone_says_how_far_it_is_and_what_is_left(state: State, tidy: bool) -> None:
    warning = Draft("log", "", {"text": "something is left"})
    move = moves.rescued("me", lambda job, now: True, tidy, {"rows": 7}, (warning,))
    change = move(job(state, attempt=4, kind="seeding"), NOW)
    assert change is not None and change.job.state.terminal
    assert change.events[:-1] == ((warning,) if tidy else ())
    assert change.events[-1].data["checkpoint"] == {"rows": 7}


def test_a_checkpoint_renews_the_attempts() -> None:
    change = moves.said([], None, budget=3)(job(State.RUNNING, attempt=3), NOW)
    assert change is not None and change.job.max_attempts == 5
    unchanged = moves.said([], None)(job(State.RUNNING, attempt=3), NOW)
    assert unchanged is not None and unchanged.job.max_attempts == 3


def test_a_living_owner_is_not_rescued() -> None:
    running = job(State.RUNNING)
    assert moves.rescued("me", moves.lease_ran_out)(running, NOW) is None
    assert moves.rescued("other", lambda job, now: True)(running, NOW) is None
    assert moves.rescued("me", moves.lease_ran_out)(running, NOW + timedelta(seconds=21)) is not None


def test_stores_refuse_a_second_end_and_an_end_in_the_middle() -> None:
    running, done = job(State.RUNNING), job(State.SUCCEEDED)
    end = Draft("complete", "", {})
    for before, bad in (
        (running, Change(running, (end,))),
        (running, Change(done)),
        (running, Change(done, (end, Draft("log", "", {})))),
        (running, Change(done, (end, end))),
    ):
        with pytest.raises(AssertionError):
            check_change(before, bad)
    check_change(running, Change(done, (Draft("log", "", {}), end)))


def test_every_state_has_a_word_for_pollers() -> None:
    assert set(STATUS) == set(State)
