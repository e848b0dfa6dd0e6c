"""Logs, entries and tiles: what was appended is there, byte for byte, and proves itself."""

from __future__ import annotations

import pytest

from fundtrace.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
    StaleCheckpointError,
    UnavailableError,
)
from fundtrace.store import schema
from fundtrace.store.values import LogState, NewEntry
from fundtrace.tlog.bundles import ENTRY_BYTES_MAX, parse_entry_bundle
from fundtrace.tlog.hashing import EMPTY_ROOT, hash_leaf
from fundtrace.tlog.proofs import verify_consistency, verify_inclusion
from fundtrace.tlog.tiles import TileAddress
from fundtrace.tlog.tree import Tree
from tests.support.stores import OTHER, OWN, grow, make_entries

STEPS = [1, 254, 1, 1, 300, 512, 7]  # 256 whole, one over it, several tiles at once


def _build_tree(added: list[NewEntry]) -> Tree:
    return Tree(hash_leaf(one.entry) for one in added)


def test_a_new_log_is_empty(store, term):
    with store.begin(term) as tx:
        assert tx.logs.create(OWN, is_own=True) == LogState(OWN, 0, EMPTY_ROOT, is_own=True)
    with store.read() as tx:
        assert tx.logs.list_all() == (LogState(OWN, is_own=True),)
        assert list(tx.entries.read(OWN, 0, 10)) == []


def test_a_log_is_created_once(store, term):
    state = grow(store, term, make_entries(3))
    with store.begin(term) as tx:
        assert tx.logs.create(OWN, is_own=True) == state


def test_an_own_log_is_never_anothers(store, term):
    grow(store, term, make_entries(1))
    with pytest.raises(ConflictError, match="own log"), store.begin(term) as tx:
        tx.logs.create(OWN, is_own=False)


def test_a_log_that_is_not_kept_is_not_found(store):
    with store.read() as tx:
        assert tx.logs.find(OWN) is None
        with pytest.raises(NotFoundError, match="create it first"):
            tx.logs.get(OWN)
        with pytest.raises(NotFoundError, match="create it first"):
            tx.entries.get(OWN, 0)


def test_entries_come_back_as_they_were_appended(store, term):
    added = make_entries(600)
    grow(store, term, added)
    with store.read() as tx:
        assert list(tx.entries.read(OWN, 0, 600)) == [one.entry for one in added]
        assert list(tx.entries.read(OWN, 250, 520)) == [one.entry for one in added[250:520]]
        assert tx.entries.get(OWN, 599) == added[599].entry
        with pytest.raises(NotFoundError, match="no entry 600"):
            tx.entries.get(OWN, 600)


def test_every_state_has_the_root_of_its_entries(store, term):
    added = make_entries(sum(STEPS))
    done = 0
    roots = []
    for step in STEPS:
        roots.append(grow(store, term, added[done : done + step]))
        done += step
    tree = _build_tree(added)
    assert [one.root_hash for one in roots] == [tree.root(one.size) for one in roots]


def test_the_longest_entry_and_the_empty_one_are_kept(store, term):
    added = [NewEntry(b""), NewEntry(b"\xff" * ENTRY_BYTES_MAX)]
    grow(store, term, added)
    with store.read() as tx:
        assert list(tx.entries.read(OWN, 0, 2)) == [one.entry for one in added]


def test_an_entry_longer_than_a_bundle_can_say_is_refused():
    with pytest.raises(InvalidInputError, match="65535 bytes"):
        NewEntry(b"x" * (ENTRY_BYTES_MAX + 1))


def test_nothing_to_append_changes_nothing(store, term):
    state = grow(store, term, make_entries(5))
    assert grow(store, term, []) == state


def test_who_builds_on_an_old_state_is_told_the_size(store, term):
    old = grow(store, term, make_entries(3))
    grow(store, term, make_entries(4, seed=1))
    with pytest.raises(StaleCheckpointError) as caught, store.begin(term) as tx:
        tx.logs.append(old, make_entries(1))
    assert caught.value.known_size == 7


def test_a_state_of_the_same_size_with_another_root_is_refused(store, term):
    state = grow(store, term, make_entries(3))
    with pytest.raises(StaleCheckpointError), store.begin(term) as tx:
        tx.logs.append(LogState(OWN, state.size, bytes(32), is_own=True), make_entries(1))


def test_a_tx_that_fails_leaves_nothing(store, term):
    state = grow(store, term, make_entries(300))
    with pytest.raises(ZeroDivisionError), store.begin(term) as tx:
        _append_and_fail(tx, state)
    with store.read() as tx:
        assert tx.logs.get(OWN) == state
        assert len(list(tx.entries.read(OWN, 0, 600))) == 300
        assert tx.tiles.read_path(OWN, "tile/0/001.p/45") is None
    assert grow(store, term, make_entries(300, seed=1)).size == 600


def _append_and_fail(tx, state):
    tx.logs.append(state, make_entries(300, seed=1))
    raise ZeroDivisionError


def test_logs_do_not_mix(store, term):
    ours, theirs = make_entries(300), make_entries(290, seed=1)
    grow(store, term, ours)
    grow(store, term, theirs, OTHER)
    with store.read() as tx:
        assert list(tx.entries.read(OTHER, 0, 300)) == [one.entry for one in theirs]
        assert tx.logs.get(OTHER).root_hash == _build_tree(theirs).root()
        assert tx.logs.get(OWN).root_hash == _build_tree(ours).root()
        assert [one.is_own for one in tx.logs.list_all()] == [True, False]


@pytest.mark.parametrize("index", [0, 255, 256, 600, 699])
def test_proofs_from_the_stored_tiles_verify(store, term, index):
    added = make_entries(700)
    old = grow(store, term, added[:300])
    new = grow(store, term, added[300:])
    with store.read() as tx:
        reader = tx.tiles.open_reader(new)
        path = reader.prove_inclusion(index, new.size)
        consistency = reader.prove_consistency(old.size, new.size)
        assert reader.read_entry(index) == added[index].entry
    verify_inclusion(hash_leaf(added[index].entry), index, new.size, path, new.root_hash)
    verify_consistency(old.size, old.root_hash, new.size, new.root_hash, consistency)


@pytest.mark.parametrize("width", [1, 100, 255])
def test_a_partial_tile_stays_readable_when_it_has_grown(store, term, width):
    added = make_entries(600)
    grow(store, term, added[:width])
    with store.read() as tx:
        early = tx.tiles.read_path(OWN, TileAddress(0, 0, width).path)
    grow(store, term, added[width:])
    with store.read() as tx:
        assert tx.tiles.read_path(OWN, TileAddress(0, 0, width).path) == early
        full = tx.tiles.read_path(OWN, "tile/0/000")
    assert full is not None
    assert full[: width * 32] == early
    assert full == b"".join(hash_leaf(one.entry) for one in added[:256])


def test_a_tile_that_the_log_does_not_have_is_not_there(store, term):
    grow(store, term, make_entries(300))
    with store.read() as tx:
        assert tx.tiles.read_path(OWN, "tile/0/001") is None
        assert tx.tiles.read_path(OWN, "tile/0/001.p/45") is None
        assert tx.tiles.read_path(OWN, "tile/0/002") is None
        assert tx.tiles.read_path(OWN, "tile/2/000.p/1") is None
        assert tx.tiles.read_path(OWN, "tile/entries/001") is None


def test_entry_bundles_hold_the_entries(store, term):
    added = make_entries(300)
    grow(store, term, added)
    with store.read() as tx:
        full = tx.tiles.read_path(OWN, "tile/entries/000")
        part = tx.tiles.read_path(OWN, "tile/entries/001.p/44")
    assert full is not None
    assert part is not None
    assert parse_entry_bundle(full) == tuple(one.entry for one in added[:256])
    assert parse_entry_bundle(part) == tuple(one.entry for one in added[256:])


def test_an_append_on_damaged_tiles_is_refused(store, term):
    state = grow(store, term, make_entries(5))
    with store.begin(term) as tx:
        session = tx.tiles._session
        session.change(schema.tiles.update().values(hashes=bytes(5 * 32)))
    with pytest.raises(UnavailableError, match="run fundtrace ledger fsck"):
        grow(store, term, make_entries(1))
    with store.read() as tx:
        assert tx.logs.get(OWN) == state


def test_a_reading_tx_does_not_write(store, term):
    state = grow(store, term, make_entries(5))
    with store.read() as tx, pytest.raises(InvalidInputError, match="only reads"):
        tx.logs.append(state, make_entries(1))
    with store.read() as tx, pytest.raises(InvalidInputError, match="only reads"):
        tx.cursors.advance("x", None, 1)
