"""Points of Curve25519 for private matching: hashing onto the curve, and multiplying.

A point is its u-coordinate, 32 bytes, little end first (RFC 7748). Half of all u belong to the
curve, half to its twist, and X25519 takes both: a hash that is simply read as u would show in
every multiple of it on which of the two it lies, one bit of the id. So ids are hashed by the suite
curve25519_XMD:SHA-512_ELL2_RO_ of RFC 9380, which gives points of the curve's large subgroup,
evenly, and points that come from outside are refused unless they are on the curve, canonical,
and of large order.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from fundtrace.errors import EncodingError
from fundtrace.ledger.framing import check_length

POINT_BYTES = 32
SCALAR_BYTES = 32

_PRIME = 2**255 - 19
_A = 486662
_ROOT_OF_MINUS_ONE = pow(2, (_PRIME - 1) // 4, _PRIME)
_SUITE = b"fundtrace/v1/matching/curve25519_XMD:SHA-512_ELL2_RO_"
# Any scalar shows that a point has small order.
_PROBE = X25519PrivateKey.from_private_bytes(b"\x01" * SCALAR_BYTES)


def hash_to_point(message: bytes, suite: bytes = _SUITE) -> bytes:
    """Hash a message onto the curve; ``suite`` is the domain separation tag of RFC 9380."""
    # SPEC: RFC 9380 3 (hash_to_curve), 5.2 (hash_to_field: L = 48, two elements)
    uniform = expand_message(message, suite, 96)
    left, right = (int.from_bytes(uniform[at : at + 48], "big") % _PRIME for at in (0, 48))
    summed = _add(_map_to_curve(left), _map_to_curve(right))
    return _clear_cofactor(summed).to_bytes(POINT_BYTES, "little")


def expand_message(message: bytes, suite: bytes, size: int) -> bytes:
    """Spread a message over ``size`` bytes, at most 255 x 64 (expand_message_xmd, SHA-512)."""
    # SPEC: RFC 9380 5.3.1
    tag = suite + bytes([len(suite)])
    first = hashlib.sha512(bytes(128) + message + size.to_bytes(2, "big") + b"\x00" + tag).digest()
    blocks = [hashlib.sha512(first + b"\x01" + tag).digest()]
    for count in range(2, -(-size // 64) + 1):
        mixed = bytes(a ^ b for a, b in zip(first, blocks[-1], strict=True))
        blocks.append(hashlib.sha512(mixed + bytes([count]) + tag).digest())
    return b"".join(blocks)[:size]


def check_point(point: bytes) -> None:
    """Refuse what is no point to multiply; raises EncodingError.

    That is another length, a u that is not reduced, one of the twist, and a point of small order.
    """
    if len(point) != POINT_BYTES:
        raise EncodingError(f"a point has {POINT_BYTES} bytes, not {len(point)}")
    u = int.from_bytes(point, "little")
    if u >= _PRIME:
        raise EncodingError("a point is not in its canonical encoding")
    if pow(_square_of_v(u), (_PRIME - 1) // 2, _PRIME) == _PRIME - 1:
        raise EncodingError("a point lies on the twist, not on the curve")
    _exchange(_PROBE, point)


def multiply(scalar: bytes, point: bytes) -> bytes:
    """Return scalar times point (X25519, RFC 7748); the scalar is made a multiple of 8 there.

    Raises EncodingError where the result is zero: the point has small order.
    """
    return multiply_all(scalar, [point])[0]


def multiply_all(scalar: bytes, points: Iterable[bytes]) -> list[bytes]:
    """Return the scalar times each point, in their order; raises as ``multiply``."""
    check_length(scalar, SCALAR_BYTES, "a scalar")
    loaded = X25519PrivateKey.from_private_bytes(scalar)
    return [_exchange(loaded, point) for point in points]


def _exchange(scalar: X25519PrivateKey, point: bytes) -> bytes:
    try:
        return scalar.exchange(X25519PublicKey.from_public_bytes(point))
    except ValueError as error:
        raise EncodingError("a point of small order: whatever it meets, it gives zero") from error


def _square_of_v(u: int) -> int:
    return u * (u * (u + _A) + 1) % _PRIME


def _map_to_curve(element: int) -> tuple[int, int]:
    """Return the affine point (u, v) of a field element."""
    # SPEC: RFC 9380 6.7.1 (Elligator 2, Z = 2). 1 + 2 t^2 is never zero: -1/2 is no square.
    u = -_A * pow(1 + 2 * element * element, -1, _PRIME) % _PRIME
    v = _find_root(_square_of_v(u))
    if v is not None:
        return u, v if v % 2 == 1 else _PRIME - v
    u = (-u - _A) % _PRIME
    v = _find_root(_square_of_v(u))
    if v is None:
        raise AssertionError("of two field elements whose quotient is no square, one is a square")
    return u, v if v % 2 == 0 else _PRIME - v


def _find_root(square: int) -> int | None:
    root = pow(square, (_PRIME + 3) // 8, _PRIME)
    if root * root % _PRIME != square:
        root = root * _ROOT_OF_MINUS_ONE % _PRIME
    return root if root * root % _PRIME == square else None


def _add(left: tuple[int, int], right: tuple[int, int]) -> int:
    """Return u of the sum; equal or opposite points come up once in 2^250 hashes."""
    slope = (right[1] - left[1]) * pow(right[0] - left[0], -1, _PRIME)
    return (slope * slope - _A - left[0] - right[0]) % _PRIME


def _clear_cofactor(u: int) -> int:
    """Return u of eight times the point."""
    x, z = u, 1
    for _ in range(3):
        x, z = (x * x - z * z) ** 2 % _PRIME, 4 * x * z * (x * x + _A * x * z + z * z) % _PRIME
    return x * pow(z, -1, _PRIME) % _PRIME
