"""All sources at once: equal to a pass in which every opening balance is a loan."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fundtrace.errors import InvalidInputError
from fundtrace.model.instants import parse_instant
from fundtrace.model.kinds import EndReason, Rule
from fundtrace.model.tables import NO_ROW, Loan, Tables
from fundtrace.trace.engine import trace_all
from fundtrace.trace.inputs import TraceInput
from fundtrace.trace.kernel import blocks, prepare, sources
from fundtrace.trace.kernel.sources import OWN, SOURCE_RULES, trace_sources
from tests.support.worlds import HUGE, PLAIN, Shape, make_world, render_time, worlds

SHAPES = {
    "plain": replace(PLAIN, movements_max=60, amount_max=400),
    "absorbing": replace(PLAIN, absorbing=0.4, kinds=0.3, late_credit=0.4, movements_max=40),
    "huge": replace(HUGE, currencies=("CNY",), overdraft=0, returns=0, movements_max=40),
    "small": replace(PLAIN, amount_max=5, movements_max=60),
}
RULES = pytest.mark.parametrize("rule", SOURCE_RULES)
Balances = dict[int, dict[int, int]]  # account: source: units


def sum_by_reference(tables: Tables, as_of: int | None, rule: Rule) -> Balances:
    """Trace the opening balances as loans; own money is what is left of each balance."""
    accounts = tables.accounts
    before = parse_instant("2000-01-01")  # all of it was there before anything moved
    openings = TraceInput(tables, as_of).opening_minor.tolist()
    loans = tuple(
        Loan(str(one), one, "", "", opening, accounts.currency[one], before)
        for one, opening in enumerate(openings)
        if opening > 0
    )
    emptied = replace(accounts, opening_minor=np.zeros(len(accounts), dtype=np.int64))
    asked = TraceInput(replace(tables, accounts=emptied, loans=loans), as_of)
    result = trace_all(asked, rule)
    balances: Balances = {}
    for rank, rests in enumerate(result.rests):
        for place, units in rests.items():
            if place.reason is EndReason.HELD:
                source = asked.loans[rank].account_id
                balances.setdefault(place.account, {})[source] = units
    add_own(asked, openings, balances)
    return balances


def add_own(asked: TraceInput, openings: list[int], balances: Balances) -> None:
    """Own money is what the balance has beyond traced money; balances never go below 0."""
    moves, order, places = asked.tables.movements, asked.order, asked.places
    wholes = dict(enumerate(openings))
    for row, is_credit in zip(order.row.tolist(), order.is_credit.tolist(), strict=True):
        account = int((moves.credit if is_credit else moves.debit)[row])
        amount = int(moves.amount_minor[row])
        wholes[account] = max(0, wholes.get(account, 0) + (amount if is_credit else -amount))
    for account, whole in wholes.items():
        if not places.find_account_end(account):
            own = whole - sum(balances.get(account, {}).values())
            if own:
                balances.setdefault(account, {})[OWN] = own


def read_sources(found: sources.Sources) -> Balances:
    balances: Balances = {}
    for account, (start, end) in enumerate(
        zip(found.offsets[:-1].tolist(), found.offsets[1:].tolist(), strict=True)
    ):
        rows = list(
            zip(found.source[start:end].tolist(), found.units[start:end].tolist(), strict=True)
        )
        assert len(dict(rows)) == len(rows)
        if rows:
            balances[account] = dict(rows)
    return balances


@RULES
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_sources_are_loans_of_every_opening_balance(rule: Rule, shape: Shape, data: st.DataObject):
    tables = data.draw(worlds(shape)).build()
    minute = data.draw(st.one_of(st.none(), st.integers(3, 9)))
    as_of = None if minute is None else parse_instant(render_time(minute * 700))
    found = trace_sources(prepare(TraceInput(tables, as_of)), rule)
    assert read_sources(found) == sum_by_reference(tables, as_of, rule)


@RULES
@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("accounts", [6, 150])
def test_long_histories_with_many_sources_are_equal_too(
    rule: Rule, seed: int, accounts: int, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(blocks, "_ROOM", 1)  # so that they grow on the way
    monkeypatch.setattr(sources, "_ROOM", 1)
    tables = make_world(seed, 600, replace(PLAIN, amount_max=10**6)).build()
    rng = np.random.default_rng(seed)
    tables = spread_over(tables, rng, accounts)
    found = trace_sources(prepare(TraceInput(tables)), rule)
    assert read_sources(found) == sum_by_reference(tables, None, rule)
    if accounts > 100:
        assert np.diff(found.offsets).max() > blocks.BLOCK or rule is not Rule.PRO_RATA


def spread_over(tables: Tables, rng: np.random.Generator, count: int) -> Tables:
    """Let the movements of a world run between so many accounts, all with money at first."""
    one = tables.accounts
    accounts = replace(
        one,
        bank=["A"] * count,
        account=[str(number) for number in range(count)],
        currency=["CNY"] * count,
        kind=[one.kind[0]] * count,
        holder_id=[""] * count,
        sector=[""] * count,
        is_listed=[True] * count,
        opening_minor=rng.integers(1, 10**6, count),
        overdraft_limit_minor=np.zeros(count, dtype=np.int64),
    )
    rows = len(tables.movements)
    debit = rng.integers(0, count, rows).astype(np.int32)
    credit = (debit + rng.integers(1, count, rows)).astype(np.int32) % np.int32(count)
    loans = tuple(replace(one, account_id=0, movement=NO_ROW) for one in tables.loans)
    moves = replace(tables.movements, debit=debit, credit=credit)
    return replace(tables, accounts=accounts, movements=moves, loans=loans)


@pytest.mark.parametrize(
    ("shape", "named"),
    [
        (replace(PLAIN, currencies=("CNY", "JPY")), "conversions"),
        (replace(PLAIN, returns=0.5), "returns"),
        (replace(PLAIN, overdraft=1), "overdrafts"),
    ],
)
def test_sources_refuse_what_has_no_single_unit(shape: Shape, named: str):
    prepared = prepare(TraceInput(make_world(5, 40, shape).build()))
    with pytest.raises(InvalidInputError, match=named):
        trace_sources(prepared, Rule.FIFO)


def test_sources_refuse_other_rules():
    prepared = prepare(TraceInput(make_world(5, 10, PLAIN).build()))
    with pytest.raises(InvalidInputError, match="fifo, lifo, pro_rata; not by specific"):
        trace_sources(prepared, Rule.SPECIFIC)
