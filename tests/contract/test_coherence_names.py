"""Hospitals, species, codes of procedures, stocks' sectors and airports' regions: 100,000 rows each, every row one thing."""

from __future__ import annotations

import base64
import math
import re
import zlib
from collections import Counter
from typing import Any

import pytest

from runner import pools
from tests.unit.generators.made import table, values_of

ROWS = 100_000


def rows_of(*names: str) -> Counter[tuple[Any, ...]]:
    """How often each combination of values stands in the rows."""
    made = table({name: name for name in names}, ROWS)
    return Counter(zip(*(made.column(name).to_pylist() for name in names), strict=True))


def entries(pool: str, *fields: str) -> set[tuple[Any, ...]]:
    return set(zip(*(pools.pool(pool).field(field).to_pylist() for field in fields), strict=True))


WHOLE = {
    "species/plant": {"plant.plant_common_name": "name", "plant.plant_scientific_name": "scientific",
                      "plant.plant_genus": "genus", "plant.plant_family": "family"},
    "species/animal": {"animal.animal_common_name": "name", "animal.animal_scientific_name": "scientific",
                       "animal.animal_genus": "genus", "animal.animal_family": "family"},
    "coding/diagnosis9": {"health.icd9_code": "code", "health.icd9_title": "name", "health.icd9_short_title": "short"},
    "coding/procedure9": {"health.icd9_procedure_code": "code", "health.icd9_procedure_title": "name",
                          "health.icd9_procedure_short_title": "short"},
    "coding/procedure10": {"health.icd10_procedure_code": "code", "health.icd10_procedure_title": "name",
                           "health.icd10_procedure_short_title": "short"},
    "market/stock": {"finance.stock_ticker": "ticker", "finance.stock_name": "name", "finance.stock_sector": "sector",
                     "finance.stock_industry": "industry", "finance.stock_isin": "isin"},
    "aviation/airport": {"aviation.airport_iata": "iata", "aviation.airport_region_code": "region_code",
                         "aviation.airport_continent": "continent", "aviation.airport_country_code": "country"},
    "commerce/product": {"commerce.product_subcategory": "name", "commerce.product_category": "category"},
}  # fmt: skip


@pytest.mark.parametrize("pool", sorted(WHOLE))
def test_a_row_is_one_entry(pool: str) -> None:
    found = rows_of(*WHOLE[pool])
    assert sum(found.values()) == ROWS
    known = entries(pool, *WHOLE[pool].values())
    assert set(found) <= known
    assert len(found) >= min(len(known), 600) * 0.9


@pytest.mark.parametrize("pool", ["species/plant", "coding/procedure9", "market/stock"])
def test_a_unique_column_keeps_its_entry(pool: str) -> None:
    first, *rest = WHOLE[pool]
    size = len(set(pools.pool(pool).field(WHOLE[pool][first]).to_pylist()))
    assert len(set(values_of(first, rows=size, unique=True))) == size
    assert rest


def test_a_hospital_stands_in_one_place() -> None:
    city, codes = pools.pool("en_US/city"), pools.pool("en_US/postcode").field("code").to_pylist()
    fields = (city.field(name).to_pylist() for name in ("name", "region", "post_at", "posts"))
    known: dict[tuple[str, str], set[str]] = {}
    for name, region, first, count in zip(*fields, strict=True):
        known.setdefault((name, region), set()).update(codes[first : first + count])
    found = rows_of("health.hospital_city", "health.hospital_state", "health.hospital_postcode")
    assert all(postcode in known[town, state] for town, state, postcode in found)
    beside = table({"city": "address.city", "hospital": "health.hospital_city"}, 2_000)
    same = sum(a == b for a, b in zip(beside["city"].to_pylist(), beside["hospital"].to_pylist(), strict=True))
    assert same < 400


def test_numbers_of_medicare_have_the_public_form() -> None:
    letter, both = "[AC-HJKMNP-RT-Y]", "[0-9AC-HJKMNP-RT-Y]"
    form = re.compile(f"[1-9]{letter}{both}[0-9]-{letter}{both}[0-9]-{letter}{letter}[0-9]{{2}}")
    assert all(form.fullmatch(value) for value in values_of("health.medicare_id", rows=ROWS))
    assert all(re.fullmatch(r"\d{2}-\d{3}-\d{4}", value) for value in values_of("business.duns_number", rows=ROWS))


def test_codes_have_the_form_of_their_list() -> None:
    assert all(re.fullmatch(r"(\d{3}|V\d{2}|E\d{3})(\.\d{1,2})?", c) for (c,) in entries("coding/diagnosis9", "code"))
    assert all(re.fullmatch(r"\d{2}(\.\d{1,2})?", c) for (c,) in entries("coding/procedure9", "code"))
    assert all(re.fullmatch(r"[0-9A-HJ-NP-Z]{7}", c) for (c,) in entries("coding/procedure10", "code"))
    assert ("001.0", "Cholera due to vibrio cholerae") in entries("coding/diagnosis9", "code", "name")
    assert ("47.01", "Laparoscopic appendectomy") in entries("coding/procedure9", "code", "name")


def test_known_species() -> None:
    assert ("Blackthorn", "Prunus spinosa", "Rosaceae") in entries("species/plant", "name", "scientific", "family")
    assert ("Aardvark", "Orycteropus afer", "Orycteropodidae") in entries("species/animal", "name", "scientific", "family")


def test_races_are_as_common_as_in_the_census() -> None:
    shares = {"White": 616, "Black or African American": 124, "Two or More Races": 102, "Some Other Race": 84, "Asian": 60,
              "American Indian and Alaska Native": 11, "Native Hawaiian and Other Pacific Islander": 2}  # fmt: skip
    seen, total = Counter(values_of("person.race", rows=ROWS)), sum(shares.values())
    chi = sum((seen[name] - ROWS * share / total) ** 2 / (ROWS * share / total) for name, share in shares.items())
    assert set(seen) == set(shares)
    assert chi < 6 + 4 * math.sqrt(12) + 10


def test_pictures_are_valid() -> None:
    for url in set(values_of("internet.image_data_url", rows=500)):
        data = base64.b64decode(url.removeprefix("data:image/png;base64,"), validate=True)
        assert data.startswith(b"\x89PNG\r\n\x1a\n")
        at, kinds = 8, []
        while at < len(data):
            size, kind = int.from_bytes(data[at : at + 4]), data[at + 4 : at + 8]
            assert zlib.crc32(data[at + 4 : at + 8 + size]) == int.from_bytes(data[at + 8 + size : at + 12 + size])
            if kind == b"IDAT":
                assert len(zlib.decompress(data[at + 8 : at + 8 + size])) == 4
            kinds.append(kind)
            at += 12 + size
        assert kinds == [b"IHDR", b"IDAT", b"IEND"]
    for name in ("internet.avatar_url", "internet.image_url"):
        assert all(re.match(r"https://\w+\.example\.com/", url) for url in values_of(name))


def test_special_addresses_are_none_that_anybody_has() -> None:
    import ipaddress

    found = [ipaddress.IPv4Address(text) for text in values_of("special_ip_v4", rows=20_000)]
    assert not any(address.is_global and not str(address).startswith(("192.0.0.", "192.88.99.")) for address in found)
    assert len({str(address).partition(".")[0] for address in found}) > 10
    assert len(set(values_of("special_ip_v4", rows=20_000, unique=True))) == 20_000


def test_hashes_numbers_and_strings_have_their_form() -> None:
    assert all(re.fullmatch(r"\$2b\$12\$[./A-Za-z0-9]{21}[.Oeu][./A-Za-z0-9]{31}", v) for v in values_of("password_hash"))
    assert all(re.fullmatch(r"\$argon2id\$v=19\$m=65536,t=3,p=4\$[\w+/]{22}\$[\w+/]{43}", v) for v in values_of("argon2_hash"))
    whole = values_of("int64", rows=ROWS)
    assert min(whole) < -(9 * 10**18)
    assert max(whole) > 9 * 10**18
    assert all(re.fullmatch("[0-9]{12}", value) for value in values_of("text.digits", {"length": 12}))
    assert all(re.fullmatch("[A-Za-z]{5}", value) for value in values_of("text.letters", {"length": 5}))
    assert all(re.fullmatch(r"[a-z]+-\d\d\.[a-z-]+\.example", value) for value in values_of("hostname"))
    assert set(values_of("crypto_symbol")) == {"₿", "Ł", "Ξ"}
    assert {"bad request", "bad gateway"} <= set(values_of("errorhttp"))
