"""The judge: a verdict on any record, from a view alone.

``judge`` is a pure function. ``Judge`` is the same with a memory: it keeps what it settled, so
that a reader who follows growing logs judges each record once. Both give the same verdicts,
since what is settled never changes (see the package's docstring for the argument).

A stream is judged in order, from its first record; a record behind one that is pending is
pending for the same want. That makes "all earlier records of its stream" a phrase that rules
may use, and it keeps the judging of a whole log linear.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from fundtrace.errors import InvalidInputError
from fundtrace.ledger.kinds.authorizations import AuthorizationGranted, AuthorizationRevoked
from fundtrace.ledger.kinds.common import AuthorityPointer, Body
from fundtrace.ledger.kinds.entries import HeaderContext, Record
from fundtrace.ledger.kinds.loans import LoanOpened
from fundtrace.ledger.kinds.table import find_authority
from fundtrace.ledger.origins import get_next_origin, get_previous_origin
from fundtrace.ledger.roster.document import Roster
from fundtrace.ledger.validity.authority_rules import discloses_nothing
from fundtrace.ledger.validity.case import Case
from fundtrace.ledger.validity.history import (
    Grant,
    History,
    Settled,
    get_place,
    to_minute,
)
from fundtrace.ledger.validity.reasons import Reason
from fundtrace.ledger.validity.stream_rules import is_of_log, is_under_active_roster
from fundtrace.ledger.validity.table import AUTHORITY_CHECKS, CHECKS, PLACE_CHECKS
from fundtrace.ledger.validity.verdicts import (
    LackingError,
    MissingRoster,
    Pending,
    Position,
    Valid,
    Verdict,
    Void,
)
from fundtrace.ledger.validity.view import LogPrefix, Preview, View


def judge(view: View, position: Position) -> Verdict:
    """Judge the record at a position; raises InvalidInputError where another entry stands."""
    return Judge(view).judge(position)


class Judge:
    """Judges the records of one view, then of any view that it grows into."""

    def __init__(self, view: View) -> None:
        """Begin with nothing settled."""
        self._view = view
        self._histories: dict[tuple[str, bytes], History] = {}
        self._grants: dict[AuthorityPointer, Grant | None] = {}

    @property
    def view(self) -> View:
        """Return the view that is judged now."""
        return self._view

    def extend(self, view: View) -> None:
        """Go on with a view that holds all that the present one holds, and more.

        Raises InvalidInputError where it holds less of a log, or is of another consortium.
        """
        if view.consortium != self._view.consortium:
            raise InvalidInputError("a view grows within its consortium")
        shorter = [one for one in self._view.logs if view.get_size(one) < self._view.get_size(one)]
        if shorter:
            raise InvalidInputError(f"a view only grows, and {shorter[0]} became shorter")
        self._view = view

    def judge(self, position: Position) -> Verdict:
        """Judge the record at a position; raises InvalidInputError where another entry stands."""
        try:
            settled = self.get_settled(position)
        except LackingError as lacking:
            return _build_pending(lacking)
        return Valid(is_late=True) if self.is_late(settled) else settled.verdict

    def preview(self, origin: str, context: HeaderContext, body: Body) -> Verdict:
        """Judge a record as if it were the next entry of a log, and keep nothing of it.

        The view must hold all of that log, what is not final yet included.
        """
        log = self._view.logs.get(origin, LogPrefix())
        logs = {**self._view.logs, origin: Preview(log, context, body)}
        probe = Judge(replace(self._view, logs=logs))
        probe._histories, probe._grants = self._histories, self._grants  # real entries only
        try:
            if log.list_stream(context.stream_id):
                history = self.walk(origin, context.stream_id, log.size)
            else:
                history = probe._begin(origin, context.stream_id)
            settled = probe._settle(history, Position(origin, log.size))
        except LackingError as lacking:
            return _build_pending(lacking)
        return Valid(is_late=True) if self.is_late(settled) else settled.verdict

    def get_settled(self, position: Position) -> Settled:
        """Return a record with what was found when it was judged; raises LackingError."""
        stream_id = self._get_context(position).stream_id
        return self.walk(position.origin, stream_id, position.index + 1).settled[position]

    def walk(self, origin: str, stream_id: bytes, size: int) -> History:
        """Return the history of a stream, settled for all records before ``size``.

        It may go further. Raises LackingError where a record before is pending.
        """
        indices = self._view.get_log(origin, size).list_stream(stream_id)
        history = self._histories.get((origin, stream_id))
        if history is None:
            history = self._begin(origin, stream_id)
            self._histories[origin, stream_id] = history
        while history.judged_count < len(indices) and indices[history.judged_count] < size:
            history.add(self._settle(history, Position(origin, indices[history.judged_count])))
        return history

    def get_grant(self, authority: AuthorityPointer) -> Grant | None:
        """Return the valid authorization that a pointer names, as far as seen; None if void."""
        if authority not in self._grants:
            self._grants[authority] = self._find_grant(authority)
        return self._grants[authority]

    def _get_context(self, position: Position) -> HeaderContext:
        log = self._view.get_log(position.origin, position.index + 1)
        value = log.get_entry(position.index).value
        if not isinstance(value, Record):
            raise InvalidInputError(
                f"entry {position.index} of {position.origin} is no record; only records are judged"
            )
        return value.context

    def _begin(self, origin: str, stream_id: bytes) -> History:
        """Return a history before its first record, behind those of the epochs before."""
        is_loan_stream = self._is_loan_stream(origin, stream_id)
        previous = get_previous_origin(origin)
        opening = self._view.find_opening(origin) if previous else None
        if opening is not None and opening.previous_origin == previous:
            log = self._view.get_log(previous, opening.final_size)
            indices = log.list_stream(stream_id)
            if indices and self._is_loan_stream(previous, stream_id) is is_loan_stream:
                return self.walk(previous, stream_id, opening.final_size).start_next(origin)
        return History(origin, stream_id, is_loan_stream)

    def _is_loan_stream(self, origin: str, stream_id: bytes) -> bool:
        first = self._view.logs[origin].list_stream(stream_id)[0]
        return isinstance(self._view.get_body(origin, first), LoanOpened)

    def _settle(self, history: History, position: Position) -> Settled:
        """Judge the next record of a history for good; raises LackingError."""
        context = self._get_context(position)
        entry = self._view.logs[position.origin].get_entry(position.index)
        place = (position, entry.leaf_hash, context.published_minute)
        if not is_of_log(self._view, position, context):
            return Settled(*place, Void(Reason.HEADER_CONTRADICTS_LOG))
        if not is_under_active_roster(self._view, position, context):
            return Settled(*place, Void(Reason.ROSTER_NOT_ACTIVE))
        roster = self._get_roster(context.roster_version)
        issuer = roster.find_member_by_origin(position.origin)
        if issuer is None:
            return Settled(*place, Void(Reason.ISSUER_NOT_MEMBER))
        body = self._view.get_body(position.origin, position.index)
        case = Case(self._view, self, position, context, body, roster, issuer, history)
        verdict = check_case(case)
        if verdict != Valid():
            return Settled(*place, verdict, body)
        is_harmless = case.found is not None and discloses_nothing(case)
        return Settled(*place, verdict, body, case.found, is_harmless)

    def _get_roster(self, version: int) -> Roster:
        roster = self._view.rosters.get(version)
        if roster is None:
            raise LackingError(MissingRoster(version))
        return roster

    def _find_grant(self, authority: AuthorityPointer) -> Grant | None:
        entry = self._view.get_entry(authority.record)
        if not isinstance(entry.value, Record):
            return None
        stream_id = entry.value.context.stream_id
        history = self.walk(authority.origin, stream_id, authority.seen_size)
        granted = history.find_valid(authority.record)
        if not isinstance(granted, AuthorizationGranted):
            return None
        before = get_place(authority.origin, authority.seen_size)
        loan = history.find_loan(granted.loan, before)
        if loan is None:
            return None
        revoked_minute = history.find_revoked_minute(granted, before)
        return Grant(authority.origin, stream_id, granted, loan, revoked_minute)

    def is_late(self, settled: Settled) -> bool:
        """Tell whether a revocation is known that a record stands after and had not seen.

        One that it had seen need not be told apart: had it forbidden the record, that were void.
        """
        if settled.grant is None or settled.discloses_nothing:
            return False
        return any(
            to_minute(revoked.effective_at) <= settled.published_minute
            for revoked in self._list_revocations(settled.grant)
        )

    def _list_revocations(self, grant: Grant) -> Iterator[AuthorizationRevoked]:
        """Give all known revocations of an authorization, of later epochs too."""
        origin = grant.origin
        while origin in self._view.logs:
            history = self.walk_far(origin, grant.stream_id)
            if history is not None:
                yield from (revoked for _, revoked in history.list_revocations(grant.body))
            origin = get_next_origin(origin)

    def walk_far(self, origin: str, stream_id: bytes) -> History | None:
        """Return the history of a stream as far as it can be settled now, or None."""
        log = self._view.get_log(origin, 0)
        if not log.list_stream(stream_id):
            return None
        try:
            return self.walk(origin, stream_id, log.size)
        except LackingError:
            return self._histories.get((origin, stream_id))


def _build_pending(lacking: LackingError) -> Pending:
    return Pending(tuple(sorted(set(lacking.missing), key=repr)))


def check_case(case: Case) -> Valid | Void:
    """Judge a record whose header is in order and whose body is open; raises LackingError."""
    for check in PLACE_CHECKS:
        if not check.is_kept(case):
            return Void(check.reason)
    earlier = case.history.first.get(case.body.record_id)
    if earlier is not None:
        is_same = earlier.body == case.body
        return Valid(is_repeat=True) if is_same else Void(Reason.RECORD_ID_REUSED)
    checks = CHECKS if find_authority(case.body) is None else (*AUTHORITY_CHECKS, *CHECKS)
    for check in checks:
        if isinstance(case.body, check.kinds) and not check.is_kept(case):
            return Void(check.reason)
    return Valid()
