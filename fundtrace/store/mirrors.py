"""How far the mirror of each log is: the head it works towards and the one it cosigned.

What is durable is the log's own state. A mirror's marks only grow, a size has one root, and a
cosigned head is covered by stored entries; all else is the state machine's (tlog). The state is
written by compare-and-swap as a whole, before the cosignature leaves the node.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, insert, select, update

from fundtrace.errors import ConflictError, RuleViolationError
from fundtrace.store import schema
from fundtrace.store.identity import Standing
from fundtrace.store.logs import Logs
from fundtrace.store.session import Session
from fundtrace.store.values import check_bytes, check_number
from fundtrace.tlog.hashing import HASH_BYTES


@dataclass(frozen=True, slots=True)
class Mark:
    """A checkpoint that a mirror keeps: size, root, and the note as it came or went out."""

    size: int
    root_hash: bytes
    note: bytes

    def __post_init__(self) -> None:
        """Refuse what no checkpoint has."""
        check_number(self.size, "the size of a checkpoint")
        check_bytes(self.root_hash, HASH_BYTES, "the root of a checkpoint")


@dataclass(frozen=True, slots=True)
class MirrorState:
    """The marks of one log's mirror; None before the first."""

    origin: str
    pending: Mark | None = None
    cosigned: Mark | None = None


class Mirrors:
    """The marks of all mirrored logs, and of own logs, whose owner mirrors them too."""

    def __init__(self, session: Session, logs: Logs, standing: Standing) -> None:
        """Work within a Tx."""
        self._session = session
        self._logs = logs
        self._standing = standing

    def find(self, origin: str) -> MirrorState:
        """Return the marks of a log's mirror; raises NotFoundError for an unknown log."""
        row = self._find_row(origin)
        if row is None:
            return MirrorState(origin)
        return MirrorState(
            origin,
            _read_mark(row.pending_size, row.pending_root, row.pending_note),
            _read_mark(row.cosigned_size, row.cosigned_root, row.cosigned_note),
        )

    def replace(self, before: MirrorState, after: MirrorState) -> None:
        """Go from the marks that were read to others; raises ConflictError if they changed.

        RuleViolationError: "marks-grow", "one-root-per-size", "durable-first" (a cosigned head
        beyond what is stored, or of another root), "restored-store".
        """
        _check_mark(after.origin, before.pending, after.pending)
        _check_mark(after.origin, before.cosigned, after.cosigned)
        if after.cosigned is not None and after.cosigned != before.cosigned:
            self._check_cosigned(after.origin, after.cosigned)
            self._session.promises += 1
        conflict = f"the mirror of {after.origin} moved on meanwhile; read it again"
        if self._find_row(after.origin) is None:
            if before != MirrorState(after.origin):
                raise ConflictError(conflict)
            values = {"log_id": self._session.get_log(after.origin), **_list_values(after)}
            self._session.change(insert(schema.mirrors).values(**values))
            return
        table = schema.mirrors
        self._session.change_one(
            update(table)
            .where(
                table.c.log_id == self._session.get_log(after.origin),
                *(_is_same(table.c[name], value) for name, value in _list_values(before).items()),
            )
            .values(**_list_values(after)),
            conflict,
        )

    def _check_cosigned(self, origin: str, mark: Mark) -> None:
        self._standing.check_may_promise()
        state = self._logs.get(origin)
        same_root = mark.size < state.size or mark.root_hash == state.root_hash
        if mark.size > state.size or not same_root:
            raise RuleViolationError(
                "durable-first",
                f"{origin} is stored up to size {state.size}; a mirror cosigns only what it holds",
            )

    def _find_row(self, origin: str) -> Row[Any] | None:
        table = schema.mirrors
        log_id = self._session.get_log(origin)
        return self._session.find_row(select(table).where(table.c.log_id == log_id))


def _check_mark(origin: str, before: Mark | None, after: Mark | None) -> None:
    if before is None:
        return
    if after is None or after.size < before.size:
        raise RuleViolationError(
            "marks-grow", f"the mirror of {origin} is at size {before.size} and never goes back"
        )
    if after.size == before.size and after.root_hash != before.root_hash:
        raise RuleViolationError(
            "one-root-per-size",
            f"the mirror of {origin} has another root for size {before.size}: keep both heads as "
            "evidence of a fork",
        )


def _list_values(state: MirrorState) -> dict[str, Any]:
    marks = {"pending": state.pending, "cosigned": state.cosigned}
    return {
        f"{kind}_{name}": None if mark is None else value
        for kind, mark in marks.items()
        for name, value in (
            ("size", mark and mark.size),
            ("root", mark and mark.root_hash),
            ("note", mark and mark.note),
        )
    }


def _is_same(column: ColumnElement[Any], value: object) -> ColumnElement[bool]:
    return column.is_(None) if value is None else column == value


def _read_mark(size: int | None, root_hash: bytes | None, note: bytes | None) -> Mark | None:
    if size is None or root_hash is None or note is None:
        return None
    return Mark(size, root_hash, note)
