"""Random tables straight from columns: hostile amounts and balances, many ties, few texts."""

from __future__ import annotations

import random
from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

from fundtrace.model.kinds import AccountKind
from fundtrace.model.tables import NO_ROW, NO_VALUE, Accounts, Movements, Tables

_WORD = 2**64


@dataclass(frozen=True)
class Balances:
    """What random tables are like."""

    amount_max: int = 30
    given: float = 0.9  # balances
    wrong: float = 0.05  # of those
    opened: float = 0.5  # accounts whose opening is given
    late: float = 0.15
    sorted: float = 0.5  # tables in the order of their events


SMALL = Balances()
SPARSE = Balances(given=0.4, wrong=0.2, late=0.4)
ROUNDED = Balances(amount_max=4, wrong=0.3)
HOSTILE = Balances(amount_max=2**63 - 1, wrong=0.2)


@st.composite
def column_tables(draw: st.DrawFn, shape: Balances) -> Tables:
    """Draw tables with balances that chain in some order, most of them."""
    rng = random.Random(draw(st.integers(0, 2**32 - 1)))
    return make_tables(rng, draw(st.integers(0, 24)), shape)


def make_tables(rng: random.Random, count: int, shape: Balances) -> Tables:
    """Make tables of so many movements."""
    accounts = rng.randint(1, 4)
    top = shape.amount_max
    opening = [rng.randint(-top, top) for _ in range(accounts)]
    columns: dict[str, list[int]] = {name: [] for name in _COLUMNS}
    times = [rng.randint(0, 4) for _ in range(count)]
    for time in sorted(times):
        debit, credit = rng.randint(-1, accounts - 1), rng.randint(-1, accounts - 1)
        amount = rng.randint(1, top)
        late = rng.randint(1, 3) if rng.random() < shape.late else 0
        seq = rng.choice((NO_VALUE, NO_VALUE, 0, 1))
        row = (time, time + late, seq, debit, credit, amount, amount)
        for name, value in zip(_COLUMNS, row, strict=True):
            columns[name].append(value)
    _give_balances(rng, shape, columns, opening)
    rows = list(range(count))
    if rng.random() >= shape.sorted:
        rng.shuffle(rows)
    line = list(range(1, count + 1))
    if rng.random() < 0.2:
        rng.shuffle(line)
    narrow = {"debit", "credit"}
    arrays = {
        name: np.array([values[row] for row in rows], np.int32 if name in narrow else np.int64)
        for name, values in columns.items()
    }
    kept = [one if rng.random() < shape.opened else NO_VALUE for one in opening]
    return build_columns(arrays, line, kept)


_COLUMNS = (
    "booked_at", "credit_booked_at", "seq", "debit", "credit", "amount_minor", "credit_minor",
)  # fmt: skip


def _give_balances(
    rng: random.Random, shape: Balances, columns: dict[str, list[int]], opening: list[int]
) -> None:
    standing = list(opening)
    count = len(columns["booked_at"])
    given = {side: [NO_VALUE] * count for side in ("debit", "credit")}
    events = [(columns["booked_at"][row], 0, row) for row in range(count)]
    events += [(columns["credit_booked_at"][row], 1, row) for row in range(count)]
    # A true order that line order need not be: ties by chance, a debit before its own credit.
    luck = [rng.random() for _ in range(count)]
    for _, is_credit, row in sorted(events, key=lambda one: (one[0], luck[one[2]], one[1])):
        side = "credit" if is_credit else "debit"
        account = columns[side][row]
        amount = columns["amount_minor"][row]
        if account < 0:
            continue
        standing[account] += amount if is_credit else -amount
        if rng.random() < shape.given:
            noise = rng.randint(-20, 20) if rng.random() < shape.wrong else 0
            given[side][row] = (standing[account] + noise + _WORD // 2) % _WORD - _WORD // 2
    for side, values in given.items():
        columns[f"{side}_balance_minor"] = values


def build_columns(columns: dict[str, np.ndarray], line: list[int], opening: list[int]) -> Tables:
    """Build tables of CNY and JPY accounts from the columns of their movements."""
    count, accounts = len(line), len(opening)
    return Tables(
        accounts=Accounts(
            bank=["B"] * accounts,
            account=[str(one) for one in range(accounts)],
            currency=["CNY", "JPY", "CNY", "CNY"][:accounts],
            kind=[AccountKind.CURRENT] * accounts,
            holder_id=[""] * accounts,
            sector=[""] * accounts,
            is_listed=[True] * accounts,
            opening_minor=np.array(opening, np.int64),
            overdraft_limit_minor=np.zeros(accounts, np.int64),
        ),
        movements=Movements(
            movement_id=[str(row) for row in range(count)],
            line=np.array(line, np.int64),
            currency=["CNY"] * count,
            credit_currency=["CNY"] * count,
            kind=np.zeros(count, np.int8),
            reverses=np.full(count, NO_ROW, np.int32),
            loan_id=[""] * count,
            texts={},
            **columns,
        ),
        loans=(),
        parties={},
        relations=(),
        members=None,
        has_accounts_table=False,
        snapshot="",
    )
