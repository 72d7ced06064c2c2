"""Check digits, judged by an independent library."""

from __future__ import annotations

from importlib import import_module

import pytest

from tests.unit.generators.made import table, values_of

pytest.importorskip("stdnum")
RULES = {
    "credit_card": "luhn", "iban": "iban", "isbn13": "isbn", "isbn10": "isbn", "issn": "issn", "barcode": "ean", "ean8": "ean",
    "upc": "ean", "gtin14": "ean", "imei": "imei", "isni": "isni", "imo_number": "imo", "container_number": "iso6346",
    "cas_number": "casrn", "isrc": "isrc", "routing_number": "us.rtn", "cusip": "cusip", "isin": "isin", "lei": "lei",
    "sedol": "gb.sedol", "creditor_reference": "iso11649", "ein": "us.ein", "itin": "us.itin", "nhs_number": "gb.nhs",
    "sin": "ca.sin",
    "tfn": "au.tfn", "abn": "au.abn", "cpf": "br.cpf", "cnpj": "br.cnpj", "dni": "es.dni", "nie": "es.nie", "bsn": "nl.bsn",
    "vat_id": "nl.btw", "tckn": "tr.tckimlik", "aadhaar": "in_.aadhaar", "pan": "in_.pan", "rut": "cl.rut", "cuit": "ar.cuit",
    "thai_id": "th.pin", "my_number": "jp.in_", "siren": "fr.siren", "partita_iva": "it.iva", "orcid": "isni",
}  # fmt: skip


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", sorted(RULES))
def test_numbers_are_valid(name: str) -> None:
    rule = import_module(f"stdnum.{RULES[name]}")
    assert [value for value in values_of(name, rows=3_000) if not rule.is_valid(value)] == []


def test_vehicle_numbers_have_their_check_digit() -> None:
    letters = dict(
        zip("0123456789ABCDEFGHJKLMNPRSTUVWXYZ", [*range(10), *range(1, 9), *range(1, 6), 7, 9, *range(2, 10)], strict=True)
    )
    for vin in values_of("vin", rows=3_000):
        total = sum(letters[c] * w for c, w in zip(vin, (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2), strict=True))
        assert vin[8] == "0123456789X"[total % 11]


def test_a_flight_lands_when_its_distance_asks() -> None:
    columns = {
        "km": "flight_distance", "minutes": "flight_duration", "leaves": "departure_time", "lands": "arrival_time",
        "from": ("airport_iata", {"role": "origin"}), "to": ("airport_iata", {"role": "destination"}),
    }  # fmt: skip
    for row in table(columns, 20_000).to_pylist():
        assert row["from"] != row["to"]
        assert 0 <= row["km"] <= 20_016
        assert row["minutes"] == row["km"] // 13 + 30
        assert (row["lands"] - row["leaves"]).total_seconds() == row["minutes"] * 60


def test_a_patient_fits_the_condition() -> None:
    from runner import pools

    pool = pools.pool("health/condition")
    fields = [pool.field(f).to_pylist() for f in ("name", "min_age", "sex")]
    known = {name: (low, sex) for name, low, sex in zip(*fields, strict=True)}
    for row in table(
        {"c": "medical_condition", "age": "patient_age", "sex": "patient_sex", "born": "patient_birth_date"}, 20_000
    ).to_pylist():
        low, sex = known[row["c"]]
        assert low <= row["age"] <= 95
        born = row["born"]
        assert row["age"] == 2025 - born.year - ((born.month, born.day) > (1, 1))
        assert sex == 0 or row["sex"] == ("", "Male", "Female")[sex]
