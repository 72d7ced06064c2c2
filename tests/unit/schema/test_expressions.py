"""Expressions: the parser over any text, and what they compute against Python's own exact arithmetic."""

from __future__ import annotations

import json
import math
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.engine import Engine
from runner.functions import FUNCTIONS as EVALUATED
from runner.schema import check
from runner.schema.expression import FUNCTIONS
from runner.schema.functions import ENGINE
from runner.schema.syntax import Apply, Expr, ExprError, Literally, Name, parse

COLUMNS = """\
n: {value: 7}
m: {value: -3}
zero: {value: 0}
price: {value: 19.95}
rate: {value: 0.125}
f: {value: 2.5e0}
name: {value: Ann Lee}
greek: {value: ΑΒΓδε}
yes: {value: true}
no: {value: false}
nothing: {value: null, type: int}
day: {value: 2024-02-29, type: date}
moment: {value: 2024-02-29T13:45:56, type: datetime}
fine: {value: 2024-02-29T13:45:56.789, type: datetime(3)}
clock: {value: '13:45:56', type: time}
"""


def schema(expression: str) -> str:
    columns = "".join(f"      {line}\n" for line in COLUMNS.splitlines())
    return f"tables:\n  t:\n    rows: 2\n    columns:\n{columns}      x: {{expr: {json.dumps(expression)}}}\n"


def evaluate(expression: str) -> Any:
    """The value of the expression, and on the way that its type and nullability are told rightly."""
    outcome = check(schema(expression))
    assert outcome.plan is not None, [f.message for f in outcome.findings]
    found = Engine(outcome.plan).batch("t", 0, 2).column("x").to_pylist()
    assert found[0] == found[1] or found[0] != found[0]
    assert outcome.plan.table("t").column("x").nullable or found[0] is not None
    return found[0].isoformat() if hasattr(found[0], "isoformat") else found[0]


def failure(expression: str) -> tuple[str, str]:
    found = check(schema(expression)).errors
    assert len(found) == 1
    return found[0].code, found[0].message


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("n + m", 4), ("n - m", 10), ("n * m", -21), ("-n", -7), ("n / 2", 3.5), ("n // 2", 3), ("m // 2", -2), ("m % 5", 2),
        ("sign(m)", -1), ("sign(price)", 1), ("sign(zero)", 0), ("sign(nothing)", None), ("trunc(price)", 19),
        ("trunc(-price, 1)", Decimal("-19.9")), ("trunc(-f)", -2), ("trunc(f)", 2), ("clamp(n, 0, 5)", 5), ("clamp(m, 0, 5)", 0),
        ("clamp(price, 1, 100)", Decimal("19.95")), ("power(price, 2)", Decimal("398.0025")), ("power(n, 0)", 1),
        ("power(f, 2)", 6.25), ("power(2, 10)", 1024), ("nullif(n, 7)", None), ("nullif(n, 8)", 7),
        ("date_trunc('month', day)", "2024-02-01"), ("date_trunc('quarter', moment)", "2024-01-01T00:00:00"),
        ("date_trunc('week', day)", "2024-02-26"), ("date_trunc('year', day)", "2024-01-01"),
        ("date_trunc('hour', fine)", "2024-02-29T13:00:00"), ("date_trunc('day', day)", "2024-02-29"),
        ("last_day(day)", "2024-02-29"), ("last_day('2023-04-03')", "2023-04-30"), ("months_between('2024-01-31', day)", 0),
        ("months_between('2023-11-29', day)", 3),
        ("years_between('2000-02-29', day)", 24), ("years_between('2000-03-01', day)", 23),
        ("age('1990-06-01')", 34), ("week(day)", 9), ("title(name)", "Ann Lee"), ("title(lower(name))", "Ann Lee"),
        ("format_date(moment, '%d.%m.%Y %H:%M:%S 100%% %B %b %A %a Q%q %j')",
         "29.02.2024 13:45:56 100% February Feb Thursday Thu Q1 060"),
        ("repeat(name, 2)", "Ann LeeAnn Lee"),
        ("position(greek, 'Γ')", 3), ("position(name, 'x')", 0), ("split(name, ' ', 2)", "Lee"),
        ("split(name, ' ', 3)", None), ("matches(name, '^A')", True), ("regex_replace(name, '[aeiou]+', '_')", "Ann L_"),
        ("n / zero", None), ("n // zero", None), ("n % zero", None), ("mod(n, 4)", 3), ("2 + 3 * 4", 14), ("(2 + 3) * 4", 20),
        ("10 - 4 - 3", 3), ("-2 * -3", 6), ("1_000 + 1", 1001), ("n + nothing", None),
        ("price * n", Decimal("139.65")), ("price + rate", Decimal("20.075")), ("price - 20", Decimal("-0.05")),
        ("price * rate", Decimal("2.49375")), ("price * 1.1", Decimal("21.945")), ("f * 2", 5.0), ("price + f", 22.45),
        ("price // 2", 9), ("price % 2", Decimal("1.95")), ("f // 2", 1.0),
        ("round(price)", 20), ("round(price, 1)", Decimal("20.0")), ("round(-price, 1)", Decimal("-20.0")),
        ("round(rate, 2)", Decimal("0.13")), ("round(-rate, 2)", Decimal("-0.13")), ("round(f)", 3), ("round(n, 2)", 7),
        ("round(10 / 3, 2)", Decimal("3.33")), ("floor(price)", 19), ("ceil(price)", 20), ("floor(-price)", -20),
        ("ceil(-price)", -19), ("floor(f)", 2), ("ceil(f)", 3), ("abs(m)", 3), ("abs(-price)", Decimal("19.95")),
        ("min(n, m, 2)", -3), ("max(n, price)", Decimal("19.95")), ("max(day, date('2025-01-01'))", "2025-01-01"),
        ("sqrt(f * 10)", 5.0), ("sqrt(m)", None), ("int(price)", 20), ("int('42')", 42), ("int(yes)", 1), ("float(price)", 19.95),
        ("float(n)", 7.0),
    ],
)  # fmt: skip
def test_numbers(expression: str, value: Any) -> None:
    found = evaluate(expression)
    assert found == value
    assert value is None or type(found) is type(value)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("n > m", True), ("n = 7", True), ("n == 7.0", True), ("n != 7", False), ("n <> 8", True), ("price <= 19.95", True),
        ("f >= 2.5", True), ("name = 'Ann Lee'", True), ("name < 'B'", True), ("day >= '2024-01-01'", True),
        ("moment > day", True), ("day = '2024-02-29'", True), ("moment = '2024-02-29T13:45:56Z'", True), ("fine > moment", True),
        ("clock < '14:00'", True), ("yes and no", False), ("yes or no", True), ("not yes", False), ("yes && !no", True),
        ("no || yes", True), ("not no and yes", True), ("n in (1, 7)", True), ("n not in (1, 7)", False),
        ("name in ['x', 'y']", False),
        ("nothing is null", True), ("nothing is not null", False), ("is_null(n)", False), ("nothing > 1", None),
        ("no and nothing > 1", False), ("yes or nothing > 1", True), ("between(n, 7, 9)", True), ("between(price, 0, 19)", False),
        ("if(n > 3, 'many', 'few')", "many"), ("if(nothing > 3, 1, 2.5)", Decimal("2.5")), ("if(yes, null, n)", None),
        ("if(no, day, moment)", "2024-02-29T13:45:56"), ("coalesce(nothing, m, 1)", -3), ("coalesce(nothing, 0) + 1", 1),
        ("yes = no", False), ("if(yes, n, null) + 1", 8),
    ],
)  # fmt: skip
def test_logic(expression: str, value: Any) -> None:
    assert evaluate(expression) == value


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("lower(name)", "ann lee"), ("upper(greek)", "ΑΒΓΔΕ"), ("length(greek)", 5), ("reverse(name)", "eeL nnA"),
        ("trim('  a b ')", "a b"), ("name + '!' + \"?\"", "Ann Lee!?"), ("concat(name, ' ', n, ' ', price)", "Ann Lee 7 19.95"),
        ("text(price)", "19.95"), ("text(yes)", "true"), ("text(day)", "2024-02-29"), ("text(moment)", "2024-02-29T13:45:56Z"),
        ("substr(name, 1, 3)", "Ann"), ("substr(name, 5)", "Lee"), ("substr(name, -3)", "Lee"), ("substr(name, -3, 2)", "Le"),
        ("substr(name, 20)", ""), ("left(name, 2)", "An"), ("right(greek, 2)", "δε"), ("replace(name, 'e', 'E')", "Ann LEE"),
        ("contains(name, 'n L')", True), ("starts_with(name, 'Ann')", True), ("ends_with(name, 'x')", False),
        ("lpad(n, 3, '0')", "007"), ("rpad(name, 9, '.')", "Ann Lee.."), ("'it''s' + \"\\n\"", "it's\n"), ("'a' = 'A'", False),
        ("concat('', '')", ""), ("upper(left(name, 1)) + lower(substr(name, 2))", "Ann lee"),
    ],
)  # fmt: skip
def test_text(expression: str, value: Any) -> None:
    assert evaluate(expression) == value


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("year(day)", 2024), ("month(moment)", 2), ("day(fine)", 29), ("quarter(day)", 1), ("weekday(day)", 4),
        ("day_of_year(day)", 60),
        ("hour(moment)", 13), ("minute(clock)", 45), ("second(fine)", 56), ("hour(day)", 0), ("date(moment)", "2024-02-29"),
        ("datetime(day)", "2024-02-29T00:00:00"), ("day + 1", "2024-03-01"), ("day - 60", "2023-12-31"),
        ("day + days(n)", "2024-03-07"),
        ("moment + hours(12)", "2024-03-01T01:45:56"), ("fine - seconds(1)", "2024-02-29T13:45:55.789000"),
        ("day + minutes(90)", "2024-02-29T01:30:00"),
        ("day + weeks(1)", "2024-03-07"), ("day + months(12)", "2025-02-28"), ("moment - years(4)", "2020-02-29T13:45:56"),
        ("add_months(day, -1)", "2024-01-29"), ("day - date('2024-01-01')", 59), ("day - '2024-01-01'", 59),
        ("days_between(day, moment)", 0), ("days_between('2024-01-01', day)", 59), ("hours_between(day, moment)", 13),
        ("seconds_between(moment, fine)", 0), ("minutes_between(moment, day)", -826), ("date('2024-12-31')", "2024-12-31"),
        ("as_of", "2025-01-01T00:00:00"), ("days_between(day, as_of)", 307), ("-days(2) + day", "2024-02-27"),
        ("'2024-01-31' + months(1)", "2024-02-29"),
        ("date('2024-01-31') + days(if(yes, 1, 2))", "2024-02-01"),
    ],
)  # fmt: skip
def test_dates(expression: str, value: Any) -> None:
    assert evaluate(expression) == value


@pytest.mark.parametrize(
    ("expression", "code", "part"),
    [
        ("n + name", "EXPR_TYPE", "cannot be added"), ("name * 2", "EXPR_TYPE", "number is needed"),
        ("n and yes", "EXPR_TYPE", "condition"),
        ("n = name", "EXPR_TYPE", "cannot be compared"), ("yes < no", "EXPR_TYPE", "no order"),
        ("day = 'soon'", "DATE_INVALID", "not a date"),
        ("moment - day", "EXPR_TYPE", "days_between"), ("days(1) + days(2)", "EXPR_TYPE", "length of time"),
        ("days(1.5)", "EXPR_TYPE", "whole"),
        ("days(1) > days(2)", "EXPR_TYPE", "length"), ("f % 2", "EXPR_TYPE", "exact"),
        ("round(price, n)", "EXPR_TYPE", "constant"),
        ("replace(name, name, 'x')", "EXPR_TYPE", "constant"), ("lpad(name, 5, 'ab')", "EXPR_TYPE", "one character"),
        ("year(name)", "EXPR_TYPE", "date"), ("if(yes, n, name)", "EXPR_TYPE", "cannot be"),
        ("t.x", "REF_NOT_FOUND", "no reference"),
        ("a.b.c", "REF_NOT_FOUND", "no reference"), ("eval('1')", "EXPR_FUNCTION", "no function"),
        ("n < m < 3", "EXPR_TYPE", "cannot be compared"),
        ("price * 0.0000000001 * 0.0000000001", "EXPR_OVERFLOW", "digits"),
        ("if(yes, 1)", "EXPR_TYPE", "written if(condition, a, b)"),
    ],
)  # fmt: skip
def test_types_that_do_not_fit(expression: str, code: str, part: str) -> None:
    found, message = failure(expression)
    assert found == code
    assert part in message


def test_every_function_is_described_by_its_name() -> None:
    assert all(f.usage.startswith(f"{name}(") and f.description for name, f in FUNCTIONS.items())


def test_columns_with_odd_names_are_written_in_backquotes() -> None:
    columns = {"unit price": {"value": 3}, "x": {"expr": "`unit price` * 2"}}
    plan = check({"tables": {"t": {"rows": 1, "columns": columns}}}).plan
    assert plan is not None
    assert Engine(plan).batch("t", 0, 1).column("x").to_pylist() == [6]


def test_an_expression_that_multiplies_itself_is_refused_quickly() -> None:
    inner = "n"
    for _ in range(12):
        inner = f"if({inner} in (1, 2, 3, 4), 1, 2)"
    code, message = failure(inner)
    assert (code, "operations" in message) == ("EXPR_SYNTAX", True)


def test_chains_of_columns_are_followed_or_refused_but_never_crash() -> None:
    def chain(length: int) -> dict[str, Any]:
        columns: dict[str, Any] = {"c0": 1} | {f"c{i}": {"expr": f"c{i - 1} + 1"} for i in range(1, length)}
        return {"tables": {"t": {"rows": 1, "columns": columns}}}

    plan = check(chain(74)).plan
    assert plan is not None
    assert Engine(plan).batch("t", 0, 1).column("c73").to_pylist() == [74]
    assert {f.code for f in check(chain(1_900)).errors} == {"TOO_DEEP"}
    backwards = dict(reversed(chain(1_900)["tables"]["t"]["columns"].items()))
    assert {f.code for f in check({"tables": {"t": {"rows": 1, "columns": backwards}}}).errors} == {"TOO_DEEP"}


# -- the parser over anything ---------------------------------------------------------------------


@given(st.text(max_size=200))
@settings(max_examples=300, deadline=None, derandomize=True)
def test_any_text_is_parsed_or_refused_with_a_place(text: str) -> None:
    try:
        parse(text)
    except ExprError as error:
        assert 0 <= error.offset <= len(text)
        assert error.message


PIECES = [
    "n",
    "price",
    "1",
    "2.5",
    "'x'",
    "(",
    ")",
    ",",
    "+",
    "-",
    "*",
    "/",
    "and",
    "not",
    "in",
    "is",
    "null",
    "if(",
    "min(",
    "=",
    "<",
    ".",
]


@given(st.lists(st.sampled_from(PIECES), max_size=14))
@settings(max_examples=300, deadline=None, derandomize=True)
def test_any_words_are_compiled_or_refused(words: list[str]) -> None:
    outcome = check(schema(" ".join(words)))
    if outcome.plan is not None:
        Engine(outcome.plan).batch("t", 0, 2)
    else:
        assert all(
            f.code in ("EXPR_SYNTAX", "EXPR_TYPE", "EXPR_OVERFLOW", "COLUMN_NOT_FOUND", "REF_NOT_FOUND", "TYPE_INVALID")
            for f in outcome.errors
        )


LEVELS = {"or": 10, "and": 20, "==": 40, "<": 40, "+": 50, "-": 50, "*": 60, "/": 60, "//": 60, "%": 60}
LEAVES = st.one_of(
    st.integers(0, 99).map(lambda n: Literally(n, 0)),
    st.sampled_from(["a", "b", "parent.c"]).map(lambda t: Name(tuple(t.split(".")), 0)),
    st.text("ab'\\", max_size=4).map(lambda t: Literally(t, 0)),
)
TREES: st.SearchStrategy[Expr] = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(sorted(LEVELS)), inner, inner).map(lambda t: Apply(t[0], t[1:], 0, 0)),
        st.tuples(st.sampled_from(["negate", "not"]), inner).map(lambda t: Apply(t[0], t[1:], 0, 0)),
        st.tuples(st.sampled_from(["lower", "if"]), inner, inner).map(lambda t: Apply(t[0], t[1:], 0, 0)),
        st.tuples(inner, inner).map(lambda t: Apply("in", t, 0, 0)),
    ),
    max_leaves=12,
)


def shape(tree: Expr) -> Any:
    """The tree without places."""
    if isinstance(tree, Apply):
        return (tree.function, *map(shape, tree.args))
    return tree.parts if isinstance(tree, Name) else tree.value


def written(tree: Expr, binding: int = 0) -> str:
    """The tree as text, with only the parentheses it needs."""
    match tree:
        case Literally(value=str() as text):
            return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"
        case Literally(value=value):
            return str(value)
        case Name(parts=parts):
            return ".".join(parts)
    function, args = tree.function, tree.args
    if function in ("negate", "not"):
        level, sign = (70, "- ") if function == "negate" else (30, "not ")
        text = sign + written(args[0], level)
    elif function in LEVELS or function == "in":
        level = LEVELS.get(function, 40)
        right = f"({written(args[1])})" if function == "in" else written(args[1], level + 1)
        text = f"{written(args[0], level)} {function} {right}"
    else:
        return f"{function}({', '.join(map(written, args))})"
    return f"({text})" if level < binding else text


@given(TREES)
@settings(max_examples=300, deadline=None, derandomize=True)
def test_what_is_written_is_read_back(tree: Expr) -> None:
    assert shape(parse(written(tree))) == shape(tree)


# -- arithmetic against Python's own --------------------------------------------------------------

NUMBERS = {
    "n": Fraction(7),
    "m": Fraction(-3),
    "price": Fraction("19.95"),
    "rate": Fraction("0.125"),
    "2": Fraction(2),
    "0.5": Fraction("0.5"),
}
ARITHMETIC = st.recursive(
    st.sampled_from(sorted(NUMBERS)).map(lambda name: (name, NUMBERS[name])),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda t: (f"({t[0][0]} + {t[1][0]})", t[0][1] + t[1][1])),
        st.tuples(inner, inner).map(lambda t: (f"({t[0][0]} - {t[1][0]})", t[0][1] - t[1][1])),
        st.tuples(inner, inner).map(lambda t: (f"({t[0][0]} * {t[1][0]})", t[0][1] * t[1][1])),
        st.tuples(inner, inner).map(lambda t: (f"max({t[0][0]}, {t[1][0]})", max(t[0][1], t[1][1]))),
        inner.map(lambda t: (f"abs({t[0]})", abs(t[1]))),
        inner.map(lambda t: (f"floor({t[0]})", Fraction(math.floor(t[1])))),
        inner.map(lambda t: (f"round({t[0]}, 1)", Fraction(_rounded(t[1], 1)))),
    ),
    max_leaves=8,
)


def _rounded(value: Fraction, digits: int) -> Decimal:
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    return exact.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)


@given(ARITHMETIC)
@settings(max_examples=200, deadline=None, derandomize=True)
def test_whole_numbers_and_decimals_are_exact(case: tuple[str, Fraction]) -> None:
    expression, expected = case
    outcome = check(schema(expression))
    if outcome.plan is None:
        assert {f.code for f in outcome.errors} == {"EXPR_OVERFLOW"}
        return
    assert Fraction(Engine(outcome.plan).batch("t", 0, 1).column("x").to_pylist()[0]) == expected


def test_the_table_of_engine_functions_is_the_engines() -> None:
    assert set(ENGINE) == set(EVALUATED)
