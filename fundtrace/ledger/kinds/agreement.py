"""Whether a record's header and its opened body belong together.

The header is public and the body is not, so only readers can see that they contradict each
other: a bank that points, in its own name, to records of another bank's log as if they were
its own. A publisher checks before it seals, a reader where it judges validity (a record whose
header and body disagree is void, but it was opened, so opening does not refuse it).
"""

from __future__ import annotations

from collections.abc import Iterator

from fundtrace.errors import RuleViolationError
from fundtrace.ledger.kinds.authorizations import AuthorizationGranted, AuthorizationRevoked
from fundtrace.ledger.kinds.changes import Correction, Return
from fundtrace.ledger.kinds.common import Body, RecordPointer
from fundtrace.ledger.kinds.entries import HeaderContext
from fundtrace.ledger.kinds.loans import LoanClosed
from fundtrace.ledger.kinds.receipts import FollowEnded
from fundtrace.ledger.kinds.sharing import Share
from fundtrace.ledger.origins import get_origin_base

HEADER_BODY_RULE = "header_body"


def check_header_body(context: HeaderContext, body: Body) -> None:
    """Refuse a body that claims as its issuer's own what lies in another member's log.

    All epochs of a member's log count as its own. Raises RuleViolationError, ``header_body``.
    """
    own = get_origin_base(context.origin)
    for what, pointer in _list_own_records(body):
        if get_origin_base(pointer.origin) != own:
            raise RuleViolationError(
                HEADER_BODY_RULE,
                f"{type(body).__name__}.{what} points into {pointer.origin}; it must be a record "
                f"of its issuer's own log {context.origin}",
            )


def _list_own_records(body: Body) -> Iterator[tuple[str, RecordPointer]]:
    """Yield the pointers of a body that must be to its issuer's own records, each with its name."""
    match body:
        case LoanClosed() | AuthorizationGranted():
            yield "loan", body.loan
        case AuthorizationRevoked():
            yield "authorization", body.authorization
        case FollowEnded():
            yield "started_by", body.started_by
        case Return():
            yield "target", body.target
        case Correction():
            yield "target", body.target
            for what, pointer in _list_own_records(body.value):
                yield f"value.{what}", pointer
        case Share():
            for place, key in enumerate(body.keys):
                yield f"keys[{place}].record", key.record
        case _:
            pass
