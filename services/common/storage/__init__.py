"""Where files of jobs are kept: a local folder, or S3-compatible storage."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from services.common.settings import Settings
    from services.common.storage.local import LocalStorage


def storage_for(settings: Settings) -> LocalStorage:
    """The storage that the settings name. Raises `SettingsError`."""
    from services.common.settings_file import SettingsError
    from services.common.storage.local import LocalStorage

    if not settings.artifacts_url:
        return LocalStorage(settings.data_dir)
    from services.common.storage import objects
    from services.common.storage.bucket import BucketStorage

    access = objects.access_of(settings)
    if objects.parsed(settings.artifacts_url) is None:
        raise SettingsError("artifacts_url is no s3://bucket/prefix")
    if access is None:
        raise SettingsError("artifacts_url is set, but aws_access_key_id and aws_secret_access_key are not")
    return BucketStorage(settings.data_dir, settings.artifacts_url, access)
