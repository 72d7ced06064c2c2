"""Random drawings of everything a drawing can say, and databases made of drawings."""

from __future__ import annotations

import string
from collections.abc import Sequence
from dataclasses import replace

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from services.common.databases import connect
from services.common.databases.catalog import introspect
from services.schemas import ddl, types
from services.schemas.drawing import Check, Column, Dialect, Drawing, ForeignKey, Index, Table, Unique
from services.schemas.reading import Read, drawing_of


def create(drawing: Drawing, url: str, dialect: Dialect) -> Read:
    """Make the drawing's tables in an empty database and read what came of it."""
    database = connect(url)
    try:
        for statement in ddl.statements(drawing, dialect):
            database.execute(statement)  # type: ignore[union-attr]
        return drawing_of(introspect(database), drawing)  # type: ignore[arg-type]
    finally:
        database.close()


_HOSTILE = (
    "select",
    "ORDER",
    "a b",
    'quo"te',
    "it's",
    "back\\slash",
    "semi;colon",
    "tick`",
    "[bracket]",
    "%s",
    ":name",
    "a.b",
    "--",
    "/*x*/",
    "näme",
    "名前",
    "x" * 63,
    "é" * 31,
    "1st",
    "$1",
    "?",
    "ключ",
    "null",
    "a,b",
    "(x)",
    "{y}",
    "#h"[::-1],
    "rowid",
    "key",
    "Übung",
)
_TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp"), max_codepoint=0xFFFF), max_size=12)
_LINES = st.one_of(
    _TEXT, st.sampled_from(["two\nlines", "tab\t", "it's", 'say "hi"', "\\", "\\n", "%s %%", ":x", "--", "/* */", "😀", ";"])
)


def _names(count: int) -> SearchStrategy[list[str]]:
    word = st.text(string.ascii_letters + string.digits + "_", min_size=1, max_size=10)
    return st.lists(st.one_of(word, st.sampled_from(_HOSTILE)), min_size=count, max_size=count, unique_by=str.casefold)


@st.composite
def _typed(draw: DrawFn, name: str) -> Column:
    """A column with its type and perhaps a default."""
    word = draw(st.sampled_from(sorted(_DEFAULTS)))
    column = Column(name, name, word, nullable=draw(st.booleans()), comment=draw(st.one_of(st.just(""), _LINES)))
    if word in types.SIZED:
        column = replace(column, length=draw(st.integers(1, 40)))
    if word == "DECIMAL":
        precision = draw(st.integers(1, 30))
        column = replace(column, precision=precision, scale=draw(st.integers(0, min(precision, 20))))
    if word in types.MOMENTS:
        column = replace(column, precision=draw(st.sampled_from([None, 0, 3, 6])))
    if word == "ENUM":
        value = _TEXT.map(str.strip).filter(bool)
        values = draw(st.lists(st.one_of(value, st.sampled_from(_HOSTILE)), min_size=1, max_size=4, unique_by=str.casefold))
        column = replace(column, enum_values=tuple(values))
    default = draw(st.one_of(st.none(), _DEFAULTS[word]))
    return replace(column, default_value=_fitting(column, default))


_DEFAULTS: dict[str, SearchStrategy[str]] = {
    "TINYINT": st.integers(-128, 127).map(str),
    "SMALLINT": st.integers(-(2**15), 2**15 - 1).map(str),
    "INTEGER": st.integers(-(2**31), 2**31 - 1).map(str),
    "BIGINT": st.integers(-(2**63), 2**63 - 1).map(str),
    "DECIMAL": st.integers(-9, 9).map(str),
    "REAL": st.sampled_from(["0", "-1.5", "0.25"]),
    "DOUBLE": st.sampled_from(["0.1", "-2e10", "3"]),
    "BOOLEAN": st.sampled_from(["true", "FALSE", "1"]),
    "CHAR": _LINES,
    "VARCHAR": _LINES,
    "TEXT": _LINES,
    "BINARY": st.nothing(),
    "VARBINARY": st.nothing(),
    "BLOB": st.nothing(),
    "DATE": st.sampled_from(["2020-02-29", "CURRENT_DATE"]),
    "TIME": st.sampled_from(["12:30", "23:59:59", "CURRENT_TIME"]),
    "TIMESTAMP": st.sampled_from(["2021-03-04T05:06:07", "now()"]),
    "TIMESTAMPTZ": st.sampled_from(["2021-03-04 05:06:07+02:00", "CURRENT_TIMESTAMP"]),
    "INTERVAL": st.nothing(),
    "UUID": st.sampled_from(["UUID()", "6BA7B810-9DAD-11D1-80B4-00C04FD430C8"]),
    "JSON": st.sampled_from(['{"b": [1, 2.5], "a": "it\'s"}', "[]", "null"]),
    "ENUM": st.just(""),
    "INTEGER[]": st.nothing(),
    "VARCHAR[]": st.nothing(),
}


def _fitting(column: Column, default: str | None) -> str | None:
    if default is None or default == "NULL":
        return None
    if column.data_type == "ENUM":
        return None if column.enum_values[0] == "NULL" else column.enum_values[0]
    if column.data_type == "DECIMAL" and (column.precision or 0) - (column.scale or 0) < 1:
        return "0"
    return default[: column.length] if column.data_type in ("CHAR", "VARCHAR") else default


_CONDITIONS = {
    **dict.fromkeys(
        ("SMALLINT", "INTEGER", "BIGINT"),
        (
            "{0} > 0",
            "{0} BETWEEN -5 AND 5",
            "{0} IN (1, 2, 3)",
            "{0} % 2 = 0 OR {0} < -7",
            "NOT ({0} >= 1 AND {0} <= 2)",
            "abs({0}) <> 3",
            "{0} NOT IN (4)",
            "coalesce({0}, 0) + 1 > -{0} * 2",
        ),
    ),
    "DECIMAL": ("{0} >= 0.50", "{0} < 1000", "NOT {0} BETWEEN 1 AND 2.5"),
    "DOUBLE": ("{0} > -1.5",),
    "BOOLEAN": ("{0}", "NOT {0}", "{0} = FALSE", "{0} IS NOT NULL"),
    "VARCHAR": (
        "{0} LIKE 'a%'",
        "{0} NOT LIKE '_b%'",
        "length({0}) > 1",
        "lower({0}) = {0}",
        "{0} IN ('it''s', 'b')",
        "trim({0}) <> ''",
    ),
    "TEXT": ("upper({0}) <> 'X'", "{0} NOT IN ('a', 'b\\c')"),
    "DATE": ("{0} >= '2000-01-01'",),
    "TIMESTAMP": ("{0} < '2100-01-01'",),
    "TIME": ("{0} <> '12:00'",),
}


@st.composite
def _checks(draw: DrawFn, columns: Sequence[Column]) -> tuple[Check, ...]:
    able = [column for column in columns if column.data_type in _CONDITIONS and not column.auto_increment]
    if not able:
        return ()
    found = []
    for name in draw(st.lists(st.sampled_from(["", "some check", "named"]), max_size=2)):
        column = draw(st.sampled_from(able))
        quoted = '"' + column.name.replace('"', '""') + '"'
        parts = draw(st.lists(st.sampled_from(_CONDITIONS[column.data_type]), min_size=1, max_size=2))
        word = draw(st.sampled_from([" AND ", " OR "]))
        found.append(Check(word.join(f"({part.format(quoted)})" for part in parts), name))
    return tuple(found)


_KEYS = ("SMALLINT", "INTEGER", "BIGINT", "VARCHAR", "CHAR", "UUID", "DATE", "DECIMAL", "TEXT")


@st.composite
def _tables(draw: DrawFn, name: str) -> Table:
    columns = [draw(_typed(word)) for word in draw(st.integers(1, 6).flatmap(_names))]
    able = [column for column in columns if column.data_type in _KEYS]
    key = draw(st.lists(st.sampled_from(able), max_size=2, unique_by=lambda c: c.id)) if able else []
    ordered = draw(st.booleans())
    begins = min(key, key=columns.index) if key and not ordered else next(iter(key), None)
    numbered = begins.id if begins and begins.data_type in types.INTEGERS and draw(st.booleans()) else ""
    alone = {column.id for column in able if draw(st.integers(0, 5)) == 0}
    made = []
    for column in columns:
        if column.id in {c.id for c in key}:
            column = replace(column, primary_key=True, nullable=False)
        if column.id == numbered:
            column = replace(column, auto_increment=True, default_value=None)
        made.append(replace(column, unique=column.id in alone))
    groups = (
        st.lists(st.sampled_from([c.id for c in able]), min_size=1, max_size=3, unique=True).map(tuple) if able else st.nothing()
    )
    uniques = draw(st.lists(groups, max_size=2)) if able else []
    indexes = draw(st.lists(groups, max_size=2, unique=True)) if able else []
    return Table(
        name,
        name,
        tuple(made),
        key_order=tuple(c.id for c in key) if ordered else (),
        uniques=tuple(Unique(group, draw(st.sampled_from(["", "u"]))) for group in uniques),
        indexes=tuple(Index(group) for group in indexes),
        checks=draw(_checks(made)),
        comment=draw(st.one_of(st.just(""), _LINES)),
    )


@st.composite
def _foreign_keys(draw: DrawFn, tables: Sequence[Table]) -> Drawing:
    """The tables with keys between them: for each a column (or two) more in the table that refers."""
    found: list[ForeignKey] = []
    made = {table.id: table for table in tables}
    for number in range(draw(st.integers(0, 4))):
        source, target = draw(st.sampled_from(sorted(made))), made[draw(st.sampled_from(sorted(made)))]
        groups = [tuple(c.id for c in target.primary_key), *(columns for _, columns in ddl.unique_groups(target))]
        groups = [group for group in groups if group and not any(key.startswith("fk") for key in group)]
        if not groups:
            continue
        group = draw(st.sampled_from(groups))
        action = draw(st.sampled_from(["NO ACTION", "CASCADE", "SET NULL", "RESTRICT"]))
        required = action != "SET NULL" and draw(st.booleans())
        columns = tuple(
            replace(
                target.column(key),
                id=f"fk{number}_{place}",
                name=f"fk{number} {place}",
                primary_key=False,
                unique=False,
                auto_increment=False,
                default_value=None,
                nullable=not required,
            )
            for place, key in enumerate(group)
        )
        made[source] = replace(made[source], columns=(*made[source].columns, *columns))
        found.append(ForeignKey(f"k{number}", source, tuple(c.id for c in columns), target.id, group, action))
    return Drawing(tuple(made.values()), tuple(found))


def drawings(most: int = 4) -> SearchStrategy[Drawing]:
    """Drawings without findings, of up to so many tables."""
    names = st.integers(1, most).flatmap(_names).filter(lambda found: not any(name.startswith("#") for name in found))
    tables = names.flatmap(lambda found: st.tuples(*(_tables(name) for name in found)))
    return tables.flatmap(_foreign_keys)
