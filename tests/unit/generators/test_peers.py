"""Every name of other tools leads to one of our generators, or is absent for a reason that is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.generators import UnknownGenerator, catalogue, find
from runner.generators.absent import ABSENT
from runner.generators.aliases import FOLDER, borrowed
from runner.generators.lookup import fold, suggestions

DATA = Path(__file__).parents[2] / "data"


def lines(file: str) -> list[str]:
    return [line for line in (DATA / file).read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]


def pairs(file: str) -> list[tuple[str, str]]:
    return [(name, meaning) for name, _, meaning in (line.partition(" = ") for line in lines(file))]


PEERS = [line.split("\t")[1] for line in lines("peer_names.tsv")][1:]
NAMES = [*PEERS, *lines("mockaroo_types.txt")]
LEFT_OUT = {fold(name) for name in ABSENT}


def leads_to(name: str) -> str | None:
    """The generator of the name exactly as it is written, and the parameters that the name binds."""
    try:
        found, bound = find(name)
    except UnknownGenerator:
        return None
    return " ".join((found.name, *(f"{key}={value}" for key, value in bound.items())))


def test_every_name_is_found_or_absent_on_purpose() -> None:
    assert [name for name in NAMES if leads_to(name) is None and fold(name) not in LEFT_OUT] == []


def test_few_are_absent_and_none_in_vain() -> None:
    assert {fold(name) for name in NAMES} >= LEFT_OUT
    assert len(LEFT_OUT) <= 0.05 * len({fold(name) for name in NAMES})
    assert [name for name in ABSENT if leads_to(name)] == []


@pytest.mark.parametrize("name", ["Formula", "SQL Expression", "uint64", "token_bytes", "JSON Array"])
def test_the_reason_is_told(name: str) -> None:
    known = {fold(absent): reason for absent, reason in ABSENT.items()}
    reason = known.get(fold(name)) or known[fold(f"cryptographic.{name}")]
    with pytest.raises(UnknownGenerator) as raised:
        find(name if fold(name) in known else f"cryptographic.{name}")
    assert reason in str(raised.value)
    assert raised.value.reason == f": {reason}"


def test_a_schema_tells_the_reason_too() -> None:
    from runner.schema import check

    (finding,) = check({"tables": {"t": {"rows": 1, "columns": {"a": {"gen": "Formula"}}}}}).findings
    assert "a column is computed by `expr:`" in finding.message


@pytest.mark.parametrize(("name", "meaning"), pairs("pinned_names.txt"))
def test_names_keep_their_meaning(name: str, meaning: str) -> None:
    assert leads_to(name) == meaning


def test_enough_names_are_pinned() -> None:
    assert len(pairs("pinned_names.txt")) >= 120


@pytest.mark.parametrize("origin", ["common", "faker", "faker_js", "gofakeit", "mimesis", "mockaroo"])
def test_each_tool_has_its_file(origin: str) -> None:
    own = [alias for alias in borrowed() if alias.origin == origin]
    assert len(own) >= 20
    assert (FOLDER / f"{origin}.txt").exists()
    for alias in own:
        parameters = {parameter.name for parameter in catalogue()[alias.target].parameters}
        assert set(alias.params) <= parameters, alias


def test_each_alias_makes_values() -> None:
    """Parameters that a name binds are ones that the generator takes."""
    from runner.values import example_of

    for alias in borrowed():
        if alias.params:
            assert example_of(catalogue()[alias.target], alias.params) is not None, alias


@pytest.mark.parametrize(("wrong", "right"), pairs("typos.txt"))
def test_what_is_meant_is_among_three_suggestions(wrong: str, right: str) -> None:
    """A name with slips is suggested its generator; one that is an alias after all leads there."""
    found = leads_to(wrong)
    assert found == right or right in suggestions(wrong)
    assert len(suggestions(wrong)) <= 3


@pytest.mark.parametrize(
    "name", ["Credit Card #", "gender (ABBREV)", "State(abbrev)", "credit/card/no", "post'code", "first:name"]
)
def test_signs_in_names_do_not_matter(name: str) -> None:
    assert leads_to(name)


def test_names_are_found_without_the_files_of_aliases() -> None:
    """Only building the index reads them."""
    import subprocess
    import sys

    code = (
        "import runner.generators.aliases as a; a.borrowed = None; from runner.generators import find;"
        "import runner.generators.lookup as l; l.borrowed = None; find('Credit Card #'); find('text.title')"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
