"""Exact and near duplicates, judged against an independent count of common pieces."""

from __future__ import annotations

import random

import pytest

from runner.datasets.duplicates import PERMUTATIONS, Duplicates, bands, normalised, pieces

WORDS = [f"{a}{b}{c}" for a in "bdfgklmnprst" for b in "aeiou" for c in ("n", "lo", "ra", "st", "ck", "mi")]


def text(chance: random.Random, words: int = 60) -> str:
    return " ".join(chance.choices(WORDS, k=words))


def changed(chance: random.Random, given: str, share: float) -> str:
    return " ".join(chance.choice(WORDS) if chance.random() < share else word for word in given.split())


def jaccard(one: str, other: str) -> float:
    a, b = set(pieces(one)), set(pieces(other))
    return len(a & b) / len(a | b)


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        ("What is a list?", "what IS  a list", True),
        ("What is “a list”?", "What is a list", True),
        ("ﬁne", "fine", True),
        ("What is C++?", "What is C#?", False),
        ("x = 1", "x = 2", False),
        ("...", "???", False),
    ],
)
def test_what_only_looks_different_is_the_same(one: str, other: str, equal: bool) -> None:
    assert (normalised(one) == normalised(other)) is equal


def test_the_same_question_or_the_same_text_is_an_exact_duplicate() -> None:
    found, chance = Duplicates(0.8), random.Random(1)
    question, answer = text(chance, 8), text(chance)
    assert found.add(question, f"{question} {answer}") == ""
    assert found.add(question.upper() + "?", text(chance)) == "exact_duplicate"
    assert found.add(text(chance, 8), f"{question}  {answer}.") == "exact_duplicate"
    assert found.add(answer, text(chance)) == ""  # an answer may be another's question


def test_rejected_records_do_not_count() -> None:
    found, chance = Duplicates(0.8), random.Random(2)
    body = text(chance)
    near = changed(random.Random(3), body, 0.02)
    assert [found.add("a", body), found.add("b", near), found.add("b", text(chance))] == ["", "near_duplicate", ""]


@pytest.mark.parametrize("threshold", [0.5, 0.7, 0.8, 0.9])
def test_near_duplicates_are_those_that_share_so_many_pieces(threshold: float) -> None:
    chance = random.Random(4)
    missed = false = similar = 0
    for at in range(400):
        body = text(chance)
        other = changed(chance, body, chance.random() * 0.5)
        share, found = jaccard(body, other), Duplicates(threshold)
        found.add(f"a{at}", body)
        said = found.add(f"b{at}", other) != ""
        similar += share >= threshold + 0.1
        missed += share >= threshold + 0.1 and not said
        false += share <= threshold - 0.12 and said
    assert similar > 10
    assert missed <= 0.03 * similar
    assert false <= 4


def test_strangers_are_no_duplicates_however_many_there_are() -> None:
    found, chance = Duplicates(0.8), random.Random(5)
    bodies = [text(chance) for _ in range(3000)]
    assert [found.add(f"q{at}", body) for at, body in enumerate(bodies)] == [""] * 3000
    near = changed(random.Random(6), bodies[1234], 0.02)
    assert jaccard(near, bodies[1234]) > 0.85
    assert found.add("another", near) == "near_duplicate"


def test_the_order_in_which_accepted_ones_come_back_does_not_matter() -> None:
    chance = random.Random(7)
    bodies = [text(chance, 20) for _ in range(200)]
    tests = [changed(chance, body, 0.1) + " more" for body in bodies]
    forth, back = Duplicates(0.7), Duplicates(0.7)
    for at, body in enumerate(bodies):
        forth.add(f"q{at}", body)
    for at, body in reversed(list(enumerate(bodies))):
        back.add(f"q{at}", body)
    said = [(forth.add(f"t{at}", one), back.add(f"t{at}", one)) for at, one in enumerate(tests)]
    assert all(a == b for a, b in said)
    assert {a for a, _ in said} == {"", "near_duplicate"}


def test_at_one_only_exact_ones_are_looked_for() -> None:
    found, chance = Duplicates(1.0), random.Random(8)
    body = text(chance)
    assert [found.add("a", body), found.add("b", changed(chance, body, 0.01) + " x"), found.add("c", body)] == [
        "",
        "",
        "exact_duplicate",
    ]


def test_bands_miss_at_most_one_in_a_hundred() -> None:
    for threshold in (0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99):
        count = bands(threshold)
        assert PERMUTATIONS % count == 0
        assert (1 - threshold ** (PERMUTATIONS // count)) ** count <= 0.01


def test_short_and_empty_texts_have_pieces() -> None:
    assert pieces("ab") == ["ab"]
    assert pieces("") == [""]
    assert sorted(pieces("abcdef")) == ["abcde", "bcdef"]
    assert len(pieces("x y" * 100_000)) < 20
