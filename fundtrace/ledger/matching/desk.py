"""The steps of private matching on both sides, as functions of values; storing is the caller's.

    bank:    ask ............................ finish_query
    lender:        admit_query, answer_query ............... read_outcome

``admit_query`` gives the lender's state after a query: the caller stores that state before it
lets the answer out, so that a crash never makes room for a second query on a movement. Scalars
are derived from randomness *and* the query, so that randomness drawn twice gives no scalar twice;
both sides keep theirs, sealed, for an auditor (``audit_answer``, ``audit_outcome``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from fundtrace.errors import (
    InvalidInputError,
    OverloadedError,
    RuleViolationError,
    VerificationError,
)
from fundtrace.ledger.framing import check_name, derive_key, hash_frame
from fundtrace.ledger.matching.curve import multiply, multiply_all
from fundtrace.ledger.matching.identity import Identity
from fundtrace.ledger.matching.messages import (
    MatchAnswer,
    MatchOutcome,
    MatchQuery,
    Session,
    hash_message,
    parse_answer,
    parse_outcome,
    parse_query,
)
from fundtrace.ledger.matching.related import ListCommitment, RelatedList
from fundtrace.ledger.signed import verify_signed


@dataclass(frozen=True, slots=True)
class RateLimit:
    """How often a bank may ask: ``queries_max`` in any ``window``; ``asked`` are times by bank."""

    queries_max: int
    window: timedelta
    asked: Mapping[str, tuple[datetime, ...]] = field(default_factory=dict)

    def take(self, bank: str, now: datetime) -> RateLimit:
        """Return the state after one more query; raises OverloadedError where it is too many."""
        if now.tzinfo is None:
            raise InvalidInputError("give times with their offset from UTC")
        recent = tuple(at for at in self.asked.get(bank, ()) if now - at < self.window)
        if len(recent) >= self.queries_max:
            again_at = recent[len(recent) - self.queries_max] + self.window
            raise OverloadedError(f"{bank} asked too often; it may ask from {again_at.isoformat()}")
        return replace(self, asked={**self.asked, bank: (*recent, now)})


@dataclass(frozen=True, slots=True)
class LenderDesk:
    """A lender's state: what was asked about, by hashes of bank and movement; who asked when."""

    consortium: str
    lender: str
    rate: RateLimit
    used: frozenset[bytes] = frozenset()

    def __post_init__(self) -> None:
        """Check the names."""
        check_name(self.consortium, "a consortium's name")
        check_name(self.lender, "a member id")


@dataclass(frozen=True, slots=True)
class Asked:
    """The bank's side of an open query: what it sent, and what it keeps to read the answer."""

    session: Session
    commitment: ListCommitment
    identity: Identity = field(repr=False)
    scalar: bytes = field(repr=False)
    message: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Answered:
    """The lender's side of an answered query: the answer, and the scalar that it keeps."""

    session: Session
    scalar: bytes = field(repr=False)
    message: bytes = field(repr=False)


def ask(
    session: Session,
    commitment: ListCommitment,
    identity: Identity,
    randomness: bytes,
    seed: bytes,
) -> Asked:
    """Begin a query as the bank; ``commitment`` is that of loan.opened.

    ``randomness`` are 32 random bytes, ``seed`` that of the bank's log key.
    """
    # The id hangs in the scalar too: two ids blinded by one scalar could be compared.
    secret = (*session.fields, identity.kind, identity.number)
    scalar = derive_key(randomness, "matching/r", *secret)
    message = _build_query(session, identity, scalar).encode(seed)
    return Asked(session, commitment, identity, scalar, message)


def admit_query(
    desk: LenderDesk, message: bytes, bank_key: bytes, now: datetime
) -> tuple[LenderDesk, MatchQuery]:
    """Check a query as the lender and return the state after it, to be stored before answering.

    ``bank_key`` is that of the bank that the query names (``parse_query``), by the roster
    (``Roster.get_message_key``); so are all keys here. That an entry of that leaf hash is final in
    some member's log, and where the lender can open it, that it is a movement of this loan to that
    bank, the caller has checked. Raises EncodingError, SignatureError, RuleViolationError (rule
    ``one-query-per-movement`` or ``matching-session``), OverloadedError; none changes the state.
    """
    query = parse_query(message)
    verify_signed(message, bank_key)
    session = query.session
    if (session.consortium, session.lender) != (desk.consortium, desk.lender):
        raise RuleViolationError("matching-session", f"the query is meant for {session.lender}")
    # By bank: leaf hashes stand in open logs, and none may use up another bank's query.
    asked_about = hash_frame("matching/used", session.bank, session.movement_hash)
    if asked_about in desk.used:
        raise RuleViolationError(
            "one-query-per-movement", "a query on this movement was answered; there is no second"
        )
    rate = desk.rate.take(session.bank, now)
    return replace(desk, rate=rate, used=desk.used | {asked_about}), query


def answer_query(message: bytes, related: RelatedList, randomness: bytes, seed: bytes) -> Answered:
    """Answer an admitted query as the lender, with the loan's list.

    ``randomness`` are 32 random bytes, ``seed`` that of the lender's log key. Raises
    InvalidInputError for the list of another loan.
    """
    query = parse_query(message)
    if (query.session.consortium, query.session.loan_key) != (related.consortium, related.loan_key):
        raise InvalidInputError("the list is of another loan than the query")
    scalar = derive_key(randomness, "matching/k", hash_message(message))
    answer = _build_answer(message, query, related, scalar)
    return Answered(query.session, scalar, answer.encode(seed))


def finish_query(asked: Asked, answer: bytes, lender_key: bytes, seed: bytes) -> tuple[bool, bytes]:
    """Read the answer as the bank: whether the id is on the list, and the signed outcome.

    Raises EncodingError, SignatureError, and VerificationError where the answer is to another query
    or of another length than the list committed to.
    """
    parsed = parse_answer(answer)
    verify_signed(answer, lender_key)
    if parsed.query_hash != hash_message(asked.message):
        raise VerificationError("the answer is to another query")
    if len(parsed.points) != asked.commitment.size:
        raise VerificationError(
            f"the answer has {len(parsed.points)} points, the committed list "
            f"{asked.commitment.size}"
        )
    matched = _is_match(parsed, asked.scalar)
    return matched, MatchOutcome(hash_message(answer), matched).encode(seed)


def read_outcome(answered: Answered, outcome: bytes, bank_key: bytes) -> bool:
    """Return the outcome as the lender; raises EncodingError, SignatureError, VerificationError."""
    parsed = parse_outcome(outcome)
    verify_signed(outcome, bank_key)
    if parsed.answer_hash != hash_message(answered.message):
        raise VerificationError("the outcome is of another answer")
    return parsed.matched


def audit_answer(query: bytes, answer: bytes, related: RelatedList, scalar: bytes) -> None:
    """Verify as an auditor that an answer was made of the opened list, with the scalar kept.

    The opening is verified before (``verify_list_opening``), the signatures too. Raises
    VerificationError.
    """
    if _build_answer(query, parse_query(query), related, scalar) != parse_answer(answer):
        raise VerificationError("the answer was not made of the list that was committed to")


def audit_outcome(query: bytes, answer: bytes, outcome: bytes, asked: Asked) -> None:
    """Verify as an auditor that an outcome is true, with the id and the scalar that the bank kept.

    Raises VerificationError where the query was on another id or the outcome is not what it gives.
    """
    parsed, said = parse_answer(answer), parse_outcome(outcome)
    if parse_query(query) != _build_query(asked.session, asked.identity, asked.scalar):
        raise VerificationError("the query was not made of this id and scalar")
    if (parsed.query_hash, said.answer_hash) != (hash_message(query), hash_message(answer)):
        raise VerificationError("the messages do not belong together")
    if said.matched != _is_match(parsed, asked.scalar):
        raise VerificationError("the outcome is not what the answer gives")


def _build_query(session: Session, identity: Identity, scalar: bytes) -> MatchQuery:
    return MatchQuery(session, multiply(scalar, identity.hash_to_point(session.consortium)))


def _build_answer(
    message: bytes, query: MatchQuery, related: RelatedList, scalar: bytes
) -> MatchAnswer:
    points = sorted(multiply_all(scalar, related.list_points()))
    return MatchAnswer(hash_message(message), multiply(scalar, query.point), tuple(points))


def _is_match(answer: MatchAnswer, scalar: bytes) -> bool:
    return answer.point in multiply_all(scalar, answer.points)
