"""What runs as one, in time: every movement's debit and credit, as codes in running order.

A unit's code is 2 x row of the movement, or that + 1 for a credit that is booked at another
instant than its debit. An even code is the debit, with the credit directly behind it unless
that one is late. Units run by (instant, seq, line, row).

Files are mostly sorted already, so that is asked first; late credits, which are few, are
then merged into the sorted rest. Nothing here depends on either: it only costs more.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from fundtrace.model.tables import Int32s, Int64s, Movements

Bools = npt.NDArray[np.bool_]
Positions = npt.NDArray[np.intp]

# LIMIT: 2 x row + 1 in 31 bits, so 1,073,741,823 movements; far beyond what memory holds.
MOVEMENTS_MAX = (1 << 30) - 1


def find_late(movements: Movements) -> Bools:
    """Return by movement whether its credit is a unit of its own."""
    is_late: Bools = movements.credit_booked_at != movements.booked_at
    return is_late


def check_count(movements: Movements) -> None:
    """Raise OverflowError above ``MOVEMENTS_MAX`` movements."""
    if len(movements) > MOVEMENTS_MAX:
        raise OverflowError(f"a trace takes at most {MOVEMENTS_MAX:,} movements")


def list_units(movements: Movements, is_late: Bools, as_of: int | None = None) -> Int32s:
    """Return the codes of all units up to ``as_of`` (inclusive; None: all) in running order.

    Raises OverflowError above ``MOVEMENTS_MAX`` movements.
    """
    check_count(movements)
    units = np.arange(0, 2 * len(movements), 2, dtype=np.int32)
    late = (np.flatnonzero(is_late) << 1 | 1).astype(np.int32)
    if as_of is not None:
        units = units[movements.booked_at <= as_of]
        late = late[movements.credit_booked_at[late >> 1] <= as_of]
    units = _sort(movements, units)
    return _merge(movements, units, _sort(movements, late)) if len(late) else units


def get_instants(movements: Movements, units: Int32s) -> Int64s:
    """Return when each unit runs."""
    instants: Int64s = movements.booked_at[units >> 1]
    credits_ = np.flatnonzero(units & 1)
    instants[credits_] = movements.credit_booked_at[units[credits_] >> 1]
    return instants


def find_first(low: Positions, high: Positions, is_before: Callable[[Positions], Bools]) -> None:
    """Bisect many ranges at once: move each ``low`` to the first place that is not before.

    ``is_before`` is asked about one place of every range; those of empty ranges, which may lie
    outside of the sequence, are given as 0 and its answer to them is ignored.
    """
    while True:
        is_open = low < high
        if not is_open.any():
            return
        middle = np.where(is_open, (low + high) // 2, 0)
        is_less = is_before(middle)
        low[:] = np.where(is_open & is_less, middle + 1, low)
        high[:] = np.where(is_open & ~is_less, middle, high)


def find_places(movements: Movements, units: Int32s, instants: Int64s) -> Positions:
    """Return how many of the units, which are in running order, run before each instant."""
    low = np.zeros(len(instants), dtype=np.intp)
    high = np.full(len(instants), len(units), dtype=np.intp)
    if len(units):
        find_first(low, high, lambda at: get_instants(movements, units[at]) < instants)
    return low


def expand_units(units: Int32s, is_late: Bools) -> tuple[Int32s, Bools]:
    """Return for each event the row of its movement, and whether it is the credit."""
    is_pair = _find_pairs(units, is_late)
    size = 1 + is_pair.astype(np.int8)
    is_credit = np.repeat((units & 1).astype(np.bool_), size)
    is_credit[np.cumsum(size, dtype=np.intp)[is_pair] - 1] = True
    return np.repeat(units >> 1, size), is_credit


def place_events(units: Int32s, is_late: Bools) -> tuple[Int32s, Int32s]:
    """Return each movement's debit and credit position among all events, -1 where not listed."""
    debit = np.full(len(is_late), -1, dtype=np.int32)
    credit = debit.copy()
    row, is_pair = units >> 1, _find_pairs(units, is_late)
    end = np.cumsum(is_pair, dtype=np.int32)  # of a pair: its credit; of others: itself
    end += np.arange(len(units), dtype=np.int32)
    debit[row], credit[row] = end - is_pair, end
    alone = np.flatnonzero(~is_pair)  # few, so they are set right afterwards
    is_credit = (units[alone] & 1).astype(np.bool_)
    debits, credits_ = alone[~is_credit], alone[is_credit]
    debit[row[credits_]], credit[row[debits]] = -1, -1
    debit[row[debits]], credit[row[credits_]] = end[debits], end[credits_]
    return debit, credit


def count_events(units: Int32s, is_late: Bools) -> int:
    """Return how many events the units are."""
    return len(units) + int(np.count_nonzero(_find_pairs(units, is_late)))


def number_ties(movements: Movements, units: Int32s) -> Int64s:
    """Number the ties of units in running order: those of one instant and seq have one."""
    instant, seq = get_instants(movements, units), movements.seq[units >> 1]
    tie = np.zeros(len(units), dtype=np.int64)
    tie[1:] = np.cumsum((instant[1:] != instant[:-1]) | (seq[1:] != seq[:-1]))
    return tie


def _find_pairs(units: Int32s, is_late: Bools) -> Bools:
    """Return which units are a debit with its credit directly behind it."""
    is_pair: Bools = ~(is_late[units >> 1] | (units & 1).astype(np.bool_))
    return is_pair


def _sort(movements: Movements, units: Int32s) -> Int32s:
    """Sort units, given by row, that are all late credits or all are not."""
    instant = get_instants(movements, units)
    if _is_sorted(movements, units, instant):
        return units
    by = np.argsort(instant)  # equal ones in any order: the fastest sort that numpy has
    instant = instant[by]
    is_tied = np.zeros(len(by) + 1, dtype=np.bool_)
    is_tied[1:-1] = instant[1:] == instant[:-1]
    in_tie = np.flatnonzero(is_tied[1:] | is_tied[:-1])
    tie = np.cumsum(~is_tied[:-1])[in_tie]
    rows = units[by[in_tie]] >> 1
    by[in_tie] = by[in_tie][np.lexsort((rows, movements.line[rows], movements.seq[rows], tie))]
    return units[by]


def _is_sorted(movements: Movements, units: Int32s, instant: Int64s) -> bool:
    if (instant[1:] < instant[:-1]).any():
        return False
    tied = np.flatnonzero(instant[1:] == instant[:-1])
    earlier, later = units[tied] >> 1, units[tied + 1] >> 1
    return not _is_before(movements, later, earlier).any()


def _is_before(movements: Movements, one: Int32s, other: Int32s) -> Bools:
    """Tell which of two rows runs first within an instant."""
    seq, line = movements.seq, movements.line
    by_line = (line[one] < line[other]) | ((line[one] == line[other]) & (one < other))
    found: Bools = (seq[one] < seq[other]) | ((seq[one] == seq[other]) & by_line)
    return found


def _merge(movements: Movements, units: Int32s, late: Int32s) -> Int32s:
    """Merge late credits into the other units, both sorted."""
    instant, late_instant = get_instants(movements, units), get_instants(movements, late)
    place = np.searchsorted(instant, late_instant, side="left")
    end = np.searchsorted(instant, late_instant, side="right")
    tied = np.flatnonzero(end > place)
    low, rows = place[tied], late[tied] >> 1
    find_first(low, end[tied], lambda at: _is_before(movements, units[at] >> 1, rows))
    place[tied] = low
    return np.insert(units, place, late)
