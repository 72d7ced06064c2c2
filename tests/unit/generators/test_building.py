"""Parameters are checked and converted before a generator runs, and every error names its parameter."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from runner.generators import ParameterError
from runner.generators.moments import add_months, moment_of
from runner.ops import Const
from tests.unit.generators.made import make_of, one, values_of


@pytest.mark.parametrize(("name", "params", "parameter", "code"), [
    ("int", {"mn": 4}, "mn", "PARAMETER_UNKNOWN"),
    ("int", {"min": 9, "max": 3}, "min", "PARAMETER_INVALID"),
    ("int", {"min": "x"}, "min", "PARAMETER_INVALID"),
    ("int", {"min": 1.5}, "min", "PARAMETER_INVALID"),
    ("int", {"min": True}, "min", "PARAMETER_INVALID"),
    ("int", {"sd": 4}, "sd", "PARAMETER_INVALID"),
    ("int", {"dist": "normal", "sd": 0}, "sd", "PARAMETER_INVALID"),
    ("decimal", {"dist": "norml"}, "dist", "PARAMETER_INVALID"),
    ("decimal", {"min": "0.001", "max": "0.002"}, "min", "PARAMETER_INVALID"),
    ("decimal", {"max": "1e30"}, "max", "PARAMETER_INVALID"),
    ("decimal", {"max": "NaN"}, "max", "PARAMETER_INVALID"),
    ("password", {"length": 0}, "length", "PARAMETER_INVALID"),
    ("password", {"length": 2}, "classes", "PARAMETER_INVALID"),
    ("password", {"classes": ["runes"]}, "classes", "PARAMETER_INVALID"),
    ("choice", {}, "values", "PARAMETER_MISSING"),
    ("choice", {"values": {"a": 0, "b": 0}}, "values", "WEIGHTS_ZERO"),
    ("choice", {"values": {"a": -1, "b": 2}}, "values", "PARAMETER_INVALID"),
    ("choice", {"values": []}, "values", "PARAMETER_INVALID"),
    ("choice", {"values": ["a", "a"]}, "values", "PARAMETER_INVALID"),
    ("datetime", {"start": "2024-02-31"}, "start", "PARAMETER_INVALID"),
    ("datetime", {"start": "no_such_column"}, "start", "PARAMETER_INVALID"),
    ("date", {"start": "2025-01-01", "end": "2024-01-01"}, "start", "PARAMETER_INVALID"),
    ("time", {"start": "25:00"}, "start", "PARAMETER_INVALID"),
    ("bool", {"probability": 10}, "probability", "PARAMETER_INVALID"),
    ("first_name", {"gender": "x"}, "gender", "PARAMETER_INVALID"),
    ("ipv4", {"network": "300.0.0.0/8"}, "network", "PARAMETER_INVALID"),
    ("iban", {"country": "XX"}, "country", "PARAMETER_INVALID"),
    ("pattern", {"template": ""}, "template", "PARAMETER_INVALID"),
    ("pattern", {"template": "a\\"}, "template", "PARAMETER_INVALID"),
    ("sequence", {"start": -5, "prefix": "A"}, "start", "PARAMETER_INVALID"),
    ("nik", {}, "locale", "LOCALE_UNKNOWN"),
    ("faker.pyint", {"min_value": 9, "max_value": 1}, "", "PARAMETER_INVALID"),
])  # fmt: skip
def test_wrong_parameters(name: str, params: dict[str, Any], parameter: str, code: str) -> None:
    with pytest.raises(ParameterError) as raised:
        one(name, params)
    assert (raised.value.parameter, raised.value.code) == (parameter, code)


def test_an_unknown_parameter_or_choice_comes_with_a_suggestion() -> None:
    for params, suggestion in (({"mix": 1}, "min"), ({"dist": "uniforme"}, "uniform")):
        with pytest.raises(ParameterError) as raised:
            one("int", params)
        assert raised.value.suggestion == suggestion


@pytest.mark.parametrize(("name", "texts", "typed"), [
    ("int", {"min": "5", "max": "9"}, {"min": 5, "max": 9}),
    ("decimal", {"min": "1.5", "max": "2.5"}, {"min": Decimal("1.5"), "max": 2.5}),
    ("password", {"classes": "lower, digits"}, {"classes": ["lower", "digits"]}),
    ("choice", {"values": "a:3,b:1"}, {"values": {"a": 3, "b": 1}}),
    ("choice", {"values": '{"a": 3, "b": 1}'}, {"values": {"a": 3, "b": 1}}),
    ("email", {"safe": "false"}, {"safe": False}),
    ("date", {"start": "2024-01-01", "end": "2024-06-30"}, {"start": dt.date(2024, 1, 1), "end": dt.date(2024, 6, 30)}),
])  # fmt: skip
def test_texts_mean_what_typed_values_mean(name: str, texts: dict[str, Any], typed: dict[str, Any]) -> None:
    assert values_of(name, texts, 50) == values_of(name, typed, 50)


def test_none_is_not_given() -> None:
    assert values_of("int", {"min": None}, 20) == values_of("int", {}, 20)


AS_OF = dt.datetime(2025, 1, 1, tzinfo=dt.UTC)


@pytest.mark.parametrize(("text", "moment"), [
    ("as_of", AS_OF),
    ("now", AS_OF),
    ("-30d", AS_OF - dt.timedelta(days=30)),
    ("as_of - 2w", AS_OF - dt.timedelta(days=14)),
    ("+90min", AS_OF + dt.timedelta(minutes=90)),
    ("-1y", dt.datetime(2024, 1, 1, tzinfo=dt.UTC)),
    ("+1mo", dt.datetime(2025, 2, 1, tzinfo=dt.UTC)),
    ("2024-03-01", dt.datetime(2024, 3, 1, tzinfo=dt.UTC)),
    ("2024-03-01T12:00:00+02:00", dt.datetime(2024, 3, 1, 10, tzinfo=dt.UTC)),
    ("2024-03-01T12:00:00.250Z", dt.datetime(2024, 3, 1, 12, 0, 0, 250_000, tzinfo=dt.UTC)),
])  # fmt: skip
def test_moments(text: str, moment: dt.datetime) -> None:
    assert moment_of(text, make_of()) == round(moment.timestamp() * 10**6)


def test_months_are_cut_to_the_last_day() -> None:
    last_of_january = round(dt.datetime(2024, 1, 31, 6, tzinfo=dt.UTC).timestamp())
    assert dt.datetime.fromtimestamp(add_months(last_of_january, 1), dt.UTC) == dt.datetime(2024, 2, 29, 6, tzinfo=dt.UTC)
    with pytest.raises(ParameterError):
        add_months(last_of_january, 12 * 9_000)


def test_a_bare_day_as_an_end_lasts_to_its_last_tick() -> None:
    found = values_of("datetime", {"start": "2024-05-01", "end": "2024-05-01"}, 5_000)
    assert min(found) >= dt.datetime(2024, 5, 1)
    assert dt.datetime(2024, 5, 1, 23) < max(found) < dt.datetime(2024, 5, 2)


def test_one_value_is_a_constant() -> None:
    assert one("int", {"min": 7, "max": 7}).op == Const(7)
    assert values_of("choice", {"values": ["only"]}, 3) == ["only"] * 3


@pytest.mark.parametrize(("name", "params", "said"), [
    ("date", {"start": "2025-06-01"}, "`end` is not given, so it is `as_of`, 2025-01-01"),
    ("datetime", {"start": "2025-06-01T10:00:00Z"}, "`end` is not given, so it is `as_of`, 2025-01-01"),
    ("date", {"start": "2025-06-01", "end": "2025-01-01"}, "latest one$"),
    ("date", {"start": "01/06/2025"}, "'01/06/2025' is not a date or time such as 2024-12-31"),
    ("datetime", {"end": "6 June"}, "'6 June' is not a date or time such as"),
    ("date", {"start": "2025-02-30"}, "'2025-02-30' is not a date or time: "),
    ("date", {"start": "soon"}, "'soon' is no date, and there is no column 'soon'"),
    ("int", {"dist": "lognormal", "min": -5}, "dist lognormal gives no values below 0: `min` must be 0 or more"),
])  # fmt: skip
def test_messages_say_what_is_the_matter(name: str, params: dict[str, Any], said: str) -> None:
    with pytest.raises(ParameterError, match=said):
        one(name, params)
