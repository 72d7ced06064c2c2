"""OpenAPI, the page made from it, and the JSON Schema of schemas."""

from __future__ import annotations

import re

from openapi_spec_validator import validate

from runner.schema.json_schema import json_schema
from services.gateway.app import ROUTES
from services.gateway.docs_page import render
from services.gateway.openapi import comments, openapi


def test_the_document_is_valid_openapi():
    validate(openapi())


def test_every_canonical_route_is_in_the_document():
    documented = set(openapi()["paths"])
    missing = {path for _, path, _, _ in ROUTES if path.startswith("/api/v1/") and path != "/api/v1/openapi.json"} - documented
    assert not missing


def test_every_field_has_its_comment():
    for schema in openapi()["components"]["schemas"].values():
        assert all(each.get("description") for name, each in schema["properties"].items() if name != "findings")


def test_comments_are_those_of_the_protos():
    assert comments()["mockcraft.jobs.v1.Job.State.PAUSED"].startswith("No process, no connection")


async def test_the_page_loads_nothing(client):
    answer = await client.get("/docs")
    text = await answer.text()
    assert answer.content_type == "text/html" and "/api/v1/generations" in text
    assert "<script" not in text and not re.search(r"(src|href)=\"(https?:)?//", text)
    assert "script-src" not in answer.headers["Content-Security-Policy"]


def test_the_page_escapes_what_it_shows():
    hostile = {"info": {"title": "<b>", "description": ""}, "paths": {}, "components": {"schemas": {"x": {"description": "<i>"}}}}
    assert "<b>" not in render(hostile) and "<i>" not in render(hostile)


async def test_documents_are_served(client):
    assert await (await client.get("/api/v1/openapi.json")).json() == openapi()
    schema = await client.get("/api/v1/schema.json")
    assert schema.status == 200 and await schema.json(content_type="application/schema+json") == json_schema()


async def test_the_bare_address_leads_to_the_page(client):
    answer = await client.get("/", allow_redirects=False)
    assert (answer.status, answer.headers["Location"]) == (302, "/docs")
