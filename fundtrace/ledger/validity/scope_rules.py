"""Rules about money that is followed: whose bank says it, and how far the authorization goes.

The limits bind what is disclosed of a movement under the rule that is pinned with the loan. The
amount is cumulated over the stream, corrections included; what went back is not taken off again.
"""

from __future__ import annotations

import datetime as dt

from fundtrace.ledger.kinds.changes import Correction, Return
from fundtrace.ledger.kinds.common import Body, RecordPointer
from fundtrace.ledger.kinds.loans import LoanOpened
from fundtrace.ledger.kinds.movements import Movement
from fundtrace.ledger.kinds.receipts import FollowEnded, Receipt
from fundtrace.ledger.kinds.words import Basis, SegmentSource
from fundtrace.ledger.validity.case import Case
from fundtrace.ledger.validity.history import count_followed, get_place
from fundtrace.ledger.validity.reductions import is_reduced
from fundtrace.ledger.validity.verdicts import Position

_BASES = frozenset(one.value for one in Basis)


def is_by_debtors_bank(case: Case) -> bool:
    """Tell whether the issuer holds the account debited; of money that went back, either one."""
    value = case.value
    if isinstance(value, Movement):
        return case.is_own_account(value.debit)
    if isinstance(value, Return):
        return case.is_own_account(value.value.debit) or case.is_own_account(value.value.credit)
    return True


def is_by_creditors_bank(case: Case) -> bool:
    """Tell whether the issuer of a receipt holds the account that the movement credits.

    The movement is looked at, its verdict is not: whoever acts needs both records effective.
    """
    receipt = case.body
    if not isinstance(receipt, Receipt):
        return True
    body = case.view.find_body(receipt.movement)
    movement = body.value if isinstance(body, Return) else body
    return (
        isinstance(movement, Movement)
        and movement.loan_key == receipt.loan_key
        and case.is_own_account(movement.credit)
    )


def is_on_allowed_basis(case: Case) -> bool:
    """Tell whether a receipt's basis is one that every consortium knows, or the roster allows."""
    value = case.value
    if not isinstance(value, Receipt) or not value.basis or value.basis in _BASES:
        return True
    return any(value.basis in one.bases for one in case.roster.allowed_bases)


def is_begun(case: Case) -> bool:
    """Tell whether following began with the issuer's own receipt with a basis, or its own loan."""
    body = case.body
    if not isinstance(body, FollowEnded):
        return True
    pointer = body.started_by
    if get_place(pointer.origin, pointer.index) >= case.place:
        return False
    start = case.view.find_body(pointer)
    if not isinstance(start, Receipt | LoanOpened) or start.loan_key != body.loan_key:
        return False
    return isinstance(start, LoanOpened) or start.end_reason is None


def is_in_loan_currency(case: Case) -> bool:
    """Tell whether values are stated in the loan's currency."""
    value = case.value
    if isinstance(value, Return):
        value = value.value
    if not isinstance(value, Movement | FollowEnded):
        return True
    return value.value_currency == case.grant.loan.currency


def carries_loan(case: Case) -> bool:
    """Tell whether a movement carries anything of the loan under the pinned rule."""
    body = case.body
    return not isinstance(body, Movement) or body.get_traced_minor(case.grant.pin) > 0


def has_known_drawdowns(case: Case) -> bool:
    """Tell whether every traced segment is of a drawdown that the loan has, as far as seen."""
    movement = case.value
    if not isinstance(movement, Movement):
        return True
    count = len(case.grant.loan.drawdowns)
    return all(
        segment.drawdown_index < count
        for one in movement.traced
        for segment in one.segments
        if segment.source is SegmentSource.LOAN
    )


def has_true_parents(case: Case) -> bool:
    """Tell whether parents in the record's own stream brought money, and were followed on."""
    movement = case.value
    if not isinstance(movement, Movement):
        return True
    return all(_is_true_parent(case, one) for one in movement.parents)


def _is_true_parent(case: Case, pointer: RecordPointer) -> bool:
    if Position(pointer.origin, pointer.index) not in case.history.settled:
        return True  # not of this stream: the tracer joins it
    target = case.history.find_target(pointer)
    value = target.value if target is not None else None
    if isinstance(value, Receipt):
        return value.end_reason is None
    return isinstance(value, Movement | Return)


def find_scoped(case: Case) -> Movement | None:
    """Return the movement that limits apply to: a new one, or a corrected one that tells more."""
    value = case.value
    if not isinstance(value, Movement):
        return None
    old = find_old(case)
    return None if old is not None and is_reduced(old, value) else value


def find_old(case: Case) -> Body | None:
    """Return the value that a correction replaces; None for any other record."""
    if not isinstance(case.body, Correction):
        return None
    target = case.history.find_target(case.body.target)
    return target.value if target is not None else None


def is_within_hops(case: Case) -> bool:
    """Tell whether a movement's depth is within the authorized hops."""
    movement = find_scoped(case)
    depth = movement.find_depth(case.grant.pin) if movement else None
    return depth is None or depth <= case.grant.body.limits.hops_max


def is_within_window(case: Case) -> bool:
    """Tell whether a movement was booked within the window behind each drawdown in it."""
    movement = find_scoped(case)
    if movement is None:
        return True
    window = dt.timedelta(days=case.grant.body.limits.window_days)
    drawdowns = case.grant.loan.drawdowns
    return all(
        movement.booked_at <= drawdowns[segment.drawdown_index].disbursed_at + window
        for segment in movement.get_segments(case.grant.pin)
        if segment.source is SegmentSource.LOAN
    )


def is_worth_following(case: Case) -> bool:
    """Tell whether the part that a movement carries reaches the authorized least."""
    movement = find_scoped(case)
    if movement is None or isinstance(case.body, Correction):
        return True
    return movement.get_traced_minor(case.grant.pin) >= case.grant.body.limits.part_minor_min


def is_within_amount(case: Case) -> bool:
    """Tell whether the stream's total stays within the authorized amount."""
    movement = find_scoped(case)
    if movement is None:
        return True
    old, pin = find_old(case), case.grant.pin
    more = count_followed(movement, pin) - (count_followed(old, pin) if old else 0)
    if more <= 0:
        return True
    return case.history.followed_minor + more <= case.grant.body.limits.amount_minor_max
