"""Rosters: the exact bytes that members sign, to a value, and back."""

from __future__ import annotations

from fundtrace.errors import InvalidInputError
from fundtrace.ledger.roster.document import Roster
from fundtrace.v1 import roster_pb2
from fundtrace.wire.mapping import encode_message, get_codec, parse_message

# LIMIT: 64 members, each with nine ML-DSA-44 keys of some 1.8 kB as text and four TLS
# authorities of some 1 kB, and 64 e-signature CAs of 2 kB: 1.5 MB; below gRPC's 4 MB.
ROSTER_BYTES_MAX = 1 << 21

_CODEC = get_codec(Roster, roster_pb2.Roster.DESCRIPTOR)


def encode_roster(roster: Roster) -> bytes:
    """Return the one encoding of a roster; raises InvalidInputError where it is too large."""
    data = encode_message(roster, _CODEC, roster_pb2.Roster)
    if len(data) > ROSTER_BYTES_MAX:
        raise InvalidInputError(
            f"the roster has {len(data)} bytes; at most {ROSTER_BYTES_MAX} are allowed"
        )
    return data


def parse_roster(data: bytes) -> Roster:
    """Return the roster that these bytes are the one encoding of; raises EncodingError."""
    roster: Roster = parse_message(data, _CODEC, roster_pb2.Roster, "a roster", ROSTER_BYTES_MAX)
    return roster
