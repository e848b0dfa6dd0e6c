"""One pass of all movements through all holdings under one attribution rule: the reference.

**All loans are traced together**; the trail of one loan is a selection from the result.
Each movement is a debit event, which takes pieces out of the debit account by the rule,
and a credit event, which appends them to the credit account in the order in which they
were taken. docs/tracing.md is the definition; the rules are in ``rules``, the order of
events in ``order``, places and their classes in ``places``. Settled here, where that text
leaves two readings (each choice conserves):

- **Disbursement**: one loan that names a movement smaller than its principal is drawn to
  the movement's amount and the rest is undrawn; several that name one movement must fit in
  it together. A loan disbursed after the time asked is undrawn.
- **Depth** belongs to lots: a piece arrives one deeper than it left, a returned piece as
  deep as it was. A hop's depth is the least depth of the lots it takes, plus one.
- **Returns** also take back what rests at an absorbing place because of the returned
  movement (a rejected payment to a bank that is no member must not turn loan money into
  own money), and undo the first use that the movement made. They are exempt from the
  payee rule and from the scope's amount limit.
- **Conversion**: own pieces that stand beside each other are one segment, however many lots
  they came from: by how many payments own money once arrived says nothing about a loan.
- **Scope window**: at the first event after it on an account, that account's lots of the
  loan rest there and become own money where they stand; at the end of the pass likewise.
- **Scope hops**: what arrives at the last allowed depth rests there and becomes own money;
  so does what a return brings back from that depth.
- **Scope part**: a piece that arrives with less value than the limit, after what repays an
  overdraft, rests there and becomes own money; so does one that a return brings back. What
  a disbursement brings is exempt, however small. At the last allowed depth the hops are
  the reason, not the size.
- **Scope amount**: traced value of a loan's hops adds up to at most the limit; the piece
  that crosses it is split.
- **Overdraft**: an opening balance below zero is borrowed already, whatever the limit.

Python integers are exact, so no amount overflows here; the tables bound them to int64.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from fundtrace.model.instants import DAY_MICROSECONDS
from fundtrace.model.kinds import EndReason, MovementKind, Rule
from fundtrace.model.tables import MOVEMENT_KINDS, NO_ROW, OUTSIDE
from fundtrace.trace.holding import OWN, Holding, Lot, Piece, merge_own, split_piece
from fundtrace.trace.inputs import TraceInput
from fundtrace.trace.places import PlaceKey
from fundtrace.trace.result import HopRow, PassResult, Scope
from fundtrace.trace.returns import Returns
from fundtrace.trace.rules import TAKES, register_arrival, split_largest_remainder

_FEE = MOVEMENT_KINDS.index(MovementKind.FEE)


_EVENTS_PER_REPORT = 10_000


def trace_all(
    given: TraceInput,
    rule: Rule,
    scope: Scope | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> PassResult:
    """Run every event under one conserving rule and return what became of every loan.

    Costs one step per event and per lot taken. ``progress`` hears (events done, events in
    all) now and then. Raises KeyError for exposure, which takes nothing (see ``exposure``).
    """
    return _Engine(given, rule, scope or Scope()).run(progress)


class _Engine:
    """The state of one pass."""

    def __init__(self, given: TraceInput, rule: Rule, scope: Scope) -> None:
        moves = given.tables.movements
        self.given, self.rule, self.scope = given, rule, scope
        self.take = TAKES[rule]
        self.places = given.places
        self.result = PassResult(rule, scope, given)
        self.returns = Returns(given.tables, self.result)
        self.holdings: dict[int, Holding] = {}
        self.in_flight: dict[int, list[Piece]] = {}  # debited, not yet credited, by movement
        self.followed: dict[int, int] = {}  # value of a loan's hops so far, for the amount limit
        # Columns as lists: Python reads them several times faster than numpy scalars.
        self.debit: list[int] = moves.debit.tolist()
        self.credit: list[int] = moves.credit.tolist()
        self.amount: list[int] = moves.amount_minor.tolist()
        self.credit_amount: list[int] = moves.credit_minor.tolist()
        self.kind: list[int] = moves.kind.tolist()
        self.reverses: list[int] = moves.reverses.tolist()
        self.booked_at: list[int] = moves.booked_at.tolist()
        self.credited_at: list[int] = moves.credit_booked_at.tolist()
        self.window_ends_at: list[int] | None = None
        if scope.window_days is not None:
            window = scope.window_days * DAY_MICROSECONDS
            self.window_ends_at = [loan.disbursed_at + window for loan in given.loans]

    def run(self, progress: Callable[[int, int], None] | None) -> PassResult:
        disbursements = self.given.list_unbooked_disbursements()
        order = self.given.order
        next_one = 0
        sides = zip(order.row.tolist(), order.is_credit.tolist(), strict=True)
        for done, (row, is_credit) in enumerate(sides):
            if progress and done % _EVENTS_PER_REPORT == 0:
                progress(done, len(order.row))
            at = self.credited_at[row] if is_credit else self.booked_at[row]
            while next_one < len(disbursements) and disbursements[next_one][0] <= at:
                self.disburse(disbursements[next_one][1])
                next_one += 1
            if is_credit:
                self.book_credit(row, at)
            else:
                self.book_debit(row, at)
        for _, rank in disbursements[next_one:]:
            self.disburse(rank)
        self.close()
        return self.result

    # --- money in ---------------------------------------------------------------------

    def disburse(self, rank: int) -> None:
        """Put in a loan for which the tables hold no movement: depth 0, not a hop."""
        loan = self.given.loans[rank]
        principal = loan.principal_minor
        piece = Piece(rank, principal, principal, principal, depth=-1)
        reason = self.places.find_account_end(loan.account_id)
        place = PlaceKey(loan.account_id, reason) if reason else None
        self.deliver([piece], loan.account_id, NO_ROW, loan.disbursed_at, place)

    def book_credit(self, row: int, at: int) -> None:
        """Let a movement's pieces arrive, converted where the currencies differ."""
        pieces = self.in_flight.pop(row)
        place = self.places.find_arrival_place(row)
        if self.amount[row] != self.credit_amount[row]:
            pieces = self.convert(pieces, row, place)
        self.deliver(pieces, self.credit[row], row, at, place)

    def convert(self, pieces: list[Piece], row: int, place: PlaceKey | None) -> list[Piece]:
        """Restate units in the credit currency by largest remainder; values do not move.

        What is left with value and no unit rests at the credit account at once.
        """
        pieces = merge_own(pieces)
        units = split_largest_remainder([one.units for one in pieces], self.credit_amount[row])
        converted = []
        residue = place or PlaceKey(self.credit[row], EndReason.CONVERSION_RESIDUE)
        for piece, share in zip(pieces, units, strict=True):
            if share:
                converted.append(piece._replace(units=share))
            elif piece.source != OWN:
                self.rest(piece._replace(units=0), residue, row)
        return converted

    def deliver(
        self, pieces: list[Piece], account: int, row: int, at: int, place: PlaceKey | None
    ) -> None:
        """Append pieces to an account, or let them rest at ``place`` where one is given."""
        if place is not None:
            for piece in pieces:
                if piece.source != OWN:
                    self.rest(piece, place, row)
            if self.places.find_account_end(account):
                return
            pieces = [Piece(OWN, sum(piece.units for piece in pieces))]
        holding = self.get_holding(account)
        self.end_window(holding, account, at)
        kept = self.repay_overdraft(holding, pieces, account, row)
        lots = [self.append(holding, piece, account, row) for piece in kept]
        if self.rule is Rule.SPECIFIC and kept is pieces:
            register_arrival(holding, lots, at)
        self.returns.note_arrival(row, lots, kept)

    def append(self, holding: Holding, piece: Piece, account: int, row: int) -> Lot:
        """Make a piece the newest lot of an account, within the scope."""
        if piece.source == OWN:
            return holding.append_own(piece.units)
        depth = piece.depth if piece.is_returned else piece.depth + 1
        limit = self.find_limit(piece, depth)
        if limit is not None:
            self.rest(piece, PlaceKey(account, limit), row)
            return holding.append_own(piece.units)
        fresh = self.land(piece, PlaceKey(account, EndReason.HELD), row)
        if self.window_ends_at is not None:
            ends_at = self.window_ends_at[piece.source]
            first = holding.window_ends_at
            holding.window_ends_at = ends_at if first is None else min(first, ends_at)
        parents = (row,) if row != NO_ROW else ()
        return holding.append_lot(piece._replace(fresh=fresh), piece.units, depth, parents)

    def repay_overdraft(
        self, holding: Holding, pieces: list[Piece], account: int, row: int
    ) -> list[Piece]:
        """Use arriving pieces, in order, to repay the overdraft; return what is left."""
        if not holding.overdrawn:
            return pieces
        left: list[Piece] = []
        for piece in pieces:
            part = min(holding.overdrawn, piece.units)
            holding.overdrawn -= part
            repaid, rest = split_piece(piece, part)
            if repaid is not None and repaid.source != OWN:
                self.rest(repaid, PlaceKey(account, EndReason.OVERDRAFT), row)
            if rest is not None:
                left.append(rest)
        return left

    # --- money out --------------------------------------------------------------------

    def book_debit(self, row: int, at: int) -> None:
        """Take a movement's pieces from its debit account and note the hops."""
        if row in self.given.loans_of_movement:
            self.in_flight[row] = self.draw_loans(row)
            return
        account, units = self.debit[row], self.amount[row]
        if account == OUTSIDE or self.places.find_account_end(account):
            pieces = [Piece(OWN, units)]
        else:
            holding = self.get_holding(account)
            self.end_window(holding, account, at)
            self.cover_shortfall(holding, account, units)
            pieces = self.take_from(holding, row, at)
        if self.reverses[row] != NO_ROW:
            pieces = self.returns.swap_rested(pieces, self.reverses[row])
        if self.scope.amount_max_minor is not None:
            pieces = self.limit_amount(pieces, account, self.scope.amount_max_minor)
        self.in_flight[row] = pieces
        self.note_hops(pieces, row)

    def draw_loans(self, row: int) -> list[Piece]:
        """Make a disbursement movement's pieces: its loans in loan order, then own money.

        Units are those of the credit side; the conversion of pieces leaves them as they are.
        """
        pieces = [
            Piece(rank, part, part, part, depth=-1) for rank, part in self.given.list_drawn(row)
        ]
        left = self.credit_amount[row] - sum(piece.units for piece in pieces)
        return [*pieces, Piece(OWN, left)] if left else pieces

    def cover_shortfall(self, holding: Holding, account: int, units: int) -> None:
        """Append own money for what is missing: borrowed down to the limit, else unobserved."""
        missing = units - holding.balance
        if missing <= 0:
            return
        borrowed = min(missing, max(0, holding.overdraft_limit - holding.overdrawn))
        holding.overdrawn += borrowed
        holding.append_own(missing)
        if missing > borrowed:
            unobserved = self.result.unobserved
            unobserved[account] = unobserved.get(account, 0) + missing - borrowed

    def take_from(self, holding: Holding, row: int, at: int) -> list[Piece]:
        """Take a debit's units: returned lots first, or a payee's loan first, then by the rule."""
        units, reversed_row = self.amount[row], self.reverses[row]
        if reversed_row != NO_ROW:
            pieces = self.returns.take_held(holding, reversed_row, units)
        else:
            pieces = self.take_for_payee(holding, row, at)
        left = units - sum(piece.units for piece in pieces)
        if left:
            pieces += self.take(holding, left, at)
        if self.kind[row] == _FEE:
            holding.fees_paid += units
            for piece in pieces:
                if piece.lot is not None:
                    piece.lot.fees += piece.units
        return pieces

    def take_for_payee(self, holding: Holding, row: int, at: int) -> list[Piece]:
        """Take lots of the loans whose own account pays one of their declared payees."""
        ranks = self.given.list_declaring_loans(row, at)
        if not ranks:
            return []
        of_loan: dict[int, list[Lot]] = {}
        for lot in holding.list_traced():
            of_loan.setdefault(lot.source, []).append(lot)
        left = self.amount[row]
        pieces: list[Piece] = []
        for rank in ranks:
            for lot in of_loan.get(rank, ()):
                share = min(lot.left, left)
                if share:
                    pieces.append(holding.draw(lot, share))
                    left -= share
        return pieces

    # --- scope ------------------------------------------------------------------------

    def end_window(self, holding: Holding, account: int, at: int) -> None:
        """Let lots rest whose loan's window has passed; they become own money in place."""
        if holding.window_ends_at is None or at <= holding.window_ends_at:
            return
        ends = self.window_ends_at or []
        over = [lot for lot in holding.list_traced() if ends[lot.source] < at]
        place = PlaceKey(account, EndReason.WINDOW_OVER)
        for lot in over:
            self.result.add_rest(lot.source, place, lot.value_left, lot.fresh_left)
        holding.disown(over)
        alive = [ends[lot.source] for lot in holding.list_traced()]
        holding.window_ends_at = min(alive, default=None)

    def find_limit(self, piece: Piece, depth: int) -> EndReason | None:
        """Return the limit at which an arriving piece is followed no further, hops before part."""
        hops_max, part_min = self.scope.hops_max, self.scope.part_min_minor
        if hops_max is not None and depth >= hops_max:
            return EndReason.HOP_LIMIT
        is_paid_out = piece.depth < 0
        if part_min is not None and piece.value < part_min and not is_paid_out:
            return EndReason.PART_LIMIT
        return None

    def limit_amount(self, pieces: list[Piece], account: int, limit: int) -> list[Piece]:
        """Cut traced pieces where a loan's hops would add up to more than the scope allows."""
        kept: list[Piece] = []
        for piece in pieces:
            if piece.source == OWN or piece.is_returned:
                kept.append(piece)
                continue
            room = limit - self.followed.get(piece.source, 0)
            units = piece.units
            if piece.value > room:  # the most units that carry no more value than there is room
                units = ((room + 1) * piece.units - 1) // piece.value
            inside, over = split_piece(piece, units)
            if inside is not None:
                self.followed[piece.source] = limit - room + inside.value
                kept.append(inside)
            if over is not None:
                self.rest(over, PlaceKey(account, EndReason.AMOUNT_LIMIT), NO_ROW)
                kept.append(Piece(OWN, over.units))
        return kept

    # --- bookkeeping ------------------------------------------------------------------

    def get_holding(self, account: int) -> Holding:
        """Return an account's holding, made with its opening balance when first touched."""
        holding = self.holdings.get(account)
        if holding is None:
            limit = int(self.given.tables.accounts.overdraft_limit_minor[account])
            pooled = self.rule is Rule.PRO_RATA
            holding = self.holdings[account] = Holding(is_pooled=pooled, overdraft_limit=limit)
            opening = int(self.given.opening_minor[account])
            if opening > 0:
                holding.append_own(opening)
            holding.overdrawn = max(0, -opening)
        return holding

    def land(self, piece: Piece, place: PlaceKey, row: int) -> int:
        """Count fresh value that reaches a place beyond the borrower; return what stays fresh."""
        if not piece.fresh or self.places.is_borrower_place(piece.source, place):
            return piece.fresh
        self.result.add_first_use(piece.source, place, piece.fresh)
        self.returns.note_landing(row, piece, place)
        return 0

    def rest(self, piece: Piece, place: PlaceKey, row: int) -> None:
        """Let a traced piece end at a place."""
        fresh = self.land(piece, place, row)
        self.result.add_rest(piece.source, place, piece.value, fresh)
        self.returns.note_rest(row, piece, fresh, place)

    def note_hops(self, pieces: Iterable[Piece], row: int) -> None:
        """Note one hop per loan that the movement carries."""
        by_loan: dict[int, list[Piece]] = {}
        for piece in pieces:
            if piece.source != OWN:
                by_loan.setdefault(piece.source, []).append(piece)
        for rank, parts in by_loan.items():
            hop = HopRow(
                row=row,
                depth=min(part.depth for part in parts) + 1,
                units=sum(part.units for part in parts),
                value=sum(part.value for part in parts),
                parents=tuple(dict.fromkeys(row for part in parts for row in part.parents)),
                returned=sum(part.value for part in parts if part.is_returned),
            )
            self.result.hops[rank].append(hop)

    def close(self) -> None:
        """Let everything rest where it is at the time asked (``audit`` proves that it conserves)."""
        for account, holding in self.holdings.items():
            self.end_window(holding, account, self.given.ends_at)
            place = PlaceKey(account, EndReason.HELD)
            for lot in holding.list_traced():
                self.result.add_rest(lot.source, place, lot.value_left, lot.fresh_left)
        for row, pieces in self.in_flight.items():
            end = self.places.find_arrival_place(row)
            place = PlaceKey(self.credit[row], EndReason.IN_TRANSIT, end.detail if end else "")
            for piece in pieces:
                if piece.source != OWN:
                    self.rest(piece, place, NO_ROW)
        undrawn = PlaceKey(OUTSIDE, EndReason.UNDRAWN)
        for rank, loan in enumerate(self.given.loans):
            missing = loan.principal_minor - self.given.get_drawn_minor(rank)
            if missing:
                self.result.add_rest(rank, undrawn, missing, 0)
                self.result.add_first_use(rank, undrawn, missing)
