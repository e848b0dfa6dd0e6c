"""Every error that may cross a boundary, sorted by who must act.

A boundary is a parser, an adapter, a command or a remote call: nothing but these
errors leaves one, with the original cause chained. Each class names the person who
can do something about it, and ``exit_code`` says what a command returns then:
1 checked and the answer is no, 2 wrong use or bad input, 3 another error of ours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fundtrace.model.problems import Problem


class FundtraceError(Exception):
    """The root of all errors that fundtrace raises on purpose."""

    exit_code = 3


class InvalidInputError(FundtraceError):
    """The caller must correct the request or the input."""

    exit_code = 2


class EncodingError(InvalidInputError):
    """Bytes are not what their format demands; whoever wrote them must act."""


class BadTablesError(InvalidInputError):
    """Tables hold bad rows; nothing of them was taken over.

    ``problems`` lists every bad row found, in file and line order; ``total`` counts them
    all when the list was cut by the caller's limit.
    """

    def __init__(self, problems: Sequence[Problem], total: int | None = None) -> None:
        """Keep the problems; the message counts them and shows the first."""
        self.problems = tuple(problems)
        self.total = len(self.problems) if total is None else total
        first = f"; first: {self.problems[0]}" if self.problems else ""
        noun = "problem" if self.total == 1 else "problems"
        super().__init__(f"{self.total} {noun} in the tables, nothing was loaded{first}")


class NotFoundError(FundtraceError):
    """What the caller named does not exist in what was searched."""

    exit_code = 1


class AmbiguousError(InvalidInputError):
    """What the caller named fits several things; ``candidates`` lists them."""

    def __init__(self, message: str, candidates: Sequence[str]) -> None:
        """Keep the candidates beside the message."""
        self.candidates = tuple(candidates)
        super().__init__(message)


class RuleViolationError(FundtraceError):
    """A business rule forbids it; ``rule`` names the rule."""

    exit_code = 1

    def __init__(self, rule: str, message: str) -> None:
        """Keep the rule's name beside the message."""
        self.rule = rule
        super().__init__(message)


class UnauthenticatedError(FundtraceError):
    """Nobody vouches for the caller; the caller or its administrator must act."""


class NotPermittedError(FundtraceError):
    """The caller is known and may not do this; its administrator must act."""

    exit_code = 1


class ConflictError(FundtraceError):
    """Something else changed what the caller builds on; read again, then try again."""


class StaleCheckpointError(ConflictError):
    """The caller builds on another size than the one recorded, ``known_size``."""

    def __init__(self, message: str, known_size: int) -> None:
        """Keep the size, from which the caller goes on."""
        self.known_size = known_size
        super().__init__(message)


class RequestReusedError(FundtraceError):
    """The same identifier came before with other content; nothing was changed."""

    exit_code = 2


class UnavailableError(FundtraceError):
    """What is needed does not answer now; the caller waits, or an operator looks."""


class OverloadedError(UnavailableError):
    """A quota or a queue is full; the caller waits, then tries the same request again."""


class UnknownOutcomeError(UnavailableError):
    """Whether a write became durable is not known; the writer stops, reads again, goes on."""


class VerificationError(FundtraceError):
    """Evidence does not hold; the operator must look at it."""

    exit_code = 1


class SignatureError(VerificationError):
    """A signature does not verify, or none of a trusted key is there."""


class ProofError(VerificationError):
    """A Merkle proof does not lead to the root that it should."""


class ForkError(VerificationError):
    """Two signed heads of one log contradict each other; both are kept as evidence."""

    def __init__(self, message: str, ours: bytes, theirs: bytes) -> None:
        """Keep both signed checkpoints, as they came."""
        self.ours = ours
        self.theirs = theirs
        super().__init__(message)
