"""Text datasets from a command: what configurations mean, and what is said about those that cannot be meant."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from runner.datasets.by_hand import Misuse, secrets_by_hand, spec_by_hand, tidy

KNOWN = {
    "targetSize": 100,
    "batchSize": 10,
    "outputFile": "test_dataset",
    "outputFormat": "jsonl",
    "domainDescription": "Test domain",
    "topics": ["Test"],
}


def spec(config: dict[str, Any], generator: str = "universal", **environment: str) -> Any:
    return spec_by_hand(generator, orjson.dumps(config).decode(), environment)


def test_the_known_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    made = spec(KNOWN | {"modelName": None})
    assert (made.request.target_count, made.request.batch_size, made.request.topics) == (100, 10, ("Test",))
    assert (made.request.model_name, made.file_name, made.job_id) == ("template", "test_dataset", "data_test_dataset")
    assert made.out_dir == tmp_path
    assert {made.work_dir, made.report_dir} == {tmp_path / ".test_dataset.mockcraft", tmp_path / "test_dataset_report"}


def test_the_environment_names_the_model_its_endpoint_and_key() -> None:
    environment = {"MOCKCRAFT_DATASETS__MODEL": "openai:m", "MOCKCRAFT_DATASETS__OPENAI_URL": "http://10.0.0.9:8000/v1"}
    made = spec(KNOWN, **environment)
    assert (made.request.model_name, made.model.endpoint, made.model.allowed_hosts) == (
        "openai:m",
        "http://10.0.0.9:8000/v1",
        ("10.0.0.9",),
    )
    assert spec(KNOWN | {"modelName": "template"}, **environment).request.model_name == "template"
    assert secrets_by_hand({"MOCKCRAFT_DATASETS__OPENAI_KEY": "sk-1"}) == {"api_key": "sk-1"}
    assert secrets_by_hand({}) == {}


def test_a_ready_made_domain_is_a_beginning(tmp_path: Path) -> None:
    made = spec({"targetSize": 9, "outputDir": str(tmp_path)}, "technology")
    assert len(made.request.topics) >= 10
    assert made.request.domain == "technology"
    assert spec({"targetSize": 9, "topics": ["Go"], "kinds": ["qa"]}, "technology").request.topics == ("Go",)


@pytest.mark.parametrize(
    ("generator", "config", "said"),
    [
        ("univesal", KNOWN, "did you mean universal"),
        ("universal", {}, "targetSize is missing"),
        ("universal", KNOWN | {"topic": ["x"]}, "unknown field 'topic'; did you mean 'topics'?"),
        ("universal", KNOWN | {"targetSize": "many"}, "targetSize: "),
        ("universal", KNOWN | {"outputFile": 7}, "outputFile must be a text"),
        ("universal", KNOWN | {"outputFile": "../../etc/x"}, "outputFile: "),
        ("universal", KNOWN | {"filters": {"minLength": -1}}, "filters.minLength: "),
        ("universal", KNOWN | {"kinds": ["classification"]}, "labels: the kind `classification` needs two labels or more"),
    ],
)
def test_misuse_is_told_in_a_sentence(generator: str, config: dict[str, Any], said: str) -> None:
    with pytest.raises(Misuse) as caught:
        spec(config, generator)
    assert said in str(caught.value)


def test_answers_that_were_paid_for_are_never_tidied_away(tmp_path: Path) -> None:
    made = spec(KNOWN | {"outputDir": str(tmp_path)})
    made.work_dir.mkdir()
    made.answers_path.touch()
    tidy(made)
    assert made.answers_path.exists()
    made.answers_path.unlink()
    tidy(made)
    assert not made.work_dir.exists()
