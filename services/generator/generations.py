"""From a request to the job spec of a generation: everything that can be refused is refused here."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from pydantic import ValidationError

from runner.formats import OptionError, open_format
from runner.plan import Plan
from runner.schema.buildconfig import Requested
from runner.spec import Output
from services.common.errors import FieldError, MockcraftError, invalid
from services.common.schemas import SchemaRequest
from services.common.settings import Settings
from services.generator.known import KnownSchemas

MOST_OUTPUTS = 16
MOST_WORKERS = 256
LONGEST_REQUEST_ID = 256


@dataclass(frozen=True, slots=True)
class GenerationRequest:
    """A generation to start.

    `outputs` are records of format, compression, dialect and options; none means what a build config
    asks for, else CSV. `workers` 0 takes the service's default. The same `request_id` and request name the same job.
    """

    schema: SchemaRequest
    outputs: tuple[Mapping[str, Any], ...] = ()
    workers: int = 0
    request_id: str = ""

    @property
    def digest(self) -> str:
        """SHA-256 of everything that was asked for, the id aside."""
        asked = [*self.schema.asked, self.outputs, self.workers]
        return hashlib.sha256(orjson.dumps(asked, default=dict, option=orjson.OPT_SORT_KEYS)).hexdigest()


def job_spec(request: GenerationRequest, settings: Settings, known: KnownSchemas) -> dict[str, Any]:
    """The child's spec. Raises SCHEMA_INVALID, YAML_*, OPTION_INVALID, OUTPUT_CONFLICT, WORKERS_INVALID, REQUEST_ID_INVALID."""
    if not 0 <= request.workers <= MOST_WORKERS:
        raise invalid("WORKERS_INVALID", f"The number of workers must be 1 to {MOST_WORKERS}.")
    if len(request.request_id) > LONGEST_REQUEST_ID:
        raise invalid("REQUEST_ID_INVALID", f"A request id has at most {LONGEST_REQUEST_ID} characters.")
    planned = known.planned(request.schema)
    outputs = check_outputs(planned.plan, request.outputs or _default_outputs(planned.requested))
    return {
        "plan": orjson.loads(planned.text),
        "outputs": [o.model_dump(mode="json", by_alias=True) for o in outputs],
        "workers": request.workers or settings.workers,
        "blockRows": settings.block_rows,
        "checkpointRows": settings.checkpoint_rows,
    }


def _default_outputs(asked: Requested | None) -> tuple[Mapping[str, Any], ...]:
    """CSV, or what a build config asks for."""
    if asked is None:
        return ({"format": "csv"},)
    return ({"format": asked.format, "dialect": asked.dialect, "options": {"file_name": asked.file_name}},)


def check_outputs(plan: Plan, asked: Sequence[Mapping[str, Any]]) -> tuple[Output, ...]:
    """The outputs as models. Raises OPTION_INVALID with a finding for each bad one, OUTPUT_CONFLICT."""
    if len(asked) > MOST_OUTPUTS:
        raise invalid("OUTPUTS_INVALID", f"At most {MOST_OUTPUTS} outputs can be asked for.")
    outputs: list[Output] = []
    findings: list[FieldError] = []
    names: Counter[str] = Counter()
    for i, record in enumerate(asked):
        try:
            output = Output.model_validate(record)
            names.update({file.name for file in open_format(plan, output).files()})
            outputs.append(output)
        except ValidationError as error:
            findings += [_of_record(f"outputs[{i}]", problem["loc"], problem["msg"]) for problem in error.errors()]
        except OptionError as error:
            findings.append(_of_option(f"outputs[{i}]", error))
    if findings:
        raise invalid("OPTION_INVALID", "An output cannot be written as asked.", findings[0].message, findings)
    _check_names(names)
    return tuple(outputs)


def _of_record(path: str, place: tuple[int | str, ...], message: str) -> FieldError:
    return FieldError(".".join([path, *map(str, place)]), message, "OPTION_INVALID")


def _of_option(path: str, error: OptionError) -> FieldError:
    own = error.option in ("format", "dialect", "compression")
    place = f"{path}.{error.option}" if own else f"{path}.options.{error.option}"
    return FieldError(place, str(error), error.code, suggestion=", ".join(error.suggestions))


def _check_names(names: Counter[str]) -> None:
    twice = [name for name, count in names.items() if count > 1]
    if twice:
        raise _conflict(twice[0])


def _conflict(name: str) -> MockcraftError:
    return invalid("OUTPUT_CONFLICT", f"Two outputs would write {name}.", "Ask for them in two jobs.")
