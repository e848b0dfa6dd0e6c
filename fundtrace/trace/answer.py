"""From passes to an answer: select one loan's trail and add the spread over the rules.

The shown rule's pass gives hops and both statements; the other conserving passes give, row
by row, the least and the greatest amount. Rows that only another rule fills stand with 0,
so that nobody overlooks what a different rule would say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from fundtrace.model.kinds import DoubtKind, EndReason, Rule, Use
from fundtrace.model.tables import MOVEMENT_KINDS, NO_ROW, OUTSIDE, Tables
from fundtrace.trace.inputs import TraceInput
from fundtrace.trace.places import PlaceKey
from fundtrace.trace.reentry import list_reentry_candidates
from fundtrace.trace.result import Carried, HopRow, Pass, Scope, list_columns
from fundtrace.trace.trail import Doubt, Hop, Part, Reached, Trail

USE_ORDER = {use: position for position, use in enumerate(Use)}


class RowKey(NamedTuple):
    """What a statement's row stands for."""

    use: Use
    account: int
    reason: EndReason
    detail: str


class Statements(NamedTuple):
    """What a trail says in sums."""

    first_uses: tuple[Part, ...] = ()
    rests: tuple[Part, ...] = ()
    ever_reached: tuple[Reached, ...] = ()


def build_trail(  # noqa: PLR0913  one per part of an answer
    given: TraceInput,
    rank: int,
    rule: Rule,
    passes: Mapping[Rule, Pass],
    exposed: Sequence[HopRow] | Mapping[Use, int],
    *,
    scope: Scope,
) -> Trail:
    """Build the trail of one loan (by rank) under ``rule``.

    ``passes`` holds the conserving passes for the spread and, unless the rule is exposure,
    that of the rule itself; ``exposed`` are the hops of the exposure rule, or, where nobody is
    shown them, what they bring to each use (capped at the principal or not). ``scope`` is the
    one that all of them were made under.
    """
    shown = passes.get(rule)
    exposed_hops: Sequence[HopRow] = () if isinstance(exposed, Mapping) else exposed
    rows = exposed_hops if shown is None else shown.hops[rank]
    said = Statements()
    if shown is not None:
        said = Statements(
            _build_parts(given, rank, rule, passes, is_first_use=True),
            _build_parts(given, rank, rule, passes, is_first_use=False),
            _build_reached(given, rank, rule, passes),
        )
    trail = compose_trail(given, rank, rule, shown, rows, said, scope=scope)
    return replace(trail, exposure=build_exposure(given, rank, exposed))


def compose_trail(  # noqa: PLR0913, PLR0917  one for each part of an answer
    given: TraceInput,
    rank: int,
    rule: Rule,
    shown: Pass | None,
    rows: Sequence[HopRow],
    said: Statements,
    *,
    scope: Scope,
) -> Trail:
    """Put a trail together from its hops, its statements and its pass; exposure is left open."""
    loan = given.loans[rank]
    trail = Trail(
        loan_id=loan.loan_id,
        contract_id=loan.contract_id,
        rule=rule,
        as_of=given.as_of,
        scope=scope,
        snapshot=given.tables.snapshot,
        currency=loan.currency,
        principal_minor=loan.principal_minor,
        disbursed_at=loan.disbursed_at,
        account=given.places.describe(loan.account_id),
        purpose=loan.purpose,
        hops=_build_hops(given, rank, rows),
        first_uses=said.first_uses,
        rests=said.rests,
        ever_reached=said.ever_reached,
        exposure=None,
        reentry_candidates=list_reentry_candidates(given, rank, shown) if shown else (),
        doubts=_list_doubts(given, rank, shown),
    )
    return _name_banks(trail, given.tables)


def find_hop_place(given: TraceInput, row: int) -> PlaceKey:
    """Return where a movement arrives: an end, in transit, or held on its credit account."""
    end = given.places.find_arrival_place(row)
    account = int(given.tables.movements.credit[row])
    if given.credit_position[row] < 0:
        return PlaceKey(account, EndReason.IN_TRANSIT, end.detail if end else "")
    return end or PlaceKey(account, EndReason.HELD)


def _build_hops(given: TraceInput, rank: int, rows: Sequence[HopRow]) -> tuple[Hop, ...]:
    movements = given.tables.movements
    returned: dict[int, int] = {}
    for hop in rows:
        if hop.returned:
            target = int(movements.reverses[hop.row])
            returned[target] = returned.get(target, 0) + hop.returned
    back_flows = _find_back_flows(given, rank, rows)
    named = {row for hop in rows for row in (hop.row, *hop.parents)}
    ids = {row: movements.movement_id[row] for row in named}
    hops = []
    for hop in rows:
        row = hop.row
        place = find_hop_place(given, row)
        reverses = int(movements.reverses[row])
        credit_position = int(given.credit_position[row])
        hops.append(
            Hop(
                movement_id=ids[row],
                depth=hop.depth,
                booked_at=int(movements.booked_at[row]),
                credited_at=int(movements.credit_booked_at[row]) if credit_position >= 0 else None,
                debit=given.places.describe(int(movements.debit[row])),
                credit=given.places.describe(int(movements.credit[row]), place.detail),
                kind=MOVEMENT_KINDS[movements.kind[row]],
                amount_minor=int(movements.amount_minor[row]),
                currency=movements.currency[row],
                units_minor=hop.units,
                traced_minor=hop.value,
                parents=tuple(ids[parent] for parent in hop.parents),
                use=given.places.classify(rank, place),
                end_reason=place.reason,
                reverses=movements.movement_id[reverses] if hop.returned else "",
                returned_minor=returned.get(row, 0),
                is_back_flow=row in back_flows,
                debit_position=int(given.debit_position[row]),
                credit_position=credit_position,
                purpose=movements.get_text("purpose", row),
            )
        )
    return tuple(hops)


def _find_back_flows(given: TraceInput, rank: int, rows: Sequence[HopRow]) -> set[int]:
    """Find the movements that bring money back to where that same money has been.

    Accounts upstream of a hop are kept as a bit set; money that reaches any account of the
    borrower from somebody else's is back as well.
    """
    movements, places = given.tables.movements, given.places
    homes = {
        account
        for account in places.list_known_accounts(rank)
        if places.is_borrower_place(rank, PlaceKey(account, EndReason.HELD))
    }
    upstream: dict[int, int] = {}
    bits: dict[int, int] = {}  # account: its bit, in order of appearance
    found: set[int] = set()
    for hop in rows:
        debit, credit = int(movements.debit[hop.row]), int(movements.credit[hop.row])
        mask = 1 << bits.setdefault(debit, len(bits)) if debit != OUTSIDE else 0
        for parent in hop.parents:
            mask |= upstream.get(parent, 0)
        upstream[hop.row] = mask
        if credit == OUTSIDE:
            continue
        is_back_home = credit in homes and debit not in homes
        if mask >> bits.setdefault(credit, len(bits)) & 1 or is_back_home:
            found.add(hop.row)
    return found


def sum_rows(
    given: TraceInput, rank: int, statement: Mapping[PlaceKey, int], *, is_first_use: bool
) -> dict[RowKey, int]:
    """Add a statement's places up to its rows: rests by end reason, first uses by account."""
    amounts: dict[RowKey, int] = {}
    for place, value in statement.items():
        is_outside = place.account == OUTSIDE
        reason = EndReason.HELD if is_first_use and not is_outside else place.reason
        use = given.places.classify(rank, place)
        key = RowKey(use, place.account, reason, place.detail if is_outside else "")
        amounts[key] = amounts.get(key, 0) + value
    return amounts


def _build_parts(
    given: TraceInput,
    rank: int,
    rule: Rule,
    passes: Mapping[Rule, Pass],
    *,
    is_first_use: bool,
) -> tuple[Part, ...]:
    by_rule: dict[Rule, dict[RowKey, int]] = {}
    for one, result in passes.items():
        statement = (result.first_uses if is_first_use else result.rests)[rank]
        by_rule[one] = sum_rows(given, rank, statement, is_first_use=is_first_use)
    parts = []
    for key in {key for amounts in by_rule.values() for key in amounts}:
        values = [amounts.get(key, 0) for amounts in by_rule.values()]
        if max(values):
            place = given.places.describe(key.account, key.detail)
            traced = by_rule[rule].get(key, 0)
            parts.append(Part(key.use, place, key.reason, traced, min(values), max(values)))
    return tuple(sorted(parts, key=sort_part))


def sort_part(part: Part) -> tuple[int, int, int, str, str, str, str, str]:
    """Return what the rows of a statement are sorted by: class, then amounts, then place."""
    place = part.place
    return (
        USE_ORDER[part.use],
        -part.traced_minor,
        -part.max_minor,
        place.bank,
        place.account,
        place.currency,
        place.holder_name,
        part.end_reason,
    )


def _sum_reached(given: TraceInput, rank: int, carried: Carried) -> dict[Use, int]:
    """Add up arrivals by use: the hops', and the disbursement's own where it is a use."""
    return add_disbursement(given, rank, _sum_arrivals(given, rank, carried))


def _sum_arrivals(given: TraceInput, rank: int, carried: Carried) -> dict[Use, int]:
    sums: dict[Use, int] = {}
    for row, value in zip(carried.row.tolist(), carried.value.tolist(), strict=True):
        place = find_hop_place(given, row)
        if place.reason is not EndReason.IN_TRANSIT:
            use = given.places.classify(rank, place)
            sums[use] = sums.get(use, 0) + value
    return sums


def add_disbursement(given: TraceInput, rank: int, arrived: Mapping[Use, int]) -> dict[Use, int]:
    """Add the disbursement to what hops brought, where it is a use itself."""
    sums = dict(arrived)
    if start := _find_disbursement_use(given, rank):
        sums[start] = sums.get(start, 0) + given.get_drawn_minor(rank)
    return sums


def _find_disbursement_use(given: TraceInput, rank: int) -> Use | None:
    """Return the class of the place that the loan was paid out to, None for the borrower."""
    loan = given.loans[rank]
    if not given.get_drawn_minor(rank):
        return None
    if loan.movement == NO_ROW:
        reason = given.places.find_account_end(loan.account_id) or EndReason.HELD
        place = PlaceKey(loan.account_id, reason)
    else:
        place = find_hop_place(given, loan.movement)
    use = given.places.classify(rank, place)
    return None if use is Use.BORROWER or place.reason is EndReason.IN_TRANSIT else use


def _build_reached(
    given: TraceInput, rank: int, rule: Rule, passes: Mapping[Rule, Pass]
) -> tuple[Reached, ...]:
    sums = {
        one: _sum_reached(given, rank, result.list_carried(rank)) for one, result in passes.items()
    }
    return range_reached(rule, sums)


def range_reached(rule: Rule, sums: Mapping[Rule, Mapping[Use, int]]) -> tuple[Reached, ...]:
    """Return what ever reached each class under ``rule``, and the range over all rules."""
    uses = {use for amounts in sums.values() for use in amounts}
    reached = []
    for use in sorted(uses, key=USE_ORDER.__getitem__):
        values = [amounts.get(use, 0) for amounts in sums.values()]
        reached.append(Reached(use, sums[rule].get(use, 0), min(values), max(values)))
    return tuple(reached)


def build_exposure(
    given: TraceInput, rank: int, exposed: Sequence[HopRow] | Mapping[Use, int]
) -> tuple[Reached, ...]:
    """Cap the exposed arrivals of each use at the principal; 0 to that is the range."""
    principal = given.loans[rank].principal_minor
    if not isinstance(exposed, Mapping):
        exposed = _sum_arrivals(given, rank, list_columns(exposed))
    sums = add_disbursement(given, rank, exposed)
    return tuple(
        Reached(use, min(principal, sums[use]), 0, min(principal, sums[use]))
        for use in sorted(sums, key=USE_ORDER.__getitem__)
    )


def _list_doubts(given: TraceInput, rank: int, shown: Pass | None) -> tuple[Doubt, ...]:
    """Say what weakens this trail: money that nobody saw arrive, balances that do not chain."""
    if shown is None:
        return ()
    movements = given.tables.movements
    rows = shown.list_carried(rank).row
    touched = {given.loans[rank].account_id}
    touched |= {*movements.debit[rows].tolist(), *movements.credit[rows].tolist()}
    unobserved = [
        Doubt(DoubtKind.UNOBSERVED, given.places.describe(account), shown.unobserved[account])
        for account in sorted(touched & shown.unobserved.keys())
    ]
    breaks = [
        Doubt(DoubtKind.BALANCE_BREAK, given.places.describe(one.account_id), day=one.day)
        for one in given.order.report.breaks
        if one.account_id in touched
    ]
    return (*unobserved, *breaks)


def _name_banks(trail: Trail, tables: Tables) -> Trail:
    """Add the names of all banks that the answer mentions, the lender's first."""
    places = [trail.account]
    places += [place for hop in trail.hops for place in (hop.debit, hop.credit)]
    places += [place for one in trail.reentry_candidates for place in (one.debit, one.credit)]
    places += [part.place for part in (*trail.first_uses, *trail.rests)]
    banks = dict.fromkeys(place.bank for place in places if place.bank)
    names = tuple((bank, tables.get_bank_name(bank)) for bank in banks)
    return replace(trail, bank_names=names)
