"""The figures of a summary as people read them: the same in the card and on the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from runner.datasets.summary import Summary

_MOST = 20  # values of an axis that are listed one by one
_REASONS = {
    "exact_duplicate": "the same as an accepted record",
    "near_duplicate": "nearly the same as an accepted record",
    "schema": "not of the wanted form",
    "length": "too short or too long",
    "language": "in another language",
    "refusal": "the model refused",
    "leak": "parts of the prompt in the answer",
    "placeholder": "placeholders left open",
}


class Count(NamedTuple):
    """A value and how many records have it; `share` of all in per cent."""

    name: str
    records: int
    share: float


def number(value: float) -> str:
    """1234567 as 1,234,567."""
    return f"{value:,.0f}"


def share(part: float, whole: float) -> str:
    """A percentage with one digit, `0.0 %` of nothing."""
    return f"{100 * part / whole if whole else 0:.1f} %"


def duration(seconds: float) -> str:
    """`42.1 s`, `3 min 20 s` or `2 h 05 min`."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {rest} s"


def size(count: int) -> str:
    """Bytes as `1.2 MB`."""
    value, units = float(count), ["bytes", "kB", "MB", "GB", "TB"]
    while value >= 1000 and len(units) > 1:
        value, units = value / 1000, units[1:]
    return f"{value:.0f} bytes" if units[0] == "bytes" else f"{value:.1f} {units[0]}"


def counts(by: Mapping[str, int]) -> list[Count]:
    """The values of an axis, most frequent first; those beyond the twentieth together. None where it has only ""."""
    if set(by) <= {""}:
        return []
    total = sum(by.values())
    ordered = sorted(by.items(), key=lambda pair: -pair[1])
    shown = [Count(name or "none", n, 100 * n / total if total else 0) for name, n in ordered[:_MOST]]
    rest = sum(n for _, n in ordered[_MOST:])
    more = [Count(f"{len(ordered) - _MOST} others", rest, 100 * rest / total)] if rest else []
    return shown + more


def axes(summary: Summary) -> list[tuple[str, list[Count]]]:
    """Topic, kind, difficulty and persona, as far as they were asked for."""
    named = (
        ("Topic", summary.by_topic),
        ("Kind", summary.by_kind),
        ("Difficulty", summary.by_difficulty),
        ("Persona", summary.by_persona),
    )
    return [(name, listed) for name, by in named if (listed := counts(by))]


def model(summary: Summary) -> str:
    """The model's name."""
    return str(summary.model.get("model", "unknown"))


def origin(summary: Summary) -> str:
    """One sentence that says what wrote the texts."""
    if summary.template and summary.fallback:
        return (
            "The texts were made by MockCraft's template model, a grammar with catalogue texts and no language model, "
            f"in place of the model that was asked for: {summary.fallback}"
        )
    if summary.template:
        return "The texts were made by MockCraft's template model: a grammar with catalogue texts, no language model."
    return f"The texts were written by the language model {model(summary)}."


def key_figures(summary: Summary) -> list[tuple[str, str]]:
    """The figures that come first."""
    done = summary.accepted / summary.seconds if summary.seconds else 0.0
    figures = [
        ("Records", number(summary.accepted)),
        ("Target", number(summary.target)),
        ("Time", duration(summary.seconds)),
        ("Records a second", f"{done:,.1f}" if done < 100 else number(done)),
    ]
    if summary.answers:
        figures += [
            ("Answers", number(summary.answers)),
            ("Rejected", share(summary.rejected_total, summary.answers)),
            ("Exact duplicates", share(summary.exact_duplicates, summary.answers)),
            ("Near duplicates", share(summary.near_duplicates, summary.answers)),
            ("Repaired", share(summary.repaired, summary.answers)),
        ]
    if sum(summary.tokens.values()):
        prompt, written = summary.tokens.get("prompt", 0), summary.tokens.get("completion", 0)
        figures += [("Tokens read", number(prompt)), ("Tokens written", number(written))]
        figures += [("Tokens a record", number((prompt + written) / max(summary.accepted, 1)))]
    return figures


def reasons(summary: Summary) -> list[tuple[str, int, str]]:
    """Why answers were rejected: reason, how many, share of all answers."""
    ordered = sorted(summary.rejected.items(), key=lambda pair: (-pair[1], pair[0]))
    named = ((_REASONS.get(name, name.replace("_", " ")), n) for name, n in ordered)
    return [(name, n, share(n, summary.answers)) for name, n in named]


def typical(summary: Summary) -> str:
    """The range of lengths that holds the middle record."""
    half, seen = sum(n for *_, n in summary.lengths) / 2, 0
    for low, high, n in summary.lengths:
        seen += n
        if seen >= half and n:
            return f"{number(low)} to {number(high)} characters"
    return "unknown"


def sample_fields(sample: Mapping[str, Any]) -> Sequence[tuple[str, Any]]:
    """A record's own fields: texts as they are, conversations as lists of turns, anything else as JSON."""
    own = [(name, value) for name, value in sample.items() if name not in ("id", "topic", "kind", "difficulty", "persona")]
    return [(name, value if name == "messages" and isinstance(value, list) else _shown(value)) for name, value in own]


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()
