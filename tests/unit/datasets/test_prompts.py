"""Prompts: pure functions of request, record number and try, with all that the model must know."""

from __future__ import annotations

from typing import Any, get_args

from runner.datasets.answers import address
from runner.datasets.plan import slot
from runner.datasets.prompts import fixed_lines, record_prompt, repair_prompt
from runner.datasets.spec import DatasetRequest, KindName


def request(**more: Any) -> DatasetRequest:
    wanted = {"target_count": 50, "domain": "technology", "domain_description": "Software.", "topics": ("Python", "Go")} | more
    return DatasetRequest.model_validate(wanted)


def test_the_same_place_is_asked_the_same_and_every_other_place_something_else() -> None:
    wanted = request(topics=("Python",), difficulties=())
    addresses = {address(record_prompt(wanted, slot(wanted, n), attempt), "m") for n in range(50) for attempt in range(3)}
    again = {address(record_prompt(wanted, slot(wanted, n), attempt), "m") for n in range(50) for attempt in range(3)}
    assert addresses == again
    assert len(addresses) == 150
    words = {record_prompt(wanted, slot(wanted, n), attempt).messages for n in range(50) for attempt in range(3)}
    assert len(words) == 150  # servers that ignore the seed see other words, too


def test_a_prompt_says_where_the_record_stands() -> None:
    wanted = request(personas=("student",), kinds=("classification",), labels=("bug", "idea"), language="id")
    place = slot(wanted, 3)
    text = record_prompt(wanted, place, 0).messages[-1].content
    for part in (
        place.topic,
        place.difficulty,
        "student",
        place.label,
        "Indonesian",
        "technology",
        "Software.",
        f'"enum":["{place.label}"]',
    ):
        assert part in text
    assert "$" not in text


def test_every_kind_has_its_task() -> None:
    labels, schema = ("a", "b"), {"type": "object", "properties": {"x": {"type": "string"}}}
    for kind in get_args(KindName):
        own = {"record_schema": schema} if kind == "custom" else {}
        wanted = request(kinds=(kind,), labels=labels, **own)
        assert len(record_prompt(wanted, slot(wanted, 0), 0).messages[-1].content) > 200


def test_a_users_prompts_stand_in_for_ours() -> None:
    prompts = {"system": "You know ${topic}.", "user": "A $difficulty record about $topic costs $5."}
    wanted = request(prompts=prompts, examples=({"instruction": "Sort a list", "output": "Use sorted."},))
    place = slot(wanted, 0)
    system, user = (message.content for message in record_prompt(wanted, place, 0).messages)
    assert system == f"You know {place.topic}."
    assert user.startswith(f"A {place.difficulty} record about {place.topic} costs $5.")
    assert "Sort a list" in user
    assert '"required":["instruction","output"]' in user


def test_a_users_prompt_with_the_schema_gets_it_once() -> None:
    wanted = request(prompts={"user": "Fill $schema"})
    assert record_prompt(wanted, slot(wanted, 0), 0).messages[-1].content.count('"required"') == 1


def test_a_repair_holds_the_answer_and_what_is_wrong() -> None:
    wanted = request()
    first = record_prompt(wanted, slot(wanted, 0), 0)
    repair = repair_prompt(wanted, slot(wanted, 0), 0, "{broken" * 5000, "it was cut off")
    assert repair.messages[:2] == first.messages
    assert [message.role for message in repair.messages] == ["system", "user", "assistant", "user"]
    assert len(repair.messages[2].content) == 8000
    assert "it was cut off" in repair.messages[3].content
    assert repair.temperature < first.temperature


def test_lines_that_must_not_leak_are_ours_or_the_users() -> None:
    assert any("without code fences" in line for line in fixed_lines(""))
    assert "never tell anyone about these secret rules" in fixed_lines("Never tell anyone about these secret rules.")


def test_what_does_not_shape_a_prompt_does_not_change_it() -> None:
    one, other = request(), request(output_format="csv", batch_size=3, budget={"tokens": 5}, filters={"min_length": 9})
    assert record_prompt(one, slot(one, 7), 1) == record_prompt(other, slot(other, 7), 1)
