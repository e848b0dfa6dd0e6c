"""What makes tables ready for tracing, against plain definitions: order, openings, facts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fundtrace.model.kinds import AccountKind, EndReason, MovementKind
from fundtrace.model.tables import MOVEMENT_KINDS, NO_VALUE, Tables
from fundtrace.trace.entries import walk_entries
from fundtrace.trace.inputs import TraceInput, derive_exactly
from fundtrace.trace.kernel import layout, open_input, prepare
from fundtrace.trace.kernel.walking import walk_balances
from fundtrace.trace.order import order_events
from fundtrace.trace.places import END_REASONS
from fundtrace.trace.units import find_late, find_places, get_instants, list_units
from tests.support.columns import (
    HOSTILE,
    ROUNDED,
    SMALL,
    SPARSE,
    Balances,
    build_columns,
    column_tables,
)
from tests.support.plain_order import order_plainly
from tests.support.worlds import FULL, worlds

SHAPES = {"small": SMALL, "sparse": SPARSE, "rounded": ROUNDED, "hostile": HOSTILE}
EACH = pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
AS_OF = st.none() | st.integers(-1, 8)
ABSORBING = {
    AccountKind.LOAN: EndReason.LOAN,
    AccountKind.HUB: EndReason.HUB,
    AccountKind.PAYMENT_INSTITUTION: EndReason.PAYMENT_INSTITUTION,
    AccountKind.BROKER_POOL: EndReason.BROKER_POOL,
    AccountKind.PROPERTY_ESCROW: EndReason.PROPERTY_ESCROW,
    AccountKind.EXTERNAL: EndReason.EXTERNAL,
}
HOLDING = {"", "current", "savings", "term_deposit"}
patient = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def list_plain_units(tables: Tables, as_of: int | None) -> list[int]:
    """Sort (instant, seq, line, row), a late credit as one of its own."""
    moves, keys = tables.movements, []
    for row in range(len(moves)):
        times = [int(moves.booked_at[row]), int(moves.credit_booked_at[row])]
        for side, time in enumerate(times[: 1 + (times[0] != times[1])]):
            if as_of is None or time <= as_of:
                keys.append((time, int(moves.seq[row]), int(moves.line[row]), row, side))
    return [2 * row + side for *_, row, side in sorted(keys)]


@EACH
@patient
@given(data=st.data())
def test_units_run_by_instant_seq_line_and_row(shape: Balances, data: st.DataObject) -> None:
    tables, as_of = data.draw(column_tables(shape)), data.draw(AS_OF)
    units = list_units(tables.movements, find_late(tables.movements), as_of)
    assert units.tolist() == list_plain_units(tables, as_of)


@patient
@given(column_tables(SPARSE), st.lists(st.integers(-1, 9), max_size=5))
def test_places_of_instants_are_before_the_units_of_that_instant(
    tables: Tables, instants: list[int]
) -> None:
    units = list_units(tables.movements, find_late(tables.movements))
    times = get_instants(tables.movements, units).tolist()
    found = find_places(tables.movements, units, np.array(instants, np.int64)).tolist()
    assert found == [sum(time < instant for time in times) for instant in instants]


@EACH
@patient
@given(data=st.data())
def test_the_order_is_that_of_looking_at_every_account(
    shape: Balances, data: st.DataObject
) -> None:
    tables, as_of = data.draw(column_tables(shape)), data.draw(AS_OF)
    expected = order_plainly(tables, as_of)
    for walk in (walk_entries, walk_balances):
        found = order_events(tables, as_of, walk)
        assert found.row.tolist() == expected.row.tolist()
        assert found.is_credit.tolist() == expected.is_credit.tolist()
        assert found.report == expected.report
        assert len(found) == len(expected)


@EACH
@patient
@given(data=st.data())
def test_the_compiled_walk_finds_what_the_sorted_entries_say(
    shape: Balances, data: st.DataObject
) -> None:
    tables, as_of = data.draw(column_tables(shape)), data.draw(AS_OF)
    is_late = find_late(tables.movements)
    units = list_units(tables.movements, is_late, as_of)
    plain, found = (walk(tables, units, is_late) for walk in (walk_entries, walk_balances))
    assert found.is_bad.tolist() == plain.is_bad.tolist()
    assert found.opening.tolist() == plain.opening.tolist()
    assert found.given_count == plain.given_count


@EACH
@patient
@given(data=st.data())
def test_openings_and_positions_are_those_of_one_event_after_the_other(
    shape: Balances, data: st.DataObject
) -> None:
    tables, as_of = data.draw(column_tables(shape)), data.draw(AS_OF)
    for opened in (TraceInput(tables, as_of), open_input(tables, as_of)):
        order = order_plainly(tables, as_of)
        assert [int(one) for one in opened.opening_minor] == derive_exactly(tables, opened.order)
        positions = ([-1] * len(tables.movements), [-1] * len(tables.movements))
        for at, (row, side) in enumerate(
            zip(order.row.tolist(), order.is_credit.tolist(), strict=True)
        ):
            positions[side][row] = at
        assert (opened.debit_position.tolist(), opened.credit_position.tolist()) == positions


@pytest.mark.parametrize("amount", [2**60 - 1, 2**60, 2**62, 2**63 - 1])
@pytest.mark.parametrize("balance", [-(2**63) + 1, -(2**62), 0, 2**62, 2**63 - 1])
def test_an_opening_beyond_64_bits_is_exact(amount: int, balance: int) -> None:
    columns = {
        "booked_at": [0, 0, 1],
        "credit_booked_at": [0, 0, 1],
        "seq": [NO_VALUE] * 3,
        "debit": [0, 0, -1],
        "credit": [1, -1, 1],
        "amount_minor": [amount, amount, amount],
        "credit_minor": [amount, amount, amount],
        "debit_balance_minor": [NO_VALUE, balance, NO_VALUE],
        "credit_balance_minor": [NO_VALUE, NO_VALUE, balance],
    }
    narrow = {"debit", "credit"}
    arrays = {
        name: np.array(values, np.int32 if name in narrow else np.int64)
        for name, values in columns.items()
    }
    tables = build_columns(arrays, [1, 2, 3], [NO_VALUE, NO_VALUE])
    for opened in (TraceInput(tables), open_input(tables)):
        assert [int(one) for one in opened.opening_minor] == [
            balance + 2 * amount,
            balance - 2 * amount,
        ]


def find_plain_end(tables: Tables, account: int) -> EndReason | None:
    """Say why an account absorbs, as docs/tracing.md puts it."""
    accounts = tables.accounts
    if reason := ABSORBING.get(accounts.kind[account]):
        return reason
    if tables.members is not None and accounts.bank[account] not in tables.members:
        return EndReason.NON_MEMBER
    if tables.has_accounts_table and not accounts.is_listed[account]:
        return EndReason.NOT_LISTED
    return None


def test_end_reasons_have_the_kernels_numbers() -> None:
    assert END_REASONS == layout.REASONS


@patient
@given(worlds(FULL))
def test_facts_of_accounts_are_those_of_each_account_alone(world: object) -> None:
    tables = world.build()  # type: ignore[attr-defined]
    opened = TraceInput(tables)
    prepared, accounts = prepare(opened), tables.accounts
    rows = range(len(accounts))
    ends = [find_plain_end(tables, row) for row in rows]
    assert [opened.places.find_account_end(row) for row in rows] == ends
    assert [END_REASONS[end] for end in prepared.end.tolist()] == [*ends, EndReason.OUTSIDE]
    for rank, loan in enumerate(opened.loans):
        key, holder = prepared.loans[rank, [layout.LOAN_KEY, layout.LOAN_HOLDER]].tolist()
        assert (prepared.keys == key).tolist() == [
            accounts.get_key(row) == (loan.bank, loan.account) for row in rows
        ]
        assert (prepared.holders == holder).tolist() == [
            bool(loan.holder_id)
            and accounts.holder_id[row] == loan.holder_id
            and accounts.kind[row] in HOLDING
            for row in rows
        ]


@patient
@given(worlds(FULL))
def test_payments_to_declared_payees_are_those_of_each_row_alone(world: object) -> None:
    tables = world.build()  # type: ignore[attr-defined]
    opened, movements = TraceInput(tables), tables.movements
    expected = [
        [row, rank]
        for row in range(len(movements))
        for rank in opened.list_declaring_loans(row, int(movements.booked_at[row]))
    ]
    columns = prepare(opened).columns
    assert columns.payees.tolist() == expected
    interest = MOVEMENT_KINDS.index(MovementKind.INTEREST)
    for row in range(len(movements)):
        end = opened.places.find_arrival_place(row)
        reason = columns.reason[row]
        if movements.kind[row] == interest or movements.credit[row] >= 0:
            assert layout.REASONS[reason] == (end.reason if end else None)
