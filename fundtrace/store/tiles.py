"""Tiles of all logs: full ones never change, the last one of a level grows until it is full.

A row holds the hashes of one tile. A tile of fewer hashes than are stored is their beginning, so
each partial tile that was ever promised stays readable. Whoever reads by ``path`` gets what C2SP
tlog-tiles serves below a log's prefix, entry bundles too.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select

from fundtrace.errors import UnavailableError
from fundtrace.store import schema
from fundtrace.store.session import Session
from fundtrace.store.values import LogState
from fundtrace.tlog.bundles import encode_entry_bundle
from fundtrace.tlog.hashing import HASH_BYTES
from fundtrace.tlog.tile_reader import TileReader
from fundtrace.tlog.tiles import (
    LEVEL_MAX,
    TILE_HEIGHT,
    TILE_WIDTH,
    Tile,
    TileEdge,
    build_tiles,
    parse_tile_path,
)


class Tiles:
    """The tiles of all logs."""

    def __init__(self, session: Session) -> None:
        """Work within a Tx."""
        self._session = session

    def read_path(self, origin: str, path: str) -> bytes | None:
        """Return what lies at ``path`` below the log's prefix, or None where nothing does.

        Raises EncodingError for what is no tile's path, NotFoundError for an unknown log.
        """
        address = parse_tile_path(path)
        log_id = self._session.get_log(origin)
        if address.level is None:
            return self._read_bundle(log_id, address.index, address.width)
        return self._read(log_id, address.level, address.index, address.width)

    def open_reader(self, state: LogState) -> TileReader:
        """Return a reader of the log at this state, which makes its proofs and reads entries."""
        return TileReader(state.size, lambda path: self.read_path(state.origin, path))

    def extend(self, before: LogState, leaf_hashes: Sequence[bytes]) -> bytes:
        """Write the tiles that further leaves add; return the root that they lead to.

        Part of an append: the caller moves the log's state in the same Tx. Raises
        UnavailableError where the stored tiles do not lead to the root of ``before``.
        """
        edge = TileEdge.load(before.size, lambda path: self.read_path(before.origin, path))
        if edge.root() != before.root_hash:
            raise UnavailableError(
                f"the tiles of {before.origin} do not lead to its root at size {before.size}: the "
                "store is damaged; stop, keep a copy and run fundtrace ledger fsck"
            )
        built = build_tiles(edge, leaf_hashes)
        log_id = self._session.get_log(before.origin)
        grown = {(tile.address.level, tile.address.index) for tile in edge.tiles}
        fresh = [one for one in built.tiles if (one.address.level, one.address.index) not in grown]
        self._session.insert_rows(
            schema.tiles,
            [(log_id, one.address.level, one.address.index, one.data) for one in fresh],
        )
        for one in built.tiles:
            if (one.address.level, one.address.index) in grown:
                self._grow(log_id, one)
        return built.edge.root()

    def cut(self, before: LogState, size: int) -> bytes:
        """Cut the tiles back to those of a smaller tree; return its root. Part of a drop."""
        edge = TileEdge.load(size, lambda path: self.read_path(before.origin, path))
        log_id = self._session.get_log(before.origin)
        table = schema.tiles
        for level in range(LEVEL_MAX // TILE_HEIGHT + 1):
            here = (table.c.log_id == log_id, table.c.level == level)
            first = size >> TILE_HEIGHT * (level + 1)
            self._session.change(table.delete().where(*here, table.c.tile_index >= first))
        self._session.insert_rows(
            table, [(log_id, one.address.level, one.address.index, one.data) for one in edge.tiles]
        )
        return edge.root()

    def _grow(self, log_id: int, tile: Tile) -> None:
        table = schema.tiles
        self._session.change_one(
            table.update()
            .where(
                table.c.log_id == log_id,
                table.c.level == tile.address.level,
                table.c.tile_index == tile.address.index,
                func.length(table.c.hashes) < len(tile.data),
            )
            .values(hashes=tile.data),
            f"{tile.address.path} is stored with other hashes; read the log again",
        )

    def _read(self, log_id: int, level: int, index: int, width: int) -> bytes | None:
        table = schema.tiles
        row = self._session.find_row(
            select(table.c.hashes).where(
                table.c.log_id == log_id, table.c.level == level, table.c.tile_index == index
            )
        )
        if row is None or len(row.hashes) < width * HASH_BYTES:
            return None
        return bytes(row.hashes[: width * HASH_BYTES])

    def _read_bundle(self, log_id: int, index: int, width: int) -> bytes | None:
        table = schema.entries
        first = index * TILE_WIDTH
        rows = self._session.list_rows(
            select(table.c.entry)
            .where(
                table.c.log_id == log_id,
                table.c.entry_index >= first,
                table.c.entry_index < first + width,
            )
            .order_by(table.c.entry_index)
        )
        if len(rows) < width:
            return None
        return encode_entry_bundle([row.entry for row in rows])
