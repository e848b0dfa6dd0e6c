"""A member of the consortium: its names and codes, its log, its keys, its endpoints.

Four kinds of keys, never shared: the log's (Ed25519, its name is the origin), the mirrors' (one
or several of each cosignature type), governance (kept offline, signs rosters) and the TLS
authority that issues its nodes' certificates. A learner mirrors and writes as others do, but
no quorum and no threshold counts it.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated

from fundtrace.errors import InvalidInputError
from fundtrace.ledger.kinds.bounds import Checked, Items, Text, Whole
from fundtrace.ledger.kinds.common import MemberId, Name
from fundtrace.ledger.roster.certificates import CaCertificate
from fundtrace.ledger.roster.terms import Quotas
from fundtrace.model.characters import is_trimmed
from fundtrace.tlog.keys import COSIGNATURE_ED25519, COSIGNATURE_MLDSA44, ED25519, VerifierKey

EPOCH_MAX = 999_999_999
MIRROR_KEYS_MAX = 8
TLS_CAS_MAX = 4
ENDPOINTS_MAX = 8
PORT_MAX = 65_535

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_ENDPOINT = re.compile(rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[0-9a-f:]{{2,39}}\]):([1-9][0-9]{{0,4}})")


class MemberStatus(StrEnum):
    """Whether quorums and thresholds count a member."""

    VOTING = "voting"
    LEARNER = "learner"


@dataclass(frozen=True, slots=True)
class KeyOf:
    """Bound of a field: a verifier key of one of some algorithms."""

    algorithms: Collection[int]

    def check(self, value: object, what: str) -> None:
        """Raise InvalidInputError where ``value`` is no such key."""
        if not isinstance(value, VerifierKey):
            raise InvalidInputError(f"{what} must be a VerifierKey, not {type(value).__name__}")
        if value.algorithm not in self.algorithms:
            allowed = ", ".join(f"0x{one:02x}" for one in sorted(self.algorithms))
            raise InvalidInputError(
                f"{what} {value.name} is of type 0x{value.algorithm:02x}; allowed: {allowed}"
            )


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Bound of a field: where a node is reached, ``host:port`` or ``[IPv6]:port``."""

    def check(self, value: object, what: str) -> None:
        """Raise InvalidInputError where ``value`` is no such text."""
        if not isinstance(value, str):
            raise InvalidInputError(f"{what} must be text, not {type(value).__name__}")
        match = _ENDPOINT.fullmatch(value)
        if match is None or len(value) > 260 or int(match[1]) > PORT_MAX:
            raise InvalidInputError(
                f"{what} is {value!r}; write host:port in lower case, as node1.bank.example:7443"
            )


LogKey = Annotated[VerifierKey, KeyOf({ED25519})]
MirrorKey = Annotated[VerifierKey, KeyOf({COSIGNATURE_ED25519, COSIGNATURE_MLDSA44})]
GovernanceKey = Annotated[VerifierKey, KeyOf({ED25519, COSIGNATURE_MLDSA44})]
# The origin without its epoch, of the characters that ``common.Origin`` allows.
OriginBase = Annotated[str, Text(1, 200, re.compile(r"[0-9a-z][0-9A-Za-z._~:/-]*[0-9A-Za-z]"))]
# SPEC: the 12 digits of a 联行号 (CNAPS); empty for a bank abroad.
Cnaps = Annotated[str, Text(0, 12, re.compile(r"[0-9]{12}"))]
# SPEC: ISO 9362; empty for a bank without.
Bic = Annotated[str, Text(0, 11, re.compile(r"[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}(?:[A-Z0-9]{3})?"))]
# SPEC: ISO 17442-1; empty for a bank without.
Lei = Annotated[str, Text(0, 20, re.compile(r"[A-Z0-9]{18}[0-9]{2}"))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Member(Checked):
    """One member of one roster version."""

    id: MemberId
    name_zh: Name
    name_en: Name
    cnaps: Cnaps = ""
    bic: Bic = ""
    lei: Lei = ""
    status: MemberStatus
    origin_base: OriginBase
    epoch: Annotated[int, Whole(1, EPOCH_MAX)] = 1
    log_key: LogKey
    mirror_keys: Annotated[tuple[MirrorKey, ...], Items(1, MIRROR_KEYS_MAX)]
    governance_keys: Annotated[tuple[GovernanceKey, ...], Items(1, 2)]
    tls_cas: Annotated[
        tuple[Annotated[bytes, CaCertificate(is_tls=True)], ...], Items(1, TLS_CAS_MAX)
    ]
    endpoints: Annotated[tuple[Annotated[str, Endpoint()], ...], Items(1, ENDPOINTS_MAX)]
    quotas: Quotas = field(default_factory=Quotas)

    @property
    def origin(self) -> str:
        """Return the origin of the member's log in its current epoch."""
        return f"{self.origin_base}/{self.epoch}"

    @property
    def is_voting(self) -> bool:
        """Return whether quorums and thresholds count the member."""
        return self.status is MemberStatus.VOTING

    def check_together(self) -> None:
        """Raise InvalidInputError where the member's fields contradict each other."""
        if not (self.cnaps or self.bic or self.lei):
            raise InvalidInputError(
                f"member {self.id} has no bank code; give its CNAPS code, its BIC or its LEI"
            )
        if self.lei and not is_lei(self.lei):
            raise InvalidInputError(f"the check digits of the LEI {self.lei} are wrong")
        for name in (self.name_zh, self.name_en):
            if not is_trimmed(name):
                raise InvalidInputError(f"the name {name!r} begins or ends with a space")
        # SPEC: tlog-checkpoint "Signatures": the key's name is the origin of the log
        if self.log_key.name != self.origin:
            raise InvalidInputError(
                f"the log key of {self.id} is named {self.log_key.name}; the log is {self.origin}"
            )
        kinds = sorted(key.algorithm for key in self.governance_keys)
        if kinds not in ([ED25519], [ED25519, COSIGNATURE_MLDSA44]):
            raise InvalidInputError(
                f"member {self.id} needs one Ed25519 governance key (0x01), and at most one "
                "of ML-DSA-44 (0x06) beside it"
            )


def is_lei(text: str) -> bool:
    """Return whether an LEI's check digits are right; its form is taken as checked.

    The text is read as a number, letters as 10 to 35; its remainder modulo 97 must be 1
    (ISO 7064 MOD 97-10, by ISO 17442-1).
    """
    digits = "".join(str(int(character, 36)) for character in text)
    return int(digits) % 97 == 1
