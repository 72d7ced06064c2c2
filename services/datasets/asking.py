"""Requests for datasets: completed by their domain and checked, with every complaint in its place. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from pydantic import ValidationError

from runner.datasets import outputs, templates
from runner.datasets.models import TEMPLATE
from runner.datasets.models.template import check_request
from runner.datasets.outputs.shapes import SHAPES
from runner.datasets.parsing import Reader
from runner.datasets.spec import DatasetRequest
from runner.formats.common.base import OptionError
from runner.generators.building import closest
from services.common.errors import FieldError, MockcraftError, invalid

INVALID: Final = "DATASET_INVALID"
Values = Mapping[str, Any]
"""Fields of a request by their camelCase names; those that are not there were left out."""

FIELDS: Final = tuple(str(field.alias) for field in DatasetRequest.model_fields.values())
_ABOUT: Final = frozenset({"id", "name", "description", "example"})
_MERGED: Final = ("prompts", "filters", "budget", "giveUp")
_NAMED: Final = re.compile(r"([a-zA-Z]+): (.+)", re.DOTALL)
_RANGES: Final = ("greater_than", "greater_than_equal", "less_than", "less_than_equal", "too_long", "too_short")
_MOST_NAMED: Final = 20
"""Domains that are named where one is not known."""
_A_SLIP: Final = 80
_STEM: Final = re.compile(r"[^a-z0-9]+")


def of_template(template: templates.Template) -> dict[str, Any]:
    """What a request of a ready-made domain begins with."""
    return template.model_dump(mode="json", by_alias=True, exclude=set(_ABOUT)) | {"domain": template.id}


def template_of(domain: str) -> templates.Template | None:
    """The ready-made domain of that id or name, in any case."""
    found = templates.find(domain) if domain else None
    return templates.get(found["id"]) if found else None


def completed(given: Values, base: Values) -> dict[str, Any]:
    """The fields given, and those of `base` where none are. A schema of one's own is of the kind `custom`."""
    both = {**base, **given}
    for name in _MERGED:
        if name in given and name in base:
            both[name] = {**base[name], **given[name]}
    if "recordSchema" in given and "kinds" not in given:
        both["kinds"] = ["custom"]
    elif "kinds" in base and "kinds" not in given:
        both["kinds"] = _fitting(base["kinds"], str(both.get("shape", "")))
    if "kinds" in given and "custom" not in given["kinds"] and "recordSchema" not in given:
        both.pop("recordSchema", None)
    return both


def _fitting(kinds: Sequence[str], shape: str) -> list[str]:
    """Those of a domain's kinds of records that a shape can hold; all of them where it can hold none."""
    known = SHAPES.get(shape)
    return [kind for kind in kinds if known is None or kind in known.kinds] or list(kinds)


def unknown_domain(given: Values, saved: Iterable[str] = ()) -> list[FieldError]:
    """What is wrong with a domain that is neither ready-made nor `saved`: its name is nearly that of one that is.

    Any other word is a domain of one's own, and so is a slip that comes with a description.
    """
    domain = str(given.get("domain", "")).strip()
    if not domain or given.get("domainDescription"):
        return []
    known = (*templates.ids(), *saved)
    near = closest(domain, known)
    if not _nearly(domain, near):
        return []
    there = f"There are: {', '.join(known[:_MOST_NAMED])}{', …' if len(known) > _MOST_NAMED else ''}."
    text = f"There is no domain {domain[:80]!r}. Did you mean {near}? {there} Your own needs `domainDescription`."
    return [FieldError("domain", text, "DOMAIN_UNKNOWN", suggestion=near)]


def _nearly(word: str, other: str) -> bool:
    """Whether a word is another one with a slip in it."""
    from rapidfuzz import fuzz

    return fuzz.ratio(word.casefold(), other.casefold()) >= _A_SLIP


def read(values: Values, found: Sequence[FieldError] = ()) -> DatasetRequest:
    """The request. Raises DATASET_INVALID with all findings, those `found` before among them."""
    try:
        request = DatasetRequest.model_validate(values)
    except ValidationError as error:
        wrong = [_finding(each) for each in error.errors()]
        raise _refusal([*found, *(each for each in wrong if not _follows(each, wrong))]) from None
    if found:
        raise _refusal(found)
    return request


def check_draft(values: Values, name: str) -> None:
    """Check what a domain of that name holds, the field `request`, which needs no number of records. Raises DATASET_INVALID."""
    base = str(values.get("domain", ""))
    found = [] if base.casefold() == name.casefold() or template_of(base) else unknown_domain(values)
    try:
        read({"targetCount": 1, **completed(values, {})}, found)
    except MockcraftError as error:
        raise _refusal([replace(each, path=f"request.{each.path}".rstrip(".")) for each in error.findings]) from None


def check(request: DatasetRequest) -> None:
    """Whether a request can be met: output, shape, schema, and what the template model can. Raises DATASET_INVALID."""
    found = list(_troubles(request))
    if found:
        raise _refusal(found)


def _troubles(request: DatasetRequest) -> Iterator[FieldError]:
    yield from _trouble(lambda: Reader(request), "recordSchema")
    yield from _trouble(
        lambda: outputs.check(request.output_format, request.shape, request.kinds, request.record_schema, request.compression)
    )
    if request.model_name == TEMPLATE:
        yield from _trouble(lambda: check_request(request))


def _trouble(look: Callable[[], object], path: str = "") -> Iterator[FieldError]:
    try:
        look()
    except OptionError as error:
        place = {"format": "outputFormat", "kind": "kinds"}.get(error.option, error.option)
        yield FieldError(place, str(error), "VALUE_INVALID")
    except ValueError as error:
        named, text = _split(str(error))
        yield FieldError(named or path, text, "VALUE_INVALID")


def file_stem(domain: str) -> str:
    """What the file of a domain's dataset is called, without its ending."""
    return _STEM.sub("_", domain.casefold()).strip("_")[:60] or "dataset"


def _finding(wrong: Any) -> FieldError:
    place = [f"[{part}]" if isinstance(part, int) else f".{part}" for part in wrong["loc"]]
    path, text = (
        "".join(place).removeprefix("."),
        str(wrong["msg"]).removeprefix("Value error, ").replace("Input should be", "It must be"),
    )
    if wrong["type"] == "extra_forbidden":
        near = closest(path, FIELDS) if len(place) == 1 else ""
        return FieldError(path, "There is no such field.", "UNKNOWN_FIELD", suggestion=near)
    if wrong["type"] == "missing":
        return FieldError(path, "This is needed.", "MISSING_REQUIRED_FIELD")
    if not path:
        path, text = _split(text)
    code = "OUT_OF_RANGE" if wrong["type"] in _RANGES else "VALUE_INVALID"
    return FieldError(path, _sentence(text), code)


def _follows(finding: FieldError, found: Sequence[FieldError]) -> bool:
    """Whether a list is complained of only because its items were."""
    return any(each.path.startswith(f"{finding.path}[") for each in found)


def _split(text: str) -> tuple[str, str]:
    """The field that a complaint begins with, and the rest of it."""
    found = _NAMED.fullmatch(text)
    return (found[1], _sentence(found[2])) if found and found[1] in FIELDS else ("", _sentence(text))


def _sentence(text: str) -> str:
    whole = text if re.split(r"\W", text, maxsplit=1)[0] in FIELDS else text[:1].upper() + text[1:]
    return whole if whole.endswith((".", "!", "?")) else f"{whole}."


def _refusal(findings: Sequence[FieldError]) -> MockcraftError:
    first = findings[0]
    more = f" ({len(findings) - 1} more in `findings`)" if len(findings) > 1 else ""
    message = f"`{first.path}`: {first.message}{more}" if first.path else f"{first.message}{more}"
    return invalid(INVALID, message, findings=findings)
