"""Titles of jobs."""

from __future__ import annotations

import pytest

from services.common.jobs.titles import LONGEST, title_of

TABLES = {"tables": [{"name": name} for name in ("users", "orders", "items", "notes", "tags")]}

FORMATS = [{"format": "csv"}, {"format": "sql"}]


@pytest.mark.parametrize(
    ("kind", "spec", "title"),
    [
        ("generation", {"plan": TABLES, "outputs": FORMATS}, "users, orders, items, 2 more as csv, sql"),
        ("seeding", {"plan": TABLES, "target": "sqlite:///a.db"}, "users, orders, items, 2 more into sqlite:///a.db"),
        ("seeding", {"plan": {"tables": [{"name": "a"}]}, "target": "t", "action": "check"}, "a compared in t"),
        ("seeding", {"plan": {"tables": [{"name": "a"}]}, "target": "t", "clean": "seed_1"}, "a deleted from t"),
        ("backup", {"target": "sqlite:///a.db", "archive": "/x/a.zip"}, "sqlite:///a.db"),
        ("restore", {"target": "sqlite:///a.db", "archive": "/x/a.zip"}, "a.zip into sqlite:///a.db"),
        ("verification", {"archive": "/x/a.zip"}, "a.zip"),
        ("dataset", {"request": {"domain": "law", "targetCount": 1000}}, "law, 1,000 records"),
        ("project", {}, ""),
    ],
)  # fmt: skip
def test_a_title_says_what_a_job_is_about(kind: str, spec: dict[str, object], title: str) -> None:
    assert title_of(kind, spec) == title


def test_a_title_has_an_end() -> None:
    long = title_of("backup", {"target": "x" * 1000})
    assert len(long) == LONGEST and long.endswith("…")
