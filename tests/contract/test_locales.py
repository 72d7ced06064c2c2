"""Every locale that Faker ships has names, addresses, telephone numbers and companies on the vector path, by Faker's weights."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from faker import Faker
from faker.config import AVAILABLE_LOCALES

from runner import pools
from runner.engine import Engine
from runner.ops import Op, Python
from runner.plan import Plan
from runner.schema import check
from runner.schema.facts import operands

COLUMNS = (
    "first_name", "last_name", "full_name", "first_name_male", "first_name_female", "middle_name", "prefix", "gender", "username",
    "email", "birth_date", "age", "initials", "city", "state", "postcode", "street_name", "street_address", "address", "country",
    "country_code", "latitude", "longitude", "phone_number", "company", "job",
)  # fmt: skip
NOTHING = {
    "ar_BH": "licence plates", "ar_EG": "dates", "el_CY": "identity numbers", "la": "words", "lb_LU": "identity numbers",
    "mt_MT": "identity numbers", "ng_NG": "currencies", "sq_AL": "licence plates", "sr_BA": "identity numbers",
}  # fmt: skip
"""Locales of Faker without names, addresses, telephone numbers or companies, and what there is instead."""
ONLY_ONE = {("de_LI", "city"), ("de_LI", "state"), ("de_LI", "postcode")}
"""Liechtenstein has one town in the data: Vaduz."""
LEFT_OUT = frozenset({"بن لادن"})
"""Family names of Faker that bring one man to mind."""


def planned(columns: dict[str, Any], locale: str, rows: int) -> Plan:
    checked = check({"locale": locale, "tables": {"t": {"rows": rows, "columns": columns}}})
    assert checked.plan, checked.findings
    return checked.plan


def made(plan: Plan) -> pa.RecordBatch:
    return Engine(plan).batch("t", 0, plan.tables[0].rows)


def every(op: Op) -> list[Op]:
    return [op, *(inner for operand in operands(op) for inner in every(operand))]


def test_no_locale_of_faker_is_missing() -> None:
    missing = {locale for locale in AVAILABLE_LOCALES if pools.locale_of(locale) is None}
    assert missing == set(NOTHING)
    assert len(pools.locales()) >= 95


@pytest.mark.parametrize("locale", pools.locales())
def test_a_locale_makes_whole_rows_on_the_vector_path(locale: str) -> None:
    plan = planned({name: name for name in COLUMNS}, locale, 1_000)
    assert not [op for column in plan.tables[0].columns for op in every(column.op) if isinstance(op, Python)]
    rows = made(plan)
    for name in COLUMNS:
        found = rows.column(name)
        assert found.null_count == 0, name
        texts = [str(text) for text in found.to_pylist()]
        assert all(text.strip() and not set(text) & set("{}#") for text in texts), name
        assert len(set(texts)) > 1 or name in ("country", "country_code") or (locale, name) in ONLY_ONE, name
    assert len(set(rows.column("email").to_pylist())) == len(set(rows.column("username").to_pylist())) == 1_000


def fakers_own(locale: str, kind: str) -> dict[str, Fraction]:
    """The weights of Faker's provider itself, by name."""
    provider = next(p for p in Faker(locale).factories[0].get_providers() if p.__provider__.endswith(".person"))
    names: Any = getattr(provider, kind)
    items = names.items() if isinstance(names, Mapping) else ((name, 1) for name in names)
    weights: dict[str, Fraction] = {}
    for name, weight in items:
        text = " ".join(str(name).split())
        weights[text] = weights.get(text, Fraction(0)) + Fraction(str(weight))
    return weights


@pytest.mark.parametrize(
    ("locale", "generator", "kind"),
    [
        ("en_US", "last_name", "last_names"),
        ("en_US", "first_name_female", "first_names_female"),
        ("en_GB", "first_name_male", "first_names_male"),
        ("de_DE", "last_name", "last_names"),
        ("fr_FR", "last_name", "last_names"),
        ("id_ID", "first_name_male", "first_names_male"),
        ("ja_JP", "last_name", "last_names"),
        ("nl_NL", "first_name_male", "first_names_male"),
        ("zh_CN", "last_name", "last_names"),
        ("ru_RU", "first_name_male", "first_names_male"),
        ("ar_SA", "last_name", "last_names"),
    ],
)
def test_names_come_as_often_as_in_faker(locale: str, generator: str, kind: str) -> None:
    rows = 300_000
    weights = {name: weight for name, weight in fakers_own(locale, kind).items() if name not in LEFT_OUT}
    found = made(planned({"a": generator}, locale, rows)).column("a").to_pylist()
    values, counts = np.unique(np.array(found), return_counts=True)
    assert set(values.tolist()) <= set(weights)
    seen = dict(zip(values.tolist(), counts.tolist(), strict=True))
    expected = np.array([float(w / sum(weights.values())) for w in weights.values()]) * rows
    got = np.array([seen.get(name, 0) for name in weights])
    often = expected >= 50
    assert often.sum() >= 20
    chi = ((got - expected) ** 2 / expected)[often].sum() / often.sum()
    assert 0.5 < chi < 1.5
