"""Backup, restore and verification jobs; they come with the databases (see CHANGELOG.md)."""
