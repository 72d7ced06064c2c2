"""The catalogue and its values are the same through the command line, REST and gRPC."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import grpc
import pytest
from google.protobuf.json_format import MessageToDict
from mockcraft.generator.v1 import generator_pb2, generator_pb2_grpc

from cli import single
from cli.commands.generators import summary
from runner.generators import catalogue
from runner.values import home_locale, needed
from tests.integration.stack import Stack, stack

COUNT = 3


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Stack]:
    limits = {"compute": 0, "read": 0}
    async with stack(tmp_path, rate_limits=limits) as running:
        yield running


@pytest.fixture(autouse=True)
def no_plugins() -> Iterator[None]:
    assert "MOCKCRAFT_GENERATORS_DIR" not in os.environ
    yield


async def test_the_list_is_the_same(server: Stack) -> None:
    async with grpc.aio.insecure_channel(server.address) as channel:
        stub = generator_pb2_grpc.GeneratorServiceStub(channel)
        by_grpc = (await stub.ListGenerators(generator_pb2.ListGeneratorsRequest())).generators
    by_rest = (await (await server.client.get("/api/v1/generators")).json())["generators"]
    by_adapter = (await (await server.client.get("/api/generators")).json())["generators"]
    by_cli = [summary(generator) for generator in catalogue().values()]
    named = [g.name for g in by_grpc]
    assert named == [g["name"] for g in by_rest] == [g["name"] for g in by_adapter] == [g["name"] for g in by_cli]
    assert [MessageToDict(g.example) for g in by_grpc] == [g["example"] for g in by_rest] == [g["example"] for g in by_adapter]
    assert [[p.name for p in g.parameters] for g in by_grpc] == [[p["name"] for p in g["parameters"]] for g in by_rest]
    assert [[p.name for p in g.parameters] for g in by_grpc] == [g["parameters"] for g in by_cli]


async def test_the_values_are_the_same(server: Stack) -> None:
    async with grpc.aio.insecure_channel(server.address) as channel:
        stub = generator_pb2_grpc.GeneratorServiceStub(channel)
        for name, generator in catalogue().items():
            locale, given = home_locale(generator), {key: json.dumps(value) for key, value in needed(generator).items()}
            request = generator_pb2.GenerateValuesRequest(type=name, count=COUNT, seed=5, locale=locale)
            for key, value in given.items():
                request.parameters[key].string_value = value
            by_grpc = [MessageToDict(value) for value in (await stub.GenerateValues(request)).values]
            query = {"count": str(COUNT), "seed": "5", "locale": locale, **given}
            by_rest = (await (await server.client.get(f"/api/v1/generate/{name}", params=query)).json())["values"]
            by_adapter = (await (await server.client.get(f"/api/generate/{name}", params=query)).json())["values"]
            _, by_cli = single._values(single.Request(name, COUNT, 5, locale, "json", given))
            assert by_grpc == by_rest == by_adapter == json.loads(json.dumps(by_cli)), name
