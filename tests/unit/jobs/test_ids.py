"""Job ids."""

from __future__ import annotations

import pytest

from services.common.jobs.ids import PREFIXES, kind_of, new_job_id


@pytest.mark.parametrize("kind", PREFIXES)
def test_ids_sort_by_time_and_carry_their_kind(kind: str) -> None:
    ids = [new_job_id(kind) for _ in range(2000)]
    assert ids == sorted(ids) and len(set(ids)) == len(ids)
    assert {kind_of(one) for one in ids} == {kind} and ids[0].startswith(f"{PREFIXES[kind]}_")


@pytest.mark.parametrize(
    "text",
    ["", "gen_", "gen_x", "nope_" + "0" * 26, "gen_" + "0" * 27, "gen_" + "u" * 26, "gen_" + "0" * 26 + "\n", "GEN_" + "0" * 26],
)
def test_malformed_ids_have_no_kind(text: str) -> None:
    assert kind_of(text) is None


def test_ids_of_a_clock_that_goes_back_still_sort(monkeypatch: pytest.MonkeyPatch) -> None:
    first = new_job_id("generation")
    monkeypatch.setattr("time.time_ns", lambda: 0)
    assert new_job_id("generation") > first
