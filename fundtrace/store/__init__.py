"""What a node keeps, as bytes: SQLAlchemy Core over SQLite or PostgreSQL.

``open_store(url)`` gives a Store, ``store.begin(term)`` a Tx that commits when its block ends,
``store.read()`` one that only reads, as of one moment. A Tx has a room for each thing kept:
``logs entries bodies tiles heads mirrors cosignatures finals forks streams log_states records
cursors local_keys opened_bodies epoch_keys``. The store hashes (tlog) and knows no protobuf: where a stream, a body or an
erasure is meant, the caller passes its values.

One writer at a time. Every writing Tx holds the one writer's lock from its first statement on
(BEGIN IMMEDIATE; the row of ``store`` locked on PostgreSQL), and names the term that
``take_term`` gave it: a writer whose term is over changes nothing any more. What another Tx may
have changed meanwhile is written by compare-and-swap, checked by the number of rows changed.

Effects are ordered so that a crash between any two is harmless and recovery is the normal code:
entries, bodies, tiles, head and intent become durable in one Tx; then the guard (``guard``);
then the caller signs, stores the signature, publishes. An error of a commit leaves its outcome
unknown; the Store then refuses every further Tx (UnknownOutcomeError): open it again, read what
became of it, go on.

A Tx in which something raised must end: let the error leave its block. Only there do a
database's own errors become ours, and only the end of the block undoes what the Tx did.

docs/store.md tells operators what lies in which table, and what a restored backup means.
"""
