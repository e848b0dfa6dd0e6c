"""Bodies of records: bytes that were sealed, to one of the kinds, and back."""

from __future__ import annotations

from fundtrace.errors import InvalidInputError
from fundtrace.ledger.kinds.common import Body
from fundtrace.ledger.kinds.table import BODIES
from fundtrace.ledger.sealing import PLAINTEXT_BYTES_MAX
from fundtrace.v1 import body_pb2
from fundtrace.wire.mapping import build_oneof, encode_message, parse_message

_CODEC = build_oneof(body_pb2.Body.DESCRIPTOR, "body", tuple(BODIES.values()))


def encode_body(body: Body) -> bytes:
    """Return the one encoding of a body; raises InvalidInputError where it is too large."""
    data = encode_message(body, _CODEC, body_pb2.Body)
    if len(data) > PLAINTEXT_BYTES_MAX:
        raise InvalidInputError(
            f"the body has {len(data)} bytes; at most {PLAINTEXT_BYTES_MAX} can be sealed"
        )
    return data


def parse_body(data: bytes) -> Body:
    """Return the body that these bytes are the one encoding of; raises EncodingError."""
    body: Body = parse_message(data, _CODEC, body_pb2.Body, "a record's body", PLAINTEXT_BYTES_MAX)
    return body
