"""The journal: a job's whole state, in the order in which it was decided."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from runner.datasets.journal import Journal, Totals, Verdict


def verdict(number: int, attempt: int = 0, reason: str = "", answers: int = 1) -> Verdict:
    return Verdict(
        number, attempt, reason, None if reason else {"text": f"{number}/{attempt}"}, answers, 10 * answers, 5 * answers
    )


VERDICTS = [
    verdict(0),
    verdict(1, reason="refusal", answers=2),
    verdict(2, reason="empty"),
    verdict(3),
    verdict(1, 1, "empty"),
    verdict(2, 1),
]


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    made = Journal(tmp_path / "journal.db", "work")
    made.append(VERDICTS[:3], 1.5, (30, 15))
    made.append(VERDICTS[3:], 2.5, (70, 35))
    return made


def test_it_comes_back_as_it_was(journal: Journal, tmp_path: Path) -> None:
    journal.label = {"model": "m"}
    journal.close()
    again = Journal(tmp_path / "journal.db", "work")
    assert again.totals() == Totals(6, 3, 4, 7, 1, 70, 35)
    assert list(again.accepted()) == [(0, {"text": "0/0"}), (2, {"text": "2/1"}), (3, {"text": "3/0"})]
    assert again.reasons() == {"empty": 2, "refusal": 1}
    assert again.last(4) == [True, False, True, False]
    assert (again.seconds, again.spent, again.label) == (2.5, (70, 35), {"model": "m"})
    again.close()


def test_what_was_rejected_last_is_pending_in_that_order_until_its_tries_are_used_up(journal: Journal) -> None:
    assert journal.pending(10) == [(1, 2)]
    assert journal.pending(2) == []
    journal.append([verdict(4, reason="empty"), verdict(5, reason="empty"), verdict(1, 2, "empty")], 3.0, (0, 0))
    assert journal.pending(10) == [(4, 1), (5, 1), (1, 3)]
    journal.close()


def test_other_work_begins_anew(journal: Journal, tmp_path: Path) -> None:
    journal.close()
    other = Journal(tmp_path / "journal.db", "other work")
    assert other.totals() == Totals(0, 0, 0, 0, 0, 0, 0)
    assert (other.seconds, other.spent, other.label) == (0.0, (0, 0), {})
    other.close()


def test_a_verdict_is_final(journal: Journal) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        journal.append([verdict(0)], 4.0, (0, 0))
    journal.close()
