"""Columns of one entity agree, also where one of them is unique: what a row shows is found together in plain rows."""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cache
from typing import Any

import numpy as np
import pytest

from runner import pools
from runner.engine import Engine
from runner.generators import catalogue, find
from runner.schema import check

ROWS = 4_000
LOCALES = ("en_US", "id_ID", "pl_PL", "ja_JP")
NEEDED: dict[str, dict[str, Any]] = {name: {"values": ["a", "b"]} for name in ("choice.choice", "choice.cycle", "choice.sample")}
NEEDED |= {f"address.{name}": {"scope": "world"} for name in ("country", "country_code", "capital", "calling_code")}
EVERY = sorted(catalogue())


def spec(name: str, locale: str) -> dict[str, Any]:
    own = catalogue()[name].locales
    return {"gen": name, "locale": own[0] if own and locale not in own else locale, **NEEDED.get(name, {})}


def rows_of(rows: int, columns: dict[str, Any]) -> list[dict[str, Any]]:
    checked = check({"tables": {"t": {"rows": rows, "columns": columns}}})
    assert checked.plan, checked.findings
    found: list[dict[str, Any]] = Engine(checked.plan).batch("t", 0, rows).to_pylist()
    return found


@cache
def facts(locale: str) -> dict[tuple[str, str], dict[Any, Any]]:
    """For pairs of columns where one tells the other: what each value of the first goes with."""
    rows = rows_of(ROWS, {name: spec(name, locale) for name in EVERY})
    columns = {name: [row[name] for row in rows] for name in EVERY}
    codes = {name: np.unique([str(value) for value in values], return_inverse=True)[1] for name, values in columns.items()}
    kept = [name for name in EVERY if 1 <= codes[name].max() < ROWS * 0.9]
    matrix = np.stack([codes[name] for name in kept])
    found = {}
    for one in kept:
        _, first, counts = np.unique(codes[one], return_index=True, return_counts=True)
        if (counts > 1).sum() < 5:
            continue
        told = (matrix == matrix[:, first[codes[one]]]).all(axis=1)
        for other in (kept[i] for i in np.flatnonzero(told) if kept[i] != one):
            found[one, other] = {columns[one][i]: columns[other][i] for i in first}
    return found


@cache
def entities(locale: str) -> tuple[frozenset[str], ...]:
    """Generators that tell of one another, directly or through others."""
    groups: dict[str, set[str]] = {}
    for one, other in facts(locale):
        joined = groups.get(one, {one}) | groups.get(other, {other})
        for name in joined:
            groups[name] = joined
    return tuple({frozenset(group) for group in groups.values()})


def relatives(locale: str, unique: str) -> dict[str, Any]:
    """A table of the generator, unique, beside those of its entity and of entities that its family has a part in."""
    family = unique.partition(".")[0]
    near = {name for group in entities(locale) if any(member.partition(".")[0] == family for member in group) for name in group}
    return {name: spec(name, locale) | ({"unique": True} if name == unique else {}) for name in sorted(near | {unique})}


@cache
def sizes(locale: str, name: str) -> int:
    """How many rows a unique column of the generator can have, up to 300; 0 where it cannot be unique."""
    return fitting({name: spec(name, locale) | {"unique": True}})


def fitting(columns: dict[str, Any], most: int = 300) -> int:
    """How many rows of the columns there can be, up to `most`; 0 where they are refused for another reason."""
    checked = check({"tables": {"t": {"rows": most, "columns": columns}}})
    if checked.plan:
        return most
    (finding,) = checked.findings
    number = re.search(r"only ([\d,]+) exist", finding.message)
    fewer = int(number[1].replace(",", "")) if number else 0
    return fewer if fewer > 1 and check({"tables": {"t": {"rows": fewer, "columns": columns}}}).plan else 0


def test_the_entities_are_seen() -> None:
    expected = {
        ("aviation.airport_iata", "aviation.airport"), ("aviation.airline_icao", "aviation.airline"),
        ("health.medical_condition", "health.icd10_code"),
        ("finance.bic", "finance.bank_name"), ("aviation.aircraft", "aviation.aircraft_seats"),
    }  # fmt: skip
    assert expected <= set(facts("en_US"))
    assert ("address.city", "address.state") in facts("id_ID")


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("name", EVERY)
def test_rows_agree_where_a_column_is_unique(name: str, locale: str) -> None:
    if locale != "en_US" and name.partition(".")[0] not in ("person", "address", "contact", "finance", "government"):
        return
    rows = sizes(locale, name)
    if not rows:
        return
    columns = relatives(locale, name)
    rows = fitting(columns, rows)  # fewer where columns beside narrow it down: exchanges to those of stocks
    made = rows_of(rows, columns)
    assert len({row[name] for row in made}) == rows > 0
    for (one, other), known in facts(locale).items():
        if not {one, other} <= columns.keys():
            continue
        seen = [row for row in made if row[one] in known]
        wrong = [row for row in seen if row[other] != known[row[one]]]  # a few: two airports of one longitude
        assert len(wrong) <= max(1, len(seen) // 10), (one, other)


def unique(names: str, *columns: str, rows: int = 300, locale: str = "en_US", **params: Any) -> list[dict[str, Any]]:
    """Rows of the columns, those of `names` unique."""
    return rows_of(rows, {
        c: {"gen": c, "locale": locale, **params.get(c, {})} | ({"unique": True} if c in names.split() else {}) for c in columns
    })  # fmt: skip


def test_unique_accounts_are_at_the_row_s_bank() -> None:
    bank = pools.pool("finance/bank")
    codes = dict(zip(bank.field("bic").to_pylist(), bank.field("code").to_pylist(), strict=True))
    assert all(row["iban"][4:].startswith(codes[row["bic"]]) for row in unique("iban", "iban", "bic", "bank", locale="de_DE"))


@pytest.mark.parametrize("rows", [300, 20_000])
def test_unique_flights_are_of_the_row_s_airline(rows: int) -> None:
    made = unique("flight_number", "flight_number", "airline", "airline_iata", rows=rows)
    assert all(row["flight_number"].startswith(row["airline_iata"]) for row in made)
    assert len({row["flight_number"] for row in made}) == rows
    assert len({row["airline"] for row in made}) > 50


def test_unique_products_have_their_own_category_and_price() -> None:
    products = pools.pool("commerce/product")
    known = {
        name: (category, low, high)
        for name, category, low, high in zip(
            *(products.field(f).to_pylist() for f in ("name", "category", "low", "high")), strict=True
        )
    }
    for names in ("product_name", "price", "product_name price"):
        for row in unique(names, "product_name", "product_category", "price"):
            category, low, high = known[row["product_name"].split(" ", 2)[2]]
            assert category == row["product_category"]
            assert low <= row["price"] <= high


@pytest.mark.parametrize("locale", ["en_US", "pl_PL", "ja_JP", "is_IS", "id_ID"])
@pytest.mark.parametrize("name", ["first_name", "last_name", "full_name"])
def test_people_with_unique_names_are_one_person(name: str, locale: str) -> None:
    rows = sizes(locale, find(name)[0].name)
    if not rows:
        pytest.skip(f"no unique {name} in {locale}")
    made = unique(name, "first_name", "last_name", "full_name", "gender", "username", "email", locale=locale, rows=rows)
    facts_, first = pools.facts(locale), pools.pool(f"{locale}/person_first")
    genders = set(zip(first.field("name").to_pylist(), first.field("female").to_pylist(), strict=True))
    for row in made:
        names = [row["last_name"], row["first_name"]] if facts_["last_first"] else [row["first_name"], row["last_name"]]
        assert row["full_name"] == facts_["separator"].join(names)
        assert (row["first_name"], int(row["gender"] == "Female")) in genders
        assert row["email"].partition("@")[0] == row["username"].replace("_", ".")
    assert len({row["email"] for row in made}) == len({row["username"] for row in made}) == rows


def test_a_gender_asked_for_is_that_of_the_person() -> None:
    made = unique("", "first_name", "gender", "full_name", first_name={"gender": "female"})
    assert {row["gender"] for row in made} == {"Female"}
    assert all(row["full_name"].startswith(row["first_name"]) for row in made)


def test_ages_follow_unique_days_of_birth() -> None:
    for row in unique("birth_date", "birth_date", "age", "nik", locale="id_ID"):
        born = row["birth_date"]
        assert row["age"] == 2025 - born.year - ((born.month, born.day) > (1, 1))
        assert row["nik"][8:12] == f"{born:%m%y}"


def test_unique_coordinates_stay_near_the_city() -> None:
    cities = pools.pool("en_US/city")
    places: dict[str, list[int]] = defaultdict(list)
    for name, latitude in zip(cities.field("name").to_pylist(), cities.field("latitude").to_pylist(), strict=True):
        places[name].append(latitude)
    made = unique("latitude", "latitude", "longitude", "city", rows=20_000)
    assert len({row["latitude"] for row in made}) == 20_000
    assert all(min(abs(int(row["latitude"] * 10**6) - p) for p in places[row["city"]]) <= 250_001 for row in made)


@pytest.mark.parametrize("names", ["origin", "destination", "origin destination"])
def test_flights_with_unique_ends_have_two_airports(names: str) -> None:
    ends = {
        end: {"gen": "airport_iata", "role": end} | ({"unique": True} if end in names else {})
        for end in ("origin", "destination")
    }
    named = {f"{end}_name": {"gen": "airport", "role": end} for end in ends}
    airports = pools.pool("aviation/airport")
    known = dict(zip(airports.field("iata").to_pylist(), airports.field("name").to_pylist(), strict=True))
    made = rows_of(5_000, {**ends, **named})
    for end in ends:
        assert all(row[f"{end}_name"] == known[row[end]] for row in made)
    assert all(row["origin"] != row["destination"] for row in made)
    assert all(len({row[end] for row in made}) == 5_000 for end in names.split())


def test_too_many_rows_are_refused_with_the_size_of_the_pool() -> None:
    for name, params in (("airline", {}), ("bic", {"country": "NL"}), ("first_name", {}), ("airport_iata", {})):
        columns = {"a": {"gen": name, "unique": True, **params}}
        (finding,) = check({"tables": {"t": {"rows": 50_000, "columns": columns}}}).findings
        assert finding.code == "UNIQUE_IMPOSSIBLE"
        assert finding.path == "tables.t.columns.a.unique"
        assert re.search(r"50,000 distinct values, but only [\d,]+ exist", finding.message)


def test_two_unique_columns_of_one_entity() -> None:
    made = unique("airport_iata airport_city", "airport_iata", "airport_city", "airport", rows=2_000)
    assert len({row["airport_iata"] for row in made}) == len({row["airport_city"] for row in made}) == 2_000


def test_the_country_is_that_of_the_places_beside() -> None:
    own = unique("", "city", "country", "country_code", "currency_code", "bank_name", locale="id_ID")
    assert {(r["country"], r["country_code"], r["currency_code"]) for r in own} == {("Indonesia", "ID", "IDR")}
    world = unique("", "city", "country", "country_code", "currency_code", locale="id_ID", country={"scope": "world"})
    geo = pools.pool("geo/country")
    money = dict(zip(geo.field("alpha2").to_pylist(), geo.field("currency").to_pylist(), strict=True))
    assert len({r["country"] for r in world}) > 100
    assert all(r["currency_code"] == money[r["country_code"]] for r in world)
    assert len({r["country"] for r in unique("", "country")}) > 100


@pytest.mark.parametrize(
    ("pair", "others"),
    [
        (("airport_iata", "day"), ("airport", "airport_city")),
        (("flight_number", "day"), ("airline", "airline_iata")),
        (("first_name", "day"), ("full_name", "gender")),
        (("first_name", "last_name"), ("full_name", "gender")),
        (("city", "day"), ("state", "postcode")),
        (("iban", "day"), ("bic", "bank_name")),
        (("bic", "day"), ("bank_name",)),
        (("product_name", "day"), ("product_category",)),
    ],
)
def test_columns_distinct_together_agree_with_the_others(pair: tuple[str, str], others: tuple[str, ...]) -> None:
    """The pairs are distinct, and each row shows of its entity what a plain row shows."""
    gens: dict[str, Any] = {"day": {"gen": "int", "min": 1, "max": 7}}
    columns = {name: gens.get(name, {"gen": name, "locale": "id_ID" if "city" in pair else "de_DE"}) for name in (*pair, *others)}
    few = pair[0] in ("bic", "city")
    checked = check({"tables": {"t": {"rows": 50_000 if few else 3_000, "unique": [list(pair)], "columns": columns}}})
    if few:
        assert [f.code for f in checked.findings] == ["UNIQUE_IMPOSSIBLE"]
        checked = check({"tables": {"t": {"rows": 50 if pair[0] == "bic" else 800, "unique": [list(pair)], "columns": columns}}})
    assert checked.plan, checked.findings
    rows: list[dict[str, Any]] = Engine(checked.plan).batch("t", 0, checked.plan.total_rows).to_pylist()
    assert len({tuple(row[name] for name in pair) for row in rows}) == len(rows)
    cities = pools.pool("id_ID/city")
    states = dict(zip(cities.field("name").to_pylist(), cities.field("region").to_pylist(), strict=True))
    airports, bank = pools.pool("aviation/airport"), pools.pool("finance/bank")
    names = dict(zip(airports.field("iata").to_pylist(), airports.field("name").to_pylist(), strict=True))
    codes = dict(zip(bank.field("bic").to_pylist(), bank.field("code").to_pylist(), strict=True))
    banks = dict(zip(bank.field("bic").to_pylist(), bank.field("name").to_pylist(), strict=True))
    for row in rows:
        assert "airport" not in row or row["airport"] == names[row["airport_iata"]]
        assert "airline" not in row or row["flight_number"].startswith(row["airline_iata"])
        assert "full_name" not in row or row["full_name"].startswith(row["first_name"])
        assert "last_name" not in row or row["full_name"] == f"{row['first_name']} {row['last_name']}"
        assert "state" not in row or row["state"] == states[row["city"]]
        assert "bic" not in row or banks[row["bic"]] == row["bank_name"]
        assert "iban" not in row or row["iban"][4:].startswith(codes[row["bic"]])


def test_flights_distinct_together_agree() -> None:
    columns = {
        **{end: {"gen": "airport_iata", "role": end} for end in ("origin", "destination")},
        **{f"{end}_name": {"gen": "airport", "role": end} for end in ("origin", "destination")},
    }
    plan = check({"tables": {"t": {"rows": 5_000, "unique": [["origin", "destination"]], "columns": columns}}}).plan
    assert plan
    rows = Engine(plan).batch("t", 0, 5_000).to_pylist()
    airports = pools.pool("aviation/airport")
    known = dict(zip(airports.field("iata").to_pylist(), airports.field("name").to_pylist(), strict=True))
    assert len({(row["origin"], row["destination"]) for row in rows}) == 5_000
    assert all(known[row[end]] == row[f"{end}_name"] for row in rows for end in ("origin", "destination"))


def test_an_entity_is_unique_in_one_way_only() -> None:
    columns = {"a": {"gen": "airport_iata", "unique": True}, "b": "airport_city", "c": {"gen": "int", "min": 1, "max": 99}}
    findings = check({"tables": {"t": {"rows": 50, "unique": [["b", "c"]], "columns": columns}}}).findings
    assert {finding.code for finding in findings} == {"UNIQUE_IMPOSSIBLE"}


def test_another_group_is_another_entity() -> None:
    columns = {
        "a": {"gen": "airline", "unique": True}, "b": {"gen": "airline_iata", "group": "other"}, "c": {"gen": "city"},
        "d": {"gen": "country", "group": "other"},
    }  # fmt: skip
    made = rows_of(100, columns)
    assert len({row["b"] for row in made}) < 100
    assert len({row["d"] for row in made}) > 20
