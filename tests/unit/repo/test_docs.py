"""What can be forgotten in the documents is tested for."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from google.api import annotations_pb2
from google.protobuf.descriptor import FileDescriptor
from mockcraft.backup.v1 import backup_pb2
from mockcraft.generator.v1 import generator_pb2
from mockcraft.jobs.v1 import jobs_pb2
from mockcraft.schemas.v1 import schemas_pb2
from mockcraft.seeder.v1 import seeder_pb2

from docs.generate import made, setting_fields
from runner.failpoints import NAMES
from runner.formats import format_names
from runner.generators import build, catalogue, registry
from runner.generators.registry import Make
from runner.protocol import EVENT_TYPES
from services.common.settings import Settings
from services.common.vault import KEY_FILE

ROOT = Path(__file__).parents[3]
FILES = [module.DESCRIPTOR for module in (generator_pb2, jobs_pb2, seeder_pb2, backup_pb2, schemas_pb2)]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]


def page(name: str) -> str:
    return (ROOT / "docs" / name).read_text()


@pytest.mark.parametrize("path", PAGES, ids=lambda p: p.name)
def test_parts_that_come_from_the_code_are_up_to_date(path: Path) -> None:
    assert made(path.read_text()) == path.read_text(), "run `make docs`"


@pytest.mark.parametrize("path", PAGES, ids=lambda p: p.name)
def test_links_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", path.read_text()):
        assert target.startswith("http") or (path.parent / target).exists(), target


def test_every_setting_is_documented_with_its_meaning() -> None:
    for key, (_, meaning) in setting_fields(Settings).items():
        assert meaning, key
        assert f"| `{key}` |" in page("configuration.md")


def test_every_generator_and_format_is_documented() -> None:
    for name in catalogue():
        assert f"`{name}`" in page("generators.md")
    for name in format_names():
        assert f"### {name}\n" in page("formats.md")


def routes(file: FileDescriptor) -> Iterator[str]:
    for service in file.services_by_name.values():
        for method in service.methods:
            rule = method.GetOptions().Extensions[annotations_pb2.http]
            verb = rule.WhichOneof("pattern")
            if verb:
                yield f"{verb.upper()} {getattr(rule, verb)}"


@pytest.mark.parametrize("route", [route for file in FILES for route in routes(file)])
def test_every_route_is_documented(route: str) -> None:
    assert f"`{route}`" in page("api.md")


def test_promises_name_tests_and_parts_that_exist() -> None:
    rows = re.findall(r"^\| (.+) \| (.+) \| (.+) \| (.+) \|$", page("reliability.md").partition("## Promises")[2], flags=re.M)[2:]
    assert len(rows) >= 18
    parts = set(re.findall(r'^    "([a-z-]+)": ', (ROOT / "tests/bench/prove.py").read_text(), flags=re.M))
    for what, _, tests, shown in rows:
        assert re.findall(r"`([^`]+)`", tests), what
        assert all((ROOT / name).exists() for name in re.findall(r"`([^`]+)`", tests)), what
        assert set(re.findall(r"`([^`]+)`", shown)) <= parts, what
        assert "`" in shown or shown == "(tests alone)", what


def test_every_failpoint_is_documented() -> None:
    for name in NAMES:
        assert f"| `{name}` |" in page("reliability.md")


def test_every_event_is_documented() -> None:
    for name in EVENT_TYPES:
        assert f"| `{name}` |" in page("protocol.md")


@pytest.mark.parametrize(
    "code",
    ["DISK_QUOTA", "QUEUE_FULL", "SEQ_OUT_OF_RANGE", "EVENTS_EXPIRED", "WORKER_STALLED", "WATCH_BROKEN", "SERVER_UNREACHABLE"],
)
def test_what_stops_a_job_or_who_follows_it_is_explained(code: str) -> None:
    assert f"`{code}`" in page("troubleshooting.md")


def test_every_field_and_state_of_a_job_is_documented() -> None:
    job = jobs_pb2.Job.DESCRIPTOR
    states = [value.name.removeprefix("STATE_") for value in job.enum_types_by_name["State"].values if value.number]
    for name in (*(field.json_name for field in job.fields), *states):
        assert f"`{name}`" in page("api.md").partition("## Jobs")[2], name


def test_what_lies_in_the_data_folder_is_documented() -> None:
    told = page("configuration.md").partition("## Where things are")[2]
    for name in (
        "jobs.db",
        "schemas.db",
        "outputs/",
        "checkpoints/",
        "backups/",
        "dictionaries/",
        "stored/",
        "databases/",
    ):
        assert f"| `{name}` |" in told, name
    assert f"| `{KEY_FILE}` |" in told


def test_codes_in_the_documents_are_codes_of_the_program() -> None:
    sources = [p.read_text() for folder in ("runner", "services", "cli") for p in (ROOT / folder).rglob("*.py")]
    for path in PAGES:
        for code in re.findall(r"`([A-Z]+_[A-Z_]+)`", path.read_text()):
            known = any(f'"{code}"' in source for source in sources)
            assert known or code.startswith(("MOCKCRAFT_", "DATABASE_", "PYTHON_", "REDIS_", "AWS_", "S3_")), (path.name, code)


def test_make_targets_in_the_documents_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), flags=re.M))
    for path in PAGES:
        named = set(re.findall(r"`make ([a-z-]+)", path.read_text()))
        assert named <= targets, (path.name, named - targets)


def test_the_recipe_for_a_generator_works(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_REGISTERED", dict(registry.registered()))
    code = re.search(r"```python\n(.*?)```", page("adding.md"), flags=re.S)
    assert code
    exec(code[1], {})
    found = registry.registered()["commerce.glove_size"]
    made_ = build(found, {}, Make(seed=1, table="t", column="c", rows=10, as_of=0))
    assert made_.distinct == 5
