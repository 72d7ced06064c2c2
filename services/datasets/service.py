"""Text datasets, saved domains and dictionaries. Used in-process by the command line; no gRPC here."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from runner.datasets import outputs, templates
from runner.datasets.files import ABOUT
from runner.datasets.models import TEMPLATE
from services.common.errors import FieldError, MockcraftError, invalid, not_found, refused
from services.common.jobs.model import Job
from services.common.jobs.service import DEFAULT_PAGE, LARGEST_PAGE, JobsService
from services.common.settings import Settings
from services.datasets import asking
from services.datasets.choosing import missing
from services.datasets.dictionaries import Dictionaries
from services.datasets.domains import LONGEST_NAME, Domain, DomainStore, key_of
from services.datasets.worker import KIND

EXISTS: Final = "OUTPUT_EXISTS"
LONGEST_REQUEST_ID: Final = 256
LONGEST_DESCRIPTION: Final = 2000


@dataclass(frozen=True, slots=True)
class DomainPage:
    """A page of saved domains; `next_page_token` is empty at the end."""

    domains: tuple[Domain, ...]
    next_page_token: str = ""


class DatasetService:
    """Starts datasets; keeps domains, and `dictionaries`. Errors are `MockcraftError`."""

    def __init__(self, settings: Settings, jobs: JobsService) -> None:
        self._settings, self._jobs = settings, jobs
        self._domains = DomainStore(settings.jobs_store_url)
        self.dictionaries = Dictionaries(settings, jobs)

    def close(self) -> None:
        """Let go of connections."""
        self._domains.close()

    # Datasets.

    async def create(
        self, given: asking.Values, request_id: str = "", out_dir: Path | None = None, *, overwrite: bool = False
    ) -> Job:
        """Start a dataset; `given` are the fields of a request by their camelCase names.

        `out_dir` is where the files go, for whoever may say so; `overwrite` lets them replace those that are there.
        Raises DATASET_INVALID with findings, MODEL_UNAVAILABLE, OUTPUT_EXISTS, REQUEST_ID_INVALID,
        IDEMPOTENCY_KEY_REUSED, QUEUE_FULL.
        """
        if len(request_id) > LONGEST_REQUEST_ID:
            raise invalid("REQUEST_ID_INVALID", f"A request id has at most {LONGEST_REQUEST_ID} characters.")
        values, stem, wrong = await asyncio.to_thread(self._values, given)
        request = asking.read(values, wrong)
        fallback = await asyncio.to_thread(self._fallback, request.model_name)
        wished = request.model_name
        if fallback:
            request = request.model_copy(update={"model_name": TEMPLATE})
        await asyncio.to_thread(asking.check, request)
        if out_dir and not overwrite:
            refuse_overwriting(out_dir, outputs.filename(stem, request.output_format, request.compression))
        spec = {
            "request": request.model_dump(mode="json", by_alias=True), "fileName": stem, "fallback": fallback,
            **({"wished": wished} if fallback else {}),
            **({"outDir": str(out_dir)} if out_dir else {}),
        }  # fmt: skip
        digest = hashlib.sha256(orjson.dumps(dict(given), option=orjson.OPT_SORT_KEYS)).hexdigest() if request_id else ""
        return await self._jobs.create(KIND, spec, request_id=request_id, request_digest=digest)

    def _values(self, given: asking.Values) -> tuple[dict[str, Any], str, list[FieldError]]:
        """The request, completed by its domain and the settings, what its file is called, and what is wrong with its domain."""
        domain = str(given.get("domain", ""))
        saved = self._domains.find(domain) if domain else None
        asked = {**given, "domain": saved.request.get("domain") or saved.name} if saved else dict(given)
        values = asking.completed(asked, saved.request if saved else {})
        template = asking.template_of(str(values.get("domain", "")))
        if template:
            values = asking.completed(values, asking.of_template(template)) | {"domain": template.id}
        values.setdefault("modelName", self._settings.datasets.model)
        wrong = [] if saved or template else asking.unknown_domain(given, self._saved_names())
        return values, asking.file_stem(saved.id if saved else values.get("domain", "")), wrong

    def _saved_names(self) -> Iterator[str]:
        return (domain.name for domain in self._domains.list("", LARGEST_PAGE))

    def _fallback(self, model_name: str) -> str:
        """Why the template model stands in, "" where it does not. Raises MODEL_UNAVAILABLE."""
        reason = missing(model_name, self._settings)
        if not reason:
            return ""
        if self._settings.datasets.on_missing_model != "template":
            raise refused("MODEL_UNAVAILABLE", f"The model {model_name[:200]!r} cannot be had: {reason}")
        return f"The model {model_name[:200]!r} was asked for and cannot be had: {reason} The template model stands in for it."

    # Ready-made domains.

    async def list_templates(self) -> Sequence[templates.Template]:
        """Every ready-made domain, by id."""
        return await asyncio.to_thread(templates.all)

    async def get_template(self, id_: str) -> templates.Template:
        """One of them. Raises TEMPLATE_NOT_FOUND."""
        found = await asyncio.to_thread(asking.template_of, id_)
        if found is None:
            raise not_found("TEMPLATE_NOT_FOUND", "There is no such template.", f"There are: {', '.join(templates.ids())}.")
        return found

    # Saved domains.

    async def create_domain(self, name: str, description: str, request: asking.Values) -> Domain:
        """Save a domain. Raises DATASET_INVALID, NAME_INVALID, DUPLICATE_NAME."""
        await asyncio.to_thread(_check_domain, name, description, request)
        return await asyncio.to_thread(self._domains.create, name, description, dict(request))

    async def update_domain(self, id_: str, name: str, description: str, request: asking.Values, revision: int = 0) -> Domain:
        """Replace a domain. Raises as `create_domain`, and DOMAIN_NOT_FOUND, REVISION_STALE."""
        known = await self.get_domain(id_)
        await asyncio.to_thread(_check_domain, name or known.name, description, request)
        return await asyncio.to_thread(self._domains.update, known.id, name, description, dict(request), revision)

    async def get_domain(self, id_: str) -> Domain:
        """One saved domain by id or name. Raises DOMAIN_NOT_FOUND."""
        return await asyncio.to_thread(self._domains.get, id_)

    async def delete_domain(self, id_: str) -> Domain:
        """Remove a domain; returns it as it was. Raises DOMAIN_NOT_FOUND."""
        return await asyncio.to_thread(self._domains.delete, id_)

    async def list_domains(self, page_size: int = 0, page_token: str = "") -> DomainPage:
        """Saved domains by name. Raises PAGE_SIZE_INVALID, PAGE_TOKEN_INVALID."""
        if not 0 <= page_size <= LARGEST_PAGE:
            raise invalid("PAGE_SIZE_INVALID", f"The page size must be 1 to {LARGEST_PAGE}.")
        size, after = page_size or DEFAULT_PAGE, _parsed(page_token)
        found = await asyncio.to_thread(self._domains.list, after, size + 1)
        return DomainPage(tuple(found[:size]), _token(found[size - 1].name) if len(found) > size else "")


def refuse_overwriting(folder: Path, records: str = "") -> None:
    """Raise OUTPUT_EXISTS where a folder holds a dataset: files of that name, the card, the report or the manifest."""
    unfinished = (f"{records}.part", f"{records}.spool.part") if records else ()
    names = *((records,) if records else ()), *unfinished, *ABOUT
    found = [name for name in names if os.path.lexists(folder / name)]
    if not found:
        return
    if found[0] in unfinished:
        message = f"{folder / found[0]} was left by an unfinished dataset."
        raise invalid(EXISTS, message, "`mockcraft jobs list` and `jobs resume` go on with it; --force writes over it.")
    message = f"{folder / found[0]} is there already{f', and {len(found) - 1} more' if len(found) > 1 else ''}."
    raise invalid(EXISTS, message, "--force writes over it, --dir DIR writes elsewhere.")


def _check_domain(name: str, description: str, request: asking.Values) -> None:
    shown = " ".join(name.split())
    if not 1 <= len(shown) <= LONGEST_NAME or not shown.isprintable():
        text = f"The name of a domain is 1 to {LONGEST_NAME} printable characters."
        raise invalid("NAME_INVALID", text, findings=[FieldError("name", text, "NAME_INVALID")])
    if len(description) > LONGEST_DESCRIPTION:
        text = f"A description has at most {LONGEST_DESCRIPTION} characters."
        raise invalid("DESCRIPTION_INVALID", text, findings=[FieldError("description", text, "DESCRIPTION_INVALID")])
    asking.check_draft(request, name)


def _token(name: str) -> str:
    return base64.urlsafe_b64encode(key_of(name).encode()).decode().rstrip("=")


def _parsed(token: str) -> str:
    try:
        return base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        raise _bad_token() from None


def _bad_token() -> MockcraftError:
    return invalid("PAGE_TOKEN_INVALID", "This page token is not one of ours.", "Start from the first page.")
