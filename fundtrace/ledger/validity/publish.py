"""A node refuses to publish what readers would not act on.

The node looks at its own log to the end, final or not, and at the final prefixes of the others.
It refuses what would be void; what would be pending, since it must not publish what it cannot
itself judge; and what would be late, since then it does know of the revocation: let it name a
size as seen that holds it. A repeat is let through: after a log's epoch ended, what was accepted
but not final is published again under the same id.
"""

from __future__ import annotations

from dataclasses import dataclass

from fundtrace.errors import RuleViolationError
from fundtrace.ledger.kinds.common import Body
from fundtrace.ledger.kinds.entries import HeaderContext
from fundtrace.ledger.validity.judge import Judge
from fundtrace.ledger.validity.reasons import Reason
from fundtrace.ledger.validity.verdicts import Pending, Valid, Void

NOT_TO_BE_JUDGED = "not_to_be_judged"


@dataclass(frozen=True, slots=True)
class Draft:
    """A record that a node is about to publish: its header but for the body's hash, its body."""

    context: HeaderContext
    body: Body


def check_publishable(judge: Judge, draft: Draft) -> None:
    """Check that a record would be valid as the next entry of the log that it names.

    Raises RuleViolationError, whose rule is a ``Reason`` or ``NOT_TO_BE_JUDGED``.
    """
    verdict = judge.preview(draft.context.origin, draft.context, draft.body)
    match verdict:
        case Void(reason=reason):
            raise RuleViolationError(reason, f"not published: {verdict.en}")
        case Pending(missing=missing):
            wanted = ", ".join(map(str, missing))
            raise RuleViolationError(NOT_TO_BE_JUDGED, f"not published; get this first: {wanted}")
        case Valid(is_late=True):
            raise RuleViolationError(
                Reason.AUTHORIZATION_REVOKED,
                "not published: the authorization was revoked behind the size named as seen; "
                "name a later one, and publish only what discloses nothing new",
            )
