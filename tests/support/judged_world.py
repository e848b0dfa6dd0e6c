"""A small ledger of several banks for judging: published record by record, viewed in part.

Leaf hashes stand for content, not for encoded bytes, since judging looks at values. Bank a is
the lender of loan ``LOAN_KEY`` unless a test says otherwise.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import cache

from fundtrace.errors import SignatureError
from fundtrace.ledger.consent import ConsentEvidence
from fundtrace.ledger.erasure import derive_erasure_key
from fundtrace.ledger.kinds.authorizations import (
    AuthorizationGranted,
    AuthorizationRevoked,
    AuthorizedMember,
    FollowLimits,
)
from fundtrace.ledger.kinds.common import AccountRef, AuthorityPointer, Body, RecordPointer
from fundtrace.ledger.kinds.entries import (
    ZERO_HASH,
    Entry,
    HeaderContext,
    LogOpening,
    Record,
    RosterActivation,
)
from fundtrace.ledger.kinds.loans import AttributionPin, Drawdown, LoanOpened
from fundtrace.ledger.kinds.movements import Movement, Segment, build_traced
from fundtrace.ledger.kinds.receipts import BookedCredit, Receipt
from fundtrace.ledger.kinds.words import SegmentSource
from fundtrace.ledger.roster.document import Roster
from fundtrace.ledger.validity.verdicts import Position
from fundtrace.ledger.validity.view import LogPrefix, View, ViewEntry
from fundtrace.model.kinds import CONSERVING_RULES, MovementKind, Rule
from tests.support.records import make_hash, make_loan_opened, make_movement, make_receipt
from tests.support.rosters import BANKS, CODES, CONSORTIUM, make_roster

LOAN_KEY = make_hash("loan")
START_MINUTE = 29_544_090
START = dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(minutes=START_MINUTE)
RULE_SET = "2026-1"
BAD_CONSENT = b"not signed by the borrower"
TAGS = tuple(sorted(make_hash(f"tag {number}")[:16] for number in range(4)))


@cache
def make_rosters(letters: str = "abcd") -> Mapping[int, Roster]:
    """Return four versions: all banks; d gone; b's log in its second epoch; a's and b's."""
    first = make_roster(letters, rule_set_version=RULE_SET)
    gone = tuple(BANKS[letter].make_member() for letter in letters if letter != "d")
    return {
        1: first,
        2: replace(first, version=2, previous_hash=make_hash("roster 1"), members=gone),
        3: _roll(first, 3, "b"),
        4: _roll(first, 4, "ab"),
    }


def _roll(roster: Roster, version: int, letters: str) -> Roster:
    """Return a later version in which some banks' logs are in their second epoch."""
    rolled = {f"bank-{one}": replace(BANKS[one], epoch=2).make_member() for one in letters}
    members = tuple(rolled.get(one.id, one) for one in roster.members)
    previous_hash = make_hash(f"roster {version - 1}")
    return replace(roster, version=version, previous_hash=previous_hash, members=members)


def get_origin(letter: str, epoch: int = 1) -> str:
    return f"{BANKS[letter].host}/ledger/{epoch}"


@cache
def make_erasure_key(letter: str) -> bytes:
    return derive_erasure_key(make_hash(f"erasure {letter}"))


def make_account(letter: str, number: int = 1) -> AccountRef:
    return AccountRef(CODES[letter], f"62220000{number}")


def verify_consents(
    _roster: Roster, _lender: str, _loan: LoanOpened, grant: AuthorizationGranted, _minute: int
) -> None:
    """Refuse one text: the real verification has tests of its own and takes a millisecond."""
    if any(one.text == BAD_CONSENT for one in grant.consents):
        raise SignatureError("the consent does not verify")


class World:
    """The full ledger, and what has been published in it so far."""

    def __init__(self) -> None:
        self.rosters = make_rosters()
        self.logs: dict[str, list[ViewEntry]] = {get_origin(one): [] for one in "abcd"}
        self.first_versions = dict.fromkeys(self.logs, 1)
        self.versions = dict.fromkeys(self.logs, 1)
        self.epochs = dict.fromkeys("abcd", 1)
        self.minute = START_MINUTE
        self.counter = 0

    @property
    def positions(self) -> list[Position]:
        """All records, by log and index."""
        return [
            Position(origin, index)
            for origin in sorted(self.logs)
            for index, entry in enumerate(self.logs[origin])
            if isinstance(entry.value, Record)
        ]

    def make_id(self) -> bytes:
        self.counter += 1
        return make_hash(f"record {self.counter}")

    def append(self, origin: str, value: Entry, body: Body | None = None) -> RecordPointer:
        """Append any entry and return a pointer to it."""
        log = self.logs[origin]
        leaf_hash = hashlib.sha256(repr((origin, len(log), value, body)).encode()).digest()
        log.append(ViewEntry(leaf_hash, value, body))
        return RecordPointer(origin, len(log) - 1, leaf_hash)

    def publish(self, letter: str, stream: str, body: Body, **changes) -> RecordPointer:
        """Append a record to a bank's stream, one minute after the last one anywhere."""
        self.minute += 1
        origin = get_origin(letter, self.epochs[letter])
        context = self.make_context(origin, letter, stream, **changes)
        body_hash = hashlib.sha256(repr(body).encode()).digest()
        return self.append(origin, Record(context, b"context", body_hash), body)

    def make_context(
        self, log_origin: str, letter: str, stream: str, /, **changes
    ) -> HeaderContext:
        """Return the header of a stream's next record."""
        stream_id = make_hash(f"{letter} {stream}")[:16]
        before = [
            entry
            for entry in self.logs[log_origin]
            if isinstance(entry.value, Record) and entry.value.context.stream_id == stream_id
        ]
        values = {
            "consortium": CONSORTIUM,
            "origin": log_origin,
            "roster_version": self.versions[log_origin],
            "stream_id": stream_id,
            "sequence": len(before),
            "previous_hash": before[-1].leaf_hash if before else ZERO_HASH,
            "key_commitment": make_hash("commitment"),
            "published_minute": self.minute,
            "key_epoch": 1,
            "reader_tags": TAGS,
            "erasure_key": make_erasure_key(letter),
        }
        return HeaderContext(**values | changes)

    def activate(self, origin: str, version: int) -> None:
        """Activate a roster version in a log."""
        self.append(origin, RosterActivation(version, make_hash(f"roster {version}")))
        self.versions[origin] = version

    def open_epoch(self, letter: str, version: int) -> str:
        """Open the next epoch of a bank's log behind all entries of the one before."""
        previous = get_origin(letter, self.epochs[letter])
        self.epochs[letter] += 1
        origin = get_origin(letter, self.epochs[letter])
        self.logs[origin] = []
        self.first_versions[origin] = self.versions[origin] = version
        size = len(self.logs[previous])
        self.append(origin, LogOpening(previous, size, make_hash("root"), ()))
        return origin

    def view(
        self,
        sizes: Mapping[str, int] | None = None,
        sealed: Collection[Position] = (),
        versions: Collection[int] = (1, 2, 3, 4),
        rule_sets: Collection[str] = (RULE_SET,),
    ) -> View:
        """Return a view of prefixes (all by default), with some bodies sealed."""
        logs = {}
        for origin, entries in self.logs.items():
            size = len(entries) if sizes is None else sizes.get(origin, 0)
            logs[origin] = LogPrefix(
                (
                    replace(entry, body=None) if Position(origin, index) in sealed else entry
                    for index, entry in enumerate(entries[:size])
                ),
                self.first_versions[origin],
            )
        known = {version: self.rosters[version] for version in versions}
        return View(CONSORTIUM, logs, known, rule_sets, verify_consents)

    # Records that are valid unless a test changes something.

    def open_loan(self, letter: str = "a", stream: str = "loan", **changes) -> RecordPointer:
        values = {
            "record_id": self.make_id(),
            "loan_key": LOAN_KEY,
            "drawdowns": (Drawdown("借据01", 300_000, START, make_account("a"), "FT1"),),
            "principal_minor": 300_000,
            "attribution": AttributionPin(Rule.PROCEEDS_FIRST, RULE_SET, 30, 72 * 3_600),
            "renewal_of": None,
        }
        return self.publish(letter, stream, make_loan_opened(**values | changes))

    def make_grant(self, loan: RecordPointer, letters: str = "bcd", **changes):
        values = {
            "record_id": self.make_id(),
            "loan_key": LOAN_KEY,
            "loan": loan,
            "members": tuple(
                AuthorizedMember(f"bank-{one}", (make_erasure_key(one),)) for one in letters
            ),
            "valid_from": START,
            "valid_until": START + dt.timedelta(days=300),
            "effective_at": START,
            "limits": FollowLimits(6, 300_000, 100, "CNY", 200),
            "consents": (ConsentEvidence(b"consent", "ecdsa_p256_sha256", b"s", (b"der",)),),
        }
        return AuthorizationGranted(**values | changes)

    def grant(self, loan: RecordPointer, **changes) -> RecordPointer:
        return self.publish("a", "loan", self.make_grant(loan, **changes))

    def make_revocation(self, authorization: RecordPointer, **changes) -> AuthorizationRevoked:
        values = {
            "record_id": self.make_id(),
            "loan_key": LOAN_KEY,
            "authorization": authorization,
            "effective_at": START,
            "reason": "borrower_withdrew",
        }
        return AuthorizationRevoked(**values | changes)

    def revoke(self, authorization: RecordPointer, **changes) -> RecordPointer:
        return self.publish("a", "loan", self.make_revocation(authorization, **changes))

    def see(self, grant: RecordPointer, size: int | None = None) -> AuthorityPointer:
        """Point at an authorization, having seen its log to the end, or up to a size."""
        seen = len(self.logs[grant.origin]) if size is None else size
        return AuthorityPointer(
            grant.origin, max(seen, grant.index + 1), grant.index, grant.leaf_hash
        )

    def about(self, authority: AuthorityPointer | RecordPointer) -> dict:
        if isinstance(authority, RecordPointer):
            authority = self.see(authority)
        return {"record_id": self.make_id(), "loan_key": LOAN_KEY, "authority": authority}

    def make_movement(
        self,
        grant: AuthorityPointer | RecordPointer,
        parent: RecordPointer,
        *,
        debit: str = "b",
        credit: str = "c",
        value: int = 1_000,
        depth: int = 1,
        drawdown: int = 0,
        **changes,
    ) -> Movement:
        """Return a payment that carries ``value`` of the loan under all rules."""
        loan = Segment(SegmentSource.LOAN, value, value, depth, drawdown, (0,))
        values = self.about(grant) | {
            "debit": make_account(debit),
            "credit": make_account(credit),
            "amount_minor": value,
            "booked_at": START + dt.timedelta(hours=1),
            "value_at": START + dt.timedelta(hours=1),
            "kind": MovementKind.TRANSFER,
            "traced": build_traced(dict.fromkeys(CONSERVING_RULES, (loan,))),
            "parents": (parent,),
        }
        return make_movement(**values | changes)

    def make_receipt(
        self, authority: AuthorityPointer | RecordPointer, movement: RecordPointer, **changes
    ) -> Receipt:
        values = self.about(authority) | {
            "movement": movement,
            "credit": BookedCredit(1_000, "CNY", START, START),
        }
        return make_receipt(**values | changes)

    def receive(self, grant: RecordPointer, movement: RecordPointer, **changes) -> RecordPointer:
        return self.publish("c", "c-b", self.make_receipt(grant, movement, **changes))
