import pytest

from fundtrace.errors import InvalidInputError
from fundtrace.ledger.kinds.table import find_authority, get_kind
from fundtrace.ledger.kinds.words import Kind
from fundtrace.model.kinds import MovementKind
from tests.support.records import (
    AUTHORITY,
    BODIES,
    make_authorization,
    make_correction,
    make_hash,
    make_loan_opened,
    make_movement,
    make_receipt,
    make_return,
)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"version": 1}, "version is 1"),
        ({"reason": ""}, "reason has 0 bytes"),
        ({"value": make_receipt(loan_key=make_hash("other"))}, "another loan"),
        ({"value": make_receipt(record_id=make_hash("correction"))}, "not the new one"),
        ({"value": make_authorization()}, "value must be"),
        ({"value": make_correction()}, "value must be"),
        ({"value": None}, "value must be"),
        ({"authority": None}, "exactly where its value has one"),
        ({"value": make_loan_opened()}, "exactly where its value has one"),
    ],
)
def test_a_correction_states_a_whole_value_of_the_same_loan(changes, why):
    with pytest.raises(InvalidInputError, match=why):
        make_correction(**changes)


def test_a_lender_corrects_its_loan_without_an_authorization():
    correction = make_correction(value=make_loan_opened(), authority=None)
    assert find_authority(correction) is None
    assert find_authority(make_correction()) == AUTHORITY


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"value": make_movement(record_id=make_hash("return"))}, "kind return"),
        ({"value": make_movement(kind=MovementKind.RETURN)}, "own record_id"),
        (
            {
                "value": make_movement(
                    kind=MovementKind.RETURN,
                    record_id=make_hash("return"),
                    loan_key=make_hash("other"),
                )
            },
            "another loan",
        ),
        ({"version": 0}, "version is 0"),
        ({"reason_code": "ac04"}, "reason_code"),
    ],
)
def test_a_return_states_the_whole_way_back(changes, why):
    with pytest.raises(InvalidInputError, match=why):
        make_return(**changes)


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_has_its_value(kind):
    assert get_kind(BODIES[kind]) is kind


def test_what_is_part_of_a_record_is_no_kind():
    with pytest.raises(InvalidInputError, match="no kind of record"):
        get_kind(AUTHORITY)


@pytest.mark.parametrize("kind", Kind)
def test_all_but_the_lenders_own_name_an_authority(kind):
    is_lenders_own = kind.value.startswith(("loan.", "authorization."))
    assert (find_authority(BODIES[kind]) is None) == is_lenders_own
