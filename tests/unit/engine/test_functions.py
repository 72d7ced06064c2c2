"""The closed list of functions, each against plain Python."""

import datetime

import pyarrow as pa
import pytest

from runner.functions import FUNCTIONS, call

DAYS = [0, -1, 11_016, 11_381, 19_782, 20_088, -25_000]


def ints(*values: int | None) -> pa.Array:
    return pa.array(values, pa.int64())


def date(days: int) -> datetime.date:
    return datetime.date(1970, 1, 1) + datetime.timedelta(days=days)


CASES = [
    ("add", [ints(1, None), ints(2, 3)], [3, None]),
    ("subtract", [ints(1), ints(2)], [-1]),
    ("multiply", [ints(-4), ints(2)], [-8]),
    ("negate", [ints(5, None)], [-5, None]),
    ("absolute", [ints(-5)], [5]),
    ("divide", [pa.array([1.0, 1.0]), pa.array([4.0, 0.0])], [0.25, None]),
    ("integer_divide", [ints(7, -7, 7, None), ints(2, 2, 0, 1)], [3, -4, None, None]),
    ("modulo", [ints(7, -7, 7), ints(3, 3, 0)], [1, 2, None]),
    (
        "share",
        [ints(0, 1, 3, 10**12, 999), ints(10, 10, 10, 10**15, None), ints(3, 3, 3, 10**12, 1000)],
        [0, 3, 10, 10**15, None],
    ),
    ("floor", [pa.array([1.5, -1.5])], [1.0, -2.0]),
    ("ceil", [pa.array([1.5, -1.5])], [2.0, -1.0]),
    ("sqrt", [pa.array([9.0, -1.0])], [3.0, None]),
    ("minimum", [ints(1, 5, None), ints(2, 4, 1), ints(3, 3, 1)], [1, 3, None]),
    ("maximum", [ints(1, 5), ints(2, 4)], [2, 5]),
    ("equal", [pa.array(["a", None]), pa.array(["a", "b"])], [True, None]),
    ("not_equal", [ints(1), ints(2)], [True]),
    ("less", [pa.array(["B"]), pa.array(["a"])], [True]),
    ("less_equal", [ints(2), ints(2)], [True]),
    ("greater", [ints(2), ints(2)], [False]),
    ("greater_equal", [ints(2), ints(2)], [True]),
    ("and", [pa.array([True, None, False]), pa.array([None, True, None])], [None, None, False]),
    ("or", [pa.array([True, None]), pa.array([None, False])], [True, None]),
    ("not", [pa.array([True, None])], [False, None]),
    ("if_else", [pa.array([True, False, None]), ints(1, 1, 1), ints(2, 2, 2)], [1, 2, 2]),
    ("choose", [ints(0, 1, None), pa.array(["a"] * 3).dictionary_encode(), pa.array(["b"] * 3)], ["a", "b", None]),
    ("coalesce", [ints(None, 1), ints(2, 2)], [2, 1]),
    ("is_null", [ints(None, 1)], [True, False]),
    ("lower", [pa.array(["ÀB"])], ["àb"]),
    ("upper", [pa.array(["àb"]).dictionary_encode()], ["ÀB"]),
    ("trim", [pa.array(["  a b\t"])], ["a b"]),
    ("reverse", [pa.array(["aé"])], ["éa"]),
    ("length", [pa.array(["aé", None])], [2, None]),
    ("substring", [pa.array(["abcdef"]), ints(1), ints(3)], ["bc"]),
    ("substring", [pa.array(["abcdef"]), ints(-2), ints(None)], ["ef"]),
    ("replace", [pa.array(["a.a.c"]), pa.array(["."]), pa.array(["-"])], ["a-a-c"]),
    ("contains", [pa.array(["a.c", "abc"]), pa.array([".", "."])], [True, False]),
    ("starts_with", [pa.array(["abc"]), pa.array(["ab"])], [True]),
    ("ends_with", [pa.array(["abc"]), pa.array(["ab"])], [False]),
    ("pad_left", [pa.array(["7"]), ints(3), pa.array(["0"])], ["007"]),
    ("pad_right", [pa.array(["7"]), ints(3), pa.array(["."])], ["7.."]),
    ("title", [pa.array(["ann o'neill", None])], ["Ann O'Neill", None]),
    ("repeat", [pa.array(["aé", None]), ints(3, 3)], ["aéaéaé", None]),
    ("position", [pa.array(["éab", "xyz", None]), pa.array(["a"] * 3)], [2, 0, None]),
    ("split", [pa.array(["a,b,c", "a", None, ",x"]), pa.array([","] * 4), ints(1, 1, 1, 1)], ["b", None, None, "x"]),
    ("matches", [pa.array(["ab1", "b"]), pa.array(["[0-9]$"] * 2)], [True, False]),
    ("regex_replace", [pa.array(["a1b22"]), pa.array(["[0-9]+"]), pa.array(["-"])], ["a-b-"]),
    ("week", [ints(*DAYS)], [date(d).isocalendar().week for d in DAYS]),
    ("year", [ints(*DAYS)], [date(d).year for d in DAYS]),
    ("month", [ints(*DAYS)], [date(d).month for d in DAYS]),
    ("day", [ints(*DAYS)], [date(d).day for d in DAYS]),
    ("quarter", [ints(*DAYS)], [(date(d).month + 2) // 3 for d in DAYS]),
    ("weekday", [ints(*DAYS)], [date(d).isoweekday() for d in DAYS]),
    ("day_of_year", [ints(*DAYS)], [date(d).timetuple().tm_yday for d in DAYS]),
    ("add_months", [ints(19_753, 19_753, None), ints(1, -11, 1)], [19_782, 19_416, None]),  # 2024-01-31 -> 02-29, 2023-02-28
    ("slug", [pa.array(["José Núñez-O'Brien", "李", None])], ["josenunezobrien", "li", None]),
    ("luhn", [ints(7992739871, 0, None)], [3, 0, None]),
    ("parse_int", [pa.array(["-12", None])], [-12, None]),
]


@pytest.mark.parametrize(("name", "args", "expected"), CASES, ids=[c[0] for c in CASES])
def test_function(name: str, args: list[pa.Array], expected: list[object]) -> None:
    assert call(name, args).to_pylist() == expected


def test_every_function_has_a_case() -> None:
    assert {c[0] for c in CASES} == set(FUNCTIONS)


def test_overflow_is_an_error_not_a_wrap() -> None:
    with pytest.raises(OverflowError, match="64 bits"):
        call("multiply", [ints(2**62), ints(4)])


@pytest.mark.parametrize(("name", "expected"), [("integer_divide", [2, -3, None]), ("modulo", [1, 2, None])])
def test_division_by_a_constant_equals_division_by_a_column(name: str, expected: list[object]) -> None:
    x = ints(7, -7, None)
    assert call(name, [x, pa.scalar(3)]).to_pylist() == call(name, [x, ints(3, 3, 3)]).to_pylist() == expected
    assert call(name, [x, pa.scalar(0)]).to_pylist() == [None, None, None]


def test_choices_of_few_texts_stay_a_dictionary_without_doubles() -> None:
    yes, no = pa.array(["a", "b", "a"]).dictionary_encode(), pa.array(["c", "a", None]).dictionary_encode()
    chosen = call("if_else", [pa.array([True, False, False]), yes, no])
    assert chosen.to_pylist() == ["a", "a", None]
    assert chosen.dictionary.to_pylist() == ["a", "b", "c"]
