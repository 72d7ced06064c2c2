"""A generator service over an in-memory job store that runs nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.common.jobs.memory import MemoryJobStore
from services.common.jobs.service import JobsService
from services.common.schemas import SchemaRequest
from services.common.settings import Settings
from services.common.storage.local import LocalStorage
from services.generator.service import GeneratorService

TEXT = """
mockcraft: 1
seed: 7
options: {users: 5000}
tables:
  users:
    rows: ${users}
    columns:
      id: {gen: sequence, start: 1}
      first_name: first_name
      last_name: last_name
      email: {gen: email, from: [first_name, last_name], unique: true}
      balance: {gen: decimal, min: 0, max: 1000, scale: 2}
      signup_at: {gen: datetime, start: 2022-01-01, end: as_of, null_rate: 0.1}
      word: faker.word
  orders:
    per: {parent: users, count: {min: 1, max: 3}}
    columns:
      id: sequence
      user_id: {ref: users.id}
      shouted: {expr: "upper(user_id.word)"}
"""


@pytest.fixture
def schema() -> SchemaRequest:
    return SchemaRequest(TEXT)


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[GeneratorService]:
    settings = Settings(data_dir=tmp_path, workers=2)
    made = GeneratorService(settings, JobsService(MemoryJobStore(), storage=LocalStorage(tmp_path)))
    yield made
    made.close()
