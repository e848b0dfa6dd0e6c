"""Mirrors over a store: heads signed by their log, and the marks of having cosigned one."""

from __future__ import annotations

from dataclasses import replace

from fundtrace.store.store import Store
from fundtrace.store.values import LogState
from fundtrace.tlog.checkpoint import Checkpoint, SignedCheckpoint, sign_checkpoint
from fundtrace.tlog.keys import ED25519, SignerKey
from fundtrace.tlog.mirror import confirm_durable, prepare_cosignature
from fundtrace.tlog.mirror_state import Edge, MirrorState
from fundtrace.tlog.tiles import TileEdge
from tests.support.stores import OTHER

LOG_KEY = SignerKey(OTHER, ED25519, bytes(range(32)))


def sign_head(state: LogState) -> SignedCheckpoint:
    """Return a log's head as its owner signs it."""
    return sign_checkpoint(Checkpoint(OTHER, state.size, state.root_hash), LOG_KEY)


def cosign_stored(store: Store, term: int, state: LogState) -> MirrorState:
    """Record that the mirror cosigned a log as it is stored now."""
    with store.begin(term) as tx:
        before = tx.mirrors.find(OTHER)
        tiles = TileEdge.load(state.size, lambda path: tx.tiles.read_path(OTHER, path))
        edge = Edge.of(tiles.frontier())
        pending = replace(before, pending=sign_head(state), stored=edge)
        after = prepare_cosignature(confirm_durable(pending, state.size))
        tx.mirrors.replace(before, after, state)
    return after
