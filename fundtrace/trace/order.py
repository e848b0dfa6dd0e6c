"""The order in which the events of all movements run.

A movement is two events: a debit at ``booked_at`` and a credit at ``credit_booked_at``.
Where both are at one instant they are one unit, the credit directly behind its debit;
otherwise each is a unit of its own. Units run by (instant, seq, line); an absent seq sorts
first, and as-of is inclusive. A side outside the tables has its event too.

Units of one instant and seq are a *tie*, and line order is only a guess there. Statements
that give the balance after each entry say more: where all events of an account in a tie
carry one, they are put in the order in which the balances chain (``chains``), beginning
at the account's last known balance. That is the last given one (or the opening balance of
the accounts table), plus what was booked since without one. The sequences of all accounts
are then merged (``merging``), line order deciding what they leave open. Where they
contradict each other, an order in which all chain together is searched for (``joint``); if
there is none, the movements of that cycle keep line order and are listed.

Afterwards every given balance is checked: it *chains* when it equals the last known one
plus the event's own delta. Where no table gives the opening, an account's first given
balance defines it and so chains by definition. A difference of at most ``ROUNDING_MINOR`` is a bank's rounding: it
chains too and is counted apart (of the 49,102 real entries of the Berka data 46,722 can
chain exactly; nearly all others are off by 0.10, to which that bank rounded interest).
What does not chain is reported by account and day; nothing is corrected.

Most tables chain as they stand. So all accounts are walked over once (``Walk``), and only
those that do not chain, with what shares a tie with them, are looked at further. All of
this is modulo 2^64 (``entries``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from fundtrace.model.columns import encode_values
from fundtrace.model.instants import render_local
from fundtrace.model.money import get_minor_digits
from fundtrace.model.tables import NO_VALUE, Int32s, Int64s, Movements, Tables
from fundtrace.trace.chains import chain_balances
from fundtrace.trace.entries import (
    Entries,
    Walk,
    Walked,
    derive_openings,
    find_first_of_each,
    open_entries,
    walk_entries,
)
from fundtrace.trace.joint import Step, find_joint_order
from fundtrace.trace.merging import merge_sequences
from fundtrace.trace.units import (
    Bools,
    Positions,
    count_events,
    expand_units,
    find_late,
    get_instants,
    list_units,
    number_ties,
)

# LIMIT: 0.10 in currencies of two digits, the coin to which banks have rounded interest; a
# currency without digits after the point leaves nothing to round.
ROUNDING_MINOR = 10

_WORD = 2**64


@dataclass(frozen=True)
class ChainBreak:
    """An account and day (Asia/Shanghai) on which given balances do not chain."""

    account_id: int
    day: str  # YYYY-MM-DD
    rows: int  # how many of them


@dataclass(frozen=True)
class ChainReport:
    """How the given balances chain; rows are (movement, side) pairs with a balance."""

    rows_with_balance: int = 0
    rows_chained: int = 0
    rows_rounded: int = 0  # those of the chained ones that are off by a bank's rounding
    breaks: tuple[ChainBreak, ...] = ()  # by account and day
    cycles: tuple[tuple[int, ...], ...] = ()  # rows of movements, in time


@dataclass(frozen=True, eq=False)
class Order:
    """All events in the order in which they run."""

    units: Int32s  # codes (``units``), in running order
    is_late: Bools  # by movement: whether its credit is a unit of its own
    opening: Int64s  # by account: what it held at first (``entries``), modulo 2^64
    report: ChainReport

    def __len__(self) -> int:
        """Return how many events there are."""
        return count_events(self.units, self.is_late)

    @property
    def row(self) -> Int32s:
        """The row of each event's movement."""
        return self._events[0]

    @property
    def is_credit(self) -> Bools:
        """Whether each event is its movement's credit."""
        return self._events[1]

    @cached_property
    def _events(self) -> tuple[Int32s, Bools]:
        return expand_units(self.units, self.is_late)


@dataclass(frozen=True, eq=False)
class _Search:
    """What the search for a better order knows."""

    units: Int32s
    ties: Int64s  # of each unit
    entries: Entries
    tie: Int64s  # of each entry
    tolerance: Int64s  # by account: how far a balance may be off
    cycles: list[tuple[int, ...]] = field(default_factory=list)  # found so far
    # by account: tie of the last reordered block with a balance, that balance less the sum
    offsets: dict[int, tuple[int, int]] = field(default_factory=dict)


def order_events(tables: Tables, as_of: int | None = None, walk: Walk = walk_entries) -> Order:
    """Return the events up to ``as_of`` (microseconds, inclusive; None: all) in their order.

    ``walk`` is the walk over all accounts: ``walk_entries`` or an equal that is quicker.
    """
    movements, accounts = tables.movements, tables.accounts
    is_late = find_late(movements)
    units = list_units(movements, is_late, as_of)
    has_balance = bool(
        (movements.debit_balance_minor != NO_VALUE).any()
        or (movements.credit_balance_minor != NO_VALUE).any()
    )
    if not has_balance:
        opening = np.where(accounts.opening_minor == NO_VALUE, 0, accounts.opening_minor)
        return Order(units, is_late, opening, ChainReport())
    walked = walk(tables, units, is_late)
    if walked.is_bad.any():
        return _recover(tables, units, is_late, walked)
    report = ChainReport(rows_with_balance=walked.given_count, rows_chained=walked.given_count)
    return Order(units, is_late, walked.opening, report)


def _recover(tables: Tables, units: Int32s, is_late: Bools, walked: Walked) -> Order:
    """Look for an order in which more of the balances chain, and report those that never do."""
    movements, chosen = tables.movements, walked.is_bad.copy()
    tolerance = _get_tolerances(tables)
    entries = open_entries(tables, units, is_late, chosen)
    ties = number_ties(movements, units)
    is_worth = _find_worth(entries, ties)
    cycles: list[tuple[int, ...]] = []
    if is_worth.any():
        in_worth = is_worth[ties]
        for side in (movements.debit, movements.credit):
            accounts = side[units[in_worth] >> 1]
            chosen[accounts[accounts >= 0]] = True
        entries = open_entries(tables, units, is_late, chosen)
        search = _Search(units, ties, entries, ties[entries.unit], tolerance, cycles)
        units = units[_recover_order(search, is_worth)]
        entries = open_entries(tables, units, is_late, chosen)
    gaps, limit = entries.get_gaps(), tolerance[entries.account]
    is_broken = (gaps > limit) | (gaps < -limit)
    broken = int(is_broken.sum())
    report = ChainReport(
        rows_with_balance=walked.given_count,
        rows_chained=walked.given_count - broken,
        rows_rounded=int((gaps != 0).sum()) - broken,
        breaks=_list_breaks(movements, units, entries, is_broken),
        cycles=tuple(cycles),
    )
    opening = walked.opening.copy()
    derive_openings(entries, opening)
    return Order(units, is_late, opening, report)


def _get_tolerances(tables: Tables) -> Int64s:
    """Return for each account how far a balance may be off."""
    currencies = tables.accounts.currency
    of_currency = {
        currency: ROUNDING_MINOR if get_minor_digits(currency) >= 2 else 0
        for currency in set(currencies)
    }
    return encode_values(currencies, of_currency, 0).astype(np.int64)


@dataclass(frozen=True, eq=False)
class _Blocks:
    """The events of one account in one tie each: slices of the entries."""

    start: Positions
    end: Positions
    tie: Int64s
    can_chain: Bools  # several events, all with a balance


def _list_blocks(entries: Entries, tie: Int64s) -> _Blocks:
    is_new = find_first_of_each(entries.account) | find_first_of_each(tie)
    start = np.flatnonzero(is_new)
    end = np.append(start[1:], len(is_new))
    can_chain = (end - start > 1) & np.logical_and.reduceat(entries.balance != NO_VALUE, start)
    return _Blocks(start, end, tie[start], can_chain)


def _find_worth(entries: Entries, ties: Int64s) -> Bools:
    """Return which ties are worth reordering, by the entries of accounts that do not chain.

    Those are the ties in which such an account could chain.
    """
    blocks = _list_blocks(entries, ties[entries.unit])
    is_worth = np.zeros(int(ties[-1]) + 1, dtype=np.bool_)
    is_worth[blocks.tie[blocks.can_chain]] = True
    return is_worth


def _recover_order(search: _Search, is_worth: Bools) -> Positions:
    """Return the units' positions in the recovered order; ``cycles`` receives the cycles."""
    units, entries = search.units, search.entries
    positions = np.arange(len(units))
    for blocks in _list_ties(search, is_worth):
        tie = int(search.tie[blocks[0].start])
        first, end = (int(at) for at in np.searchsorted(search.ties, (tie, tie + 1)))
        sequences: list[list[int]] = []
        starts: dict[int, int | None] = {}
        for block in blocks:
            if block.can_chain:
                start = _find_start(search, block)
                account = int(entries.account[block.start])
                starts[account] = start
                after = entries.balance[block.start : block.end]
                before = (after - entries.delta[block.start : block.end]).tolist()
                tolerance = int(search.tolerance[account])
                chained = chain_balances(before, after.tolist(), start, tolerance)
                unit = entries.unit[block.start : block.end] - first
                sequences.append(unit[chained].tolist())
        order, found = merge_sequences(end - first, sequences)
        if found and (joint := _find_joint_order(entries, blocks, starts, (first, end))):
            order, found = joint, []
        positions[first:end] = first + np.array(order)
        search.cycles.extend(
            tuple((units[first + np.array(cycle)] >> 1).tolist()) for cycle in found
        )
        rank = np.empty(end - first, dtype=np.int64)
        rank[order] = np.arange(end - first)
        for block in blocks:
            _note_offset(search, block, rank[entries.unit[block.start : block.end] - first])
    return positions


def _find_joint_order(
    entries: Entries,
    blocks: list[_Block],
    starts: dict[int, int | None],
    span: tuple[int, int],
) -> list[int] | None:
    """Look for an order of a tie in which the accounts' chains do not contradict each other."""
    first, end = span
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


def _list_ties(search: _Search, is_worth: Bools) -> Iterator[list[_Block]]:
    """Yield the blocks of every tie that is worth reordering, in time."""
    blocks = _list_blocks(search.entries, search.tie)
    chosen = np.flatnonzero(is_worth[blocks.tie])
    chosen = chosen[np.argsort(blocks.tie[chosen], kind="stable")]
    ends = np.flatnonzero(np.append(np.diff(blocks.tie[chosen]) != 0, True)) + 1
    first = 0
    for last in ends.tolist():
        yield [
            _Block(int(blocks.start[at]), int(blocks.end[at]), bool(blocks.can_chain[at]))
            for at in chosen[first:last]
        ]
        first = last


def _find_start(search: _Search, block: _Block) -> int | None:
    """Return the account's balance before a block, None where it is not known."""
    entries = search.entries
    account = int(entries.account[block.start])
    given = int(entries.last_given[block.start - 1]) if block.start else -1
    if given < 0 or entries.account[given] != account:
        if not entries.is_opened[block.start]:
            return None
        booked = int(entries.sum[block.start]) - int(entries.delta[block.start])
        return _wrap(int(entries.opening[block.start]) + booked)
    tie, offset = search.offsets.get(account, (-1, 0))
    if tie < search.tie[given]:
        offset = int(entries.balance[given]) - int(entries.sum[given])
    return _wrap(offset + int(entries.sum[block.start - 1]))


def _note_offset(search: _Search, block: _Block, rank: Int64s) -> None:
    """Remember the last balance that a block gives in its new order, less the sum there."""
    entries = search.entries
    by = block.start + np.argsort(rank)
    given = np.flatnonzero(entries.balance[by] != NO_VALUE)
    if len(given):
        last = int(given[-1])
        booked = int(entries.sum[block.start]) - int(entries.delta[block.start])
        booked += sum(entries.delta[by[: last + 1]].tolist())
        account = int(entries.account[block.start])
        offset = int(entries.balance[by[last]]) - booked
        search.offsets[account] = (int(search.tie[block.start]), offset)


def _wrap(number: int) -> int:
    """Return the int64 that equals a number modulo 2^64."""
    return (number + _WORD // 2) % _WORD - _WORD // 2


def _list_breaks(
    movements: Movements, units: Int32s, entries: Entries, broken: Bools
) -> tuple[ChainBreak, ...]:
    counts: dict[tuple[int, str], int] = {}
    at = np.flatnonzero(broken)
    instants = get_instants(movements, units[entries.unit[at]])
    for account, instant in zip(entries.account[at].tolist(), instants.tolist(), strict=True):
        key = (account, render_local(instant)[:10])
        counts[key] = counts.get(key, 0) + 1
    return tuple(ChainBreak(*key, rows) for key, rows in sorted(counts.items()))
