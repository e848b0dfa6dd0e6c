"""share, release, inquiry.request and .answer, notice: what one bank tells another on purpose."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from fundtrace.errors import InvalidInputError
from fundtrace.ledger.kinds.authorizations import MEMBERS_MAX
from fundtrace.ledger.kinds.bounds import Checked, Items, Text, Whole
from fundtrace.ledger.kinds.common import (
    AuthorizedBody,
    Code,
    Currency,
    Hash,
    Instant,
    MemberId,
    OptionalCode,
    RecordPointer,
)
from fundtrace.ledger.kinds.receipts import Facts
from fundtrace.ledger.kinds.words import (
    CountBand,
    InquiryOutcome,
    NoticeKind,
    ShareReason,
    Trigger,
)
from fundtrace.model.kinds import AccountKind

# LIMIT: 512 keys of at most some 400 bytes, the origin's length among them, fit a body.
SHARED_MAX = 512
DOCUMENTS_MAX = 32
PATH_MAX = 256
# LIMIT: a band's lower end is 10^18 minor units at most, above any AmountMinor's 4.6 x 10^18 / 10.
BAND_EXPONENT_MAX = 18

Question = Annotated[str, Text(1, 4_096)]
Answer = Annotated[str, Text(0, 4_096)]


@dataclass(frozen=True, slots=True)
class SharedKey(Checked):
    """The content key of one earlier record; whoever has it can open that record's body."""

    record: RecordPointer
    body_hash: Hash
    content_key: Hash = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Share(AuthorizedBody):
    """New readers for earlier records of the same issuer: the audience of this record."""

    readers: Annotated[tuple[MemberId, ...], Items(1, MEMBERS_MAX)]
    reason: ShareReason
    cause: RecordPointer | None = None  # the release, request or authorization behind it
    keys: Annotated[tuple[SharedKey, ...], Items(1, SHARED_MAX)]

    def check_together(self) -> None:
        """Raise InvalidInputError for readers out of order or one record twice."""
        if list(self.readers) != sorted(set(self.readers)):
            raise InvalidInputError("Share.readers must be in order, each once")
        records = [one.record for one in self.keys]
        if len(set(records)) != len(records):
            raise InvalidInputError("Share.keys name one record twice")
        if len({one.origin for one in records}) != 1:
            raise InvalidInputError("Share.keys are of several logs; a bank shares its own")


@dataclass(frozen=True, slots=True, kw_only=True)
class Release(AuthorizedBody):
    """A trigger fired on watched money: the banks behind it share the path, and nothing else.

    ``account_kind`` is given exactly with the trigger ``forbidden_account_kind``; ``path``
    holds the watched hops that this bank knows, nearest to the declared payee first, the one
    that fired last.
    """

    trigger: Trigger
    account_kind: AccountKind = AccountKind.UNSPECIFIED
    fired_at: Instant
    path: Annotated[tuple[RecordPointer, ...], Items(1, PATH_MAX)]

    def check_together(self) -> None:
        """Raise InvalidInputError where trigger and account kind disagree, or a hop repeats."""
        is_kind = self.trigger is Trigger.FORBIDDEN_ACCOUNT_KIND
        if is_kind == (self.account_kind is AccountKind.UNSPECIFIED):
            raise InvalidInputError(
                "Release.account_kind is given exactly with the trigger forbidden_account_kind"
            )
        if len(set(self.path)) != len(self.path):
            raise InvalidInputError("Release.path names one hop twice")


@dataclass(frozen=True, slots=True, kw_only=True)
class InquiryRequest(AuthorizedBody):
    """A question to one member, with purpose, legal basis and deadline."""

    to_member: MemberId
    subject: RecordPointer | None = None  # the hop or receipt asked about
    purpose: Code
    legal_basis: Code
    question: Question
    asked_at: Instant
    due_at: Instant

    def check_together(self) -> None:
        """Raise InvalidInputError for a deadline that is not after the question."""
        if self.due_at <= self.asked_at:
            raise InvalidInputError("InquiryRequest.due_at must lie after asked_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class InquiryAnswer(AuthorizedBody):
    """The answer to an inquiry, or that there is none and why."""

    request: RecordPointer
    outcome: InquiryOutcome
    answer: Answer = ""
    legal_basis: OptionalCode = ""
    facts: Facts | None = None
    document_hashes: Annotated[tuple[Hash, ...], Items(0, DOCUMENTS_MAX)] = ()
    answered_at: Instant

    def check_together(self) -> None:
        """Raise InvalidInputError where an answer tells without a basis, or a refusal tells."""
        if self.outcome is InquiryOutcome.ANSWERED:
            if not self.legal_basis:
                raise InvalidInputError("InquiryAnswer that answers needs its legal_basis")
            if not (self.answer or self.facts or self.document_hashes):
                raise InvalidInputError("InquiryAnswer that answers says nothing")
        elif self.facts is not None or self.document_hashes:
            raise InvalidInputError(f"InquiryAnswer {self.outcome} must not carry facts")
        if len(set(self.document_hashes)) != len(self.document_hashes):
            raise InvalidInputError("InquiryAnswer.document_hashes name one document twice")


@dataclass(frozen=True, slots=True)
class AmountBand(Checked):
    """An amount to its order of magnitude: from 10^exponent to below 10^(exponent+1) minor units."""

    currency: Currency
    exponent: Annotated[int, Whole(0, BAND_EXPONENT_MAX)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice(AuthorizedBody):
    """A word to the lender, unasked.

    A pooling notice carries bands and nothing by which two lenders could find that they were
    told of the same account: no account, no time but its own, no text. ``subject`` is a
    record of the reader's own loan.
    """

    notice: NoticeKind
    subject: RecordPointer | None = None
    legal_basis: Code
    amount_band: AmountBand | None = None
    borrowers_band: CountBand | None = None
    reason: Annotated[str, Text(0, 1_024)] = ""

    def check_together(self) -> None:
        """Raise InvalidInputError where bands are missing, or a pooling notice says more."""
        is_pooling = self.notice is NoticeKind.POOLING
        if is_pooling != (self.amount_band is not None and self.borrowers_band is not None):
            raise InvalidInputError("Notice carries both bands exactly where it is of pooling")
        if not is_pooling and (self.amount_band or self.borrowers_band):
            raise InvalidInputError("Notice carries both bands exactly where it is of pooling")
        if is_pooling == bool(self.reason):
            raise InvalidInputError("Notice of pooling carries no text, every other its reason")
