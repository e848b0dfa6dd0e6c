"""Closing a log at a head that every final one is part of, and opening its next epoch.

A quorum of members states its highest cosigned heads (``statement``). The log closes at a head
that its own key signed, so that every other head which could be final is denied by enough of
them (``counting``). Where all heads stated are of one tree, the largest always qualifies; after
a fork a branch that may be final is never dropped, and where no branch can be dropped yet, more
statements are needed. Try the stated heads from the largest down; any that passes is safe.

The members keep their promise for good: they do not cosign the closing head either. What lies
up to it becomes final by the opening entry of the next epoch, ``<base>/2``, which names it and
is covered by that log's first checkpoint, with the quorums that ``activation`` asks for. A
mirror cosigns that one only when it holds all entries up to the closing head. Two closings of
one log can both be valid; two final openings cannot.

A log whose epoch ends as planned closes itself by a LogClosing entry, final like any other;
the next epoch's opening then names that head and needs no statements.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fundtrace.errors import ForkError, InvalidInputError, ProofError, RuleViolationError
from fundtrace.ledger.kinds.entries import LogOpening
from fundtrace.ledger.origins import get_next_origin
from fundtrace.ledger.roster.counting import Stated, check_closable
from fundtrace.ledger.roster.document import Roster
from fundtrace.ledger.roster.statement import ClosingStatement, open_closing
from fundtrace.ledger.roster.terms import MIRROR_TYPES
from fundtrace.tlog.checkpoint import Checkpoint, open_checkpoint
from fundtrace.tlog.fork import Prefix, verify_fork
from fundtrace.tlog.hashing import EMPTY_ROOT
from fundtrace.tlog.keys import VerifierKey
from fundtrace.tlog.note import Note
from fundtrace.tlog.proofs import verify_consistency


@dataclass(frozen=True, slots=True)
class HeadLink:
    """How a stated head hangs together with the closing head.

    ``path``: the consistency proof between the two. For a head more than one entry beyond the
    closing head, ``branch`` is what its tree hashes to one entry beyond it, so that heads on
    different branches are told apart; otherwise None.
    """

    path: tuple[bytes, ...]
    branch: Prefix | None = None


@dataclass(frozen=True, slots=True)
class ForkEvidence:
    """Two contradicting heads of the log, and what ``tlog.fork`` needs where sizes differ."""

    ours: bytes
    theirs: bytes
    prefix: Prefix | None = None


@dataclass(frozen=True, slots=True)
class Closing:
    """Why a log may close at ``head``: statements, and a link for each, or None for none shown.

    ``head`` is a checkpoint signed by the log's own key; None closes a log that is empty.
    ``fork``: two contradicting heads signed by the log's key, where the fork is to be counted.
    """

    origin: str
    head: Note | None
    statements: tuple[Note, ...]
    links: tuple[HeadLink | None, ...]
    fork: ForkEvidence | None = None

    def __post_init__(self) -> None:
        """Refuse links that do not go with the statements."""
        if len(self.links) != len(self.statements):
            raise InvalidInputError("give one link, or None, for each statement")


def check_closing(closing: Closing, rosters: Sequence[Roster]) -> Checkpoint:
    """Check that a log may close; return the closing head.

    ``rosters``: the versions that ``LogRoster.list_closing_versions`` names for the head's size;
    what is asked of members is asked of each version's. Raises RuleViolationError
    ("closing-quorum", "closing-denied"), ForkError for a member that stated two heads, and
    SignatureError, ProofError or EncodingError for evidence that does not hold.
    """
    if not rosters:
        raise InvalidInputError("name the roster versions under which the log is to close")
    log_key = _get_log_key(closing.origin, rosters)
    head = Checkpoint(closing.origin, 0, EMPTY_ROOT)
    if closing.head is not None:
        head = open_checkpoint(closing.head, log_key).checkpoint
    if closing.fork is not None:
        verify_fork(closing.fork.ours, closing.fork.theirs, closing.fork.prefix, [log_key])
    for roster in rosters:
        check_closable(_sort_statements(closing, head, roster))
    return head


def check_opening(opening: LogOpening, origin: str, closed: Checkpoint) -> None:
    """Check that the first entry of a next epoch goes on from the head at which one was closed.

    Raises RuleViolationError ("log-opening").
    """
    following = get_next_origin(closed.origin)
    if origin != following or opening.previous_origin != closed.origin:
        raise RuleViolationError(
            "log-opening",
            f"{origin} says to go on from {opening.previous_origin}; {closed.origin} was closed, "
            f"and {following} goes on from it",
        )
    if (opening.final_size, opening.final_root) != (closed.size, closed.root_hash):
        raise RuleViolationError(
            "log-opening",
            f"{origin} goes on from size {opening.final_size}; {closed.origin} was closed at size "
            f"{closed.size}, root {closed.root_hash.hex()}",
        )


def _get_log_key(origin: str, rosters: Sequence[Roster]) -> VerifierKey:
    owners = (roster.find_member_by_origin(origin) for roster in rosters)
    owner = next((one for one in owners if one is not None), None)
    if owner is None:
        raise InvalidInputError(f"no roster version given names the log {origin}")
    return owner.log_key


def _sort_statements(closing: Closing, head: Checkpoint, roster: Roster) -> Stated[str]:
    """Verify the statements of a version's voting members; return where each stands."""
    voters = roster.voting_members
    algorithms = [MIRROR_TYPES[one] for one in roster.algorithms.live]
    known = {key for member in voters for key in member.mirror_keys}
    within: set[str] = set()
    aside: set[str] = set()
    branches: dict[bytes, set[str]] = {}
    made: dict[str, ClosingStatement] = {}
    for note, link in zip(closing.statements, closing.links, strict=True):
        if not any(line.is_by(key) for line in note.signatures for key in known):
            continue  # of a member of the other version, or of a learner
        statement = open_closing(note, closing.origin, voters, algorithms)
        _check_single(made.setdefault(statement.member, statement), statement)
        branch = _find_branch(head, statement.head, link)
        if branch is None:
            aside.add(statement.member)
        elif branch == head.root_hash:
            within.add(statement.member)
        else:
            branches.setdefault(branch, set()).add(statement.member)
    owner = roster.find_member_by_origin(closing.origin)
    return Stated(
        voters=frozenset(member.id for member in voters),
        within=frozenset(within),
        branches=tuple(frozenset(one) for one in branches.values()),
        aside=frozenset(aside),
        forker=owner.id if owner is not None and closing.fork is not None else None,
    )


def _check_single(first: ClosingStatement, second: ClosingStatement) -> None:
    if first.head != second.head:
        raise ForkError(
            f"{first.member} stated two highest heads of {first.head.origin}: leave both out and "
            "keep them as evidence",
            first.note.encode(),
            second.note.encode(),
        )


def _find_branch(head: Checkpoint, stated: Checkpoint, link: HeadLink | None) -> bytes | None:
    """Return the closing head's root for a head within it, for one beyond it what tells its branch.

    None where nothing is shown. Raises ProofError for a link that does not hold.
    """
    if stated == head or stated.size == 0:
        return head.root_hash
    if link is None or stated.size == head.size:
        return None
    small, large = sorted((head, stated), key=lambda one: one.size)
    roots = (small.size, small.root_hash, large.size, large.root_hash)
    verify_consistency(*roots, link.path)
    if large is head:
        return head.root_hash
    if stated.size == head.size + 1:
        return stated.root_hash
    if link.branch is None:
        raise ProofError(
            f"a head {stated.size - head.size} entries beyond the closing head needs the root one "
            "entry beyond it"
        )
    branch = (head.size + 1, link.branch.root_hash, stated.size, stated.root_hash)
    verify_consistency(*branch, link.branch.path)
    return link.branch.root_hash
