"""Loads that begin again while a commit of theirs is under way on the server: its block is neither doubled nor in the way."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from runner.engine import Engine
from runner.plan import Plan
from runner.protocol import EXIT_DONE
from services.common.databases import DatabaseError, Mark
from services.seeder.ledger import Ledger
from services.seeder.sql import SqlTarget
from tests.integration.loads import JOB, load, plan_of, spec_of, start
from tests.integration.runs import finish
from tests.integration.seed_places import Place, made, place

__all__ = ["place"]

BLOCK, BLOCKS = 1024, 3
PLANS = {
    "with a key": plan_of(f"tables: {{t: {{rows: {BLOCK * BLOCKS}, columns: {{id: sequence, name: full_name}}}}}}"),
    "without a key": plan_of(
        f"tables: {{t: {{rows: {BLOCK * BLOCKS}, primary_key: [], columns: {{id: sequence, name: full_name}}}}}}"
    ),
}
MARK = Mark("load", JOB, 1)
DOOR = 4711
WAITS = {
    "postgresql": "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND wait_event <> 'advisory'"
    " AND datname = current_database()",
    "mysql": "SELECT count(*) FROM information_schema.INNODB_TRX WHERE trx_state = 'LOCK WAIT'",
}
"""How many sessions wait for rows that others hold."""
COMMITS = (
    "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'advisory' AND query = 'COMMIT' AND datname = current_database()"
)
SLOW = f"""
CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS
    $$BEGIN PERFORM pg_advisory_xact_lock({DOOR}); RETURN NULL; END$$;
CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (new.id = {BLOCK + 500}) EXECUTE FUNCTION slow()"""
"""The commit of the second block waits at the door."""


@pytest.fixture(params=PLANS)
def plan(request: pytest.FixtureRequest) -> Plan:
    return PLANS[request.param]


class Relay:
    """A way to a port of this machine that can be cut: what goes over it ends, new connections are taken."""

    def __init__(self, port: int) -> None:
        self._to, self._ends = port, list[socket.socket]()
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._door.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                pair = self._door.accept()[0], socket.create_connection(("127.0.0.1", self._to))
                self._ends += pair
                for one, other in (pair, pair[::-1]):
                    threading.Thread(target=self._pump, args=(one, other), daemon=True).start()

    def _pump(self, one: socket.socket, other: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := one.recv(1 << 16):
                other.sendall(data)
            other.shutdown(socket.SHUT_WR)

    def cut(self) -> None:
        for end in self._ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self.cut()
        for end in (self._door, *self._ends):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


@pytest.fixture
def relay(postgres_url: str) -> Iterator[Relay]:
    relay = Relay(int(postgres_url.rpartition(":")[2].partition("/")[0]))
    yield relay
    relay.close()


def until(place: Place, sql: str) -> None:
    """Wait until the count is not 0."""
    deadline = time.monotonic() + 30
    while place.query(sql) == [(0,)]:
        assert time.monotonic() < deadline, sql
        time.sleep(0.1)


@contextlib.contextmanager
def shut(place: Place) -> Iterator[None]:
    """The door is shut within."""
    holder = place.open()
    try:
        holder.query(f"SELECT pg_advisory_lock({DOOR})")
        yield
    finally:
        holder.close()


def one_block_in(plan: Plan, place: Place, folder: Path) -> None:
    """A load that was killed behind its first block, of a table that is there."""
    key = " PRIMARY KEY" if plan.table("t").primary_key else ""
    place.run(f"CREATE TABLE t (id BIGINT NOT NULL{key}, name VARCHAR(200) NOT NULL)")
    load(spec_of(plan, folder, batch_rows=BLOCK, connections=1), place.url, failpoint="loader.after_commit:1")
    assert place.query("SELECT count(*) FROM t") == [(BLOCK,)]


def all_in_once(plan: Plan, place: Place, child: subprocess.Popen[bytes]) -> None:
    """The load ends well."""
    done = finish(child, stdin=b"")
    assert done.code == EXIT_DONE, done.events[-1]
    assert place.query("SELECT count(*), count(DISTINCT id) FROM t") == [(BLOCK * BLOCKS, BLOCK * BLOCKS)]
    assert place.content(plan) == made(plan)


def test_the_same_attempt_waits_for_the_commit_of_a_child_that_is_gone(postgres_url: str, plan: Plan, tmp_path: Path) -> None:
    place, spec = Place(postgres_url), spec_of(plan, tmp_path, batch_rows=BLOCK, connections=1)
    one_block_in(plan, place, tmp_path)
    place.run(SLOW)
    with shut(place):
        killed = start(spec, place.url)
        until(place, COMMITS)
        killed.kill()
        finish(killed)
        again = start(spec, place.url)
        until(place, WAITS["postgresql"])
    all_in_once(plan, place, again)


def test_a_connection_that_is_cut_in_a_commit_is_opened_again_behind_it(
    postgres_url: str, relay: Relay, plan: Plan, tmp_path: Path
) -> None:
    place, head = Place(postgres_url), postgres_url.rpartition(":")[0]
    one_block_in(plan, place, tmp_path)
    place.run(SLOW)
    through = f"{head}:{relay.port}/{postgres_url.rpartition('/')[2]}"
    with shut(place):
        child = start(spec_of(plan, tmp_path, batch_rows=BLOCK, connections=1), through)
        until(place, COMMITS)
        relay.cut()
        until(place, WAITS["postgresql"])
    all_in_once(plan, place, child)


def test_the_same_attempt_waits_for_a_block_of_another_connection(place: Place, plan: Plan, tmp_path: Path) -> None:
    one_block_in(plan, place, tmp_path)
    target = SqlTarget(place.open(), plan)
    table = plan.table("t")
    (batch,) = Engine(plan, BLOCK).batches("t", BLOCK, 2 * BLOCK)
    entry = target.claim(MARK)["t", 0]
    with target.database.transaction():
        target.database.insert("t", batch, [c.type for c in table.written])
        Ledger(target.database, MARK).advance(entry.after(BLOCK, 2 * BLOCK, 0, 0), BLOCK)
        child = start(spec_of(plan, tmp_path, batch_rows=BLOCK, connections=1), place.url)
        until(place, WAITS[place.dialect])
    target.close()
    all_in_once(plan, place, child)


def test_a_claim_that_waits_too_long_may_be_tried_again(place: Place, tmp_path: Path) -> None:
    plan = PLANS["with a key"]
    one_block_in(plan, place, tmp_path)
    holder, other = SqlTarget(place.open(), plan), SqlTarget(place.open(), plan)
    seconds = {"postgresql": "SET lock_timeout = '1s'", "mysql": "SET SESSION innodb_lock_wait_timeout = 1"}
    other.database.execute(seconds[place.dialect])
    entry = holder.claim(MARK)["t", 0]
    with holder.database.transaction():
        Ledger(holder.database, MARK).advance(entry.after(BLOCK, 2 * BLOCK, 0, 0), BLOCK)
        with pytest.raises(DatabaseError) as refused:
            other.claim(MARK)
    assert (refused.value.code, refused.value.retryable) == ("TARGET_BUSY", True)
    assert other.claim(MARK)["t", 0].next_row == 2 * BLOCK
    holder.close()
    other.close()


def test_a_block_from_a_row_that_the_lane_is_past_is_undone(place: Place, tmp_path: Path) -> None:
    plan = PLANS["without a key"]
    one_block_in(plan, place, tmp_path)
    one, other = SqlTarget(place.open(), plan), SqlTarget(place.open(), plan)
    (batch,) = Engine(plan, BLOCK).batches("t", BLOCK, 2 * BLOCK)
    entry = one.claim(MARK)["t", 0]
    assert other.claim(MARK)["t", 0] == entry
    after = entry.after(BLOCK, 2 * BLOCK, 0, 0)
    one.load_block(MARK, plan.table("t"), batch, BLOCK, after, "append")
    with pytest.raises(DatabaseError) as refused:
        other.load_block(MARK, plan.table("t"), batch, BLOCK, after, "append")
    assert (refused.value.code, refused.value.retryable) == ("TARGET_BUSY", True)
    assert place.query("SELECT count(*) FROM t") == [(2 * BLOCK,)]
    with pytest.raises(DatabaseError):
        other.delete_block(MARK, plan.table("t"), batch, 3 * BLOCK, entry)
    assert place.query("SELECT count(*) FROM t") == [(2 * BLOCK,)]
    one.close()
    other.close()
