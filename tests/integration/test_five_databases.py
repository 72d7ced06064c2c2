"""One schema in all five databases: the same content in each, also after kills."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from runner.protocol import EXIT_DONE
from services.common.databases import Rules, check_target
from tests.integration.five import DATABASES, SCHEMA, content
from tests.integration.loads import load, plan_of, spec_of
from tests.integration.seed_places import made

PLAN = plan_of(SCHEMA)
WHOLE = made(PLAN)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'shop.db'}"


@pytest.fixture(params=DATABASES)
def url(request: pytest.FixtureRequest) -> str:
    return check_target(request.getfixturevalue(request.param), Rules(Path.cwd()))


def test_each_database_holds_what_the_engine_makes(url: str, tmp_path: Path) -> None:
    done = load(spec_of(PLAN, tmp_path), url)
    assert done.code == EXIT_DONE, done.events[-1]
    assert content(url, PLAN) == WHOLE
    assert [t["rowsInTable"] for t in done.one("complete")["tables"]] == [t.rows for t in PLAN.tables]


@pytest.mark.parametrize("failpoint", ["loader.mid_block:2", "loader.before_commit:2", "loader.after_commit:2"])
def test_a_killed_load_goes_on_to_the_same_content(url: str, tmp_path: Path, failpoint: str) -> None:
    killed = load(spec_of(PLAN, tmp_path), url, failpoint=failpoint)
    assert killed.code == -signal.SIGKILL
    assert content(url, PLAN) != WHOLE
    done = load(spec_of(PLAN, tmp_path, attempt=2), url)
    assert done.code == EXIT_DONE, done.events[-1]
    assert content(url, PLAN) == WHOLE
