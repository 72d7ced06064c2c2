"""The report: a card that hubs can read and a page that is safe, self-contained and the same each time."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import yaml

from runner.datasets import report
from runner.datasets.report import figures
from runner.datasets.summary import Summary

EVIL = '<script>alert("x")</script> `{{ 7*7 }}` | ``` [a](b)'
SUMMARY = Summary(
    title="Health: instructions",
    target=5_000,
    accepted=4_980,
    by_topic={"Sleep": 2_490, "First aid": 2_490},
    by_kind={"instruction": 3_000, "chat": 1_980},
    by_difficulty={"beginner": 2_490, "advanced": 2_490},
    by_persona={"": 4_980},
    lengths=((0, 199, 80), (200, 399, 2_900), (400, 599, 2_000)),
    answers=5_600,
    repaired=112,
    rejected={"schema": 200, "exact_duplicate": 140, "near_duplicate": 224, "odd_reason": 56},
    exact_duplicates=140,
    near_duplicates=224,
    duplicate_check="MinHash of 128 values",
    tokens={"prompt": 1_230_000, "completion": 2_240_000},
    seconds=4_210.5,
    model={"model": "mistral-7b", "endpoint": "localhost:8000"},
    template=False,
    samples=(
        {"id": 0, "topic": "Sleep", "kind": "instruction", "instruction": EVIL, "input": "", "output": "Rest."},
        {"id": 1, "kind": "chat", "messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": EVIL}]},
        {"id": 2, "kind": "custom", "tags": ["a", "b"]},
    ),
    files=({"name": "d.jsonl", "path": "d.jsonl", "bytes": 4_567_890, "sha256": "ab" * 32, "rows": 4_980},),
)
OWN = replace(SUMMARY, template=True, model={"model": "template", "template": True}, answers=0, rejected={}, tokens={})


def front(summary: Summary) -> dict[str, Any]:
    _, head, _ = report.card(summary).split("---\n", 2)
    read: dict[str, Any] = yaml.safe_load(head)
    return read


class Page(HTMLParser):
    """Tags and text of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""
        self.links: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("src", "href", "xlink:href")]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_front_matter_is_what_hubs_read() -> None:
    assert front(SUMMARY) == {
        "pretty_name": "Health: instructions",
        "license": "other",
        "license_name": "terms-of-the-model",
        "task_categories": ["text-generation"],
        "size_categories": ["1K<n<10K"],
        "tags": ["synthetic", "mockcraft", "instruction", "chat", "llm-generated"],
        "configs": [{"config_name": "default", "data_files": ["d.jsonl"]}],
    }


@pytest.mark.parametrize(
    ("records", "size"), [(1, "n<1K"), (1_000, "1K<n<10K"), (999_999, "100K<n<1M"), (10**6, "1M<n<10M"), (10**9, "n>1B")]
)
def test_sizes(records: int, size: str) -> None:
    assert front(replace(SUMMARY, accepted=records))["size_categories"] == [size]


def test_the_template_is_labelled_in_both() -> None:
    assert front(OWN)["tags"][-1] == "template-generated"
    for text in (report.card(OWN), Page(report.page(OWN)).text):
        assert "no language model" in text
        assert "mistral" not in text
    fallback = replace(OWN, fallback="the model mistral is not installed.")
    assert "in place of the model that was asked for: the model mistral is not installed" in report.card(fallback)


def test_the_model_and_shortfalls_are_named_in_both() -> None:
    short = replace(SUMMARY, incomplete="The budget was used up.")
    for text in (report.card(short), Page(report.page(short)).text):
        for said in (
            "Synthetic data",
            "mistral-7b",
            "localhost:8000",
            "The budget was used up.",
            "11.1 %",
            "2.5 %",
            "4.0 %",
            "1,230,000",
            "1 h 10 min",
            "odd reason",
        ):
            assert said in text, said


def test_the_page_asks_for_nothing_and_runs_nothing() -> None:
    html = report.page(SUMMARY)
    page = Page(html)
    assert "script" not in page.tags
    assert not [link for link in page.links if not link.startswith("#")]
    assert not re.search(r"@import|url\((?!#)", html)
    assert page.tags.count("svg") == 5
    assert "<script>alert" not in html
    assert EVIL in page.text


def test_samples_cannot_leave_their_block_in_the_card() -> None:
    text = report.card(SUMMARY)
    fences = re.findall(r"^(`{3,})(json)?$", text, re.MULTILINE)
    assert [len(fence) for fence, _ in fences] == [4, 4, 4, 4, 3, 3]


def test_names_cannot_break_tables() -> None:
    text = report.card(replace(SUMMARY, title="a | b\n# c", by_topic={"x | <b>y</b>\nz": 4_980}))
    assert "\n# a \\| b \\# c\n" in text
    assert "| x \\| \\<b\\>y\\</b\\> z | 4,980 | 100.0 % |" in text


def test_many_values_are_gathered() -> None:
    listed = figures.counts({f"t{n}": 1 for n in range(50)} | {"big": 50})
    assert [listed[0].name, listed[-1].name, len(listed)] == ["big", "31 others", 21]
    assert sum(count.records for count in listed) == 100


def test_durations_and_sizes() -> None:
    assert [figures.duration(s) for s in (0.04, 59.9, 61, 3_600, 90_061)] == [
        "0.0 s",
        "59.9 s",
        "1 min 1 s",
        "1 h 00 min",
        "25 h 01 min",
    ]
    assert [figures.size(n) for n in (0, 999, 1_000, 4_567_890)] == ["0 bytes", "999 bytes", "1.0 kB", "4.6 MB"]


def test_written_files_are_told_exactly_and_are_the_same_each_time(tmp_path: Path) -> None:
    first, again = report.write(tmp_path, SUMMARY), report.write(tmp_path, SUMMARY)
    assert first == again
    assert [artifact["name"] for artifact in first] == ["README.md", "report.html"]
    for artifact in first:
        data = (tmp_path / artifact["path"]).read_bytes()
        assert (len(data), hashlib.sha256(data).hexdigest()) == (artifact["bytes"], artifact["sha256"])


def test_an_empty_dataset() -> None:
    empty = replace(OWN, accepted=0, by_topic={}, by_kind={}, by_difficulty={}, lengths=(), samples=(), files=(), seconds=0.0)
    assert "Records | 0" in report.card(empty)
    assert "<svg" not in report.page(empty)


def test_charts_carry_no_notes_of_their_library() -> None:
    html = report.page(SUMMARY)
    assert "Pygal" not in html and "<desc" not in html
    assert html.count('role="img"') == html.count("<svg ") > 2
