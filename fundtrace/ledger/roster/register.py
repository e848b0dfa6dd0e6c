"""What each member signed, by version: a member signs one document per version, never two.

Two documents of one version with lines of one member are evidence against that member, whoever
shows them, and nobody can make such evidence for another: only lines of the keys in the version
*before* count, which all have accepted. The keys that a proposal itself names prove nothing,
since whoever writes it chooses them. A member keeps such a register for its own keys and asks
it before signing; a node keeps one of all notes that it was shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from fundtrace.errors import EncodingError, ForkError, RuleViolationError
from fundtrace.ledger.roster.document import Roster
from fundtrace.ledger.roster.signing import find_signers
from fundtrace.tlog.checkpoint import Checkpoint, parse_checkpoint
from fundtrace.tlog.note import Note

_NOTHING: Mapping[tuple[str, int], tuple[Note, ...]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class SigningRegister:
    """One note of each document that a member was seen to sign, by (member id, version)."""

    notes: Mapping[tuple[str, int], tuple[Note, ...]] = field(default_factory=lambda: _NOTHING)

    def observe(self, note: Note, accepted: Roster) -> SigningRegister:
        """Return the register that knows this note's lines by the keys of ``accepted`` too.

        The note is over the version that follows ``accepted``. Lines of unknown keys are left
        out; a line of a known key that does not verify raises SignatureError, a note over
        another version EncodingError. A second document is kept as evidence, not refused: ask
        ``find_double_signers``.
        """
        head = parse_checkpoint(note.text)
        if head.origin != accepted.origin or head.size != accepted.version + 1:
            raise EncodingError(
                f"this note is over version {head.size} of {head.origin}; wanted is version "
                f"{accepted.version + 1} of {accepted.origin}"
            )
        notes = dict(self.notes)
        for member in sorted({member for member, _ in find_signers(note, accepted.members)}):
            known = notes.get((member, head.size), ())
            # LIMIT: two notes prove it; a member that signs more adds nothing
            if len(known) < 2 and all(one.text != note.text for one in known):
                notes[member, head.size] = (*known, note)
        return SigningRegister(MappingProxyType(notes))

    def find_double_signers(self, version: int) -> tuple[str, ...]:
        """Return the members that signed two documents of one version, by id."""
        return tuple(
            sorted(
                member for (member, of), notes in self.notes.items() if of == version and notes[1:]
            )
        )

    def check_no_double_signing(self, version: int) -> None:
        """Check that nobody signed two documents of a version.

        Raises ForkError that names the first such member, with both notes.
        """
        for member in self.find_double_signers(version):
            ours, theirs = self.notes[member, version]
            raise ForkError(
                f"member {member} signed two documents of roster version {version}: its lines on "
                "it count no more; keep both notes and ask that bank",
                ours.encode(),
                theirs.encode(),
            )

    def check_may_sign(self, member: str, checkpoint: Checkpoint) -> None:
        """Check that a member has signed no other document of this version.

        Raises RuleViolationError ("one-roster-per-version"). Signing the same once more is fine.
        """
        known = self.notes.get((member, checkpoint.size), ())
        if any(note.text != checkpoint.encode() for note in known):
            raise RuleViolationError(
                "one-roster-per-version",
                f"{member} has signed another document of version {checkpoint.size}; a second "
                "signature would be evidence against it. Agree on that document, or leave it to "
                "the members that have not signed",
            )
