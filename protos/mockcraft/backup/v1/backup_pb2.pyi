import datetime

from google.api import annotations_pb2 as _annotations_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from mockcraft.jobs.v1 import jobs_pb2 as _jobs_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Level(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LEVEL_UNSPECIFIED: _ClassVar[Level]
    FILES: _ClassVar[Level]
    RESTORED: _ClassVar[Level]
    RESTORED_CHECKSUMMED: _ClassVar[Level]
LEVEL_UNSPECIFIED: Level
FILES: Level
RESTORED: Level
RESTORED_CHECKSUMMED: Level

class CreateBackupRequest(_message.Message):
    __slots__ = ("source", "storage", "keep_last", "keep_days", "verify", "encrypt", "request_id")
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    STORAGE_FIELD_NUMBER: _ClassVar[int]
    KEEP_LAST_FIELD_NUMBER: _ClassVar[int]
    KEEP_DAYS_FIELD_NUMBER: _ClassVar[int]
    VERIFY_FIELD_NUMBER: _ClassVar[int]
    ENCRYPT_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    source: str
    storage: str
    keep_last: int
    keep_days: int
    verify: Level
    encrypt: bool
    request_id: str
    def __init__(self, source: _Optional[str] = ..., storage: _Optional[str] = ..., keep_last: _Optional[int] = ..., keep_days: _Optional[int] = ..., verify: _Optional[_Union[Level, str]] = ..., encrypt: _Optional[bool] = ..., request_id: _Optional[str] = ...) -> None: ...

class BackupFirst(_message.Message):
    __slots__ = ("storage", "keep_last", "keep_days", "verify", "encrypt")
    STORAGE_FIELD_NUMBER: _ClassVar[int]
    KEEP_LAST_FIELD_NUMBER: _ClassVar[int]
    KEEP_DAYS_FIELD_NUMBER: _ClassVar[int]
    VERIFY_FIELD_NUMBER: _ClassVar[int]
    ENCRYPT_FIELD_NUMBER: _ClassVar[int]
    storage: str
    keep_last: int
    keep_days: int
    verify: Level
    encrypt: bool
    def __init__(self, storage: _Optional[str] = ..., keep_last: _Optional[int] = ..., keep_days: _Optional[int] = ..., verify: _Optional[_Union[Level, str]] = ..., encrypt: _Optional[bool] = ...) -> None: ...

class CreateRestoreRequest(_message.Message):
    __slots__ = ("archive", "target", "force", "storage", "request_id")
    ARCHIVE_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    FORCE_FIELD_NUMBER: _ClassVar[int]
    STORAGE_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    archive: str
    target: str
    force: bool
    storage: str
    request_id: str
    def __init__(self, archive: _Optional[str] = ..., target: _Optional[str] = ..., force: _Optional[bool] = ..., storage: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class CreateVerificationRequest(_message.Message):
    __slots__ = ("archive", "level", "target", "storage", "request_id")
    ARCHIVE_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    STORAGE_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    archive: str
    level: Level
    target: str
    storage: str
    request_id: str
    def __init__(self, archive: _Optional[str] = ..., level: _Optional[_Union[Level, str]] = ..., target: _Optional[str] = ..., storage: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class ListArchivesRequest(_message.Message):
    __slots__ = ("storage", "page_size", "page_token")
    STORAGE_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    storage: str
    page_size: int
    page_token: str
    def __init__(self, storage: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListArchivesResponse(_message.Message):
    __slots__ = ("archives", "next_page_token")
    ARCHIVES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    archives: _containers.RepeatedCompositeFieldContainer[Archive]
    next_page_token: str
    def __init__(self, archives: _Optional[_Iterable[_Union[Archive, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class Archive(_message.Message):
    __slots__ = ("name", "bytes", "created_at", "source", "dialect", "tables", "rows", "encrypted", "snapshot_time")
    NAME_FIELD_NUMBER: _ClassVar[int]
    BYTES_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    DIALECT_FIELD_NUMBER: _ClassVar[int]
    TABLES_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    ENCRYPTED_FIELD_NUMBER: _ClassVar[int]
    SNAPSHOT_TIME_FIELD_NUMBER: _ClassVar[int]
    name: str
    bytes: int
    created_at: _timestamp_pb2.Timestamp
    source: str
    dialect: str
    tables: int
    rows: int
    encrypted: bool
    snapshot_time: _timestamp_pb2.Timestamp
    def __init__(self, name: _Optional[str] = ..., bytes: _Optional[int] = ..., created_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., source: _Optional[str] = ..., dialect: _Optional[str] = ..., tables: _Optional[int] = ..., rows: _Optional[int] = ..., encrypted: _Optional[bool] = ..., snapshot_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...
