"""When a restored owner knows enough of its own past to sign again.

An owner whose store was restored, or whose database is not the one it was, may have signed heads
that it no longer knows. It asks the other members for the highest head of its log that they
hold, signed by itself, and needs as many answers as make sure that one of them is by an honest
holder of its last final head (``counting``). A size without a signature moves nothing: an
answer is a signed checkpoint, or that the member holds none.

What it then knows is every final head, not every signed one: a head that only some hold may
surface later, and if the owner has signed another by then, that is a fork, to be closed. A
consortium of one has nobody to ask: its log is closed and goes on in its next epoch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fundtrace.errors import ForkError, InvalidInputError, RuleViolationError
from fundtrace.ledger.roster.counting import find_answers_needed
from fundtrace.ledger.roster.document import Roster
from fundtrace.tlog.checkpoint import SignedCheckpoint, open_checkpoint
from fundtrace.tlog.note import Note


@dataclass(frozen=True, slots=True)
class RestartAnswer:
    """What one member, known by its connection, says that it holds: a head, or none."""

    member: str
    head: Note | None


def check_restart_answers(
    answers: Sequence[RestartAnswer], origin: str, rosters: Sequence[Roster]
) -> SignedCheckpoint | None:
    """Return the largest head that other members hold, None where none of them holds any.

    ``rosters``: the versions whose quorums the log's next checkpoint may need, as far as the
    restored store can tell and the newest one known; each must be answered for. Raises
    RuleViolationError ("restart-answers") for too few answers, ForkError for two heads of one
    size, SignatureError for a head that the log's key did not sign, InvalidInputError for a
    member that answers twice, answers for itself or is none.
    """
    owners = [one for roster in rosters if (one := roster.find_member_by_origin(origin))]
    if not owners:
        raise InvalidInputError(f"no roster version given names the log {origin}")
    owner = owners[0]
    members = [one.member for one in answers]
    if len(set(members)) < len(members) or owner.id in members:
        raise InvalidInputError("one answer of each other member counts, and none of one's own")
    known = {member.id for roster in rosters for member in roster.members}
    if not set(members) <= known:
        raise InvalidInputError(f"{', '.join(sorted(set(members) - known))} is no member")
    for roster in rosters:
        voters = {member.id for member in roster.voting_members}
        needed, found = find_answers_needed(len(voters)), len(voters & set(members))
        if found < needed:
            raise RuleViolationError(
                "restart-answers",
                f"{found} of the {needed} members of version {roster.version} needed have "
                f"answered: ask the others before {origin} signs anything",
            )
    heads = [open_checkpoint(one.head, owner.log_key) for one in answers if one.head is not None]
    by_size: dict[int, SignedCheckpoint] = {}
    for head in heads:
        other = by_size.setdefault(head.checkpoint.size, head)
        if other.checkpoint != head.checkpoint:
            raise ForkError(
                f"{origin} has signed two heads of size {head.checkpoint.size}: it must be closed",
                other.encode(),
                head.encode(),
            )
    return by_size[max(by_size)] if by_size else None
