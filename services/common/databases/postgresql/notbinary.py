"""The sign that a batch has to go as text."""

from __future__ import annotations


class NotBinary(Exception):
    """A value or type that has no binary form here."""
