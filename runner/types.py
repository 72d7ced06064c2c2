"""Column types of the schema language and how the engine holds their values.

The *physical* form is what operations compute with: decimals are int64 counts of the last
digit (12.34 with scale 2 is 1234), dates int64 days since 1970-01-01, times and datetimes int64
ticks of 10^-precision seconds (UTC, since midnight or 1970-01-01T00:00:00). The *logical* form is
the Arrow array a format or a database sees. `finish` turns one into the other.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, Self

Kind = Literal[
    "int",
    "bigint",
    "float",
    "decimal",
    "string",
    "text",
    "bool",
    "date",
    "time",
    "datetime",
    "uuid",
    "json",
    "bytes",
    "array",
]
KINDS: tuple[Kind, ...] = (
    "int", "bigint", "float", "decimal", "string", "text", "bool",
    "date", "time", "datetime", "uuid", "json", "bytes", "array",
)  # fmt: skip
INTEGERS: frozenset[str] = frozenset({"int", "bigint"})
TEXTS: frozenset[str] = frozenset({"string", "text", "uuid", "json"})
TICKS: frozenset[str] = frozenset({"time", "datetime"})


@dataclass(frozen=True, slots=True)
class Type:
    """A column type.

    `precision` is total digits of a decimal (1..38; up to 18 are computed exactly) or fraction
    digits of a time or datetime (0, 3 or 6); `scale` the digits after a decimal's point;
    `length` the longest string in characters; `item` the type of an array's items, which is no array.
    """

    kind: Kind
    precision: int = 0
    scale: int = 0
    length: int | None = None
    item: Type | None = None

    def __str__(self) -> str:
        """As the schema language writes it: `decimal(12,2)`, `string(40)`, `datetime(3)`."""
        match self.kind:
            case "decimal":
                return f"decimal({self.precision},{self.scale})"
            case "string" if self.length is not None:
                return f"string({self.length})"
            case "time" | "datetime" if self.precision:
                return f"{self.kind}({self.precision})"
            case "array":
                return f"array({self.item})"
        return self.kind

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what `str` writes. Raises `ValueError` with a plain sentence."""
        array = _ARRAY.fullmatch(text.strip())
        if array:
            return cls("array", item=cls._item(text, array[1] or ""))
        match = _TYPE.fullmatch(text.strip().lower())
        if not match or match["kind"] not in KINDS:
            raise ValueError(f"{text!r} is not a type; known types are {', '.join(KINDS)}")
        kind: Kind = match["kind"]
        numbers = [int(n) for n in re.findall(r"\d+", match["args"] or "")]
        if kind == "decimal":
            precision, scale = ([*numbers, 0])[:2] if numbers else (18, 2)
            if not (1 <= precision <= 38 and 0 <= scale <= precision) or len(numbers) > 2:
                raise ValueError(f"{text!r}: decimal(p,s) needs 1 <= p <= 38 and 0 <= s <= p")
            return cls(kind, precision, scale)
        if kind == "string" and len(numbers) <= 1 and numbers != [0]:
            return cls(kind, length=numbers[0] if numbers else None)
        if kind in TICKS and (not numbers or (len(numbers) == 1 and numbers[0] in (0, 3, 6))):
            return cls(kind, numbers[0] if numbers else 0)
        if numbers or match["args"]:
            raise ValueError(f"{text!r}: {kind} takes no such arguments")
        return cls(kind)

    @classmethod
    def _item(cls, text: str, item: str) -> Self:
        if not item or _ARRAY.fullmatch(item):
            raise ValueError(f"{text!r}: an array has a type of its items that is no array, such as array(int)")
        return cls.parse(item)

    @property
    def digits(self) -> int:
        """Decimal digits after the point of the physical integer (0 for whole numbers)."""
        return self.scale if self.kind == "decimal" else self.precision if self.kind in TICKS else 0


_TYPE = re.compile(r"(?P<kind>[a-z]+)\s*(?P<args>\(\s*\d+\s*(?:,\s*\d+\s*)?\))?")

_ARRAY = re.compile(r"array\s*(?:\(\s*(.*?)\s*\))?", re.IGNORECASE | re.DOTALL)

INT = Type("int")
BIGINT = Type("bigint")
FLOAT = Type("float")
BOOL = Type("bool")
STRING = Type("string")
TEXT = Type("text")
UUID = Type("uuid")
DATE = Type("date")
DATETIME = Type("datetime")
TIME = Type("time")
JSON = Type("json")


def decimal(precision: int, scale: int) -> Type:
    """`decimal(precision,scale)`."""
    return Type("decimal", precision, scale)
