"""The three messages of private matching, each signed and bound to the one before.

    query    = frame("matching/query", consortium, loan, lender, bank, movement hash, point)
    answer   = frame("matching/answer", hash of the query, point, the list's points ascending)
    outcome  = frame("matching/outcome", hash of the answer, 0x01 or 0x00)

with the sender's Ed25519 signature behind each. Hashes are over a message with its signature.
Every point is checked when it is read (``curve.check_point``).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from fundtrace.errors import EncodingError, InvalidInputError
from fundtrace.ledger.framing import (
    HASH_BYTES,
    LOAN_KEY_BYTES,
    check_length,
    check_name,
    frame,
    hash_frame,
    name_loan,
    parse_loan_name,
    parse_name,
)
from fundtrace.ledger.matching.curve import check_point
from fundtrace.ledger.matching.related import LIST_SIZE_MAX, LIST_STEP
from fundtrace.ledger.signed import parse_signed, sign_message

# LIMIT: four names of at most 259 bytes, hash, point, label, signature.
QUERY_BYTES_MAX = 2048
# LIMIT: 257 points of 36 bytes, hash, label, signature.
ANSWER_BYTES_MAX = 10 * 1024
OUTCOME_BYTES_MAX = 256

_QUERY, _ANSWER, _OUTCOME = "matching/query", "matching/answer", "matching/outcome"
_YES, _NO = b"\x01", b"\x00"


@dataclass(frozen=True, slots=True)
class Session:
    """Who asks whom, about which loan and which movement: one query each.

    ``movement_hash`` is the leaf hash of the movement record that brought the money to the bank.
    The bank asks before it publishes the receipt, whose basis may hang on the answer, so nothing
    of the receipt can name it.
    """

    consortium: str
    loan_key: bytes
    lender: str
    bank: str
    movement_hash: bytes

    def __post_init__(self) -> None:
        """Check the fields' bounds."""
        for what in ("consortium", "lender", "bank"):
            check_name(getattr(self, what), f"a session's {what}")
        check_length(self.loan_key, LOAN_KEY_BYTES, "a loan_key")
        check_length(self.movement_hash, HASH_BYTES, "a movement's leaf hash")

    @property
    def fields(self) -> tuple[str, str, str, str, bytes]:
        """The fields in the order in which frames bind them."""
        loan = name_loan(self.loan_key)
        return (self.consortium, loan, self.lender, self.bank, self.movement_hash)


@dataclass(frozen=True, slots=True)
class MatchQuery:
    """The bank's blinded id: r times its point."""

    session: Session
    point: bytes

    def __post_init__(self) -> None:
        """Check the point."""
        check_point(self.point)

    def encode(self, seed: bytes) -> bytes:
        """Return the message, signed by the bank (a seed of 32 bytes)."""
        return sign_message(frame(_QUERY, *self.session.fields, self.point), seed)


@dataclass(frozen=True, slots=True)
class MatchAnswer:
    """k times the query's point, and k times each of the list's, in ascending order."""

    query_hash: bytes
    point: bytes
    points: tuple[bytes, ...]

    def __post_init__(self) -> None:
        """Check count, order and every point."""
        check_length(self.query_hash, HASH_BYTES, "a query's hash")
        if not 0 < len(self.points) <= LIST_SIZE_MAX or len(self.points) % LIST_STEP:
            raise InvalidInputError(f"an answer has 16, 32 ... {LIST_SIZE_MAX} points")
        if any(left >= right for left, right in pairwise(self.points)):
            raise InvalidInputError("an answer's points stand in ascending order, none twice")
        for point in (self.point, *self.points):
            check_point(point)

    def encode(self, seed: bytes) -> bytes:
        """Return the message, signed by the lender (a seed of 32 bytes)."""
        return sign_message(frame(_ANSWER, self.query_hash, self.point, *self.points), seed)


@dataclass(frozen=True, slots=True)
class MatchOutcome:
    """Whether the bank found its id among the list's."""

    answer_hash: bytes
    matched: bool

    def __post_init__(self) -> None:
        """Check the hash's length."""
        check_length(self.answer_hash, HASH_BYTES, "an answer's hash")

    def encode(self, seed: bytes) -> bytes:
        """Return the message, signed by the bank (a seed of 32 bytes)."""
        return sign_message(frame(_OUTCOME, self.answer_hash, _YES if self.matched else _NO), seed)


def hash_message(data: bytes) -> bytes:
    """Return the hash by which the next message names this one, 32 bytes."""
    return hash_frame("matching/message", data)


def parse_query(data: bytes) -> MatchQuery:
    """Read a query, its signature not verified; raises EncodingError."""
    fields = parse_signed(data, _QUERY, QUERY_BYTES_MAX)
    if len(fields) != 6:
        raise EncodingError("a query has four names, a movement's hash and a point")
    consortium, loan, lender, bank = (parse_name(one, "a name in a query") for one in fields[:4])
    try:
        session = Session(consortium, parse_loan_name(loan), lender, bank, fields[4])
        return MatchQuery(session, fields[5])
    except InvalidInputError as error:
        raise EncodingError(f"not a query: {error}") from error


def parse_answer(data: bytes) -> MatchAnswer:
    """Read an answer, its signature not verified; raises EncodingError."""
    fields = parse_signed(data, _ANSWER, ANSWER_BYTES_MAX)
    if len(fields) < 2:
        raise EncodingError("an answer has a query's hash and points")
    try:
        return MatchAnswer(fields[0], fields[1], tuple(fields[2:]))
    except InvalidInputError as error:
        raise EncodingError(f"not an answer: {error}") from error


def parse_outcome(data: bytes) -> MatchOutcome:
    """Read an outcome, its signature not verified; raises EncodingError."""
    fields = parse_signed(data, _OUTCOME, OUTCOME_BYTES_MAX)
    if len(fields) != 2 or fields[1] not in (_YES, _NO):
        raise EncodingError("an outcome has an answer's hash and yes or no")
    try:
        return MatchOutcome(fields[0], fields[1] == _YES)
    except InvalidInputError as error:
        raise EncodingError(f"not an outcome: {error}") from error
