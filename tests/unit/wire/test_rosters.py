from dataclasses import replace

import pytest

from fundtrace.errors import EncodingError, InvalidInputError
from fundtrace.v1 import roster_pb2
from fundtrace.wire.rosters import ROSTER_BYTES_MAX, encode_roster, parse_roster
from tests.support.rosters import make_roster

ROSTER = make_roster("abcd")
ENCODED = encode_roster(ROSTER)


def _write(change):
    """Return the roster's message after a change, as bytes."""
    message = roster_pb2.Roster.FromString(ENCODED)
    change(message)
    return message.SerializeToString(deterministic=True)


def test_a_roster_comes_back_as_it_was():
    assert parse_roster(ENCODED) == ROSTER


def test_keys_are_written_as_text_that_says_whose_they_are():
    message = roster_pb2.Roster.FromString(ENCODED)
    keys = [message.members[0].log_key, *message.members[0].mirror_keys]
    assert keys == [
        key.encode() for key in (ROSTER.members[0].log_key, *ROSTER.members[0].mirror_keys)
    ]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda one: one.ClearField("members"), "members has 0 items"),
        (lambda one: one.ClearField("limits"), "limits is missing"),
        (lambda one: setattr(one, "attribution_rule", 0), "attribution_rule has the number 0"),
        (lambda one: setattr(one, "attribution_rule", 7), "conserves nothing"),
        (lambda one: setattr(one.members[0], "status", 3), "status has the number 3"),
        (lambda one: one.algorithms.live.append(9), "live has the number 9"),
        (lambda one: setattr(one.members[0], "log_key", "a+b"), "not a roster"),
        (lambda one: setattr(one.members[0], "log_key", one.members[1].log_key), "log key"),
        (lambda one: one.members.add(id="bank-e"), "not a roster"),
        (lambda one: one.members[0].tls_cas.append(b"DER"), "tls_cas"),
        (lambda one: setattr(one, "version", 0), "version is 0"),
    ],
)
def test_what_no_roster_may_say_is_named(change, why):
    with pytest.raises(EncodingError, match=why) as caught:
        parse_roster(_write(change))
    assert isinstance(caught.value.__cause__, InvalidInputError)


@pytest.mark.parametrize(
    "data", [b"", ENCODED[:-1], ENCODED + b"\xfa\x07\x00", ENCODED + ENCODED, b"\xff" * 40]
)
def test_bytes_that_are_no_canonical_roster_are_refused(data):
    with pytest.raises(EncodingError):
        parse_roster(data)


def test_a_key_that_is_written_in_another_form_is_refused():
    def lengthen(message):
        name, key_id, rest = message.members[0].log_key.split("+", 2)
        message.members[0].log_key = f"{name}+{key_id.upper()}+{rest}"

    with pytest.raises(EncodingError):
        parse_roster(_write(lengthen))


def test_too_many_bytes_are_refused_before_they_are_read():
    with pytest.raises(EncodingError, match="at most 2097152"):
        parse_roster(bytes(ROSTER_BYTES_MAX + 1))


def test_a_roster_that_is_too_large_is_refused_when_it_is_encoded(monkeypatch):
    monkeypatch.setattr("fundtrace.wire.rosters.ROSTER_BYTES_MAX", len(ENCODED) - 1)
    with pytest.raises(InvalidInputError, match="at most"):
        encode_roster(ROSTER)


def test_rosters_that_differ_have_other_bytes():
    assert encode_roster(replace(ROSTER, rule_set_version="2027.1")) != ENCODED
