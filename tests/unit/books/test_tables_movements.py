"""What a row of the movements table may say."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fundtrace.books.tables import build_tables
from fundtrace.model.instants import parse_instant
from fundtrace.model.kinds import MovementKind
from fundtrace.model.tables import MOVEMENT_KINDS, NO_ROW, NO_VALUE, OUTSIDE

Move = Callable[..., dict[str, str]]
Find = Callable[..., list[str]]

RETURNED = {"debit_bank": "B", "debit_account": "2", "credit_bank": "A", "credit_account": "1"}


def test_a_plain_movement_is_read_whole(move: Move) -> None:
    movements = build_tables({"movements": [move()]}).movements
    assert len(movements) == 1
    assert movements.movement_id == ["m1"]
    assert movements.line.tolist() == [2]
    assert movements.booked_at.tolist() == [parse_instant("2026-03-05T09:30")]
    assert movements.credit_booked_at.tolist() == movements.booked_at.tolist()
    assert movements.seq.tolist() == [NO_VALUE]
    assert (movements.debit.tolist(), movements.credit.tolist()) == ([0], [1])
    assert (movements.amount_minor.tolist(), movements.credit_minor.tolist()) == ([10000], [10000])
    assert (movements.currency, movements.credit_currency) == (["CNY"], ["CNY"])
    assert MOVEMENT_KINDS[movements.kind[0]] is MovementKind.TRANSFER
    assert movements.reverses.tolist() == [NO_ROW]
    assert movements.loan_id == [""]
    assert movements.debit_balance_minor.tolist() == [NO_VALUE]
    assert movements.texts == {}


def test_optional_columns_are_read(move: Move) -> None:
    row = move(
        seq="7",
        kind="fee",
        loan_id="L-9",
        credit_booked_at="2026-03-06",
        debit_balance_after="-5.00",
        credit_balance_after="1,000.00",
        purpose=" 货款（三月） ",
        mcc="５４１１",
    )
    movements = build_tables({"movements": [row]}).movements
    assert movements.seq.tolist() == [7]
    assert MOVEMENT_KINDS[movements.kind[0]] is MovementKind.FEE
    assert movements.loan_id == ["L-9"]
    assert movements.credit_booked_at.tolist() == [parse_instant("2026-03-06")]
    assert movements.debit_balance_minor.tolist() == [-500]
    assert movements.credit_balance_minor.tolist() == [100_000]
    assert movements.texts == {"purpose": ["货款（三月）"], "mcc": ["5411"]}


def test_a_side_without_an_account_is_outside(move: Move) -> None:
    movements = build_tables({"movements": [move(credit_bank="", credit_account="")]}).movements
    assert (movements.debit.tolist(), movements.credit.tolist()) == ([0], [OUTSIDE])


def test_a_conversion_arrives_on_the_account_of_its_credit_currency(move: Move) -> None:
    row = move(credit_bank="A", credit_account="1", credit_currency="JPY", credit_amount="2000")
    tables = build_tables({"movements": [row]})
    assert tables.accounts.currency == ["CNY", "JPY"]
    assert tables.movements.credit_minor.tolist() == [2000]


def test_a_credit_amount_without_a_currency_is_in_the_same_one(move: Move) -> None:
    movements = build_tables({"movements": [move(credit_amount="100.0")]}).movements
    assert movements.credit_minor.tolist() == [10000]


@pytest.mark.parametrize("column", ["movement_id", "booked_at", "amount", "currency"])
def test_a_required_cell_must_be_filled(move: Move, find_problems: Find, column: str) -> None:
    rows = {"movements": [move("m0"), {**move(), column: " "}]}
    assert find_problems(rows) == [f"movements.csv:3: {column}: is empty"]


@pytest.mark.parametrize(
    "column",
    ["movement_id", "booked_at", "debit_bank", "debit_account", "credit_bank", "credit_account",
     "amount", "currency"],
)  # fmt: skip
def test_a_required_column_must_be_there(move: Move, find_problems: Find, column: str) -> None:
    row = {name: cell for name, cell in move().items() if name != column}
    assert find_problems({"movements": [row]}) == [
        f"movements.csv:1: {column}: this column is missing"
    ]


RED_INK = (
    "is negative; an entry in red ink (冲正) is a movement of kind return the other way round, "
    "with reverses"
)


@pytest.mark.parametrize(
    ("cells", "column", "reason"),
    [
        ({"amount": "0.00"}, "amount", "must be more than 0"),
        ({"amount": "-5"}, "amount", RED_INK),
        ({"amount": "1.001"}, "amount", "'1.001' has more than 2 decimals, which CNY has not"),
        ({"currency": "RMB"}, "currency", "unknown currency 'RMB'; use an ISO 4217 code such as CNY"),
        ({"booked_at": "5.3.2026"}, "booked_at",
         "'5.3.2026' is not an ISO 8601 time such as 2026-03-05T09:30:00+08:00"),
        ({"seq": "1.0"}, "seq", "'1.0' is not a whole number"),
        ({"kind": "gift"}, "kind",
         "'gift' is none of: transfer cash fee interest disbursement repayment return"),
        ({"debit_account": "6.22E+18"}, "debit_account",
         "'6.22E+18' is in scientific notation, its digits are lost; export it as text"),
        ({"mcc": "5411.0"}, "mcc",
         "'5411.0' was written as a number, digits may be lost; export it as text"),
        ({"debit_bank": ""}, "debit_bank", "is empty, but there is an account"),
        ({"debit_account": ""}, "debit_account", "is empty, but there is a bank"),
        ({"credit_bank": ""}, "credit_bank", "is empty, but there is an account"),
        ({"credit_account": ""}, "credit_account", "is empty, but there is a bank"),
        ({"credit_bank": "A", "credit_account": "1"}, "credit_account",
         "debit and credit are the same account"),
        ({"credit_currency": "JPY"}, "credit_amount",
         "is empty, but the credit side is in another currency"),
        ({"credit_currency": "YEN", "credit_amount": "5"}, "credit_currency",
         "unknown currency 'YEN'; use an ISO 4217 code such as CNY"),
        ({"credit_amount": "99.00"}, "credit_amount",
         ("differs from the amount in the same currency; "
         "book the difference as a movement of kind fee")),
        ({"credit_amount": "0", "credit_currency": "JPY"}, "credit_amount", "must be more than 0"),
        ({"credit_amount": "-1", "credit_currency": "JPY"}, "credit_amount", RED_INK),
        ({"credit_booked_at": "2026-03-05"}, "credit_booked_at", "is earlier than booked_at"),
        ({"debit_balance_after": "x"}, "debit_balance_after",
         "'x' is not a plain decimal amount such as 1234.56"),
        ({"reverses": "m9"}, "reverses", "there is no movement 'm9' in this table"),
        ({"reverses": "m1"}, "reverses", "names the movement itself"),
    ],
)  # fmt: skip
def test_a_bad_cell_is_listed_with_its_place(
    move: Move, find_problems: Find, cells: dict[str, str], column: str, reason: str
) -> None:
    rows = {"movements": [move("m0"), move(**cells)]}
    assert find_problems(rows) == [f"movements.csv:3: {column}: {reason}"]


def test_a_row_without_any_account_is_refused(move: Move, find_problems: Find) -> None:
    row = move(debit_bank="", debit_account="", credit_bank="", credit_account="")
    assert find_problems({"movements": [row]}) == [
        "movements.csv:2: names no account on either side"
    ]


def test_an_id_that_stands_twice_is_refused_naming_the_first_line(
    move: Move, find_problems: Find
) -> None:
    assert find_problems({"movements": [move("a"), move("b"), move("a")]}) == [
        "movements.csv:4: movement_id: movement 'a' stands already in line 2"
    ]


def test_all_problems_of_all_rows_are_listed_in_line_order(move: Move, find_problems: Find) -> None:
    rows = {"movements": [move("a", amount="0", seq="x"), move("b", currency="X")]}
    assert find_problems(rows) == [
        "movements.csv:2: amount: must be more than 0",
        "movements.csv:2: seq: 'x' is not a whole number",
        "movements.csv:3: currency: unknown currency 'X'; use an ISO 4217 code such as CNY",
    ]


def test_a_return_names_the_row_of_its_original(move: Move) -> None:
    rows = [move("m1"), move("m2", kind="return", reverses="m1", amount="40", **RETURNED)]
    tables = build_tables({"movements": rows})
    assert tables.movements.reverses.tolist() == [NO_ROW, 0]
    assert tables.warnings == ()


def test_a_return_may_stand_before_its_original(move: Move) -> None:
    rows = [move("m2", kind="return", reverses="m1", **RETURNED), move("m1")]
    assert build_tables({"movements": rows}).movements.reverses.tolist() == [1, NO_ROW]


def test_a_return_of_a_later_movement_is_refused(move: Move, find_problems: Find) -> None:
    rows = [move("m1", booked_at="2026-03-06"), move("m2", reverses="m1", **RETURNED)]
    assert find_problems({"movements": rows}) == [
        "movements.csv:3: reverses: names a movement that is booked later"
    ]


def test_a_return_in_another_currency_is_refused(move: Move, find_problems: Find) -> None:
    rows = [move("m1"), move("m2", reverses="m1", currency="USD", **RETURNED)]
    assert find_problems({"movements": rows}) == [
        "movements.csv:3: currency: is not the currency in which the returned movement arrived"
    ]


def test_returns_that_come_to_more_than_their_original_are_refused(
    move: Move, find_problems: Find
) -> None:
    parts = [move(f"r{i}", reverses="m1", amount="50", **RETURNED) for i in range(3)]
    assert find_problems({"movements": [move("m1"), *parts]}) == [
        "movements.csv:5: amount: returns of 'm1' come to 150.00 together, more than its 100.00 CNY"
    ]


def test_returns_are_added_up_beyond_64_bits(move: Move, find_problems: Find) -> None:
    most = "92233720368547758.07"
    parts = [move(f"r{i}", reverses="m1", amount=most, **RETURNED) for i in range(3)]
    assert len(find_problems({"movements": [move("m1", amount=most), *parts]})) == 2


def test_a_return_to_another_account_is_a_warning(move: Move, find_warnings: Find) -> None:
    rows = [move("m1"), move("m2", reverses="m1", **{**RETURNED, "credit_account": "7"})]
    assert find_warnings({"movements": rows}) == [
        (
            "movements.csv:3: reverses: the account that is paid is not the one that paid the "
            "returned movement"
        )
    ]


def test_a_return_from_another_account_is_a_movement_like_any_other(
    move: Move, find_warnings: Find
) -> None:
    rows = [move("m1"), move("m2", reverses="m1", **{**RETURNED, "debit_account": "7"})]
    assert find_warnings({"movements": rows}) == [
        (
            "movements.csv:3: reverses: the account that pays is not the one that the returned "
            "movement paid, so it is traced as an ordinary movement"
        )
    ]
    assert build_tables({"movements": rows}).movements.reverses.tolist() == [NO_ROW, NO_ROW]


def test_a_return_that_names_no_movement_is_a_warning(move: Move, find_warnings: Find) -> None:
    assert find_warnings({"movements": [move(kind="return")]}) == [
        (
            "movements.csv:2: reverses: is empty: which movement it returns is unknown, "
            "so it is traced as an ordinary one"
        )
    ]


def test_the_balance_of_an_outside_side_is_a_warning_and_dropped(move: Move) -> None:
    row = move(credit_bank="", credit_account="", credit_balance_after="5")
    tables = build_tables({"movements": [row]})
    assert [str(warning) for warning in tables.warnings] == [
        "movements.csv:2: credit_balance_after: is the balance of no account; ignored"
    ]
    assert tables.movements.credit_balance_minor.tolist() == [NO_VALUE]


def test_an_unknown_column_is_a_warning(move: Move, find_warnings: Find) -> None:
    assert find_warnings({"movements": [move(colour="red")]}) == [
        "movements.csv:1: colour: is no column of this table; ignored"
    ]
