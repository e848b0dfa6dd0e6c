"""Running balances: which candidates become movements, with what amounts and balances.

Candidates are processed in time, those of one second in their order; a credit that is booked
later has its place in time of its own. The rules:

- A debit needs the money: balance, plus overdraft limit, less what is kept for stories.
  What cannot be paid falls away; a flexible candidate takes what there is, in whole yuan, if
  that is at least an eighth of what it wants.
- While an account keeps money for a story, ordinary payments may use only what the story's
  credits brought beyond that, and no older money either: otherwise they would, under
  proceeds_first, carry off the very money that the story follows.
- An account on which a diversion's money travels takes little money of other loans: ordinary
  payments that would bring it more than ``foreign_max`` fall away. To know, the ledger keeps
  for each account an upper bound of what is any loan's under proceeds_first, which is one
  number: a payment takes the least of that and itself. A return may take more or less, so
  there the bound is kept on both sides.
- A return falls away with the movement it takes back, and never exceeds it.
- Free accounts (a bank's own, absorbing kinds, unlisted ones, the outside) are never short and
  have no balance.
- A required payment (a story's) that cannot be made is a mistake of ours and raises.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

from fundtrace.model.kinds import MovementKind
from fundtrace.model.tables import NO_VALUE, Int8s, Int32s, Int64s
from fundtrace.simulate.candidates import Columns, Script, code_kind
from fundtrace.simulate.draws import Bools

_DISBURSEMENT = code_kind(MovementKind.DISBURSEMENT)
_PART_MIN = 8  # a flexible candidate takes no less than one part in this many


@dataclass(frozen=True, eq=False)
class Booked:
    """The movements: rows of the candidates that took place, with balances after."""

    columns: Columns  # amounts as booked
    row: Int64s  # of the candidates, rising
    number: Int32s  # of each candidate: its position among the movements, or -1
    debit_balance: Int64s  # by movement; NO_VALUE where the account has none
    credit_balance: Int64s


_State = tuple[Int64s, Int64s, Int64s, Int64s, Int64s]  # balance, reserved, slack, ...


@dataclass(frozen=True, eq=False)
class Rules:
    """What holds for each account."""

    opening: Int64s
    limit: Int64s  # of overdraft
    is_free: Bools
    foreign_max: Int64s
    keeps_minutes: Bools  # its bank books to the minute


def book(columns: Columns, script: Script, rules: Rules) -> Booked:
    """Run all candidates over the accounts; ``columns`` receives the amounts as booked.

    Raises AssertionError where a story's payment could not be made.
    """
    count = len(columns)
    held, released, required = _read_script(columns, script)
    late = np.flatnonzero(columns.delay > 0)
    event_row = np.concatenate([np.arange(count), late]).astype(np.int32)
    event_at = np.concatenate([columns.second, columns.second[late] + columns.delay[late]])
    is_late = np.zeros(len(event_row), dtype=np.bool_)
    is_late[count:] = True
    if len(late):
        by = np.lexsort((event_row, event_at))
        event_row, is_late = event_row[by], is_late[by]
    debit_balance = np.full(count, NO_VALUE, dtype=np.int64)
    credit_balance = np.full(count, NO_VALUE, dtype=np.int64)
    kept = np.zeros(count, dtype=np.bool_)
    failed: int = run_events(
        event_row,
        is_late,
        (columns.debit, columns.credit, columns.amount, columns.credit_amount),
        (columns.delay, columns.is_flexible, columns.reverses, columns.kind),
        (columns.script, held, released, required),
        (rules.opening.copy(), rules.limit, rules.is_free, rules.foreign_max),
        (kept, debit_balance, credit_balance),
    )
    if failed >= 0:
        handle = int(columns.script[failed])
        raise AssertionError(f"the story's payment {script.payments[handle]} could not be made")
    row = np.flatnonzero(kept)
    number = np.full(count, -1, dtype=np.int32)
    number[row] = np.arange(len(row), dtype=np.int32)
    return Booked(columns, row, number, debit_balance[row], credit_balance[row])


def _read_script(columns: Columns, script: Script) -> tuple[Int64s, Int64s, Bools]:
    """Return by handle: what is kept of what arrives, what is set free, and what must be paid."""
    if int((columns.script >= 0).sum()) != len(script.payments):
        raise AssertionError("some payments of the stories are not among the candidates")
    held, released = np.array(script.held), np.array(script.released)
    return held, released, np.array(script.is_required, dtype=np.bool_)


@njit(cache=True)  # compiled once for a machine
def run_events(  # noqa: C901, PLR0913, PLR0917  # one loop over parallel columns
    event_row: Int32s,
    is_late: Bools,
    moves: tuple[Int32s, Int32s, Int64s, Int64s],
    ways: tuple[Int32s, Bools, Int32s, Int8s],
    story: tuple[Int32s, Int64s, Int64s, Bools],
    accounts: tuple[Int64s, Int64s, Bools, Int64s],
    out: tuple[Bools, Int64s, Int64s],
) -> int:
    """Book every event; return the row of a story's payment that failed, or -1."""
    debit, credit, amount, credit_amount = moves
    delay, is_flexible, reverses, kind = ways
    script, held, released, required = story
    balance, limit, is_free, foreign_max = accounts
    kept, debit_balance, credit_balance = out
    reserved = np.zeros(len(balance), dtype=np.int64)  # kept for stories
    slack = np.zeros(len(balance), dtype=np.int64)  # meanwhile left to ordinary payments
    traced = np.zeros(len(balance), dtype=np.int64)  # at most so much is any loan's
    foreign = np.zeros(len(balance), dtype=np.int64)  # of it, at most so much came unplanned
    carried = np.zeros(len(amount), dtype=np.int64)  # at most so much of it is any loan's
    state = (balance, reserved, slack, traced, foreign)
    for event in range(len(event_row)):
        row = event_row[event]
        handle, payer, payee, original = script[row], debit[row], credit[row], reverses[row]
        takes = payee >= 0 and not is_free[payee]
        if not is_late[event]:
            wanted = amount[row]
            if original >= 0:
                wanted = min(wanted, credit_amount[original]) if kept[original] else 0
            pays = payer >= 0 and not is_free[payer]
            is_required = handle >= 0 and required[handle]
            if pays and is_required:
                _set_free(payer, released[handle], state)
            if pays:
                wanted = _afford(payer, wanted, limit[payer], is_required, is_flexible[row], state)
            if is_required and wanted < amount[row]:
                return int(row)
            part = wanted if kind[row] == _DISBURSEMENT else 0
            if pays:
                part = min(wanted, traced[payer])
            is_planned = is_required or not takes
            if wanted == 0 or (not is_planned and foreign[payee] + part > foreign_max[payee]):
                continue
            if not is_planned:
                foreign[payee] += part
            if pays:
                _pay(payer, wanted, part if original < 0 else 0, is_required, state)
                debit_balance[row] = balance[payer]
            if wanted != amount[row]:
                amount[row] = credit_amount[row] = wanted
            carried[row] = part
            kept[row] = True
        if kept[row] and takes and (is_late[event] or delay[row] == 0):
            arrived, keeps = credit_amount[row], held[handle] if handle >= 0 else 0
            _receive(payee, arrived, _scale(carried[row], arrived, amount[row]), keeps, state)
            credit_balance[row] = balance[payee]
    return -1


@njit(cache=True)
def _set_free(payer: int, released: int, state: _State) -> None:
    """Let a story's payment have what was kept for it."""
    _, reserved, slack, _, _ = state
    reserved[payer] -= released
    if reserved[payer] <= 0:
        slack[payer] = 0


@njit(cache=True)
def _afford(  # noqa: PLR0913, PLR0917  # compiled code takes no objects
    payer: int,
    wanted: int,
    limit: int,
    is_required: bool,  # noqa: FBT001
    is_flexible: bool,  # noqa: FBT001
    state: _State,
) -> int:
    """Return what an account can pay of what is wanted: all, if flexible a part, or 0."""
    balance, reserved, slack, _, _ = state
    room = balance[payer] + limit - reserved[payer]
    if reserved[payer] > 0 and not is_required:
        room = min(room, slack[payer])
    if room >= wanted:
        return wanted
    if not is_flexible or room * _PART_MIN < wanted or room < 100:
        return 0
    return int(room // 100 * 100)


@njit(cache=True)
def _pay(
    payer: int,
    amount: int,
    part: int,
    is_required: bool,  # noqa: FBT001
    state: _State,
) -> None:
    """Take an amount out of an account; ``part`` of it is any loan's."""
    balance, reserved, slack, traced, foreign = state
    if reserved[payer] > 0 and not is_required:
        slack[payer] -= amount
    balance[payer] -= amount
    traced[payer] = min(traced[payer] - part, max(balance[payer], 0))
    foreign[payer] = min(foreign[payer], traced[payer])


@njit(cache=True)
def _scale(carried: int, arrived: int, amount: int) -> int:
    """Return what is any loan's of what arrives: a conversion scales it, rounded up."""
    return arrived if carried == amount else -(-carried * arrived // amount)


@njit(cache=True)
def _receive(payee: int, arrived: int, part: int, keeps: int, state: _State) -> None:
    """Put an amount on an account; ``part`` is any loan's, ``keeps`` is kept for a story."""
    balance, reserved, slack, traced, _ = state
    balance[payee] += arrived
    traced[payee] = min(traced[payee] + part, max(balance[payee], 0))
    if keeps > 0:
        reserved[payee] += keeps
        slack[payee] += arrived - keeps
