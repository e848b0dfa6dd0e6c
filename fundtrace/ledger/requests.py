"""Requests for new wraps: a reader asks an issuer for the records that it cannot open.

A reader that lost an epoch key, or found its wrap spoiled, names entries of the issuer's log and
the epoch key (by id) to which it wants the answer. The issuer answers by share records, sealed
under its current epoch, for those of the entries that it had sealed to that reader, and for no
others. The request is signed by the reader and names the issuer's log, so that nobody asks in
another's name and no request serves another issuer; replayed, it gets nothing but shares for the
same reader, and after that reader's next epoch not even these.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from fundtrace.errors import EncodingError, InvalidInputError, RuleViolationError
from fundtrace.ledger.epochs import KEY_ID_BYTES
from fundtrace.ledger.framing import (
    check_length,
    check_name,
    check_number,
    frame,
    parse_name,
    parse_number,
)
from fundtrace.ledger.keyring import MISSING_RANGES_MAX
from fundtrace.ledger.signed import parse_signed, sign_message, verify_signed

# LIMIT: 256 ranges of 24 bytes, three names of at most 259 bytes, label, key id, signature
REQUEST_BYTES_MAX = 8192

_LABEL = "rewrap-request"


@dataclass(frozen=True, slots=True)
class RewrapRequest:
    """What ``reader`` asks of the issuer of ``origin``: entries in ``ranges``, to ``key_id``.

    Ranges [start, end) ascend, do not touch each other and are not empty; at most 256 of them.
    """

    consortium: str
    origin: str
    reader: str
    key_id: bytes
    ranges: tuple[tuple[int, int], ...]

    def __post_init__(self) -> None:
        """Check the fields' bounds and the order of the ranges."""
        check_name(self.consortium, "a consortium's name")
        check_name(self.origin, "an origin")
        check_name(self.reader, "a member id")
        check_length(self.key_id, KEY_ID_BYTES, "the id of an epoch key")
        if not 0 < len(self.ranges) <= MISSING_RANGES_MAX:
            raise InvalidInputError(f"a request has 1 to {MISSING_RANGES_MAX} ranges of entries")
        for start, end in self.ranges:
            check_number(start, "the start of a range")
            check_number(end, "the end of a range")
        starts_after = all(left[1] < right[0] for left, right in pairwise(self.ranges))
        if not starts_after or any(start >= end for start, end in self.ranges):
            raise InvalidInputError("ranges ascend, do not touch, and none is empty")

    def encode(self, seed: bytes) -> bytes:
        """Return the request signed with the reader's key (a seed of 32 bytes)."""
        ends = [start.to_bytes(8, "big") + end.to_bytes(8, "big") for start, end in self.ranges]
        names = (self.consortium, self.origin, self.reader)
        return sign_message(frame(_LABEL, *names, self.key_id, b"".join(ends)), seed)


def parse_rewrap_request(data: bytes) -> RewrapRequest:
    """Read a request without verifying it, to learn whose it claims to be."""
    fields = parse_signed(data, _LABEL, REQUEST_BYTES_MAX)
    if len(fields) != 5 or len(fields[4]) % 16:
        raise EncodingError("a request for wraps has three names, a key id and ranges")
    numbers = [
        parse_number(fields[4][at : at + 8], "an entry's index")
        for at in range(0, len(fields[4]), 8)
    ]
    names = [parse_name(name, "a name in a request") for name in fields[:3]]
    try:
        ranges = tuple(zip(numbers[::2], numbers[1::2], strict=True))
        return RewrapRequest(names[0], names[1], names[2], fields[3], ranges)
    except InvalidInputError as error:
        raise EncodingError(f"not a request for wraps: {error}") from error


def verify_rewrap_request(
    data: bytes, reader_key: bytes, consortium: str, origin: str, key_id: bytes
) -> RewrapRequest:
    """Verify a request as the issuer of ``origin`` and return it.

    ``reader_key`` is that of the reader that it names (``Roster.get_message_key``), ``key_id`` that
    of the reader's latest epoch key. Raises EncodingError, SignatureError, and RuleViolationError (rule ``rewrap``)
    where it is meant for another log or asks for an answer to another key.
    """
    request = parse_rewrap_request(data)
    verify_signed(data, reader_key)
    if (request.consortium, request.origin) != (consortium, origin):
        raise RuleViolationError("rewrap", f"the request is for {request.origin}, not {origin}")
    if request.key_id != key_id:
        raise RuleViolationError(
            "rewrap", f"{request.reader} has a newer epoch key; ask again, naming that"
        )
    return request
