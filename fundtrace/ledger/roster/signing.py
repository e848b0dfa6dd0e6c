"""The signed form of a roster: exact bytes, and a note whose text is a checkpoint over them.

The text is the head of the pseudo-log "<consortium>/roster": its size is the version, its root
hash is SHA-256 of the roster's bytes. So foreign tools can check a line of it, and ML-DSA lines
(0x06), which sign nothing but checkpoints, fit. Lines are of members' governance keys; each
algorithm that a roster requires for governance needs the threshold of its members by itself.

What is hashed are the bytes as they came. The value beside them is what ``parse`` (that is,
``fundtrace.wire``) says these bytes are; it reads strictly, so one value has one encoding.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from hashlib import sha256

from fundtrace.errors import SignatureError
from fundtrace.ledger.roster.document import Roster
from fundtrace.ledger.roster.member import Member
from fundtrace.ledger.roster.terms import GOVERNANCE_TYPES
from fundtrace.tlog.checkpoint import Checkpoint
from fundtrace.tlog.keys import SignerKey, VerifierKey, get_algorithm
from fundtrace.tlog.note import Note, Signature, make_signature, parse_note, verify_note


@dataclass(frozen=True, slots=True)
class RosterDocument:
    """A roster, the exact bytes that it was read from, and the note over them; made by ``open``.

    That text and bytes belong together is checked; whose lines stand beneath is not.
    """

    roster: Roster
    data: bytes
    note: Note

    @property
    def hash(self) -> bytes:
        """Return SHA-256 of the bytes, by which everything else names this version."""
        return sha256(self.data).digest()

    def __post_init__(self) -> None:
        """Refuse a note over another version, another consortium or other bytes."""
        wanted = build_roster_checkpoint(self.roster, self.data).encode()
        if self.note.text != wanted:
            raise SignatureError(
                f"this note is not over version {self.roster.version} of {self.roster.consortium} "
                "with these bytes: get both, the roster and its note, from one source"
            )


def open_roster(data: bytes, note: bytes, parse: Callable[[bytes], Roster]) -> RosterDocument:
    """Return the document of a roster's bytes and its note's bytes.

    Raises EncodingError for bytes that are no roster or no note, SignatureError for a note over
    something else. Lines are verified by ``verify_threshold``.
    """
    return RosterDocument(parse(data), data, parse_note(note))


def build_roster_checkpoint(roster: Roster, data: bytes) -> Checkpoint:
    """Return the head of the pseudo-log that members sign for this version and these bytes."""
    return Checkpoint(roster.origin, roster.version, sha256(data).digest())


def sign_roster(checkpoint: Checkpoint, signer: SignerKey, at_seconds: int) -> Signature:
    """Return a governance key's line on a version; ``at_seconds`` goes into ML-DSA lines alone.

    Ask the member's own register first (``SigningRegister.check_may_sign``): a member signs one
    document per version. ML-DSA lines are hedged with randomness that ``cryptography`` draws.
    """
    is_timed = get_algorithm(signer.algorithm).timestamped
    return make_signature(signer, checkpoint.encode(), at_seconds if is_timed else None)


def list_governance_keys(members: Sequence[Member]) -> dict[VerifierKey, str]:
    """Return the governance keys of members, each with its member's id."""
    return {key: member.id for member in members for key in member.governance_keys}


def find_signers(note: Note, members: Sequence[Member]) -> frozenset[tuple[str, int]]:
    """Return (member id, type byte) of those among ``members`` whose lines stand and verify.

    Raises SignatureError if a line of one of their keys does not verify.
    """
    owners = list_governance_keys(members)
    if not any(line.is_by(key) for line in note.signatures for key in owners):
        return frozenset()
    return frozenset((owners[key], key.algorithm) for key in verify_note(note, owners))


def verify_threshold(
    document: RosterDocument, by: Roster, *, left_out: Collection[str] = ()
) -> None:
    """Verify that more than half of ``by``'s voting members signed, in each required algorithm.

    Lines of the members in ``left_out`` are verified and do not count. Raises SignatureError.
    """
    signers = find_signers(document.note, by.voting_members)
    for algorithm in by.algorithms.governance:
        wanted = GOVERNANCE_TYPES[algorithm]
        found = {member for member, kind in signers if kind == wanted} - set(left_out)
        if len(found) < by.threshold:
            without = f"; {', '.join(sorted(left_out))} signed another one too" if left_out else ""
            raise SignatureError(
                f"version {document.roster.version} has {len(found)} of the {by.threshold} "
                f"{algorithm} signatures that version {by.version}'s members must give{without}"
            )
