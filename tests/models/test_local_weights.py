"""A tiny model with random weights, saved here, asked for real: `make test-models`."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from runner.datasets.models import Message, ModelError, Prompt, available, open_model
from runner.datasets.models.transformers import Transformers
from runner.datasets.pacing import Limits, Pacer
from runner.datasets.spec import DatasetRequest, DatasetSpec, ModelSettings

pytestmark = [pytest.mark.models, pytest.mark.filterwarnings("ignore::DeprecationWarning")]

WORDS = """the a of and to in is that it for was with as on be at by this have from or had not but what all were when we
there can an your which their said if do will each about how up out them then she many some so these would other into has
more her two like him see time could no make than first been its who now people my made over did down only way find use
may water long little very after words called just where most know market garden engine river teacher paper window"""
CHAT = (
    "{% for message in messages %}{% if message.role == 'system' %}{{ raise_exception('no system') }}{% endif %}"
    "{{ message.role }} : {{ message.content }} {% endfor %}{% if add_generation_prompt %}assistant :{% endif %}"
)
EXIT_PAUSED = 75


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a Llama of two layers and a tokenizer of words, both made here."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    folder = tmp_path_factory.mktemp("weights")
    known = ["<pad>", "<s>", "</s>", "<unk>", *WORDS.split()]
    words = Tokenizer(models.WordLevel({word: number for number, word in enumerate(known)}, unk_token="<unk>"))
    words.pre_tokenizer = pre_tokenizers.Whitespace()
    names = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"}
    PreTrainedTokenizerFast(tokenizer_object=words, **names).save_pretrained(folder)
    torch.set_num_threads(1)  # so small a model only waits for threads
    torch.manual_seed(7)
    config = LlamaConfig(
        vocab_size=len(known), hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4,
        max_position_embeddings=1024, bos_token_id=1, eos_token_id=2, pad_token_id=0,
    )  # fmt: skip
    LlamaForCausalLM(config).save_pretrained(folder)
    return folder


def prompt(seed: int, text: str = "the market of the river", **changes: object) -> Prompt:
    values = {"temperature": 0.9, "top_p": 0.95, "max_tokens": 48, **changes}
    return Prompt((Message("system", "write words"), Message("user", text)), seed=seed, **values)  # type: ignore[arg-type]


def opened(folder: Path, **settings: object) -> Transformers:
    model = open_model(str(folder), ModelSettings(**settings), {})  # type: ignore[arg-type]
    assert isinstance(model, Transformers)
    return model


async def answers(model: Transformers, prompts: list[Prompt]) -> list[tuple[str, int, str]]:
    found = await asyncio.gather(*(model.answer(one) for one in prompts))
    return [(answer.text, answer.completion_tokens, answer.finish_reason) for answer in found]


async def test_an_answer_depends_on_its_own_prompt_alone(weights: Path) -> None:
    model = opened(weights)
    prompts = [prompt(seed) for seed in range(8)]
    together = await answers(model, prompts)
    assert await answers(model, prompts[::-1]) == together[::-1]
    assert len({text for text, _, _ in together}) == 8
    assert {reason for _, _, reason in together} <= {"stop", "length"}
    assert all(0 < tokens <= 48 for _, tokens, _ in together)
    assert set(" ".join(text for text, _, _ in together).split()) <= set(WORDS.split())
    await model.close()
    again = opened(weights)
    assert await answers(again, prompts[:3]) == together[:3]
    await again.close()


async def test_prompts_of_different_lengths_are_answered_together(weights: Path) -> None:
    import dataclasses

    model = opened(weights)
    model._loaded = dataclasses.replace(model._loaded, batch=4)
    mixed = [prompt(seed, "water " * (1 + 5 * seed)) for seed in range(8)]
    batched = await answers(model, mixed)
    model._loaded = dataclasses.replace(model._loaded, batch=1)
    alone = await answers(model, mixed)
    same = sum(one == other for one, other in zip(batched, alone, strict=True))
    assert same >= 6  # sums in another order may turn a draw
    await model.close()


async def test_temperature_and_top_p(weights: Path) -> None:
    model = opened(weights)
    greedy = await answers(model, [prompt(seed, temperature=0.0) for seed in range(3)])
    assert len(set(greedy)) == 1
    narrow = await answers(model, [prompt(seed, top_p=1e-6) for seed in range(3)])
    assert narrow == greedy  # only the likeliest word is left
    wide = await answers(model, [prompt(seed, temperature=2.0, top_p=1.0) for seed in range(3)])
    assert len(set(wide)) == 3
    await model.close()


async def test_a_template_without_a_system_turn(weights: Path) -> None:
    model = opened(weights)
    plain = await answers(model, [prompt(1)])
    model._loaded.tokenizer.chat_template = CHAT
    templated = await answers(model, [prompt(1)])
    assert templated != plain
    await model.close()


async def test_prompts_beyond_the_context_are_refused(weights: Path) -> None:
    model = opened(weights)
    with pytest.raises(ModelError) as refused:
        await model.answer(prompt(1, "water " * 1100))
    assert refused.value.code == "MODEL_CONTEXT"
    assert not refused.value.retryable
    await model.close()


async def test_a_cancelled_answer_stops_generating(weights: Path) -> None:
    model = opened(weights)
    # temperature 0 never ends this model's text early, so only the cancellation can
    endless = asyncio.create_task(model.answer(prompt(1, temperature=0.0, max_tokens=900)))
    await asyncio.sleep(0.3)
    endless.cancel()
    began = time.monotonic()
    await model.answer(prompt(2, max_tokens=16))
    assert time.monotonic() - began < 2
    await model.close()


async def test_the_pacer_asks_weights_too(weights: Path) -> None:
    pacer = Pacer(opened(weights), Limits())
    await asyncio.gather(*(pacer.answer(prompt(seed, max_tokens=16)) for seed in range(20)))
    assert pacer.metrics()["answers"] == 20
    await pacer.close()


def test_four_bits_without_a_gpu_are_said_to_be_none(weights: Path) -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    label = opened(weights, quantize=True).label
    assert label["device"] == "cpu"
    assert label["weights"] == "float32"
    assert "4-bit" in label["note"]


def test_what_is_not_on_this_machine_is_said(tmp_path: Path) -> None:
    reason = available("nobody/nothing-of-that-name", ModelSettings())
    assert reason is not None
    assert "hf download nobody/nothing-of-that-name" in reason
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ModelError) as refused:
        open_model(str(tmp_path), ModelSettings(), {})
    assert refused.value.code == "MODEL_UNAVAILABLE"
    assert refused.value.fatal


def spec_file(folder: Path, weights: Path) -> Path:
    for name in ("out", "work"):
        (folder / name).mkdir(parents=True)
    request = DatasetRequest(
        target_count=20, kinds=("text",), topics=("river", "market"), model_name=str(weights), max_tokens=96, seed=5,
        temperature=1.0, use_quantization=True, near_duplicate=1.0,
    )  # fmt: skip
    spec = DatasetSpec(
        job_id="data_test", request=request, out_dir=folder / "out", work_dir=folder / "work", answers_path=folder / "answers.db"
    )
    path = folder / "spec.json"
    spec.write(path)
    return path


def run(path: Path, interrupt: signal.Signals | None = None, after: int = 0) -> tuple[int, list[dict[str, object]]]:
    """Run a spec's child; once `after` records are there it gets the signal. Its status and events."""
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "runner", "--spec", str(path)]
    events = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as child:
        assert child.stdout is not None
        for line in child.stdout:
            events.append(json.loads(line))
            if interrupt is not None and events[-1]["type"] == "progress" and events[-1]["data"]["current"] >= after:
                child.send_signal(interrupt)
                interrupt = None
    return child.returncode, events


def made(path: Path) -> str:
    (file,) = (path.parent / "out").glob("*.jsonl")
    return hashlib.sha256(file.read_bytes()).hexdigest()


def stored(path: Path) -> int:
    import sqlite3

    with sqlite3.connect(path.parent / "answers.db") as database:
        (name,) = database.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'answer%'").fetchone()
        return int(database.execute(f"SELECT count(*) FROM {name}").fetchone()[0])


def test_a_job_that_is_killed_and_paused_makes_the_same_file(weights: Path, tmp_path: Path) -> None:
    whole, broken = spec_file(tmp_path / "whole", weights), spec_file(tmp_path / "broken", weights)
    status, events = run(whole)
    assert status == 0, events[-1]
    assert "4-bit" in json.dumps(events)
    assert "4-bit" in "".join(file.read_text() for file in (tmp_path / "whole" / "out").glob("*.json"))

    killed, _ = run(broken, signal.SIGKILL, after=5)
    assert killed == -signal.SIGKILL
    kept = stored(broken)
    paused, events = run(broken, signal.SIGTERM, after=12)
    assert paused == EXIT_PAUSED
    assert events[-1]["type"] == "shutdown"
    assert stored(broken) > kept > 0
    status, events = run(broken)
    assert status == 0, events[-1]
    assert made(broken) == made(whole)
    assert len((tmp_path / "broken" / "out" / "dataset.jsonl").read_text().splitlines()) == 20
