from dataclasses import replace

import pytest

from fundtrace.errors import EncodingError, InvalidInputError
from fundtrace.ledger.kinds.movements import Segment, build_traced
from fundtrace.ledger.kinds.words import Kind, SegmentSource
from fundtrace.ledger.sealing import PLAINTEXT_BYTES_MAX
from fundtrace.model.kinds import CONSERVING_RULES
from fundtrace.v1 import body_pb2
from fundtrace.wire.bodies import encode_body, parse_body
from tests.support.records import BODIES, make_movement, make_pointer

ALL_KINDS = pytest.mark.parametrize("kind", Kind)


def _write(change):
    """Return the sample movement's message after a change, as bytes."""
    message = body_pb2.Body.FromString(encode_body(BODIES[Kind.MOVEMENT]))
    change(message.movement)
    return message.SerializeToString(deterministic=True)


@ALL_KINDS
def test_a_body_comes_back_as_it_was(kind):
    assert parse_body(encode_body(BODIES[kind])) == BODIES[kind]


@ALL_KINDS
def test_a_kind_has_its_own_number(kind):
    number = list(Kind).index(kind) + 1
    first = encode_body(BODIES[kind])[:2]
    assert int.from_bytes(first, "little") & 0x7F | (first[1] << 7 if first[0] > 127 else 0) == (
        number << 3 | 2
    )


@ALL_KINDS
def test_an_unknown_field_is_refused(kind):
    data = encode_body(BODIES[kind])
    with pytest.raises(EncodingError, match="not the one encoding"):
        parse_body(data + bytes([0xFA, 0x07, 0x00]))  # field 127, empty


@ALL_KINDS
def test_a_body_that_is_cut_short_is_refused(kind):
    data = encode_body(BODIES[kind])
    with pytest.raises(EncodingError) as caught:
        parse_body(data[:-1])
    assert caught.value.__cause__ is not None


@ALL_KINDS
def test_a_kind_given_twice_is_refused(kind):
    data = encode_body(BODIES[kind])
    with pytest.raises(EncodingError):
        parse_body(data + data)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda one: one.ClearField("authority"), "authority is missing"),
        (lambda one: one.ClearField("record_id"), "record_id has 0 bytes"),
        (lambda one: setattr(one, "kind", 0), "kind has the number 0"),
        (lambda one: setattr(one, "kind", 99), "kind has the number 99"),
        (lambda one: setattr(one, "mode", 0), "mode has the number 0"),
        (lambda one: setattr(one, "booked_at_micros", -1), "microseconds"),
        (lambda one: setattr(one, "booked_at_micros", 2**63 - 1), "microseconds"),
        (lambda one: setattr(one, "amount_minor", 2**64 - 1), "amount_minor is"),
        (lambda one: setattr(one, "currency", "XXX"), "ISO 4217"),
        (lambda one: one.traced.pop(), "each of the rules"),
        (lambda one: one.parents.pop(), "exactly the records"),
        (lambda one: setattr(one.traced[0].segments[0], "source", 0), "source has the number 0"),
        (lambda one: setattr(one.traced[0].segments[0], "units", 1), "units"),
    ],
)
def test_a_field_out_of_its_bounds_is_named(change, why):
    with pytest.raises(EncodingError, match=why) as caught:
        parse_body(_write(change))
    assert isinstance(caught.value.__cause__, InvalidInputError)


def test_a_date_out_of_the_calendar_is_refused():
    message = body_pb2.Body.FromString(encode_body(BODIES[Kind.ACCESS]))
    message.access.read_on_days = 2**31 - 1
    with pytest.raises(EncodingError, match="read_on is 2147483647 days"):
        parse_body(message.SerializeToString())


def test_a_date_that_must_be_there_is_missed():
    message = body_pb2.Body.FromString(encode_body(BODIES[Kind.ACCESS]))
    message.access.ClearField("read_on_days")
    with pytest.raises(EncodingError, match="read_on is missing"):
        parse_body(message.SerializeToString())


def test_a_default_that_is_written_out_is_refused():
    inner = encode_body(replace(BODIES[Kind.ACCESS], is_break_glass=False))[3:]
    whole = b"\x7a" + _encode_varint(len(inner)) + inner
    assert parse_body(whole).is_break_glass is False
    longer = b"\x7a" + _encode_varint(len(inner) + 2) + inner + b"\x50\x00"  # field 10 is false
    with pytest.raises(EncodingError, match="not the one encoding"):
        parse_body(longer)


def _encode_varint(number):
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes(out) + bytes([number])


def test_a_length_written_longer_than_needed_is_refused():
    data = encode_body(BODIES[Kind.FOLLOW_ENDED])
    inner = data[3:]
    assert data == data[:1] + _encode_varint(len(inner)) + inner
    padded = bytes([len(inner) & 127 | 128, len(inner) >> 7 | 128, 0])
    with pytest.raises(EncodingError, match="not the one encoding"):
        parse_body(data[:1] + padded + inner)


@pytest.mark.parametrize("data", [b"", b"\x00", b"\xff" * 40, b"\x0b" * 200])
def test_bytes_that_are_no_body_are_refused(data):
    with pytest.raises(EncodingError):
        parse_body(data)


def test_bytes_nested_without_end_are_refused():
    data = b""
    for _ in range(5_000):
        data = b"\x42" + _encode_varint(len(data)) + data  # a correction in a correction
    with pytest.raises(EncodingError):
        parse_body(data)


def test_too_many_bytes_are_refused_before_they_are_read():
    with pytest.raises(EncodingError, match="at most 1048576"):
        parse_body(bytes(PLAINTEXT_BYTES_MAX + 1))


def _make_large_movement(parents_each):
    """Return a movement with as many segments and parents as there may be, and long origins."""
    loan, count = SegmentSource.LOAN, 1_024
    cuts = {}
    for tilt, rule in enumerate(CONSERVING_RULES):
        starts = [place * (count - parents_each) // (count - 1) for place in range(count)]
        cuts[rule] = tuple(
            Segment(loan, 2**51 + tilt, 2**51, 999, 1_023, tuple(range(at, at + parents_each)))
            for at in starts[:-1]
        )
        rest = 2**61 - (count - 1) * (2**51 + tilt)
        last = tuple(range(count - parents_each, count))
        cuts[rule] += (Segment(loan, rest, 2**51, 999, 1_023, last),)
    origin = "x" * 240 + ".example/1"
    return make_movement(
        amount_minor=2**61,
        traced=build_traced(cuts),
        parents=tuple(make_pointer(index, origin) for index in range(count)),
    )


def test_a_movement_of_very_many_segments_fits_a_body():
    movement = _make_large_movement(parents_each=1)
    assert parse_body(encode_body(movement)) == movement


def test_a_body_that_cannot_be_sealed_is_refused_when_it_is_encoded():
    with pytest.raises(InvalidInputError, match="at most 1048576 can be sealed"):
        encode_body(_make_large_movement(parents_each=100))
