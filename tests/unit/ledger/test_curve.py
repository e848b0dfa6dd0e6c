"""Points: hashed onto the curve as RFC 9380 says, and refused where they show something."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fundtrace.errors import EncodingError, InvalidInputError
from fundtrace.ledger.matching import curve
from fundtrace.ledger.matching.curve import check_point, hash_to_point, multiply

# The orders of all points of small order of Curve25519 and its twist divide 8 and 4.
SMALL = [
    0,
    1,
    2**255 - 20,
    325606250916557431795983626356110631294008115727848805560023387167927233504,
    39382357235489614581723060781553021112529911719440698176882885853963445705823,
]
ORDER = 2**252 + 27742317777372353535851937790883648493

# RFC 9380 J.4.1, curve25519_XMD:SHA-512_ELL2_RO_: message and P.x
PUBLISHED = [
    (b"", "2de3780abb67e861289f5749d16d3e217ffa722192d16bbd9d1bfb9d112b98c0"),
    (b"abc", "2b4419f1f2d48f5872de692b0aca72cc7b0a60915dd70bde432e826b6abc526d"),
    (b"abcdef0123456789", "68ca1ea5a6acf4e9956daa101709b1eee6c1bb0df1de3b90d4602382a104c036"),
    (
        b"q128_" + b"q" * 128,
        "096e9c8bae6c06b554c1ee69383bb0e82267e064236b3a30608d4ed20b73ac5a",
    ),
    (
        b"a512_" + b"a" * 512,
        "1bc61845a138e912f047b5e70ba9606ba2a447a4dade024c8ef3dd42b7bbc5fe",
    ),
]


@pytest.mark.parametrize(("message", "u"), PUBLISHED)
def test_the_hash_is_that_of_rfc_9380(message, u):
    suite = b"QUUX-V01-CS02-with-curve25519_XMD:SHA-512_ELL2_RO_"
    assert hash_to_point(message, suite) == bytes.fromhex(u)[::-1]


@given(st.binary(max_size=40))
@settings(max_examples=40, deadline=None)
def test_a_hash_is_always_a_point_that_is_taken(message):
    check_point(hash_to_point(message))


@given(st.binary(max_size=40))
@settings(max_examples=20, deadline=None)
def test_a_hash_lies_in_the_large_subgroup(message):
    u = int.from_bytes(hash_to_point(message), "little")
    assert _multiply_plainly(ORDER, u) is None
    assert _multiply_plainly(8, u) is not None


def _multiply_plainly(scalar: int, u: int) -> int | None:
    """Return u of a multiple, by doubling and adding affine points; None for the neutral one."""
    prime = curve._PRIME
    point = (u, curve._find_root(curve._square_of_v(u)))
    result = None
    for bit in f"{scalar:b}":
        result = _add_plainly(result, result, prime)
        if bit == "1":
            result = _add_plainly(result, point, prime)
    return None if result is None else result[0]


def _add_plainly(left, right, prime):
    if left is None or right is None:
        return right if left is None else left
    if left[0] == right[0] and (left[1] + right[1]) % prime == 0:
        return None
    if left == right:
        top, bottom = 3 * left[0] ** 2 + 2 * 486662 * left[0] + 1, 2 * left[1]
    else:
        top, bottom = right[1] - left[1], right[0] - left[0]
    slope = top * pow(bottom, -1, prime) % prime
    u = (slope * slope - 486662 - left[0] - right[0]) % prime
    return u, (slope * (left[0] - u) - left[1]) % prime


def test_multiplying_is_that_of_the_plain_definition():
    scalar, point = bytes(range(32)), hash_to_point(b"point")
    clamped = int.from_bytes(scalar, "little") & ~(7 | 1 << 255) | 1 << 254
    expected = _multiply_plainly(clamped, int.from_bytes(point, "little"))
    assert multiply(scalar, point) == expected.to_bytes(32, "little")


@pytest.mark.parametrize("u", SMALL)
def test_a_point_of_small_order_is_refused(u):
    with pytest.raises(EncodingError):
        check_point(u.to_bytes(32, "little"))
    with pytest.raises(EncodingError, match="small order"):
        multiply(bytes(range(32)), u.to_bytes(32, "little"))


@pytest.mark.parametrize("u", [2, 2**255 - 19 + 9, 2**255 + 9, 2**256 - 1])
def test_a_point_of_the_twist_or_in_another_encoding_is_refused(u):
    with pytest.raises(EncodingError, match=r"twist|canonical"):
        check_point(u.to_bytes(32, "little"))


def test_half_of_all_coordinates_lie_on_the_twist():
    # What a hash read as u would show of an id in every multiple of it.
    def lies_on_twist(u):
        try:
            check_point(u.to_bytes(32, "little"))
        except EncodingError:
            return True
        return False

    assert 30 < sum(lies_on_twist(u) for u in range(2, 102)) < 70


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_point_or_scalar_of_another_length_is_refused(size):
    with pytest.raises(EncodingError):
        check_point(bytes(size))
    with pytest.raises(InvalidInputError):
        multiply(bytes(size), hash_to_point(b""))
