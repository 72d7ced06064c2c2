"""How fast the registry's store lists, searches and pages 10,000 schemas, in SQLite and in PostgreSQL."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from functools import partial

from services.schemas.drawing import Column, Definition, Drawing, ForeignKey, Table
from services.schemas.store import Listing, Query, Record, SchemaStore
from tests.bench.floors import Floor, at_most, shown
from tests.bench.runs import folder
from tests.servers import run_postgres

SCHEMAS = 10_000
TABLES, COLUMNS = 6, 8
MILLISECONDS = 50
CALLS = 30
WORDS = ("clinic", "shop", "airline", "school", "library", "bank", "farm", "hotel", "museum", "garage")
SORTS = ("-createdAt", "name", "-updatedAt", "status")


def drawing(number: int) -> Definition:
    """Six tables of eight columns, each but the first with a key to the one before."""
    tables = tuple(
        Table(f"t{t}", f"table_{t}", tuple(Column(f"t{t}.c{c}", f"column_{c}", "varchar", length=80) for c in range(COLUMNS)))
        for t in range(TABLES)
    )
    keys = tuple(ForeignKey(f"k{t}", f"t{t}", (f"t{t}.c1",), f"t{t - 1}", (f"t{t - 1}.c0",)) for t in range(1, TABLES))
    return Definition(Drawing(tables, keys), str(number))


def fill(store: SchemaStore, count: int) -> None:
    """Store so many schemas, of which every tenth is ready and every twentieth deleted."""
    for number in range(count):
        word = WORDS[number % len(WORDS)]
        name, text = f"{word} {number:05d}", f"The {word} of customer {number % 997}: appointments, invoices and stock."
        record = Record(name, drawing(number), text, f"db_{number}", "ready" if number % 10 == 3 else "draft")
        made = store.create(record)
        if number % 20 == 19:
            store.delete(made.id)


def questions(store: SchemaStore) -> dict[str, Callable[[], Listing]]:
    """What is asked, by a name for it."""
    middle = {sort: _page_in_the_middle(store, Query(sort=sort)) for sort in SORTS}
    asked = {f"first page by {sort}": Query(sort=sort) for sort in SORTS}
    asked |= {f"page in the middle by {sort}": query for sort, query in middle.items()}
    asked |= {
        "counted page 100": Query(page=100),
        "search for a word in a tenth": Query(search="AIRLINE"),
        "search for one name": Query(search="museum 04998", sort="name"),
        "search for what is not there": Query(search="zebra%"),
        "search among the ready": Query(search="customer 7", status="ready"),
        "of a status": Query(status="ready"),
        "the deleted": Query(status="deleted"),
    }
    return {what: partial(store.list, query) for what, query in asked.items()}


def _page_in_the_middle(store: SchemaStore, query: Query) -> Query:
    """The query for the page behind the first half."""
    token = ""
    for _ in range(store.list(query).total // 2000):
        token = store.list(replace(query, page_size=1000, token=token)).next_token
    return replace(query, token=token)


def slowest(call: Callable[[], object]) -> float:
    """Milliseconds that 95 of 100 calls stay below, after a first one."""
    call()
    times = []
    for _ in range(CALLS):
        begun = time.perf_counter()
        call()
        times.append((time.perf_counter() - begun) * 1000)
    return sorted(times)[-max(1, CALLS // 20) - 1]


def store_floors(count: int = SCHEMAS) -> Iterator[Floor]:
    """Both databases, each question."""
    with ExitStack() as stack:
        place = stack.enter_context(folder(None))
        server = stack.enter_context(run_postgres())
        for kind, url in (("SQLite", f"sqlite:///{place / 'schemas.db'}"), ("PostgreSQL", server.database())):
            store = SchemaStore(url)
            stack.callback(store.close)
            begun = time.perf_counter()
            fill(store, count)
            yield shown(f"{kind}: {count:,} schemas stored", f"{(time.perf_counter() - begun) / count * 1000:.1f} ms each")
            for what, call in questions(store).items():
                yield at_most(
                    f"{kind}: {what} ({len(call().summaries):,} of {call().total:,})", slowest(call), MILLISECONDS, "ms"
                )
            thousand = partial(store.list, Query(page_size=1000))
            yield shown(f"{kind}: 1,000 on a page, the most", f"{slowest(thousand):.2f} ms")
