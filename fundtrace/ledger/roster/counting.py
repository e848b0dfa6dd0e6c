"""How many members must say a thing before it is certain, with at most f of them lying.

Kept apart from signatures, so that tests can go through every case. n members vote, f of them
may be faulty, q cosignatures make a head final (``tlog.quorum``).

**A statement** is a member's promise to cosign nothing of a log any more, with the highest head
that it cosigned. Who stated a head that another head is not part of has *denied* that other
head: if honest, it never cosigned it and never will. A head with d deniers has at most
n - (d - f) cosigners, so with d >= n-q+f+1 it is not final and never will be. Where the log's
owner votes and is proven to have forked it, the owner is one of the f: then at most f-1 others
lie, and n-q+f others that deny suffice. (Below four members f is 0, and a proven fork is one
fault more than allowed; it still counts as one liar, no more.)

**An answer** tells a restored owner the highest head of its own that a member holds. A final
head was held by q members, the owner perhaps one of them; at most n-q others never saw it and
at most f of those who did deny it, so one more answer than n-q+f is by an honest holder.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Generic, TypeVar

from fundtrace.errors import RuleViolationError
from fundtrace.tlog.quorum import faults_max, quorum_size

MemberT = TypeVar("MemberT")


def find_denials_needed(members: int, *, is_forker_known: bool) -> int:
    """Return how many members must deny a head before it is certain never to be final.

    Where a voting member is known to have forked the log, it is left out of the count.
    """
    faults, quorum = faults_max(members), quorum_size(members)
    if is_forker_known:
        return members - quorum + max(faults, 1)
    return members - quorum + faults + 1


def find_answers_needed(members: int) -> int:
    """Return how many other members must answer before a restored owner knows its final head."""
    return members - quorum_size(members) + faults_max(members) + 1


@dataclass(frozen=True, slots=True)
class Stated(Generic[MemberT]):
    """What voting members stated, seen from the head at which a log is to be closed.

    ``within``: their highest head is part of it, or is it. ``branches``: their head goes on from
    it; one set per different next entry. ``aside``: nothing is shown, it may contradict it.
    ``forker`` is the voting member that is proven to have forked the log, its owner, or None.
    """

    voters: AbstractSet[MemberT]
    within: AbstractSet[MemberT]
    branches: tuple[AbstractSet[MemberT], ...] = ()
    aside: AbstractSet[MemberT] = frozenset()
    forker: MemberT | None = None


def check_closable(stated: Stated[MemberT]) -> None:
    """Check that every head that is final, or ever will be, is part of the closing head.

    That is: a quorum has stated, and every head that is not part of it is denied by enough. A
    head beyond the closing head can have been cosigned by those who stated its branch, and by
    those of whom nothing is shown; all others that stated deny it. Raises RuleViolationError
    ("closing-quorum", "closing-denied").
    """
    counts = {stated.within, stated.aside, *stated.branches}
    everybody = frozenset[MemberT]().union(*counts) & stated.voters
    quorum = quorum_size(len(stated.voters))
    if len(everybody) < quorum:
        raise RuleViolationError(
            "closing-quorum",
            f"{len(everybody)} of the {quorum} members needed have stated their highest head: "
            "wait for the others",
        )
    forker = stated.forker if stated.forker in stated.voters else None
    needed = find_denials_needed(len(stated.voters), is_forker_known=forker is not None)
    left_out = frozenset() if forker is None else frozenset({forker})
    for branch in stated.branches or (frozenset[MemberT](),):
        denials = len(everybody - branch - stated.aside - left_out)
        if denials < needed:
            raise RuleViolationError(
                "closing-denied",
                f"a head that is no part of this closing head is denied by {denials} members, "
                f"{needed} are needed: it may be final. Wait for more statements, or close at a "
                "head that holds it",
            )
