"""What is known of a column once it is resolved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from runner.ops import Op
from runner.schema.bounds import Facts
from runner.types import Type

MAX_CHAIN: Final = 150
"""How many columns may wait for one another."""


@dataclass(frozen=True)
class Resolved:
    """A column's operation (physical values of `type`), what is known of it, and where it came from."""

    op: Op
    type: Type
    facts: Facts
    unique: bool = False
    generator: str = ""
    version: int = 1
    distinct: int | None = None
