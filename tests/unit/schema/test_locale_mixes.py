"""Mixes of locales: every row is of one locale in all its columns, by the weights."""

from __future__ import annotations

from collections import Counter
from typing import Any

import jsonschema
import pytest

from runner import pools
from runner.engine import Engine
from runner.generators import ParameterError
from runner.schema import check
from runner.schema.json_schema import json_schema
from runner.values import generate_values

MIX = {"en_US": 60, "id_ID": 30, "ja_JP": 10}
COUNTRY = {"US": "en_US", "ID": "id_ID", "JP": "ja_JP"}
COLUMNS: dict[str, Any] = {
    name: name
    for name in ("country_code", "first_name", "last_name", "full_name", "email", "username", "city", "state", "phone_number")
}


def batch(rows: int, columns: dict[str, Any], **document: Any) -> dict[str, list[Any]]:
    checked = check({"tables": {"t": {"rows": rows, "columns": columns}}, **document})
    assert checked.plan, checked.findings
    found: dict[str, list[Any]] = Engine(checked.plan).batch("t", 0, rows).to_pydict()
    return found


def known(locale: str, pool: str, field: str = "name") -> set[str]:
    return set(pools.pool(f"{locale}/{pool}").field(field).to_pylist())


def test_all_columns_of_a_row_are_of_one_locale() -> None:
    found = batch(100_000, COLUMNS, locale=MIX)
    of_row = [COUNTRY[code] for code in found["country_code"]]
    counts = Counter(of_row)
    for locale, weight in MIX.items():
        assert abs(counts[locale] - weight * 1_000) < 5 * (weight * 1_000) ** 0.5
    heads = {locale: tuple(known(locale, "phone", "national")) for locale in MIX}
    for column, pool, field in (("first_name", "person_first", "name"), ("last_name", "person_last", "name"),
                                ("city", "city", "name"), ("state", "city", "region")):  # fmt: skip
        pairs = set(zip(of_row, found[column], strict=True))
        for locale in MIX:
            assert {value for name, value in pairs if name == locale} <= known(locale, pool, field), (column, locale)
    for locale, number in list(zip(of_row, found["phone_number"], strict=True))[:5_000]:
        assert number.startswith(heads[locale])
    for first, last, full, locale in zip(found["first_name"], found["last_name"], found["full_name"], of_row, strict=True):
        assert full == (f"{last} {first}" if locale == "ja_JP" else f"{first} {last}")
    assert len(set(found["email"])) == len(set(found["username"])) == 100_000


def test_emails_of_named_columns_are_those_of_the_person() -> None:
    columns: dict[str, Any] = {
        "first_name": {"gen": "first_name", "null_rate": 0.2}, "last_name": "last_name", "own": "email",
        "mail": {"gen": "email", "from": ["first_name", "last_name"], "unique": True},
    }  # fmt: skip
    found = batch(5_000, columns, locale={"en_US": 1, "en_GB": 1, "de_DE": 1})
    assert [a.partition("@")[0] for a in found["own"]] == [b.partition("@")[0] for b in found["mail"]]
    assert len(set(found["mail"])) == 5_000


def test_the_nearest_mix_counts() -> None:
    columns = {"a": "country_code", "city": "city", "b": {"gen": "city", "locale": "de_DE"}}
    checked = check({
        "locale": {"ja_JP": 1, "id_ID": 1},
        "tables": {"t": {"rows": 500, "locale": {"en_US": 1, "fr_FR": 1}, "columns": columns}},
    })  # fmt: skip
    assert checked.plan, checked.findings
    found = Engine(checked.plan).batch("t", 0, 500).to_pydict()
    assert set(found["a"]) == {"US", "FR"}
    assert set(found["b"]) <= known("de_DE", "city")


def test_spellings_and_weights_come_to_the_same() -> None:
    forms: list[Any] = [
        {"en_US": 2, "id_ID": 1},
        {"en-us": "0.2", "id-ID": 0.1},
        "en_US:2,id_ID",
        {"en": 20, "id_ID": 10, "de": 0},
    ]
    assert len({tuple(batch(200, {"a": "full_name"}, locale=form)["a"]) for form in forms}) == 1
    assert batch(50, {"a": "full_name"}, locale={"de_DE": 7}) == batch(50, {"a": "full_name"}, locale="de_DE")


def test_a_mix_leaves_alone_what_no_locale_changes() -> None:
    columns = {"n": {"gen": "int", "min": 1, "max": 500, "unique": True}, "iata": "airport_iata"}
    assert batch(500, columns, locale=MIX) == batch(500, columns)


def test_a_cell_does_not_depend_on_its_block() -> None:
    checked = check({"locale": MIX, "tables": {"t": {"rows": 900, "columns": COLUMNS}}})
    assert checked.plan
    engine = Engine(checked.plan)
    whole = engine.batch("t", 0, 900).to_pylist()
    assert [
        row for start in (0, 7, 300) for row in engine.batch("t", start, {0: 7, 7: 300, 300: 900}[start]).to_pylist()
    ] == whole


@pytest.mark.parametrize(
    ("locale", "code", "path"),
    [
        ({"en_US": 0, "id_ID": 0}, "LOCALE_MIX_INVALID", "locale"),
        ({"en_US": -1, "id_ID": 2}, "LOCALE_MIX_INVALID", "locale"),
        ({"en_US": "many", "id_ID": 2}, "LOCALE_MIX_INVALID", "locale"),
        ({"de": 1, "de_DE": 1}, "LOCALE_MIX_INVALID", "locale"),
        ({}, "LOCALE_MIX_INVALID", "locale"),
        ({"english": 1, "id_ID": 2}, "LOCALE_INVALID", "locale.english"),
        ({"en_US": 1, "xx_XX": 2}, "LOCALE_UNKNOWN", "tables.t.columns.a"),
        (["en_US"], "TYPE_INVALID", "locale"),
        (":", "LOCALE_INVALID", "locale"),
    ],
)
def test_bad_mixes_are_refused(locale: Any, code: str, path: str) -> None:
    (finding, *others) = check({"locale": locale, "tables": {"t": {"rows": 3, "columns": {"a": "city"}}}}).findings
    assert not others
    assert (finding.code, finding.path) == (code, path)


@pytest.mark.parametrize("name", ["first_name", "full_name", "city", "company"])
def test_unique_is_refused_where_two_locales_may_agree(name: str) -> None:
    columns = {"a": {"gen": name, "unique": True}}
    (finding,) = check({"locale": {"en_US": 1, "en_GB": 1}, "tables": {"t": {"rows": 3, "columns": columns}}}).findings
    assert (finding.code, finding.path) == ("UNIQUE_IMPOSSIBLE", "tables.t.columns.a.unique")


def test_the_json_schema_takes_mixes() -> None:
    validator = jsonschema.Draft202012Validator(json_schema())
    for locale in (MIX, "en_US", "en_US:60,id_ID:40"):
        document = {
            "locale": locale,
            "tables": {"t": {"rows": 9, "locale": locale, "columns": {"a": {"gen": "city", "locale": locale}}}},
        }
        assert not list(validator.iter_errors(document))
    assert list(validator.iter_errors({"locale": 3, "tables": {"t": {"rows": 9, "columns": {"a": "city"}}}}))


def test_single_values_of_a_mix() -> None:
    _, found = generate_values("city", 500, 5, "en_US:1,ja-jp:1")
    assert all(city in known("en_US", "city") | known("ja_JP", "city") for city in found)
    assert 150 < sum(city in known("ja_JP", "city") for city in found) < 350
    for text, code in (
        ("en_US:0", "LOCALE_MIX_INVALID"),
        ("en_US:1,zz_ZZ:2", "LOCALE_UNKNOWN"),
        ("en_US:x", "LOCALE_MIX_INVALID"),
    ):
        with pytest.raises(ParameterError) as raised:
            generate_values("city", 1, 5, text)
        assert (raised.value.code, raised.value.parameter) == (code, "locale")
