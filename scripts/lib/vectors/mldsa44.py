"""ML-DSA-44 signing without randomness (FIPS 204), so that vectors come out the same each time.

The product signs with ``cryptography``, whose ML-DSA is hedged: two signatures over one message
differ. This is the deterministic variant of the standard, written after its pseudocode, for
public test keys only: it runs in variable time and keeps no secret. tests/vectors holds it to
the known answers of NIST's format and to Wycheproof's. Algorithm numbers are FIPS 204's.
"""

from __future__ import annotations

from hashlib import shake_128, shake_256
from typing import Final

import numpy as np
from numpy.typing import NDArray

Poly = NDArray[np.int64]  # 256 coefficients, or rows of them

Q: Final = 8380417
N: Final = 256
D: Final = 13
TAU: Final = 39
GAMMA1: Final = 1 << 17
GAMMA2: Final = (Q - 1) // 88
ROWS: Final = 4
COLUMNS: Final = 4
ETA: Final = 2
BETA: Final = TAU * ETA
OMEGA: Final = 80


def _reverse_bits(value: int) -> int:
    return int(f"{value:08b}"[::-1], 2)


_ZETAS: Final = [pow(1753, _reverse_bits(place), Q) for place in range(N)]


def _ntt(poly: Poly) -> Poly:
    """Return NTT(w), Algorithm 41, of each row."""
    out = poly % Q
    place, length = 0, N // 2
    while length >= 1:
        for start in range(0, N, 2 * length):
            place += 1
            low, high = slice(start, start + length), slice(start + length, start + 2 * length)
            turned = _ZETAS[place] * out[..., high] % Q
            out[..., high] = (out[..., low] - turned) % Q
            out[..., low] = (out[..., low] + turned) % Q
        length //= 2
    return out


def _inverse_ntt(poly: Poly) -> Poly:
    """Return the inverse of NTT, Algorithm 42, of each row."""
    out = poly % Q
    place, length = N, 1
    while length < N:
        for start in range(0, N, 2 * length):
            place -= 1
            low, high = slice(start, start + length), slice(start + length, start + 2 * length)
            kept = out[..., low].copy()
            out[..., low] = (kept + out[..., high]) % Q
            out[..., high] = -_ZETAS[place] * (kept - out[..., high]) % Q
        length *= 2
    return out * pow(N, -1, Q) % Q


def _center(poly: Poly) -> Poly:
    """Return mod± q: each coefficient in (-q/2, q/2]."""
    reduced = poly % Q
    return np.where(reduced > Q // 2, reduced - Q, reduced)


def _unpack(data: bytes, bits: int) -> Poly:
    """Return the little-endian ``bits``-wide fields of ``data``, 256 to a row."""
    flags = np.unpackbits(np.frombuffer(data, np.uint8), bitorder="little")
    fields: Poly = flags.reshape(-1, N, bits).astype(np.int64) << np.arange(bits)
    values: Poly = fields.sum(axis=2)
    return values


def _pack(poly: Poly, bits: int) -> bytes:
    flags = (poly.reshape(-1, 1) >> np.arange(bits)) & 1
    return np.packbits(flags.astype(np.uint8), bitorder="little").tobytes()


def _expand_matrix(rho: bytes) -> Poly:
    """Return ExpandA(rho), Algorithm 32, in NTT form."""
    rows = []
    for row in range(ROWS):
        for column in range(COLUMNS):
            stream = shake_128(rho + bytes([column, row])).digest(3 * 512)
            parts = np.frombuffer(stream, np.uint8).reshape(-1, 3).astype(np.int64)
            values = parts[:, 0] + (parts[:, 1] << 8) + ((parts[:, 2] & 127) << 16)
            rows.append(values[values < Q][:N])
    return np.stack(rows).reshape(ROWS, COLUMNS, N)


def _expand_secret(seed: bytes) -> Poly:
    """Return the rows of ExpandS(rho'), Algorithm 33: first s1, then s2."""
    rows = []
    for place in range(COLUMNS + ROWS):
        stream = np.frombuffer(shake_256(seed + place.to_bytes(2, "little")).digest(1024), np.uint8)
        halves = np.stack([stream & 15, stream >> 4], axis=1).reshape(-1).astype(np.int64)
        rows.append(ETA - halves[halves < 15][:N] % 5)
    return np.stack(rows)


def _sample_ball(seed: bytes) -> Poly:
    """Return SampleInBall(c~), Algorithm 29: tau coefficients of plus or minus one."""
    stream = shake_256(seed).digest(1024)
    signs, at = int.from_bytes(stream[:8], "little"), 8
    poly = np.zeros(N, np.int64)
    for place in range(N - TAU, N):
        while stream[at] > place:
            at += 1
        other = stream[at]
        at += 1
        poly[place] = poly[other]
        poly[other] = 1 - 2 * (signs >> (place + TAU - N) & 1)
    return poly


def _decompose(poly: Poly) -> tuple[Poly, Poly]:
    """Return high and low bits of each coefficient, Algorithm 36."""
    reduced = poly % Q
    low = reduced % (2 * GAMMA2)
    low = np.where(low > GAMMA2, low - 2 * GAMMA2, low)
    edge = reduced - low == Q - 1
    return np.where(edge, 0, (reduced - low) // (2 * GAMMA2)), np.where(edge, low - 1, low)


def _pack_hint(hint: Poly) -> bytes:
    """Return HintBitPack(h), Algorithm 20."""
    out, index = bytearray(OMEGA + ROWS), 0
    for row in range(ROWS):
        for place in np.flatnonzero(hint[row]).tolist():
            out[index] = place
            index += 1
        out[OMEGA + row] = index
    return bytes(out)


class DeterministicSigner:
    """A private key of ML-DSA-44, expanded; for test keys only."""

    def __init__(self, seed: bytes) -> None:
        """Run ML-DSA.KeyGen_internal, Algorithm 6."""
        stream = shake_256(seed + bytes([ROWS, COLUMNS])).digest(128)
        rho, self._key = stream[:32], stream[96:]
        self._matrix = _expand_matrix(rho)
        secret = _expand_secret(stream[32:96])
        self._s1, s2 = _ntt(secret[:COLUMNS]), secret[COLUMNS:]
        t = (_inverse_ntt((self._matrix * self._s1).sum(axis=1)) + s2) % Q
        low = t % (1 << D)
        low = np.where(low > 1 << (D - 1), low - (1 << D), low)
        self._s2, self._t0 = _ntt(s2), _ntt(low)
        self.public_key = rho + _pack((t - low) >> D, 10)
        self._tr = shake_256(self.public_key).digest(64)

    def sign(self, message: bytes, context: bytes = b"", rnd: bytes = bytes(32)) -> bytes:
        """Return ML-DSA.Sign with ``rnd``, by default the deterministic variant (Algorithm 2)."""
        mu = shake_256(self._tr + bytes([0, len(context)]) + context + message).digest(64)
        return self.sign_mu(mu, rnd)

    def sign_mu(self, mu: bytes, rnd: bytes = bytes(32)) -> bytes:
        """Return what ML-DSA.Sign_internal makes of the message's representative (Algorithm 7)."""
        seed = shake_256(self._key + rnd + mu).digest(64)
        kappa = 0
        while True:
            signature = self._try(mu, seed, kappa)
            if signature is not None:
                return signature
            kappa += COLUMNS

    def _try(self, mu: bytes, seed: bytes, kappa: int) -> bytes | None:
        masks = [
            shake_256(seed + (kappa + row).to_bytes(2, "little")).digest(32 * 18)
            for row in range(COLUMNS)
        ]
        y = GAMMA1 - _unpack(b"".join(masks), 18)
        w = _inverse_ntt((self._matrix * _ntt(y) % Q).sum(axis=1))
        challenge = shake_256(mu + _pack(_decompose(w)[0], 6)).digest(32)
        c = _ntt(_sample_ball(challenge))
        z = _center(y + _inverse_ntt(c * self._s1))
        rest = w - _inverse_ntt(c * self._s2)
        if abs(z).max() >= GAMMA1 - BETA or abs(_decompose(rest)[1]).max() >= GAMMA2 - BETA:
            return None
        ct0 = _center(_inverse_ntt(c * self._t0))
        hint = (_decompose(rest)[0] != _decompose(rest + ct0)[0]).astype(np.int64)
        if abs(ct0).max() >= GAMMA2 or hint.sum() > OMEGA:
            return None
        return challenge + _pack(GAMMA1 - z, 18) + _pack_hint(hint)
