"""Random small worlds for Hypothesis: rows of movement tables that load without a problem.

A world is drawn as (seed, number of movements, shape) and made with a seeded generator, so
that money really flows: payments leave mostly accounts that loan money has reached, instants
are few (ties and same-instant chains are common), and every special case has a fair share.
Hypothesis still shrinks the number of movements.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from hypothesis import strategies as st

from fundtrace.books.tables import build_tables
from fundtrace.model.money import parse_amount_minor, render_amount
from fundtrace.model.tables import Tables

Row = dict[str, str]
Rows = dict[str, list[Row]]
Key = tuple[str, str]

BANKS = ("A", "B", "C")
ABSORBING = ("hub", "broker_pool", "loan", "payment_institution", "property_escrow", "external")

_QUIET = {  # a movement that touches nothing, since a folder needs a movements table
    "movement_id": "quiet",
    "booked_at": "2026-03-01T00:00:00+08:00",
    "debit_bank": "",
    "debit_account": "",
    "credit_bank": "Q",
    "credit_account": "quiet",
    "amount": "1.00",
    "currency": "CNY",
}


@dataclass
class World:
    """Rows of tables, still to be changed by a test before it builds them."""

    rows: Rows = field(default_factory=dict)

    def build(self) -> Tables:
        rows = {name: rows for name, rows in self.rows.items() if rows}
        rows.setdefault("movements", [_QUIET])
        return build_tables(rows)


@dataclass(frozen=True)
class Shape:
    """What a random world may hold."""

    amount_max: int = 60
    movements_max: int = 16
    loans_max: int = 3
    currencies: tuple[str, ...] = ("CNY", "CNY", "CNY", "JPY", "KWD")
    absorbing: float = 0.2
    overdraft: float = 0.2
    returns: float = 0.2
    kinds: float = 0.2
    payees: float = 0.5
    late_credit: float = 0.2


FULL = Shape()
HUGE = Shape(amount_max=10**15)
PLAIN = Shape(
    currencies=("CNY",), absorbing=0, overdraft=0, returns=0, kinds=0, payees=0, late_credit=0
)


def render_time(minute: int) -> str:
    return f"2026-03-{1 + minute // 1440:02d}T{minute // 60 % 24:02d}:{minute % 60:02d}:00+08:00"


@st.composite
def worlds(draw: st.DrawFn, shape: Shape = FULL) -> World:
    """Draw a world of a shape."""
    count = draw(st.integers(3, shape.movements_max))
    return make_world(draw(st.integers(0, 2**32 - 1)), count, shape)


def make_world(seed: int, count: int, shape: Shape) -> World:
    """Make the world of a seed: accounts, loans, then ``count`` movements in time order."""
    return _Maker(random.Random(seed), shape).make(count)


class _Maker:
    def __init__(self, rng: random.Random, shape: Shape) -> None:
        self.rng, self.shape = rng, shape
        self.keys: list[Key] = [
            (rng.choice(BANKS), str(1000 + n)) for n in range(rng.randint(2, 6))
        ]
        self.rows: Rows = {"accounts": [], "loans": [], "movements": [], "members": []}
        self.warm: list[tuple[Key, str]] = []  # (account, currency) that money has reached

    def make(self, count: int) -> World:
        rng, shape = self.rng, self.shape
        for key in self.keys:
            self.add_account(*key)
        if rng.random() < shape.absorbing:
            banks = sorted(rng.sample(BANKS, rng.randint(2, 3)))
            self.rows["members"] = [{"bank": bank} for bank in banks]
        for number in range(rng.randint(1, shape.loans_max)):
            self.add_loan(number)
        for number, minute in enumerate(sorted(rng.randint(0, 8) for _ in range(count))):
            row = self.make_movement(number, minute * 700)
            if row:
                self.rows["movements"].append(row)
        self.book_disbursements()
        return World(self.rows)

    def chance(self, share: float) -> bool:
        return self.rng.random() < share

    def amount(self) -> int:
        top = self.shape.amount_max
        return self.rng.choice((self.rng.randint(1, top), self.rng.randint(1, max(1, top // 4))))

    def add_account(self, bank: str, account: str) -> None:
        kind = self.rng.choice(ABSORBING) if self.chance(self.shape.absorbing / 2) else ""
        holder = self.rng.choice(("", "H1", "H2"))
        for currency in sorted(set(self.shape.currencies)):
            row = {
                "bank": bank,
                "account": account,
                "currency": currency,
                "kind": kind,
                "holder_id": holder,
                "opening_balance": "",
                "overdraft_limit": "",
            }
            if self.chance(0.6):
                low = self.chance(self.shape.overdraft)
                opening = -self.rng.randint(1, 30) if low else self.amount() // 2
                row["opening_balance"] = render_amount(opening, currency, grouping=False)
            if self.chance(self.shape.overdraft):
                limit = self.rng.randint(0, 40)
                row["overdraft_limit"] = render_amount(limit, currency, grouping=False)
            self.rows["accounts"].append(row)

    def add_loan(self, number: int) -> None:
        rng = self.rng
        key, currency = rng.choice(self.keys), rng.choice(self.shape.currencies)
        payees = rng.sample(self.keys, rng.randint(1, 2)) if self.chance(self.shape.payees) else []
        self.rows["loans"].append(
            {
                "loan_id": f"L{number}",
                "bank": key[0],
                "account": key[1],
                "currency": currency,
                "principal": render_amount(self.amount(), currency, grouping=False),
                "disbursed_at": render_time(rng.randint(0, 3) * 700),
                "movement_id": "",
                "holder_id": rng.choice(("", "H1", "H2")),
                "declared_payees": ";".join("/".join(payee) for payee in payees),
            }
        )
        self.warm.append((key, currency))

    def make_movement(self, number: int, minute: int) -> Row | None:
        rng, past = self.rng, self.rows["movements"]
        if past and self.chance(self.shape.returns):
            return self.make_return(rng.choice(past), number, minute)
        source, currency = rng.choice(self.warm)
        if self.chance(0.15):
            source, currency = rng.choice([*self.keys, ("", "")]), rng.choice(self.shape.currencies)
        target = rng.choice(self.keys) if self.chance(0.9) else ("", "")
        other = rng.choice(self.shape.currencies) if self.chance(0.25) else currency
        if source == target and (currency == other or not source[0]):
            return None
        row = self.make_row(number, minute, (source, target), self.amount(), currency)
        if other != currency:
            row["credit_currency"] = other
            row["credit_amount"] = render_amount(self.amount(), other, grouping=False)
        if self.chance(self.shape.kinds):
            row["kind"] = rng.choice(("cash", "fee", "fee", "interest", "repayment"))
            row["loan_id"] = rng.choice(("", "L0", "X"))
        if self.chance(self.shape.late_credit):
            row["credit_booked_at"] = render_time(minute + rng.randint(0, 1500))
        if target[0]:
            self.warm.append((target, other))
        return row

    def make_row(
        self, number: int, minute: int, sides: tuple[Key, Key], minor: int, currency: str
    ) -> Row:
        source, target = sides
        return {
            "movement_id": f"M{number}",
            "booked_at": render_time(minute),
            "debit_bank": source[0],
            "debit_account": source[1],
            "credit_bank": target[0],
            "credit_account": target[1],
            "amount": render_amount(minor, currency, grouping=False),
            "currency": currency,
            "kind": "transfer",
            "credit_amount": "",
            "credit_currency": "",
            "credit_booked_at": "",
            "reverses": "",
            "loan_id": "",
        }

    def make_return(self, original: Row, number: int, minute: int) -> Row | None:
        currency = original["credit_currency"] or original["currency"]
        left = to_minor(original["credit_amount"] or original["amount"], currency) - sum(
            to_minor(row["amount"], currency)
            for row in self.rows["movements"]
            if row["reverses"] == original["movement_id"]
        )
        if left <= 0:
            return None
        minor = left if self.chance(0.5) else self.rng.randint(1, left)
        source = (original["credit_bank"], original["credit_account"])
        target = (original["debit_bank"], original["debit_account"])
        if self.chance(0.1):  # tables only warn of a return that other accounts make or get
            source, target = self.rng.choice(
                ((self.rng.choice(self.keys), target), (source, self.rng.choice(self.keys)))
            )
        if source == target:
            return None
        row = self.make_row(number, minute, (source, target), minor, currency)
        if currency != original["currency"]:
            row["credit_currency"] = original["currency"]
            row["credit_amount"] = render_amount(
                self.amount(), original["currency"], grouping=False
            )
        return row | {"kind": "return", "reverses": original["movement_id"]}

    def book_disbursements(self) -> None:
        """Let some loans name a movement that pays them out; several must fit in it together."""
        room: dict[str, int] = {}
        reversed_ids = {row["reverses"] for row in self.rows["movements"]}
        for loan in self.rows["loans"]:
            fitting = [
                row
                for row in self.rows["movements"]
                if row["credit_bank"]
                and not row["reverses"]
                and (row["credit_currency"] or row["currency"]) == loan["currency"]
                and (row["movement_id"] not in reversed_ids or self.chance(0.2))
            ]
            if not fitting or not self.chance(0.35):
                continue
            row = self.rng.choice(fitting)
            whole = to_minor(row["credit_amount"] or row["amount"], loan["currency"])
            left = room.get(row["movement_id"], whole)
            principal = min(left, to_minor(loan["principal"], loan["currency"]))
            if principal > 0:
                loan["movement_id"] = row["movement_id"]
                loan["principal"] = render_amount(principal, loan["currency"], grouping=False)
                room[row["movement_id"]] = left - principal


def to_minor(text: str, currency: str) -> int:
    return parse_amount_minor(text, currency)
