"""Revisions of the store's tables, and how a store is brought to the newest: by whoever opens it, one at a time."""

from services.schemas.migrations.moving import HEAD, current, downgrade, newest, upgrade

__all__ = ["HEAD", "current", "downgrade", "newest", "upgrade"]
