"""Stores of the schema registry for tests: empty ones in SQLite and PostgreSQL, and drawings to put in."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from services.common.errors import MockcraftError
from services.schemas.drawing import Check, Column, Definition, Drawing, ForeignKey, Index, Position, Table, Unique

BOTH = ("sqlite", "postgresql")


def clinic(version: str = "1.0", more: tuple[Column, ...] = ()) -> Definition:
    """Two tables with a composite key between them, and one of everything that a drawing can hold."""
    patients = Table(
        "t1",
        "patients",
        (
            Column("c1", "id", "bigint", nullable=False, primary_key=True, auto_increment=True),
            Column("c2", "region", "varchar", length=2, nullable=False, primary_key=True),
            Column("c3", "balance", "decimal", precision=12, scale=2, default_value="0", comment="in €"),
            Column(
                "c4", "plan", "enum", enum_values=("free", "pro"), generator={"type": "choice", "values": {"pro": 1, "free": 9}}
            ),
            *more,
        ),
        Position(12.5, -3),
        key_order=("c2", "c1"),
        uniques=(Unique(("c3", "c4"), "u", "u1"),),
        indexes=(Index(("c3",), "i", "i1"),),
        checks=(Check("balance >= 0", "k", "k1"),),
        comment="people",
    )
    visits = Table("t2", "visits", (Column("c5", "pid", "bigint"), Column("c6", "pregion", "varchar", length=2, unique=True)))
    key = ForeignKey("f1", "t2", ("c6", "c5"), "t1", ("c2", "c1"), "CASCADE", "SET NULL", "fk")
    return Definition(Drawing((patients, visits), (key,)), version, "2026-01-01T00:00:00Z")


def code_of(what: Callable[[], object]) -> str:
    """The code of the error that this raises."""
    with pytest.raises(MockcraftError) as caught:
        what()
    return caught.value.code
