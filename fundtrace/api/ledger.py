"""A node's store from outside: make it, upgrade it, look at it, check it. No node needs to run.

The check reads entries with ``fundtrace.wire``, so that streams, bodies and erasures are
followed too.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Self

from fundtrace.errors import InvalidInputError
from fundtrace.ledger.kinds.entries import Erasure, Record
from fundtrace.store.describe import StoreInfo, describe_store
from fundtrace.store.findings import Counts, EntryFacts, Finding, StreamLink, Trust
from fundtrace.store.fsck import StoreCheck
from fundtrace.store.migrate import IDENTITY_BYTES, create_store, upgrade_store
from fundtrace.store.render import (
    render_created,
    render_end,
    render_end_json,
    render_finding,
    render_finding_json,
    render_info,
    render_upgraded,
)
from fundtrace.store.store import Store, open_store
from fundtrace.tlog.keys import VerifierKey
from fundtrace.wire.entries import parse_entry

__all__ = [
    "LedgerCheck",
    "describe",
    "init",
    "read_entry",
    "render_created",
    "render_end",
    "render_end_json",
    "render_finding",
    "render_finding_json",
    "render_info",
    "render_upgraded",
    "upgrade",
]


def init(url: str, guard: Path | None = None) -> StoreInfo:
    """Make an empty store at ``url`` and describe it; raises ConflictError where tables are."""
    create_store(url, secrets.token_bytes(IDENTITY_BYTES), guard)
    return describe(url, guard)


def upgrade(url: str) -> tuple[str | None, str]:
    """Bring a store's schema up to date; return the versions before and after."""
    return upgrade_store(url)


def describe(url: str, guard: Path | None = None) -> StoreInfo:
    """Describe the store at ``url``: schema, identity, writer, standing, logs."""
    with open_store(url, guard=guard) as store:
        return describe_store(store)


class LedgerCheck:
    """A check of the store at ``url``; a context manager, for it holds the store open."""

    def __init__(self, url: str, keys: Iterable[VerifierKey] = ()) -> None:
        """Open the store; ``keys`` are the logs' own, one each, named by their origins."""
        listed = list(keys)
        trusted = {key.name: key for key in listed}
        if len(trusted) < len(listed):
            raise InvalidInputError("two keys are of one log; give each log's key once")
        self._store: Store = open_store(url)
        with self._store.read() as tx:
            origins = [state.origin for state in tx.logs.list_all()]
        unknown = sorted(set(trusted) - set(origins))
        if unknown:
            self._store.close()
            raise InvalidInputError(
                f"no log {unknown[0]} is in this store; it holds {', '.join(origins) or 'none'}"
            )
        self.unverified = [origin for origin in origins if origin not in trusted]
        self._check = StoreCheck(self._store, Trust(keys=trusted, read_entry=read_entry))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self._store.close()

    @property
    def counts(self) -> Counts:
        """How much was looked at so far."""
        return self._check.counts

    def run(self) -> Iterator[Finding]:
        """Yield every fault; it goes on after each."""
        return self._check.run()


def read_entry(data: bytes) -> EntryFacts:
    """Return what a store keeps beside an entry; raises EncodingError for what is no entry."""
    entry = parse_entry(data)
    if isinstance(entry, Erasure):
        return EntryFacts(erases=(entry.entry_index, entry.body_hash))
    if not isinstance(entry, Record):
        return EntryFacts()
    context = entry.context
    link = StreamLink(
        context.stream_id,
        context.sequence,
        context.previous_hash,
        context.erasure_key,
        context.published_minute,
    )
    return EntryFacts(entry.body_hash, link)
