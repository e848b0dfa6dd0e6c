"""The proof that nothing of a stream is missing or was cut, and the gap by its name."""

from __future__ import annotations

import pytest

from fundtrace.errors import InvalidInputError
from fundtrace.ledger.completeness import (
    End,
    Fault,
    FaultKind,
    Gap,
    StreamRecord,
    StreamTally,
    find_stream_tally,
    prove_complete,
)
from fundtrace.ledger.kinds.entries import ZERO_HASH
from tests.support.own_logs import Writer
from tests.support.records import make_hash

STREAM = bytes(16)


def make_records(count: int) -> list[StreamRecord]:
    """Return a stream that stands at every second index of its log."""
    hashes = [ZERO_HASH, *(make_hash(f"leaf {number}") for number in range(count))]
    return [
        StreamRecord(2 * number, hashes[number + 1], STREAM, number, hashes[number])
        for number in range(count)
    ]


def make_tally(records: list[StreamRecord]) -> StreamTally:
    last = records[-1]
    return StreamTally(last.index + 1, STREAM, last.sequence, last.leaf_hash)


def test_all_records_and_a_tally_are_complete():
    records = make_records(5)
    found = prove_complete(records, make_tally(records))
    assert found.is_complete
    assert (found.gaps, found.faults, found.proven_count) == ((), (), 5)


def test_without_a_tally_the_end_is_only_claimed():
    found = prove_complete(make_records(5))
    assert found.is_unbroken
    assert not found.is_complete
    assert (found.end, found.proven_count) == (End.CLAIMED, 0)


def test_what_came_after_the_tally_is_only_claimed():
    records = make_records(5)
    found = prove_complete(records, make_tally(records[:3]))
    assert found.is_unbroken
    assert not found.is_complete
    assert (found.end, found.proven_count) == (End.CLAIMED_AFTER_TALLY, 3)
    assert found.after_tally == (3, 4)


def test_a_gap_is_named_with_the_hash_of_its_last_record():
    records = make_records(6)
    found = prove_complete([records[0], records[4], records[5]], make_tally(records))
    assert found.gaps == (Gap(1, 3, records[3].leaf_hash),)
    assert found.gaps[0].count == 3


def test_what_was_cut_off_the_end_is_named_by_the_tally():
    records = make_records(6)
    found = prove_complete(records[:4], make_tally(records))
    assert found.gaps == (Gap(4, 5, records[5].leaf_hash),)


def test_with_nothing_given_everything_is_missing():
    tally = StreamTally(9, STREAM, (1 << 60) - 1, make_hash("last"))
    found = prove_complete([], tally)
    assert found.gaps == (Gap(0, (1 << 60) - 1, make_hash("last")),)


def test_a_gap_across_the_tally_is_cut_there():
    records = make_records(6)
    found = prove_complete([records[0], records[5]], make_tally(records[:3]))
    assert found.gaps == (
        Gap(1, 2, records[2].leaf_hash),
        Gap(3, 4, records[4].leaf_hash),
    )


def change(record: StreamRecord, **changes) -> StreamRecord:
    fields = ("index", "leaf_hash", "stream_id", "sequence", "previous_hash")
    return StreamRecord(**{name: getattr(record, name) for name in fields} | changes)


FAULTS = {
    "a wrong link": (2, {"previous_hash": make_hash("another")}, Fault(FaultKind.WRONG_LINK, 2)),
    "a beginning with a link": (
        0,
        {"previous_hash": make_hash("another")},
        Fault(FaultKind.WRONG_LINK, 0),
    ),
    "a later number before": (3, {"index": 3}, Fault(FaultKind.WRONG_ORDER, 3)),
    "another end": (4, {"leaf_hash": make_hash("another")}, Fault(FaultKind.WRONG_END, 4)),
    "a counted record behind the tally": (4, {"index": 99}, Fault(FaultKind.TALLY_TOO_EARLY, 4)),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_contradiction_is_named(name):
    place, changes, fault = FAULTS[name]
    records = make_records(5)
    tally = make_tally(records)
    records[place] = change(records[place], **changes)
    found = prove_complete(records, tally)
    assert found.faults == (fault,)
    assert found.gaps == ()
    assert not found.is_complete


def test_two_records_of_one_number_are_named():
    records = make_records(3)
    other = change(records[1], index=9, leaf_hash=make_hash("another"))
    found = prove_complete([*records, other])
    assert found.faults == (Fault(FaultKind.TWO_RECORDS, 1),)


def test_a_record_before_a_tally_that_does_not_count_it_is_named():
    records = make_records(4)
    tally = StreamTally(99, STREAM, 2, records[2].leaf_hash)
    assert prove_complete(records, tally).faults == (Fault(FaultKind.TALLY_TOO_SHORT, 3),)


def test_a_link_across_the_tally_is_checked():
    records = make_records(4)
    tally = StreamTally(5, STREAM, 2, make_hash("another"))
    found = prove_complete([records[0], records[1], records[3]], tally)
    assert found.faults == (Fault(FaultKind.WRONG_LINK, 3),)


def test_records_of_two_streams_are_no_question():
    records = make_records(2)
    with pytest.raises(InvalidInputError, match="one stream"):
        prove_complete([records[0], change(records[1], stream_id=bytes([1] * 16))])


def test_nothing_at_all_is_no_question():
    with pytest.raises(InvalidInputError, match="one stream"):
        prove_complete([])


def test_records_and_tally_are_taken_from_real_entries():
    writer = Writer()
    for name in ("one", "two", "one"):
        writer.record(name)
    tally = writer.add(writer.make_tally("one", "two"))
    stream_id = make_hash("one")[:16]
    records = [
        StreamRecord.of(one.index, one.leaf_hash, one.value.context)
        for one in writer.list_records(stream_id)
    ]
    stated = find_stream_tally(tally.index, tally.value, stream_id)
    assert prove_complete(records, stated).is_complete
    assert find_stream_tally(tally.index, tally.value, bytes(16)) is None
