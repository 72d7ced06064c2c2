"""`unique` is exact over the whole domain of every generator that says how large it is, up to a million values."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from runner.engine import Engine, values
from runner.generators import Made, Make, ParameterError, build, catalogue
from runner.schema import check
from runner.values import AS_OF, home_locale, needed
from runner.vectors import plain

LARGEST = 1_000_000
EVERY = sorted(catalogue())
_BLOCK = 1 << 18
FITTING = ("person.middle_name", "person.patronymic", "person.prefix", "aviation.fare_class", "choice.status")
"""Drawn for their column, but only among those that fit the row's first name, its cabin, or the rows above it."""


def made(name: str, rows: int, unique: bool, column: str = "c") -> Made:
    generator = catalogue()[name]
    make = Make(seed=7, table="t", column=column, rows=rows, as_of=AS_OF, locale=home_locale(generator), unique=unique)
    return build(generator, needed(generator), make)


def size_of(name: str) -> int | None:
    """How many values the generator says it has: alone, and for a unique column."""
    alone = made(name, 1, unique=False).distinct
    try:
        own = made(name, 1, unique=True).distinct
    except ParameterError as error:
        assert error.code == "UNIQUE_IMPOSSIBLE"
        return alone
    return own if own is not None else alone


def follows(name: str) -> bool:
    """Whether it shows what other columns of the row show too (a person, a patient, a flight): any column sees the same."""
    return made(name, 1, False, "c").op == made(name, 1, False, "d").op


def number_of_different(one: Made, rows: int) -> int:
    parts = [plain(values(one, min(_BLOCK, rows - start), start)) for start in range(0, rows, _BLOCK)]
    return len(pc.unique(pa.chunked_array(parts)))


@pytest.mark.parametrize("name", EVERY)
def test_every_value_comes_once_and_one_row_more_is_refused_with_the_number(name: str) -> None:
    """Only what follows from other columns cannot be distinct; that is refused before anything runs."""
    size = size_of(name)
    if size is None or size > LARGEST:
        return
    if not unique_alone(name):
        assert follows(name) or name in FITTING
        refused_in_schemas(name, size)
        return
    one = made(name, size, unique=True)
    assert one.unique
    assert number_of_different(one, size) == size
    with pytest.raises(ParameterError, match=f"{size:,}") as refused:
        made(name, size + 1, unique=True)
    assert refused.value.code == "UNIQUE_IMPOSSIBLE"


def unique_alone(name: str) -> bool:
    try:
        return made(name, 1, unique=True).unique
    except ParameterError:
        return False


def refused_in_schemas(name: str, size: int) -> None:
    for rows, codes in ((2, {"UNIQUE_UNSUPPORTED", "UNIQUE_IMPOSSIBLE"}), (size + 1, {"UNIQUE_IMPOSSIBLE"})):
        columns = {"c": {"gen": name, "unique": True, **needed(catalogue()[name])}}
        outcome = check({"tables": {"t": {"rows": rows, "columns": columns}}})
        assert outcome.plan is None
        assert {finding.code for finding in outcome.findings} <= codes, (name, rows)


def test_at_least_a_hundred_and_fifty_generators_state_a_number_that_was_counted() -> None:
    sizes = [size for size in map(size_of, EVERY) if size is not None and 1 < size <= LARGEST]
    assert len(sizes) > 150


UNBOUNDED = ("contact.email", "person.username")


@pytest.mark.parametrize("name", UNBOUNDED)
@pytest.mark.parametrize("locale", ["en_US", "id_ID", "de_DE", "zh_CN"])
def test_addresses_and_user_names_grow_digits_beyond_the_pool(name: str, locale: str) -> None:
    """Every row has its own, also where there are far more rows than pairs of names; the letters stay those of the names."""
    columns = {"first": "first_name", "last": "last_name", "c": {"gen": name, "unique": True}}
    rows = 400_000
    plan = check({"locale": locale, "tables": {"t": {"rows": rows, "columns": columns}}}).plan
    assert plan
    engine = Engine(plan)
    found = plain(engine.batch("t", 0, rows).column("c"))
    assert len(pc.unique(found)) == rows
    first = pc.struct_field(pc.extract_regex(found, r"^(?P<local>[^@]*)"), "local")
    assert pc.any(pc.match_substring_regex(first, r"\d$")).as_py()


def test_a_million_addresses_of_one_pair_of_names_differ_by_their_digits() -> None:
    """Far beyond the pool: the rows that share both names have numbers of their own."""
    plan = check(
        {
            "tables": {
                "t": {"rows": 10**12, "columns": {"f": "first_name", "l": "last_name", "c": {"gen": "email", "unique": True}}}
            }
        }
    ).plan
    assert plan
    blocks = [plain(Engine(plan).batch("t", start, start + 50_000).column("c")) for start in (0, 2**32, 2**33, 10**12 - 50_000)]
    assert len(pc.unique(pa.chunked_array(blocks))) == 200_000
