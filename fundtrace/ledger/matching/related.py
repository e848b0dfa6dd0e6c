"""The lender's list of related parties: filled up, committed to, opened for an auditor.

loan.opened carries a commitment, SHA-256 over loan, salt (32 random bytes) and the whole list, and
the list's length with its filling. Lists are filled up to a multiple of 16, so that the length
says little; the filling is derived from the salt and committed to with the rest, since a lender
could put guesses there instead. Who has salt and ids (an auditor) recomputes all of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

from fundtrace.errors import EncodingError, InvalidInputError, VerificationError
from fundtrace.ledger.framing import (
    HASH_BYTES,
    LOAN_KEY_BYTES,
    check_length,
    check_name,
    frame,
    hash_frame,
    name_loan,
    parse_frame,
    parse_loan_name,
    parse_name,
)
from fundtrace.ledger.matching.curve import hash_to_point
from fundtrace.ledger.matching.identity import Identity, IdentityKind

SALT_BYTES = 32
LIST_STEP = 16
# LIMIT: an answer of 256 points is 9 kB and takes a lender some 0.2 s, a bank 0.05 s.
LIST_SIZE_MAX = 256
# LIMIT: 256 ids of 34 bytes, two names, salt and label.
OPENING_BYTES_MAX = 16 * 1024

_LABEL = "matching/opening"


@dataclass(frozen=True, slots=True)
class ListCommitment:
    """What loan.opened says of the list: a hash of 32 bytes and the length with its filling."""

    commitment_hash: bytes
    size: int

    def __post_init__(self) -> None:
        """Check length and size."""
        check_length(self.commitment_hash, HASH_BYTES, "a list's commitment")
        if not 0 < self.size <= LIST_SIZE_MAX or self.size % LIST_STEP:
            raise InvalidInputError(f"a list has 16, 32 ... {LIST_SIZE_MAX} places")


@dataclass(frozen=True, slots=True)
class RelatedList:
    """A loan's related parties in ascending order, none twice, and the salt of their commitment."""

    consortium: str
    loan_key: bytes
    identities: tuple[Identity, ...] = field(repr=False)
    salt: bytes = field(repr=False)

    def __post_init__(self) -> None:
        """Check names, salt, count and order."""
        check_name(self.consortium, "a consortium's name")
        check_length(self.loan_key, LOAN_KEY_BYTES, "a loan_key")
        check_length(self.salt, SALT_BYTES, "a list's salt")
        if len(self.identities) > LIST_SIZE_MAX:
            raise InvalidInputError(
                f"a list has at most {LIST_SIZE_MAX} related parties, not {len(self.identities)}"
            )
        if any(left >= right for left, right in pairwise(self.identities)):
            raise InvalidInputError("related parties stand in ascending order, none twice")

    @property
    def size(self) -> int:
        """The length with its filling: the next multiple of 16, 16 for an empty list."""
        return max(1, -(-len(self.identities) // LIST_STEP)) * LIST_STEP

    @property
    def commitment(self) -> ListCommitment:
        """The commitment for loan.opened."""
        return ListCommitment(hash_frame("matching/commitment", self.encode()), self.size)

    def list_points(self) -> list[bytes]:
        """Return the points of all places, filling last. They are secret: each can be tried."""
        points = [identity.hash_to_point(self.consortium) for identity in self.identities]
        filling = range(len(points), self.size)
        return points + [
            hash_to_point(frame("matching/filling", self.salt, place)) for place in filling
        ]

    def encode(self) -> bytes:
        """Return the opening for an auditor; it shows the ids."""
        ids = [f"{identity.kind}:{identity.number}" for identity in self.identities]
        return frame(_LABEL, self.consortium, name_loan(self.loan_key), self.salt, *ids)


def parse_list_opening(data: bytes) -> RelatedList:
    """Read an opening strictly; raises EncodingError."""
    if len(data) > OPENING_BYTES_MAX:
        raise EncodingError(f"a list's opening has at most {OPENING_BYTES_MAX} bytes")
    fields = parse_frame(data, _LABEL)
    if len(fields) < 3:
        raise EncodingError("a list's opening has two names, a salt and ids")
    try:
        identities = tuple(_parse_identity(field) for field in fields[3:])
        consortium, loan = (parse_name(name, "a name in an opening") for name in fields[:2])
        return RelatedList(consortium, parse_loan_name(loan), identities, fields[2])
    except InvalidInputError as error:
        raise EncodingError(f"not a list's opening: {error}") from error


def verify_list_opening(opening: RelatedList, commitment: ListCommitment) -> None:
    """Verify that a list is the one committed to; raises VerificationError."""
    if opening.commitment != commitment:
        raise VerificationError("the list of related parties is not the one committed to")


def _parse_identity(data: bytes) -> Identity:
    kind, _, number = parse_name(data, "an id").partition(":")
    if kind not in set(IdentityKind):
        raise EncodingError("an id of an unknown kind")
    return Identity(IdentityKind(kind), number)
