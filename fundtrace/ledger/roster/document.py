"""The roster itself: one version of who the members are and under which terms.

Nothing that names or identifies stands twice in it: no id, name, bank code, origin, key name,
public key, TLS authority or endpoint, also not in two roles or with two members, so that every
signature has one meaning and one author. The quorum and the threshold are no fields: they
follow from the number of voting members, and learners count in neither.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Annotated

from fundtrace.errors import InvalidInputError, NotFoundError
from fundtrace.ledger.kinds.bounds import Checked, Items, Text
from fundtrace.ledger.kinds.common import Consortium, Hash, Version
from fundtrace.ledger.roster.certificates import CaCertificate, get_tls_key
from fundtrace.ledger.roster.member import Member
from fundtrace.ledger.roster.terms import (
    GOVERNANCE_TYPES,
    MEMBERS_MAX,
    MIRROR_TYPES,
    AllowedBases,
    Limits,
    Periods,
    RequiredAlgorithms,
)
from fundtrace.ledger.roster.uniqueness import check_ascending, check_unique
from fundtrace.model.characters import fold_ascii
from fundtrace.model.kinds import CONSERVING_RULES, DEFAULT_RULE, Rule
from fundtrace.tlog.keys import VerifierKey

NO_PREVIOUS_HASH = bytes(32)
E_SIGNATURE_CAS_MAX = 64
JURISDICTIONS_MAX = 64

RuleSetVersion = Annotated[str, Text(1, 40, re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]*"))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster(Checked):
    """One version of the roster; ``previous_hash`` is SHA-256 of the version before's bytes."""

    consortium: Consortium
    version: Version
    previous_hash: Hash
    members: Annotated[tuple[Member, ...], Items(1, MEMBERS_MAX)]
    algorithms: RequiredAlgorithms = field(default_factory=RequiredAlgorithms)
    limits: Limits = field(default_factory=Limits)
    periods: Periods = field(default_factory=Periods)
    attribution_rule: Rule = DEFAULT_RULE
    rule_set_version: RuleSetVersion
    allowed_bases: Annotated[tuple[AllowedBases, ...], Items(0, JURISDICTIONS_MAX)] = ()
    e_signature_cas: Annotated[
        tuple[Annotated[bytes, CaCertificate()], ...], Items(0, E_SIGNATURE_CAS_MAX)
    ] = ()

    @property
    def origin(self) -> str:
        """Return the name of the pseudo-log whose checkpoints the rosters are signed as."""
        return f"{self.consortium}/roster"

    @property
    def voting_members(self) -> tuple[Member, ...]:
        """Return the members that quorums and thresholds count, by id."""
        return tuple(member for member in self.members if member.is_voting)

    @property
    def threshold(self) -> int:
        """Return how many voting members must sign a roster: more than half of them."""
        return len(self.voting_members) // 2 + 1

    def find_member(self, member_id: str) -> Member | None:
        """Return the member of this id, or None."""
        return next((member for member in self.members if member.id == member_id), None)

    def get_member(self, member_id: str) -> Member:
        """Return the member of this id, or raise NotFoundError."""
        member = self.find_member(member_id)
        if member is None:
            raise NotFoundError(f"roster version {self.version} has no member {member_id!r}")
        return member

    def get_message_key(self, member_id: str) -> bytes:
        """Return the key under which a member's signed messages verify, 32 bytes (Ed25519).

        It is that of its log in the current epoch (``ledger.signed``), of learners too. Raises
        NotFoundError.
        """
        return self.get_member(member_id).log_key.public_key

    def find_member_by_origin(self, origin: str) -> Member | None:
        """Return the member whose log has this origin in this version, or None."""
        return next((member for member in self.members if member.origin == origin), None)

    def check_together(self) -> None:
        """Raise InvalidInputError where the roster contradicts itself."""
        if (self.version == 1) != (self.previous_hash == NO_PREVIOUS_HASH):
            raise InvalidInputError(
                "version 1 has a previous_hash of 32 zero bytes; every later version has the "
                "SHA-256 of the version before"
            )
        if not self.voting_members:
            raise InvalidInputError("a roster needs at least one voting member")
        if self.attribution_rule not in CONSERVING_RULES:
            raise InvalidInputError(
                f"{self.attribution_rule} conserves nothing; choose one of "
                + ", ".join(CONSERVING_RULES)
            )
        check_ascending([member.id for member in self.members], "the ids of the members")
        check_ascending([one.jurisdiction for one in self.allowed_bases], "the jurisdictions")
        check_unique(((der, "the list") for der in self.e_signature_cas), "an e-signature CA")
        check_nothing_stands_twice(self)
        for member in self.members:
            check_terms(self, member)


def check_nothing_stands_twice(roster: Roster) -> None:
    """Check that no two members, and no two roles, share what names or identifies."""
    members = roster.members
    names = [(fold_ascii(name), one.id) for one in members for name in (one.name_zh, one.name_en)]
    check_unique(dict.fromkeys(names), "the name")  # one bank may have one name in both languages
    for label, codes in (
        ("the CNAPS code", [(one.cnaps, one.id) for one in members]),
        ("the BIC", [(one.bic, one.id) for one in members]),
        ("the LEI", [(one.lei, one.id) for one in members]),
    ):
        check_unique(((code, user) for code, user in codes if code), label)
    check_unique(((one.origin_base, one.id) for one in members), "the origin base")
    check_unique(((place, one.id) for one in members for place in one.endpoints), "the endpoint")
    tls_keys = ((get_tls_key(der), one.id) for one in members for der in one.tls_cas)
    check_unique(tls_keys, "the key of a TLS authority")
    reserved = [(roster.origin, "the roster itself")]
    check_unique([*reserved, *((key.name, user) for key, user in list_keys(members))], "the name")
    check_unique(((key.public_key, user) for key, user in list_keys(members)), "a public key")


def list_keys(members: Iterable[Member]) -> Iterator[tuple[VerifierKey, str]]:
    """Yield every key of members' logs, mirrors and governance, each with who uses it."""
    for member in members:
        yield member.log_key, f"the log of {member.id}"
        for key in member.mirror_keys:
            yield key, f"a mirror of {member.id}"
        for key in member.governance_keys:
            yield key, f"the governance of {member.id}"


def check_terms(roster: Roster, member: Member) -> None:
    """Check that a member has keys of all required algorithms and quotas within the limits."""
    mirror_types = {key.algorithm for key in member.mirror_keys}
    governance_types = {key.algorithm for key in member.governance_keys}
    for algorithm in roster.algorithms.evidence:
        if MIRROR_TYPES[algorithm] not in mirror_types:
            raise InvalidInputError(
                f"member {member.id} has no mirror key for {algorithm}, which evidence requires"
            )
    for algorithm in roster.algorithms.governance:
        if GOVERNANCE_TYPES[algorithm] not in governance_types:
            raise InvalidInputError(
                f"member {member.id} has no governance key for {algorithm}, which is required"
            )
    for name in ("body_bytes_max", "readers_max"):
        quota, limit = getattr(member.quotas, name), getattr(roster.limits, name)
        if quota > limit:
            raise InvalidInputError(
                f"the quota {name} of {member.id} is {quota}; the limit of all is {limit}"
            )
