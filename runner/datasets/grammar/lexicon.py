"""The words of a request: its topics, personas and labels, the lists of the ready template that fits it, and general ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from runner import pools
from runner.datasets import plan, templates
from runner.datasets.grammar.patterns import grammar
from runner.datasets.spec import DatasetRequest
from runner.draws import I64

_U64 = npt.NDArray[np.uint64]
_LOCALES = ("en_US", "en_GB", "es_ES", "fr_FR", "it_IT", "de_DE", "id_ID", "nl_NL")
_GENERAL = "general"


@dataclass(frozen=True)
class Words:
    """Entries that a record may draw, by field ("" the entry itself). `by`: the axis whose value says which run of them."""

    fields: Mapping[str, tuple[str, ...]]
    by: str = ""
    starts: tuple[int, ...] = ()
    sizes: tuple[int, ...] = ()

    def bounds(self, axes: Mapping[str, I64]) -> tuple[I64, _U64]:
        """First entry and number of entries at each record; of all records at once where no axis decides."""
        if not self.by:
            return np.zeros(1, np.int64), np.array([len(self.fields[""])], np.uint64)
        at = axes[self.by]
        return np.array(self.starts, np.int64).take(at), np.array(self.sizes, np.uint64).take(at)


class Lexicon:
    """Lists by name."""

    def __init__(self, lists: Mapping[str, Words]) -> None:
        self._lists = lists

    def __getitem__(self, name: str) -> Words:
        """A list. Raises `KeyError`."""
        return self._lists[name]

    def has(self, name: str) -> bool:
        """Whether there is something in that list."""
        return any(self._lists[name].fields[""])


def lexicon_of(request: DatasetRequest) -> Lexicon:
    """The words for a request; where its domain has no ready template, or that no such list, the general ones."""
    template = _fitting(request)
    own, general = template["lexicon"], templates.general()["lexicon"]
    lists = {name: Words({"": words}) for name, words in grammar().lists.items()}
    lists |= {name: _list(own.get(name) or words) for name, words in general.items() if name not in ("topics", "labels")}
    topics, _, _, personas, labels = plan.axes(request)
    lists |= _of_topics(topics, request, template)
    lists |= {"persona": _axis("persona", personas), "label": _axis("label", labels)}
    cues = {**general["labels"], **own.get("labels", {})}
    lists["cue"] = _runs("label", [_cues(label, cues) for label in labels])
    return Lexicon(lists | {"name": Words({"": _people("first")}), "surname": Words({"": _people("last")})})


def _fitting(request: DatasetRequest) -> Mapping[str, Any]:
    """The template of the request's domain, else the one that knows most of its topics, else the general one."""
    found = templates.find(request.domain)
    if found:
        return found
    wanted = {topic.casefold() for topic in request.topics}
    known = {each["id"]: len(wanted & {name.casefold() for name in each["topics"]}) for each in templates.every()}
    best = max(known, key=lambda id_: known[id_])
    return templates.read(best) if known[best] else templates.general()


def _list(words: Sequence[Any]) -> Words:
    """Plain entries, or entries of several fields whose first is the entry itself."""
    if isinstance(words[0], str):
        return Words({"": tuple(words)})
    fields = {name: tuple(entry[name] for entry in words) for name in words[0]}
    return Words({"": next(iter(fields.values())), **fields})


def _axis(name: str, values: Sequence[str]) -> Words:
    return _runs(name, [(value,) for value in values])


def _runs(axis: str, runs: Sequence[Sequence[str]]) -> Words:
    sizes = tuple(len(run) for run in runs)
    starts = tuple(sum(sizes[:n]) for n in range(len(sizes)))
    return Words({"": tuple(text for run in runs for text in run)}, axis, starts, sizes)


def _of_topics(topics: Sequence[str], request: DatasetRequest, template: Mapping[str, Any]) -> dict[str, Words]:
    known = [_topic(topic, request, template) for topic in topics]
    named, about = (tuple(each[field] for each in known) for field in ("name", "about"))
    names = _runs("topic", [(name,) for name in named])
    return {
        "topic": Words({"": named, "about": about}, "topic", names.starts, names.sizes),
        "concept": _runs("topic", [each["concepts"] for each in known]),
        "fact": _runs("topic", [each["facts"] for each in known]),
    }


def _topic(topic: str, request: DatasetRequest, template: Mapping[str, Any]) -> Mapping[str, Any]:
    """How a topic is called within a sentence, what it is about, and its concepts and facts."""
    own = template["lexicon"]["topics"]
    name = next((name for name in own if name.casefold() == topic.casefold()), None)
    if name and name != _GENERAL:
        return {"name": _inside(topic, own[name]), **own[name]}
    if templates.find(topic) is template:
        return _whole(template)
    general = templates.general()["lexicon"]["topics"][_GENERAL]
    found = {"name": topic or "the subject", **general}
    domain = request.domain_description or request.domain
    if domain and domain.casefold() != topic.casefold():
        found["about"] = f"a part of {domain[:1].lower() + domain[1:] if domain[1:2].islower() else domain}".rstrip(" .")
    return found | {"concepts": [*general["concepts"], *template["lexicon"].get("common", ())]}


def _inside(name: str, about: Mapping[str, Any]) -> str:
    """A topic's name within a sentence."""
    return name if about.get("proper") else name[:1].lower() + name[1:]


def _whole(template: Mapping[str, Any]) -> Mapping[str, Any]:
    """A whole domain as a topic: its topics are the concepts, and all their facts are its own."""
    topics = template["lexicon"]["topics"]
    about = template["domainDescription"]
    return {
        "name": template["name"][:1].lower() + template["name"][1:],
        "about": f"the field of {about[:1].lower()}{about[1:]}",
        "concepts": [_inside(name, each) for name, each in topics.items()],
        "facts": [fact for each in topics.values() for fact in each["facts"]],
    }


def _cues(label: str, known: Mapping[str, Sequence[str]]) -> Sequence[str]:
    found = next((cues for name, cues in known.items() if name.casefold() == label.casefold()), None)
    return found or [cue.replace("LABEL", label) for cue in known[""]]


@cache
def _people(which: str) -> tuple[str, ...]:
    """Names of many countries, each once, in one order for ever."""
    names: Iterable[str] = (
        name for locale in _LOCALES for name in pools.pool(f"{locale}/person_{which}").field("name").to_pylist()
    )
    return tuple(sorted({name for name in names if name.isalpha()}))
