"""All columns of one person agree, in every locale; e-mails are distinct and made of the names."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter

import numpy as np
import pyarrow.compute as pc
import pytest

from runner import pools
from runner.generators import ParameterError
from runner.slugs import slug
from tests.unit.generators.made import one, table, values_of

COLUMNS = {
    "first": "first_name", "last": "last_name", "name": "full_name", "gender": "gender", "user": "username", "mail": "email",
    "mail2": ("email", {"from": ["first", "last"]}), "mail3": ("email", {"from": "name"}), "initials": "initials",
}  # fmt: skip
NAMED = (
    "en_US",
    "en_GB",
    "de_DE",
    "fr_FR",
    "es_ES",
    "it_IT",
    "nl_NL",
    "pl_PL",
    "pt_BR",
    "id_ID",
    "ja_JP",
    "zh_CN",
    "hi_IN",
    "ru_RU",
    "tr_TR",
)


def test_the_named_locales_are_there() -> None:
    assert set(NAMED) <= set(pools.locales())
    assert len(pools.locales()) >= 80


@pytest.mark.parametrize("locale", pools.locales())
def test_columns_of_a_person_agree(locale: str) -> None:
    rows = table(COLUMNS, 2_000, locale)
    facts = pools.facts(locale)
    first, last = pools.pool(f"{locale}/person_first"), pools.pool(f"{locale}/person_last")
    genders = set(zip(first.field("name").to_pylist(), first.field("female").to_pylist(), strict=True))
    forms = (
        set(zip(last.field("name").to_pylist(), last.field("female").to_pylist(), strict=True))
        if facts["gendered_last"]
        else set()
    )
    first_slugs = _slugs(first)
    last_slugs = _slugs(last)
    for row in rows.to_pylist():
        parts = [row["last"], row["first"]] if facts["last_first"] else [row["first"], row["last"]]
        female = int(row["gender"] == "Female")
        assert row["name"] == facts["separator"].join(parts)
        assert (row["first"], female) in genders
        assert not forms or (row["last"], female) in forms
        match = re.fullmatch(r"([a-z]+)\.([a-z]+)\d*@example\.(com|org|net)", row["mail"])
        assert match
        assert match[1] in first_slugs[row["first"]]
        assert match[2] in last_slugs[row["last"]]
        assert row["user"] == row["mail"].partition("@")[0].replace(".", "_")
        assert row["initials"] == (match[1][0] + match[2][0]).upper()
        assert row["mail2"].partition("@")[0] == row["mail3"].partition("@")[0] == row["mail"].partition("@")[0]


def _slugs(pool: pools.Pool) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for name, text in zip(pool.field("name").to_pylist(), pool.field("slug").to_pylist(), strict=True):
        found.setdefault(name, set()).add(text)
    return found


@pytest.mark.parametrize("locale", ["en_US", "ru_RU", "zh_CN", "ja_JP", "pl_PL", "id_ID"])
def test_emails_are_distinct(locale: str) -> None:
    made = one("email", {"domain": "example.com"}, locale=locale, rows=1_000_000)
    assert made.unique
    mails = table({"mail": ("email", {"domain": "example.com"}), "user": "username"}, 1_000_000, locale)
    assert pc.count_distinct(mails["mail"].combine_chunks()).as_py() == 1_000_000
    assert pc.count_distinct(mails["user"].combine_chunks()).as_py() == 1_000_000


def test_emails_beyond_the_grid_go_on() -> None:
    """After 2^32 rows the same persons come again with other numbers."""
    made = one("email", {"domain": "example.com"}, rows=2**33)
    from runner.engine import values

    first, again = (values(made, 2_000, start).to_pylist() for start in (0, 2**32))
    assert not set(first) & set(again)
    assert [m.partition(".")[0] for m in first] == [m.partition(".")[0] for m in again]


def test_unique_changes_no_email() -> None:
    assert values_of("email", rows=500) == values_of("email", rows=500, unique=True)


def test_names_follow_their_weights() -> None:
    pool = pools.pool("en_US/person_last")
    assert pool.weights is not None
    counts = Counter(values_of("last_name", rows=300_000))
    seen = np.array([counts[name] for name in pool.field("name").to_pylist()])
    expected = pool.weights / pool.weights.sum() * 300_000
    chi = float(((seen - expected) ** 2 / expected).sum()) / (pool.size - 1)
    assert chi < 1.3


def test_genders_are_about_even_and_can_be_chosen() -> None:
    assert 0.47 < Counter(values_of("gender", rows=20_000))["Female"] / 20_000 < 0.53
    women = set(values_of("first_name_female", rows=5_000))
    pool = pools.pool("en_US/person_first?female=1")
    assert women <= set(pool.field("name").to_pylist())


def test_an_email_of_other_columns_is_distinct_too() -> None:
    rows = table({"brand": "company", "mail": ("email", {"from": ["brand"], "domain": "example.com"})}, 20_000)
    assert len(set(rows["mail"].to_pylist())) == 20_000
    brand, mail = rows["brand"][5].as_py(), rows["mail"][5].as_py()
    assert mail.startswith(f"{slug(brand)}.")


def test_an_age_fits_its_birth_date() -> None:
    as_of = dt.date(2025, 1, 1)
    rows = table({"born": "birth_date", "age": "age", "age2": ("age", {"from": "born"})}, 20_000).to_pylist()
    for row in rows:
        years = as_of.year - row["born"].year - ((as_of.month, as_of.day) < (row["born"].month, row["born"].day))
        assert row["age"] == row["age2"] == years
        assert 18 <= years <= 90
    with pytest.raises(ParameterError):
        one("birth_date", {"min_age": 40, "max_age": 30})


def test_an_indonesian_identity_number_holds_the_person() -> None:
    columns = {
        "nik": "nik",
        "born": "birth_date",
        "gender": "gender",
        "city": "city",
        "province": "state",
        "postcode": "postcode",
    }
    rows = table(columns, 200_000, "id_ID")
    assert len(set(rows["nik"].to_pylist())) == 200_000
    city = pools.pool("id_ID/city")
    codes = dict(zip(city.field("name").to_pylist(), city.field("code").to_pylist(), strict=True))
    for row in rows.slice(199_000).to_pylist():
        day = row["born"].day + (40 if row["gender"] == "Female" else 0)
        assert re.fullmatch(rf"{codes[row['city']]}(?!00)\d{{2}}{day:02}{row['born']:%m%y}(?!0000)\d{{4}}", row["nik"])


def test_identity_numbers_stay_distinct_when_the_codes_come_again() -> None:
    from runner.engine import values
    from runner.generators.people import CODES

    made = one("nik", {"min_age": 30, "max_age": 30}, locale="id_ID", rows=CODES * 200)
    found = [nik for turn in range(0, 200, 7) for nik in values(made, 60, turn * CODES).to_pylist()]
    assert len(set(found)) == len(found)
    assert len({nik[6:12] for nik in found[::60]}) > 20


@pytest.mark.parametrize("name", ["Müller", "Łukasz", "O'Neil", "Straße", "Иванов", "佐藤", "José María", "Ørsted", "İpek"])
def test_slugs_are_plain_letters(name: str) -> None:
    assert re.fullmatch("[a-z]+", slug(name))


def test_a_person_whose_name_is_null_has_an_address_of_the_name() -> None:
    rows = checked_rows("""
      first_name: {gen: first_name, null_rate: 0.5}
      last_name: last_name
      brand: {gen: company, null_rate: 0.5}
      mail: {gen: email, from: [first_name, last_name], unique: true}
      own: email
      other: {gen: email, from: brand, unique: true}
    """)
    assert {row["first_name"] is None for row in rows} == {True, False}
    assert all(row["mail"].partition("@")[0] == row["own"].partition("@")[0] for row in rows)
    assert all(row["other"].startswith("x.") == (row["brand"] is None) for row in rows)


def checked_rows(columns: str) -> list[dict[str, str | None]]:
    """Rows of a schema with these columns."""
    from runner.engine import Engine
    from runner.schema import check

    checked = check(f"mockcraft: 1\ntables:\n  t:\n    rows: 300\n    columns:{columns}\n")
    assert checked.plan is not None, checked.findings
    return list(Engine(checked.plan).batch("t", 0, 300).to_pylist())
