"""What each generator makes is what it made when it was released, or it carries a higher version."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from runner.generators import catalogue
from tests.golden.generators import FILE, Recorded, digest, last_released, read

GOLDEN = read(FILE)


@pytest.mark.parametrize("name", sorted(catalogue()))
def test_values_are_the_golden_ones(name: str) -> None:
    """After a change on purpose: a higher `version`, then `python -m tests.golden.generators`."""
    generator = catalogue()[name]
    assert Recorded(generator.version, digest(generator)) == GOLDEN.get(name), "python -m tests.golden.generators"


def changed_in_silence(released: Mapping[str, Recorded], today: Mapping[str, Recorded]) -> list[str]:
    """Generators that make other values than released without a higher version, or that are gone."""
    return sorted(
        name
        for name, before in released.items()
        if name not in today or (today[name].digest != before.digest and today[name].version <= before.version)
    )


def test_other_bytes_than_released_ask_for_a_higher_version() -> None:
    """`generators.json` cannot hide it: it is compared with what was released."""
    assert changed_in_silence(last_released(), GOLDEN) == []


def test_a_change_in_silence_is_seen() -> None:
    before = {"a.same": Recorded(1, "x"), "a.raised": Recorded(1, "x"), "a.silent": Recorded(1, "x"), "a.gone": Recorded(1, "x")}
    after = {"a.same": Recorded(1, "x"), "a.raised": Recorded(2, "y"), "a.silent": Recorded(1, "y"), "a.new": Recorded(1, "z")}
    assert changed_in_silence(before, after) == ["a.gone", "a.silent"]


def test_no_generator_without_its_golden_values() -> None:
    assert set(GOLDEN) == set(catalogue())
