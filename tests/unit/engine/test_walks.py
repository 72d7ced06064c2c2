"""Running text and texts of automata, each against plain Python."""

from __future__ import annotations

from collections import Counter
from itertools import product

import numpy as np
import pytest

from runner.automata import Language, TooLarge, counted, numbered, walk
from runner.pools import pool
from runner.prose import lexicon, paragraphs, prose

ODD = Language(((("ab", 1),), (("cd", 0), ("e", 2)), ()), (0, 2), 1, 5)
"""Pairs of a|b and c|d, or those and at last a|b with e: 2 to 4 characters."""


def plain(language: Language) -> set[str]:
    """Its texts, by trying every text of its characters."""
    marks = sorted({mark for edges in language.states for some, _ in edges for mark in some})
    found = set()
    for length in range(language.shortest, language.longest + 1):
        for text in map("".join, product(marks, repeat=length)):
            state: int | None = 0
            for mark in text:
                state = next((to for some, to in language.states[state] if mark in some), None) if state is not None else None
            if state in language.ends:
                found.add(text)
    return found


def test_numbers_are_the_texts_of_the_language() -> None:
    every = plain(ODD)
    assert counted(ODD).total == numbered(ODD) == len(every)
    numbers = np.arange(len(every))
    texts = walk(1, numbers, ODD, numbers).to_pylist()
    assert set(texts) == every
    assert [len(text) for text in texts] == sorted(len(text) for text in texts)


def test_drawn_texts_are_of_the_language_and_do_not_depend_on_their_neighbours() -> None:
    at = np.arange(30_000)
    texts = walk(5, at, ODD, None).to_pylist()
    assert set(texts) == plain(ODD)
    assert walk(5, at[20_000:20_010], ODD, None).to_pylist() == texts[20_000:20_010]
    lengths = Counter(len(text) for text in texts)
    assert max(lengths.values()) - min(lengths.values()) < 800


def test_an_automaton_that_is_too_large_is_refused() -> None:
    wide = tuple(tuple((chr(97 + e), (s + e) % 300) for e in range(26)) for s in range(300))
    with pytest.raises(TooLarge):
        counted(Language(wide, (0,), 0, 400))


def test_no_rows_are_no_texts() -> None:
    none = np.zeros(0, np.int64)
    assert walk(1, none, ODD, None).to_pylist() == []
    assert prose(1, none, "en_US/word", ".", " ", none).to_pylist() == []


def test_text_fills_its_limit_with_whole_words() -> None:
    limits = np.arange(1, 3_001) % 400 + 1
    texts = prose(9, np.arange(3_000), "en_US/word", ".", " ", limits).to_pylist()
    words = {word.lower() for word in pool("en_US/word").field("name").to_pylist()}
    longest = max(map(len, words))
    for text, limit in zip(texts, limits.tolist(), strict=True):
        assert len(text) <= limit
        if text.endswith("."):
            assert {word.strip(".").lower() for word in text.split(" ")} <= words
            assert len(text) > limit - longest - 3
        else:
            assert len(text) == limit < longest + 1


def test_a_text_does_not_depend_on_the_rows_beside() -> None:
    at, limits = np.arange(2_000), np.arange(2_000) % 60 + 1
    texts = prose(9, at, "en_US/word", ".", " ", limits).to_pylist()
    for row in range(0, 2_000, 7):
        one = np.array([row])
        assert prose(9, one, "en_US/word", ".", " ", limits[one]).to_pylist() == [texts[row]]


def test_a_text_has_no_more_words_than_its_own_limit_says() -> None:
    """The words that are looked at are those of the longest text of a step: a shorter one must not profit of it."""
    words = lexicon("en_US/word", ".", " ")
    texts = prose(4, np.arange(4_000), "en_US/word", ".", " ", np.r_[np.full(3_999, 12), 2_000]).to_pylist()
    assert max(len(text.split(" ")) for text in texts[:-1]) <= int(words.most(np.array([12]))[0])


def test_paragraphs_are_whole_sentences() -> None:
    texts = paragraphs(2, np.arange(3_000), "en_US/word", ".", " ", 6).to_pylist()
    assert all(text.endswith(".") for text in texts)
    split = [text[:-1].split(". ") for text in texts]
    assert {len(sentences) for sentences in split} == {6}
    assert Counter(len(s.split(" ")) for sentences in split for s in sentences).keys() == {5, 6, 7, 8, 9}
    assert paragraphs(2, np.array([77]), "en_US/word", ".", " ", 6).to_pylist() == [texts[77]]


def test_every_word_comes_equally_often() -> None:
    texts = prose(3, np.arange(20_000), "en_US/word", ".", " ", np.full(20_000, 300)).to_pylist()
    seen = Counter(word for text in texts for word in text.lower().replace(".", "").split(" ")[:40])
    size = lexicon("en_US/word", ".", " ").size
    counts = np.array(list(seen.values()))
    assert len(seen) == size
    middle = counts[counts > 0]
    assert middle.std() / middle.mean() < 0.06  # a text that is cut has short words at its end a little more often
