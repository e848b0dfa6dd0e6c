"""What a reader has: of each log a prefix of final entries, bodies that it opened, rosters.

A view grows and never shrinks: prefixes get longer, more bodies are opened, more rosters and
rule sets are known. Everything in it is final and verified elsewhere (checkpoints and quorum,
``streams``, roster chain, sealing), so two views of one ledger never contradict each other;
one merely knows less. A judgement needs of a log what ``LogView`` says, so that a store can
answer in place of a ``LogPrefix``.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from fundtrace.errors import InvalidInputError
from fundtrace.ledger.kinds.authorizations import AuthorizationGranted
from fundtrace.ledger.kinds.common import Body, RecordPointer
from fundtrace.ledger.kinds.entries import (
    ZERO_HASH,
    Entry,
    HeaderContext,
    LogOpening,
    Record,
    RosterActivation,
)
from fundtrace.ledger.kinds.loans import LoanOpened
from fundtrace.ledger.roster.document import Roster
from fundtrace.ledger.validity.consents import verify_consents
from fundtrace.ledger.validity.verdicts import LackingError, MissingBody, MissingEntries


@dataclass(frozen=True, slots=True)
class ViewEntry:
    """One final entry, and its body where it is a record that this reader opened."""

    leaf_hash: bytes
    value: Entry
    body: Body | None = None


class LogView(Protocol):
    """A prefix of one log's final entries."""

    @property
    def size(self) -> int:
        """Return how many entries it holds."""

    def get_entry(self, index: int) -> ViewEntry:
        """Return the entry at an index below ``size``."""

    def list_streams(self) -> Collection[bytes]:
        """Return the ids of all streams."""

    def list_stream(self, stream_id: bytes) -> Sequence[int]:
        """Return the indices of a stream's records, in order."""

    def get_roster_version(self, index: int) -> int:
        """Return which roster version is active just before an index."""


class LogPrefix:
    """A ``LogView`` in memory."""

    def __init__(self, entries: Iterable[ViewEntry] = (), first_version: int = 1) -> None:
        """Take the first entries of a log, which begins under a roster version.

        That version is the first one that names the log (``roster.activation.begin_log``).
        """
        self._first_version = first_version
        self._entries = tuple(entries)
        self._streams: dict[bytes, list[int]] = {}
        self._activations: list[tuple[int, int]] = []
        for index, entry in enumerate(self._entries):
            if isinstance(entry.value, Record):
                self._streams.setdefault(entry.value.context.stream_id, []).append(index)
            elif isinstance(entry.value, RosterActivation):
                self._activations.append((index, entry.value.version))

    @property
    def size(self) -> int:
        """Return how many entries it holds."""
        return len(self._entries)

    @property
    def entries(self) -> tuple[ViewEntry, ...]:
        """Return the entries themselves."""
        return self._entries

    def get_entry(self, index: int) -> ViewEntry:
        """Return the entry at an index below ``size``."""
        return self._entries[index]

    def list_streams(self) -> Collection[bytes]:
        """Return the ids of all streams, in the order in which they begin."""
        return self._streams.keys()

    def list_stream(self, stream_id: bytes) -> Sequence[int]:
        """Return the indices of a stream's records, in order."""
        return self._streams.get(stream_id, ())

    def get_roster_version(self, index: int) -> int:
        """Return which roster version is active just before an index."""
        place = bisect_left(self._activations, (index, 0))
        return self._activations[place - 1][1] if place else self._first_version


class Preview:
    """A log with one record more, which nobody has appended yet."""

    def __init__(self, log: LogView, context: HeaderContext, body: Body) -> None:
        """Put a record behind a log's last entry; its hashes are not known yet."""
        self._log = log
        self._stream_id = context.stream_id
        self._entry = ViewEntry(ZERO_HASH, Record(context, b"not encoded yet", ZERO_HASH), body)

    @property
    def size(self) -> int:
        """Return how many entries it holds, the record included."""
        return self._log.size + 1

    def get_entry(self, index: int) -> ViewEntry:
        """Return the entry at an index below ``size``."""
        return self._entry if index == self._log.size else self._log.get_entry(index)

    def list_streams(self) -> Collection[bytes]:
        """Return the ids of all streams."""
        return {*self._log.list_streams(), self._stream_id}

    def list_stream(self, stream_id: bytes) -> Sequence[int]:
        """Return the indices of a stream's records, in order."""
        indices = self._log.list_stream(stream_id)
        return [*indices, self._log.size] if stream_id == self._stream_id else indices

    def get_roster_version(self, index: int) -> int:
        """Return which roster version is active just before an index."""
        return self._log.get_roster_version(index)


# Roster, lender, loan, authorization and the minute of its publication; raises
# VerificationError where the consents do not hold. ``consents.verify_consents`` is the one.
VerifyConsents = Callable[[Roster, str, LoanOpened, AuthorizationGranted, int], None]


@dataclass(frozen=True, slots=True)
class View:
    """All that a judgement may look at.

    ``rule_sets`` names the versions of the rule set that this reader has. ``verify_consents``
    checks the borrower's signatures; it is a function of its arguments alone.
    """

    consortium: str
    logs: Mapping[str, LogView]
    rosters: Mapping[int, Roster]
    rule_sets: Collection[str]
    verify_consents: VerifyConsents = field(default=verify_consents, repr=False)

    def get_size(self, origin: str) -> int:
        """Return how many entries of a log are here, 0 for an unknown log."""
        log = self.logs.get(origin)
        return log.size if log is not None else 0

    def get_log(self, origin: str, size: int) -> LogView:
        """Return a log that holds at least ``size`` entries; raises LackingError."""
        log = self.logs.get(origin)
        if log is None or log.size < size:
            raise LackingError(MissingEntries(origin, size))
        return log

    def get_entry(self, pointer: RecordPointer) -> ViewEntry:
        """Return the entry at a pointer's place, whatever its hash; raises LackingError."""
        return self.get_log(pointer.origin, pointer.index + 1).get_entry(pointer.index)

    def get_body(self, origin: str, index: int) -> Body:
        """Return the opened body of a record; raises LackingError where it is sealed.

        Raises InvalidInputError where the entry is no record.
        """
        entry = self.get_log(origin, index + 1).get_entry(index)
        if not isinstance(entry.value, Record):
            raise InvalidInputError(f"entry {index} of {origin} is no record")
        if entry.body is None:
            raise LackingError(MissingBody(origin, index))
        return entry.body

    def find_body(self, pointer: RecordPointer) -> Body | None:
        """Return the body of the record that a pointer names; None where it names none.

        Raises LackingError where that cannot be told yet.
        """
        entry = self.get_entry(pointer)
        if entry.leaf_hash != pointer.leaf_hash or not isinstance(entry.value, Record):
            return None
        return self.get_body(pointer.origin, pointer.index)

    def find_opening(self, origin: str) -> LogOpening | None:
        """Return the entry that opened a log as a later epoch, or None; raises LackingError."""
        opening = self.get_log(origin, 1).get_entry(0).value
        return opening if isinstance(opening, LogOpening) else None
