"""A restored owner signs again only once enough others have said what they hold of it."""

from __future__ import annotations

import pytest

from fundtrace.errors import ForkError, InvalidInputError, RuleViolationError, SignatureError
from fundtrace.ledger.roster.restart import RestartAnswer, check_restart_answers
from tests.support.rosters import BANKS, LEARNER, make_head, make_roster, sign_head

A, B, C, D = (BANKS[letter] for letter in "abcd")
ROSTER = make_roster("abcd")


def answer(letter: str, size: int | None = None, root: bytes = b"\x05" * 32) -> RestartAnswer:
    head = None if size is None else sign_head(make_head(A, size, root), A, [])
    return RestartAnswer(f"bank-{letter}", head)


def check(*answers: RestartAnswer, rosters=(ROSTER,)):
    return check_restart_answers(answers, A.log.name, rosters)


def test_the_largest_head_that_others_hold_is_found():
    found = check(answer("b", 7), answer("c", 9), answer("d"))
    assert found.checkpoint.size == 9


def test_a_log_of_which_nobody_holds_anything_begins_anew():
    assert check(answer("b"), answer("c"), answer("d")) is None


def test_too_few_answers_leave_a_final_head_unknown():
    with pytest.raises(RuleViolationError, match="2 of the 3") as caught:
        check(answer("b", 7), answer("c", 9))
    assert caught.value.rule == "restart-answers"


def test_each_version_asked_needs_its_answers():
    five = make_roster("abcde")
    six = make_roster("abcdef")
    answers = [answer("b", 7), answer("c", 9), answer("d")]
    assert check(*answers, rosters=(ROSTER, five))
    with pytest.raises(RuleViolationError, match="3 of the 4"):
        check(*answers, rosters=(ROSTER, six))


def test_a_learners_answer_does_not_count():
    roster = make_roster(members=(*make_roster("abcde").members, BANKS["f"].make_member(LEARNER)))
    with pytest.raises(RuleViolationError, match="2 of the 3"):
        check(answer("b"), answer("c"), answer("f", 9), rosters=(roster,))


def test_two_heads_of_one_size_are_a_fork():
    with pytest.raises(ForkError, match="must be closed"):
        check(answer("b", 7), answer("c", 7, b"\x06" * 32), answer("d"))


def test_a_size_without_the_logs_own_signature_moves_nothing():
    foreign = RestartAnswer("bank-c", sign_head(make_head(A, 99, b"\x05" * 32), B, [C]))
    with pytest.raises(SignatureError):
        check(answer("b", 7), foreign, answer("d"))


@pytest.mark.parametrize("letter", ["b", "a", "z"])
def test_answers_twice_of_oneself_and_of_strangers_are_refused(letter):
    with pytest.raises(InvalidInputError):
        check(answer("b", 7), answer("c"), answer("d"), answer(letter))


def test_a_log_that_no_version_names_is_refused():
    with pytest.raises(InvalidInputError, match="names the log"):
        check(answer("b"), rosters=(make_roster("bcd"),))
