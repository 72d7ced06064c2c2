"""Foreign keys as references: which of a table's are made, under which name, and what follows from those that are not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from services.common.databases.catalog import Catalog, CatalogTable, ForeignKey
from services.common.guess.drafts import Body, Draft, Entry, Guess, Link, TableDraft

_TAKEN = frozenset("and or not in is null true false as_of parent previous next today".split())
OPTIONAL = 0.1
"""The share of nulls of a reference that may be null."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A foreign key that becomes a reference; `nulls`: columns of others that are null so that those need no parent."""

    keys: tuple[ForeignKey, ...]
    nulls: tuple[tuple[str, ForeignKey], ...]


def choose(table: CatalogTable, catalog: Catalog, draft: Draft) -> Chosen:
    """The foreign keys to make references of: the widest first, none sharing a column with another."""
    taken: dict[str, ForeignKey] = {}
    keys: list[ForeignKey] = []
    nulls: list[tuple[str, ForeignKey]] = []
    for key in sorted(
        _foreign_keys(table, catalog), key=lambda k: (-len(k.columns), any(table.column(c).nullable for c in k.columns))
    ):
        if not key.enforced:
            continue
        shared = [column for column in key.columns if column in taken]
        if key.parent in draft.skipped or not _known(catalog, key.parent):
            nulls += _without_parent(table, key, draft)
        elif not shared:
            keys.append(key)
            taken |= dict.fromkeys(key.columns, key)
        elif not _implied(key, taken, catalog):
            free = [c for c in key.columns if c not in taken and table.column(c).nullable and c not in table.primary_key]
            if free and not key.full:
                nulls.append((free[0], key))
            else:
                draft.warn(
                    f"{table.key}: foreign key {key.name or key.columns} shares columns with another and cannot be honoured"
                )
    order = {column.name: n for n, column in enumerate(table.columns)}
    keys.sort(key=lambda k: min(order.get(c, 0) for c in k.columns))
    return Chosen(tuple(keys), tuple(nulls))


def _foreign_keys(table: CatalogTable, catalog: Catalog) -> Iterator[ForeignKey]:
    """The table's own, and for children of inheritance those that the database does not hand down."""
    yield from table.foreign_keys
    own = {key.columns for key in table.foreign_keys}
    names = {column.name for column in table.columns}
    if table.kind == "child":
        for above in table.inherits_from:
            if _known(catalog, above):
                inherited = (k for k in catalog.table(above).foreign_keys if k.columns not in own and set(k.columns) <= names)
                yield from inherited


def _known(catalog: Catalog, key: str) -> bool:
    return any(table.key == key for table in catalog.tables)


def _without_parent(table: CatalogTable, key: ForeignKey, draft: Draft) -> list[tuple[str, ForeignKey]]:
    free = [c for c in key.columns if table.column(c).nullable]
    if not free:
        draft.warn(f"{table.key}: foreign key {key.name} refers to {key.parent}, which is left out: it cannot be honoured")
    return [(free[0], key)] if free else []


def _implied(key: ForeignKey, taken: dict[str, ForeignKey], catalog: Catalog) -> bool:
    """Whether a wider reference that fills all its columns leads to a row that refers to the same parent itself."""
    wider = {id(taken[c]): taken[c] for c in key.columns if c in taken}
    if len(wider) != 1 or any(c not in taken for c in key.columns):
        return False
    through = next(iter(wider.values()))
    if through.parent == key.parent and set(zip(key.columns, key.parent_columns, strict=True)) <= set(
        zip(through.columns, through.parent_columns, strict=True)
    ):
        return True
    renamed = dict(zip(through.columns, through.parent_columns, strict=True))
    above = tuple(renamed[c] for c in key.columns)
    parent = catalog.table(through.parent)
    return any(
        k.parent == key.parent
        and dict(zip(k.columns, k.parent_columns, strict=True)) == dict(zip(above, key.parent_columns, strict=True))
        for k in parent.foreign_keys
    )


def add(made: TableDraft, key: ForeignKey, unique: bool, keyed: bool, draft: Draft) -> None:
    """Make a reference of a foreign key. `unique`: each parent row once; `keyed`: part of a key, so never null."""
    table = made.table
    optional = any(table.column(c).nullable for c in key.columns) and not keyed
    if key.parent == table.key and not optional:
        _add_own_row(made, key)
        return
    name = key.columns[0] if len(key.columns) == 1 else _free_name(made, key)
    targets = [f"{key.parent}.{column}" for column in key.parent_columns]
    body: Body = {"ref": targets[0]} if len(targets) == 1 else {"ref": targets, "as": list(key.columns)}
    extra: Body = {"unique": True} if unique else {}
    if key.parent == table.key:
        body["pick"] = "earlier"
        extra.pop("unique", None)
    if optional:
        extra["null_rate"] = OPTIONAL
    if unique and len(targets) > 1 and not optional and key.parent != table.key and not made.per:
        made.per = key.parent
        extra.pop("unique")
        above = draft.tables.get(key.parent)
        keyed = above is not None and set(above.table.primary_key) == set(key.parent_columns)
        if set(made.primary_key) == set(key.columns) and not keyed:
            made.primary_key = ()
            made.comments.append(f"its key is that of the row of {key.parent} that it belongs to")
    why = f"foreign key {key.name}" if len(targets) > 1 and key.name else "foreign key"
    made.entries[name] = Entry(name, [Guess(body, why, own_type=True)], key.columns, extra)
    draft.links.append(Link(table.key, name, key.parent, key.name, optional, unique))


def _free_name(made: TableDraft, key: ForeignKey) -> str:
    names = {c.name.lower() for c in made.table.columns} | {name.lower() for name in made.entries}
    wanted = f"to_{key.parent.rpartition('.')[2]}"[:50]
    number = 1
    while (name := wanted if number == 1 else f"{wanted}_{number}").lower() in names:
        number += 1
    return name


def _add_own_row(made: TableDraft, key: ForeignKey) -> None:
    """A row that must refer to a row of its own table, the first one too: to itself."""
    for column, above in zip(key.columns, key.parent_columns, strict=True):
        if column != above:
            guess = Guess({"expr": quoted(above)}, "refers to its own table and takes no null: each row to itself", own_type=True)
            made.entries[column] = Entry(column, [guess], (column,))


def quoted(column: str) -> str:
    """A column as expressions name it."""
    plain = column.isascii() and column.isidentifier() and column.lower() not in _TAKEN
    return column if plain else f"`{column}`"
