"""What a return needs to know of the movement that it takes back.

Kept only for movements that some other movement reverses: the lots that it brought (under
pro_rata: units by source), what rests at a place because of it, and which first uses it
made. A returned piece is marked, arrives as deep as it was, and is fresh again where the
returned movement had made its first use.
"""

from __future__ import annotations

from dataclasses import dataclass

from fundtrace.model.tables import NO_ROW, Tables
from fundtrace.trace.holding import OWN, Holding, Lot, Piece, split_piece
from fundtrace.trace.places import PlaceKey
from fundtrace.trace.result import PassResult


@dataclass(slots=True)
class _Landing:
    """Fresh value that a movement brought to a place beyond the borrower."""

    units: int
    fresh: int
    place: PlaceKey


class Returns:
    """The memory of movements that are later returned, in one pass."""

    def __init__(self, tables: Tables, result: PassResult) -> None:
        """Note which movements are ever reversed."""
        self._result = result
        self._rows = {row for row in tables.movements.reverses.tolist() if row != NO_ROW}
        self._lots: dict[int, list[Lot]] = {}
        self._units: dict[int, dict[int, int]] = {}  # by movement and source, not yet returned
        self._rested: dict[int, list[tuple[Lot, PlaceKey]]] = {}
        self._landed: dict[tuple[int, int], list[_Landing]] = {}

    def note_arrival(self, row: int, lots: list[Lot], pieces: list[Piece]) -> None:
        """Remember the lots that a movement became (own money where the scope ended there)."""
        if row not in self._rows:
            return
        self._lots[row] = lots
        units = self._units[row] = {}
        for lot, piece in zip(lots, pieces, strict=True):
            units[lot.source] = units.get(lot.source, 0) + piece.units

    def note_landing(self, row: int, piece: Piece, place: PlaceKey) -> None:
        """Remember a first use that a movement made."""
        if row in self._rows:
            entries = self._landed.setdefault((row, piece.source), [])
            entries.append(_Landing(piece.units, piece.fresh, place))

    def note_rest(self, row: int, piece: Piece, fresh: int, place: PlaceKey) -> None:
        """Remember what rests at a place because of a movement."""
        if row in self._rows and piece.units:
            depth = piece.depth if piece.is_returned else piece.depth + 1
            lot = Lot(piece.source, piece.units, piece.value, fresh, depth, (row,))
            self._rested.setdefault(row, []).append((lot, place))

    def take_held(self, holding: Holding, row: int, units: int) -> list[Piece]:
        """Take the lots that ``row`` brought and that the account still holds, in order.

        Under pro_rata, per source at most what it brought and what is held.
        """
        pieces: list[Piece] = []
        brought = self._units.get(row, {})
        for lot in self._lots.get(row, ()):
            held: Lot | None = lot
            if holding.is_pooled:  # money that the scope let rest since lies with own money
                source = OWN if lot.source in holding.disowned else lot.source
                held = holding.by_source.get(source)
            if held is None:
                continue
            share = min(held.left, units)
            if holding.is_pooled:
                share = min(share, brought.get(lot.source, 0))
                brought[lot.source] = brought.get(lot.source, 0) - share
            if share:
                units -= share
                pieces.append(self._mark(holding.draw(held, share), row))
        return pieces

    def swap_rested(self, pieces: list[Piece], row: int) -> list[Piece]:
        """Put what rests because of ``row`` in the place of own money among ``pieces``."""
        units = sum(piece.units for piece in pieces if piece.source == OWN)
        swapped: list[Piece] = []
        for lot, place in self._rested.get(row, ()):
            share = min(lot.left, units)
            if share:
                piece = lot.take(share)
                units -= share
                self._result.add_rest(piece.source, place, -piece.value, -piece.fresh)
                swapped.append(self._mark(piece, row))
        over = sum(piece.units for piece in swapped)
        kept: list[Piece] = []
        for piece in pieces:
            part = min(over, piece.units) if piece.source == OWN else 0
            over -= part
            _, rest = split_piece(piece, part)
            if rest is not None:
                kept.append(rest)
        return swapped + kept

    def _mark(self, piece: Piece, row: int) -> Piece:
        """Mark a piece as returned and make its share of a first use fresh again."""
        if piece.source == OWN:
            return piece
        units, room, restored = piece.units, piece.value - piece.fresh, 0
        for entry in self._landed.get((row, piece.source), ()):
            part = min(units, entry.units)
            if not part:
                continue
            fresh = min(entry.fresh * part // entry.units, room - restored)
            entry.units -= part
            entry.fresh -= fresh
            self._result.add_first_use(piece.source, entry.place, -fresh)
            units -= part
            restored += fresh
        return piece._replace(fresh=piece.fresh + restored, is_returned=True)
