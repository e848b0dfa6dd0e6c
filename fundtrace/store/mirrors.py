"""What the mirror of each log must not forget, as tlog's state machine made it.

The state is written by compare-and-swap as a whole: in the Tx that stores the entries which it
counts, and, where it records a head as cosigned, before the cosignature leaves the node. Two
things are checked here again, since nothing could mend them: a mirror never counts entries that
the log does not hold, and what it cosigned never shrinks or turns.
"""

from __future__ import annotations

from sqlalchemy import insert, select, update

from fundtrace.errors import ConflictError, EncodingError, RuleViolationError, UnavailableError
from fundtrace.store import schema
from fundtrace.store.identity import Standing
from fundtrace.store.session import Session
from fundtrace.store.values import LogState
from fundtrace.tlog.mirror_state import MirrorState, parse_mirror_state


class Mirrors:
    """The mirrors' states, of own logs too: their owner mirrors them as everybody does."""

    def __init__(self, session: Session, standing: Standing) -> None:
        """Work within a Tx."""
        self._session = session
        self._standing = standing

    def find(self, origin: str) -> MirrorState:
        """Return the state of a log's mirror, at its beginning a new one.

        Raises NotFoundError for an unknown log, UnavailableError where the bytes are damaged.
        """
        table = schema.mirrors
        log_id = self._session.get_log(origin)
        row = self._session.find_row(select(table.c.state).where(table.c.log_id == log_id))
        if row is None:
            return MirrorState(origin)
        try:
            return parse_mirror_state(row.state)
        except EncodingError as error:
            raise UnavailableError(
                f"the mirror state of {origin} is damaged ({error}): stop, keep a copy and run "
                "fundtrace ledger fsck"
            ) from error

    def replace(self, before: MirrorState, after: MirrorState, log: LogState) -> None:
        """Go from the state that was read to the next; ``log`` is the log as this Tx leaves it.

        Raises ConflictError if the state changed meanwhile; RuleViolationError "durable-first"
        for entries counted that the log does not hold, "cosigned-stands" where a head that was
        cosigned is forgotten or contradicted, "restored-store".
        """
        _check_held(after, log)
        if after.cosigned != before.cosigned:
            self._standing.check_may_promise()
            _check_cosigned(before, after)
            self._session.promises += 1
        table = schema.mirrors
        log_id = self._session.get_log(after.origin)
        conflict = f"the mirror of {after.origin} moved on meanwhile; read it again"
        row = self._session.find_row(select(table.c.state).where(table.c.log_id == log_id))
        if row is None:
            if before != MirrorState(after.origin):
                raise ConflictError(conflict)
            self._session.change(insert(table).values(log_id=log_id, state=after.encode()))
            return
        self._session.change_one(
            update(table)
            .where(table.c.log_id == log_id, table.c.state == before.encode())
            .values(state=after.encode()),
            conflict,
        )


def _check_held(after: MirrorState, log: LogState) -> None:
    stored = after.stored
    is_held = stored.size < log.size or (stored.size, stored.root()) == (log.size, log.root_hash)
    if after.origin != log.origin or not is_held:
        raise RuleViolationError(
            "durable-first",
            f"{log.origin} is stored up to size {log.size}, its mirror counts {stored.size} of "
            f"{after.origin}; store the entries first, in the same Tx",
        )


def _check_cosigned(before: MirrorState, after: MirrorState) -> None:
    if before.cosigned is None:
        return
    old = before.cosigned.checkpoint
    new = None if after.cosigned is None else after.cosigned.checkpoint
    if new is None or new.size < old.size or (new.size == old.size and new != old):
        raise RuleViolationError(
            "cosigned-stands",
            f"the mirror of {before.origin} cosigned size {old.size}; that is never taken back",
        )
