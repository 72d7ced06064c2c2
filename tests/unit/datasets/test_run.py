"""Jobs with a model in memory: exact counts, order, top-up, giving up, stopping, resuming, telling."""

from __future__ import annotations

import json
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random
from typing import Any, Literal

import pytest

from runner.datasets import collecting, plan
from runner.datasets import run as running
from runner.datasets.answers import Answers
from runner.datasets.journal import Journal
from runner.datasets.models import ModelError, Prompt
from runner.datasets.run import DatasetJob
from runner.datasets.spec import DatasetSpec
from runner.platform import FileLock
from runner.protocol import EXIT_CANCELLED, EXIT_DONE, EXIT_FAILED, EXIT_PAUSED, Commands
from tests.unit.datasets.fakes import FAULTS, FakeModel, Told, good, run_job, spec_of

COUNT = 300


def records(spec: DatasetSpec) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (spec.out_dir / "dataset.jsonl").read_text().splitlines()]


def stopping(command: Literal["pause", "cancel"]) -> tuple[Told, Commands]:
    """Events and commands of a job that is asked to stop at its first checkpoint."""
    commands = Commands(False)
    return Told(on=lambda type_, data: commands.ask(command) if type_ == "checkpoint" else None), commands


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The file of a job of 300 records and many faults that nothing disturbed."""
    with pytest.MonkeyPatch.context() as patch:
        spec = spec_of(tmp_path_factory.mktemp("unbroken"), COUNT)
        assert run_job(spec, FakeModel(0.3), patch)[0] == EXIT_DONE
        return (spec.out_dir / "dataset.jsonl").read_bytes()


def test_every_record_is_there_once_with_exact_coverage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec, model = spec_of(tmp_path, COUNT, personas=("student", "expert")), FakeModel(0.3)
    status, told = run_job(spec, model, monkeypatch)
    made = records(spec)
    assert status == EXIT_DONE
    assert [one["id"] for one in made] == list(range(COUNT))
    counts = Counter((r["topic"], r["kind"], r["difficulty"], r["persona"], "") for r in made)
    assert counts == plan.expected(spec.request)
    assert len({r["instruction"] for r in made}) == len({r["output"] for r in made}) == COUNT
    assert model.closed
    assert set(model.asked.values()) == {1}
    rejected = told.last[1]["rejected"]
    assert {"exact_duplicate", "refusal", "malformed_json", "wrong_schema", "truncated", "empty"} >= set(rejected)
    assert rejected["exact_duplicate"] > 0 < rejected["refusal"]


def test_events_tell_the_whole_story(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, told = run_job(spec_of(tmp_path, 100, batch_size=10), FakeModel(0.2), monkeypatch)
    types = [type_ for type_, _ in told.events]
    assert types[:3] == ["init", "start", "progress"]
    assert types[-2:] == ["progress", "complete"] or types[-1] == "complete"
    assert types.count("complete") == 1
    assert told.all("init")[0]["totals"]["rows"] == told.all("start")[0]["total"] == 100
    progress = told.all("progress")
    assert (progress[0]["current"], progress[-1]["current"], progress[-1]["percentage"]) == (0, 100, 100)
    assert {"rate", "accepted", "rejected", "duplicates", "tokens", "concurrency", "etaSeconds", "unit"} <= set(progress[-1])
    rows = [checkpoint["rows"] for checkpoint in told.all("checkpoint")]
    assert rows == sorted(rows)
    assert [row for row in rows if row % 10 == 0] == list(range(10, 101, 10))
    artifacts = told.last[1]["artifacts"]
    assert artifacts[0]["name"] == "dataset.jsonl"
    assert "manifest.json" in {one["name"] for one in artifacts}
    for one in artifacts:
        assert (tmp_path / "out" / one["path"]).stat().st_size == one["bytes"]


def test_who_answers_first_does_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unbroken: bytes) -> None:
    spec = spec_of(tmp_path, COUNT, batch_size=7)
    run_job(spec, FakeModel(0.3, slow=0.03), monkeypatch)
    assert (spec.out_dir / "dataset.jsonl").read_bytes() == unbroken


class Death(BaseException):
    """The end of a process, as far as a test can have it: nothing is written on the way out."""


@pytest.mark.parametrize(("point", "most"), [("dataset.judged", 60), ("dataset.committed", 5)])
def test_deaths_change_nothing(point: str, most: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unbroken: bytes) -> None:
    spec, model, chance = spec_of(tmp_path, COUNT, batch_size=9), FakeModel(0.3), Random(point)
    deaths, status = 0, -1
    while status < 0:
        with monkeypatch.context() as patch:
            patch.setattr(collecting, "failpoint", dying(point, chance.randrange(1, most), patch))
            try:
                status, _ = run_job(spec, model, patch)
            except Death:
                deaths += 1
    assert status == EXIT_DONE
    assert deaths >= 5
    assert (spec.out_dir / "dataset.jsonl").read_bytes() == unbroken
    assert set(model.asked.values()) == {1}


def dying(point: str, left: int, patch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """A failpoint at which the job dies when it passes it so many times."""
    passes = iter(range(left - 1, -1, -1))

    def pass_(name: str) -> None:
        if name == point and next(passes) == 0:
            patch.setattr(collecting.Collector, "_commit", lambda self: None)
            raise Death

    return pass_


def test_a_pause_keeps_what_was_answered_and_a_resume_asks_for_nothing_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unbroken: bytes
) -> None:
    spec, model = spec_of(tmp_path, COUNT), FakeModel(0.3, slow=0.05)
    for _ in range(4):
        began = time.monotonic()
        status, told = run_job(spec, model, monkeypatch, *stopping("pause"))
        assert status == EXIT_PAUSED
        assert time.monotonic() - began < 3
        assert told.last[0] == "shutdown"
        assert told.last[1] == {"reason": "pause", "resumable": True, "checkpoint": {"rows": told.last[1]["checkpoint"]["rows"]}}
    status, told = run_job(spec, model, monkeypatch)
    assert status == EXIT_DONE
    assert told.all("start")[0]["resumeFrom"]["rows"] > 0
    assert (spec.out_dir / "dataset.jsonl").read_bytes() == unbroken
    assert set(model.asked.values()) == {1}


def test_a_pause_does_not_wait_for_a_model_that_does_not_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for command, status in (("pause", EXIT_PAUSED), ("cancel", EXIT_CANCELLED)):
        commands, asked = Commands(False), 0.0

        def progress(type_: str, data: Mapping[str, Any], commands: Commands = commands, command: Any = command) -> None:
            nonlocal asked
            if type_ == "progress" and data.get("concurrency"):
                asked = asked or time.monotonic()
                commands.ask(command)

        told = Told(on=progress)
        assert run_job(spec_of(tmp_path, 50), FakeModel(slow=1e6), monkeypatch, told, commands)[0] == status
        assert time.monotonic() - asked < 2
        assert told.last[0] == "shutdown"
        assert told.last[1]["resumable"] is (command == "pause")


def test_a_cancelled_job_leaves_its_answers_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = spec_of(tmp_path, 100)
    assert run_job(spec, FakeModel(), monkeypatch, *stopping("cancel"))[0] == EXIT_CANCELLED
    assert list(spec.out_dir.iterdir()) == []
    assert spec.answers_path.exists()


def test_a_job_that_cannot_reach_its_target_says_so_and_keeps_what_it_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = spec_of(tmp_path, 60, give_up={"tries": 3, "rejected_share": 1, "window": 1000})
    status, told = run_job(spec, FakeModel(0.8), monkeypatch)
    assert status == EXIT_FAILED
    type_, data = told.last
    assert (type_, data["code"], data["retryable"]) == ("error", "DATASET_INCOMPLETE", False)
    made = records(spec)
    assert 0 < len(made) == data["accepted"] == data["artifacts"][0]["rows"] < 60
    assert f"{len(made)} of 60 records: {60 - len(made)} records were rejected 3 times each" in data["message"]
    assert sum(data["rejected"].values()) >= 3 * (60 - len(made))
    manifest = json.loads((spec.out_dir / "manifest.json").read_text())
    assert (manifest["complete"], manifest["accepted"], manifest["target"]) == (False, len(made), 60)


def test_a_resumed_job_goes_on_where_it_gave_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model, hard = FakeModel(0.8), {"rejected_share": 1, "window": 1000}
    spec = spec_of(tmp_path, 60, give_up={"tries": 3, **hard})
    assert run_job(spec, model, monkeypatch)[0] == EXIT_FAILED
    asked = sum(model.asked.values())
    assert run_job(spec, model, monkeypatch)[0] == EXIT_FAILED
    assert sum(model.asked.values()) == asked
    assert run_job(spec_of(tmp_path, 60, give_up={"tries": 60, **hard}), model, monkeypatch)[0] == EXIT_DONE
    assert set(model.asked.values()) == {1}
    assert [one["id"] for one in records(spec)] == list(range(60))


def test_a_model_that_answers_nothing_useful_is_given_up_early(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = spec_of(tmp_path, 5000, give_up={"window": 50})
    status, told = run_job(spec, model := FakeModel(words=FAULTS["refusal"]), monkeypatch)
    assert status == EXIT_FAILED
    assert told.last[1]["code"] == "DATASET_INCOMPLETE"
    assert "50 of the last 50 answers were rejected" in told.last[1]["message"]
    assert told.last[1]["artifacts"] == []
    assert sum(model.asked.values()) < 2000


def test_a_budget_ends_a_job_and_a_larger_one_lets_it_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = FakeModel()
    spec = spec_of(tmp_path, 200, budget={"tokens": 15_000}, max_tokens=64)
    status, told = run_job(spec, model, monkeypatch)
    assert status == EXIT_FAILED
    assert told.last[1]["code"] == "DATASET_INCOMPLETE"
    assert "15000 tokens is used up" in told.last[1]["message"]
    assert 10 < len(records(spec)) < 105
    assert sum(model.asked.values()) * 150 <= 16_000
    assert run_job(spec_of(tmp_path, 200, max_tokens=64), model, monkeypatch)[0] == EXIT_DONE
    assert set(model.asked.values()) == {1}
    assert len(records(spec)) == 200


def test_a_model_that_cannot_be_used_fails_the_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = FakeModel()
    model.fails = lambda prompt: ModelError("MODEL_KEY_REFUSED", "The key was refused.", fatal=True)
    status, told = run_job(spec_of(tmp_path, 10), model, monkeypatch)
    assert status == EXIT_FAILED
    assert told.last == ("error", {"code": "MODEL_KEY_REFUSED", "message": "The key was refused.", "retryable": False})
    assert model.closed


@pytest.mark.parametrize("where", ["answers", "journal"])
def test_a_full_disk_is_called_so_and_the_job_goes_on_after_it(
    where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = sqlite3.OperationalError("database or disk is full")

    def fails(*arguments: Any) -> Any:
        raise full

    with monkeypatch.context() as patch:
        patch.setattr(*((Answers, "put") if where == "answers" else (Journal, "append")), fails)
        status, told = run_job(spec_of(tmp_path, 40), FakeModel(), patch)
    assert status == EXIT_FAILED
    assert (told.last[1]["code"], told.last[1]["retryable"]) == ("DISK_FULL", False)
    assert run_job(spec_of(tmp_path, 40), FakeModel(), monkeypatch)[0] == EXIT_DONE


def test_a_job_obeys_while_it_remembers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = FakeModel()
    assert run_job(spec_of(tmp_path, 50, budget={"tokens": 6_000}, max_tokens=64), model, monkeypatch)[0] == EXIT_FAILED
    commands, accepted = Commands(False), Journal.accepted

    def asked_meanwhile(journal: Journal) -> Any:
        commands.ask("pause")
        return accepted(journal)

    monkeypatch.setattr(Journal, "accepted", asked_meanwhile)
    monkeypatch.setattr(collecting.Duplicates, "add", lambda *arguments: pytest.fail("it went on"))
    status, told = run_job(spec_of(tmp_path, 50), model, monkeypatch, None, commands)
    assert (status, told.last[0]) == (EXIT_PAUSED, "shutdown")


def test_a_prompt_that_is_refused_is_tried_another_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model, refused = FakeModel(), list[Prompt]()

    def fails(prompt: Prompt) -> ModelError | None:
        if prompt.seed % 5:
            return None
        refused.append(prompt)
        return ModelError("MODEL_REFUSED_PROMPT", "No.")

    model.fails = fails
    status, told = run_job(spec_of(tmp_path, 100), model, monkeypatch)
    assert status == EXIT_DONE
    assert told.last[1]["rejected"] == {"refused_by_model": len(refused)}
    assert len(refused) > 5


def test_broken_answers_are_repaired_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def words(chance: Random) -> str:
        return good(chance)

    model = FakeModel(words=words)
    healthy = model.answer

    async def answer(prompt: Prompt) -> Any:
        found = await healthy(prompt)
        if len(prompt.messages) > 2:
            assert "cut off" in prompt.messages[-1].content
            return found
        return type(found)(found.text[:50], 100, 50)

    model.answer = answer  # type: ignore[method-assign]
    status, told = run_job(spec_of(tmp_path, 40), model, monkeypatch)
    assert (status, told.last[1]["rejected"]) == (EXIT_DONE, {})
    assert sum(model.asked.values()) == 80
    assert told.last[1]["tokens"] == {"prompt": 8000, "completion": 4000}
    assert json.loads((tmp_path / "out" / "manifest.json").read_text())["repaired"] == 40


def test_another_request_begins_anew_and_another_format_does_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = FakeModel()
    assert run_job(spec_of(tmp_path, 30), model, monkeypatch)[0] == EXIT_DONE
    assert run_job(spec_of(tmp_path, 30, output_format="csv"), model, monkeypatch)[0] == EXIT_DONE
    assert sum(model.asked.values()) == 30
    assert (tmp_path / "out" / "dataset.csv").read_text().count("\n") == 31
    assert run_job(spec_of(tmp_path, 30, seed=1), model, monkeypatch)[0] == EXIT_DONE
    assert sum(model.asked.values()) == 60


def test_the_manifest_does_not_depend_on_how_often_a_job_ran(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = spec_of(tmp_path / "a", 40), spec_of(tmp_path / "b", 40)
    run_job(one, FakeModel(0.2), monkeypatch)
    assert run_job(other, FakeModel(0.2, slow=0.02), monkeypatch, *stopping("pause"))[0] == EXIT_PAUSED
    assert run_job(other, FakeModel(0.2), monkeypatch)[0] == EXIT_DONE
    assert run_job(other, FakeModel(0.2), monkeypatch)[0] == EXIT_DONE
    manifests = [json.loads((spec.out_dir / "manifest.json").read_text()) for spec in (one, other)]
    assert manifests[0] == manifests[1]
    assert manifests[0]["prompts"] == "v1"
    assert manifests[0]["model"] == {"model": "openai:fake", "endpoint": "nowhere"}


def test_two_processes_do_not_work_on_one_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = spec_of(tmp_path, 10)
    with FileLock(spec.work_dir / "lock"):
        status, told = run_job(spec, FakeModel(), monkeypatch)
    assert (status, told.last[1]["code"]) == (EXIT_FAILED, "JOB_LOCKED")


def test_a_model_that_takes_long_to_open_does_not_keep_a_job_from_obeying(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands, told = Commands(False), Told()
    monkeypatch.setattr(running, "open_model", lambda *arguments: time.sleep(3))
    told.on = lambda type_, data: commands.ask("pause") if type_ == "progress" else None
    began = time.monotonic()
    assert DatasetJob(spec_of(tmp_path, 10), told, commands, {}).run() == EXIT_PAUSED  # type: ignore[arg-type]
    assert time.monotonic() - began < 2


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        ({"kinds": ("custom",), "record_schema": {"type": "strin", "properties": {"a": {}}}}, "recordSchema is no JSON Schema"),
        ({"kinds": ("text",), "shape": "alpaca"}, "shape"),
        ({"output_format": "xls"}, "format"),
    ],
)
def test_a_request_that_cannot_be_is_refused_before_anything_is_asked(
    request_: dict[str, Any], said: str, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=said):
        DatasetJob(spec_of(tmp_path, 10, **request_), Told(), Commands(False), {})  # type: ignore[arg-type]
