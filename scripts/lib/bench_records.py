"""Measure records on this machine and print a Markdown table: see scripts/bench.

One stream of movements, each with three own and loan segments under two groups of rules, two
parents and four readers. What protobuf alone makes of the same bytes is measured beside it, so
that each figure says what checking costs. Each is the best of three runs, all of them in turn:
other work on the machine only ever slows.
"""

from __future__ import annotations

import argparse
import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from itertools import cycle
from time import perf_counter
from typing import NamedTuple

from fundtrace.ledger.kinds.common import AccountRef, AuthorityPointer, RecordPointer
from fundtrace.ledger.kinds.entries import ZERO_HASH
from fundtrace.ledger.kinds.movements import Movement, Segment, build_traced
from fundtrace.ledger.kinds.words import SegmentSource
from fundtrace.ledger.pairs import Pair, PairKeys, derive_pair_keys
from fundtrace.ledger.sealing import FILLING_BYTES, find_reader_index
from fundtrace.model.kinds import CONSERVING_RULES, MovementKind, Rule
from fundtrace.v1 import body_pb2, entry_pb2
from fundtrace.wire.bodies import encode_body, parse_body
from fundtrace.wire.entries import encode_entry, parse_entry
from fundtrace.wire.records import (
    Draft,
    SealedRecord,
    get_sealed_header,
    open_record,
    parse_record,
    seal_record,
)

REPEATS, READERS = 3, 4
CONSORTIUM, LENDER, ISSUER = "zj.example", "a.bank.example/ledger/1", "b.bank.example/ledger/1"


class Row(NamedTuple):
    """One line of the table: what is done once for each record."""

    name: str
    job: Callable[[], object]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="scripts/bench records", description=__doc__)
    parser.add_argument("--date", required=True, help="what the table is dated")
    parser.add_argument("--records", type=int, default=2_000)
    asked = parser.parse_args()
    readers = make_readers(READERS)
    drafts = make_drafts(asked.records)
    records = seal_all(drafts, readers)
    rows = [*list_encoding(drafts, records), *list_sealing(drafts, records, readers)]
    seconds = {row.name: float("inf") for row in rows}
    for _ in range(REPEATS):
        for row in rows:
            started = perf_counter()
            row.job()
            seconds[row.name] = min(seconds[row.name], perf_counter() - started)
    entry = max(len(record.entry) for record in records)
    blob = max(len(record.blob) for record in records)
    body = max(len(encode_body(draft.body)) for draft in drafts)
    print(f"- Date: {asked.date}; {asked.records:,} movements for {READERS} readers")
    print(f"- Bytes of one: body {body}, blob {blob}, entry {entry}\n")
    print("| What | A second |")
    print("| --- | ---: |")
    for row in rows:
        print(f"| {row.name} | {asked.records / seconds[row.name]:,.0f} |")


def make_hash(text: str) -> bytes:
    """Return 32 bytes that a text stands for."""
    return sha256(text.encode()).digest()


def make_readers(count: int) -> list[PairKeys]:
    """Return the keys of some readers of the issuer's log."""
    pairs = [Pair(CONSORTIUM, ISSUER, f"bank-{number}", 1) for number in range(count)]
    return [derive_pair_keys(make_hash(f"pair {pair.reader}"), pair) for pair in pairs]


def make_movement(number: int) -> Movement:
    """Return a movement of which half is the loan's, under some rules first, under others last."""
    units = 50_000 + number
    loan = Segment(SegmentSource.LOAN, units - 7, units - 7, 0, 0, (0,))
    more = Segment(SegmentSource.LOAN, 7, 7, 1, 0, (1,))
    own = Segment(SegmentSource.OWN, units)
    later = {Rule.LIFO, Rule.OWN_FIRST}
    at = dt.datetime(2026, 3, 5, 1, 30, tzinfo=dt.UTC) + dt.timedelta(seconds=number)
    return Movement(
        record_id=make_hash(f"record {number}"),
        loan_key=make_hash("loan"),
        authority=AuthorityPointer(LENDER, 12, 7, make_hash("authorization")),
        bank_reference=f"FT26030500{number:06d}",
        debit=AccountRef("104333000018", "6222020000000001"),
        credit=AccountRef("313333007331", f"6228{number:012d}"),
        amount_minor=2 * units,
        currency="CNY",
        value_currency="CNY",
        booked_at=at,
        value_at=at,
        kind=MovementKind.TRANSFER,
        purpose="货款",
        traced=build_traced(
            {
                rule: (own, loan, more) if rule in later else (loan, more, own)
                for rule in CONSERVING_RULES
            }
        ),
        parents=(
            RecordPointer(LENDER, 3, make_hash("loan.opened")),
            RecordPointer(ISSUER, 9, make_hash("hop")),
        ),
    )


def make_drafts(count: int) -> list[Draft]:
    """Return the drafts of one stream; the chain's hashes are made up."""
    first = Draft(
        body=make_movement(0),
        consortium=CONSORTIUM,
        origin=ISSUER,
        roster_version=1,
        stream_id=bytes(range(16)),
        sequence=0,
        previous_hash=ZERO_HASH,
        published_minute=29_544_090,
        key_epoch=1,
        erasure_key=make_hash("erasure"),
    )
    chained = (
        replace(first, body=make_movement(n), sequence=n, previous_hash=make_hash(f"leaf {n}"))
        for n in range(1, count)
    )
    return [first, *chained]


def seal_all(drafts: list[Draft], readers: list[PairKeys]) -> list[SealedRecord]:
    """Seal every draft, under randomness that is made up."""
    filling = (make_hash("filling") * 8)[:FILLING_BYTES]
    return [
        seal_record(draft, readers, make_hash(f"random {draft.sequence}"), filling)
        for draft in drafts
    ]


def list_encoding(drafts: list[Draft], records: list[SealedRecord]) -> list[Row]:
    """Return the ways between bytes and values, and protobuf alone."""
    bodies = [draft.body for draft in drafts]
    encoded = [encode_body(body) for body in bodies]
    entries = [record.entry for record in records]
    parsed = [parse_entry(entry) for entry in entries]
    return [
        Row("parse and check an entry", lambda: [parse_entry(one) for one in entries]),
        Row("protobuf alone, an entry", lambda: [entry_pb2.Entry.FromString(x) for x in entries]),
        Row("encode an entry", lambda: [encode_entry(one) for one in parsed]),
        Row("parse and check a movement", lambda: [parse_body(one) for one in encoded]),
        Row("protobuf alone, a movement", lambda: [body_pb2.Body.FromString(x) for x in encoded]),
        Row("encode a movement", lambda: [encode_body(one) for one in bodies]),
    ]


def list_sealing(
    drafts: list[Draft], records: list[SealedRecord], readers: list[PairKeys]
) -> list[Row]:
    """Return sealing a draft as a whole, and what a reader does with a record."""
    outsider = make_readers(READERS + 1)[-1]
    return [
        Row("seal a record for four readers", lambda: seal_all(drafts, readers)),
        Row(
            "open a record",
            lambda: [
                open_record(record.entry, record.blob, reader)
                for record, reader in zip(records, cycle(readers), strict=False)
            ],
        ),
        Row(
            "see that a record is not for oneself",
            lambda: [
                find_reader_index(get_sealed_header(parse_record(record.entry)), outsider)
                for record in records
            ],
        ),
    ]


if __name__ == "__main__":
    main()
