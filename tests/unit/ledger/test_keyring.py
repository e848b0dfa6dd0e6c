"""The key ring: grace, destruction, and what is asked for again."""

from __future__ import annotations

import pickle
from datetime import datetime, timedelta

import pytest

from fundtrace.errors import InvalidInputError, NotFoundError, RuleViolationError
from fundtrace.ledger.epochs import seal_grant
from fundtrace.ledger.keyring import MISSING_RANGES_MAX, Grant
from fundtrace.ledger.sealing import open_body
from tests.support.epochs import GRACE, START, make_grant, make_key_pair, make_ring
from tests.support.sealed import ORIGIN, draw, make_keys, make_pair, make_slot, seal


def test_a_granted_secret_opens_the_records_of_its_epoch():
    ring = make_ring().add_grant(make_grant(make_key_pair()))
    sealed = seal(b"body", ["bank-b"], make_slot())
    assert open_body(sealed.blob, sealed.header, ring.find_keys(ORIGIN, 7)).plaintext == b"body"


def test_a_key_in_grace_still_opens_grants():
    ring = make_ring(epochs=2).add_grant(make_grant(make_key_pair(epoch=1)))
    assert ring.find_keys(ORIGIN, 7) == make_keys()


def test_a_key_is_due_when_its_grace_is_over_and_not_before():
    ring = make_ring(epochs=2)
    due = START + timedelta(days=1) + GRACE
    assert (ring.list_expired(due - timedelta(seconds=1)), ring.list_expired(due)) == ([], [1])


def test_a_third_epoch_does_not_prolong_the_grace_of_the_first():
    ring = make_ring(epochs=3)
    assert [held.destroy_at for held in ring.keys] == [
        START + timedelta(days=1) + GRACE,
        START + timedelta(days=2) + GRACE,
        None,
    ]


def test_a_destroyed_epoch_key_opens_nothing_afterwards():
    grant, sealed = make_grant(make_key_pair()), seal(b"body", ["bank-b"], make_slot())
    before = make_ring(epochs=2).add_grant(grant)
    secrets = [make_key_pair().seed, make_keys().tag_key, make_keys().wrap_key]
    assert [secret in pickle.dumps(before) for secret in secrets] == [True] * 3

    after = before.destroy(1)
    assert [secret in pickle.dumps(after) for secret in secrets] == [False] * 3
    assert after.find_keys(ORIGIN, 7) is None
    assert after.find_missing(ORIGIN, [(0, sealed.header.slot.sequence + 7)]) == [(0, 1)]
    with pytest.raises(NotFoundError, match="not held"):
        after.add_grant(grant)
    relabelled = Grant(grant.pair, make_key_pair(epoch=2).key_id, grant.sealed)
    with pytest.raises(Exception, match="does not open"):
        after.add_grant(relabelled)


def test_destroying_one_epoch_leaves_what_came_by_another():
    ring = make_ring(epochs=2)
    ring = ring.add_grant(make_grant(make_key_pair(epoch=1), key_epoch=7))
    ring = ring.add_grant(make_grant(make_key_pair(epoch=2), key_epoch=8)).destroy(1)
    assert (ring.find_keys(ORIGIN, 7), ring.find_keys(ORIGIN, 8)) == (None, make_keys(key_epoch=8))


@pytest.mark.parametrize("order", [(1, 2), (2, 1)], ids=["older first", "newer first"])
def test_a_secret_granted_again_to_a_newer_key_outlives_the_older(order):
    ring = make_ring(epochs=2)
    for epoch in order:
        ring = ring.add_grant(make_grant(make_key_pair(epoch=epoch)))
    assert ring.destroy(1).find_keys(ORIGIN, 7) == make_keys()


def test_two_secrets_for_one_epoch_are_refused():
    ring, pair = make_ring().add_grant(make_grant(make_key_pair())), make_pair()
    sealed = seal_grant(draw("another"), pair, make_key_pair().public_key)
    with pytest.raises(RuleViolationError, match="two secrets"):
        ring.add_grant(Grant(pair, make_key_pair().key_id, sealed))


def test_the_current_key_is_not_destroyed():
    with pytest.raises(RuleViolationError, match="begin a new epoch"):
        make_ring(epochs=2).destroy(2)


def test_a_key_that_is_not_held_is_not_destroyed():
    with pytest.raises(NotFoundError):
        make_ring().destroy(9)


@pytest.mark.parametrize(
    ("key_pair", "now", "says"),
    [
        (make_key_pair(epoch=1), START, "not after 1"),
        (make_key_pair("bank-c", 2), START, "the ring of bank-b"),
        (make_key_pair(epoch=2), datetime(2026, 1, 1), "offset from UTC"),  # noqa: DTZ001 - on purpose
    ],
)
def test_an_epoch_that_cannot_begin_is_refused(key_pair, now, says):
    with pytest.raises(InvalidInputError, match=says):
        make_ring().begin_epoch(key_pair, now)


def test_missing_are_the_ranges_between_records_whose_keys_are_held():
    ring = make_ring().add_grant(make_grant(make_key_pair()))
    records = [(0, 6), (3, 6), (4, 7), (5, 7), (9, 8), (10, 7), (12, 6)]
    assert ring.find_missing(ORIGIN, records) == [(0, 4), (9, 10), (12, 13)]
    assert ring.find_missing("b.bank.example/ledger/1", records) == [(0, 13)]


def test_missing_ranges_are_cut_at_their_limit():
    ring = make_ring().add_grant(make_grant(make_key_pair()))
    records = [(index, 6 + index % 2) for index in range(4 * MISSING_RANGES_MAX)]
    found = ring.find_missing(ORIGIN, records)
    assert (len(found), found[-1]) == (MISSING_RANGES_MAX, (510, 511))
