"""Local weights by name or path, with the packages of the extra `models`: torch and transformers.

Weights are read from a folder or from the cache of names; the network is used only where a setting allows it, and code
that lies beside weights is never run. Tokens are drawn from the scores with noise of the prompt's own seed (Gumbel's
trick: the largest of log-probability plus noise is a draw), so that an answer does not depend on who was asked before or
beside it. On a GPU several prompts are answered at a time; sums in another order may then change a last digit, and so,
seldom, a word: on the CPU each is answered alone, and answers are the same in every run on the same kind of machine.
"""

from __future__ import annotations

import asyncio
import importlib.util
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from runner.datasets.models import Answer, ModelError, Prompt
from runner.datasets.models._endpoint import unavailable
from runner.datasets.spec import ModelSettings

_PACKAGES: Final = ("torch", "transformers")
_BATCH: Final = 8
_LEAST_ANSWER: Final = 16
"""Tokens that must be left for an answer."""


def available(name: str, settings: ModelSettings) -> str | None:
    """Why a model cannot be had, as far as this machine tells; the network is not touched."""
    missing = [package for package in _PACKAGES if importlib.util.find_spec(package) is None]
    if missing:
        return f"Models from weights need {' and '.join(missing)}: pip install 'mockcraft[models]'."
    if settings.allow_download or _is_folder(name) or _is_cached(name):
        return None
    return (
        f"There are no weights of {name!r} on this machine: give the path of a folder with them, fetch them with"
        f" `hf download {name}`, or set datasets.allow_download."
    )


def _is_folder(name: str) -> bool:
    try:
        return (Path(name).expanduser() / "config.json").is_file()
    except (OSError, ValueError, RuntimeError):
        return False


def _is_cached(name: str) -> bool:
    from huggingface_hub import try_to_load_from_cache

    try:
        return isinstance(try_to_load_from_cache(name, "config.json"), str)
    except ValueError:  # no name of a repository
        return False


def open_model(name: str, settings: ModelSettings, secrets: Mapping[str, str]) -> Transformers:
    """The model with its weights loaded, which takes its time. Raises `ModelError` (`MODEL_UNAVAILABLE`)."""
    try:
        return Transformers(_load(name, settings))
    except (OSError, ValueError, ImportError, RuntimeError) as error:
        first = (str(error).strip().splitlines() or [""])[0][:200]
        raise unavailable(f"The weights of {name!r} cannot be loaded ({type(error).__name__}: {first}).") from None


@dataclass(frozen=True)
class Loaded:
    """Weights and tokenizer in memory. `batch` is how many prompts are answered at a time."""

    name: str
    model: Any
    tokenizer: Any
    device: str
    batch: int
    context: int
    label: Mapping[str, Any]


def _load(name: str, settings: ModelSettings) -> Loaded:
    import torch
    import transformers

    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    place = str(Path(name).expanduser()) if _is_folder(name) else name
    fetch = {"local_files_only": not settings.allow_download, "trust_remote_code": False}
    cuda = bool(torch.cuda.is_available())
    device = "cuda" if cuda else "cpu"
    quantized, note = _quantized(settings.quantize, cuda)
    weights: dict[str, Any] = {"dtype": "auto" if cuda else torch.float32}
    if quantized:
        weights["quantization_config"] = transformers.BitsAndBytesConfig(
            load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=torch.bfloat16
        )
        weights["device_map"] = {"": 0}
    tokenizer = transformers.AutoTokenizer.from_pretrained(place, padding_side="left", **fetch)
    model = transformers.AutoModelForCausalLM.from_pretrained(place, **weights, **fetch).eval()
    if not quantized:
        model.to(device)
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token or tokenizer.convert_ids_to_tokens(0)
    label: dict[str, Any] = {"model": name, "device": device, "weights": _kind(model, quantized), "template": False}
    label |= {"note": note} if note else {}
    context = int(getattr(model.config, "max_position_embeddings", 0) or 0)
    return Loaded(name, model, tokenizer, device, _BATCH if cuda else 1, context, label)


def _kind(model: Any, quantized: bool) -> str:
    return "4-bit" if quantized else str(model.dtype).removeprefix("torch.")


def _quantized(wanted: bool, cuda: bool) -> tuple[bool, str]:
    """Whether weights are taken in 4 bits, and what is to be said when they are not though they should."""
    if not wanted:
        return False, ""
    if not cuda:
        return False, "4-bit weights need a CUDA device; full weights on the CPU are used"
    if importlib.util.find_spec("bitsandbytes") is None:
        return False, "4-bit weights need `pip install bitsandbytes`; full weights are used"
    return True, ""


@dataclass
class _Asked:
    """A prompt that waits for its answer or is being answered."""

    prompt: Prompt
    answer: asyncio.Future[Answer]
    given_up: bool = field(default=False)

    def like(self, other: _Asked) -> bool:
        """Whether both can be answered together."""
        return self.prompt.max_tokens == other.prompt.max_tokens


class Transformers:
    """Weights that answer prompts, in a thread of their own."""

    def __init__(self, loaded: Loaded) -> None:
        self.name, self.label = loaded.name, loaded.label
        self._loaded = loaded
        self._waiting: list[_Asked] = []
        self._work: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="model")
        self._closed = False

    async def close(self) -> None:
        """Stop generating, and let go of the weights."""
        self._closed = True
        if self._work is not None:
            await self._work
        self._thread.shutdown()

    async def answer(self, prompt: Prompt) -> Answer:
        """One answer. Raises `ModelError`."""
        asked = _Asked(prompt, asyncio.get_running_loop().create_future())
        self._waiting.append(asked)
        if self._work is None or self._work.done():
            self._work = asyncio.create_task(self._answer_all())
        try:
            return await asked.answer
        except asyncio.CancelledError:
            asked.given_up = True
            raise

    async def _answer_all(self) -> None:
        loop = asyncio.get_running_loop()
        while batch := self._next_batch():
            given_up = lambda batch=batch: self._closed or all(asked.given_up for asked in batch)  # noqa: E731
            prompts = [asked.prompt for asked in batch]
            try:
                answers = await loop.run_in_executor(self._thread, generate, self._loaded, prompts, given_up)
            except Exception as error:
                _refuse(batch, _fault(error))
                continue
            for asked, answer in zip(batch, answers, strict=True):
                if not asked.answer.done():
                    asked.answer.set_result(answer)

    def _next_batch(self) -> list[_Asked]:
        self._waiting = [asked for asked in self._waiting if not asked.given_up]
        if self._closed:
            _refuse(self._waiting, ModelError("MODEL_CLOSED", "The model was closed.", retryable=True))
            return []
        batch = [asked for asked in self._waiting if asked.like(self._waiting[0])][: self._loaded.batch]
        self._waiting = [asked for asked in self._waiting if asked not in batch]
        return batch


def _refuse(batch: Sequence[_Asked], error: ModelError) -> None:
    for asked in batch:
        if not asked.answer.done():
            asked.answer.set_exception(error)


def _fault(error: Exception) -> ModelError:
    if isinstance(error, ModelError):
        return error
    if type(error).__name__ == "OutOfMemoryError" or isinstance(error, MemoryError):
        return ModelError("MODEL_OVERLOADED", "The model ran out of memory.", retryable=True)
    return ModelError("MODEL_FAILED", f"The model failed: {type(error).__name__}.", retryable=True)


def generate(loaded: Loaded, prompts: Sequence[Prompt], given_up: Callable[[], bool]) -> list[Answer]:
    """Answers to prompts of the same `max_tokens`, each a function of its own prompt. Raises `ModelError`."""
    import torch
    import transformers

    began = time.monotonic()
    texts = [_text(loaded.tokenizer, prompt) for prompt in prompts]
    tokens = loaded.tokenizer(texts, return_tensors="pt", padding=True, add_special_tokens=loaded.tokenizer.chat_template is None)
    length = int(tokens["input_ids"].shape[1])
    room = _room(loaded, length, prompts[0].max_tokens)
    settings = transformers.GenerationConfig(
        max_new_tokens=room,
        do_sample=False,
        pad_token_id=loaded.tokenizer.pad_token_id,
        eos_token_id=loaded.model.generation_config.eos_token_id or loaded.tokenizer.eos_token_id,
    )
    with torch.inference_mode():
        made = loaded.model.generate(
            input_ids=tokens["input_ids"].to(loaded.device),
            attention_mask=tokens["attention_mask"].to(loaded.device),
            generation_config=settings,
            logits_processor=[Drawing(prompts)],
            stopping_criteria=[lambda ids, scores, **_: torch.full((ids.shape[0],), given_up(), device=ids.device)],
        )
    seconds = time.monotonic() - began
    ends = settings.eos_token_id if isinstance(settings.eos_token_id, list) else [settings.eos_token_id]
    lengths = tokens["attention_mask"].sum(dim=1).tolist()
    rows = made[:, length:].tolist()
    return [_answer(loaded.tokenizer, row, int(n), ends, seconds) for row, n in zip(rows, lengths, strict=True)]


def _room(loaded: Loaded, length: int, wanted: int) -> int:
    """The tokens an answer may have. Raises `ModelError` (`MODEL_CONTEXT`) when the prompt leaves too few."""
    room = min(wanted, loaded.context - length) if loaded.context else wanted
    if room < min(wanted, _LEAST_ANSWER):
        message = f"The prompt of {length} tokens leaves no room for an answer in the model's context of {loaded.context}."
        raise ModelError("MODEL_CONTEXT", message)
    return room


def _text(tokenizer: Any, prompt: Prompt) -> str:
    """The prompt as the model was trained to read it: by its chat template, else as paragraphs."""
    messages = [{"role": message.role, "content": message.content} for message in prompt.messages]
    if tokenizer.chat_template is None:
        return "\n\n".join(message["content"] for message in messages) + "\n\n"
    try:
        return str(tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True))
    except Exception:  # a template that knows no system's turn: its words go before the user's first
        first, *rest = messages
        if first["role"] != "system" or not rest:
            raise
        joined = [{**rest[0], "content": f"{first['content']}\n\n{rest[0]['content']}"}, *rest[1:]]
        return str(tokenizer.apply_chat_template(joined, tokenize=False, add_generation_prompt=True))


def _answer(tokenizer: Any, row: Sequence[int], prompt_tokens: int, ends: Sequence[int | None], seconds: float) -> Answer:
    stops = [place for place, token in enumerate(row) if token in ends]
    used = row[: stops[0]] if stops else row
    text = str(tokenizer.decode(used, skip_special_tokens=True))
    return Answer(text, prompt_tokens, len(used) + bool(stops), "stop" if stops else "length", seconds)


class Drawing:
    """A logits processor: after it the largest score of each row is a draw at the row's temperature, top-p and seed."""

    def __init__(self, prompts: Sequence[Prompt]) -> None:
        import torch

        self._prompts = prompts
        self._noise = [torch.Generator().manual_seed(prompt.seed) for prompt in prompts]

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        """Scores by row and token, changed."""
        import torch

        rows = [self._drawn(torch, row, number) for number, row in enumerate(scores)]
        return torch.stack(rows)

    def _drawn(self, torch: Any, row: Any, number: int) -> Any:
        prompt = self._prompts[number]
        if not prompt.temperature:
            return row
        row = torch.log_softmax(row.float() / prompt.temperature, dim=-1)
        if prompt.top_p < 1:
            ordered, places = torch.sort(row, descending=True, stable=True)
            before = torch.cumsum(ordered.exp(), dim=-1) - ordered.exp()
            row = row.index_fill(0, places[before >= prompt.top_p], -torch.inf)
        uniform = torch.rand(row.shape, generator=self._noise[number], dtype=torch.float64).clamp_min(1e-300)
        return row - (-uniform.log()).log().to(row)
