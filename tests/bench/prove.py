"""`make prove`: every floor at full size; target, figure, pass or fail. Name parts to run some of them."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Callable, Iterator

from tests.bench.backups import backup_floors
from tests.bench.catalogue import catalogue_floors
from tests.bench.chaos.run import Plan as ChaosPlan
from tests.bench.chaos.run import chaos
from tests.bench.control import control_floors
from tests.bench.dataset_template import template_floors
from tests.bench.datasets import dataset_floors
from tests.bench.determinism import kill_floors, sameness_floors
from tests.bench.drawings import drawing_floors
from tests.bench.faults import failpoint_floors, fault_floors
from tests.bench.floors import Floor, show
from tests.bench.generators import generator_floors
from tests.bench.language import language_floors
from tests.bench.memory import memory_floors
from tests.bench.pacing import pacing_floors
from tests.bench.preview import preview_floors
from tests.bench.queues import queue_floors
from tests.bench.rows import row_floors
from tests.bench.runs import ROOT
from tests.bench.sakila import sakila_floors
from tests.bench.scale import scale_floors
from tests.bench.schemas_store import store_floors
from tests.bench.seed_kills import kill_load_floors
from tests.bench.seed_remote import remote_floors
from tests.bench.seed_service import service_floors
from tests.bench.seeding import seeding_floors
from tests.bench.speed import Sizes, lineitem_floors, users, users_floors
from tests.bench.startup import startup_floors
from tests.bench.tpch_rules import tpch_rule_floors
from tests.bench.watchers import watcher_floors


def tests(what: str, *arguments: str, **environment: str) -> Iterator[Floor]:
    """A part of the test suite as a floor."""
    command = [sys.executable, "-m", "pytest", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | environment, capture_output=True, text=True)
    last = done.stdout.strip().splitlines()[-1] if done.stdout.strip() else done.stderr[-200:]
    yield Floor(what, "all pass", last.strip("= "), done.returncode == 0)


PARTS: dict[str, Callable[[], Iterator[Floor]]] = {
    "golden": lambda: tests("golden SHA-256 of each example", "tests/golden"),
    "sameness": sameness_floors,
    "kill": kill_floors,
    "rows": row_floors,
    "users": lambda: users_floors(users(Sizes())),
    "tpch": lambda: lineitem_floors(Sizes()),
    "memory": memory_floors,
    "generators": generator_floors,
    "catalogue": catalogue_floors,
    "startup": startup_floors,
    "watchers": watcher_floors,
    "control": control_floors,
    "queues": queue_floors,
    "faults": fault_floors,
    "failpoints": failpoint_floors,
    "chaos": lambda: iter(chaos(ChaosPlan(300))),
    "disk": lambda: tests("a full disk ends the job, not the service", "tests/integration/test_jobs_full_disk.py"),
    "clock": lambda: tests("a clock that is set harms nobody", "tests/integration/test_jobs_clock.py"),
    "snapshot": lambda: tests("a backup is one snapshot", "tests/integration/backup", "-k", "one_snapshot"),
    "secrets": lambda: tests("no secret anywhere", "tests", "-k", "secret or password or canary or redact"),
    "input": lambda: tests("bad input is answered as promised", "tests/contract", "tests/unit/schema", "tests/unit/gateway"),
    "hostile": lambda: tests(
        "every bad or hostile schema is answered in 2 s of CPU", "tests/unit/schema/test_hostile.py", MOCKCRAFT_ANSWER_SECONDS="2"
    ),
    "language": language_floors,
    "scale": scale_floors,
    "preview": preview_floors,
    "tpch-rules": tpch_rule_floors,
    "backup": backup_floors,
    "seeding": seeding_floors,
    "seeding-kills": kill_load_floors,
    "seeding-services": service_floors,
    "seeding-generators": remote_floors,
    "schemas-store": store_floors,
    "five": lambda: tests("one schema, five databases, equal content", "tests/integration/test_five_databases.py"),
    "targets": lambda: tests(
        "bad targets are answered as promised, no password anywhere",
        "tests/integration/test_seeder_doors.py",
        "tests/unit/databases",
    ),
    "schemas-kills": lambda: tests(
        "killed processes, servers and replicas leave no created database",
        "tests/integration/test_schemas_creation.py",
        "-m",
        "not models",
    ),
    "sakila": sakila_floors,
    "schemas": drawing_floors,
    "datasets": dataset_floors,
    "datasets-pacing": pacing_floors,
    "datasets-template": template_floors,
    "readme": lambda: tests("the commands of the documents print what they say", "tests/e2e/test_readme.py"),
    "run": lambda: tests("the main job, at full size", "tests/e2e/test_main_job.py", "-m", "slow"),
}


def measured(part: str) -> Iterator[Floor]:
    """The floors of a part; one more, failed, when it cannot be measured."""
    try:
        yield from PARTS[part]()
    except Exception as error:  # the other parts are still worth their time
        yield Floor(part, "is measured", f"{type(error).__name__}: {error}", False)


def main() -> int:
    """Exit status 1 when a floor is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", help=f"some of: {', '.join(PARTS)}; default all")
    parts = parser.parse_args().parts or list(PARTS)
    unknown = sorted(set(parts) - set(PARTS))
    if unknown:
        parser.error(f"no such part: {', '.join(unknown)}; known are {', '.join(PARTS)}")
    passed = [show(measured(part), part) for part in parts]
    return not all(passed)


if __name__ == "__main__":
    sys.exit(main())
