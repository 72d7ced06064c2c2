"""Definitions made by hypothesis: any texts and any facts, but names that differ and references that lead somewhere."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from services.schemas.codec import with_ids
from services.schemas.drawing import (
    ACTIONS,
    Check,
    Column,
    Definition,
    Drawing,
    ForeignKey,
    Index,
    Position,
    Table,
    Unique,
)

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12)
NAME = st.one_of(st.sampled_from(["id", "name", "Order", "a b", 'q"q', "it's", "x`y", "ref", "note"]), TEXT.filter(bool))
MAYBE = st.one_of(st.none(), st.integers(0, 60))
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**53), 2**53), st.floats(-1e300, 1e300), TEXT),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXT, inner, max_size=3)),
    max_leaves=6,
)
ANY_JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=10), inner, max_size=4)),
    max_leaves=20,
)
"""Anything a JSON parser could give, and some that none would."""


@st.composite
def columns(draw: st.DrawFn) -> Column:
    """A column; its type may be nonsense."""
    values = draw(st.lists(TEXT, max_size=3).map(tuple))
    return Column(
        id=draw(st.one_of(st.just(""), st.uuids().map(str))),
        name="",
        data_type=draw(st.one_of(st.sampled_from(["varchar", "INT", "decimal", "enum", "varchar(40)", "int[]"]), NAME)),
        length=draw(MAYBE),
        precision=draw(MAYBE),
        scale=draw(MAYBE),
        nullable=draw(st.booleans()),
        primary_key=draw(st.booleans()),
        auto_increment=draw(st.booleans()),
        unique=draw(st.booleans()),
        default_value=draw(st.one_of(st.none(), st.sampled_from(["0", "-1.50", "true", "null", "now()", "1e5", "007"]), TEXT)),
        generator=draw(st.one_of(st.none(), st.dictionaries(TEXT, JSON, max_size=3))),
        enum_values=values,
        comment=draw(TEXT),
    )


@st.composite
def tables(draw: st.DrawFn, name: str) -> Table:
    """A table with columns of different names, and rules over them."""
    from dataclasses import replace

    names = draw(st.lists(NAME, min_size=1, max_size=5, unique=True))
    drawn = tuple(replace(draw(columns()), name=each) for each in names)
    table = with_ids(Drawing((Table("", name, drawn),))).tables[0]
    ids = [column.id for column in table.columns]
    some = st.lists(st.sampled_from(ids), min_size=1, max_size=3, unique=True).map(tuple)
    order = draw(st.permutations([column.id for column in table.columns if column.primary_key]))
    return replace(
        table,
        id=draw(st.one_of(st.just(""), st.uuids().map(str))),
        position=Position(draw(st.floats(-1e6, 1e6)), draw(st.integers(-1000, 1000))),
        key_order=tuple(order) if draw(st.booleans()) else (),
        uniques=tuple(draw(st.lists(st.builds(Unique, some, TEXT), max_size=2))),
        indexes=tuple(draw(st.lists(st.builds(Index, some, TEXT), max_size=2))),
        checks=tuple(draw(st.lists(st.builds(Check, NAME, TEXT), max_size=2))),
        comment=draw(TEXT),
    )


@st.composite
def definitions(draw: st.DrawFn) -> Definition:
    """A definition that `definition_from` would take as it is."""
    names = draw(st.lists(NAME, max_size=4, unique=True))
    drawn = with_ids(Drawing(tuple(draw(tables(name)) for name in names))).tables
    keys = draw(st.lists(_keys(drawn), max_size=4)) if drawn else []
    drawing = with_ids(Drawing(drawn, tuple(keys)))
    return Definition(drawing, draw(TEXT), draw(st.sampled_from(["", "2025-01-01T00:00:00Z"])))


@st.composite
def _keys(draw: st.DrawFn, drawn: tuple[Table, ...]) -> ForeignKey:
    source, target = draw(st.sampled_from(drawn)), draw(st.sampled_from(drawn))
    many = draw(st.integers(1, min(len(source.columns), len(target.columns))))
    action: Any = st.sampled_from(ACTIONS)
    ends = [tuple(draw(st.permutations([c.id for c in table.columns]))[:many]) for table in (source, target)]
    return ForeignKey("", source.id, ends[0], target.id, ends[1], draw(action), draw(action), draw(TEXT))
