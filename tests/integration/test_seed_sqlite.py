"""Loading SQLite files with real children: every row exactly once, whatever kills the loader."""

from __future__ import annotations

import signal
import time
from pathlib import Path
from random import Random

import pytest

from runner.engine import Engine
from runner.protocol import EXIT_CANCELLED, EXIT_DONE, EXIT_FAILED, EXIT_ORPHANED, EXIT_PAUSED
from tests.integration.loads import BATCH, checks, content, load, plan_of, query, spec_of, start, tell, wait_for
from tests.integration.runs import finish

PLAN = plan_of()
SMALL = plan_of(users="200")
FAILPOINTS = ["loader.mid_block", "loader.before_commit", "loader.after_commit"]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What an undisturbed load leaves."""
    folder = tmp_path_factory.mktemp("whole")
    assert load(spec_of(PLAN, folder), folder / "shop.db").code == EXIT_DONE
    checks(folder / "shop.db")
    return content(folder / "shop.db")


def test_a_load_tells_the_whole_story(tmp_path: Path, whole: dict[str, str]) -> None:
    done = load(spec_of(PLAN, tmp_path), tmp_path / "shop.db")
    types = [e["type"] for e in done.events]
    assert (done.code, types[:2], types[-1], types.count("complete")) == (EXIT_DONE, ["init", "start"], "complete", 1)
    assert done.one("init")["totals"] == {"rows": PLAN.total_rows, "files": 0, "tables": {t.name: t.rows for t in PLAN.tables}}
    assert done.one("init")["loadOrder"] == ["users", "orders"]
    assert done.one("start") == {"attempt": 1, "resumeFrom": None, "total": PLAN.total_rows}
    rows = [c["rows"] for c in done.all("checkpoint")]
    assert rows == sorted(rows) and rows[-1] == PLAN.total_rows
    assert done.all("progress")[-1]["percentage"] == 100
    complete = done.one("complete")
    assert complete["foreignKeys"] == {"checked": True, "violations": 0}
    assert [(t["name"], t["rows"], t["rowsInTable"]) for t in complete["tables"]] == [
        (t.name, t.rows, t.rows) for t in PLAN.tables
    ]
    assert all(t["bytes"] > 0 and t["rowsPerSecond"] > 0 for t in complete["tables"])
    assert content(tmp_path / "shop.db") == whole


def test_tables_may_be_called_as_no_file_is(tmp_path: Path) -> None:
    plan = plan_of("""
tables:
  a/b: {rows: 30, columns: {id: sequence, n: int}}
  .hidden: {per: {parent: a/b, count: 2}, columns: {id: sequence, of: {ref: a/b.id}, more: {expr: parent.n + 1}}}
  'c\\d': {rows: 5, columns: {id: sequence, of: {ref: .hidden.id}}}
  ..: {rows: 3, columns: {id: sequence}}
""")
    database = tmp_path / "shop.db"
    assert load(spec_of(plan, tmp_path), database).code == EXIT_DONE
    again = spec_of(plan, tmp_path, load="load2", job_id="seed_00000000000000000000000002", work_dir=tmp_path / "work2")
    assert load(again, database).code == EXIT_DONE
    for name, rows in (("a/b", 30), (".hidden", 60), ("c\\d", 5), ("..", 3)):
        assert query(database, f'SELECT count(*), count(DISTINCT id) FROM "{name}"') == [(2 * rows, 2 * rows)], name
    assert {path.name for path in tmp_path.iterdir()} == {"shop.db", "work", "work2"}


def test_the_rows_are_those_of_the_engine(tmp_path: Path) -> None:
    load(spec_of(SMALL, tmp_path), tmp_path / "shop.db")
    engine = Engine(SMALL)
    users = engine.batch("users", 0, 200).to_pylist()
    stored = query(tmp_path / "shop.db", "SELECT id, first_name, email, balance, signup_at, referred_by FROM users ORDER BY id")
    assert stored == [
        (
            r["id"],
            r["first_name"],
            r["email"],
            None if r["balance"] is None else float(r["balance"]),
            str(r["signup_at"]),
            r["referred_by"],
        )
        for r in users
    ]


def test_a_created_table_has_keys_references_and_indexes(tmp_path: Path) -> None:
    load(spec_of(SMALL, tmp_path), tmp_path / "shop.db")
    database = tmp_path / "shop.db"
    assert query(database, 'SELECT "from", "table", "to" FROM pragma_foreign_key_list(\'orders\')') == [
        ("user_id", "users", "id")
    ]
    indexes = {name for (name,) in query(database, "SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL")}
    assert indexes == {"uq_users_email", "ix_users_last_name_first_name", "ix_orders_user_id", "ix_orders_ordered_at"}
    assert query(database, "SELECT count(*) FROM pragma_index_list('users') WHERE \"unique\"") == [(1,)]
    columns = query(database, "SELECT name, \"notnull\", pk FROM pragma_table_info('users')")
    assert ("id", 1, 1) in columns and ("balance", 0, 0) in columns and ("email", 1, 0) in columns


# Kills


@pytest.mark.parametrize("failpoint", FAILPOINTS)
@pytest.mark.parametrize("nth", [1, 7])
def test_a_load_killed_at_any_failpoint_goes_on_to_the_same_rows(
    tmp_path: Path, whole: dict[str, str], failpoint: str, nth: int
) -> None:
    database = tmp_path / "shop.db"
    killed = load(spec_of(PLAN, tmp_path), database, failpoint=f"{failpoint}:{nth}")
    assert killed.code == -signal.SIGKILL
    committed = nth if failpoint == "loader.after_commit" else nth - 1
    resumed = load(spec_of(PLAN, tmp_path, attempt=2), database)
    assert resumed.code == EXIT_DONE
    place = resumed.one("start")["resumeFrom"]
    assert place["rows"] == committed_rows(committed)
    assert content(database) == whole
    checks(database)


def committed_rows(blocks: int) -> int:
    """Rows of the first `blocks` transactions."""
    sizes = [min(BATCH, t.rows - at) for t in PLAN.tables for at in range(0, t.rows, BATCH)]
    return sum(sizes[:blocks])


def test_a_load_killed_at_random_moments_loses_and_doubles_nothing(tmp_path: Path, whole: dict[str, str]) -> None:
    random, database, attempt = Random(3), tmp_path / "shop.db", 1
    for _ in range(6):
        child = start(spec_of(PLAN, tmp_path, attempt=attempt), database)
        wait_for(child, "start")
        time.sleep(random.random() * 0.15)
        child.kill()
        finish(child)
        attempt += 1
    assert load(spec_of(PLAN, tmp_path, attempt=attempt), database).code == EXIT_DONE
    assert content(database) == whole
    checks(database)


def test_a_load_killed_while_indexes_are_made_makes_each_once(tmp_path: Path, whole: dict[str, str]) -> None:
    database = tmp_path / "shop.db"
    child = start(spec_of(PLAN, tmp_path), database)
    while True:
        events = wait_for(child, "progress")
        if events[-1]["data"]["phase"] == "indexes":
            break
    child.kill()
    finish(child)
    assert load(spec_of(PLAN, tmp_path, attempt=2), database).code == EXIT_DONE
    assert len(query(database, "SELECT 1 FROM sqlite_master WHERE name LIKE 'ix%' OR name LIKE 'uq%'")) == 4
    assert content(database) == whole


def test_a_finished_load_run_again_changes_nothing(tmp_path: Path, whole: dict[str, str]) -> None:
    database = tmp_path / "shop.db"
    load(spec_of(PLAN, tmp_path), database)
    again = load(spec_of(PLAN, tmp_path, attempt=2), database)
    assert again.code == EXIT_DONE
    assert again.one("start")["resumeFrom"]["rows"] == PLAN.total_rows
    assert content(database) == whole


def test_a_job_that_continues_a_failed_one_finds_its_checkpoint(tmp_path: Path, whole: dict[str, str]) -> None:
    database = tmp_path / "shop.db"
    load(spec_of(PLAN, tmp_path, attempt=3), database, failpoint="loader.before_commit:4")
    heir = load(spec_of(PLAN, tmp_path, job_id="seed_00000000000000000000000002"), database)
    assert heir.one("start")["resumeFrom"]["rows"] == committed_rows(3)
    assert content(database) == whole


def test_a_stale_attempt_leaves_without_writing(tmp_path: Path) -> None:
    database = tmp_path / "shop.db"
    load(spec_of(PLAN, tmp_path, attempt=2), database, failpoint="loader.after_commit:2")
    before = content(database)
    stale = load(spec_of(PLAN, tmp_path, attempt=1), database)
    assert stale.one("shutdown")["reason"] == "lease_lost"
    assert content(database) == before


# Pause, cancel, orphaned


def test_a_paused_load_leaves_soon_and_goes_on(tmp_path: Path, whole: dict[str, str]) -> None:
    database = tmp_path / "shop.db"
    child = start(spec_of(PLAN, tmp_path), database)
    wait_for(child, "checkpoint", 2)
    asked = time.monotonic()
    paused = tell(child, "pause")
    assert time.monotonic() - asked < 2
    assert paused.code == EXIT_PAUSED
    shutdown = paused.one("shutdown")
    assert (shutdown["reason"], shutdown["resumable"]) == ("pause", True)
    resumed = load(spec_of(PLAN, tmp_path), database)
    assert resumed.one("start")["resumeFrom"]["rows"] == shutdown["checkpoint"]["rows"]
    assert content(database) == whole


def test_a_load_told_to_end_by_a_signal_can_go_on(tmp_path: Path, whole: dict[str, str]) -> None:
    database = tmp_path / "shop.db"
    child = start(spec_of(PLAN, tmp_path), database)
    wait_for(child, "checkpoint")
    child.terminate()
    ended = finish(child, stdin=b"")
    assert (ended.code, ended.one("shutdown")["reason"]) == (EXIT_PAUSED, "sigterm")
    assert load(spec_of(PLAN, tmp_path), database).code == EXIT_DONE
    assert content(database) == whole


def test_work_that_does_not_end_within_a_moment_is_dropped(tmp_path: Path) -> None:
    slow = plan_of("tables: {t: {rows: 400K, columns: {id: sequence, w: faker.text}}}")
    child = start(spec_of(slow, tmp_path, batch_rows=131_072), tmp_path / "slow.db")
    wait_for(child, "start")
    asked = time.monotonic()
    paused = tell(child, "pause")
    assert time.monotonic() - asked < 2
    assert paused.one("shutdown")["checkpoint"]["rows"] == 0
    assert query(tmp_path / "slow.db", "SELECT count(*) FROM t") == [(0,)]


def test_a_cancelled_load_ends_for_good(tmp_path: Path) -> None:
    child = start(spec_of(PLAN, tmp_path), tmp_path / "shop.db")
    wait_for(child, "checkpoint")
    cancelled = tell(child, "cancel")
    assert cancelled.code == EXIT_CANCELLED
    assert cancelled.one("shutdown") == {"reason": "cancel", "resumable": False, "checkpoint": None}


def test_a_loader_whose_supervisor_dies_ends_too(tmp_path: Path) -> None:
    child = start(spec_of(plan_of(users="2M"), tmp_path), tmp_path / "shop.db")
    wait_for(child, "checkpoint")
    assert child.stdin is not None
    child.stdin.close()
    assert child.wait(timeout=10) == EXIT_ORPHANED
    for pipe in (child.stdout, child.stderr):
        assert pipe is not None
        pipe.close()


# Modes and existing tables


def again(folder: Path, number: int, **fields: str) -> int:
    """Another load into the same database; answers its exit status."""
    return load(
        spec_of(SMALL, folder, load=f"load{number}", work_dir=folder / f"work{number}", **fields), folder / "shop.db"
    ).code


def test_append_adds_to_what_is_there(tmp_path: Path) -> None:
    assert again(tmp_path, 1) == EXIT_DONE
    before = query(tmp_path / "shop.db", "SELECT * FROM users ORDER BY id")
    spec = spec_of(SMALL, tmp_path, load="second", work_dir=tmp_path / "work2", batch_rows=1024)
    assert load(spec, tmp_path / "shop.db", failpoint="loader.after_commit").code == -signal.SIGKILL
    assert load(spec.model_copy(update={"attempt": 2}), tmp_path / "shop.db").code == EXIT_DONE
    checks(tmp_path / "shop.db")
    users = query(tmp_path / "shop.db", "SELECT * FROM users ORDER BY id")
    assert users[: len(before)] == before and len(users) == 2 * len(before)
    assert len({email for (email,) in query(tmp_path / "shop.db", "SELECT email FROM users")}) == len(users)
    assert query(tmp_path / "shop.db", "SELECT count(*) FROM orders WHERE user_id > 200")[0][0] > 0


def test_a_job_that_continues_a_failed_top_up_uses_its_plan(tmp_path: Path) -> None:
    assert again(tmp_path, 1) == EXIT_DONE
    spec = spec_of(SMALL, tmp_path, load="second", work_dir=tmp_path / "work2", batch_rows=1024)
    assert load(spec, tmp_path / "shop.db", failpoint="loader.after_commit").code == -signal.SIGKILL
    heir = spec.model_copy(update={"job_id": "seed_00000000000000000000000002", "work_dir": tmp_path / "work3"})
    assert load(heir, tmp_path / "shop.db").code == EXIT_DONE
    assert query(tmp_path / "shop.db", "SELECT count(*), count(DISTINCT email) FROM users") == [(400, 400)]
    checks(tmp_path / "shop.db")


def test_cleaning_deletes_exactly_what_a_job_made(tmp_path: Path) -> None:
    database = tmp_path / "shop.db"
    assert again(tmp_path, 1) == EXIT_DONE
    before = content(database)
    spec = spec_of(SMALL, tmp_path, load="second", work_dir=tmp_path / "work2", batch_rows=1024)
    made = load(spec, database).one("complete")["rows"]
    job = {"job_id": "seed_00000000000000000000000002", "clean": spec.job_id, "work_dir": tmp_path / "work3"}
    cleaning = spec.model_copy(update=job)
    assert load(cleaning, database, failpoint="loader.deleted").code == -signal.SIGKILL
    cleaned = load(cleaning.model_copy(update={"attempt": 2}), database)
    assert cleaned.code == EXIT_DONE, cleaned.events[-1]
    assert cleaned.one("init")["loadOrder"] == ["orders", "users"]
    assert cleaned.one("complete")["rows"] == made
    assert content(database) == before
    assert query(database, "SELECT count(*) FROM _mockcraft_checkpoints WHERE job = 'second'") == [(0,)]
    again_ = load(cleaning.model_copy(update={"attempt": 3}), database)
    assert again_.one("error")["code"] == "NOTHING_TO_CLEAN"


def test_what_an_upsert_made_is_not_cleaned(tmp_path: Path) -> None:
    assert again(tmp_path, 1, mode="upsert") == EXIT_DONE
    spec = spec_of(SMALL, tmp_path, load="load1", mode="upsert", clean="x", work_dir=tmp_path / "work3")
    assert load(spec, tmp_path / "shop.db").one("error")["code"] == "CLEAN_REFUSED"


def test_a_ledger_of_version_0_1_is_taken_over(tmp_path: Path, whole: dict[str, str]) -> None:
    database = tmp_path / "shop.db"
    spec = spec_of(PLAN, tmp_path)
    assert load(spec, database, failpoint="loader.after_commit:7").code == -signal.SIGKILL
    columns = "job, table_name, block, next_row, rows_before, created, indexed, bytes, seconds, owner, attempt"
    for statement in (
        f"CREATE TABLE old AS SELECT {columns} FROM _mockcraft_checkpoints",
        "UPDATE old SET created = 0 WHERE table_name = ''",
        "DROP TABLE _mockcraft_checkpoints",
        "CREATE TABLE _mockcraft_checkpoints (job TEXT NOT NULL, table_name TEXT NOT NULL, block INTEGER NOT NULL,"
        " next_row INTEGER NOT NULL, rows_before INTEGER NOT NULL, created INTEGER NOT NULL, indexed INTEGER NOT NULL,"
        " bytes INTEGER NOT NULL, seconds REAL NOT NULL, owner TEXT NOT NULL, attempt INTEGER NOT NULL,"
        " PRIMARY KEY (job, table_name))",
        f"INSERT INTO _mockcraft_checkpoints SELECT {columns} FROM old",
        "DROP TABLE old",
    ):
        query(database, statement)
    resumed = load(spec.model_copy(update={"attempt": 2}), database)
    assert (resumed.code, resumed.one("start")["resumeFrom"]["rows"]) == (EXIT_DONE, committed_rows(7))
    assert content(database) == whole


def test_two_lanes_may_share_an_sqlite_file(tmp_path: Path, whole: dict[str, str]) -> None:
    assert load(spec_of(PLAN, tmp_path, connections=2), tmp_path / "shop.db").code == EXIT_DONE
    lanes = query(tmp_path / "shop.db", "SELECT count(*) FROM _mockcraft_checkpoints WHERE table_name = 'orders'")
    assert lanes == [(2,)]
    assert sorted(content(tmp_path / "shop.db")) == sorted(whole)
    assert content(tmp_path / "shop.db") == whole


@pytest.mark.parametrize("mode", ["truncate", "replace", "upsert"])
def test_other_modes_give_the_same_rows_again(tmp_path: Path, mode: str) -> None:
    assert again(tmp_path, 1) == EXIT_DONE
    before = content(tmp_path / "shop.db")
    query(tmp_path / "shop.db", "UPDATE users SET first_name = 'X' WHERE id < 50")
    assert again(tmp_path, 2, mode=mode) == EXIT_DONE
    assert content(tmp_path / "shop.db") == before
    checks(tmp_path / "shop.db")


def test_truncate_and_replace_empty_the_tables_once_only(tmp_path: Path) -> None:
    for number, mode in enumerate(("truncate", "replace"), 1):
        folder = tmp_path / mode
        folder.mkdir()
        assert again(folder, 0) == EXIT_DONE
        before = content(folder / "shop.db")
        spec = spec_of(SMALL, folder, load=mode, mode=mode, batch_rows=1024)
        assert load(spec, folder / "shop.db", failpoint=f"loader.after_commit:{number}").code == -signal.SIGKILL
        assert load(spec.model_copy(update={"attempt": 2}), folder / "shop.db").code == EXIT_DONE
        assert content(folder / "shop.db") == before


def existing(folder: Path, *statements: str) -> Path:
    for statement in statements:
        query(folder / "shop.db", statement)
    return folder / "shop.db"


ONE = plan_of("tables: {t: {rows: 5, columns: {id: sequence, price: {gen: decimal, min: 1, max: 9, scale: 2}}}}")


def test_an_existing_table_keeps_its_own_shape(tmp_path: Path) -> None:
    database = existing(tmp_path, "CREATE TABLE T (note TEXT DEFAULT 'n', price TEXT, ID INTEGER PRIMARY KEY)")
    done = load(spec_of(ONE, tmp_path), database)
    assert done.code == EXIT_DONE
    rows = query(database, "SELECT id, price, note FROM t")
    assert [(r[0], r[2]) for r in rows] == [(i, "n") for i in range(1, 6)]
    assert all(len(r[1].split(".")[1]) == 2 for r in rows)


@pytest.mark.parametrize(
    ("ddl", "code", "words"),
    [
        ("CREATE TABLE t (id INTEGER)", "TARGET_MISMATCH", "has no column price"),
        ("CREATE TABLE t (id INTEGER, price REAL, must TEXT NOT NULL)", "TARGET_MISMATCH", "needs a value for must"),
        ("CREATE TABLE t (id INTEGER, price REAL CHECK (price < 0))", "TARGET_CONSTRAINT", "CHECK"),
        ("CREATE TABLE t (id INTEGER, price INTEGER) STRICT", "TARGET_MISMATCH", "strict"),
    ],
)
def test_a_table_that_cannot_take_the_rows_is_left_alone(tmp_path: Path, ddl: str, code: str, words: str) -> None:
    failed = load(spec_of(ONE, tmp_path), existing(tmp_path, ddl))
    assert (failed.code, failed.one("error")["code"]) == (EXIT_FAILED, code)
    assert words in failed.one("error")["message"]
    assert query(tmp_path / "shop.db", "SELECT count(*) FROM t") == [(0,)]


def test_references_that_the_load_breaks_fail_it(tmp_path: Path) -> None:
    parent = "CREATE TABLE p (id INTEGER PRIMARY KEY)"
    child = "CREATE TABLE t (id INTEGER REFERENCES p (id), price REAL)"
    failed = load(spec_of(ONE, tmp_path), existing(tmp_path, parent, child))
    assert failed.one("error")["code"] == "FOREIGN_KEYS_BROKEN"
    assert "5 rows of t" in failed.one("error")["message"]


def test_references_broken_before_the_load_do_not_fail_it(tmp_path: Path) -> None:
    database = existing(
        tmp_path,
        "CREATE TABLE p (id INTEGER PRIMARY KEY)",
        "CREATE TABLE c (p INTEGER REFERENCES p (id))",
        "INSERT INTO c VALUES (9)",
    )
    assert load(spec_of(ONE, tmp_path), database).one("complete")["foreignKeys"] == {"checked": True, "violations": 1}


def test_hostile_names_make_tables_of_that_name(tmp_path: Path) -> None:
    name = 'a";DROP TABLE x;--'
    document = {"tables": {name: {"rows": 3, "columns": {"id": "sequence", "b\"'`]": "first_name"}, "indexes": [["b\"'`]"]]}}}
    plan = plan_of(document)  # type: ignore[arg-type]
    assert load(spec_of(plan, tmp_path), tmp_path / "x.db").code == EXIT_DONE
    assert set(content(tmp_path / "x.db")) == {name}


# The child's surroundings


def test_two_loaders_never_work_on_one_job(tmp_path: Path) -> None:
    first = start(spec_of(plan_of(users="200K"), tmp_path), tmp_path / "shop.db")
    wait_for(first, "checkpoint")
    second = load(spec_of(plan_of(users="200K"), tmp_path), tmp_path / "shop.db")
    assert second.one("error")["code"] == "JOB_LOCKED"
    first.kill()
    finish(first)


def test_a_file_that_is_no_database_fails_plainly(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_text("not a database" * 100)
    failed = load(spec_of(SMALL, tmp_path), tmp_path / "x.db")
    assert failed.one("error")["code"] == "TARGET_INVALID"
    assert (tmp_path / "x.db").read_text().startswith("not a database")


def test_a_circle_of_keys_that_hold_arrays_and_conditions_are_loaded_and_verified(tmp_path: Path) -> None:
    plan = plan_of(
        """
load: {suspend: [staff.shop_id]}
tables:
  staff:
    rows: 9K
    check: [bonus <= pay, "length(tags) > 3"]
    columns:
      id: sequence
      shop_id: {ref: shops.id}
      pay: {gen: int, min: 10, max: 99, description: "a month's"}
      bonus: {gen: int, min: 1, max: 99}
      tags: {expr: "text(list)"}
      list: {array: {of: word, min: 1, max: 3}, type: array(text)}
  shops: {rows: 100, columns: {id: sequence, head_id: {ref: staff.id, unique: true}}}
"""
    )
    database = tmp_path / "shop.db"
    done = load(spec_of(plan, tmp_path), database)
    assert done.events[-1]["type"] == "complete", done.events[-1]
    assert done.events[-1]["data"]["foreignKeys"] == {"checked": True, "violations": 0}
    checks(database)
    ((made,),) = query(database, "SELECT sql FROM sqlite_master WHERE name = 'staff'")
    assert "-- pay: a month's" in made and "CHECK" in made and len(query(database, "PRAGMA foreign_key_list(staff)")) == 1
    assert query(database, "SELECT count(*) FROM staff WHERE json_array_length(list) > 3 OR tags <> list") == [(0,)]
