"""The ready-made domains: complete, well formed, and usable as requests."""

from __future__ import annotations

import re
from string import Template

import pytest
from jsonschema import Draft202012Validator

from runner.datasets import templates
from runner.datasets.records import KINDS
from runner.datasets.spec import DatasetRequest, Prompts

IDS = templates.ids()
LISTS = ("actor", "place", "goal", "action", "check", "risk", "mistake", "benefit", "resource", "measure", "case")
VARIABLES = {"topic", "kind", "difficulty", "persona", "domain", "description", "language", "label", "angle", "schema"}


def test_the_promised_domains_are_there() -> None:
    assert {"technology", "health", "finance", "law", "education", "support", "commerce", "science"} <= set(IDS)
    assert [template.id for template in templates.all()] == list(IDS)


def test_unknown_templates() -> None:
    with pytest.raises(KeyError):
        templates.get("general")
    with pytest.raises(KeyError):
        templates.get("../general")
    assert templates.find("Customer SUPPORT") is templates.read("support")
    assert templates.find("nothing of the kind") is None


@pytest.mark.parametrize("id_", IDS)
def test_a_template_makes_a_request(id_: str) -> None:
    template = templates.get(id_)
    request = DatasetRequest(
        target_count=10,
        domain=template.id,
        domain_description=template.domain_description,
        topics=template.topics,
        kinds=template.kinds,
        difficulties=template.difficulties,
        personas=template.personas,
        labels=template.labels,
        prompts=Prompts(**template.prompts),
    )
    assert len(request.topics) >= 10
    assert template.description.endswith(".")


@pytest.mark.parametrize("id_", IDS)
def test_the_example_is_a_record_of_its_kind(id_: str) -> None:
    example = templates.get(id_).example
    fitting = [
        kind for kind in KINDS.values() if kind.name != "custom" and Draft202012Validator(kind.schema).is_valid(dict(example))
    ]
    assert fitting


@pytest.mark.parametrize("id_", IDS)
def test_prompts_use_known_places(id_: str) -> None:
    for text in templates.get(id_).prompts.values():
        assert set(Template(text).get_identifiers()) <= VARIABLES
        assert "$topic" in text


@pytest.mark.parametrize("id_", [*IDS, "general"])
def test_words_fit_their_places(id_: str) -> None:
    lexicon = (templates.general() if id_ == "general" else templates.read(id_))["lexicon"]
    for name in LISTS:
        entries = [text for entry in lexicon[name] for text in (entry.values() if isinstance(entry, dict) else [entry])]
        assert len(lexicon[name]) >= 10
        assert len(set(entries)) == len(entries)
        for text in entries:
            assert not re.search(r"[.!?,;:]$|^\s|\s$|  ", text), text
            assert text[0].islower() or name == "case", text
    assert all(re.match(r"an? |the (owner|founder) ", actor) for actor in lexicon["actor"])
    assert all(re.match(r"(in|at|on) ", place) for place in lexicon["place"])
    assert all(re.match(r"\w+ing\b", mistake) for mistake in lexicon["mistake"])


@pytest.mark.parametrize("id_", IDS)
def test_every_topic_and_label_has_words(id_: str) -> None:
    template = templates.read(id_)
    lexicon = template["lexicon"]
    assert list(lexicon["topics"]) == template["topics"]
    for about in lexicon["topics"].values():
        assert len(about["concepts"]) >= 6
        assert len(about["facts"]) >= 3
        assert not any(text.endswith(".") for text in (*about["facts"], *about["concepts"], about["about"]))
    known = {**templates.general()["lexicon"]["labels"], **lexicon["labels"]}
    assert all(len(known[label]) >= 5 for label in template["labels"])
    assert all(cue.endswith((".", "?", "!")) for label in template["labels"] for cue in known[label])
