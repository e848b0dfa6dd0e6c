"""Proof that a pass conserves: recomputed from its hops, not from the engine's own state.

For every loan and account, to the last unit of value: paid out there + traced in
= traced out + resting there; and in total both statements add up to the principal.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from fundtrace.model.tables import NO_ROW, OUTSIDE, Int32s, Int64s
from fundtrace.trace.columnar import ColumnarPass
from fundtrace.trace.inputs import TraceInput
from fundtrace.trace.result import Pass

_CHUNK_HOPS = 1 << 22  # added up at a time


def list_imbalances(result: Pass) -> list[str]:
    """Return one sentence per loan and account that does not balance; empty is the proof.

    A pass in columns is added up in columns, and only what is off is looked at loan by loan.
    """
    ranks: Iterable[int] = range(len(result.given.loans))
    if isinstance(result, ColumnarPass):
        ranks = find_imbalanced(result)
    return [sentence for rank in ranks for sentence in list_loan_imbalances(result, rank)]


def find_imbalanced(result: ColumnarPass) -> list[int]:
    """Return the loans, by rank, of which anything does not balance; sums are modulo 2^64."""
    given, hops, rests = result.given, result.hop_columns, result.rest_columns
    loans, movements = given.loans, given.tables.movements
    principal = np.array([loan.principal_minor for loan in loans], dtype=np.int64)
    drawn = np.array([given.get_drawn_minor(rank) for rank in range(len(loans))], dtype=np.int64)
    start = np.array([_find_start(given, rank) for rank in range(len(loans))], dtype=np.int64)
    found: set[int] = set()
    for statement in (rests, result.first_use_columns):
        total = np.append(0, np.cumsum(statement.value))[statement.offsets]
        found |= set(np.flatnonzero(np.diff(total) != principal).tolist())
        found |= set(statement.rank[statement.value < 0].tolist())
    first = 0
    while first < len(loans):
        limit = int(hops.offsets[first]) + _CHUNK_HOPS
        last = max(first + 1, int(np.searchsorted(hops.offsets, limit, "right")) - 1)
        ranks = np.arange(first, last)
        moved = slice(*hops.offsets[[first, last]].tolist())
        held = slice(*rests.offsets[[first, last]].tolist())
        of_hop = np.repeat(ranks, np.diff(hops.offsets[first : last + 1]))
        of_rest = np.repeat(ranks, np.diff(rests.offsets[first : last + 1]))
        rows, value = hops.row[moved], hops.value[moved]
        entries = (
            (of_hop, movements.debit[rows], -value),
            (of_hop, movements.credit[rows], value),
            (of_rest, rests.account[held], -rests.value[held]),
            (ranks, start[ranks], drawn[ranks]),
            (ranks, np.full(len(ranks), OUTSIDE), principal[ranks] - drawn[ranks]),
        )
        found |= _find_open(entries)
        first = last
    return sorted(found)


def _find_open(entries: Sequence[tuple[Int64s, Int32s | Int64s, Int64s]]) -> set[int]:
    """Return the loans of (loan, account, value) with an account that is not even."""
    keys = np.concatenate([rank << 32 | (account + np.int64(1)) for rank, account, _ in entries])
    by = np.argsort(keys)
    keys, values = keys[by], np.concatenate([value for _, _, value in entries])[by]
    starts = np.flatnonzero(np.append(True, keys[1:] != keys[:-1]))
    is_open = np.add.reduceat(values, starts) != 0
    return set((keys[starts][is_open] >> 32).tolist())


def _find_start(given: TraceInput, rank: int) -> int:
    """Return the account that a loan is paid out to."""
    loan = given.loans[rank]
    if loan.movement == NO_ROW:
        return loan.account_id
    return int(given.tables.movements.credit[loan.movement])


def list_loan_imbalances(result: Pass, rank: int) -> list[str]:
    """Return the sentences for one loan, given by rank."""
    given = result.given
    loan, movements = given.loans[rank], given.tables.movements
    open_minor: dict[int, int] = {}
    drawn = given.get_drawn_minor(rank)
    open_minor[_find_start(given, rank)] = drawn
    open_minor[OUTSIDE] = open_minor.get(OUTSIDE, 0) + loan.principal_minor - drawn  # undrawn
    carried = result.list_carried(rank)
    sides = (movements.debit[carried.row].tolist(), movements.credit[carried.row].tolist())
    for source, target, value in zip(*sides, carried.value.tolist(), strict=True):
        open_minor[source] = open_minor.get(source, 0) - value
        open_minor[target] = open_minor.get(target, 0) + value
    for place, value in result.rests[rank].items():
        open_minor[place.account] = open_minor.get(place.account, 0) - value
    name = f"loan {loan.loan_id} under {result.rule}"
    sentences = [
        f"{name}: account {account} is off by {difference}"
        for account, difference in open_minor.items()
        if difference
    ]
    for title, statement in (("rests", result.rests), ("first uses", result.first_uses)):
        total = sum(statement[rank].values())
        if total != loan.principal_minor:
            sentences.append(f"{name}: {title} add up to {total}, not {loan.principal_minor}")
        if any(value < 0 for value in statement[rank].values()):
            sentences.append(f"{name}: {title} hold a negative amount")
    return sentences
