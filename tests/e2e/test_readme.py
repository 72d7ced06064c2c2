"""Every command that the documents show prints what they say."""

from pathlib import Path

import pytest

from docs.console import Command, commands, general, matches, session, write_files

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("page", [p for p in PAGES if list(commands(p.read_text()))], ids=lambda p: p.name)
def test_commands_of_the_page_print_what_it_says(page: Path, tmp_path: Path) -> None:
    write_files(page.read_text(), tmp_path)
    with session(tmp_path) as shell:
        for command in commands(page.read_text()):
            printed = shell.run(command.text)
            assert matches(command.expected, printed), f"{page.name}:{command.line}: $ {command.text}\nprints:\n{printed}"


def test_readme_has_a_tour() -> None:
    assert len(list(commands((ROOT / "README.md").read_text()))) >= 8


def test_commands_are_found_with_what_they_print() -> None:
    page = "x\n```console\n$ a \\\n    b\n1\n2\n$ c\n```\n```python\n$ no\n```\n"
    assert list(commands(page)) == [Command(3, "a \\\n    b", "1\n2"), Command(7, "c", "")]


@pytest.mark.parametrize(
    ("expected", "printed", "same"),
    [
        ("a", "a\n", True),
        ("a", "b", False),
        ("a … c", "a b c", True),
        ("a … c", "a b\nc", False),
        ("a\n…", "a\nb\nc", True),
        ("a\n…\nd", "a\nb\nc\nd", True),
        ("a\n…\nd", "a\nb\nc", False),
        ("", "", True),
        ("", "x", False),
        ("a.b", "axb", False),
    ],
)
def test_dots_stand_for_anything(expected: str, printed: str, same: bool) -> None:
    assert matches(expected, printed) is same


def test_what_differs_from_run_to_run_becomes_dots() -> None:
    printed = "table  rows  rows/s\n────\nusers  1,000  12,345\n\n3 files of gen_01m7yrw5swma02eb0q43y9srk1"
    assert general(printed) == "table  rows  rows/s\n────\nusers  1,000       …\n\n3 files of gen_…"
    assert general("a ━━ 100% 20 of 20   1,234/s") == general("a ━━ 100% 20 of 20") == "a ━━ 100% 20 of 20…"
