"""The log's own rules, stepped entry by entry, as a mirror does before it cosigns.

A log is more than a tree: each member promises that its records form streams, numbered from 0
and chained by leaf hash, that a tally states where streams stand, that an erasure carries the
countersignature which the record asked for, and that rosters become active one after another.
All of it can be checked from the bytes of that one log and the rosters, and from nothing else:
so honest mirrors never disagree, and no log waits for another. What records *mean* is judged by
their readers (``validity``).

It keeps these rules:

- An entry is taken as a whole or refused with RuleViolationError, whose rule is one of ``LogRule``;
  a refusal leaves the state as it was. A mirror stops there and cosigns nothing beyond.
- The state is small: a ``LogHead``, and a ``StreamEnd`` for each stream. Both are frozen values
  that come from and go into rows; ``LogRules`` collects what changed, so that a store writes the
  changes of a package of entries together with them.
- Older entries are read back only where an erasure names one and where the log closes
  (``LogMemory``).
- A roster that the mirror does not know yet refuses too (``roster_unknown``): fetch it, try again.

Readings settled here: the first entry of a log's first epoch activates a roster, of a later one
opens the epoch and the second activates; a stream never goes back in time and never changes its
erasure key, so that neither a date nor the lender's say in an erasure can be slipped away; a
tally speaks of the entries before it, and a closing of all entries before it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, dataclass, replace
from enum import StrEnum
from functools import singledispatchmethod
from typing import NoReturn, Protocol

from fundtrace.errors import EncodingError, RuleViolationError, SignatureError
from fundtrace.ledger.erasure import ErasureReason, ErasureStatement, verify_erasure
from fundtrace.ledger.kinds.entries import (
    READER_TAGS_STEP,
    ZERO_HASH,
    Entry,
    EpochGrants,
    EpochKey,
    Erasure,
    LogClosing,
    LogOpening,
    Record,
    RosterActivation,
    Tally,
)
from fundtrace.ledger.origins import get_previous_origin, split_origin
from fundtrace.ledger.roster.document import Roster
from fundtrace.tlog.keys import check_ed25519_public_key


class LogRule(StrEnum):
    """Why an entry does not belong where it stands."""

    POSITION = "position"
    CLOSED = "log_closed"
    NOT_OPENED = "log_not_opened"
    SIZE = "entry_size"
    READERS = "reader_tags"
    ORIGIN = "origin"
    ROSTER_UNKNOWN = "roster_unknown"
    ROSTER_NOT_ACTIVE = "roster_not_active"
    ROSTER_ORDER = "roster_order"
    ROSTER_HASH = "roster_hash"
    NOT_MEMBER = "not_member"
    SEQUENCE = "stream_sequence"
    LINK = "stream_link"
    TIME = "stream_time"
    ERASURE_KEY = "erasure_key"
    TALLY = "tally"
    ERASURE = "erasure"
    OPENING = "log_opening"
    CLOSING = "log_closing"


@dataclass(frozen=True, slots=True)
class KnownRoster:
    """A roster of the chain, and SHA-256 of its exact bytes."""

    roster: Roster
    roster_hash: bytes


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

    def to_row(self) -> tuple[bytes, int, bytes, bytes, int]:
        """Return the fields in order, for a table."""
        return astuple(self)


@dataclass(frozen=True, slots=True)
class LogHead:
    """Where a log stands; ``roster_version`` is 0 until a roster is active."""

    consortium: str
    origin: str
    size: int = 0
    roster_version: int = 0
    is_closed: bool = False

    def to_row(self) -> tuple[str, str, int, int, bool]:
        """Return the fields in order, for a table."""
        return astuple(self)


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

    ``head`` and ``changed_streams`` are what a store writes after a package of entries.
    """

    def __init__(
        self, head: LogHead, rosters: Mapping[int, KnownRoster], memory: LogMemory
    ) -> None:
        """Begin behind the last entry that ``memory`` holds; ``rosters`` may grow meanwhile."""
        self.head = head
        self._rosters = rosters
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
        """Take the next entry, or raise RuleViolationError and change nothing."""
        head = self.head
        if head.is_closed:
            _refuse(LogRule.CLOSED, entry, "the log is closed; its next epoch goes on")
        if entry.index != head.size:
            _refuse(LogRule.POSITION, entry, f"the next index is {head.size}")
        if isinstance(entry.value, LogOpening) != _is_opening_due(head):
            _refuse(LogRule.OPENING, entry, "an epoch after the first opens with its first entry")
        if not (head.roster_version or isinstance(entry.value, RosterActivation | LogOpening)):
            _refuse(LogRule.NOT_OPENED, entry, "activate a roster first")
        changed = self._check(entry.value, entry)
        self._check_size(changed, entry)
        self.head = replace(changed, size=head.size + 1)
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
    def _check(self, value: Entry, entry: LoggedEntry) -> LogHead:
        """Check one kind of entry and return the head behind it, the size aside."""
        kind = type(value).__name__
        raise TypeError(f"entry {entry.index}: {kind} is no kind of entry")  # an error of ours

    @_check.register(EpochKey)
    @_check.register(EpochGrants)
    def _check_keys(self, _value: EpochKey | EpochGrants, _entry: LoggedEntry) -> LogHead:
        return self.head

    @_check.register
    def _check_record(self, value: Record, entry: LoggedEntry) -> LogHead:
        context, head = value.context, self.head
        if (context.origin, context.consortium) != (head.origin, head.consortium):
            _refuse(LogRule.ORIGIN, entry, f"it names the log {context.origin}")
        if context.roster_version != head.roster_version:
            _refuse(
                LogRule.ROSTER_NOT_ACTIVE,
                entry,
                f"it names roster {context.roster_version}; {head.roster_version} is active",
            )
        member = self._get_roster(head.roster_version, entry).roster.find_member_by_origin(
            head.origin
        )
        if member is None:
            _refuse(LogRule.NOT_MEMBER, entry, "the active roster has no member with this log")
        if len(context.reader_tags) > _round_up(member.quotas.readers_max):
            _refuse(
                LogRule.READERS, entry, f"at most {member.quotas.readers_max} readers are allowed"
            )
        self._check_stream(value, entry)
        return head

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
    def _check_tally(self, value: Tally, entry: LoggedEntry) -> LogHead:
        if value.size != entry.index:
            _refuse(
                LogRule.TALLY, entry, f"it is of size {value.size}, and stands at {entry.index}"
            )
        for tail in value.streams:
            last = self.find_stream(tail.stream_id)
            if last is None or (last.sequence, last.leaf_hash) != (
                tail.last_sequence,
                tail.last_hash,
            ):
                _refuse(LogRule.TALLY, entry, f"stream {tail.stream_id.hex()} ends otherwise")
        return self.head

    @_check.register
    def _check_erasure(self, value: Erasure, entry: LoggedEntry) -> LogHead:
        record = self._records.get(value.entry_index)
        if record is None and value.entry_index < entry.index:
            record = self._memory.find_record(value.entry_index)
        if record is None or record.body_hash != value.body_hash:
            _refuse(LogRule.ERASURE, entry, f"entry {value.entry_index} has no such body")
        _check_countersignature(value, record, entry)
        return self.head

    @_check.register
    def _check_activation(self, value: RosterActivation, entry: LoggedEntry) -> LogHead:
        active = self.head.roster_version
        if active and value.version != active + 1:
            _refuse(
                LogRule.ROSTER_ORDER, entry, f"roster {active + 1} follows, not {value.version}"
            )
        known = self._get_roster(value.version, entry)
        if known.roster_hash != value.roster_hash:
            _refuse(LogRule.ROSTER_HASH, entry, f"roster {value.version} has another hash")
        if not active and known.roster.find_member_by_origin(self.head.origin) is None:
            _refuse(
                LogRule.NOT_MEMBER, entry, f"roster {value.version} has no member with this log"
            )
        return replace(self.head, roster_version=value.version)

    @_check.register
    def _check_opening(self, value: LogOpening, entry: LoggedEntry) -> LogHead:
        if value.previous_origin != get_previous_origin(self.head.origin):
            _refuse(LogRule.OPENING, entry, f"{value.previous_origin} is not the epoch before")
        return self.head

    @_check.register
    def _check_closing(self, value: LogClosing, entry: LoggedEntry) -> LogHead:
        if value.final_size != entry.index:
            _refuse(LogRule.CLOSING, entry, f"it is of size {value.final_size}")
        if value.final_root != self._memory.get_root(entry.index):
            _refuse(LogRule.CLOSING, entry, "its root is not that of the entries before it")
        return replace(self.head, is_closed=True)

    def _check_size(self, head: LogHead, entry: LoggedEntry) -> None:
        """Check an entry's size by the roster in force behind it."""
        if head.roster_version:
            limits = self._get_roster(head.roster_version, entry).roster.limits
            if entry.size_bytes > limits.entry_bytes_max:
                _refuse(LogRule.SIZE, entry, f"at most {limits.entry_bytes_max} bytes are allowed")

    def _get_roster(self, version: int, entry: LoggedEntry) -> KnownRoster:
        known = self._rosters.get(version)
        if known is None or known.roster.consortium != self.head.consortium:
            raise _build_refusal(
                LogRule.ROSTER_UNKNOWN, entry, f"fetch roster {version} of the consortium first"
            )
        return known


def _is_opening_due(head: LogHead) -> bool:
    return head.size == 0 and split_origin(head.origin)[1] > 1


def _round_up(readers: int) -> int:
    return -(-readers // READER_TAGS_STEP) * READER_TAGS_STEP


def _check_key(erasure_key: bytes, entry: LoggedEntry) -> None:
    try:
        check_ed25519_public_key(erasure_key)
    except EncodingError as error:
        raise _build_refusal(LogRule.ERASURE_KEY, entry, str(error)) from error


def _check_countersignature(value: Erasure, record: Record, entry: LoggedEntry) -> None:
    context = record.context
    try:
        statement = ErasureStatement(
            context.consortium,
            context.origin,
            value.entry_index,
            value.body_hash,
            ErasureReason[value.reason.upper()],
        )
        verify_erasure(context.erasure_key, statement, value.signature)
    except KeyError as error:
        raise _build_refusal(
            LogRule.ERASURE, entry, f"{value.reason!r} is no reason to erase"
        ) from error
    except (SignatureError, EncodingError) as error:
        raise _build_refusal(LogRule.ERASURE, entry, str(error)) from error


def _build_refusal(rule: LogRule, entry: LoggedEntry, why: str) -> RuleViolationError:
    return RuleViolationError(rule, f"entry {entry.index} is refused ({rule}): {why}")


def _refuse(rule: LogRule, entry: LoggedEntry, why: str) -> NoReturn:
    raise _build_refusal(rule, entry, why)
