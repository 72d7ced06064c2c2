"""Dictionaries from datasets to schemas: made over REST, drawn from by values, previews and jobs, and taken away again."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.stack import Stack, stack

SCHEMA = """
seed: 3
tables:
  people:
    rows: {rows}
    columns:
      id: sequence
      question: {{gen: dictionary.questions, unique: {unique}}}
"""


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Stack]:
    async with stack(tmp_path) as running:
        yield running


async def dataset(server: Stack, **fields: Any) -> str:
    answer = await server.client.post("/api/v1/datasets", json={"targetCount": 300, "kinds": ["qa"], **fields})
    job = await answer.json()
    assert answer.status == 202, job
    await server.reaches(job["id"], "SUCCEEDED")
    return str(job["id"])


async def made(server: Stack, job: str, status: int = 201, **fields: Any) -> Any:
    answer = await server.client.post(
        "/api/v1/dictionaries", json={"name": "questions", "job": job, "field": "question", **fields}
    )
    found = await answer.json()
    assert answer.status == status, found
    return found


async def rows(server: Stack, text: str) -> list[str]:
    job = await server.create(text, outputs=[{"format": "jsonl"}])
    assert (await server.reaches(job, "SUCCEEDED", "FAILED"))["state"] == "SUCCEEDED"
    found = await (await server.client.get(f"/api/downloads/{job}/people.jsonl")).text()
    return [json.loads(line)["question"] for line in found.splitlines()]


async def test_every_format_gives_the_same_dictionary(server: Stack) -> None:
    formats = ({}, {"compression": "zstd"}, {"compression": "gzip"}, *({"outputFormat": f} for f in ("json", "csv", "parquet")))
    digests = {(await made(server, await dataset(server, **each)))["digest"] for each in formats}
    assert len(digests) == 1
    listed = await (await server.client.get("/api/v1/dictionaries")).json()
    assert [(each["name"], each["version"]) for each in listed["dictionaries"]] == [("questions", 1)]


async def test_schemas_draw_from_it_by_how_often_texts_came(server: Stack) -> None:
    job = await dataset(server)
    dictionary = await made(server, job)
    text = await (await server.client.get(f"/api/downloads/{job}/dataset.jsonl")).text()
    counts = Counter(json.loads(line)["question"] for line in text.splitlines())
    taken = {q: n for q, n in counts.items() if len(q) <= 200}
    assert dictionary["size"] == len(taken) and dictionary["weighted"] is True
    drawn = Counter(await rows(server, SCHEMA.format(rows=40_000, unique="false")))
    assert set(drawn) <= set(taken)
    share = sum(taken.values())
    assert all(abs(drawn[q] / 40_000 - n / share) < 0.02 for q, n in taken.items())
    assert (
        await rows(server, SCHEMA.format(rows=500, unique="false"))
        == (await rows(server, SCHEMA.format(rows=40_000, unique="false")))[:500]
    )


async def test_unique_columns_are_a_permutation_up_to_its_size(server: Stack) -> None:
    size = (await made(server, await dataset(server)))["size"]
    assert len(set(await rows(server, SCHEMA.format(rows=size, unique="true")))) == size
    answer = await server.client.post("/api/v1/generations", json={"schema": SCHEMA.format(rows=size + 1, unique="true")})
    assert (await answer.json())["findings"][0]["code"] == "UNIQUE_IMPOSSIBLE"


async def test_unknown_names_are_told_the_known_ones(server: Stack) -> None:
    unknown = SCHEMA.replace("dictionary.questions", "dictionary.question").format(rows=1, unique="false")
    found = await (await server.client.post("/api/v1/schemas:validate", json={"schema": unknown})).json()
    assert found["findings"][0]["code"] == "GENERATOR_NOT_FOUND" and "no dictionaries here" in found["findings"][0]["message"]
    await made(server, await dataset(server))
    found = await (await server.client.post("/api/v1/schemas:validate", json={"schema": unknown})).json()
    assert "questions" in found["findings"][0]["message"]
    assert found["findings"][0]["suggestion"] == "dictionary.questions"
    answer = await server.client.get("/api/generate/dictionary.nothing")
    assert answer.status == 404 and "questions" in (await answer.json())["message"]


async def test_catalogue_lists_and_describes_it(server: Stack) -> None:
    size = (await made(server, await dataset(server)))["size"]
    listed = await (await server.client.get("/api/v1/generators?category=dictionary")).json()
    assert [(g["name"], g["distinctValues"]) for g in listed["generators"]] == [("dictionary.questions", size)]
    assert listed["categories"]["dictionary"] == 1
    one = await (await server.client.get("/api/v1/generators/dictionary.Questions")).json()
    assert one["name"] == "dictionary.questions" and one["example"]
    await server.client.delete("/api/v1/dictionaries/questions")
    assert (await server.client.get("/api/v1/generators/dictionary.questions")).status == 404


async def test_new_version_changes_new_plans_only(server: Stack) -> None:
    first = await made(server, await dataset(server))
    schema = SCHEMA.format(rows=50, unique="false")
    before = await server.create(schema)
    await server.reaches(before, "SUCCEEDED")
    second = await made(server, await dataset(server, seed=9, topics=["Elsewhere"]))
    assert (first["version"], second["version"]) == (1, 2) and first["digest"] != second["digest"]
    old = await (await server.client.get(f"/api/v1/rows/{before}/people?limit=50")).json()
    texts = [each["question"] for each in old["rows"]]
    assert texts != await rows(server, schema)
    assert texts == await rows(server, schema.replace("gen: dictionary.questions", "gen: dictionary.questions, version: 1"))


async def test_plan_whose_dictionary_is_gone_fails_naming_it(server: Stack) -> None:
    await made(server, await dataset(server))
    plan = await server.create(SCHEMA.format(rows=30_000_000, unique="false"))
    await server.reaches(plan, "RUNNING")
    await server.client.post(f"/api/v1/jobs/{plan}:pause", json={})
    await server.reaches(plan, "PAUSED")
    assert (await server.client.delete("/api/v1/dictionaries/questions")).status == 200
    await server.client.post(f"/api/v1/jobs/{plan}:resume", json={})
    failed = await server.reaches(plan, "FAILED", "SUCCEEDED")
    assert failed["state"] == "FAILED" and "'questions'" in failed["error"]["message"], failed
    assert failed["error"]["code"] == "DICTIONARY_NOT_FOUND" and "people.question" in failed["error"]["message"], failed
    assert failed["error"]["retryable"] is False


async def test_what_cannot_be_a_dictionary_is_refused(server: Stack) -> None:
    job = await dataset(server)
    refusals: tuple[tuple[dict[str, Any], str, int], ...] = (
        ({"name": "Has Space"}, "NAME_INVALID", 400),
        ({"field": "questio"}, "FIELD_NOT_FOUND", 400),
        ({"maxLength": 2}, "DICTIONARY_EMPTY", 400),
        ({"minLength": 9, "maxLength": 2}, "LENGTH_INVALID", 400),
        ({"topics": ["none such"]}, "DICTIONARY_EMPTY", 400),
        ({"job": "data_nothing"}, "JOB_NOT_FOUND", 404),
        ({"job": await dataset(server, outputFormat="txt")}, "FORMAT_UNSUPPORTED", 400),
    )
    for fields, code, status in refusals:
        problem = await made(server, status=status, **{"job": job, **fields})
        assert problem["code"] == code, problem
    other = await server.create()
    assert (await made(server, other, 404))["code"] == "JOB_NOT_FOUND"
    assert (await server.client.get("/api/v1/dictionaries/..%2F..")).status == 404
    assert (await server.client.delete("/api/v1/dictionaries/nothing")).status == 404


async def test_dataset_that_is_not_finished_makes_no_dictionary(server: Stack) -> None:
    answer = await server.client.post("/api/v1/datasets", json={"targetCount": 50_000_000})
    job = (await answer.json())["id"]
    await server.reaches(job, "RUNNING")
    assert (await made(server, job, 409))["code"] == "JOB_NOT_FINISHED"
    await server.client.post(f"/api/v1/jobs/{job}:cancel", json={})
    await server.reaches(job, "CANCELLED")
