"""The page on distributions: its examples are valid, and make the rows and findings shown below them.

`python -m tests.unit.generators.test_distributions_page` writes the rows anew after a change on purpose.
"""

from __future__ import annotations

import re
from pathlib import Path

import orjson
import pytest

from runner.engine import Engine
from runner.generators.shapes import WHOLE_SHAPE
from runner.rows import rows
from runner.schema import check

FILE = Path(__file__).resolve().parents[3] / "docs" / "distributions.md"
PAGE = FILE.read_text(encoding="utf-8")
EXAMPLE = re.compile(r"```yaml\n(?P<source>.*?)```\n(?P<head>\n```(?P<kind>jsonl \w+|text)\n)(?P<shown>.*?)```\n", re.DOTALL)
SHOWN = 3


def made(source: str, kind: str) -> str:
    """What stands below an example: some of its rows, or what is wrong with it."""
    outcome = check(source)
    if kind == "text":
        return "".join(
            f"{f.line}:{f.column} {f.code} {f.message}{f' → {f.suggestion}' if f.suggestion else ''}\n" for f in outcome.findings
        )
    assert outcome.plan is not None, outcome.findings
    table = kind.removeprefix("jsonl ")
    count = min(SHOWN, outcome.plan.table(table).rows)
    return "".join(orjson.dumps(row).decode() + "\n" for row in rows(Engine(outcome.plan), table, 0, count))


EXAMPLES = [(example["source"], example["kind"], example["shown"]) for example in EXAMPLE.finditer(PAGE)]


@pytest.mark.parametrize(("source", "kind", "shown"), EXAMPLES, ids=[kind for _, kind, _ in EXAMPLES])
def test_examples_make_what_is_shown(source: str, kind: str, shown: str) -> None:
    assert made(source, kind) == shown


def test_every_example_is_checked() -> None:
    assert PAGE.count("```yaml") == len(EXAMPLES) >= 9


def test_every_distribution_is_on_the_page() -> None:
    dists = next(parameter for parameter in WHOLE_SHAPE if parameter.name == "dist").choices
    assert [dist for dist in dists if f"| `{dist}` |" not in PAGE] == []


if __name__ == "__main__":
    FILE.write_text(
        EXAMPLE.sub(lambda e: f"```yaml\n{e['source']}```\n{e['head']}{made(e['source'], e['kind'])}```\n", PAGE),
        encoding="utf-8",
    )
