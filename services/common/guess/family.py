"""Tables that are one logically: PostgreSQL's inheritance, partitions, and tables that triggers fill."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from services.common.databases.catalog import Bounds, Catalog, CatalogTable, Choices, ParsedCheck, Partition
from services.common.guess import mysql_partitions
from services.common.guess.drafts import Draft


def leave_out(catalog: Catalog, draft: Draft) -> None:
    """Which tables are not written: partitions (their parent is), and what triggers of other tables fill."""
    referred = {key.parent for table in catalog.tables for key in table.foreign_keys if key.parent != table.key}
    for table in catalog.tables:
        if table.kind == "partition":
            draft.skipped[table.key] = f"a partition of {', '.join(table.inherits_from)}, whose rows it takes"
        elif routed := routing(table, catalog):
            for key in routed:
                draft.skipped[key] = f"filled by trigger {_router(table, routed)} of {table.key}"
    for table in catalog.tables:
        for trigger in table.triggers:
            for key in trigger.inserts if trigger.enabled and "INSERT" in trigger.events else ():
                family = key in table.children or key in table.inherits_from
                if key != table.key and key not in referred and not family:
                    draft.skipped.setdefault(key, f"filled by trigger {trigger.name} of {table.key}")


def routing(table: CatalogTable, catalog: Catalog) -> tuple[str, ...]:
    """Children that a trigger of the parent puts its rows into."""
    puts = [key for t in table.triggers if t.enabled and t.timing == "BEFORE" and "INSERT" in t.events for key in t.inserts]
    return tuple(key for key in dict.fromkeys(puts) if key in table.children)


def _router(table: CatalogTable, routed: Iterable[str]) -> str:
    return next(t.name for t in table.triggers if set(t.inserts) & set(routed))


def members(catalog: Catalog, draft: Draft) -> dict[str, tuple[str, ...]]:
    """Each table of an inheritance with all tables of it that are written, the topmost first."""
    tables = {table.key: table for table in catalog.tables if table.key in draft.tables}
    found: dict[str, tuple[str, ...]] = {}
    for table in tables.values():
        if table.kind == "parent" or (table.children and not any(above in tables for above in table.inherits_from)):
            if table.kind == "partitioned":
                continue
            whole = tuple(dict.fromkeys(_below(table, tables)))
            if len(whole) > 1:
                found |= dict.fromkeys(whole, whole)
    return found


def _below(table: CatalogTable, tables: dict[str, CatalogTable]) -> Iterable[str]:
    yield table.key
    for key in table.children:
        if key in tables:
            yield from _below(tables[key], tables)


def with_partitions(table: CatalogTable, catalog: Catalog) -> CatalogTable:
    """The table with what its partitions allow as a condition of its own; a parent of inheritance keeps out of its children's."""
    if table.kind == "partitioned" or table.partitions:
        below = [catalog.table(key) for key in table.children if _has(catalog, key)]
        parts = [t.partition for t in below if t.partition] or list(table.partitions)
        if table.partitions and not below:
            return replace(table, partition=Partition(bounds="its partitions", parsed=mysql_partitions.allowed(table)))
        by = table.partition.by if table.partition and not any(part.default for part in parts) else ()
        return replace(table, partition=Partition(bounds="its partitions", parsed=replace(_union(parts), not_null=by)))
    routed = routing(table, catalog)
    if routed:
        parts = [Partition(parsed=_all(catalog.table(key))) for key in routed]
        return replace(table, partition=Partition(bounds="the ranges of its children", parsed=_union(parts)))
    rest = _beyond(table)
    return (
        replace(table, partition=Partition(bounds="beyond what its rules put into children", parsed=rest))
        if rest.bounds
        else table
    )


def _has(catalog: Catalog, key: str) -> bool:
    return any(table.key == key for table in catalog.tables)


def _all(table: CatalogTable) -> ParsedCheck:
    return ParsedCheck(bounds=tuple(b for check in table.checks for b in check.parsed.bounds))


def _union(parts: list[Partition]) -> ParsedCheck:
    """What the rows of any of the partitions satisfy: the range from the least to the greatest end, or all their values."""
    if not parts or any(part.default for part in parts):
        return ParsedCheck()
    bounds: list[Bounds] = []
    for column in dict.fromkeys(b.column for part in parts for b in part.parsed.bounds):
        ends = [_one(part.parsed, column) for part in parts]
        bounds.append(_hull(ends))
    choices: dict[str, list[object]] = {}
    for part in parts:
        for choice in part.parsed.choices:
            choices.setdefault(choice.column, []).extend(choice.values)
    listed = tuple(Choices(c, tuple(v)) for c, v in choices.items() if v)  # type: ignore[arg-type]
    return ParsedCheck(bounds=tuple(bounds), choices=listed)


def _one(parsed: ParsedCheck, column: str) -> Bounds:
    """What a condition says of a column, both ends in one."""
    found = Bounds(column)
    for b in parsed.bounds:
        if b.column == column and b.of == "value":
            found = replace(found, low=b.low, low_open=b.low_open) if b.low is not None else found
            found = replace(found, high=b.high, high_open=b.high_open) if b.high is not None else found
    return found


def _hull(ends: list[Bounds]) -> Bounds:
    lows, highs = [b for b in ends if b.low is not None], [b for b in ends if b.high is not None]
    low = min(lows, key=_key_low) if len(lows) == len(ends) else None
    high = max(highs, key=_key_high) if len(highs) == len(ends) else None
    return Bounds(
        ends[0].column,
        low.low if low else None,
        high.high if high else None,
        low.low_open if low else False,
        high.high_open if high else False,
    )


def _key_low(bounds: Bounds) -> tuple[bool, object]:
    return isinstance(bounds.low, str), bounds.low


def _key_high(bounds: Bounds) -> tuple[bool, object]:
    return isinstance(bounds.high, str), bounds.high


def _beyond(table: CatalogTable) -> ParsedCheck:
    """Of a parent whose rules put rows into children: the values for which no rule does so."""
    redirecting = [r for r in table.rules if r.instead and r.event == "INSERT" and r.parsed.bounds]
    if not redirecting:
        return ParsedCheck()
    columns = dict.fromkeys(b.column for rule in redirecting for b in rule.parsed.bounds)
    found = []
    for column in columns:
        ends = [_one(rule.parsed, column) for rule in redirecting]
        hull = _hull(ends)
        if hull.high is not None:
            found.append(Bounds(column, low=hull.high, low_open=not hull.high_open))
            break
    return ParsedCheck(bounds=tuple(found))
