"""Tables outside PostgreSQL's default schema: written as `schema.table`, made, counted, continued, emptied and cleaned there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from runner.protocol import EXIT_DONE, EXIT_FAILED
from services.common.databases import Rules, check_target
from services.common.databases.catalog import introspect
from services.common.guess import Wanted, guess
from tests.integration.loads import JOB, load, spec_of
from tests.integration.seed_places import Place

DDL = (
    "CREATE SCHEMA sales",
    'CREATE SCHEMA "Odd.Name"',
    "CREATE TABLE people (id serial PRIMARY KEY, name text NOT NULL)",
    "CREATE TABLE sales.deals (id serial PRIMARY KEY, person_id int NOT NULL REFERENCES people, amount numeric(8,2) NOT NULL)",
    "CREATE INDEX deals_amount ON sales.deals (amount)",
    'CREATE TABLE "Odd.Name"."t x" (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, deal_id int REFERENCES sales.deals)',
)
TABLES = {"people": "people", "sales.deals": "sales.deals", "Odd.Name.t x": '"Odd.Name"."t x"'}


@pytest.fixture
def shop(postgres_url: str) -> Place:
    place = Place(check_target(postgres_url, Rules(Path.cwd())))
    place.run(*DDL)
    return place


def _spec(shop: Place, folder: Path, **fields: Any) -> Any:
    found = guess(introspect(shop.url), Wanted(1000)).checked.plan
    assert found is not None and {t.name for t in found.tables} == set(TABLES)
    return spec_of(found, folder, **fields)


def _counts(shop: Place) -> dict[str, int]:
    return {name: shop.query(f"SELECT count(*) FROM {place}")[0][0] for name, place in TABLES.items()}


def test_they_are_loaded_continued_and_cleaned(shop: Place, tmp_path: Path) -> None:
    first = _spec(shop, tmp_path / "first")
    done = load(first, shop.url)
    assert done.code == EXIT_DONE, done.events[-1]
    rows = {t["name"]: t["rows"] for t in done.one("complete")["tables"]}
    assert _counts(shop) == rows == {t["name"]: t["rowsInTable"] for t in done.one("complete")["tables"]}
    assert {c["table"]: c["next"] for c in done.one("complete")["sequences"]} == {n: rows[n] + 1 for n in TABLES}
    again = first.model_copy(update={"load": "again", "fast": ("indexes",), "work_dir": tmp_path / "again"})
    done = load(again, shop.url)
    assert done.code == EXIT_DONE, done.events[-1]
    assert done.one("complete")["constraints"]["restored"] == ["sales.deals.deals_amount"]
    assert _counts(shop) == {name: 2 * n for name, n in rows.items()}
    assert shop.query("SELECT indexname FROM pg_indexes WHERE schemaname = 'sales' ORDER BY 1") == [
        ("deals_amount",),
        ("deals_pkey",),
    ]
    cleaned = load(again.model_copy(update={"clean": JOB, "fast": ()}), shop.url)
    assert cleaned.code == EXIT_DONE, cleaned.events[-1]
    assert _counts(shop) == rows
    shop.run("INSERT INTO sales.deals (person_id, amount) VALUES (1, 2)")
    assert shop.query("SELECT relname FROM pg_class WHERE relname LIKE '%.%' AND relkind = 'r'") == []  # none made by mistake


def test_they_are_emptied_children_first_but_never_made_anew(shop: Place, tmp_path: Path) -> None:
    spec = _spec(shop, tmp_path / "first")
    assert load(spec, shop.url).code == EXIT_DONE
    rows = _counts(shop)
    shop.run("CREATE TABLE notes (deal_id int REFERENCES sales.deals)")  # so that TRUNCATE is out of the question
    done = load(spec.model_copy(update={"load": "again", "mode": "truncate", "work_dir": tmp_path / "again"}), shop.url)
    assert done.code == EXIT_DONE, done.events[-1]
    assert _counts(shop) == rows
    refused = load(spec.model_copy(update={"load": "anew", "mode": "replace", "work_dir": tmp_path / "anew"}), shop.url)
    assert (refused.code, refused.one("error")["code"]) == (EXIT_FAILED, "TARGET_CONFLICT")
    assert "another schema" in refused.one("error")["message"]
    assert _counts(shop) == rows


def test_broken_references_of_other_schemas_are_seen(shop: Place, tmp_path: Path) -> None:
    spec = _spec(shop, tmp_path)
    assert load(spec, shop.url).code == EXIT_DONE
    shop.run("SET session_replication_role = replica", "INSERT INTO sales.deals (id, person_id, amount) VALUES (9999, 9999, 1)")
    database = shop.open()
    try:
        database.execute("SET session_replication_role = replica")
        database.execute("INSERT INTO sales.deals (id, person_id, amount) VALUES (9998, 9999, 1)")
        assert database.broken_references() == []
        (broken,) = database.broken_references(["sales.deals"])
        assert (broken.table, broken.parent, broken.rows) == ("sales.deals", "people", 2)
    finally:
        database.close()
