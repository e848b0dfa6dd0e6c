"""authorization.granted and .revoked: who may follow a loan's money, how far, on whose consent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fundtrace.errors import InvalidInputError
from fundtrace.ledger.consent.evidence import ConsentEvidence
from fundtrace.ledger.kinds.bounds import Checked, Items, Whole
from fundtrace.ledger.kinds.common import (
    AmountMinor,
    Body,
    Code,
    Currency,
    Days,
    Instant,
    MemberId,
    Note,
    PositiveMinor,
    PublicKey,
    RecordPointer,
)

# LIMIT: a roster's members; see docs/scaling.md for what 50 banks cost.
MEMBERS_MAX = 256
# LIMIT: the borrower's consent and those of related parties who sign the loan papers.
CONSENTS_MAX = 16
# LIMIT: a hop costs hours at least; a trail of 1,000 is longer than any loan runs.
HOPS_MAX = 1_000


@dataclass(frozen=True, slots=True)
class AuthorizedMember(Checked):
    """A member that may follow, and the public half of its erasure key for this loan.

    The lender derives the key pair (``fundtrace.ledger.erasure``), so that it can countersign
    an erasure without being named.
    """

    member_id: MemberId
    erasure_public_key: PublicKey


@dataclass(frozen=True, slots=True)
class FollowLimits(Checked):
    """How far a loan's money may be followed.

    ``amount_minor_max`` bounds what is followed in total, in the loan's currency;
    ``part_minor_min`` is the least part that is worth it; the window runs from the drawdown.
    """

    hops_max: Annotated[int, Whole(1, HOPS_MAX)]
    amount_minor_max: PositiveMinor
    part_minor_min: AmountMinor
    currency: Currency
    window_days: Days


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationGranted(Body):
    """The lender's word that members may follow a loan, with the borrower's consent.

    It holds for what happens from ``valid_from`` until before ``valid_until`` and is acted on
    once it is effective; ``effective_at`` says from when its issuer wants that.
    """

    loan: RecordPointer  # its loan.opened, in the same log
    members: Annotated[tuple[AuthorizedMember, ...], Items(1, MEMBERS_MAX)]
    valid_from: Instant
    valid_until: Instant
    effective_at: Instant
    limits: FollowLimits
    consents: Annotated[tuple[ConsentEvidence, ...], Items(1, CONSENTS_MAX)]

    def check_together(self) -> None:
        """Raise InvalidInputError for members out of order or times that exclude each other."""
        ids = [one.member_id for one in self.members]
        if ids != sorted(set(ids)):
            raise InvalidInputError(
                "AuthorizationGranted.members must be in order of member_id, each once"
            )
        if self.valid_until <= self.valid_from:
            raise InvalidInputError("AuthorizationGranted.valid_until must lie after valid_from")
        if self.effective_at >= self.valid_until:
            raise InvalidInputError("AuthorizationGranted.effective_at must lie before valid_until")


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationRevoked(Body):
    """The end of an authorization as a whole; to drop one member, revoke and grant anew."""

    authorization: RecordPointer
    effective_at: Instant
    reason: Code
    note: Note = ""
