"""The log of one bank of the vectors: records sealed under public keys, tallies, proofs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from fundtrace.evidence.package import EntryEvidence
from fundtrace.ledger.erasure import derive_erasure_key, derive_erasure_seed
from fundtrace.ledger.kinds.common import Body
from fundtrace.ledger.kinds.entries import ZERO_HASH, Entry, StreamTail, Tally
from fundtrace.ledger.pairs import Pair, PairKeys, derive_pair_keys, derive_pair_secret
from fundtrace.ledger.sealing import FILLING_BYTES
from fundtrace.tlog.checkpoint import Checkpoint, SignedCheckpoint, sign_checkpoint
from fundtrace.tlog.hashing import hash_leaf
from fundtrace.tlog.proof_file import ProofFile
from fundtrace.tlog.tree import Tree
from fundtrace.wire.entries import encode_entry
from fundtrace.wire.records import Draft, SealedRecord, seal_record
from vectors.bodies import LOAN_KEY
from vectors.consortium import CONSORTIUM, draw, make_log_key
from vectors.keys import AT, cosign, make_mirror

KEY_EPOCH: Final = 7
EPOCH_SECRET: Final = draw("epoch secret of bank-a")
ERASURE_ROOT: Final = draw("erasure root of bank-a")
READERS: Final = ("bank-a", "bank-b")
FIRST_MINUTE: Final = AT // 60


def make_pair(reader: str, origin: str) -> Pair:
    """Return the pair of a log and a reader in the vectors' epoch."""
    return Pair(CONSORTIUM, origin, reader, KEY_EPOCH)


def make_pair_keys(reader: str, origin: str) -> PairKeys:
    """Return the keys of a pair, from the issuer's one secret of the epoch."""
    pair = make_pair(reader, origin)
    return derive_pair_keys(derive_pair_secret(EPOCH_SECRET, pair), pair)


def make_filling(label: object) -> bytes:
    """Return what stands for an envelope's random filling."""
    parts = [draw(f"filling {label} {place}") for place in range(-(-FILLING_BYTES // 32))]
    return b"".join(parts)[:FILLING_BYTES]


def make_erasure_key(member: str = "bank-a") -> bytes:
    """Return the public erasure key of the vectors' loan for a member."""
    return derive_erasure_key(derive_erasure_seed(ERASURE_ROOT, CONSORTIUM, LOAN_KEY, member, 0))


class BankLog:
    """Entries of one log, their tree and the bodies beside it."""

    def __init__(self, bank: str = "a") -> None:
        """Begin with no entry."""
        self.signer = make_log_key(bank)
        self.origin = self.signer.name
        self.entries: list[bytes] = []
        self.tree = Tree()
        self.sealed: dict[int, SealedRecord] = {}
        self.drafts: dict[int, Draft] = {}
        self.tails: dict[bytes, StreamTail] = {}

    @property
    def size(self) -> int:
        """Return how many entries there are."""
        return len(self.entries)

    def append(self, entry: Entry | bytes) -> int:
        """Append an entry; return its index."""
        data = entry if isinstance(entry, bytes) else encode_entry(entry)
        self.entries.append(data)
        self.tree.append(hash_leaf(data))
        return self.size - 1

    def publish(self, body: Body, stream: int = 1, **changes: Any) -> int:
        """Seal a body as the next record of a stream and append it; return its index."""
        stream_id = draw(f"stream {stream}")[:16]
        tail = self.tails.get(stream_id)
        draft = Draft(
            body=body,
            consortium=CONSORTIUM,
            origin=self.origin,
            roster_version=1,
            stream_id=stream_id,
            sequence=tail.last_sequence + 1 if tail else 0,
            previous_hash=tail.last_hash if tail else ZERO_HASH,
            published_minute=FIRST_MINUTE + self.size,
            key_epoch=KEY_EPOCH,
            erasure_key=make_erasure_key(),
        )
        draft = replace(draft, **changes)
        place = f"{self.origin} {self.size}"
        readers = [make_pair_keys(reader, self.origin) for reader in READERS]
        sealed = seal_record(draft, readers, draw(f"content {place}"), make_filling(place))
        index = self.append(sealed.entry)
        self.sealed[index], self.drafts[index] = sealed, draft
        self.tails[stream_id] = StreamTail(stream_id, draft.sequence, sealed.leaf_hash)
        return index

    def tally(self) -> int:
        """Append a tally of all streams; return its index."""
        return self.append(Tally(self.size, tuple(self.tails[one] for one in sorted(self.tails))))

    def sign(self, size: int | None = None) -> SignedCheckpoint:
        """Return the signed head of a size, the present one by default."""
        size = self.size if size is None else size
        return sign_checkpoint(Checkpoint(self.origin, size, self.tree.root(size)), self.signer)

    def cosign(self, by: str, size: int | None = None) -> bytes:
        """Return a head's note with the lines of some banks' mirrors, a minute apart."""
        signed = self.sign(size)
        lines = [
            cosign(signed.checkpoint, make_mirror(bank), AT + 60 * place)
            for place, bank in enumerate(by)
        ]
        return signed.note.add_lines(lines).encode()

    def prove(self, index: int, by: str = "abc", size: int | None = None) -> ProofFile:
        """Return the proof of an entry under a head that some banks' mirrors cosigned."""
        size = self.size if size is None else size
        path = self.tree.prove_inclusion(index, size)
        return ProofFile(None, index, path, self.cosign(by, size))

    def show(self, index: int, by: str = "abc", **changes: Any) -> EntryEvidence:
        """Return an entry as evidence, with body and key where it is a record."""
        sealed = self.sealed.get(index)
        evidence = EntryEvidence(
            entry=self.entries[index],
            proof=self.prove(index, by).encode(),
            roster_version=1,
            body=sealed.blob if sealed else None,
            content_key=sealed.content_key if sealed else None,
        )
        return replace(evidence, **changes)
