"""Epoch keys and grants for tests, from small numbers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from fundtrace.ledger.epochs import EpochKeyPair, seal_grant
from fundtrace.ledger.keyring import Grant, KeyRing
from tests.support.sealed import CONSORTIUM, ORIGIN, draw, make_pair

START = datetime(2026, 1, 1, tzinfo=UTC)
GRACE = timedelta(days=7)


def make_key_pair(member: str = "bank-b", epoch: int = 1) -> EpochKeyPair:
    """Return a member's key pair of an epoch."""
    return EpochKeyPair(CONSORTIUM, member, epoch, draw(("epoch", member, epoch)))


def make_ring(member: str = "bank-b", epochs: int = 1) -> KeyRing:
    """Return a ring that went through so many epochs, one a day from START."""
    ring = KeyRing(CONSORTIUM, member, GRACE)
    for epoch in range(1, epochs + 1):
        ring = ring.begin_epoch(make_key_pair(member, epoch), START + timedelta(days=epoch - 1))
    return ring


def make_grant(key_pair: EpochKeyPair, origin: str = ORIGIN, key_epoch: int = 7) -> Grant:
    """Return a grant of the secret that ``make_keys`` uses, sealed to a key pair."""
    pair = make_pair(key_pair.member, origin, key_epoch)
    secret = draw(("pair", key_pair.member, origin, key_epoch))
    return Grant(pair, key_pair.key_id, seal_grant(secret, pair, key_pair.public_key))
