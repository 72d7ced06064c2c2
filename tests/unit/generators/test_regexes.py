"""Texts of regular expressions, judged by Python's own matcher."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.automata import counted, numbered
from runner.engine import values
from runner.generators.regexes import language
from runner.generators.registry import ParameterError
from tests.unit.generators.made import one, values_of

PATTERNS = (
    r"[A-Z]{3}-\d{4}", r"\w+@\w+\.(com|org)", r"(\+62|0)8\d{8,10}", r"[a-z]{20}", r"#[0-9a-fA-F]{6}", r"^\d{3}-\d{2}-\d{4}$",
    r"(a|b|hello)?\s?[^a-z]{2}", r"(?:foo|ba[rz]){1,3}", r"(?P<year>19|20)\d\d", r"é{2}ß+[ä-ü]", r"a|bc|", r"[]x-]+?",
    r"\x41\u0042\t\\",
    r"(a*b*){3}", r"(x+x+)+y", r"\d*\d*", r"[^\W\d_]{1,4}", r".{0,5}", r"a{,2}b{2,}", r"{x}{2}", r"(ab|a)(bc|c)?",
)  # fmt: skip


@pytest.mark.parametrize("pattern", PATTERNS)
def test_every_text_matches_as_a_whole(pattern: str) -> None:
    matcher = re.compile(pattern)
    assert [text for text in values_of("text.regex", {"pattern": pattern}, rows=3_000) if not matcher.fullmatch(text)] == []


@pytest.mark.parametrize("pattern", PATTERNS)
def test_unique_texts_are_distinct_and_match(pattern: str) -> None:
    total = counted(language(pattern)).total
    rows = min(total, 20_000)
    found = values_of("text.regex", {"pattern": pattern}, rows=rows, unique=True)
    assert len(set(found)) == rows
    assert all(re.fullmatch(pattern, text) for text in found)
    if total <= 20_000:
        with pytest.raises(ParameterError, match=f"only {total:,} exist"):
            one("text.regex", {"pattern": pattern}, rows=total + 1, unique=True)


def test_the_language_is_counted_though_it_is_written_in_several_ways() -> None:
    assert counted(language(r"(a|ab)(bc|c)?")).total == len({"a", "abc", "ac", "ab", "abbc"})
    assert counted(language(r"\d{0,2}\d{0,2}")).total == 1 + 10 + 100 + 1_000 + 10_000
    assert set(values_of("text.regex", {"pattern": "(a|ab)(bc|c)?"}, rows=5, unique=True)) == {"a", "abc", "ac", "ab", "abbc"}


def test_lengths_come_evenly_and_so_do_texts_of_one_length() -> None:
    found = Counter(values_of("text.regex", {"pattern": "[ab]|[a-d]{2}"}, rows=32_000))
    assert len(found) == 2 + 16
    chi = sum((count - (expected := 8_000 if len(text) == 1 else 1_000)) ** 2 / expected for text, count in found.items())
    assert chi < 40.8  # 0.1 % of a chi-square with 17 degrees of freedom


def test_languages_beyond_64_bits_are_still_distinct_and_varied() -> None:
    assert numbered(language("[a-z]{40}")) == 1 << 46
    found = values_of("text.regex", {"pattern": "[a-z]{40}"}, rows=5_000, unique=True)
    assert len(set(found)) == 5_000
    for place in range(40):
        assert len({text[place] for text in found}) == 26


@pytest.mark.parametrize(
    ("pattern", "place"),
    [
        ("ab(?=c)", 2), ("(?!x)y", 0), ("(?<=a)b", 0), (r"(a)\1", 3), ("(?P=n)", 0), ("(?i)a", 0), ("a**", 1), ("*a", 0),
        ("a++", 1),
        ("(ab", 0), ("ab)", 2), ("[ab", 0), ("[b-a]", 1), ("a{3,2}", 1), ("ab\\", 2), (r"\bword", 0), ("a^b", 1), ("a$b", 1),
        (r"x\p", 1), (r"\xZZ", 0), ("(a|b", 0), (r"[\d-z]", 1),
    ],
)  # fmt: skip
def test_what_cannot_be_made_is_refused_with_its_position(pattern: str, place: int) -> None:
    with pytest.raises(ParameterError, match=f"at position {place}") as raised:
        language(pattern)
    assert raised.value.parameter == "pattern"


@pytest.mark.parametrize(
    "pattern", ["a{5000}", "((a{30}){30}){30}", "(((){999}){999}){999}", "[ab]{401}", "(a|b)*a(a|b){15}", "x" * 1_001]
)
def test_what_is_too_large_is_refused_at_once(pattern: str) -> None:
    with pytest.raises(ParameterError):
        language(pattern, 30)


def _patterns() -> st.SearchStrategy[str]:
    letters = st.sampled_from(["a", "b", "0", "é", r"\d", r"\.", "[a-c]", "[^a-y]", r"[\w-]", ".", r"\S", "-", "{"])
    return st.recursive(
        letters,
        lambda inner: st.one_of(
            st.lists(inner, min_size=1, max_size=3).map("".join),
            st.lists(inner, min_size=1, max_size=3).map(lambda options: "(" + "|".join(options) + ")"),
            st.tuples(inner, st.sampled_from(["?", "*", "+", "{2}", "{0,2}", "{1,}", "{,2}", "+?"])).map(
                lambda p: f"(?:{p[0]}){p[1]}"
            ),
        ),
        max_leaves=6,
    )


@given(_patterns(), st.integers(0, 3))
@settings(max_examples=150, deadline=None)
def test_any_expression_gives_texts_that_match(pattern: str, more: int) -> None:
    try:
        params: dict[str, Any] = {"pattern": pattern, "more": more}
        made = one("text.regex", params, rows=1)
    except ParameterError as error:
        assert "position" in str(error) or "too many" in str(error) or "more than" in str(error)
        return
    assert all(re.fullmatch(pattern, text) for text in values(made, 100).to_pylist())
    rows = min(made.distinct or 200, 200)
    assert len(set(values_of("text.regex", params, rows=rows, unique=True))) == rows


@given(st.text(alphabet="ab01\\[](){}|?*+^$.-,dws", max_size=12))
@settings(max_examples=300, deadline=None)
def test_any_text_is_an_expression_or_refused(pattern: str) -> None:
    """What Python refuses we refuse as well; what we take, Python matches."""
    try:
        made = one("text.regex", {"pattern": pattern, "more": 2}, rows=1)
    except ParameterError:
        return
    assert all(re.fullmatch(pattern, text) for text in values(made, 20).to_pylist())
