"""What entries say, against what is kept beside them: bodies, orders to erase, streams.

How an entry is read is the caller's: the store knows no protobuf.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import Final

from fundtrace.errors import EncodingError, FundtraceError, NotFoundError
from fundtrace.store.findings import Counts, EntryFacts, Fault, Finding, Trust
from fundtrace.store.tx import Tx
from fundtrace.store.values import NUMBER_MAX, Body, BodyState, LogState, StreamEnd
from fundtrace.tlog.hashing import HASH_BYTES

# LIMIT: 250,000 streams take about 100 MB; of more, the log is passed again for each such part.
STREAMS_MAX: Final = 250_000


class EntriesCheck:
    """The check of one log's entries, shown one after the other."""

    def __init__(self, tx: Tx, state: LogState, trust: Trust, counts: Counts) -> None:
        """Begin before the first entry."""
        self._tx = tx
        self._state = state
        self._trust = trust
        self._counts = counts
        self._bodies = tx.bodies.read(state.origin, 0, NUMBER_MAX)
        self._body = next(self._bodies, None)

    def step(self, index: int, entry: bytes, *, is_right: bool) -> Iterator[Finding]:
        """Check an entry's body; of an entry that was changed, only what lies beside it."""
        yield from self._pass_bodies(index)
        body = self._body
        if body is not None and body.index == index:
            self._body = next(self._bodies, None)
            self._counts.bodies += 1
            yield from self._check_body(body)
        else:
            body = None
        if not is_right or self._trust.read_entry is None:
            return
        try:
            facts = self._trust.read_entry(entry)
        except EncodingError as error:
            yield self._find(Fault.ENTRY_UNREADABLE, f"entry {index}", str(error))
            return
        yield from self._check_facts(index, facts, body)

    def finish(self) -> Iterator[Finding]:
        """Say which bodies stand behind the last entry."""
        yield from self._pass_bodies(NUMBER_MAX)

    def _pass_bodies(self, index: int) -> Iterator[Finding]:
        while self._body is not None and self._body.index < index:
            yield self._find(Fault.DANGLING, f"body {self._body.index}", "there is no such entry")
            self._body = next(self._bodies, None)

    def _check_body(self, body: Body) -> Iterator[Finding]:
        place = f"body {body.index}"
        if body.body is not None and sha256(body.body).digest() != body.body_hash:
            yield self._find(Fault.BODY, place)
        if body.state is not BodyState.ERASED or body.erasure_index is None:
            return
        try:
            order = self._tx.entries.get(self._state.origin, body.erasure_index)
        except NotFoundError:
            yield self._find(Fault.ERASURE, place, f"there is no entry {body.erasure_index}")
            return
        if self._trust.read_entry is None:
            return
        try:
            erases = self._trust.read_entry(order).erases
        except FundtraceError:
            erases = None
        if erases != (body.index, body.body_hash):
            said = f"entry {body.erasure_index} does not order it"
            yield self._find(Fault.ERASURE, place, said)

    def _check_facts(self, index: int, facts: EntryFacts, body: Body | None) -> Iterator[Finding]:
        place = f"body {index}"
        if facts.body_hash is not None and body is None:
            yield self._find(Fault.BODY_MISSING, place)
        elif facts.body_hash is None and body is not None:
            yield self._find(Fault.DANGLING, place, "the entry has no body")
        elif body is not None and facts.body_hash != body.body_hash:
            yield self._find(Fault.BODY, place, "its hash is not the one in the entry")

    def _find(self, fault: Fault, place: str, said: str = "") -> Finding:
        return Finding(fault, self._state.origin, place, said)


class StreamsCheck:
    """The check of one part of a log's streams: sequence, links, and their kept ends."""

    def __init__(
        self, tx: Tx, state: LogState, trust: Trust, counts: Counts, part: tuple[int, int]
    ) -> None:
        """Begin before the first entry; ``part`` is (which, of how many)."""
        self._tx = tx
        self._state = state
        self._trust = trust
        self._counts = counts
        self._part, self._parts = part
        self._ends: dict[bytes, StreamEnd] = {}

    def step(self, index: int, entry: bytes, leaf_hash: bytes) -> Iterator[Finding]:
        """Check that a record goes on where its stream stood."""
        if self._trust.read_entry is None:
            return
        try:
            link = self._trust.read_entry(entry).stream
        except EncodingError:
            return  # said by EntriesCheck
        if link is None or not self._is_mine(link.stream_id):
            return
        before = self._ends.get(link.stream_id)
        wanted = (0, bytes(HASH_BYTES)) if before is None else _follow(before)
        if (link.sequence, link.previous_hash) != wanted:
            said = (
                f"record {link.sequence} of stream {link.stream_id.hex()} where {wanted[0]} is due"
            )
            yield self._find(Fault.STREAM, f"entry {index}", said)
        self._ends[link.stream_id] = StreamEnd(
            link.stream_id, link.sequence, leaf_hash, link.erasure_key, link.published_minute
        )

    def finish(self) -> Iterator[Finding]:
        """Check the kept ends against the last records."""
        if self._trust.read_entry is None:
            return
        for kept in self._tx.streams.read(self._state.origin):
            if self._is_mine(kept.stream_id):
                self._counts.streams += 1
                found = self._ends.pop(kept.stream_id, None)
                if found != kept:
                    yield self._find(Fault.STREAM_END, f"stream {kept.stream_id.hex()}")
        for stream_id in self._ends:
            yield self._find(Fault.STREAM_END, f"stream {stream_id.hex()}", "is not kept")

    def _is_mine(self, stream_id: bytes) -> bool:
        return int.from_bytes(stream_id, "big") % self._parts == self._part

    def _find(self, fault: Fault, place: str, said: str = "") -> Finding:
        return Finding(fault, self._state.origin, place, said)


def _follow(end: StreamEnd) -> tuple[int, bytes]:
    return end.sequence + 1, end.leaf_hash
