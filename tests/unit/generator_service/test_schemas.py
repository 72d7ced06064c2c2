"""Checking and planning: findings, columns, and sizes that are measured."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from runner.engine import Engine
from runner.formats import open_format
from runner.schema import Access
from runner.spec import Output
from services.common.errors import MockcraftError
from services.common.jobs.memory import MemoryJobStore
from services.common.jobs.service import JobsService
from services.common.schemas import SchemaRequest, plan_of
from services.common.settings import Schemas, Settings
from services.common.storage.local import LocalStorage
from services.generator.estimates import FORMATS
from services.generator.generations import GenerationRequest
from services.generator.service import GeneratorService


async def test_a_plan_names_tables_columns_and_rows(service: GeneratorService, schema: SchemaRequest) -> None:
    planned = await service.plan(dataclasses.replace(schema, set={"users": "2K"}))
    users, orders = planned.tables
    assert planned.valid and planned.digest == plan_of(dataclasses.replace(schema, set={"users": "2K"})).digest
    assert (users.name, users.rows) == ("users", 2000)
    assert planned.total_rows == 2000 + orders.rows
    columns = {c.name: c for c in users.columns + orders.columns[1:]}
    assert columns["id"].unique and columns["email"].unique and not columns["first_name"].unique
    assert columns["signup_at"].nullable and not columns["email"].nullable
    assert columns["user_id"].references == "users.id"
    assert columns["first_name"].generator == "person.first_name"
    assert columns["balance"].type.startswith("decimal(")


async def test_slow_columns_are_marked_also_when_they_are_looked_up(service: GeneratorService, schema: SchemaRequest) -> None:
    users, orders = (await service.plan(schema)).tables
    assert [c.name for c in users.columns if c.slow] == ["word"]
    assert [c.name for c in orders.columns if c.slow] == ["shouted"]


async def test_estimates_are_near_the_real_sizes(service: GeneratorService, schema: SchemaRequest) -> None:
    text = str(schema.source).replace("word: faker.word", "word: word").replace("upper(user_id.word)", "upper(user_id.last_name)")
    request = SchemaRequest(text, set={"users": "40000"})
    plan, planned = plan_of(request), await service.plan(request)
    engine = Engine(plan)
    for name in FORMATS:
        opened = open_format(plan, Output(format=name))
        for table in planned.tables:
            units = [(f, a, b) for f in opened.files() if f.table == table.name for a, b in f.units()]
            real = sum(memoryview(p).nbytes for f, a, b in units for p in opened.unit(f, engine, a, b))
            assert table.estimated_bytes[name] == pytest.approx(real, rel=0.25 if name == "parquet" else 0.02)


async def test_a_small_table_is_measured_to_the_byte(service: GeneratorService) -> None:
    request = SchemaRequest("tables: {t: {rows: 10, columns: {id: sequence}}}")
    (table,) = (await service.plan(request)).tables
    assert table.estimated_bytes["csv"] == len("id\n" + "".join(f"{i}\n" for i in range(1, 11)))


async def test_an_invalid_schema_is_an_answer_not_an_error(service: GeneratorService) -> None:
    request = SchemaRequest("tables: {t: {rows: -1, columns: {a: frist_name}}}")
    valid, findings = await service.validate(request)
    assert not valid
    assert {f.code for f in findings} >= {"GENERATOR_NOT_FOUND"}
    planned = await service.plan(request)
    assert (planned.valid, planned.findings, planned.tables) == (False, findings, ())


async def test_creating_from_an_invalid_schema_is_refused_with_all_findings(service: GeneratorService) -> None:
    with pytest.raises(MockcraftError) as raised:
        await service.create_generation(
            GenerationRequest(SchemaRequest("tables:\n  t:\n    rows: 5\n    columns: {a: frist_name, b: nope_at_all}\n"))
        )
    assert raised.value.code == "SCHEMA_INVALID"
    assert [(f.path, f.line) for f in raised.value.findings] == [("tables.t.columns.a", 4), ("tables.t.columns.b", 4)]


async def test_a_document_that_cannot_be_read_says_so_in_its_code(service: GeneratorService) -> None:
    with pytest.raises(MockcraftError) as raised:
        await service.create_generation(GenerationRequest(SchemaRequest("a: &x [1]\nb: *x\n")))
    assert raised.value.code.startswith("YAML_")


async def test_every_example_of_the_repository_plans(service: GeneratorService) -> None:
    for path in sorted(Path(__file__).parents[3].glob("examples/*.yaml")):
        text = path.read_text()
        if "tables:" in text:
            valid, findings = await service.validate(SchemaRequest(text))
            assert valid, (path.name, findings)


async def test_requests_include_no_files_and_read_what_the_settings_allow(
    service: GeneratorService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "t.yaml").write_text("tables: {t: {rows: 1, columns: {id: sequence}}}")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TENANT", "acme")
    including = SchemaRequest("include: t.yaml\n", access=Access(tmp_path))
    reading = SchemaRequest("tables: {t: {rows: 1, columns: {a: {value: '${env.TENANT}'}}}}", access=Access(env={"TENANT": "x"}))
    assert [f.code for f in (await service.validate(including))[1]] == ["INCLUDE_REFUSED"]
    assert [f.code for f in (await service.plan(reading)).findings] == ["ENV_REFUSED"]
    with pytest.raises(MockcraftError, match="invalid"):
        await service.create_generation(GenerationRequest(reading))
    allowing = Settings(data_dir=tmp_path, schemas=Schemas(requests_allow_env=("TENANT",)))
    other = GeneratorService(allowing, JobsService(MemoryJobStore(), storage=LocalStorage(tmp_path)))
    page = (await other.preview(reading, "", 0, 1)).page
    other.close()
    assert page is not None and page.rows == [{"a": "acme"}]
