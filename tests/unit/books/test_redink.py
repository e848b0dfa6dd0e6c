"""Red-ink entries become returns of what they take back."""

from __future__ import annotations

from decimal import Decimal

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from fundtrace.books.redink import turn_red_ink

SIDES = ("debit_bank", "debit_account", "credit_bank", "credit_account")
REST = ("currency", "kind", "debit_balance_after", "credit_balance_after")


def make_frame(*rows: tuple[str, str, str, str]) -> pl.DataFrame:
    """Rows of movement_id, debit account, credit account, amount; "" is outside."""
    return pl.DataFrame(
        {
            "movement_id": [row[0] for row in rows],
            "debit_bank": ["A" if row[1] else "" for row in rows],
            "debit_account": [row[1] for row in rows],
            "credit_bank": ["A" if row[2] else "" for row in rows],
            "credit_account": [row[2] for row in rows],
            "amount": [row[3] for row in rows],
            "currency": ["CNY"] * len(rows),
            "kind": ["transfer"] * len(rows),
            "debit_balance_after": [f"{row[0]}-d" for row in rows],
            "credit_balance_after": [f"{row[0]}-c" for row in rows],
        },
        schema_overrides=dict.fromkeys(("movement_id", *SIDES, "amount", *REST), pl.String),
    )


def test_movements_without_red_ink_are_left_as_they_are():
    frame = make_frame(("m1", "1", "2", "5.00"))
    assert turn_red_ink(frame, [0]).movements is frame


def test_a_red_entry_becomes_a_return_with_sides_and_balances_swapped():
    frame = make_frame(("m1", "1", "2", "5.00"), ("m2", "1", "2", "-5.00"))
    result = turn_red_ink(frame, [10, 20])
    assert result.matched_count == 1
    assert result.unmatched_rows == ()
    row = result.movements.row(1, named=True)
    assert row == {
        "movement_id": "m2",
        "debit_bank": "A",
        "debit_account": "2",
        "credit_bank": "A",
        "credit_account": "1",
        "amount": "5.00",
        "currency": "CNY",
        "kind": "return",
        "debit_balance_after": "m2-c",
        "credit_balance_after": "m2-d",
        "reverses": "m1",
    }
    first = result.movements.row(0, named=True)
    assert (first["kind"], first["reverses"], first["debit_account"]) == ("transfer", None, "1")


def test_the_most_recent_earlier_movement_is_taken_back():
    frame = make_frame(
        ("m1", "1", "2", "5.00"), ("m2", "1", "2", "5.00"), ("m3", "1", "2", "-5.00")
    )
    assert turn_red_ink(frame, [10, 20, 30]).movements["reverses"].to_list()[2] == "m2"


def test_recent_is_by_time_not_by_line():
    frame = make_frame(
        ("m1", "1", "2", "5.00"), ("m2", "1", "2", "5.00"), ("m3", "1", "2", "-5.00")
    )
    assert turn_red_ink(frame, [20, 10, 30]).movements["reverses"].to_list()[2] == "m1"


def test_a_movement_is_taken_back_once():
    frame = make_frame(
        ("m1", "1", "2", "5.00"), ("m2", "1", "2", "-5.00"), ("m3", "1", "2", "-5.00")
    )
    result = turn_red_ink(frame, [10, 20, 30])
    assert result.movements["reverses"].to_list() == [None, "m1", None]
    assert result.unmatched_rows == (2,)
    assert result.movements["kind"].to_list() == ["transfer", "return", "return"]


def test_an_entry_that_is_earlier_than_its_movement_matches_nothing():
    frame = make_frame(("m1", "1", "2", "-5.00"), ("m2", "1", "2", "5.00"))
    assert turn_red_ink(frame, [10, 20]).unmatched_rows == (0,)


def test_another_amount_or_account_or_direction_does_not_match():
    frame = make_frame(
        ("m1", "1", "2", "5.01"),
        ("m2", "1", "3", "5.00"),
        ("m3", "2", "1", "5.00"),
        ("m4", "1", "2", "-5.00"),
    )
    assert turn_red_ink(frame, [1, 2, 3, 4]).unmatched_rows == (3,)


def test_cash_from_outside_can_be_taken_back():
    frame = make_frame(("m1", "", "2", "5.00"), ("m2", "", "2", "-5.00"))
    result = turn_red_ink(frame, [10, 20])
    row = result.movements.row(1, named=True)
    assert (row["debit_account"], row["credit_account"], row["reverses"]) == ("2", "", "m1")


def test_a_table_without_optional_columns_gets_kind_and_reverses():
    frame = make_frame(("m1", "1", "2", "5.00"), ("m2", "1", "2", "-5.00"))
    frame = frame.drop("kind", "debit_balance_after", "credit_balance_after")
    result = turn_red_ink(frame, [10, 20]).movements
    assert result["kind"].to_list() == [None, "return"]
    assert "debit_balance_after" not in result.columns


rows = st.lists(
    st.tuples(st.sampled_from("12"), st.sampled_from("34"), st.sampled_from(["5.00", "-5.00"])),
    max_size=12,
)


@given(rows)
def test_every_movement_is_taken_back_at_most_once_and_money_adds_up(entries):
    frame = make_frame(*((f"m{i}", *entry) for i, entry in enumerate(entries)))
    result = turn_red_ink(frame, list(range(len(entries))))
    if "reverses" not in result.movements.columns:
        assert not any(entry[2].startswith("-") for entry in entries)
        return
    reversed_ids = [name for name in result.movements["reverses"].to_list() if name]
    assert len(reversed_ids) == len(set(reversed_ids)) == result.matched_count
    for (debit, credit, amount), row in zip(
        entries, result.movements.iter_rows(named=True), strict=True
    ):
        sign = -1 if (row["debit_account"], row["credit_account"]) == (credit, debit) else 1
        assert sign * Decimal(row["amount"]) == Decimal(amount)
