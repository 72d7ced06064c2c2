"""Values from pools: one entry of a list, or one record seen through several columns."""

from __future__ import annotations

from runner import pools
from runner.generators.registry import Made, Make
from runner.plan import Op, PoolIndex, Take
from runner.types import STRING, Type


def pick(make: Make, pool: str, field: str = "name", kind: Type = STRING) -> Made:
    """An entry by its weight, for this column alone; every entry at most once when unique."""
    size = pools.pool(pool).size
    index = make.index(size) if make.unique else PoolIndex(make.key("index"), pool, make.at)
    return Made(Take(pool, field, index), kind, size, unique=make.unique and _all_differ(pool, field))


def word(make: Make, pool: str, field: str, purpose: str) -> Op:
    """A field of an entry drawn for a purpose of this column."""
    return Take(pool, field, PoolIndex(make.key(purpose), pool, make.at))


def record(make: Make, entity: str, pool: str, field: str, kind: Type = STRING) -> Made:
    """A field of the row's record: columns of the same entity see the same one.

    A unique column draws for itself, since records come again and again.
    """
    return Made(
        Take(pool, field, record_index(make, entity, pool)),
        kind,
        distinct(pool, field),
        unique=make.unique and _all_differ(pool, field),
    )


def record_index(make: Make, entity: str, pool: str) -> Op:
    """The number of the row's record; of one of the column's own when unique."""
    return make.index(pools.pool(pool).size) if make.unique else PoolIndex(make.entity_key(entity), pool, make.at)


def distinct(pool: str, field: str) -> int:
    """How many different values a field has."""
    return len(pools.pool(pool).field(field).unique())


def _all_differ(pool: str, field: str) -> bool:
    return distinct(pool, field) == pools.pool(pool).size
