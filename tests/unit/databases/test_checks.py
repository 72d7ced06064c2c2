"""CHECK conditions in the words of four dialects, read into one form."""

from __future__ import annotations

from decimal import Decimal

import pytest

from services.common.databases._checks import both, check_columns, concerned, parse_check, rename
from services.common.databases._forms import Bounds, Choices, Comparison, ParsedCheck, Pattern

_ARRAY = "((s)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[]))"


@pytest.mark.parametrize(
    ("dialect", "sql", "said"),
    [
        ("postgresql", _ARRAY, ParsedCheck(choices=(Choices("s", ("a", "b")),))),
        ("postgresql", "s = ANY ('{a,b}'::text[])", ParsedCheck(choices=(Choices("s", ("a", "b")),))),
        ("postgresql", "(s <> ALL (ARRAY['a'::text]))", ParsedCheck(choices=(Choices("s", ("a",), True),))),
        ("sqlite", "s IN ('a', 'b')", ParsedCheck(choices=(Choices("s", ("a", "b")),))),
        ("sqlite", 's IN ("x", "y")', ParsedCheck(choices=(Choices("s", ("x", "y")),))),
        ("sqlite", "n NOT IN (1, 2)", ParsedCheck(choices=(Choices("n", (1, 2), True),))),
        ("mysql", "(`s` in (_utf8mb4'a',_utf8mb4'b'))", ParsedCheck(choices=(Choices("s", ("a", "b")),))),
        ("sqlserver", "([s]='b' OR [s]='a')", ParsedCheck(choices=(Choices("s", ("b", "a")),))),
        ("sqlserver", "([s]=N'b')", ParsedCheck(choices=(Choices("s", ("b",)),))),
        ("postgresql", "(n > (0)::numeric)", ParsedCheck(bounds=(Bounds("n", 0, low_open=True),))),
        ("postgresql", "(n >= (- (1.5)::numeric))", ParsedCheck(bounds=(Bounds("n", Decimal("-1.5")),))),
        ("postgresql", "10 > n", ParsedCheck(bounds=(Bounds("n", high=10, high_open=True),))),
        ("mysql", "`n` between 1 and 5", ParsedCheck(bounds=(Bounds("n", 1), Bounds("n", high=5)))),
        ("sqlserver", "([n]>=(0))", ParsedCheck(bounds=(Bounds("n", 0),))),
        (
            "postgresql",
            "(d >= '2007-01-01 00:00:00'::timestamp without time zone)",
            ParsedCheck(bounds=(Bounds("d", "2007-01-01 00:00:00"),)),
        ),
        ("postgresql", "(char_length((s)::text) > 3)", ParsedCheck(bounds=(Bounds("s", 3, low_open=True, of="length"),))),
        ("sqlserver", "(len([s])=(3))", ParsedCheck(bounds=(Bounds("s", 3, 3, of="length"),))),
        ("mysql", "char_length(trim(`s`)) >= 1", ParsedCheck(bounds=(Bounds("s", 1, of="length"),))),
        ("postgresql", "(btrim(s) <> ''::text)", ParsedCheck(bounds=(Bounds("s", 1, of="length"),))),
        ("postgresql", "(s IS NOT NULL)", ParsedCheck(not_null=("s",))),
        ("postgresql", "NOT (s IS NULL)", ParsedCheck(not_null=("s",))),
        ("postgresql", "((n IS NULL) OR (n > 0))", ParsedCheck(bounds=(Bounds("n", 0, low_open=True),))),
        ("postgresql", "(s ~ '^a+$'::text)", ParsedCheck(patterns=(Pattern("s", "^a+$", "regex"),))),
        ("postgresql", "(s ~* '^a+$'::text)", ParsedCheck(patterns=(Pattern("s", "^a+$", "regex", True),))),
        ("postgresql", "(s !~ '^a+$'::text)", ParsedCheck(patterns=(Pattern("s", "^a+$", "regex", negated=True),))),
        ("postgresql", "(s ~~ 'a%'::text)", ParsedCheck(patterns=(Pattern("s", "a%", "like"),))),
        ("postgresql", "(s !~~ 'a%'::text)", ParsedCheck(patterns=(Pattern("s", "a%", "like", negated=True),))),
        ("postgresql", "s SIMILAR TO 'a_%'", ParsedCheck(patterns=(Pattern("s", "^(?:a..*)$", "regex"),))),
        ("mysql", "regexp_like(`s`,_utf8mb4'^a')", ParsedCheck(patterns=(Pattern("s", "^a", "regex"),))),
        ("sqlite", "s GLOB '[0-9]*'", ParsedCheck(patterns=(Pattern("s", "[0-9]*", "glob"),))),
        ("postgresql", "(\"position\"(s, '@'::text) > 1)", ParsedCheck(patterns=(Pattern("s", "_%@%", "like"),))),
        ("sqlite", "instr(s, '@') > 0", ParsedCheck(patterns=(Pattern("s", "%@%", "like"),))),
        ("postgresql", "(upper((s)::text) = (s)::text)", ParsedCheck(patterns=(Pattern("s", "^[^a-z]*$", "regex"),))),
        ("mysql", "json_valid(`s`)", ParsedCheck(json=("s",))),
        ("sqlserver", "(isjson([s])>(0))", ParsedCheck(json=("s",))),
        ("postgresql", "flag", ParsedCheck(choices=(Choices("flag", (True,)),))),
        ("postgresql", "(NOT flag)", ParsedCheck(choices=(Choices("flag", (False,)),))),
        ("postgresql", "(flag IS TRUE)", ParsedCheck(choices=(Choices("flag", (True,)),), not_null=("flag",))),
        ("postgresql", "true", ParsedCheck()),
        ("sqlite", "a > b", ParsedCheck(comparisons=(Comparison("b", "<", "a"),))),
        ("sqlite", "a <= b AND a <> c", ParsedCheck(comparisons=(Comparison("a", "<=", "b"), Comparison("a", "<>", "c")))),
        (
            "postgresql",
            "s LIKE '%x%' OR s LIKE '%y%'",
            ParsedCheck(
                alternatives=(
                    (ParsedCheck(patterns=(Pattern("s", "%x%", "like"),)), ParsedCheck(patterns=(Pattern("s", "%y%", "like"),))),
                )
            ),
        ),
        (
            "postgresql",
            "a IS NULL OR b IS NOT NULL",
            ParsedCheck(alternatives=((ParsedCheck(null=("a",)), ParsedCheck(not_null=("b",))),)),
        ),
    ],
)
def test_conditions(dialect: str, sql: str, said: ParsedCheck) -> None:
    assert parse_check(sql, dialect, ["s", "n", "d", "a", "b", "c", "flag"]) == said


@pytest.mark.parametrize(
    "sql",
    [
        "num_nonnulls(a, b) = 1",
        "a + 1 > b",
        "d < CURRENT_DATE",
        "((",
        "a > (SELECT 1)",
        "s LIKE 'a' OR f(s)",
        "s LIKE 'a!%' ESCAPE '!'",
    ],
)
def test_what_is_not_understood_is_said(sql: str) -> None:
    said = parse_check(sql, "postgresql", ["a", "b", "d", "s"])
    assert len(said.unparsed) == 1 and said == ParsedCheck(unparsed=said.unparsed)


def test_one_part_that_is_not_understood_spoils_no_other() -> None:
    said = parse_check("f(a) > 1 AND b > 0", "postgresql", ["a", "b"])
    assert said.bounds == (Bounds("b", 0, low_open=True),) and len(said.unparsed) == 1


def test_columns_have_the_spelling_of_the_table() -> None:
    assert parse_check("PRICE > 0", "sqlite", ["Price"]).bounds[0].column == "Price"
    assert check_columns("PRICE > other", "sqlite", ["Price", "b"]) == ("Price",)
    assert check_columns("((", "sqlite", ["Price", "b"]) == ()


def test_a_domain_s_value_becomes_the_column() -> None:
    said = parse_check("VALUE > 0 AND (VALUE = 3 OR VALUE < 2) AND f(VALUE)", "postgresql", ["VALUE"])
    renamed = rename(said, "VALUE", "n")
    assert concerned(renamed) == {"n"} and "VALUE" not in repr(renamed)


def test_parts_add_up() -> None:
    assert both(ParsedCheck(not_null=("a",)), ParsedCheck(not_null=("b",), json=("c",))) == ParsedCheck(
        not_null=("a", "b"), json=("c",)
    )
