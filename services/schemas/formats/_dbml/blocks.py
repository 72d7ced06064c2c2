"""What a DBML file holds, as plain data: each block with the line it begins in."""

from __future__ import annotations

from dataclasses import dataclass, field

from services.schemas.formats._dbml.tokens import DbmlError, Token


@dataclass(frozen=True, slots=True)
class Setting:
    """What stands between brackets: `key` in lower case; the tokens of its value, none for a word alone."""

    key: str
    value: tuple[Token, ...] = ()

    @property
    def text(self) -> str:
        """The value as one text."""
        return " ".join(token.text for token in self.value)


Settings = tuple[Setting, ...]


@dataclass(frozen=True, slots=True)
class Field:
    """A column."""

    name: str
    type: str
    arguments: tuple[str, ...]
    settings: Settings
    line: int


@dataclass(frozen=True, slots=True)
class Rule:
    """A line of `indexes` or `checks`: plain columns, the text of an expression ("" for none)."""

    columns: tuple[str, ...]
    expression: str
    settings: Settings
    line: int


@dataclass(frozen=True, slots=True)
class Block:
    """A table; `schema` is what stands before the dot."""

    name: str
    line: int
    schema: str = ""
    alias: str = ""
    fields: tuple[Field, ...] = ()
    indexes: tuple[Rule, ...] = ()
    checks: tuple[Rule, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class End:
    """One end of a reference: the words of the table's name, and columns."""

    table: tuple[str, ...]
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference; `inline` where it stands in a column's settings."""

    name: str
    first: End
    relation: str
    second: End
    settings: Settings
    line: int
    inline: bool = False


@dataclass(slots=True)
class Parsed:
    """A file: what it holds, the comments, what was passed over, and what cannot be read."""

    tables: list[Block] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)
    enums: dict[tuple[str, ...], tuple[str, ...]] = field(default_factory=dict)
    project: str = ""
    comments: list[str] = field(default_factory=list)
    passed_over: list[str] = field(default_factory=list)
    errors: list[DbmlError] = field(default_factory=list)
