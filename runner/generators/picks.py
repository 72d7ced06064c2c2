"""Values from pools: one entry of a list, or one record seen through several columns."""

from __future__ import annotations

import sys

from runner import pools
from runner.generators.entities import claim_of, draw, shown
from runner.generators.registry import Made, Make, generator
from runner.ops import Op, PoolIndex, Take
from runner.types import STRING, Type


def take(make: Make, pool: str, field: str, index: Op, kind: Type = STRING) -> Made:
    """A field of the pool's entry at the index; for a unique column each value once, whatever the index.

    For pools that no other column shows; those of an entity are drawn by `record`.
    """
    names = pools.distinct(pool, field)
    size = pools.pool(names).size
    if make.unique:
        return Made(Take(names, field, make.index(size)), kind, size, unique=True)
    return Made(Take(pool, field, index), kind, size)


def pick(make: Make, pool: str, field: str = "name", kind: Type = STRING) -> Made:
    """An entry by its weight, for this column alone."""
    return take(make, pool, field, PoolIndex(make.key("index"), pool, make.at), kind)


def record(make: Make, entity: str, pool: str, field: str, kind: Type = STRING) -> Made:
    """A field of the row's record: columns of the same entity see the same one, also where one of them is unique."""
    return shown(make, draw(make, entity, pool, claim_of(make, entity, pool, field)), field, kind)


def word(make: Make, pool: str, field: str, purpose: str) -> Op:
    """A field of an entry drawn for a purpose of this column."""
    return Take(pool, field, PoolIndex(make.key(purpose), pool, make.at))


def _caller() -> str:
    """The module that registers by `listed` or `field`."""
    return str(sys._getframe(2).f_globals["__name__"])


def listed(name: str, description: str, *keywords: str, pool: str = "", aliases: tuple[str, ...] = (), version: int = 1) -> None:
    """Register a generator that is a pool and nothing else: one of its entries, for its column alone.

    The pool is that of the generator's own name (`food.fruit` is `food/fruit`) unless said otherwise.
    """
    source = pool or name.replace(".", "/")
    register = generator(name, description, keywords=keywords, aliases=aliases, module=_caller(), version=version)
    register(lambda make: pick(make, source))


def field(
    name: str, description: str, entity: str, pool: str, of: str = "name", *, kind: Type = STRING,
    keywords: tuple[str, ...] = (), aliases: tuple[str, ...] = (), version: int = 1,
) -> None:  # fmt: skip
    """Register a generator that is one field of the row's record of an entity."""
    register = generator(
        name, description, output=str(kind), keywords=keywords, aliases=aliases, module=_caller(), version=version
    )
    register(lambda make: record(make, entity, pool, of, kind))
