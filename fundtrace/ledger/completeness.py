"""The proof that of one stream nothing is missing and nothing was cut, or the gap by name.

A stream is what one issuer publishes about one loan to one audience: numbered from 0, each
record naming the leaf hash of the one before. Whoever is given some records of it, each proven
to stand in the log, asks two things. *Is something missing between them?* The numbers and the
hashes answer. *Was something cut off the end?* Only a tally answers, an entry of the same log
that states each stream's last number and last leaf hash; mirrors checked it before they
cosigned (``streams``), so it is proof and not claim. Without one the end is only claimed, and
what came after one is only claimed again.

It keeps these rules: the answer does not depend on the order of what is given, nor on what is
given twice; each missing number is named, and no other; nothing is counted out, so that a tally
of 2^60 records costs no memory. That the records and the tally stand in the log is proven apart
(``tlog.proofs``).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from fundtrace.errors import InvalidInputError
from fundtrace.ledger.kinds.entries import ZERO_HASH, HeaderContext, Tally


@dataclass(frozen=True, slots=True)
class StreamRecord:
    """What a record's header says of its place in its stream, and where it stands in the log."""

    index: int
    leaf_hash: bytes
    stream_id: bytes
    sequence: int
    previous_hash: bytes

    @classmethod
    def of(cls, index: int, leaf_hash: bytes, context: HeaderContext) -> StreamRecord:
        """Take from a header what the proof needs."""
        return cls(index, leaf_hash, context.stream_id, context.sequence, context.previous_hash)


@dataclass(frozen=True, slots=True)
class StreamTally:
    """What a tally at ``index`` of the log states about one stream."""

    index: int
    stream_id: bytes
    last_sequence: int
    last_hash: bytes


def find_stream_tally(index: int, tally: Tally, stream_id: bytes) -> StreamTally | None:
    """Return what a tally at ``index`` states about one stream, or None where it says nothing."""
    for tail in tally.streams:
        if tail.stream_id == stream_id:
            return StreamTally(index, stream_id, tail.last_sequence, tail.last_hash)
    return None


class FaultKind(StrEnum):
    """Why records of one stream cannot all be what they seem."""

    TWO_RECORDS = "two_records"  # one number, two records
    WRONG_LINK = "wrong_link"  # the previous hash is not that of the record before
    WRONG_ORDER = "wrong_order"  # a later number stands earlier in the log
    WRONG_END = "wrong_end"  # the tally's last hash is not that of the record
    TALLY_TOO_SHORT = "tally_too_short"  # a record before the tally, beyond what it states
    TALLY_TOO_EARLY = "tally_too_early"  # a record that the tally counts stands after it


@dataclass(frozen=True, slots=True)
class Fault:
    """A contradiction at one number; a log that mirrors cosigned holds none."""

    kind: FaultKind
    sequence: int


@dataclass(frozen=True, slots=True)
class Gap:
    """Missing numbers ``first`` to ``last``, both included.

    ``last_hash`` is the leaf hash of the last missing record, which what follows names, so
    that the right record can be asked for and known when it comes.
    """

    first: int
    last: int
    last_hash: bytes

    @property
    def count(self) -> int:
        """Return how many records are missing here."""
        return self.last - self.first + 1


class End(StrEnum):
    """What is known about the end of a stream."""

    PROVEN = "proven"  # the tally states it
    CLAIMED = "claimed"  # no tally: more may follow
    CLAIMED_AFTER_TALLY = "claimed_after_tally"  # up to the tally proven, more was given


@dataclass(frozen=True, slots=True)
class Completeness:
    """What is missing of a stream, what contradicts itself, and how sure the end is.

    ``proven_count`` numbers from 0 are covered by a tally; ``after_tally`` lists the numbers
    given beyond it, in order.
    """

    stream_id: bytes
    gaps: tuple[Gap, ...]
    faults: tuple[Fault, ...]
    end: End
    proven_count: int
    after_tally: tuple[int, ...]

    @property
    def is_unbroken(self) -> bool:
        """Tell whether nothing is missing between what was given, and nothing contradicts."""
        return not self.gaps and not self.faults

    @property
    def is_complete(self) -> bool:
        """Tell whether nothing is missing and nothing was cut, all of it proven."""
        return self.is_unbroken and self.end is End.PROVEN


def prove_complete(
    records: Iterable[StreamRecord], tally: StreamTally | None = None
) -> Completeness:
    """Say what is missing of one stream, given some of its records in any order.

    Without a tally at least one record must be given. Raises InvalidInputError where records
    or tally are of several streams, or nothing was given at all.
    """
    given = sorted(set(records), key=lambda one: (one.sequence, one.index, one.leaf_hash))
    stream_id = _get_stream_id(given, tally)
    first = {record.sequence: record for record in reversed(given)}  # of two, the one before
    chain = [first[sequence] for sequence in sorted(first)]
    faults = [
        Fault(FaultKind.TWO_RECORDS, record.sequence)
        for record in given
        if record is not first[record.sequence]
    ]
    faults += _list_link_faults(chain)
    after: tuple[int, ...] = ()
    end = End.CLAIMED
    if tally:
        faults += _list_tally_faults(chain, tally)
        after = tuple(one.sequence for one in chain if one.sequence > tally.last_sequence)
        end = End.CLAIMED_AFTER_TALLY if after else End.PROVEN
    return Completeness(
        stream_id,
        tuple(_list_gaps(chain, tally)),
        tuple(sorted(set(faults), key=lambda one: (one.sequence, one.kind))),
        end,
        tally.last_sequence + 1 if tally else 0,
        after,
    )


def _get_stream_id(given: list[StreamRecord], tally: StreamTally | None) -> bytes:
    ids = {record.stream_id for record in given}
    if tally:
        ids.add(tally.stream_id)
    if len(ids) != 1:
        raise InvalidInputError(
            f"a proof is about one stream, and {len(ids)} were given; sort records by stream first"
        )
    return ids.pop()


def _list_link_faults(chain: list[StreamRecord]) -> Iterable[Fault]:
    if chain and chain[0].sequence == 0 and chain[0].previous_hash != ZERO_HASH:
        yield Fault(FaultKind.WRONG_LINK, 0)
    for before, record in pairwise(chain):
        if record.index <= before.index:
            yield Fault(FaultKind.WRONG_ORDER, record.sequence)
        if record.sequence == before.sequence + 1 and record.previous_hash != before.leaf_hash:
            yield Fault(FaultKind.WRONG_LINK, record.sequence)


def _list_tally_faults(chain: list[StreamRecord], tally: StreamTally) -> Iterable[Fault]:
    for record in chain:
        if record.sequence <= tally.last_sequence and record.index > tally.index:
            yield Fault(FaultKind.TALLY_TOO_EARLY, record.sequence)
        if record.sequence > tally.last_sequence and record.index < tally.index:
            yield Fault(FaultKind.TALLY_TOO_SHORT, record.sequence)
        if record.sequence == tally.last_sequence and record.leaf_hash != tally.last_hash:
            yield Fault(FaultKind.WRONG_END, record.sequence)
        if record.sequence == tally.last_sequence + 1 and record.previous_hash != tally.last_hash:
            yield Fault(FaultKind.WRONG_LINK, record.sequence)


def _list_gaps(chain: list[StreamRecord], tally: StreamTally | None) -> Iterable[Gap]:
    expected = 0
    for record in chain:
        if record.sequence > expected:
            yield from _cut_gap(expected, record.sequence - 1, record.previous_hash, tally)
        expected = record.sequence + 1
    if tally and expected <= tally.last_sequence:
        yield Gap(expected, tally.last_sequence, tally.last_hash)


def _cut_gap(first: int, last: int, last_hash: bytes, tally: StreamTally | None) -> Iterable[Gap]:
    """Give a gap, in two parts where a tally names a record inside of it."""
    if tally and first <= tally.last_sequence < last:
        yield Gap(first, tally.last_sequence, tally.last_hash)
        first = tally.last_sequence + 1
    yield Gap(first, last, last_hash)
