"""Loads that are killed again and again, in every kind of database: in the end each row is there once.

Attempt after attempt of one load dies at a failpoint (mid-block, before the commit, after it), at its first to third block; then
one goes to the end. The servers themselves are killed and started again while a load runs.
"""

from __future__ import annotations

import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from random import Random

from runner.plan import Plan
from runner.protocol import EXIT_DONE
from services.common.databases import Rules, check_target
from services.common.databases.digest import Digest
from tests.bench.floors import Floor
from tests.integration.five import SCHEMA, content
from tests.integration.loads import load, plan_of, spec_of, start, wait_for
from tests.integration.runs import finish
from tests.integration.seed_places import made
from tests.servers import Crash, run_mariadb, run_mongodb, run_postgres, run_redis

FAILPOINTS = ("loader.mid_block", "loader.before_commit", "loader.after_commit")
PEOPLE = "120K"
BATCH = 2048
SQL_KILLS, OTHER_KILLS = 40, 15
OTHERS = ("mongodb", "redis")


def kill_load_floors(people: str = PEOPLE, kills: int = SQL_KILLS, other_kills: int = OTHER_KILLS) -> Iterator[Floor]:
    """A floor for each database, and for each server that can be crashed."""
    plan = plan_of(SCHEMA, people=people)
    whole = made(plan)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        postgres, mariadb = stack.enter_context(run_postgres()), stack.enter_context(run_mariadb())
        urls: dict[str, Callable[[], str]] = {
            "postgresql": postgres.database,
            "mysql": lambda: f"mysql://mockcraft:secret@127.0.0.1:{mariadb.port}/{mariadb.database()}",
            "sqlite": lambda: f"sqlite:///{folder / 'shop.db'}",
            "mongodb": stack.enter_context(run_mongodb()).database,
            "redis": stack.enter_context(run_redis()).url,
        }
        for name, url in urls.items():
            wanted = other_kills if name in OTHERS else kills
            done = _killed(name, check_target(url(), Rules(folder)), folder / name, plan, whole, wanted)
            what = f"{name}: rows after {wanted} kills at failpoints"
            yield Floor(what, f"{wanted} kills, content equal", done, done == f"{wanted} kills, content equal")
        for name, crash in (("postgresql", postgres.crash), ("mysql", mariadb.crash)):
            assert crash
            done = _crashed(check_target(urls[name](), Rules(folder)), folder / f"{name}-crash", plan, whole, crash)
            yield Floor(f"{name}: server killed and started again while loading", "content equal", done, done == "content equal")


def _killed(name: str, url: str, folder: Path, plan: Plan, whole: dict[str, Digest], wanted: int) -> str:
    random, kills, attempt = Random(name), 0, 0
    while kills < wanted:
        attempt += 1
        failpoint = f"{random.choice(FAILPOINTS)}:{random.randint(1, 3)}"
        done = load(spec_of(plan, folder, batch_rows=BATCH, attempt=attempt), url, failpoint=failpoint)
        if done.code != -signal.SIGKILL:
            return f"{kills} kills, then exit {done.code}: {done.events[-1]}"
        kills += 1
    return f"{kills} kills, {_finished(url, folder, plan, whole, attempt + 1)}"


def _finished(url: str, folder: Path, plan: Plan, whole: dict[str, Digest], attempt: int) -> str:
    done = load(spec_of(plan, folder, batch_rows=BATCH, attempt=attempt), url)
    if done.code != EXIT_DONE:
        return f"exit {done.code}: {done.events[-1]}"
    return "content equal" if content(url, plan) == whole else "content differs"


def _crashed(url: str, folder: Path, plan: Plan, whole: dict[str, Digest], crash: Crash) -> str:
    child = start(spec_of(plan, folder, batch_rows=BATCH), url)
    wait_for(child, "checkpoint", 20)
    crash()
    done = finish(child, stdin=b"")
    if done.code != EXIT_DONE:
        return f"exit {done.code}: {done.events[-1]}"
    return "content equal" if content(url, plan) == whole else "content differs"
