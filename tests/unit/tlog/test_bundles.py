"""Entry bundles: what they hold, and which bytes are none."""

from __future__ import annotations

import pytest

from fundtrace.errors import EncodingError
from fundtrace.tlog.bundles import ENTRY_BYTES_MAX, encode_entry_bundle, parse_entry_bundle


def test_each_entry_stands_behind_its_length():
    data = encode_entry_bundle([b"one", b"", b"three"])
    assert data == b"\x00\x03one\x00\x00\x00\x05three"
    assert parse_entry_bundle(data) == (b"one", b"", b"three")


def test_an_entry_may_have_as_many_bytes_as_its_length_can_say():
    assert parse_entry_bundle(encode_entry_bundle([bytes(ENTRY_BYTES_MAX)]))[0] == bytes(0xFFFF)


def test_a_longer_entry_is_refused():
    with pytest.raises(EncodingError, match="at most 65535 bytes, this one 65536"):
        encode_entry_bundle([bytes(ENTRY_BYTES_MAX + 1)])


@pytest.mark.parametrize("count", [0, 257])
def test_a_bundle_has_one_to_256_entries(count):
    with pytest.raises(EncodingError, match=f"this one {count}"):
        encode_entry_bundle([b""] * count)
    with pytest.raises(EncodingError, match=f"this one {count}"):
        parse_entry_bundle(b"\x00\x00" * count)


@pytest.mark.parametrize("data", [b"\x00", b"\x00\x03on", b"\x00\x03one\x00", b"\x00\x01a\x01"])
def test_a_bundle_that_is_cut_off_is_refused(data):
    with pytest.raises(EncodingError, match="is cut off"):
        parse_entry_bundle(data)
