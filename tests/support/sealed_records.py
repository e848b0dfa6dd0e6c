"""Fixed keys and drafts, from which sealed records come out alike every time."""

from __future__ import annotations

from fundtrace.ledger.kinds.common import Body
from fundtrace.ledger.pairs import Pair, PairKeys, derive_pair_keys
from fundtrace.ledger.sealing import FILLING_BYTES
from fundtrace.wire.records import Draft
from tests.support.records import CONTEXT, LENDER_LOG, PEER_LOG, make_hash, make_movement

RANDOMNESS = make_hash("randomness")
FILLING = b"".join(make_hash(f"filling {place}") for place in range(8))[:FILLING_BYTES]


def make_keys(
    reader: str,
    *,
    origin: str = PEER_LOG,
    consortium: str = CONTEXT.consortium,
    key_epoch: int = CONTEXT.key_epoch,
) -> PairKeys:
    """Return the keys of a reader of the peer's log, from a secret that its name stands for."""
    pair = Pair(consortium, origin, reader, key_epoch)
    return derive_pair_keys(make_hash(f"pair {reader}"), pair)


def make_draft(body: Body | None = None, *, is_lenders: bool = False, **changes: object) -> Draft:
    """Return a draft of the fifth record of a stream, by the peer or by the lender."""
    values = {
        "body": body or make_movement(),
        "consortium": CONTEXT.consortium,
        "origin": LENDER_LOG if is_lenders else PEER_LOG,
        "roster_version": CONTEXT.roster_version,
        "stream_id": CONTEXT.stream_id,
        "sequence": CONTEXT.sequence,
        "previous_hash": CONTEXT.previous_hash,
        "published_minute": CONTEXT.published_minute,
        "key_epoch": CONTEXT.key_epoch,
        "erasure_key": CONTEXT.erasure_key,
    }
    return Draft(**values | changes)
