"""access, dispute, restriction: who read, what is contested, and what may only be stored."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Annotated

from fundtrace.errors import InvalidInputError
from fundtrace.ledger.kinds.bounds import Items, Octets, Whole
from fundtrace.ledger.kinds.common import (
    AuthorizedBody,
    Code,
    Day,
    Hash,
    Instant,
    Note,
    Reason,
    RecordPointer,
)
from fundtrace.ledger.kinds.words import DisputeState, Role

# SPEC: 征信业管理条例 art. 25: mark the record, and answer within 20 days.
DISPUTE_DAYS = 20
# LIMIT: records that one restriction or dispute names; for more, restrict the loan as a whole.
SUBJECTS_MAX = 512
READS_MAX = 1_000_000

Subjects = Annotated[tuple[RecordPointer, ...], Items(0, SUBJECTS_MAX)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Access(AuthorizedBody):
    """All reads of one officer in one loan on one day for one reason, by the reader's bank.

    ``officer`` is a pseudonym that only the reader's bank can resolve; ``case_key`` names a
    case there, or is empty.
    """

    officer: Hash
    role: Role
    read_on: Day
    reason: Code
    case_key: Annotated[bytes, Octets(0, 32)] = b""
    reads: Annotated[int, Whole(1, READS_MAX)]
    is_break_glass: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispute(AuthorizedBody):
    """A holder contests records; every reader shows the mark until it is answered.

    The first record opens it, with its deadline; a later one with another state names that
    record in ``opened`` and ends it.
    """

    state: DisputeState
    opened: RecordPointer | None = None
    subjects: Annotated[tuple[RecordPointer, ...], Items(1, SUBJECTS_MAX)]
    raised_at: Instant
    due_at: Instant
    grounds: Reason

    def check_together(self) -> None:
        """Raise InvalidInputError for a longer clock than the law gives, or a missing opening."""
        if len(set(self.subjects)) != len(self.subjects):
            raise InvalidInputError("Dispute.subjects name one record twice")
        if not self.raised_at < self.due_at <= self.raised_at + dt.timedelta(days=DISPUTE_DAYS):
            raise InvalidInputError(
                f"Dispute.due_at must lie at most {DISPUTE_DAYS} days after raised_at"
            )
        if (self.state is DisputeState.OPENED) != (self.opened is None):
            raise InvalidInputError("Dispute.opened is given exactly where it does not open one")


@dataclass(frozen=True, slots=True, kw_only=True)
class Restriction(AuthorizedBody):
    """Records may only be stored from now on, or are free again; none named: the whole loan.

    PIPL art. 47 (2): stop all processing except storage and security measures.
    """

    is_lifted: bool = False
    subjects: Subjects = ()
    legal_basis: Code
    effective_at: Instant
    note: Note = ""

    def check_together(self) -> None:
        """Raise InvalidInputError where one record is named twice."""
        if len(set(self.subjects)) != len(self.subjects):
            raise InvalidInputError("Restriction.subjects name one record twice")
