"""The revisions, one file each, run by Alembic."""
