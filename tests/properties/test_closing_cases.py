"""Every small case of closing a log: no head that is final, or may become so, is lost by it.

Heads form a small tree with a fork. Members hold every combination of highest heads, have stated
them or not; faulty ones have cosigned everything and state what they like. What the package's
own check lets pass must hold every head that can have a quorum. The cases with one fault more,
a quorum one lower or a rule left out are gone through too, and there a final head is lost.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations_with_replacement, product

import pytest

from fundtrace.errors import RuleViolationError
from fundtrace.ledger.roster.activation import Activation, LogRoster
from fundtrace.ledger.roster.counting import Stated, check_closable
from fundtrace.tlog.quorum import faults_max, quorum_size

SIZES = range(1, 8)

# Closing. Heads: nothing, P, A behind P, AA behind A, B behind P and against A.

PARENTS = {"": None, "P": "", "A": "P", "AA": "A", "B": "P"}
HEADS = tuple(PARENTS)


def list_parts(head: str) -> tuple[str, ...]:
    """Return the heads that are part of this one, itself among them."""
    parent = PARENTS[head]
    return (head,) if parent is None else (*list_parts(parent), head)


PARTS = {head: frozenset(list_parts(head)) for head in HEADS}


def find_branch(closing: str, head: str) -> str | None:
    """Return the head one step beyond ``closing`` towards ``head``, None where it is not beyond."""
    return next((one for one in PARTS[head] if PARENTS[one] == closing), None)


def is_closable(n: int, stated: dict[int, str], closing: str, forker: int | None) -> bool:
    within = {one for one, head in stated.items() if head in PARTS[closing]}
    branches: dict[str, set[int]] = {}
    for one, head in stated.items():
        if one not in within and (branch := find_branch(closing, head)):
            branches.setdefault(branch, set()).add(one)
    aside = stated.keys() - within - set().union(*branches.values())
    found = Stated(
        voters=frozenset(range(n)),
        within=frozenset(within),
        branches=tuple(frozenset(one) for one in branches.values()),
        aside=frozenset(aside),
        forker=forker,
    )
    try:
        check_closable(found)
    except RuleViolationError:
        return False
    return True


def list_possible_finals(honest: list[tuple[str, bool]], faults: int, quorum: int) -> set[str]:
    """Return the heads that are final or may become so: who stated cosigns nothing more."""
    finals = set()
    for head in HEADS:
        supporters = faults
        for position, has_stated in honest:
            is_part = head in PARTS[position]
            supporters += is_part or (not has_stated and position in PARTS[head])
        if supporters >= quorum:
            finals.add(head)
    return finals


def list_consortia(n: int, faults: int) -> Iterator[tuple[list, dict[int, str]]]:
    """Yield honest members (highest head, whether stated) and all statements, by member.

    Members are alike, so each multiset stands for all its arrangements; faulty ones come first.
    """
    honest_kinds = list(product(HEADS, (True, False)))
    for honest in combinations_with_replacement(honest_kinds, n - faults):
        said = {faults + i: head for i, (head, has_stated) in enumerate(honest) if has_stated}
        for lies in combinations_with_replacement((*HEADS, None), faults):
            lied = {i: head for i, head in enumerate(lies) if head is not None}
            yield list(honest), {**said, **lied}


def find_lost_final(
    n: int, faults: int, *, is_forker_known: bool = False, lower_by: int = 0
) -> tuple | None:
    """Return a closing that the check lets pass and a head that may be final and is lost by it."""
    quorum = quorum_size(n) - lower_by
    forker = 0 if is_forker_known else None
    for honest, stated in list_consortia(n, faults):
        finals = list_possible_finals(honest, faults, quorum)
        for closing in HEADS:
            if finals <= PARTS[closing]:
                continue
            if is_closable(n, stated, closing, forker):
                return closing, finals, honest, stated
    return None


@pytest.mark.parametrize("n", SIZES)
def test_no_final_head_is_lost_by_a_closing(n):
    assert find_lost_final(n, faults_max(n)) is None


@pytest.mark.parametrize("n", SIZES)
def test_no_final_head_is_lost_where_the_owner_is_proven_to_have_forked(n):
    assert find_lost_final(n, max(1, faults_max(n)), is_forker_known=True) is None


@pytest.mark.parametrize("n", [1, 4, 6, 7])
def test_one_fault_more_could_lose_a_final_head_by_a_closing(n):
    assert find_lost_final(n, faults_max(n) + 1) is not None


@pytest.mark.parametrize("n", [4, 6, 7])
def test_a_quorum_one_lower_could_lose_a_final_head_by_a_closing(n):
    assert find_lost_final(n, faults_max(n), lower_by=1) is not None


@pytest.mark.parametrize("n", range(4, 8))
def test_where_heads_are_of_one_tree_a_quorum_of_statements_closes_at_the_largest(n):
    for heads in combinations_with_replacement(("", "P", "A", "AA"), quorum_size(n)):
        largest = max(heads, key=lambda head: len(PARTS[head]))
        assert is_closable(n, dict(enumerate(heads)), largest, None)


def test_the_branch_that_only_the_forker_and_a_minority_hold_is_dropped():
    stated = {1: "A", 2: "B", 3: "A"}
    assert is_closable(4, stated, "A", forker=0)
    assert not is_closable(4, stated, "B", forker=0)
    assert not is_closable(4, stated, "A", forker=None)


def test_where_three_branches_have_a_holder_each_the_log_closes_at_what_they_share():
    held = Stated(
        frozenset(range(4)), frozenset(), (frozenset({1}), frozenset({2}), frozenset({3})), forker=0
    )
    check_closable(held)


def test_a_mirror_that_cosigned_a_closing_head_after_its_promise_could_lose_a_final_entry():
    # Members 1 and 2 hold P, member 3 holds A, member 0 lies. Statements of 0, 1 and 2 close at
    # P; those of 1, 2 and 3 close at A. Were 1 to cosign A then, A had 0, 1 and 3: final, while
    # 0, 2 and 3 may open the next epoch at P. So the promise holds for the closing head too.
    assert is_closable(4, {0: "P", 1: "P", 2: "P"}, "P", None)
    assert is_closable(4, {1: "P", 2: "P", 3: "A"}, "A", None)
    kept = [("P", True), ("P", True), ("A", True)]
    assert "A" not in list_possible_finals(kept, 1, quorum_size(4))
    broken = [("A", True), ("P", True), ("A", True)]
    assert "A" in list_possible_finals(broken, 1, quorum_size(4))


# Closing while a version is being activated. A ends in the activation, B is under the old one.

HEAD_SIZES = {"": 0, "P": 5, "A": 6, "AA": 7, "B": 6}


BEGUN = Activation(1, -1)
OLD_LOG = LogRoster("bank.example/ledger/1", (), (BEGUN,))
NEW_LOG = LogRoster("bank.example/ledger/1", (), (BEGUN, Activation(2, 5)))


def get_log(head: str, *, is_settled: bool = False) -> LogRoster:
    log = NEW_LOG if head in {"A", "AA"} else OLD_LOG
    return log.settle(6) if is_settled else log


def list_finals_across(
    honest: dict[int, tuple[str, bool]], faulty: set[int], rosters: dict[int, set[int]]
) -> set[str]:
    """Return the heads that are final or may become so, beyond the activation once it is settled."""
    finals: set[str] = set()
    for head in HEADS:  # A stands before AA
        if head == "AA" and "A" not in finals:
            continue
        supporters = faulty | {
            one
            for one, (position, has_stated) in honest.items()
            if head in PARTS[position] or (not has_stated and position in PARTS[head])
        }
        needs = [rosters[one] for one in get_log(head).list_versions(HEAD_SIZES[head])]
        if all(len(supporters & one) >= quorum_size(len(one)) for one in needs):
            finals.add(head)
    return finals


def is_settled_by(
    honest: dict[int, tuple[str, bool]], faulty: set[int], rosters: dict[int, set[int]]
) -> bool:
    cosigned = faulty | {one for one, (position, _) in honest.items() if "A" in PARTS[position]}
    return all(len(cosigned & one) >= quorum_size(len(one)) for one in rosters.values())


def list_moving_consortia(common: int, *, is_joining: bool) -> Iterator[tuple]:
    """Yield rosters, honest members and all statements; the highest member joins or leaves."""
    small, large = set(range(common)), set(range(common + 1))
    rosters = {1: small, 2: large} if is_joining else {1: large, 2: small}
    kinds = list(product(HEADS, (True, False)))
    for faults, is_mover_faulty in product(range(common + 1), (True, False)):
        faulty = set(range(faults)) | ({common} if is_mover_faulty else set())
        if any(len(faulty & one) > faults_max(len(one)) for one in rosters.values()):
            continue
        mover = [None] if is_mover_faulty else kinds
        lies = list(combinations_with_replacement((*HEADS, None), len(faulty)))
        for states in combinations_with_replacement(kinds, common - faults):
            for moved in mover:
                honest = {faults + i: state for i, state in enumerate(states)}
                honest |= {common: moved} if moved else {}
                if any(position == "AA" for position, _ in honest.values()) and not is_settled_by(
                    honest, faulty, rosters
                ):
                    continue
                said = {one: head for one, (head, has_stated) in honest.items() if has_stated}
                for lie in lies:
                    lied = {one: head for one, head in zip(faulty, lie, strict=True) if head}
                    yield rosters, honest, faulty, {**said, **lied}


def is_closable_across(
    rosters: dict[int, set[int]], versions: tuple[int, ...], stated: dict[int, str], closing: str
) -> bool:
    for version in versions:
        order = {one: place for place, one in enumerate(sorted(rosters[version]))}
        counted = {order[one]: head for one, head in stated.items() if one in order}
        if not is_closable(len(order), counted, closing, None):
            return False
    return True


def find_lost_across(common: int, *, is_joining: bool, asks_unsettled: bool = True) -> tuple | None:
    for rosters, honest, faulty, stated in list_moving_consortia(common, is_joining=is_joining):
        finals = list_finals_across(honest, faulty, rosters)
        is_settled = is_settled_by(honest, faulty, rosters)
        for closing in HEADS:
            if finals <= PARTS[closing]:
                continue
            log = get_log(closing, is_settled=is_settled or not asks_unsettled)
            versions = log.list_closing_versions(HEAD_SIZES[closing])
            if is_closable_across(rosters, versions, stated, closing):
                return closing, finals, rosters, honest, faulty, stated
    return None


@pytest.mark.parametrize("is_joining", [True, False])
@pytest.mark.parametrize("common", range(1, 5))
def test_no_final_head_is_lost_by_a_closing_around_an_activation(common, is_joining):
    assert find_lost_across(common, is_joining=is_joining) is None


def test_a_closing_beyond_an_unsettled_activation_must_ask_the_old_version_too():
    assert find_lost_across(4, is_joining=True, asks_unsettled=False) is not None
