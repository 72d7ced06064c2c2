"""People: 100,000 rows in several locales, all columns of a row about one person."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest

from runner import pools
from runner.engine import Engine
from runner.schema import check

ROWS = 100_000
AS_OF = dt.date(2025, 1, 1)
COLUMNS = ("first_name", "last_name", "middle_name", "full_name", "gender", "prefix", "suffix", "initials", "username", "email",
           "birth_date", "age")  # fmt: skip


def rows_of(locale: str) -> dict[str, list[Any]]:
    checked = check({"locale": locale, "tables": {"t": {"rows": ROWS, "columns": {name: name for name in COLUMNS}}}})
    assert checked.plan, checked.findings
    found: dict[str, list[Any]] = Engine(checked.plan).batch("t", 0, ROWS).to_pydict()
    return found


def by_gender(pool: str, field: str = "name") -> set[tuple[str, int]]:
    entries = pools.pool(pool)
    return set(zip(entries.field(field).to_pylist(), entries.field("female").to_pylist(), strict=True))


@pytest.mark.parametrize("locale", ["en_US", "id_ID", "ja_JP", "de_DE", "ar_SA", "ar_AA", "ru_RU", "pl_PL", "is_IS", "zh_CN"])
def test_a_row_is_one_person(locale: str) -> None:
    found, facts = rows_of(locale), pools.facts(locale)
    female = [int(gender == "Female") for gender in found["gender"]]
    assert set(zip(found["first_name"], female, strict=True)) <= by_gender(f"{locale}/person_first")
    if facts["gendered_last"]:
        assert set(zip(found["last_name"], female, strict=True)) <= by_gender(f"{locale}/person_last")
    middle = f"{locale}/person_{'middle' if 'person_middle' in facts['pools'] else 'first'}"
    assert set(zip(found["middle_name"], female, strict=True)) <= by_gender(middle)
    assert set(zip(found["prefix"], female, strict=True)) <= by_gender(pools.find_pool(locale, "person_prefix"))
    order = ("last_name", "first_name") if facts["last_first"] else ("first_name", "last_name")
    assert found["full_name"] == [facts["separator"].join(pair) for pair in zip(*(found[name] for name in order), strict=True)]
    split = [re.fullmatch(r"([a-z]+)\.([a-z]+)\d*", mail.partition("@")[0]) for mail in found["email"]]
    assert found["initials"] == [(m[1][0] + m[2][0]).upper() for m in split if m]
    assert found["username"] == [mail.partition("@")[0].replace(".", "_") for mail in found["email"]]
    assert len(set(found["email"])) == len(set(found["username"])) == ROWS
    years = [AS_OF.year - b.year - ((b.month, b.day) > (AS_OF.month, AS_OF.day)) for b in found["birth_date"]]
    assert found["age"] == years
    assert min(years) == 18
    assert max(years) == 90


@pytest.mark.parametrize("locale", ["en_US", "id_ID", "ja_JP", "de_DE", "ar_SA"])
def test_the_letters_of_an_address_are_those_of_the_names(locale: str) -> None:
    found = rows_of(locale)
    slugs = {
        half: set(zip(*(pools.pool(f"{locale}/person_{half}").field(f).to_pylist() for f in ("name", "slug")), strict=True))
        for half in ("first", "last")
    }
    for half, place in (("first", 0), ("last", 1)):
        parts = [re.sub(r"\d+$", "", mail.partition("@")[0]).split(".")[place] for mail in found["email"]]
        assert set(zip(found[f"{half}_name"], parts, strict=True)) <= slugs[half]


def test_indonesian_words_lead_to_people() -> None:
    names = {"nama_lengkap": "person.full_name", "nama": "person.full_name", "nama_depan": "person.first_name",
             "nama_belakang": "person.last_name", "jenis_kelamin": "person.gender", "tanggal_lahir": "person.birth_date",
             "alamat": "address.address", "kota": "address.city", "kabupaten": "address.city", "provinsi": "address.state",
             "kode_pos": "address.postcode", "nomor_telepon": "contact.phone_number", "pekerjaan": "company.job",
             "perusahaan": "company.company"}  # fmt: skip
    from runner.generators import find

    assert {word: find(word)[0].name for word in names} == names
