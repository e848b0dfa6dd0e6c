"""Logs that keep the rules are taken in any packages; of a stream exactly what is gone is named."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fundtrace.errors import RuleViolationError
from fundtrace.ledger.completeness import (
    End,
    StreamRecord,
    find_stream_tally,
    prove_complete,
)
from fundtrace.ledger.kinds.entries import Record, Tally
from fundtrace.ledger.streams import LoggedEntry
from tests.support.own_logs import Writer, begin_store, make_chain
from tests.support.records import make_hash

NAMES = ("one", "two", "three")


@st.composite
def draw_logs(draw) -> Writer:
    """Draw a log of records, tallies and erasures in some streams."""
    writer = Writer()
    writer.record()
    for _ in range(draw(st.integers(1, 12))):
        known = [name for name in NAMES if writer.list_records(make_hash(name)[:16])]
        match draw(st.sampled_from(["record", "record", "record", "tally", "erasure"])):
            case "record":
                writer.record(draw(st.sampled_from(NAMES)))
            case "tally":
                told = draw(st.sets(st.sampled_from(known), min_size=1))
                writer.add(writer.make_tally(*told))
            case "erasure":
                records = [one.index for one in writer.entries if isinstance(one.value, Record)]
                writer.add(writer.make_erasure(draw(st.sampled_from(records))))
    return writer


@given(st.data(), draw_logs())
@settings(max_examples=50, deadline=None)
def test_a_log_is_taken_alike_in_any_packages(data: st.DataObject, writer: Writer):
    at_once, in_parts = begin_store(), begin_store()
    at_once.take(writer.entries, make_chain())
    cuts = sorted(data.draw(st.sets(st.integers(0, len(writer.entries)), max_size=4)))
    for start, end in zip([0, *cuts], [*cuts, len(writer.entries)], strict=True):
        in_parts.take(writer.entries[start:end], make_chain())
    assert in_parts == at_once


@given(st.data(), draw_logs())
@settings(max_examples=50, deadline=None)
def test_a_log_with_an_entry_left_out_or_doubled_is_refused(data: st.DataObject, writer: Writer):
    """Renumber what follows: the chain of a stream or the last tally's size shows it."""
    writer.add(writer.make_tally("one"))
    entries = list(writer.entries)
    place = data.draw(st.integers(0, len(entries) - 2))
    if data.draw(st.booleans()):
        del entries[place]
    else:
        entries.insert(place, entries[place])
    with pytest.raises(RuleViolationError):
        begin_store().take(renumber(entries), make_chain())


@given(st.data(), draw_logs())
@settings(max_examples=50, deadline=None)
def test_two_records_of_a_stream_do_not_change_places(data: st.DataObject, writer: Writer):
    writer.record()
    one = [entry.index for entry in writer.list_records(make_hash("one")[:16])]
    first, second = sorted(data.draw(st.permutations(one))[:2])
    entries = list(writer.entries)
    entries[first], entries[second] = entries[second], entries[first]
    with pytest.raises(RuleViolationError):
        begin_store().take(renumber(entries), make_chain())


def renumber(entries: list[LoggedEntry]) -> list[LoggedEntry]:
    return [replace(one, index=index) for index, one in enumerate(entries)]


@st.composite
def draw_streams(draw) -> tuple[list[StreamRecord], list[tuple[int, Tally]]]:
    """Draw a log and return one stream's records, and the log's tallies with their places."""
    writer = draw(draw_logs())
    stream_id = make_hash("one")[:16]
    records = [
        StreamRecord.of(one.index, one.leaf_hash, one.value.context)
        for one in writer.list_records(stream_id)
    ]
    tallies = [(one.index, one.value) for one in writer.entries if isinstance(one.value, Tally)]
    return records, tallies


@given(st.data(), draw_streams())
@settings(max_examples=150, deadline=None)
def test_exactly_what_was_dropped_is_named_whatever_the_order(data: st.DataObject, stream):
    records, tallies = stream
    stated = [find_stream_tally(index, one, records[0].stream_id) for index, one in tallies]
    tally = data.draw(st.sampled_from([None, *(one for one in stated if one)]))
    kept = data.draw(st.sets(st.sampled_from(records), min_size=0 if tally else 1))
    doubled = data.draw(st.lists(st.sampled_from(sorted(kept, key=_get_sequence)))) if kept else []
    given_records = data.draw(st.permutations([*kept, *doubled]))

    found = prove_complete(given_records, tally)

    known_end = max([one.sequence for one in kept] + ([tally.last_sequence] if tally else []))
    dropped = {one.sequence for one in records} - {one.sequence for one in kept}
    named = {number for gap in found.gaps for number in range(gap.first, gap.last + 1)}
    assert named == {number for number in dropped if number <= known_end}
    assert found.faults == ()
    hashes = {one.sequence: one.leaf_hash for one in records}
    assert all(gap.last_hash == hashes[gap.last] for gap in found.gaps)
    beyond = {one.sequence for one in kept if tally and one.sequence > tally.last_sequence}
    assert set(found.after_tally) == beyond
    expected = End.CLAIMED_AFTER_TALLY if beyond else End.PROVEN
    assert found.end is (expected if tally else End.CLAIMED)
    assert found.is_complete is (tally is not None and not named and not beyond)


def _get_sequence(record: StreamRecord) -> int:
    return record.sequence
