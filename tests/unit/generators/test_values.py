"""Single values, and what may not be loaded for them."""

from __future__ import annotations

import subprocess
import sys

import pytest

from runner.generators import ParameterError, UnknownGenerator
from runner.values import generate_values


def test_the_same_seed_gives_the_same_values() -> None:
    assert generate_values("firstname", 5, seed=1) == generate_values("First Name", 5, seed=1)
    assert generate_values("uuid", 5, seed=1)[1] != generate_values("uuid", 5, seed=2)[1]


def test_without_a_seed_values_are_fresh() -> None:
    assert generate_values("uuid")[1] != generate_values("uuid")[1]


def test_more_values_begin_with_the_fewer() -> None:
    assert generate_values("email", 3, seed=4)[1] == generate_values("email", 9, seed=4)[1][:3]


def test_locales_in_any_spelling() -> None:
    assert generate_values("name", 3, seed=1, locale="de")[1] == generate_values("name", 3, seed=1, locale="DE-de")[1]
    with pytest.raises(ParameterError) as raised:
        generate_values("name", locale="de_XX")
    assert (raised.value.parameter, raised.value.code) == ("locale", "LOCALE_UNKNOWN")
    with pytest.raises(ParameterError):
        generate_values("name", locale="../../etc/passwd")


@pytest.mark.parametrize("count", [0, -1, 1_000_001])
def test_a_count_out_of_range(count: int) -> None:
    with pytest.raises(ParameterError) as raised:
        generate_values("uuid", count)
    assert raised.value.parameter == "count"


def test_an_unknown_generator() -> None:
    with pytest.raises(UnknownGenerator):
        generate_values("no such thing at all")


@pytest.mark.parametrize("name", ["firstname", "email", "uuid", "datetime", "credit_card", "sentence"])
def test_a_value_loads_nothing_heavy(name: str) -> None:
    code = (
        f"import sys; from runner.values import generate_values; generate_values({name!r}, 2)\n"
        "heavy = {'faker', 'pydantic', 'sqlalchemy', 're2', 'rapidfuzz', 'anyascii', 'grpc', 'aiohttp'} & set(sys.modules)\n"
        "sys.exit(f'loaded {sorted(heavy)}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
