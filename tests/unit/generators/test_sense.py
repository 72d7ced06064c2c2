"""What a reader of the rows would stumble over: words twice, another country's regions, parts that do not fit each other."""

from __future__ import annotations

import json
import re
from collections import Counter

import pytest

from runner import pools
from runner.generators import ParameterError
from runner.generators.mixes import Share, shares
from tests.unit.generators.made import table, values_of


@pytest.mark.parametrize("unique", [False, True])
def test_no_product_has_a_quality_twice(unique: bool) -> None:
    names = values_of("product_name", {}, 20_000, unique=unique)
    qualities = sorted(pools.pool("commerce/adjective").field("name").to_pylist(), key=len, reverse=True)
    for name in names:
        first = next(quality for quality in qualities if name.startswith(f"{quality} "))
        assert not name.removeprefix(f"{first} ").startswith(f"{first} ")
    starts = Counter(next(q for q in qualities if name.startswith(f"{q} ")) for name in names)
    assert len(starts) == len(qualities)
    assert max(starts.values()) < 2 * min(starts.values())


def test_descriptions_are_of_the_row_s_product() -> None:
    for row in table({"name": "product_name", "text": "product_description"}, 500).to_pylist():
        assert row["name"].endswith(row["text"].partition(":")[0])


def test_no_middle_name_is_the_first() -> None:
    for locale in ("en_US", "ja_JP", "id_ID"):
        for row in table({"first": "first_name", "middle": "middle_name"}, 20_000, locale).to_pylist():
            assert row["first"] != row["middle"]


def test_addresses_of_the_web_stand_on_the_row_s_domain() -> None:
    for row in table({"domain": "domain", "url": "url"}, 500).to_pylist():
        assert row["url"].startswith(f"https://www.{row['domain']}/")


def test_fares_are_of_the_row_s_cabin() -> None:
    fares = {"economy": "YBHKMLVSNQOGTXU", "premium economy": "WRE", "business": "JCDIZ", "first": "FAP"}
    seen = {(row["cabin"], row["fare"]) for row in table({"cabin": "cabin_class", "fare": "fare_class"}, 20_000).to_pylist()}
    assert seen == {(cabin, fare) for cabin, letters in fares.items() for fare in letters}


@pytest.mark.parametrize("locale", [name for name in pools.locales() if name not in ("en_US", "ar_AA")])
def test_cities_and_regions_are_of_the_locale_s_country(locale: str) -> None:
    assert pools.find_pool(locale, "city").startswith(locale)
    assert "region" in pools.pool(f"{locale}/city").fields or pools.find_pool(locale, "state").startswith(locale)
    assert not {"Alabama", "Wyoming"} & set(values_of("state", {}, 300, locale=locale))


PLATES = {
    "en_US": r"[A-Z]{3}-\d{4}",
    "ar_AA": r"[A-Z]{3}-\d{4}",
    "de_DE": r"[A-Z]{1,2}-[A-Z]{2} [1-9]\d{3}",
    "en_GB": r"[A-Z]{2}[16]\d [A-Z]{3}",
    "fr_FR": r"[A-Z]{2}-\d{3}-[A-Z]{2}",
    "id_ID": r"[A-Z]{1,2} [1-9]\d{3} [A-Z]{3}",
    "ja_JP": r"\w{2,3} 5\d\d \w [1-9]\d-\d\d",
    "pt_BR": r"[A-Z]{3}\d[A-Z]\d{2}",
    "ru_RU": r"[А-Я]\d{3}[А-Я]{2} \d{2,3}",
}


@pytest.mark.parametrize("locale", PLATES)
def test_number_plates_are_the_country_s(locale: str) -> None:
    plates = values_of("license_plate", {}, 2_000, locale=locale)
    assert all(re.fullmatch(PLATES[locale], plate) for plate in plates)
    unique = values_of("license_plate", {}, 20_000, locale=locale, unique=True)
    assert len(set(unique)) == 20_000


@pytest.mark.parametrize("domain", ["foo@bar", "a b.com", "-a.com", "a-.com", "a..com", ".com", "@", "x" * 64 + ".com"])
def test_mail_domains_are_domains(domain: str) -> None:
    with pytest.raises(ParameterError, match="must be a domain"):
        values_of("email", {"domain": domain}, 1)


@pytest.mark.parametrize("domain", ["acme.com", "@acme.com", "münchen.example", "localhost", "a-b.co.uk"])
def test_domains_are_taken_with_or_without_the_at_sign(domain: str) -> None:
    assert str(values_of("email", {"domain": domain}, 1)[0]).endswith(f"@{domain.removeprefix('@')}")


def test_salaries_are_of_the_size_of_their_currency() -> None:
    units = dict(zip(*(pools.pool("finance/currency").field(f).to_pylist() for f in ("code", "units")), strict=True))
    amounts = [int(str(value).removeprefix("IDR ")) for value in values_of("salary", {"currency": "idr"}, 500)]
    assert min(amounts) >= 25_000 * units["IDR"]
    assert max(amounts) <= 250_000 * units["IDR"]
    with pytest.raises(ParameterError, match="there is no currency 'XYZ'"):
        values_of("salary", {"currency": "xyz"}, 1)


@pytest.mark.parametrize(("given", "low", "high"), [({"min": 300_000}, 300_000, 3_000_000), ({"max": 9_000}, 900, 9_000)])
def test_one_end_of_a_salary_is_enough(given: dict[str, int], low: int, high: int) -> None:
    assert all(low <= float(str(value)) <= high for value in values_of("salary", given, 500))


def test_salaries_between_ends_the_wrong_way_are_refused_with_the_ends() -> None:
    with pytest.raises(ParameterError, match=r"`min` \(300000\) is above `max` \(200000\)"):
        values_of("salary", {"min": 300_000, "max": 200_000}, 1)


@pytest.mark.parametrize(
    "text", ['{"en_US": 60, "ja_JP": 40}', "{en_US: 60, ja_JP: 40}", "en_US:60,ja_JP:40", "en-us: 60, ja: 40"]
)
def test_mixes_are_read_as_json_too(text: str) -> None:
    assert shares(text) == (Share("en_US", 3), Share("ja_JP", 2))


def test_jobs_are_in_the_language_of_the_locale() -> None:
    assert pools.find_spoken("ar_SA", "job") == "ar_AA/job"
    assert pools.find_spoken("fr_CA", "job") == "fr_FR/job"
    assert pools.find_spoken("de_DE", "job") == "de_DE/job"
    assert pools.find_spoken("id_ID", "job") == pools.find_spoken("es_CA", "job") == "en_US/job"


def test_lists_carry_no_marks_of_their_sources() -> None:
    assert not [name for name in pools.pool("nature/cow").field("name").to_pylist() if name[-1].isdigit() and name != "RX3"]
    assert not [name for name in pools.pool("food/beer_style").field("name").to_pylist() if ":" in name]
    assert not [name for name in pools.pool("tech/disk").field("name").to_pylist() if "SDD" in name]
    assert not [size for size in pools.pool("agent/device").field("screen").to_pylist() if len(set(size.split("x"))) == 1]
    assert "بن لادن" not in pools.pool("ar_SA/person_last").field("name").to_pylist()


def test_documents_write_names_with_capitals() -> None:
    assert all(
        re.search(r"<first>[A-Z][a-z]*</first><last>[A-Z][a-z]*</last>", str(value))
        for value in values_of("document.xml", {}, 200)
    )
    assert all(json.loads(str(value))["first_name"].istitle() for value in values_of("document.json", {}, 200))
