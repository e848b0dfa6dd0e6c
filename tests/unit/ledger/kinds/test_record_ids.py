import pytest

from fundtrace.errors import InvalidInputError
from fundtrace.ledger.framing import hash_frame
from fundtrace.ledger.kinds.table import make_record_id
from fundtrace.ledger.kinds.words import Kind
from tests.support.records import LOAN_KEY, make_hash

GIVEN = (Kind.MOVEMENT, LOAN_KEY, b"2026-03-05/0042", 1, 1)


def test_the_same_publication_has_the_same_id():
    assert make_record_id(*GIVEN) == make_record_id(*GIVEN)
    assert make_record_id(*GIVEN) == hash_frame("record-id", "movement", *GIVEN[1:])


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (0, Kind.RECEIPT),
        (1, make_hash("another loan")),
        (2, b"2026-03-05/0043"),
        (3, 2),
        (4, 2),
    ],
)
def test_whatever_differs_makes_another_id(place, value):
    other = [*GIVEN]
    other[place] = value
    assert make_record_id(*other) != make_record_id(*GIVEN)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (1, bytes(31)),
        (2, b""),
        (2, bytes(256)),
        (2, "text"),
        (3, -1),
        (3, 2**32),
        (4, 0),
        (4, True),
    ],
)
def test_what_an_id_is_made_of_has_bounds(place, value):
    wrong = [*GIVEN]
    wrong[place] = value
    with pytest.raises(InvalidInputError):
        make_record_id(*wrong)
