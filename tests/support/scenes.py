"""A loan that is followed: the ledger from which most judging tests begin."""

from __future__ import annotations

import datetime as dt

from fundtrace.ledger.kinds.changes import Correction, Return
from fundtrace.ledger.kinds.common import Body, RecordPointer
from fundtrace.ledger.kinds.handling import Dispute
from fundtrace.ledger.kinds.receipts import FollowEnded, RuleAmount
from fundtrace.ledger.kinds.sharing import InquiryAnswer, InquiryRequest, SharedKey
from fundtrace.ledger.kinds.words import (
    FollowEnd,
    InquiryOutcome,
    ReturnKind,
    ShareReason,
)
from fundtrace.model.kinds import CONSERVING_RULES, MovementKind
from tests.support.judged_world import (
    START,
    World,
)
from tests.support.records import make_dispute, make_hash, make_share


class Scene(World):
    """A loan, its authorization, and a payment of the lender's that arrived at bank b."""

    def __init__(self, **grant: object) -> None:
        super().__init__()
        self.loan = self.open_loan()
        self.authorization = self.grant(self.loan, **grant)
        self.drawn = self.publish(
            "a",
            "a-b",
            self.make_movement(
                self.authorization, self.loan, debit="a", credit="b", value=5_000, depth=0
            ),
        )

    def make_hop(self, **changes) -> Body:
        """Return b's payment to c, of 1,000 that came by the drawdown."""
        return self.make_movement(self.authorization, self.drawn, **changes)

    def hop(self, *, stream: str = "b-c", header: dict | None = None, **changes) -> RecordPointer:
        return self.publish("b", stream, self.make_hop(**changes), **header or {})

    def make_correction(self, target: RecordPointer, value: Body, **changes) -> Correction:
        authority = None if not hasattr(value, "authority") else self.see(self.authorization)
        values = {
            "record_id": self.make_id(),
            "loan_key": value.loan_key,
            "authority": authority,
            "target": target,
            "version": 2,
            "reason": "was booked wrongly",
            "value": value,
        }
        return Correction(**values | changes)

    def get_body(self, pointer: RecordPointer) -> Body:
        body = self.logs[pointer.origin][pointer.index].body
        assert body is not None
        return body

    def make_return(self, target: RecordPointer, value: int = 1_000, **changes) -> Return:
        about = self.about(self.authorization)
        movement = self.make_hop(
            record_id=about["record_id"],
            debit="c",
            credit="b",
            value=value,
            kind=MovementKind.RETURN,
        )
        values = about | {
            "target": target,
            "version": 1,
            "returned": ReturnKind.REJECTION,
            "reason_code": "AC04",
            "reason": "账户已销户",
            "value": movement,
        }
        return Return(**values | changes)

    def make_follow_ended(self, started_by: RecordPointer, **changes) -> FollowEnded:
        values = self.about(self.authorization) | {
            "started_by": started_by,
            "reason": FollowEnd.WINDOW_OVER,
            "ended_at": START,
            "currency": "CNY",
            "value_currency": "CNY",
            "held": tuple(RuleAmount(rule, 20, 20) for rule in CONSERVING_RULES),
            "residual": tuple(RuleAmount(rule, 0, 0) for rule in CONSERVING_RULES),
        }
        return FollowEnded(**values | changes)

    def make_share(self, target: RecordPointer, **changes):
        record = self.logs[target.origin][target.index].value
        key = SharedKey(target, record.body_hash, make_hash("content key"))
        values = self.about(self.authorization) | {
            "readers": ("bank-d",),
            "reason": ShareReason.AUTHORIZED,
            "cause": None,
            "keys": (key,),
        }
        return make_share(**values | changes)

    def make_request(self, **changes) -> InquiryRequest:
        values = self.about(self.authorization) | {
            "to_member": "bank-c",
            "purpose": "post_loan_inspection",
            "legal_basis": "borrower_consent",
            "question": "请说明用途",
            "asked_at": START,
            "due_at": START + dt.timedelta(days=5),
        }
        return InquiryRequest(**values | changes)

    def make_answer(self, request: RecordPointer, **changes) -> InquiryAnswer:
        values = self.about(self.authorization) | {
            "request": request,
            "outcome": InquiryOutcome.NOTHING_KNOWN,
            "answered_at": START,
        }
        return InquiryAnswer(**values | changes)

    def make_dispute(self, **changes) -> Dispute:
        return make_dispute(**self.about(self.authorization) | changes)
