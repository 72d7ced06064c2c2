"""Target databases, found by URL scheme. The folder is the registry: each module here is one database.

A module has `SCHEMES`, the schemes it answers to; `check(url, rules)`, which refuses what must not be
opened and answers with the URL made absolute; and `connect(url)`, which opens it. Nothing here
imports gRPC: loaders are child processes that do without.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol, cast

import pyarrow as pa

from runner.types import Type


class TargetRefusedError(ValueError):
    """A target that is not opened: `code` is TARGET_NOT_ALLOWED or TARGET_INVALID. The text holds no secret."""

    def __init__(self, message: str, code: str = "TARGET_NOT_ALLOWED", details: str = "") -> None:
        super().__init__(message)
        self.code, self.details = code, details


class DatabaseError(Exception):
    """What a database answered, as a stable code and a plain sentence; `retryable` when another attempt may help."""

    def __init__(self, code: str, message: str, retryable: bool = False) -> None:
        super().__init__(message)
        self.code, self.retryable = code, retryable


@dataclass(frozen=True, slots=True)
class Rules:
    """What targets may be: relative paths of files start at `base`; with `inside` they must not leave it.

    `reserved` files (our own stores) are never targets.
    """

    base: Path
    inside: bool = False
    reserved: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class StoredColumn:
    """A column as the database has it. `required` columns take no null and have no default."""

    name: str
    declared: str
    required: bool


@dataclass(frozen=True, slots=True)
class Broken:
    """Rows of `table` whose reference to `parent` finds nothing there."""

    table: str
    parent: str
    rows: int


class Database(Protocol):
    """An open target. One transaction at a time; every error is a `DatabaseError`."""

    dialect: str

    def close(self) -> None:
        """Let go; a transaction that is open is undone."""

    def transaction(self) -> AbstractContextManager[None]:
        """Everything in it happens, durably, or nothing does."""

    def execute(self, sql: str, params: Sequence[Any] = ()) -> None:
        """One statement, placeholders `?`."""

    def run_script(self, sql: str) -> None:
        """Several statements, each ended by `;` and a line break."""

    def query(self, sql: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of one statement."""

    def update(self, sql: str, params: Sequence[Any] = ()) -> int:
        """One statement; how many rows it changed."""

    def columns(self, table: str) -> tuple[StoredColumn, ...]:
        """The columns of a table; empty when there is no such table."""

    def insert(self, table: str, batch: pa.RecordBatch, types: Sequence[Type], key: Sequence[str] = ()) -> None:
        """Add the rows of a batch (logical types). With `key`, rows that are there by those columns are overwritten."""

    def broken_references(self) -> list[Broken]:
        """Every reference of the database that does not hold."""

    def size(self) -> int:
        """Bytes of the database, roughly."""


@cache
def _modules() -> dict[str, ModuleType]:
    found = [importlib.import_module(f"{__name__}.{m.name}") for m in pkgutil.iter_modules(__path__)]
    return {scheme: module for module in found for scheme in module.SCHEMES}


def schemes() -> tuple[str, ...]:
    """The URL schemes there are, sorted."""
    return tuple(sorted(_modules()))


def _module(url: str) -> ModuleType:
    scheme, colon, _ = url.partition(":")
    if not colon:
        raise TargetRefusedError("The target is not a database URL.", "TARGET_INVALID", "Write one such as sqlite:///shop.db.")
    module = _modules().get(scheme.lower())
    if module is None:
        raise TargetRefusedError(f"Targets of this kind are not served; known are {', '.join(schemes())}.")
    return module


def check_target(url: str, rules: Rules) -> str:
    """The URL, absolute and safe to open. Opens nothing. Raises `TargetRefusedError`."""
    return cast("str", _module(url).check(url, rules))


def connect(url: str) -> Database:
    """Open a checked target, creating its file if need be. Raises `DatabaseError`."""
    return cast("Database", _module(url).connect(url))


def display(url: str) -> str:
    """The URL as people may see it: without user, password and options."""
    scheme, _, rest = url.partition("://")
    place, _, _ = rest.partition("?")
    authority, slash, path = place.partition("/")
    return f"{scheme}://{authority.rpartition('@')[2]}{slash}{path}"
