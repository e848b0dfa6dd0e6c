"""Places: where a part of a loan can end, why it is followed no further, and its use class.

A place is an account with an end reason. Classes are tried in the order of ``Use`` and the
first match wins (docs/tracing.md). Settled here, where that text leaves two readings:

- **borrower** means an account of the borrower that merely holds money (the loan's own
  account, or any of the borrower's whose kind is unspecified, current, savings or term
  deposit). The borrower's securities, wealth, margin, escrow or payment-institution
  account is a use: classing it as "still with the borrower" would hide the purchase.
- An overdraft that is repaid, a fee, cash and a repayment have left the account, so they
  are never "still with the borrower".
- securities: account kinds securities, broker_pool, securities_margin; margin: bill_margin.
- repaid_self: a repayment (or a payment to an account of kind loan) that names this loan;
  one that names another loan, or none, is other_loan. Interest that names a loan counts as
  a repayment; interest that names none is an ordinary movement.
- abroad: the bank is no member and is named by a BIC (ISO 9362) of a country other than CN;
  Hong Kong, Macao and Taiwan count as abroad, as they do for cross-border payments.
- Fee, cash and repayment end a trail wherever they are paid to; of the other reasons the
  account's kind is told before the bank's absence from the members table, and that before
  the account's absence from the accounts table.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from fundtrace.model.columns import encode_values
from fundtrace.model.countries import is_abroad
from fundtrace.model.kinds import AccountKind, EndReason, MovementKind, Relation, Use
from fundtrace.model.registers import list_relations
from fundtrace.model.tables import (
    MOVEMENT_KINDS,
    OUTSIDE,
    AccountKey,
    Accounts,
    Int8s,
    Loan,
    Tables,
)
from fundtrace.trace.trail import Place


class PlaceKey(NamedTuple):
    """An account (or OUTSIDE), why the part ended there, and what names the place further."""

    account: int
    reason: EndReason
    detail: str = ""  # the loan repaid, or the payment institution of a movement


_ABSORBING_KINDS = {
    AccountKind.LOAN: EndReason.LOAN,
    AccountKind.HUB: EndReason.HUB,
    AccountKind.PAYMENT_INSTITUTION: EndReason.PAYMENT_INSTITUTION,
    AccountKind.BROKER_POOL: EndReason.BROKER_POOL,
    AccountKind.PROPERTY_ESCROW: EndReason.PROPERTY_ESCROW,
    AccountKind.EXTERNAL: EndReason.EXTERNAL,
}
END_REASONS: tuple[EndReason | None, ...] = (None, *EndReason)  # by number; None: followed
_ACCOUNT_KINDS = tuple(AccountKind)
_ENDING_KINDS = {
    MovementKind.CASH: EndReason.CASH,
    MovementKind.FEE: EndReason.FEE,
    MovementKind.REPAYMENT: EndReason.REPAYMENT,
}
_HOLDING_KINDS = frozenset(
    {
        AccountKind.UNSPECIFIED,
        AccountKind.CURRENT,
        AccountKind.SAVINGS,
        AccountKind.TERM_DEPOSIT,
    }
)
_LEFT_THE_ACCOUNT = {
    EndReason.OVERDRAFT,
    EndReason.FEE,
    EndReason.CASH,
    EndReason.REPAYMENT,
}
_USE_OF_KIND = {
    AccountKind.PROPERTY_ESCROW: Use.PROPERTY,
    AccountKind.SECURITIES: Use.SECURITIES,
    AccountKind.BROKER_POOL: Use.SECURITIES,
    AccountKind.SECURITIES_MARGIN: Use.SECURITIES,
    AccountKind.WEALTH: Use.WEALTH,
    AccountKind.BILL_MARGIN: Use.MARGIN,
    AccountKind.PAYMENT_INSTITUTION: Use.PAYMENT_INSTITUTION,
}
_USE_OF_REASON = {
    EndReason.CASH: Use.CASH,
    EndReason.FEE: Use.FEE,
    EndReason.OVERDRAFT: Use.OVERDRAFT,
}
_RELATED = frozenset(Relation) - {Relation.SUPPLIER}
# LIMIT: places remembered with their names, some 30 MB.
_DESCRIBED_MAX = 1 << 16
_PROPERTY_SECTOR = re.compile(r"K?70")  # GB/T 4754 division 70


class Places:
    """Answers about places that depend on the tables alone, for all loans of one pass."""

    def __init__(
        self, tables: Tables, ranked_loans: Sequence[Loan], before: Places | None = None
    ) -> None:
        """Index accounts by kind and end.

        ``before`` are those of the same tables with fewer accounts; what it knows is kept.
        """
        self._tables = tables
        self._loans = ranked_loans
        if before is None:
            self.account_kinds = _number_kinds(tables)  # by account: position in AccountKind
            self.account_ends = _find_account_ends(tables, self.account_kinds)  # in END_REASONS
        else:
            added = replace(
                tables, accounts=_cut_accounts(tables.accounts, len(before.account_kinds))
            )
            kinds = _number_kinds(added)
            self.account_kinds = np.append(before.account_kinds, kinds)
            self.account_ends = np.append(before.account_ends, _find_account_ends(added, kinds))
        self._ends = self.account_ends.tobytes()  # the same, quicker to ask one by one
        self._uses: dict[tuple[int, PlaceKey], Use] = {}
        self._described: dict[tuple[int, str], Place] = {}

    def find_account_end(self, account: int) -> EndReason | None:
        """Return why an account absorbs what arrives, or None where it is followed."""
        return END_REASONS[self._ends[account]] if account != OUTSIDE else EndReason.OUTSIDE

    def list_holding_accounts(self) -> npt.NDArray[np.bool_]:
        """Return by account whether it merely holds money (see above: borrower)."""
        holds = np.array([kind in _HOLDING_KINDS for kind in _ACCOUNT_KINDS])
        found: npt.NDArray[np.bool_] = holds[self.account_kinds]
        return found

    @property
    def _related(self) -> Mapping[str, set[str]]:
        return self._tied[0]

    @property
    def _suppliers(self) -> Mapping[str, set[str]]:
        return self._tied[1]

    @cached_property
    def _tied(self) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
        """Return whom relations tie to each borrower: related parties, and suppliers."""
        borrowers = {loan.holder_id for loan in self._loans}
        related: dict[str, set[str]] = {}
        suppliers: dict[str, set[str]] = {}
        for one in list_relations(self._tables.relations, borrowers):
            index = related if one.relation in _RELATED else suppliers
            if one.holder_id in borrowers:
                index.setdefault(one.holder_id, set()).add(one.related_holder_id)
            if one.related_holder_id in borrowers:
                index.setdefault(one.related_holder_id, set()).add(one.holder_id)
        return related, suppliers

    def find_arrival_place(self, row: int) -> PlaceKey | None:
        """Return the place where a movement ends every trail, or None where it goes on."""
        movements = self._tables.movements
        account = int(movements.credit[row])
        kind = MOVEMENT_KINDS[movements.kind[row]]
        loan_id = movements.loan_id[row]
        if kind in _ENDING_KINDS:
            return PlaceKey(account, _ENDING_KINDS[kind], loan_id)
        if kind is MovementKind.INTEREST and loan_id:
            return PlaceKey(account, EndReason.REPAYMENT, loan_id)
        if account == OUTSIDE:
            institution = movements.get_text("payment_institution", row)
            reason = EndReason.PAYMENT_INSTITUTION if institution else EndReason.OUTSIDE
            return PlaceKey(OUTSIDE, reason, institution)
        reason_or_none = END_REASONS[self._ends[account]]
        return PlaceKey(account, reason_or_none, loan_id) if reason_or_none else None

    def is_borrower_place(self, rank: int, place: PlaceKey) -> bool:
        """Tell whether a part at this place is still with the borrower of a loan."""
        return self.classify(rank, place) is Use.BORROWER

    def is_related(self, rank: int, holder_id: str) -> bool:
        """Tell whether a holder is a related party of a loan's borrower (suppliers are not)."""
        return holder_id in self.list_related(rank)

    def list_related(self, rank: int) -> set[str]:
        """Return the holders that are related parties of a loan's borrower."""
        return self._related.get(self._loans[rank].holder_id, set())

    def list_suppliers(self, rank: int) -> set[str]:
        """Return the holders that are suppliers of a loan's borrower."""
        return self._suppliers.get(self._loans[rank].holder_id, set())

    def describe(self, account: int, detail: str = "") -> Place:
        """Return what ``build_place`` says, and remember it."""
        key = (account, detail if account == OUTSIDE else "")
        place = self._described.get(key)
        if place is None:
            if len(self._described) >= _DESCRIBED_MAX:
                self._described.clear()
            place = self._described[key] = build_place(self._tables, *key)
        return place

    def list_known_accounts(self, rank: int) -> list[int]:
        """Return the accounts that are something to this loan in particular, perhaps more.

        The borrower's, declared payees', related parties' and suppliers'. Any other account
        has the same class for all loans, but where a repayment names one.
        """
        known = self._accounts_of
        return [one for names in self._list_known(rank) for name in names for one in known[name]]

    def _list_known(self, rank: int) -> tuple[set[AccountKey], set[str]]:
        """Return the accounts and the holders that are something to a loan."""
        loan = self._loans[rank]
        keys = {AccountKey(loan.bank, loan.account), *loan.declared_payees}
        holders = {loan.holder_id} | self.list_related(rank) | self.list_suppliers(rank)
        return keys, holders - {""}

    @cached_property
    def _accounts_of(self) -> dict[str | AccountKey, list[int]]:
        """The accounts of each key and holder that is something to a loan."""
        index: dict[str | AccountKey, list[int]] = {
            name: []
            for rank in range(len(self._loans))
            for names in self._list_known(rank)
            for name in names
        }
        accounts = self._tables.accounts
        keys = map(AccountKey, accounts.bank, accounts.account)
        for account, (holder, key) in enumerate(zip(accounts.holder_id, keys, strict=True)):
            for name in (holder, key):
                if name in index:
                    index[name].append(account)
        return index

    def find_bank_use(self, bank: str) -> Use | None:
        """Return the class of money at a bank that is abroad or no member, else None."""
        members = self._tables.members
        if members is None or bank not in members:
            if is_abroad(bank):
                return Use.ABROAD
            if members is not None:
                return Use.NON_MEMBER
        return None

    def classify(self, rank: int, place: PlaceKey) -> Use:
        """Return the use class of a place for a loan, given by its rank in loan order."""
        key = (rank, place)
        use = self._uses.get(key)
        if use is None:
            use = self._uses[key] = self.find_use(rank, place)
        return use

    def find_use(self, rank: int, place: PlaceKey) -> Use:
        """Return what ``classify`` says, and do not remember it."""
        loan = self._loans[rank]
        if place.reason is EndReason.UNDRAWN:
            return Use.UNDRAWN
        if place.account != OUTSIDE:
            if self._is_borrowers(loan, place):
                return Use.BORROWER
            if self._tables.accounts.get_key(place.account) in loan.declared_payees:
                return Use.DECLARED_PAYEE
        if place.reason in (EndReason.REPAYMENT, EndReason.LOAN):
            return Use.REPAID_SELF if place.detail == loan.loan_id else Use.OTHER_LOAN
        return self._classify_by_holder(rank, place) or self._classify_by_bank(rank, place)

    def _is_borrowers(self, loan: Loan, place: PlaceKey) -> bool:
        accounts = self._tables.accounts
        if place.reason in _LEFT_THE_ACCOUNT:
            return False
        if accounts.get_key(place.account) == (loan.bank, loan.account):
            return True
        holder = accounts.holder_id[place.account]
        return (
            bool(holder)
            and holder == loan.holder_id
            and accounts.kind[place.account] in _HOLDING_KINDS
        )

    def _classify_by_holder(self, rank: int, place: PlaceKey) -> Use | None:
        """Try the classes from related_party to payment_institution."""
        if place.account == OUTSIDE:
            is_institution = place.reason is EndReason.PAYMENT_INSTITUTION
            return Use.PAYMENT_INSTITUTION if is_institution else None
        accounts = self._tables.accounts
        if self.is_related(rank, accounts.holder_id[place.account]):
            return Use.RELATED_PARTY
        return find_kind_use(accounts.kind[place.account], accounts.sector[place.account])

    def _classify_by_bank(self, rank: int, place: PlaceKey) -> Use:
        """Try the classes from cash to unknown, which every place reaches."""
        if place.reason in _USE_OF_REASON:
            return _USE_OF_REASON[place.reason]
        if place.account == OUTSIDE:
            return Use.UNKNOWN
        accounts = self._tables.accounts
        use = self.find_bank_use(accounts.bank[place.account])
        if use is not None:
            return use
        is_supplier = accounts.holder_id[place.account] in self.list_suppliers(rank)
        return Use.SUPPLIER if is_supplier else Use.UNKNOWN


def _cut_accounts(accounts: Accounts, first: int) -> Accounts:
    """Return the accounts from id ``first`` on."""
    rows = slice(first, len(accounts))
    return Accounts(**{one.name: getattr(accounts, one.name)[rows] for one in fields(accounts)})


def _number_kinds(tables: Tables) -> Int8s:
    numbers = {kind: number for number, kind in enumerate(_ACCOUNT_KINDS)}
    return encode_values(tables.accounts.kind, numbers, 0).astype(np.int8)


def _find_account_ends(tables: Tables, kinds: Int8s) -> Int8s:
    """Return by account why it absorbs, as its kind or else its absence from a table says."""
    accounts, number = tables.accounts, END_REASONS.index
    of_kind = [number(_ABSORBING_KINDS.get(kind)) for kind in _ACCOUNT_KINDS]
    ends = np.array(of_kind, dtype=np.int8)[kinds]
    if tables.members is not None:
        is_member = encode_values(accounts.bank, dict.fromkeys(tables.members, 1), 0) > 0
        ends[(ends == 0) & ~is_member] = number(EndReason.NON_MEMBER)
    if tables.has_accounts_table:
        is_listed = np.asarray(accounts.is_listed, dtype=np.bool_)
        ends[(ends == 0) & ~is_listed] = number(EndReason.NOT_LISTED)
    return ends


def find_kind_use(kind: AccountKind, sector: str) -> Use | None:
    """Return the class that an account's sector or kind gives it, else None."""
    return Use.PROPERTY if _PROPERTY_SECTOR.match(sector) else _USE_OF_KIND.get(kind)


def build_place(tables: Tables, account: int, detail: str = "") -> Place:
    """Describe an account for people; ``detail`` names a place outside the tables."""
    if account == OUTSIDE:
        return Place("", "", holder_name=detail)
    accounts = tables.accounts
    return Place(
        accounts.bank[account],
        accounts.account[account],
        accounts.currency[account],
        accounts.holder_id[account],
        tables.get_name(account),
    )
