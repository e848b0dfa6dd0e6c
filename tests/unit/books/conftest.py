"""Rows of movement tables, and what is found wrong with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pytest

from fundtrace.books.tables import build_tables
from fundtrace.errors import BadTablesError

Rows = Mapping[str, Sequence[Mapping[str, str]]]

_MOVEMENT = {
    "booked_at": "2026-03-05T09:30",
    "debit_bank": "A",
    "debit_account": "1",
    "credit_bank": "B",
    "credit_account": "2",
    "amount": "100.00",
    "currency": "CNY",
}
_LOAN = {
    "loan_id": "L",
    "bank": "B",
    "account": "2",
    "principal": "100.00",
    "currency": "CNY",
    "disbursed_at": "2026-03-05",
}


@pytest.fixture
def move() -> Callable[..., dict[str, str]]:
    """Make a movement of 100 CNY from A/1 to B/2, with changes."""
    return lambda movement_id="m1", **cells: {"movement_id": movement_id, **_MOVEMENT, **cells}


@pytest.fixture
def lend() -> Callable[..., dict[str, str]]:
    """Make a loan of 100 CNY to B/2, with changes."""
    return lambda loan_id="L", **cells: {**_LOAN, "loan_id": loan_id, **cells}


@pytest.fixture
def find_problems() -> Callable[[Rows], list[str]]:
    """Return what ``build_tables`` refuses rows for."""

    def find(rows: Rows) -> list[str]:
        with pytest.raises(BadTablesError) as caught:
            build_tables(rows)
        return [str(problem) for problem in caught.value.problems]

    return find


@pytest.fixture
def find_warnings() -> Callable[[Rows], list[str]]:
    """Return what ``build_tables`` only finds doubtful."""
    return lambda rows: [str(warning) for warning in build_tables(rows).warnings]
