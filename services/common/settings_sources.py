"""Where settings are read from, merged by precedence, with an origin for each key."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from pydantic import ValidationError
from rapidfuzz import process

from services.common.settings import ENV_PREFIX, Settings, flatten
from services.common.settings_file import SettingsError, read_file

__all__ = ["PLAIN_ENV", "SettingsError", "env_name", "load", "nest"]

PLAIN_ENV: Mapping[str, str] = {
    "PORT": "port",
    "PYTHON_PATH": "python_path",
    "REDIS_URL": "redis_url",
    "AWS_REGION": "aws_region",
    "AWS_ENDPOINT_URL": "s3_endpoint",
    "AWS_ACCESS_KEY_ID": "aws_access_key_id",
    "AWS_SECRET_ACCESS_KEY": "aws_secret_access_key",
    "AWS_SESSION_TOKEN": "aws_session_token",
    "S3_BUCKET": "s3_bucket",
}
"""Environment names without our prefix, and the key each sets."""


@dataclass(frozen=True)
class _Layer:
    """What one source sets by dotted keys, its name for each, what is wrong with it, and where exactly a key was set."""

    values: Mapping[str, Any]
    origin: Mapping[str, str]
    complaints: tuple[str, ...] = ()
    place: Callable[[str], str] | None = None


def load(model: type[Settings], file: Path | None, flags: Mapping[str, Any], environ: Mapping[str, str]) -> Settings:
    """Merge flags over environment over file. Raises `SettingsError` with all that is wrong."""
    named = environ.get(f"{ENV_PREFIX}CONFIG", "")
    path = file or (Path(named) if named else None)
    known = tuple(flatten(model().model_dump()))
    layers = (_file_layer(path, known), _env_layer(environ, known), _flag_layer(flags, known))
    values: dict[str, Any] = {}
    origin: dict[str, str] = {}
    setters: dict[str, _Layer] = {}
    for layer in layers:
        values |= layer.values
        origin |= layer.origin
        setters |= dict.fromkeys(layer.values, layer)
    complaints = [complaint for layer in layers for complaint in layer.complaints]
    try:
        settings = model(**nest(values)).with_origin(origin)
    except ValidationError as error:
        complaints += [_complaint(found, setters) for found in error.errors(include_input=False, include_url=False)]
    if complaints:
        raise SettingsError(*complaints)
    return settings


def _complaint(found: Mapping[str, Any], setters: Mapping[str, _Layer]) -> str:
    key = ".".join(str(part) for part in found["loc"])
    said = (_source(name, setters) for name in (key, found.get("ctx", {}).get("other", "")))
    source = next(filter(None, said), "")
    return f"{key}: {found['msg'].removeprefix('Value error, ')}" + (f" (set by {source})" if source else "")


def _source(key: str, setters: Mapping[str, _Layer]) -> str:
    """Where a key, or what it lies in, was set; empty for a default."""
    known = next((known for known in setters if key == known or key.startswith(f"{known}.")), None)
    if known is None:
        return ""
    layer = setters[known]
    return layer.place(key) if layer.place else layer.origin[known]


def nest(flat: Mapping[str, Any]) -> dict[str, Any]:
    """The nested mapping of dotted keys."""
    tree: dict[str, Any] = {}
    for key, value in flat.items():
        *parents, last = key.split(".")
        branch = tree
        for parent in parents:
            branch = branch.setdefault(parent, {})
        branch[last] = value
    return tree


def _unknown(key: str, known: tuple[str, ...]) -> str:
    below = [name.removeprefix(f"{key}.") for name in known if name.startswith(f"{key}.")]
    if below:
        return f"{key}: has settings of its own: {', '.join(below)}"
    above = next((name for name in known if key.startswith(f"{name}.")), "")
    return f"{above}: has no settings below it" if above else f"unknown setting `{key}`{did_you_mean(key, known)}"


def did_you_mean(key: str, known: Iterable[str]) -> str:
    """`; did you mean `port`?`, or nothing where no known word is near."""
    best = process.extractOne(key, list(known), score_cutoff=70)
    return f"; did you mean `{best[0]}`?" if best else ""


def _flag_layer(flags: Mapping[str, Any], known: tuple[str, ...]) -> _Layer:
    flat = flatten(dict(flags))
    origin = {key: f"flag --{key.replace('_', '-')}" for key in flat}
    complaints = tuple(f"{_unknown(key, known)} (in {origin[key]})" for key in flat if key not in known)
    return _Layer({key: value for key, value in flat.items() if key in known}, origin, complaints)


def _file_layer(path: Path | None, known: tuple[str, ...]) -> _Layer:
    if path is None:
        return _Layer({}, {})
    file = read_file(path)
    flat = flatten(dict(file.tree))
    complaints = tuple(f"{_unknown(key, known)} (in {file.source(key)})" for key in flat if key not in known)
    values = {key: value for key, value in flat.items() if key in known}
    return _Layer(values, dict.fromkeys(values, file.source()), (*file.complaints, *complaints), file.source)


def _env_layer(environ: Mapping[str, str], known: tuple[str, ...]) -> _Layer:
    complaints = _misspelt(environ, known)
    names = {key: name for name, key in PLAIN_ENV.items() if environ.get(name)}
    names |= {key: env_name(key) for key in known if env_name(key) in environ}
    values: dict[str, Any] = {key: environ[name] for key, name in names.items()}
    try:
        if "targets" in values:
            values["targets"] = orjson.loads(values["targets"])
    except orjson.JSONDecodeError:
        del values["targets"]
        complaints.append(f'targets: must be JSON, such as {{"NAME": "URL"}} (set by environment {names["targets"]})')
    return _Layer(values, {key: f"environment {name}" for key, name in names.items()}, tuple(complaints))


def env_name(key: str) -> str:
    """The environment name of a dotted key."""
    return ENV_PREFIX + key.upper().replace(".", "__")


def _misspelt(environ: Mapping[str, str], known: tuple[str, ...]) -> list[str]:
    """Complaints about names with our prefix that are almost a setting; orchestrators add others of their own."""
    names = [env_name(key) for key in known]
    wrong = (name for name in environ if name.startswith(ENV_PREFIX) and name not in names)
    guesses = ((name, process.extractOne(name, names, score_cutoff=92)) for name in wrong)
    return [f"unknown environment name `{name}`; did you mean `{best[0]}`?" for name, best in guesses if best]
