"""What a check of evidence found: finding by finding, proven or only claimed, and the answer.

A finding is proven by signatures and hashes alone, or claimed: somebody says so, and the
evidence shows who. What is hidden stands sealed in the evidence, as its holder may not show
it. What is missing would have to be given before the answer can be yes; what is refuted
contradicts itself or its signatures. The words for all this stand in ``words``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from fundtrace.ledger.kinds.common import Body


class Standing(StrEnum):
    """How a finding stands."""

    PROVEN = "proven"
    CLAIMED = "claimed"
    HIDDEN = "hidden"
    MISSING = "missing"
    REFUTED = "refuted"


class Topic(StrEnum):
    """What a finding is about; each has its sentence in both languages."""

    PACKAGE_MADE = "package_made"
    ROSTER_PINNED = "roster_pinned"
    ROSTER_NOT_PINNED = "roster_not_pinned"
    ROSTER_ABSENT = "roster_absent"
    ROSTER_REFUTED = "roster_refuted"
    ENTRY_FINAL = "entry_final"
    ENTRY_REFUTED = "entry_refuted"
    ENTRY_OF_OLDER_ROSTER = "entry_of_older_roster"
    ENTRY_CLEAR = "entry_clear"
    RECORD_PUBLISHED = "record_published"
    BODY_OPENED = "body_opened"
    BODY_SAYS = "body_says"
    BODY_VOID = "body_void"
    BODY_HIDDEN = "body_hidden"
    BODY_REFUTED = "body_refuted"
    CONSENT_VERIFIED = "consent_verified"
    CONSENT_REFUTED = "consent_refuted"
    ERASURE_COUNTERSIGNED = "erasure_countersigned"
    ERASURE_CLAIMED = "erasure_claimed"
    ERASURE_REFUTED = "erasure_refuted"
    FORK_SHOWN = "fork_shown"
    STREAM_COMPLETE = "stream_complete"
    STREAM_WITHOUT_TALLY = "stream_without_tally"
    STREAM_BEYOND_TALLY = "stream_beyond_tally"
    STREAM_GAP = "stream_gap"
    STREAM_REFUTED = "stream_refuted"
    DOCUMENT_ENCLOSED = "document_enclosed"
    NOTHING_ENCLOSED = "nothing_enclosed"
    LOG_SIGNED = "log_signed"
    LOG_REFUTED = "log_refuted"
    LOG_WHOLE = "log_whole"
    COSIGNED = "cosigned"
    COSIGNATURE_ABSENT = "cosignature_absent"
    INCLUDED = "included"
    ENTRY_NOT_GIVEN = "entry_not_given"
    INCLUSION_REFUTED = "inclusion_refuted"


# What a reader may accept on purpose: evidence that shows only a part of a stream.
_OF_PARTS = frozenset({Topic.STREAM_WITHOUT_TALLY, Topic.STREAM_BEYOND_TALLY, Topic.STREAM_GAP})


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding; ``subject`` is the file or log that it is about, ``details`` fill its words."""

    standing: Standing
    topic: Topic
    subject: str
    details: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Verdict:
    """All findings of one check, in the order in which they were made.

    ``bodies`` holds the records that were opened, by the subject of their findings.
    """

    findings: tuple[Finding, ...]
    bodies: Mapping[str, Body] = field(default_factory=dict)

    def holds(self, *, is_part_enough: bool = False) -> bool:
        """Tell whether something is proven, nothing is refuted and nothing needed is missing.

        With ``is_part_enough``, streams that are shown in part do not count as missing.
        """
        accepted = _OF_PARTS if is_part_enough else frozenset()
        standings = {one.standing for one in self.findings if one.topic not in accepted}
        return Standing.PROVEN in standings and not standings & {
            Standing.MISSING,
            Standing.REFUTED,
        }

    def list_findings(self, standing: Standing) -> tuple[Finding, ...]:
        """Return the findings that stand so."""
        return tuple(one for one in self.findings if one.standing is standing)
