"""What a judgement says: valid, void with its reason, or pending with what is missing.

``Valid`` and ``Void`` never change, whatever becomes known later. What may become known of a
valid record is that it is *late*; that, too, is never taken back. ``Pending`` names what would
let the judgement go on; each thing named is missing, and once all of it is there the answer is
another one.
"""

from __future__ import annotations

from dataclasses import dataclass

from fundtrace.ledger.validity.reasons import WORDS, Reason


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """Where a record stands: the log, and the index in it."""

    origin: str
    index: int


@dataclass(frozen=True, slots=True, order=True)
class MissingEntries:
    """The final entries of a log up to a size (the first ``size`` of them)."""

    origin: str
    size: int


@dataclass(frozen=True, slots=True, order=True)
class MissingBody:
    """The body of a record, opened."""

    origin: str
    index: int


@dataclass(frozen=True, slots=True, order=True)
class MissingRoster:
    """A version of the roster."""

    version: int


@dataclass(frozen=True, slots=True, order=True)
class MissingRuleSet:
    """A version of the rule set."""

    version: str


Missing = MissingEntries | MissingBody | MissingRoster | MissingRuleSet


@dataclass(frozen=True, slots=True)
class Valid:
    """The record may be acted on.

    ``is_repeat``: it says again, under the same id, what an earlier record said; the first one
    counts. ``is_late``: it stands after a revocation's effect that its issuer had not seen.
    """

    is_repeat: bool = False
    is_late: bool = False


@dataclass(frozen=True, slots=True)
class Void:
    """The record has no effect, and never will."""

    reason: Reason

    @property
    def zh(self) -> str:
        """Return the reason in Chinese."""
        return WORDS[self.reason].zh

    @property
    def en(self) -> str:
        """Return the reason in English."""
        return WORDS[self.reason].en


@dataclass(frozen=True, slots=True)
class Pending:
    """Not to be judged yet; ``missing`` is sorted and never empty."""

    missing: tuple[Missing, ...]


Verdict = Valid | Void | Pending


class LackingError(Exception):
    """Raised inside this room where a rule cannot be judged for want of something."""

    def __init__(self, *missing: Missing) -> None:
        """Keep what is missing."""
        self.missing = missing
        super().__init__(missing)
