"""A closing statement: a member's highest cosigned head of a log, and its promise to stop there.

It is a cosignature of the member's mirror key on a checkpoint of the pseudo-log
"<origin>/closing", with size and root of the highest head that the member cosigned (size 0 and
the empty root where it cosigned none). No log's origin ends so, since origins end in their
epoch, so that a statement is never taken for a head, nor a head for a statement.

The mirror's key signs it, and not governance's: it is that key's cosignatures which the promise
bounds, the mirror alone knows its highest head, and healing a log must not wait for keys that
lie in a safe. People confirm the outcome with the roster version that names the next epoch.

A member that lost its mirror's store no longer knows its highest head and must not state one;
it is among the f until a roster version makes it a learner. Whoever cosigned beyond what it
stated, before or afterwards, is proven to have lied by the two notes.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from fundtrace.errors import EncodingError, ForkError, SignatureError
from fundtrace.ledger.roster.member import Member
from fundtrace.tlog.checkpoint import Checkpoint, parse_checkpoint
from fundtrace.tlog.cosignature import sign_cosignature
from fundtrace.tlog.hashing import EMPTY_ROOT
from fundtrace.tlog.keys import SignerKey
from fundtrace.tlog.note import Note, verify_note

CLOSING_SUFFIX = "/closing"


@dataclass(frozen=True, slots=True)
class ClosingStatement:
    """A verified statement: the member, its highest cosigned head, and the note that says so."""

    member: str
    head: Checkpoint
    note: Note


def build_closing_checkpoint(head: Checkpoint) -> Checkpoint:
    """Return what a member signs to state this head of a log as its highest cosigned one."""
    return Checkpoint(head.origin + CLOSING_SUFFIX, head.size, head.root_hash)


def sign_closing(head: Checkpoint, signers: Sequence[SignerKey], at_seconds: int) -> Note:
    """Return a member's statement, one line of each of its mirror's keys.

    Store the promise durably before this is called: from then on the mirror cosigns nothing of
    this log, whatever it is shown. ML-DSA lines are hedged with randomness of ``cryptography``.
    """
    stated = build_closing_checkpoint(head)
    lines = tuple(sign_cosignature(stated, signer, at_seconds) for signer in signers)
    return Note(stated.encode(), lines)


def open_closing(
    note: Note, origin: str, members: Collection[Member], algorithms: Collection[int]
) -> ClosingStatement:
    """Return the statement that a note is, by that one of ``members`` whose mirror signed it.

    Each type byte in ``algorithms`` needs a line of the member. Raises EncodingError for a note
    about something else, SignatureError where no member, or more than one, made it.
    """
    stated = parse_checkpoint(note.text)
    if stated.origin != origin + CLOSING_SUFFIX:
        raise EncodingError(
            f"this note is about {stated.origin}; a statement on {origin} is about "
            f"{origin}{CLOSING_SUFFIX}"
        )
    if stated.size == 0 and stated.root_hash != EMPTY_ROOT:
        raise EncodingError("a member that cosigned nothing states size 0 and the empty root")
    owners = {key: member.id for member in members for key in member.mirror_keys}
    signed = verify_note(note, owners)
    by = {owners[key] for key in signed}
    if len(by) > 1:
        raise SignatureError(
            f"one statement by {', '.join(sorted(by))}: each member makes a note of its own"
        )
    missing = set(algorithms) - {key.algorithm for key in signed}
    if missing:
        wanted = ", ".join(f"0x{one:02x}" for one in sorted(missing))
        raise SignatureError(f"the statement of {min(by)} lacks a line of type {wanted}")
    return ClosingStatement(min(by), Checkpoint(origin, stated.size, stated.root_hash), note)


def check_promise(statement: ClosingStatement, note: Note, member: Member) -> None:
    """Check that a cosigned head does not give a member's statement the lie.

    ``note`` is a checkpoint of the same log. Raises ForkError with statement and checkpoint where
    the member's mirror cosigned a larger head, or another one of the size that it stated.
    """
    head = parse_checkpoint(note.text)
    keys = member.mirror_keys
    is_cosigned = any(line.is_by(key) for line in note.signatures for key in keys)
    if head.origin != statement.head.origin or not is_cosigned:
        return
    verify_note(note, keys)
    is_other = head.size == statement.head.size and head != statement.head
    if head.size > statement.head.size or is_other:
        raise ForkError(
            f"{member.id} stated size {statement.head.size} as the highest head of {head.origin} "
            f"that it cosigned, and cosigned size {head.size} too: it counts as faulty",
            statement.note.encode(),
            note.encode(),
        )
