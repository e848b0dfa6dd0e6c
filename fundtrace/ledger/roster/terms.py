"""The terms of a consortium: required algorithms, limits, quotas, periods, allowed bases.

Every number has its bounds in its annotation, and a default where most consortia need no other.
What a term means for a node stands at its field; who enforces it is the node.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from fundtrace.errors import InvalidInputError
from fundtrace.ledger.kinds.bounds import Checked, Items, Text, Whole
from fundtrace.ledger.kinds.common import Code
from fundtrace.ledger.roster.uniqueness import check_ascending
from fundtrace.tlog.bundles import ENTRY_BYTES_MAX
from fundtrace.tlog.keys import COSIGNATURE_ED25519, COSIGNATURE_MLDSA44, ED25519

MEMBERS_MAX = 64  # LIMIT: a quorum of 64 is 43; 43 lines of each of two algorithms fit 100
BODY_BYTES_MAX = 1 << 20  # LIMIT: a body goes in one gRPC message, of 4 MB
DAY_BYTES_MAX = 1 << 44  # LIMIT: 17.6 TB a day; bounds the arithmetic, not the bank
COUNT_MAX = 1_000_000

# SPEC: ISO 3166-1 alpha-2
Jurisdiction = Annotated[str, Text(2, 2, re.compile(r"[A-Z]{2}"))]
Count = Annotated[int, Whole(0, COUNT_MAX)]
PeriodDays = Annotated[int, Whole(1, 36_525)]


class SigningAlgorithm(StrEnum):
    """With what members sign: the family, whose type byte depends on what is signed."""

    ED25519 = "ed25519"
    MLDSA44 = "mldsa44"


Algorithms = Annotated[tuple[SigningAlgorithm, ...], Items(1, len(SigningAlgorithm))]
# The type bytes of a family in cosignatures of mirrors, and in governance signatures.
MIRROR_TYPES = {
    SigningAlgorithm.ED25519: COSIGNATURE_ED25519,
    SigningAlgorithm.MLDSA44: COSIGNATURE_MLDSA44,
}
GOVERNANCE_TYPES = {
    SigningAlgorithm.ED25519: ED25519,
    SigningAlgorithm.MLDSA44: COSIGNATURE_MLDSA44,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RequiredAlgorithms(Checked):
    """Which algorithms need a quorum, or a threshold, of members each, by itself.

    ``live``: what makes a head final while nodes run. ``evidence``: what a checkpoint carries
    at least daily and in every evidence package; it holds all of ``live``. ``governance``: what
    rosters are signed with; Ed25519 is always one.
    """

    live: Algorithms = (SigningAlgorithm.ED25519,)
    evidence: Algorithms = (SigningAlgorithm.ED25519, SigningAlgorithm.MLDSA44)
    governance: Algorithms = (SigningAlgorithm.ED25519,)

    def check_together(self) -> None:
        """Raise InvalidInputError for a list out of order or one that lacks what it must hold."""
        for name in ("live", "evidence", "governance"):
            check_ascending(getattr(self, name), f"RequiredAlgorithms.{name}")
        if not set(self.live) <= set(self.evidence):
            raise InvalidInputError("RequiredAlgorithms.evidence must hold all that live holds")
        if SigningAlgorithm.ED25519 not in self.governance:
            raise InvalidInputError("RequiredAlgorithms.governance must hold ed25519")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits(Checked):
    """What no entry, body or query of any member may exceed."""

    full_copies: Annotated[int, Whole(1, MEMBERS_MAX)] = 7  # up to so many members hold all bodies
    hashed_copies: Annotated[int, Whole(0, MEMBERS_MAX)] = 3  # above that: so many, by hash
    entry_bytes_max: Annotated[int, Whole(1_024, ENTRY_BYTES_MAX)] = ENTRY_BYTES_MAX
    body_bytes_max: Annotated[int, Whole(1_024, BODY_BYTES_MAX)] = 262_144
    readers_max: Annotated[int, Whole(1, MEMBERS_MAX)] = 32
    matching_list_max: Annotated[int, Whole(1, 4_096)] = 256  # related parties of one loan


@dataclass(frozen=True, slots=True, kw_only=True)
class Quotas(Checked):
    """How much one member may ask of the others; above it, its own log waits."""

    bytes_per_day: Annotated[int, Whole(1, DAY_BYTES_MAX)] = 10_000_000_000
    body_bytes_max: Annotated[int, Whole(1_024, BODY_BYTES_MAX)] = 262_144
    readers_max: Annotated[int, Whole(1, MEMBERS_MAX)] = 32
    checkpoints_per_second: Annotated[int, Whole(1, 1_000)] = 50
    inquiries_per_day: Count = 1_000
    matching_queries_per_day: Count = 10_000
    catch_up_bytes_per_day: Annotated[int, Whole(1, DAY_BYTES_MAX)] = 100_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Periods(Checked):
    """How long things last; days are calendar days of 24 hours."""

    key_epoch_days: PeriodDays = 30  # members publish a fresh HPKE key so often
    key_grace_days: PeriodDays = 14  # and destroy the old one so long after
    log_epoch_days: PeriodDays = 366  # a log rolls to its next epoch so often
    evidence_every_seconds: Annotated[int, Whole(60, 86_400)] = 86_400  # at least daily
    inactive_after_seconds: Annotated[int, Whole(60, 31_622_400)] = 259_200  # then say so
    body_retention_days: PeriodDays = 3_653  # no body is erased before
    inquiry_answer_days: PeriodDays = 10
    dispute_answer_days: PeriodDays = 20

    def check_together(self) -> None:
        """Raise InvalidInputError for a grace time as long as the epoch that it follows."""
        if self.key_grace_days >= self.key_epoch_days:
            raise InvalidInputError(
                f"Periods.key_grace_days {self.key_grace_days} must be less than key_epoch_days "
                f"{self.key_epoch_days}, or two old keys would be alive at once"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowedBases(Checked):
    """On which bases a holder's account may be followed in one jurisdiction."""

    jurisdiction: Jurisdiction
    bases: Annotated[tuple[Code, ...], Items(1, 32)]

    def check_together(self) -> None:
        """Raise InvalidInputError for bases that stand twice or out of order."""
        check_ascending(self.bases, "AllowedBases.bases")
