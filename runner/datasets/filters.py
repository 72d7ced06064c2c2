"""Why a valid record may still be refused: length, language, refusals, leaked prompt text, placeholders, echoes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from runner.datasets.languages import in_other_language
from runner.datasets.prompts import fixed_lines
from runner.datasets.records import Record, body, texts
from runner.datasets.spec import DatasetRequest

_REFUSAL: Final = re.compile(
    r"\bas an? (?:ai (?:language model|assistant|model)|(?:large )?language model|artificial intelligence)\b|\bas an? ai,? i\b"
    r"|\bi(?:'m| am) (?:just )?an? (?:ai|large) (?:language )?(?:model|assistant)\b"
    r"|\bi(?:'m| am) (?:sorry|afraid),? (?:but )?i (?:can(?:'t|not)|am (?:not able|unable) to|won't) "
    r"(?:assist|help|comply|fulfil|generate|create|write|produce|do that|answer that|engage)"
    r"|^(?:sorry, )?(?:but )?i (?:can(?:'t|not)|am (?:not able|unable) to|won't) "
    r"(?:assist with|help with (?:that|this)|comply|fulfil|generate|engage)"
    r"|\b(?:maaf, )?saya tidak (?:dapat|bisa) (?:membantu|memenuhi) permintaan"
    r"|\bals (?:ki|künstliche intelligenz|sprachmodell)\b"
    r"|\ben tant qu(?:e modèle|'ia|'intelligence artificielle)"
    r"|\bcomo (?:modelo de lenguaje|una ia|modelo de linguagem|uma ia)\b",
    re.I,
)
_PLACEHOLDER: Final = re.compile(
    r"\[(?:insert|your|placeholder|add|fill in|enter)\b[^\]\n]{0,60}\]|<(?:insert|your|placeholder)\b[^>\n]{0,60}>"
    r"|\blorem ipsum\b|(?<![\w\])])\[(?:name|company|date|topic|product|city|instruction|output|text|question|answer)\]",
    re.I,
)
_NOTHING: Final = frozenset(
    "string text ... … n/a none null todo tbd placeholder example instruction output question answer".split()
)


def refusal(text: str) -> bool:
    """Whether a model declined instead of answering."""
    return _REFUSAL.search(text.strip().replace("’", "'")) is not None


def why_refused(record: Record, kind: str, request: DatasetRequest) -> str:
    """The reason that is counted, or "" for a record that may stay."""
    filters, whole = request.filters, body(kind, record)
    if len(whole) < filters.min_length:
        return "too_short"
    if len(whole) > filters.max_length:
        return "too_long"
    if filters.refusals and any(refusal(text) for text in _answers(record, kind)):
        return "refusal"
    if filters.placeholders and (
        _PLACEHOLDER.search(whole) or any(text.strip().lower() in _NOTHING for text in _own(record, kind))
    ):
        return "placeholder"
    if filters.leaks and _leaks(whole, request):
        return "leaked_prompt"
    if _echo(record, kind):
        return "echo"
    if any(word.lower() in whole.lower() for word in filters.blocked):
        return "blocked"
    if filters.language and in_other_language(whole, request.language):
        return "language"
    return ""


def _answers(record: Record, kind: str) -> Iterator[str]:
    """The texts that must be no refusal: a worse response, and a turn of the user, may be one."""
    if kind == "chat":
        return (turn["content"] for turn in record["messages"] if turn["role"] == "assistant")
    return texts({name: value for name, value in record.items() if name != "rejected"})


def _own(record: Record, kind: str) -> Iterator[str]:
    """Texts that cannot be a placeholder's word; short values are natural in records by a user's schema."""
    return (
        iter(())
        if kind in ("custom", "chat")
        else texts({n: v for n, v in record.items() if n not in ("label", "answer", "output")})
    )


def _leaks(whole: str, request: DatasetRequest) -> bool:
    lower = " ".join(whole.lower().split())
    return any(line in lower for line in fixed_lines(request.prompts.system))


_PAIRS: Final = {
    "instruction": ("instruction", "output"),
    "qa": ("question", "answer"),
    "summarization": ("document", "summary"),
    "preference": ("chosen", "rejected"),
}


def _echo(record: Record, kind: str) -> bool:
    """Whether the answer only says the question again, or two responses are one."""
    if kind not in _PAIRS:
        return False
    one, other = (record[field].casefold().split() for field in _PAIRS[kind])
    return bool(one == other)
