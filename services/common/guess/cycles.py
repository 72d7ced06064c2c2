"""Circles of references: broken at one that may be null where there is one, else at one whose constraint the load suspends."""

from __future__ import annotations

from services.common.guess.drafts import Draft, Link


def settle(draft: Draft) -> list[str]:
    """Break every circle between tables; the tables in load order, parents first."""
    broken: set[Link] = set()
    while circle := _circle(draft, broken):
        broken.add(_weakest(circle, draft))
    for link in draft.links:
        if link in broken and not link.nullable:
            draft.suspended.append(link)
            entry = draft.tables[link.table].entries[link.entry]
            entry.notes.append("suspended while loading")
    return order(draft, broken)


def order(draft: Draft, broken: set[Link]) -> list[str]:
    """Tables parents first; those of equal standing as the database lists them."""
    waiting = {name: _parents(draft, name, broken) for name in draft.tables}
    found: list[str] = []
    while waiting:
        ready = next((name for name, parents in waiting.items() if not parents & waiting.keys()), next(iter(waiting)))
        found.append(ready)
        del waiting[ready]
    return found


def broken_links(draft: Draft, ordered: list[str]) -> set[Link]:
    """References to tables that come later in this order."""
    place = {name: n for n, name in enumerate(ordered)}
    return {link for link in draft.links if link.parent in place and place[link.parent] > place[link.table]}


def _parents(draft: Draft, table: str, broken: set[Link]) -> set[str]:
    return {link.parent for link in draft.links_of(table) if link not in broken and link.parent != table}


def _circle(draft: Draft, broken: set[Link]) -> list[Link]:
    """The links of one circle; empty when there is none."""
    edges: dict[str, list[Link]] = {name: [] for name in draft.tables}
    for link in draft.links:
        if link not in broken and link.parent != link.table and link.parent in edges:
            edges[link.table].append(link)
    done: set[str] = set()
    for start in edges:
        if start not in done and (found := _walk(start, edges, done)):
            return found
    return []


def _walk(start: str, edges: dict[str, list[Link]], done: set[str]) -> list[Link]:
    path: list[Link] = []
    on_path = {start}
    stack = [(start, iter(edges[start]))]
    while stack:
        name, links = stack[-1]
        link = next(links, None)
        if link is None:
            stack.pop()
            done.add(name)
            on_path.discard(name)
            path = path[:-1]
        elif link.parent in on_path:
            whole = [*path, link]
            return whole[next(n for n, one in enumerate(whole) if one.table == link.parent) :]
        elif link.parent not in done:
            path.append(link)
            on_path.add(link.parent)
            stack.append((link.parent, iter(edges[link.parent])))
    return []


def _weakest(circle: list[Link], draft: Draft) -> Link:
    """A link that may be null, else one that is not distinct, else any."""

    def strength(link: Link) -> tuple[bool, bool, bool]:
        entry = draft.tables[link.table].entries[link.entry]
        keyed = any(column in draft.tables[link.table].table.primary_key for column in entry.covers)
        return (not link.nullable, keyed, link.unique)

    return min(circle, key=strength)
