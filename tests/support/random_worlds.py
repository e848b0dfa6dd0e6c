"""Random small ledgers: good records and records wrong in one way, in any order."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from hypothesis import strategies as st

from fundtrace.ledger.consent import ConsentEvidence
from fundtrace.ledger.kinds.authorizations import FollowLimits
from fundtrace.ledger.kinds.changes import Correction, Return
from fundtrace.ledger.kinds.common import RecordPointer
from fundtrace.ledger.kinds.entries import Record
from fundtrace.ledger.kinds.handling import Dispute, Restriction
from fundtrace.ledger.kinds.loans import Drawdown, LoanOpened
from fundtrace.ledger.kinds.movements import Movement
from fundtrace.ledger.kinds.receipts import BookedCredit, Receipt
from fundtrace.ledger.kinds.words import DisputeState, FollowMode, ReceiptEnd
from tests.support.judged_world import BAD_CONSENT, START, START_MINUTE, get_origin, make_account
from tests.support.records import make_hash
from tests.support.scenes import Scene

LIMITS = FollowLimits(3, 6_000, 100, "CNY", 30)


class Author:
    """Publishes one random record after the other in a scene."""

    def __init__(self, draw) -> None:
        self.draw = draw
        self.scene = Scene(limits=LIMITS)
        self.grants = [self.scene.authorization]

    def choose(self, *values):
        return self.draw(st.sampled_from(values))

    def is_odd(self) -> bool:
        """Tell now and then that something shall be wrong."""
        return self.choose(*[False] * 7, True)

    def list_pointers(self, *kinds: type, base: str = "") -> list[RecordPointer]:
        return [
            RecordPointer(origin, index, entry.leaf_hash)
            for origin, log in self.scene.logs.items()
            if origin.startswith(base)
            for index, entry in enumerate(log)
            if isinstance(entry.value, Record) and isinstance(entry.body, kinds)
        ]

    def pick(self, *kinds: type, base: str = "") -> RecordPointer:
        found = self.list_pointers(*kinds, base=base) or [self.scene.drawn]
        pointer = self.choose(*found)
        return replace(pointer, leaf_hash=make_hash("none")) if self.is_odd() else pointer

    def see(self):
        """Point at an authorization with a size seen that is good, old or too large."""
        grant = self.choose(*self.grants)
        if self.is_odd():
            grant = self.choose(replace(grant, leaf_hash=make_hash("none")), self.scene.loan)
        full = len(self.scene.logs[grant.origin])
        size = self.choose(full, full, full, full, grant.index + 1, full - 1)
        if self.is_odd():
            size = full + self.choose(1, 5)
        return self.scene.see(grant, size)

    def publish(self, letter: str, stream: str, body) -> None:
        header = {}
        if self.is_odd():
            header = self.choose(
                {"published_minute": START_MINUTE},
                {"published_minute": START_MINUTE + 40 * 1_440},
                {"roster_version": 2},
                {"erasure_key": make_hash("own")},
            )
        self.scene.publish(letter, stream, body, **header)

    def run(self, count: int) -> Scene:
        moves = (
            *(self.move, self.move, self.move, self.receive, self.receive, self.correct),
            *(self.correct, self.give_back, self.repeat, self.revoke, self.grant, self.dispute),
            *(self.restrict, self.share, self.end, self.ask, self.correct_loan, self.activate),
            *(self.roll, self.roll_lender),
        )
        for _ in range(count):
            self.choose(*moves)()
        return self.scene

    def move(self) -> None:
        letter = self.choose("b", "b", "b", "c", "a")
        body = self.scene.make_movement(
            self.see(),
            self.pick(Movement, Receipt, Return),
            debit=letter if not self.is_odd() else "d",
            credit=self.choose("c", "d"),
            value=self.choose(1_000, 2_500, 50, 100),
            depth=self.choose(1, 2, 3),
            drawdown=self.choose(0, 0, 0, 1),
            booked_at=START + dt.timedelta(days=self.choose(0, 29, 31)),
        )
        self.publish(letter, self.choose("one", "two"), body)

    def receive(self) -> None:
        movement = self.pick(Movement, Return)
        letter = self.choose("c", "c", "d")
        changes = {"credit": BookedCredit(self.choose(1_000, 400), "CNY", START, START)}
        if self.is_odd():
            changes |= {
                "basis": "",
                "facts": None,
                "mode": FollowMode.OPEN,
                "end_reason": ReceiptEnd.HOLDER_NOT_AUTHORIZED,
            }
        body = self.scene.make_receipt(self.see(), movement, **changes)
        self.publish(letter, "receipts", body)

    def get_letter(self, pointer: RecordPointer) -> str:
        return pointer.origin[0]

    def get_stream(self, pointer: RecordPointer) -> str:
        streams = ("one", "two", "receipts", "a-b", "loan")
        value = self.scene.logs[pointer.origin][pointer.index].value
        letter = self.get_letter(pointer)
        return next(
            (s for s in streams if make_hash(f"{letter} {s}")[:16] == value.context.stream_id),
            "one",
        )

    def correct(self) -> None:
        target = self.pick(Movement, Receipt, Return)
        old = self.scene.get_body(target)
        version = self.choose(2, 2, 2, 3)
        if isinstance(old, Movement):
            again = self.scene.make_movement(
                self.see(), old.parents[0], value=self.choose(100, 900, 1_500)
            )
            value = replace(
                old, amount_minor=again.amount_minor, traced=again.traced, parents=again.parents
            )
            if self.is_odd():
                value = replace(value, debit=make_account("d"))
        elif isinstance(old, Receipt):
            credit = old.credit and replace(old.credit, amount_minor=self.choose(300, 2_000))
            value = replace(old, credit=credit)
        else:
            value = replace(old, reason="otherwise")
        self.publish_correction(target, value, version)

    def publish_correction(self, target: RecordPointer, value, version: int) -> None:
        body = Correction(
            record_id=self.scene.make_id(),
            loan_key=value.loan_key,
            authority=self.see() if hasattr(value, "authority") else None,
            target=target,
            version=version,
            reason="was booked wrongly",
            value=value,
        )
        self.publish(self.get_letter(target), self.get_stream(target), body)

    def correct_loan(self) -> None:
        opened = self.pick(LoanOpened)
        old = self.scene.get_body(opened)
        second = Drawdown("借据02", 1_000, START, make_account("a"), "FT2")
        value = replace(old, purpose=self.choose("采购", "周转"))
        if self.choose(True, True, False):
            value = replace(value, drawdowns=(old.drawdowns[0], second))
        if self.is_odd():
            value = replace(value, contract_id="another")
        self.publish_correction(opened, value, self.choose(2, 2, 3))

    def give_back(self) -> None:
        target = self.pick(Movement, Receipt)
        body = self.scene.make_return(target, self.choose(200, 600), version=self.choose(1, 1, 2))
        letter = self.get_letter(target)
        body = replace(
            body,
            authority=self.see(),
            value=replace(body.value, credit=make_account(letter)),
        )
        self.publish(letter, self.get_stream(target), body)

    def repeat(self) -> None:
        pointer = self.pick(Movement, Receipt, Correction, Return)
        body = self.scene.get_body(pointer)
        if self.is_odd() and body.authority:  # the same id with other content
            body = replace(body, authority=self.see())
        self.publish(self.get_letter(pointer), self.get_stream(pointer), body)

    def revoke(self) -> None:
        at = START + dt.timedelta(minutes=self.choose(0, 6, 12, 2_000))
        self.scene.revoke(self.choose(*self.grants, self.scene.loan), effective_at=at)

    def grant(self) -> None:
        changes = {}
        if self.is_odd():
            changes = {"consents": (ConsentEvidence(BAD_CONSENT, "ed25519", b"s", (b"d",)),)}
        self.grants.append(
            self.scene.publish(
                "a",
                "loan",
                self.scene.make_grant(
                    self.scene.loan, self.choose("bcd", "bc"), limits=LIMITS, **changes
                ),
            )
        )

    def dispute(self) -> None:
        opened = self.list_pointers(Dispute, base="b")
        changes = {"subjects": (self.pick(Movement, Receipt),), "authority": self.see()}
        if opened and not self.is_odd():
            changes |= {"state": DisputeState.UPHELD, "opened": self.choose(*opened)}
        self.publish("b", "one", self.scene.make_dispute(**changes))

    def restrict(self) -> None:
        about = self.scene.about(self.see())
        subjects = () if self.is_odd() else (self.pick(Movement, Receipt),)
        body = Restriction(
            **about,
            subjects=subjects,
            is_lifted=self.choose(False, True),
            legal_basis="pipl_47",
            effective_at=START,
        )
        self.publish(self.choose("a", "b"), "handling", body)

    def share(self) -> None:
        pointer = self.pick(Movement, Receipt)
        body = self.scene.make_share(pointer, authority=self.see())
        self.publish(self.get_letter(pointer), self.get_stream(pointer), body)

    def end(self) -> None:
        started_by = self.pick(Receipt)
        body = self.scene.make_follow_ended(started_by, authority=self.see())
        self.publish(self.get_letter(started_by), self.get_stream(started_by), body)

    def ask(self) -> None:
        body = self.scene.make_request(to_member=self.choose("bank-c", "bank-d"))
        request = self.scene.publish("a", "a-b", body)
        self.publish("c", "receipts", self.scene.make_answer(request, authority=self.see()))

    def activate(self) -> None:
        letter = self.choose("c", "d")
        version = self.scene.versions[get_origin(letter)]
        if version < 3:
            self.scene.activate(get_origin(letter), version + 1)

    def roll(self) -> None:
        if self.scene.epochs["b"] == 1:
            self.scene.open_epoch("b", 3)

    def roll_lender(self) -> None:
        """Open the lender's next epoch, in which the loan is said again, or another one."""
        if self.scene.epochs["a"] == 1:
            self.scene.open_epoch("a", 4)
            body = self.scene.get_body(self.scene.loan)
            if self.is_odd():
                body = replace(body, record_id=self.scene.make_id(), drawdowns=())
            self.scene.publish("a", "loan", body)
            for grant in self.grants[:2]:
                again = self.scene.publish("a", "loan", self.scene.get_body(grant))
                self.grants.append(again)


@st.composite
def draw_scenes(draw, count_max: int = 10) -> Scene:
    """Draw a ledger of a loan and up to so many records about it."""
    return Author(draw).run(draw(st.integers(1, count_max)))
