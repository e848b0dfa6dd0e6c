"""Bodies of the vectors: a loan, its end, and a payment of it, as small as they may be."""

from __future__ import annotations

import datetime as dt
from typing import Final

from fundtrace.ledger.kinds.common import AccountRef, Party, RecordPointer
from fundtrace.ledger.kinds.loans import (
    AttributionPin,
    Drawdown,
    LoanClosed,
    LoanOpened,
)
from fundtrace.ledger.kinds.table import make_record_id
from fundtrace.ledger.kinds.words import Kind, LoanEnd
from fundtrace.ledger.matching.related import ListCommitment
from fundtrace.model.kinds import PartyType, PaymentMode, PurposeClass, Rule
from vectors.consortium import draw

LOAN_KEY: Final = draw("loan key")
AT: Final = dt.datetime(2026, 1, 5, 1, 30, tzinfo=dt.UTC)


def make_loan_opened() -> LoanOpened:
    """Return a loan of 1,000,000.00 with one drawdown."""
    return LoanOpened(
        record_id=make_record_id(Kind.LOAN_OPENED, LOAN_KEY, b"L-2026-0007", 0, 1),
        loan_key=LOAN_KEY,
        contract_id="L-2026-0007",
        borrower=Party("Borrower Ltd", PartyType.COMPANY),
        principal_minor=100_000_000,
        currency="CNY",
        purpose_class=PurposeClass.WORKING_CAPITAL,
        purpose="leather",
        contract_on=dt.date(2026, 1, 1),
        payment_mode=PaymentMode.SELF,
        drawdowns=(Drawdown("1", 100_000_000, AT, AccountRef("104333000010", "6222020000001")),),
        declared_payees=(),
        attribution=AttributionPin(Rule.PROCEEDS_FIRST, "rules-2026.1", 30, 259_200),
        related_parties=ListCommitment(draw("related parties"), 16),
    )


def make_loan_closed(loan: RecordPointer, note: str = "") -> LoanClosed:
    """Return the end of a loan that was repaid."""
    return LoanClosed(
        record_id=make_record_id(Kind.LOAN_CLOSED, LOAN_KEY, b"L-2026-0007", 0, 1),
        loan_key=LOAN_KEY,
        loan=loan,
        end=LoanEnd.REPAID,
        closed_at=AT + dt.timedelta(days=365),
        note=note,
    )
