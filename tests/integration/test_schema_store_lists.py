"""Lists of stored schemas: pages, searches and sorts, in SQLite and in PostgreSQL."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest
from sqlalchemy import text

from services.common.errors import MockcraftError
from services.schemas.store import Query, Record, SchemaStore, listing
from tests.integration.schema_stores import BOTH, code_of


@pytest.fixture(params=BOTH)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'schemas.db'}"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def store(url: str) -> Iterator[SchemaStore]:
    opened = SchemaStore(url)
    yield opened
    opened.close()


def many(store: SchemaStore, count: int = 25) -> list[Record]:
    """Schemas named `Schema 00` and so on, one a second; every fifth is ready."""
    at = iter(datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=n) for n in range(count))
    store._clock = lambda: next(at)
    made = [store.create(Record(f"Schema {n:02d}", status="ready" if n % 5 == 0 else "draft")) for n in range(count)]
    store._clock = lambda: datetime.now(UTC)
    return made


def paged(store: SchemaStore, query: Query, between: Callable[[], object] = lambda: None) -> list[str]:
    """Names on all pages, one after another."""
    names: list[str] = []
    while True:
        page = store.list(query)
        names += [summary.name for summary in page.summaries]
        between()
        if not page.next_token:
            return names
        query = replace(query, token=page.next_token)


@pytest.mark.parametrize(
    "sort", ["", "name", "-name", "createdAt", "-createdAt", "updated_at", "-updatedAt", "status", "-status"]
)
def test_pages_by_token_hold_every_schema_once_in_order(store: SchemaStore, sort: str) -> None:
    made = many(store)
    numbers = range(len(made))
    names = paged(store, Query(sort=sort, page_size=7))
    assert sorted(names) == [f"Schema {n:02d}" for n in numbers]
    if sort.endswith("status"):
        ready = [name for name in names if int(name[-2:]) % 5 == 0]
        assert (names[-5:] if sort == "status" else names[:5]) == ready
    else:
        assert names == sorted(names, reverse=sort in ("", "-name", "-createdAt", "-updatedAt"))
    whole = store.list(Query(sort=sort, page_size=25))
    assert ([s.name for s in whole.summaries], whole.total, whole.next_token) == (names, 25, "")


def test_pages_are_stable_while_schemas_come_and_go(store: SchemaStore) -> None:
    made = many(store, 20)
    came = iter(range(100))

    def between() -> None:
        number = next(came)
        store.create(Record(f"AAA {number}"))
        store.create(Record(f"ZZZ {number}"))
        if number == 0:
            store.delete(made[19].id)

    for sort in ("name", "-createdAt"):
        names = [name for name in paged(store, Query(sort=sort, page_size=6), between) if name.startswith("Schema")]
        assert len(names) == len(set(names)) >= 19


def test_counted_pages(store: SchemaStore) -> None:
    many(store)
    pages = [store.list(Query(sort="name", page_size=10, page=n)) for n in (1, 2, 3, 4)]
    assert [[s.name[-2:] for s in page.summaries][:1] for page in pages] == [["00"], ["10"], ["20"], []]
    assert [len(page.summaries) for page in pages] == [10, 10, 5, 0]
    assert {page.total for page in pages} == {25}
    further = store.list(Query(sort="name", page_size=10, token=pages[0].next_token))
    assert further.summaries == pages[1].summaries


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("clinic", {"Clinic", "Zoo"}),
        ("CLINIC", {"Clinic", "Zoo"}),
        ("100%", {"100% off"}),
        ("%", {"100% off"}),
        ("_", {"a_b"}),
        ("\\", {"a\\c"}),
        ("STRASSE", {"Straße"}),
        ("cafe\u0301", {"CAFÉ"}),
        ("'; DROP", set()),
        ("\0", set()),
        ("\ud800", set()),
        ("x" * 100_000, set()),
    ],
)
def test_searches_are_for_texts_in_any_case(store: SchemaStore, search: str, found: set[str]) -> None:
    for name in ("Clinic", "100% off", "a_b", "a\\c", "axb", "Straße", "CAFÉ"):
        store.create(Record(name))
    store.create(Record("Zoo", description="Not a CLINIC at all"))
    page = store.list(Query(search=search))
    assert ({s.name for s in page.summaries}, page.total) == (found, len(found))


def test_search_status_sort_and_pages_go_together(store: SchemaStore) -> None:
    many(store)
    query = Query(search="SCHEMA 1", status="draft", sort="-name", page_size=3)
    assert [name[-2:] for name in paged(store, query)] == ["19", "18", "17", "16", "14", "13", "12", "11"]
    assert store.list(query).total == 8
    assert store.list(replace(query, page=9)).total == 8
    assert store.list(Query(status="failed")).total == 0


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        (Query(status="sleeping"), ["VALIDATION_ERROR"]),
        (Query(sort="size"), ["VALIDATION_ERROR"]),
        (Query(sort="--name"), ["VALIDATION_ERROR"]),
        (Query(sort="name; DROP TABLE schemas"), ["VALIDATION_ERROR"]),
        (Query(page_size=1001), ["PAGE_SIZE_INVALID"]),
        (Query(page_size=-1), ["PAGE_SIZE_INVALID"]),
        (Query(page=-1), ["VALIDATION_ERROR"]),
        (Query(page=2**60), ["VALIDATION_ERROR"]),
        (Query(page=1, token="x"), ["VALIDATION_ERROR"]),
        (Query(status="x", sort="y", page_size=-1), ["VALIDATION_ERROR", "PAGE_SIZE_INVALID", "VALIDATION_ERROR"]),
    ],
)
def test_bad_lists_are_refused_with_all_that_is_wrong(store: SchemaStore, query: Query, codes: list[str]) -> None:
    with pytest.raises(MockcraftError) as caught:
        store.list(query)
    assert [finding.code for finding in caught.value.findings] == codes


def test_a_token_serves_its_own_list_alone(store: SchemaStore) -> None:
    many(store)
    token = store.list(Query(page_size=5)).next_token
    assert store.list(Query(page_size=9, token=token)).summaries
    forged = [
        base64.urlsafe_b64encode(orjson.dumps(v)).decode() for v in ([], {}, 1, ["a", 1, "b"], [[], {}, 1], ["", 10**18, "x"])
    ]
    others = [replace(Query(token=token), **more) for more in ({"sort": "name"}, {"status": "ready"}, {"search": "x"})]  # type: ignore[arg-type]
    for query in [*others, *(Query(token=bad) for bad in ("x", "ä", "\0", token[:-3], token + "AAAA", *forged))]:
        assert code_of(lambda query=query: store.list(query)) == "PAGE_TOKEN_INVALID", query  # type: ignore[misc]


def test_lists_go_by_indexes(store: SchemaStore, url: str) -> None:
    """No list sorts the schemas or reads past what it shows; a search reads SQLite's index alone."""
    many(store, 5)
    dialect = "sqlite" if url.startswith("sqlite") else "postgresql"
    wanted = {
        "-createdAt": "ix_schemas_created_at",
        "updatedAt": "ix_schemas_updated_at",
        "name": "schemas_name",
        "status": "ix_schemas_status",
    }
    for sort, index in wanted.items():
        token = store.list(Query(sort=sort, page_size=2)).next_token
        for query in (Query(sort=sort), Query(sort=sort, token=token), Query(sort=sort, page=3)):
            found = plan(store, query, dialect)
            assert index in found, (query, found)
            assert found.count("Seq Scan") == 0
    if dialect == "sqlite":
        assert "USING COVERING INDEX ix_schemas_search" in plan(store, Query(search="x"), dialect)
        assert "USING COVERING INDEX" in plan(store, Query(page=100), dialect).split("SCAN page")[0]


def plan(store: SchemaStore, query: Query, dialect: str) -> str:
    """How the database goes about a page; PostgreSQL as if there were many schemas."""
    statement = listing.page_of(listing.checked(query), dialect)
    with store._database.read() as connection:
        compiled = statement.compile(connection, compile_kwargs={"literal_binds": True})
        if dialect == "sqlite":
            return "; ".join(str(row[3]) for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}"))
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        connection.exec_driver_sql("SET LOCAL enable_sort = off")
        return "\n".join(str(row[0]) for row in connection.execute(text(f"EXPLAIN {compiled}")))
