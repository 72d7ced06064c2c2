"""Creations that die: killed processes, killed servers and replicas leave no database behind, and the next creation works."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from pydantic import SecretStr

from runner.failpoints import NAMES
from services.common.errors import MockcraftError, unavailable
from services.common.settings import Registry, Settings
from services.schemas import creating
from services.schemas.creating import Creator, hosted
from services.schemas.hosting import Host, Making, open_host
from services.schemas.recovery import DIED, Recovery
from services.schemas.store import NOBODY, Query, Record, SchemaStore
from tests.integration.schemas_child import DEFINITION, UNMARKED, without_comments, written
from tests.integration.schemas_hosts import KINDS, Place, open_place, postgres_place, shown
from tests.servers import MariaDb, Postgres, missing, run_mariadb, run_postgres

Opened = Callable[..., "Service"]
CREATION = [name for name in NAMES if name.startswith("schemas.") and "drop" not in name]
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def own_postgres() -> Iterator[Postgres]:
    try:
        with run_postgres() as server:
            yield server
    except FileNotFoundError:
        missing("PostgreSQL")


@pytest.fixture(scope="module")
def own_mariadb() -> Iterator[MariaDb]:
    try:
        with run_mariadb() as server:
            yield server
    except FileNotFoundError:
        missing("MariaDB")


@pytest.fixture(params=[*KINDS, pytest.param("mysql-without-comments", marks=pytest.mark.slow)])
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    if request.param == "mysql-without-comments":  # MariaDB, used as MySQL has to be
        monkeypatch.setenv(UNMARKED, "1")
        without_comments(monkeypatch.setattr)
    with open_place(request, request.param.split("-")[0], tmp_path, own="own_", takeover_seconds=1.2) as found:
        yield found


class Service:
    """What a process of the registry has of all this."""

    def __init__(self, settings: Settings, host: Host | None = None) -> None:
        self.settings = settings
        self.host = host or open_host(settings)
        self.store = SchemaStore(settings.schemas_store_url)
        self.creator = Creator(self.host, self.store, settings)
        self.recovery = Recovery(self.host, self.store, settings)

    def close(self) -> None:
        self.store.close()

    def create(self, name: str = "clinic") -> Record:
        return self.creator.build(self.creator.named(Record(name, DEFINITION, status="creating"), NOBODY))

    def again(self, record: Record) -> Record:
        return self.creator.build(self.creator.begin(record, NOBODY))

    def only(self) -> Record:
        (found,) = self.store.list(Query()).summaries
        return self.store.get(found.id)


@pytest.fixture
def service(place: Place) -> Iterator[Service]:
    with closing(Service(place.settings)) as made:
        yield made


def child(settings: Settings, *arguments: str, failpoint: str = "") -> subprocess.CompletedProcess[bytes]:
    file = settings.data_dir / "settings.json"
    file.write_bytes(written(settings))
    command = [sys.executable, "-m", "tests.integration.schemas_child", str(file), *arguments]
    environment = {**os.environ, "MOCKCRAFT_FAILPOINT": failpoint, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'protos'}"}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=False)


def test_a_schema_is_created_and_its_record_says_so(service: Service, place: Place) -> None:
    record = service.create("Clinic Ä")
    assert (record.status, record.database_name, record.error) == ("ready", "clinic_a", "")
    assert service.only() == record
    assert place.names() == shown(place, "clinic_a")
    assert [t.name for t in service.host.facts("clinic_a").tables] == ["owners", "pets"]
    assert hosted(record).under_way is None
    assert "secret" not in str(record.hosting)


@pytest.mark.parametrize("failpoint", CREATION)
def test_a_process_that_is_killed_leaves_nothing(service: Service, place: Place, failpoint: str) -> None:
    assert child(place.settings, "clinic", failpoint=failpoint).returncode == -signal.SIGKILL
    dead = service.only()
    assert dead.status == "creating"
    empty = not service.host.marks() and failpoint == "schemas.database_made"  # MySQL knows no way to do this in one step
    if failpoint != "schemas.published" and not empty:
        assert not service.host.exists("clinic")
    assert service.recovery.sweep() == 1
    failed = service.only()
    assert (failed.status, failed.error) == ("failed", DIED)
    assert place.names() == set()
    assert service.recovery.sweep() == 0
    assert service.only() == failed
    assert service.again(failed).status == "ready"
    assert place.names() == shown(place, "clinic")


@pytest.mark.parametrize("failpoint", ["schemas.statement", "schemas.made", "schemas.published"])
def test_a_second_creation_that_is_killed_keeps_the_old_database_or_nothing(
    service: Service, place: Place, failpoint: str
) -> None:
    record = service.create()
    assert child(place.settings, "clinic", record.id, failpoint=failpoint).returncode == -signal.SIGKILL
    assert service.recovery.sweep() == 1
    failed = service.only()
    assert failed.status == "failed"
    kept = place.kind != "mysql" and failpoint != "schemas.published"
    assert place.names() == (shown(place, "clinic") if kept else set())
    assert (hosted(failed).live is not None) == kept
    assert service.again(failed).status == "ready"
    assert place.names() == shown(place, "clinic")


class Interfering:
    """A host that has something happen at a moment of `make`."""

    def __init__(self, host: Host, during: str, act: object) -> None:
        self._host, self._during, self._act = host, during, act

    def __getattr__(self, name: str) -> object:
        found = getattr(self._host, name)
        if name != self._during:
            return found

        def wrapped(*arguments: object) -> object:
            self._act()  # type: ignore[operator]
            return found(*arguments)

        return wrapped


@pytest.mark.parametrize("moment", ["make", "publish"])
def test_a_server_that_is_killed_half_way(place: Place, moment: str, request: pytest.FixtureRequest, opened: Opened) -> None:
    if place.kind == "sqlite":
        pytest.skip("there is no server")
    server = request.getfixturevalue("own_postgres" if place.kind == "postgresql" else "own_mariadb")
    crash, host = server.crash, open_host(place.settings)
    killed = threading.Event()

    def kill() -> None:
        os.killpg(crash.pid, signal.SIGKILL)
        killed.set()

    broken = Interfering(host, moment, kill)
    if moment == "make":  # in the middle of the statements
        import services.schemas.hosting.mysql as mysql
        import services.schemas.hosting.postgresql as postgresql

        module = postgresql if place.kind == "postgresql" else mysql
        patched = pytest.MonkeyPatch()
        patched.setattr(module, "failpoint", lambda name: kill() if name == "schemas.statement" else None)
        broken = Interfering(host, "none", None)
    service = opened(place.settings, broken)
    try:
        with pytest.raises(MockcraftError) as caught:
            service.create()
    finally:
        if moment == "make":
            patched.undo()
        crash(0)
    assert killed.is_set()
    assert caught.value.code == "DATABASE_CREATION_FAILED"
    failed = service.only()
    assert failed.status == "failed"
    assert failed.error
    assert "secret" not in failed.error
    assert len(hosted(failed).leftovers) == 1
    healthy = opened(place.settings)
    healthy.recovery.sweep()
    assert place.names() == set()
    assert hosted(healthy.only()).leftovers == ()
    assert healthy.again(healthy.only()).status == "ready"


def test_a_server_that_falls_silent_is_given_up(
    own_postgres: Postgres, tmp_path: Path, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.schemas.hosting.patience.SLACK_SECONDS", 0.5)
    place = postgres_place(own_postgres, tmp_path, statement_seconds=1)
    service, stopped = opened(place.settings), list[int]()

    def stop(name: str) -> None:
        if name == "schemas.statement" and not stopped:
            found = place.run("SELECT pid FROM pg_stat_activity WHERE datname LIKE '\\_mockcraft\\_%'", "postgres")
            stopped.extend(pid for (pid,) in found)  # type: ignore[attr-defined]
            os.kill(stopped[0], signal.SIGSTOP)

    monkeypatch.setattr("services.schemas.hosting.postgresql.failpoint", stop)
    try:
        with pytest.raises(MockcraftError) as caught:
            service.create()
    finally:
        os.kill(stopped[0], signal.SIGCONT)
    assert caught.value.code == "DATABASE_CREATION_FAILED"
    assert service.only().status == "failed"
    service.recovery.sweep()
    assert place.names() == set()


def test_a_creation_that_lives_is_left_alone_and_a_silent_one_finds_out(place: Place, opened: Opened) -> None:
    rescuer = opened(place.settings)
    looked: list[int] = []

    def wait() -> None:
        time.sleep(1.5)
        looked.append(rescuer.recovery.sweep())

    slow = opened(place.settings, Interfering(open_host(place.settings), "publish", wait))
    assert slow.create("alive").status == "ready"
    assert looked == [0]

    slow.creator._beat_seconds = 60
    slow.host._during = "marks"  # type: ignore[attr-defined]
    with pytest.raises(MockcraftError, match="silent for too long"):
        slow.create("silent")
    assert looked == [0, 1]
    assert place.names() == shown(place, "alive")
    silent = rescuer.store.by_name("silent")
    assert silent is not None
    assert (silent.status, hosted(silent).leftovers) == ("failed", ())


def test_two_replicas_create_and_recover_once(place: Place, postgres_url: str, opened: Opened) -> None:
    settings = place.settings.model_copy(update={"schemas_url": SecretStr(postgres_url)})
    one, two = opened(settings), opened(settings)
    one.store.open()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: outcome((one, two)[n % 2]), range(8)))
    assert sorted(answers) == ["DUPLICATE_NAME"] * 7 + ["ready"]
    record = one.only()
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda n: outcome((one, two)[n % 2], record), range(4)))
    assert answers.count("ready") >= 1
    assert set(answers) <= {"ready", "DATABASE_BEING_CREATED"}
    assert place.names() == shown(place, "clinic")

    child(settings, "clinic", record.id, failpoint="schemas.made")
    with ThreadPoolExecutor(4) as pool:
        given_up = list(pool.map(lambda n: (one, two)[n % 2].recovery.sweep(), range(4)))
    assert sum(given_up) == 1
    assert one.only().status == "failed"
    assert two.again(two.only()).status == "ready"
    assert place.names() == shown(place, "clinic")


@pytest.fixture
def opened() -> Iterator[Callable[..., Service]]:
    """Services that are closed at the end."""
    with ExitStack() as stack:
        yield lambda *arguments: stack.enter_context(closing(Service(*arguments)))


def outcome(service: Service, record: Record | None = None) -> str:
    try:
        return (service.again(record) if record else service.create()).status
    except MockcraftError as error:
        return error.code


def test_databases_of_others_keep_their_names(service: Service, place: Place) -> None:
    place.make("clinic")
    record = service.create()
    assert (record.status, record.database_name) == ("ready", "clinic_2")
    service.store.update(record.id, hosting={}, status="draft", database_name="clinic")
    again = service.again(service.store.get(record.id))
    assert (again.status, again.database_name) == ("ready", "clinic_3")
    assert place.names() == shown(place, "clinic", "clinic_2", "clinic_3")


def test_a_place_that_is_away_creates_nothing(place: Place, opened: Opened) -> None:
    if place.kind == "sqlite":
        pytest.skip("there is no server")
    url = SecretStr(f"{place.kind}://mockcraft:canary@127.0.0.1:1/")
    service = opened(place.settings.model_copy(update={"registry": Registry(databases_url=url)}))
    with pytest.raises(MockcraftError) as caught:
        service.create()
    assert caught.value.code == "DATABASE_ERROR"
    assert "canary" not in str(vars(caught.value))
    assert service.store.list(Query()).total == 0


def test_a_statement_that_is_refused_is_told_and_leaves_nothing(
    service: Service, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(creating, "statements", lambda drawing, dialect: (*place.statements, place.statements[0]))
    with pytest.raises(MockcraftError) as caught:
        service.create()
    assert caught.value.code == "DATABASE_CREATION_FAILED"
    failed = service.only()
    assert failed.status == "failed"
    assert "owners" in failed.error
    assert place.names() == set()


def test_an_error_of_the_program_is_told_without_its_stack(
    service: Service, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(drawing: object, dialect: object) -> None:
        raise ZeroDivisionError("canary")

    monkeypatch.setattr(creating, "statements", broken)
    with pytest.raises(MockcraftError) as caught:
        service.create()
    assert "canary" not in str(vars(caught.value))
    assert service.only().status == "failed"
    assert place.names() == set()


def test_a_store_that_is_away_at_the_end_leaves_no_database(
    service: Service, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object, **__: object) -> None:
        raise unavailable("DATABASE_ERROR", "The schema store does not answer.")

    begun = service.creator.named(Record("clinic", DEFINITION, status="creating"), NOBODY)
    with monkeypatch.context() as patch:
        patch.setattr(service.store, "change", away)
        with pytest.raises(MockcraftError) as caught:
            service.creator.build(begun)
    assert caught.value.code == "DATABASE_CREATION_FAILED"
    assert place.names() == set()
    time.sleep(1.3)
    assert service.recovery.sweep() == 1
    assert service.only().status == "failed"


def test_leftovers_in_another_server_are_given_up_with_it(place: Place, opened: Opened, tmp_path: Path) -> None:
    service = opened(place.settings)
    record = service.create()
    left = {"place": "postgresql://elsewhere:5432", "leftovers": [{"name": "clinic", "attempt": "0" * 32, "made": True}]}
    service.store.update(record.id, status="failed", hosting=left)
    service.recovery.sweep()
    assert hosted(service.only()).leftovers == ()
    assert place.names() == shown(place, "clinic")


def test_what_a_creation_is_named_is_no_guess() -> None:
    schema = "0d9fb7b6-3c31-4f3f-9d0e-e8c2a0e1c4a1"
    assert Making.new("a", schema).attempt != Making.new("a", schema).attempt
