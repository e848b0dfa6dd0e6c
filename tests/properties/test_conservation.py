"""What must hold for every conserving rule on every world (DESIGN section 4, conservation)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from fundtrace.api.dataset import Dataset
from fundtrace.model.instants import parse_instant
from fundtrace.model.kinds import CONSERVING_RULES, Rule
from fundtrace.model.money import parse_amount_minor, render_amount
from fundtrace.model.tables import NO_ROW
from fundtrace.trace.audit import list_imbalances
from fundtrace.trace.engine import trace_all
from fundtrace.trace.inputs import TraceInput
from fundtrace.trace.result import PassResult, Scope
from tests.support.worlds import FULL, HUGE, PLAIN, Shape, World, render_time, worlds

PATIENT = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
SHAPES = pytest.mark.parametrize("shape", [FULL, HUGE], ids=["small", "huge"])
RULES = pytest.mark.parametrize("rule", CONSERVING_RULES)

SCOPES = st.builds(
    Scope,
    window_days=st.one_of(st.none(), st.integers(0, 5)),
    hops_max=st.one_of(st.none(), st.integers(0, 3)),
    amount_max_minor=st.one_of(st.none(), st.integers(0, 80)),
    part_min_minor=st.one_of(st.none(), st.integers(0, 80), st.integers(0, 2 * HUGE.amount_max)),
)


def describe(result: PassResult) -> object:
    """Everything that a pass says, by names instead of row numbers and ids."""
    given, movements, accounts = (
        result.given,
        result.given.tables.movements,
        result.given.tables.accounts,
    )
    answer = {}
    for rank, loan in enumerate(given.loans):
        hops = [
            (movements.movement_id[hop.row], hop.depth, hop.units, hop.value, hop.returned)
            for hop in result.hops[rank]
        ]
        statements = [
            sorted(
                (
                    ("", "", "")
                    if place.account < 0
                    else (*accounts.get_key(place.account), accounts.currency[place.account]),
                    place.reason.value,
                    place.detail,
                    value,
                )
                for place, value in statement[rank].items()
                if value
            )
            for statement in (result.first_uses, result.rests)
        ]
        answer[loan.loan_id] = (hops, statements)
    return answer


@SHAPES
@RULES
@PATIENT
@given(data=st.data(), scope=SCOPES)
def test_traced_in_equals_traced_out_plus_held_for_every_loan_and_account(
    shape: Shape, rule: Rule, data: st.DataObject, scope: Scope
):
    tables = data.draw(worlds(shape)).build()
    as_of = data.draw(st.one_of(st.none(), st.integers(0, 9)))
    given_input = TraceInput(tables, None if as_of is None else _instant(as_of * 700))
    assert list_imbalances(trace_all(given_input, rule, scope)) == []


@RULES
@PATIENT
@given(data=st.data())
def test_both_statements_add_up_to_the_principal_and_lie_within_their_spread(
    rule: Rule, data: st.DataObject
):
    dataset = Dataset(data.draw(worlds()).build())
    for loan in dataset.tables.loans:
        trail = dataset.trace(loan.loan_id, rule)
        for statement in (trail.first_uses, trail.rests):
            assert sum(part.traced_minor for part in statement) == loan.principal_minor
            assert all(part.min_minor <= part.traced_minor <= part.max_minor for part in statement)
            assert all(part.min_minor >= 0 for part in statement)
        for one in trail.ever_reached:
            assert one.min_minor <= one.traced_minor <= one.max_minor


@RULES
@PATIENT
@given(data=st.data(), scope=SCOPES)
def test_what_comes_after_the_time_asked_changes_nothing(
    rule: Rule, data: st.DataObject, scope: Scope
):
    world = data.draw(worlds())
    minute = data.draw(st.integers(0, 8)) * 700
    as_of = _instant(minute)
    known = World({name: list(rows) for name, rows in world.rows.items()})
    known.rows["movements"] = [
        row for row in world.rows["movements"] if row["booked_at"] <= render_time(minute)
    ]
    ids = {row["movement_id"] for row in known.rows["movements"]}
    if any(row["movement_id"] not in {"", *ids} for row in known.rows["loans"]):
        reject()  # a loan whose disbursement is not yet booked cannot be told without it
    whole = trace_all(TraceInput(world.build(), as_of), rule, scope)
    part = trace_all(TraceInput(known.build(), as_of), rule, scope)
    assert describe(whole) == describe(part)


@RULES
@PATIENT
@given(data=st.data())
def test_relabelling_accounts_and_loans_changes_nothing_but_the_labels(
    rule: Rule, data: st.DataObject
):
    world = data.draw(worlds())
    renamed = World(
        {
            name: [{column: _relabel(column, cell) for column, cell in row.items()} for row in rows]
            for name, rows in world.rows.items()
        }
    )
    plain = describe(trace_all(TraceInput(world.build()), rule))
    other = describe(trace_all(TraceInput(renamed.build()), rule))
    expected = {
        f"z{loan}": (
            hops,
            [
                sorted(
                    (
                        (_relabel("bank", bank), _relabel("account", account), currency),
                        reason,
                        _relabel("loan_id", detail),
                        value,
                    )
                    for (bank, account, currency), reason, detail, value in statement
                )
                for statement in statements
            ],
        )
        for loan, (hops, statements) in plain.items()
    }
    assert other == expected


@RULES
@PATIENT
@given(first=worlds(), second=worlds())
def test_worlds_that_share_no_account_can_be_traced_apart(rule: Rule, first: World, second: World):
    moved = World(
        {
            name: [{column: _relabel(column, cell) for column, cell in row.items()} for row in rows]
            for name, rows in second.rows.items()
        }
    )
    for row in moved.rows["movements"]:
        row["movement_id"] = f"z{row['movement_id']}"
        row["reverses"] = f"z{row['reverses']}" if row["reverses"] else ""
    for row in moved.rows["loans"]:
        row["movement_id"] = f"z{row['movement_id']}" if row["movement_id"] else ""
    if bool(first.rows["members"]) != bool(moved.rows["members"]):
        reject()  # a members table speaks about both
    both = World({name: rows + moved.rows[name] for name, rows in first.rows.items()})
    as_of = _instant(100_000)  # the same time asked, or windows end at different ones
    together = describe(trace_all(TraceInput(both.build(), as_of), rule))
    apart = describe(trace_all(TraceInput(first.build(), as_of), rule))
    apart |= describe(trace_all(TraceInput(moved.build(), as_of), rule))
    assert together == apart


@PATIENT
@given(world=worlds())
def test_exposure_covers_every_hop_of_every_conserving_rule(world: World):
    dataset = Dataset(world.build())
    for loan in dataset.tables.loans:
        bound = dataset.trace(loan.loan_id, "exposure")
        exposed = {hop.movement_id: hop for hop in bound.hops}
        by_use = {one.use: one.traced_minor for one in bound.exposure}
        for rule in CONSERVING_RULES:
            trail = dataset.trace(loan.loan_id, rule)
            for hop in trail.hops:
                assert hop.traced_minor <= exposed[hop.movement_id].traced_minor
                assert hop.depth >= exposed[hop.movement_id].depth
            for one in trail.ever_reached:
                assert min(one.traced_minor, loan.principal_minor) <= by_use[one.use]


@RULES
@PATIENT
@given(world=worlds(), limit=st.integers(0, 100))
def test_the_hops_of_a_loan_add_up_to_no_more_than_the_scope_allows(
    rule: Rule, world: World, limit: int
):
    result = trace_all(TraceInput(world.build()), rule, Scope(amount_max_minor=limit))
    for hops in result.hops:
        assert sum(hop.value - hop.returned for hop in hops) <= limit


@RULES
@PATIENT
@given(world=worlds(), hops_max=st.integers(0, 3))
def test_no_hop_goes_deeper_than_the_scope_allows(rule: Rule, world: World, hops_max: int):
    result = trace_all(TraceInput(world.build()), rule, Scope(hops_max=hops_max))
    for hops in result.hops:
        assert all(hop.depth <= hops_max for hop in hops if hop.value > hop.returned)


@RULES
@PATIENT
@given(data=st.data(), scope=SCOPES)
def test_a_least_part_of_nothing_is_no_limit(rule: Rule, data: st.DataObject, scope: Scope):
    asked = TraceInput(data.draw(worlds()).build())
    without = trace_all(asked, rule, replace(scope, part_min_minor=None))
    assert describe(trace_all(asked, rule, replace(scope, part_min_minor=0))) == describe(without)


@RULES
@PATIENT
@given(world=worlds(), part_min=st.integers(1, 80))
def test_what_goes_on_was_brought_in_parts_of_the_least_size_or_greater(
    rule: Rule, world: World, part_min: int
):
    asked = TraceInput(world.build())
    result = trace_all(asked, rule, Scope(part_min_minor=part_min))
    reverses = asked.tables.movements.reverses
    for hops in result.hops:
        brought = {hop.row: hop.value for hop in hops}
        for hop in hops:
            if reverses[hop.row] == NO_ROW:  # a return takes back small parts too
                parents = [parent for parent in hop.parents if parent in brought]
                assert all(brought[parent] >= part_min for parent in parents)


@RULES
@PATIENT
@given(world=worlds())
def test_parts_greater_than_every_loan_end_all_trails_at_their_first_arrival(
    rule: Rule, world: World
):
    asked = TraceInput(world.build())
    part_min = 1 + max(loan.principal_minor for loan in asked.loans)
    result = trace_all(asked, rule, Scope(part_min_minor=part_min))
    drawn = [asked.get_drawn_minor(rank) for rank in range(len(asked.loans))]
    for rank, hops in enumerate(result.hops):
        assert all(hop.depth == 1 for hop in hops if hop.value > hop.returned)
        assert sum(hop.value - hop.returned for hop in hops) <= drawn[rank]


@RULES
@PATIENT
@given(world=worlds(PLAIN))
def test_opening_balances_derived_from_balances_after_are_as_good_as_given_ones(
    rule: Rule, world: World
):
    for row in world.rows["loans"]:
        row["movement_id"] = ""
    derived = World({name: [dict(row) for row in rows] for name, rows in world.rows.items()})
    balances = {
        (row["bank"], row["account"]): parse_amount_minor(row["opening_balance"] or "0.00", "CNY")
        for row in world.rows["accounts"]
    }
    for row in derived.rows["movements"]:
        for side, sign in (("debit", -1), ("credit", 1)):
            key = (row[f"{side}_bank"], row[f"{side}_account"])
            row[f"{side}_balance_after"] = ""
            if key[0]:
                balances[key] += sign * parse_amount_minor(row["amount"], "CNY")
                row[f"{side}_balance_after"] = render_amount(balances[key], "CNY", grouping=False)
    for row in derived.rows["accounts"]:
        row["opening_balance"] = ""
    found = trace_all(TraceInput(derived.build()), rule)
    assert describe(found) == describe(trace_all(TraceInput(world.build()), rule))


def _instant(minute: int) -> int:
    if minute > 40_000:
        return parse_instant("2027-01-01")
    return parse_instant(render_time(minute))


def _relabel(column: str, cell: str) -> str:
    """Give accounts, banks, holders and loans other names that sort otherwise."""
    if not cell:
        return cell
    if column.endswith(("bank", "account", "holder_id")) or column == "loan_id":
        return f"z{cell}"
    if column == "declared_payees":
        return ";".join(
            "/".join(f"z{part}" for part in payee.split("/")) for payee in cell.split(";")
        )
    return cell
