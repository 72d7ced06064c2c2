"""Logs: one JSON object a line, libraries' too, and no secret in any."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator

import orjson
import pytest
import structlog

from services.common.settings import Settings
from services.common.telemetry import setup_logging, setup_tracing


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    text = io.StringIO()
    kept = logging.getLogger().handlers[:]
    yield text
    logging.getLogger().handlers[:] = kept
    logging.getLogger().setLevel(logging.WARNING)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def start(text: io.StringIO, **more: str) -> None:
    setup_logging(Settings(**more), "test")  # type: ignore[arg-type]
    (handler,) = logging.getLogger().handlers
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(text)


def test_a_line_is_a_json_object(lines: io.StringIO) -> None:
    start(lines)
    structlog.get_logger("ours").info("something happened", rows=3)
    logging.getLogger("theirs").warning("hm %s", 1)
    ours, theirs = (orjson.loads(line) for line in lines.getvalue().splitlines())
    assert (ours["event"], ours["rows"], ours["level"], ours["service"]) == ("something happened", 3, "info", "test")
    assert (theirs["event"], theirs["logger"]) == ("hm 1", "theirs") and theirs["timestamp"].endswith("Z")


@pytest.mark.parametrize("form", ["json", "console"])
def test_no_secret_leaves(lines: io.StringIO, form: str) -> None:
    start(lines, log_format=form)
    url = "postgresql://u:canary-secret@h/d"
    structlog.get_logger().warning(f"at {url}", url=url, nested={"url": url}, password="canary-secret")
    logging.getLogger("lib").error("bad %s", url)
    try:
        token_of_a_local = url
        raise ValueError(f"no {token_of_a_local}")
    except ValueError:
        structlog.get_logger().exception("failed")
    assert "failed" in lines.getvalue() and "ValueError" in lines.getvalue()
    assert "canary-secret" not in lines.getvalue()


def test_the_level_is_kept(lines: io.StringIO) -> None:
    start(lines, log_level="error")
    structlog.get_logger().warning("no")
    structlog.get_logger().error("yes")
    assert [orjson.loads(line)["event"] for line in lines.getvalue().splitlines()] == ["yes"]


def test_traces_are_off_without_a_collector() -> None:
    assert not setup_tracing(Settings(), "test")


def test_a_line_takes_whatever_is_bound_to_it() -> None:
    from services.common.telemetry import _line

    assert _line({"a": 1, "b": "ä"}, str) == '{"a":1,"b":"ä"}'
    assert _line({"a": 2**80, "b": "\ud800", "c": object}, str).startswith('{"a": 1208925819614629174706176, "b": "\\ud800"')
