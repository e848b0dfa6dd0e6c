"""Exact a x b / c on 64-bit words, the product taken as 128 bits.

Every split of money is floor(a x b / c) with b <= c or a <= c, so quotient and remainder fit
in 63 bits, but the product does not: 10^15 x 10^15 needs 100. Small products (the common
case) take one machine division; others are multiplied in four 32-bit halves and divided
by Knuth's algorithm D with two digits (The Art of Computer Programming 2, 4.3.1), which is
exact. ``tests/properties/test_kernels.py`` compares it with Python's integers.
"""

from __future__ import annotations

import numpy as np

from fundtrace.trace.kernel.jit import jit

_SMALL = 1 << 31  # LIMIT: two factors below 2^31 have a product below 2^62
_HALF = np.uint64(32)
_MASK = np.uint64(0xFFFFFFFF)
_BASE = np.uint64(1 << 32)
_ONE = np.uint64(1)
_WORD = np.uint64(64)
_TOP = np.uint64(1 << 63)


@jit
def mul_div(a: int, b: int, c: int) -> tuple[int, int]:
    """Return quotient and remainder of a x b / c; a, b >= 0 < c, the quotient below 2^63."""
    if (a < _SMALL and b < _SMALL) or a == 0 or b == 0:
        product = a * b
        quotient = product // c
        return quotient, product - quotient * c
    high, low = multiply(np.uint64(a), np.uint64(b))
    divisor = np.uint64(c)
    if high == 0:
        word = low // divisor
        return int(np.int64(word)), int(np.int64(low - word * divisor))
    word, rest = divide(high, low, divisor)
    return int(np.int64(word)), int(np.int64(rest))


@jit
def multiply(a: np.uint64, b: np.uint64) -> tuple[np.uint64, np.uint64]:
    """Return the high and the low word of a product."""
    a1, a0, b1, b0 = a >> _HALF, a & _MASK, b >> _HALF, b & _MASK
    low = a0 * b0
    middle = a1 * b0 + (low >> _HALF)
    other = a0 * b1 + (middle & _MASK)
    return a1 * b1 + (middle >> _HALF) + (other >> _HALF), (other << _HALF) | (low & _MASK)


@jit
def divide(high: np.uint64, low: np.uint64, divisor: np.uint64) -> tuple[np.uint64, np.uint64]:
    """Divide two words by one that is greater than the high word."""
    shift = np.uint64(0)
    while not divisor & _TOP:
        divisor <<= _ONE
        shift += _ONE
    if shift:
        high = (high << shift) | (low >> (_WORD - shift))
        low <<= shift
    first, rest = _divide_digit(high, low >> _HALF, divisor)
    second, rest = _divide_digit(rest, low & _MASK, divisor)
    return (first << _HALF) | second, rest >> shift


@jit
def _divide_digit(
    high: np.uint64, digit: np.uint64, divisor: np.uint64
) -> tuple[np.uint64, np.uint64]:
    """Divide (high, digit) by a normalised divisor; the quotient is one 32-bit digit."""
    top, bottom = divisor >> _HALF, divisor & _MASK
    guess = high // top
    rest = high - guess * top
    while guess >= _BASE or guess * bottom > (rest << _HALF) + digit:
        guess -= _ONE
        rest += top
        if rest >= _BASE:
            break
    return guess, (high << _HALF) + digit - guess * divisor
