"""A ciphertext of AES-GCM that opens under two keys: the "invisible salamanders" construction.

With the ciphertext C of m blocks, GHASH is a polynomial in H = E_K(0) with C's blocks as
coefficients. For two keys the tags are equal where

    E_K1(J) + GHASH_H1(A, C) = E_K2(J) + GHASH_H2(A, C)

which is linear in any one block of C: fix all others, solve for that one in GF(2^128). (Dodis,
Grubbs, Ristenpart, Woodage, CRYPTO 2018; Grubbs, Lu, Ristenpart, CRYPTO 2017.)
"""

from __future__ import annotations

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB

_REDUCTION = 0xE1 << 120  # x^128 + x^7 + x^2 + x + 1, the bits of GCM reflected


def multiply(left: int, right: int) -> int:
    """Multiply in GF(2^128) as GCM does (SP 800-38D, algorithm 1)."""
    product = 0
    for shift in range(127, -1, -1):
        if left >> shift & 1:
            product ^= right
        right = right >> 1 ^ (_REDUCTION if right & 1 else 0)
    return product


def power(base: int, exponent: int) -> int:
    """Raise to a power in GF(2^128)."""
    result = 1 << 127  # one
    while exponent:
        if exponent & 1:
            result = multiply(result, base)
        base = multiply(base, base)
        exponent >>= 1
    return result


def invert(value: int) -> int:
    """Invert in GF(2^128)."""
    return power(value, 2**128 - 2)


def encrypt_block(key: bytes, block: bytes) -> bytes:
    """Encrypt one block with AES."""
    encryptor = Cipher(AES(key), ECB()).encryptor()  # noqa: S305 - one block, to build GCM by hand
    return encryptor.update(block) + encryptor.finalize()


def make_key_stream(key: bytes, nonce: bytes, size: int) -> bytes:
    """Return what AES-GCM adds to a plaintext of ``size`` bytes."""
    blocks = range(2, 2 + -(-size // 16))
    return b"".join(encrypt_block(key, nonce + n.to_bytes(4, "big")) for n in blocks)[:size]


def make_tag(key: bytes, nonce: bytes, data: bytes, ciphertext: bytes) -> bytes:
    """Return the tag of GCM, computed by the definition."""
    hash_key = int.from_bytes(encrypt_block(key, bytes(16)), "big")
    state = 0
    for block in _split(data, ciphertext):
        state = multiply(state ^ block, hash_key)
    mask = encrypt_block(key, nonce + (1).to_bytes(4, "big"))
    return (state ^ int.from_bytes(mask, "big")).to_bytes(16, "big")


def make_salamander(
    keys: tuple[bytes, bytes], nonce: bytes, data: bytes, ciphertext: bytes, free_block: int
) -> bytes:
    """Return ciphertext and tag that open under both keys; only block ``free_block`` is changed."""
    start, end = 16 * free_block, 16 * free_block + 16
    blank = ciphertext[:start] + bytes(16) + ciphertext[end:]
    factors, constants = [], []
    for key in keys:
        hash_key = int.from_bytes(encrypt_block(key, bytes(16)), "big")
        blocks_behind = len(_split(data, blank)) - len(_split(data, b"")) - free_block
        factors.append(power(hash_key, blocks_behind + 1))  # the block of lengths comes behind
        constants.append(int.from_bytes(make_tag(key, nonce, data, blank), "big"))
    solved = multiply(constants[0] ^ constants[1], invert(factors[0] ^ factors[1]))
    mixed = ciphertext[:start] + solved.to_bytes(16, "big") + ciphertext[end:]
    return mixed + make_tag(keys[0], nonce, data, mixed)


def _split(data: bytes, ciphertext: bytes) -> list[int]:
    lengths = (8 * len(data)).to_bytes(8, "big") + (8 * len(ciphertext)).to_bytes(8, "big")
    padded = [part + bytes(-len(part) % 16) for part in (data, ciphertext)]
    whole = b"".join([*padded, lengths])
    return [int.from_bytes(whole[at : at + 16], "big") for at in range(0, len(whole), 16)]
