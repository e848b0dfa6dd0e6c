"""Where an entry of a package stands, proven: in which log, at which index, under which quorums.

The quorum that a head needs is that of the roster version which the package names. An activation
asks for more: the head that ends in it needs the quorums of the version before and of the new
one, and a larger head never one of an older version (``ledger.roster.activation``). For other
entries a package cannot show that their head does not end in an activation; mirrors see to that
before they cosign anything larger.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from fundtrace.errors import VerificationError
from fundtrace.evidence.package import EntryEvidence
from fundtrace.ledger.kinds.entries import Entry, LogOpening, Record, RosterActivation, Tally
from fundtrace.ledger.roster.activation import Purpose, build_policy
from fundtrace.ledger.roster.chain import RosterChain
from fundtrace.ledger.roster.document import Roster
from fundtrace.tlog.checkpoint import Checkpoint, parse_checkpoint
from fundtrace.tlog.hashing import hash_leaf
from fundtrace.tlog.keys import VerifierKey
from fundtrace.tlog.note import Note, parse_note
from fundtrace.tlog.proof_file import ProofFile, parse_proof_file, verify_proof_file
from fundtrace.tlog.quorum import Finality
from fundtrace.wire.entries import parse_entry


@dataclass(frozen=True, slots=True)
class Place:
    """An entry that is final, and where it stands: file, index in its log, path, head, rosters.

    ``finalities`` are by version, ascending: that which the proof names, and at an activation
    the one before it or the one activated.
    """

    subject: str
    entry: Entry
    index: int
    path: tuple[bytes, ...]
    finalities: Mapping[int, Finality]

    @property
    def head(self) -> Checkpoint:
        """The head under which it is shown."""
        return next(iter(self.finalities.values())).checkpoint

    @property
    def origin(self) -> str:
        """The log."""
        return self.head.origin

    @property
    def version(self) -> int:
        """The newest version whose quorum the head has."""
        return max(self.finalities)

    @property
    def final_at_seconds(self) -> int:
        """Since when all quorums that the head needs hold it."""
        return max(one.at_seconds or 0 for one in self.finalities.values())


def verify_place(subject: str, evidence: EntryEvidence, chain: RosterChain) -> Place:
    """Verify that an entry stands in a log of the chain's members, under a head that is final.

    Raises errors of ours, which say what does not hold.
    """
    entry = parse_entry(evidence.entry)
    file = parse_proof_file(evidence.proof)
    head = parse_checkpoint(parse_note(file.checkpoint_note).text)
    version = evidence.roster_version
    roster = chain.get_version(version).roster
    versions: tuple[int, ...] = (version,)
    if isinstance(entry, RosterActivation):
        versions = _list_activation_versions(entry, file.index, head, version, chain)
    elif isinstance(entry, LogOpening) and head.size == 1:
        raise VerificationError(
            "its head ends in the opening and needs the quorums of the versions under which the"
            " old epoch closed, too, which a package does not say; ask for a proof under a larger"
            " head"
        )
    leaf_hash, log_key = hash_leaf(evidence.entry), _get_log_key(head.origin, versions, chain)
    latest = chain.latest.roster
    finalities = {}
    for one in versions:
        named = chain.get_version(one).roster
        policy = build_policy(named, log_key, Purpose.EVIDENCE)
        standing = drop_retired_lines(file, named, latest)
        finalities[one] = verify_proof_file(standing, leaf_hash, policy)
    if isinstance(entry, Record):
        _check_context(entry, head.origin, roster)
    elif isinstance(entry, Tally) and entry.size != file.index:
        raise VerificationError(f"it tallies {entry.size} entries and stands at index {file.index}")
    return Place(subject, entry, file.index, file.path, finalities)


def drop_retired_lines(file: ProofFile, roster: Roster, latest: Roster) -> ProofFile:
    """Return a proof without the lines of mirrors whose keys the latest roster does not list.

    A key that was retired may be anybody's by now, so that a quorum of such keys proves nothing.
    """
    kept = {key for member in latest.members for key in member.mirror_keys}
    retired = {
        (key.name, key.key_id)
        for member in roster.members
        for key in member.mirror_keys
        if key not in kept
    }
    note = parse_note(file.checkpoint_note)
    lines = tuple(line for line in note.signatures if (line.name, line.key_id) not in retired)
    if not lines or len(lines) == len(note.signatures):
        return file
    return replace(file, checkpoint_note=Note(note.text, lines).encode())


def _get_log_key(origin: str, versions: Sequence[int], chain: RosterChain) -> VerifierKey:
    """Return the log's key, which is one for the whole of its epoch."""
    for version in versions:
        member = chain.get_version(version).roster.find_member_by_origin(origin)
        if member is not None:
            return member.log_key
    raise VerificationError(
        f"no member of roster version {versions[-1]} has a log {origin}; name the version in"
        " which it stood"
    )


def _list_activation_versions(
    entry: RosterActivation, index: int, head: Checkpoint, shown: int, chain: RosterChain
) -> tuple[int, ...]:
    """Return the versions whose quorums a head needs that shows an activation, ascending.

    The head that ends in the activation needs the version before and the new one; a larger one
    needs the version that the package names, which is no older than the one activated. Raises
    VerificationError, and NotFoundError for a version that the package does not hold.
    """
    document = chain.get_version(entry.version)
    if document.hash != entry.roster_hash:
        raise VerificationError(f"it activates other bytes of version {entry.version}")
    if document.roster.find_member_by_origin(head.origin) is None:
        raise VerificationError(f"version {entry.version}, which it activates, names no such log")
    if entry.version == 1:
        raise VerificationError("version 1 is activated by no entry")
    if head.size == index + 1:
        return (entry.version - 1, entry.version)
    if shown < entry.version:
        raise VerificationError(
            f"its head goes on behind the activation of version {entry.version}, and the quorum "
            f"shown is of version {shown}, which does not count there any more"
        )
    return (shown,)


def _check_context(record: Record, origin: str, roster: Roster) -> None:
    context = record.context
    for said, found, what in (
        (context.origin, origin, "the log"),
        (context.consortium, roster.consortium, "the consortium"),
    ):
        if said != found:
            raise VerificationError(f"its header names {what} {said}, and it stands in {found}")
    if context.roster_version > roster.version:
        raise VerificationError(
            f"its header names roster version {context.roster_version}, and its proof the older"
            f" {roster.version}"
        )
