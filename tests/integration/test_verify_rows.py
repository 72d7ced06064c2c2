"""Tables beside what schema and seed say they hold: each damage is named exactly, and repaired without touching other rows."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from runner.plan import Plan
from runner.protocol import EXIT_DONE, EXIT_FAILED
from services.common.databases.digest import Digest
from services.seeder.spec import LoadSpec
from tests.integration.loads import JOB, load, plan_of, spec_of
from tests.integration.runs import Run
from tests.integration.seed_places import Place, made

PLAN = plan_of(users="3K")
ODD = plan_of("""
mockcraft: 1
seed: 5
tables:
  things:
    rows: 3000
    columns:
      code: {gen: uuid}
      number: {gen: sequence, start: 500}
      share: {gen: float, min: 0, max: 1}
      price: {gen: decimal, min: 0, max: 99999999999999, scale: 4}
      facts: {object: {b: {gen: int, min: 1, max: 9}, a: word}}
      at: {gen: time}
      tags: {array: {of: word, min: 0, max: 3}, type: array(text)}
      note: {gen: sentence, null_rate: 0.3}
    primary_key: [code, number]
  logs:
    rows: 2000
    columns:
      level: {gen: choice, values: [low, high]}
      value: {gen: float, min: 0, max: 1}
""")
SERVERS = ["sqlite", "postgres_url", "mariadb_url"]


class Site(Place):
    """A place that may be an SQLite file too."""

    @property
    def dialect(self) -> str:
        return "sqlite" if self.url.startswith("sqlite") else super().dialect


@pytest.fixture(params=SERVERS)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    yield Site(f"sqlite:///{tmp_path}/live.db" if request.param == "sqlite" else request.getfixturevalue(request.param))


def loaded(place: Site, tmp_path: Path, plan: Plan = PLAN, **fields: Any) -> LoadSpec:
    spec = spec_of(plan, tmp_path, **fields)
    done = load(spec, place.url)
    assert done.code == EXIT_DONE, done.events[-1]
    return spec


def job(spec: LoadSpec, action: str, number: int = 2, **fields: Any) -> LoadSpec:
    known = {
        "job_id": f"seed_{number:026}",
        "work_dir": spec.work_dir.parent / f"work{number}",
        "action": action,
        "of": spec.job_id,
    }
    return spec.model_copy(update=known | fields)


def checked(place: Site, spec: LoadSpec, action: str = "check", **fields: Any) -> dict[str, Any]:
    run = load(job(spec, action, **fields), place.url)
    assert run.code == EXIT_DONE, run.events[-1]
    return run.one("complete")


def of(complete: dict[str, Any], table: str) -> dict[str, Any]:
    return next(t for t in complete["tables"] if t["name"] == table)


def stamps(place: Site, table: str, key: str = "id") -> dict[Any, Any]:
    """When each row was last written, where the database says."""
    if place.dialect == "postgresql":
        return dict(place.query(f"SELECT {key}, xmin::text FROM {table}"))
    return dict(place.query(f"SELECT row_key, count(*) FROM written WHERE what = '{table}' GROUP BY row_key"))


def watch(place: Site, table: str, key: str = "id") -> None:
    """Note every write to a table."""
    if place.dialect == "postgresql":
        return
    place.run("CREATE TABLE IF NOT EXISTS written (what VARCHAR(20), row_key BIGINT)")
    for verb, row in (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD")):
        body = f"INSERT INTO written (what, row_key) VALUES ('{table}', {row}.{key})"
        body = f"BEGIN {body}; END" if place.dialect == "sqlite" else body
        place.run(f"CREATE TRIGGER {table}_{verb} AFTER {verb} ON {table} FOR EACH ROW {body}")


def test_what_was_loaded_is_equal_and_a_check_writes_nothing(place: Site, tmp_path: Path) -> None:
    spec = loaded(place, tmp_path)
    before = place.query("SELECT * FROM _mockcraft_checkpoints ORDER BY 2, 3")
    complete = checked(place, spec, exact=True)
    assert complete["equal"] and complete["verified"] == JOB
    assert complete["rows"] == PLAN.total_rows and (complete["missing"], complete["changed"], complete["extra"]) == (0, 0, 0)
    assert place.query("SELECT * FROM _mockcraft_checkpoints ORDER BY 2, 3") == before
    assert checked(place, spec, of="", load="other")["verified"] == "schema"


def test_one_changed_cell_is_named(place: Site, tmp_path: Path) -> None:
    spec = loaded(place, tmp_path)
    ((was,),) = place.query("SELECT last_name FROM users WHERE id = 1234")
    place.run("UPDATE users SET last_name = 'Nobody' WHERE id = 1234")
    complete = checked(place, spec)
    assert not complete["equal"] and complete["changed"] == 1 and complete["missing"] == 0
    users = of(complete, "users")
    assert users["first"] == {"row": 1233, "key": {"id": 1234}, "column": "last_name", "expected": was, "found": "Nobody"}
    assert users["columns"] == {"last_name": 1} and users["ranges"] == [[1233, 1234]]
    assert of(complete, "orders")["equal"]


def damage(place: Site) -> None:
    place.run(
        "UPDATE users SET balance = NULL WHERE id = 2001",
        "DELETE FROM orders WHERE id BETWEEN 100 AND 119",
        "DELETE FROM orders WHERE id = 500",
        "UPDATE orders SET ordered_at = '1999-01-01 00:00:00' WHERE id = 700",
        "INSERT INTO orders (id, user_id, ordered_at) VALUES (900000, 1, '2024-01-01 00:00:00')",
    )
    (one,), (two,) = place.query("SELECT email FROM users WHERE id IN (41, 42) ORDER BY id")
    place.run(
        "UPDATE users SET email = 'free' WHERE id = 41",
        f"UPDATE users SET email = '{one}' WHERE id = 42",
        f"UPDATE users SET email = '{two}' WHERE id = 41",
    )


def test_damage_of_all_kinds_is_counted_and_repaired_alone(place: Site, tmp_path: Path) -> None:
    spec = loaded(place, tmp_path)
    ((balance,),) = place.query("SELECT count(*) FROM users WHERE id = 2001 AND balance IS NULL")
    assert not balance
    damage(place)
    complete = checked(place, spec)
    users, orders = of(complete, "users"), of(complete, "orders")
    assert users["columns"] == {"email": 2, "balance": 1} and users["ranges"] == [[40, 42], [2000, 2001]]
    assert users["first"]["row"] == 40 and users["first"]["column"] == "email"
    assert (orders["missing"], orders["changed"], orders["extra"]) == (21, 1, 1)
    assert orders["ranges"] == [[99, 119], [499, 500], [699, 700]]
    assert orders["first"] == {"row": 99, "key": {"id": 100}, "missing": True}
    watch(place, "users")
    watch(place, "orders")
    before = {t: stamps(place, t) for t in ("users", "orders")}
    dry = checked(place, spec, "repair", number=3, dry_run=True)
    assert dry["repaired"] == {"inserted": 21, "overwritten": 4} and not dry["equal"] and dry["dryRun"]
    assert {t: stamps(place, t) for t in ("users", "orders")} == before
    done = checked(place, spec, "repair", number=4)
    assert done["equal"] and done["repaired"] == {"inserted": 21, "overwritten": 4} and done["extra"] == 1
    place_now = {t: stamps(place, t) for t in ("users", "orders")}
    assert written(before["users"], place_now["users"]) == {41, 42, 2001}
    assert written(before["orders"], place_now["orders"]) == {*range(100, 120), 500, 700}
    place.run("DELETE FROM orders WHERE id = 900000")
    assert place.content(PLAN) == made(PLAN)
    assert place.query("SELECT DISTINCT job FROM _mockcraft_checkpoints") == [("load",)]
    assert checked(place, spec, number=5, exact=True)["equal"]


def written(before: dict[Any, Any], after: dict[Any, Any]) -> set[int]:
    return {key for key, stamp in after.items() if before.get(key) != stamp}


def test_rows_of_others_are_an_error_only_where_exactness_is_asked_for(place: Site, tmp_path: Path) -> None:
    spec = loaded(place, tmp_path)
    place.run("INSERT INTO orders (id, user_id, ordered_at) VALUES (900000, 1, '2024-01-01 00:00:00')")
    assert checked(place, spec)["equal"] and checked(place, spec)["extra"] == 1
    assert not checked(place, spec, exact=True)["equal"]


@pytest.mark.parametrize("failpoint", ["loader.mended:2", "loader.before_commit:2"])
def test_a_repair_that_was_killed_is_taken_up(place: Site, tmp_path: Path, failpoint: str) -> None:
    spec = loaded(place, tmp_path)
    place.run("DELETE FROM orders WHERE id < 3000", "UPDATE users SET first_name = 'X' WHERE id > 10")
    repair = job(spec, "repair")
    assert load(repair, place.url, failpoint=failpoint).code == -signal.SIGKILL
    again = load(repair.model_copy(update={"attempt": 2}), place.url)
    assert again.code == EXIT_DONE, again.events[-1]
    assert again.one("complete")["equal"]
    assert place.content(PLAN) == made(PLAN)


def test_parents_and_rows_that_refer_to_rows_of_their_own_table_come_back(place: Site, tmp_path: Path) -> None:
    spec = loaded(place, tmp_path)
    place.run(
        "DELETE FROM orders WHERE user_id BETWEEN 500 AND 600",
        "UPDATE users SET referred_by = NULL WHERE referred_by BETWEEN 500 AND 600",
    )
    place.run("DELETE FROM users WHERE id BETWEEN 500 AND 600")
    done = checked(place, spec, "repair")
    assert done["equal"] and done["repaired"]["inserted"] > 101
    assert place.content(PLAN) == made(PLAN)
    if place.dialect != "sqlite":  # which checks nothing on such a connection
        with pytest.raises(Exception, match=r"key|constraint"):
            place.run("UPDATE users SET referred_by = 99999999 WHERE id = 5")


def test_unique_values_exchanged_far_apart_come_back(place: Site, tmp_path: Path) -> None:
    plan = plan_of(users="10K")  # more than are compared at once
    spec = loaded(place, tmp_path, plan)
    (one,), (two,) = place.query("SELECT email FROM users WHERE id IN (5, 9000) ORDER BY id")
    place.run("UPDATE users SET email = 'a' WHERE id = 5", f"UPDATE users SET email = '{one}' WHERE id = 9000")
    place.run(f"UPDATE users SET email = '{two}' WHERE id = 5")
    (three,), _ = place.query("SELECT email FROM users WHERE id IN (9900, 9901) ORDER BY id")
    place.run("DELETE FROM orders WHERE user_id = 9900", "UPDATE users SET referred_by = NULL WHERE referred_by = 9900")
    place.run("DELETE FROM users WHERE id = 9900", f"UPDATE users SET email = '{three}' WHERE id = 6")
    done = checked(place, spec, "repair")
    assert done["equal"], done["tables"]
    assert place.content(plan) == made(plan)


def test_a_value_that_a_row_of_others_holds_stops_a_repair(place: Site, tmp_path: Path) -> None:
    spec = loaded(place, tmp_path)
    ((one,),) = place.query("SELECT email FROM users WHERE id = 5")
    place.run("UPDATE users SET email = 'a' WHERE id = 5", "UPDATE users SET balance = -1 WHERE id = 6")
    place.run(
        "INSERT INTO users (id, first_name, last_name, email, signup_at)"
        f" VALUES (900000, 'a', 'b', '{one}', '2024-01-01 00:00:00')"
    )
    failed = load(job(spec, "repair"), place.url)
    assert failed.code == EXIT_FAILED and failed.one("error")["code"] == "TARGET_CONFLICT"
    assert place.query("SELECT email FROM users WHERE id = 900000") == [(one,)]


def test_a_repair_killed_before_its_end_leaves_nothing(place: Site, tmp_path: Path) -> None:
    spec = loaded(place, tmp_path)
    place.run("DELETE FROM orders WHERE user_id = 7", "UPDATE users SET referred_by = NULL WHERE referred_by = 7")
    place.run("DELETE FROM users WHERE id = 7")
    repair = job(spec, "repair")
    killed = load(repair, place.url, failpoint="loader.restored" if place.dialect == "postgresql" else "loader.before_commit:2")
    assert killed.code == -signal.SIGKILL
    again = load(repair.model_copy(update={"attempt": 2}), place.url)
    assert again.code == EXIT_DONE and again.one("complete")["equal"], again.events[-1]
    assert place.content(PLAN) == made(PLAN)
    assert place.query("SELECT DISTINCT job FROM _mockcraft_checkpoints") == [("load",)]
    if place.dialect == "postgresql":
        assert place.query("SELECT count(*) FROM _mockcraft_suspended") == [(0,)]
        assert place.query("SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND convalidated") == [(2,)]


@pytest.mark.parametrize("url", ["mongodb_url", "redis_url"])
def test_other_databases_say_that_they_cannot(request: pytest.FixtureRequest, tmp_path: Path, url: str) -> None:
    run = load(job(spec_of(PLAN, tmp_path), "check"), request.getfixturevalue(url))
    assert run.code == EXIT_FAILED and run.one("error")["code"] == "NOT_SUPPORTED"


def test_keys_of_any_kind_and_values_that_a_database_keeps_otherwise(place: Site, tmp_path: Path) -> None:
    spec = loaded(place, tmp_path, ODD)
    complete = checked(place, spec)
    assert complete["equal"], complete["tables"]
    assert of(complete, "logs")["compared"] == "digest" and of(complete, "things")["compared"] == "rows"
    place.run("UPDATE things SET share = share + 0.000000000001, note = NULL WHERE number = 777")
    place.run("DELETE FROM things WHERE number = 900")
    found = of(checked(place, spec), "things")
    assert set(found["columns"]) <= {"share", "note"} and found["columns"]["share"] == 1
    assert (found["missing"], found["ranges"]) == (1, [[277, 278], [400, 401]])
    assert checked(place, spec, "repair", number=3)["equal"]
    assert place.content(ODD)["things"].rows == 3000
    place.run("UPDATE logs SET value = 2 WHERE value < 0.01")
    logs = of(checked(place, spec), "logs")
    assert not logs["equal"] and "digest" in logs["problem"]
    refused = load(job(spec, "repair", number=4), place.url)
    assert refused.code == EXIT_FAILED and refused.one("error")["code"] == "REPAIR_REFUSED"


def test_the_rows_of_a_top_up_are_told_from_those_before(place: Site, tmp_path: Path) -> None:
    loaded(place, tmp_path)
    second = spec_of(PLAN, tmp_path, load="second", job_id="seed_00000000000000000000000007", work_dir=tmp_path / "second")
    assert load(second, place.url).code == EXIT_DONE
    complete = checked(place, second, number=8, exact=True)
    assert complete["equal"] and of(complete, "users")["rowsBefore"] == 3000
    whole: dict[str, Digest] = place.content(PLAN)
    place.run("UPDATE users SET last_name = 'Nobody' WHERE id IN (10, 4000)", "DELETE FROM orders WHERE id > 6100")
    users = of(checked(place, second, number=9), "users")
    assert users["changed"] == 1 and users["first"]["key"] == {"id": 4000} and users["first"]["row"] == 999
    assert checked(place, second, "repair", number=10)["equal"]
    place.run(f"UPDATE users SET last_name = '{name_of(place, tmp_path)}' WHERE id = 10")
    assert place.content(PLAN) == whole


def name_of(place: Site, tmp_path: Path) -> str:
    from runner.engine import Engine

    return str(Engine(PLAN).batch("users", 9, 10).column("last_name")[0].as_py())


def test_what_is_gone_or_unknown_is_said(place: Site, tmp_path: Path) -> None:
    spec = loaded(place, tmp_path)
    place.run("DROP TABLE orders")
    complete = checked(place, spec)
    assert of(complete, "orders")["problem"] == "the table is gone" and of(complete, "users")["equal"]
    run: Run = load(job(spec, "check", load="unknown"), place.url)
    assert run.one("error")["code"] == "NOTHING_TO_VERIFY"
    (lost,) = [load(job(spec, "repair", number=3), place.url)]
    assert lost.one("error")["code"] == "REPAIR_REFUSED"


def test_a_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    run = load(job(spec_of(PLAN, tmp_path), "check"), tmp_path / "absent.db")
    assert run.one("error")["code"] == "TARGET_NOT_FOUND" and not (tmp_path / "absent.db").exists()
