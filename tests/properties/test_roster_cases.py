"""Every small case of a consortium: no two conflicting finals while at most f members lie.

Members are bits. Honest mirrors cosign one branch of a log, so of two contradicting heads each
of them cosigns at most one; faulty mirrors cosign both, and state what they like. Every set of
faulty members, every split of the honest ones and every single membership change is gone
through, with the package's own numbers and checks. The cases with one fault more, a quorum one
lower or a rule left out are gone through too, and there the conflict must appear.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, product

import pytest

from fundtrace.errors import RuleViolationError
from fundtrace.ledger.roster.activation import Activation, LogRoster
from fundtrace.ledger.roster.counting import find_answers_needed
from fundtrace.tlog.quorum import faults_max, quorum_size

SIZES = range(1, 8)
# How many members at least must lie before two conflicting heads can both be final.
LEAST_FAULTS = {1: 1, 2: 2, 3: 3, 4: 2, 5: 3, 6: 2, 7: 3}


def list_subsets(mask: int) -> Iterator[int]:
    subset = mask
    while True:
        yield subset
        if not subset:
            return
        subset = (subset - 1) & mask


def list_faulty(limits: dict[int, int]) -> Iterator[int]:
    """Yield every set of faulty members with at most so many of each roster's members."""
    everybody = 0
    for members in limits:
        everybody |= members
    for faulty in list_subsets(everybody):
        if all((faulty & members).bit_count() <= most for members, most in limits.items()):
            yield faulty


def has_quorum(supporters: int, members: int, lower_by: int = 0) -> bool:
    return (supporters & members).bit_count() >= quorum_size(members.bit_count()) - lower_by


def list_splits(everybody: int, limits: dict[int, int]) -> Iterator[tuple[int, int]]:
    """Yield who can have cosigned either of two contradicting heads, at most."""
    for faulty in list_faulty(limits):
        honest = everybody & ~faulty
        for first in list_subsets(honest):
            yield faulty | first, faulty | (honest & ~first)


# Plain checkpoints under one roster


def can_conflict(n: int, faults: int, lower_by: int = 0) -> bool:
    members = (1 << n) - 1
    return any(
        has_quorum(first, members, lower_by) and has_quorum(second, members, lower_by)
        for first, second in list_splits(members, {members: faults})
    )


@pytest.mark.parametrize("n", SIZES)
def test_two_contradicting_heads_are_never_both_final_with_at_most_f_faults(n):
    assert not can_conflict(n, faults_max(n))


@pytest.mark.parametrize("n", SIZES)
def test_a_conflict_needs_so_many_faults_and_appears_with_them(n):
    assert not can_conflict(n, LEAST_FAULTS[n] - 1)
    assert can_conflict(n, LEAST_FAULTS[n])


@pytest.mark.parametrize("n", [1, 4, 6, 7])
def test_with_one_fault_more_than_f_two_contradicting_heads_can_be_final(n):
    assert can_conflict(n, faults_max(n) + 1)


@pytest.mark.parametrize("n", SIZES)
def test_with_a_quorum_one_lower_one_fault_or_f_can_make_a_conflict(n):
    assert can_conflict(n, max(1, faults_max(n)), lower_by=1)


def test_two_of_three_would_let_a_bank_that_signs_twice_finalise_both_heads():
    assert not can_conflict(3, 1)
    assert can_conflict(3, 1, lower_by=1)


# Across an activation


def list_changes(n: int) -> Iterator[tuple[int, int]]:
    """Yield (N, N+1) as bits: a member promoted, each one removed, one rotated (the same bits)."""
    members = (1 << n) - 1
    yield members, members | 1 << n
    yield members, members
    if n > 1:
        for gone in range(n):
            yield members, members & ~(1 << gone)


def make_branch(activation: int | None) -> LogRoster:
    """Return the history of a branch whose entry 5 activates a version, or none does."""
    begun = (Activation(1, -1),)
    if activation is None:
        return LogRoster("bank.example/ledger/1", (), begun)
    return LogRoster("bank.example/ledger/1", (), (*begun, Activation(activation, 5)))


def is_final(log: LogRoster, size: int, supporters: int, faulty: int, rosters: dict) -> bool:
    """Return whether a head can be final, where honest mirrors keep to ``check_cosignable``."""
    try:
        log.check_cosignable(size)
    except RuleViolationError:
        ended = log.activations[-1].index + 1
        if not is_final(log, ended, supporters, faulty, rosters):
            supporters = faulty  # honest mirrors cosign nothing beyond what is not settled
    return all(has_quorum(supporters, rosters[one]) for one in log.list_versions(size))


def find_activation_conflict(n: int, extra_faults: int = 0) -> tuple | None:
    """Return heads of two branches that can both be final around an activation, or None."""
    branches = [(make_branch(None), 5), *((make_branch(2), size) for size in (5, 6, 7))]
    for old, new in list_changes(n):
        rosters = {1: old, 2: new}
        limits = {one: faults_max(one.bit_count()) + extra_faults for one in (old, new)}
        for faulty in list_faulty(limits):
            honest = (old | new) & ~faulty
            for first in list_subsets(honest):
                second = honest & ~first
                finals = [
                    [
                        (log.list_versions(size), size)
                        for log, size in branches
                        if is_final(log, size, faulty | side, faulty, rosters)
                    ]
                    for side in (first, second)
                ]
                if all(finals):
                    return old, new, faulty, finals
    return None


@pytest.mark.parametrize("n", SIZES)
def test_no_two_branches_are_final_before_at_and_behind_an_activation(n):
    assert find_activation_conflict(n) is None


@pytest.mark.parametrize("n", [1, 4, 6, 7])
def test_one_fault_more_makes_a_conflict_around_an_activation(n):
    assert find_activation_conflict(n, extra_faults=1) is not None


def can_leave_behind(old: int, new: int, *, is_settled_first: bool) -> bool:
    """Return whether N's quorum on one branch and N+1's on another can both be final."""
    rosters = {1: old, 2: new}
    limits = {one: faults_max(one.bit_count()) for one in (old, new)}
    stale, activated = make_branch(None), make_branch(2)
    for faulty in list_faulty(limits):
        honest = (old | new) & ~faulty
        for first in list_subsets(honest):
            ahead = faulty | (honest & ~first)
            if not is_final(stale, 5, faulty | first, faulty, rosters):
                continue
            if is_settled_first and is_final(activated, 7, ahead, faulty, rosters):
                return True
            if not is_settled_first and has_quorum(ahead, new):
                return True
    return False


@pytest.mark.parametrize("n", range(1, 6))
def test_both_quorums_keep_an_activation_safe_whatever_changes(n):
    old = (1 << n) - 1
    changed = [old << shift for shift in range(1, n + 1)]
    assert not any(can_leave_behind(old, new, is_settled_first=True) for new in changed)


@pytest.mark.parametrize("n", SIZES)
def test_quorums_of_neighbouring_versions_share_an_honest_member(n):
    changes = list_changes(n)
    assert not any(can_leave_behind(*change, is_settled_first=False) for change in changes)


@pytest.mark.parametrize("n", [2, 4, 5, 6])
def test_two_changes_at_once_without_the_old_quorum_would_leave_members_behind(n):
    old = (1 << n) - 1
    assert can_leave_behind(old, old << 2, is_settled_first=False)


# A split roster: two documents of one version, both signed by a threshold


def find_least_double_signers(n: int) -> int:
    members, threshold = (1 << n) - 1, n // 2 + 1
    return min(
        (first & second).bit_count()
        for first in list_subsets(members)
        for second in list_subsets(members)
        if first.bit_count() >= threshold <= second.bit_count()
    )


@pytest.mark.parametrize("n", SIZES)
def test_a_split_roster_needs_one_double_signer_of_an_odd_number_two_of_an_even(n):
    assert find_least_double_signers(n) == (1 if n % 2 else 2)


def can_begin_twice(n: int, *, before: bool) -> bool:
    """Return whether a log can begin final under both halves of a split roster."""
    for (old, left), (_, right) in product(list_changes(n), repeat=2):
        right_moved = right if right <= old else old | 1 << (n + 1)  # another newcomer
        everybody = old | left | right_moved
        limits = {one: faults_max(one.bit_count()) for one in (old, left, right_moved)}
        for first, second in list_splits(everybody, limits):
            sides = ((first, left), (second, right_moved))
            needs = [(side, [roster, old] if before else [roster]) for side, roster in sides]
            if all(has_quorum(side, one) for side, rosters in needs for one in rosters):
                return True
    return False


@pytest.mark.parametrize("n", range(1, 6))
def test_a_log_that_begins_needs_the_version_before_so_that_a_split_roster_splits_no_log(n):
    begun = LogRoster("bank.example/ledger/1", (1,), (Activation(2, 0),))
    assert begun.list_versions(1) == (1, 2)
    assert not can_begin_twice(n, before=True)


def test_without_the_version_before_a_split_roster_could_begin_one_log_twice():
    assert can_begin_twice(5, before=False)


# Restart


def can_miss_own_final(n: int, answers: int) -> bool:
    """Return whether so many answers can come without one of an honest holder of a final head.

    The owner is member 0, honest, and restored; it voted or, as a learner, did not.
    """
    quorum, faults = quorum_size(n), faults_max(n)
    for owner_votes in (True, False):
        others = range(1, n) if owner_votes else range(1, n + 1)
        for holders in combinations(others, quorum - owner_votes):
            for liars in combinations(others, min(faults, len(others))):
                useless = [one for one in others if one not in holders or one in liars]
                if len(useless) >= answers and answers <= len(others):
                    return True
    return False


@pytest.mark.parametrize("n", range(2, 8))
def test_enough_answers_name_the_last_final_head_and_one_fewer_may_not(n):
    assert not can_miss_own_final(n, find_answers_needed(n))
    assert can_miss_own_final(n, find_answers_needed(n) - 1)
