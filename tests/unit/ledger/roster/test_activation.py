"""A log goes from one roster version to the next by an entry that needs both quorums."""

from __future__ import annotations

import pytest

from fundtrace.errors import InvalidInputError, NotFoundError, RuleViolationError, SignatureError
from fundtrace.ledger.kinds.entries import (
    LogClosing,
    LogOpening,
    RosterActivation,
    StreamTail,
    Tally,
)
from fundtrace.ledger.roster.activation import (
    Activation,
    LogRoster,
    Purpose,
    begin_log,
    verify_final,
)
from fundtrace.ledger.roster.chain import RosterChain
from tests.support.rosters import (
    BANKS,
    LEARNER,
    Bank,
    begin,
    make_head,
    make_next,
    sign_document,
    sign_head,
)

A, B, C, D, E = (BANKS[letter] for letter in "abcde")
D2 = Bank("d", mirror_count=2)
ORIGIN = "a.bank.example/ledger/1"
TALLY = Tally(1, (StreamTail(bytes(16), 0, bytes(32)),))
ROOT = b"\x05" * 32


def extend(chain: RosterChain, *members, **changes) -> RosterChain:
    return chain.extend(sign_document(make_next(chain.latest, *members, **changes), "abc"))


FIRST = begin("abcd")
CHAIN = extend(FIRST, D2.make_member())  # version 2 retires the mirror of d
LATER = extend(CHAIN, E.make_member(LEARNER))


def activate(chain: RosterChain, version: int) -> RosterActivation:
    return RosterActivation(version, chain.get_version(version).hash)


def refuse(rule: str, call, *args) -> None:
    with pytest.raises(RuleViolationError) as caught:
        call(*args)
    assert caught.value.rule == rule


@pytest.mark.parametrize(
    ("size", "versions"), [(0, (1,)), (1, (1,)), (5, (1,)), (6, (1, 2)), (7, (2,)), (999, (2,))]
)
def test_only_the_checkpoint_that_ends_in_the_activation_needs_both(size, versions):
    log = begin_log(CHAIN, ORIGIN).step(5, activate(CHAIN, 2), CHAIN)
    assert log.list_versions(size) == versions


def test_activations_one_behind_the_other_need_pairs():
    log = begin_log(LATER, ORIGIN).step(5, activate(LATER, 2), LATER)
    log = log.step(6, activate(LATER, 3), LATER)
    assert [log.list_versions(size) for size in (5, 6, 7, 8)] == [(1,), (1, 2), (2, 3), (3,)]
    assert log.version == 3


def test_versions_are_activated_in_order_and_once():
    log = begin_log(LATER, ORIGIN)
    refuse("activation-order", log.step, 5, activate(LATER, 3), LATER)
    refuse("activation-order", log.step, 5, activate(LATER, 1), LATER)
    log = log.step(5, activate(LATER, 2), LATER)
    refuse("activation-order", log.step, 6, activate(LATER, 2), LATER)


def test_an_activation_of_other_bytes_is_refused():
    entry = RosterActivation(2, b"\x01" * 32)
    refuse("activation-roster", begin_log(CHAIN, ORIGIN).step, 5, entry, CHAIN)


def test_an_activation_waits_for_a_version_that_is_not_known_here():
    with pytest.raises(NotFoundError, match="only 1 to 1"):
        begin_log(FIRST, ORIGIN).step(5, activate(CHAIN, 2), FIRST)


def test_a_log_whose_owner_left_activates_nothing_more():
    chain = extend(FIRST, gone="bank-d")
    log = begin_log(chain, D.log.name)
    refuse("activation-roster", log.step, 5, activate(chain, 2), chain)


def test_other_entries_change_nothing():
    log = begin_log(CHAIN, ORIGIN)
    assert log.step(5, TALLY, CHAIN) is log


def test_a_mirror_cosigns_nothing_beyond_an_activation_that_is_not_settled():
    log = begin_log(CHAIN, ORIGIN).step(5, activate(CHAIN, 2), CHAIN)
    log.check_cosignable(6)
    refuse("activation-unsettled", log.check_cosignable, 7)
    refuse("activation-unsettled", log.settle(5).check_cosignable, 7)
    log.settle(6).check_cosignable(7)


def test_a_second_activation_waits_for_the_first():
    log = begin_log(LATER, ORIGIN).step(5, activate(LATER, 2), LATER)
    log = log.step(6, activate(LATER, 3), LATER)
    refuse("activation-unsettled", log.check_cosignable, 7)
    refuse("activation-unsettled", log.settle(6).check_cosignable, 8)
    log.settle(7).check_cosignable(8)


def test_an_empty_head_may_be_cosigned():
    begin_log(CHAIN, ORIGIN).check_cosignable(0)


def test_a_log_that_its_version_does_not_name_has_no_policies():
    stray = LogRoster("z.bank.example/ledger/1", (), (Activation(1, -1),))
    with pytest.raises(InvalidInputError, match="names no log"):
        stray.build_policies(5, CHAIN)


def test_what_is_settled_never_shrinks():
    assert begin_log(CHAIN, ORIGIN).settle(9).settle(3).settled_size == 9


def test_a_closing_asks_every_version_whose_activation_is_not_settled():
    log = begin_log(LATER, ORIGIN).step(5, activate(LATER, 2), LATER)
    log = log.step(8, activate(LATER, 3), LATER)
    assert log.list_closing_versions(5) == (1,)
    assert log.list_closing_versions(7) == (1, 2)
    assert log.list_closing_versions(20) == (1, 2, 3)
    assert log.settle(6).list_closing_versions(20) == (2, 3)
    assert log.settle(9).list_closing_versions(20) == (3,)


def test_a_closing_entry_is_the_last():
    log = begin_log(CHAIN, ORIGIN).step(5, LogClosing(5, ROOT, ()), CHAIN)
    assert log.closed_size == 6
    log.check_cosignable(6)
    refuse("log-closed", log.check_cosignable, 7)
    refuse("log-closed", log.step, 6, TALLY, CHAIN)
    refuse("log-closed", log.close, 7)


def test_a_closing_entry_states_its_own_place():
    refuse("log-closing", begin_log(CHAIN, ORIGIN).step, 5, LogClosing(4, ROOT, ()), CHAIN)


# Logs that begin under a later version


def test_a_log_of_the_first_version_begins_with_any_entry():
    log = begin_log(CHAIN, ORIGIN)
    assert log.list_versions(0) == log.list_versions(1) == (1,)
    assert log.step(0, TALLY, CHAIN) is log


def test_a_new_members_log_begins_with_its_activation_under_two_quorums():
    log = begin_log(LATER, E.log.name)
    assert [log.list_versions(size) for size in (0, 1, 2)] == [(2, 3), (2, 3), (3,)]
    refuse("log-beginning", log.step, 0, TALLY, LATER)
    log = log.step(0, activate(LATER, 3), LATER)
    assert log.version == 3
    refuse("activation-unsettled", log.check_cosignable, 2)


def test_a_new_members_log_activates_the_version_that_names_it_and_no_other_first():
    later = extend(LATER, rule_set_version="4")
    refuse("activation-order", begin_log(later, E.log.name).step, 0, activate(later, 4), later)


def test_the_next_epoch_begins_with_an_opening_under_the_closing_versions_too():
    chain = extend(CHAIN, Bank("a", epoch=2).make_member())
    log = begin_log(chain, "a.bank.example/ledger/2", before=(1, 2))
    opening = LogOpening(ORIGIN, 6, ROOT, ())
    assert [log.list_versions(size) for size in (1, 2)] == [(1, 2, 3), (3,)]
    assert log.step(0, opening, chain) is log
    refuse("log-beginning", log.step, 0, activate(chain, 3), chain)
    refuse("log-beginning", log.step, 1, opening, chain)


def test_an_opening_stands_in_no_first_epoch():
    opening = LogOpening(ORIGIN, 6, ROOT, ())
    refuse("log-beginning", begin_log(CHAIN, ORIGIN).step, 0, opening, CHAIN)
    refuse("log-beginning", begin_log(LATER, E.log.name).step, 0, opening, LATER)


@pytest.mark.parametrize(
    ("origin", "before"),
    [
        ("z.bank.example/ledger/1", ()),
        ("a.bank.example/ledger/2", ()),
        ("a.bank.example/ledger/2", (3,)),
        ("e.bank.example/ledger/1", (1,)),
    ],
)
def test_a_log_does_not_begin_from_nowhere(origin, before):
    chain = extend(CHAIN, Bank("a", epoch=2).make_member())
    chain = extend(chain, E.make_member(LEARNER))
    with pytest.raises(InvalidInputError):
        begin_log(chain, origin, before)


def test_a_history_that_no_log_has_is_refused():
    with pytest.raises(InvalidInputError):
        LogRoster(ORIGIN, (), ())
    with pytest.raises(InvalidInputError):
        LogRoster(ORIGIN, (), (Activation(1, -1), Activation(3, 5)))
    with pytest.raises(InvalidInputError):
        LogRoster(ORIGIN, (), (Activation(1, 5), Activation(2, 5)))


# Quorums on real checkpoints


LOG = begin_log(CHAIN, ORIGIN).step(5, activate(CHAIN, 2), CHAIN)


def find_final(size: int, mirrors, *, purpose=Purpose.LIVE, evidence: bool = False):
    note = sign_head(make_head(A, size, ROOT), A, mirrors, evidence=evidence)
    return verify_final(note, LOG.build_policies(size, CHAIN, purpose))


def test_a_checkpoint_is_final_under_its_version():
    (final,) = find_final(5, [A, B, D])
    assert final.members == ("bank-a", "bank-b", "bank-d")


def test_a_key_not_yet_active_does_not_count():
    with pytest.raises(SignatureError, match="2 of the 3"):
        find_final(5, [A, B, D2])


def test_the_activating_checkpoint_needs_the_quorums_of_both():
    assert len(find_final(6, [A, B, C])) == 2
    assert len(find_final(6, [A, B, D, D2])) == 2
    with pytest.raises(SignatureError, match="2 of the 3"):
        find_final(6, [A, B, D])
    with pytest.raises(SignatureError, match="2 of the 3"):
        find_final(6, [A, B, D2])


def test_a_retired_key_never_counts_afterwards():
    assert find_final(7, [A, B, D2])
    with pytest.raises(SignatureError, match="2 of the 3"):
        find_final(7, [A, B, D])


def test_a_learners_cosignature_does_not_count():
    log = begin_log(LATER, ORIGIN).step(5, activate(LATER, 2), LATER)
    log = log.step(8, activate(LATER, 3), LATER)
    note = sign_head(make_head(A, 20, ROOT), A, [A, B, E])
    with pytest.raises(SignatureError, match="2 of the 3"):
        verify_final(note, log.build_policies(20, LATER))


def test_evidence_needs_a_quorum_of_every_algorithm():
    with pytest.raises(SignatureError, match="ML-DSA"):
        find_final(5, [A, B, C], purpose=Purpose.EVIDENCE)
    (final,) = find_final(5, [A, B, C], purpose=Purpose.EVIDENCE, evidence=True)
    assert [algorithm for algorithm, _ in final.times] == [4, 6]


def test_nothing_is_final_where_no_quorum_is_asked_for():
    note = sign_head(make_head(A, 5, ROOT), A, [A])
    with pytest.raises(InvalidInputError, match="nothing is final"):
        verify_final(note, ())
