"""From version N to N+1: what may change, and who must have signed it.

More than half of N's voting members and more than half of N+1's own sign N+1 (the root rule of
TUF): the old ones agree to let go, the new ones to take over. A version follows the one before
by number and by hash; nothing is skipped and nothing comes back.

One membership change per version, since quorums of neighbouring versions must share honest
members: at most one member differs in whether it is there, whether it votes, or in its mirror
or governance keys. It is one of: a learner added; a member removed; a learner promoted, with
the keys that it caught up under; a voting member made a learner, with new mirror keys where it
lost its store; keys of one member rotated. All else may change freely in the same version:
terms, names, endpoints, TLS authorities, and logs that roll to their next epoch, since no
quorum hangs on them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from fundtrace.errors import RuleViolationError
from fundtrace.ledger.roster.document import Roster
from fundtrace.ledger.roster.member import Member
from fundtrace.ledger.roster.register import SigningRegister
from fundtrace.ledger.roster.signing import RosterDocument, verify_threshold
from fundtrace.tlog.keys import VerifierKey


class ChangeKind(StrEnum):
    """What a membership change is."""

    ADDED = "added"
    REMOVED = "removed"
    PROMOTED = "promoted"
    MADE_LEARNER = "made_learner"
    KEYS_ROTATED = "keys_rotated"


@dataclass(frozen=True, slots=True)
class MembershipChange:
    """The one change of a version, and whom it is about."""

    kind: ChangeKind
    member: str


def check_transition(
    old: RosterDocument, new: RosterDocument, register: SigningRegister | None = None
) -> MembershipChange | None:
    """Check that ``new`` may follow ``old``, whose chain is accepted; return what changes.

    A line of a member that the register shows to have signed another document of this version
    too does not count. Raises RuleViolationError ("roster-version", "roster-previous",
    "roster-one-change", "roster-new-member", "roster-promotion", "roster-log") or SignatureError.
    """
    check_succession(old, new)
    change = find_change(old.roster, new.roster)
    check_logs(old.roster, new.roster)
    seen = (register or SigningRegister()).observe(new.note, old.roster)
    left_out = seen.find_double_signers(new.roster.version)
    # SPEC: TUF 5.3.4: signed by a threshold of the trusted root and by one of its own
    verify_threshold(new, old.roster, left_out=left_out)
    verify_threshold(new, new.roster, left_out=left_out)
    return change


def check_succession(old: RosterDocument, new: RosterDocument) -> None:
    """Check that a document is of the next version of the same consortium and names the last."""
    before, after = old.roster, new.roster
    if after.consortium != before.consortium:
        raise RuleViolationError(
            "roster-version", f"{after.consortium} is another consortium than {before.consortium}"
        )
    # SPEC: TUF 5.3.5: exactly version N+1, so that nothing is rolled back or skipped
    if after.version != before.version + 1:
        wrong = "is a rollback" if after.version <= before.version else "skips versions"
        raise RuleViolationError(
            "roster-version",
            f"version {after.version} behind version {before.version} {wrong}; give version "
            f"{before.version + 1}",
        )
    if after.previous_hash != old.hash:
        raise RuleViolationError(
            "roster-previous",
            f"version {after.version} was made to follow other bytes than the accepted version "
            f"{before.version}: make it anew from that one",
        )


def find_change(old: Roster, new: Roster) -> MembershipChange | None:
    """Return the membership change between two versions, None where there is none.

    Raises RuleViolationError ("roster-one-change") where there are several, and for one that is
    not allowed as it is.
    """
    before = {member.id: member for member in old.members}
    after = {member.id: member for member in new.members}
    changes = [MembershipChange(ChangeKind.ADDED, one) for one in after if one not in before]
    changes += [MembershipChange(ChangeKind.REMOVED, one) for one in before if one not in after]
    changes += [
        MembershipChange(kind, one)
        for one in before.keys() & after.keys()
        if (kind := _find_kind(before[one], after[one])) is not None
    ]
    if len(changes) > 1:
        listed = ", ".join(sorted(f"{one.member} {one.kind}" for one in changes))
        raise RuleViolationError(
            "roster-one-change",
            f"version {new.version} changes the membership {len(changes)} times ({listed}): make "
            "a version of each",
        )
    for change in changes:
        _check_allowed(change, before.get(change.member), after.get(change.member))
    return changes[0] if changes else None


def _find_kind(old: Member, new: Member) -> ChangeKind | None:
    """Return what changed of a member that both versions have."""
    if new.is_voting != old.is_voting:
        return ChangeKind.PROMOTED if new.is_voting else ChangeKind.MADE_LEARNER
    return None if _list_voting_keys(old) == _list_voting_keys(new) else ChangeKind.KEYS_ROTATED


def _list_voting_keys(member: Member) -> frozenset[VerifierKey]:
    return frozenset((*member.mirror_keys, *member.governance_keys))


def _check_allowed(change: MembershipChange, old: Member | None, new: Member | None) -> None:
    """Check that a newcomer begins as a learner, and that a promotion brings no other keys."""
    if new is None:
        return
    if old is None and (new.is_voting or new.epoch != 1):
        raise RuleViolationError(
            "roster-new-member",
            f"{new.id} is new: it begins as a learner, with its log in epoch 1, and is "
            "promoted in a later version once it has caught up",
        )
    if old is None or change.kind is not ChangeKind.PROMOTED:
        return
    if _list_voting_keys(old) != _list_voting_keys(new):
        raise RuleViolationError(
            "roster-promotion",
            f"{new.id} is promoted with other keys than it caught up under: rotate them in a "
            "version of their own",
        )


def check_logs(old: Roster, new: Roster) -> None:
    """Check that a log keeps origin and key, or rolls to its next epoch under a new key.

    Raises RuleViolationError ("roster-log").
    """
    for after in new.members:
        before = old.find_member(after.id)
        if before is None:
            continue
        has_rolled = after.epoch == before.epoch + 1
        is_same = after.epoch == before.epoch
        has_new_key = after.log_key.public_key != before.log_key.public_key
        # A key that signed one epoch signs no other, and within an epoch the key stays: else
        # two keys could sign two heads of one log, and neither would have forked.
        if after.origin_base != before.origin_base or not (is_same or has_rolled):
            raise RuleViolationError(
                "roster-log",
                f"the log of {after.id} is {before.origin}; it keeps that origin or rolls to "
                f"{before.origin_base}/{before.epoch + 1}, not to {after.origin}",
            )
        if has_rolled != has_new_key:
            need = "needs a new key" if has_rolled else "keeps its key until its next epoch"
            raise RuleViolationError("roster-log", f"the log {after.origin} {need}")
