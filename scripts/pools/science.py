"""The sciences: elements (mendeleev), units (checked against pint), the sky (skyfield, jplephem), minerals (pyrolite)."""

from __future__ import annotations

import csv
import sqlite3
from contextlib import closing

import pint
from Bio.Data.IUPACData import protein_letters_3to1
from jplephem.names import target_name_pairs
from skyfield.api import load_constellation_names
from skyfield.named_stars import named_star_dict

from scripts.pools.files import Fields, lines, table
from scripts.pools.installed import data_file
from scripts.pools.npm import folder

_PLANETS = {3: "Earth", 4: "Mars", 5: "Jupiter", 6: "Saturn", 7: "Uranus", 8: "Neptune", 9: "Pluto"}
_RESPELLED = {"light-year": "light_year", "kilowatt-hour": "kilowatt_hour", "cubic metre": "metre**3", "square metre": "metre**2"}
_RESPELLED |= {"square kilometre": "kilometre**2", "metre per second": "metre/second", "kilometre per hour": "kilometre/hour"}


def science_files() -> dict[str, dict[str, Fields]]:
    """The pools by file name."""
    return {
        "element": {"element": _elements(), "unit": _units()},
        "sky": {"constellation": _constellations(), "star": _stars(), "moon": _moons()},
        "mineral": {"mineral": _minerals()},
        "protein": {"amino_acid": _amino_acids()},
        "university": {"university": _universities()},
    }


def _elements() -> Fields:
    """Masses in ten-thousandths; `number` is the atomic number."""
    with closing(sqlite3.connect(f"file:{data_file('mendeleev', 'elements.db')}?mode=ro", uri=True)) as data:
        rows = data.execute(
            "select atomic_number, symbol, e.name, atomic_weight, s.name, period, block, electronic_configuration, cas "
            "from elements e join series s on s.id = series_id order by atomic_number"
        ).fetchall()
    fields = "number symbol name mass kind period block electrons cas".split()
    pool: Fields = {field: [row[i] for row in rows] for i, field in enumerate(fields)}
    one = {"Poor metals": "post-transition metal"}
    kinds = [one.get(kind, kind.lower().removesuffix("s")) for kind in pool["kind"]]
    return pool | {"mass": [round(mass * 10_000) for mass in pool["mass"]], "kind": kinds}


def _units() -> Fields:
    """Those of the table; a name and a symbol that pint does not take for one unit stop the build."""
    known: pint.UnitRegistry[float] = pint.UnitRegistry()
    for name, symbol, _ in (rows := table("units")):
        spelled, short = (_in_pint(text) for text in (name, symbol))
        if known.Quantity(1, spelled).to_base_units() != known.Quantity(1, short).to_base_units():
            raise ValueError(f"{name} is not {symbol}")
    return {field: [row[i] for row in rows] for i, field in enumerate(("name", "symbol", "quantity"))}


def _in_pint(text: str) -> str:
    return _RESPELLED.get(text, text).replace(" ", "_")


def _constellations() -> Fields:
    rows = sorted((name, short) for short, name in load_constellation_names())
    return {"name": [row[0] for row in rows], "symbol": [row[1] for row in rows]}


def _stars() -> Fields:
    """Stars with a name and their number in the Hipparcos catalogue."""
    rows = sorted({number: name for name, number in sorted(named_star_dict.items(), reverse=True)}.items(), key=lambda r: r[1])
    return {"name": [name for _, name in rows], "hipparcos": [int(number) for number, _ in rows]}


def _moons() -> Fields:
    """Satellites by the numbers of NAIF: the planet's hundred and 1 to 98."""
    found: dict[int, str] = {}
    for number, name in target_name_pairs:
        if number // 100 in _PLANETS and 0 < number % 100 < 99 and 300 < number < 1_000 and name.isalpha():
            found.setdefault(number, name.capitalize())
    rows = sorted((name, _PLANETS[number // 100]) for number, name in found.items())
    return {"name": [row[0] for row in rows], "planet": [row[1] for row in rows]}


def _minerals() -> Fields:
    with data_file("pyrolite", "data", "mineral", "mins.csv").open(encoding="utf-8") as source:
        rows = sorted((row["name"].capitalize(), row["group"], row["formula"]) for row in csv.DictReader(source))
    return {field: [row[i] for row in rows] for i, field in enumerate(("name", "group", "formula"))}


def _amino_acids() -> Fields:
    """The twenty of the genetic code; their letters are those of IUPAC."""
    rows = [line.split("|") for line in lines("amino_acids.tsv")]
    if {short: letter for _, short, letter in rows} != dict(protein_letters_3to1):
        raise ValueError("the letters of amino_acids.tsv are not those of IUPAC")
    return {field: [row[i] for row in rows] for i, field in enumerate(("name", "short", "letter"))}


def _universities() -> Fields:
    """Names and countries (ISO 3166-1)."""
    text = (folder("universities") / "world-universities.csv").read_text(encoding="utf-8")
    rows = sorted({(" ".join(row[1].split()), row[0]) for row in csv.reader(text.splitlines()) if len(row) >= 2})
    return {"name": [name for name, _ in rows], "country": [code for _, code in rows]}
