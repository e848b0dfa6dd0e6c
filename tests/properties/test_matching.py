"""Private matching as a property: a match is found if, and only if, the id is on the list."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from fundtrace.ledger.matching import (
    audit_answer,
    audit_outcome,
    finish_query,
    parse_list_opening,
    read_outcome,
    verify_list_opening,
)
from tests.support.matching import (
    BANK_KEY,
    BANK_SEED,
    LENDER_KEY,
    answer,
    make_list,
    start,
)


@given(st.sets(st.integers(0, 40), max_size=20), st.integers(0, 40), st.integers())
@settings(max_examples=25, deadline=None)
def test_a_match_is_found_exactly_when_the_id_is_on_the_list(people, person, seed):
    related = make_list(people, salt=seed)
    asked = start(person, related, seed=seed)
    answered = answer(asked, related, seed=seed)
    matched, outcome = finish_query(asked, answered.message, LENDER_KEY, BANK_SEED)
    assert matched == (person in people)
    assert read_outcome(answered, outcome, BANK_KEY) == matched
    opened = parse_list_opening(related.encode())
    verify_list_opening(opened, asked.commitment)
    audit_answer(asked.message, answered.message, opened, answered.scalar)
    audit_outcome(asked.message, answered.message, outcome, asked)
