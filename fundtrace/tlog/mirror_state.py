"""What a mirror knows of one log: a value that is written and read back byte for byte.

Three sizes, each no larger than the next: cosigned, durable, stored; and the pending head, to
which everything stored was proven. For each of the three the right edge of the tree is kept, so
that the mirror can go on from there without reading its entries again. The store keeps the
encoded bytes and replaces them only where they still are what was read.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Self

from fundtrace.errors import EncodingError
from fundtrace.tlog.checkpoint import SignedCheckpoint, parse_checkpoint
from fundtrace.tlog.lines import (
    check_own_name,
    parse_base64,
    parse_decimal,
    parse_hash,
    parse_text,
    split_lines,
)
from fundtrace.tlog.note import parse_note
from fundtrace.tlog.tree import Frontier

STATE_HEADER: Final = b"fundtrace mirror state v1"
_NONE: Final = b"-"
_YES: Final = b"yes"


@dataclass(frozen=True, slots=True)
class Edge:
    """The right edge of a tree of ``size``: the roots of its complete subtrees, largest first."""

    size: int = 0
    hashes: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        """Refuse hashes that a tree of this size does not have."""
        Frontier.restore(self.size, self.hashes)

    @classmethod
    def of(cls, frontier: Frontier) -> Self:
        """Return the edge that a frontier has now."""
        return cls(frontier.size, frontier.hashes)

    def thaw(self) -> Frontier:
        """Return a frontier that goes on from here."""
        return Frontier.restore(self.size, self.hashes)

    def root(self) -> bytes:
        """Return the root of the tree."""
        return self.thaw().root()


@dataclass(frozen=True, slots=True)
class MirrorState:
    """All that a mirror must not forget about one log.

    ``stored`` entries were proven to lie under ``pending``; ``durable`` ones are known to
    survive a crash; up to ``cosigned``, the largest head ever cosigned, the mirror has said that
    they do. Three things end the cosigning for good: ``fork``, two contradicting heads that were
    seen, ours first; ``is_silent``, the promise that a closing statement makes; and ``closing``,
    the head at which the consortium closed the log. Once closed, the mirror holds what lies under
    that head, which may leave out some of what it cosigned: ``cosigned_edge`` is what is left.
    """

    origin: str
    stored: Edge = Edge()
    durable: Edge = Edge()
    cosigned_edge: Edge = Edge()
    pending: SignedCheckpoint | None = None
    cosigned: SignedCheckpoint | None = None
    closing: SignedCheckpoint | None = None
    fork: tuple[bytes, bytes] | None = None
    is_silent: bool = False

    def __post_init__(self) -> None:
        """Refuse a state that the steps of ``mirror`` never reach."""
        check_own_name(self.origin, "an origin")
        heads = (self.pending, self.cosigned, self.closing)
        if any(head is not None and head.checkpoint.origin != self.origin for head in heads):
            raise EncodingError(f"the mirror state of {self.origin} holds a head of another log")
        sizes = (self.cosigned_edge.size, self.durable.size, self.stored.size, self.pending_size)
        if list(sizes) != sorted(sizes):
            raise EncodingError(
                f"a mirror has cosigned <= durable <= stored <= pending, not {sizes}"
            )
        for head, edge in ((self.pending, self.stored), (self.cosigned, self.cosigned_edge)):
            if head is None or edge.size != head.checkpoint.size:
                continue
            if edge.root() != head.checkpoint.root_hash:
                raise EncodingError(
                    f"the mirror state of {self.origin} has an edge of another head"
                )
        cosigned_size = self.cosigned.checkpoint.size if self.cosigned else 0
        left = self.cosigned_edge.size
        if left > cosigned_size or (left < cosigned_size and self.closing is None):
            raise EncodingError("a mirror keeps the edge of the head that it cosigned")

    @property
    def pending_size(self) -> int:
        """The size of the pending head, 0 before the first."""
        return self.pending.checkpoint.size if self.pending else 0

    @property
    def is_frozen(self) -> bool:
        """Whether a fork was seen and the log is not closed yet: nothing of it is taken."""
        return self.fork is not None and self.closing is None

    def encode(self) -> bytes:
        """Return the bytes to keep; equal states have equal bytes."""
        lines = [STATE_HEADER, b"origin " + self.origin.encode()]
        for name, edge in _list_edges(self):
            hashes = b"".join(b" " + b64encode(one) for one in edge.hashes)
            lines.append(b"%s %d" % (name, edge.size) + hashes)
        for name, head in _list_heads(self):
            lines.append(name + b" " + (_NONE if head is None else b64encode(head.encode())))
        fork = _NONE if self.fork is None else b" ".join(b64encode(one) for one in self.fork)
        silent = _YES if self.is_silent else _NONE
        return b"\n".join([*lines, b"fork " + fork, b"silent " + silent, b""])


def parse_mirror_state(data: bytes) -> MirrorState:
    """Return the state that these bytes of our own are, or raise EncodingError.

    Signatures in it were verified before it was written and are not verified again.
    """
    lines = iter(split_lines(data, "a mirror state"))
    if next(lines) != STATE_HEADER:
        raise EncodingError(f"a mirror state begins with the line {STATE_HEADER.decode()}")
    origin = parse_text(b" ".join(_take(lines, b"origin")), "an origin")
    state = MirrorState(
        origin,
        stored=_parse_edge(_take(lines, b"stored")),
        durable=_parse_edge(_take(lines, b"durable")),
        cosigned_edge=_parse_edge(_take(lines, b"cosigned_edge")),
        pending=_parse_head(_take(lines, b"pending")),
        cosigned=_parse_head(_take(lines, b"cosigned")),
        closing=_parse_head(_take(lines, b"closing")),
        fork=_parse_fork(_take(lines, b"fork")),
        is_silent=_parse_mark(_take(lines, b"silent")),
    )
    if next(lines, None) is not None:
        raise EncodingError("a mirror state has nothing behind its last line")
    return state


def _list_edges(state: MirrorState) -> tuple[tuple[bytes, Edge], ...]:
    return (
        (b"stored", state.stored),
        (b"durable", state.durable),
        (b"cosigned_edge", state.cosigned_edge),
    )


def _list_heads(state: MirrorState) -> tuple[tuple[bytes, SignedCheckpoint | None], ...]:
    return (
        (b"pending", state.pending),
        (b"cosigned", state.cosigned),
        (b"closing", state.closing),
    )


def _take(lines: Iterator[bytes], name: bytes) -> list[bytes]:
    fields = next(lines, b"").split(b" ")
    if fields[0] != name or len(fields) == 1:
        raise EncodingError(f"a mirror state needs the line {name.decode()} here")
    return fields[1:]


def _parse_edge(fields: list[bytes]) -> Edge:
    size = parse_decimal(fields[0], "the size of an edge")
    return Edge(size, tuple(parse_hash(one, "a hash of an edge") for one in fields[1:]))


def _parse_head(fields: list[bytes]) -> SignedCheckpoint | None:
    if fields == [_NONE]:
        return None
    if len(fields) != 1:
        raise EncodingError("a head in a mirror state is one note in base64, or a dash")
    note = parse_note(parse_base64(fields[0], "a head in a mirror state"))
    return SignedCheckpoint(parse_checkpoint(note.text), note)


def _parse_fork(fields: list[bytes]) -> tuple[bytes, bytes] | None:
    if fields == [_NONE]:
        return None
    if len(fields) != 2:
        raise EncodingError("a fork in a mirror state is two notes in base64, or a dash")
    ours, theirs = (parse_base64(one, "a head of a fork") for one in fields)
    return ours, theirs


def _parse_mark(fields: list[bytes]) -> bool:
    if fields not in ([_NONE], [_YES]):
        raise EncodingError("a mark in a mirror state is yes or a dash")
    return fields == [_YES]
