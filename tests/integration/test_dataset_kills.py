"""Text datasets by child processes that ask a faulty server: kills, pauses, commands by hand."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from runner.datasets.spec import DatasetSpec
from runner.failpoints import NAMES
from runner.protocol import EXIT_CANCELLED, EXIT_ORPHANED, EXIT_PAUSED
from tests.datasets_server import Behaviour, Server, datasets_server
from tests.integration.dataset_runs import (
    FAULTS,
    dataset_spec,
    events_of,
    finished,
    kill_often,
    near_pairs,
    records_of,
    start,
    when,
    wrong_with,
)

COUNT = 300
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with datasets_server(FAULTS) as server:
        yield server


@pytest.fixture(scope="module")
def unbroken(server: Server, tmp_path_factory: pytest.TempPathFactory) -> DatasetSpec:
    """A job that nothing disturbed."""
    spec = dataset_spec(tmp_path_factory.mktemp("unbroken"), server, COUNT)
    code, events = finished(spec)
    assert code == 0, events[-1]
    server.asked.clear()
    server.answered.clear()
    return spec


def same(one: DatasetSpec, other: DatasetSpec) -> bool:
    """Whether both wrote the same bytes."""
    return all((one.out_dir / n).read_bytes() == (other.out_dir / n).read_bytes() for n in ("dataset.jsonl", "manifest.json"))


def test_a_dataset_is_exact_in_spite_of_all_faults(unbroken: DatasetSpec) -> None:
    assert wrong_with(unbroken) == []
    assert near_pairs(unbroken, 0.87) == 0
    rejected = json.loads((unbroken.out_dir / "manifest.json").read_text())["rejected"]
    assert {"exact_duplicate", "refusal"} <= set(rejected)


def test_kills_change_nothing_and_no_stored_answer_is_asked_for_again(
    server: Server, unbroken: DatasetSpec, tmp_path: Path
) -> None:
    server.asked.clear()
    server.answered.clear()
    spec = dataset_spec(tmp_path, server, COUNT)
    killed = kill_often(spec, server, kills=5, longest=0.5, chance=Random(11))
    assert killed.asked_again == 0
    assert killed.lost <= killed.kills * killed.longest_flight
    assert same(spec, unbroken)
    assert [e["type"] for e in killed.events].count("complete") == 1


MODEL_POINTS = [name for name in NAMES if name.startswith("dataset.") and name not in ("dataset.block", "dataset.checkpointed")]


@pytest.mark.parametrize("point", MODEL_POINTS)
def test_death_at_each_point_changes_nothing(point: str, server: Server, unbroken: DatasetSpec, tmp_path: Path) -> None:
    spec = dataset_spec(tmp_path, server, COUNT)
    shutil.copy(unbroken.answers_path, spec.answers_path)  # most answers are there already
    if point in ("dataset.answered", "dataset.stored"):
        spec = dataset_spec(tmp_path, server, 20)
        spec.answers_path.unlink()
    late = "" if point in ("dataset.before_files", "dataset.before_complete") else ":5"
    code, events = finished(spec, failpoint=point + late)
    assert code == -signal.SIGKILL, events[-1:]
    code, events = finished(spec)
    assert code == 0, events[-1]
    assert wrong_with(spec) == []
    if spec.request.target_count == COUNT:
        assert same(spec, unbroken)


def template_spec(folder: Path, server: Server, format: str) -> DatasetSpec:
    """A job of the template model, of one checkpoint and a bit."""
    request = {"model_name": "template", "output_format": format, "kinds": ("classification",), "labels": ("a", "b")}
    return dataset_spec(folder, server, 150_000, **request)


@pytest.fixture(scope="module")
def made(server: Server, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Files of the template model that nothing disturbed."""
    files = {}
    for format in ("jsonl", "parquet"):
        spec = template_spec(tmp_path_factory.mktemp(format), server, format)
        assert finished(spec)[0] == 0
        files[format] = (spec.out_dir / f"dataset.{format}").read_bytes()
    return files


TEMPLATE_DEATHS = [
    ("dataset.block:3", "jsonl"),
    ("dataset.checkpointed", "jsonl"),
    ("dataset.block:9", "jsonl"),
    ("dataset.before_complete", "jsonl"),
    ("dataset.checkpointed", "parquet"),
    ("runner.before_rename", "parquet"),
    ("runner.after_rename", "parquet"),
]


@pytest.mark.parametrize(("point", "format"), TEMPLATE_DEATHS)
def test_death_of_the_template_model_changes_nothing(
    point: str, format: str, server: Server, made: dict[str, bytes], tmp_path: Path
) -> None:
    spec = template_spec(tmp_path, server, format)
    assert finished(spec, failpoint=point)[0] == -signal.SIGKILL
    code, events = finished(spec)
    assert code == 0, events[-1]
    assert (spec.out_dir / f"dataset.{format}").read_bytes() == made[format]
    assert {path.name for path in spec.out_dir.iterdir()} == {f"dataset.{format}", "manifest.json", "README.md", "report.html"}
    resumed = next(e["data"]["resumeFrom"] for e in events if e["type"] == "start")
    assert (resumed is None) == (point == "dataset.block:3")


def test_every_failpoint_of_datasets_is_passed() -> None:
    tried = {*MODEL_POINTS, *(point.partition(":")[0] for point, _ in TEMPLATE_DEATHS)}
    assert {name for name in NAMES if name.startswith("dataset.")} <= tried


def asking(event: dict[str, Any]) -> bool:
    return event["type"] == "progress" and event["data"].get("model", {}).get("inFlight", 0) > 0


@pytest.mark.parametrize(("command", "status", "seconds"), [("pause", EXIT_PAUSED, 2.0), ("cancel", EXIT_CANCELLED, 5.0)])
def test_a_job_obeys_in_time_though_the_model_does_not_answer(command: str, status: int, seconds: float, tmp_path: Path) -> None:
    with datasets_server(Behaviour(seconds=600)) as slow:
        spec = dataset_spec(tmp_path, slow, 50)
        child = start(spec, supervised=True)
        order = json.dumps({"command": command}).encode() + b"\n"
        events, took = when(child, asking, order, b'{"api_key": "sk-canary"}\n')
    assert child.returncode == status
    assert took < seconds
    assert events[-1]["type"] == "shutdown"
    assert events[-1]["data"]["resumable"] is (command == "pause")
    assert "sk-canary" not in json.dumps(events)


def test_paused_jobs_go_on_and_sigterm_is_a_pause(server: Server, unbroken: DatasetSpec, tmp_path: Path) -> None:
    spec = dataset_spec(tmp_path, server, COUNT)
    child = start(spec)
    events = []
    for event in events_of(child):
        events.append(event)
        if event["type"] == "checkpoint" and len([e for e in events if e["type"] == "checkpoint"]) == 2:
            child.send_signal(signal.SIGTERM)
    assert child.returncode == EXIT_PAUSED
    assert (events[-1]["type"], events[-1]["data"]["reason"]) == ("shutdown", "sigterm")
    paused = events[-1]["data"]["checkpoint"]
    assert paused["rows"] >= 50
    code, events = finished(spec)
    assert code == 0
    assert next(e for e in events if e["type"] == "start")["data"]["resumeFrom"] == paused
    assert same(spec, unbroken)


def test_a_child_ends_with_its_supervisor(tmp_path: Path) -> None:
    with datasets_server(Behaviour(seconds=600)) as slow:
        child = start(dataset_spec(tmp_path, slow, 50), supervised=True)
        for event in events_of(child, stdin=b"{}\n"):
            if asking(event):
                assert child.stdin is not None
                child.stdin.close()
                break
        assert child.wait(10) == EXIT_ORPHANED
        assert child.stdout is not None
        child.stdout.close()


BY_HAND = {
    "targetSize": 100,
    "batchSize": 10,
    "outputFile": "test_dataset",
    "outputFormat": "jsonl",
    "domainDescription": "Test domain",
    "topics": ["Test"],
}


def by_hand(config: Any, program: tuple[str, ...] = ("-m", "runner")) -> list[str]:
    return [sys.executable, *program, "--generator", "universal", "--config", json.dumps(config)]


@pytest.mark.parametrize("inside", [False, True], ids=["module", "generator_runner.py"])
def test_a_dataset_by_hand(inside: bool, tmp_path: Path) -> None:
    program = ("generator_runner.py",) if inside else ("-m", "runner")
    config = BY_HAND | ({"outputDir": str(tmp_path)} if inside else {})
    done = subprocess.run(by_hand(config, program), cwd=ROOT / "runner" if inside else tmp_path, capture_output=True)
    assert done.returncode == 0, done.stderr
    types = [json.loads(line)["type"] for line in done.stdout.splitlines()]
    assert types[:3] == ["init", "start", "progress"]
    assert "checkpoint" in types
    assert types[-1] == "complete"
    assert {path.name for path in tmp_path.iterdir()} == {"test_dataset.jsonl", "test_dataset_report"}
    lines = (tmp_path / "test_dataset.jsonl").read_text().splitlines()
    assert len(lines) == 100
    assert {json.loads(line)["topic"] for line in lines} == {"Test"}
    complete = json.loads(done.stdout.splitlines()[-1])["data"]
    assert complete["template"] is True
    assert all((tmp_path / one["path"]).stat().st_size == one["bytes"] for one in complete["artifacts"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "give --spec FILE"),
        (["--generator", "universal"], "give --spec FILE"),
        (["--generator", "univesal", "--config", "{}"], "did you mean universal?"),
        (["--generator", "universal", "--config", "{"], "--config is no JSON"),
        (["--generator", "universal", "--config", "[]"], "must be a JSON object"),
        (["--generator", "universal", "--config", '{"batchSize": 5}'], "targetSize is missing"),
        (["--generator", "universal", "--config", '{"targetSize": 0}'], "targetSize: Input should be greater"),
        (["--generator", "universal", "--config", '{"targetsize": 5}'], "did you mean 'targetSize'?"),
        (["--generator", "universal", "--config", '{"targetSize": 5, "outputFile": "../x"}'], "outputFile"),
        (["--generator", "universal", "--config", '{"targetSize": 5, "outputFormat": "xls"}'], "xls"),
    ],
)
def test_misuse_is_status_2_and_a_sentence(arguments: list[str], said: str, tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-m", "runner", *arguments], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stdout == ""
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_after_ctrl_c_the_same_command_goes_on(server: Server, tmp_path: Path) -> None:
    config = BY_HAND | {"targetSize": 200, "modelName": "openai:test"}
    environment = {**os.environ, "MOCKCRAFT_DATASETS__OPENAI_URL": server.url}
    command = by_hand(config)
    child = subprocess.Popen(command, cwd=tmp_path, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    types = []
    for event in events_of(child):
        types.append(event["type"])
        if types.count("checkpoint") == 3:
            child.send_signal(signal.SIGINT)
    assert (child.returncode, types[-1]) == (EXIT_PAUSED, "shutdown")
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert next(e["data"]["resumeFrom"]["rows"] for e in events if e["type"] == "start") >= 30
    assert len((tmp_path / "test_dataset.jsonl").read_text().splitlines()) == 200


def test_records_are_all_there_in_every_kind(server: Server, tmp_path: Path) -> None:
    kinds = ("instruction", "qa", "chat", "classification", "summarization", "preference", "text")
    spec = dataset_spec(tmp_path, server, 70, kinds=kinds, labels=("bug", "idea"))
    code, events = finished(spec)
    assert code == 0, events[-1]
    made = records_of(spec)
    assert sorted(kind for kind in (one["kind"] for one in made)) == sorted(kinds * 10)
    assert {one["label"] for one in made if one["kind"] == "classification"} == {"bug", "idea"}
