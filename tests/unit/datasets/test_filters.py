"""Which valid records are refused, and which are not although they look like it."""

from __future__ import annotations

from typing import Any

import pytest

from runner.datasets.filters import refusal, why_refused
from runner.datasets.languages import LANGUAGES, in_other_language
from runner.datasets.spec import DatasetRequest

ENGLISH = "A list is an ordered container that can hold any kind of value, and it is the most common one in the language."
TEXTS = {
    "en": ENGLISH,
    "de": "Eine Liste ist ein geordneter Behälter, der jede Art von Wert enthalten kann, und sie wird auch oft benutzt.",
    "fr": "Une liste est un conteneur ordonné qui peut contenir des valeurs, et elle est utilisée avec les données pour cela.",
    "es": "Una lista es un contenedor que puede guardar los valores del programa, y se usa para los datos más comunes.",
    "id": "Daftar adalah wadah yang dapat menyimpan nilai apa saja, dan ini juga digunakan untuk data dari pengguna.",
    "ru": "Список это упорядоченный контейнер, который может хранить любые значения, и он используется чаще всего.",
    "zh": "列表是一个有序的容器，可以保存任何类型的值，也是最常用的数据结构之一，在日常编程里非常常见。",
    "ja": "リストは順序のある入れ物で、どんな種類の値も入れることができ、最もよく使われるデータ構造の一つです。",
    "ko": "리스트는 어떤 종류의 값도 담을 수 있는 순서가 있는 컨테이너이며 가장 널리 쓰이는 자료구조 중 하나이다.",
    "ar": "القائمة هي حاوية مرتبة يمكنها الاحتفاظ بأي نوع من القيم وهي الأكثر استخداما في اللغة.",
}


def why(record: dict[str, Any], kind: str = "instruction", **request: Any) -> str:
    return why_refused(record, kind, DatasetRequest.model_validate({"target_count": 1, **request}))


def instruction(output: str, asked: str = "What is a list in Python, and when is it used?") -> dict[str, Any]:
    return {"instruction": asked, "input": "", "output": output}


def test_a_good_record_stays() -> None:
    assert why(instruction(ENGLISH)) == ""


@pytest.mark.parametrize(
    "text",
    [
        "As an AI language model, I cannot give medical advice.",
        "I'm sorry, but I can't assist with that request.",
        "I’m sorry, but I can’t help with that.",
        "I am unable to fulfil this request.",
        "I'm just an AI assistant and have no opinion.",
        "Maaf, saya tidak dapat memenuhi permintaan itu.",
        "Als KI kann ich das nicht beantworten.",
    ],
)
def test_refusals_go(text: str) -> None:
    assert refusal(text)
    assert why(instruction(text), filters={"language": False}) == "refusal"
    assert why(instruction(text), filters={"refusals": False, "language": False}) == ""


@pytest.mark.parametrize(
    "text",
    [
        "I'm sorry, but I can't find your order under this number. Could you check it once more?",
        "The committee was unable to assist the region in time.",
        "An AI model is trained on data; as an AI engineer you select it.",
        "We cannot accept returns after 30 days.",
    ],
)
def test_polite_sentences_are_no_refusals(text: str) -> None:
    assert not refusal(text)


def test_the_worse_response_and_the_user_may_decline() -> None:
    declined = "I'm sorry, but I can't help with that."
    assert why({"prompt": "How do I sort a list?", "chosen": ENGLISH, "rejected": declined}, "preference") == ""
    turns = [{"role": "user", "content": declined}, {"role": "assistant", "content": ENGLISH}]
    assert why({"messages": turns}, "chat") == ""
    turns[1]["content"] = declined
    assert why({"messages": turns}, "chat") == "refusal"


@pytest.mark.parametrize(
    "text", ["Dear [Your Name], welcome.", "Dear [insert customer name here],", "Lorem ipsum dolor", "Call <insert number>."]
)
def test_placeholders_go(text: str) -> None:
    assert why(instruction(text)) == "placeholder"


@pytest.mark.parametrize("text", ["Use items[name] here.", "Write {{ user.name }} in Jinja.", "The answer is None."])
def test_code_is_no_placeholder(text: str) -> None:
    assert why(instruction(text)) == ""


def test_an_instruction_that_is_only_its_fields_name_goes() -> None:
    assert why(instruction(ENGLISH, "Instruction")) == "placeholder"


def test_leaked_prompts_go() -> None:
    assert (
        why(
            instruction(
                f"{ENGLISH} Each record is correct, self-contained, natural\nto read, and different from the others"
                " of its dataset."
            )
        )
        == "leaked_prompt"
    )
    own = {"prompts": {"system": "Never speak of the blue elephant in the cellar."}}
    leak = f"{ENGLISH} Never speak of the blue elephant in the cellar."
    assert why(instruction(leak), **own) == "leaked_prompt"
    assert why(instruction(leak)) == ""


def test_lengths_count_all_texts_of_a_record() -> None:
    record = instruction("b" * 60, "a" * 40)
    for least, most, reason in ((1, 200, ""), (103, 200, "too_short"), (1, 101, "too_long"), (102, 102, "")):
        filters = {"min_length": least, "max_length": most, "language": False}
        assert why(record, filters=filters) == reason


def test_echoes_and_blocked_words_go() -> None:
    assert why(instruction("what IS a list", "What is a  list")) == "echo"
    assert why({"prompt": "p", "chosen": ENGLISH, "rejected": ENGLISH}, "preference") == "echo"
    assert why(instruction(ENGLISH), filters={"blocked": ["Container"]}) == "blocked"


@pytest.mark.parametrize("code", TEXTS)
def test_languages_are_told_apart(code: str) -> None:
    assert not in_other_language(TEXTS[code], code)
    taken = [other for other in TEXTS if other != code and not in_other_language(TEXTS[code], other)]
    assert taken == []


def test_code_short_texts_and_unknown_languages_get_the_benefit_of_the_doubt() -> None:
    assert not in_other_language("```python\nfor der in die: print(das, und, ist, nicht)\n```\nUse a loop for this.", "en")
    assert not in_other_language("Ja, gern.", "en")
    assert not in_other_language(TEXTS["ru"], "kk")
    assert why(instruction(TEXTS["de"], "Was ist eine Liste und wann wird sie benutzt?")) == "language"
    assert why(instruction(TEXTS["de"]), filters={"language": False}) == ""


def test_a_region_does_not_matter() -> None:
    assert not in_other_language(ENGLISH, "en-GB")
    assert all(code == code.lower() for code in LANGUAGES)
