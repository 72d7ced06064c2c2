"""S3-compatible storage: which URLs name a place in it, how it is reached, and what its answers mean."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError
from obstore.store import S3Store

from services.common.databases import DatabaseError
from services.common.settings import Settings

SCHEME: Final = "s3://"
_BUCKET: Final = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_PREFIX: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}")


def parsed(url: str) -> tuple[str, str] | None:
    """Bucket and prefix of `s3://bucket/prefix`; None for what is no such URL."""
    bucket, _, prefix = url.removeprefix(SCHEME).rstrip("/").partition("/")
    good = url.startswith(SCHEME) and _BUCKET.fullmatch(bucket)
    if not good or (prefix and not all(_PREFIX.fullmatch(part) for part in prefix.split("/"))):
        return None
    return bucket, prefix


def access_of(settings: Settings) -> Mapping[str, str] | None:
    """How the store of the settings is reached, with its keys; None without keys."""
    keys = {
        "access_key_id": settings.aws_access_key_id.get_secret_value(),
        "secret_access_key": settings.aws_secret_access_key.get_secret_value(),
    }
    if not all(keys.values()):
        return None
    others = {
        "session_token": settings.aws_session_token.get_secret_value(),
        "region": settings.aws_region, "endpoint": settings.s3_endpoint,
    }  # fmt: skip
    return keys | {name: value for name, value in others.items() if value}


def open_bucket(url: str, access: Mapping[str, str]) -> S3Store:
    """The place that `url` (as `parsed` takes it) names. Nothing is sent. Raises `ValueError`, `DatabaseError`."""
    found = parsed(url)
    if found is None:
        raise ValueError("this is no s3://bucket/prefix")
    bucket, prefix = found
    plain = access.get("endpoint", "").startswith("http://")
    options: Any = {"region": "us-east-1", **access}
    with answering(url):
        return S3Store(
            bucket, prefix=prefix or None, **options,
            client_options={"allow_http": plain, "connect_timeout": "5s", "timeout": "120s"},
            retry_config={"max_retries": 3},
        )  # fmt: skip


@contextmanager
def answering(url: str, name: str = "", kind: str = "archive") -> Iterator[None]:
    """Tell plainly what the store answered, without its own words: they may name keys and hosts.

    Raises `DatabaseError` STORAGE_UNAVAILABLE, STORAGE_AUTH_FAILED, STORAGE_NOT_FOUND, or `KIND`_NOT_FOUND for `name`.
    """
    try:
        yield
    except FileNotFoundError:
        if name:
            raise DatabaseError(f"{kind.upper()}_NOT_FOUND", f"there is no {kind} {name} in {url}") from None
        raise DatabaseError("STORAGE_NOT_FOUND", f"there is no bucket for {url}") from None
    except (PermissionDeniedError, UnauthenticatedError):
        raise DatabaseError("STORAGE_AUTH_FAILED", f"the keys do not allow this in {url}") from None
    except BaseError as error:
        message = f"the storage of {url} does not answer as it should ({type(error).__name__})"
        raise DatabaseError("STORAGE_UNAVAILABLE", message, retryable=True) from None
