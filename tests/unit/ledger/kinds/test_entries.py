from dataclasses import replace

import pytest

from fundtrace.errors import InvalidInputError
from fundtrace.ledger.kinds.entries import ZERO_HASH, HeaderContext
from tests.support.records import CLEAR_ENTRIES, CONTEXT, FIRST_CONTEXT_CHANGES, make_hash

TAGS = CONTEXT.reader_tags


def test_the_first_record_of_a_stream_has_nothing_before_it():
    assert replace(CONTEXT, **FIRST_CONTEXT_CHANGES).sequence == 0


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"format": 2}, "format is 2"),
        ({"origin": "b.bank.example"}, "origin"),
        ({"consortium": ""}, "consortium"),
        ({"roster_version": 0}, "roster_version is 0"),
        ({"stream_id": bytes(15)}, "stream_id has 15"),
        ({"sequence": -1}, "sequence is -1"),
        ({"sequence": 0}, "zero at sequence 0"),
        ({"previous_hash": ZERO_HASH}, "zero at sequence 0"),
        ({"previous_hash": bytes(31)}, "previous_hash has 31"),
        ({"key_commitment": bytes(33)}, "key_commitment has 33"),
        ({"reader_tags": ()}, "0 items"),
        ({"reader_tags": TAGS[:3]}, "3 items"),
        ({"reader_tags": (*TAGS, b"\xff" * 16)}, "4, 8, 12"),
        ({"reader_tags": TAGS[::-1]}, "ascending order"),
        ({"reader_tags": (TAGS[0], *TAGS[:3])}, "none twice"),
        ({"reader_tags": (*TAGS[:3], b"\xff" * 15)}, "has 15 bytes"),
        ({"erasure_key": bytes(31)}, "erasure_key has 31"),
    ],
)
def test_a_header_out_of_its_bounds_is_refused(changes, why):
    with pytest.raises(InvalidInputError, match=why):
        replace(CONTEXT, **changes)


def test_a_header_has_no_field_for_kind_loan_or_audience():
    names = set(HeaderContext.__dataclass_fields__)
    assert not {"kind", "loan_key", "authority", "readers", "record_id"} & names


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("tally", {"streams": CLEAR_ENTRIES["tally"].streams[::-1]}),
        ("tally", {"streams": CLEAR_ENTRIES["tally"].streams[:1] * 2}),
        ("tally", {"streams": ()}),
        ("tally", {"size": 2**63}),
        ("erasure", {"signature": bytes(63)}),
        ("erasure", {"reason": "retention_over"}),
        ("epoch_key", {"public_key": bytes(1_215)}),
        ("epoch_key", {"epoch": -1}),
        ("epoch_grants", {"grants": CLEAR_ENTRIES["epoch_grants"].grants[::-1]}),
        ("epoch_grants", {"grants": ()}),
        ("roster_activation", {"version": 0}),
        ("log_closing", {"statements": (b"",)}),
        ("log_closing", {"final_root": bytes(20)}),
        ("log_opening", {"previous_origin": "a.bank.example"}),
    ],
)
def test_a_clear_entry_out_of_its_bounds_is_refused(name, changes):
    with pytest.raises(InvalidInputError):
        replace(CLEAR_ENTRIES[name], **changes)


def test_what_is_compared_by_bytes_is_ordered_by_bytes():
    ids = [one.stream_id for one in CLEAR_ENTRIES["tally"].streams]
    assert ids == sorted(ids)
    assert make_hash("stream 0")[:16] in ids
