"""Faker's providers take the schema's `as_of` for now; nobody else does."""

import datetime as dt

import pytest

from runner.engine import values
from runner.generators import Make, build, find
from runner.still_clock import standing_at

AS_OF = dt.datetime(2020, 2, 29, 12, tzinfo=dt.UTC)


def found(name: str, params: dict[str, object] | None = None, locale: str = "en_US") -> list[str]:
    generator, _ = find(name)
    make = Make(seed=1, table="t", column="c", rows=200, as_of=round(AS_OF.timestamp()), locale=locale)
    return list(values(build(generator, params or {}, make), 200).to_pylist())


def test_dates_of_this_year_are_of_the_year_of_as_of() -> None:
    assert {text[:4] for text in found("faker.date_this_year")} == {"2020"}
    assert max(found("faker.past_date")) < "2020-02-29" < min(found("faker.future_date"))


def test_moments_end_at_as_of() -> None:
    texts = found("faker.date_time_between", {"start_date": "-1d"})
    assert "2020-02-28T11:59:59" <= min(texts) <= max(texts) <= "2020-02-29T12:00:00"


def test_identity_numbers_that_hold_a_birthday() -> None:
    """The provider makes people of 18 years and more."""
    years = sorted(number[6:10] for number in found("faker.ssn", locale="zh_CN"))
    assert "1925" < years[0] < years[-1] <= "2002"


def test_the_real_clock_goes_on() -> None:
    found("faker.date_this_year")
    from faker.providers.date_time import datetime as of_faker

    assert isinstance(dt.datetime(2020, 1, 1), of_faker)
    assert abs(of_faker.now(dt.UTC) - dt.datetime.now(dt.UTC)) < dt.timedelta(minutes=1)
    with standing_at(0), pytest.raises(ZeroDivisionError), standing_at(5):
        assert of_faker.now(dt.UTC) == dt.datetime(1970, 1, 1, 0, 0, 5, tzinfo=dt.UTC)
        raise ZeroDivisionError
