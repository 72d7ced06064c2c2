"""Messages of datasets, domains and dictionaries, to and from what the service works with. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from google.protobuf.json_format import ParseDict
from google.protobuf.message import Message
from google.protobuf.struct_pb2 import Struct, Value
from mockcraft.datasets.v1 import datasets_pb2 as pb

from runner.datasets.templates import Template
from runner.dictionaries import Dictionary
from services.common.messages import plain_value
from services.datasets import asking
from services.datasets.dictionaries import DictionaryRequest
from services.datasets.domains import Domain

_OWN = frozenset({"requestId"})


def request_values(message: pb.DatasetRequest) -> dict[str, Any]:
    """The fields of a request that say something, by their camelCase names."""
    return {name: value for name, value in _said(message).items() if name not in _OWN}


def _said(message: Message) -> dict[str, Any]:
    return {field.camelcase_name: _plain(value) for field, value in message.ListFields()}


def _plain(value: Any) -> Any:
    if isinstance(value, Struct):
        return plain_value(Value(struct_value=value))
    if isinstance(value, Message):
        return _said(value)
    if isinstance(value, str | bytes | int | float):
        return value
    return [_plain(each) for each in value]


def request_message(values: asking.Values) -> pb.DatasetRequest:
    """A request of these fields; those that are null say nothing."""
    return ParseDict(_without_null(values), pb.DatasetRequest())


def _without_null(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def template_message(template: Template) -> pb.DatasetTemplate:
    """A ready-made domain."""
    example = Struct()
    example.update(dict(template.example))
    request = request_message(asking.of_template(template))
    return pb.DatasetTemplate(
        id=template.id, name=template.name, description=template.description, request=request, example=example
    )


def domain_message(domain: Domain) -> pb.Domain:
    """A saved domain."""
    message = pb.Domain(
        id=domain.id,
        name=domain.name,
        description=domain.description,
        request=request_message(domain.request),
        revision=domain.revision,
    )
    message.created_at.FromDatetime(domain.created_at)
    message.updated_at.FromDatetime(domain.updated_at)
    return message


def dictionary_request(message: pb.CreateDictionaryRequest) -> DictionaryRequest:
    """A dictionary to make of a job."""
    lengths = {name: getattr(message, name) for name in ("min_length", "max_length") if message.HasField(name)}
    topics, kinds = tuple(message.topics), tuple(message.kinds)
    return DictionaryRequest(
        message.name, message.job, message.field, topics=topics, kinds=kinds, unique=message.unique, **lengths
    )


def dictionary_message(found: Dictionary) -> pb.Dictionary:
    """A dictionary."""
    message = pb.Dictionary(
        name=found.name,
        version=found.version,
        digest=found.digest,
        size=found.size,
        weighted=found.weighted,
        field=found.field,
        source=found.source,
        generator=found.generator,
        samples=found.samples,
        left_out=found.left_out,
    )
    if found.created_at:
        message.created_at.FromJsonString(found.created_at)
    return message
