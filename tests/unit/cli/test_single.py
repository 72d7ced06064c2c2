"""The parser and the printing of `mockcraft generate`."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from cli.failure import USAGE, CommandError
from cli.single import Request, as_text, parse, render, run


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("firstname", Request("firstname")),
        ("password --length=12", Request("password", params={"length": "12"})),
        ("password --length 12", Request("password", params={"length": "12"})),
        ("int --min -5 --max=-1", Request("int", params={"min": "-5", "max": "-1"})),
        ("--count 3 email --safe", Request("email", count=3, params={"safe": "true"})),
        ("email -n 3", Request("email", count=3)),
        ("email -n3", Request("email", count=3)),
        ("email -n=3", Request("email", count=3)),
        ("ipv4 --private-only=false", Request("ipv4", params={"private_only": "false"})),
        ("email --param safe=true --param=domain=a=b", Request("email", params={"safe": "true", "domain": "a=b"})),
        ("name --seed=7 --locale id_ID --format csv", Request("name", seed=7, locale="id_ID", format="csv")),
        ("date --after=", Request("date", params={"after": ""})),
    ],
)
def test_any_option_that_is_not_ours_is_a_parameter(line: str, expected: Request) -> None:
    assert parse(line.split()) == expected


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("", "which generator"),
        ("first name", "one generator at a time"),
        ("email --count", "--count wants a value"),
        ("email --count=x", "--count wants a whole number, not 'x'"),
        ("email --count=0", "--count is 1 to"),
        ("email --seed=1.5", "--seed wants a whole number"),
        ("email --seed=9223372036854775808", "does not fit in 64 bits"),
        ("email --seed=-9223372036854775809", "does not fit in 64 bits"),
        ("email --format xml", "--format is one of text, json, csv"),
        ("email --param safe", "--param wants NAME=VALUE"),
    ],
)
def test_wrong_usage_is_refused(line: str, words: str) -> None:
    with pytest.raises(CommandError, match=words) as caught:
        parse(line.split())
    assert caught.value.status == USAGE


def test_text_is_one_value_a_line() -> None:
    assert render("a.b", ["x", None, True, 1.5, {"k": ["é"]}], Request("b", count=5)) == 'x\n\ntrue\n1.5\n{"k": ["é"]}\n'


def test_json_answers_as_the_rest_route_does() -> None:
    assert json.loads(render("a.b", [1], Request("b", format="json"))) == {"type": "a.b", "value": 1}
    assert json.loads(render("a.b", [1, 2], Request("b", count=2, format="json"))) == {"type": "a.b", "values": [1, 2]}


def test_csv_has_a_header_and_quotes_what_needs_it() -> None:
    assert render("a.word", ['say "hi"', "a,b", "c"], Request("word", count=3, format="csv")) == 'word\n"say ""hi"""\n"a,b"\nc\n'


def test_false_is_not_confused_with_zero() -> None:
    assert (as_text(False), as_text(0)) == ("false", "0")


def test_a_name_of_several_words_is_shown_in_quotes() -> None:
    with pytest.raises(CommandError) as caught:
        parse(["phone", "number"])
    assert caught.value.hint.endswith('mockcraft generate "phone number"')


def test_decimals_keep_their_scale_as_text_and_today_is_this_day(capsys: pytest.CaptureFixture[str]) -> None:
    run(["decimal", "-n9", "--seed=3", "--min=1.0", "--max=2.0"])
    assert all(len(line) == 4 for line in capsys.readouterr().out.splitlines())
    today = datetime.now(UTC).date()
    run(["date", "--start=today", "--end=today + 1d"])
    assert capsys.readouterr().out.strip() in {str(today + timedelta(days=n)) for n in range(3)}  # midnight may pass
