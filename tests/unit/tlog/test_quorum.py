"""Quorums: who counts, what a policy refuses, and every consortium of up to twenty members."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import pytest

from fundtrace.errors import InvalidInputError, RuleViolationError, SignatureError
from fundtrace.tlog.cosignature import sign_cosignature
from fundtrace.tlog.keys import (
    COSIGNATURE_ED25519,
    COSIGNATURE_MLDSA44,
    ED25519,
    VerifierKey,
    parse_verifier_key,
)
from fundtrace.tlog.note import Signature
from fundtrace.tlog.quorum import (
    MemberKeys,
    QuorumPolicy,
    check_intersection,
    faults_max,
    find_intersection,
    list_member_lines,
    quorum_size,
    select_quorum,
    verify_quorum,
)
from tests.support.logs import (
    AT,
    ORIGIN,
    SmallLog,
    build_policy,
    cosign,
    make_key,
    make_mirror_key,
)

LOG = SmallLog(10)
BOTH = (COSIGNATURE_ED25519, COSIGNATURE_MLDSA44)


def _sign_with(banks: str) -> bytes:
    signed = LOG.sign()
    return signed.note.add_lines(cosign(signed, banks)).encode()


@pytest.mark.parametrize(
    ("n", "f", "q"),
    [
        *((1, 0, 1), (2, 0, 2), (3, 0, 3), (4, 1, 3), (5, 1, 4), (7, 2, 5), (10, 3, 7)),
        *((13, 4, 9), (20, 6, 14)),
    ],
)
def test_the_numbers_are_those_of_the_design(n, f, q):
    assert (faults_max(n), quorum_size(n)) == (f, q)


@pytest.mark.parametrize("n", [0, -1])
def test_nobody_is_no_consortium(n):
    with pytest.raises(InvalidInputError):
        quorum_size(n)


def _share_an_honest_member(n: int, q: int, f: int) -> bool:
    """By enumeration: with any two quorums and any f liars, is somebody honest in both?

    Members are alike, so one quorum may be the first q; of the other only its overlap matters,
    and the liars do best to sit in it.
    """
    overlaps = [shared for shared in range(q + 1) if q - shared <= n - q]
    return all(shared > f for shared in overlaps)


def _is_taken(n: int, q: int, f: int) -> bool:
    try:
        check_intersection(n, q, f)
    except RuleViolationError as error:
        return error.rule != "quorum-intersection"
    return True


@pytest.mark.parametrize("n", range(1, 21))
def test_a_policy_is_taken_exactly_when_two_quorums_always_share_an_honest_member(n):
    pairs = [(q, f) for q in range(1, n + 1) for f in range(n)]
    sound = [_share_an_honest_member(n, q, f) for q, f in pairs]
    assert [_is_taken(n, q, f) for q, f in pairs] == sound
    assert len(pairs) == n * n


@pytest.mark.parametrize("n", range(1, 21))
def test_the_default_quorum_is_the_least_that_intersects_and_honest_members_reach_it(n):
    q, f = quorum_size(n), faults_max(n)
    check_intersection(n, q, f)
    assert q <= n - f
    if n > 3:
        with pytest.raises(RuleViolationError):
            check_intersection(n, q - 1, f)


@pytest.mark.parametrize("n", [1, 2, 3])
def test_below_four_members_even_all_liars_but_one_finalise_no_two_heads(n):
    check_intersection(n, quorum_size(n), n - 1)


@pytest.mark.parametrize(("n", "q"), [(n, q) for n in range(1, 8) for q in range(1, n + 1)])
def test_sets_of_members_share_as_many_as_computed(n, q):
    sets = [set(one) for one in combinations(range(n), q)]
    least = min(len(one & other) for one in sets for other in sets)
    assert least == find_intersection(n, q)


@pytest.mark.parametrize(("n", "q", "f"), [(4, 0, 1), (4, 5, 1), (4, 3, 4), (4, 3, -1), (0, 0, 0)])
def test_numbers_that_describe_no_consortium_are_refused(n, q, f):
    with pytest.raises(InvalidInputError):
        check_intersection(n, q, f)


def test_a_policy_whose_quorums_need_not_intersect_cannot_be_made():
    policy = build_policy("abcd")
    with pytest.raises(RuleViolationError, match="ask for 3"):
        replace(policy, quorum=2)


def test_a_checkpoint_is_final_with_a_quorum_and_not_with_one_less():
    policy = build_policy("abcd")
    finality = verify_quorum(_sign_with("bcd"), policy)
    assert finality.members == ("b", "c", "d")
    assert finality.checkpoint == LOG.sign().checkpoint
    with pytest.raises(SignatureError, match="2 of the 3"):
        verify_quorum(_sign_with("bc"), policy)


@pytest.mark.parametrize("order", ["abcde", "edcba", "cabed"])
@pytest.mark.parametrize("banks", ["abcd", "bcde", "abcde"])
def test_the_time_is_the_second_smallest_with_one_fault_whatever_the_order(order, banks):
    signed = LOG.sign()
    listed = [bank for bank in order if bank in banks]
    lines = [
        sign_cosignature(signed.checkpoint, make_mirror_key(bank), AT + 100 * ord(bank))
        for bank in listed
    ]
    finality = verify_quorum(signed.note.add_lines(lines), build_policy("abcde"))
    assert finality.at_seconds == AT + 100 * ord(sorted(banks)[1])


def test_a_liar_alone_cannot_move_the_time_back():
    signed = LOG.sign()
    lie = sign_cosignature(signed.checkpoint, make_mirror_key("a"), 1)
    finality = verify_quorum(
        signed.note.add_lines([lie, *cosign(signed, "bcd")]), build_policy("abcd")
    )
    assert finality.at_seconds == AT


def test_several_mirrors_of_a_member_count_once():
    keys = tuple(make_mirror_key(name).verifier for name in ("b", "b2", "b3"))
    others = [MemberKeys(bank, (make_mirror_key(bank).verifier,)) for bank in "acd"]
    policy = QuorumPolicy.build(LOG.key, [MemberKeys("b", keys), *others])
    signed = LOG.sign()
    lines = [
        sign_cosignature(signed.checkpoint, make_mirror_key(name), AT) for name in ("b", "b2", "b3")
    ]
    with pytest.raises(SignatureError, match="1 of the 3"):
        verify_quorum(signed.note.add_lines(lines), policy)
    more = [*lines, *cosign(signed, "cd")]
    assert verify_quorum(signed.note.add_lines(more), policy).members == ("b", "c", "d")


def test_the_logs_signature_is_needed():
    signed = LOG.sign()
    note = replace(signed.note, signatures=cosign(signed, "abcd"))
    with pytest.raises(SignatureError, match="no key"):
        verify_quorum(note, build_policy("abcd"))


def test_a_bank_that_signs_two_heads_splits_the_mirrors_and_neither_is_final():
    one, other = LOG.sign(), LOG.branch(9, [b"else"]).sign()
    policy = build_policy("abcd")
    assert one.checkpoint.size == other.checkpoint.size
    for signed, mirrors in ((one, "ab"), (other, "acd"[1:])):
        with pytest.raises(SignatureError, match="not final"):
            verify_quorum(signed.note.add_lines(cosign(signed, mirrors)), policy)


def test_cosignatures_on_different_sizes_do_not_add_up():
    signed, earlier = LOG.sign(10), LOG.sign(9)
    mixed = signed.note.add_lines([*cosign(signed, "ab"), *cosign(earlier, "cd")])
    with pytest.raises(SignatureError, match="does not verify"):
        verify_quorum(mixed, build_policy("abcd"))


def test_a_retired_mirrors_key_counts_no_more():
    with pytest.raises(SignatureError, match="2 of the 3"):
        verify_quorum(_sign_with("abc"), build_policy("abde"))


def _build_hybrid(banks: str) -> QuorumPolicy:
    members = [
        MemberKeys(bank, tuple(make_mirror_key(bank, kind).verifier for kind in BOTH))
        for bank in banks
    ]
    return QuorumPolicy.build(LOG.key, members, BOTH)


@pytest.mark.parametrize(
    ("ed25519", "mldsa", "final"),
    [
        *(("abc", "bcd", True), ("abcd", "abcd", True), ("abcd", "", False), ("", "abcd", False)),
        *(("abc", "ab", False), ("ab", "cd", False), ("ab", "abcd", False)),
    ],
)
def test_each_required_algorithm_reaches_the_quorum_by_itself(ed25519, mldsa, final):
    signed = LOG.sign()
    lines = [
        sign_cosignature(signed.checkpoint, make_mirror_key(bank, kind), AT + 7 * place)
        for place, (kind, banks) in enumerate(zip(BOTH, (ed25519, mldsa), strict=True))
        for bank in banks
    ]
    note = signed.note.add_lines(lines)
    if not final:
        with pytest.raises(SignatureError, match="not final"):
            verify_quorum(note, _build_hybrid("abcd"))
        return
    finality = verify_quorum(note, _build_hybrid("abcd"))
    assert finality.times == ((COSIGNATURE_ED25519, AT), (COSIGNATURE_MLDSA44, AT + 7))
    assert finality.at_seconds == AT + 7
    assert finality.members == tuple(sorted(set(ed25519) & set(mldsa)))


def test_an_algorithm_that_is_not_required_does_not_help():
    signed = LOG.sign()
    policy = replace(_build_hybrid("abcd"), required=(COSIGNATURE_ED25519,))
    lines = [
        sign_cosignature(signed.checkpoint, make_mirror_key(bank, COSIGNATURE_MLDSA44), AT)
        for bank in "abcd"
    ]
    with pytest.raises(SignatureError, match="0 of the 3"):
        verify_quorum(signed.note.add_lines(lines), policy)


@pytest.mark.parametrize("banks", ["abc", "abcd", "dcba"])
def test_evidence_keeps_just_a_quorum_and_the_same_time(banks):
    policy = build_policy("abcd")
    outsider = sign_cosignature(LOG.sign().checkpoint, make_mirror_key("z"), AT)
    signed = LOG.sign()
    full = signed.note.add_lines([outsider, *cosign(signed, banks), *cosign(signed, "b")])
    trimmed = select_quorum(full, policy)
    assert len(trimmed.signatures) == 1 + policy.quorum
    assert verify_quorum(trimmed, policy).at_seconds == verify_quorum(full, policy).at_seconds


def test_the_earliest_line_of_a_member_counts():
    signed = LOG.sign()
    key = make_mirror_key("b")
    lines = [sign_cosignature(signed.checkpoint, key, AT + late) for late in (50, 5, 500)]
    opened = replace(signed, note=signed.note.add_lines(lines))
    found = list_member_lines(opened, build_policy("abcd"))
    assert [(one.member, one.at_seconds) for one in found] == [("b", AT + 5)]


def test_the_time_without_members_is_none_and_the_logs_signature_is_enough():
    finality = verify_quorum(LOG.sign().encode(), QuorumPolicy.build_log_only(LOG.key))
    assert (finality.at_seconds, finality.members, finality.times) == (None, (), ())


def _rename(key: VerifierKey, name: str) -> VerifierKey:
    return VerifierKey(name, key.algorithm, key.public_key)


A, B, C = (make_mirror_key(bank).verifier for bank in "abc")


@pytest.mark.parametrize(
    ("groups", "reason"),
    [
        ([("a", (A,)), ("a", (B,))], "listed twice"),
        ([("a", ())], "no mirror key"),
        ([("a", (A,)), ("b", (A,))], "is of a and of b"),
        ([("a", (A,)), ("b", (_rename(A, "b.example"),))], "public key of b.example"),
        ([("a", (A, _rename(A, "a2.example")))], "public key of a2.example"),
        ([("a", (A, _rename(B, A.name)))], "two Ed25519 keys"),
        ([("a", (A,)), ("b", (_rename(B, A.name),))], "is of a and of b"),
        ([("a", (make_key("a.bank.example/mirror", ED25519).verifier,))], "cannot cosign"),
        ([("a", (_rename(A, ORIGIN),))], "is of the log"),
        (
            [("a", (VerifierKey("a.example", COSIGNATURE_ED25519, LOG.key.public_key),))],
            "public key of a.example",
        ),
    ],
)
def test_a_policy_with_a_key_or_name_that_could_count_twice_is_refused(groups, reason):
    with pytest.raises(InvalidInputError, match=reason):
        QuorumPolicy.build(LOG.key, [MemberKeys(*group) for group in groups])


def test_one_mirror_may_have_a_key_of_each_algorithm_under_one_name():
    assert len(_build_hybrid("abcd").members[0].keys) == 2


@pytest.mark.parametrize("required", [(), (ED25519,), (COSIGNATURE_ED25519, COSIGNATURE_ED25519)])
def test_required_algorithms_are_cosignatures_named_once(required):
    with pytest.raises(InvalidInputError):
        QuorumPolicy.build(LOG.key, [MemberKeys("a", (A,))], required)


def test_a_policy_without_members_asks_for_nothing_more():
    with pytest.raises(InvalidInputError, match="without members"):
        QuorumPolicy(LOG.key, (), 1, 0, ())


def test_a_bad_line_of_a_known_mirror_rejects_the_checkpoint():
    signed = LOG.sign()
    bad = Signature(A.name, A.key_id, bytes(72))
    with pytest.raises(SignatureError, match=r"a\.bank"):
        verify_quorum(signed.note.add_lines([*cosign(signed, "bcd"), bad]), build_policy("abcd"))
    assert parse_verifier_key(A.encode()) == A
