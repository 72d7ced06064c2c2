"""Tables that refer to each other in circles, in databases that check it: suspended constraints, second passes, cleaning."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from runner.protocol import EXIT_CANCELLED, EXIT_DONE
from tests.integration.loads import load, plan_of, spec_of, start, tell, wait_for
from tests.integration.seed_places import Place, made, place

__all__ = ["place"]

SHOPS = """
load: {suspend: [staff.shop_id]}
tables:
  staff: {rows: 9K, columns: {id: sequence, shop_id: {ref: shops.id}}}
  shops: {rows: 100, columns: {id: sequence, head_id: {ref: staff.id, unique: true}}}
"""
SHOPS_DDL = (
    "CREATE TABLE shops (id BIGINT PRIMARY KEY, head_id BIGINT NOT NULL)",
    "CREATE TABLE staff (id BIGINT PRIMARY KEY, shop_id BIGINT NOT NULL,"
    " CONSTRAINT works FOREIGN KEY (shop_id) REFERENCES shops (id))",
    "ALTER TABLE shops ADD CONSTRAINT heads FOREIGN KEY (head_id) REFERENCES staff (id)",
)
FIRMS = """
tables:
  firms: {rows: 9K, columns: {id: sequence, boss_id: {ref: people.id, null_rate: 0.3}, name: {gen: word}}}
  people: {rows: 500, columns: {id: sequence, firm_id: {ref: firms.id}}}
"""
FIRMS_DDL = (
    "CREATE TABLE firms (id BIGINT PRIMARY KEY, boss_id BIGINT, name VARCHAR(200) NOT NULL)",
    "CREATE TABLE people (id BIGINT PRIMARY KEY, firm_id BIGINT NOT NULL, FOREIGN KEY (firm_id) REFERENCES firms (id))",
    "ALTER TABLE firms ADD CONSTRAINT led FOREIGN KEY (boss_id) REFERENCES people (id)",
)


def sound(place: Place) -> None:
    """All constraints are there and checked, and nothing is recorded as off."""
    if place.dialect == "postgresql":
        assert place.query("SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND convalidated") == [(2,)]
        if place.query("SELECT 1 FROM pg_class WHERE relname = '_mockcraft_suspended'"):
            assert place.query("SELECT count(*) FROM _mockcraft_suspended") == [(0,)]
    database = place.open()
    assert database.broken_references() == []
    database.close()


@pytest.mark.parametrize("failpoint", ["", "loader.suspended", "loader.before_commit:2", "loader.restored"])
def test_a_suspended_constraint_is_back_and_proven_whatever_happens(place: Place, tmp_path: Path, failpoint: str) -> None:
    plan = plan_of(SHOPS)
    place.run(*SHOPS_DDL)
    first = load(spec_of(plan, tmp_path), place.url, failpoint=failpoint)
    dropped = place.dialect == "postgresql" or not failpoint.startswith(("loader.suspended", "loader.restored"))
    assert first.code == (-signal.SIGKILL if failpoint and dropped else EXIT_DONE), first.events[-1]
    done = load(spec_of(plan, tmp_path, attempt=2), place.url)
    assert done.code == EXIT_DONE, done.events[-1]
    assert place.content(plan) == made(plan)
    sound(place)
    assert done.one("complete")["foreignKeys"] == {"checked": True, "violations": 0}


def test_a_cancelled_load_puts_constraints_back_and_the_next_load_goes_on(place: Place, tmp_path: Path) -> None:
    plan = plan_of(SHOPS)
    place.run(*SHOPS_DDL)
    child = start(spec_of(plan, tmp_path, batch_rows=1024), place.url)
    wait_for(child, "checkpoint", 2)
    cancelled = tell(child, "cancel")
    assert cancelled.code == EXIT_CANCELLED
    if place.dialect == "postgresql":
        assert place.query("SELECT conname, convalidated FROM pg_constraint WHERE conname = 'works'") == [("works", False)]
        assert any("VALIDATE" in log["text"] for log in cancelled.all("log"))
    done = load(spec_of(plan, tmp_path, load="anew", mode="truncate", work_dir=tmp_path / "anew"), place.url)
    assert done.code == EXIT_DONE, done.events[-1]
    assert place.content(plan) == made(plan)


def test_another_load_puts_back_what_a_dead_one_left_off(place: Place, tmp_path: Path) -> None:
    if place.dialect != "postgresql":
        pytest.skip("MySQL's checks are off for the session only")
    plan = plan_of(SHOPS)
    place.run(*SHOPS_DDL)
    assert load(spec_of(plan, tmp_path), place.url, failpoint="loader.mid_block").code == -signal.SIGKILL
    assert place.query("SELECT count(*) FROM pg_constraint WHERE conname = 'works'") == [(0,)]
    shops, staff = "{id: sequence, head_id: {gen: int}}", "{id: sequence, shop_id: {gen: int}}"
    other = plan_of(f"tables: {{shops: {{rows: 0, columns: {shops}}}, staff: {{rows: 0, columns: {staff}}}}}")
    assert load(spec_of(other, tmp_path, load="other", work_dir=tmp_path / "other"), place.url).code == EXIT_DONE
    assert place.query("SELECT count(*) FROM pg_constraint WHERE conname = 'works'") == [(1,)]


@pytest.mark.parametrize("failpoint", ["", "loader.second_pass:2"])
def test_keys_that_point_forward_are_filled_in_a_second_pass(place: Place, tmp_path: Path, failpoint: str) -> None:
    plan = plan_of(FIRMS)
    place.run(*FIRMS_DDL)
    first = load(spec_of(plan, tmp_path), place.url, failpoint=failpoint)
    assert first.code == (-signal.SIGKILL if failpoint else EXIT_DONE), first.events[-1]
    assert load(spec_of(plan, tmp_path, attempt=2), place.url).code == EXIT_DONE
    assert place.content(plan) == made(plan)
    sound(place)


def test_cleaning_a_circle_deletes_the_rows_and_keeps_the_constraints(place: Place, tmp_path: Path) -> None:
    plan = plan_of(FIRMS)
    place.run(*FIRMS_DDL, "INSERT INTO firms (id, name) VALUES (900000, 'ours')")
    spec = spec_of(plan, tmp_path)
    assert load(spec, place.url).code == EXIT_DONE
    job = {"job_id": "seed_00000000000000000000000002", "clean": spec.job_id, "work_dir": tmp_path / "clean"}
    cleaned = load(spec.model_copy(update=job), place.url)
    assert cleaned.code == EXIT_DONE, cleaned.events[-1]
    assert place.query("SELECT id FROM firms") == [(900000,)]
    assert place.query("SELECT count(*) FROM people") == [(0,)]
    sound(place)
