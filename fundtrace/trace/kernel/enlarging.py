"""Room in a state for accounts, movements, returns and loans that it does not know yet."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from fundtrace.model.kinds import Rule
from fundtrace.model.tables import Int64s
from fundtrace.trace.kernel import layout as at
from fundtrace.trace.kernel.layout import State
from fundtrace.trace.kernel.preparing import AccountFacts, open_accounts

A = TypeVar("A", bound=npt.NDArray[Any])


def make_room(state: State, accounts: int, rows: int, memories: int) -> State:
    """Return the state with room for so many accounts, movements and returned movements."""
    return state._replace(
        balance=_enlarge(state.balance, accounts + 1, 0, ends_outside=True),
        alert=_enlarge(state.alert, accounts + 1, 0, ends_outside=True),
        unobserved=_enlarge(state.unobserved, accounts + 1, 0, ends_outside=True),
        acc=_enlarge(state.acc, accounts, 0),
        memory=_enlarge_memory(state.memory, memories),
        flight=_enlarge(state.flight, rows, at.NONE),
    )


def add_accounts(state: State, accounts: Int64s, facts: AccountFacts) -> None:
    """Put accounts into their first state. Nothing may have happened to them yet."""
    state.acc[accounts], state.balance[accounts], alert = open_accounts(facts)
    if state.n[at.RULE] == at.RULES.index(Rule.SPECIFIC):
        alert[facts.end == 0] |= at.KEEPS_LOTS
    state.alert[accounts] = alert


def keep_lots(state: State, accounts: Int64s) -> None:
    """Let accounts list their lots from now on: a movement to them will be returned."""
    if state.n[at.RULE] != at.RULES.index(Rule.PRO_RATA):
        followed = accounts[state.acc[accounts, at.END] == 0]
        state.alert[followed] |= at.KEEPS_LOTS


def _enlarge(old: A, count: int, value: int, *, ends_outside: bool = False) -> A:
    """Return an array of at least ``count`` rows; the last of some stands for OUTSIDE."""
    if len(old) >= count:
        return old
    new = np.full((count + count // 8 + 64, *old.shape[1:]), value, dtype=old.dtype)
    if ends_outside:
        new[: len(old) - 1], new[-1] = old[:-1], old[-1]
    else:
        new[: len(old)] = old
        if new.ndim == 2:  # accounts that nobody has yet hold nothing
            new[len(old) :, (at.TRACED_HEAD, at.TRACED_TAIL)] = at.NONE
    return new  # type: ignore[return-value]  # the same kind of array


def _enlarge_memory(old: Int64s, count: int) -> Int64s:
    if len(old) >= count:
        return old
    new = np.full((count + count // 8 + 64, at.MEMORY_WIDTH), at.NONE, dtype=np.int64)
    new[:, at.M_COUNT] = 0
    new[: len(old)] = old
    return new
