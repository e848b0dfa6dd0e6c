"""The loans table: rows checked one by one, then against movements and accounts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from fundtrace.books.cells import explain_identifier
from fundtrace.books.numbering import find_rows
from fundtrace.books.sheet import Layout, Sheet
from fundtrace.books.text import Text, thaw
from fundtrace.model.columns import pick_values
from fundtrace.model.instants import DAY_MICROSECONDS
from fundtrace.model.kinds import PaymentMode, PurposeClass
from fundtrace.model.money import render_amount
from fundtrace.model.tables import (
    NO_ROW,
    NO_VALUE,
    OUTSIDE,
    AccountKey,
    Accounts,
    Int32s,
    Int64s,
    Loan,
    Movements,
)

LOANS = Layout(
    name="loans",
    required=("loan_id", "bank", "account", "principal", "currency", "disbursed_at"),
    optional=(
        "movement_id",
        "contract_id",
        "holder_id",
        "purpose_class",
        "purpose",
        "contract_date",
        "payment_mode",
        "declared_payees",
        "renewal_of",
        "maturity_on",
        "branch",
        "officer",
    ),
    exact=frozenset(
        {"loan_id", "bank", "account", "principal", "movement_id", "contract_id", "holder_id"}
        | {"declared_payees", "renewal_of"}
    ),
)
_PURPOSES = tuple(PurposeClass)
_MODES = tuple(PaymentMode)


@dataclass(frozen=True, eq=False)
class LoanRows:
    """What is needed before accounts have ids."""

    loan_id: Text
    bank: Text
    account: Text
    currency: Text
    principal_minor: Int64s
    disbursed_at: Int64s


def read_loans(sheet: Sheet) -> LoanRows:
    """Read every row by itself; bad ones are in the sheet's findings."""
    loan_id = sheet.get_identifiers("loan_id", required=True)
    sheet.refuse_repeats("loan_id", [loan_id], "loan")
    currency = sheet.get_currencies("currency", required=True)
    principal = sheet.get_amounts("principal", currency, required=True)
    bad = (principal <= 0) & (principal != NO_VALUE)
    sheet.refuse(np.flatnonzero(bad), "principal", "must be more than 0")
    return LoanRows(
        loan_id=loan_id,
        bank=sheet.get_identifiers("bank", required=True),
        account=sheet.get_identifiers("account", required=True),
        currency=currency,
        principal_minor=principal,
        disbursed_at=sheet.get_instants("disbursed_at", required=True),
    )


def resolve_loans(
    sheet: Sheet, rows: LoanRows, ids: Int32s, accounts: Accounts, movements: Movements
) -> tuple[Loan, ...]:
    """Build the loans, in table order, and check what they say of other tables."""
    disbursements = _find_disbursements(sheet, movements)
    suspects = _find_suspects(rows, disbursements, ids, movements)
    _check_disbursements(sheet, rows, suspects, accounts, movements)
    _warn_of_double_disbursements(sheet, rows, disbursements, ids, movements)
    payees = _read_payees(sheet, accounts)
    given = sheet.get_identifiers("holder_id").to_list()
    holders = pick_values(accounts.holder_id, ids)
    columns = zip(
        rows.loan_id.to_list(),
        ids.tolist(),
        rows.bank.to_list(),
        rows.account.to_list(),
        rows.principal_minor.tolist(),
        rows.currency.to_list(),
        rows.disbursed_at.tolist(),
        disbursements.tolist(),
        sheet.get_identifiers("contract_id").to_list(),
        (one or other for one, other in zip(given, holders, strict=True)),
        (
            _PURPOSES[max(one, 0)]
            for one in sheet.get_choices("purpose_class", PurposeClass).tolist()
        ),
        sheet.get_text("purpose").to_list(),
        sheet.get_dates("contract_date").to_list(),
        (_MODES[max(one, 0)] for one in sheet.get_choices("payment_mode", PaymentMode).tolist()),
        payees,
        sheet.get_identifiers("renewal_of").to_list(),
        sheet.get_dates("maturity_on").to_list(),
        sheet.get_text("branch").to_list(),
        sheet.get_text("officer").to_list(),
        strict=True,
    )
    return tuple(Loan(*row) for row in columns)


def _find_disbursements(sheet: Sheet, movements: Movements) -> Int64s:
    """Return the row of the movement that each loan names, or NO_ROW."""
    names = sheet.get_identifiers("movement_id")
    found = np.full(len(names), NO_ROW, dtype=np.int64)
    named = np.flatnonzero(~names.is_empty())
    if len(named):
        found[named] = find_rows([names.pick(named)], [thaw(movements.movement_id)])
        for row in named[found[named] == NO_ROW].tolist():
            reason = f"there is no movement {names[row]!r} in the movements table"
            sheet.refuse([row], "movement_id", reason)
    return found


def _warn_of_double_disbursements(
    sheet: Sheet, rows: LoanRows, disbursements: Int64s, ids: Int32s, movements: Movements
) -> None:
    """Warn of a loan put in besides a movement that looks like its own disbursement.

    That is a credit of just the principal to the loan's account within three days.
    """
    unnamed = np.flatnonzero(disbursements == NO_ROW)
    if not len(unnamed) or not len(movements):
        return
    near = 3 * DAY_MICROSECONDS
    arrivals = np.flatnonzero(np.isin(movements.credit, ids[unnamed]))
    arrivals = arrivals[movements.reverses[arrivals] == NO_ROW]
    for row in unnamed.tolist():
        fits = (movements.credit[arrivals] == ids[row]) & (
            movements.credit_minor[arrivals] == rows.principal_minor[row]
        )
        apart = np.abs(movements.credit_booked_at[arrivals] - rows.disbursed_at[row])
        found = arrivals[fits & (apart <= near)]
        if len(found):
            name = movements.movement_id[int(found[0])]
            reason = (
                f"is empty, so the principal is put in besides the movements; {name!r} brings just "
                "that amount to the loan's account: name it here if it is the disbursement"
            )
            sheet.warn([row], "movement_id", reason)


def _find_suspects(
    rows: LoanRows, disbursements: Int64s, ids: Int32s, movements: Movements
) -> dict[int, list[int]]:
    """Return the movements that loans name, with those loans, where anything may be wrong.

    Nothing is where one loan names a movement that brings enough to its account in time.
    """
    at = np.flatnonzero(disbursements != NO_ROW)
    named = disbursements[at]
    _, number, count = np.unique(named, return_inverse=True, return_counts=True)
    is_fine = (count[number] == 1) & (movements.credit[named] == ids[at])
    is_fine &= rows.principal_minor[at] <= movements.credit_minor[named]
    is_fine &= rows.disbursed_at[at] <= movements.credit_booked_at[named]
    loans_of: dict[int, list[int]] = {}
    for row, movement in zip(at[~is_fine].tolist(), named[~is_fine].tolist(), strict=True):
        loans_of.setdefault(movement, []).append(row)
    return loans_of


def _check_disbursements(
    sheet: Sheet,
    rows: LoanRows,
    loans_of: dict[int, list[int]],
    accounts: Accounts,
    movements: Movements,
) -> None:
    """Check loans against the movement that they name, in table order."""
    for movement, loans in loans_of.items():
        credit = int(movements.credit[movement])
        currency = movements.credit_currency[movement]
        if credit == OUTSIDE:
            sheet.refuse(loans, "movement_id", "names a movement that arrives at no account")
            continue
        fitting = [row for row in loans if rows.currency[row] == currency]
        reason = f"names a movement that arrives in {currency}, not in the loan's currency"
        sheet.refuse((row for row in loans if row not in fitting), "movement_id", reason)
        _check_principals(sheet, rows, movement, fitting, movements)
        key = accounts.get_key(credit)
        reason = "names a movement whose credit account is not the loan's account"
        others = (row for row in loans if (rows.bank[row], rows.account[row]) != key)
        sheet.warn(others, "movement_id", reason)
        late = (
            row for row in loans if rows.disbursed_at[row] > movements.credit_booked_at[movement]
        )
        sheet.warn(late, "disbursed_at", "is later than the movement that the loan names")


def _check_principals(
    sheet: Sheet, rows: LoanRows, movement: int, loans: list[int], movements: Movements
) -> None:
    """Compare the principals of a movement's loans with what it brought."""
    arrived = int(movements.credit_minor[movement])
    currency = movements.credit_currency[movement]
    principals = [int(rows.principal_minor[row]) for row in loans]
    if arrived <= 0 or any(principal <= 0 for principal in principals):
        return
    total = 0
    for row, principal in zip(loans, principals, strict=True):
        total += principal
        if total <= arrived:
            continue
        shown = f"{render_amount(arrived, currency)} {currency}"
        if len(loans) == 1:
            rest = f"{render_amount(total - arrived, currency)} {currency}"
            reason = f"names a movement of only {shown}; {rest} of the principal are undrawn"
            sheet.warn([row], "movement_id", reason)
        else:
            reason = (
                f"the loans that name this movement come to {render_amount(total, currency)} "
                f"together, more than its {shown}"
            )
            sheet.refuse([row], "principal", reason)


def _read_payees(sheet: Sheet, accounts: Accounts) -> list[tuple[AccountKey, ...]]:
    """Split ``bank/account;bank/account``, each at its first slash."""
    payees: list[tuple[AccountKey, ...]] = []
    for row, cell in enumerate(sheet.get_identifiers("declared_payees").to_list()):
        keys: list[AccountKey] = []
        for part in filter(None, (part.strip() for part in cell.split(";"))):
            bank, _, account = (piece.strip() for piece in part.partition("/"))
            reason = explain_identifier(account)
            if not bank or not account:
                reason = f"{part!r} is not a payee such as bank/account"
            if reason:
                sheet.refuse([row], "declared_payees", reason)
            keys.append(AccountKey(bank, account))
        payees.append(tuple(keys))
    _warn_unknown_payees(sheet, payees, accounts)
    return payees


def _warn_unknown_payees(
    sheet: Sheet, payees: list[tuple[AccountKey, ...]], accounts: Accounts
) -> None:
    different = sorted({key for keys in payees for key in keys})
    needles = [Text(pl.Series([key[i] for key in different], dtype=pl.String)) for i in range(2)]
    hay = [thaw(accounts.bank), thaw(accounts.account)]
    found = find_rows(needles, hay)
    unknown = {key for key, row in zip(different, found.tolist(), strict=True) if row < 0}
    for row, keys in enumerate(payees):
        for key in dict.fromkeys(keys):
            if key in unknown:
                reason = f"no table knows the payee {key.bank}/{key.account} yet"
                sheet.warn([row], "declared_payees", reason)
