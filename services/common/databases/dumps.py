"""Dumping and restoring databases: what a backup needs of each kind, and where its bytes go.

A module of `services.common.databases` that can be backed up has `dumping(url)`, which opens a checked URL as a
`Dumping`. Where the database has a tool of its own for logical dumps, that is used; passwords never stand on its
command line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

SnapshotKind = Literal["exported", "copy", "locked", "separate", "none"]
"""How digests and dump belong together.

`exported`: both read one snapshot of the server; `copy`: both are of one copy; `locked`: both transactions were opened
under one read lock; `separate`: two transactions, one after the other; `none`: digests are of the records as written.
"""


@dataclass(frozen=True, slots=True)
class Contents:
    """What a table (collection, key space) holds: its rows and the digest of their canonical texts.

    The digest is 32 hexadecimal digits (`services.common.databases.digest`), "" when it was not asked for.
    """

    name: str
    rows: int
    digest: str


@dataclass(frozen=True, slots=True)
class State:
    """What a database holds at one moment, as far as it is compared.

    `tables` are sorted by name; `counters` are sequences and auto-increments by name with the value they give next;
    `schema` is a canonical text of tables, columns, keys, constraints, indexes, views, routines and triggers by name:
    equal for equal schemas, whatever server of the same kind they are on.
    """

    tables: tuple[Contents, ...]
    counters: Mapping[str, int]
    schema: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Dumped:
    """A dump that was written, and the state of the very snapshot it was made of."""

    state: State
    snapshot: SnapshotKind
    snapshot_time: datetime
    server_version: str
    tool: str
    tool_version: str
    details: Mapping[str, Any] = field(default_factory=dict)


class Sink(Protocol):
    """Where the bytes of a part go."""

    def write(self, data: bytes, /) -> None:
        """Add to the part."""


class Parts(Protocol):
    """Takes a dump: parts, one after the other."""

    def part(self, name: str) -> AbstractContextManager[Sink]:
        """A part to write to."""


class Store(Protocol):
    """Gives a dump back. Every part is checked; a damaged one raises at its end at the latest."""

    def names(self) -> Sequence[str]:
        """The parts, as they were written."""

    def read(self, name: str) -> Iterator[bytes]:
        """The content of a part."""


Tell = Callable[[str, int, int], None]
"""Told the phase (`dump`, `digest`, `restore`, …) or table at hand, the bytes or rows done and in all (0: not known)."""


class Dumping(Protocol):
    """A database open for backup. Every error is a `DatabaseError`. `cancel` may be called from another thread."""

    dialect: str

    def dump(self, parts: Parts, tell: Tell) -> Dumped:
        """Write the whole database as parts while others use it, and its state within the same snapshot."""

    def state(self, tell: Tell, digests: bool = True) -> State:
        """Read the database back: what it holds now, in one snapshot. Without `digests` rows are only counted."""

    def is_empty(self) -> bool:
        """Whether nothing would be lost if it were replaced (our own ledgers do not count)."""

    def restore(self, store: Store, details: Mapping[str, Any], tell: Tell) -> None:
        """Replace what the database holds by a dump: all of it or nothing, whatever kills whom meanwhile.

        Called again after it was killed, it clears up what is left and begins anew.
        """

    def scratch(self) -> AbstractContextManager[Dumping]:
        """A database of ours for trial restores, made beside this one and dropped at the end (those left by killed runs too)."""

    def cancel(self) -> None:
        """End what is under way; it raises `DatabaseError` with code CANCELLED."""

    def close(self) -> None:
        """Let go."""
