"""The order of events as it is defined: every account is sorted and looked at, however it chains.

The oracle of ``fundtrace.trace.order``, which looks only at what does not chain.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fundtrace.model.instants import render_local
from fundtrace.model.money import get_minor_digits
from fundtrace.model.tables import NO_VALUE, Int8s, Int32s, Int64s, Movements, Tables
from fundtrace.trace.chains import chain_balances
from fundtrace.trace.joint import Step, find_joint_order
from fundtrace.trace.merging import merge_sequences
from fundtrace.trace.order import ROUNDING_MINOR, ChainBreak, ChainReport

Bools = npt.NDArray[np.bool_]
Positions = npt.NDArray[np.intp]

_BOTH, _DEBIT, _CREDIT = 0, 1, 2  # which events a unit holds
_WORD = 2**64


@dataclass(frozen=True, eq=False)
class PlainOrder:
    """All events in the order in which they run."""

    row: Int32s  # of the movement
    is_credit: Bools
    report: ChainReport

    def __len__(self) -> int:
        """Return how many events there are."""
        return len(self.row)


@dataclass(frozen=True, eq=False)
class _Units:
    """What runs as one, in line order: rows of movements and which events they mean."""

    row: Int32s
    part: Int8s
    tie: Int64s  # number of the tie, rising

    def reorder(self, positions: Positions) -> _Units:
        return _Units(self.row[positions], self.part[positions], self.tie[positions])


@dataclass(frozen=True, eq=False)
class _Entries:
    """Events on accounts, by account and then in the order of their units."""

    unit: Positions
    account: Int32s
    delta: Int64s
    balance: Int64s  # after, NO_VALUE where not given
    sum: Int64s  # of deltas up to here, over all accounts, modulo 2^64
    last_given: Int64s  # nearest event of the account, up to here, with a balance; or -1
    tie: Int64s
    is_opened: Bools  # whether the accounts table gives the account's opening balance
    opening: Int64s  # that balance less the sum before the account's first event

    def get_gaps(self) -> Int64s:
        """Return by how much each given balance misses what the one before makes it."""
        given = np.flatnonzero(self.balance != NO_VALUE)
        opening = self.balance[given] - self.sum[given]
        is_first = np.ones(len(given), dtype=np.bool_)
        is_first[1:] = np.diff(self.account[given]) != 0
        gaps = np.zeros(len(self.balance), dtype=np.int64)
        from_table = np.where(self.is_opened[given], opening - self.opening[given], 0)
        gaps[given] = np.where(is_first, from_table, opening - np.roll(opening, 1))
        return gaps


def order_plainly(tables: Tables, as_of: int | None = None) -> PlainOrder:
    """Return the events up to ``as_of`` (microseconds, inclusive; None: all) in their order."""
    movements = tables.movements
    units = _list_units(movements, as_of)
    has_balance = bool(
        (movements.debit_balance_minor != NO_VALUE).any()
        or (movements.credit_balance_minor != NO_VALUE).any()
    )
    if not has_balance:
        return _expand(units, ChainReport())
    entries = _open_entries(tables, units)
    tolerance = _get_tolerances(tables)[entries.account]
    gaps = entries.get_gaps()
    cycles: list[tuple[int, ...]] = []
    if gaps.any():
        positions = _recover_order(units, entries, gaps != 0, tolerance, cycles)
        units = units.reorder(positions)
        entries = _open_entries(tables, units)
        gaps = entries.get_gaps()
    is_broken = (gaps > tolerance) | (gaps < -tolerance)
    with_balance = int((entries.balance != NO_VALUE).sum())
    broken = int(is_broken.sum())
    report = ChainReport(
        rows_with_balance=with_balance,
        rows_chained=with_balance - broken,
        rows_rounded=int((gaps != 0).sum()) - broken,
        breaks=_list_breaks(movements, units, entries, is_broken),
        cycles=tuple(cycles),
    )
    return _expand(units, report)


def _get_tolerances(tables: Tables) -> Int64s:
    """Return for each account how far a balance may be off."""
    of_currency = {
        currency: ROUNDING_MINOR if get_minor_digits(currency) >= 2 else 0
        for currency in set(tables.accounts.currency)
    }
    return np.array([of_currency[code] for code in tables.accounts.currency], dtype=np.int64)


def _list_units(movements: Movements, as_of: int | None) -> _Units:
    """Return all units up to ``as_of`` in line order."""
    late = movements.credit_booked_at != movements.booked_at
    late_rows = np.flatnonzero(late).astype(np.int32)
    row = np.concatenate([np.arange(len(movements), dtype=np.int32), late_rows])
    part = np.concatenate(
        [
            np.where(late, _DEBIT, _BOTH).astype(np.int8),
            np.full(len(late_rows), _CREDIT, dtype=np.int8),
        ]
    )
    instant = np.concatenate([movements.booked_at, movements.credit_booked_at[late_rows]])
    if as_of is not None:
        kept = instant <= as_of
        row, part, instant = row[kept], part[kept], instant[kept]
    seq = movements.seq[row]
    by = np.lexsort((row, movements.line[row], seq, instant))
    row, part, instant, seq = row[by], part[by], instant[by], seq[by]
    is_new = (instant[1:] != instant[:-1]) | (seq[1:] != seq[:-1])
    tie = np.zeros(len(row), dtype=np.int64)
    tie[1:] = np.cumsum(is_new)
    return _Units(row, part, tie)


def _expand(units: _Units, report: ChainReport) -> PlainOrder:
    """Turn units into events."""
    is_both = units.part == _BOTH
    row = np.repeat(units.row, 1 + is_both)
    is_credit = np.repeat(units.part == _CREDIT, 1 + is_both)
    is_credit[np.cumsum(1 + is_both)[is_both] - 1] = True
    return PlainOrder(row, is_credit, report)


def _open_entries(tables: Tables, units: _Units) -> _Entries:
    """List the events on accounts by account, in the order of the units."""
    movements = tables.movements
    debits = np.flatnonzero((units.part != _CREDIT) & (movements.debit[units.row] >= 0))
    credits_ = np.flatnonzero((units.part != _DEBIT) & (movements.credit[units.row] >= 0))
    debit_rows, credit_rows = units.row[debits], units.row[credits_]
    unit = np.concatenate([debits, credits_])
    account = np.concatenate([movements.debit[debit_rows], movements.credit[credit_rows]])
    delta = np.concatenate(
        [-movements.amount_minor[debit_rows], movements.credit_minor[credit_rows]]
    )
    balance = np.concatenate(
        [movements.debit_balance_minor[debit_rows], movements.credit_balance_minor[credit_rows]]
    )
    by = np.lexsort((unit, account))
    unit, account, delta, balance = unit[by], account[by], delta[by], balance[by]
    at = np.arange(len(unit), dtype=np.int64)
    last_given = np.maximum.accumulate(np.where(balance != NO_VALUE, at, -1))
    first_of_account = np.searchsorted(account, account)
    last_given = np.where(last_given >= first_of_account, last_given, -1)
    total = np.cumsum(delta)
    opening = tables.accounts.opening_minor[account]
    return _Entries(
        unit=unit,
        account=account,
        delta=delta,
        balance=balance,
        sum=total,
        last_given=last_given,
        tie=units.tie[unit],
        is_opened=opening != NO_VALUE,
        opening=opening - (total - delta)[first_of_account],
    )


def _recover_order(
    units: _Units,
    entries: _Entries,
    is_bad: Bools,
    tolerance: Int64s,
    cycles: list[tuple[int, ...]],
) -> Positions:
    """Return the units' positions in the recovered order; ``cycles`` receives the cycles."""
    positions = np.arange(len(units.row))
    offsets: dict[int, tuple[int, int]] = {}  # account -> tie, last given balance less sum
    for blocks in _list_ties(entries, is_bad):
        tie = int(entries.tie[blocks[0].start])
        first, end = (int(at) for at in np.searchsorted(units.tie, (tie, tie + 1)))
        sequences: list[list[int]] = []
        starts: dict[int, int | None] = {}
        for block in blocks:
            if block.can_chain:
                start = _find_start(entries, block, offsets)
                starts[int(entries.account[block.start])] = start
                after = entries.balance[block.start : block.end]
                before = (after - entries.delta[block.start : block.end]).tolist()
                chained = chain_balances(before, after.tolist(), start, int(tolerance[block.start]))
                unit = entries.unit[block.start : block.end] - first
                sequences.append(unit[chained].tolist())
        order, found = merge_sequences(end - first, sequences)
        if found and (joint := _find_joint_order(entries, blocks, starts, first, end)):
            order, found = joint, []
        positions[first:end] = first + np.array(order)
        cycles += [tuple(units.row[first + np.array(cycle)].tolist()) for cycle in found]
        rank = np.empty(end - first, dtype=np.int64)
        rank[order] = np.arange(end - first)
        for block in blocks:
            _note_offset(
                entries, block, rank[entries.unit[block.start : block.end] - first], offsets
            )
    return positions


def _find_joint_order(
    entries: _Entries,
    blocks: list[_Block],
    starts: dict[int, int | None],
    first: int,
    end: int,
) -> list[int] | None:
    """Look for an order of a tie in which the accounts' chains do not contradict each other."""
    steps: list[list[Step]] = [[] for _ in range(end - first)]
    for block in blocks:
        if block.can_chain:
            account = int(entries.account[block.start])
            for at in range(block.start, block.end):
                after = int(entries.balance[at])
                before = _wrap(after - int(entries.delta[at]))
                steps[int(entries.unit[at]) - first].append(Step(account, before, after))
    return find_joint_order(steps, starts)


@dataclass(frozen=True)
class _Block:
    """The events of one account in one tie: a slice of the entries."""

    start: int
    end: int
    can_chain: bool  # several events, all with a balance


def _list_ties(entries: _Entries, is_bad: Bools) -> Iterator[list[_Block]]:
    """Yield the blocks of every tie whose order is worth recovering, in time.

    Those are the ties in which an account that does not chain in line order could.
    """
    is_new = np.ones(len(entries.unit), dtype=np.bool_)
    is_new[1:] = np.diff(entries.account) != 0
    is_new[1:] |= np.diff(entries.tie) != 0
    start = np.flatnonzero(is_new)
    end = np.append(start[1:], len(is_new))
    can_chain = (end - start > 1) & np.logical_and.reduceat(entries.balance != NO_VALUE, start)
    could = np.isin(entries.account[start], entries.account[is_bad])
    tie = entries.tie[start]
    chosen = np.flatnonzero(np.isin(tie, tie[can_chain & could]))
    chosen = chosen[np.argsort(tie[chosen], kind="stable")]
    ends = np.flatnonzero(np.append(np.diff(tie[chosen]) != 0, True)) + 1
    first = 0
    for last in ends.tolist() if len(chosen) else ():
        yield [
            _Block(int(start[at]), int(end[at]), bool(can_chain[at])) for at in chosen[first:last]
        ]
        first = last


def _find_start(
    entries: _Entries, block: _Block, offsets: dict[int, tuple[int, int]]
) -> int | None:
    """Return the account's balance before a block, None where it is not known."""
    account = int(entries.account[block.start])
    given = int(entries.last_given[block.start - 1]) if block.start else -1
    if given < 0 or entries.account[given] != account:
        if not entries.is_opened[block.start]:
            return None
        booked = int(entries.sum[block.start]) - int(entries.delta[block.start])
        return _wrap(int(entries.opening[block.start]) + booked)
    tie, offset = offsets.get(account, (-1, 0))
    if tie < entries.tie[given]:
        offset = int(entries.balance[given]) - int(entries.sum[given])
    return _wrap(offset + int(entries.sum[block.start - 1]))


def _note_offset(
    entries: _Entries, block: _Block, rank: Int64s, offsets: dict[int, tuple[int, int]]
) -> None:
    """Remember the last balance that a block gives in its new order, less the sum there."""
    by = block.start + np.argsort(rank)
    given = np.flatnonzero(entries.balance[by] != NO_VALUE)
    if len(given):
        last = int(given[-1])
        booked = int(entries.sum[block.start]) - int(entries.delta[block.start])
        booked += sum(entries.delta[by[: last + 1]].tolist())
        account = int(entries.account[block.start])
        offset = int(entries.balance[by[last]]) - booked
        offsets[account] = (int(entries.tie[block.start]), offset)


def _wrap(number: int) -> int:
    """Return the int64 that equals a number modulo 2^64."""
    return (number + _WORD // 2) % _WORD - _WORD // 2


def _list_breaks(
    movements: Movements, units: _Units, entries: _Entries, broken: Bools
) -> tuple[ChainBreak, ...]:
    counts: dict[tuple[int, str], int] = {}
    for at in np.flatnonzero(broken).tolist():
        unit = entries.unit[at]
        times = movements.booked_at if units.part[unit] != _CREDIT else movements.credit_booked_at
        day = render_local(int(times[units.row[unit]]))[:10]
        key = (int(entries.account[at]), day)
        counts[key] = counts.get(key, 0) + 1
    return tuple(ChainBreak(*key, rows) for key, rows in sorted(counts.items()))
