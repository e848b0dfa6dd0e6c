"""A basis in portions: slices of its events in order, and a register of everything else.

A slice holds some events, each with all columns of its movement, so that it can lie in a
file of its own and be read without the others. The register holds accounts, loans, and the
movements that returns name, since a return may stand in another slice than what it returns.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from fundtrace.model.tables import Int8s, Int32s, Int64s
from fundtrace.trace.kernel import layout as at
from fundtrace.trace.kernel.layout import Columns, UInt8s, make_columns
from fundtrace.trace.kernel.preparing import Basis, Bools

# LIMIT: events of a slice in memory; 64 MB of columns at a time.
SLICE_EVENTS = 1 << 20


class Slice(NamedTuple):
    """Some events in order; columns of a payout that no movement books mean nothing."""

    code: Int32s  # as in ``Columns.events``
    flags: UInt8s
    debit: Int32s
    credit: Int32s
    amount: Int64s
    credited: Int64s
    booked_at: Int64s
    credited_at: Int64s
    reverses: Int32s
    reason: Int8s


class Head(NamedTuple):
    """Of a slice, what says whether an event belongs to a part."""

    code: Int32s
    flags: UInt8s
    debit: Int32s
    credit: Int32s
    reverses: Int32s


class Register(NamedTuple):
    """What a basis says besides its events."""

    end: Int8s
    opening: Int64s
    limit: Int64s
    reached: Bools
    keys: Int32s
    holders: Int32s
    loans: Int64s
    ends_at: int
    drawn: Int64s
    payees: Int64s
    originals: Slice  # the movements that others return, as debits, by row

    @property
    def reversed_rows(self) -> Int64s:
        """Return the rows of the movements that others return, sorted."""
        rows: Int64s = self.originals.code.astype(np.int64) >> 1
        return rows


class Gathered(NamedTuple):
    """Slices as columns, movements numbered anew; accounts and ranks keep their numbers."""

    columns: Columns
    rows: Int64s  # of the whole, sorted
    memories: Int64s  # positions of ``columns.reversed_rows`` among those of the whole


def build_register(basis: Basis) -> Register:
    """Return what a basis says besides its events."""
    columns = basis.columns
    return Register(
        end=basis.end,
        opening=basis.opening,
        limit=basis.limit,
        reached=basis.reached,
        keys=basis.keys,
        holders=basis.holders,
        loans=basis.loans,
        ends_at=basis.ends_at,
        drawn=columns.drawn,
        payees=columns.payees,
        originals=take(columns, (columns.reversed_rows[:, 0] << 1).astype(np.int32)),
    )


def list_slices(basis: Basis, events_max: int = SLICE_EVENTS) -> Iterator[Slice]:
    """Yield the events of a basis in slices of at most so many, at least one slice."""
    events = basis.columns.events
    for start in range(0, max(1, len(events)), events_max):
        yield take(basis.columns, events[start : start + events_max])


def list_heads(columns: Columns, events_max: int = SLICE_EVENTS) -> Iterator[Head]:
    """Yield the events in slices, of each only its head: cheaper where few are kept."""
    for start in range(0, len(columns.events), events_max):
        codes = columns.events[start : start + events_max]
        rows = np.maximum(codes, 0) >> 1
        if len(columns.flags):
            yield Head._make([codes, *(getattr(columns, name)[rows] for name in Head._fields[1:])])
        else:
            yield Head._make(getattr(take(columns, codes), name) for name in Head._fields)


def take(columns: Columns, codes: Int32s) -> Slice:
    """Return events by their codes."""
    if not len(columns.flags):  # payouts only: no movement to stand in for theirs
        nothing = np.zeros(len(codes), dtype=np.int64)
        kinds = (getattr(columns, name).dtype for name in Slice._fields[1:])
        return Slice._make([codes, *map(nothing.astype, kinds)])
    rows = np.maximum(codes, 0) >> 1
    return Slice._make([codes, *(getattr(columns, name)[rows] for name in Slice._fields[1:])])


def select(one: Slice, kept: Bools) -> Slice:
    """Return the events of a slice that are kept."""
    return Slice._make(column[kept] for column in one)


def join_slices(slices: Sequence[Slice]) -> Slice:
    """Return slices, in order, as one; there is at least one."""
    return Slice._make(np.concatenate(columns) for columns in zip(*slices, strict=True))


def gather(register: Register, one: Slice) -> Gathered:
    """Number the movements of a slice, and those that they return, from 0 in the same order."""
    is_movement = one.code >= 0
    inside, originals = one.code[is_movement] >> 1, register.reversed_rows
    named = one.reverses[is_movement & (one.flags & at.REVERSES != 0)]
    memories = np.flatnonzero(np.isin(originals, inside) | np.isin(originals, named))
    named_ones = Slice._make(column[memories] for column in register.originals)
    known = join_slices([select(one, is_movement), named_ones])
    rows, first = np.unique(known.code >> 1, return_index=True)
    own = Slice._make(column[first] for column in known)
    codes = one.code.copy()
    codes[is_movement] = (np.searchsorted(rows, inside) << 1) | (one.code[is_movement] & 1)
    reverses = own.reverses.copy()
    returns = own.flags & at.REVERSES != 0
    # An original that is a return itself may name one that stands elsewhere and does not count.
    place = np.searchsorted(rows, reverses[returns])
    is_known = rows[np.minimum(place, len(rows) - 1)] == reverses[returns]
    reverses[returns] = np.where(is_known, place, at.NONE)
    drawn, payees = (_renumber(table, rows) for table in (register.drawn, register.payees))
    columns = make_columns(
        events=codes,
        flags=own.flags,
        debit=own.debit,
        credit=own.credit,
        amount=own.amount,
        credited=own.credited,
        booked_at=own.booked_at,
        credited_at=own.credited_at,
        reverses=reverses,
        reason=own.reason,
        drawn=drawn,
        payees=payees,
        reversed_rows=np.searchsorted(rows, originals[memories]).reshape(-1, 1),
    )
    return Gathered(columns, rows.astype(np.int64), memories)


def _renumber(table: Int64s, rows: Int32s) -> Int64s:
    """Return the lines of a table by row whose movement is among ``rows``, by its new number."""
    picked: Int64s = table[np.isin(table[:, 0], rows)]
    picked[:, 0] = np.searchsorted(rows, picked[:, 0])
    return picked
