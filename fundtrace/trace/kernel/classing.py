"""Use classes of arrivals without Python: what ``places.classify`` says of ``find_hop_place``.

What an account is to everybody (property, securities, abroad, ...) is one number by account,
made once. What it is to one loan (its borrower's, a declared payee's, a related party's, a
supplier's) is a mark on the few accounts concerned, made for each question.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from itertools import repeat
from typing import Any, NamedTuple

import numpy as np

from fundtrace.model.kinds import EndReason, Use
from fundtrace.model.tables import OUTSIDE, AccountKey, Int8s, Int32s, Int64s
from fundtrace.trace.kernel import layout as at
from fundtrace.trace.kernel.jit import jit
from fundtrace.trace.kernel.layout import Columns, UInt8s
from fundtrace.trace.kernel.preparing import Prepared
from fundtrace.trace.places import find_kind_use

USES = tuple(Use)
BORROWER, PAYEE, RELATED, SUPPLIER = 1, 2, 4, 8  # marks
_BORROWER, _PAYEE, _REPAID_SELF, _OTHER_LOAN, _RELATED, _INSTITUTION, _CASH, _FEE = (
    USES.index(use)
    for use in (
        *(Use.BORROWER, Use.DECLARED_PAYEE, Use.REPAID_SELF, Use.OTHER_LOAN),
        *(Use.RELATED_PARTY, Use.PAYMENT_INSTITUTION, Use.CASH, Use.FEE),
    )
)
_SUPPLIER, _UNKNOWN = USES.index(Use.SUPPLIER), USES.index(Use.UNKNOWN)
_LOAN, _OUTSIDE = at.REASONS.index(EndReason.LOAN), at.REASONS.index(EndReason.OUTSIDE)
_BY_INSTITUTION = -2  # Classes.detail: the movement names a payment institution


class Classes(NamedTuple):
    """What the kernel reads of classes."""

    by_kind: Int8s  # by account: the use that its sector or kind gives, or NONE
    by_bank: Int8s  # by account, last OUTSIDE: the use that its bank gives, or NONE
    row: Int32s  # of movements that name a loan or an institution where that matters, sorted
    detail: Int32s  # number of the loan id named, or _BY_INSTITUTION


class _Groups(NamedTuple):
    """Accounts by the number of what they have in common."""

    offsets: Int64s
    accounts: Int32s


@dataclass(frozen=True)
class ClassIndex:
    """What classing needs of an input, for all loans."""

    columns: Classes
    loan_number: list[int]  # by rank: of its id
    prepared: Prepared
    of_key: _Groups  # accounts of the loans' own (bank, account)
    of_borrower: _Groups
    payees: tuple[dict[AccountKey, int], _Groups]
    holders: tuple[dict[str, int], _Groups]  # those that stand in relations


def index_classes(prepared: Prepared) -> ClassIndex:
    """Class every account as far as no loan matters; a few looks at each account."""
    given = prepared.given
    accounts, places = given.tables.accounts, given.places
    numbers: dict[str, int] = {}
    loan_number = [numbers.setdefault(loan.loan_id, len(numbers)) for loan in given.loans]
    rows, details = _list_details(prepared, numbers)
    kinds = list(zip(accounts.kind, accounts.sector, strict=True))
    use_of_kind = {one: _number_use(find_kind_use(*one)) for one in set(kinds)}
    use_of_bank = {one: _number_use(places.find_bank_use(one)) for one in set(accounts.bank)}
    of_bank, count = map(use_of_bank.__getitem__, accounts.bank), len(accounts)
    columns = Classes(
        np.fromiter(map(use_of_kind.__getitem__, kinds), np.int8, count),
        np.append(np.fromiter(of_bank, np.int8, count), np.int8(at.NONE)),
        rows,
        details,
    )
    wanted = {key for loan in given.loans for key in loan.declared_payees}
    payees = {key: number for number, key in enumerate(sorted(wanted))}
    keys = zip(accounts.bank, accounts.account, strict=True)
    of_payee = _number_all(keys, payees, count)
    pairs = [(one.holder_id, one.related_holder_id) for one in given.tables.relations]
    holders = {
        holder: number
        for number, holder in enumerate(sorted({one for two in pairs for one in two}))
    }
    return ClassIndex(
        columns,
        loan_number,
        prepared,
        _group(prepared.keys),
        _group(prepared.holders),
        (payees, _group(of_payee)),
        (holders, _group(_number_all(accounts.holder_id, holders, count))),
    )


def mark_accounts(index: ClassIndex, rank: int) -> UInt8s:
    """Return what each account is to one loan."""
    prepared = index.prepared
    given = prepared.given
    marks = np.zeros(len(prepared.end), dtype=np.uint8)
    _mark(marks, index.of_key, [int(prepared.loans[rank, at.LOAN_KEY])], BORROWER)
    _mark(marks, index.of_borrower, [int(prepared.loans[rank, at.LOAN_HOLDER])], BORROWER)
    payees, of_payee = index.payees
    _mark(marks, of_payee, [payees[key] for key in set(given.loans[rank].declared_payees)], PAYEE)
    holders, of_holder = index.holders
    related = [holders[one] for one in given.places.list_related(rank)]
    suppliers = [holders[one] for one in given.places.list_suppliers(rank)]
    _mark(marks, of_holder, related, RELATED)
    _mark(marks, of_holder, suppliers, SUPPLIER)
    return marks


def _mark(marks: UInt8s, groups: _Groups, numbers: Iterable[int], mark: int) -> None:
    for number in numbers:
        if 0 <= number < len(groups.offsets) - 1:
            start, end = groups.offsets[number : number + 2].tolist()
            marks[groups.accounts[start:end]] |= mark


def _group(numbers: Int32s) -> _Groups:
    """Gather the accounts of each number; those below 0 belong to none."""
    some = np.flatnonzero(numbers >= 0)
    order = np.argsort(numbers[some], kind="stable")
    counts = np.bincount(numbers[some]) if len(some) else np.zeros(0, dtype=np.int64)
    return _Groups(np.concatenate([[0], np.cumsum(counts)]), some[order].astype(np.int32))


def _number_all(names: Iterable[Hashable], numbers: Mapping[Any, int], count: int) -> Int32s:
    return np.fromiter(map(numbers.get, names, repeat(at.NONE)), np.int32, count)


def _number_use(use: Use | None) -> int:
    return at.NONE if use is None else USES.index(use)


def _list_details(prepared: Prepared, numbers: dict[str, int]) -> tuple[Int32s, Int32s]:
    """Find the movements whose class depends on a text of theirs."""
    reason, movements = prepared.columns.reason, prepared.given.tables.movements
    repaying = np.flatnonzero((reason == at.REPAYMENT) | (reason == _LOAN)).tolist()
    details = {row: numbers.get(movements.loan_id[row], at.NONE) for row in repaying}
    if "payment_institution" in movements.texts:
        named = movements.texts["payment_institution"]
        for row in np.flatnonzero(reason == _OUTSIDE).tolist():
            details[row] = _BY_INSTITUTION if named[row] else at.NONE
    rows = sorted(row for row, detail in details.items() if detail != at.NONE)
    found = [details[row] for row in rows]
    return np.array(rows, dtype=np.int32), np.array(found, dtype=np.int32)


@jit
def classify(c: Columns, classes: Classes, marks: UInt8s, row: int, loan_number: int) -> int:
    """Return the use, by position in ``USES``, of what a movement brings to its end."""
    reason = c.reason[row]
    mark = marks[c.credit[row]]  # OUTSIDE has none
    has_left = reason in (at.CASH, at.FEE, at.REPAYMENT)  # it is on no account any more
    if mark & BORROWER and not has_left:
        return int(_BORROWER)
    if mark & PAYEE:
        return int(_PAYEE)
    if reason in (at.REPAYMENT, _LOAN):
        is_self = _find_detail(classes, row) == loan_number
        return int(_REPAID_SELF if is_self else _OTHER_LOAN)
    use = _classify_by_holder(c, classes, mark, row)
    return use if use >= 0 else _classify_by_bank(c, classes, mark, row)


@jit
def _classify_by_holder(c: Columns, classes: Classes, mark: int, row: int) -> int:
    """Try the classes from related_party to payment_institution; NONE where none fits."""
    if c.credit[row] == OUTSIDE:
        is_named = c.reason[row] == _OUTSIDE and _find_detail(classes, row) == _BY_INSTITUTION
        return int(_INSTITUTION if is_named else at.NONE)
    return int(_RELATED if mark & RELATED else classes.by_kind[c.credit[row]])


@jit
def _classify_by_bank(c: Columns, classes: Classes, mark: int, row: int) -> int:
    """Try the classes from cash to unknown, which every place reaches."""
    if c.reason[row] == at.CASH:
        return int(_CASH)
    if c.reason[row] == at.FEE:
        return int(_FEE)
    use = classes.by_bank[c.credit[row]]
    if use >= 0:
        return int(use)
    return int(_SUPPLIER if mark & SUPPLIER else _UNKNOWN)


@jit
def _find_detail(classes: Classes, row: int) -> int:
    """Return what a movement's text names, or NONE; by bisection."""
    low, high = 0, len(classes.row)
    while low < high:
        middle = (low + high) >> 1
        if classes.row[middle] < row:
            low = middle + 1
        else:
            high = middle
    if low < len(classes.row) and classes.row[low] == row:
        return int(classes.detail[low])
    return int(at.NONE)
