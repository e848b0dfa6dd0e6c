"""correction and return: nothing is edited; a whole new value stands beside the old one.

Readings settled here:

- A correction's ``value`` is the whole body as it should have been. It keeps the record id
  that it replaces, of the same loan and kind; the correction has an id of its own. ``target``
  is always the first record, not the correction before, and ``version`` rises from 2.
- A return's ``value`` is the movement that brings money back, whole, with its own reference,
  accounts, amount and segments; ``target`` is the hop along which it goes back. ``version``
  counts the returns of that hop from 1. What was stated wrongly of a return is corrected.
- An authorization is never corrected, it is revoked and granted anew: consent was given to
  exact words.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fundtrace.errors import InvalidInputError
from fundtrace.ledger.kinds.bounds import Whole
from fundtrace.ledger.kinds.common import (
    VERSION_MAX,
    AuthorityPointer,
    AuthorizedBody,
    Body,
    Reason,
    RecordPointer,
    ReturnReasonCode,
    Version,
)
from fundtrace.ledger.kinds.handling import Access
from fundtrace.ledger.kinds.loans import LoanClosed, LoanOpened
from fundtrace.ledger.kinds.movements import Movement
from fundtrace.ledger.kinds.receipts import FollowEnded, Receipt
from fundtrace.ledger.kinds.sharing import InquiryAnswer, Notice
from fundtrace.ledger.kinds.words import ReturnKind
from fundtrace.model.kinds import MovementKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Return(AuthorizedBody):
    """Money that went back along a hop: a return (pacs.004) or a rejection (pacs.002)."""

    target: RecordPointer
    version: Version
    returned: ReturnKind
    reason_code: ReturnReasonCode
    reason: Reason
    value: Movement

    def check_together(self) -> None:
        """Raise InvalidInputError where the way back is no return or of another loan."""
        if self.value.kind is not MovementKind.RETURN:
            raise InvalidInputError("Return.value must be a movement of kind return")
        _check_same_loan(self, self.value)


Correctable = (
    LoanOpened
    | LoanClosed
    | Movement
    | Receipt
    | FollowEnded
    | Return
    | InquiryAnswer
    | Notice
    | Access
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction(Body):
    """The whole new value of an earlier record of the same issuer, and why.

    It needs an authority as its value does: the lender's own loan.opened and .closed have none.
    """

    authority: AuthorityPointer | None = None
    target: RecordPointer
    version: Annotated[int, Whole(2, VERSION_MAX)]
    reason: Reason
    value: Correctable

    def check_together(self) -> None:
        """Raise InvalidInputError where the value is of another loan or under the same id."""
        if (self.authority is not None) != isinstance(self.value, AuthorizedBody):
            raise InvalidInputError("Correction.authority is given exactly where its value has one")
        _check_same_loan(self, self.value)


def _check_same_loan(change: Correction | Return, value: Correctable) -> None:
    what = type(change).__name__
    if value.loan_key != change.loan_key:
        raise InvalidInputError(f"{what}.value is of another loan")
    if isinstance(change, Correction) and value.record_id == change.record_id:
        raise InvalidInputError(f"{what}.value keeps the id that it replaces, not the new one")
    if isinstance(change, Return) and value.record_id != change.record_id:
        raise InvalidInputError(f"{what}.value must carry the return's own record_id")
