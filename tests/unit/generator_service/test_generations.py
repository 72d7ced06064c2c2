"""Creating generations: what the child is told, what is refused, and what one request id means."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from runner.plan import Plan
from runner.spec import Output
from services.common.errors import MockcraftError
from services.common.schemas import SchemaRequest, plan_of
from services.common.settings import Settings
from services.generator.generations import GenerationRequest, check_outputs, job_spec
from services.generator.known import KnownSchemas
from services.generator.service import GeneratorService

CONFIG = """{"global_settings": {"row_count": 10, "output_format": "sql", "file_name": "my_data"},
 "sql_settings": {"dialect": "postgres", "table_name": "users"},
 "columns": [{"column_name": "id", "generator_type": "uuid"}]}"""


def test_a_spec_holds_the_plan_and_defaults_to_one_csv(schema: SchemaRequest) -> None:
    spec = job_spec(GenerationRequest(schema), Settings(workers=3, block_rows=4096), KnownSchemas())
    assert Plan.from_json(__import__("orjson").dumps(spec["plan"])) == plan_of(schema)
    assert [Output.model_validate(o) for o in spec["outputs"]] == [Output(format="csv")]
    assert (spec["workers"], spec["blockRows"], spec["checkpointRows"]) == (3, 4096, 1_048_576)
    assert job_spec(GenerationRequest(schema, workers=5), Settings(), KnownSchemas())["workers"] == 5


def test_a_build_config_says_what_to_write() -> None:
    spec = job_spec(GenerationRequest(SchemaRequest(CONFIG)), Settings(), KnownSchemas())
    (output,) = spec["outputs"]
    assert (output["format"], output["dialect"], output["options"]) == ("sql", "postgresql", {"file_name": "my_data"})


@pytest.mark.parametrize(
    ("record", "path"),
    [
        ({"format": "cvs"}, "outputs[1].format"),
        ({"format": "csv", "compression": "zip"}, "outputs[1].compression"),
        ({"format": "csv", "options": {"delimeter": ";"}}, "outputs[1].options.option"),
        ({"format": "csv", "options": {"delimiter": "long"}}, "outputs[1].options.delimiter"),
        ({"format": "sql", "dialect": "orcale"}, "outputs[1].dialect"),
        ({"format": "csv", "surprise": 1}, "outputs[1].surprise"),
    ],
)
def test_a_bad_output_is_named_by_its_place(schema: SchemaRequest, record: dict[str, Any], path: str) -> None:
    with pytest.raises(MockcraftError) as raised:
        check_outputs(plan_of(schema), [{"format": "jsonl"}, record])
    assert raised.value.code == "OPTION_INVALID"
    assert [f.path for f in raised.value.findings] == [path]


def test_two_outputs_must_not_write_one_file(schema: SchemaRequest) -> None:
    with pytest.raises(MockcraftError) as raised:
        check_outputs(plan_of(schema), [{"format": "csv"}, {"format": "csv", "options": {"header": False}}])
    assert raised.value.code == "OUTPUT_CONFLICT"
    assert len(check_outputs(plan_of(schema), [{"format": "csv"}, {"format": "csv", "compression": "gzip"}])) == 2


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"workers": -1}, "WORKERS_INVALID"),
        ({"workers": 257}, "WORKERS_INVALID"),
        ({"request_id": "x" * 257}, "REQUEST_ID_INVALID"),
        ({"outputs": ({"format": "csv"},) * 17}, "OUTPUTS_INVALID"),
    ],
)
def test_requests_beyond_the_limits_are_refused(schema: SchemaRequest, changes: dict[str, Any], code: str) -> None:
    with pytest.raises(MockcraftError) as raised:
        job_spec(dataclasses.replace(GenerationRequest(schema), **changes), Settings(), KnownSchemas())
    assert raised.value.code == code


async def test_one_request_id_names_one_job(service: GeneratorService, schema: SchemaRequest) -> None:
    request = GenerationRequest(schema, request_id="r-1")
    job = await service.create_generation(request)
    assert (await service.create_generation(GenerationRequest(SchemaRequest(schema.source), request_id="r-1"))).id == job.id
    assert (await service.create_generation(dataclasses.replace(request, request_id="r-2"))).id != job.id
    with pytest.raises(MockcraftError) as raised:
        await service.create_generation(dataclasses.replace(request, workers=2))
    assert raised.value.code == "IDEMPOTENCY_KEY_REUSED"


@pytest.mark.parametrize(
    "other",
    [
        {"outputs": ({"format": "jsonl"},)},
        {"workers": 2},
        {"schema": SchemaRequest("other")},
        {"schema": SchemaRequest("text", seed=1)},
        {"schema": SchemaRequest("text", rows={"t": "1"})},
        {"schema": SchemaRequest("text", set={"t": "1"})},
    ],
)
def test_everything_asked_for_counts_in_the_digest(other: dict[str, Any]) -> None:
    request = GenerationRequest(SchemaRequest("text"))
    assert dataclasses.replace(request, **other).digest != request.digest
    assert dataclasses.replace(request, request_id="other").digest == request.digest


def test_the_spacing_of_a_json_schema_does_not_count_in_the_digest() -> None:
    spaced, dense, other = (
        GenerationRequest(SchemaRequest(text))
        for text in ('{ "tables":\n {"t": {} } }', '{"tables":{"t":{}}}', '{"tables":{"u":{}}}')
    )
    assert spaced.digest == dense.digest != other.digest
