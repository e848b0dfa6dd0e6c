"""Proof that a pass conserves: recomputed from its hops, not from the engine's own state.

For every loan and account, to the last unit of value: paid out there + traced in
= traced out + resting there; and in total both statements add up to the principal.
"""

from __future__ import annotations

from fundtrace.model.tables import NO_ROW, OUTSIDE
from fundtrace.trace.result import Pass


def list_imbalances(result: Pass) -> list[str]:
    """Return one sentence per loan and account that does not balance; empty is the proof."""
    return [
        sentence
        for rank in range(len(result.given.loans))
        for sentence in list_loan_imbalances(result, rank)
    ]


def list_loan_imbalances(result: Pass, rank: int) -> list[str]:
    """Return the sentences for one loan, given by rank."""
    given = result.given
    loan, movements = given.loans[rank], given.tables.movements
    open_minor: dict[int, int] = {}
    drawn = given.get_drawn_minor(rank)
    start = loan.account_id if loan.movement == NO_ROW else int(movements.credit[loan.movement])
    open_minor[start] = drawn
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
