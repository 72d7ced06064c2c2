"""One schema in all five databases: how each is opened, and what it holds as digests of its tables."""

from __future__ import annotations

from typing import Any

from runner.plan import Plan
from services.common.databases import Target, connect
from services.common.databases.digest import Digest, digest
from services.seeder.sql import SqlTarget
from tests.integration.seed_places import types

DATABASES = ("postgres_url", "mariadb_url", "sqlite_url", "mongodb_url", "redis_url")
SCHEMA = """
mockcraft: 1
seed: 5
options: {people: 4K}
tables:
  people:
    rows: ${people}
    columns:
      id: sequence
      first_name: first_name
      last_name: last_name
      email: {gen: email, from: [first_name, last_name], unique: true}
      key: {gen: uuid, unique: true}
      born: {gen: date, start: 1950-01-01, end: 2005-12-31}
      seen_at: {gen: datetime, start: 2022-01-01, end: as_of, null_rate: 0.2}
      opens: {gen: time, null_rate: 0.5}
      height: {gen: float, min: 1.2, max: 2.2}
      balance: {gen: decimal, min: -1000, max: 100000, scale: 2, null_rate: 0.1}
      active: bool
      note: {gen: sentence, null_rate: 0.3}
      home: {object: {street: street_address, city: city, floor: {gen: int, min: 0, max: 9}}}
      tags: {array: {of: word, min: 0, max: 3}, type: array(text)}
      boss_id: {ref: people.id, pick: earlier, null_rate: 0.2}
  visits:
    per: {parent: people, count: {min: 0, max: 5}}
    primary_key: [person_id, number]
    columns:
      person_id: {ref: people.id}
      number: ordinal
      at: {gen: datetime, start: 2024-01-01, end: as_of}
      spent: {gen: decimal, min: 0, max: 500, scale: 2}
"""


def content(url: str, plan: Plan) -> dict[str, Digest]:
    """What the target of a checked URL holds, read back."""
    target = opened(url, plan)
    try:
        return {t.name: digest(target.read(t, [c.name for c in t.written]), types(t)) for t in plan.tables}
    finally:
        target.close()


def opened(url: str, plan: Plan) -> Target:
    """The target, as the loader drives it."""
    found: Any = connect(url)
    target: Target = found if hasattr(found, "load_block") else SqlTarget(found, plan)
    return target
