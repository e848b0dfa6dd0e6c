"""Alembic's scripts: every version of the schema, from the first to the newest."""
