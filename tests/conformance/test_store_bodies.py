"""Bodies beside their entries: held, missing, erased."""

from __future__ import annotations

from hashlib import sha256

import pytest

from fundtrace.errors import ConflictError, InvalidInputError, NotFoundError
from fundtrace.store.values import Body, BodyState, NewEntry
from tests.support.stores import OWN, grow

BODY = b"sealed to its readers"
HASH = sha256(BODY).digest()
CLEAR, SEALED, AWAITED = 0, 1, 2
ADDED = [NewEntry(b"clear"), NewEntry(b"header", HASH, BODY), NewEntry(b"header, no body", HASH)]


@pytest.fixture(autouse=True)
def _grown(store, term):
    grow(store, term, ADDED)


def _find(store, index):
    with store.read() as tx:
        return tx.bodies.find(OWN, index)


def test_an_entry_in_clear_has_no_body(store):
    assert _find(store, CLEAR) is None


def test_a_body_that_came_with_its_entry_is_held(store):
    assert _find(store, SEALED) == Body(SEALED, HASH, BodyState.HELD, BODY)


def test_a_body_that_did_not_come_is_missing(store):
    assert _find(store, AWAITED) == Body(AWAITED, HASH, BodyState.MISSING)
    with store.read() as tx:
        assert tx.bodies.list_missing(OWN) == [(AWAITED, HASH)]
        assert tx.bodies.list_missing(OWN, AWAITED + 1) == []


def test_a_missing_body_is_brought_later(store, term):
    with store.begin(term) as tx:
        tx.bodies.put(OWN, AWAITED, BODY)
    assert _find(store, AWAITED) == Body(AWAITED, HASH, BodyState.HELD, BODY)
    with store.read() as tx:
        assert tx.bodies.list_missing(OWN) == []


def test_bodies_are_read_in_order(store):
    with store.read() as tx:
        assert [one.index for one in tx.bodies.read(OWN, 0, 3)] == [SEALED, AWAITED]
        assert list(tx.bodies.read(OWN, 3, 9)) == []


def test_a_body_with_another_hash_is_refused(store, term):
    with pytest.raises(InvalidInputError, match="does not have the hash"), store.begin(term) as tx:
        tx.bodies.put(OWN, AWAITED, BODY + b"!")
    assert _find(store, AWAITED).state is BodyState.MISSING


def test_a_new_entry_with_the_wrong_body_is_refused():
    with pytest.raises(InvalidInputError, match="does not have the hash"):
        NewEntry(b"header", HASH, BODY + b"!")


def test_a_body_for_an_entry_that_has_none_is_refused(store, term):
    with pytest.raises(NotFoundError, match="has no body"), store.begin(term) as tx:
        tx.bodies.put(OWN, CLEAR, BODY)


@pytest.mark.parametrize("index", [SEALED, AWAITED])
def test_an_erased_body_leaves_its_hash_and_the_order(store, term, index):
    with store.begin(term) as tx:
        tx.bodies.erase(OWN, index, HASH, 77)
    assert _find(store, index) == Body(index, HASH, BodyState.ERASED, None, 77)


def test_an_erased_body_never_comes_back(store, term):
    with store.begin(term) as tx:
        tx.bodies.erase(OWN, SEALED, HASH, 77)
    with store.begin(term) as tx:
        tx.bodies.put(OWN, SEALED, BODY)
    assert _find(store, SEALED).state is BodyState.ERASED


def test_the_first_order_to_erase_stands(store, term):
    with store.begin(term) as tx:
        tx.bodies.erase(OWN, SEALED, HASH, 77)
    with store.begin(term) as tx:
        tx.bodies.erase(OWN, SEALED, HASH, 78)
    assert _find(store, SEALED).erasure_index == 77


def test_an_erasure_that_names_another_body_erases_nothing(store, term):
    with pytest.raises(ConflictError, match="nothing was erased"), store.begin(term) as tx:
        tx.bodies.erase(OWN, SEALED, sha256(b"another").digest(), 77)
    assert _find(store, SEALED).state is BodyState.HELD


def test_the_log_stays_as_it_was_when_a_body_is_erased(store, term):
    with store.read() as tx:
        before = tx.logs.get(OWN)
    with store.begin(term) as tx:
        tx.bodies.erase(OWN, SEALED, HASH, 77)
    with store.read() as tx:
        assert tx.logs.get(OWN) == before
        assert list(tx.entries.read(OWN, 0, 3)) == [one.entry for one in ADDED]
