"""Rules about corrections and returns: which record they change, in which version, how far."""

from __future__ import annotations

from fundtrace.ledger.kinds.changes import Correction, Return
from fundtrace.ledger.kinds.common import Body, RecordPointer
from fundtrace.ledger.kinds.handling import Access
from fundtrace.ledger.kinds.loans import LoanClosed, LoanOpened
from fundtrace.ledger.kinds.movements import Movement
from fundtrace.ledger.kinds.receipts import FollowEnded, Receipt
from fundtrace.ledger.kinds.sharing import InquiryAnswer, Notice
from fundtrace.ledger.validity.case import Case
from fundtrace.ledger.validity.history import Latest

# What a correction may not change: what the record is about, and on which authority it stood.
FIXED_FIELDS: dict[type[Body], tuple[str, ...]] = {
    LoanOpened: ("contract_id", "currency", "related_parties"),
    LoanClosed: ("loan",),
    Movement: ("authority",),
    Receipt: ("authority", "movement"),
    FollowEnded: ("authority", "started_by"),
    Return: ("authority", "target", "version"),
    InquiryAnswer: ("authority", "request"),
    Notice: ("authority", "notice"),
    Access: ("authority", "officer", "read_on"),
}


def get_pointer(case: Case) -> RecordPointer:
    """Return what a correction or return is about."""
    if not isinstance(case.body, Correction | Return):
        raise TypeError(f"{type(case.body).__name__} changes no record")
    return case.body.target


def names_target(case: Case) -> bool:
    """Tell whether the target is an earlier record of the stream, of a kind that fits."""
    settled = case.history.find(get_pointer(case))
    if settled is None:
        return False
    if settled.body is None:
        return True  # void by its header alone, as the next rule says
    if isinstance(case.body, Correction):
        value = case.body.value
        return type(settled.body) is type(value) and settled.body.record_id == value.record_id
    return isinstance(settled.body, Movement | Receipt)


def is_target_valid(case: Case) -> bool:
    """Tell whether the target is valid."""
    return case.history.find_valid(get_pointer(case)) is not None


def get_target(case: Case) -> Latest:
    """Return the target's latest state; the rules before found it."""
    target = case.history.find_target(get_pointer(case))
    if target is None:
        raise TypeError("no rule has found the target yet")
    return target


def is_next_version(case: Case) -> bool:
    """Tell whether a correction or return is numbered as the next one of its target."""
    target = get_target(case)
    if isinstance(case.body, Correction):
        return case.body.version == target.version + 1
    return isinstance(case.body, Return) and case.body.version == len(target.returns) + 1


def keeps_subject(case: Case) -> bool:
    """Tell whether a correction leaves alone what may not be corrected."""
    if not isinstance(case.body, Correction):
        return True
    old, new = get_target(case).first.body, case.body.value
    return all(getattr(old, name) == getattr(new, name) for name in FIXED_FIELDS[type(new)])


def is_within_original(case: Case) -> bool:
    """Tell whether all returns of a hop together are at most what went along it."""
    value = case.value
    if not isinstance(value, Return):
        return True
    target = case.history.find_target(value.target)
    if target is None:
        return False
    went = get_amount(target.value)
    if went is None or went[1] != value.value.currency:
        return went is None  # nothing was booked here, so nothing bounds it
    others = (case.history.latest[one].value for one in target.returns if one != value.record_id)
    returned = sum(one.value.amount_minor for one in others if isinstance(one, Return))
    return returned + value.value.amount_minor <= went[0]


def get_amount(body: Body) -> tuple[int, str] | None:
    """Return amount and currency of a movement, or of what a receipt found booked."""
    if isinstance(body, Movement):
        return body.amount_minor, body.currency
    if isinstance(body, Receipt) and body.credit is not None:
        return body.credit.amount_minor, body.credit.currency
    return None
