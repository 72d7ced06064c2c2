"""Adding to SQLite tables that hold rows, with real loaders: keys, references, pairs, and a kill in the middle."""

from __future__ import annotations

import signal
import sqlite3
from pathlib import Path

import pytest

from runner.plan import Plan
from runner.protocol import EXIT_DONE, EXIT_FAILED
from tests.integration.loads import checks, content, load, plan_of, query, spec_of
from tests.integration.runs import Run

SHOP = """
mockcraft: 1
seed: 11
tables:
  countries: {rows: 20, columns: {id: sequence, name: {gen: pattern, template: "??##", unique: true}}}
  users:
    rows: 6K
    columns:
      id: sequence
      country_id: {ref: countries.id}
      email: {gen: email, unique: true}
      referred_by: {ref: users.id, pick: earlier, null_rate: 0.5}
  orders:
    per: {parent: users, count: {min: 0, max: 4}}
    columns: {id: uuid, user_id: {ref: users.id}, land: {expr: "parent.country_id.name"}}
  likes:
    per: {parents: [users, countries], rows: 9K}
    columns: {user_id: {ref: users.id}, country_id: {ref: countries.id}}
"""
PLAN = plan_of(SHOP)
STORED = plan_of("""
tables:
  users: {rows: 0, columns: {id: sequence, country_id: int, email: email}}
  visits: {per: {parent: users, count: {min: 1, max: 3}}, columns: {id: sequence, user_id: {ref: users.id}}}
""")
REFERRING = """
tables:
  users: {rows: 0, columns: {id: sequence, country_id: int, email: email}}
  notes: {rows: 10, columns: {id: sequence, user_id: {ref: users.id}}}
"""


def add(plan: Plan, folder: Path, number: int, failpoint: str = "", attempt: int = 1) -> Run:
    """Load once more, as job number so many."""
    job = f"seed_{number:026}"
    spec = spec_of(plan, folder / str(number), job_id=job, load=job, attempt=attempt)
    return load(spec, folder / "shop.db", failpoint=failpoint)


@pytest.fixture(scope="module")
def twice(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database that was filled, and then topped up."""
    folder = tmp_path_factory.mktemp("twice")
    for number in (1, 2):
        done = add(PLAN, folder, number)
        assert done.code == EXIT_DONE, done.events
    return folder / "shop.db"


def test_a_second_load_adds_rows_that_fit(twice: Path) -> None:
    checks(twice)
    assert query(twice, "SELECT count(*), count(DISTINCT email), min(id), max(id) FROM users") == [(12_000, 12_000, 1, 12_000)]
    assert query(twice, "SELECT count(*), count(DISTINCT name) FROM countries") == [(40, 40)]
    assert query(twice, "SELECT count(*) FROM (SELECT DISTINCT user_id, country_id FROM likes)") == [(18_000,)]
    wrong = (
        "SELECT count(*) FROM orders JOIN users u ON u.id = user_id JOIN countries c ON c.id = u.country_id WHERE land <> c.name"
    )
    assert query(twice, wrong) == [(0,)]
    assert query(twice, "SELECT count(*) > 1000 FROM users WHERE id > 6000 AND referred_by <= 6000") == [(1,)]
    assert query(twice, "SELECT max(n) FROM (SELECT count(*) n FROM orders GROUP BY user_id)") == [(4,)]


@pytest.mark.parametrize("failpoint", ["loader.before_commit:2", "loader.after_commit:3"])
def test_a_top_up_that_is_killed_goes_on_with_the_same_rows(tmp_path: Path, twice: Path, failpoint: str) -> None:
    assert add(PLAN, tmp_path, 1).code == EXIT_DONE
    killed = add(PLAN, tmp_path, 2, failpoint)
    assert killed.code == -signal.SIGKILL
    assert add(PLAN, tmp_path, 2, attempt=2).code == EXIT_DONE
    assert content(tmp_path / "shop.db") == content(twice)


def test_rows_of_others_are_referred_to_and_not_repeated(tmp_path: Path) -> None:
    assert add(PLAN, tmp_path, 1).code == EXIT_DONE
    with sqlite3.connect(tmp_path / "shop.db") as connection:
        taken = connection.execute("SELECT email FROM users WHERE id <= 3000").fetchall()
        connection.execute("PRAGMA foreign_keys = OFF")
        for table in ("likes", "orders", "users"):
            connection.execute(f"DELETE FROM {table}")
        rows = [(70_000 + 2 * i, 1, email) for i, (email,) in enumerate(taken)]
        connection.executemany("INSERT INTO users (id, country_id, email) VALUES (?, ?, ?)", rows)
    assert add(PLAN, tmp_path, 2).code == EXIT_DONE
    checks(tmp_path / "shop.db")
    found = query(tmp_path / "shop.db", "SELECT count(*), count(DISTINCT email), max(id) FROM users")
    assert found == [(9_000, 9_000, 75_998 + 6_000)]


def test_children_of_rows_that_are_there(tmp_path: Path) -> None:
    referring = plan_of(REFERRING)
    refused = add(referring, tmp_path, 1).one("error")
    assert (refused["code"], refused["message"][:41]) == ("TARGET_MISMATCH", "users is given no rows and holds none, bu")
    assert add(PLAN, tmp_path, 2).code == EXIT_DONE
    assert add(referring, tmp_path, 5).code == EXIT_DONE
    for number in (6, 7):
        assert add(STORED, tmp_path, number).code == EXIT_DONE
    counts = query(tmp_path / "shop.db", "SELECT min(n), max(n), count(*) FROM (SELECT count(*) n FROM visits GROUP BY user_id)")
    assert counts == [(2, 6, 6_000)]
    assert query(tmp_path / "shop.db", "SELECT count(*) = max(id) FROM visits") == [(1,)]
    checks(tmp_path / "shop.db")


def test_too_few_values_are_told_before_a_row_is_written(tmp_path: Path) -> None:
    text = "tables: {codes: {rows: 60, columns: {id: sequence, code: {gen: pattern, template: '##', unique: true}}}}"
    assert add(plan_of(text), tmp_path, 1).code == EXIT_DONE
    refused = add(plan_of(text), tmp_path, 2)
    assert refused.code == EXIT_FAILED
    assert refused.one("error")["code"] == "TARGET_CONFLICT"
    assert "only 40 have code" in refused.one("error")["message"]
    assert query(tmp_path / "shop.db", "SELECT count(*) FROM codes") == [(60,)]


def test_a_table_that_gets_no_rows_may_leave_required_columns_out(tmp_path: Path) -> None:
    file = tmp_path / "shop.db"
    connection = sqlite3.connect(file)
    connection.executescript(
        "CREATE TABLE users (id INTEGER PRIMARY KEY, secret TEXT NOT NULL);"
        "CREATE TABLE notes (id INTEGER PRIMARY KEY, user_id INT NOT NULL REFERENCES users);"
        "INSERT INTO users VALUES (7, 'x'), (9, 'y');"
    )
    connection.close()
    columns = "{id: sequence}"
    plan = plan_of(f"""
tables:
  users: {{rows: 0, columns: {columns}}}
  notes: {{rows: 10, columns: {{id: sequence, user_id: {{ref: users.id}}}}}}
""")
    done = add(plan, tmp_path, 1)
    assert done.code == EXIT_DONE, done.events[-1]
    assert query(file, "SELECT DISTINCT user_id FROM notes ORDER BY 1") == [(7,), (9,)]
    more = plan_of(f"tables: {{users: {{rows: 1, columns: {columns}}}}}")
    refused = add(more, tmp_path, 2)
    assert (refused.code, refused.one("error")["code"]) == (EXIT_FAILED, "TARGET_MISMATCH")
    assert "secret" in refused.one("error")["message"]


@pytest.mark.parametrize(("key", "column"), [(2**63 - 5, "sequence"), (-(2**63) + 5, "{gen: sequence, start: -1, step: -1}")])
def test_a_stored_number_that_leaves_no_room_is_named(tmp_path: Path, key: int, column: str) -> None:
    with sqlite3.connect(tmp_path / "shop.db") as connection:
        connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY)")
        connection.execute("INSERT INTO t VALUES (?)", (key,))
    refused = add(plan_of(f"tables: {{t: {{rows: 100, columns: {{id: {column}}}}}}}"), tmp_path, 1)
    assert refused.code == EXIT_FAILED
    told = refused.events[-1]["data"]
    assert (told["code"], told["retryable"]) == ("TARGET_MISMATCH", False)
    assert f"t.id: the {'largest' if key > 0 else 'smallest'} number that is stored is {key}" in told["message"]
    fits = add(plan_of(f"tables: {{t: {{rows: 4, columns: {{id: {column}}}}}}}"), tmp_path, 2)
    assert fits.code == EXIT_DONE
