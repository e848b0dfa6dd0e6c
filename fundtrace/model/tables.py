"""The movement tables of docs/tables.md as columns in memory.

Accounts and movements are columns (they may be millions), loans and parties are values.
An account is (bank, account, currency) and has a dense id, its row in ``Accounts``; a
movement is its row in ``Movements``, in the order of its file. Numbers are plain arrays,
texts and kinds sequences (``columns.Texts`` and ``columns.Words`` where they are long). Amounts are int64 minor
units, times int64 microseconds since the epoch. ``NO_VALUE`` stands for an absent number,
``OUTSIDE`` for an absent account, ``NO_ROW`` for an absent movement.

Values here are already checked: ``fundtrace.books`` builds them from files.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from fundtrace.model.kinds import (
    AccountKind,
    MovementKind,
    PartyType,
    PaymentMode,
    PurposeClass,
    Relation,
)
from fundtrace.model.problems import Problem

Int64s = npt.NDArray[np.int64]
Int32s = npt.NDArray[np.int32]
Int8s = npt.NDArray[np.int8]
Bools = npt.NDArray[np.bool_]

NO_VALUE = -(2**63)
OUTSIDE = -1
UNKNOWN_BANK = "UNKNOWN"  # where a source names an account and not its bank
NO_ROW = -1

MOVEMENT_KINDS = tuple(MovementKind)  # Movements.kind holds positions in this tuple

MOVEMENT_TEXTS = (
    "counterparty_name",
    "purpose",
    "remittance",
    "mcc",
    "merchant",
    "payment_institution",
    "channel_ref",
    "uetr",
)


class AccountKey(NamedTuple):
    """Bank and account number as the tables write them: text, never numbers."""

    bank: str
    account: str


@dataclass(frozen=True, eq=False)
class Accounts:
    """One row per (bank, account, currency) that any table names; the row is its id."""

    bank: Sequence[str]
    account: Sequence[str]
    currency: Sequence[str]
    kind: Sequence[AccountKind]
    holder_id: Sequence[str]  # "" where no table says
    sector: Sequence[str]  # GB/T 4754 code of the account or else of its holder, or ""
    is_listed: Sequence[bool] | Bools  # by the accounts table
    opening_minor: Int64s  # NO_VALUE where no table says
    overdraft_limit_minor: Int64s  # 0 where no table says

    def __len__(self) -> int:
        """Return how many accounts there are."""
        return len(self.bank)

    def get_key(self, account_id: int) -> AccountKey:
        """Return bank and account number of an id."""
        return AccountKey(self.bank[account_id], self.account[account_id])


@dataclass(frozen=True, eq=False)
class Movements:
    """One row per movement, in file order."""

    movement_id: Sequence[str]
    line: Int64s  # 1-based line (CSV) or row (Parquet) of the file
    booked_at: Int64s
    credit_booked_at: Int64s  # equals booked_at where no table says
    seq: Int64s  # NO_VALUE sorts first
    debit: Int32s  # account id or OUTSIDE
    credit: Int32s  # account id or OUTSIDE
    amount_minor: Int64s  # > 0, in the debit side's currency
    credit_minor: Int64s  # > 0, in the credit side's currency
    currency: Sequence[str]
    credit_currency: Sequence[str]
    kind: Int8s  # position in MOVEMENT_KINDS
    reverses: Int32s  # row of the movement that this one returns, or NO_ROW
    loan_id: Sequence[str]  # the loan that a repayment serves, or ""
    debit_balance_minor: Int64s  # balance after, NO_VALUE where no table says
    credit_balance_minor: Int64s
    texts: Mapping[str, Sequence[str]]  # keys: those of MOVEMENT_TEXTS that the file has

    def __len__(self) -> int:
        """Return how many movements there are."""
        return len(self.movement_id)

    def get_text(self, column: str, row: int) -> str:
        """Return a descriptive text, empty where the table has none."""
        values = self.texts.get(column)
        return values[row] if values is not None else ""


@dataclass(frozen=True)
class Loan:
    """One drawdown (借据); ``contract_id`` groups the drawdowns of one contract."""

    loan_id: str
    account_id: int  # the loan's own account, in the loan's currency
    bank: str
    account: str
    principal_minor: int
    currency: str
    disbursed_at: int
    movement: int = NO_ROW  # row of its disbursement movement
    contract_id: str = ""
    holder_id: str = ""  # the borrower: given, or else the holder of the loan's account
    purpose_class: PurposeClass = PurposeClass.UNSPECIFIED
    purpose: str = ""
    contract_on: str = ""  # ISO date
    payment_mode: PaymentMode = PaymentMode.UNSPECIFIED
    declared_payees: tuple[AccountKey, ...] = ()
    renewal_of: str = ""
    maturity_on: str = ""  # ISO date
    branch: str = ""
    officer: str = ""


@dataclass(frozen=True)
class Party:
    """A holder of accounts."""

    holder_id: str
    name: str = ""
    type: PartyType = PartyType.UNSPECIFIED
    sector: str = ""
    registered_on: str = ""  # ISO date


@dataclass(frozen=True)
class Related:
    """``related_holder_id`` is the ``relation`` (spouse, supplier ...) of ``holder_id``."""

    holder_id: str
    related_holder_id: str
    relation: Relation
    share: str = ""


@dataclass(frozen=True)
class Member:
    """A bank that takes part."""

    bank: str
    name: str = ""
    cnaps: str = ""


@dataclass(frozen=True, eq=False)
class Tables:
    """A folder of movement tables, checked and resolved.

    ``members`` is None where there is no members table (then every bank is one), and
    ``has_accounts_table`` says whether absence from it means that an account is not
    observed. ``snapshot`` is ``sha256:`` over the bytes of all tables.
    """

    accounts: Accounts
    movements: Movements
    loans: Sequence[Loan]  # in table order
    parties: Mapping[str, Party]
    relations: Sequence[Related]
    members: Mapping[str, Member] | None
    has_accounts_table: bool
    snapshot: str
    warnings: tuple[Problem, ...] = field(default=())

    def get_name(self, account_id: int) -> str:
        """Return the name of an account's holder, empty where no table says."""
        party = self.parties.get(self.accounts.holder_id[account_id])
        return party.name if party else ""

    def get_bank_name(self, bank: str) -> str:
        """Return a bank's name, or its code where no table names it."""
        member = self.members.get(bank) if self.members else None
        return (member.name if member else "") or bank


def rank_loans(loans: Sequence[Loan]) -> list[int]:
    """Return table positions in loan order: by (disbursement instant, line in the table)."""
    return sorted(range(len(loans)), key=lambda position: (loans[position].disbursed_at, position))
