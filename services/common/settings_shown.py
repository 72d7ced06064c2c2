"""Settings as YAML that can be a settings file again, with where each value came from."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import yaml
from pydantic import SecretStr

from services.common.settings import Settings

MASK: Final = "********"
HEAD: Final = """\
# What is in force, and where each value came from. It can be used as a settings file, but for secrets: those that are
# set are masked, in lines that are commented out. Set them in the environment, or put them in here."""


def as_yaml(settings: Settings) -> str:
    """Every setting in a line, with its origin; secrets masked."""
    return "\n".join((HEAD, *_lines(settings, settings.origin))) + "\n"


def _lines(tree: Any, origin: Mapping[str, str], prefix: str = "") -> Iterator[str]:
    indent = "  " * prefix.count(".")
    for name, value in tree:
        if prefix + name in origin:
            masked = _masked(value)
            text = yaml.safe_dump([masked], default_flow_style=True, width=math.inf, allow_unicode=True).strip()[1:-1]
            mark = "# " if MASK in _texts(masked) else ""
            yield f"{indent}{mark}{name}: {text}  # {origin[prefix + name]}"
        else:
            yield f"{indent}{name}:"
            yield from _lines(value, origin, f"{prefix}{name}.")


def _masked(value: Any) -> Any:
    if isinstance(value, SecretStr):
        return MASK if value.get_secret_value() else ""
    if isinstance(value, dict):
        return {key: _masked(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [_masked(item) for item in value]
    return str(value) if isinstance(value, Path) else value


def _texts(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else [value]
