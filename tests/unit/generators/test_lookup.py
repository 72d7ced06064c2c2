"""Any spelling finds a generator; no name means two things."""

from __future__ import annotations

import subprocess
import sys

import pytest

from runner.generators import UnknownGenerator, catalogue, collisions, find, suggestions
from runner.generators.aliases import borrowed


@pytest.mark.parametrize(
    "spelling", ["firstname", "first-name", "First Name", "FirstName", "FIRST_NAME", "person.first_name", "Person First Name"]
)
def test_spelling_does_not_matter(spelling: str) -> None:
    assert find(spelling)[0].name == "person.first_name"


@pytest.mark.parametrize(
    ("name", "meaning"),
    [
        ("name", "person.full_name"),
        ("zip", "address.postcode"),
        ("date", "datetime.date"),
        ("email", "contact.email"),
        ("uuid", "identifier.uuid"),
        ("phone", "contact.phone_number"),
        ("timestamp", "datetime.datetime"),
        ("nama_lengkap", "person.full_name"),
        ("flight_number", "aviation.flight_number"),
        ("medical_condition", "health.medical_condition"),
        ("iban", "finance.iban"),
        ("title", "person.prefix"),
        ("country", "address.country"),
        ("price", "commerce.price"),
        ("text", "text.text"),
        ("id", "identifier.sequence"),
        ("ip", "internet.ipv4"),
        ("sentence", "text.sentence"),
    ],
)
def test_pinned_names(name: str, meaning: str) -> None:
    assert find(name)[0].name == meaning


def test_no_name_means_two_things() -> None:
    assert collisions() == ()


def test_a_collision_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    from runner.generators import lookup
    from runner.generators.aliases import Alias

    wrong = (*borrowed(), Alias("First-Name", "common", "person.last_name", {}), Alias("nothing", "common", "no.such", {}))
    monkeypatch.setattr(lookup, "borrowed", lambda: wrong)
    assert len(collisions()) == 2


def test_an_alias_may_bind_parameters() -> None:
    assert find("safe_email") == (catalogue()["contact.email"], {"safe": "true"})
    assert find("first_name_female")[1] == {"gender": "female"}


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("frist_name", "person.first_name"),
        ("emial", "contact.email"),
        ("credit crd", "finance.credit_card"),
        ("flight numer", "aviation.flight_number"),
        ("blod_type", "health.blood_type"),
        ("postcod", "address.postcode"),
    ],
)
def test_an_unknown_name_comes_with_suggestions(wrong: str, right: str) -> None:
    with pytest.raises(UnknownGenerator) as raised:
        find(wrong)
    assert raised.value.suggestions[0] == right
    assert len(raised.value.suggestions) <= 3
    assert right in str(raised.value)


def test_keywords_are_suggested_too() -> None:
    assert "company.salary" in suggestions("wage") or "number.salary" in suggestions("wage")


@pytest.mark.parametrize(("wrong", "method"), [("bbann", "bban"), ("military shipp", "military_ship"), ("iana", "iana_id")])
def test_fakers_methods_are_suggested_too(wrong: str, method: str) -> None:
    with pytest.raises(UnknownGenerator, match=f"faker.{method}"):
        find(wrong)


def test_faker_is_not_loaded_by_a_name_that_is_known() -> None:
    code = "import sys; from runner.generators import find; find('firstname'); sys.exit('faker' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    "name", ["", "   ", "faker.", "faker.seed_instance", "faker.__class__", "faker.no_such_thing", "\x00", "a" * 5_000]
)
def test_names_that_are_none(name: str) -> None:
    with pytest.raises(UnknownGenerator):
        find(name)


def test_fakers_providers_are_within_reach() -> None:
    generator, _ = find("faker.color_name")
    assert generator.name == "faker.color_name"
    assert generator.slow
    assert {p.name for p in find("faker.pyint")[0].parameters} == {"min_value", "max_value", "step"}


def test_the_written_index_is_up_to_date() -> None:
    """`python -m scripts.build_index` makes it anew."""
    import json

    from runner.generators.lookup import INDEX, written_index

    assert json.loads(INDEX.read_text(encoding="utf-8")) == written_index()
