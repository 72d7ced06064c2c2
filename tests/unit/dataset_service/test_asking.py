"""Requests completed by their domain, and every complaint in its place."""

from __future__ import annotations

from typing import Any

import pytest

from runner.datasets import templates
from services.common.errors import MockcraftError
from services.datasets import asking


def findings(values: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(MockcraftError) as refused:
        asking.check(asking.read(values))
    assert refused.value.code == asking.INVALID
    assert all(each.message.endswith((".", "?")) for each in refused.value.findings)
    return {each.path: each.code for each in refused.value.findings}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, {"targetCount": "MISSING_REQUIRED_FIELD"}),
        ({"targetCount": 5, "topicz": 1}, {"topicz": "UNKNOWN_FIELD"}),
        ({"targetCount": 5, "topics": ["a", "", "x" * 300]}, {"topics[1]": "VALUE_INVALID", "topics[2]": "VALUE_INVALID"}),
        ({"targetCount": 0, "topP": 0}, {"targetCount": "OUT_OF_RANGE", "topP": "OUT_OF_RANGE"}),
        ({"targetCount": 5, "kinds": ["custom"]}, {"": "VALUE_INVALID"}),
        (
            {"targetCount": 5, "outputFormat": "xml", "language": "de"},
            {"outputFormat": "VALUE_INVALID", "language": "VALUE_INVALID"},
        ),
    ],
)
def test_complaints_stand_where_they_belong(values: dict[str, Any], expected: dict[str, str]) -> None:
    assert {path: code for path, code in findings(values).items() if path in expected} == expected


def test_given_fields_go_before_those_of_the_domain() -> None:
    base = {"topics": ["a"], "prompts": {"system": "s", "user": "u"}, "kinds": ["qa"]}
    both = asking.completed({"topics": ["b"], "prompts": {"user": "mine"}}, base)
    assert both == {"topics": ["b"], "prompts": {"system": "s", "user": "mine"}, "kinds": ["qa"]}


def test_schema_of_ones_own_is_of_the_kind_custom() -> None:
    assert asking.completed({"recordSchema": {}}, {"kinds": ["qa"]})["kinds"] == ["custom"]
    assert "recordSchema" not in asking.completed({"kinds": ["qa"]}, {"recordSchema": {}, "kinds": ["custom"]})


def test_domains_kinds_are_those_that_the_shape_holds() -> None:
    base = {"kinds": ["instruction", "chat", "text"]}
    assert asking.completed({"shape": "alpaca"}, base)["kinds"] == ["instruction"]
    assert asking.completed({"shape": "alpaca", "kinds": ["chat"]}, base)["kinds"] == ["chat"]


@pytest.mark.parametrize("template", templates.all(), ids=lambda template: template.id)
@pytest.mark.parametrize("shape", ["", "alpaca", "sharegpt", "chatml"])
def test_every_template_makes_a_request_that_can_be_met(template: templates.Template, shape: str) -> None:
    asking.check(asking.read(asking.completed({"targetCount": 10, "shape": shape}, asking.of_template(template))))


@pytest.mark.parametrize(
    ("domain", "stem"), [("Sock shop", "sock_shop"), ("", "dataset"), ("../..", "dataset"), ("日本", "dataset")]
)
def test_files_are_called_like_their_domain(domain: str, stem: str) -> None:
    assert asking.file_stem(domain) == stem


def test_drafts_need_no_number_of_records() -> None:
    asking.check_draft({"topics": ["a"]}, "a")
    with pytest.raises(MockcraftError) as refused:
        asking.check_draft({"batchSize": 0}, "a")
    assert [each.path for each in refused.value.findings] == ["request.batchSize"]


@pytest.mark.parametrize(
    ("given", "near"),
    [
        ({"domain": "tecnology"}, "technology"),
        ({"domain": "Tecnology", "topics": ["Python"]}, "technology"),
        ({"domain": "sock shp"}, "Sock shop"),
    ],
)
def test_unknown_domain_is_refused_with_the_nearest_and_all_that_are_known(given: dict[str, Any], near: str) -> None:
    (found,) = asking.unknown_domain(given, ["Sock shop"])
    assert (found.path, found.code, found.suggestion) == ("domain", "DOMAIN_UNKNOWN", near)
    assert "commerce, education" in found.message and "Sock shop" in found.message and "domainDescription" in found.message


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"domain": ""},
        {"domain": "tecnology", "domainDescription": "A band."},
        {"domain": "medicine", "topics": ["Bones"]},
        {"domain": "Space gardening", "topics": ["Moon soil"]},
        {"domain": "medical"},
    ],
)
def test_domain_of_ones_own_is_taken_where_the_request_says_what_it_is(given: dict[str, Any]) -> None:
    assert asking.unknown_domain(given) == []


def test_unknown_domain_stands_beside_the_other_complaints() -> None:
    with pytest.raises(MockcraftError) as refused:
        asking.read({"targetCount": 0}, asking.unknown_domain({"domain": "lawe"}))
    assert [each.path for each in refused.value.findings] == ["domain", "targetCount"]


def test_draft_of_a_domain_may_be_called_as_itself_but_not_build_on_an_unknown_one() -> None:
    asking.check_draft({"domain": "Sock shop"}, "sock shop")
    asking.check_draft({"domain": "Commerce"}, "sock shop")
    with pytest.raises(MockcraftError) as refused:
        asking.check_draft({"domain": "comerce", "topics": ["Socks"]}, "sock shop")
    assert [(each.path, each.suggestion) for each in refused.value.findings] == [("request.domain", "commerce")]
