"""What others' signatures made of checkpoints: cosignature lines, finals, evidence of forks.

All of it was verified by the caller; all is kept as the bytes that came. Of one size there is
one final root: another is the proof of a fork, kept in ``forks`` and never deleted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Any

from sqlalchemy import Row, insert, select

from fundtrace.errors import ForkError
from fundtrace.store import schema
from fundtrace.store.session import Session
from fundtrace.store.values import CosignatureLine, FinalCheckpoint, ForkEvidence, check_number


class Cosignatures:
    """Signature lines of members' mirrors over checkpoints."""

    def __init__(self, session: Session) -> None:
        """Work within a Tx."""
        self._session = session

    def record(self, lines: Iterable[CosignatureLine]) -> None:
        """Keep lines; of a member's key over one checkpoint the first line stands."""
        for one in lines:
            self._session.change(
                self._session.upsert(schema.cosignatures)
                .values(
                    log_id=self._session.get_log(one.origin),
                    size=one.size,
                    root_hash=one.root_hash,
                    member=one.member,
                    key_id=one.key_id,
                    at_seconds=one.at_seconds,
                    line=one.line,
                )
                .on_conflict_do_nothing()
            )

    def list_for(self, origin: str, size: int, root_hash: bytes) -> tuple[CosignatureLine, ...]:
        """Return the lines over one checkpoint, by member and key id."""
        table = schema.cosignatures
        rows = self._session.list_rows(
            select(table)
            .where(
                table.c.log_id == self._session.get_log(origin),
                table.c.size == size,
                table.c.root_hash == root_hash,
            )
            .order_by(table.c.member, table.c.key_id)
        )
        return tuple(
            CosignatureLine(
                origin, row.size, row.root_hash, row.member, row.key_id, row.at_seconds, row.line
            )
            for row in rows
        )


class Finals:
    """Checkpoints with the lines of a quorum."""

    def __init__(self, session: Session) -> None:
        """Work within a Tx."""
        self._session = session

    def record(self, final: FinalCheckpoint) -> FinalCheckpoint:
        """Keep a final checkpoint and return the one that stands: the first of its size.

        Raises ForkError with both notes where that one has another root; keep them in ``forks``
        in a Tx of their own.
        """
        found = self._find(final.origin, schema.finals.c.size == final.size, schema.finals.c.size)
        if found is not None:
            if found.root_hash != final.root_hash:
                raise ForkError(
                    f"{final.origin} has two final heads of size {final.size}",
                    found.note,
                    final.note,
                )
            return found
        self._session.change(
            insert(schema.finals).values(
                log_id=self._session.get_log(final.origin),
                size=final.size,
                root_hash=final.root_hash,
                note=final.note,
                at_seconds=final.at_seconds,
                roster_version=final.roster_version,
            )
        )
        return final

    def find_latest(self, origin: str) -> FinalCheckpoint | None:
        """Return the largest final checkpoint of a log."""
        return self._find(origin, schema.finals.c.size >= 0, schema.finals.c.size.desc())

    def find_covering(self, origin: str, index: int) -> FinalCheckpoint | None:
        """Return the smallest final checkpoint that covers an entry."""
        check_number(index, "the index of an entry")
        return self._find(origin, schema.finals.c.size > index, schema.finals.c.size)

    def read(self, origin: str) -> Iterator[FinalCheckpoint]:
        """Yield the final checkpoints of a log by size."""
        table = schema.finals
        log_id = self._session.get_log(origin)
        statement = select(table).where(table.c.log_id == log_id).order_by(table.c.size)
        yield from self._session.stream(statement, lambda row: _read_final(origin, row))

    def _find(self, origin: str, condition: Any, order: Any) -> FinalCheckpoint | None:
        table = schema.finals
        row = self._session.find_row(
            select(table)
            .where(table.c.log_id == self._session.get_log(origin), condition)
            .order_by(order)
            .limit(1)
        )
        return None if row is None else _read_final(origin, row)


class Forks:
    """Pairs of signed heads that contradict each other; nothing deletes one."""

    def __init__(self, session: Session) -> None:
        """Work within a Tx."""
        self._session = session

    def record(self, evidence: ForkEvidence) -> None:
        """Keep both heads; the same pair again is one."""
        check_number(evidence.noticed_at_seconds, "the time of a finding")
        pair = b"".join(sha256(note).digest() for note in (evidence.ours, evidence.theirs))
        self._session.change(
            self._session.upsert(schema.forks)
            .values(
                log_id=self._session.get_log(evidence.origin),
                evidence_hash=sha256(pair).digest(),
                ours=evidence.ours,
                theirs=evidence.theirs,
                noticed_at_seconds=evidence.noticed_at_seconds,
            )
            .on_conflict_do_nothing()
        )

    def list_for(self, origin: str) -> tuple[ForkEvidence, ...]:
        """Return all evidence against a log, the first found first."""
        table = schema.forks
        rows = self._session.list_rows(
            select(table)
            .where(table.c.log_id == self._session.get_log(origin))
            .order_by(table.c.noticed_at_seconds, table.c.evidence_hash)
        )
        return tuple(
            ForkEvidence(origin, row.ours, row.theirs, row.noticed_at_seconds) for row in rows
        )


def _read_final(origin: str, row: Row[Any]) -> FinalCheckpoint:
    return FinalCheckpoint(
        origin, row.size, row.root_hash, row.note, row.at_seconds, row.roster_version
    )
