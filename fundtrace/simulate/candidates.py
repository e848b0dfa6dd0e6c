"""Candidates for movements: what somebody wants to pay, before anybody asks whether it can be.

All rooms make candidates; ``merge`` puts them into one set of columns, sorted once by time,
and the ledger decides. Ordinary ones come in ``Batch``es, thousands at a time, and fall away
where the money is not there. Stories (loans, diversions) are written one payment at a time
into a ``Script``; a payment there may be *funded by* an earlier one, and then the ledger keeps
that money for it: of what an account received it holds back what the story needs next, and
lets ordinary payments have only the rest. So the story happens as told, and under
proceeds_first its payments carry the loan's own money.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from fundtrace.model.kinds import MovementKind
from fundtrace.model.tables import MOVEMENT_KINDS, Int8s, Int32s, Int64s
from fundtrace.simulate.draws import Bools

Scalar = TypeVar("Scalar", bound=np.generic)

NOTHING = -1  # no loan, no movement taken back, no code

MCCS = ("", "5411", "5812", "5651", "5712", "5999", "7995")  # ISO 18245; 7995 is gambling
GAMBLING = MCCS.index("7995")

PURPOSES = (
    "",
    *("货款", "材料款", "加工费", "运费", "工资", "奖金", "房租", "税款", "水电费", "手续费"),
    *("利息", "结息", "还本", "贷款发放", "消费", "提现", "存现", "转账", "往来款", "借款"),
    *("退款", "结汇", "购汇", "出口货款", "进口货款", "理财", "定期存款", "证券转入", "购房款"),
    *("装修款", "饲料款", "保证金", "咨询费", "服务费", "设备款", "代付利息", "续贷还旧", "劳务费"),
    *("充值", "房屋修缮", "备用金", "货款周转", "投资款"),
)
_CODE_OF_PURPOSE = {purpose: code for code, purpose in enumerate(PURPOSES)}
_CODE_OF_KIND = {kind: code for code, kind in enumerate(MOVEMENT_KINDS)}


def code_purpose(purpose: str) -> int:
    """Return the code of a purpose; raises KeyError for one that PURPOSES lacks."""
    return _CODE_OF_PURPOSE[purpose]


def code_kind(kind: MovementKind) -> int:
    """Return the position of a kind in MOVEMENT_KINDS."""
    return _CODE_OF_KIND[kind]


@dataclass(frozen=True, eq=False)
class Batch:
    """Ordinary candidates as columns; where one value stands for all, it is given once."""

    second: Int64s
    debit: Int64s | int
    credit: Int64s | int
    amount: Int64s  # minor units of the debit side's currency
    purpose: str | Int64s
    kind: MovementKind = MovementKind.TRANSFER
    credit_amount: Int64s | int = 0  # 0: the amount itself
    delay: Int64s | int = 0  # seconds until the credit side is booked
    mcc: Int64s | int = 0
    is_flexible: bool = False  # takes less where there is less
    returns_of: Batch | None = None
    reverses: Int64s | int = NOTHING  # row in ``returns_of``

    def __len__(self) -> int:
        """Return how many candidates there are."""
        return len(self.second)


class Payment(NamedTuple):
    """One payment of a story."""

    second: int
    debit: int
    credit: int
    amount: int
    purpose: str
    kind: MovementKind = MovementKind.TRANSFER
    loan: int = NOTHING  # that a repayment serves
    reverses: int = NOTHING  # handle of the payment that this one takes back
    credit_amount: int = 0
    mcc: int = 0


@dataclass(eq=False)
class Script:
    """Payments of stories in the order in which they are told; a handle is a position in it."""

    payments: list[Payment] = field(default_factory=list)
    held: list[int] = field(default_factory=list)  # of what arrives: kept for later payments
    released: list[int] = field(default_factory=list)  # of what is kept: what this one uses up
    is_required: list[bool] = field(default_factory=list)

    def pay(self, payment: Payment) -> int:
        """Add a payment that falls away if the money is not there; return its handle."""
        return self._add(payment, is_required=False)

    def pay_from(self, payment: Payment, *sources: int) -> int:
        """Add a payment out of money that earlier ones bring to its debit account.

        Each source gives what it has left, in order. Raises AssertionError where they do not
        suffice or do not lead to the account: the story is then told wrong.
        """
        left = payment.amount
        for source in sources:
            origin = self.payments[source]
            if origin.credit != payment.debit or origin.second > payment.second:
                raise AssertionError("a source of this payment does not lead to its account")
            part = min(left, (origin.credit_amount or origin.amount) - self.held[source])
            self.held[source] += part
            left -= part
        if left:
            raise AssertionError(f"{left} of this payment are in none of its sources")
        handle = self._add(payment, is_required=True)
        self.released[handle] = payment.amount
        return handle

    def put_in(self, payment: Payment) -> int:
        """Add a payment from an account that is never short: a bank's own, or one outside."""
        return self._add(payment, is_required=True)

    def get_left(self, handle: int) -> int:
        """Return what a payment brought and no later one has claimed."""
        payment = self.payments[handle]
        return (payment.credit_amount or payment.amount) - self.held[handle]

    def _add(self, payment: Payment, *, is_required: bool) -> int:
        if payment.amount <= 0:
            raise AssertionError("a payment of nothing")
        self.payments.append(payment)
        self.held.append(0)
        self.released.append(0)
        self.is_required.append(is_required)
        return len(self.payments) - 1


@dataclass(eq=False)
class Columns:
    """All candidates, sorted by time; ``script`` is the handle of a story's payment."""

    second: Int64s
    debit: Int32s
    credit: Int32s
    amount: Int64s
    credit_amount: Int64s
    delay: Int32s
    kind: Int8s
    purpose: Int8s
    mcc: Int8s
    is_flexible: Bools
    reverses: Int32s  # row here
    script: Int32s

    def __len__(self) -> int:
        """Return how many candidates there are."""
        return len(self.second)


def merge(script: Script, batches: Sequence[Batch], keeps_minutes: Bools) -> Columns:
    """Put all candidates together, in time; stories come first within a second.

    A payment from an account that ``keeps_minutes`` is booked at the start of its minute,
    which makes ties.
    """
    parts = [_read_script(script), *batches]
    ends = np.cumsum([len(part) for part in parts])
    starts = {id(part): int(end) - len(part) for part, end in zip(parts, ends, strict=True)}
    debit = _join([part.debit for part in parts], parts, np.int32)
    second = np.concatenate([part.second for part in parts])
    second = np.where((debit >= 0) & keeps_minutes[debit], second // 60 * 60, second)
    by = np.argsort(second, kind="stable")
    row_of = np.empty(len(by), dtype=np.int32)
    row_of[by] = np.arange(len(by), dtype=np.int32)
    reverses = _join([_shift(part, starts) for part in parts], parts, np.int32)[by]
    amount = _join([part.amount for part in parts], parts, np.int64)[by]
    credit_amount = _join([part.credit_amount for part in parts], parts, np.int64)[by]
    told = len(script.payments)
    return Columns(
        second=second[by],
        debit=debit[by],
        credit=_join([part.credit for part in parts], parts, np.int32)[by],
        amount=amount,
        credit_amount=np.where(credit_amount == 0, amount, credit_amount),
        delay=_join([part.delay for part in parts], parts, np.int32)[by],
        kind=_join_kinds(parts, script)[by],
        purpose=_join([_code(part.purpose) for part in parts], parts, np.int8)[by],
        mcc=_join([part.mcc for part in parts], parts, np.int8)[by],
        is_flexible=_join([int(part.is_flexible) for part in parts], parts, np.int8)[by] > 0,
        reverses=np.where(reverses >= 0, row_of[reverses], NOTHING).astype(np.int32),
        script=np.where(by < told, by, NOTHING).astype(np.int32),
    )


def _read_script(script: Script) -> Batch:
    columns = list(zip(*script.payments, strict=True))
    numbers = [
        np.array(column, dtype=np.int64) for at, column in enumerate(columns) if at not in (4, 5)
    ]
    second, debit, credit, amount, _, reverses, credit_amount, mcc = numbers
    purpose = np.array([code_purpose(one) for one in columns[4]], dtype=np.int64)
    return Batch(
        second,
        debit,
        credit,
        amount,
        purpose,
        credit_amount=credit_amount,
        mcc=mcc,
        reverses=reverses,
    )


def _shift(part: Batch, starts: Mapping[int, int]) -> Int64s | int:
    """Return the rows taken back, counted from the first of all candidates."""
    if isinstance(part.reverses, int):
        return part.reverses
    offset = starts[id(part.returns_of or part)]
    return np.where(part.reverses >= 0, part.reverses + offset, NOTHING)


def _code(purpose: str | Int64s) -> Int64s | int:
    return code_purpose(purpose) if isinstance(purpose, str) else purpose


def _join_kinds(parts: Sequence[Batch], script: Script) -> Int8s:
    kinds = _join([code_kind(part.kind) for part in parts], parts, np.int8)
    kinds[: len(script.payments)] = [code_kind(payment.kind) for payment in script.payments]
    return kinds


def _join(
    values: Sequence[Int64s | int], parts: Sequence[Batch], kind: type[Scalar]
) -> npt.NDArray[Scalar]:
    """Concatenate columns, single values repeated; -1 fits every type."""
    pieces = [
        np.full(len(part), value, dtype=np.int64).astype(kind)
        if isinstance(value, int)
        else value.astype(kind, copy=False)
        for value, part in zip(values, parts, strict=True)
    ]
    return np.concatenate(pieces)
