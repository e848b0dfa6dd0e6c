"""Which new values of a record only lower: amounts no higher, nothing told that was not before.

A correction published after a revocation was seen must be such a one. Field by field the new
value says what the old one said, but for amounts, which may fall, and facts, which may go.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any

from fundtrace.ledger.kinds.changes import Return
from fundtrace.ledger.kinds.common import Body
from fundtrace.ledger.kinds.movements import Movement
from fundtrace.ledger.kinds.receipts import FollowEnded, Receipt, RuleAmount
from fundtrace.model.kinds import CONSERVING_RULES


def is_reduced(old: Body, new: Body) -> bool:
    """Tell whether ``new`` only lowers ``old``, a value of the same record."""
    find = _REDUCTIONS.get(type(old))
    return find is not None and type(old) is type(new) and find(old, new)


def _is_movement_reduced(old: Movement, new: Movement) -> bool:
    return (
        _is_same_but(old, new, "amount_minor", "traced", "parents")
        and new.amount_minor <= old.amount_minor
        and set(new.parents) <= set(old.parents)
        and all(
            new.get_traced_minor(rule) <= old.get_traced_minor(rule) for rule in CONSERVING_RULES
        )
    )


def _is_return_reduced(old: Return, new: Return) -> bool:
    return _is_same_but(old, new, "value") and _is_movement_reduced(old.value, new.value)


def _is_receipt_reduced(old: Receipt, new: Receipt) -> bool:
    if not _is_same_but(old, new, "credit", "facts") or new.facts not in {None, old.facts}:
        return False
    if old.credit is None or new.credit is None:
        return old.credit == new.credit
    return (
        _is_same_but(old.credit, new.credit, "amount_minor")
        and new.credit.amount_minor <= old.credit.amount_minor
    )


def _is_end_reduced(old: FollowEnded, new: FollowEnded) -> bool:
    return (
        _is_same_but(old, new, "held", "residual")
        and _are_lower(old.held, new.held)
        and _are_lower(old.residual, new.residual)
    )


def _are_lower(old: tuple[RuleAmount, ...], new: tuple[RuleAmount, ...]) -> bool:
    return all(
        after.units <= before.units and after.value_minor <= before.value_minor
        for before, after in zip(old, new, strict=True)
    )


def _is_same_but(old: Any, new: Any, *names: str) -> bool:
    """Tell whether two values of one class are equal in all fields but the ones named."""
    return all(
        getattr(old, one.name) == getattr(new, one.name)
        for one in fields(old)
        if one.name not in names
    )


_REDUCTIONS: dict[type[Body], Callable[[Any, Any], bool]] = {
    Movement: _is_movement_reduced,
    Return: _is_return_reduced,
    Receipt: _is_receipt_reduced,
    FollowEnded: _is_end_reduced,
}
