"""A trail from what is kept: the same answer as ``trace.answer.build_trail``, without a pass.

A loan's rows of the statements are added up over all rules in one go; only what the trail
shows becomes Python values. What is read is also proven: hops and rests of the rule shown
balance account by account, and every rule's statements add up to the principal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from fundtrace.kept.inputs import KeptInput
from fundtrace.kept.passes import KeptPass, KeptStatements
from fundtrace.kept.statements import RULES
from fundtrace.kept.uses import USES
from fundtrace.model.kinds import EndReason, Rule, Use
from fundtrace.model.tables import OUTSIDE, Int64s
from fundtrace.trace.answer import (
    Statements,
    add_disbursement,
    compose_trail,
    range_reached,
    sort_part,
)
from fundtrace.trace.audit import list_loan_imbalances
from fundtrace.trace.places import END_REASONS
from fundtrace.trace.trail import Part, Reached, Trail

_HELD = END_REASONS.index(EndReason.HELD)
_USE_BITS, _REASON_BITS = 6, 6  # 18 uses and 20 end reasons
_USE_MASK = (1 << _USE_BITS) - 1


@dataclass(frozen=True, eq=False)
class Sums:
    """A table of sums by class, sorted by loan: of hops by rule, or of exposure."""

    columns: Mapping[str, Any]
    starts: Int64s

    def list_rows(self, rank: int) -> list[tuple[int, ...]]:
        """Return a loan's rows without the loan."""
        rows = slice(*self.starts[rank : rank + 2].tolist())
        names = [name for name in self.columns if name != "loan"]
        return list(zip(*(self.columns[name][rows].tolist() for name in names), strict=True))


@dataclass(frozen=True, eq=False)
class Results:
    """All that is kept of the passes."""

    given: KeptInput
    passes: Mapping[Rule, KeptPass]
    statements: KeptStatements
    reached: Sums
    exposure: Sums | None  # None: nobody computed it


def answer(results: Results, rank: int, rule: Rule) -> Trail:
    """Return the trail of one loan (by rank) under a conserving rule.

    Raises ValueError where what is kept does not add up.
    """
    given, shown = results.given, results.passes[rule]
    if imbalances := list_loan_imbalances(shown, rank):
        raise ValueError(imbalances[0])
    said = Statements(
        _build_parts(results, rank, rule, is_first_use=True),
        _build_parts(results, rank, rule, is_first_use=False),
        _build_reached(results, rank, rule),
    )
    return compose_trail(given, rank, rule, shown, shown.hops[rank], said, scope=shown.scope)


def list_exposure(results: Results, rank: int) -> tuple[Reached, ...] | None:
    """Return the exposure of one loan by class, or None where it was not computed."""
    if results.exposure is None:
        return None
    return tuple(
        Reached(USES[use], value, 0, value) for use, value in results.exposure.list_rows(rank)
    )


def _build_parts(
    results: Results, rank: int, rule: Rule, *, is_first_use: bool
) -> tuple[Part, ...]:
    """Return a statement's rows with the least and greatest amount under any rule."""
    keys, amounts = _sum_places(results, rank, is_first_use=is_first_use)
    least, most = amounts.min(axis=0), amounts.max(axis=0)
    traced, details = amounts[RULES.index(rule)], results.statements.details
    describe, parts = results.given.places.describe, []
    shown = np.flatnonzero(most)
    # Sorted as ``sort_part`` says, as far as numbers go; texts are compared only in ties.
    ranking = (-most[shown], -traced[shown], keys[shown] & _USE_MASK)
    shown = shown[np.lexsort(ranking)]
    columns = (keys[shown], traced[shown], least[shown], most[shown])
    for key, value, low, high in zip(*(one.tolist() for one in columns), strict=True):
        number = key >> _USE_BITS + _REASON_BITS
        account, detail = (number, "") if number >= 0 else (OUTSIDE, details[-1 - number])
        reason = END_REASONS[key >> _USE_BITS & (1 << _REASON_BITS) - 1]
        if reason is None:
            raise ValueError("a part rests without a reason")
        use = USES[key & _USE_MASK]
        parts.append(Part(use, describe(account, detail), reason, value, low, high))
    return tuple(_sort_ties(parts))


def _sort_ties(parts: list[Part]) -> list[Part]:
    """Sort parts of one class and equal amounts; the others stand in order already."""
    first = 0
    while first < len(parts) - 1:
        one, last = parts[first], first + 1
        while last < len(parts) and (
            parts[last].max_minor == one.max_minor
            and parts[last].traced_minor == one.traced_minor
            and parts[last].use is one.use
        ):
            last += 1
        if last > first + 1:
            parts[first:last] = sorted(parts[first:last], key=sort_part)
        first = last
    return parts


def _sum_places(results: Results, rank: int, *, is_first_use: bool) -> tuple[Int64s, Int64s]:
    """Return the keys of a statement's rows and their amounts by rule (rules x rows).

    A key is the account (or -1 - detail outside the tables), end reason and use.
    """
    kept = results.statements
    rows = kept.find_loan(rank)
    chosen = kept.is_first_use[rows] == is_first_use
    rule = kept.rule[rows][chosen]
    use, account, reason, detail, value = (one[rows][chosen] for one in kept.columns)
    is_outside = account == OUTSIDE
    if is_first_use:
        reason = np.where(is_outside, reason, _HELD)
    place = np.where(is_outside, -1 - detail, account).astype(np.int64)
    key = (place << _REASON_BITS | reason) << _USE_BITS | use
    keys, row = np.unique(key, return_inverse=True)
    amounts = np.zeros((len(RULES), len(keys)), dtype=np.int64)
    np.add.at(amounts, (rule, row), value)
    principal = results.given.loans[rank].principal_minor
    if (amounts.sum(axis=1) != principal).any():
        raise ValueError(f"a statement of loan {rank} does not add up to its principal")
    return keys, amounts


def _build_reached(results: Results, rank: int, rule: Rule) -> tuple[Reached, ...]:
    arrived: dict[Rule, dict[Use, int]] = {one: {} for one in RULES}
    for number, use, value in results.reached.list_rows(rank):
        arrived[RULES[number]][USES[use]] = value
    given = results.given
    sums = {one: add_disbursement(given, rank, uses) for one, uses in arrived.items()}
    return range_reached(rule, sums)
