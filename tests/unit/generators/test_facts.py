"""Check digits, coherent records and real-world shapes."""

from __future__ import annotations

import datetime as dt
import ipaddress
import re
from collections import Counter
from decimal import Decimal

import pytest

from runner import pools
from runner.generators import ParameterError
from tests.unit.generators.made import table, values_of


def luhn(number: str) -> bool:
    digits = [int(d) for d in reversed(number)]
    return sum(d if i % 2 == 0 else sum(divmod(2 * d, 10)) for i, d in enumerate(digits)) % 10 == 0


def test_cards_have_a_check_digit_and_agree_with_their_brand() -> None:
    rows = table({"card": "credit_card", "brand": "card_brand", "cvv": "card_cvv", "expiry": "card_expiry"}, 20_000).to_pylist()
    starts = {
        "Visa": r"4\d{15}",
        "Mastercard": r"(5[1-5]|2[2-7])\d{14}",
        "American Express": r"3[47]\d{13}",
        "Discover": r"6\d{15}",
        "JCB": r"(1800|2131|35\d\d)\d{12}",
        "UnionPay": r"(62|81)\d{14}",
        "Diners Club": r"3[0689]\d{12}",
        "Maestro": r"[56]\d{15}",
    }
    for row in rows:
        assert luhn(row["card"])
        assert re.fullmatch(starts[row["brand"]], row["card"])
        assert len(row["cvv"]) == (4 if row["brand"] == "American Express" else 3)
        assert re.fullmatch(r"(0[1-9]|1[0-2])/(25|26|27|28|29|30)", row["expiry"])
    assert Counter(row["brand"] for row in rows)["Visa"] > 9_500


@pytest.mark.parametrize(("brand", "start"), [("visa", "4"), ("mastercard", "5|2"), ("amex", "3"), ("discover", "6")])
def test_cards_of_a_brand(brand: str, start: str) -> None:
    assert all(re.match(start, card) and luhn(card) for card in values_of("credit_card", {"brand": brand}, 500))


LENGTHS = {
    country: int(length) for country, length in re.findall(
        "(..)([0-9]+)",
        "AE23 AT20 AZ28 BA20 BE16 BG22 BR29 CH21 CZ24 DE22 DK18 EE20 ES24 FI18 FR27 GB22 GE22 GR27 HR21 HU28 IE22 IL23 IS26 IT27 "
        "JO30 LI21 LT20 LU20 LV21 MK19 NL18 NO15 PK24 PL28 PS29 PT25 RO24 RU33 SA24 SE24 SI19 SK24 TR26 UA29".replace(" ", ""),
    )
}  # fmt: skip
"""Characters of an IBAN by country (registry of ISO 13616)."""


@pytest.mark.parametrize("locale", pools.locales())
def test_ibans_are_valid_and_of_the_row_s_bank(locale: str) -> None:
    rows = table({"iban": "iban", "bic": "bic", "bank": "bank_name"}, 300, locale).to_pylist()
    country = str(pools.facts(locale)["country"])
    for row in rows:
        turned = row["iban"][4:] + row["iban"][:4]
        assert int("".join(str(int(c, 36)) for c in turned)) % 97 == 1
        assert row["iban"][:2] == (country if country in LENGTHS else "DE")
        assert len(row["iban"]) == LENGTHS[row["iban"][:2]]
        assert re.fullmatch("[A-Z]{6}[A-Z0-9]{5}", row["bic"])
        assert row["bic"][4:6] == (country or "US")
    assert len({(row["bic"], row["bank"]) for row in rows}) == len({row["bic"] for row in rows}) >= 2


@pytest.mark.parametrize("locale", ["id_ID", "en_US", "ja_JP", "hi_IN"])
def test_no_country_has_the_banks_of_another(locale: str) -> None:
    """Banks may be in several countries, but each is named for its own."""
    bank = pools.pool("finance/bank")
    country = locale.partition("_")[2]
    own = {name for name, code in zip(*(bank.field(f).to_pylist() for f in ("name", "country")), strict=True) if code == country}
    assert set(values_of("bank_name", locale=locale)) <= own
    assert {bic[4:6] for bic in values_of("bic", locale=locale)} == {country}


def test_countries_own_check_digits() -> None:
    """The rules as their countries state them, over the finished number."""
    odd = dict(zip("0123456789", (1, 0, 5, 7, 9, 13, 15, 17, 19, 21), strict=True))

    def spanish(text: str) -> str:
        total = 11 - sum(int(c) * w for c, w in zip(text, (1, 2, 4, 8, 5, 10, 9, 7, 3, 6), strict=True)) % 11
        return str({10: 1, 11: 0}.get(total, total))

    for number in values_of("iban", {"country": "FR"}):
        assert (89 * int(number[4:9]) + 15 * int(number[9:14]) + 3 * int(number[14:25]) + int(number[25:])) % 97 == 0
    for number in values_of("iban", {"country": "BE"}):
        assert int(number[4:14]) % 97 == int(number[14:]) % 97
    for number in values_of("iban", {"country": "PT"}):
        assert int(number[4:]) % 97 == 1
    for number in values_of("iban", {"country": "ES"}):
        assert number[12:14] == spanish("00" + number[4:12]) + spanish(number[14:])
    for number in values_of("iban", {"country": "IT"}):
        total = sum(odd[c] if i % 2 == 0 else int(c) for i, c in enumerate(number[5:]))
        assert number[4] == chr(65 + total % 26)


def test_iban_of_a_country_without_ibans_is_refused_when_asked_for() -> None:
    with pytest.raises(ParameterError, match="US has no IBANs"):
        values_of("iban", {"country": "US"})


@pytest.mark.parametrize("locale", pools.locales())
def test_titles_are_titles(locale: str) -> None:
    particles = {"de", "de la", "del", "du", "da", "do", "Le", "R.M.", "Sutan", "Drs.", "Ir.", "GEN", "Ing.", "Mgr."}
    assert not particles & set(values_of("prefix", locale=locale)) or locale in ("es_MX", "ha_NG")


def test_jobs_are_whole() -> None:
    jobs = set(pools.pool("en_US/job").field("name").to_pylist())
    assert {"Make-up artist", "Sub-editor", "Civil engineer (consulting)", "IT sales professional", "Mining surveyor"} <= jobs
    assert not {"Land", "Make", "Sub", "Copy", "Press sub"} & jobs
    assert {job for job in jobs if "," in job} == {"Solicitor, Scotland"}


def test_family_cards_are_of_the_row_s_regency() -> None:
    rows = table({"card": "family_card", "city": "city", "nik": "nik"}, 2_000, "id_ID").to_pylist()
    cities = pools.pool("id_ID/city")
    codes = dict(zip(cities.field("name").to_pylist(), cities.field("code").to_pylist(), strict=True))
    for row in rows:
        assert re.fullmatch(r"\d{16}", row["card"])
        assert int(row["card"][:4]) == int(row["nik"][:4]) == codes[row["city"]]
        assert row["card"][4:6] == row["nik"][4:6]
        assert dt.datetime.strptime(row["card"][6:12], "%d%m%y") <= dt.datetime(2025, 1, 1)


def test_texts_end_at_sentences_or_words() -> None:
    words = set(pools.pool("en_US/word").field("name").to_pylist())
    texts = values_of("text", {"max_length": 120}, 2_000)
    assert all(text.endswith(".") and len(text) <= 120 for text in texts if len(text) > 70)
    assert all(word.strip(".").lower() in words or word.strip(".") in words for text in texts for word in text.split())
    assert len({len(text) for text in texts}) > 60
    assert max(map(len, texts)) > 100 > 50 > min(map(len, texts))


def test_bank_codes_stand_in_the_iban() -> None:
    bank = pools.pool("finance/bank")
    code = dict(zip(bank.field("bic").to_pylist(), bank.field("code").to_pylist(), strict=True))
    rows = table({"iban": "iban", "bic": "bic"}, 500, "en_GB").to_pylist()
    assert all(row["iban"][4:].startswith(code[row["bic"]]) for row in rows)


def test_barcodes_and_provider_numbers_have_check_digits() -> None:
    for code in values_of("barcode"):
        assert sum(int(d) * (3 if i % 2 else 1) for i, d in enumerate(code)) % 10 == 0
        assert len(code) == 13
    for number in values_of("npi"):
        assert luhn(f"80840{number}")
        assert number[0] in "12"
        assert len(number) == 10


def test_airports_and_airlines_are_whole_records() -> None:
    columns = {
        "name": "airport", "iata": "airport_iata", "icao": "airport_icao", "city": "airport_city",
        "from": ("airport_iata", {"role": "origin"}), "to": ("airport_iata", {"role": "destination"}),
        "airline": "airline", "code": "airline_iata", "flight": "flight_number",
    }  # fmt: skip
    airport, airline = pools.pool("aviation/airport"), pools.pool("aviation/airline")
    airports = set(zip(*(airport.field(f).to_pylist() for f in ("name", "iata", "icao", "city")), strict=True))
    airlines = set(zip(*(airline.field(f).to_pylist() for f in ("name", "iata")), strict=True))
    for row in table(columns, 20_000).to_pylist():
        assert (row["name"], row["iata"], row["icao"], row["city"]) in airports
        assert (row["airline"], row["code"]) in airlines
        assert row["from"] != row["to"]
        assert re.fullmatch(rf"{row['code']}[1-9]\d{{0,3}}", row["flight"])


def test_conditions_codes_and_prescriptions_fit() -> None:
    pool = pools.pool("health/condition")
    known = set(zip(*(pool.field(f).to_pylist() for f in ("name", "icd10", "prescription")), strict=True))
    rows = table({"a": "medical_condition", "b": "icd10_code", "c": "prescription"}, 5_000).to_pylist()
    assert {(row["a"], row["b"], row["c"]) for row in rows} <= known


def test_blood_types_come_as_often_as_in_life() -> None:
    counts = Counter(values_of("blood_type", rows=100_000))
    assert 0.36 < counts["O+"] / 100_000 < 0.39
    assert 0.003 < counts["AB-"] / 100_000 < 0.009


def test_products_have_prices_of_their_kind() -> None:
    pool = pools.pool("commerce/product")
    ranges: dict[str, list[tuple[int, int]]] = {}
    for category, low, high in zip(*(pool.field(f).to_pylist() for f in ("category", "low", "high")), strict=True):
        ranges.setdefault(category, []).append((low, high))
    for row in table({"category": "product_category", "price": "price", "name": "product_name"}, 5_000).to_pylist():
        assert any(low <= row["price"] <= high for low, high in ranges[row["category"]])


def test_country_codes_are_of_the_country() -> None:
    names, codes = pools.pool("id_ID/country").field("name").to_pylist(), pools.pool("geo/country").field("alpha2").to_pylist()
    known = dict(zip(names, codes, strict=True))
    rows = table({"name": "country", "code": "country_code", "own": ("country", {"scope": "locale"})}, 2_000, "id_ID").to_pylist()
    assert all(known[row["name"]] == row["code"] for row in rows)
    assert {row["own"] for row in rows} == {"Indonesia"}


@pytest.mark.parametrize("scope", ["private", "public", "any"])
def test_ipv4_stays_in_its_scope(scope: str) -> None:
    found = [ipaddress.IPv4Address(text) for text in values_of("ipv4", {"scope": scope}, 20_000)]
    if scope == "private":
        assert all(ip.is_private for ip in found)
        assert len({str(ip).partition(".")[0] for ip in found}) == 3
    if scope == "public":
        assert all(ip.is_global for ip in found)
    assert not any(ip.is_multicast for ip in found)


def test_addresses_of_a_network() -> None:
    network = ipaddress.IPv4Network("192.168.4.0/22")
    found = values_of("ipv4", {"network": "192.168.4.0/22"}, 1_024, unique=True)
    assert len(set(found)) == 1_024
    assert all(ipaddress.IPv4Address(text) in network for text in found)
    assert all(ipaddress.IPv6Address(text) in ipaddress.IPv6Network("2001:db8::/32") for text in values_of("ipv6"))


@pytest.mark.parametrize("classes", [["lower"], ["lower", "digits"], ["lower", "upper", "digits", "symbols"]])
@pytest.mark.parametrize("length", [4, 12, 37])
def test_passwords_hold_every_class(length: int, classes: list[str]) -> None:
    tests = {"lower": str.islower, "upper": str.isupper, "digits": str.isdigit, "symbols": lambda c: not c.isalnum()}
    for word in values_of("password", {"length": length, "classes": classes}):
        assert len(word) == length
        assert all(any(tests[name](c) for c in word) for name in classes)
        assert all(any(tests[name](c) for name in classes) for c in word)


def test_patterns() -> None:
    for text in values_of("pattern", {"template": "SKU-##\\#?^*&%"}):
        assert re.fullmatch(r"SKU-\d\d#[A-Z][a-z][A-Z0-9][0-9a-f][1-9]", text)
    assert len(set(values_of("pattern", {"template": "##"}, 100, unique=True))) == 100
    long = values_of("pattern", {"template": "*" * 40}, 1_000, unique=True)
    assert len(set(long)) == 1_000


def test_sentences_have_words_capitals_and_stops() -> None:
    for text in values_of("sentence"):
        assert re.fullmatch(r"\S.*[^ ]\.", text)
        assert 5 <= len(text.split()) <= 9
        assert text[0].isupper() or not text[0].isalpha()
    assert all(len(text.split()) == 4 for text in values_of("sentence", {"words": 4}))
    assert all(len(text) <= 40 for text in values_of("text", {"max_length": 40}))


def test_distributions_stay_in_their_range_and_have_their_middle() -> None:
    normal = values_of("int", {"min": 0, "max": 200, "dist": "normal", "mean": 100, "sd": 20}, 20_000)
    assert 0 <= min(normal) <= max(normal) <= 200
    assert 99 < sum(normal) / 20_000 < 101
    prices = values_of("decimal", {"min": 3, "max": 200, "dist": "lognormal", "median": 20}, 20_000)
    assert Decimal(3) <= min(prices) <= max(prices) <= Decimal(200)
    assert 19 < sorted(prices)[10_000] < 21
    waits = values_of("float", {"min": 0, "max": 100, "dist": "exponential", "mean": 5}, 20_000)
    assert 4.8 < sum(waits) / 20_000 < 5.2
    ranks = Counter(values_of("int", {"min": 1, "max": 1_000, "dist": "zipf"}, 20_000))
    assert ranks[1] > ranks[2] > ranks[5] > ranks[50]


def test_choices_keep_their_kind_and_weights() -> None:
    assert set(values_of("choice", {"values": [1, 2]})) == {1, 2}
    assert set(values_of("choice", {"values": [True, False]})) == {True, False}
    assert set(values_of("choice", {"values": [0.5, 1]})) == {0.5, 1.0}
    counts = Counter(values_of("choice", {"values": {"free": 80, "pro": 15, "elite": 5, "never": 0}}, 20_000))
    assert counts["never"] == 0
    assert 0.78 < counts["free"] / 20_000 < 0.82


@pytest.mark.parametrize(
    ("style", "shape"),
    [("national", r"\(\d{3}\) \d{3}-\d{4}"), ("international", r"\+1 \d{3}-\d{3}-\d{4}"), ("e164", r"\+1\d{10}")],
)
def test_phone_numbers(style: str, shape: str) -> None:
    assert all(re.fullmatch(shape, number) for number in values_of("phone", {"style": style}))


@pytest.mark.parametrize("locale", pools.locales())
def test_every_locale_has_phones_addresses_and_words(locale: str) -> None:
    rows = table(
        {
            "phone": "phone",
            "address": "address",
            "job": "job",
            "company": "company",
            "note": "sentence",
            "state": "state",
            "prefix": "prefix",
            "middle": "middle_name",
            "country": "country",
        },
        300,
        locale,
    )
    for column in rows.column_names:
        texts = rows[column].to_pylist()
        assert all(text and "{" not in text and "#" not in text.replace("#", "", 0) for text in texts), column
        assert len(set(texts)) > 1 or (locale == "de_LI" and column in ("city", "state", "postcode")), column  # it has one town
