"""Sealing as properties: round trips, lengths that say nothing, and any bytes parse or are refused."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fundtrace.errors import EncodingError, FundtraceError
from fundtrace.ledger.framing import frame, parse_frame
from fundtrace.ledger.sealing import (
    find_reader_index,
    open_body,
    pad,
    parse_blob,
    unpad,
)
from tests.support.sealed import make_keys, make_slot, seal

BODIES = st.binary(max_size=1600)
AUDIENCES = st.sets(st.sampled_from([f"bank-{letter}" for letter in "bcdefghij"]), max_size=9)


@given(BODIES, AUDIENCES, st.integers(0, 2**40), st.integers())
@settings(max_examples=40, deadline=None)
def test_exactly_the_readers_open_the_body(body, audience, sequence, seed):
    sealed = seal(body, sorted(audience), make_slot(sequence=sequence), seed)
    everyone = {f"bank-{letter}": make_keys(f"bank-{letter}") for letter in "bcdefghijk"}
    able = {
        name
        for name, keys in everyone.items()
        if find_reader_index(sealed.header, keys) is not None
    }
    assert able == audience
    assert {open_body(sealed.blob, sealed.header, everyone[name]).plaintext for name in able} <= {
        body
    }


@given(BODIES, BODIES, AUDIENCES, AUDIENCES, st.integers())
@settings(max_examples=40, deadline=None)
def test_equal_steps_of_length_and_readers_give_equal_lengths(one, two, readers, others, seed):
    left = seal(one, sorted(readers), make_slot(stream=1), (seed, 1))
    right = seal(two, sorted(others), make_slot(stream=2), (seed, 2))

    def measure(body, audience):
        return len(body) // 512, max(1, -(-len(audience) // 4))

    assert (measure(one, readers) == measure(two, others)) == (
        (len(left.blob), len(left.header.tags)) == (len(right.blob), len(right.header.tags))
    )


@given(BODIES, AUDIENCES, st.integers(), st.integers(0, 5), st.integers(0, 5))
@settings(max_examples=40, deadline=None)
def test_tags_wraps_and_ciphertexts_of_two_records_never_meet(body, audience, seed, one, two):
    slots = make_slot(stream=1, sequence=one), make_slot(stream=2, sequence=two)
    left, right = (seal(body, sorted(audience), slot, (seed, slot)) for slot in slots)
    assert set(left.header.tags) & set(right.header.tags) == set()
    first, second = parse_blob(left.blob), parse_blob(right.blob)
    assert set(first.wraps) & set(second.wraps) == set()
    assert first.ciphertext[:16] != second.ciphertext[:16]


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_a_changed_bit_anywhere_in_the_blob_is_refused(data):
    sealed = seal(b"body", ["bank-b"], make_slot())
    bit = data.draw(st.integers(0, 8 * len(sealed.blob) - 1))
    changed = bytearray(sealed.blob)
    changed[bit // 8] ^= 1 << bit % 8
    keys, index = make_keys(), find_reader_index(sealed.header, make_keys())
    with pytest.raises(FundtraceError):
        open_body(bytes(changed), sealed.header, keys)
    header = replace(sealed.header, body_hash=hashlib.sha256(changed).digest())
    place = bit // 8 - 5
    if 0 <= place < 160 and place // 40 != index:
        assert open_body(bytes(changed), header, keys).plaintext == b"body"  # another's wrap
    else:
        with pytest.raises(FundtraceError):
            open_body(bytes(changed), header, keys)


@given(
    st.one_of(
        st.binary(max_size=2000),
        st.builds(
            lambda count, body: b"FTB\x01" + bytes([count]) + body,
            st.sampled_from([0, 3, 4, 8]),
            st.sampled_from([160 + 528, 320 + 528, 320 + 1040, 700]).map(bytes),
        ),
    )
)
@settings(max_examples=100, deadline=None)
def test_any_bytes_are_a_blob_or_refused(data):
    try:
        parsed = parse_blob(data)
    except EncodingError:
        return
    assert parsed.encode() == data


@given(BODIES)
@settings(max_examples=100, deadline=None)
def test_padding_comes_off_again(body):
    assert (len(pad(body)) % 512, unpad(pad(body))) == (0, body)


@given(st.lists(st.binary(max_size=40), max_size=6))
@settings(max_examples=100, deadline=None)
def test_a_frame_comes_apart_into_its_fields(fields):
    assert parse_frame(frame("label", *fields), "label") == fields


@given(st.lists(st.binary(max_size=9), max_size=4), st.lists(st.binary(max_size=9), max_size=4))
@settings(max_examples=100, deadline=None)
def test_two_lists_of_fields_never_give_one_frame(one, two):
    assert (frame("label", *one) == frame("label", *two)) == (one == two)


@given(st.binary(max_size=60))
@settings(max_examples=100, deadline=None)
def test_any_bytes_are_a_frame_or_refused(data):
    for candidate in (data, frame("label") + data):
        try:
            fields = parse_frame(candidate, "label")
        except EncodingError:
            continue
        assert frame("label", *fields) == candidate
