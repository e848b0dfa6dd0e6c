"""What is promised: intents before signatures, one root for a size, marks that only grow."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fundtrace.errors import (
    ConflictError,
    ForkError,
    InvalidInputError,
    NotFoundError,
    RuleViolationError,
    StaleCheckpointError,
)
from fundtrace.store import schema
from fundtrace.store.values import (
    CosignatureLine,
    FinalCheckpoint,
    ForkEvidence,
    Head,
    LogState,
)
from tests.support.stores import OTHER, OWN, grow, make_entries

ROOT, OTHER_ROOT = bytes([1]) * 32, bytes([2]) * 32


def _intend(store, term, state):
    with store.begin(term) as tx:
        return tx.heads.record_intent(state)


def test_a_log_without_heads_has_none(store, term):
    grow(store, term, make_entries(2))
    with store.read() as tx:
        assert tx.heads.find_latest(OWN) is None
        assert tx.heads.find_signed(OWN) is None
        assert list(tx.heads.read(OWN)) == []


def test_an_intent_is_a_head_without_signature(store, term):
    state = grow(store, term, make_entries(2))
    head = _intend(store, term, state)
    assert head == Head(OWN, 2, state.root_hash, term)
    with store.read() as tx:
        assert tx.heads.find_latest(OWN) == head
        assert tx.heads.find_signed(OWN) is None


def test_the_same_intent_again_is_one(store, term):
    state = grow(store, term, make_entries(2))
    assert _intend(store, term, state) == _intend(store, term, state)


def test_a_signature_completes_its_intent(store, term):
    state = grow(store, term, make_entries(2))
    head = _intend(store, term, state)
    with store.begin(term) as tx:
        signed = tx.heads.record_signed(head, b"note")
    with store.read() as tx:
        assert tx.heads.find_latest(OWN) == tx.heads.find_signed(OWN) == signed
        assert signed == replace(head, note=b"note")
        assert tx.heads.find(OWN, 2) == signed
        assert tx.heads.find(OWN, 1) is None


def test_the_first_signature_stands(store, term):
    head = _intend(store, term, grow(store, term, make_entries(2)))
    with store.begin(term) as tx:
        tx.heads.record_signed(head, b"first")
    with store.begin(term) as tx:
        assert tx.heads.record_signed(head, b"second").note == b"first"


def test_a_signature_without_intent_is_refused(store, term):
    state = grow(store, term, make_entries(2))
    head = Head(OWN, 2, state.root_hash, term)
    with pytest.raises(NotFoundError, match="before signing"), store.begin(term) as tx:
        tx.heads.record_signed(head, b"note")


def test_a_signature_over_another_root_is_refused(store, term):
    head = _intend(store, term, grow(store, term, make_entries(2)))
    with pytest.raises(NotFoundError, match="before signing"), store.begin(term) as tx:
        tx.heads.record_signed(replace(head, root_hash=ROOT), b"note")


def test_only_the_log_as_it_stands_is_promised(store, term):
    old = grow(store, term, make_entries(2))
    grow(store, term, make_entries(1))
    with pytest.raises(ConflictError, match="does not stand at size 2"):
        _intend(store, term, old)


def test_a_second_root_of_one_size_is_never_promised(store, term):
    state = grow(store, term, make_entries(2))
    _intend(store, term, state)
    with store.begin(term) as tx:  # as if the log had been restored and grown otherwise
        tx.heads._session.change(schema.logs.update().values(root_hash=ROOT))
    with pytest.raises(RuleViolationError, match="would fork the log") as caught:
        _intend(store, term, replace(state, root_hash=ROOT))
    assert caught.value.rule == "one-root-per-size"


def test_a_head_below_a_promised_one_is_never_promised(store, term):
    _intend(store, term, grow(store, term, make_entries(2)))
    with store.begin(term) as tx:
        tx.heads._session.change(schema.heads.update().values(size=9))
    with pytest.raises(StaleCheckpointError) as caught:
        _intend(store, term, grow(store, term, []))
    assert caught.value.known_size == 9


def test_anothers_log_is_not_promised(store, term):
    state = grow(store, term, make_entries(2), OTHER)
    with pytest.raises(RuleViolationError, match="another member's log"):
        _intend(store, term, state)


def test_heads_come_by_size(store, term):
    for _ in range(3):
        _intend(store, term, grow(store, term, make_entries(2)))
    with store.read() as tx:
        assert [one.size for one in tx.heads.read(OWN)] == [2, 4, 6]


@pytest.fixture
def mirrored(store, term) -> LogState:
    return grow(store, term, make_entries(10), OTHER)


# Cosignatures, finals, forks


def _line(member="b", size=10, root_hash=ROOT, at_seconds=5):
    return CosignatureLine(OTHER, size, root_hash, member, b"abcd", at_seconds, b"a line")


def test_lines_are_kept_once_per_key_and_checkpoint(store, term, mirrored):
    with store.begin(term) as tx:
        tx.cosignatures.record([_line(), _line("c"), _line(at_seconds=9)])
    with store.begin(term) as tx:
        tx.cosignatures.record([_line(at_seconds=9), _line(root_hash=OTHER_ROOT)])
    with store.read() as tx:
        assert tx.cosignatures.list_for(OTHER, 10, ROOT) == (_line(), _line("c"))
        assert tx.cosignatures.list_for(OTHER, 10, OTHER_ROOT) == (_line(root_hash=OTHER_ROOT),)
        assert tx.cosignatures.list_for(OTHER, 11, ROOT) == ()


def _final(size, root_hash=ROOT, note=b"final"):
    return FinalCheckpoint(OTHER, size, root_hash, note, 1_700_000_000, 3)


def test_finals_are_found_by_what_they_cover(store, term, mirrored):
    with store.begin(term) as tx:
        assert tx.finals.find_latest(OTHER) is None
        for size in (4, 10):
            tx.finals.record(_final(size))
    with store.read() as tx:
        assert tx.finals.find_latest(OTHER) == _final(10)
        assert tx.finals.find_covering(OTHER, 3) == _final(4)
        assert tx.finals.find_covering(OTHER, 4) == _final(10)
        assert tx.finals.find_covering(OTHER, 10) is None
        assert list(tx.finals.read(OTHER)) == [_final(4), _final(10)]


def test_the_first_final_of_a_size_stands(store, term, mirrored):
    with store.begin(term) as tx:
        tx.finals.record(_final(4))
        assert tx.finals.record(_final(4, note=b"more lines")) == _final(4)


def test_two_final_roots_of_one_size_are_a_fork(store, term, mirrored):
    with store.begin(term) as tx:
        tx.finals.record(_final(4))
    with pytest.raises(ForkError) as caught, store.begin(term) as tx:
        tx.finals.record(_final(4, OTHER_ROOT, b"theirs"))
    assert (caught.value.ours, caught.value.theirs) == (b"final", b"theirs")


def test_both_heads_of_a_fork_are_kept_once(store, term, mirrored):
    evidence = ForkEvidence(OTHER, b"ours", b"theirs", 7)
    with store.begin(term) as tx:
        tx.forks.record(evidence)
        tx.forks.record(replace(evidence, noticed_at_seconds=9))
        tx.forks.record(ForkEvidence(OTHER, b"ours", b"a third", 8))
    with store.read() as tx:
        assert tx.forks.list_for(OTHER) == (evidence, ForkEvidence(OTHER, b"ours", b"a third", 8))


@pytest.mark.parametrize(
    "make",
    [
        lambda: LogState("", 0),
        lambda: LogState("x" * 256, 0),
        lambda: LogState(OWN, -1),
        lambda: LogState(OWN, 2**63),
        lambda: LogState(OWN, 1, b"short"),
        lambda: _final(-1),
        lambda: _line(root_hash=b"short"),
    ],
)
def test_what_no_log_has_is_refused(make):
    with pytest.raises(InvalidInputError):
        make()
