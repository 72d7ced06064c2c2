"""What the runner's first and last events tell beside the rows."""

from pathlib import Path

import pytest

from runner import job, protocol
from runner.spec import Output
from tests.integration.runs import run, spec_of
from tests.unit.engine.plans import shop

SHOP = shop(500)


def test_the_first_event_names_the_tables_in_load_order(tmp_path: Path) -> None:
    done = run(spec_of(SHOP, tmp_path, Output(format="csv")))
    assert done.one("init")["loadOrder"] == [table.name for table in SHOP.tables]


def test_the_last_event_has_the_rate_of_its_attempt(tmp_path: Path) -> None:
    complete = run(spec_of(SHOP, tmp_path, Output(format="csv"))).one("complete")
    assert complete["rowsPerSecond"] * complete["durationSeconds"] == pytest.approx(complete["rows"], rel=0.1)


def test_load_order_is_left_out_where_the_event_would_not_fit_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "LINE_ROOM", 10)
    made = job.Job(spec_of(SHOP, tmp_path, Output(format="csv")), None, None)  # type: ignore[arg-type]
    assert "loadOrder" not in made._totals()
