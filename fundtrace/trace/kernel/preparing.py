"""From the input of a pass to the tables of the kernel.

Nothing here looks at the rows of movements one by one in Python, except at the few whose
kind needs a text (interest). Texts of accounts are read once, and as few as will do. One pass over the events finds what
loans can reach: only there may an account have to keep its own lots apart.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from fundtrace.model.columns import encode_values, pick_values
from fundtrace.model.instants import DAY_MICROSECONDS
from fundtrace.model.kinds import EndReason, MovementKind, Rule
from fundtrace.model.tables import (
    MOVEMENT_KINDS,
    NO_ROW,
    AccountKey,
    Accounts,
    Int8s,
    Int32s,
    Int64s,
)
from fundtrace.trace.bounds import add_up_amounts, check_amounts
from fundtrace.trace.inputs import PAYMENT_WINDOW_DAYS, TraceInput
from fundtrace.trace.kernel import layout as at
from fundtrace.trace.kernel.jit import jit
from fundtrace.trace.kernel.layout import Columns, State, UInt8s, make_columns
from fundtrace.trace.result import Scope
from fundtrace.trace.units import find_places

Bools = npt.NDArray[np.bool_]

_ENDING_KINDS = {
    MovementKind.CASH: EndReason.CASH,
    MovementKind.FEE: EndReason.FEE,
    MovementKind.REPAYMENT: EndReason.REPAYMENT,
}
_ROOM = 1 << 14  # rows of a buffer at first


@dataclass(frozen=True)
class Basis:
    """All that a pass computes with: columns, and not a word of text."""

    columns: Columns
    end: Int8s  # by account, last OUTSIDE: why it absorbs, or 0
    opening: Int64s
    limit: Int64s
    reached: Bools  # accounts that loans can reach, perhaps more
    keys: Int32s  # of accounts
    holders: Int32s
    loans: Int64s  # by rank, before any scope
    ends_at: int


@dataclass(frozen=True)
class Prepared(Basis):
    """What passes under all rules and scopes over one input share."""

    given: TraceInput


def prepare(given: TraceInput) -> Prepared:
    """Put an input into columns. Raises OverflowError beyond the bound of sums (``bounds``)."""
    accounts = given.tables.accounts
    check_amounts(add_up_amounts(given.tables.movements, given.loans, given.opening_minor))
    opening = np.array(given.opening_minor, dtype=np.int64)
    end = _list_ends(given)
    columns = _build_columns(given, end)
    keys, holders = number_keys(given), number_holders(given)
    return Prepared(
        columns=columns,
        end=end,
        opening=opening,
        limit=np.asarray(accounts.overdraft_limit_minor),
        reached=find_reach(given, columns, end),
        keys=keys[0],
        holders=holders[0],
        loans=list_loans(given, keys[1], holders[1]),
        ends_at=given.ends_at,
        given=given,
    )


def find_reach(given: TraceInput, columns: Columns, end: Int8s) -> Bools:
    """Return which accounts loans can reach; more may be named, never fewer."""
    reached = np.zeros(len(end), dtype=np.bool_)
    loan_accounts = np.array([loan.account_id for loan in given.loans], dtype=np.int64)
    _reach(columns, end, loan_accounts, reached)
    return reached


@jit
def _reach(columns: Columns, end: Int8s, loan_accounts: Int64s, reached: Bools) -> None:
    for code in columns.events:
        if code < 0:
            account = loan_accounts[-1 - code]
            if end[account] == 0:
                reached[account] = True
            continue
        row = code >> 1
        credit = columns.credit[row]
        if code & 1 or end[credit]:
            continue
        if reached[columns.debit[row]] or columns.flags[row] & (at.HAS_LOANS | at.REVERSES):
            reached[credit] = True


class AccountFacts(NamedTuple):
    """What of accounts a pass starts from: each a column, one row for each of them."""

    end: Int8s  # why it absorbs, or 0
    opening: Int64s
    limit: Int64s
    key: Int32s | Int64s
    holder: Int32s | Int64s


def open_accounts(facts: AccountFacts) -> tuple[Int64s, Int64s, UInt8s]:
    """Return rows of ``acc``, ``balance`` and ``alert`` to which nothing has happened yet.

    A return may ask what they disowned; that they list their lots is for the rule to say.
    """
    end, opening, limit, key, holder = facts
    acc = np.zeros((len(end), at.ACC_WIDTH), dtype=np.int64)
    for column in (at.OWN_HEAD, at.OWN_TAIL, at.TRACED_HEAD, at.TRACED_TAIL):
        acc[:, column] = at.NONE
    acc[:, (at.ARRIVAL_HEAD, at.ARRIVAL_TAIL)] = at.NONE
    acc[:, at.WINDOW_END] = at.FAR
    acc[:, at.DISOWNED] = at.NONE
    acc[:, at.END], acc[:, at.LIMIT] = end, limit
    acc[:, at.OVERDRAWN] = np.maximum(0, -opening)
    acc[:, at.KEY], acc[:, at.HOLDER] = key, holder
    balance = np.where(end == 0, np.maximum(0, opening), at.ENDLESS)
    overdraws = (end == 0) & ((limit > 0) | (opening < 0))
    return acc, balance, np.where(overdraws, at.MAY_OVERDRAW, 0).astype(np.uint8)


def open_state(prepared: Basis, rule: Rule, scope: Scope, *, is_open: bool = False) -> State:
    """Return the state before the first event.

    ``is_open``: more movements may come, which reach accounts that nothing reaches so far
    and return what nothing returns so far; everything that may then be asked is kept.
    """
    columns, count = prepared.columns, len(prepared.opening)
    acc, balance, alert = open_accounts(
        AccountFacts(
            prepared.end[:-1], prepared.opening, prepared.limit, prepared.keys, prepared.holders
        )
    )
    if not is_open:
        acc[:, at.DISOWNED] = at.UNASKED
        returning = columns.credit[columns.reversed_rows[:, 0]]
        acc[returning[returning >= 0], at.DISOWNED] = at.NONE
    reversed_count = len(columns.reversed_rows)
    has_late = is_open or bool((columns.flags & at.IS_LATE).any())
    return State(
        n=_open_counters(rule, scope),
        balance=np.append(balance, at.ENDLESS),
        alert=_alert_lots(prepared, rule, np.append(alert, np.uint8(0)), is_open=is_open),
        unobserved=np.zeros(count + 1, dtype=np.int64),
        acc=acc,
        loans=open_loans(prepared, scope),
        lots=np.empty((_ROOM, at.LOT_WIDTH), dtype=np.int64),
        pieces=np.empty((_ROOM, at.PIECE_WIDTH), dtype=np.int64),
        other=np.empty((_ROOM, at.PIECE_WIDTH), dtype=np.int64),
        notes=np.empty((_ROOM, at.NOTE_WIDTH), dtype=np.int64),
        memory=_open_memory(reversed_count),
        flight=np.full(len(columns.flags) if has_late else 0, at.NONE, dtype=np.int32),
        cells=np.empty((_ROOM, 2), dtype=np.int32),
        hops=np.empty((_ROOM, at.HOP_WIDTH), dtype=np.int64),
        parents=np.empty(_ROOM, dtype=np.int32),
        log=np.empty((_ROOM, at.LOG_WIDTH), dtype=np.int64),
    )


def _open_counters(rule: Rule, scope: Scope) -> Int64s:
    n = np.zeros(at.N_WIDTH, dtype=np.int64)
    n[at.LOT_FREE] = n[at.NOTE_FREE] = at.NONE
    n[at.RULE] = at.RULES.index(rule)
    n[at.HOPS_MAX] = at.FAR if scope.hops_max is None else scope.hops_max
    amount_max = scope.amount_max_minor
    n[at.AMOUNT_MAX] = at.FAR if amount_max is None else min(amount_max, at.FAR - 1)
    n[at.PART_MIN] = min(scope.part_min_minor or 0, at.FAR)
    return n


def _open_memory(count: int) -> Int64s:
    memory = np.full((count, at.MEMORY_WIDTH), at.NONE, dtype=np.int64)
    memory[:, at.M_COUNT] = 0
    return memory


def open_loans(prepared: Basis, scope: Scope) -> Int64s:
    """Return the table of loans before the first event."""
    return set_windows(prepared.loans.copy(), scope)


def set_windows(loans: Int64s, scope: Scope) -> Int64s:
    """Set in a table of loans when the scope's window of each ends; return it."""
    if scope.window_days is not None:
        loans[:, at.LOAN_WINDOW_END] = loans[:, at.LOAN_AT] + scope.window_days * DAY_MICROSECONDS
    return loans


def list_loans(given: TraceInput, keys: Int32s, holders: Int32s) -> Int64s:
    """Return the table of loans, their windows without end."""
    loans = np.zeros((len(given.loans), at.LOAN_WIDTH), dtype=np.int64)
    loans[:, at.LOAN_KEY], loans[:, at.LOAN_HOLDER] = keys, holders
    loans[:, at.LOAN_ACCOUNT] = [loan.account_id for loan in given.loans]
    loans[:, at.LOAN_MINOR] = [loan.principal_minor for loan in given.loans]
    loans[:, at.LOAN_AT] = [loan.disbursed_at for loan in given.loans]
    loans[:, at.LOAN_WINDOW_END] = at.FAR
    loans[:, at.SLOT] = at.NONE
    loans[:, at.IS_TRACED] = 1
    return loans


def _alert_lots(prepared: Basis, rule: Rule, alert: UInt8s, *, is_open: bool) -> UInt8s:
    """Say in addition which accounts list their lots from the beginning."""
    columns, end = prepared.columns, prepared.end
    reached = prepared.reached | is_open
    if rule is Rule.SPECIFIC:
        alert[reached] |= at.KEEPS_LOTS
    elif rule is not Rule.PRO_RATA:
        credit = columns.credit[columns.reversed_rows[:, 0]]
        alert[credit[reached[credit]]] |= at.KEEPS_LOTS
    alert[end != 0] = 0
    return alert


def _build_columns(given: TraceInput, end: Int8s) -> Columns:
    movements = given.tables.movements
    debit, credit = np.asarray(movements.debit), np.asarray(movements.credit)
    flags = np.zeros(len(debit), dtype=np.uint8)
    flags[given.order.is_late] |= at.IS_LATE
    flags[movements.amount_minor != movements.credit_minor] |= at.CONVERTS
    flags[movements.reverses != NO_ROW] |= at.REVERSES
    reversed_rows = np.unique(movements.reverses[movements.reverses != NO_ROW]).astype(np.int64)
    flags[reversed_rows] |= at.IS_REVERSED
    flags[movements.kind == MOVEMENT_KINDS.index(MovementKind.FEE)] |= at.IS_FEE
    drawn = [
        (row, rank, part)
        for row in sorted(given.loans_of_movement)
        for rank, part in given.list_drawn(row)
    ]
    payees = _list_payees(given)
    flags[sorted(given.loans_of_movement)] |= at.HAS_LOANS
    flags[payees[:, 0]] |= at.HAS_PAYEE
    return make_columns(
        events=_list_events(given),
        flags=flags,
        debit=debit,
        credit=credit,
        amount=np.asarray(movements.amount_minor),
        credited=np.asarray(movements.credit_minor),
        booked_at=np.asarray(movements.booked_at),
        credited_at=np.asarray(movements.credit_booked_at),
        reverses=np.asarray(movements.reverses),
        reason=list_reasons(given, end),
        drawn=np.array(drawn, dtype=np.int64).reshape(-1, 3),
        payees=payees,
        reversed_rows=reversed_rows.reshape(-1, 1),
    )


def _list_events(given: TraceInput) -> Int32s:
    """Return the codes of all events in order; a credit directly behind its debit has none."""
    units, movements = given.order.units, given.tables.movements
    unbooked = given.list_unbooked_disbursements()
    if not unbooked:
        return units
    instants = np.array([instant for instant, _ in unbooked], dtype=np.int64)
    places = find_places(movements, units, instants)
    return np.insert(units, places, [-1 - rank for _, rank in unbooked]).astype(np.int32)


def _list_payees(given: TraceInput) -> Int64s:
    """Return (row, rank) where a movement pays a declared payee of a loan in time, sorted."""
    movements, accounts = given.tables.movements, given.tables.accounts
    wanted = {key for loan in given.loans for key in loan.declared_payees}
    rows_of = find_accounts(accounts, wanted)
    declared = sorted(
        (loan.account_id * len(accounts) + payee, rank)
        for rank, loan in enumerate(given.loans)
        for key in set(loan.declared_payees)
        for payee in rows_of.get(key, ())
    )
    if not declared:
        return np.zeros((0, 2), dtype=np.int64)
    pair, rank = np.array(declared, dtype=np.int64).T.copy()
    pays = np.zeros(len(accounts) + 1, dtype=np.bool_)
    pays[pair // len(accounts)] = True
    row = np.flatnonzero(pays[movements.debit])
    row = row[movements.credit[row] >= 0]
    paid = movements.debit[row].astype(np.int64) * len(accounts) + movements.credit[row]
    first, end = np.searchsorted(pair, paid, "left"), np.searchsorted(pair, paid, "right")
    count = end - first
    at_pair = np.repeat(first - np.cumsum(count) + count, count) + np.arange(int(count.sum()))
    row, rank = np.repeat(row, count), rank[at_pair]
    window = PAYMENT_WINDOW_DAYS * DAY_MICROSECONDS
    until = np.array([loan.disbursed_at for loan in given.loans], dtype=np.int64) + window
    is_in_time = movements.booked_at[row] <= until[rank]
    return np.stack([row[is_in_time], rank[is_in_time]], axis=1)


def _list_ends(given: TraceInput) -> Int8s:
    """Return why each account absorbs, by number; last stands OUTSIDE."""
    return np.append(given.places.account_ends, np.int8(at.REASONS.index(EndReason.OUTSIDE)))


def list_reasons(given: TraceInput, end: Int8s) -> Int8s:
    """Return why each movement ends every trail (``places``), or 0, by number."""
    movements = given.tables.movements
    reason = end[movements.credit]
    kinds = np.asarray(movements.kind)
    for kind, ending in _ENDING_KINDS.items():
        reason[kinds == MOVEMENT_KINDS.index(kind)] = at.REASONS.index(ending)
    interest = np.flatnonzero(kinds == MOVEMENT_KINDS.index(MovementKind.INTEREST))
    serves = np.array([loan != "" for loan in pick_values(movements.loan_id, interest)], np.bool_)
    reason[interest[serves]] = at.REPAYMENT
    return reason


def number_keys(given: TraceInput) -> tuple[Int32s, Int32s]:
    """Number (bank, account) of the loans' accounts; other accounts are NONE."""
    accounts = given.tables.accounts
    numbers: dict[AccountKey, int] = {}
    of_loans = [
        numbers.setdefault(AccountKey(one.bank, one.account), len(numbers)) for one in given.loans
    ]
    found = np.full(len(accounts), at.NONE, dtype=np.int32)
    for key, rows in find_accounts(accounts, numbers).items():
        found[rows] = numbers[key]
    return found, np.array(of_loans, dtype=np.int32)


def find_accounts(accounts: Accounts, keys: Collection[AccountKey]) -> dict[AccountKey, list[int]]:
    """Return the rows, one for each currency, of the keys that accounts have."""
    texts = {key.account: 1 for key in keys}
    found: dict[AccountKey, list[int]] = {}
    rows = np.flatnonzero(encode_values(accounts.account, texts, 0))
    parts = (pick_values(accounts.bank, rows), pick_values(accounts.account, rows), rows.tolist())
    for bank, account, row in zip(*parts, strict=True):
        key = AccountKey(bank, account)
        if key in keys:
            found.setdefault(key, []).append(row)
    return found


def number_holders(given: TraceInput) -> tuple[Int32s, Int32s]:
    """Number the borrowers; of accounts only those that merely hold money have one."""
    numbers: dict[str, int] = {}
    of_loans = [
        numbers.setdefault(one.holder_id, len(numbers)) if one.holder_id else at.NONE - 1
        for one in given.loans
    ]
    found = encode_values(given.tables.accounts.holder_id, numbers, at.NONE)
    found[~given.places.list_holding_accounts()] = at.NONE
    return found, np.array(of_loans, dtype=np.int32)
