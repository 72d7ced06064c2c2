"""Entities: one draw of a pool's entry for a row, seen by all columns that show something of it.

Where a column of the entity is unique, the draw is a permutation for all of them: what they show
still belongs together, and no value is made up.
"""

from __future__ import annotations

from dataclasses import dataclass

from runner import pools
from runner.generators.compose import divide, modulo
from runner.generators.registry import Claim, Made, Make, ParameterError
from runner.ops import Const, Op, Permute, PoolIndex, Take, Uniform
from runner.types import STRING, Type


@dataclass(frozen=True)
class Draw:
    """The row's entry of `pool`: its number there, and a number in [0, times) that tells rows of one entry apart.

    `size` is how many rows can be told apart by both; `claims` is what the column itself asks for.
    """

    pool: str
    index: Op
    rest: Op
    size: int
    claims: tuple[Claim, ...] = ()

    def field(self, name: str) -> Op:
        """A field of the entry."""
        return Take(self.pool, name, self.index)


def draw(make: Make, entity: str, pool: str, claim: Claim | None = None) -> Draw:
    """The row's draw of an entity, which keeps to the claims of the table's unique columns.

    With a `claim` the column is itself unique. Raises `ParameterError` (code UNIQUE_IMPOSSIBLE) when
    the table has more rows than can be told apart.
    """
    own = (claim,) if claim else ()
    asked = {c for c in make.claims if (c.entity, c.group, c.pool) == (entity, make.group, pool)} | set(own)
    times = claim.times if claim else 1
    if not asked:
        entries = pools.pool(pool).size
        return Draw(pool, PoolIndex(make.entity_key(entity), pool, make.row), Const(0), entries)
    for field in sorted({c.field for c in asked if c.field}):
        pool = pools.distinct(pool, field)
    entries, often = pools.pool(pool).size, min(c.times for c in asked)
    if claim:
        make.require(entries * often)
    row = Permute(make.entity_key(entity), entries * often, counter(make, asked))
    if often == 1:
        return Draw(pool, row, Uniform(make.key("rest"), 0, times - 1, make.at) if times > 1 else Const(0), entries, own)
    return Draw(pool, modulo(row, entries), divide(row, entries), entries * often, own)


def counter(make: Make, asked: set[Claim]) -> Op:
    """What a claimed draw is counted by. Raises `ParameterError` in a unique column where claims differ in it."""
    counters = [c.at for c in (*make.claims, *asked) if c in asked]
    if make.unique and len(set(counters)) > 1:
        message = "columns of one thing cannot be unique both alone and together with others, or in two combinations"
        raise ParameterError(message, code="UNIQUE_IMPOSSIBLE")
    return counters[0]


def claim_of(make: Make, entity: str, pool: str, field: str = "", times: int = 1) -> Claim | None:
    """What the column asks of the entity: nothing unless it is unique."""
    return Claim(entity, make.group, pool, field, times, make.at) if make.unique else None


def shown(make: Make, drawn: Draw, field: str, kind: Type = STRING) -> Made:
    """A field of the row's entry, distinct where the draw was claimed for it."""
    size = drawn.size if drawn.claims else pools.pool(pools.distinct(drawn.pool, field)).size
    return Made(drawn.field(field), kind, size, unique=bool(drawn.claims), claims=drawn.claims)
