"""The registry: one decorated function per generator, found by any spelling of its name.

A generator is a function from a `Make` (what it may know) and its parameters to a `Made` (an
operation tree, its type and how many distinct values it has). It runs once per column at plan
time; the values come from the operations, a block at a time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from runner import draws
from runner.ops import Op, Permute, Row, Uniform
from runner.types import Type

ParameterType = Literal["int", "float", "decimal", "bool", "string", "date", "datetime", "list", "map", "columns", "any"]


class ParameterError(ValueError):
    """A parameter that cannot be used. `parameter` names it; the text is a plain sentence."""

    def __init__(self, message: str, parameter: str = "", suggestion: str = "", code: str = "PARAMETER_INVALID") -> None:
        super().__init__(message)
        self.parameter, self.suggestion, self.code = parameter, suggestion, code


@dataclass(frozen=True)
class Parameter:
    """A parameter of a generator, checked and converted before the function sees it.

    `date` and `datetime` accept ISO 8601, `as_of`, `today`, and for `after`/`before` a column or
    `parent.column`; `columns` is a list of column names of the same table.
    """

    name: str
    type: ParameterType
    description: str
    default: Any = None
    choices: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    required: bool = False


_ROW = Row()


@dataclass(frozen=True)
class Claim:
    """What a unique column asks of an entity of its row: rows draw different entries of `pool`, told apart by `field`.

    With `times`, an entry may come so often, and what the column shows besides tells its rows apart. `at` is
    what the draw is counted by: the row, or the number of a combination of columns. Every column of the
    entity in the same table and group keeps to the claim, so that they still agree.
    """

    entity: str
    group: str
    pool: str
    field: str = ""
    times: int = 1
    at: Op = _ROW


@dataclass(frozen=True)
class Beside:
    """A generator's column in the same table and group: its canonical name, its locale, and its plain parameters."""

    generator: str
    locale: str
    params: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Made:
    """What a generator made: physical values of `type` by `op`; `distinct` values at most (None: unbounded).

    `unique` says that `op` is distinct on every row of the table (asked for by `Make.unique`).
    Of a column that was found by name, `op` reads it and `source` is how it is made, by which a
    generator knows a person's name when it sees one. `claims` is what a unique column asks of its entity.
    `apart` says that in a mix of locales no other locale gives the same value.
    """

    op: Op
    type: Type
    distinct: int | None = None
    unique: bool = False
    source: Op | None = None
    claims: tuple[Claim, ...] = ()
    apart: bool = False


@dataclass(frozen=True)
class Bound:
    """A date or datetime bound: an operation in ticks of `type` (a constant or another column)."""

    op: Op
    type: Type


@dataclass(frozen=True)
class Make:
    """What a generator may know of the column it makes.

    `find_column(name)` gives the operation and type of another column of the row (or of
    `parent.name`); it raises `ParameterError` for an unknown one. `rows` is the table's row count.
    `claims` are those of the table's unique columns, `beside` the generators' columns of the same group.
    `mix` are the locales that rows may have, where `locale` is one of several.
    """

    seed: int
    table: str
    column: str
    rows: int
    as_of: int  # seconds since 1970-01-01T00:00:00Z
    locale: str = "en_US"
    unique: bool = False
    group: str = ""  # columns of one entity share it; "" is the table's own person, address, …
    find_column: Callable[[str], Made] = field(default=lambda name: _no_columns(name), compare=False)
    at: Op = _ROW
    row: Op = _ROW  # what entities are counted by; `at` differs where the column is distinct only with others
    claims: tuple[Claim, ...] = ()
    beside: tuple[Beside, ...] = ()
    mix: tuple[str, ...] = ()
    counts: tuple[int, ...] | None = None  # how many children a parent of `per` can have

    def key(self, purpose: str = "") -> int:
        """The column's key for a purpose."""
        return draws.derive_key(self.seed, self.table, self.column, purpose)

    def entity_key(self, entity: str) -> int:
        """The key that all columns of one entity (`person`, `address`) of the row share."""
        return draws.derive_key(self.seed, self.table, "$entity", entity, self.group)

    def index(self, n: int, purpose: str = "index") -> Op:
        """A whole number in [0, n): drawn, or distinct on every row when `unique`.

        Raises `ParameterError` (code UNIQUE_IMPOSSIBLE) when the table has more rows than n.
        """
        if not self.unique:
            return Uniform(self.key(purpose), 0, n - 1, self.at)
        self.require(n)
        return Permute(self.key(purpose), n, self.at)

    def require(self, n: int) -> None:
        """Refuse a unique column of a table with more than n rows (code UNIQUE_IMPOSSIBLE)."""
        if self.unique and self.rows > n:
            message = f"unique needs {self.rows:,} distinct values, but only {n:,} exist"
            raise ParameterError(message, code="UNIQUE_IMPOSSIBLE")

    def agreed(self, parameter: str, *generators: str) -> str:
        """What the columns beside say of a parameter of these generators, where they say one thing; else nothing."""
        said = {dict(b.params)[parameter] for b in self.beside if b.generator in generators and parameter in dict(b.params)}
        return said.pop() if len(said) == 1 else ""


def _no_columns(name: str) -> Made:
    raise ParameterError(f"there is no column {name!r} to use here")


@dataclass(frozen=True)
class Generator:
    """A registered generator."""

    name: str  # canonical, `namespace.snake_name`
    function: Callable[..., Made]
    description: str
    category: str
    output: str  # type as text, such as `string` or `decimal(12,2)`
    parameters: tuple[Parameter, ...] = ()
    aliases: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    locales: tuple[str, ...] = ()
    version: int = 1
    slow: bool = False
    module: str = ""  # where it is registered


_REGISTERED: dict[str, Generator] = {}
Function = Callable[..., Made]


def generator(
    name: str,
    description: str,
    *,
    output: str = "string",
    category: str = "",
    parameters: tuple[Parameter, ...] = (),
    aliases: tuple[str, ...] = (),
    keywords: tuple[str, ...] = (),
    locales: tuple[str, ...] = (),
    version: int = 1,
    module: str = "",
) -> Callable[[Function], Function]:
    """Register the decorated function as generator `name`; the category is its namespace unless given.

    `parameters` are those of the function after its `Make`, in any order. `aliases` are other names
    of our own; names that other tools use stand in `runner.generators.aliases`. `module` is the one to load for it,
    the function's own unless given.
    """

    def register(function: Function) -> Function:
        if name in _REGISTERED:
            raise ValueError(f"generator {name!r} is registered twice")
        kind = category or name.partition(".")[0]
        _REGISTERED[name] = Generator(
            name,
            function,
            description,
            kind,
            output,
            parameters,
            aliases,
            keywords,
            locales,
            version,
            module=module or function.__module__,
        )
        return function

    return register


def registered() -> dict[str, Generator]:
    """What has been registered so far, by name (load the modules first: `runner.generators.catalogue`)."""
    return _REGISTERED
