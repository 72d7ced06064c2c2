"""What a text dataset's child is told: the request (what is wanted) and the spec (where, by which model, with what limits).

Names are camelCase in JSON. Secrets are never in here: the model's key is on the first line of standard input.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic.alias_generators import to_camel

METADATA: Final = ("id", "topic", "kind", "difficulty", "persona")
"""Fields that say where a record stands in the plan; before the fields of its kind."""

Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Words = Annotated[tuple[Word, ...], Field(max_length=1000)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=8000)]
KindName = Literal["instruction", "qa", "chat", "classification", "summarization", "preference", "text", "custom"]


class _Model(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True)


class Prompts(_Model):
    """The user's own words for the model; `$topic`, `$kind`, `$difficulty`, `$persona`, `$domain`, `$description`,

    `$language`, `$label`, `$angle` and `$schema` stand for a record's place in the plan. Empty: the ready-made ones.
    """

    system: Text = ""
    user: Text = ""


class Filters(_Model):
    """Which valid records are still refused. Lengths are characters of a record's texts together."""

    min_length: int = Field(default=1, ge=1, le=1_000_000)
    max_length: int = Field(default=100_000, ge=1, le=1_000_000)
    language: bool = True
    refusals: bool = True
    leaks: bool = True
    placeholders: bool = True
    blocked: Words = ()

    @model_validator(mode="after")
    def _lengths(self) -> Self:
        if self.min_length > self.max_length:
            raise ValueError(f"minLength {self.min_length} is above maxLength {self.max_length}")
        return self


class Budget(_Model):
    """What a job may spend; None: no limit. `money` by the prices of the model's settings, `seconds` of one attempt."""

    tokens: int | None = Field(default=None, ge=1)
    money: float | None = Field(default=None, gt=0)
    seconds: float | None = Field(default=None, gt=0)


class GiveUp(_Model):
    """When a job ends short of its target: a record rejected so many times, or so large a share of the last answers."""

    tries: int = Field(default=10, ge=1, le=1000)
    rejected_share: float = Field(default=0.95, gt=0, le=1)
    window: int = Field(default=200, ge=10, le=100_000)


class DatasetRequest(_Model):
    """What is wanted. Every value has a default but the number of records."""

    target_count: int = Field(ge=1, le=1_000_000_000)
    domain: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] = ""
    domain_description: Text = ""
    batch_size: int = Field(default=25, ge=1, le=10_000)
    output_format: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,31}$")] = "jsonl"
    shape: Annotated[str, StringConstraints(pattern=r"^([a-z][a-z0-9_]{0,31})?$")] = ""
    compression: Literal["none", "gzip", "zstd"] = "none"
    kinds: Annotated[tuple[KindName, ...], Field(min_length=1)] = ("instruction",)
    topics: Words = ()
    difficulties: Words = ("beginner", "intermediate", "advanced")
    personas: Words = ()
    labels: Words = ()
    record_schema: dict[str, Any] | None = None
    examples: Annotated[tuple[dict[str, Any], ...], Field(max_length=20)] = ()
    metadata: bool = True
    language: Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")] = "en"
    model_name: Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)] = "template"
    temperature: float = Field(default=0.8, ge=0, le=2)
    top_p: float = Field(default=1.0, gt=0, le=1)
    max_tokens: int = Field(default=1024, ge=16, le=131_072)
    seed: int = Field(default=0, ge=0, lt=1 << 63)
    use_quantization: bool = False
    prompts: Prompts = Prompts()
    filters: Filters = Filters()
    near_duplicate: float = Field(default=0.8, ge=0.3, le=1)
    budget: Budget = Budget()
    give_up: GiveUp = GiveUp()

    @model_validator(mode="after")
    def _fits(self) -> Self:
        for name in ("kinds", "topics", "difficulties", "personas", "labels"):
            values = getattr(self, name)
            if len(set(values)) != len(values):
                raise ValueError(f"{to_camel(name)}: each value once, please")
        if ("custom" in self.kinds) != (self.record_schema is not None):
            raise ValueError("recordSchema and the kind `custom` go together")
        if "custom" in self.kinds and len(self.kinds) > 1:
            raise ValueError("kinds: `custom` stands alone, since its records have a schema of their own")
        if "classification" in self.kinds and len(self.labels) < 2:
            raise ValueError("labels: the kind `classification` needs two labels or more")
        return self

    @property
    def with_metadata(self) -> bool:
        """Whether records carry `METADATA`; those of a user's own schema are exactly by that schema."""
        return self.metadata and self.record_schema is None


class ModelSettings(_Model):
    """How models are reached and paced; from the settings, never from a request."""

    endpoint: str = ""
    allowed_hosts: tuple[str, ...] = ("localhost", "127.0.0.1", "::1")
    connect_seconds: float = Field(default=10.0, gt=0)
    timeout_seconds: float = Field(default=120.0, gt=0)
    max_body_bytes: int = Field(default=4 << 20, ge=1024)
    start_concurrency: int = Field(default=8, ge=1, le=10_000)
    max_concurrency: int = Field(default=64, ge=1, le=10_000)
    retries: int = Field(default=8, ge=0, le=100)
    prompt_price: float = Field(default=0.0, ge=0)
    completion_price: float = Field(default=0.0, ge=0)
    """Prices are for a million tokens, in the currency of `Budget.money`."""
    quantize: bool = False
    """Weights in 4 bits, where the machine can."""
    allow_download: bool = False
    """Whether weights may be fetched that are not on this machine."""


class DatasetSpec(_Model):
    """One job. The child works in `work_dir` (journal, lock) and leaves its files in `out_dir`; report and manifest in

    `report_dir`, a folder in or beside it, where that is given.

    `answers_path` is the SQLite file of stored answers, and `answers_from` are those of other jobs, whose answers are as good.
    `fallback` says why the template model
    stands in for the one that was asked for (empty: it does not).
    """

    v: Literal[1] = 1
    job_id: str
    kind: Literal["dataset"] = "dataset"
    attempt: int = Field(default=1, ge=1)
    request: DatasetRequest
    file_name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._ -]{0,120}$")] = "dataset"
    out_dir: Path
    work_dir: Path
    report_dir: Path | None = None
    answers_path: Path
    answers_from: tuple[Path, ...] = ()
    model: ModelSettings = ModelSettings()
    fallback: str = ""

    @property
    def about_dir(self) -> Path:
        """Where report and manifest go."""
        return self.report_dir or self.out_dir

    def write(self, path: Path) -> None:
        """Store it at `path`."""
        path.write_bytes(self.model_dump_json(by_alias=True).encode())

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read what `write` stored. Raises `pydantic.ValidationError` or `OSError`."""
        return cls.model_validate_json(path.read_bytes())
