"""One member's log, written entry by entry in real bytes, and a store of what mirrors keep."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cache

from fundtrace.ledger.erasure import (
    ErasureReason,
    ErasureStatement,
    derive_erasure_key,
    sign_erasure,
)
from fundtrace.ledger.kinds.entries import (
    ZERO_HASH,
    Entry,
    Erasure,
    HeaderContext,
    LogClosing,
    LogOpening,
    Record,
    RosterActivation,
    StreamTail,
    Tally,
)
from fundtrace.ledger.roster.activation import LogRoster, begin_log
from fundtrace.ledger.roster.chain import RosterChain
from fundtrace.ledger.streams import LoggedEntry, LogHead, LogRules, StreamEnd
from fundtrace.tlog.hashing import hash_leaf
from fundtrace.tlog.tree import Tree
from fundtrace.wire.entries import encode_context, encode_entry
from tests.support.judged_world import TAGS
from tests.support.records import make_hash
from tests.support.rosters import CONSORTIUM, begin, make_next, sign_document

ORIGIN = "b.bank.example/ledger/1"
ERASURE_SEED = make_hash("erasure seed")


@cache
def make_chain(versions: int = 1) -> RosterChain:
    """Return a chain of four banks, in which each later version has a longer retention."""
    chain = begin("abcd")
    for version in range(2, versions + 1):
        periods = replace(chain.latest.roster.periods, body_retention_days=3_653 + version)
        chain = chain.extend(sign_document(make_next(chain.latest, periods=periods), "abcd"))
    return chain


@dataclass
class Store:
    """What a mirror keeps of a log, in dictionaries."""

    head: LogHead
    roster: LogRoster
    streams: dict[bytes, StreamEnd] = field(default_factory=dict)
    entries: list[LoggedEntry] = field(default_factory=list)
    package: list[LoggedEntry] = field(default_factory=list)  # what is being taken

    def find_stream(self, stream_id: bytes) -> StreamEnd | None:
        return self.streams.get(stream_id)

    def find_record(self, index: int) -> Record | None:
        value = self.entries[index].value if index < len(self.entries) else None
        return value if isinstance(value, Record) else None

    def get_root(self, size: int) -> bytes:
        return Tree([one.leaf_hash for one in (*self.entries, *self.package)]).root(size)

    def take(self, entries: list[LoggedEntry], chain: RosterChain) -> None:
        """Apply a package of entries and keep what changed, or change nothing."""
        self.package = entries
        rules = LogRules(self.head, self.roster, chain, self)
        for entry in entries:
            rules.apply(entry)
        self.head, self.roster = rules.head, rules.roster
        self.streams |= {one.stream_id: one for one in rules.changed_streams}
        self.entries += entries
        self.package = []


def begin_store(origin: str = ORIGIN, chain: RosterChain | None = None, before=()) -> Store:
    """Return the empty store of a log."""
    roster = begin_log(chain or make_chain(), origin, before)
    return Store(LogHead(CONSORTIUM, origin), roster)


class Writer:
    """Writes a log that keeps all rules, unless told to change something."""

    def __init__(self, origin: str = ORIGIN, version: int = 1) -> None:
        self.origin = origin
        self.version = version
        self.entries: list[LoggedEntry] = []

    @property
    def root(self) -> bytes:
        return Tree([one.leaf_hash for one in self.entries]).root()

    def add(self, value: Entry) -> LoggedEntry:
        encoded = encode_entry(value)
        entry = LoggedEntry(len(self.entries), hash_leaf(encoded), len(encoded), value)
        self.entries.append(entry)
        return entry

    def list_records(self, stream_id: bytes) -> list[LoggedEntry]:
        return [
            one
            for one in self.entries
            if isinstance(one.value, Record) and one.value.context.stream_id == stream_id
        ]

    def make_record(self, stream: str = "one", **changes) -> Record:
        stream_id = make_hash(stream)[:16]
        before = self.list_records(stream_id)
        values = {
            "consortium": CONSORTIUM,
            "origin": self.origin,
            "roster_version": self.version,
            "stream_id": stream_id,
            "sequence": len(before),
            "previous_hash": before[-1].leaf_hash if before else ZERO_HASH,
            "key_commitment": make_hash("commitment"),
            "published_minute": 1_000 + len(self.entries),
            "key_epoch": 1,
            "reader_tags": TAGS,
            "erasure_key": derive_erasure_key(ERASURE_SEED),
        }
        context = HeaderContext(**values | changes)
        return Record(context, encode_context(context), make_hash(f"body {len(self.entries)}"))

    def record(self, stream: str = "one", **changes) -> LoggedEntry:
        return self.add(self.make_record(stream, **changes))

    def make_tally(self, *streams: str, size: int | None = None) -> Tally:
        ends = [self.list_records(make_hash(one)[:16])[-1] for one in streams]
        tails = [
            StreamTail(one.value.context.stream_id, one.value.context.sequence, one.leaf_hash)
            for one in ends
        ]
        ordered = tuple(sorted(tails, key=lambda one: one.stream_id))
        return Tally(len(self.entries) if size is None else size, ordered)

    def make_erasure(
        self, index: int, reason=ErasureReason.RETENTION_OVER, seed=ERASURE_SEED
    ) -> Erasure:
        value = self.entries[index].value
        body_hash = value.body_hash if isinstance(value, Record) else make_hash("no body")
        statement = ErasureStatement(CONSORTIUM, self.origin, index, body_hash, reason)
        return Erasure(index, body_hash, reason, sign_erasure(seed, statement))

    def activate(self, chain: RosterChain, version: int) -> LoggedEntry:
        self.version = version
        return self.add(RosterActivation(version, chain.get_version(version).hash))

    def make_closing(self) -> LogClosing:
        return LogClosing(len(self.entries), self.root, ())

    def make_opening(self, previous: str) -> LogOpening:
        return LogOpening(previous, 7, make_hash("root of the epoch before"), ())
