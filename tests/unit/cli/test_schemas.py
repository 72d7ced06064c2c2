"""How findings are told."""

from cli.schemas import line
from runner.schema import Finding


def test_a_finding_has_its_place_and_one_about_a_flag_has_none() -> None:
    in_text = Finding("tables.t", 3, 7, "CODE", "is odd", "even")
    assert line("a.yaml", in_text) == "a.yaml:3:7: CODE is odd (tables.t); did you mean 'even'?"
    assert line("-", Finding("", 0, 0, "CODE", "is odd")) == "<stdin>: CODE is odd"
