"""receipt and follow.ended: what the creditor's bank says about money that arrived, and its end.

Without a basis for its holder nothing of a customer is told: a receipt that ends with
``holder_not_authorized`` carries the amount and that reason, and the value itself refuses
facts, names and anything else of the account.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fundtrace.errors import InvalidInputError
from fundtrace.ledger.kinds.bounds import Checked, Items
from fundtrace.ledger.kinds.common import (
    AmountMinor,
    AuthorizedBody,
    Currency,
    Day,
    Instant,
    OptionalCode,
    OptionalName,
    PositiveMinor,
    RecordPointer,
    Sector,
)
from fundtrace.ledger.kinds.words import FollowEnd, FollowMode, ReceiptEnd, RelatedMatch
from fundtrace.model.kinds import CONSERVING_RULES, AccountKind, PartyType, Rule


@dataclass(frozen=True, slots=True)
class BookedCredit(Checked):
    """The credit as the bank's own books hold it, in the account's currency."""

    amount_minor: PositiveMinor
    currency: Currency
    booked_at: Instant
    value_at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts(Checked):
    """What a bank may tell of an account and its holder, where it has a basis."""

    account_kind: AccountKind = AccountKind.UNSPECIFIED
    account_opened_on: Day | None = None
    holder_type: PartyType = PartyType.UNSPECIFIED
    holder_name: OptionalName = ""
    registered_on: Day | None = None  # the company's registration
    sector: Sector | None = None
    is_hub: bool = False
    related_match: RelatedMatch = RelatedMatch.NOT_ASKED


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt(AuthorizedBody):
    """The creditor's bank on one movement: matched or not, facts, and a basis or an end.

    Exactly one of ``basis`` and ``end_reason`` is given. A basis is one of ``words.Basis`` or
    a code that the consortium's roster configures. ``is_declared_payee`` says that the use is
    settled here; beyond it ``mode`` is watch.
    """

    movement: RecordPointer
    is_matched: bool
    credit: BookedCredit | None = None
    facts: Facts | None = None
    is_declared_payee: bool = False
    basis: OptionalCode = ""
    mode: FollowMode = FollowMode.OPEN
    end_reason: ReceiptEnd | None = None

    def check_together(self) -> None:
        """Raise InvalidInputError where a receipt says too little, too much or both."""
        if self.is_matched != (self.credit is not None):
            raise InvalidInputError("Receipt.credit is given exactly where it is matched")
        if bool(self.basis) == (self.end_reason is not None):
            raise InvalidInputError("Receipt needs either a basis or an end_reason, not both")
        if self.end_reason is not None and self.mode is not FollowMode.OPEN:
            raise InvalidInputError("Receipt.mode is for money that is followed further")
        unseen = self.end_reason in {ReceiptEnd.NOT_MATCHED, ReceiptEnd.NO_ACCOUNT}
        if unseen == self.is_matched:
            raise InvalidInputError(
                "Receipt that is not matched ends with not_matched or no_account, no other does"
            )
        if unseen and self.facts is not None:
            raise InvalidInputError("Receipt that is not matched knows no facts")
        self._check_silence()

    def _check_silence(self) -> None:
        """Refuse anything of an account whose holder may not be followed."""
        # SPEC: PIPL art. 23 and 29; DESIGN section 2, "whose money may be followed".
        if self.end_reason is ReceiptEnd.HOLDER_NOT_AUTHORIZED and self.facts is not None:
            raise InvalidInputError(
                "Receipt with holder_not_authorized must hold no facts: no account detail, "
                "nothing of the holder, no name"
            )


@dataclass(frozen=True, slots=True)
class RuleAmount(Checked):
    """An amount under one rule: units of the account's currency, value in the loan's."""

    rule: Rule
    units: AmountMinor
    value_minor: AmountMinor


RuleAmounts = Annotated[tuple[RuleAmount, ...], Items(len(CONSERVING_RULES), len(CONSERVING_RULES))]


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowEnded(AuthorizedBody):
    """The end of following one account: why, and what of the loan is still there.

    ``held`` is what rests on the account, ``residual`` what left it by movements that only
    other rules than the roster's trace, which are not published one by one.
    """

    started_by: RecordPointer  # the receipt, or the lender's loan.opened
    reason: FollowEnd
    ended_at: Instant
    currency: Currency
    value_currency: Currency
    held: RuleAmounts
    residual: RuleAmounts

    def check_together(self) -> None:
        """Raise InvalidInputError where a rule is missing, or nothing left is not nothing."""
        for what, amounts in (("held", self.held), ("residual", self.residual)):
            if tuple(one.rule for one in amounts) != CONSERVING_RULES:
                names = ", ".join(CONSERVING_RULES)
                raise InvalidInputError(
                    f"FollowEnded.{what} must hold the rules {names}, in this order"
                )
        if self.reason is FollowEnd.NOTHING_LEFT and any(
            one.units or one.value_minor for one in self.held
        ):
            raise InvalidInputError("FollowEnded with nothing_left still holds something")
