"""Names of created databases, and what a statement is about."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.created import NAME, checked_name
from services.common.databases import TargetRefusedError
from services.schemas.hosting import Making, about
from services.schemas.hosting.names import RESERVED, derived


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("clinic", "clinic"),
        ("Klinik Süd", "klinik_sud"),
        ("  Shop -- 2024!  ", "shop_2024"),
        ("2024", "db_2024"),
        ("postgres", "db_postgres"),
        ("pg_catalog", "db_pg_catalog"),
        ("MySQL", "db_mysql"),
        ("con", "db_con"),
        ('"; DROP DATABASE postgres; --', "drop_database_postgres"),
        ("../../etc/passwd", "etc_passwd"),
        ("_mockcraft_x", "mockcraft_x"),
        ("***", "schema"),
        ("x" * 200, "x" * 48),
        ("診療所", "zhenliaosuo"),
    ],
)
def test_a_name_is_plain_in_every_server(name: str, expected: str) -> None:
    assert derived(name, ()) == expected


def test_a_taken_name_gets_a_number_and_keeps_its_length() -> None:
    assert derived("clinic", {"clinic", "clinic_2"}) == "clinic_3"
    assert derived("x" * 60, {"x" * 48}) == "x" * 46 + "_2"


@given(st.text(max_size=120), st.integers(0, 3))
def test_any_text_gives_a_name_that_is_free(text: str, taken: int) -> None:
    used: set[str] = set()
    for _ in range(taken + 1):
        found = derived(text, used)
        assert NAME.fullmatch(found)
        assert found not in used | RESERVED
        used.add(found)


@pytest.mark.parametrize("name", ["", "A", "a-b", "a;b", 'a"b', "a`b", "1a", "_mockcraft_1", "a" * 49, "a\n", "é", "../a", "a.b"])
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(TargetRefusedError) as caught:
        checked_name(name)
    assert caught.value.code == "TARGET_INVALID"


def test_a_mark_is_made_of_hexadecimal_digits_alone() -> None:
    made = Making.new("shop", "0d9fb7b6-3c31-4f3f-9d0e-e8c2a0e1c4a1")
    assert made.mark == f"mockcraft schema 0d9fb7b6-3c31-4f3f-9d0e-e8c2a0e1c4a1 attempt {made.attempt}"
    assert made.temporary == f"_mockcraft_{made.attempt}"
    for schema, attempt in (("x'; --", made.attempt), ("0d", "abc"), ("0d", made.attempt + "\n")):
        with pytest.raises(ValueError, match="hexadecimal"):
            Making("shop", schema, attempt)


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ('CREATE TABLE "patients" (\n  id int)', 'CREATE TABLE "patients"'),
        ("CREATE TABLE patients (id int)", "CREATE TABLE patients"),
        ("\nCREATE TABLE `a b` (id int)", "CREATE TABLE `a b`"),
        ('ALTER TABLE "a" ADD CONSTRAINT x CHECK (1)', 'ALTER TABLE "a"'),
        ('CREATE UNIQUE INDEX "i" ON "t" ("c")', 'CREATE UNIQUE INDEX "i"'),
        ("COMMENT ON TABLE \"t\" IS 'secret'", 'COMMENT ON TABLE "t"'),
        ("CREATE TABLE IF NOT EXISTS x (a int)", "CREATE TABLE x"),
        ("DO $$ anything $$", "a statement of the schema"),
    ],
)
def test_a_statement_is_told_by_what_it_makes(statement: str, expected: str) -> None:
    assert about(statement) == expected
