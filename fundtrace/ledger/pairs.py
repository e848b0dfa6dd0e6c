"""Pair secrets: what an issuer shares with one reader for one epoch, and the keys made of it.

A pair is (consortium, the issuer's log origin, reader, epoch of the issuer's keys). Its secret
reaches the reader in a grant (``epochs``); both sides derive a tag key and a wrap key from it
under the whole pair, so that a secret handed on to another log, reader or epoch gives other keys.
An issuer derives all its pair secrets of an epoch from one, which it destroys with the epoch. It
may be a reader of its own log: so it opens its own records again after a restore.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from fundtrace.ledger.framing import KEY_BYTES, check_length, check_name, check_number, derive_key

PAIR_SECRET_BYTES = KEY_BYTES


@dataclass(frozen=True, slots=True)
class Pair:
    """Who shares a secret: an issuer's log and a reader (member id), for one epoch of the log."""

    consortium: str
    origin: str
    reader: str
    key_epoch: int

    def __post_init__(self) -> None:
        """Check the fields' bounds."""
        check_name(self.consortium, "a consortium's name")
        check_name(self.origin, "an origin")
        check_name(self.reader, "a reader's member id")
        check_number(self.key_epoch, "a key epoch")

    @property
    def fields(self) -> tuple[str, str, str, int]:
        """The fields in the order in which frames bind them."""
        return (self.consortium, self.origin, self.reader, self.key_epoch)


@dataclass(frozen=True, slots=True)
class PairKeys:
    """The keys of a pair, 32 bytes each: ``tag_key`` to recognise, ``wrap_key`` to open records."""

    pair: Pair
    tag_key: bytes = field(repr=False)
    wrap_key: bytes = field(repr=False)


def derive_pair_secret(epoch_secret: bytes, pair: Pair) -> bytes:
    """Derive one reader's pair secret from the issuer's random secret of the epoch (32 bytes)."""
    return derive_key(epoch_secret, "pair/secret", *pair.fields)


def derive_pair_keys(secret: bytes, pair: Pair) -> PairKeys:
    """Derive the keys of a pair from its secret of 32 bytes."""
    check_length(secret, PAIR_SECRET_BYTES, "a pair secret")
    return PairKeys(
        pair,
        tag_key=derive_key(secret, "pair/tag", *pair.fields),
        wrap_key=derive_key(secret, "pair/wrap", *pair.fields),
    )
