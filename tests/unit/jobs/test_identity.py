"""Who owns a lease, and who is surely dead."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from services.common.jobs import identity
from services.common.jobs.identity import new_owner, started, surely_dead

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells when a process began")


def owner_of(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.strip()


def test_names_are_fresh_and_their_living_maker_is_not_dead() -> None:
    assert new_owner() != new_owner()
    assert not surely_dead(new_owner())


def test_a_process_that_ended_is_surely_dead() -> None:
    assert surely_dead(owner_of("from services.common.jobs.identity import new_owner; print(new_owner())"))


def test_a_number_used_again_is_another_process() -> None:
    machine = new_owner().split("/")[0]
    assert surely_dead(f"{machine}/{os.getpid()}.{(started(os.getpid()) or 0) + 1}/nonce")


@pytest.mark.parametrize("owner", ["", "someone", "other-machine/1.2/x", "a/b/c"])
def test_in_doubt_nobody_is_dead(owner: str) -> None:
    assert not surely_dead(owner)


def test_where_machines_cannot_be_told_nobody_is_dead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identity, "machine", lambda: "")
    assert not surely_dead("/1.2/x")
