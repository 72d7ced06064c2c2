"""The ledger: what a target knows of a load, and who may write it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from services.common.databases import Database, DatabaseError, Entry, Mark, StaleAttemptError, connect
from services.seeder.ledger import Ledger, ensure


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = cast("Database", connect(f"sqlite:///{tmp_path}/test.db"))
    ensure(made)
    yield made
    made.close()


def test_a_first_claim_finds_nothing_and_a_later_one_what_was_left(database: Database) -> None:
    first = Ledger(database, Mark("load", "seed_1", 1))
    assert first.claim() == {}
    first.begin(Entry("users", rows_before=3, created=1))
    done = Entry("users", rows_before=3, created=1).after(1024, 2048, 4096, 0.5)
    first.advance(done, 0)
    assert (done.block, done.next_row, done.bytes, done.seconds) == (2, 2048, 4096, 0.5)
    assert Ledger(database, Mark("load", "seed_1", 2)).claim() == {("users", 0): done}
    assert Ledger(database, Mark("other load", "seed_1", 1)).claim() == {}


def test_the_last_block_of_a_table_may_be_short() -> None:
    assert Entry("t").after(1000, 2500, 0, 0).block == 3


@pytest.mark.parametrize(("owner", "attempt"), [("seed_1", 2), ("seed_2", 1)])
def test_a_stale_attempt_writes_nothing(database: Database, owner: str, attempt: int) -> None:
    stale = Ledger(database, Mark("load", "seed_1", 1))
    stale.claim()
    stale.begin(Entry("users"))
    Ledger(database, Mark("load", owner, attempt)).claim()
    with pytest.raises(StaleAttemptError), database.transaction():
        database.execute("CREATE TABLE written (x)")
        stale.advance(Entry("users", next_row=5), 0)
    assert database.columns("written") == ()
    with pytest.raises(StaleAttemptError):
        stale.claim()


def test_a_job_that_continues_a_failed_one_may_begin_at_attempt_one(database: Database) -> None:
    failed = Ledger(database, Mark("load", "seed_1", 7))
    failed.claim()
    failed.begin(Entry("users", next_row=5))
    assert Ledger(database, Mark("load", "seed_2", 1)).claim() == {("users", 0): Entry("users", next_row=5)}


def test_a_lane_goes_on_only_from_the_row_where_it_is(database: Database) -> None:
    ledger = Ledger(database, Mark("load", "seed_1", 1))
    ledger.begin(Entry("users", next_row=5))
    with pytest.raises(DatabaseError) as refused, database.transaction():
        database.execute("CREATE TABLE written (x)")
        ledger.advance(Entry("users", next_row=9), 4)
    assert (refused.value.code, refused.value.retryable) == ("TARGET_BUSY", True)
    assert database.columns("written") == ()
    ledger.advance(Entry("users", next_row=9), 5)
    ledger.advance(Entry("users", next_row=2), None)
    ledger.forget()
    with pytest.raises(StaleAttemptError):
        ledger.advance(Entry("users", next_row=9), 2)
