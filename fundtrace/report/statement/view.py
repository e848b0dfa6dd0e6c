"""What a statement's page shows, as numbers: destinations by rule, payments, questions.

Everything here is computed from the trails of one loan under every rule and from the facts
of its statement; no words and no markup. A destination is a counterparty account, the
statement's own account (held), or what left it without one (cash, fee, repayment, unknown).
Under each conserving rule the destinations add up to the principal exactly.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fundtrace.model.kinds import CONSERVING_RULES, DEFAULT_RULE, EndReason, MovementKind, Rule
from fundtrace.model.statement import OWN_BANK, Counterparty, StatementFacts, StatementRow
from fundtrace.trace.trail import Hop, Place, Trail

SHOWN_RULES = (DEFAULT_RULE, *(rule for rule in CONSERVING_RULES if rule is not DEFAULT_RULE))

Key = tuple[str, str]  # ("", word) for what is no counterparty, else (bank, account)

_WORD_OF_REASON = {
    EndReason.CASH: "cash",
    EndReason.FEE: "fee",
    EndReason.REPAYMENT: "repayment",
    EndReason.LOAN: "repayment",
    EndReason.OVERDRAFT: "overdraft",
    EndReason.UNDRAWN: "undrawn",
}
_HELD: Key = ("", "held")


class _Spread:
    """What an amount is under each rule, and the range over the conserving ones."""

    by_rule: Mapping[Rule, int]

    @property
    def min_minor(self) -> int:
        """Return the least amount under any conserving rule."""
        return min(self.by_rule.values())

    @property
    def max_minor(self) -> int:
        """Return the greatest amount under any conserving rule."""
        return max(self.by_rule.values())


@dataclass(frozen=True)
class Destination(_Spread):
    """Where a part of the loan ended, as far as the statement shows."""

    word: str  # held, cash, fee, repayment, outside ... or empty for a counterparty
    counterparty: Counterparty | None
    by_rule: Mapping[Rule, int]
    exposure_minor: int


@dataclass(frozen=True)
class Payment(_Spread):
    """One booking that carried loan money out of the account, or back."""

    row: StatementRow
    word: str
    counterparty: Counterparty | None
    by_rule: Mapping[Rule, int]
    returned_minor: int  # of the loan's money, at most, under any rule
    is_return: bool


@dataclass(frozen=True)
class Question:
    """What one bank would have to answer: payments that reached accounts there."""

    bank: str
    shown_bank: str
    is_own_bank: bool
    payments: tuple[Payment, ...]

    @property
    def account_count(self) -> int:
        """Return how many accounts the question is about."""
        return len({one.counterparty.account for one in self.payments if one.counterparty})


@dataclass(frozen=True)
class ComeBack:
    """A credit from an account where loan money had ended: inferred, in no sum."""

    row: StatementRow
    counterparty: Counterparty | None
    ended_minor: int  # the most under any conserving rule


@dataclass(frozen=True)
class StatementView:
    """All numbers of the page."""

    destinations: tuple[Destination, ...]  # counterparties by greatest amount, then the rest
    payments: tuple[Payment, ...]  # in the order of the statement
    questions: tuple[Question, ...]
    come_back: tuple[ComeBack, ...]


def build_view(case: StatementFacts, trails: Mapping[Rule, Trail]) -> StatementView:
    """Compute the page's numbers; ``trails`` holds the loan's trail under every rule."""
    known = {(one.bank, one.account): one for one in case.counterparties}
    payments = _list_payments(case, trails, known)
    return StatementView(
        destinations=_list_destinations(trails, known),
        payments=payments,
        questions=_list_questions(payments),
        come_back=_list_come_back(case, trails, known),
    )


def _get_key(place: Place, reason: EndReason) -> Key:
    if place.bank == OWN_BANK:
        return ("", _WORD_OF_REASON.get(reason, "held"))
    if place:
        return (place.bank, place.account)
    return ("", _WORD_OF_REASON.get(reason, "outside"))


def _list_destinations(
    trails: Mapping[Rule, Trail], known: Mapping[Key, Counterparty]
) -> tuple[Destination, ...]:
    amounts: dict[Key, dict[Rule, int]] = {}
    for rule in SHOWN_RULES:
        for part in trails[rule].rests:
            by_rule = amounts.setdefault(_get_key(part.place, part.end_reason), {})
            by_rule[rule] = by_rule.get(rule, 0) + part.traced_minor
    exposed: dict[Key, int] = {}
    trail = trails[Rule.EXPOSURE]
    for hop in trail.hops:
        key = _get_key(hop.credit, hop.end_reason)
        exposed[key] = min(exposed.get(key, 0) + hop.traced_minor, trail.principal_minor)
    destinations = [
        Destination(
            word="" if key in known else key[1],
            counterparty=known.get(key),
            by_rule={rule: amounts.get(key, {}).get(rule, 0) for rule in SHOWN_RULES},
            exposure_minor=exposed.get(key, 0) if key != _HELD else 0,
        )
        for key in dict.fromkeys((*amounts, *exposed))
    ]
    shown = [one for one in destinations if one.max_minor]
    return tuple(sorted(shown, key=_rank_destination))


def _rank_destination(one: Destination) -> tuple[bool, int, int, str, str]:
    """Counterparties first, the greatest amount first; names break ties."""
    party = one.counterparty
    names = (party.bank, party.account) if party else ("", one.word)
    return (party is None, -one.max_minor, -one.by_rule[DEFAULT_RULE], *names)


def _list_payments(
    case: StatementFacts, trails: Mapping[Rule, Trail], known: Mapping[Key, Counterparty]
) -> tuple[Payment, ...]:
    hops: dict[str, dict[Rule, Hop]] = {}
    for rule in SHOWN_RULES:
        for hop in trails[rule].hops:
            hops.setdefault(hop.movement_id, {})[rule] = hop
    payments = []
    for row in case.statement.rows:
        by_rule = hops.get(row.movement_id)
        if not by_rule:
            continue
        hop = next(iter(by_rule.values()))
        is_return = row.kind is MovementKind.RETURN and row.is_in
        key = _get_key(hop.debit if is_return else hop.credit, hop.end_reason)
        word = "outside" if is_return and key not in known else key[1]
        payments.append(
            Payment(
                row=row,
                word="" if key in known else word,
                counterparty=known.get(key),
                by_rule={
                    rule: by_rule[rule].traced_minor if rule in by_rule else 0
                    for rule in SHOWN_RULES
                },
                returned_minor=max(one.returned_minor for one in by_rule.values()),
                is_return=is_return,
            )
        )
    return tuple(payments)


def _list_questions(payments: tuple[Payment, ...]) -> tuple[Question, ...]:
    """Group the payments that reached counterparties by bank, the greatest question first.

    A payment that came back whole leaves nothing to ask.
    """
    by_bank: dict[str, list[Payment]] = {}
    for payment in payments:
        is_undone = payment.returned_minor >= payment.max_minor
        if payment.counterparty and not payment.is_return and not is_undone:
            by_bank.setdefault(payment.counterparty.bank, []).append(payment)
    questions = [
        Question(
            bank=bank,
            shown_bank=next((p.shown_bank for p in map(_get_party, some) if p.shown_bank), ""),
            is_own_bank=any("own_bank" in party.hints for party in map(_get_party, some)),
            payments=tuple(some),
        )
        for bank, some in by_bank.items()
    ]
    return tuple(
        sorted(questions, key=lambda one: (-sum(p.max_minor for p in one.payments), one.bank))
    )


def _get_party(payment: Payment) -> Counterparty:
    if payment.counterparty is None:
        raise AssertionError("only payments to counterparties are asked about")
    return payment.counterparty


def _list_come_back(
    case: StatementFacts, trails: Mapping[Rule, Trail], known: Mapping[Key, Counterparty]
) -> tuple[ComeBack, ...]:
    ended: dict[str, int] = {}
    places: dict[str, Key] = {}
    for rule in SHOWN_RULES:
        for candidate in trails[rule].reentry_candidates:
            name = candidate.movement_id
            ended[name] = max(ended.get(name, 0), candidate.ended_minor)
            places[name] = (candidate.debit.bank, candidate.debit.account)
    return tuple(
        ComeBack(row, known.get(places[row.movement_id]), ended[row.movement_id])
        for row in case.statement.rows
        if row.movement_id in ended and row.kind is not MovementKind.RETURN
    )
