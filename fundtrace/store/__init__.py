"""What a node keeps: SQLAlchemy Core over SQLite or PostgreSQL, ``Store.begin()`` gives a Tx."""
