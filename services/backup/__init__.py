"""Backups of databases: made, verified by restoring them, restored."""
