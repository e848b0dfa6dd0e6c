"""Entries against tiles, tiles against each other, and against the roots that were promised.

A log is passed once, in order, tile by tile, with the right edge of its tree and one tile per
level in memory. Where entries and their tile of level 0 contradict each other, the tile above,
or for the last one the log's root, decides which of them was changed.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select

from fundtrace.store import schema
from fundtrace.store.findings import Counts, Fault, Finding
from fundtrace.store.fsck_roots import Roots
from fundtrace.store.session import Session
from fundtrace.store.values import LogState
from fundtrace.tlog.hashing import HASH_BYTES
from fundtrace.tlog.tiles import (
    LEVEL_MAX,
    TILE_HEIGHT,
    TILE_WIDTH,
    TileAddress,
    find_tile_width,
    hash_tile,
)
from fundtrace.tlog.tree import Frontier

Hashes = list[bytes | None]  # None: the entry is missing, and no tile has its hash


class TreeCheck:
    """The check of one log's tree, which is given its leaf hashes tile by tile."""

    def __init__(self, session: Session, state: LogState, roots: Roots, counts: Counts) -> None:
        """Begin before the first entry."""
        self._session = session
        self._state = state
        self._log_id = session.get_log(state.origin)
        self._roots = roots
        self._counts = counts
        self._edge: Frontier | None = Frontier()  # None: an entry's hash is not known any more
        self._uppers: list[Hashes] = []  # of each level from 1 up, the tile that is growing
        self.right: Hashes = []  # the hashes of the last tile of entries, as far as they are known

    def begin(self) -> Iterator[Finding]:
        """Check what was said of the empty tree."""
        yield from self._check_roots(0, [])

    def step(self, number: int, hashes: Hashes) -> Iterator[Finding]:
        """Check the entries of one tile of level 0, as wide as the log has them."""
        address = TileAddress(0, number, len(hashes))
        stored = self._read_tile(address)
        start = number * TILE_WIDTH
        for at in [at for at, one in enumerate(hashes) if one is None]:
            yield self._find(Fault.ENTRY_MISSING, f"entry {start + at}")
        if len(stored) != len(hashes):
            yield from self._find_width(address, stored)
        elif stored != hashes:
            fault = self._blame(number, hashes, stored)
            yield from self._compare(address, hashes, stored, fault)
            if fault is Fault.ENTRY or None in hashes:
                hashes = stored
        self.right = hashes
        yield from self._check_roots(start, hashes)
        yield from self._rise(0, number, hashes)

    def skip(self, start: int, end: int) -> Iterator[Finding]:
        """Note that all entries of whole tiles are missing; from here on no root is known."""
        yield self._find(Fault.ENTRY_MISSING, f"entries {start} to {end - 1}")
        self._edge = None

    def finish(self) -> Iterator[Finding]:
        """Check the partial tiles, the roots that are left, and tiles that should not be there."""
        if self._edge is not None:
            for at in range(len(self._uppers)):
                if self._uppers[at]:
                    index = self._state.size >> TILE_HEIGHT * (at + 2)
                    yield from self._check_upper(at + 1, index, self._uppers[at])
        yield from self._roots.finish(self._state, is_known=self._edge is not None)
        for level in range(LEVEL_MAX // TILE_HEIGHT + 1):
            yield from self._find_extra(level)

    def _compare(
        self, address: TileAddress, hashes: Hashes, stored: Hashes, fault: Fault
    ) -> Iterator[Finding]:
        """Say which of an entry and its hash in the tile was changed."""
        for at, (ours, kept) in enumerate(zip(hashes, stored, strict=True)):
            if ours is None or ours == kept:
                continue
            entry = f"entry {address.index * TILE_WIDTH + at}"
            tile = f"{address.full.path} hash {at}"
            if fault is Fault.TILE:
                yield self._find(Fault.TILE, tile, entry)
            else:
                yield self._find(fault, entry, tile)

    def _blame(self, number: int, hashes: Hashes, stored: Hashes) -> Fault:
        """Return whether entries or the tile of level 0 are wrong, by what stands above them."""
        if self._is_right(number, stored):
            return Fault.ENTRY
        return Fault.TILE if self._is_right(number, hashes) else Fault.ENTRY_OR_TILE

    def _is_right(self, number: int, hashes: Hashes) -> bool:
        known = [one for one in hashes if one is not None]
        if len(known) < len(hashes):
            return False
        if len(known) == TILE_WIDTH:
            above = find_tile_width(1, number // TILE_WIDTH, self._state.size)
            address = TileAddress(1, number // TILE_WIDTH, above)
            parents = self._read_tile(address)
            place = number % TILE_WIDTH
            if place < len(parents):
                return parents[place] == hash_tile(b"".join(known))
        if self._edge is None or number * TILE_WIDTH + len(known) != self._state.size:
            return False
        edge = Frontier.restore(self._edge.size, self._edge.hashes)
        edge.extend(known)
        return edge.root() == self._state.root_hash

    def _check_roots(self, start: int, hashes: Hashes) -> Iterator[Finding]:
        """Go on with the edge of the tree, and stop at each size that somebody named a root of."""
        known = [one for one in hashes if one is not None]
        if self._edge is None or len(known) < len(hashes):
            self._edge = None
            return
        end, done = start + len(hashes), 0
        while (size := self._roots.next_size) is not None and size <= end:
            self._edge.extend(known[done : size - start])
            done = size - start
            yield from self._roots.compare(size, self._edge.root())
        self._edge.extend(known[done:])

    def _rise(self, level: int, number: int, hashes: Hashes) -> Iterator[Finding]:
        """Put the root of a full tile into the tile above, and check that once it is full."""
        if len(hashes) < TILE_WIDTH or self._edge is None:
            return
        if level == len(self._uppers):
            self._uppers.append([])
        upper = self._uppers[level]
        upper.append(hash_tile(b"".join(one for one in hashes if one is not None)))
        if len(upper) == TILE_WIDTH:
            self._uppers[level] = []
            above = number // TILE_WIDTH
            yield from self._check_upper(level + 1, above, upper)
            yield from self._rise(level + 1, above, upper)

    def _check_upper(self, level: int, index: int, hashes: Hashes) -> Iterator[Finding]:
        address = TileAddress(level, index, len(hashes))
        stored = self._read_tile(address)
        if len(stored) != len(hashes):
            yield from self._find_width(address, stored)
            return
        for at, (ours, kept) in enumerate(zip(hashes, stored, strict=True)):
            if ours != kept:
                yield self._find(Fault.TILE, f"{address.full.path} hash {at}")

    def _find_width(self, address: TileAddress, stored: Hashes) -> Iterator[Finding]:
        if stored:
            said = f"{len(stored)} instead of {address.width} hashes"
            yield self._find(Fault.TILE, address.full.path, said)
        else:
            yield self._find(Fault.TILE_MISSING, address.full.path)

    def _find_extra(self, level: int) -> Iterator[Finding]:
        """Yield the tiles behind the last one of a level."""
        table = schema.tiles
        size = self._state.size
        full, rest = divmod(size >> TILE_HEIGHT * level, TILE_WIDTH)
        rows = self._session.list_rows(
            select(table.c.tile_index)
            .where(
                table.c.log_id == self._log_id,
                table.c.level == level,
                table.c.tile_index >= full + bool(rest),
            )
            .order_by(table.c.tile_index)
        )
        for row in rows:
            yield self._find(Fault.DANGLING, f"tile/{level}, index {row.tile_index}")

    def _read_tile(self, address: TileAddress) -> Hashes:
        """Return the stored hashes of a tile, whatever their number."""
        table = schema.tiles
        row = self._session.find_row(
            select(table.c.hashes).where(
                table.c.log_id == self._log_id,
                table.c.level == address.level,
                table.c.tile_index == address.index,
            )
        )
        if row is None:
            return []
        self._counts.tiles += 1
        data: bytes = row.hashes
        return [data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES)]

    def _find(self, fault: Fault, place: str, said: str = "") -> Finding:
        return Finding(fault, self._state.origin, place, said)
