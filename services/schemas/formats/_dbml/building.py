"""From the blocks of a DBML file to a drawing, with all that does not fit together, and what a drawing has no place for."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from runner.schema.findings import did_you_mean
from services.common.errors import FieldError
from services.schemas.codec import with_ids
from services.schemas.drawing import ACTIONS, Check, Column, Drawing, ForeignKey, Index, Table, Unique
from services.schemas.formats._dbml.blocks import Block, End, Field, Parsed, Reference, Rule, Setting, Settings

_TYPE: Final = re.compile(r"([^()]*?[^()\s])\s*\(\s*(\d{1,9})\s*(?:,\s*(\d{1,9})\s*)?\)")
_PRECISE: Final = ("decimal", "numeric", "number", "time", "timestamp", "datetime", "datetime2", "float", "double", "real", "dec")
"""Types whose one number is digits, not characters."""
_KNOWN: Final = frozenset("pk increment unique null default note ref check".split()) | {"primary key", "not null"}

_OF_INDEX: Final = ("pk", "primary key", "unique", "name", "type")


@dataclass(slots=True)
class Built:
    """A drawing, what does not fit together (with its line), and what has no place in it."""

    drawing: Drawing = field(default_factory=Drawing)
    errors: list[FieldError] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)

    def wrong(self, line: int, message: str, suggestion: str = "") -> None:
        """One more thing that does not fit."""
        self.errors.append(FieldError("", message, "VALIDATION_ERROR", line, 1, suggestion))


def build(parsed: Parsed) -> Built:
    """The drawing of a file. Ids are made from names."""
    built = Built(lost=list(parsed.passed_over))
    built.errors += [FieldError("", str(e), "VALIDATION_ERROR", e.line, e.column) for e in parsed.errors]
    enums = {path[-1]: values for path, values in parsed.enums.items()}
    plain = tuple(_plain(block, enums, built) for block in parsed.tables)
    tables = with_ids(Drawing(plain)).tables
    known = _known(parsed.tables, tables, built)
    ruled = tuple(_ruled(block, table, built) for block, table in zip(parsed.tables, tables, strict=True))
    keys = [_key(reference, known, built) for reference in parsed.references]
    built.drawing = with_ids(Drawing(ruled, tuple(key for key in keys if key)))
    return built


def _known(blocks: Sequence[Block], tables: Sequence[Table], built: Built) -> Mapping[tuple[str, ...], Table]:
    """Tables by all that they may be called."""
    found = dict[tuple[str, ...], Table]()
    for block, table in zip(blocks, tables, strict=True):
        if (block.name,) in found:
            built.wrong(block.line, f"two tables are called {block.name!r}")
        if block.schema:
            built.lost.append(f"line {block.line}: the schema {block.schema!r} of table {block.name!r}")
        for call in ((block.name,), (*block.schema.split("."), block.name), (block.alias,)):
            found.setdefault(call, table)
    return found


def _plain(block: Block, enums: Mapping[str, tuple[str, ...]], built: Built) -> Table:
    """A table with its columns alone."""
    return Table("", block.name, tuple(_column(each, enums, built) for each in block.fields), comment=block.note)


def _column(said: Field, enums: Mapping[str, tuple[str, ...]], built: Built) -> Column:
    has = {setting.key: setting for setting in said.settings}
    built.lost += [f"line {said.line}: the setting {key!r} of column {said.name!r}" for key in has if key not in _KNOWN]
    primary = "pk" in has or "primary key" in has
    column = Column(
        id="",
        name=said.name,
        data_type=said.type,
        nullable="null" in has or not (primary or "not null" in has),
        primary_key=primary,
        auto_increment="increment" in has,
        unique="unique" in has,
        default_value=_default(has.get("default")),
        comment=has["note"].text if "note" in has else "",
    )
    last = said.type.rpartition(".")[2]
    if not said.arguments and (values := enums.get(said.type) or enums.get(last)):
        return replace(column, data_type="enum", enum_values=values)
    return _typed(column, said)


def _default(setting: Setting | None) -> str | None:
    if setting is None or (setting.value[0].kind == "word" and setting.text.lower() == "null"):
        return None
    return "".join(token.text for token in setting.value)


def _typed(column: Column, said: Field) -> Column:
    """The type's name, and its numbers: length, or precision and scale."""
    match = _TYPE.fullmatch(f"{said.type}({','.join(said.arguments)})" if said.arguments else said.type)
    if match is None:
        return replace(column, data_type=f"{said.type}({','.join(said.arguments)})") if said.arguments else column
    name, first, second = match.groups()
    if second is not None:
        return replace(column, data_type=name, precision=int(first), scale=int(second))
    if name.lower().split()[0] in _PRECISE:
        return replace(column, data_type=name, precision=int(first))
    return replace(column, data_type=name, length=int(first))


def _ruled(block: Block, table: Table, built: Built) -> Table:
    """The table with its keys, indexes and checks."""
    ids = {column.name: column.id for column in table.columns}
    uniques, indexes, order = list[Unique](), list[Index](), tuple[str, ...]()
    for rule in block.indexes:
        columns = _columns(rule, ids, block, built)
        has = {setting.key: setting for setting in rule.settings}
        name = has["name"].text if "name" in has else ""
        lost = [key for key in has if key not in _OF_INDEX]
        built.lost += [f"line {rule.line}: the setting {key!r} of an index of table {block.name!r}" for key in lost]
        if rule.expression:
            built.lost.append(f"line {rule.line}: the index over {rule.expression} of table {block.name!r}")
        elif "pk" in has or "primary key" in has:
            order = columns
        elif "unique" in has:
            uniques.append(Unique(columns, name))
        else:
            indexes.append(Index(columns, name))
    return replace(
        _with_key(table, order), uniques=tuple(uniques), indexes=tuple(indexes), checks=tuple(_checks(block, table, built))
    )


def _columns(rule: Rule, ids: Mapping[str, str], block: Block, built: Built) -> tuple[str, ...]:
    for name in rule.columns:
        if name not in ids:
            built.wrong(rule.line, f"table {block.name!r} has no column {name!r}", did_you_mean(name, ids))
    return tuple(ids[name] for name in rule.columns if name in ids)


def _with_key(table: Table, order: tuple[str, ...]) -> Table:
    """The table whose primary key is those columns; as it is where there are none."""
    if not order:
        return table
    explicit = {c.id for c in table.columns if c.primary_key}
    columns = (replace(c, primary_key=True, nullable=False) if c.id in order else c for c in table.columns)
    kept = tuple(columns)
    drawn = tuple(c.id for c in kept if c.primary_key)
    return replace(table, columns=kept, key_order=() if drawn == order and not explicit else order)


def _checks(block: Block, table: Table, built: Built) -> list[Check]:
    found = [Check(rule.expression, _named(rule.settings)) for rule in block.checks]
    inner = (setting for each in block.fields for setting in each.settings if setting.key == "check")
    return [*(Check(setting.text) for setting in inner), *found]


def _named(settings: Settings) -> str:
    return next((setting.text for setting in settings if setting.key == "name"), "")


def _key(said: Reference, known: Mapping[tuple[str, ...], Table], built: Built) -> ForeignKey | None:
    """A foreign key; none where an end is not there, or for many to many."""
    delete, update = _actions(said, built)
    ends = [_end(end, said, known, built) for end in (said.first, said.second)]
    if said.relation == "<>":
        built.lost.append(f"line {said.line}: a reference of many to many is no foreign key; draw the table between them")
        return None
    if ends[0] is None or ends[1] is None:
        return None
    source, target = (ends[1], ends[0]) if _backwards(said, ends[0]) else (ends[0], ends[1])
    if len(source[1]) != len(target[1]):
        built.wrong(said.line, f"{len(source[1])} columns refer to {len(target[1])}")
    return ForeignKey("", source[0].id, source[1], target[0].id, target[1], delete, update, said.name)


def _actions(said: Reference, built: Built) -> tuple[str, str]:
    """On delete and on update."""
    on = {setting.key: " ".join(setting.text.upper().split()) for setting in said.settings}
    found = [on.get(key) or ACTIONS[0] for key in ("delete", "update")]
    for action in found:
        if action not in ACTIONS:
            built.wrong(said.line, f"there is no action {action!r}", did_you_mean(action, ACTIONS))
    return found[0], found[1]


def _backwards(said: Reference, first: tuple[Table, tuple[str, ...]]) -> bool:
    """Whether the second end holds the key. One to one: the end that is no primary key, the second where neither tells."""
    if said.relation != "-":
        return said.relation == "<"
    key = tuple(column.id for column in first[0].primary_key)
    return not said.inline and set(first[1]) == set(key)


def _end(end: End, said: Reference, known: Mapping[tuple[str, ...], Table], built: Built) -> tuple[Table, tuple[str, ...]] | None:
    table = known.get(end.table) or known.get(end.table[-1:])
    if table is None:
        name = ".".join(end.table)
        built.wrong(said.line, f"there is no table {name!r}", did_you_mean(name, (".".join(call) for call in known)))
        return None
    ids = {column.name: column.id for column in table.columns}
    for name in end.columns:
        if name not in ids:
            built.wrong(said.line, f"table {table.name!r} has no column {name!r}", did_you_mean(name, ids))
    return (table, tuple(ids[name] for name in end.columns)) if ids.keys() >= set(end.columns) else None
