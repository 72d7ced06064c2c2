"""The summary of a dataset from what its job knows: the journal of a model's answers, or blocks of the template model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from runner.datasets.blocks import BlockRun
from runner.datasets.journal import Journal
from runner.datasets.models import TEMPLATE
from runner.datasets.records import Record
from runner.datasets.spec import DatasetSpec
from runner.datasets.summary import Summary
from runner.datasets.tally import Tally

TEMPLATE_LABEL: Final[Mapping[str, Any]] = {
    "model": TEMPLATE,
    "template": True,
    "note": "made from a grammar and catalogue texts, not by a language model",
}
_TITLE: Final = 60


def summary_of_journal(spec: DatasetSpec, journal: Journal, tally: Tally, samples: tuple[Record, ...], why: str) -> Summary:
    """Of records from a model; `why` says why there are too few, "" when there are enough."""
    totals, rejected = journal.totals(), journal.reasons()
    return Summary(
        **_counts(spec, tally),
        accepted=totals.accepted,
        answers=totals.answers,
        repaired=totals.repaired,
        rejected=rejected,
        exact_duplicates=rejected.get("exact_duplicate", 0),
        near_duplicates=rejected.get("near_duplicate", 0),
        duplicate_check=_check(spec.request.near_duplicate),
        tokens={"prompt": totals.prompt_tokens, "completion": totals.completion_tokens},
        seconds=journal.seconds,
        model=journal.label,
        template=False,
        incomplete=why,
        samples=samples,
    )


def summary_of_blocks(spec: DatasetSpec, made: BlockRun) -> Summary:
    """Of records of the template model."""
    return Summary(
        **_counts(spec, made.tally),
        accepted=made.rows,
        answers=0,
        repaired=0,
        rejected={},
        exact_duplicates=0,
        near_duplicates=0,
        duplicate_check="none: records of the template model are not compared and not filtered",
        tokens={"prompt": 0, "completion": 0},
        seconds=made.seconds,
        model=TEMPLATE_LABEL,
        template=True,
        samples=made.samples(),
    )


def _counts(spec: DatasetSpec, tally: Tally) -> dict[str, Any]:
    request = spec.request
    return {
        "title": request.domain or request.domain_description[:_TITLE] or spec.file_name,
        "target": request.target_count,
        "by_topic": tally.counts("topic"),
        "by_kind": tally.counts("kind"),
        "by_difficulty": tally.counts("difficulty"),
        "by_persona": tally.counts("persona"),
        "lengths": tally.by_length,
        "fallback": spec.fallback,
    }


def _check(threshold: float) -> str:
    exact = "no question and no text twice, but for case, punctuation and spacing"
    near = f"none with {threshold:g} or more of its 5-character pieces in common with another (MinHash, 128 values)"
    return f"{exact}; {near}" if threshold < 1 else exact
