"""Columns read in the light of those beside them and of few rows seen, and what `mockcraft init` says of its source."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from cli.main import main
from runner.engine import Engine
from services.common.databases.catalog import read_ddl
from services.common.guess import Guessed, Wanted, guess
from services.common.guess.sample import read_sample

PEOPLE = """id,name,email,phone,salary,department
1,Ann Lee,ann@home.net,555-1234,5100.50,Sales
2,Bob Ray,bob@home.net,555-2234,6100.00,IT
3,Cy Low,cy@home.net,555-3234,4700.25,Sales
"""


def seen(folder: Path, text: str, name: str = "data.csv") -> Guessed:
    path = folder / name
    path.write_text(text)
    catalog, profiles = read_sample(path)
    return guess(catalog, Wanted(100, profiles=profiles))


def told(ddl: str) -> Guessed:
    return guess(read_ddl(ddl, "postgresql"), Wanted(100))


def line(made: Guessed, column: str) -> str:
    return next(text.strip() for text in made.text.splitlines() if text.strip().startswith(f"{column}: "))


def test_pay_is_drawn_from_the_range_seen_and_nobodys_own_is_told(tmp_path: Path) -> None:
    made = seen(tmp_path, PEOPLE)
    assert line(made, "salary").startswith("salary: {gen: decimal, scale: 2, min: 4700, max: 6100}")
    assert "4700.25" not in made.text and "5100.5" not in made.text


@pytest.mark.parametrize(
    ("low", "high", "written"),
    [
        ("9870.50", "9990.75", "min: 9800, max: 9999.99"),
        ("120", "2147483000", "min: 120, max: 2147483647"),
        ("0", "99", "max: 99"),
    ],
)
def test_the_range_of_pay_stays_within_its_type(tmp_path: Path, low: str, high: str, written: str) -> None:
    assert written in line(seen(tmp_path, f"id,wage,salary\n1,1,{low}\n2,2,{high}\n3,3,{high}\n"), "salary")


def test_a_range_by_name_above_what_the_type_holds_is_no_single_number() -> None:
    made = told("CREATE TABLE t (id int PRIMARY KEY, salary numeric(6,2) NOT NULL, wage int NOT NULL CHECK (wage < 500))")
    assert "min: 999, max: 9999.99" in line(made, "salary")
    assert "min: 49, max: 499" in line(made, "wage")
    assert "min: -101, max: -1" in line(told("CREATE TABLE t (id int PRIMARY KEY, x numeric CHECK (x <= -1))"), "x")


def test_a_name_beside_an_address_is_a_person_who_has_that_address(tmp_path: Path) -> None:
    made = seen(tmp_path, PEOPLE)
    assert line(made, "name").startswith("name: {gen: full_name")
    assert line(made, "email").startswith("email: {gen: email, from: [name]")
    assert made.checked.plan is not None
    rows = Engine(made.checked.plan).batch("data", 0, 50).to_pylist()
    assert all(row["name"].split()[0].lower()[:3] in row["email"].lower() for row in rows if row["name"].isascii())


@pytest.mark.parametrize(
    ("table", "beside", "generator"),
    [
        ("heroes", "phone text", "full_name"),
        ("heroes", "birth_date date, gender text", "full_name"),
        ("people", "x int", "full_name"),
        ("heroes", "age int", "headline"),
        ("suppliers", "email text", "company"),
        ("hotels", "phone text", "headline"),
        ("restaurants", "phone text", "restaurant"),
    ],
)
def test_whose_name_it_is_is_told_by_the_table_and_the_columns_beside_it(table: str, beside: str, generator: str) -> None:
    made = told(f"CREATE TABLE {table} (id int PRIMARY KEY, name text NOT NULL, {beside})")
    assert generator in line(made, "name").partition("#")[0]


def test_few_rows_show_a_vocabulary_unless_it_names_people_or_firms(tmp_path: Path) -> None:
    assert "department: {gen: choice, values: {Sales: 2, IT: 1}}" in seen(tmp_path, PEOPLE).text
    head = "id,stage,manager,company,city,place_code"
    made = seen(
        tmp_path, f"{head}\n1,new,Ann,Acme,Bonn,A1\n2,old,Bob,Umbra,Ulm,A2\n3,new,Ann,Acme,Bonn,A1\n4,old,Ann,Acme,Bonn,A1\n"
    )
    assert "stage: {gen: choice, values: {new: 2, old: 2}}" in made.text
    assert not [text for text in ("Ann", "Acme", "Bonn", "A1") if text in made.text]
    assert "choice" not in line(seen(tmp_path, "id,stage\n1,new\n2,old\n3,won\n"), "stage")


def test_a_state_beside_a_city_is_a_region() -> None:
    made = told(
        "CREATE TABLE users (id int PRIMARY KEY, city text, state text NOT NULL, home_city text, home_state char(2) NOT NULL)"
    )
    assert line(made, "state").startswith("state: state ") or line(made, "state").startswith("state: {gen: state")
    assert "gen: state, style: code" in line(made, "home_state")
    alone = told("CREATE TABLE jobs (id int PRIMARY KEY, state text NOT NULL, from_city text)")
    assert "values: {active: 80" in line(alone, "state")


def test_regions_seen_are_not_copied(tmp_path: Path) -> None:
    made = seen(tmp_path, "id,city,state\n" + "".join(f"{n},Ulm,Utah{'' if n % 2 else 'h'}\n" for n in range(1, 21)))
    assert "Utah" not in made.text and "gen: state" in line(made, "state")


def test_tables_without_rows_are_said_to_show_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    connection = sqlite3.connect(tmp_path / "shop.db")
    connection.executescript("CREATE TABLE a (id INTEGER PRIMARY KEY, x TEXT); CREATE TABLE b (id INTEGER PRIMARY KEY, x TEXT);")
    connection.execute("INSERT INTO b (x) VALUES ('y')")
    connection.commit()
    connection.close()
    assert main(["init", "--db", f"sqlite:///{tmp_path / 'shop.db'}", "--profile", "-o", "-"]) == 0
    assert "there were no rows to look at in a: " in capsys.readouterr().err


@pytest.mark.parametrize("flag", ["--sample", "--ddl"])
@pytest.mark.parametrize(("file", "why"), [("none.csv", "No such file"), (".", "Is a directory")])
def test_a_source_that_is_not_there_is_told_before_the_output_that_is(
    flag: str, file: str, why: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "schema.yaml"
    out.write_text("mine")
    assert main(["init", flag, str(tmp_path / file), "-o", str(out)]) == 2
    said = capsys.readouterr().err
    assert "cannot read" in said and why in said and "OUTPUT_EXISTS" not in said
    assert main(["init", "--db", f"sqlite:///{tmp_path / 'none.db'}", "-o", str(out)]) == 1
    assert "TARGET_NOT_FOUND" in capsys.readouterr().err


def test_one_is_not_said_in_the_plural(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.csv").write_text("id\n1\n")
    assert main(["init", "--sample", str(tmp_path / "a.csv"), "-o", str(tmp_path / "s.yaml")]) == 0
    assert ": 1 table, 1 column, 1 row\n" in capsys.readouterr().err
    assert "from a.csv: 1 table, 1 row." in (tmp_path / "s.yaml").read_text()
