"""Fixtures every test may use, and the look at the end of a whole run whether each failpoint killed somebody."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from runner.failpoints import NAMES
from runner.platform import stop_signals

pytest_plugins = ["tests.servers"]

HIT = "MOCKCRAFT_FAILPOINTS_HIT"
FOLDER = pytest.StashKey[Path]()


def pytest_configure(config: pytest.Config) -> None:
    """Have failpoints that kill a process say so, to whoever runs the tests: the workers of xdist inherit it."""
    if not os.environ.get(HIT):
        config.stash[FOLDER] = Path(tempfile.mkdtemp(prefix="mockcraft-failpoints-"))
        os.environ[HIT] = str(config.stash[FOLDER])


def pytest_unconfigure(config: pytest.Config) -> None:
    """Clean up."""
    if folder := config.stash.get(FOLDER, None):
        os.environ.pop(HIT, None)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """A run of all tests fails for a failpoint that killed nobody; where servers are missing some cannot."""
    folder = session.config.stash.get(FOLDER, None)
    if folder is None or not _whole(session.config) or session.exitstatus != pytest.ExitCode.OK:
        return
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = [str(report.longrepr) for report in reporter.stats.get("skipped", ())]
    never = sorted(set(NAMES) - {path.name for path in folder.iterdir()})
    if never and not any("is not installed" in why for why in skipped):
        reporter.write_line(f"failpoints that killed nobody: {', '.join(never)}", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _whole(config: pytest.Config) -> bool:
    """Whether every test was to run that runs by default."""
    asked = {(config.rootpath / each).resolve() for each in config.args}
    chosen = config.option.keyword or config.option.deselect or config.option.markexpr != "not slow and not models"
    return asked == {(config.rootpath / each).resolve() for each in config.getini("testpaths")} and not chosen


@pytest.fixture(autouse=True)
def _signals_as_before() -> Iterator[None]:
    """A command that was run within the tests leaves no signal ignored: children would inherit that."""
    before = {number: signal.getsignal(number) for number in stop_signals()}
    yield
    for number, handler in before.items():
        if handler is not None and signal.getsignal(number) is not handler:
            signal.signal(number, handler)
