"""Loading PostgreSQL and MariaDB with real children: every row exactly once, whatever kills the loader or the server."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path
from random import Random

import pytest

from runner.protocol import EXIT_CANCELLED, EXIT_DONE, EXIT_FAILED, EXIT_PAUSED
from services.common.databases import DatabaseError
from tests.integration.loads import load, plan_of, spec_of, start, tell, wait_for
from tests.integration.runs import finish
from tests.integration.seed_places import Place, made, place

PLAN = plan_of()
SMALL = plan_of(users="300")
BLOCKS = ["loader.mid_block", "loader.before_commit", "loader.after_commit"]
__all__ = ["place"]


WHOLE = made(PLAN)


def test_a_load_is_what_the_engine_makes_with_keys_and_indexes(place: Place, tmp_path: Path) -> None:
    done = load(spec_of(PLAN, tmp_path), place.url)
    assert done.code == EXIT_DONE, done.events[-1]
    assert place.content(PLAN) == WHOLE
    complete = done.one("complete")
    assert complete["foreignKeys"] == {"checked": True, "violations": 0}
    assert [(t["rows"], t["rowsInTable"]) for t in complete["tables"]] == [(t.rows, t.rows) for t in PLAN.tables]
    lanes = place.query("SELECT table_name, lane FROM _mockcraft_checkpoints WHERE table_name <> '' ORDER BY 1, 2")
    assert lanes == [("orders", 0), ("orders", 1), ("users", 0)]  # users refer to earlier users
    place.run("INSERT INTO orders (id, user_id, ordered_at) VALUES (900000, 1, '2024-01-01 00:00:00')")
    with pytest.raises(Exception, match=r"key|constraint"):
        place.run("INSERT INTO orders (id, user_id, ordered_at) VALUES (900001, 99999999, '2024-01-01 00:00:00')")
    progress = [p for p in done.all("progress") if "tableProgress" in p]
    assert progress and set(progress[0]["tableProgress"]) == {"current", "total", "rate", "etaSeconds"}


@pytest.mark.parametrize("failpoint", BLOCKS)
@pytest.mark.parametrize("nth", [1, 9])
def test_a_load_killed_at_any_failpoint_goes_on_to_the_same_rows(place: Place, tmp_path: Path, failpoint: str, nth: int) -> None:
    killed = load(spec_of(PLAN, tmp_path), place.url, failpoint=f"{failpoint}:{nth}")
    assert killed.code == -signal.SIGKILL
    resumed = load(spec_of(PLAN, tmp_path, attempt=2), place.url)
    assert resumed.code == EXIT_DONE, resumed.events[-1]
    assert place.content(PLAN) == WHOLE


@pytest.mark.parametrize("mode", ["append", "replace", "truncate"])
@pytest.mark.parametrize(
    "failpoint",
    [
        "loader.intended",
        "loader.dropped",
        "loader.table_made:1",
        "loader.table_made:2",
        "loader.index_made:1",
        "loader.index_made:4",
    ],
)
def test_preparation_and_indexes_survive_kills(place: Place, tmp_path: Path, mode: str, failpoint: str) -> None:
    if mode != "append":
        assert load(spec_of(SMALL, tmp_path, load="before", work_dir=tmp_path / "before"), place.url).code == EXIT_DONE
    killed = load(spec_of(SMALL, tmp_path, mode=mode), place.url, failpoint=failpoint)
    passes = (failpoint == "loader.dropped" and mode != "replace") or (mode == "truncate" and failpoint != "loader.intended")
    assert killed.code == (EXIT_DONE if passes else -signal.SIGKILL)
    assert load(spec_of(SMALL, tmp_path, mode=mode, attempt=2), place.url).code == EXIT_DONE
    assert place.content(SMALL) == made(SMALL)
    with pytest.raises(Exception, match=r"key|constraint"):
        place.run("INSERT INTO orders (id, user_id, ordered_at) VALUES (900001, 99999999, '2024-01-01 00:00:00')")


def test_a_load_killed_at_random_moments_loses_and_doubles_nothing(place: Place, tmp_path: Path) -> None:
    random, attempt = Random(5), 1
    for _ in range(5):
        child = start(spec_of(PLAN, tmp_path, attempt=attempt), place.url)
        wait_for(child, "start")
        time.sleep(random.random() * 0.3)
        child.kill()
        finish(child)
        attempt += 1
    assert load(spec_of(PLAN, tmp_path, attempt=attempt), place.url).code == EXIT_DONE
    assert place.content(PLAN) == WHOLE


def test_a_paused_load_goes_on_and_a_cancelled_one_ends(place: Place, tmp_path: Path) -> None:
    child = start(spec_of(PLAN, tmp_path, batch_rows=1024), place.url)
    wait_for(child, "checkpoint", 3)
    asked = time.monotonic()
    assert tell(child, "pause").code == EXIT_PAUSED
    assert time.monotonic() - asked < 2
    child = start(spec_of(PLAN, tmp_path, batch_rows=1024), place.url)
    wait_for(child, "checkpoint", 3)
    assert tell(child, "cancel").code == EXIT_CANCELLED
    assert load(spec_of(PLAN, tmp_path, batch_rows=1024, attempt=2), place.url).code == EXIT_DONE
    assert place.content(PLAN) == WHOLE


@pytest.mark.parametrize("mode", ["truncate", "replace", "upsert"])
def test_other_modes_give_the_same_rows_again(place: Place, tmp_path: Path, mode: str) -> None:
    assert load(spec_of(SMALL, tmp_path), place.url).code == EXIT_DONE
    place.run("UPDATE users SET first_name = 'X' WHERE id < 50")
    again = load(spec_of(SMALL, tmp_path, load="again", mode=mode, work_dir=tmp_path / "again"), place.url)
    assert again.code == EXIT_DONE, again.events[-1]
    assert place.content(SMALL) == made(SMALL)


def test_replace_refuses_when_other_tables_refer_to_ours(place: Place, tmp_path: Path) -> None:
    assert load(spec_of(SMALL, tmp_path), place.url).code == EXIT_DONE
    place.run("CREATE TABLE notes (n INT, user_id BIGINT, FOREIGN KEY (user_id) REFERENCES users (id))")
    refused = load(spec_of(SMALL, tmp_path, load="again", mode="replace", work_dir=tmp_path / "again"), place.url)
    assert (refused.code, refused.one("error")["code"]) == (EXIT_FAILED, "TARGET_CONFLICT")
    assert "notes" in refused.one("error")["message"]
    assert place.content(SMALL) == made(SMALL)


def test_one_lane_that_fails_stops_the_others_and_says_which_rows_are_in(place: Place, tmp_path: Path) -> None:
    plan = plan_of("tables: {t: {rows: 60K, columns: {id: sequence, n: {gen: int, min: 1, max: 9}}}}")
    place.run("CREATE TABLE t (id BIGINT PRIMARY KEY, n INT NOT NULL, CHECK (id < 50000))")
    failed = load(spec_of(plan, tmp_path), place.url)
    error = failed.one("error")
    assert (failed.code, error["code"]) == (EXIT_FAILED, "TARGET_CONSTRAINT")
    ((first, at, stop), (second, there, end)) = error["unfinished"]["t"]
    assert (first, stop, second, end) == (0, 28672, 28672, 60000)
    assert place.query("SELECT count(*) FROM t") == [(at - first + there - second,)]
    assert error["checkpoint"]["rows"] == at - first + there - second


def test_lost_connections_are_opened_again(place: Place, tmp_path: Path) -> None:
    child = start(spec_of(PLAN, tmp_path, batch_rows=1024), place.url)
    wait_for(child, "checkpoint", 5)
    if place.dialect == "postgresql":
        place.query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid()"
        )
    else:
        sessions = place.query("SELECT id FROM information_schema.PROCESSLIST WHERE db = DATABASE() AND id <> CONNECTION_ID()")
        for (number,) in sessions:
            with contextlib.suppress(DatabaseError):
                place.run(f"KILL {number}")
    done = finish(child, stdin=b"")
    assert done.code == EXIT_DONE, done.events[-1]
    assert done.all("start") == []  # the same attempt went on
    assert place.content(PLAN) == WHOLE


def test_a_crash_of_the_server_costs_nothing_but_time(postgres_url: str, tmp_path: Path) -> None:
    place = Place(postgres_url)
    child = start(spec_of(PLAN, tmp_path, batch_rows=1024), place.url)
    wait_for(child, "checkpoint", 5)
    ((victim,),) = place.query(
        "SELECT min(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    os.kill(victim, signal.SIGKILL)  # which makes the server restart and recover
    done = finish(child, stdin=b"")
    assert done.code == EXIT_DONE, done.events[-1]
    assert place.content(PLAN) == WHOLE


def test_append_adds_to_what_is_there(place: Place, tmp_path: Path) -> None:
    assert load(spec_of(SMALL, tmp_path), place.url).code == EXIT_DONE
    second = spec_of(SMALL, tmp_path, load="second", work_dir=tmp_path / "second", batch_rows=1024)
    assert load(second, place.url, failpoint="loader.after_commit").code == -signal.SIGKILL
    assert load(second.model_copy(update={"attempt": 2}), place.url).code == EXIT_DONE
    assert place.query("SELECT count(*), count(DISTINCT email), count(DISTINCT id) FROM users") == [(600, 600, 600)]
    assert place.query("SELECT count(*) FROM orders WHERE user_id > 300")[0][0] > 0
