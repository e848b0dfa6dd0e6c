"""A log closes where every final head is part of it, by statements that hold their makers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fundtrace.errors import (
    EncodingError,
    ForkError,
    InvalidInputError,
    ProofError,
    RuleViolationError,
    SignatureError,
)
from fundtrace.ledger.kinds.entries import LogOpening
from fundtrace.ledger.roster.closing import (
    Closing,
    ForkEvidence,
    HeadLink,
    check_closing,
    check_opening,
)
from fundtrace.ledger.roster.counting import find_answers_needed, find_denials_needed
from fundtrace.ledger.roster.statement import check_promise, open_closing, sign_closing
from fundtrace.tlog.checkpoint import Checkpoint
from fundtrace.tlog.fork import Prefix
from fundtrace.tlog.hashing import EMPTY_ROOT, hash_leaf
from fundtrace.tlog.note import Note, Signature, sign_note
from fundtrace.tlog.tree import Tree
from tests.support.rosters import (
    AT_SECONDS,
    BANKS,
    LEARNER,
    Bank,
    begin,
    make_head,
    make_next,
    make_roster,
    sign_head,
)

A, B, C, D, E = (BANKS[letter] for letter in "abcde")
ORIGIN = A.log.name
ROSTER = make_roster("abcd")
ED25519 = 4


def make_tree(*branch: tuple[int, str]) -> Tree:
    """Return a tree of ten entries, each ``branch`` from an index on with a word of its own."""
    words = dict.fromkeys(range(10), "main")
    for start, word in branch:
        words |= dict.fromkeys(range(start, 10), word)
    return Tree([hash_leaf(f"{index} {words[index]}".encode()) for index in range(10)])


MAIN = make_tree()
SIDE = make_tree((6, "side"))
THIRD = make_tree((6, "third"))


def make_size(size: int, tree: Tree = MAIN) -> Checkpoint:
    return make_head(A, size, tree.root(size))


def state(bank: Bank, size: int, tree: Tree = MAIN) -> Note:
    return sign_closing(make_size(size, tree), [bank.mirror], AT_SECONDS)


def link(closed_size: int, size: int, tree: Tree = MAIN) -> HeadLink | None:
    """Return how a head hangs together with a closing head of the same tree."""
    if size in {0, closed_size}:
        return None
    small, large = sorted((closed_size, size))
    path = tuple(tree.prove_consistency(small, large))
    if size <= closed_size + 1:
        return HeadLink(path)
    after = closed_size + 1
    prefix = Prefix(tree.root(after), tuple(tree.prove_consistency(after, size)))
    return HeadLink(path, prefix)


def close(size: int, *stated: tuple[Bank, int], **changes) -> Checkpoint:
    """Close at a size of the main tree, with what banks state in it, or as ``changes`` say."""
    values = {
        "origin": ORIGIN,
        "head": sign_head(make_size(size), A, []) if size else None,
        "statements": tuple(state(*one) for one in stated),
        "links": tuple(link(size, one[1]) for one in stated),
    }
    rosters = changes.pop("rosters", [ROSTER])
    return check_closing(Closing(**(values | changes)), rosters)


def refuse(rule: str, call, *args, **changes) -> None:
    with pytest.raises(RuleViolationError) as caught:
        call(*args, **changes)
    assert caught.value.rule == rule


FORK = ForkEvidence(
    sign_head(make_size(8), A, []).encode(), sign_head(make_size(8, SIDE), A, []).encode()
)


# Heads of one tree


def test_a_log_closes_at_the_largest_head_that_a_quorum_states():
    assert close(7, (B, 5), (C, 7), (D, 0)) == make_size(7)


def test_a_quorum_must_have_stated():
    refuse("closing-quorum", close, 7, (C, 7), (D, 7))


def test_a_smaller_head_is_refused_while_a_larger_one_may_be_final():
    refuse("closing-denied", close, 5, (B, 5), (C, 7), (D, 5))


def test_a_head_that_enough_deny_is_left_out():
    assert close(5, (A, 5), (B, 5), (C, 7), (D, 3)) == make_size(5)


def test_a_log_of_which_nothing_was_cosigned_closes_empty():
    assert close(0, (B, 0), (C, 0), (D, 0)) == Checkpoint(ORIGIN, 0, EMPTY_ROOT)


def test_a_log_does_not_close_empty_where_a_head_may_be_final():
    refuse("closing-denied", close, 0, (B, 0), (C, 1), (D, 0))


def test_statements_of_learners_and_strangers_do_not_count():
    learner = replace(ROSTER, members=(*ROSTER.members[:3], D.make_member(LEARNER)))
    refuse("closing-quorum", close, 7, (B, 7), (C, 7), (D, 7), rosters=[learner])
    refuse("closing-quorum", close, 7, (B, 7), (C, 7), (E, 7))


def test_the_closing_head_is_signed_by_the_log_itself():
    unsigned = sign_head(make_size(7), B, [C])
    with pytest.raises(SignatureError):
        close(7, (B, 7), (C, 7), (D, 7), head=unsigned)


def test_a_link_that_does_not_hold_is_refused():
    wrong = replace(link(7, 5), path=(b"\x01" * 32,))
    with pytest.raises(ProofError):
        close(7, (B, 5), (C, 7), (D, 7), links=(wrong, None, None))


def test_a_head_beyond_needs_to_show_its_branch():
    bare = replace(link(5, 8), branch=None)
    with pytest.raises(ProofError, match="one entry beyond"):
        close(5, (A, 5), (B, 8), (C, 5), (D, 5), links=(None, bare, None, None))


def test_a_branch_that_a_head_is_not_on_is_refused():
    lied = link(5, 8)
    lied = replace(lied, branch=replace(lied.branch, root_hash=SIDE.root(7)))
    with pytest.raises(ProofError):
        close(5, (A, 5), (B, 8), (C, 5), (D, 5), links=(None, lied, None, None))


def test_each_statement_needs_a_place_for_its_link():
    with pytest.raises(InvalidInputError, match="for each statement"):
        close(7, (B, 7), (C, 7), (D, 7), links=())


def test_what_is_not_shown_to_be_within_counts_against_the_closing_head():
    refuse("closing-denied", close, 7, (B, 5), (C, 7), (D, 7), links=(None, None, None))


def test_all_versions_that_are_asked_need_their_own_quorum():
    five = make_roster("abcde")
    stated = [(B, 7), (C, 7), (D, 7)]
    refuse("closing-quorum", close, 7, *stated, rosters=[ROSTER, five])
    assert close(7, *stated, (E, 7), rosters=[ROSTER, five])


def test_a_member_that_states_two_heads_is_named():
    with pytest.raises(ForkError, match="bank-b stated two highest heads"):
        close(7, (B, 7), (B, 5), (C, 7), (D, 7))


def test_the_same_head_stated_again_counts_once():
    refuse("closing-quorum", close, 7, (B, 7), (B, 7), (C, 7))


@pytest.mark.parametrize("rosters", [[], [make_roster("bcd")]])
def test_a_log_closes_under_versions_that_name_it(rosters):
    with pytest.raises(InvalidInputError):
        close(7, (B, 7), (C, 7), (D, 7), rosters=rosters)


# A fork


def test_with_a_proven_fork_two_of_the_three_others_drop_a_branch():
    statements = (state(B, 8), state(C, 8, SIDE), state(D, 5))
    links = (None, None, link(8, 5))
    forked = close(
        8, (A, 8), statements=(state(A, 8), *statements), links=(None, *links), fork=FORK
    )
    assert forked == make_size(8)
    refuse("closing-denied", close, 8, statements=statements, links=links)


def test_a_branch_that_may_be_final_is_not_dropped():
    statements = (state(B, 8), state(C, 8, SIDE), state(D, 8, SIDE))
    refuse("closing-denied", close, 8, statements=statements, links=(None,) * 3, fork=FORK)


def test_three_branches_of_one_holder_each_close_at_what_they_share():
    statements = (state(B, 8), state(C, 8, SIDE), state(D, 9, THIRD))
    links = (link(6, 8), link(6, 8, SIDE), link(6, 9, THIRD))
    assert close(6, statements=statements, links=links, fork=FORK) == make_size(6)
    refuse("closing-denied", close, 6, statements=statements, links=links)


@pytest.mark.parametrize(
    "fork",
    [
        ForkEvidence(FORK.ours, FORK.ours),
        ForkEvidence(FORK.ours, sign_head(make_size(8), A, [B]).encode()),
    ],
)
def test_two_notes_that_agree_prove_no_fork(fork):
    with pytest.raises(ProofError):
        close(7, (B, 7), (C, 7), (D, 7), fork=fork)


def test_a_fork_that_another_key_signed_is_none():
    forged = ForkEvidence(FORK.ours, sign_head(make_size(8, SIDE), B, []).encode())
    with pytest.raises(SignatureError):
        close(7, (B, 7), (C, 7), (D, 7), fork=forged)


@pytest.mark.parametrize(
    ("members", "denials", "denials_of_a_fork", "answers"),
    [
        (1, 1, 1, 1),
        (2, 1, 1, 1),
        (3, 1, 1, 1),
        (4, 3, 2, 3),
        (5, 3, 2, 3),
        (6, 4, 3, 4),
        (7, 5, 4, 5),
        (10, 7, 6, 7),
    ],
)
def test_the_numbers_of_members_needed(members, denials, denials_of_a_fork, answers):
    assert find_denials_needed(members, is_forker_known=False) == denials
    assert find_denials_needed(members, is_forker_known=True) == denials_of_a_fork
    assert find_answers_needed(members) == answers


# Statements


def open_statement(note: Note, algorithms=(ED25519,)):
    return open_closing(note, ORIGIN, ROSTER.members, algorithms)


def test_a_statement_is_a_cosignature_on_the_logs_closing():
    statement = open_statement(state(B, 7))
    assert (statement.member, statement.head) == ("bank-b", make_size(7))
    assert statement.note.text.startswith(b"a.bank.example/ledger/1/closing\n7\n")


@pytest.mark.parametrize(
    "note",
    [
        sign_head(make_size(7), A, [B]),
        sign_closing(make_head(C, 7, MAIN.root(7)), [B.mirror], AT_SECONDS),
        sign_closing(make_head(A, 0, b"\x01" * 32), [B.mirror], AT_SECONDS),
    ],
    ids=["a checkpoint", "about another log", "an empty log with a root"],
)
def test_a_note_about_anything_else_is_no_statement(note):
    with pytest.raises(EncodingError):
        open_statement(note)


def test_a_statement_of_two_members_is_refused():
    with pytest.raises(SignatureError, match="each member makes a note of its own"):
        open_statement(sign_closing(make_size(7), [B.mirror, C.mirror], AT_SECONDS))


def test_a_statement_needs_a_line_of_every_algorithm_asked():
    with pytest.raises(SignatureError, match="lacks a line of type 0x06"):
        open_statement(state(B, 7), (ED25519, 6))
    both = sign_closing(make_size(7), [B.mirror, B.mirror_mldsa], AT_SECONDS)
    assert open_statement(both, (ED25519, 6)).member == "bank-b"


def test_governance_makes_no_statement():
    note = sign_note(state(B, 7).text, [B.governance])
    with pytest.raises(SignatureError):
        open_statement(note)


@pytest.mark.parametrize(("size", "tree"), [(8, MAIN), (7, SIDE)])
def test_a_cosignature_beyond_or_beside_the_statement_gives_it_the_lie(size, tree):
    statement = open_statement(state(B, 7))
    note = sign_head(make_size(size, tree), A, [B, C])
    with pytest.raises(ForkError, match="counts as faulty") as caught:
        check_promise(statement, note, ROSTER.get_member("bank-b"))
    assert caught.value.theirs == note.encode()


@pytest.mark.parametrize(
    "note",
    [
        sign_head(make_size(7), A, [B]),
        sign_head(make_size(6), A, [B]),
        sign_head(make_size(8), A, [C]),
        sign_head(make_head(C, 8, MAIN.root(8)), C, [B]),
    ],
    ids=["the same head", "a smaller one", "cosigned by another", "of another log"],
)
def test_other_heads_do_not_break_a_promise(note):
    check_promise(open_statement(state(B, 7)), note, ROSTER.get_member("bank-b"))


def test_a_forged_cosignature_accuses_nobody():
    key = B.mirror.verifier
    forged = sign_head(make_size(8), A, []).add_lines(
        [Signature(key.name, key.key_id, (1).to_bytes(8) + bytes(64))]
    )
    with pytest.raises(SignatureError):
        check_promise(open_statement(state(B, 7)), forged, ROSTER.get_member("bank-b"))


# Opening


OPENING = LogOpening(ORIGIN, 7, MAIN.root(7), ())


def test_the_next_epoch_goes_on_from_the_closed_head():
    check_opening(OPENING, "a.bank.example/ledger/2", make_size(7))


@pytest.mark.parametrize(
    ("opening", "origin"),
    [
        (OPENING, "a.bank.example/ledger/3"),
        (OPENING, "a.bank.example/ledger/1"),
        (OPENING, "b.bank.example/ledger/2"),
        (replace(OPENING, previous_origin="b.bank.example/ledger/1"), "a.bank.example/ledger/2"),
        (replace(OPENING, final_size=6), "a.bank.example/ledger/2"),
        (replace(OPENING, final_root=MAIN.root(6)), "a.bank.example/ledger/2"),
    ],
)
def test_an_opening_from_anywhere_else_is_refused(opening, origin):
    refuse("log-opening", check_opening, opening, origin, make_size(7))


def test_a_member_removed_from_the_roster_still_states_under_the_old_version():
    chain = begin("abcd")
    following = make_next(chain.latest, gone="bank-d")
    assert close(7, (B, 7), (C, 7), (D, 7))
    refuse("closing-quorum", close, 7, (B, 7), (C, 7), (D, 7), rosters=[ROSTER, following])
