"""Requests made from the OpenAPI document, sent to the real services: never a 500, always an answer as documented."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis import checks
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from services.common.settings import RateLimits
from services.gateway.openapi import openapi
from tests.integration.stack import stack_in_a_thread

schema = schemathesis.openapi.from_dict(openapi())
schema.config.generation.update(modes=list(schemathesis.GenerationMode))
CHECKS = [checks.not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    unlimited = RateLimits(read=0, create=0, steer=0, compute=0, stream=0, download=0)
    with stack_in_a_thread(tmp_path_factory.mktemp("openapi"), rate_limits=unlimited) as url:
        yield url


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        yield session


@schema.parametrize()
@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_answers_are_as_documented(case: schemathesis.Case, url: str, session: requests.Session) -> None:
    answer = case.call_and_validate(base_url=url, session=session, checks=CHECKS, timeout=20)
    assert answer.status_code < 500
