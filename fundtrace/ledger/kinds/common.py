"""What records of several kinds are made of: names, pointers, accounts, parties, the two roots.

Aliases carry a field's bound (see ``bounds``), so that a member's id or an amount is bounded
alike wherever it stands.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Annotated

from fundtrace.errors import InvalidInputError
from fundtrace.ledger.kinds.bounds import (
    AMOUNT_MINOR_END,
    CURRENCY,
    DAY,
    INSTANT,
    Checked,
    Octets,
    Text,
    Whole,
)
from fundtrace.ledger.kinds.words import IdScheme
from fundtrace.ledger.matching.identity import Identity, IdentityKind
from fundtrace.model.kinds import PartyType

HASH_BYTES = 32
STREAM_ID_BYTES = 16
# LIMIT: 63 bits, as sizes of checkpoints have.
SIZE_MAX = (1 << 63) - 1
VERSION_MAX = (1 << 31) - 1

Hash = Annotated[bytes, Octets(HASH_BYTES, HASH_BYTES)]
PublicKey = Annotated[bytes, Octets(32, 32)]
StreamId = Annotated[bytes, Octets(STREAM_ID_BYTES, STREAM_ID_BYTES)]
Size = Annotated[int, Whole(0, SIZE_MAX)]
Index = Annotated[int, Whole(0, SIZE_MAX - 1)]
Version = Annotated[int, Whole(1, VERSION_MAX)]
AmountMinor = Annotated[int, Whole(0, AMOUNT_MINOR_END - 1)]
PositiveMinor = Annotated[int, Whole(1, AMOUNT_MINOR_END - 1)]
Days = Annotated[int, Whole(0, 36_525)]
Currency = Annotated[str, CURRENCY]
Instant = Annotated[dt.datetime, INSTANT]
Day = Annotated[dt.date, DAY]

# A schema-less URL that ends in the log's epoch, of the characters that a note's key name may have.
# SPEC: C2SP tlog-checkpoint "origin"; at most 255 bytes, no space, no plus.
Origin = Annotated[str, Text(3, 255, re.compile(r"[0-9a-z][0-9A-Za-z._~:/-]*/[1-9][0-9]{0,8}"))]
Consortium = Annotated[str, Text(1, 128, re.compile(r"[0-9a-z][0-9A-Za-z._~/-]*"))]
MemberId = Annotated[str, Text(1, 64, re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]*"))]
# A code of a closed or configured list, in lower case: a basis, a reason.
Code = Annotated[str, Text(1, 64, re.compile(r"[a-z][a-z0-9_]*"))]
OptionalCode = Annotated[str, Text(0, 64, re.compile(r"[a-z][a-z0-9_]*"))]
# SPEC: ISO 20022 ExternalPurpose1Code; empty where the payment carried none.
PurposeCode = Annotated[str, Text(0, 4, re.compile(r"[A-Z]{4}"))]
# SPEC: ISO 20022 ExternalReturnReason1Code and ExternalStatusReason1Code.
ReturnReasonCode = Annotated[str, Text(4, 4, re.compile(r"[A-Z0-9]{4}"))]
# SPEC: ISO 20022 UUIDv4Identifier, the form of an UETR.
Uetr = Annotated[
    str,
    Text(0, 36, re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")),
]
# SPEC: ISO 20022 Max35Text for references; some banks' own are longer.
BankReference = Annotated[str, Text(0, 64)]
# SPEC: ISO 20022 Max140Text for names, in characters; three bytes each hold Chinese.
Name = Annotated[str, Text(1, 420)]
OptionalName = Annotated[str, Text(0, 420)]
Note = Annotated[str, Text(0, 1_024)]
Reason = Annotated[str, Text(1, 1_024)]
# A CNAPS code (联行号), a BIC (SPEC: ISO 9362) or an LEI (SPEC: ISO 17442).
BankCode = Annotated[
    str,
    Text(
        8,
        20,
        re.compile(
            r"[0-9]{12}|[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}(?:[A-Z0-9]{3})?|[A-Z0-9]{18}[0-9]{2}"
        ),
    ),
]
# SPEC: ISO 20022 Max34Text for account identifications; ASCII, as banks' systems write them.
AccountNumber = Annotated[str, Text(1, 34, re.compile(r"[0-9A-Za-z][0-9A-Za-z.@:*+/_-]*"))]
# SPEC: GB/T 4754, section letter, then division, group or class where known.
SectorCode = Annotated[str, Text(1, 5, re.compile(r"[A-T](?:[0-9]{2,4})?"))]

SECTOR_EDITIONS = frozenset({1994, 2002, 2011, 2017})

_ID_FORMS = {  # of those that private matching does not know
    IdScheme.LEI: re.compile(r"[A-Z0-9]{18}[0-9]{2}"),
    IdScheme.PASSPORT: re.compile(r"[A-Z0-9]{5,20}"),
}


def get_origin_base(origin: str) -> str:
    """Return an origin without its epoch: what all epochs of a member's log have in common."""
    return origin.rpartition("/")[0]


@dataclass(frozen=True, slots=True)
class RecordPointer(Checked):
    """Names one record for good: the log, the index in it, and the leaf hash that stands there."""

    origin: Origin
    index: Index
    leaf_hash: Hash


@dataclass(frozen=True, slots=True)
class AuthorityPointer(Checked):
    """Names an authorization, and up to which final size its issuer had seen that log."""

    origin: Origin
    seen_size: Annotated[int, Whole(1, SIZE_MAX)]
    index: Index
    leaf_hash: Hash

    def check_together(self) -> None:
        """Raise InvalidInputError where the authorization lies beyond what was seen."""
        if self.index >= self.seen_size:
            raise InvalidInputError(
                f"AuthorityPointer.index {self.index} lies beyond the size seen, {self.seen_size}"
            )

    @property
    def record(self) -> RecordPointer:
        """Return the pointer to the authorization itself."""
        return RecordPointer(self.origin, self.index, self.leaf_hash)


@dataclass(frozen=True, slots=True)
class AccountRef(Checked):
    """An account at a bank, as the payment message names it."""

    bank: BankCode
    account: AccountNumber


@dataclass(frozen=True, slots=True)
class Sector(Checked):
    """A branch of the economy in GB/T 4754, with the edition that defines the code."""

    edition: Annotated[int, Whole(1994, 2199)]
    code: SectorCode

    def check_together(self) -> None:
        """Raise InvalidInputError for a year in which no edition came out."""
        if self.edition not in SECTOR_EDITIONS:
            known = ", ".join(map(str, sorted(SECTOR_EDITIONS)))
            raise InvalidInputError(
                f"Sector.edition {self.edition} is no edition of GB/T 4754; use one of {known}"
            )


@dataclass(frozen=True, slots=True)
class PartyId(Checked):
    """A number that names a party, and of what kind it is."""

    scheme: IdScheme
    value: Annotated[str, Text(1, 20)]

    def check_together(self) -> None:
        """Raise InvalidInputError, which never shows it, where the number is not of its scheme."""
        form = _ID_FORMS.get(self.scheme)
        if form is None:
            Identity(IdentityKind(self.scheme.value), self.value)  # check characters and all
        elif not form.fullmatch(self.value):
            raise InvalidInputError(f"PartyId.value is not an id of kind {self.scheme}")


@dataclass(frozen=True, slots=True)
class Party(Checked):
    """A company or person, as the lender knows it."""

    name: Name
    type: PartyType
    id: PartyId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Body(Checked):
    """What every sealed body says: its own id, and of which loan it is.

    ``loan_key`` is drawn by the lender with loan.opened and known to readers only; it is no
    function of the contract's number, which could be guessed.
    """

    record_id: Hash
    loan_key: Hash


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizedBody(Body):
    """A body that its issuer may publish because an authorization says so."""

    authority: AuthorityPointer
