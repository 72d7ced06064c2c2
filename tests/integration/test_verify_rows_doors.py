"""Rows compared and repaired over REST: which jobs can be, and what comes of it."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.integration.stack import SCHEMA, Stack, stack

ROUTE = "/api/v1/seedings"


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Stack]:
    (tmp_path / "data").mkdir()
    async with stack(tmp_path / "data", retry_seconds=0.05, max_attempts=2) as running:
        yield running


async def post(server: Stack, path: str, **fields: Any) -> tuple[int, dict[str, Any]]:
    answer = await server.client.post(f"{ROUTE}{path}", json=fields)
    return answer.status, await answer.json()


async def ended(server: Stack, path: str, **fields: Any) -> tuple[str, dict[str, Any]]:
    """The id of a job that was started, and the data of its complete event."""
    status, job = await post(server, path, **fields)
    assert status == 202, job
    assert job["kind"] == "seeding" and job["id"].startswith("seed_")
    last = (await server.events(job["id"]))[-1]
    assert last["type"] == "complete", last
    return job["id"], last["data"]


async def test_rows_are_compared_and_repaired(server: Stack) -> None:
    seeding, _ = await ended(server, "", schema=SCHEMA, target="sqlite:///live.db", rows={"users": 300})
    checking, found = await ended(server, f"/{seeding}:verify")
    assert found["equal"] and found["verified"] == seeding and found["rows"] > 300
    with closing(sqlite3.connect(server.parts.jobs.storage.root / "live.db")) as connection, connection:
        connection.execute("DELETE FROM orders WHERE id = 3")
        connection.execute("INSERT INTO orders SELECT 9999999, user_id, total FROM orders LIMIT 1")
    _, found = await ended(server, f"/{seeding}:verify", exact=True)
    assert (found["equal"], found["missing"], found["extra"]) == (False, 1, 1)
    _, found = await ended(server, f"/{checking}:repair", dryRun=True)
    assert found["dryRun"] and found["repaired"] == {"inserted": 1, "overwritten": 0}
    repairing, found = await ended(server, f"/{seeding}:repair")
    assert found["equal"] and found["repaired"]["inserted"] == 1 and found["verified"] == seeding
    status, problem = await post(server, f"/{repairing}:clean")
    assert (status, problem["code"]) == (409, "JOB_IS_NO_LOAD")
    cleaning, _ = await ended(server, f"/{seeding}:clean")
    status, problem = await post(server, f"/{cleaning}:verify")
    assert (status, problem["code"]) == (409, "JOB_IS_NO_LOAD")
    _, job = await post(server, f"/{seeding}:verify")
    assert (await server.events(job["id"]))[-1]["data"]["code"] == "NOTHING_TO_VERIFY"


async def test_the_same_key_names_the_same_job(server: Stack) -> None:
    seeding, _ = await ended(server, "", schema=SCHEMA, target="sqlite:///live.db", rows={"users": 30})
    headers = {"Idempotency-Key": "once"}
    ids = [(await (await server.client.post(f"{ROUTE}/{seeding}:verify", json={}, headers=headers)).json())["id"] for _ in "ab"]
    assert ids[0] == ids[1]
    other = await server.client.post(f"{ROUTE}/{seeding}:verify", json={"exact": True}, headers=headers)
    assert other.status == 422


@pytest.mark.parametrize("verb", ["verify", "repair"])
async def test_unknown_seedings_are_not_found(server: Stack, verb: str) -> None:
    status, problem = await post(server, f"/seed_00000000000000000000000000:{verb}")
    assert (status, problem["code"]) == (404, "JOB_NOT_FOUND")
