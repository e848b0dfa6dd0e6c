"""What an operator wants to know of a store at a glance."""

from __future__ import annotations

from dataclasses import dataclass

from fundtrace.store.identity import Identity
from fundtrace.store.migrate import get_newest
from fundtrace.store.session import Session
from fundtrace.store.store import Store
from fundtrace.store.values import LogState

_UNSAFE = ("fsync", "full_page_writes")  # of PostgreSQL: without them a crash can lose commits


@dataclass(frozen=True, slots=True)
class LogInfo:
    """A log and how far its promises go; None before the first."""

    state: LogState
    promised_size: int | None
    signed_size: int | None
    final_size: int | None
    missing_bodies: int


@dataclass(frozen=True, slots=True)
class StoreInfo:
    """A store: where, which, who writes, why it may not sign ("" if it may), its logs.

    ``unsafe`` lists settings of the server under which a crash can lose what was acknowledged.
    """

    label: str
    database: str
    schema: str
    identity: Identity
    moved: str
    unsafe: tuple[str, ...]
    size_bytes: int
    logs: tuple[LogInfo, ...]


MISSING_COUNTED_MAX = 1024  # LIMIT: more missing bodies than this are shown as this many


def describe_store(store: Store) -> StoreInfo:
    """Return what is in an open store, as of one moment."""
    moved = store.find_move()
    identity = store.get_identity()
    with store.read() as tx:
        logs = []
        for state in tx.logs.list_all():
            latest = tx.heads.find_latest(state.origin)
            signed = tx.heads.find_signed(state.origin)
            final = tx.finals.find_latest(state.origin)
            logs.append(
                LogInfo(
                    state,
                    None if latest is None else latest.size,
                    None if signed is None else signed.size,
                    None if final is None else final.size,
                    len(tx.bodies.list_missing(state.origin, most=MISSING_COUNTED_MAX)),
                )
            )
        return StoreInfo(
            store.label,
            _name_database(tx.session),
            get_newest(),
            identity,
            moved,
            _list_unsafe(tx.session),
            _measure(tx.session),
            tuple(logs),
        )


def _ask(session: Session, question: str) -> str:
    return str(session.connection.exec_driver_sql(question).scalar())


def _name_database(session: Session) -> str:
    if session.is_sqlite:
        return f"SQLite {_ask(session, 'SELECT sqlite_version()')}"
    return f"PostgreSQL {_ask(session, 'SHOW server_version')}"


def _list_unsafe(session: Session) -> tuple[str, ...]:
    if session.is_sqlite:
        return ()
    return tuple(name for name in _UNSAFE if _ask(session, f"SHOW {name}") != "on")


def _measure(session: Session) -> int:
    if session.is_sqlite:
        return int(_ask(session, "PRAGMA page_count")) * int(_ask(session, "PRAGMA page_size"))
    return int(_ask(session, "SELECT pg_database_size(current_database())"))
