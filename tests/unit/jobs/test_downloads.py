"""A file counts as fetched when all of it was."""

from __future__ import annotations

import pytest

from services.common.jobs import downloads as module
from services.common.jobs.downloads import Downloads


@pytest.mark.parametrize(
    ("pieces", "whole"),
    [
        ([(0, 100)], True),
        ([(0, 200)], True),
        ([(99, 1)], False),
        ([(0, 40), (40, 60)], True),
        ([(0, 60), (40, 60)], True),
        ([(0, 40), (50, 50)], False),
        ([(0, 40), (90, 10), (40, 60)], True),
        ([(0, 99)], False),
    ],
)
def test_pieces_that_join(pieces: list[tuple[int, int]], whole: bool) -> None:
    downloads = Downloads()
    said = [downloads.whole("a", offset, limit, 100) for offset, limit in pieces]
    assert said == [False] * (len(pieces) - 1) + [whole]
    assert not downloads.whole("b", 40, 60, 100)


def test_an_empty_file_is_whole_at_once() -> None:
    assert Downloads().whole("a", 0, 0, 0)


def test_only_so_many_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "REMEMBERED", 2)
    downloads = Downloads()
    for name in ("a", "b", "c"):
        assert not downloads.whole(name, 0, 50, 100)
    assert [downloads.whole(name, 50, 50, 100) for name in ("a", "b", "c")] == [False, True, True]
