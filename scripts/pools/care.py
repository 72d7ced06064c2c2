"""Health care: conditions with their codes and medicines, diseases, medicines, allergies and laboratory tests.

Codes and titles are those of ICD-10-CM (simple-icd-10-cm); names of medicines are kept only where the open list of
drug-named-entity-recognition has them; laboratory tests, their codes and units are those of labunits. What goes with
what, and how often, is our own table. A code or a name that its source does not know stops the build.
"""

from __future__ import annotations

import bz2
import json
import pickle
from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from typing import Any

import simple_icd_10_cm as icd

from scripts.pools.files import WEIGHT, Fields, lines, table, whole_weights
from scripts.pools.installed import data_file

_REACTIONS = {  # of each kind of allergen: how often each reaction
    "drug": {"rash": 30, "hives": 20, "itching": 15, "nausea": 10, "swelling": 10, "wheezing": 5, "anaphylaxis": 3},
    "food": {"hives": 20, "itching": 15, "swelling": 15, "vomiting": 12, "diarrhoea": 10, "stomach cramps": 8, "anaphylaxis": 4},
    "airborne": {"sneezing": 30, "runny nose": 25, "watery eyes": 20, "stuffy nose": 15, "wheezing": 8, "cough": 8},
    "contact": {"rash": 35, "itching": 25, "redness of the skin": 20, "blisters": 8, "dry skin": 8},
    "insect": {"swelling": 35, "redness of the skin": 20, "itching": 15, "hives": 12, "dizziness": 5, "anaphylaxis": 6},
}
# Frequencies in the United States, per thousand (Stanford Blood Center).
_BLOOD = {"O+": 374, "A+": 357, "B+": 85, "O-": 66, "A-": 63, "AB+": 34, "B-": 15, "AB-": 6}
_AGES = (0, 1, 3, 6, 12, 15, 18, 25, 30, 35, 40, 45, 50, 55, 60, 65, 70, 76)  # where bands of ages begin
_OLDEST = 95
_SEVERITIES = {"mild": 55, "moderate": 35, "severe": 10}
_CLASSES = {"Cephalosporins", "Sulfonamides", "Iodinated contrast media", "Insulin", "Penicillin"}  # of medicines, not one


def care_files() -> dict[str, dict[str, Fields]]:
    """The pools by file name."""
    return {"health": {
        "condition": _conditions(), "symptom": _symptoms()[0], "department": {"name": _departments()}, "disease": _diseases(),
        "medication": {"name": _open_names()}, "allergy": _allergies(), "lab": _labs(), "blood": _blood(),
    }}  # fmt: skip


def rows(name: str) -> list[list[str]]:
    """The rows of a table whose columns are parted by bars."""
    return [line.split("|") for line in lines(f"{name}.tsv")]


@cache
def medicines() -> dict[str, dict[str, Any]]:
    """The open list of medicines by name in small letters."""
    source = data_file("drug_named_entity_recognition", "drug_ner_dictionary.pkl.bz2")
    known = pickle.loads(bz2.decompress(source.read_bytes()))["drug_canonical_to_data"]  # noqa: S301 - of a pinned package
    return {entry["name"].strip().lower(): entry for entry in known.values() if "name" in entry}


def _open_names() -> list[str]:
    """Single medicines that both MedlinePlus and the open DrugBank vocabulary name, and those of our conditions."""
    both = {name for name, entry in medicines().items() if "medline_plus_id" in entry and "drugbank_id" in entry}
    single = {name for name in both if not any(part in name for part in (",", " and ", "(", "vaccine", "/"))}
    ours = {name.lower(): name for name in _usual()}
    return sorted(({name: name[:1].upper() + name[1:] for name in single} | ours).values())


@cache
def _usual() -> dict[str, tuple[str, str, str, tuple[str, ...]]]:
    """Form, route, how often, and strengths of each medicine in the table."""
    found: dict[str, tuple[str, str, str, tuple[str, ...]]] = {}
    for form, route, often, names in rows("medicines"):
        for text in names.split("; "):
            name, strengths, unit = _dose(text)
            if name.lower() not in medicines():
                raise ValueError(f"no medicine is called {name}")
            if name in found:
                raise ValueError(f"{name} stands twice in medicines.tsv")
            found[name] = form, route, often, tuple(f"{strength} {unit}" for strength in strengths)
    return found


def _dose(text: str) -> tuple[str, list[str], str]:
    """`Folic acid 0.4/1 mg` is its name, its strengths and their unit."""
    words = text.split(" ")
    at = next(i for i, word in enumerate(words) if word[0].isdigit())
    return " ".join(words[:at]), words[at].split("/"), " ".join(words[at + 1 :])


def _blood() -> Fields:
    return {
        "name": list(_BLOOD), "weight": list(_BLOOD.values()), "abo": [name[:-1] for name in _BLOOD],
        "rhesus": ["positive" if name.endswith("+") else "negative" for name in _BLOOD],
    }  # fmt: skip


def _title(code: str) -> str:
    if not icd.is_valid_item(code) or not icd.is_leaf(code):
        raise ValueError(f"{code} is no code of ICD-10-CM that may be billed")
    return str(icd.get_description(code))


def chapter(code: str) -> str:
    """The title of the code's chapter, without the range of its codes."""
    top = icd.get_ancestors(code)[-1]
    return str(icd.get_description(top)).rpartition(" (")[0]


def _conditions() -> Fields:
    """An entry for each condition, medicine and strength."""
    symptoms = _symptoms()[1]
    found: list[tuple[Any, ...]] = []
    shares: list[float] = []
    for code, name, given, weight, low, high, sex, department in rows("conditions"):
        names = given.split(", ")
        for place, medicine in enumerate(names):
            form, route, often, strengths = _usual()[medicine]
            for strength in strengths:
                found.append((
                    name, code, _title(code), chapter(code), medicine, form, route, often, strength, department,
                    int(low), int(high), int(sex), *symptoms[department], f"{strength} {often}",
                    f"{medicine} {strength} {form}, {often}",
                ))  # fmt: skip
                shares.append(float(weight) / (1 + place) / sum(1 / (1 + p) for p in range(len(names))) / len(strengths))
    fields = (
        "name icd10 title chapter medication form route often strength department min_age max_age sex symptom symptoms dose "
        "prescription"
    ).split()
    pool: Fields = {field: [row[i] for row in found] for i, field in enumerate(fields)}
    return pool | _people(pool) | {"weight": whole_weights([round(share, 6) for share in shares], WEIGHT)}


def _people(pool: Fields) -> Fields:
    """The entry's number, and whether men and women have it: at some age, and all through each band of ages."""
    found: dict[str, Sequence[Any]] = {"at": list(range(len(pool["name"])))}
    ranges = list(zip(pool["min_age"], pool["max_age"], pool["sex"], strict=True))
    for sex, other in (("men", 2), ("women", 1)):
        found[sex] = [int(only != other) for _, _, only in ranges]
        for start, end in pairwise((*_AGES, _OLDEST + 1)):
            found[f"{sex}{start}"] = [int(only != other and low <= start and high >= end - 1) for low, high, only in ranges]
    return found


@cache
def _symptoms() -> tuple[Fields, dict[str, tuple[int, int]]]:
    """All symptoms, and where those of each department begin and how many they are."""
    names: list[str] = []
    places: dict[str, tuple[int, int]] = {}
    for department, symptoms in rows("departments_of_care"):
        places[department] = len(names), len(symptoms.split("; "))
        names += symptoms.split("; ")
    return {"name": names}, places


def _departments() -> list[str]:
    return sorted(row[0] for row in rows("departments_of_care"))


def _diseases() -> Fields:
    """Codes that may be billed and are neither injuries, causes from outside nor births: up to five characters."""
    codes = [
        code for code in icd.get_all_codes(True)
        if icd.is_leaf(code) and icd.is_category_or_subcategory(code) and code[0] not in "STUVWXYZO" and len(code) <= 6
    ]  # fmt: skip
    return {"code": codes, "name": [str(icd.get_description(c)) for c in codes], "chapter": [chapter(c) for c in codes]}


def _allergies() -> Fields:
    """An entry for each allergen, reaction and severity; a reaction of the whole body is always severe."""
    pool: dict[str, list[Any]] = {"name": [], "kind": [], "reaction": [], "severity": []}
    shares: list[float] = []
    for name, kind, weight in table("allergies"):
        if kind == "drug" and name not in _CLASSES and name.lower() not in medicines():
            raise ValueError(f"no medicine is called {name}")
        reactions = _REACTIONS[kind]
        for reaction, often in reactions.items():
            severities = {"severe": 1} if reaction == "anaphylaxis" else _SEVERITIES
            for severity, share in severities.items():
                for field, value in zip(pool, (name, kind, reaction, severity), strict=True):
                    pool[field].append(value)
                shares.append(float(weight) * often / sum(reactions.values()) * share / sum(severities.values()))
    return {**pool, "weight": whole_weights([round(share, 6) for share in shares], WEIGHT)}


def _labs() -> Fields:
    """Tests with the usual range: numbers in units of the last digit, and of the range so that results spread around it."""
    known = json.loads(data_file("labunits", "data", "analytes.json").read_text(encoding="utf-8"))
    pool: dict[str, list[Any]] = {key: [] for key in "name loinc specimen unit low high reference scale".split()}
    for code, low, high, places in rows("labs"):
        test = known[code]
        factor = 10 ** (3 - int(places))
        ends = [round(float(end) * 10 ** int(places)) for end in (low, high)]
        values = (
            test["name"], code, test["specimen"][0].replace("_", " "), test["traditional_units"], *ends,
            f"{low}-{high} {test['traditional_units']}", factor,
        )  # fmt: skip
        for field, value in zip(pool, values, strict=True):
            pool[field].append(value)
    return dict[str, Sequence[Any]](pool)
