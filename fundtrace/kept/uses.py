"""The use classes of millions of places without a look at each: ``Places.classify`` in bulk.

Places are numbered. Money held on an account is at the account's own number; every other
place (an end, a movement without creditor, money in transit) has a number behind the last
account. A class depends on the loan only where the account is something to it
(``Places.list_known_accounts``) or a repayment may name it: such pairs of loan and place are
asked about one by one, and all the others once for each place.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fundtrace.model.kinds import EndReason, MovementKind, Use
from fundtrace.model.tables import MOVEMENT_KINDS, OUTSIDE, Int8s, Int32s, Int64s
from fundtrace.trace.answer import find_hop_place
from fundtrace.trace.columnar import PlaceColumns
from fundtrace.trace.inputs import TraceInput
from fundtrace.trace.places import END_REASONS, PlaceKey

USES = tuple(Use)

Bools = npt.NDArray[np.bool_]

_HELD = END_REASONS.index(EndReason.HELD)
_SHIFT = 32
_UNKNOWN = -1
_NAMING = frozenset({EndReason.REPAYMENT, EndReason.LOAN})
# Movements of these kinds may end where their account does not say so.
_ENDING = [
    MOVEMENT_KINDS.index(kind)
    for kind in (
        *(MovementKind.CASH, MovementKind.FEE, MovementKind.REPAYMENT, MovementKind.INTEREST),
    )
]


class PlaceBook:
    """The places of one input by number, and what they are to each loan."""

    def __init__(self, given: TraceInput) -> None:
        """Number the accounts; other places are numbered when they are met."""
        self._given = given
        self._accounts = len(given.tables.accounts)
        self._others: dict[PlaceKey, int] = {}
        self._keys: list[PlaceKey] = []
        self._of_row = np.full(len(given.tables.movements), _UNKNOWN, dtype=np.int32)
        self._uses = np.full(self._accounts, _UNKNOWN, dtype=np.int8)
        pairs = {
            rank << _SHIFT | account
            for rank in range(len(given.loans))
            for account in given.places.list_known_accounts(rank)
        }
        self._known = np.array(sorted(pairs), dtype=np.int64)

    def get_place(self, number: int) -> PlaceKey:
        """Return the place of a number."""
        if number < self._accounts:
            return PlaceKey(number, EndReason.HELD)
        return self._keys[number - self._accounts]

    def number_rows(self, rows: Int32s) -> Int32s:
        """Return the number of the place where each movement arrives."""
        new = np.unique(rows[self._of_row[rows] == _UNKNOWN])
        movements, given = self._given.tables.movements, self._given
        credit = movements.credit[new]
        is_held = (credit != OUTSIDE) & (given.credit_position[new] >= 0)
        is_held &= given.places.account_ends[credit] == 0
        is_held &= ~np.isin(movements.kind[new], _ENDING)
        self._of_row[new[is_held]] = credit[is_held]
        others = new[~is_held]
        numbers = [self._number(find_hop_place(given, row)) for row in others.tolist()]
        self._of_row[others] = numbers
        found: Int32s = self._of_row[rows]
        return found

    def number_places(self, places: PlaceColumns) -> Int32s:
        """Return the number of each row of a statement."""
        numbers = places.account.astype(np.int32)
        rows = np.flatnonzero((places.reason != _HELD) | (places.detail != 0))
        columns = (places.account[rows], places.reason[rows], places.detail[rows])
        triples, inverse = np.unique(np.stack(columns, axis=1), axis=0, return_inverse=True)
        found = [
            self._number(PlaceKey(account, _get_reason(reason), places.details[detail]))
            for account, reason, detail in triples.tolist()
        ]
        numbers[rows] = np.array(found, dtype=np.int32)[inverse.ravel()]
        return numbers

    def find_in_transit(self, numbers: Int32s) -> Int64s:
        """Return where the places are no places: money that has not arrived."""
        moving = [
            number for key, number in self._others.items() if key.reason is EndReason.IN_TRANSIT
        ]
        return np.flatnonzero(np.isin(numbers, moving))

    def classify(self, ranks: Int32s, numbers: Int32s) -> Int8s:
        """Return the use (position in ``USES``) of each place for each loan."""
        pairs = ranks.astype(np.int64) << _SHIFT | numbers
        is_apart = self._find_apart(ranks, numbers)
        uses = self._uses[numbers]
        new = np.flatnonzero(~is_apart & (uses == _UNKNOWN))
        first = new[np.unique(numbers[new], return_index=True)[1]]
        for row in first.tolist():
            number = int(numbers[row])
            self._uses[number] = self._ask(int(ranks[row]), number)
        uses = self._uses[numbers]
        apart = np.flatnonzero(is_apart)
        asked, inverse = np.unique(pairs[apart], return_inverse=True)
        mask = (1 << _SHIFT) - 1
        answers = [self._ask(pair >> _SHIFT, pair & mask) for pair in asked.tolist()]
        uses[apart] = np.array(answers, dtype=np.int8)[inverse]
        return uses

    def _find_apart(self, ranks: Int32s, numbers: Int32s) -> Bools:
        """Return which pairs of loan and place have a class of their own."""
        accounts, names_loan = numbers.astype(np.int64), np.zeros(len(numbers), dtype=np.bool_)
        behind = np.flatnonzero(numbers >= self._accounts)
        at = numbers[behind] - self._accounts
        of_key = np.array([key.account for key in self._keys], dtype=np.int64)
        naming = np.array([key.reason in _NAMING for key in self._keys], dtype=np.bool_)
        accounts[behind], names_loan[behind] = of_key[at], naming[at]
        pairs = ranks.astype(np.int64) << _SHIFT | np.maximum(accounts, 0)
        places = np.minimum(np.searchsorted(self._known, pairs), max(0, len(self._known) - 1))
        is_known = np.zeros(len(pairs), dtype=np.bool_)
        if len(self._known):
            is_known = (self._known[places] == pairs) & (accounts != OUTSIDE)
        return is_known | names_loan

    def _number(self, place: PlaceKey) -> int:
        if place.reason is EndReason.HELD and not place.detail:
            return place.account
        number = self._others.get(place)
        if number is None:
            number = self._others[place] = self._accounts + len(self._keys)
            self._keys.append(place)
            if number >= len(self._uses):
                self._uses = np.append(self._uses, np.full(number + 1, _UNKNOWN, dtype=np.int8))
        return number

    def _ask(self, rank: int, number: int) -> int:
        return USES.index(self._given.places.find_use(rank, self.get_place(number)))


def _get_reason(number: int) -> EndReason:
    reason = END_REASONS[number]
    if reason is None:
        raise AssertionError("a part rests without a reason")
    return reason
