"""Account ids, and what the accounts table says of each.

An account is (bank, account, currency); the ids run over the accounts of debit sides,
credit sides, loans and the accounts table, in that order. A row of the table:

- with a currency speaks for that account; other currencies of the same bank and account
  that no row names take kind, holder and sector from the first row, but no balance;
- without one speaks for every currency that has no row of its own. Its balance and limit
  belong to the only such currency that movements or loans show (several: refused; where
  nothing is seen at all: CNY).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from fundtrace.books.cells import find_empty
from fundtrace.books.numbering import find_rows, number_rows, pick
from fundtrace.books.sheet import Layout, Sheet
from fundtrace.model.kinds import AccountKind
from fundtrace.model.tables import NO_VALUE, Accounts, Int32s, Int64s, Party

ACCOUNTS = Layout(
    name="accounts",
    required=("bank", "account"),
    optional=(
        "holder_id",
        "kind",
        "currency",
        "opening_balance",
        "overdraft_limit",
        "sector",
        "opened_on",
    ),
    exact=frozenset({"bank", "account", "holder_id", "opening_balance", "overdraft_limit"}),
)
_KINDS = tuple(AccountKind)
_DEFAULT_CURRENCY = "CNY"

Key = tuple[pl.Series, pl.Series, pl.Series]  # bank, account, currency


@dataclass(frozen=True, eq=False)
class Match:
    """For each account the row of the table that is its own, and the one that speaks for it.

    -1 where there is none. ``target`` is for each row the account to which its balance and
    limit belong, -1 where that is not one account.
    """

    own: Int64s
    speaker: Int64s
    target: Int64s


def resolve_accounts(
    seen: Sequence[Key], sheet: Sheet | None, parties: Mapping[str, Party]
) -> tuple[Accounts, list[Int32s]]:
    """Number all accounts; return them and the ids of each part of ``seen``."""
    rows = _read_keys(sheet) if sheet is not None else None
    parts = [*seen, *(_list_own_keys(seen, rows) if rows else ())]
    numbers, first = number_rows([pl.concat([part[i] for part in parts]) for i in range(3)])
    ends = np.cumsum([len(part[0]) for part in seen])
    ids = [part.astype(np.int32) for part in np.split(numbers, ends)[: len(seen)]]
    bank, account, currency = (
        pick(pl.concat([part[i] for part in parts]), first) for i in range(3)
    )
    if sheet is None or rows is None:
        return _build_unlisted(bank, account, currency), ids
    match = _match_rows((bank, account, currency), rows)
    opening, limit = _read_balances(sheet, rows, match, currency)
    kinds = [_KINDS[max(kind, 0)] for kind in sheet.get_choices("kind", AccountKind)]
    holders = [*sheet.get_identifiers("holder_id").to_list(), ""]
    sectors = [*sheet.get_identifiers("sector").to_list(), ""]
    sheet.get_dates("opened_on")
    speakers = match.speaker.tolist()  # -1 is the last, empty one
    holder_id = [holders[row] for row in speakers]
    kinds.append(AccountKind.UNSPECIFIED)
    accounts = Accounts(
        bank=bank.to_list(),
        account=account.to_list(),
        currency=currency.to_list(),
        kind=[kinds[row] for row in speakers],
        holder_id=holder_id,
        sector=[
            sectors[row] or (parties[holder].sector if holder in parties else "")
            for row, holder in zip(speakers, holder_id, strict=True)
        ],
        is_listed=[row >= 0 for row in speakers],
        opening_minor=opening,
        overdraft_limit_minor=limit,
    )
    return accounts, ids


def _build_unlisted(bank: pl.Series, account: pl.Series, currency: pl.Series) -> Accounts:
    count = len(bank)
    return Accounts(
        bank=bank.to_list(),
        account=account.to_list(),
        currency=currency.to_list(),
        kind=[AccountKind.UNSPECIFIED] * count,
        holder_id=[""] * count,
        sector=[""] * count,
        is_listed=[False] * count,
        opening_minor=np.full(count, NO_VALUE, dtype=np.int64),
        overdraft_limit_minor=np.zeros(count, dtype=np.int64),
    )


def _read_keys(sheet: Sheet) -> Key:
    """Read which account each row is about; the currency may be empty."""
    key = (
        sheet.get_identifiers("bank", required=True),
        sheet.get_identifiers("account", required=True),
        sheet.get_currencies("currency"),
    )
    sheet.refuse_repeats("account", key, "account")
    return key


def _gather(key: Key, rows: npt.NDArray[np.intp]) -> Key:
    bank, account, currency = (pick(column, rows) for column in key)
    return bank, account, currency


def _list_own_keys(seen: Sequence[Key], rows: Key) -> list[Key]:
    """Return the accounts that the table itself adds to those seen elsewhere."""
    is_blank = find_empty(rows[2])
    named = _gather(rows, np.flatnonzero(~is_blank))
    blank = _gather(rows, np.flatnonzero(is_blank))
    known = [pl.concat([part[i] for part in (*seen, named)]) for i in range(2)]
    unseen = _gather(blank, np.flatnonzero(find_rows(blank[:2], known) < 0))
    default = pl.Series([_DEFAULT_CURRENCY] * len(unseen[0]), dtype=pl.String)
    return [named, (unseen[0], unseen[1], default)]


def _match_rows(accounts: Key, rows: Key) -> Match:
    is_blank = find_empty(rows[2])
    named_at, blank_at = np.flatnonzero(~is_blank), np.flatnonzero(is_blank)
    own = _find_at(accounts, _gather(rows, named_at), named_at)
    blank = _find_at(accounts[:2], _gather(rows, blank_at)[:2], blank_at)
    first = find_rows(accounts[:2], rows[:2])
    speaker = np.where(own >= 0, own, np.where(blank >= 0, blank, first))
    target = np.full(len(is_blank), -1, dtype=np.int64)
    owners = np.flatnonzero(own >= 0)
    target[own[owners]] = owners
    free = np.flatnonzero((own < 0) & (blank >= 0))
    counts = np.bincount(blank[free], minlength=len(is_blank))
    single = free[counts[blank[free]] == 1]
    target[blank[single]] = single
    return Match(own, speaker, target)


def _find_at(
    needles: Sequence[pl.Series], hay: Sequence[pl.Series], at: npt.NDArray[np.intp]
) -> Int64s:
    found = find_rows(needles, hay)
    return np.append(at, -1)[found]


def _read_balances(
    sheet: Sheet, rows: Key, match: Match, currency: pl.Series
) -> tuple[Int64s, Int64s]:
    """Return the opening balance and the overdraft limit of each account."""
    target = match.target
    named = pl.concat([currency, pl.Series([""], dtype=pl.String)])
    row_currency = rows[2].zip_with(
        rows[2] != "", pick(named, np.where(target < 0, len(currency), target))
    )
    opening = np.full(len(currency), NO_VALUE, dtype=np.int64)
    limit = np.zeros(len(currency), dtype=np.int64)
    is_unclear = (target < 0) & find_empty(rows[2])
    for column, values in (("opening_balance", opening), ("overdraft_limit", limit)):
        given = ~find_empty(sheet.get_text(column))
        reason = "belongs to which currency of this account? name it in the column currency"
        sheet.refuse(np.flatnonzero(given & is_unclear), column, reason)
        minor = sheet.get_amounts(column, row_currency)
        usable = np.flatnonzero((minor != NO_VALUE) & (target >= 0))
        values[target[usable]] = minor[usable]
        if column == "overdraft_limit":
            negative = (minor < 0) & (minor != NO_VALUE)
            sheet.refuse(np.flatnonzero(negative), column, "is negative")
    return opening, limit
