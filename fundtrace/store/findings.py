"""What a check of a store found, as values: where, and what is wrong there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from fundtrace.tlog.keys import VerifierKey
from fundtrace.tlog.quorum import QuorumPolicy


class Fault(StrEnum):
    """What can be wrong with a place of a store."""

    DATABASE = "database"  # the database's own check fails, or it cannot read a part
    LOG = "log"  # a log's state is not that of its entries
    ENTRY = "entry"  # an entry is not the one that the tree has the hash of
    ENTRY_OR_TILE = "entry_or_tile"  # they contradict each other, and nothing decides
    ENTRY_MISSING = "entry_missing"
    ENTRY_UNREADABLE = "entry_unreadable"  # its bytes are right, but no entry of ours
    TILE = "tile"
    TILE_MISSING = "tile_missing"
    ROOT = "root"  # a promised or final head has another root than the entries
    ROOT_UNCHECKED = "root_unchecked"
    HEAD = "head"  # a signed head of an own log
    SIGNATURE = "signature"
    FINAL = "final"
    MIRROR = "mirror"
    COSIGNATURE = "cosignature"
    FORK = "fork"  # evidence that does not read
    BODY = "body"
    BODY_MISSING = "body_missing"  # no row, though the entry has a body
    ERASURE = "erasure"  # an erased body without its order
    STREAM = "stream"  # a gap or a wrong link between records of one stream
    STREAM_END = "stream_end"  # the kept end of a stream is not its last record
    RECORD = "record"  # a record id that points nowhere
    DANGLING = "dangling"  # a row of nothing


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault: the log ("" for the store), the place in it, and what was read there."""

    fault: Fault
    origin: str
    place: str
    said: str = ""


@dataclass(frozen=True, slots=True)
class StreamLink:
    """What a record's header says of its stream."""

    stream_id: bytes
    sequence: int
    previous_hash: bytes
    erasure_key: bytes
    published_minute: int


@dataclass(frozen=True, slots=True)
class EntryFacts:
    """What a check needs to know of one entry; all None for other entries in clear.

    ``erases`` is (entry index, body hash) of the body that the entry orders to erase.
    """

    body_hash: bytes | None = None
    stream: StreamLink | None = None
    erases: tuple[int, bytes] | None = None


ReadEntry = Callable[[bytes], EntryFacts]  # raises EncodingError


@dataclass(frozen=True, slots=True)
class Trust:
    """What the caller of a check knows: keys of logs, quorums, how to read entries.

    What is missing is not checked: a log without key has its heads read but not verified,
    without ``read_entry`` no stream is followed and no body is demanded.
    """

    keys: Mapping[str, VerifierKey] = field(default_factory=dict)
    policies: Mapping[str, QuorumPolicy] = field(default_factory=dict)
    read_entry: ReadEntry | None = None


@dataclass(slots=True)
class Counts:
    """How much a check looked at."""

    logs: int = 0
    entries: int = 0
    bodies: int = 0
    tiles: int = 0
    heads: int = 0
    signatures: int = 0
    streams: int = 0
    problems: int = 0
