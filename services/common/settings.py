"""Settings: flag, then environment, then file, then default; each value knows where it came from.

Environment names are `MOCKCRAFT_` plus the key in capitals, with `__` between the levels
(`MOCKCRAFT_AUTH__API_KEYS`); `PORT`, `PYTHON_PATH`, `REDIS_URL`, `S3_BUCKET` and
the `AWS_` names of `PLAIN_ENV` count too.
Lists are written with commas or as JSON.
"""

from __future__ import annotations

import math
import os
import sys
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

import orjson
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    SecretStr,
    ValidationInfo,
    field_validator,
)
from pydantic_core import PydanticCustomError

from runner import dictionaries, plugins

ENV_PREFIX = "MOCKCRAFT_"


def _split(value: Any) -> Any:
    try:
        read = orjson.loads(value) if isinstance(value, str) and value.lstrip().startswith("[") else value
    except orjson.JSONDecodeError:
        read = None
    if isinstance(read, str):
        return [part.strip() for part in read.split(",") if part.strip()]
    if not isinstance(read, list | tuple):
        raise ValueError("must be a list, with commas between or as JSON")
    return read


Texts = Annotated[tuple[str, ...], BeforeValidator(_split)]
Secrets = Annotated[tuple[SecretStr, ...], BeforeValidator(_split)]


def _served(url: SecretStr) -> SecretStr:
    from services.common.databases import plain_schemes, schemes  # only who names targets pays for the drivers

    scheme, colon, _ = url.get_secret_value().partition(":")
    if not colon or scheme.lower() not in schemes():
        raise ValueError(f"is not the URL of a database served here: {', '.join(plain_schemes())}")
    return url


Target = Annotated[SecretStr, AfterValidator(_served)]

LONGEST_SECONDS: Final = 200 * 366 * 86_400
LARGEST: Final = 2**63 - 1


def _within_reason(value: Any, field: ValidationInfo) -> Any:
    """Refuse spans of time above two centuries and numbers above 64 bits, which clocks and stores cannot take."""
    name = field.field_name or ""
    most = LONGEST_SECONDS // 3600 if "hours" in name else LONGEST_SECONDS if name.endswith("_seconds") else LARGEST
    if isinstance(value, int | float) and value > most:
        raise ValueError(f"must be at most {most:,}")
    return value


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    _reasonable = field_validator("*")(_within_reason)


class Auth(_Section):
    """Who may call the gateway."""

    api_keys: Secrets = Field(default=(), description="Keys that open every route; none: only loopback, open to all")
    ticket_seconds: int = Field(default=300, ge=1, description="Life of the signed `?ticket=` in URLs of answers")


class RateLimits(_Section):
    """Requests a minute for each client, by class of route; 0 means no limit."""

    read: int = Field(default=1200, ge=0, description="GET of jobs, catalogue and rows; a minute for each client, 0: no limit")
    create: int = Field(
        default=120, ge=0, description="Requests that start a job or create a schema; a minute for each client, 0: no limit"
    )
    steer: int = Field(
        default=240,
        ge=0,
        description="Pause, resume, cancel and remove; changes of schemas; a minute for each client, 0: no limit",
    )
    compute: int = Field(
        default=600, ge=0, description="Values, validation, plans and previews; a minute for each client, 0: no limit"
    )
    stream: int = Field(default=240, ge=0, description="Event streams opened; a minute for each client, 0: no limit")
    download: int = Field(default=240, ge=0, description="Artifacts and archives; a minute for each client, 0: no limit")


class Seeder(_Section):
    """How databases are loaded."""

    generators: Texts = Field(
        default=(), description="host:port of the generators that loads pull their rows from; empty: generator_address"
    )


class Backup(_Section):
    """Where backups lie, and what they are encrypted with."""

    folder: Path | None = Field(default=None, description="Folder of the archives; empty: backups/ in data_dir")
    key_file: Path | None = Field(default=None, description="File with the key of encrypted archives; goes before backup_key")


_SERVERS = ("postgresql", "postgres", "mysql", "mariadb")


class Registry(_Section):
    """Where the databases of drawings are created."""

    databases_url: SecretStr = Field(
        default=SecretStr(""),
        description="Server of created databases, postgresql:// or mysql://; empty: SQLite files",
    )
    statement_seconds: float = Field(default=30, gt=0, description="Longest time one statement of a creation may take")
    takeover_seconds: float = Field(default=30, gt=0, description="A creation whose service is silent this long is undone")
    sweep_seconds: float = Field(default=10, gt=0, description="How often creations that died are looked for")

    @field_validator("databases_url")
    @classmethod
    def _known_server(cls, url: SecretStr) -> SecretStr:
        scheme, colon, _ = url.get_secret_value().partition("://")
        if url.get_secret_value() and (not colon or scheme.partition("+")[0].lower() not in _SERVERS):
            raise ValueError("must be the URL of a PostgreSQL, MySQL or MariaDB server")
        return url


class Datasets(_Section):
    """Which models write text datasets, and what that may cost."""

    model: str = Field(default="template", description="Model of requests without one: template, openai:NAME or local weights")
    on_missing_model: Literal["refuse", "template"] = Field(
        default="refuse", description="What a model that cannot be had leads to: 422, or the template model, plainly said"
    )
    openai_url: str = Field(default="", description="OpenAI-compatible endpoint, such as http://127.0.0.1:8000/v1; empty: none")
    openai_key: SecretStr = Field(default=SecretStr(""), description="Its key, where it wants one")
    allowed_hosts: Texts = Field(
        default=(),
        description="Hosts, or host:port, that models may be asked at beside this machine; the endpoint's must be here",
    )
    allow_download: bool = Field(default=False, description="Fetch local weights that are not on this machine from their hub")
    connect_seconds: float = Field(default=10, gt=0, description="Time to connect to the endpoint")
    timeout_seconds: float = Field(default=120, gt=0, description="Time for one answer of a model")
    max_body_bytes: int = Field(default=4 * 2**20, ge=1024, description="Largest answer of the endpoint in bytes")
    start_concurrency: int = Field(default=8, ge=1, le=10_000, description="Requests at a time that a job begins with")
    max_concurrency: int = Field(default=64, ge=1, le=10_000, description="Requests at a time, at most; how many is found out")
    retries: int = Field(default=8, ge=0, le=100, description="How often a prompt is asked again after faults of the server")
    prompt_price: float = Field(default=0, ge=0, description="Price of a million tokens of prompts, for budgets of money")
    completion_price: float = Field(default=0, ge=0, description="Price of a million tokens of answers")


class Generator(_Section):
    """What a generator keeps of rows that databases hold already, for loads that add to them."""

    stored_bytes: int = Field(default=16 * 2**30, ge=1024, description="Most bytes of stored rows that loads have sent")
    stored_hours: float = Field(default=24, gt=0, description="Stored rows that no load has asked for are kept this long")


class Child(_Section):
    """What a child process may use, and how long it may be silent."""

    memory_bytes: int = Field(default=0, ge=0, description="Most memory of one process, in bytes; 0: no limit (Linux)")
    open_files: int = Field(default=0, ge=0, description="Most files that one process has open; 0: as inherited (Linux)")
    cpu_seconds: int = Field(default=0, ge=0, description="Most processor time of one process; 0: no limit (Linux)")
    nice: int = Field(
        default=0, ge=0, le=19, description="How far its work stands back behind that of others, 0 to 19: the least (POSIX)"
    )
    stall_seconds: float = Field(default=1800, ge=0, description="A child silent this long is ended and tried again; 0: never")


class Concurrent(_Section):
    """Of the jobs one service runs at a time, how many may be of a kind; 0 means as many as run."""

    generation: int = Field(default=0, ge=0, description="Generations at a time; 0: no limit of their own")
    seeding: int = Field(default=0, ge=0, description="Loads, comparisons and repairs at a time; 0: no limit of their own")
    backup: int = Field(default=0, ge=0, description="Backups at a time; 0: no limit of their own")
    restore: int = Field(default=0, ge=0, description="Restores at a time; 0: no limit of their own")
    verification: int = Field(default=0, ge=0, description="Verifications of archives at a time; 0: no limit of their own")
    dataset: int = Field(default=0, ge=0, description="Text datasets at a time; 0: no limit of their own")


class Schemas(_Section):
    """What schemas may reach beyond their own text."""

    allow_env: Texts = Field(default=(), description="Variables that schemas on the command line may read as `${env.NAME}`")
    requests_allow_env: Texts = Field(default=(), description="Variables that schemas in requests may read")
    include_folders: Texts = Field(default=(), description="Folders beside its own from which a schema's file may include")


class Settings(_Section):
    """Every setting there is. Load it with `load_settings`; `Settings(...)` reads nothing from outside."""

    data_dir: Path = Field(
        default=Path.home() / ".mockcraft", description="Folder of jobs, their files and all else that is kept"
    )
    jobs_url: SecretStr = Field(default=SecretStr(""), description="Job store; empty: sqlite file in data_dir")
    schemas_url: SecretStr = Field(default=SecretStr(""), description="Store of the registry; empty: sqlite file in data_dir")
    host: str = Field(default="127.0.0.1", description="Address the gateway listens on")
    port: int = Field(default=8080, ge=0, le=65535, description="Port of the gateway; 0: a free one")
    grpc_host: str = Field(default="127.0.0.1", description="Address a service listens on")
    grpc_port: int = Field(
        default=50051,
        ge=0,
        le=65535,
        description="Port of a service (alone: seeder 50052, backup 50053, schemas 50054, datasets 50055); 0: a free one",
    )
    generator_address: str = Field(default="127.0.0.1:50051", description="host:port of the generator service")
    seeder_address: str = Field(default="127.0.0.1:50052", description="host:port of the seeder service; empty: there is none")
    backup_address: str = Field(default="127.0.0.1:50053", description="host:port of the backup service; empty: there is none")
    schemas_address: str = Field(default="127.0.0.1:50054", description="host:port of the schema registry; empty: there is none")
    datasets_address: str = Field(default="127.0.0.1:50055", description="host:port of the dataset service; empty: there is none")
    grpc_token: SecretStr = Field(default=SecretStr(""), description="Shared by gateway and services; required off loopback")
    insecure: bool = Field(default=False, description="Allow other addresses than loopback without keys or token")
    python_path: str = Field(default=sys.executable, description="Interpreter of child processes")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="Least level logged: debug, info, warning or error"
    )
    log_format: Literal["json", "console"] = Field(default="json", description="json: one object a line; console: for people")
    metrics_port: int = Field(
        default=0, ge=0, le=65535, description="Where the schema registry alone tells its metrics, on grpc_host; 0: nowhere"
    )
    otel_endpoint: str = Field(
        default="", description="OTLP/gRPC collector for traces, such as http://localhost:4317; empty: none"
    )
    auth: Auth = Auth()
    rate_limits: RateLimits = RateLimits()
    schemas: Schemas = Schemas()
    seeder: Seeder = Seeder()
    backup: Backup = Backup()
    backup_key: SecretStr = Field(
        default=SecretStr(""), description="Key of encrypted archives, at least 12 characters; empty: none are encrypted"
    )
    generator: Generator = Generator()
    registry: Registry = Registry()
    datasets: Datasets = Datasets()
    body_limit: int = Field(default=10 * 2**20, ge=1024, description="Largest request body in bytes, after decompression")
    write_timeout_seconds: float = Field(default=10, gt=0, description="A subscriber that takes nothing this long is dropped")
    cors_origins: Texts = Field(default=("http://localhost:5173",), description="Origins of browser pages that may call")
    allowed_hosts: Texts = Field(default=(), description="More names for the Host header, on loopback without keys; * for any")
    trusted_proxies: Texts = Field(default=(), description="Addresses or networks whose X-Forwarded-For counts")
    workers: int = Field(default=1, ge=1, le=256, description="Worker processes of one generation job")
    block_rows: int = Field(default=65_536, ge=1024, le=1_048_576, description="Rows computed at a time")
    checkpoint_rows: int = Field(default=1_048_576, ge=65_536, description="Rows between two checkpoints")
    max_concurrent_jobs: int = Field(
        default=2, ge=0, le=256, description="Jobs one service runs at a time; 0: it takes them, and leaves the work to others"
    )
    concurrent: Concurrent = Concurrent()
    child: Child = Child()
    max_queued_jobs: int = Field(
        default=100_000, ge=0, description="Jobs that may wait or be paused, of all clients; 0: no limit"
    )
    max_queued_jobs_per_client: int = Field(
        default=10_000, ge=0, description="Jobs that may wait or be paused, of one client; 0: no limit"
    )
    max_attempts: int = Field(
        default=3, ge=1, le=100, description="Attempts in a row without a new checkpoint before a job fails"
    )
    retry_seconds: float = Field(
        default=1, ge=0, description="Wait before the second attempt; doubles each time, at most a minute"
    )
    lease_seconds: float = Field(default=20, gt=0, description="A job whose service is silent this long is taken over")
    heartbeat_seconds: float = Field(
        default=5, gt=0, validate_default=True, description="How often a lease is renewed; at most half of it"
    )
    sweep_seconds: float = Field(default=5, gt=0, description="How often lost jobs are looked for")
    stop_seconds: float = Field(default=8, gt=0, le=60, description="Time running jobs get to checkpoint when the service stops")
    expiry_hours: float = Field(default=168, gt=0, description="Events and files of an ended job are kept this long")
    events_per_job: int = Field(default=200_000, ge=0, description="Newest events that are kept of a job that has more; 0: all")
    expiry_hours_after_download: float = Field(
        default=0, ge=0, description="The same, once every file of the job was fetched; 0: as long as the others"
    )
    disk_quota_bytes: int = Field(default=0, ge=0, description="Disk that jobs may take below data_dir; 0: no limit")
    generators_dir: Path | None = Field(default=None, description="Folder of plug-ins: Python files with generators of your own")
    allow_remote_targets: bool = Field(default=False, description="Accept target URLs off loopback in requests")
    targets: dict[str, Target] = Field(default_factory=dict, description="Database URLs by name, to keep them out of requests")
    redis_url: SecretStr = Field(default=SecretStr(""), description="Rate limits shared by several gateways; empty: each its own")
    artifacts_url: str = Field(default="", description="Where finished files are kept, s3://bucket/prefix; empty: in data_dir")
    aws_region: str = Field(default="", description="Region of the buckets; empty: us-east-1")
    s3_bucket: str = Field(default="", description="Bucket that requests may keep archives in; empty: none")
    s3_endpoint: str = Field(default="", description="Address of S3-compatible storage, https://…; empty: that of AWS")
    aws_access_key_id: SecretStr = Field(default=SecretStr(""), description="Key of object storage, with the two below")
    aws_secret_access_key: SecretStr = Field(default=SecretStr(""), description="Its secret")
    aws_session_token: SecretStr = Field(default=SecretStr(""), description="Its token, when it is a key for a while")

    _origin: dict[str, str] = PrivateAttr(default_factory=dict)

    @field_validator("heartbeat_seconds")
    @classmethod
    def _heartbeat_fits(cls, seconds: float, field: ValidationInfo) -> float:
        if seconds * 2 > field.data.get("lease_seconds", math.inf):
            raise PydanticCustomError("together", "must be at most half of lease_seconds", {"other": "lease_seconds"})
        return seconds

    @property
    def jobs_store_url(self) -> str:
        """URL of the job store with its password."""
        return self.jobs_url.get_secret_value() or f"sqlite:///{self.data_dir.absolute() / 'jobs.db'}"

    @property
    def dictionaries_dir(self) -> Path:
        """Where dictionaries are kept."""
        return self.data_dir.absolute() / "dictionaries"

    @property
    def schemas_store_url(self) -> str:
        """URL of the schema registry's store with its password."""
        return self.schemas_url.get_secret_value() or f"sqlite:///{self.data_dir.absolute() / 'schemas.db'}"

    @property
    def origin(self) -> dict[str, str]:
        """Where each value came from, by dotted key: a flag, an environment name, a file or `default`."""
        return {key: self._origin.get(key, "default") for key in flatten(self.model_dump())}

    def with_origin(self, origin: dict[str, str]) -> Self:
        """Remember where values came from."""
        self._origin.update(origin)
        return self

    def render(self) -> str:
        """YAML that can be a settings file again, each value with its origin, secrets masked (`--print-config`)."""
        from services.common.settings_shown import as_yaml  # keeps the model importable without YAML

        return as_yaml(self)


def flatten(tree: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """A nested mapping by dotted keys. `targets` counts as one value."""
    flat: dict[str, Any] = {}
    for key, value in tree.items():
        if isinstance(value, dict) and key != "targets":
            flat |= flatten(value, f"{prefix}{key}.")
        else:
            flat[prefix + key] = value
    return flat


def load_settings(file: Path | None = None, **flags: Any) -> Settings:
    """The settings in force. `file` defaults to `MOCKCRAFT_CONFIG`; flags that are None were not given.

    Plug-ins and dictionaries are taken from the folders that they name, in this process and its children.
    Raises `SettingsError` naming each key that is wrong, where it was set and, for unknown keys, what may have been meant.
    """
    from services.common.settings_sources import load  # keeps the model importable without YAML

    settings = load(Settings, file, {key: value for key, value in flags.items() if value is not None}, dict(os.environ))
    if settings.generators_dir is not None:
        plugins.use_folder(settings.generators_dir)
    dictionaries.use_folder(settings.dictionaries_dir)
    return settings
