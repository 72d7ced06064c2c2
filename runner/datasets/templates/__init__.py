"""Ready-made domains: topics, kinds, personas, labels, words for the template model, and an example. One YAML file each."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from runner.datasets.spec import KindName

_HERE = Path(__file__).parent
_GENERAL = "general"


class Template(BaseModel):
    """A ready-made domain as users see it: what a request of it may begin with."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True)

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    name: str
    description: str
    domain_description: str
    topics: tuple[str, ...] = Field(min_length=10)
    kinds: tuple[KindName, ...]
    difficulties: tuple[str, ...]
    personas: tuple[str, ...]
    labels: tuple[str, ...] = Field(min_length=2)
    prompts: Mapping[str, str]
    example: Mapping[str, Any]


def all() -> tuple[Template, ...]:
    """Every template, by id."""
    return tuple(get(each["id"]) for each in every())


def get(id: str) -> Template:
    """One template. Raises `KeyError`."""
    fields = {name: value for name, value in read(id).items() if name != "lexicon"}
    return Template.model_validate(fields)


@cache
def ids() -> tuple[str, ...]:
    """The templates' ids, sorted."""
    return tuple(sorted(path.stem for path in _HERE.glob("*.yaml") if path.stem != _GENERAL))


@cache
def read(id: str) -> Mapping[str, Any]:
    """A template with its lexicon, as it stands in its file. Raises `KeyError`."""
    if id not in ids():
        raise KeyError(id)
    return _load(id)


def every() -> tuple[Mapping[str, Any], ...]:
    """All of them."""
    return tuple(read(id_) for id_ in ids())


@cache
def general() -> Mapping[str, Any]:
    """Words for domains without a template."""
    return _load(_GENERAL)


def find(domain: str) -> Mapping[str, Any] | None:
    """The template whose id or name is the domain, in any case."""
    folded = domain.casefold()
    return next((each for each in every() if folded in (each["id"], each["name"].casefold())), None)


def _load(id: str) -> Mapping[str, Any]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    read: Mapping[str, Any] = yaml.load((_HERE / f"{id}.yaml").read_bytes(), loader)  # noqa: S506  # safe, in C where there is one
    return read
