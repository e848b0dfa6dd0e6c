"""What rests on one account under one attribution rule: an ordered list of lots.

A lot has a source (one loan, or own money), units (minor units of the account's currency)
and, if traced, a value (minor units of the loan's currency, its share of the principal).
Lots stand in the order in which they arrived; nothing but the rule decides which go first.

Two readings settled here:

- **Splitting is cumulative over a lot's life**: the first u of its n units carry
  floor(value x u / n), whoever takes them and in how many steps. So a payment made in two
  parts takes what one payment would take, and the last unit takes what is left.
- **Fresh value** is the part of a lot's value that has not yet reached an account that is
  not the borrower's. It is split like value. It makes the statement of first uses exact
  where loan money that has been away mixes with loan money that has not.

Under pro_rata a holding has one lot per source; an arrival joins it, and its depth is the
least since the source was last empty. Otherwise own lots and traced lots stand in two
queues with one numbering, so that every rule takes its next lot in constant time.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import NamedTuple

# LIMIT: under pro_rata a source that is never empty would name all its arrivals as parents of
# each payment, which grows with their product; the newest 100 are named.
PARENTS_MAX = 100

OWN = -1  # the source of money that is no loan's; loans are their rank in loan order


class Piece(NamedTuple):
    """A segment of a movement: taken from one lot, on its way to become another."""

    source: int
    units: int
    value: int = 0
    fresh: int = 0
    depth: int = 0  # of the lot that it was taken from
    parents: tuple[int, ...] = ()
    lot: Lot | None = None
    is_returned: bool = False  # goes back along the movement that brought it


@dataclass(slots=True)
class Lot:
    """A part of a holding; ``units``, ``value`` and ``fresh`` are as they arrived."""

    source: int
    units: int
    value: int
    fresh: int
    depth: int  # movements since the disbursement; 0 for own money
    parents: tuple[int, ...]  # rows of the movements that brought it
    number: int = 0  # order of arrival on the account
    taken: int = 0  # units gone, from the front
    fees: int = 0  # of these, units gone to fees

    @property
    def left(self) -> int:
        """Return the units still there."""
        return self.units - self.taken

    @property
    def value_left(self) -> int:
        """Return the value still there."""
        return self.value - self.value * self.taken // self.units

    @property
    def fresh_left(self) -> int:
        """Return the fresh value still there."""
        return self.fresh - self.fresh * self.taken // self.units

    def take(self, units: int) -> Piece:
        """Take units from the front; the caller keeps the holding's balance."""
        start, end, whole = self.taken, self.taken + units, self.units
        self.taken = end
        if self.source == OWN:
            return Piece(OWN, units, lot=self)
        value = self.value * end // whole - self.value * start // whole
        fresh = self.fresh * end // whole - self.fresh * start // whole
        return Piece(self.source, units, value, fresh, self.depth, self.parents, self)


class Arrival(NamedTuple):
    """Lots that one credit brought, for rule ``specific``."""

    at: int
    lots: tuple[Lot, ...]


class Holding:
    """The lots of one account under one rule, and its overdraft."""

    __slots__ = (
        "_number",
        "arrivals",
        "balance",
        "by_source",
        "disowned",
        "fees_paid",
        "is_pooled",
        "overdraft_limit",
        "overdrawn",
        "own",
        "traced",
        "window_ends_at",
    )

    def __init__(self, *, is_pooled: bool, overdraft_limit: int) -> None:
        """Start empty; ``is_pooled`` keeps one lot per source."""
        self.own: deque[Lot] = deque()
        self.traced: deque[Lot] = deque()
        self.by_source: dict[int, Lot] = {}  # instead of the queues, where pooled
        self.disowned: set[int] = set()  # sources that the scope let rest here, where pooled
        self.arrivals: dict[tuple[bool, int], deque[Arrival]] = {}  # rule specific; see rules
        self.balance = 0  # units of all lots
        self.overdrawn = 0  # units borrowed from the bank and not yet repaid
        self.overdraft_limit = overdraft_limit
        self.fees_paid = 0  # units of fees ever paid
        self.is_pooled = is_pooled
        self.window_ends_at: int | None = None  # first scope window that may end traced lots
        self._number = 0

    def append_lot(self, piece: Piece, units: int, depth: int, parents: tuple[int, ...]) -> Lot:
        """Append ``piece`` as the newest lot of ``units``; pooled, join it to its source."""
        self.balance += units
        self._number += 1
        lot = Lot(piece.source, units, piece.value, piece.fresh, depth, parents, self._number)
        if not self.is_pooled:
            (self.own if piece.source == OWN else self.traced).append(lot)
            return lot
        before = self.by_source.get(piece.source)
        if before is not None:
            lot.units += before.left
            lot.value += before.value_left
            lot.fresh += before.fresh_left
            lot.depth = min(depth, before.depth)
            lot.parents = tuple(dict.fromkeys(before.parents + parents))[-PARENTS_MAX:]
        self.by_source[piece.source] = lot
        return lot

    def append_own(self, units: int) -> Lot:
        """Append own money as the newest lot."""
        return self.append_lot(Piece(OWN, units), units, 0, ())

    def draw(self, lot: Lot, units: int) -> Piece:
        """Take units of one lot out of the account."""
        self.balance -= units
        piece = lot.take(units)
        if self.is_pooled and not lot.left:
            del self.by_source[lot.source]
        return piece

    def list_traced(self) -> list[Lot]:
        """Return the traced lots with anything left, oldest first."""
        if self.is_pooled:
            return [lot for source, lot in self.by_source.items() if source != OWN]
        return [lot for lot in self.traced if lot.left]

    def find_oldest_own(self) -> Lot | None:
        """Return the oldest own lot with anything left."""
        return _first(self.own)

    def find_oldest_traced(self) -> Lot | None:
        """Return the oldest traced lot with anything left."""
        return _first(self.traced)

    def find_oldest(self) -> Lot | None:
        """Return the oldest lot of any source with anything left."""
        own, traced = _first(self.own), _first(self.traced)
        if own is None or traced is None:
            return own or traced
        return own if own.number < traced.number else traced

    def find_newest(self) -> Lot | None:
        """Return the newest lot of any source with anything left."""
        own, traced = _last(self.own), _last(self.traced)
        if own is None or traced is None:
            return own or traced
        return own if own.number > traced.number else traced

    def disown(self, lots: list[Lot]) -> None:
        """Turn traced lots into own money where they stand (scope: they are followed no more)."""
        if self.is_pooled:
            for lot in lots:
                self.disowned.add(lot.source)
                del self.by_source[lot.source]
                self.balance -= lot.left
                self.append_own(lot.left)
            return
        for lot in lots:
            lot.source, lot.value, lot.fresh, lot.depth, lot.parents = OWN, 0, 0, 0, ()
        self.traced = deque(lot for lot in self.traced if lot.source != OWN)
        self.own = deque(sorted((*self.own, *lots), key=lambda lot: lot.number))


def split_piece(piece: Piece, units: int) -> tuple[Piece | None, Piece | None]:
    """Split a piece into its first ``units`` and the others; None for an empty side."""
    if units <= 0:
        return None, piece
    if units >= piece.units:
        return piece, None
    value, fresh = piece.value * units // piece.units, piece.fresh * units // piece.units
    first = piece._replace(units=units, value=value, fresh=fresh)
    rest = piece._replace(
        units=piece.units - units, value=piece.value - value, fresh=piece.fresh - fresh
    )
    return first, rest


def merge_own(pieces: list[Piece]) -> list[Piece]:
    """Join own pieces that stand beside each other: own money has no seams."""
    merged: list[Piece] = []
    for piece in pieces:
        if piece.source == OWN and merged and merged[-1].source == OWN:
            merged[-1] = Piece(OWN, merged[-1].units + piece.units)
        else:
            merged.append(piece)
    return merged


def _first(lots: deque[Lot]) -> Lot | None:
    while lots and not lots[0].left:
        lots.popleft()
    return lots[0] if lots else None


def _last(lots: deque[Lot]) -> Lot | None:
    while lots and not lots[-1].left:
        lots.pop()
    return lots[-1] if lots else None
