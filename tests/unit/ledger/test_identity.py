"""Ids have one form: what is typed differently comes out alike, what is wrong is refused."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fundtrace.errors import InvalidInputError
from fundtrace.ledger.matching import Identity, IdentityKind, parse_identity
from tests.support.sealed import CONSORTIUM

CODE, RESIDENT = IdentityKind.CREDIT_CODE, IdentityKind.RESIDENT


@pytest.mark.parametrize(
    ("kind", "number"),
    [
        (CODE, "91100000100003962T"),  # codes that listed companies publish
        (CODE, "9144030071526726XG"),
        (CODE, "914403001922038216"),
        (CODE, "91330100799655058B"),
        (RESIDENT, "11010519491231002X"),  # the examples of GB 11643-1999
        (RESIDENT, "440524188001010014"),
    ],
)
def test_real_numbers_are_taken(kind, number):
    assert parse_identity(kind, number).number == number


@pytest.mark.parametrize(
    ("kind", "typed", "number"),
    [
        (CODE, "91100000100003962t", "91100000100003962T"),
        (CODE, " 91 100000 100003962T ", "91100000100003962T"),
        (CODE, "91100000-100003962-T", "91100000100003962T"),
        (RESIDENT, "１１０１０５１９４９１２３１００２ｘ", "11010519491231002X"),
        (RESIDENT, "110105　19491231　002X", "11010519491231002X"),
    ],
)
def test_what_is_typed_differently_comes_out_alike(kind, typed, number):
    assert parse_identity(kind, typed) == Identity(kind, number)


@pytest.mark.parametrize(
    ("kind", "number"),
    [
        (CODE, ""),
        (CODE, "91100000100003962"),
        (CODE, "911000001000039620T"),
        (CODE, "911000001000O3962T"),
        (CODE, "9110000A100003962T"),
        (CODE, "91100000100003962U"),
        (CODE, "11010519491231002X"),
        (RESIDENT, "110105491231002"),
        (RESIDENT, "110105194912310021"),
        (RESIDENT, "X1010519491231002X"),
        (RESIDENT, "010105194912310028"),
        (RESIDENT, "110101199002300016"),
        (RESIDENT, "1" * 65),
    ],
)
def test_what_is_no_id_is_refused(kind, number):
    with pytest.raises(InvalidInputError):
        parse_identity(kind, number)


def test_a_date_that_does_not_exist_is_refused_although_the_check_digit_is_right():
    digits = "11010119900230001"
    total = sum(int(digit) * 2 ** (17 - place) for place, digit in enumerate(digits))
    with pytest.raises(InvalidInputError):
        Identity(RESIDENT, digits + "10X98765432"[total % 11])


def test_a_refusal_does_not_show_the_id():
    with pytest.raises(InvalidInputError) as caught:
        parse_identity(RESIDENT, "110105194912310021")
    assert "1101051949" not in str(caught.value)


@given(st.integers(0, 16), st.sampled_from("0123456789"))
@settings(max_examples=100, deadline=None)
def test_no_single_wrong_digit_of_a_resident_id_passes(place, digit):
    right = "11010519491231002X"
    wrong = right[:place] + digit + right[place + 1 :]
    if wrong != right:
        with pytest.raises(InvalidInputError):
            Identity(RESIDENT, wrong)


def test_points_differ_by_kind_and_consortium():
    person = Identity(RESIDENT, "11010519491231002X")
    company = Identity(CODE, "91100000100003962T")
    points = {one.hash_to_point(name) for one in (person, company) for name in (CONSORTIUM, "x")}
    assert len(points) == 4
