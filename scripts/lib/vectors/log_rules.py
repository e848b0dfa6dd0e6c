"""A log's own rules, which a mirror checks entry by entry before it cosigns.

A case gives the roster chain (base64, as in ``rosters``) and all entries of a log; all but the
last are good, and ``expect`` and ``rule`` are about the last.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial
from operator import methodcaller
from typing import Any, Final

from fundtrace.ledger.erasure import (
    ErasureReason,
    ErasureStatement,
    derive_erasure_seed,
    sign_erasure,
)
from fundtrace.ledger.kinds.common import RecordPointer
from fundtrace.ledger.kinds.entries import (
    Entry,
    Erasure,
    LogClosing,
    LogOpening,
    Record,
    RosterActivation,
    StreamTail,
    Tally,
)
from fundtrace.tlog.hashing import hash_leaf
from fundtrace.wire.entries import encode_context, encode_entry
from fundtrace.wire.records import parse_record
from vectors.banklog import ERASURE_ROOT, FIRST_MINUTE, BankLog, make_erasure_key
from vectors.bodies import LOAN_KEY, make_loan_closed, make_loan_opened
from vectors.consortium import (
    CONSORTIUM,
    SignedRoster,
    draw,
    make_member,
    make_roster,
    sign_version,
)
from vectors.keys import ORIGIN

Case = dict[str, Any]
Change = Callable[[BankLog], object]

_STREAM: Final = draw("stream 1")[:16]


def build() -> list[Case]:
    """Return the cases."""
    return [*_list_valid(), *_list_records(), *_list_clear(), *_list_rosters()]


@cache
def _get_first() -> SignedRoster:
    """Return a roster of one bank alone, so that the cases stay small."""
    return sign_version(make_roster([make_member("a")]), "a")


@cache
def _get_second() -> SignedRoster:
    return sign_version(make_roster(_get_first().roster.members, _get_first()), "a")


def _begin() -> BankLog:
    log = BankLog()
    log.publish(make_loan_opened())
    return log


def _close(log: BankLog, **changes: Any) -> None:
    pointer = RecordPointer(log.origin, 0, hash_leaf(log.entries[0]))
    log.publish(make_loan_closed(pointer), **changes)


def _case(name: str, why: str, change: Change, rule: str = "", *, later: bool = False) -> Case:
    log = _begin()
    change(log)
    versions = [_get_first(), _get_second()] if later else [_get_first()]
    return {
        "name": name,
        "why": why,
        "expect": "RuleViolationError" if rule else "valid",
        "rule": rule,
        "consortium": CONSORTIUM,
        "origin": log.origin,
        "versions": [
            {"roster_base64": b64encode(one.data).decode(), "note": one.note.decode()}
            for one in versions
        ],
        "entries_hex": [entry.hex() for entry in log.entries],
    }


def _append(make: Callable[[BankLog], Entry]) -> Change:
    return lambda log: log.append(make(log))


def _erase(log: BankLog, member: str = "bank-a", index: int = 0) -> Erasure:
    seed = derive_erasure_seed(ERASURE_ROOT, CONSORTIUM, LOAN_KEY, member, 0)
    body_hash = log.sealed[0].body_hash
    reason = ErasureReason.RETENTION_OVER
    statement = ErasureStatement(CONSORTIUM, ORIGIN, index, body_hash, reason)
    return Erasure(index, body_hash, reason, sign_erasure(seed, statement))


def _tally(log: BankLog, size: int | None = None, **changes: Any) -> Tally:
    tail = log.tails[_STREAM]
    given: dict[str, Any] = {
        "last_sequence": tail.last_sequence,
        "last_hash": tail.last_hash,
    } | changes
    return Tally(log.size if size is None else size, (StreamTail(_STREAM, **given),))


def _shut(log: BankLog, **changes: Any) -> LogClosing:
    values: dict[str, Any] = {
        "final_size": log.size,
        "final_root": log.tree.root(),
        "statements": (),
    }
    return LogClosing(**values | changes)


def _list_valid() -> list[Case]:
    activation = RosterActivation(2, _get_second().hash)
    return [
        _case("a record behind another", "the stream goes on", _close),
        _case("another stream", "it begins at 0", lambda log: log.publish(make_loan_opened(), 2)),
        _case("a tally", "as of its own index", _append(_tally)),
        _case("an erasure", "countersigned by the header's key", _append(_erase)),
        _case("an activation", "of the next version", _append(lambda _: activation), later=True),
        _case("a closing", "behind all entries before it", _append(_shut)),
    ]


def _list_records() -> list[Case]:
    minute = {"published_minute": FIRST_MINUTE - 1}
    twice = {"sequence": 0, "previous_hash": bytes(32)}
    rows: list[tuple[str, str, str, dict[str, Any]]] = [
        ("a number skipped", "1 goes on", "stream_sequence", {"sequence": 2}),
        ("a number again", "1 goes on", "stream_sequence", twice),
        (
            "behind another record",
            "the hash of the one before",
            "stream_link",
            {"previous_hash": draw("x")},
        ),
        ("back in time", "minutes do not go back", "stream_time", minute),
        (
            "another erasure key",
            "a stream keeps its own",
            "erasure_key",
            {"erasure_key": make_erasure_key("bank-b")},
        ),
        (
            "another roster version",
            "the active one is 1",
            "roster_not_active",
            {"roster_version": 2},
        ),
        ("another consortium", "the log is of one", "origin", {"consortium": "other.example"}),
    ]
    cases = [
        _case(name, why, partial(_publish_raw, **changes), rule)
        for name, why, rule, changes in rows
    ]
    small = _case(
        "an erasure key of small order",
        "anybody could sign for it",
        lambda log: log.publish(make_loan_opened(), 2, erasure_key=bytes(32)),
        "erasure_key",
    )
    foreign = _case(
        "a record of another log",
        "its header names its own",
        lambda log: log.append(_make_foreign()),
        "origin",
    )
    return [*cases, small, foreign]


def _publish_raw(log: BankLog, **changes: Any) -> None:
    """Append a record whose header says something else than its place demands.

    Keys are of one consortium, so another one is put into the header afterwards.
    """
    consortium = changes.pop("consortium", CONSORTIUM)
    _close(log, **changes)
    record = parse_record(log.entries.pop())
    context = replace(record.context, consortium=consortium)
    log.entries.append(encode_entry(Record(context, encode_context(context), record.body_hash)))


def _make_foreign() -> bytes:
    other = BankLog("b")
    other.publish(make_loan_opened())
    return other.entries[0]


def _list_clear() -> list[Case]:
    elsewhere = draw("elsewhere")
    rows: list[tuple[str, str, str, Callable[[BankLog], Entry]]] = [
        ("a tally of another size", "its own index", "tally", lambda log: _tally(log, 0)),
        ("a tally one record short", "where the stream ends", "tally", _tally_short),
        (
            "a tally with another hash",
            "where the stream ends",
            "tally",
            lambda log: _tally(log, last_hash=elsewhere),
        ),
        (
            "a tally of no stream",
            "it has not begun",
            "tally",
            lambda log: Tally(log.size, (StreamTail(bytes(16), 0, elsewhere),)),
        ),
        (
            "an erasure by another key",
            "the header names its key",
            "erasure",
            lambda log: _erase(log, "bank-b"),
        ),
        (
            "an erasure of another entry",
            "no record stands there",
            "erasure",
            lambda log: _erase(log, index=5),
        ),
        (
            "a closing of another size",
            "its own index",
            "log-closing",
            lambda log: _shut(log, final_size=0),
        ),
        (
            "a closing of another root",
            "of the entries before it",
            "closing",
            lambda log: _shut(log, final_root=elsewhere),
        ),
        ("an opening in the first epoch", "it opens a later one", "log-beginning", _open),
    ]
    cases = [_case(name, why, _append(make), rule) for name, why, rule, make in rows]
    return [*cases, _case("behind a closing", "nothing follows", _go_on, "log-closed")]


def _tally_short(log: BankLog) -> Tally:
    short = _tally(log)
    _close(log)
    return Tally(log.size, short.streams)


def _open(log: BankLog) -> LogOpening:
    return LogOpening("a.bank.example/ledger/1", log.size, log.tree.root(), ())


def _go_on(log: BankLog) -> None:
    log.append(_shut(log))
    _close(log)


def _list_rosters() -> list[Case]:
    second, elsewhere = _get_second().hash, draw("elsewhere")
    rows = [
        (
            "other bytes activated",
            "the version has one hash",
            RosterActivation(2, elsewhere),
            "activation-roster",
        ),
        (
            "the active version again",
            "the next is 2",
            RosterActivation(1, _get_first().hash),
            "activation-order",
        ),
    ]
    cases = [
        _case(name, why, methodcaller("append", value), rule, later=True)
        for name, why, value, rule in rows
    ]

    def go_on(log: BankLog) -> None:
        log.append(RosterActivation(2, second))
        _close(log)

    stale = _case(
        "a record under the old version", "2 is active", go_on, "roster_not_active", later=True
    )
    return [*cases, stale]
