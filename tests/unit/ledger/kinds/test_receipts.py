import pytest

from fundtrace.errors import InvalidInputError
from fundtrace.ledger.kinds.receipts import Facts, RuleAmount
from fundtrace.ledger.kinds.words import FollowEnd, FollowMode, ReceiptEnd
from fundtrace.model.kinds import CONSERVING_RULES, AccountKind, EndReason
from tests.support.records import make_follow_ended, make_receipt

ENDED = {"basis": "", "mode": FollowMode.OPEN, "facts": None}
UNMATCHED = ENDED | {"is_matched": False, "credit": None}
FACTS = make_receipt().facts


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"basis": "guarantee_contract", "mode": FollowMode.OPEN, "facts": None},
        ENDED | {"end_reason": ReceiptEnd.HUB, "facts": Facts(account_kind=AccountKind.HUB)},
        ENDED | {"end_reason": ReceiptEnd.HOLDER_NOT_AUTHORIZED},
        UNMATCHED | {"end_reason": ReceiptEnd.NOT_MATCHED},
        UNMATCHED | {"end_reason": ReceiptEnd.NO_ACCOUNT},
    ],
)
def test_a_receipt_says_on_which_basis_it_follows_or_why_not(changes):
    assert make_receipt(**changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"facts": FACTS},
        {"facts": Facts()},
        {"facts": Facts(holder_name="平阳皮革商行")},
        {"facts": Facts(account_kind=AccountKind.CURRENT)},
    ],
)
def test_a_holder_who_is_not_authorized_stays_unseen(changes):
    with pytest.raises(InvalidInputError, match="must hold no facts"):
        make_receipt(**ENDED | {"end_reason": ReceiptEnd.HOLDER_NOT_AUTHORIZED} | changes)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"end_reason": ReceiptEnd.HUB, "mode": FollowMode.OPEN}, "either a basis"),
        ({"basis": ""}, "either a basis"),
        ({"basis": "Borrower"}, "basis"),
        ({"is_matched": False}, "exactly where it is matched"),
        ({"credit": None}, "exactly where it is matched"),
        ({"basis": "", "end_reason": ReceiptEnd.HUB}, "followed further"),
        (ENDED | {"end_reason": ReceiptEnd.NOT_MATCHED}, "is not matched"),
        (UNMATCHED | {"end_reason": ReceiptEnd.HUB}, "is not matched"),
        (UNMATCHED | {"basis": "borrower"}, "is not matched"),
        (UNMATCHED | {"end_reason": ReceiptEnd.NOT_MATCHED, "facts": Facts()}, "no facts"),
        ({"mode": None}, "mode must be"),
        ({"end_reason": EndReason.HUB}, "end_reason must be"),
    ],
)
def test_a_receipt_that_contradicts_itself_is_refused(changes, why):
    with pytest.raises(InvalidInputError, match=why):
        make_receipt(**changes)


def test_reasons_that_tables_know_too_are_spelled_alike():
    here = {one.value for one in ReceiptEnd}
    assert here - {one.value for one in EndReason} == {
        "holder_not_authorized",
        "revoked",
        "not_matched",
        "no_account",
    }


@pytest.mark.parametrize("field", ["held", "residual"])
def test_the_end_of_following_states_an_amount_for_every_rule(field):
    amounts = tuple(RuleAmount(rule, 1, 1) for rule in CONSERVING_RULES)
    with pytest.raises(InvalidInputError, match="must hold the rules"):
        make_follow_ended(**{field: amounts[::-1]})
    with pytest.raises(InvalidInputError, match="5 items"):
        make_follow_ended(**{field: amounts[1:]})


def test_nothing_left_is_nothing():
    nothing = tuple(RuleAmount(rule, 0, 0) for rule in CONSERVING_RULES)
    assert make_follow_ended(reason=FollowEnd.NOTHING_LEFT, held=nothing)
    with pytest.raises(InvalidInputError, match="still holds"):
        make_follow_ended(reason=FollowEnd.NOTHING_LEFT)
