"""The fold: of every record the latest effective value, which is what readers act on.

Only final and valid records enter, and of those under one id the first. Corrections replace the
value, returns are listed with the hop along which money went back, and what forbids to use a
record stands beside it: a restriction (store only), an open dispute (show the mark), lateness.

A restriction holds until the bank that stated it lifts it, for the same subject; one without
subjects is of the whole loan. A dispute is open until its stream ends it. Both count only for
records of the loan that they are about.
"""

from __future__ import annotations

from dataclasses import dataclass

from fundtrace.ledger.kinds.changes import Correction
from fundtrace.ledger.kinds.common import Body, RecordPointer
from fundtrace.ledger.kinds.handling import Dispute, Restriction
from fundtrace.ledger.origins import get_origin_base, split_origin
from fundtrace.ledger.validity.history import History, Place, Settled
from fundtrace.ledger.validity.judge import Judge
from fundtrace.ledger.validity.verdicts import Position, Valid
from fundtrace.ledger.validity.view import View


@dataclass(frozen=True, slots=True, order=True)
class RecordKey:
    """What a record id is unique in: the base of its issuer's logs, and the stream."""

    base: str
    stream_id: bytes
    record_id: bytes


_Subject = tuple[bytes, RecordKey | None]  # loan key, and one of its records or all of it


@dataclass(frozen=True, slots=True)
class EffectiveRecord:
    """One record as it stands.

    ``position`` is that of the first publication; ``value`` the latest whole value, in its
    ``version``; ``returns`` the ids of returns along this hop; ``open_disputes`` where they
    were opened.
    """

    position: Position
    value: Body
    version: int
    returns: tuple[bytes, ...]
    is_late: bool
    is_restricted: bool
    open_disputes: tuple[Position, ...]


def list_effective_records(view: View) -> dict[RecordKey, EffectiveRecord]:
    """Return the latest effective value of every record in a view, in order of their keys."""
    return fold(Judge(view))


def fold(judge: Judge) -> dict[RecordKey, EffectiveRecord]:
    """Return what ``list_effective_records`` does, of the view that a judge has come to.

    A judge that was extended step by step gives the same as one that began with the last view.
    """
    ledger = _Ledger(judge)
    late = {ledger.keys[one.position] for one in ledger.valid if judge.is_late(one)}
    restricted = ledger.find_restricted()
    disputes = ledger.find_disputes()
    found = {}
    for base, history in ledger.histories:
        for record_id, latest in history.latest.items():
            key = RecordKey(base, history.stream_id, record_id)
            loan_key = latest.value.loan_key
            found[key] = EffectiveRecord(
                latest.first.position,
                latest.value,
                latest.version,
                tuple(latest.returns),
                key in late,
                not restricted.isdisjoint({(loan_key, None), (loan_key, key)}),
                tuple(sorted(disputes.get((loan_key, key), ()))),
            )
    return dict(sorted(found.items()))


class _Ledger:
    """All streams of a view, settled as far as they can be, and where each record stands."""

    def __init__(self, judge: Judge) -> None:
        self.histories = _walk_all(judge)
        self.valid: list[Settled] = []
        self.keys: dict[Position, RecordKey] = {}
        self._hashes: dict[Position, bytes] = {}
        for base, history in self.histories:
            for position, settled in history.settled.items():
                body = settled.body
                if body is None or not isinstance(settled.verdict, Valid):
                    continue
                record_id = (body.value if isinstance(body, Correction) else body).record_id
                self.valid.append(settled)
                self.keys[position] = RecordKey(base, history.stream_id, record_id)
                self._hashes[position] = settled.leaf_hash

    def find_restricted(self) -> set[_Subject]:
        """Return what may only be stored: records of a loan, or all of a loan (None)."""
        state: dict[tuple[str, _Subject], bool] = {}
        for settled in sorted(self.valid, key=_get_base_and_place):
            if isinstance(body := settled.body, Restriction):
                base = self.keys[settled.position].base
                for subject in self._list_subjects(body.loan_key, body.subjects):
                    state[base, subject] = not body.is_lifted
                if not body.subjects:
                    state[base, (body.loan_key, None)] = not body.is_lifted
        return {subject for (_, subject), is_restricted in state.items() if is_restricted}

    def find_disputes(self) -> dict[_Subject, set[Position]]:
        """Return, by subject, where the disputes about it were opened that are not ended."""
        opened: dict[RecordKey, Settled] = {}
        ended: set[RecordKey | None] = set()
        for settled in self.valid:
            if isinstance(settled.body, Dispute):
                if settled.body.opened is None:
                    opened.setdefault(self.keys[settled.position], settled)
                else:
                    ended.add(self._find_key(settled.body.opened))
        found: dict[_Subject, set[Position]] = {}
        for key, settled in opened.items():
            if key not in ended and isinstance(body := settled.body, Dispute):
                for subject in self._list_subjects(body.loan_key, body.subjects):
                    found.setdefault(subject, set()).add(settled.position)
        return found

    def _list_subjects(
        self, loan_key: bytes, pointers: tuple[RecordPointer, ...]
    ) -> list[_Subject]:
        keys = (self._find_key(pointer) for pointer in pointers)
        return [(loan_key, key) for key in keys if key is not None]

    def _find_key(self, pointer: RecordPointer) -> RecordKey | None:
        """Return the key of the valid record that a pointer names exactly, or None."""
        position = Position(pointer.origin, pointer.index)
        return self.keys[position] if self._hashes.get(position) == pointer.leaf_hash else None


def _walk_all(judge: Judge) -> list[tuple[str, History]]:
    """Settle all streams as far as it goes; of each that of the last epoch, which holds all."""
    found: dict[tuple[str, bytes, bool], History] = {}
    for origin in sorted(judge.view.logs, key=split_origin):
        base = get_origin_base(origin)
        for stream_id in judge.view.logs[origin].list_streams():
            history = judge.walk_far(origin, stream_id)
            if history is not None:
                found[base, stream_id, history.is_loan_stream] = history
    return [(key[0], found[key]) for key in sorted(found)]


def _get_base_and_place(settled: Settled) -> tuple[str, Place]:
    return get_origin_base(settled.position.origin), settled.place
