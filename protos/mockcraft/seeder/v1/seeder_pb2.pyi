from google.api import annotations_pb2 as _annotations_pb2
from mockcraft.backup.v1 import backup_pb2 as _backup_pb2
from mockcraft.generator.v1 import generator_pb2 as _generator_pb2
from mockcraft.jobs.v1 import jobs_pb2 as _jobs_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CreateSeedingRequest(_message.Message):
    __slots__ = ("schema", "target", "mode", "batch_size", "rows", "set", "seed", "connections", "fast", "request_id", "backup")
    class RowsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    class SetEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    SCHEMA_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    BATCH_SIZE_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    SET_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    CONNECTIONS_FIELD_NUMBER: _ClassVar[int]
    FAST_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    BACKUP_FIELD_NUMBER: _ClassVar[int]
    schema: _generator_pb2.Schema
    target: str
    mode: str
    batch_size: int
    rows: _containers.ScalarMap[str, str]
    set: _containers.ScalarMap[str, str]
    seed: int
    connections: int
    fast: _containers.RepeatedScalarFieldContainer[str]
    request_id: str
    backup: _backup_pb2.BackupFirst
    def __init__(self, schema: _Optional[_Union[_generator_pb2.Schema, _Mapping]] = ..., target: _Optional[str] = ..., mode: _Optional[str] = ..., batch_size: _Optional[int] = ..., rows: _Optional[_Mapping[str, str]] = ..., set: _Optional[_Mapping[str, str]] = ..., seed: _Optional[int] = ..., connections: _Optional[int] = ..., fast: _Optional[_Iterable[str]] = ..., request_id: _Optional[str] = ..., backup: _Optional[_Union[_backup_pb2.BackupFirst, _Mapping]] = ...) -> None: ...

class ResumeSeedingRequest(_message.Message):
    __slots__ = ("id", "target")
    ID_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    id: str
    target: str
    def __init__(self, id: _Optional[str] = ..., target: _Optional[str] = ...) -> None: ...

class CleanSeedingRequest(_message.Message):
    __slots__ = ("id", "target", "request_id")
    ID_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    target: str
    request_id: str
    def __init__(self, id: _Optional[str] = ..., target: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class VerifySeedingRequest(_message.Message):
    __slots__ = ("id", "target", "exact", "request_id")
    ID_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    EXACT_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    target: str
    exact: bool
    request_id: str
    def __init__(self, id: _Optional[str] = ..., target: _Optional[str] = ..., exact: _Optional[bool] = ..., request_id: _Optional[str] = ...) -> None: ...

class RepairSeedingRequest(_message.Message):
    __slots__ = ("id", "target", "dry_run", "request_id")
    ID_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    DRY_RUN_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    target: str
    dry_run: bool
    request_id: str
    def __init__(self, id: _Optional[str] = ..., target: _Optional[str] = ..., dry_run: _Optional[bool] = ..., request_id: _Optional[str] = ...) -> None: ...

class IntrospectTargetRequest(_message.Message):
    __slots__ = ("target", "ddl", "sample", "dialect", "table", "total_rows", "profile", "tables", "namespace")
    TARGET_FIELD_NUMBER: _ClassVar[int]
    DDL_FIELD_NUMBER: _ClassVar[int]
    SAMPLE_FIELD_NUMBER: _ClassVar[int]
    DIALECT_FIELD_NUMBER: _ClassVar[int]
    TABLE_FIELD_NUMBER: _ClassVar[int]
    TOTAL_ROWS_FIELD_NUMBER: _ClassVar[int]
    PROFILE_FIELD_NUMBER: _ClassVar[int]
    TABLES_FIELD_NUMBER: _ClassVar[int]
    NAMESPACE_FIELD_NUMBER: _ClassVar[int]
    target: str
    ddl: str
    sample: str
    dialect: str
    table: str
    total_rows: int
    profile: bool
    tables: _containers.RepeatedScalarFieldContainer[str]
    namespace: str
    def __init__(self, target: _Optional[str] = ..., ddl: _Optional[str] = ..., sample: _Optional[str] = ..., dialect: _Optional[str] = ..., table: _Optional[str] = ..., total_rows: _Optional[int] = ..., profile: _Optional[bool] = ..., tables: _Optional[_Iterable[str]] = ..., namespace: _Optional[str] = ...) -> None: ...

class IntrospectTargetResponse(_message.Message):
    __slots__ = ("schema", "notes", "findings")
    SCHEMA_FIELD_NUMBER: _ClassVar[int]
    NOTES_FIELD_NUMBER: _ClassVar[int]
    FINDINGS_FIELD_NUMBER: _ClassVar[int]
    schema: str
    notes: _containers.RepeatedCompositeFieldContainer[Note]
    findings: _containers.RepeatedCompositeFieldContainer[_generator_pb2.Finding]
    def __init__(self, schema: _Optional[str] = ..., notes: _Optional[_Iterable[_Union[Note, _Mapping]]] = ..., findings: _Optional[_Iterable[_Union[_generator_pb2.Finding, _Mapping]]] = ...) -> None: ...

class Note(_message.Message):
    __slots__ = ("path", "message")
    PATH_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    path: str
    message: str
    def __init__(self, path: _Optional[str] = ..., message: _Optional[str] = ...) -> None: ...
