"""Short ways to write rows of movement tables in tests."""

from __future__ import annotations

from fundtrace.api.dataset import Dataset
from fundtrace.books.tables import build_tables

Row = dict[str, str]


def split_side(side: str) -> tuple[str, str]:
    bank, _, account = side.partition("/")
    return bank, account


def movement(name: str, at: str, debit: str, credit: str, amount: str, **more: str) -> Row:
    """Write one movement; sides are "bank/account" or "", ``at`` is like "03 10:00" in March."""
    (debit_bank, debit_account), (credit_bank, credit_account) = map(split_side, (debit, credit))
    day, _, clock = at.partition(" ")
    return {
        "movement_id": name,
        "booked_at": f"2026-03-{day}T{clock or '00:00'}+08:00",
        "debit_bank": debit_bank,
        "debit_account": debit_account,
        "credit_bank": credit_bank,
        "credit_account": credit_account,
        "amount": amount,
        "currency": "CNY",
    } | more


def loan(name: str, account: str, principal: str, at: str = "01 09:00", **more: str) -> Row:
    bank, number = split_side(account)
    day, _, clock = at.partition(" ")
    return {
        "loan_id": name,
        "bank": bank,
        "account": number,
        "principal": principal,
        "currency": "CNY",
        "disbursed_at": f"2026-03-{day}T{clock}+08:00",
    } | more


def account(name: str, **more: str) -> Row:
    bank, number = split_side(name)
    return {"bank": bank, "account": number} | more


def fill(rows: list[Row]) -> list[Row]:
    """Give every row every column of the table, empty where it has none."""
    columns = dict.fromkeys(column for row in rows for column in row)
    return [dict.fromkeys(columns, "") | row for row in rows]


def build(**tables: list[Row]) -> Dataset:
    return Dataset(build_tables({name: fill(rows) for name, rows in tables.items() if rows}))
