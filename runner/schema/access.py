"""What a schema may reach beyond its own text: files it includes, variables of the environment. Nothing, unless it is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Access:
    """`base` is the folder of the schema's file (None: there is no file, so nothing can be included), `folders` are others
    from which it may include; `env` holds the variables it may read, None for those that are not set."""

    base: Path | None = None
    folders: tuple[Path, ...] = ()
    env: Mapping[str, str | None] = field(default_factory=dict)


NOTHING = Access()
