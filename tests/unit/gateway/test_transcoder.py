"""Routes from the protos: path, query and body in, JSON out."""

from __future__ import annotations

import time

import grpc
import pytest
from google.protobuf.json_format import MessageToDict
from mockcraft.backup.v1 import backup_pb2_grpc
from mockcraft.datasets.v1 import datasets_pb2_grpc
from mockcraft.generator.v1 import generator_pb2_grpc
from mockcraft.jobs.v1 import jobs_pb2_grpc
from mockcraft.schemas.v1 import schemas_pb2_grpc
from mockcraft.seeder.v1 import seeder_pb2_grpc

from services.gateway.backends import SERVICES
from services.gateway.openapi import openapi
from services.gateway.rules import rules

BYTE_STREAMS = {"StreamRows", "StreamBlocks", "PutStoredTable", "StreamSeeding", "ReadArtifact"}


def test_every_method_has_a_route_except_the_byte_streams():
    routed = {rule.method.name for rule in rules()}
    assert {method.name for service in SERVICES for method in service.methods} - routed == BYTE_STREAMS


def test_every_service_of_the_protos_stands_behind_the_gateway():
    made = generator_pb2_grpc, jobs_pb2_grpc, seeder_pb2_grpc, backup_pb2_grpc, schemas_pb2_grpc, datasets_pb2_grpc
    stubs = {name for module in made for name in vars(module)}
    assert {f"{service.name}Stub" for service in SERVICES} == {name for name in stubs if name.endswith("Stub")}


def test_every_route_of_the_protos_is_in_the_openapi_document_with_a_description():
    for rule in rules():
        operation = openapi()["paths"][rule.path][rule.verb.lower()]
        assert operation["description"] and operation["operationId"] == rule.method.name


async def test_query_sets_fields_in_both_spellings(client, backend):
    assert (await client.get("/api/v1/generators?pageSize=3&search=x")).status == 200
    assert (await client.get("/api/v1/generators?page_size=4")).status == 200
    assert [request.page_size for request in backend.requests] == [3, 4]


async def test_unknown_query_key_is_refused_with_a_guess(client, backend):
    answer = await client.get("/api/v1/generators?pageSise=3")
    body = await answer.json()
    assert (answer.status, answer.content_type, body["code"]) == (400, "application/problem+json", "UNKNOWN_FIELD")
    assert body["findings"][0]["suggestion"] == "pageSize" and not backend.requests


async def test_other_query_keys_are_parameters_of_the_generator(client, backend):
    answer = await client.get("/api/v1/generate/First%20Name?count=2&seed=7&length=12&values=a&values=b&type=visa")
    assert await answer.json() == {"type": "person.first_name", "values": ["Ada", "Ada"]}
    (request,) = backend.requests
    assert (request.type, request.count, request.seed) == ("First Name", 2, 7)
    assert MessageToDict(request)["parameters"] == {"length": "12", "values": ["a", "b"], "type": "visa"}


async def test_whole_numbers_are_numbers_zero_is_printed_unset_messages_are_left_out(client, backend):
    planned = await (await client.post("/api/v1/schemas:plan", json={"schema": {}})).json()
    assert planned["totalRows"] == 2**60 + 1
    assert planned["tables"][0] == {"name": "t", "rows": 0, "columns": [], "estimatedBytes": {"csv": 7}, "uniques": []}
    backend.add_job("gen_1")
    job = await (await client.get("/api/v1/jobs/gen_1")).json()
    assert job["lastSequence"] == 0 and job["resumedFrom"] == "" and job["state"] == "RUNNING"
    assert job["createdAt"] == "2026-01-29T00:00:00.000Z"
    assert "startedAt" not in job and "error" not in job and "progress" not in job


async def test_free_values_keep_their_types(client):
    shown = await (await client.post("/api/v1/schemas:preview", json={"schema": "x"})).json()
    assert shown["rows"] == [{"a": 1, "b": 1.5, "c": None, "d": [1, {"e": "x"}], "f": True}]
    assert list(shown["rows"][0]) == ["f", "a", "b", "c", "d"], "the order of the columns, then the rest"
    assert isinstance(shown["rows"][0]["a"], int)


async def test_creating_answers_202_with_the_location_and_takes_the_idempotency_key(client, backend):
    body = {
        "schema": "tables: {}",
        "outputs": [{"format": "csv", "options": {"pretty": True}}],
        "rows": {"t": 10},
        "set": {"a": "b"},
    }
    answer = await client.post("/api/v1/generations", json=body, headers={"Idempotency-Key": "k-1"})
    assert (answer.status, answer.headers["Location"]) == (202, "/api/v1/jobs/gen_1")
    (request,) = backend.requests
    assert (request.request_id, dict(request.rows), request.outputs[0].options["pretty"].bool_value) == ("k-1", {"t": "10"}, True)


@pytest.mark.parametrize("key", ["", "a b", "k" * 256])
async def test_odd_idempotency_keys_are_refused(client, backend, key):
    answer = await client.post("/api/v1/generations", json={"schema": "x"}, headers={"Idempotency-Key": key})
    assert (answer.status, (await answer.json())["code"]) == (400, "IDEMPOTENCY_KEY_INVALID")
    assert not backend.requests


async def test_two_different_idempotency_keys_are_refused(client):
    body = {"schema": "x", "requestId": "one"}
    answer = await client.post("/api/v1/generations", json=body, headers={"Idempotency-Key": "two"})
    assert answer.status == 400


async def test_a_schema_object_is_sent_as_its_own_text_at_its_own_place(client, backend):
    body = '{\n  "seed": 1,\n  "schema": {"seed": 9007199254740993,\n    "tables": {}}}'
    answer = await client.post("/api/v1/schemas:validate", data=body, headers={"Content-Type": "application/json"})
    assert answer.status == 200
    text = backend.requests[0].schema.text
    assert text == '\n\n            {"seed": 9007199254740993,\n    "tables": {}}'
    assert body.splitlines()[2].index("{") == text.splitlines()[2].index("{")


@pytest.mark.parametrize("media", ["application/yaml", "text/yaml", "application/x-yaml", "text/plain"])
async def test_a_yaml_body_is_the_schema_and_the_query_has_the_rest(client, backend, media):
    url = "/api/v1/schemas:preview?table=users&offset=10&rows=2&set.users=5&rowCounts.users=7&seed=3"
    answer = await client.post(url, data="tables: {}\n", headers={"Content-Type": media})
    assert answer.status == 200
    (request,) = backend.requests
    assert (request.schema.text, request.table, request.offset, request.rows, request.seed) == ("tables: {}\n", "users", 10, 2, 3)
    assert (dict(request.set), dict(request.row_counts)) == ({"users": "5"}, {"users": "7"})


async def test_a_json_body_can_be_the_schema_itself(client, backend):
    body = '{"mockcraft": 1,\n "tables": {}}'
    answer = await client.post("/api/v1/schemas:validate?seed=4", data=body, headers={"Content-Type": "application/json"})
    assert answer.status == 200
    assert (backend.requests[0].schema.text, backend.requests[0].seed) == (body, 4)


@pytest.mark.parametrize(
    ("body", "code", "path", "line", "column"),
    [
        ('{"schema": {}, "seed": }', "JSON_INVALID", "", 1, 24),
        ("[1]", "JSON_NOT_OBJECT", "", 1, 1),
        ('{"schema": "x",\n "schema": "y"}', "JSON_DUPLICATE_KEY", "schema", 2, 2),
        ('{"schema": "x",\n "seeed": 1}', "UNKNOWN_FIELD", "seeed", 2, 2),
        ('{"schema": "x",\n "seed": "many"}', "TYPE_INVALID", "seed", 2, 2),
        ('{"schema": "x", "seed": 1.5}', "TYPE_INVALID", "seed", 1, 17),
        ('{"schema": "x", "seed": 9223372036854775808}', "OUT_OF_RANGE", "seed", 1, 17),
        ('{"schema": "x", "seed": NaN}', "JSON_INVALID", "", 1, 25),
        ('{"schema": 5}', "TYPE_INVALID", "schema", 1, 2),
        ('{"schema": "x", "outputs": [{"format": "csv"},\n  {"fromat": "csv"}]}', "UNKNOWN_FIELD", "outputs[1].fromat", 2, 4),
        ('{"schema": "x", "outputs": {}}', "TYPE_INVALID", "outputs", 1, 17),
        ('{"schema": "x", "rows": {"t": [1]}}', "TYPE_INVALID", "rows.t", 1, 26),
        ('{"schema": "x\\ud800"}', "JSON_INVALID", "", 1, 14),
    ],
)
async def test_bad_json_is_refused_with_its_place(client, backend, body, code, path, line, column):
    answer = await client.post("/api/v1/generations", data=body, headers={"Content-Type": "application/json"})
    problem = await answer.json()
    finding = problem["findings"][0]
    assert (answer.status, problem["code"]) == (400, code)
    assert (finding["code"], finding["path"], finding["line"], finding["column"]) == (code, path, line, column)
    assert not backend.requests


async def test_all_complaints_come_at_once(client):
    answer = await client.post("/api/v1/generations", json={"schema": "x", "seed": "a", "workers": "b", "sett": {}})
    assert {each["path"] for each in (await answer.json())["findings"]} == {"seed", "workers", "sett"}


async def test_deep_nesting_is_refused_and_the_process_lives(client, backend):
    deep = '{"schema": "x", "outputs": [{"format": "csv", "options": {"a": ' + "[" * 200 + "]" * 200 + "}}]}"
    answer = await client.post("/api/v1/generations", data=deep, headers={"Content-Type": "application/json"})
    assert (answer.status, (await answer.json())["code"]) == (400, "JSON_TOO_DEEP")
    very = '{"schema": ' + "[" * 100_000 + "]" * 100_000 + "}"
    answer = await client.post("/api/v1/generations", data=very, headers={"Content-Type": "application/json"})
    assert answer.status == 400 and (await client.get("/health/live")).status == 200 and not backend.requests


async def test_query_and_form_are_refused_where_a_json_body_is_meant(client):
    assert (await client.post("/api/v1/generations?seed=1", json={"schema": "x"})).status == 400
    answer = await client.post("/api/v1/generations", data={"schema": "x"})
    assert (answer.status, (await answer.json())["code"]) == (415, "UNSUPPORTED_MEDIA_TYPE")


async def test_verbs_after_a_colon_reach_their_method(client, backend):
    backend.add_job("gen_1")
    for verb in ("pause", "resume", "cancel"):
        assert (await client.post(f"/api/v1/jobs/gen_1:{verb}")).status == 200
    assert [type(request).__name__ for request in backend.requests] == ["PauseJobRequest", "ResumeJobRequest", "CancelJobRequest"]


async def test_states_are_taken_by_name(client, backend):
    assert (await client.get("/api/v1/jobs?state=running")).status == 200
    assert (await client.get("/api/v1/jobs?state=walking")).status == 400
    assert len(backend.requests) == 1


@pytest.mark.parametrize("job_id", ["gen_none", "x", "..%2f..%2fetc", "a%00b", "a:b", "%ff", "é"])
async def test_unknown_and_malformed_ids_get_the_same_answer(client, job_id):
    answer = await client.get(f"/api/v1/jobs/{job_id}")
    problem = await answer.json()
    assert (answer.status, problem["code"], problem["message"]) == (404, "JOB_NOT_FOUND", "There is no such job.")


async def test_errors_of_services_become_problems(client, backend):
    backend.failure = (grpc.StatusCode.FAILED_PRECONDITION, "INVALID_STATE", "Not now.", "Wait.")
    answer = await client.get("/api/v1/generators/x", headers={"X-Request-ID": "abc"})
    assert await answer.json() == {
        "status": 409,
        "title": "Conflict",
        "code": "INVALID_STATE",
        "message": "Not now.",
        "details": "Wait.",
        "request_id": "abc",
    }
    assert answer.headers["X-Request-ID"] == backend.metadata["x-request-id"] == "abc"


@pytest.mark.parametrize(
    ("code", "reason", "status"),
    [
        (grpc.StatusCode.ALREADY_EXISTS, "IDEMPOTENCY_KEY_REUSED", 422),
        (grpc.StatusCode.OUT_OF_RANGE, "EVENTS_EXPIRED", 410),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, "BODY_TOO_LARGE", 413),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, "BUSY", 429),
        (grpc.StatusCode.UNAVAILABLE, "STORE_DOWN", 503),
    ],
)
async def test_statuses_follow_the_code(client, backend, code, reason, status):
    backend.failure = (code, reason, "So it is.")
    answer = await client.get("/api/v1/generators")
    assert (answer.status, (await answer.json())["code"]) == (status, reason)


async def test_answers_that_are_too_large_are_not_blamed_on_the_request(client, backend):
    async def large(request, context):
        await context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "CLIENT: Received message larger than max (99 vs. 9)")

    backend._take = large
    answer = await client.get("/api/v1/generators")
    assert (answer.status, (await answer.json())["code"]) == (400, "ANSWER_TOO_LARGE")


async def test_what_breaks_inside_is_not_shown(client, backend):
    async def broken(request, context):
        raise RuntimeError("secret traceback")

    backend._take = broken
    answer = await client.get("/api/v1/generators")
    assert answer.status == 500 and "secret" not in await answer.text() and (await answer.json())["code"] == "INTERNAL"


async def test_unknown_addresses_and_methods_are_problems_too(client):
    missing = await client.get("/api/v1/nothing")
    assert (missing.status, missing.content_type, (await missing.json())["code"]) == (
        404,
        "application/problem+json",
        "ROUTE_NOT_FOUND",
    )
    wrong = await client.delete("/api/v1/jobs")
    assert (wrong.status, wrong.headers["Allow"]) == (405, "GET,HEAD")


async def test_a_flood_of_mistakes_is_answered_soon_and_briefly(client):
    body = {"schema": "x", **{f"unknown{i}": i for i in range(40_000)}}
    began = time.perf_counter()
    answer = await client.post("/api/v1/generations", json=body)
    assert answer.status == 400 and len((await answer.json())["findings"]) == 50
    assert time.perf_counter() - began < 3
    long = await client.post("/api/v1/generations", json={"schema": "x", "k" * 100_000: 1})
    assert len(await long.read()) < 1000


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("/api/v1/jobs/gen_1/events?after=abc", "after"),
        ("/api/v1/jobs?pageSize=abc", "pageSize"),
        ("/api/jobs?pageSize=abc", "pageSize"),
        ("/api/jobs?limit=abc", "limit"),
    ],
)
async def test_findings_name_query_keys_as_they_were_written(client, url, name):
    body = await (await client.get(url)).json()
    assert [each["path"] for each in body["findings"]] == [name] and body["message"].startswith(f"`{name}`")


@pytest.mark.parametrize(
    ("verb", "path", "said"),
    [
        (
            "POST",
            "jobs/gen_1:stop",
            "This address does not take this method; it takes DELETE, GET, HEAD. It can end in :pause, :resume or :cancel.",
        ),
        ("GET", "jobs:sum", "There is nothing at this address. It can end in :summary."),
        ("POST", "jobs/gen_1/stop", "There is nothing at this address."),
        ("GET", "jobs/gen_1:pause", "This address does not take this method; it takes POST."),
        ("DELETE", "jobs/gen_1:cancel", "This address does not take this method; it takes POST."),
        ("GET", "seedings/seed_1:clean", "This address does not take this method; it takes POST."),
        ("PUT", "jobs", "This address does not take this method; it takes GET, HEAD."),
    ],
)
async def test_what_cannot_be_asked_at_an_address_says_what_can(client, verb, path, said):
    answer = await client.request(verb, f"/api/v1/{path}")
    problem = await answer.json()
    status, code = (405, "METHOD_NOT_ALLOWED") if "method" in said else (404, "ROUTE_NOT_FOUND")
    assert (answer.status, problem["code"], problem["message"]) == (status, code, said)
    allowed = said.partition("takes ")[2].partition(".")[0].replace(", ", ",")
    assert answer.headers.get("Allow", "") == allowed


async def test_a_removed_job_is_answered_without_a_body(client, backend):
    backend.add_job("gen_1")
    removed = await client.delete("/api/v1/jobs/gen_1")
    assert (removed.status, await removed.read()) == (204, b"")
    assert (await client.delete("/api/v1/jobs/gen_1")).status == 404
    assert set(openapi()["paths"]["/api/v1/jobs/{id}"]["delete"]["responses"]) == {"204", "default"}
