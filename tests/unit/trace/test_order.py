"""Events run by instant, seq and line, unless given balances say more."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from fundtrace.books.tables import build_tables
from fundtrace.model.instants import parse_instant
from fundtrace.model.tables import Tables
from fundtrace.trace.order import ChainBreak, Order, order_events

Row = dict[str, str]

DAY = "2026-03-05"


def move(name: str, debit: str, credit: str, amount: str = "1", **cells: str) -> Row:
    return {
        "movement_id": name,
        "booked_at": DAY,
        "debit_bank": "A" if debit else "",
        "debit_account": debit,
        "credit_bank": "A" if credit else "",
        "credit_account": credit,
        "amount": amount,
        "currency": "CNY",
        **cells,
    }


def pay(name: str, amount: str, balance: str, account: str = "x", **cells: str) -> Row:
    """Book an entry of a statement: a signed amount and the balance after it."""
    if amount.startswith("-"):
        return move(name, account, "", amount[1:], debit_balance_after=balance, **cells)
    return move(name, "", account, amount, credit_balance_after=balance, **cells)


def build(*rows: Row) -> Tables:
    return build_tables({"movements": rows})


def name_events(tables: Tables, order: Order) -> list[str]:
    """Return ``name-`` for a debit and ``name+`` for a credit."""
    names = tables.movements.movement_id
    return [
        names[row] + ("+" if is_credit else "-")
        for row, is_credit in zip(order.row.tolist(), order.is_credit.tolist(), strict=True)
    ]


def run(*rows: Row, as_of: str | None = None) -> list[str]:
    tables = build(*rows)
    return name_events(
        tables, order_events(tables, None if as_of is None else parse_instant(as_of))
    )


def list_debits_and_credits(*rows: Row) -> list[str]:
    """Return the names of movements in the order of their first event."""
    return list(dict.fromkeys(event[:-1] for event in run(*rows)))


def test_a_credit_runs_directly_behind_its_debit() -> None:
    assert run(move("a", "1", "2"), move("b", "2", "3")) == ["a-", "a+", "b-", "b+"]


def test_events_run_in_time_whatever_the_line() -> None:
    assert run(move("a", "1", "2"), move("b", "2", "3", booked_at="2026-03-04")) == [
        "b-", "b+", "a-", "a+",
    ]  # fmt: skip


def test_at_one_instant_seq_decides_and_an_absent_one_is_first() -> None:
    rows = [
        move("a", "1", "2", seq="2"),
        move("b", "1", "2", seq="-1"),
        move("c", "1", "2", seq=""),
    ]
    assert run(*rows) == ["c-", "c+", "b-", "b+", "a-", "a+"]


def test_a_later_credit_is_an_event_of_its_own() -> None:
    rows = [
        move("a", "1", "2", credit_booked_at="2026-03-06"),
        move("b", "2", "3"),
        move("c", "2", "3", booked_at="2026-03-06"),
    ]
    assert run(*rows) == ["a-", "b-", "b+", "a+", "c-", "c+"]


def test_sides_outside_the_tables_have_their_events_too() -> None:
    assert run(move("a", "1", ""), move("b", "", "1")) == ["a-", "a+", "b-", "b+"]


def test_as_of_is_inclusive() -> None:
    rows = [move("a", "1", "2"), move("b", "1", "2", booked_at="2026-03-05T00:00:01")]
    assert run(*rows, as_of="2026-03-05") == ["a-", "a+"]


def test_what_is_in_transit_at_as_of_has_only_its_debit() -> None:
    row = move("a", "1", "2", credit_booked_at="2026-03-07")
    assert run(row, as_of="2026-03-06") == ["a-"]


def test_nothing_before_the_first_movement() -> None:
    assert run(move("a", "1", "2"), as_of="2026-03-04") == []


def test_no_movements_have_no_order() -> None:
    assert len(order_events(build())) == 0


def test_balances_decide_the_order_within_an_instant() -> None:
    rows = [pay("c", "5", "10"), pay("a", "20", "20"), pay("b", "-15", "5")]
    assert list_debits_and_credits(*rows) == ["a", "b", "c"]


def test_an_order_that_chains_already_is_kept() -> None:
    rows = [pay("a", "5", "5"), pay("b", "-5", "0"), pay("c", "5", "5"), pay("d", "-5", "0")]
    assert list_debits_and_credits(*rows) == ["a", "b", "c", "d"]


def test_the_trail_begins_at_the_last_known_balance() -> None:
    before = pay("z", "5", "5", booked_at="2026-03-04")
    rows = [before, pay("a", "5", "5"), pay("b", "-5", "0")]
    assert list_debits_and_credits(*rows) == ["z", "b", "a"]


def test_entries_without_a_balance_move_the_last_known_one() -> None:
    rows = [
        pay("y", "4", "4", booked_at="2026-03-03"),
        move("z", "", "x", "1", booked_at="2026-03-04"),
        pay("a", "5", "5"),
        pay("b", "-5", "0"),
    ]
    assert list_debits_and_credits(*rows) == ["y", "z", "b", "a"]
    tables = build(*rows)
    assert order_events(tables).report.breaks == ()


def test_where_one_entry_has_no_balance_the_lines_decide() -> None:
    rows = [pay("a", "5", "10"), move("b", "", "x", "2"), pay("c", "3", "3")]
    assert list_debits_and_credits(*rows) == ["a", "b", "c"]


def test_a_seq_that_orders_is_not_overruled_by_balances() -> None:
    rows = [pay("a", "5", "10", seq="1"), pay("b", "5", "5", seq="2")]
    assert list_debits_and_credits(*rows) == ["a", "b"]


def test_sequences_of_several_accounts_are_merged() -> None:
    rows = [
        move("a", "1", "2", "5", debit_balance_after="5", credit_balance_after="10"),
        move("b", "1", "2", "5", debit_balance_after="10", credit_balance_after="5"),
        pay("c", "1", "1", "3"),
    ]
    assert list_debits_and_credits(*rows) == ["b", "a", "c"]


def test_line_order_decides_what_balances_leave_open() -> None:
    rows = [pay("a", "5", "10"), pay("c", "1", "1", "other"), pay("b", "5", "5")]
    assert list_debits_and_credits(*rows) == ["c", "b", "a"]


def test_the_last_balance_of_a_recovered_order_is_the_next_start() -> None:
    rows = [
        pay("b", "5", "10"),
        pay("a", "5", "5"),
        pay("d", "-3", "7", booked_at="2026-03-06"),
        pay("e", "3", "10", booked_at="2026-03-06"),
    ]
    assert list_debits_and_credits(*rows) == ["a", "b", "d", "e"]


def test_a_cycle_between_accounts_is_listed_and_keeps_the_lines() -> None:
    rows = [
        pay("z", "10", "10", "1", booked_at="2026-03-04"),
        move("a", "1", "2", "5", debit_balance_after="5", credit_balance_after="10"),
        move("b", "1", "2", "5", debit_balance_after="0", credit_balance_after="5"),
        pay("c", "1", "11", "2"),
    ]
    tables = build(*rows)
    order = order_events(tables)
    assert order.report.cycles == ((1, 2),)
    assert name_events(tables, order)[2:6] == ["a-", "a+", "b-", "b+"]


def test_a_late_credit_takes_part_in_the_order_of_its_own_instant() -> None:
    rows = [
        move("a", "1", "x", "5", credit_booked_at="2026-03-06", credit_balance_after="10"),
        pay("b", "5", "5", booked_at="2026-03-06"),
    ]
    assert run(*rows) == ["a-", "b-", "b+", "a+"]


def test_the_report_counts_sides_with_a_balance() -> None:
    rows = [
        move("a", "1", "2", "5", debit_balance_after="5", credit_balance_after="7"),
        pay("b", "1", "9", "2"),
    ]
    report = order_events(build(*rows)).report
    assert (report.rows_with_balance, report.rows_chained, report.rows_rounded) == (3, 2, 0)


def test_breaks_are_listed_by_account_and_day_in_shanghai() -> None:
    rows = [
        pay("a", "1", "1", booked_at="2026-03-05T23:59:59+00:00"),
        pay("b", "1", "9", booked_at="2026-03-06T23:59:59+08:00"),
        pay("c", "1", "20", booked_at="2026-03-06T23:59:59+08:00", seq="1"),
        pay("d", "1", "21", booked_at="2026-03-07"),
    ]
    assert order_events(build(*rows)).report.breaks == (ChainBreak(0, "2026-03-06", 2),)


def test_the_day_of_a_late_credit_is_its_own() -> None:
    rows = [
        pay("a", "1", "1", booked_at="2026-03-04"),
        move("b", "1", "x", credit_balance_after="9", credit_booked_at="2026-03-07"),
    ]
    (broken,) = order_events(build(*rows)).report.breaks
    assert broken.day == "2026-03-07"


def test_a_first_balance_defines_the_opening() -> None:
    report = order_events(build(pay("a", "1", "100"))).report
    assert (report.rows_chained, report.breaks) == (1, ())


@pytest.mark.parametrize(
    ("balance", "rounded", "breaks"),
    [("2.00", 0, 0), ("2.10", 1, 0), ("1.90", 1, 0), ("2.11", 0, 1)],
)
def test_a_coin_of_rounding_chains_and_is_counted_apart(
    balance: str, rounded: int, breaks: int
) -> None:
    rows = [pay("a", "1", "1"), pay("b", "1", balance, seq="1")]
    report = order_events(build(*rows)).report
    assert (report.rows_rounded, len(report.breaks)) == (rounded, breaks)


def test_currencies_without_decimals_are_not_rounded() -> None:
    rows = [
        pay("a", "100", "100", currency="JPY"),
        pay("b", "100", "201", currency="JPY", seq="1"),
    ]
    assert order_events(build(*rows)).report.rows_chained == 1


def test_the_order_is_recovered_across_rounding() -> None:
    rows = [
        pay("z", "100", "100.00", booked_at="2026-03-04"),
        pay("fee", "-14.60", "430.00"),
        pay("interest", "344.70", "444.60"),
    ]
    assert list_debits_and_credits(*rows) == ["z", "interest", "fee"]


def test_fewest_breaks_are_left_where_nothing_chains_all() -> None:
    rows = [
        pay("d", "1", "52"),
        pay("b", "1", "12"),
        pay("c", "1", "51"),
        pay("a", "1", "11"),
    ]
    report = order_events(build(*rows)).report
    assert (report.rows_chained, len(report.breaks)) == (3, 1)


def test_two_trails_of_one_component_cost_one_break() -> None:
    rows = [pay("a", "5", "10"), pay("b", "3", "10"), pay("c", "-4", "6"), pay("d", "-2", "8")]
    assert order_events(build(*rows)).report.rows_chained == 3


def test_balances_at_the_edge_of_64_bits_do_not_overflow() -> None:
    most = "92233720368547758.07"
    rows = [
        pay("a", most, most),
        pay("b", most, f"-{most}", seq="1"),
        pay("c", most, most, seq="2"),
    ]
    assert order_events(build(*rows)).report.rows_with_balance == 3


@pytest.mark.parametrize("deltas", [[7, -7], [3, 5, -4, -4]], ids=["two", "four"])
def test_fifty_thousand_entries_in_one_day_take_seconds_at_most(deltas: list[int]) -> None:
    rows, balance = [], 0
    for i in range(50_000):
        delta = deltas[i % len(deltas)]
        balance += delta
        rows.append(pay(f"m{i}", str(delta), str(balance)))
    tables = build(*rows[::-1])
    began = time.process_time()
    report = order_events(tables).report
    assert time.process_time() - began < 4
    assert report.rows_chained == 50_000


def test_the_order_of_a_later_instant_changes_nothing_before_as_of() -> None:
    early = [pay("b", "5", "10"), pay("a", "5", "5")]
    late = [pay("d", "1", "11", booked_at="2026-03-06"), pay("c", "9", "9", booked_at="2026-03-06")]
    assert run(*early, *late, as_of=DAY) == run(*early)


MergeCase = tuple[list[list[int]], list[int], list[list[int]]]


@pytest.mark.parametrize(
    "case",
    [
        ([], [0, 1, 2, 3], []),
        ([[2, 0]], [1, 2, 0, 3], []),
        ([[3, 2], [2, 1, 0]], [3, 2, 1, 0], []),
        ([[1, 0], [0, 1]], [0, 1, 2, 3], [[0, 1]]),
        ([[3, 1], [1, 2, 0], [0, 2]], [0, 3, 1, 2], [[0, 2]]),
        ([[0, 1, 0], [2, 3, 2], [3, 0]], [2, 3, 0, 1], [[0, 1], [2, 3]]),
    ],
)
def test_sequences_merge_with_the_smallest_first(case: MergeCase) -> None:
    from fundtrace.trace.merging import merge_sequences

    sequences, order, cycles = case
    assert merge_sequences(4, sequences) == (order, cycles)


@pytest.fixture
def chain() -> Callable[..., list[int]]:
    from fundtrace.trace.chains import chain_balances

    return chain_balances


@pytest.mark.parametrize(
    ("edges", "start", "order"),
    [
        ([(0, 1), (1, 2)], None, [0, 1]),
        ([(1, 2), (0, 1)], None, [1, 0]),
        ([(0, 1), (1, 0)], 1, [1, 0]),
        ([(0, 1), (1, 0)], 7, [0, 1]),
        ([(0, 1), (0, 2), (1, 0)], 0, [0, 2, 1]),
        ([(5, 6), (0, 1)], 0, [1, 0]),
        ([(5, 6), (0, 1)], None, [0, 1]),
    ],
)
def test_events_chain_as_an_eulerian_trail(
    chain: Callable[..., list[int]],
    edges: list[tuple[int, int]],
    start: int | None,
    order: list[int],
) -> None:
    before, after = zip(*edges, strict=True)
    assert chain(before, after, start) == order
