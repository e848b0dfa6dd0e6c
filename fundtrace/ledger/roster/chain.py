"""The chain of rosters from a pinned root: one document per version, and no way back.

The root is version 1, known by its hash, which people exchange out of band. Every later version
must pass ``check_transition``. A key, an id or an origin that was once given up never comes
back, and none changes hands, so that what it signed has one meaning for good. A second document of an accepted version
is a fork of the roster: it is refused with both notes as evidence, and who signed both is named.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from fundtrace.errors import (
    ForkError,
    NotFoundError,
    RuleViolationError,
    SignatureError,
    VerificationError,
)
from fundtrace.ledger.roster.document import Roster, list_keys
from fundtrace.ledger.roster.register import SigningRegister
from fundtrace.ledger.roster.signing import RosterDocument, find_signers, verify_threshold
from fundtrace.ledger.roster.transition import check_transition


@dataclass(frozen=True, slots=True)
class RosterChain:
    """Accepted versions 1 to N, without gap; grown by ``extend``, begun by ``begin_chain``."""

    documents: tuple[RosterDocument, ...]
    meanings: Mapping[bytes | str, str] = field(repr=False, compare=False)

    @property
    def latest(self) -> RosterDocument:
        """Return the newest accepted document."""
        return self.documents[-1]

    def find_version(self, version: int) -> RosterDocument | None:
        """Return the accepted document of a version, or None where it is not known yet."""
        return self.documents[version - 1] if 1 <= version <= len(self.documents) else None

    def get_version(self, version: int) -> RosterDocument:
        """Return the accepted document of a version, or raise NotFoundError."""
        document = self.find_version(version)
        if document is None:
            raise NotFoundError(
                f"roster version {version} is not known here, only 1 to {len(self.documents)}: "
                "get the versions behind it from any member"
            )
        return document

    def extend(
        self, document: RosterDocument, register: SigningRegister | None = None
    ) -> RosterChain:
        """Return the chain with the next version; the latest one given again changes nothing.

        Raises ForkError for other bytes of an accepted version that somebody signed, SignatureError
        where nobody did; RuleViolationError "roster-version" for an older or skipped version,
        "roster-returned" for a key, id or origin given up before; and as ``check_transition``.
        """
        known = self.find_version(document.roster.version)
        if known is not None:
            self._check_same(known, document)
            if known is self.latest:
                return self
        check_transition(self.latest, document, register)
        meanings = self._check_meanings(document.roster)
        return RosterChain((*self.documents, document), meanings)

    def _check_meanings(self, roster: Roster) -> Mapping[bytes | str, str]:
        """Check that what names or identifies means what it did; return all meanings with it."""
        known, held = self.meanings, list_meanings(self.latest.roster)
        new = list_meanings(roster)
        for identity, meaning in new.items():
            if known.get(identity, meaning) != meaning or (
                identity in known and identity not in held
            ):
                raise RuleViolationError(
                    "roster-returned",
                    f"version {roster.version} uses for {meaning} what was given up, or is used "
                    f"for, {known[identity]}: take a new name and a new key",
                )
        return MappingProxyType({**known, **new})

    def _check_same(self, ours: RosterDocument, theirs: RosterDocument) -> None:
        """Check that an accepted version given again has the same bytes."""
        if ours.data == theirs.data:
            return
        version = ours.roster.version
        by = self.get_version(max(1, version - 1)).roster
        signers = {member for member, _ in find_signers(theirs.note, by.members)}
        if not signers:
            raise SignatureError(
                f"these other bytes of version {version} are signed by no member of it: whoever "
                "sent them made them up"
            )
        both = sorted(signers & {member for member, _ in find_signers(ours.note, by.members)})
        who = (
            f"signed both: {', '.join(both)}" if both else f"signed by {', '.join(sorted(signers))}"
        )
        raise ForkError(
            f"roster version {version} of {by.consortium} is there with other bytes ({who}); the "
            "accepted one stands; keep both notes and ask those banks",
            ours.note.encode(),
            theirs.note.encode(),
        )


def begin_chain(document: RosterDocument, pinned_hash: bytes) -> RosterChain:
    """Return the chain that begins with version 1, known by its hash from out of band.

    Raises VerificationError for other bytes, RuleViolationError ("roster-version") for another
    version, SignatureError below the threshold of its own voting members.
    """
    if document.hash != pinned_hash:
        raise VerificationError(
            f"the pinned root is {pinned_hash.hex()}, these bytes hash to {document.hash.hex()}: "
            "compare the pin with another member, on paper"
        )
    if document.roster.version != 1:
        raise RuleViolationError(
            "roster-version", f"a chain begins at version 1, not at {document.roster.version}"
        )
    verify_threshold(document, document.roster)
    return RosterChain((document,), MappingProxyType(list_meanings(document.roster)))


def list_meanings(roster: Roster) -> dict[bytes | str, str]:
    """Return what a version names that may never name anything else, and what each stands for.

    Ids and origin bases of members, names and public keys of logs, mirrors and governance. A log
    key's name holds its epoch, so it is new in every epoch.
    """
    meanings: dict[bytes | str, str] = {}
    for key, use in list_keys(roster.members):
        meanings[f"key {key.name}"] = meanings[key.public_key] = f"{use} with {key.encode()}"
    for member in roster.members:
        meanings[f"member {member.id}"] = f"the member {member.id}"
        meanings[f"log {member.origin_base}"] = f"the log of {member.id}"
    return meanings
