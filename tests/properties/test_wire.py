"""Any bytes parse or are refused as such, and one value has one encoding."""

from dataclasses import fields, replace

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from fundtrace.errors import EncodingError, InvalidInputError
from fundtrace.ledger.kinds.entries import HeaderContext, Record
from fundtrace.ledger.kinds.movements import Segment, build_traced
from fundtrace.ledger.kinds.words import Kind, SegmentSource
from fundtrace.model.kinds import CONSERVING_RULES
from fundtrace.wire.bodies import encode_body, parse_body
from fundtrace.wire.entries import encode_context, encode_entry, parse_context, parse_entry
from fundtrace.wire.rosters import encode_roster, parse_roster
from tests.support.ledger_values import draw_field
from tests.support.records import (
    BODIES,
    CLEAR_ENTRIES,
    CONTEXT,
    make_hash,
    make_movement,
    make_pointer,
)
from tests.support.rosters import make_roster

CLEAR = list(CLEAR_ENTRIES.values())
ENTRIES = [*CLEAR, Record(CONTEXT, encode_context(CONTEXT), make_hash("body"))]
ENCODED_BODIES = [encode_body(body) for body in BODIES.values()]
ENCODED_ENTRIES = [encode_entry(entry) for entry in ENTRIES]

short = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def _check_parse(parse, encode, data):
    """Parse what came, or see it refused as bytes; no other error may leave."""
    try:
        value = parse(data)
    except EncodingError:
        return
    assert encode(value) == data


@short
@given(st.binary(max_size=400))
@example(b"")
def test_any_bytes_are_a_body_or_refused(data):
    _check_parse(parse_body, encode_body, data)


@short
@given(st.binary(max_size=400))
def test_any_bytes_are_an_entry_or_refused(data):
    _check_parse(parse_entry, encode_entry, data)
    _check_parse(parse_context, encode_context, data)


@st.composite
def _mutate(draw, good):
    """Draw good bytes and change them in one or two places."""
    data = bytearray(draw(st.sampled_from(good)))
    for _ in range(draw(st.integers(1, 2))):
        at = draw(st.integers(0, len(data) - 1))
        end = min(len(data), at + draw(st.integers(1, 12)))
        match draw(st.sampled_from(["flip", "cut", "insert", "repeat", "truncate", "splice"])):
            case "flip":
                data[at] ^= 1 << draw(st.integers(0, 7))
            case "cut":
                del data[at:end]
            case "insert":
                data[at:at] = draw(st.binary(min_size=1, max_size=4))
            case "repeat":
                data[at:at] = data[at:end]
            case "truncate":
                del data[at:]
            case "splice":
                data[at:] = draw(st.sampled_from(good))[at:]
        if not data:
            break
    return bytes(data)


@settings(short, max_examples=600)
@given(_mutate(ENCODED_BODIES))
def test_a_mutated_body_is_one_or_refused(data):
    _check_parse(parse_body, encode_body, data)


@settings(short, max_examples=600)
@given(_mutate(ENCODED_ENTRIES))
def test_a_mutated_entry_is_one_or_refused(data):
    _check_parse(parse_entry, encode_entry, data)


@settings(short, max_examples=100)
@given(_mutate([encode_roster(make_roster("abcd"))]))
def test_a_mutated_roster_is_one_or_refused(data):
    _check_parse(parse_roster, encode_roster, data)


def _change(data, value):
    """Change one field of a value to anything that the field's own bound allows, or not at all."""
    names = [field.name for field in fields(value)]
    name = data.draw(st.sampled_from(names))
    drawn = data.draw(draw_field(type(value), name))
    try:
        return replace(value, **{name: drawn})
    except InvalidInputError:
        return value


@pytest.mark.parametrize("kind", Kind)
@settings(short, max_examples=25)
@given(st.data())
def test_a_body_with_any_field_changed_comes_back_as_it_was(kind, data):
    body = BODIES[kind]
    for _ in range(4):
        body = _change(data, body)
    assert parse_body(encode_body(body)) == body


@pytest.mark.parametrize("entry", CLEAR, ids=list(CLEAR_ENTRIES))
@settings(short, max_examples=25)
@given(st.data())
def test_a_clear_entry_with_any_field_changed_comes_back_as_it_was(entry, data):
    changed = _change(data, _change(data, entry))
    assert parse_entry(encode_entry(changed)) == changed


@short
@given(st.data())
def test_a_header_with_any_field_changed_comes_back_as_it_was(data):
    context = _change(data, _change(data, CONTEXT))
    assert isinstance(context, HeaderContext)
    record = Record(context, encode_context(context), make_hash("body"))
    assert parse_entry(encode_entry(record)) == record


@short
@given(st.data())
def test_two_bodies_have_one_encoding_only_if_they_are_equal(data):
    one, other = (_change(data, make_movement()) for _ in range(2))
    assert (encode_body(one) == encode_body(other)) == (one == other)


_PARENTS = [make_pointer(index) for index in range(4)]


@st.composite
def _draw_cut(draw, amount):
    """Draw segments of an amount: own and the loan's, own never beside own."""
    ends = sorted(draw(st.sets(st.integers(1, amount - 1), max_size=5))) if amount > 1 else []
    segments = []
    for start, end in zip([0, *ends], [*ends, amount], strict=True):
        if draw(st.booleans()) and not (segments and segments[-1].source is SegmentSource.OWN):
            segments.append(Segment(SegmentSource.OWN, end - start))
            continue
        parents = tuple(sorted(draw(st.sets(st.integers(0, 3), min_size=1))))
        value, depth = draw(st.integers(0, end - start)), draw(st.integers(0, 5))
        segments.append(Segment(SegmentSource.LOAN, end - start, value, depth, 0, parents))
    return tuple(segments)


@short
@given(st.data(), st.integers(1, 10**15))
def test_any_segments_that_cut_the_amount_come_back_in_order(data, amount):
    cuts = {rule: data.draw(_draw_cut(amount)) for rule in CONSERVING_RULES}
    used = {place for cut in cuts.values() for one in cut for place in one.parents}
    assume(used == set(range(len(used))) and used)
    movement = make_movement(
        amount_minor=amount, traced=build_traced(cuts), parents=tuple(_PARENTS[: len(used)])
    )
    again = parse_body(encode_body(movement))
    assert {rule: again.get_segments(rule) for rule in CONSERVING_RULES} == cuts
