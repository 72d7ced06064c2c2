"""What a load must never do to rows of others, and must never pass over: with real children and real databases."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from runner.plan import Plan
from runner.protocol import EXIT_DONE, EXIT_FAILED
from tests.integration.loads import load, plan_of, spec_of, start, wait_for
from tests.integration.runs import Run, finish
from tests.integration.seed_places import Place

FLAGS = plan_of("""
mockcraft: 1
seed: 3
tables:
  flags:
    rows: 10
    columns:
      a: {gen: choice, values: [x, y], unique: false}
      b: {gen: choice, values: [p, q], null_rate: 0.4}
""")
T = plan_of("mockcraft: 1\ntables: {t: {rows: 40, columns: {id: sequence, n: {gen: int, min: 1, max: 9}}}}")
LARGE = plan_of("mockcraft: 1\ntables: {t: {rows: 40K, columns: {id: sequence, n: {gen: int, min: 1, max: 9}}}}")
MAKE_T = "CREATE TABLE t (id BIGINT PRIMARY KEY, n INT)"


@pytest.fixture(params=["postgres_url", "mariadb_url", "sqlite"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    return Place(f"sqlite:///{tmp_path}/db" if request.param == "sqlite" else request.getfixturevalue(request.param))


def job(place: Place, plan: Plan, folder: Path, number: int, **fields: Any) -> Run:
    known = {"load": f"load{number}", "job_id": f"seed_{number:026}", "work_dir": folder / f"work{number}"}
    return load(spec_of(plan, folder, **known | fields), place.url)


def refused(run: Run, code: str) -> str:
    assert (run.code, run.events[-1]["type"]) == (EXIT_FAILED, "error"), run.events[-1]
    error = run.one("error")
    assert error["code"] == code, error
    return str(error["message"])


def warned(run: Run) -> list[str]:
    return [e["text"] for e in run.all("log")]


# cleaning


@pytest.mark.parametrize("batch_rows", [4096, 4])
@pytest.mark.parametrize("first", [True, False])
def test_cleaning_leaves_as_many_equal_rows_as_others_made(place: Place, tmp_path: Path, batch_rows: int, first: bool) -> None:
    ordered = "SELECT a, b, count(*) FROM flags GROUP BY a, b ORDER BY a, b"
    assert job(place, FLAGS, tmp_path, 1).code == EXIT_DONE
    alone = place.query(ordered)
    assert any(b is None for _, b, _ in alone) and any(n > 1 for *_, n in alone)
    assert job(place, FLAGS, tmp_path, 2).code == EXIT_DONE
    number = 1 if first else 2
    cleaned = job(place, FLAGS, tmp_path, 3, clean=f"seed_{number:026}", load=f"load{number}", batch_rows=batch_rows)
    assert cleaned.code == EXIT_DONE, cleaned.events[-1]
    assert cleaned.one("complete")["rows"] == 10
    assert place.query("SELECT count(*) FROM flags") == [(10,)]
    if first:
        place.run("DELETE FROM flags")
        assert job(place, FLAGS, tmp_path, 4).code == EXIT_DONE
    assert place.query(ordered) == alone


# rows of tables outside the schema


@pytest.mark.parametrize("action", ["CASCADE", "SET NULL", "NO ACTION"])
def test_truncate_refuses_while_rows_outside_refer(place: Place, tmp_path: Path, action: str) -> None:
    place.run(
        MAKE_T, "INSERT INTO t VALUES (7, 7)",
        f"CREATE TABLE notes (k BIGINT, FOREIGN KEY (k) REFERENCES t (id) ON DELETE {action})", "INSERT INTO notes VALUES (7)",
    )  # fmt: skip
    message = refused(job(place, T, tmp_path, 1, mode="truncate"), "TARGET_CONFLICT")
    assert message == "t cannot be emptied: rows of notes refer to it, and notes is not in the schema"
    assert place.query("SELECT id FROM t") == [(7,)] and place.query("SELECT k FROM notes") == [(7,)]
    place.run("UPDATE notes SET k = NULL")
    assert job(place, T, tmp_path, 2, mode="truncate").code == EXIT_DONE
    assert place.query("SELECT count(*), sum(k) FROM notes") == [(1, None)]


@pytest.mark.parametrize("mode", ["replace", "truncate"])
def test_a_table_of_our_name_in_another_database_is_not_ours(mariadb_url: str, tmp_path: Path, mode: str) -> None:
    place = Place(mariadb_url)
    other = mariadb_url.rpartition("/")[2] + "_b"
    place.run(
        MAKE_T, "INSERT INTO t VALUES (7, 7)", f"CREATE DATABASE {other}",
        f"CREATE TABLE {other}.t (k BIGINT, FOREIGN KEY (k) REFERENCES {mariadb_url.rpartition('/')[2]}.t (id))",
        f"INSERT INTO {other}.t VALUES (7)",
    )  # fmt: skip
    assert f"{other}.t" in refused(job(place, T, tmp_path, 1, mode=mode), "TARGET_CONFLICT")
    assert place.query("SELECT id FROM t") == [(7,)]


@pytest.mark.parametrize("mode", ["replace", "truncate"])
def test_a_table_of_our_name_in_another_schema_is_not_ours(postgres_url: str, tmp_path: Path, mode: str) -> None:
    place = Place(postgres_url)
    place.run(
        MAKE_T, "INSERT INTO t VALUES (7, 7)", "CREATE SCHEMA b",
        "CREATE TABLE b.t (k BIGINT REFERENCES public.t (id) ON DELETE CASCADE)", "INSERT INTO b.t VALUES (7)",
    )  # fmt: skip
    assert "b.t" in refused(job(place, T, tmp_path, 1, mode=mode), "TARGET_CONFLICT")
    assert place.query("SELECT id FROM t") == [(7,)] and place.query("SELECT k FROM b.t") == [(7,)]


# engines


@pytest.mark.parametrize("engine", ["MyISAM", "Aria", "MEMORY"])
def test_engines_without_transactions_are_refused(mariadb_url: str, tmp_path: Path, engine: str) -> None:
    place = Place(mariadb_url)
    place.run(f"{MAKE_T} ENGINE={engine}", "INSERT INTO t VALUES (7, 7)")
    for number, mode in enumerate(["append", "truncate", "upsert"]):
        message = refused(job(place, T, tmp_path, number, mode=mode), "TARGET_MISMATCH")
        assert "table t " in message and engine in message
    assert place.query("SELECT id FROM t") == [(7,)]
    assert job(place, T, tmp_path, 5, mode="replace").code == EXIT_DONE


# counts


def dropping(place: Place) -> None:
    """Rows whose n is 5 never arrive."""
    place.run(
        MAKE_T,
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN IF NEW.n = 5 THEN RETURN NULL; END IF; RETURN NEW; END'",
        "CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()",
    )


@pytest.mark.parametrize("mode", ["append", "truncate", "upsert"])
def test_rows_that_a_trigger_drops_fail_the_job(postgres_url: str, tmp_path: Path, mode: str) -> None:
    place = Place(postgres_url)
    dropping(place)
    message = refused(job(place, T, tmp_path, 1, mode=mode), "ROWS_LOST")
    ((there,),) = place.query("SELECT count(*) FROM t")
    assert 0 < there < 40 and message.startswith(f"t holds {there} rows instead of 40 (0 before the load, 40 loaded)")


def test_rows_that_vanish_while_a_load_is_away_fail_the_job(place: Place, tmp_path: Path) -> None:
    place.run(MAKE_T, "INSERT INTO t VALUES (100007, 7)")
    spec = spec_of(LARGE, tmp_path, batch_rows=4096)
    child = start(spec, place.url)
    wait_for(child, "checkpoint", 2)
    child.kill()
    finish(child)
    place.run("DELETE FROM t" if place.url.startswith("sqlite") else "TRUNCATE TABLE t")
    message = refused(load(spec.model_copy(update={"attempt": 2}), place.url), "ROWS_LOST")
    assert "instead of 40,001 (1 before the load, 40,000 loaded)" in message


def test_rows_that_others_add_meanwhile_are_told(place: Place, tmp_path: Path) -> None:
    place.run(MAKE_T)
    spec = spec_of(LARGE, tmp_path, batch_rows=4096)
    assert load(spec, place.url, failpoint="loader.after_commit:2").code != EXIT_DONE
    place.run("INSERT INTO t VALUES (900007, 7)", "INSERT INTO t VALUES (900008, 7)")
    done = load(spec.model_copy(update={"attempt": 2}), place.url)
    assert done.code == EXIT_DONE, done.events[-1]
    (table,) = done.one("complete")["tables"]
    assert (table["extra"], table["rowsInTable"]) == (2, 40_002)
    assert any("t holds 2 rows too many" in text for text in warned(done))


@pytest.mark.parametrize("mode", ["append", "truncate", "replace", "upsert"])
def test_counts_that_are_right_say_nothing(place: Place, tmp_path: Path, mode: str) -> None:
    place.run(MAKE_T, "INSERT INTO t VALUES (7, 70)")
    done = job(place, T, tmp_path, 1, mode=mode)
    assert done.code == EXIT_DONE, done.events[-1]
    assert "extra" not in done.one("complete")["tables"][0] and warned(done) == []


def test_unlogged_tables_are_told_at_the_start(postgres_url: str, tmp_path: Path) -> None:
    place = Place(postgres_url)
    place.run(MAKE_T.replace("CREATE", "CREATE UNLOGGED"))
    done = job(place, T, tmp_path, 1)
    assert done.code == EXIT_DONE
    assert [text for text in warned(done) if "t is UNLOGGED" in text]
    types = [e["type"] for e in done.events]
    assert types.index("log") < types.index("start")


# two at once


def test_a_table_that_two_loads_make_at_once_is_tried_again(postgres_url: str, tmp_path: Path) -> None:
    place = Place(postgres_url)
    assert job(place, FLAGS, tmp_path, 1).code == EXIT_DONE  # the ledger is there
    other = place.open()
    try:
        with other.transaction():
            other.execute(MAKE_T)
            child = start(spec_of(T, tmp_path), place.url)
            waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
            while not place.query(waiting)[0][0]:
                assert child.poll() is None
    finally:
        other.close()
    error = finish(child, stdin=b"").one("error")
    assert (error["code"], error["retryable"]) == ("TARGET_BUSY", True), error
    assert "mode" not in error["message"]
    assert load(spec_of(T, tmp_path, attempt=2), place.url).code == EXIT_DONE
