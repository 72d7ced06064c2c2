"""`mockcraft db`: the registry's store made, migrated, filled, looked at and dropped, in SQLite and PostgreSQL."""

from __future__ import annotations

import json
import os
import pty
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import make_url

from cli.app import run
from cli.failure import report
from services.common.errors import MockcraftError
from services.schemas.examples import add_examples, examples
from services.schemas.migrations import HEAD
from services.schemas.store import Act, Query, Record, SchemaStore
from services.schemas.store.upkeep import Upkeep
from tests.integration.schema_stores import BOTH, clinic
from tests.servers import Postgres

ROOT = Path(__file__).parents[2]


@pytest.fixture(params=BOTH)
def url(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Of a store that is not there yet; the settings name it."""
    if request.param == "sqlite":
        found = f"sqlite:///{tmp_path / 'folder' / 'schemas.db'}"
    else:
        server: Postgres = request.getfixturevalue("postgres")
        found = server._url(f'store "{os.urandom(4).hex()}"')
    monkeypatch.setenv("MOCKCRAFT_SCHEMAS_URL", found)
    monkeypatch.setenv("MOCKCRAFT_DATA_DIR", str(tmp_path / "data"))
    return found


Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def db(capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs `mockcraft db …`: exit status, standard output, standard error."""

    def command(*args: str) -> tuple[int, str, str]:
        try:
            status = run(["db", *args])
        except Exception as error:
            status = report(error)
        said = capsys.readouterr()
        return status, said.out, said.err

    return command


def test_a_store_from_nothing_and_back(url: str, db: Command) -> None:
    def state() -> tuple[bool, str, int]:
        shown = json.loads(db("status", "--format", "json")[1])
        return shown["exists"], shown["revision"], shown["schemas"]

    assert state() == (False, "none", 0)
    assert "was created" in db("create")[1]
    assert "there already" in db("create")[1]
    assert state() == (True, "none", 0)
    assert f"at revision {HEAD}, before at none" in db("migrate")[1]
    assert f"at revision {HEAD} already" in db("migrate")[1]
    assert db("seed")[1] == "added Clinic, Library, Shop\n"
    assert db("seed")[1] == "the examples are there already\n"
    assert state() == (True, HEAD, 3)
    status, out, err = db("drop")
    assert (status, out, "3 schemas will be dropped" in err, "--yes" in err) == (2, "", True, True)
    assert db("reset")[0] == db("migrate", "--reset")[0] == 2
    assert state() == (True, HEAD, 3), "nothing was done without an answer"
    assert db("migrate", "--reset", "--yes")[0] == 0
    assert state() == (True, HEAD, 0)
    assert db("seed")[0] == db("reset", "--yes")[0] == 0
    assert state() == (True, HEAD, 0)
    assert "was dropped" in db("drop", "--yes")[1]
    assert "was not there" in db("drop", "--yes")[1]
    assert state() == (url.startswith("postgres"), "none", 0)
    status, out, _ = db("setup")
    assert (status, state()) == (0, (True, HEAD, 3)), out
    assert db("setup")[0] == 0
    if url.startswith("sqlite"):
        assert db("drop", "--yes")[0] == 0
        assert list(Path(make_url(url).database or "").parent.iterdir()) == []


def test_a_registry_that_runs_goes_on_with_a_store_that_was_made_anew(url: str, db: Command) -> None:
    assert db("setup")[0] == 0
    store = SchemaStore(url)
    made = store.create(Record("Mine", clinic()))
    assert db("reset", "--yes")[0] == 0
    assert store.list(Query()).total == 0, "nobody reads what was dropped"
    assert db("drop", "--yes")[0] == 0
    for call in (lambda: store.get(made.id), lambda: store.create(Record("Lost", clinic()))):
        with pytest.raises(MockcraftError) as caught:
            call()
        assert caught.value.code == "DATABASE_ERROR", "nothing is written where nobody will find it"
    assert json.loads(db("status", "--format", "json")[1])["exists"] is url.startswith("postgres"), "nor is a file made"
    assert db("setup")[0] == 0
    assert store.create(Record("Mine", clinic())).id
    store.close()
    assert {each.name for each in store.list(Query()).summaries} == {"Clinic", "Library", "Mine", "Shop"}
    store.close()


def test_no_password_is_shown(url: str, db: Command) -> None:
    said = [db(*words) for words in (["status"], ["setup"], ["drop"], ["reset", "--yes"])]
    assert "secret" not in repr(said)


def test_what_others_keep_beside_the_store_stays(url: str, db: Command) -> None:
    assert db("setup")[0] == 0
    keeper = SchemaStore(url)
    with keeper._database.write() as connection:
        connection.exec_driver_sql("CREATE TABLE jobs (id INTEGER)")
    keeper.close()
    assert db("drop", "--yes")[0] == 0
    with keeper._database.write() as connection:
        connection.exec_driver_sql("INSERT INTO jobs VALUES (1)")
    keeper.close()


def test_migrating_where_there_is_no_database_says_how_to_make_it(postgres: Postgres) -> None:
    upkeep = Upkeep(postgres._url("not_there"))
    for what in (upkeep.migrate, upkeep.reset):
        with pytest.raises(MockcraftError) as caught:
            what()
        assert (caught.value.code, "mockcraft db create" in caught.value.details) == ("DATABASE_ERROR", True)
    assert (upkeep.drop(), upkeep.state().exists) == (False, False)


def test_a_server_that_is_away_is_told(db: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MOCKCRAFT_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("MOCKCRAFT_SCHEMAS_URL", "postgresql://u:hunter2@127.0.0.1:1/d")
    for word in ("status", "create", "migrate", "setup"):
        status, out, err = db(word)
        assert (status, out) == (1, "")
        assert err.splitlines()[-2].startswith("mockcraft: DATABASE_ERROR The schema store does not answer.")
        assert "hunter2" not in err


def test_a_file_that_is_no_database_is_told_and_left(url: str, db: Command) -> None:
    if not url.startswith("sqlite"):
        pytest.skip("of files")
    file = Path(make_url(url).database or "")
    file.parent.mkdir()
    file.write_bytes(b"precious text, no database" * 100)
    for words in (["status"], ["migrate"], ["drop", "--yes"], ["seed"]):
        status, _, err = db(*words)
        assert (status, "DATABASE_ERROR" in err) == (1, True)
    assert file.read_bytes() == b"precious text, no database" * 100


@pytest.mark.parametrize(("answer", "left"), [("n", 3), ("y", 0)])
def test_a_terminal_is_asked(tmp_path: Path, answer: str, left: int) -> None:
    url = f"sqlite:///{tmp_path / 's.db'}"
    store = SchemaStore(url)
    assert len(add_examples(store, Act())) == 3
    store.close()
    ours, theirs = pty.openpty()
    environment = {**os.environ, "MOCKCRAFT_SCHEMAS_URL": url, "MOCKCRAFT_DATA_DIR": str(tmp_path)}
    command = [sys.executable, "-m", "cli", "db", "reset"]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    os.write(ours, f"{answer}\n".encode())
    _, err = process.communicate(timeout=60)
    os.close(ours)
    os.close(theirs)
    assert b"Go on?" in err
    assert process.returncode == (0 if answer == "y" else 1)
    again = SchemaStore(url)
    assert again.list().total == left
    again.close()


def test_examples_make_way_for_what_is_there(tmp_path: Path) -> None:
    store = SchemaStore(f"sqlite:///{tmp_path / 's.db'}")
    mine = store.create(Record("CLINIC", clinic()))
    store.create(Record("Mine", database_name="Shop"))
    assert add_examples(store, Act("cli:me")) == ("Library", "Shop")
    assert store.get(mine.id) == mine
    shop = store.by_name("shop")
    assert shop is not None
    assert (shop.database_name, shop.status, store.audit(shop.id).entries[0].actor) == ("shop_2", "draft", "cli:me")
    store.close()


def test_examples_are_drawings_without_a_fault() -> None:
    from services.schemas.checking import check
    from services.schemas.ddl import statements
    from services.schemas.drawing import DIALECTS

    found = {record.name: record.definition.drawing for record in examples()}
    assert set(found) == {"Clinic", "Library", "Shop"}
    for drawing in found.values():
        assert check(drawing) == ()
        assert len(drawing.foreign_keys) >= 4
        assert all(statements(drawing, dialect) for dialect in DIALECTS)


def test_make_calls_the_commands() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = {
        "db-create": "db create", "db-drop": "db drop", "db-reset": "db reset", "db-setup": "db setup", "migrate": "db migrate",
        "migrate-reset": "db migrate --reset", "migrate-seed": "db seed",
    }  # fmt: skip
    for target, command in targets.items():
        assert f"\n{target}: $(READY) ## " in makefile
        shown = subprocess.run(["make", "-n", "-o", ".venv/.ready", target], cwd=ROOT, capture_output=True, text=True, check=True)
        assert f".venv/bin/mockcraft {command}" in shown.stdout
    assert sqlite3.sqlite_version_info >= (3, 35), "materialised subqueries and RETURNING"
