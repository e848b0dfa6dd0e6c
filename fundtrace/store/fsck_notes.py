"""What was signed about a log, read again: heads, finals, cosignature lines, forks, the mirror.

Every note must be the checkpoint of the row that holds it. Signatures are verified where the
caller has the keys; without, a note is only read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sqlalchemy import select

from fundtrace.errors import FundtraceError, UnavailableError
from fundtrace.store import schema
from fundtrace.store.findings import Counts, Fault, Finding, Trust
from fundtrace.store.session import Session
from fundtrace.store.tx import Tx
from fundtrace.store.values import LogState
from fundtrace.tlog.checkpoint import Checkpoint, open_checkpoint, parse_checkpoint
from fundtrace.tlog.mirror_state import MirrorState
from fundtrace.tlog.note import parse_note, parse_signature_line
from fundtrace.tlog.quorum import verify_quorum


class NotesCheck:
    """The check of all that is signed about one log."""

    def __init__(self, tx: Tx, state: LogState, trust: Trust, counts: Counts) -> None:
        """Work within a reading Tx."""
        self._tx = tx
        self._state = state
        self._trust = trust
        self._counts = counts

    def run(self, session: Session) -> Iterator[Finding]:
        """Yield the faults of heads, finals, lines and forks."""
        yield from self._check_heads()
        yield from self._check_finals()
        yield from self._check_lines(session)
        for number, fork in enumerate(self._tx.forks.list_for(self._state.origin)):
            for name, note in (("ours", fork.ours), ("theirs", fork.theirs)):
                place = f"fork {number}, {name}"
                yield from self._check_note(Fault.FORK, place, note, lambda _checkpoint: True)

    def read_mirror(self, findings: list[Finding]) -> MirrorState | None:
        """Return the mirror's state; a damaged one is None and a finding."""
        try:
            mirror = self._tx.mirrors.find(self._state.origin)
        except UnavailableError as error:
            findings.append(self._find(Fault.MIRROR, "mirror", str(error.__cause__)))
            return None
        heads = {"pending": mirror.pending, "cosigned": mirror.cosigned, "closing": mirror.closing}
        for name, head in heads.items():
            if head is not None:
                findings += self._check_note(
                    Fault.MIRROR, f"mirror, {name}", head.encode(), lambda _checkpoint: True
                )
        return mirror

    def _check_heads(self) -> Iterator[Finding]:
        latest = self._tx.heads.find_latest(self._state.origin)
        for head in self._tx.heads.read(self._state.origin):
            self._counts.heads += 1
            place = f"head {head.size}"
            if not self._state.is_own:
                yield self._find(Fault.DANGLING, place, "of a log that is not our own")
            if head.note is not None:
                wanted = Checkpoint(head.origin, head.size, head.root_hash)
                yield from self._check_note(Fault.HEAD, place, head.note, wanted.__eq__)
            elif head != latest:
                yield self._find(Fault.HEAD, place, "never signed, though larger ones are there")

    def _check_finals(self) -> Iterator[Finding]:
        policy = self._trust.policies.get(self._state.origin)
        for final in self._tx.finals.read(self._state.origin):
            self._counts.heads += 1
            place = f"final {final.size}"
            wanted = Checkpoint(final.origin, final.size, final.root_hash)
            faults = list(self._check_note(Fault.FINAL, place, final.note, wanted.__eq__))
            yield from faults
            if policy is not None and not faults:
                try:
                    verify_quorum(final.note, policy)
                    self._counts.signatures += 1
                except FundtraceError as error:
                    yield self._find(Fault.SIGNATURE, place, str(error))

    def _check_lines(self, session: Session) -> Iterator[Finding]:
        table = schema.cosignatures
        log_id = session.get_log(self._state.origin)
        statement = select(table).where(table.c.log_id == log_id).order_by(table.c.size)
        for row in session.stream(statement, lambda row: row):
            place = f"cosignature of {row.member} at size {row.size}"
            try:
                key_id = parse_signature_line(row.line.removesuffix(b"\n")).key_id
            except FundtraceError as error:
                yield self._find(Fault.COSIGNATURE, place, str(error))
                continue
            if key_id != row.key_id:
                yield self._find(Fault.COSIGNATURE, place, f"is by key {key_id.hex()}")

    def _check_note(
        self, fault: Fault, place: str, note: bytes, is_wanted: Callable[[Checkpoint], bool]
    ) -> Iterator[Finding]:
        """Check that a note is the wanted checkpoint of this log, and its signature."""
        try:
            checkpoint = parse_checkpoint(parse_note(note).text)
        except FundtraceError as error:
            yield self._find(fault, place, str(error))
            return
        if checkpoint.origin != self._state.origin or not is_wanted(checkpoint):
            said = f"the note is of {checkpoint.origin}, size {checkpoint.size}"
            yield self._find(fault, place, said)
            return
        key = self._trust.keys.get(self._state.origin)
        if key is None:
            return
        try:
            open_checkpoint(note, key)
            self._counts.signatures += 1
        except FundtraceError as error:
            yield self._find(Fault.SIGNATURE, place, str(error))

    def _find(self, fault: Fault, place: str, said: str = "") -> Finding:
        return Finding(fault, self._state.origin, place, said)
