"""One record before the judge: what the rules look at.

A rule is a function of a ``Case``: it tells whether the record keeps it, and raises LackingError
where that cannot be told yet. Rules run in the order of ``table.CHECKS`` and each may rely on
those before it: where a rule asks for ``case.grant``, the rules on the authority were kept.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from fundtrace.ledger.kinds.authorizations import AuthorizedMember
from fundtrace.ledger.kinds.changes import Correction
from fundtrace.ledger.kinds.common import AccountRef, AuthorityPointer, Body
from fundtrace.ledger.kinds.entries import HeaderContext
from fundtrace.ledger.kinds.table import find_authority
from fundtrace.ledger.origins import get_origin_base
from fundtrace.ledger.roster.document import Roster
from fundtrace.ledger.roster.member import Member
from fundtrace.ledger.validity.history import (
    Grant,
    History,
    Place,
    get_place,
)
from fundtrace.ledger.validity.verdicts import Position
from fundtrace.ledger.validity.view import View

_BIC_PARTY_LETTERS = 8  # SPEC: ISO 9362, the rest names a branch


class Walker(Protocol):
    """What a rule may ask the judge for; each raises LackingError where something is missing."""

    def walk(self, origin: str, stream_id: bytes, size: int) -> History:
        """Return the history of a stream, settled for all records before ``size``."""

    def get_grant(self, authority: AuthorityPointer) -> Grant | None:
        """Return the valid authorization that a pointer names, as far as seen; None if void."""


@dataclass(slots=True)
class Case:
    """A record whose body is open, its issuer, and all that is settled of its stream."""

    view: View
    walker: Walker
    position: Position
    context: HeaderContext
    body: Body
    roster: Roster
    issuer: Member
    history: History
    found: Grant | None = field(default=None)

    @property
    def place(self) -> Place:
        """Return where in its member's logs the record stands."""
        return get_place(self.position.origin, self.position.index)

    @property
    def value(self) -> Body:
        """Return what the record states: of a correction the new value, else itself."""
        return self.body.value if isinstance(self.body, Correction) else self.body

    @property
    def authority(self) -> AuthorityPointer:
        """Return the authority that the record names."""
        authority = find_authority(self.body)
        if authority is None:
            raise TypeError(f"{type(self.body).__name__} names no authority")
        return authority

    @property
    def is_by_lender(self) -> bool:
        """Tell whether the record stands in a log of the member that authorizes it."""
        return is_same_base(self.authority.origin, self.position.origin)

    @property
    def grant(self) -> Grant:
        """Return the authorization, which the rules before found valid."""
        if self.found is None:
            raise TypeError("no rule has found the authorization yet")
        return self.found

    @property
    def authorized_member(self) -> AuthorizedMember | None:
        """Return what the authorization says of the issuer, or None."""
        members = self.grant.body.members
        return next((one for one in members if one.member_id == self.issuer.id), None)

    def is_own_account(self, account: AccountRef | None) -> bool:
        """Tell whether an account is at the issuer's bank, by the codes of the roster."""
        if account is None:
            return False
        if (
            self.issuer.bic
            and account.bank[:_BIC_PARTY_LETTERS] == (self.issuer.bic[:_BIC_PARTY_LETTERS])
        ):
            return True
        return account.bank in {self.issuer.cnaps, self.issuer.lei} - {""}


def is_same_base(origin: str, other: str) -> bool:
    """Tell whether two logs are of one member, whatever their epochs."""
    return get_origin_base(origin) == get_origin_base(other)
