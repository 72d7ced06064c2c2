"""Random schemas with everything the language has: whatever they promise holds in the files that the job writes."""

from __future__ import annotations

from tests.acceptance.sweep import sweep


def test_random_schemas_hold_what_they_promise() -> None:
    seen = sweep(40)
    assert seen.broken == []
    assert seen.schemas >= 40
    assert seen.claims > 5_000
    assert set(seen.tables) <= set(range(5, 13))
    assert len(seen.tables) >= 4
    share, rarest = seen.rarest
    assert share >= 0.2, rarest
