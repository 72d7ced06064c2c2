"""`schema:NAME` as a target: found by every service with the same settings, and only when the registry created it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import orjson
import pytest
from pydantic import SecretStr

from services.common.databases import connect
from services.common.errors import MockcraftError
from services.common.settings import Registry, Settings
from services.common.targets import Targets
from services.schemas.creating import Creator
from services.schemas.hosting import open_host
from services.schemas.store import NOBODY, Record, SchemaStore, Status
from tests.integration.schemas_child import DEFINITION
from tests.integration.schemas_hosts import KINDS, Place, open_place

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Site:
    """A place with a database that the registry created, and one that it did not."""

    place: Place
    store: SchemaStore
    record: Record

    @property
    def settings(self) -> Settings:
        return self.place.settings


@pytest.fixture(params=KINDS)
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    with open_place(request, request.param, tmp_path) as place, closing(SchemaStore(place.settings.schemas_store_url)) as store:
        creator = Creator(open_host(place.settings), store, place.settings)
        place.make("theirs")
        record = creator.build(creator.named(Record("clinic", DEFINITION, status="creating"), NOBODY))
        yield Site(place, store, record)


def refused(settings: Settings, target: str) -> MockcraftError:
    with pytest.raises(MockcraftError) as caught:
        Targets(settings).choose(target)
    return caught.value


def test_a_created_database_is_found_by_its_name(site: Site) -> None:
    chosen = Targets(site.settings).choose("schema:clinic")
    assert chosen.name == "schema:clinic"
    assert not chosen.sealed
    assert "secret" not in str(chosen.spec)
    database = connect(chosen.url)
    assert database.query("SELECT count(*) FROM pets") == [(0,)]  # type: ignore[union-attr]
    database.close()


OTHERS = (
    "theirs", "postgres", "mysql", "information_schema", "template1", "absent", "", "Clinic", "clinic;", 'c"', "../jobs",
)  # fmt: skip
NOT_READY: tuple[Status, ...] = ("draft", "creating", "failed")


def test_no_other_database_of_the_server_is(site: Site) -> None:
    for name in OTHERS:
        error = refused(site.settings, f"schema:{name}")
        assert error.code == "TARGET_INVALID"
        assert "secret" not in str(vars(error))


def test_a_schema_that_is_not_ready_is_no_target(site: Site) -> None:
    for status in NOT_READY:
        site.store.update(site.record.id, status=status)
        assert refused(site.settings, "schema:clinic").code == "TARGET_INVALID"


def test_a_deleted_schema_is_no_target(site: Site) -> None:
    site.store.delete(site.record.id)
    assert refused(site.settings, "schema:clinic").code == "TARGET_INVALID"


def test_another_server_has_not_got_it(site: Site) -> None:
    registry = Registry(databases_url=SecretStr("postgresql://u:canary@127.0.0.1:1/"))
    error = refused(site.settings.model_copy(update={"registry": registry}), "schema:clinic")
    assert error.code == "TARGET_INVALID"
    assert "canary" not in str(vars(error))


def test_a_store_that_is_away_is_told(site: Site) -> None:
    away = site.settings.model_copy(update={"schemas_url": SecretStr("postgresql://u:canary@127.0.0.1:1/x")})
    error = refused(away, "schema:clinic")
    assert error.code == "DATABASE_ERROR"
    assert "canary" not in str(vars(error))


def test_the_store_itself_is_no_target(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    for name in ("schemas.db", "schemas.db-wal"):
        assert refused(settings, f"sqlite:///{name}").code == "TARGET_NOT_ALLOWED"


def test_the_command_line_loads_and_looks_at_it(site: Site) -> None:
    settings, folder = site.settings, site.settings.data_dir
    config = {
        "data_dir": str(folder),
        "registry": {"databases_url": settings.registry.databases_url.get_secret_value()},
    }
    (folder / "settings.yaml").write_bytes(orjson.dumps(config))

    def mockcraft(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "cli", *arguments, "--settings", str(folder / "settings.yaml")]
        environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": f"{ROOT}:{ROOT / 'protos'}", "HOME": str(folder)}
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)

    made = mockcraft("init", "--db", "schema:clinic", "--total-rows", "60", "-o", str(folder / "clinic.yaml"))
    assert made.returncode == 0, made.stderr
    done = mockcraft("seed", "--config", str(folder / "clinic.yaml"), "--db", "schema:clinic")
    assert done.returncode == 0, done.stderr
    assert "secret" not in made.stdout + made.stderr + done.stdout + done.stderr
    facts = open_host(settings).facts("clinic")
    assert facts.rows == 60
    assert refused(settings, "schema:jobs").code == "TARGET_INVALID"
