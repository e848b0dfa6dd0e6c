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

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fundtrace.books.numbering import find_rows, number_rows
from fundtrace.books.sheet import Layout, Sheet
from fundtrace.books.tables_parties import PartyRows
from fundtrace.books.text import Rows, Text, repeat_text, stack
from fundtrace.model.columns import Words
from fundtrace.model.kinds import AccountKind
from fundtrace.model.tables import NO_VALUE, Accounts, Int32s, Int64s

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

Key = tuple[Text, Text, Text]  # bank, account, currency


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
    seen: Sequence[Key], sheet: Sheet | None, parties: PartyRows
) -> tuple[Accounts, list[Int32s]]:
    """Number all accounts; return them and the ids of each part of ``seen``."""
    rows = _read_keys(sheet) if sheet is not None else None
    parts = [*seen, *(_list_own_keys(seen, rows) if rows else ())]
    keys = _stack_keys(parts)
    numbers, first = number_rows(keys)
    ends = np.cumsum([len(part[0]) for part in seen])
    ids = [part.astype(np.int32) for part in np.split(numbers, ends)[: len(seen)]]
    accounts = _gather(keys, first)
    if sheet is None or rows is None:
        return _build_unlisted(accounts), ids
    return _build_listed(accounts, sheet, rows, parties), ids


def _build_listed(key: Key, sheet: Sheet, rows: Key, parties: PartyRows) -> Accounts:
    match = _match_rows(key, rows)
    opening, limit = _read_balances(sheet, rows, match, key[2])
    kind = sheet.get_choices("kind", AccountKind)
    sheet.get_dates("opened_on")
    speaker = match.speaker
    holder = _pick_or_empty(sheet.get_identifiers("holder_id"), speaker)
    sector = _pick_or_empty(sheet.get_identifiers("sector"), speaker)
    of_party = find_rows([holder], [parties.holder_id])
    sector = sector.fill_empty(_pick_or_empty(parties.sector, of_party))
    return Accounts(
        bank=key[0].freeze(),
        account=key[1].freeze(),
        currency=key[2].freeze(),
        kind=Words(np.append(np.maximum(kind, 0), np.int8(0))[speaker], _KINDS),
        holder_id=holder.freeze(),
        sector=sector.freeze(),
        is_listed=speaker >= 0,
        opening_minor=opening,
        overdraft_limit_minor=limit,
    )


def _pick_or_empty(text: Text, rows: Int64s) -> Text:
    """Pick rows; -1 picks an empty one."""
    if not (rows < 0).any():
        return text.pick(rows)
    return stack([text, repeat_text("", 1)]).pick(np.where(rows < 0, len(text), rows))


def _build_unlisted(key: Key) -> Accounts:
    count = len(key[0])
    nothing = repeat_text("", count).freeze()
    return Accounts(
        bank=key[0].freeze(),
        account=key[1].freeze(),
        currency=key[2].freeze(),
        kind=Words(np.zeros(count, dtype=np.int8), _KINDS),
        holder_id=nothing,
        sector=nothing,
        is_listed=np.zeros(count, dtype=np.bool_),
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


def _gather(key: Key, rows: Rows) -> Key:
    bank, account, currency = (column.pick(rows) for column in key)
    return bank, account, currency


def _stack_keys(parts: Sequence[Key]) -> Key:
    bank, account, currency = (stack([part[i] for part in parts]) for i in range(3))
    return bank, account, currency


def _list_own_keys(seen: Sequence[Key], rows: Key) -> list[Key]:
    """Return the accounts that the table itself adds to those seen elsewhere."""
    is_blank = rows[2].is_empty()
    named = _gather(rows, np.flatnonzero(~is_blank))
    blank = _gather(rows, np.flatnonzero(is_blank))
    known = _stack_keys([*seen, named])
    unseen = _gather(blank, np.flatnonzero(find_rows(blank[:2], known[:2]) < 0))
    default = repeat_text(_DEFAULT_CURRENCY, len(unseen[0]))
    return [named, (unseen[0], unseen[1], default)]


def _match_rows(accounts: Key, rows: Key) -> Match:
    is_blank = rows[2].is_empty()
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


def _find_at(needles: Sequence[Text], hay: Sequence[Text], at: Rows) -> Int64s:
    found = find_rows(needles, hay)
    return np.append(at, -1)[found]


def _read_balances(sheet: Sheet, rows: Key, match: Match, currency: Text) -> tuple[Int64s, Int64s]:
    """Return the opening balance and the overdraft limit of each account."""
    target = match.target
    row_currency = rows[2].fill_empty(_pick_or_empty(currency, target))
    opening = np.full(len(currency), NO_VALUE, dtype=np.int64)
    limit = np.zeros(len(currency), dtype=np.int64)
    is_unclear = (target < 0) & rows[2].is_empty()
    for column, values in (("opening_balance", opening), ("overdraft_limit", limit)):
        given = ~sheet.find_empty(column)
        reason = "belongs to which currency of this account? name it in the column currency"
        sheet.refuse(np.flatnonzero(given & is_unclear), column, reason)
        minor = sheet.get_amounts(column, row_currency)
        usable = np.flatnonzero((minor != NO_VALUE) & (target >= 0))
        values[target[usable]] = minor[usable]
        if column == "overdraft_limit":
            negative = (minor < 0) & (minor != NO_VALUE)
            sheet.refuse(np.flatnonzero(negative), column, "is negative")
    return opening, limit
