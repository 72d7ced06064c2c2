"""The conditions of a table as CHECK constraints, where a database means the same by them.

Left out is what a database would judge otherwise than the engine: columns of parents, hidden columns, floats computed
with, the order of texts (it depends on collations), remainders and quotients, and most functions. What is written
holds for every row that the engine makes: where a database takes more for equal than the engine does (texts in MySQL
and SQL Server, long decimals in SQLite), equality stands only where more of it cannot break the condition.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

from runner.formats.common.dialects import Dialect
from runner.formats.ddl.names import quoted
from runner.plan import Check, TablePlan
from runner.schema.dates import parse_date, parse_datetime
from runner.schema.syntax import Apply, Expr, ExprError, Literally, Name, parse
from runner.types import BIGINT, INTEGERS, STRING, Type, decimal

_EXACT_TEXTS: Final = ("postgresql", "sqlite")
_SIGNS: Final = {"==": "=", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_ARITHMETIC: Final = ("+", "-", "*")
_LONGEST_REAL: Final = 15  # decimal digits that a double keeps


class Unprintable(Exception):
    """A condition that the dialect cannot state, or would judge otherwise."""


@dataclass(frozen=True)
class _Value:
    """A value in SQL and its type; `literal` values take the type of what they are compared with."""

    sql: str
    type: Type
    literal: bool = False
    computed: bool = False


def check_sql(check: Check, table: TablePlan, dialect: Dialect) -> str | None:
    """The condition in SQL; None where the dialect cannot state it."""
    try:
        return _Printer(table, dialect).condition(parse(check.text), True)
    except (Unprintable, ExprError, ValueError, OverflowError):
        return None


class _Printer:
    def __init__(self, table: TablePlan, dialect: Dialect) -> None:
        self._dialect = dialect
        self._types = {c.name: c.type for c in table.written}

    # -- conditions; `positive`: more rows may satisfy this part than should ------------------

    def condition(self, tree: Expr, positive: bool) -> str:
        """A condition as SQL that is true, false or unknown as the engine's is true, false or null."""
        match tree:
            case Literally(value=bool() as truth):
                return "1 = 1" if truth else "1 = 0"
            case Name():
                return self._equal(tree, Literally(True, tree.offset), "==", positive)
            case Apply("and" | "or" as word, args):
                return f" {word.upper()} ".join(f"({self.condition(a, positive)})" for a in args)
            case Apply("not", (inner,)):
                return f"NOT ({self.condition(inner, not positive)})"
            case Apply("is_null", (inner,)):
                return f"{self._column(inner)} IS NULL"
            case Apply("in", (inner, *others)):
                return " OR ".join(f"({self._equal(inner, other, '==', positive)})" for other in others)
            case Apply("between", (value, low, high)):
                return f"({self._ordered(value, low, '>=', positive)}) AND ({self._ordered(value, high, '<=', positive)})"
            case Apply("==" | "!=" as sign, (left, right)):
                return self._equal(left, right, sign, positive)
            case Apply(("<" | "<=" | ">" | ">=") as sign, (left, right)):
                return self._ordered(left, right, sign, positive)
        raise Unprintable

    def _equal(self, left: Expr, right: Expr, sign: str, positive: bool) -> str:
        a, b = self._pair(left, right)
        loose = a.type.kind in ("string", "text") and self._dialect not in _EXACT_TEXTS
        if (loose or self._rounded(a) or self._rounded(b)) and (sign == "!=") == positive:
            raise Unprintable
        return f"{a.sql} {_SIGNS[sign]} {b.sql}"

    def _ordered(self, left: Expr, right: Expr, sign: str, positive: bool) -> str:
        a, b = self._pair(left, right)
        rounded = self._rounded(a) or self._rounded(b)
        if a.type.kind in ("string", "text", "bool") or (rounded and ("=" not in sign) == positive):
            raise Unprintable
        return f"{a.sql} {_SIGNS[sign]} {b.sql}"

    def _rounded(self, value: _Value) -> bool:
        """Whether different values can become equal: SQLite keeps decimals as doubles."""
        return self._dialect == "sqlite" and value.type.kind == "decimal" and value.type.precision > _LONGEST_REAL

    def _pair(self, left: Expr, right: Expr) -> tuple[_Value, _Value]:
        """Two values that can be compared, literals as what they stand beside."""
        a, b = self._value(left), self._value(right)
        if a.literal and b.literal:
            raise Unprintable
        a, b = self._beside(a, b.type, left), self._beside(b, a.type, right)
        numbers = all(self._exact(v) or (v.type.kind == "float" and not v.computed) for v in (a, b))
        same = a.type == b.type or {a.type.kind, b.type.kind} <= {"string", "text"}
        if not (same or (numbers and (a.literal or b.literal or "float" not in (a.type.kind, b.type.kind)))):
            raise Unprintable
        return a, b

    def _beside(self, value: _Value, other: Type, tree: Expr) -> _Value:
        """A literal in the type of what it stands beside."""
        if not value.literal or not isinstance(tree, Literally) or not isinstance(tree.value, str):
            return value
        match other.kind:
            case "date":
                return _Value(self._moment("DATE", str(date(1970, 1, 1) + timedelta(parse_date(tree.value)))), other, True)
            case "datetime":
                moment = datetime(1970, 1, 1) + timedelta(microseconds=parse_datetime(tree.value, 6))
                written = moment.isoformat(" ", {0: "seconds", 3: "milliseconds", 6: "microseconds"}[other.precision])
                return _Value(self._moment("TIMESTAMP", written, other.precision), other, True)
            case "string" | "text":
                return _Value(self._text(tree.value), other, True)
        raise Unprintable

    # -- values ---------------------------------------------------------------------------------

    def _value(self, tree: Expr) -> _Value:
        match tree:
            case Name():
                return self._plain(tree)
            case Literally(value=bool() as truth):
                return _Value(self._truth(truth), Type("bool"), True)
            case Literally(value=int() as number):
                return _Value(str(number), BIGINT, True)
            case Literally(value=Decimal() as number):
                scale = max(-int(number.as_tuple().exponent), 0)
                return _Value(format(number, "f"), decimal(len(number.as_tuple().digits), min(scale, 18)), True)
            case Literally(value=str()):
                return _Value("", STRING, True)
            case Apply("negate", (Literally(value=int() | Decimal()) as inner,)):
                found = self._value(inner)
                return _Value(f"-{found.sql}", found.type, True)
            case Apply(("+" | "-" | "*") as sign, (left, right)):
                return self._arithmetic(self._value(left), self._value(right), sign)
        raise Unprintable

    def _plain(self, tree: Name) -> _Value:
        """A written column of the row, of a type that databases compare as the engine does."""
        name = tree.parts[0]
        type_ = self._types.get(name) if len(tree.parts) == 1 else None
        if type_ is None or type_.kind in ("uuid", "json", "bytes", "array", "time"):
            raise Unprintable
        return _Value(quoted(name, self._dialect), type_)

    def _column(self, tree: Expr) -> str:
        """Any written column, for what asks only whether it is null."""
        if not isinstance(tree, Name) or len(tree.parts) > 1 or tree.parts[0] not in self._types:
            raise Unprintable
        return quoted(tree.parts[0], self._dialect)

    def _exact(self, value: _Value) -> bool:
        return value.type.kind in INTEGERS or value.type.kind == "decimal"

    def _arithmetic(self, left: _Value, right: _Value, sign: str) -> _Value:
        """Sums and products of exact numbers, where the database computes them exactly and without overflow."""
        if not (self._exact(left) and self._exact(right)):
            raise Unprintable
        whole = left.type.kind in INTEGERS and right.type.kind in INTEGERS
        if not whole and self._dialect in ("sqlite", "sqlserver"):
            raise Unprintable  # doubles; and decimals that lose digits
        wide = [self._widened(v) if whole else v.sql for v in (left, right)]
        return _Value(f"({wide[0]} {sign} {wide[1]})", BIGINT if whole else decimal(18, 0), computed=True)

    def _widened(self, value: _Value) -> str:
        """A whole number of 64 bits: narrower ones overflow in PostgreSQL and SQL Server."""
        if self._dialect in ("postgresql", "sqlserver"):
            return f"CAST({value.sql} AS BIGINT)"
        return value.sql

    def _truth(self, truth: bool) -> str:
        return str(truth).upper() if self._dialect == "postgresql" else str(int(truth))

    def _text(self, text: str) -> str:
        if "\0" in text:
            raise Unprintable
        doubled = text.replace("'", "''")
        if self._dialect == "mysql":
            doubled = doubled.replace("\\", "\\\\")
        return f"{'N' if self._dialect == 'sqlserver' else ''}'{doubled}'"

    def _moment(self, kind: str, text: str, precision: int = 0) -> str:
        if self._dialect == "sqlite":
            return f"'{text}'"
        if self._dialect == "sqlserver":
            as_ = "DATE" if kind == "DATE" else f"DATETIME2({precision})"
            return f"CAST('{text.replace(' ', 'T')}' AS {as_})"
        return f"{kind} '{text}'"
