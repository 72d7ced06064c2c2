"""Numbers of people hold the region, the date of birth and the sex of the row, and are valid by an independent library."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest

from runner import pools
from runner.engine import Engine
from runner.schema import check
from tests.unit.generators.made import values_of

ROWS = 100_000
MANY = 10_000
Column = npt.NDArray[Any]
RULES = {
    "nif_portugal": "pt.nif", "nip_poland": "pl.nip", "inn": "ru.inn", "utr": "gb.utr", "pps": "ie.pps", "nit_colombia": "co.nit",
    "rntrc": "ua.rntrc", "oib": "hr.oib", "ahv": "ch.ssn", "teudat_zehut": "il.idnr", "cedula_ecuador": "ec.ci",
    "cedula_dominicana": "do.cedula", "npwp": "id.npwp", "pesel": "pl.pesel", "cnp": "ro.cnp", "egn": "bg.egn",
    "hetu": "fi.hetu", "personnummer": "se.personnummer", "isikukood": "ee.ik", "asmens_kodas": "lt.asmens", "rrn": "kr.rrn",
    "resident_identity": "cn.ric", "south_african_id": "za.idnr", "nir": "fr.nir", "rijksregister": "be.nn", "amka": "gr.amka",
    "mykad": "my.nric", "cpr": "dk.cpr", "ein": "us.ein", "itin": "us.itin", "nhs_number": "gb.nhs", "sin": "ca.sin",
    "tfn": "au.tfn", "abn": "au.abn", "cpf": "br.cpf", "cnpj": "br.cnpj", "dni": "es.dni", "nie": "es.nie", "bsn": "nl.bsn",
    "tckn": "tr.tckimlik", "aadhaar": "in_.aadhaar", "pan": "in_.pan", "rut": "cl.rut", "cuit": "ar.cuit", "thai_id": "th.pin",
    "my_number": "jp.in_", "siren": "fr.siren", "partita_iva": "it.iva",
}  # fmt: skip


@cache
def indonesians(rows: int = ROWS) -> pa.RecordBatch:
    names = ("nik", "family_card", "nip", "nisn", "birth_date", "gender", "city", "kecamatan", "state", "bpjs")
    checked = check({"tables": {"t": {"rows": rows, "columns": {name: {"gen": name, "locale": "id_ID"} for name in names}}}})
    assert checked.plan, checked.findings
    return Engine(checked.plan).batch("t", 0, rows)


def column(name: str) -> Column:
    found = indonesians().column(name)
    if pa.types.is_dictionary(found.type):
        found = found.dictionary_decode()
    return np.asarray(found.to_numpy(zero_copy_only=False))


def part(name: str, start: int, stop: int) -> npt.NDArray[np.int64]:
    """Digits of a number of each row."""
    return np.array([text[start:stop] for text in column(name)]).astype(np.int64)


def born() -> tuple[npt.NDArray[np.int64], ...]:
    """Year, month and day of birth of each row."""
    days = column("birth_date").astype("datetime64[D]")
    months = days.astype("datetime64[M]")
    year = days.astype("datetime64[Y]").astype(np.int64) + 1970
    return year, months.astype(np.int64) % 12 + 1, (days - months).astype(np.int64) + 1


def test_a_nik_holds_region_birth_date_and_sex() -> None:
    year, month, day = born()
    women = column("gender") == "Female"
    assert {len(text) for text in column("nik")} == {16}
    assert np.array_equal(part("nik", 6, 8), day + 40 * women)
    assert np.array_equal(part("nik", 8, 10), month)
    assert np.array_equal(part("nik", 10, 12), year % 100)
    assert part("nik", 12, 16).min() >= 1
    assert 0.45 < women.mean() < 0.55


@pytest.mark.parametrize("name", ["nik", "family_card"])
def test_region_codes_are_those_of_the_city(name: str) -> None:
    cities = pools.pool("id_ID/city")
    codes = dict(zip(cities.field("name").to_pylist(), cities.field("code").to_pylist(), strict=True))
    known = {city: int(code) for city, code in codes.items()}
    assert np.array_equal(part(name, 0, 4), np.array([known[city] for city in column("city")]))


@pytest.mark.parametrize("name", ["nik", "family_card"])
def test_district_codes_are_those_of_the_regency(name: str) -> None:
    regency, district = pools.pool("indonesia/regency"), pools.pool("indonesia/district")
    first, several = (regency.field(f).to_pylist() for f in ("first", "districts"))
    codes, names = (district.field(f).to_pylist() for f in ("code", "name"))
    known = {
        (number, codes[i], names[i])
        for number, label in enumerate(regency.field("name").to_pylist()) if label
        for i in range(first[number], first[number] + several[number])
    }  # fmt: skip
    found = set(zip(part(name, 0, 4).tolist(), part(name, 4, 6).tolist(), column("kecamatan"), strict=True))
    assert found <= known
    assert len(found) > 4_000


def test_every_city_has_a_code_of_the_ministry() -> None:
    cities, names = pools.pool("id_ID/city"), pools.pool("indonesia/regency").field("name").to_pylist()
    assert all(names[int(code)] for code in cities.field("code").to_pylist())


def test_numbers_never_meet() -> None:
    for name in ("nik", "bpjs"):
        numbers = indonesians().column(name)
        assert len(numbers.unique()) >= ROWS - (0 if name == "nik" else 10)


def test_a_nik_meets_no_other_in_crowded_places() -> None:
    """People of two years of birth only, ten for each pair of district and serial number."""
    columns = {"n": {"gen": "nik", "locale": "id_ID", "min_age": 30, "max_age": 31}}
    plan = check({"tables": {"t": {"rows": 200_000, "columns": columns}}}).plan
    assert plan
    assert len(Engine(plan).batch("t", 0, 200_000).column(0).unique()) == 200_000


def test_civil_servants_and_pupils_have_their_date_of_birth() -> None:
    year, month, day = born()
    assert np.array_equal(part("nip", 0, 8), year * 10_000 + month * 100 + day)
    assert np.array_equal(part("nip", 14, 15), 1 + (column("gender") == "Female"))
    appointed = part("nip", 8, 14)
    assert (appointed // 100 - year >= 18).all()
    assert appointed.max() <= 202501
    assert np.array_equal(part("nisn", 0, 3), year % 1_000)


CITIZENS = {  # where the sex stands, and what its last digit is for men
    "pesel": (9, 1), "egn": (8, 0), "personnummer": (9, 1), "resident_identity": (16, 1), "rijksregister": (8, 1), "amka": (9, 1),
    "mykad": (13, 1), "cpr": (10, 1), "hetu": (9, 1),
}  # fmt: skip


@cache
def citizens() -> dict[str, list[Any]]:
    columns = {name: name for name in (*CITIZENS, "birth_date", "gender", "cnp", "isikukood", "rrn", "south_african_id", "nir")}
    plan = check({"tables": {"t": {"rows": MANY, "columns": columns}}}).plan
    assert plan
    found: dict[str, list[Any]] = Engine(plan).batch("t", 0, MANY).to_pydict()
    return found


@pytest.mark.parametrize("name", sorted(CITIZENS))
def test_numbers_of_citizens_hold_the_sex(name: str) -> None:
    place, men = CITIZENS[name]
    for number, gender in zip(citizens()[name], citizens()["gender"], strict=True):
        assert (int(number[place]) % 2 == men) == (gender == "Male"), number


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["pesel", "cnp", "egn", "personnummer", "isikukood", "rrn", "resident_identity", "cpr"])
def test_numbers_of_citizens_hold_the_date_of_birth(name: str) -> None:
    rule = import_module(f"stdnum.{RULES[name]}")
    for number, day in zip(citizens()[name], citizens()["birth_date"], strict=True):
        assert rule.get_birth_date(number) == day, number


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["cnp", "isikukood", "rrn", "south_african_id", "nir", "pesel", "egn", "personnummer", "hetu"])
def test_the_library_reads_the_sex(name: str) -> None:
    rule = import_module(f"stdnum.{RULES[name]}")
    if not hasattr(rule, "get_gender"):
        pytest.skip("the library does not tell it")
    for number, gender in zip(citizens()[name], citizens()["gender"], strict=True):
        assert rule.get_gender(number) == gender[0], number


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", sorted(RULES))
def test_numbers_are_valid(name: str) -> None:
    rule = import_module(f"stdnum.{RULES[name]}")
    assert [value for value in values_of(f"government.{name}", rows=MANY) if not rule.is_valid(value)] == []


def test_a_nik_is_valid() -> None:
    """The library's list is older than the provinces of North Kalimantan and Papua."""
    from stdnum.id import nik

    numbers = values_of("nik", rows=MANY, locale="id_ID")
    assert [n for n in numbers if n[:2] not in ("65", "91", "92", "93", "94", "95", "96") and not nik.is_valid(n)] == []


def test_social_security_numbers_are_issued_only_where_asked_for() -> None:
    from stdnum.us import ssn

    issued = values_of("ssn", {"issued": True}, rows=MANY)
    assert all(ssn.is_valid(number) for number in issued)
    assert not any(ssn.is_valid(number) for number in values_of("ssn", rows=MANY))


def test_national_insurance_numbers_have_prefixes_in_use() -> None:
    for number in values_of("nino", rows=MANY):
        assert number[:2] not in {"BG", "GB", "KN", "NK", "NT", "TN", "ZZ"}
        assert not set(number[:2]) & set("DFIQUV")
        assert number[1] != "O"
