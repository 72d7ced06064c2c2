"""Messages to Python and back: JSON keeps its meaning, whole numbers stay whole."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict
from google.protobuf.struct_pb2 import Struct
from mockcraft.generator.v1 import generator_pb2 as pb

from services.common import messages
from services.common.errors import MockcraftError
from services.generator import convert
from services.generator.servicer import GeneratorServicer


@pytest.mark.parametrize("value", [None, True, 0, 3, -1.5, "text", [1, [2.5, None]], {"a": {"b": [False]}}, [], {}])
def test_json_values_survive_the_way_through_messages(value: Any) -> None:
    back = messages.plain_value(convert.value_message(value))
    assert back == value
    assert type(back) is type(value)


def test_a_document_keeps_its_whole_numbers() -> None:
    document = Struct()
    document.update({"mockcraft": 1, "tables": {"t": {"rows": 10, "columns": {"x": {"gen": "float", "min": 0.5}}}}})
    source = messages.schema_source(pb.Schema(document=document))
    assert source == {"mockcraft": 1, "tables": {"t": {"rows": 10, "columns": {"x": {"gen": "float", "min": 0.5}}}}}
    assert isinstance(source["mockcraft"], int)  # type: ignore[index]


def test_a_request_without_schema_or_source_is_refused() -> None:
    with pytest.raises(MockcraftError) as raised:
        messages.schema_request(pb.ValidateSchemaRequest())
    assert raised.value.code == "SCHEMA_MISSING"
    with pytest.raises(MockcraftError) as raised:
        convert.source(pb.StreamRowsRequest())
    assert raised.value.code == "SOURCE_MISSING"


def test_a_seed_of_zero_is_a_seed() -> None:
    schema = pb.Schema(text="x")
    assert messages.schema_request(pb.PlanSchemaRequest(schema=schema)).seed is None
    assert messages.schema_request(pb.PlanSchemaRequest(schema=schema, seed=0)).seed == 0


def test_rows_keep_nulls_and_nesting() -> None:
    row = {"a": None, "b": [1, {"c": "x"}], "d": 1.25}
    assert MessageToDict(convert.struct_message(row)) == row


def test_every_rpc_has_a_method() -> None:
    rpcs = [m.name for m in pb.DESCRIPTOR.services_by_name["GeneratorService"].methods]
    own = {name for name, _ in inspect.getmembers(GeneratorServicer, inspect.isfunction) if name in vars(GeneratorServicer)}
    assert own >= set(rpcs)
