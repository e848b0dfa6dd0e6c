"""A mirror over a store: tlog's state machine, its effects and its state in one Tx."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fundtrace.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
    RuleViolationError,
    UnavailableError,
)
from fundtrace.store import schema
from fundtrace.store.values import LogState, NewEntry
from fundtrace.tlog.hashing import hash_leaf
from fundtrace.tlog.mirror import (
    Package,
    StoreEntries,
    add_package,
    close_log,
    confirm_durable,
    prepare_cosignature,
    propose_checkpoint,
)
from fundtrace.tlog.mirror_state import MirrorState
from fundtrace.tlog.tree import Tree
from fundtrace.tlog.witness import AddCheckpoint
from tests.support.mirrors import LOG_KEY, cosign_stored, sign_head
from tests.support.stores import OTHER, OWN, grow, make_entries

KEYS = [LOG_KEY.verifier]


@pytest.fixture
def mirrored(store, term) -> LogState:
    return grow(store, term, make_entries(300), OTHER)


def _find(store):
    with store.read() as tx:
        return tx.mirrors.find(OTHER)


def _replace(store, term, before, after):
    with store.begin(term) as tx:
        tx.mirrors.replace(before, after, tx.logs.get(OTHER))


def test_a_mirror_begins_with_nothing(store, mirrored):
    assert _find(store) == MirrorState(OTHER)


def test_an_unknown_log_has_no_mirror(store):
    with pytest.raises(NotFoundError):
        _find(store)


def test_a_mirror_stores_and_cosigns_package_by_package(store, term):
    added = make_entries(600, with_bodies=False)
    tree = Tree(hash_leaf(one.entry) for one in added)
    head = sign_head(LogState(OTHER, 600, tree.root()))
    with store.begin(term) as tx:
        tx.logs.create(OTHER, is_own=False)
        before = tx.mirrors.find(OTHER)
        step = propose_checkpoint(before, AddCheckpoint(0, (), head.encode()), KEYS)
        tx.mirrors.replace(before, step.state, tx.logs.get(OTHER))
    for start in range(0, 600, 256):
        entries = tuple(one.entry for one in added[start : start + 256])
        end = start + len(entries)
        path = tree.prove_subtree_consistency(start, end, 600)
        with store.begin(term) as tx:
            before = tx.mirrors.find(OTHER)
            step = add_package(before, Package(start, entries, path))
            assert step.effects == (StoreEntries(start, entries),)
            log = tx.logs.append(tx.logs.get(OTHER), [NewEntry(entry) for entry in entries])
            tx.mirrors.replace(before, step.state, log)
    before = _find(store)
    cosigned = prepare_cosignature(confirm_durable(before, 600))
    _replace(store, term, before, cosigned)
    assert _find(store) == cosigned
    assert cosigned.cosigned == head
    with store.read() as tx:
        assert tx.logs.get(OTHER) == LogState(OTHER, 600, tree.root())


def test_who_read_an_old_state_does_not_replace_a_newer_one(store, term, mirrored):
    first = replace(MirrorState(OTHER), pending=sign_head(mirrored))
    _replace(store, term, MirrorState(OTHER), first)
    with pytest.raises(ConflictError, match="moved on"):
        _replace(store, term, MirrorState(OTHER), first)
    other = replace(first, fork=(b"a", b"b"))
    with pytest.raises(ConflictError, match="moved on"):
        _replace(store, term, other, first)
    assert _find(store) == first


def test_a_state_that_was_never_stored_is_not_replaced(store, term, mirrored):
    first = replace(MirrorState(OTHER), pending=sign_head(mirrored))
    with pytest.raises(ConflictError, match="moved on"):
        _replace(store, term, first, replace(first, fork=(b"a", b"b")))


def test_a_mirror_counts_only_what_the_log_holds(store, term, mirrored):
    cosigned = cosign_stored(store, term, mirrored)
    with store.begin(term) as tx, pytest.raises(RuleViolationError) as caught:
        tx.mirrors.replace(cosigned, cosigned, replace(mirrored, size=299))
    assert caught.value.rule == "durable-first"
    with store.begin(term) as tx, pytest.raises(RuleViolationError) as caught:
        tx.mirrors.replace(cosigned, cosigned, replace(mirrored, root_hash=bytes(32)))
    assert caught.value.rule == "durable-first"
    with store.begin(term) as tx, pytest.raises(RuleViolationError) as caught:
        tx.mirrors.replace(cosigned, cosigned, replace(mirrored, origin=OWN))
    assert caught.value.rule == "durable-first"


def test_what_was_cosigned_is_never_taken_back(store, term, mirrored):
    cosigned = cosign_stored(store, term, mirrored)
    forgotten = MirrorState(OTHER, stored=cosigned.stored, pending=cosigned.pending)
    with pytest.raises(RuleViolationError) as caught:
        _replace(store, term, cosigned, forgotten)
    assert caught.value.rule == "cosigned-stands"
    assert _find(store) == cosigned


def test_a_damaged_state_is_named(store, term, mirrored):
    cosign_stored(store, term, mirrored)
    with store.begin(term) as tx:
        tx.mirrors._session.change(schema.mirrors.update().values(state=b"garbage\n"))
    with pytest.raises(UnavailableError, match="run fundtrace ledger fsck"):
        _find(store)


# Dropping a branch that the consortium closed elsewhere


@pytest.mark.parametrize("size", [0, 1, 255, 256, 299, 300])
def test_a_dropped_branch_leaves_the_log_as_it_was_at_that_size(store, term, mirrored, size):
    with store.begin(term) as tx:
        cut = tx.logs.drop(mirrored, size)
    kept = make_entries(300)[:size]
    assert cut == LogState(OTHER, size, Tree(hash_leaf(one.entry) for one in kept).root())
    again = grow(store, term, make_entries(300, seed=9), OTHER)
    whole = kept + make_entries(300, seed=9)
    tree = Tree(hash_leaf(one.entry) for one in whole)
    assert again == LogState(OTHER, size + 300, tree.root())
    with store.read() as tx:
        assert list(tx.entries.read(OTHER, 0, 999)) == [one.entry for one in whole]
        assert tx.tiles.open_reader(again).root() == tree.root()
        assert [one.index for one in tx.bodies.read(OTHER, 0, 999)] == [
            index for index, one in enumerate(whole) if one.body_hash
        ]


def test_a_mirror_drops_what_its_log_closed_without(store, term):
    first = grow(store, term, make_entries(100), OTHER)
    cosigned = cosign_stored(store, term, first)
    grow(store, term, make_entries(50, seed=1), OTHER)
    step = close_log(cosigned, sign_head(first), (), KEYS)
    with store.begin(term) as tx:
        log = tx.logs.get(OTHER)
        tx.mirrors.replace(cosigned, step.state, log)
        assert tx.logs.drop(log, step.effects[0].start) == first


def test_nothing_that_a_mirror_still_counts_is_dropped(store, term, mirrored):
    cosign_stored(store, term, mirrored)
    with pytest.raises(RuleViolationError, match="still counts"), store.begin(term) as tx:
        tx.logs.drop(mirrored, 299)


def test_no_own_log_shrinks(store, term):
    state = grow(store, term, make_entries(3))
    with pytest.raises(RuleViolationError, match="own log"), store.begin(term) as tx:
        tx.logs.drop(state, 2)


def test_only_what_is_there_is_dropped(store, term, mirrored):
    with pytest.raises(InvalidInputError, match="keep 0 to all"), store.begin(term) as tx:
        tx.logs.drop(mirrored, 301)
    with pytest.raises(ConflictError, match="moved on"), store.begin(term) as tx:
        tx.logs.drop(replace(mirrored, root_hash=bytes(32)), 5)
