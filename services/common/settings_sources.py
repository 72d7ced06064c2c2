"""Where settings are read from, merged by precedence, with an origin for each key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_settings import EnvSettingsSource
from rapidfuzz import process

from services.common.settings import ENV_PREFIX, Settings, flatten
from services.common.settings_file import SettingsError, read_tree

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


def load(model: type[Settings], file: Path | None, flags: Mapping[str, Any], environ: Mapping[str, str]) -> Settings:
    """Merge flags over environment over file. Raises `SettingsError`."""
    named = environ.get(f"{ENV_PREFIX}CONFIG", "")
    path = file or (Path(named) if named else None)
    known = tuple(flatten(model().model_dump()))
    layers = (_file_layer(path, known), _env_layer(model, environ, known), _flag_layer(flags, known))
    values: dict[str, Any] = {}
    origin: dict[str, str] = {}
    for layer, origins in layers:
        values |= layer
        origin |= origins
    return _build(model, values, origin)


def _build(model: type[Settings], values: Mapping[str, Any], origin: dict[str, str]) -> Settings:
    try:
        return model(**nest(values)).with_origin(origin)
    except ValidationError as error:
        lines = [_complaint(e["loc"], e["msg"], origin) for e in error.errors(include_input=False, include_url=False)]
        raise SettingsError("\n".join(lines)) from None


def _complaint(place: Iterable[Any], message: str, origin: Mapping[str, str]) -> str:
    key = ".".join(str(part) for part in place)
    source = next((where for known, where in origin.items() if key == known or key.startswith(f"{known}.")), "")
    return f"{key or 'settings'}: {message.removeprefix('Value error, ')}" + (f" (set by {source})" if source else "")


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


def _refuse_unknown(keys: Iterable[str], known: tuple[str, ...], source: str) -> None:
    for key in keys:
        if key not in known:
            raise SettingsError(f"{source} has an unknown setting `{key}`{did_you_mean(key, known)}")


def did_you_mean(key: str, known: Iterable[str]) -> str:
    """`; did you mean `port`?`, or nothing where no known word is near."""
    best = process.extractOne(key, list(known), score_cutoff=70)
    return f"; did you mean `{best[0]}`?" if best else ""


def _flag_layer(flags: Mapping[str, Any], known: tuple[str, ...]) -> tuple[dict[str, Any], dict[str, str]]:
    flat = flatten(dict(flags))
    _refuse_unknown(flat, known, "the command line")
    return flat, {key: f"flag --{key.replace('_', '-')}" for key in flat}


def _file_layer(path: Path | None, known: tuple[str, ...]) -> tuple[dict[str, Any], dict[str, str]]:
    if path is None:
        return {}, {}
    tree = read_tree(path)
    flat = flatten(tree)
    _refuse_unknown(flat, known, str(path))
    return flat, dict.fromkeys(flat, f"file {path}")


def _env_layer(
    model: type[Settings], environ: Mapping[str, str], known: tuple[str, ...]
) -> tuple[dict[str, Any], dict[str, str]]:
    _refuse_misspelt(environ, known)
    names = {env_name(key): key for key in known}
    plain = {key: environ[name] for name, key in PLAIN_ENV.items() if environ.get(name)}
    origin = {key: f"environment {name}" for name, key in PLAIN_ENV.items() if environ.get(name)}
    present = {name: key for name, key in names.items() if name in environ}
    source = EnvSettingsSource(model)
    source.env_vars = {name.lower(): environ[name] for name in present}
    try:
        own = flatten(source())
    except ValueError as error:
        raise SettingsError(f"environment: {error}") from None
    return plain | own, origin | {key: f"environment {name}" for name, key in present.items()}


def env_name(key: str) -> str:
    """The environment name of a dotted key."""
    return ENV_PREFIX + key.upper().replace(".", "__")


def _refuse_misspelt(environ: Mapping[str, str], known: tuple[str, ...]) -> None:
    """Refuse names with our prefix that are almost a setting; orchestrators add others of their own."""
    names = [env_name(key) for key in known]
    for name in environ:
        if name.startswith(ENV_PREFIX) and name not in names:
            best = process.extractOne(name, names, score_cutoff=92)
            if best:
                raise SettingsError(f"unknown environment name `{name}`; did you mean `{best[0]}`?")
