"""The movements table: rows checked one by one, then against each other.

``read_movements`` checks what a row says by itself; ``resolve_movements`` takes the
account ids and checks what returns say about the movements that they take back.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fundtrace.books.numbering import find_rows
from fundtrace.books.sheet import Layout, Sheet
from fundtrace.books.text import Bools, Text
from fundtrace.model.kinds import MovementKind
from fundtrace.model.money import render_amount
from fundtrace.model.tables import (
    MOVEMENT_KINDS,
    MOVEMENT_TEXTS,
    NO_ROW,
    NO_VALUE,
    Int8s,
    Int32s,
    Int64s,
    Movements,
)

_IDENTIFIER_TEXTS = ("mcc", "channel_ref", "uetr")
_SIDES = ("debit_bank", "debit_account", "credit_bank", "credit_account")
_AMOUNTS = ("amount", "credit_amount", "debit_balance_after", "credit_balance_after")
_IDENTIFIERS = ("movement_id", "loan_id", "reverses", *_IDENTIFIER_TEXTS)

MOVEMENTS = Layout(
    name="movements",
    required=("movement_id", "booked_at", *_SIDES, "amount", "currency"),
    optional=(
        "seq",
        "credit_booked_at",
        "kind",
        "loan_id",
        "reverses",
        "credit_amount",
        "credit_currency",
        "debit_balance_after",
        "credit_balance_after",
        *MOVEMENT_TEXTS,
    ),
    exact=frozenset({*_SIDES, *_AMOUNTS, *_IDENTIFIERS}),
)


@dataclass(frozen=True, eq=False)
class Side:
    """One side of all movements; rows outside the tables have empty bank and account."""

    bank: Text
    account: Text
    currency: Text
    is_inside: Bools


@dataclass(frozen=True, eq=False)
class MovementRows:
    """The columns of the table before accounts have ids."""

    movement_id: Text
    booked_at: Int64s
    credit_booked_at: Int64s
    seq: Int64s
    debit: Side
    credit: Side
    amount_minor: Int64s
    credit_minor: Int64s
    kind: Int8s
    reverses: Text
    loan_id: Text
    debit_balance_minor: Int64s
    credit_balance_minor: Int64s
    texts: dict[str, Text]


def read_movements(sheet: Sheet) -> MovementRows:
    """Read every row by itself; bad ones are in the sheet's findings."""
    movement_id = sheet.get_identifiers("movement_id", required=True)
    sheet.refuse_repeats("movement_id", [movement_id], "movement")
    currency = sheet.get_currencies("currency", required=True)
    credit_currency = _read_credit_currency(sheet, currency)
    debit = _read_side(sheet, "debit", currency)
    credit = _read_side(sheet, "credit", credit_currency)
    _check_sides(sheet, debit, credit)
    amount = sheet.get_amounts("amount", currency, required=True)
    _check_positive(sheet, "amount", amount)
    booked_at = sheet.get_instants("booked_at", required=True)
    kind = sheet.get_choices("kind", MovementKind)
    return MovementRows(
        movement_id=movement_id,
        booked_at=booked_at,
        credit_booked_at=_read_credit_booked_at(sheet, booked_at),
        seq=sheet.get_ints("seq"),
        debit=debit,
        credit=credit,
        amount_minor=amount,
        credit_minor=_read_credit_minor(sheet, amount, currency, credit_currency),
        kind=np.where(kind < 0, np.int8(MOVEMENT_KINDS.index(MovementKind.TRANSFER)), kind),
        reverses=sheet.get_identifiers("reverses"),
        loan_id=sheet.get_identifiers("loan_id"),
        debit_balance_minor=_read_balance(sheet, "debit_balance_after", debit),
        credit_balance_minor=_read_balance(sheet, "credit_balance_after", credit),
        texts={
            column: sheet.get_identifiers(column)
            if column in _IDENTIFIER_TEXTS
            else sheet.get_text(column)
            for column in MOVEMENT_TEXTS
            if sheet.has(column)
        },
    )


def _read_credit_currency(sheet: Sheet, currency: Text) -> Text:
    if not sheet.has("credit_currency"):
        return currency
    given = sheet.get_currencies("credit_currency")
    return given.fill_empty(currency)


def _read_side(sheet: Sheet, side: str, currency: Text) -> Side:
    """Read bank and account; one without the other is refused."""
    bank_column, account_column = f"{side}_bank", f"{side}_account"
    bank = sheet.get_identifiers(bank_column)
    account = sheet.get_identifiers(account_column)
    has_bank, has_account = ~bank.is_empty(), ~account.is_empty()
    sheet.refuse(
        np.flatnonzero(has_account & ~has_bank), bank_column, "is empty, but there is an account"
    )
    sheet.refuse(
        np.flatnonzero(has_bank & ~has_account), account_column, "is empty, but there is a bank"
    )
    return Side(bank, account, currency, has_bank & has_account)


def _check_sides(sheet: Sheet, debit: Side, credit: Side) -> None:
    """Refuse rows with no account at all and rows from an account to itself."""
    empty = [text.is_empty() for side in (debit, credit) for text in (side.bank, side.account)]
    reason = "names no account on either side"
    sheet.refuse(np.flatnonzero(np.logical_and.reduce(empty)), "", reason)
    same = debit.is_inside & debit.account.equals(credit.account)
    same &= debit.bank.equals(credit.bank)
    same &= debit.currency.equals(credit.currency)
    reason = "debit and credit are the same account"
    sheet.refuse(np.flatnonzero(same), "credit_account", reason)


def _check_positive(sheet: Sheet, column: str, minor: Int64s) -> None:
    negative = (minor < 0) & (minor != NO_VALUE)
    reason = (
        "is negative; an entry in red ink (冲正) is a movement of kind return "
        "the other way round, with reverses"
    )
    sheet.refuse(np.flatnonzero(negative), column, reason)
    sheet.refuse(np.flatnonzero(minor == 0), column, "must be more than 0")


def _read_credit_minor(
    sheet: Sheet, amount: Int64s, currency: Text, credit_currency: Text
) -> Int64s:
    """Read what arrives: the amount itself, unless currencies differ."""
    if not (sheet.has("credit_amount") or sheet.has("credit_currency")):
        return amount
    given = sheet.get_amounts("credit_amount", credit_currency)
    _check_positive(sheet, "credit_amount", given)
    known = ~currency.is_empty() & ~credit_currency.is_empty()
    differs = ~currency.equals(credit_currency) & known
    empty = sheet.find_empty("credit_amount")
    reason = "is empty, but the credit side is in another currency"
    sheet.refuse(np.flatnonzero(differs & empty), "credit_amount", reason)
    both = (given != NO_VALUE) & (amount != NO_VALUE)
    reason = "differs from the amount in the same currency; book the difference as a movement of kind fee"
    sheet.refuse(np.flatnonzero(both & ~differs & (given != amount)), "credit_amount", reason)
    return np.where(given == NO_VALUE, amount, given)


def _read_credit_booked_at(sheet: Sheet, booked_at: Int64s) -> Int64s:
    if not sheet.has("credit_booked_at"):
        return booked_at
    given = sheet.get_instants("credit_booked_at")
    early = (given < booked_at) & (given != NO_VALUE)
    sheet.refuse(np.flatnonzero(early), "credit_booked_at", "is earlier than booked_at")
    return np.where(given == NO_VALUE, booked_at, given)


def _read_balance(sheet: Sheet, column: str, side: Side) -> Int64s:
    minor = sheet.get_amounts(column, side.currency)
    if not sheet.has(column):
        return minor
    lost = (minor != NO_VALUE) & ~side.is_inside
    sheet.warn(np.flatnonzero(lost), column, "is the balance of no account; ignored")
    minor[lost] = NO_VALUE
    return minor


def resolve_movements(sheet: Sheet, rows: MovementRows, debit: Int32s, credit: Int32s) -> Movements:
    """Put account ids in place and follow ``reverses``."""
    return Movements(
        movement_id=rows.movement_id.freeze(),
        line=sheet.raw.line,
        booked_at=rows.booked_at,
        credit_booked_at=rows.credit_booked_at,
        seq=rows.seq,
        debit=debit,
        credit=credit,
        amount_minor=rows.amount_minor,
        credit_minor=rows.credit_minor,
        currency=rows.debit.currency.freeze(),
        credit_currency=rows.credit.currency.freeze(),
        kind=rows.kind,
        reverses=_resolve_returns(sheet, rows, debit, credit),
        loan_id=rows.loan_id.freeze(),
        debit_balance_minor=rows.debit_balance_minor,
        credit_balance_minor=rows.credit_balance_minor,
        texts={column: text.freeze() for column, text in rows.texts.items()},
    )


def _resolve_returns(sheet: Sheet, rows: MovementRows, debit: Int32s, credit: Int32s) -> Int32s:
    """Return the row that each movement takes back, or NO_ROW; check what it says of it."""
    found = np.full(len(sheet), NO_ROW, dtype=np.int32)
    has_original = ~rows.reverses.is_empty()
    is_return = rows.kind == MOVEMENT_KINDS.index(MovementKind.RETURN)
    reason = "is empty: which movement it returns is unknown, so it is traced as an ordinary one"
    sheet.warn(np.flatnonzero(is_return & ~has_original), "reverses", reason)
    returns = np.flatnonzero(has_original)
    if not len(returns):
        return found
    originals = find_rows([rows.reverses.pick(returns)], [rows.movement_id])
    lost = originals == NO_ROW
    names = rows.reverses.pick(returns[lost]).to_list()
    sheet.refuse_each(
        "reverses",
        returns[lost],
        (f"there is no movement {name!r} in this table" for name in names),
    )
    itself = originals == returns
    sheet.refuse(returns[itself], "reverses", "names the movement itself")
    good = ~lost & ~itself
    returns, originals = returns[good], originals[good]
    found[returns] = originals
    late = rows.booked_at[originals] > rows.booked_at[returns]
    late &= rows.booked_at[returns] != NO_VALUE
    sheet.refuse(returns[late], "reverses", "names a movement that is booked later")
    arrived = rows.credit.currency.pick(originals)
    other = ~rows.debit.currency.pick(returns).equals(arrived)
    sheet.refuse(
        returns[other], "currency", "is not the currency in which the returned movement arrived"
    )
    strange = debit[returns] != credit[originals]
    reason = (
        "the account that pays is not the one that the returned movement paid, "
        "so it is traced as an ordinary movement"
    )
    sheet.warn(returns[strange], "reverses", reason)
    found[returns[strange]] = NO_ROW
    kept = ~other & ~strange
    _check_return_totals(sheet, rows, returns[kept], originals[kept])
    astray = ~strange & (credit[returns] != debit[originals])
    reason = "the account that is paid is not the one that paid the returned movement"
    sheet.warn(returns[astray], "reverses", reason)
    return found


def _check_return_totals(
    sheet: Sheet, rows: MovementRows, returns: npt.NDArray[np.intp], originals: Int64s
) -> None:
    """Refuse each return with which those of one movement exceed it, in file order."""
    totals: dict[int, int] = {}
    for row, original in zip(returns.tolist(), originals.tolist(), strict=True):
        amount = int(rows.amount_minor[row])
        arrived = int(rows.credit_minor[original])
        if amount <= 0 or arrived <= 0:
            continue
        total = totals[original] = totals.get(original, 0) + amount
        if total > arrived:
            currency = rows.credit.currency[original]
            reason = (
                f"returns of {rows.movement_id[original]!r} come to "
                f"{render_amount(total, currency)} together, more than its "
                f"{render_amount(arrived, currency)} {currency}"
            )
            sheet.refuse([row], "amount", reason)
