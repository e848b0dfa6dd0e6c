"""The log's own rules, stepped entry by entry, as a mirror does before it cosigns.

A log is more than a tree: each member promises that its records form streams, numbered from 0
and chained by leaf hash, that a tally states where streams stand, that an erasure carries the
countersignature which the record asked for, and that rosters become active one after another.
All of it can be checked from the bytes of that one log and the rosters, and from nothing else:
so honest mirrors never disagree, and no log waits for another. What records *mean* is judged by
their readers (``validity``).

It keeps these rules:

- An entry is taken as a whole or refused with RuleViolationError; a refusal leaves the state as
  it was, and a mirror cosigns nothing from there on. A roster version that is not known here
  yet raises NotFoundError: fetch it, then try again.
- The state is small: a ``LogHead``, the ``LogRoster`` (which rosters the log stood under, with
  the rules for activating, opening and closing), and a ``StreamEnd`` for each stream. All are
  frozen values that make rows; ``LogRules`` collects what changed, so that a store writes the
  changes of a package of entries together with them.
- Older entries are read back only where an erasure names one and where the log closes
  (``LogMemory``).

Readings settled here: a stream never goes back in time and never changes its erasure key, so
that neither a date nor the lender's say in an erasure can be slipped away; a tally speaks of the
entries before it, and so does a closing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from functools import singledispatchmethod
from typing import NoReturn, Protocol

from fundtrace.errors import (
    EncodingError,
    InvalidInputError,
    RuleViolationError,
    SignatureError,
)
from fundtrace.ledger.erasure import ErasureStatement, verify_erasure
from fundtrace.ledger.kinds.entries import (
    ZERO_HASH,
    Entry,
    EpochGrants,
    EpochKey,
    Erasure,
    HeaderContext,
    LogClosing,
    LogOpening,
    Record,
    RosterActivation,
    Tally,
)
from fundtrace.ledger.origins import get_previous_origin
from fundtrace.ledger.roster.activation import LogRoster
from fundtrace.ledger.roster.chain import RosterChain
from fundtrace.ledger.sealing import TAGS_STEP
from fundtrace.tlog.keys import check_ed25519_public_key


class LogRule(StrEnum):
    """Why an entry does not belong where it stands; ``LogRoster`` adds rules of its own."""

    POSITION = "position"
    SIZE = "entry_size"
    READERS = "reader_tags"
    ORIGIN = "origin"
    ROSTER_NOT_ACTIVE = "roster_not_active"
    SEQUENCE = "stream_sequence"
    LINK = "stream_link"
    TIME = "stream_time"
    ERASURE_KEY = "erasure_key"
    TALLY = "tally"
    ERASURE = "erasure"
    OPENING = "opening"
    CLOSING = "closing"


@dataclass(frozen=True, slots=True)
class LoggedEntry:
    """One entry as it stands in a log: where, the hash and size of its bytes, and its value."""

    index: int
    leaf_hash: bytes
    size_bytes: int
    value: Entry


@dataclass(frozen=True, slots=True)
class StreamEnd:
    """Where a stream stands: what its next record is held against."""

    stream_id: bytes
    sequence: int
    leaf_hash: bytes
    erasure_key: bytes
    published_minute: int


@dataclass(frozen=True, slots=True)
class LogHead:
    """How far a log was taken."""

    consortium: str
    origin: str
    size: int = 0


class LogMemory(Protocol):
    """What is kept of the log so far; the caller's store, or nothing for a new log."""

    def find_stream(self, stream_id: bytes) -> StreamEnd | None:
        """Return where a stream stands, or None for one that has not begun."""

    def find_record(self, index: int) -> Record | None:
        """Return the record's header at an index, or None where another entry stands."""

    def get_root(self, size: int) -> bytes:
        """Return the root hash of the first ``size`` entries, those of this package included."""


class LogRules:
    """The rules of one log from a head onwards.

    ``head``, ``roster`` and ``changed_streams`` are what a store writes after a package of
    entries.
    """

    def __init__(
        self, head: LogHead, roster: LogRoster, chain: RosterChain, memory: LogMemory
    ) -> None:
        """Begin behind the last entry that ``memory`` holds."""
        if head.origin != roster.origin:
            raise InvalidInputError(f"rosters of {roster.origin} do not rule {head.origin}")
        self.head = head
        self.roster = roster
        self._chain = chain
        self._memory = memory
        self._streams: dict[bytes, StreamEnd] = {}
        self._records: dict[int, Record] = {}

    @property
    def changed_streams(self) -> tuple[StreamEnd, ...]:
        """Return the ends of all streams that got records since the beginning, by id."""
        return tuple(self._streams[one] for one in sorted(self._streams))

    def find_stream(self, stream_id: bytes) -> StreamEnd | None:
        """Return where a stream stands now, or None for one that has not begun."""
        return self._streams.get(stream_id) or self._memory.find_stream(stream_id)

    def apply(self, entry: LoggedEntry) -> None:
        """Take the next entry, or raise and change nothing."""
        if entry.index != self.head.size:
            _refuse(LogRule.POSITION, entry, f"the next index is {self.head.size}")
        roster = self.roster.step(entry.index, entry.value, self._chain)
        limits = self._chain.get_version(roster.version).roster.limits
        if entry.size_bytes > limits.entry_bytes_max:
            _refuse(LogRule.SIZE, entry, f"at most {limits.entry_bytes_max} bytes are allowed")
        self._check(entry.value, entry)
        self.head = replace(self.head, size=entry.index + 1)
        self.roster = roster
        if isinstance(entry.value, Record):
            context = entry.value.context
            self._records[entry.index] = entry.value
            self._streams[context.stream_id] = StreamEnd(
                context.stream_id,
                context.sequence,
                entry.leaf_hash,
                context.erasure_key,
                context.published_minute,
            )

    @singledispatchmethod
    def _check(self, value: Entry, entry: LoggedEntry) -> None:
        """Check what one kind of entry says of its own log."""
        kind = type(value).__name__
        raise TypeError(f"entry {entry.index}: {kind} is no kind of entry")  # an error of ours

    @_check.register(EpochKey)
    @_check.register(EpochGrants)
    @_check.register(RosterActivation)
    def _check_nothing(self, _value: Entry, _entry: LoggedEntry) -> None:
        """Leave keys to their readers and activations to ``LogRoster``."""

    @_check.register
    def _check_record(self, value: Record, entry: LoggedEntry) -> None:
        context, head = value.context, self.head
        if (context.origin, context.consortium) != (head.origin, head.consortium):
            _refuse(LogRule.ORIGIN, entry, f"it names the log {context.origin}")
        version = self.roster.version
        if context.roster_version != version:
            _refuse(
                LogRule.ROSTER_NOT_ACTIVE,
                entry,
                f"it names roster {context.roster_version}; {version} is active",
            )
        member = self._chain.get_version(version).roster.find_member_by_origin(head.origin)
        readers_max = member.quotas.readers_max if member else 0
        if len(context.reader_tags) > _round_up(readers_max):
            _refuse(LogRule.READERS, entry, f"at most {readers_max} readers are allowed")
        self._check_stream(value, entry)

    def _check_stream(self, value: Record, entry: LoggedEntry) -> None:
        context = value.context
        last = self.find_stream(context.stream_id)
        expected = last.sequence + 1 if last else 0
        if context.sequence != expected:
            _refuse(LogRule.SEQUENCE, entry, f"the stream goes on with {expected}")
        if context.previous_hash != (last.leaf_hash if last else ZERO_HASH):
            _refuse(LogRule.LINK, entry, "its previous hash is not that of the record before")
        if last is None:
            _check_key(context.erasure_key, entry)
            return
        if context.published_minute < last.published_minute:
            _refuse(LogRule.TIME, entry, f"the record before is of minute {last.published_minute}")
        if context.erasure_key != last.erasure_key:
            _refuse(LogRule.ERASURE_KEY, entry, "a stream keeps its erasure key")

    @_check.register
    def _check_tally(self, value: Tally, entry: LoggedEntry) -> None:
        if value.size != entry.index:
            _refuse(LogRule.TALLY, entry, f"it is of size {value.size}, not of {entry.index}")
        for tail in value.streams:
            last = self.find_stream(tail.stream_id)
            end = (last.sequence, last.leaf_hash) if last else None
            if end != (tail.last_sequence, tail.last_hash):
                _refuse(LogRule.TALLY, entry, f"stream {tail.stream_id.hex()} ends otherwise")

    @_check.register
    def _check_erasure(self, value: Erasure, entry: LoggedEntry) -> None:
        record = self._records.get(value.entry_index)
        if record is None and value.entry_index < entry.index:
            record = self._memory.find_record(value.entry_index)
        if record is None or record.body_hash != value.body_hash:
            _refuse(LogRule.ERASURE, entry, f"entry {value.entry_index} has no such body")
        _check_countersignature(value, record.context, entry)

    @_check.register
    def _check_opening(self, value: LogOpening, entry: LoggedEntry) -> None:
        if value.previous_origin != get_previous_origin(self.head.origin):
            _refuse(LogRule.OPENING, entry, f"{value.previous_origin} is not the epoch before")

    @_check.register
    def _check_closing(self, value: LogClosing, entry: LoggedEntry) -> None:
        if value.final_root != self._memory.get_root(entry.index):
            _refuse(LogRule.CLOSING, entry, "its root is not that of the entries before it")


def _round_up(readers: int) -> int:
    return -(-readers // TAGS_STEP) * TAGS_STEP


def _check_key(erasure_key: bytes, entry: LoggedEntry) -> None:
    try:
        check_ed25519_public_key(erasure_key)
    except EncodingError as error:
        raise _build_refusal(LogRule.ERASURE_KEY, entry, str(error)) from error


def _check_countersignature(value: Erasure, context: HeaderContext, entry: LoggedEntry) -> None:
    try:
        statement = ErasureStatement(
            context.consortium, context.origin, value.entry_index, value.body_hash, value.reason
        )
        verify_erasure(context.erasure_key, statement, value.signature)
    except (SignatureError, EncodingError) as error:
        raise _build_refusal(LogRule.ERASURE, entry, str(error)) from error


def _build_refusal(rule: LogRule, entry: LoggedEntry, why: str) -> RuleViolationError:
    return RuleViolationError(rule, f"entry {entry.index} is refused ({rule}): {why}")


def _refuse(rule: LogRule, entry: LoggedEntry, why: str) -> NoReturn:
    raise _build_refusal(rule, entry, why)
