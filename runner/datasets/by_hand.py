"""A text dataset without a server: `python -m runner --generator universal --config '{"targetSize": 100, …}'`.

The file goes into the working folder (`outputDir` names another), report and manifest into `<outputFile>_report/`. What
a stopped run needs to go on is in `.<outputFile>.mockcraft/`: the same command resumes. The model's endpoint and key
come from the settings' environment variables.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import orjson
from pydantic import ValidationError

from runner.datasets import templates
from runner.datasets.spec import DatasetRequest, DatasetSpec, ModelSettings
from runner.generators.building import closest

UNIVERSAL: Final = "universal"
_URL, _KEY, _MODEL = "MOCKCRAFT_DATASETS__OPENAI_URL", "MOCKCRAFT_DATASETS__OPENAI_KEY", "MOCKCRAFT_DATASETS__MODEL"
_OWN: Final = ("targetSize", "outputFile", "outputDir")
_FIELDS: Final = tuple(str(field.alias) for field in DatasetRequest.model_fields.values())


class Misuse(ValueError):
    """A command that cannot be meant; the text says what can."""


def spec_by_hand(generator: str, config: str, environ: Mapping[str, str] = os.environ) -> DatasetSpec:
    """The spec of a command's generator and configuration. Raises `Misuse`."""
    begun = _begun(generator)
    given = {name: value for name, value in _object(config).items() if value is not None}
    _known(given)
    stem = _text(given, "outputFile", "dataset")
    folder = Path(_text(given, "outputDir", ".")).resolve()
    wanted = begun | {name: value for name, value in given.items() if name not in _OWN}
    wanted.setdefault("targetCount", given.get("targetSize"))
    wanted.setdefault("modelName", environ.get(_MODEL) or "template")
    endpoint = environ.get(_URL, "")
    return _spec(
        jobId=f"data_{stem}",
        request={name: value for name, value in wanted.items() if value is not None},
        fileName=stem,
        outDir=folder,
        workDir=folder / f".{stem}.mockcraft",
        reportDir=folder / f"{stem}_report",
        answersPath=folder / f".{stem}.mockcraft" / "answers.db",
        model=ModelSettings(endpoint=endpoint, allowed_hosts=_host(endpoint)).model_dump(by_alias=True),
    )


def secrets_by_hand(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The model's key."""
    return {"api_key": environ[_KEY]} if environ.get(_KEY) else {}


def tidy(spec: DatasetSpec) -> None:
    """Remove what a finished job needs no more: all of its work folder, but answers that were paid for."""
    if not spec.answers_path.exists():
        shutil.rmtree(spec.work_dir, ignore_errors=True)


def _begun(generator: str) -> dict[str, Any]:
    """What a ready-made domain brings along; nothing for the universal generator."""
    if generator == UNIVERSAL:
        return {}
    known = (UNIVERSAL, *templates.ids())
    if generator not in known:
        near = closest(generator, known)
        meant = f"; did you mean {near}?" if near else "."
        raise Misuse(f"no generator is called {generator!r}{meant} There are: {', '.join(known)}.")
    ready = templates.get(generator).model_dump(by_alias=True, exclude={"id", "name", "description", "example"})
    return ready | {"domain": generator}


def _host(endpoint: str) -> tuple[str, ...]:
    """Who sets an endpoint by hand means its host."""
    host = urlsplit(endpoint).hostname if endpoint else None
    return (host,) if host else ()


def _object(config: str) -> dict[str, Any]:
    try:
        found = orjson.loads(config)
    except orjson.JSONDecodeError as error:
        raise Misuse(f"--config is no JSON: {error}") from None
    if not isinstance(found, dict):
        raise Misuse("--config must be a JSON object")
    return found


def _known(given: Iterable[str]) -> None:
    known = (*_OWN, *_FIELDS)
    for name in given:
        if name not in known:
            near = closest(name, known)
            raise Misuse(f"--config: unknown field {name!r}" + (f"; did you mean {near!r}?" if near else ""))


def _text(given: Mapping[str, Any], name: str, default: str) -> str:
    value = given.get(name, default)
    if not isinstance(value, str) or not value:
        raise Misuse(f"--config: {name} must be a text")
    return value


def _spec(**fields: Any) -> DatasetSpec:
    try:
        return DatasetSpec.model_validate(fields)
    except ValidationError as error:
        raise Misuse("--config: " + "; ".join(_sentence(wrong) for wrong in error.errors())) from None


def _sentence(wrong: Any) -> str:
    place = [str(part) for part in wrong["loc"] if part not in ("request", "fileName")]
    names = {"targetCount": "targetSize"}
    where = ".".join(names.get(part, part) for part in place) or ("outputFile" if "fileName" in wrong["loc"] else "")
    said = "is missing" if wrong["type"] == "missing" else wrong["msg"].removeprefix("Value error, ")
    return f"{where} {said}".strip() if wrong["type"] == "missing" else f"{where}: {said}".removeprefix(": ")
