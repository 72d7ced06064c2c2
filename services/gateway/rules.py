"""The REST routes that the protos declare with `google.api.http`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from google.api import annotations_pb2, http_pb2
from google.protobuf.descriptor import Descriptor, FieldDescriptor, MethodDescriptor

from services.gateway.backends import JOB_SERVICE, SERVICES

_VARIABLE = re.compile(r"\{([a-z_][a-z0-9_]*)\}")


@dataclass(frozen=True, slots=True)
class Rule:
    """One route of one method. `variables` are the request fields bound by the path; `body` is "*", a field or empty."""

    verb: str
    path: str
    variables: tuple[str, ...]
    body: str
    method: MethodDescriptor

    @property
    def pattern(self) -> str:
        """The path as aiohttp's router writes it; a variable is one path segment."""
        return _VARIABLE.sub(lambda found: "{" + found[1] + r":[^/]+}", self.path)

    @property
    def creates_job(self) -> bool:
        """Whether it starts a job: answered with 202 and a `Location`."""
        return self.method.output_type.full_name == "mockcraft.jobs.v1.Job" and self.method.containing_service is not JOB_SERVICE


def _rules_of(method: MethodDescriptor, rule: http_pb2.HttpRule) -> Iterator[Rule]:
    verb = rule.WhichOneof("pattern")
    path = getattr(rule, verb)
    yield Rule(verb.upper(), path, tuple(_VARIABLE.findall(path)), rule.body, method)
    for more in rule.additional_bindings:
        yield from _rules_of(method, more)


@cache
def rules() -> tuple[Rule, ...]:
    """All routes; those that end in `:verb` first, since a path variable alone would match them too."""
    found = [
        rule
        for service in SERVICES
        for method in service.methods
        if method.GetOptions().HasExtension(annotations_pb2.http)
        for rule in _rules_of(method, method.GetOptions().Extensions[annotations_pb2.http])
    ]
    return tuple(sorted(found, key=lambda rule: not re.search(r":[a-z]+$", rule.path)))


def method_named(name: str) -> MethodDescriptor:
    """The method with this name; names are unique among the services. Raises `KeyError`."""
    return {method.name: method for service in SERVICES for method in service.methods}[name]


def field_named(message: Descriptor, name: str) -> FieldDescriptor | None:
    """The field with this lowerCamelCase or snake_case name."""
    return message.fields_by_name.get(name) or message.fields_by_camelcase_name.get(name)
