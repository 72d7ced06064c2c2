"""Addresses, telephone numbers and countries: 100,000 rows each, every row one place that there is."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import phonenumbers
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from runner import pools
from runner.engine import Engine
from runner.schema import check

ROWS = 100_000
NEAR = 40_000  # microdegrees around a city's centre
COMPLETE = [
    locale for locale in pools.locales()
    if "city" in pools.facts(locale)["pools"] and {"region", "posts"} <= set(pools.pool(f"{locale}/city").fields)
]  # fmt: skip


def batch(rows: int, columns: dict[str, Any], locale: Any) -> pa.RecordBatch:
    checked = check({"locale": locale, "tables": {"t": {"rows": rows, "columns": columns}}})
    assert checked.plan, checked.findings
    return Engine(checked.plan).batch("t", 0, rows)


def texts(made: pa.RecordBatch, name: str) -> list[str]:
    found: list[str] = made.column(name).to_pylist()
    return found


def whole(locale: str) -> dict[tuple[str, str], list[tuple[int, int, frozenset[str]]]]:
    """Latitude, longitude and postcodes by city and region."""
    city, codes = pools.pool(f"{locale}/city"), pools.pool(f"{locale}/postcode").field("code").to_pylist()
    fields = (city.field(f).to_pylist() for f in ("name", "region", "latitude", "longitude", "post_at", "posts"))
    found: dict[tuple[str, str], list[tuple[int, int, frozenset[str]]]] = {}
    for name, region, lat, lon, first, count in zip(*fields, strict=True):
        found.setdefault((name, region), []).append((lat, lon, frozenset(codes[first : first + count])))
    return found


def test_most_locales_know_their_places() -> None:
    assert len(COMPLETE) >= 45
    assert {"en_US", "id_ID", "ja_JP", "de_DE", "fr_FR", "ru_RU", "pt_BR", "hi_IN", "ko_KR"} <= set(COMPLETE)


@pytest.mark.parametrize("locale", ["en_US", "id_ID", "ja_JP", "de_DE", "fr_DZ", "en_GB", "nl_NL", "pt_BR"])
def test_an_address_is_one_place(locale: str) -> None:
    columns = {
        name: name for name in ("city", "state", "postcode", "latitude", "longitude", "address", "street_address", "country_code")
    }
    made = batch(ROWS, columns, locale)
    known = whole(locale)
    tail = len(pools.facts(locale)["postcode_tail"])
    latitude, longitude = ((pc.cast(made.column(n), pa.float64()).to_numpy() * 10**6).round() for n in ("latitude", "longitude"))
    rows = zip(*(texts(made, n) for n in ("city", "state", "postcode")), latitude, longitude, strict=True)
    for city, state, post, lat, lon in rows:
        head = post[: len(post) - tail] if tail else post
        assert any(head in codes and abs(lat - x) <= NEAR and abs(lon - y) <= NEAR for x, y, codes in known[city, state])
    assert set(texts(made, "country_code")) == {pools.facts(locale)["country"]}
    for whole_address, street, city, post in zip(
        *(texts(made, n) for n in ("address", "street_address", "city", "postcode")), strict=True
    ):
        assert all(part in whole_address for part in (street, city, post))


@pytest.mark.parametrize("locale", COMPLETE)
def test_places_of_every_locale_belong_together(locale: str) -> None:
    made = batch(2_000, {n: n for n in ("city", "state", "postcode")}, locale)
    known = whole(locale)
    tail = len(pools.facts(locale)["postcode_tail"])
    for city, state, post in zip(*(texts(made, n) for n in ("city", "state", "postcode")), strict=True):
        head = post[: len(post) - tail] if tail else post
        assert any(head in codes for _, _, codes in known[city, state])


@pytest.mark.parametrize("locale", ["en_US", "de_DE", "id_ID"])
def test_cities_come_as_often_as_their_people(locale: str) -> None:
    pool = pools.pool(f"{locale}/city")
    assert pool.weights is not None
    names = pool.field("name").to_pylist()
    counts = dict(
        zip(*np.unique(np.array(texts(batch(ROWS, {"city": "city"}, locale), "city")), return_counts=True), strict=True)
    )
    people: dict[str, int] = {}
    for name, weight in zip(names, pool.weights.tolist(), strict=True):
        people[name] = people.get(name, 0) + weight
    expected = np.array(list(people.values())) / sum(people.values()) * ROWS
    seen = np.array([counts.get(name, 0) for name in people])
    often = expected >= 20
    chi = (((seen - expected) ** 2 / expected)[often]).sum() / often.sum()
    assert 0.6 < chi < 1.5


@pytest.mark.parametrize("locale", pools.locales())
def test_telephone_numbers_are_valid_in_the_locale_s_country(locale: str) -> None:
    country = pools.facts(locale)["country"] or "SA"
    made = batch(1_000, {s: {"gen": "phone_number", "style": s} for s in ("e164", "national", "international")}, locale)
    for text in texts(made, "e164"):
        number = phonenumbers.parse(text)
        assert phonenumbers.is_valid_number_for_region(number, country), text
    for style, form in (
        ("national", phonenumbers.PhoneNumberFormat.NATIONAL),
        ("international", phonenumbers.PhoneNumberFormat.INTERNATIONAL),
    ):
        for text in texts(made, style)[:200]:
            number = phonenumbers.parse(text, country)
            assert phonenumbers.is_valid_number(number), text
            assert phonenumbers.format_number(number, form) == text


def test_indonesian_numbers_begin_as_those_of_an_operator() -> None:
    from phonenumbers import carrier

    for text in texts(batch(2_000, {"a": {"gen": "phone_number", "style": "e164"}}, "id_ID"), "a"):
        assert carrier.name_for_number(phonenumbers.parse(text), "en"), text
    assert all(re.fullmatch(r"08\d\d-\d{4}-\d{4}", t) for t in texts(batch(500, {"a": "nomor_telepon"}, "id_ID"), "a"))


@pytest.mark.parametrize("style", ["e164", "international"])
def test_telephone_numbers_are_unique_over_a_mix_of_countries(style: str) -> None:
    columns = {"a": {"gen": "phone_number", "style": style, "unique": True}}
    found = texts(batch(50_000, columns, {"en_US": 1, "id_ID": 1, "en_CA": 1}), "a")
    assert len(set(found)) == 50_000
    (finding,) = check({"locale": {"en_IN": 1, "hi_IN": 1}, "tables": {"t": {"rows": 9, "columns": columns}}}).findings
    assert finding.code == "UNIQUE_IMPOSSIBLE"


def test_whatever_belongs_to_a_country_is_of_the_row_s_country() -> None:
    fields = {
        "alpha2": "country_code",
        "capital": "capital",
        "calling_code": "calling_code",
        "continent": "continent",
        "flag": "country_flag",
        "tld": "country_tld",
        "currency": "currency_code",
        "language": "country_language",
    }
    made = batch(ROWS, {"country": "country", **{g: g for g in fields.values()}}, "en_US")
    pool, names = pools.pool("geo/country"), pools.pool("en_US/country").field("name").to_pylist()
    known = set(zip(names, *(pool.field(f).to_pylist() for f in fields), strict=True))
    assert set(zip(texts(made, "country"), *(texts(made, g) for g in fields.values()), strict=True)) <= known
