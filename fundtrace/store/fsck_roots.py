"""The roots of a log that somebody relies on: its own state, heads, finals, its mirror's marks.

They come by size, so that one pass over the entries meets each of them.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass

from fundtrace.store.findings import Fault, Finding
from fundtrace.store.tx import Tx
from fundtrace.store.values import LogState
from fundtrace.tlog.mirror_state import MirrorState


@dataclass(frozen=True, slots=True)
class NamedRoot:
    """A root that is said to be the log's at a size, and who says so."""

    size: int
    root_hash: bytes
    fault: Fault
    place: str


def list_roots(tx: Tx, state: LogState, mirror: MirrorState | None) -> Iterator[NamedRoot]:
    """Yield every root that is said of a log, by size; ``mirror`` is None where it is damaged."""
    heads = (
        NamedRoot(one.size, one.root_hash, Fault.ROOT, f"head {one.size}")
        for one in tx.heads.read(state.origin)
    )
    finals = (
        NamedRoot(one.size, one.root_hash, Fault.ROOT, f"final {one.size}")
        for one in tx.finals.read(state.origin)
    )
    marks = [] if mirror is None else _list_marks(mirror, state.size)
    log = [NamedRoot(state.size, state.root_hash, Fault.LOG, f"size {state.size}")]
    return heapq.merge(heads, finals, iter(marks), iter(log), key=lambda one: one.size)


def _list_marks(mirror: MirrorState, size: int) -> list[NamedRoot]:
    edges = {
        "stored": mirror.stored,
        "durable": mirror.durable,
        "cosigned": mirror.cosigned_edge,
    }
    marks = [(edge.size, edge.root(), name) for name, edge in edges.items()]
    if mirror.pending is not None and mirror.pending_size <= size:
        marks.append((mirror.pending_size, mirror.pending.checkpoint.root_hash, "pending"))
    return [
        NamedRoot(at, root, Fault.MIRROR, f"mirror, {name} {at}")
        for at, root, name in sorted(marks)
    ]


class Roots:
    """Named roots in the order of their sizes."""

    def __init__(self, origin: str, named: Iterator[NamedRoot]) -> None:
        """Begin with the smallest."""
        self._origin = origin
        self._named = named
        self._next = next(named, None)

    @property
    def next_size(self) -> int | None:
        """The size of the next root, None behind the last."""
        return None if self._next is None else self._next.size

    def compare(self, size: int, root_hash: bytes) -> Iterator[Finding]:
        """Check all roots of one size against the one that the entries lead to."""
        while self._next is not None and self._next.size == size:
            if self._next.root_hash != root_hash:
                yield Finding(self._next.fault, self._origin, self._next.place)
            self._next = next(self._named, None)

    def finish(self, state: LogState, *, is_known: bool) -> Iterator[Finding]:
        """Say which roots were not reached: beyond the log, or behind a missing entry."""
        while self._next is not None:
            is_beyond = self._next.size > state.size
            if is_beyond:
                said = f"the log ends at size {state.size}"
                yield Finding(self._next.fault, self._origin, self._next.place, said)
            elif not is_known:
                yield Finding(Fault.ROOT_UNCHECKED, self._origin, self._next.place)
            self._next = next(self._named, None)
