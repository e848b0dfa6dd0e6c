"""Private matching: a match is found, a guess is not, and nothing is asked twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from fundtrace.errors import (
    EncodingError,
    InvalidInputError,
    OverloadedError,
    RuleViolationError,
    SignatureError,
    VerificationError,
)
from fundtrace.ledger.matching import (
    MatchAnswer,
    MatchOutcome,
    MatchQuery,
    RateLimit,
    admit_query,
    answer_query,
    ask,
    audit_answer,
    audit_outcome,
    finish_query,
    parse_answer,
    parse_query,
    read_outcome,
)
from fundtrace.ledger.matching.curve import hash_to_point, multiply
from fundtrace.ledger.matching.messages import hash_message
from tests.support.matching import (
    BANK_KEY,
    BANK_SEED,
    DESK,
    LENDER_KEY,
    LENDER_SEED,
    answer,
    make_list,
    make_person,
    make_session,
    start,
)
from tests.support.sealed import CONSORTIUM, draw

NOW = datetime(2026, 3, 1, tzinfo=UTC)
RELATED = make_list([1, 2, 3])


@pytest.mark.parametrize(("person", "matched"), [(1, True), (3, True), (4, False)])
def test_both_sides_learn_whether_the_holder_is_on_the_list(person, matched):
    asked = start(person, RELATED)
    _, query = admit_query(DESK, asked.message, BANK_KEY, NOW)
    answered = answer(asked, RELATED)
    found, outcome = finish_query(asked, answered.message, LENDER_KEY, BANK_SEED)
    assert query.session == asked.session
    assert (found, read_outcome(answered, outcome, BANK_KEY)) == (matched, matched)


def test_a_list_without_anybody_is_answered_like_a_short_one():
    nobody = make_list([])
    asked = start(1, nobody)
    answered = answer(asked, nobody)
    assert len(answered.message) == len(answer(start(1, RELATED), RELATED).message)
    assert finish_query(asked, answered.message, LENDER_KEY, BANK_SEED)[0] is False


# -- what the transcript tells


def _find_by_trying(asked, message, scalars, people):
    """Return the people whom one finds on a list who tries every one with the scalars known."""
    points = set(parse_answer(message).points)
    points |= {multiply(asked.scalar, point) for point in points}
    return {
        n
        for n in people
        for scalar in scalars
        if multiply(scalar, make_person(n).hash_to_point(CONSORTIUM)) in points
    }


def test_a_bank_that_tries_ids_offline_finds_none():
    asked = start(9, RELATED)
    answered = answer(asked, RELATED)
    others = answer(start(8, RELATED, movement=2, seed=1), RELATED, seed=1)
    people = range(1, 12)
    assert _find_by_trying(asked, answered.message, [asked.scalar, others.scalar], people) == set()
    # The same search finds them all once k is known: it can fail.
    assert _find_by_trying(asked, answered.message, [answered.scalar], people) == {1, 2, 3}


def test_two_answers_of_one_list_have_no_point_in_common():
    answers = [
        parse_answer(answer(start(1, RELATED, movement=n, seed=n), RELATED, seed=n).message)
        for n in (1, 2)
    ]
    left, right = ({one.point, *one.points} for one in answers)
    assert left & right == set()


def test_randomness_drawn_twice_gives_no_scalar_twice():
    one, two = start(1, RELATED, movement=1), start(1, RELATED, movement=2)
    assert (one.scalar == two.scalar, one.message == two.message) == (False, False)
    assert answer(one, RELATED).scalar != answer(two, RELATED).scalar
    assert start(1, RELATED).scalar != start(2, RELATED).scalar


def test_what_one_query_found_does_not_help_to_test_another_id():
    # With k·H(1) found, k·H(2) stays as unknown as before: no multiple that B can form hits it.
    asked = start(1, RELATED)
    parsed = parse_answer(answer(asked, RELATED).message)
    formed = {
        multiply(asked.scalar, parsed.point),
        *(multiply(asked.scalar, p) for p in parsed.points),
    }
    for scalar in (asked.scalar, draw("another")):
        formed.add(multiply(scalar, make_person(2).hash_to_point(CONSORTIUM)))
        formed.add(multiply(scalar, make_person(1).hash_to_point(CONSORTIUM)))
    assert formed & {*parsed.points} == set()
    assert parsed.point in {multiply(asked.scalar, point) for point in parsed.points}


def test_a_query_shows_no_id():
    asked = start(1, RELATED)
    person = make_person(1)
    shown = (person.number.encode(), person.hash_to_point(CONSORTIUM), asked.scalar)
    assert [part for part in shown if part in asked.message] == []
    assert person.number not in repr(asked) + repr(RELATED)


def test_the_order_of_an_answer_says_nothing_of_the_order_of_the_list():
    places = set()
    for n in range(12):
        asked = start(1, RELATED, movement=n, seed=n)
        parsed = parse_answer(answer(asked, RELATED, seed=n).message)
        hit = multiply(asked.scalar, parsed.points[0])
        found = [multiply(asked.scalar, point) for point in parsed.points].index(parsed.point)
        assert list(parsed.points) == sorted(parsed.points)
        assert len(hit) == 32
        places.add(found)
    assert len(places) > 4


# -- replays, mix-ups, limits


@pytest.mark.parametrize(("person", "seed"), [(1, 0), (2, 1)], ids=["replayed", "another id"])
def test_a_movement_is_asked_about_once(person, seed):
    desk, _ = admit_query(DESK, start(1, RELATED).message, BANK_KEY, NOW)
    with pytest.raises(RuleViolationError, match="there is no second") as caught:
        admit_query(desk, start(person, RELATED, seed=seed).message, BANK_KEY, NOW)
    assert caught.value.rule == "one-query-per-movement"


def test_nobody_uses_up_another_banks_query_by_naming_its_movement():
    session = replace(make_session(), bank="bank-c")
    asked = ask(session, RELATED.commitment, make_person(1), draw("c"), LENDER_SEED)
    desk, _ = admit_query(DESK, asked.message, LENDER_KEY, NOW)  # that key serves as bank-c's
    desk, query = admit_query(desk, start(1, RELATED).message, BANK_KEY, NOW)
    assert query.session.movement_hash == session.movement_hash
    assert len(desk.used) == 2


def test_a_bank_may_ask_so_often_in_a_window_and_then_again():
    desk = DESK
    for n in range(3):
        at = NOW + timedelta(minutes=n)
        desk, _ = admit_query(desk, start(1, RELATED, movement=n).message, BANK_KEY, at)
    fourth = start(1, RELATED, movement=3).message
    with pytest.raises(OverloadedError, match="may ask from 2026-03-01T01:00:00"):
        admit_query(desk, fourth, BANK_KEY, NOW + timedelta(minutes=59))
    later, _ = admit_query(desk, fourth, BANK_KEY, NOW + timedelta(hours=1))
    assert len(later.used) == 4
    assert len(later.rate.asked["bank-b"]) == 3


def test_the_limit_of_one_bank_holds_no_other_back():
    rate = RateLimit(1, timedelta(hours=1)).take("bank-b", NOW)
    assert set(rate.take("bank-c", NOW).asked) == {"bank-b", "bank-c"}
    with pytest.raises(OverloadedError):
        rate.take("bank-b", NOW)


def test_a_time_without_offset_is_refused():
    with pytest.raises(InvalidInputError):
        RateLimit(1, timedelta(hours=1)).take("bank-b", NOW.replace(tzinfo=None))


def test_a_query_for_another_lender_is_refused():
    with pytest.raises(RuleViolationError, match="meant for bank-a"):
        admit_query(replace(DESK, lender="bank-x"), start(1, RELATED).message, BANK_KEY, NOW)


def test_a_query_in_another_banks_name_is_refused():
    with pytest.raises(SignatureError):
        admit_query(DESK, start(1, RELATED).message, LENDER_KEY, NOW)


def test_the_list_of_another_loan_answers_nothing():
    with pytest.raises(InvalidInputError, match="another loan"):
        answer_query(
            start(1, RELATED).message, make_list([1], loan=draw("L-2")), draw(1), LENDER_SEED
        )


def test_an_answer_to_another_query_is_refused():
    one, two = start(1, RELATED, movement=1), start(1, RELATED, movement=2)
    with pytest.raises(VerificationError, match="another query"):
        finish_query(one, answer(two, RELATED).message, LENDER_KEY, BANK_SEED)


def test_an_answer_of_another_signer_is_refused():
    asked = start(1, RELATED)
    with pytest.raises(SignatureError):
        finish_query(asked, answer(asked, RELATED).message, BANK_KEY, BANK_SEED)


def test_an_answer_of_another_length_than_committed_is_refused():
    asked = start(1, RELATED)
    longer = answer(asked, make_list(range(20)))
    with pytest.raises(VerificationError, match="32 points, the committed list 16"):
        finish_query(asked, longer.message, LENDER_KEY, BANK_SEED)


def test_an_outcome_of_another_answer_or_signer_is_refused():
    asked, other = start(1, RELATED, movement=1), start(1, RELATED, movement=2)
    answered, answered_other = answer(asked, RELATED), answer(other, RELATED)
    _, outcome = finish_query(asked, answered.message, LENDER_KEY, BANK_SEED)
    with pytest.raises(VerificationError, match="another answer"):
        read_outcome(answered_other, outcome, BANK_KEY)
    with pytest.raises(SignatureError):
        read_outcome(answered, outcome, LENDER_KEY)


# -- what an auditor finds


def test_an_honest_exchange_passes_the_audit():
    asked = start(1, RELATED)
    answered = answer(asked, RELATED)
    _, outcome = finish_query(asked, answered.message, LENDER_KEY, BANK_SEED)
    audit_answer(asked.message, answered.message, RELATED, answered.scalar)
    audit_outcome(asked.message, answered.message, outcome, asked)


def test_a_lender_that_answers_with_guesses_is_found_out():
    asked = start(9, RELATED)
    guessing = answer(asked, make_list([7, 8, 9]))
    assert finish_query(asked, guessing.message, LENDER_KEY, BANK_SEED)[0] is True
    with pytest.raises(VerificationError, match="not made of the list"):
        audit_answer(asked.message, guessing.message, RELATED, guessing.scalar)


def test_a_lender_that_hides_guesses_in_the_filling_is_found_out():
    asked = start(9, RELATED)
    scalar = draw("k")
    people = [make_person(n) for n in (1, 2, 3, 9)]
    points = [person.hash_to_point(CONSORTIUM) for person in people]
    points += [hash_to_point(bytes([n])) for n in range(12)]
    forged = MatchAnswer(
        hash_message(asked.message),
        multiply(scalar, parse_query(asked.message).point),
        tuple(sorted(multiply(scalar, point) for point in points)),
    ).encode(LENDER_SEED)
    assert finish_query(asked, forged, LENDER_KEY, BANK_SEED)[0] is True
    with pytest.raises(VerificationError):
        audit_answer(asked.message, forged, RELATED, scalar)


def test_a_bank_that_lies_in_its_outcome_is_found_out():
    asked = start(1, RELATED)
    answered = answer(asked, RELATED)
    lie = MatchOutcome(hash_message(answered.message), matched=False).encode(BANK_SEED)
    with pytest.raises(VerificationError, match="not what the answer gives"):
        audit_outcome(asked.message, answered.message, lie, asked)


def test_a_bank_that_asked_about_somebody_else_is_found_out():
    asked = start(1, RELATED)
    answered = answer(asked, RELATED)
    _, outcome = finish_query(asked, answered.message, LENDER_KEY, BANK_SEED)
    with pytest.raises(VerificationError, match="not made of this id"):
        audit_outcome(
            asked.message, answered.message, outcome, replace(asked, identity=make_person(2))
        )


def test_messages_that_do_not_belong_together_fail_the_audit():
    asked, other = start(1, RELATED, movement=1), start(1, RELATED, movement=2)
    answered = answer(other, RELATED)
    _, outcome = finish_query(other, answered.message, LENDER_KEY, BANK_SEED)
    with pytest.raises(VerificationError, match="belong together"):
        audit_outcome(asked.message, answered.message, outcome, asked)


@pytest.mark.parametrize("u", [0, 1, 2**255 - 20, 2**255 - 19, 2, 2**255 + 9])
def test_a_query_with_a_bad_point_cannot_be_made_or_read(u):
    with pytest.raises(EncodingError):
        MatchQuery(make_session(), u.to_bytes(32, "little"))
