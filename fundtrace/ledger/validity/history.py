"""What is settled of one stream, record by record, and what follows from it for the next.

A stream runs on through the epochs of its issuer's log under one id. Its records are judged in
order, so each rule may rely on all records before; what is settled stays settled, which is why
a history can be carried from one view to the next. A place, epoch and index, orders entries of
one member's logs.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field

from fundtrace.ledger.kinds.authorizations import AuthorizationGranted, AuthorizationRevoked
from fundtrace.ledger.kinds.changes import Correction, Return
from fundtrace.ledger.kinds.common import Body, RecordPointer
from fundtrace.ledger.kinds.loans import LoanOpened
from fundtrace.ledger.kinds.movements import Movement
from fundtrace.ledger.kinds.table import find_authority
from fundtrace.ledger.origins import split_origin
from fundtrace.ledger.validity.verdicts import Position, Valid, Void
from fundtrace.model.kinds import Rule

Place = tuple[int, int]  # epoch and index, or epoch and size

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MINUTE = dt.timedelta(minutes=1)


def get_place(origin: str, index: int) -> Place:
    """Return where in its member's logs something stands, to compare with other places."""
    return split_origin(origin)[1], index


def to_minute(at: dt.datetime) -> int:
    """Return the minute since 1970 in which an instant lies."""
    return (at - _EPOCH) // _MINUTE


@dataclass(frozen=True, slots=True)
class Grant:
    """An authorization, and what its stream said of it up to a size.

    ``revoked_minute`` is the first minute for which a revocation seen forbids to publish; 0
    where it took effect at once, so that whoever has seen it comes after.
    """

    origin: str
    stream_id: bytes
    body: AuthorizationGranted
    loan: LoanOpened
    revoked_minute: int | None

    @property
    def pin(self) -> Rule:
        """Return the attribution rule by which the loan is traced for good."""
        return self.loan.attribution.rule


@dataclass(frozen=True, slots=True)
class Settled:
    """A record that is judged for good.

    ``body`` is None where a rule about the header alone was broken; ``grant`` is the
    authorization that a valid record stands on.
    """

    position: Position
    leaf_hash: bytes
    published_minute: int
    verdict: Valid | Void
    body: Body | None = None
    grant: Grant | None = None
    discloses_nothing: bool = False

    @property
    def place(self) -> Place:
        """Return where in its member's logs it stands."""
        return get_place(self.position.origin, self.position.index)


@dataclass(slots=True)
class Latest:
    """The latest value of a record, after corrections, and what went back of it."""

    first: Settled
    value: Body
    version: int = 1
    returns: list[bytes] = field(default_factory=list)  # record ids


@dataclass(slots=True)
class History:
    """The settled records of a stream, from its first epoch on."""

    origin: str
    stream_id: bytes
    is_loan_stream: bool  # it begins with loan.opened
    settled: dict[Position, Settled] = field(default_factory=dict)
    first: dict[bytes, Settled] = field(default_factory=dict)  # by record id; the one that counts
    latest: dict[bytes, Latest] = field(default_factory=dict)  # by record id, but for corrections
    seen: dict[str, Place] = field(default_factory=dict)  # by base of the authorizing log
    followed_minor: int = 0  # under the pinned rule, in the loan's currency
    judged_count: int = 0  # of the records of ``origin``

    def start_next(self, origin: str) -> History:
        """Return the history of the same stream in the next epoch, so far as it goes."""
        return History(
            origin,
            self.stream_id,
            self.is_loan_stream,
            dict(self.settled),
            dict(self.first),
            {
                record_id: Latest(one.first, one.value, one.version, list(one.returns))
                for record_id, one in self.latest.items()
            },
            dict(self.seen),
            self.followed_minor,
        )

    def add(self, settled: Settled) -> None:
        """Take the next settled record; only one that is valid and no repeat has an effect."""
        self.judged_count += 1
        self.settled[settled.position] = settled
        body = settled.body
        if body is None or settled.verdict != Valid():
            return
        self.first[body.record_id] = settled
        authority = find_authority(body)
        if authority is not None:
            base, epoch = split_origin(authority.origin)
            self.seen[base] = (epoch, authority.seen_size)
        pin = settled.grant.pin if settled.grant else None
        if isinstance(body, Correction):
            self._correct(body, pin)
            return
        self.latest[body.record_id] = Latest(settled, body)
        self.followed_minor += count_followed(body, pin)
        target = self.find_target(body.target) if isinstance(body, Return) else None
        if target is not None:
            target.returns.append(body.record_id)

    def _correct(self, body: Correction, pin: Rule | None) -> None:
        target = self.find_target(body.target)
        if target is not None:
            self.followed_minor += count_followed(body.value, pin)
            self.followed_minor -= count_followed(target.value, pin)
            target.value, target.version = body.value, body.version

    def find(self, pointer: RecordPointer) -> Settled | None:
        """Return the settled record that a pointer names exactly, or None."""
        settled = self.settled.get(Position(pointer.origin, pointer.index))
        return settled if settled and settled.leaf_hash == pointer.leaf_hash else None

    def find_valid(self, pointer: RecordPointer) -> Body | None:
        """Return the body of the valid record that a pointer names exactly, or None."""
        settled = self.find(pointer)
        return settled.body if settled and isinstance(settled.verdict, Valid) else None

    def find_target(self, pointer: RecordPointer) -> Latest | None:
        """Return the latest state of the valid record that a pointer names, or None."""
        body = self.find_valid(pointer)
        return self.latest.get(body.record_id) if body else None

    def find_loan(self, pointer: RecordPointer, before: Place) -> LoanOpened | None:
        """Return the latest value, as it stood before a place, of the loan that a pointer names."""
        opened = self.find_valid(pointer)
        if not isinstance(opened, LoanOpened):
            return None
        loan = opened
        for one in self.settled.values():
            if one.place < before and one.verdict == Valid() and isinstance(one.body, Correction):
                value = one.body.value
                if isinstance(value, LoanOpened) and value.record_id == opened.record_id:
                    loan = value
        return loan

    def list_revocations(
        self, grant: AuthorizationGranted
    ) -> Iterator[tuple[Settled, AuthorizationRevoked]]:
        """Give the valid revocations of an authorization, be it named by its repeat."""
        for one in self.settled.values():
            if isinstance(one.verdict, Valid) and isinstance(one.body, AuthorizationRevoked):
                target = self.find_valid(one.body.authorization)
                if target is not None and target.record_id == grant.record_id:
                    yield one, one.body

    def find_revoked_minute(self, grant: AuthorizationGranted, before: Place) -> int | None:
        """Return from which minute revocations before a place forbid to publish, or None.

        A revocation whose effective time does not lie after its own publication takes effect
        at once, that is, from minute 0.
        """
        found = [
            effective
            if (effective := to_minute(revoked.effective_at)) > one.published_minute
            else 0
            for one, revoked in self.list_revocations(grant)
            if one.place < before
        ]
        return min(found, default=None)


def count_followed(body: Body, pin: Rule | None) -> int:
    """Return the value that a movement carries of the loan under its rule; else 0."""
    return body.get_traced_minor(pin) if pin and isinstance(body, Movement) else 0
