"""Which roster versions' quorums a checkpoint of one log needs, told by its entries alone.

A log begins under the version that first names its origin, and goes on under each later version
from the entry that activates it, one by one. Let that entry, for version N+1, have index i:

- a checkpoint of at most i entries needs N's quorum;
- the checkpoint of exactly i+1 entries, which ends in the activation, needs N's and N+1's;
- every larger one needs N+1's alone: a key that N+1 retired never counts again in this log.

An honest mirror cosigns nothing larger than i+1 before it was shown both quorums on i+1 (the
activation is then *settled*). So N+1's quorum on a larger head, which holds an honest member,
shows by itself that N's quorum agreed, and an owner cannot leave N's members behind.

The same at the beginning of a log: version 1 needs nothing more, but a log that begins under a
later version v, of a new member or as the next epoch of a closed one, is activated by its first
entry, whose checkpoint needs v's quorum and that of the version before: v-1 for a new member,
the version or versions under which the old epoch closed for the next one. Otherwise two halves
of a split roster could each open a log of one name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise

from fundtrace.errors import InvalidInputError, RuleViolationError
from fundtrace.ledger.kinds.entries import Entry, LogClosing, LogOpening, RosterActivation
from fundtrace.ledger.roster.chain import RosterChain
from fundtrace.ledger.roster.document import Roster
from fundtrace.ledger.roster.terms import MIRROR_TYPES
from fundtrace.tlog.checkpoint import parse_checkpoint
from fundtrace.tlog.keys import VerifierKey
from fundtrace.tlog.note import Note
from fundtrace.tlog.quorum import Finality, MemberKeys, QuorumPolicy, verify_quorum


class Purpose(StrEnum):
    """What a quorum is asked for: acting on it now, or proving it for decades."""

    LIVE = "live"
    EVIDENCE = "evidence"


@dataclass(frozen=True, slots=True)
class Activation:
    """From the entry of this index on, the log is under this roster version."""

    version: int
    index: int


@dataclass(frozen=True, slots=True)
class LogRoster:
    """Under which roster versions one log stood, as its entries up to now say.

    ``before``: the versions whose quorums the log's first checkpoint needs besides its own;
    empty for a log that is there since version 1. ``settled_size``: the largest checkpoint that
    was seen final. ``closed_size``: the size behind which the log has no entry, or None.
    """

    origin: str
    before: tuple[int, ...]
    activations: tuple[Activation, ...]
    settled_size: int = 0
    closed_size: int | None = None

    def __post_init__(self) -> None:
        """Refuse a history that no log has."""
        if not self.activations:
            raise InvalidInputError(f"the log {self.origin} stands under no roster version")
        for earlier, later in pairwise(self.activations):
            if later.version != earlier.version + 1 or later.index <= earlier.index:
                raise InvalidInputError(
                    f"the log {self.origin} cannot go from version {earlier.version} (entry "
                    f"{earlier.index}) to {later.version} (entry {later.index})"
                )

    @property
    def version(self) -> int:
        """Return the newest version that the log's entries have activated."""
        return self.activations[-1].version

    def list_versions(self, size: int) -> tuple[int, ...]:
        """Return the versions, ascending, each of whose quorums a checkpoint of this size needs."""
        entered = [one for one in self.activations if one.index < size]
        newest = entered[-1] if entered else self.activations[0]
        if size > newest.index + 1:
            return (newest.version,)
        before = (entered[-2].version,) if entered[1:] else self.before
        return tuple(sorted({*before, newest.version}))

    def list_closing_versions(self, size: int) -> tuple[int, ...]:
        """Return the versions under each of which a closing at this size must hold.

        Those that a checkpoint of the size needs, and those of every activation up to it that was
        not seen settled: without that, a head under an older version may be final elsewhere.
        """
        ends = [one.index + 1 for one in self.activations]
        unsettled = [end for end in ends if self.settled_size < end <= size]
        versions = {one for end in (*unsettled, size) for one in self.list_versions(end)}
        return tuple(sorted(versions))

    def step(self, index: int, entry: Entry, chain: RosterChain) -> LogRoster:
        """Return the state behind the entry of this index, which must be the next one.

        Raises RuleViolationError: "log-closed" behind the log's end, "log-beginning" where a log
        that begins under a later version, or an epoch behind the first, does not say so in its
        first entry, "log-closing" for one that states another end than its own place, and as
        ``activate``.
        """
        self.check_open(index)
        self._check_beginning(index, entry)
        if isinstance(entry, RosterActivation):
            return self.activate(index, entry, chain)
        if isinstance(entry, LogClosing):
            if entry.final_size != index:
                raise RuleViolationError(
                    "log-closing",
                    f"entry {index} closes {self.origin} behind size {entry.final_size}, not there",
                )
            return self.close(index + 1)
        return self

    def _check_beginning(self, index: int, entry: Entry) -> None:
        is_opening = isinstance(entry, LogOpening)
        is_later_epoch = bool(self.before) and self.origin.rpartition("/")[2] != "1"
        if is_opening != (is_later_epoch and index == 0):
            raise RuleViolationError(
                "log-beginning",
                f"entry {index} of {self.origin}: an opening is the first entry of every epoch "
                "behind the first, and stands nowhere else",
            )
        is_announced = isinstance(entry, LogOpening | RosterActivation)
        if index == 0 and self.activations[0].index == 0 and not is_announced:
            raise RuleViolationError(
                "log-beginning",
                f"the log {self.origin} begins under version {self.activations[0].version}: its "
                "first entry activates that version",
            )

    def activate(self, index: int, entry: RosterActivation, chain: RosterChain) -> LogRoster:
        """Return the state behind an activation entry of this index.

        Raises RuleViolationError ("activation-order") for any but the next version,
        ("activation-roster") for other bytes than the accepted version's or one that does not
        name this log; NotFoundError while the version is not known here: get it, then try again.
        """
        document = chain.get_version(entry.version)
        if document.hash != entry.roster_hash:
            raise RuleViolationError(
                "activation-roster",
                f"entry {index} of {self.origin} activates other bytes of version "
                f"{entry.version} than are accepted here",
            )
        if document.roster.find_member_by_origin(self.origin) is None:
            raise RuleViolationError(
                "activation-roster", f"version {entry.version} names no log {self.origin}: close it"
            )
        newest = self.activations[-1]
        if index == newest.index == 0 and entry.version == newest.version:
            return self  # the first entry of a later log says what ``begin_log`` knows
        if entry.version != newest.version + 1 or index <= newest.index:
            raise RuleViolationError(
                "activation-order",
                f"the log {self.origin} is under version {newest.version}; entry {index} activates "
                f"{entry.version}. Versions are activated one by one, in order",
            )
        return replace(self, activations=(*self.activations, Activation(entry.version, index)))

    def close(self, size: int) -> LogRoster:
        """Return the state of a log that has no entry behind this size.

        Raises RuleViolationError ("log-closed") where it was closed at another size.
        """
        if self.closed_size not in {None, size}:
            raise RuleViolationError(
                "log-closed", f"{self.origin} is closed at size {self.closed_size}, not {size}"
            )
        return replace(self, closed_size=size)

    def check_open(self, index: int) -> None:
        """Check that the log may have an entry of this index; RuleViolationError "log-closed"."""
        if self.closed_size is not None and index >= self.closed_size:
            raise RuleViolationError(
                "log-closed",
                f"{self.origin} ends at size {self.closed_size}; its next epoch goes on",
            )

    def settle(self, size: int) -> LogRoster:
        """Return the state that knows a checkpoint of this size to be final.

        The caller has verified it (``verify_final``).
        """
        return replace(self, settled_size=max(self.settled_size, size))

    def check_cosignable(self, size: int) -> None:
        """Check that an honest mirror may cosign a checkpoint of this size.

        Raises RuleViolationError ("activation-unsettled") where the size lies beyond an
        activation whose own checkpoint was not seen final under both versions, "log-closed"
        beyond the log's end.
        """
        if size:
            self.check_open(size - 1)
        ends = [one.index + 1 for one in self.activations if one.index + 1 < size]
        unsettled = next((end for end in ends if end > self.settled_size), None)
        if unsettled is not None:
            raise RuleViolationError(
                "activation-unsettled",
                f"propose size {unsettled} of {self.origin} first: it ends in an activation and "
                f"needs the quorums of versions {self.list_versions(unsettled)}",
            )

    def build_policies(
        self, size: int, chain: RosterChain, purpose: Purpose = Purpose.LIVE
    ) -> tuple[QuorumPolicy, ...]:
        """Return the policies, all of which a checkpoint of this size must meet to be final."""
        log_key = self.get_log_key(chain)
        rosters = [chain.get_version(one).roster for one in self.list_versions(size)]
        return tuple(build_policy(roster, log_key, purpose) for roster in rosters)

    def get_log_key(self, chain: RosterChain) -> VerifierKey:
        """Return the log's key, which is one for the whole epoch."""
        roster = chain.get_version(self.activations[0].version).roster
        owner = roster.find_member_by_origin(self.origin)
        if owner is None:
            raise InvalidInputError(f"version {roster.version} names no log {self.origin}")
        return owner.log_key


def begin_log(chain: RosterChain, origin: str, before: Sequence[int] = ()) -> LogRoster:
    """Return the state of a log before its first entry.

    ``before``: for the next epoch of a closed log, the versions that its closing head needed
    (``list_versions``); empty for a log in epoch 1. Raises InvalidInputError for a log that no
    version names, and for an epoch that begins without what was before.
    """
    first = next(
        (one.roster for one in chain.documents if one.roster.find_member_by_origin(origin)), None
    )
    owner = first.find_member_by_origin(origin) if first else None
    if first is None or owner is None:
        raise InvalidInputError(f"no roster version up to {len(chain.documents)} names {origin}")
    if first.version == 1:
        return LogRoster(origin, (), (Activation(1, -1),))
    if (owner.epoch > 1) != bool(before) or any(one >= first.version for one in before):
        raise InvalidInputError(
            f"{origin} begins under version {first.version}: an epoch behind the first goes on "
            "from the versions, before this one, under which the last one closed"
        )
    return LogRoster(origin, tuple(before) or (first.version - 1,), (Activation(first.version, 0),))


def build_policy(roster: Roster, log_key: VerifierKey, purpose: Purpose) -> QuorumPolicy:
    """Return what one roster version asks of a log's checkpoint; learners are not in it."""
    algorithms = roster.algorithms.live if purpose is Purpose.LIVE else roster.algorithms.evidence
    members = [MemberKeys(member.id, member.mirror_keys) for member in roster.voting_members]
    return QuorumPolicy.build(log_key, members, [MIRROR_TYPES[one] for one in algorithms])


def verify_final(note: Note, policies: Sequence[QuorumPolicy]) -> tuple[Finality, ...]:
    """Verify that a checkpoint meets every policy; return one finding for each, in order.

    Raises SignatureError where one is not met, InvalidInputError without a policy.
    """
    if not policies:
        raise InvalidInputError(
            f"no quorum is asked for {parse_checkpoint(note.text).origin}: nothing is final by that"
        )
    return tuple(verify_quorum(note, policy) for policy in policies)
