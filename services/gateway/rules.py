"""The REST routes that the protos declare with `google.api.http`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from google.api import annotations_pb2, http_pb2
from google.protobuf.descriptor import Descriptor, FieldDescriptor, MethodDescriptor

from services.gateway.backends import JOB_SERVICE, SERVICES

_VARIABLE = re.compile(r"\{([a-z_][a-z0-9_]*)\}")
_ACTION = re.compile(r"(.+)(:[a-z]+)")


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
        """The path as aiohttp's router writes it; a variable is one path segment, not one that ends in an action there is."""
        others = "|".join(actions().get(self.path, ()))
        segment = f"(?:(?!(?:{others})$)[^/])+" if others else "[^/]+"
        return _VARIABLE.sub(lambda found: "{" + found[1] + ":" + segment + "}", self.path)

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


@cache
def actions() -> Mapping[str, tuple[str, ...]]:
    """What can be asked of the resource at a path, such as `:pause`, by path."""
    found: dict[str, tuple[str, ...]] = {}
    for rule in rules():
        if parts := _ACTION.fullmatch(rule.path):
            found[parts[1]] = (*found.get(parts[1], ()), parts[2])
    return found


def actions_beside(path: str) -> tuple[str, ...]:
    """What can be asked at an address where something else was asked; nothing where that can be, or there are no such routes."""
    resource, colon, action = path.rpartition(":")
    known = (names for place, names in actions().items() if re.fullmatch(_VARIABLE.sub("[^/:]+", place), resource))
    names = next(known, ()) if colon else ()
    return () if f":{action}" in names else names


def method_named(name: str) -> MethodDescriptor:
    """The method with this name; names are unique among the services. Raises `KeyError`."""
    return {method.name: method for service in SERVICES for method in service.methods}[name]


def field_named(message: Descriptor, name: str) -> FieldDescriptor | None:
    """The field with this lowerCamelCase or snake_case name."""
    return message.fields_by_name.get(name) or message.fields_by_camelcase_name.get(name)
