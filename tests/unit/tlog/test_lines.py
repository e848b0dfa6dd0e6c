"""Strict reading: one form is taken, and every other that Python's readers would take is not."""

from __future__ import annotations

from base64 import b64encode

import pytest

from fundtrace.errors import EncodingError
from fundtrace.tlog.lines import (
    check_integer,
    check_name,
    check_own_name,
    parse_base64,
    parse_decimal,
    parse_hash,
    parse_head,
    parse_text,
    split_lines,
)


@pytest.mark.parametrize("value", [0, 1, 9, 10, 256, 2**63 - 1])
def test_a_decimal_number_is_read(value):
    assert parse_decimal(str(value).encode(), "a size") == value


@pytest.mark.parametrize(
    "field",
    [
        *(b"", b" 5", b"5 ", b"+5", b"-5", b"-0", b"05", b"00", b"5_0", b"5.0", b"0x5", b"1e3"),
        *(b"5\n", b"\t5", "٥".encode(), "５".encode(), b"9223372036854775808", b"1" * 20, b"\xff"),
    ],
)
def test_what_int_would_take_beyond_plain_digits_is_refused(field):
    with pytest.raises(EncodingError, match="a size is"):
        parse_decimal(field, "a size")


@pytest.mark.parametrize("value", [-1, 2**63])
def test_a_number_beyond_the_range_is_refused(value):
    with pytest.raises(EncodingError, match="below 2"):
        check_integer(value, "a size")


@pytest.mark.parametrize("value", [b"", b"a", b"ab", b"abc", bytes(range(256))])
def test_canonical_base64_is_read(value):
    assert parse_base64(b64encode(value), "data") == value


@pytest.mark.parametrize(
    "field",
    [b"YQ", b"YQ=", b"YR==", b"YWI", b"YWJ=", b"YQ==\n", b" YQ==", b"Y!Q==", b"YQ==YQ==", b"-_-_"],
)
def test_base64_that_decodes_in_python_but_is_not_canonical_is_refused(field):
    with pytest.raises(EncodingError, match="base64"):
        parse_base64(field, "data")


def test_a_hash_that_is_not_32_bytes_is_refused():
    with pytest.raises(EncodingError, match="31 bytes"):
        parse_hash(b"A" * 42 + b"==", "a root")  # 31 bytes


@pytest.mark.parametrize("strange", ["\u2028", "\u2029", "\u0085", "\u00a0", "\u3000"])
def test_lines_end_at_newlines_alone(strange):
    data = f"one{strange}two\nthree\n".encode()
    assert split_lines(data, "a text") == [f"one{strange}two".encode(), b"three"]


def test_a_last_line_without_newline_is_refused():
    with pytest.raises(EncodingError, match="newline"):
        split_lines(b"one\ntwo", "a text")


@pytest.mark.parametrize("data", [b"\x00", b"a\tb", b"a\r\n", b"\x1f", b"\xff", b"\xed\xa0\x80"])
def test_a_text_has_no_control_characters_and_is_utf_8(data):
    with pytest.raises(EncodingError):
        parse_text(data, "a text")


@pytest.mark.parametrize(
    "name",
    ["", "a b", "a+b", "a\u00a0b", "a\u3000b", "a\u2028b", "a\u0085b", "a\nb", "a\x00", "\ud800"],
)
def test_a_name_that_no_line_could_hold_is_refused(name):
    with pytest.raises(EncodingError, match="a name"):
        check_name(name, "a name")


def test_our_own_names_have_at_most_255_bytes():
    check_own_name("银" * 85, "a name")
    with pytest.raises(EncodingError, match="256 bytes"):
        check_own_name("银" * 85 + "a", "a name")


@pytest.mark.parametrize("count", [0, 1, 2, 4, 5])
def test_a_checkpoint_has_three_lines_and_no_extension(count):
    lines = [b"log.example", b"0", b"A" * 43 + b"=", b"more", b"more"]
    with pytest.raises(EncodingError):
        parse_head(b"".join(line + b"\n" for line in lines[:count]))
