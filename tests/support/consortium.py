"""Four banks with a roster, the log of one of them, and evidence packages out of it."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from hashlib import sha256

import pytest

from fundtrace.evidence.package import EntryEvidence, Package, RosterEvidence
from fundtrace.ledger.kinds.common import Body
from fundtrace.ledger.kinds.entries import ZERO_HASH, Entry, StreamTail, Tally
from fundtrace.ledger.pairs import Pair, PairKeys, derive_pair_keys, derive_pair_secret
from fundtrace.ledger.roster.document import NO_PREVIOUS_HASH, Roster
from fundtrace.ledger.roster.member import Member, MemberStatus
from fundtrace.ledger.roster.signing import build_roster_checkpoint, open_roster, sign_roster
from fundtrace.ledger.sealing import FILLING_BYTES
from fundtrace.model.kinds import Rule
from fundtrace.tlog.checkpoint import Checkpoint, sign_checkpoint
from fundtrace.tlog.cosignature import sign_cosignature
from fundtrace.tlog.hashing import hash_leaf
from fundtrace.tlog.keys import COSIGNATURE_ED25519, COSIGNATURE_MLDSA44, ED25519, SignerKey
from fundtrace.tlog.note import Note
from fundtrace.tlog.proof_file import ProofFile
from fundtrace.tlog.tree import Tree
from fundtrace.wire.entries import encode_entry
from fundtrace.wire.records import Draft, SealedRecord, seal_record
from fundtrace.wire.rosters import encode_roster, parse_roster
from tests.support.certificates import ROOT as E_SIGN_ROOT
from tests.support.certificates import make_authority

CONSORTIUM = "loans.example"
BANKS = "abcd"
AT = 1_772_676_000  # 2026-03-05 in Shanghai
READERS = ("bank-a", "bank-b")
ABOUT = {
    "consortium": CONSORTIUM,
    "subject": "loan W-001",
    "made_by": "bank-a",
    "made_at": "2026-11-24T03:00:00Z",
    "software": "fundtrace 0.1.0",
}


def draw(*seed: object) -> bytes:
    """Return 32 bytes that a seed stands for."""
    return sha256(repr(seed).encode()).digest()


def make_signer(name: str, algorithm: int = ED25519) -> SignerKey:
    """Return the key of a name, always the same."""
    return SignerKey(name, algorithm, draw("key", name, algorithm))


def make_mirror(bank: str, algorithm: int) -> SignerKey:
    """Return the key with which a bank's mirror cosigns."""
    return make_signer(f"{bank}.bank.example/mirror/{algorithm}", algorithm)


def make_governance(bank: str) -> SignerKey:
    """Return the key with which a bank signs rosters."""
    return make_signer(f"{bank}.bank.example/governance")


@lru_cache
def make_member(bank: str) -> Member:
    """Return a voting member, bank-a and so on, in epoch 1 of its log."""
    base = f"{bank}.bank.example/ledger"
    mirrors = [make_mirror(bank, one) for one in (COSIGNATURE_ED25519, COSIGNATURE_MLDSA44)]
    return Member(
        id=f"bank-{bank}",
        name_zh=f"{bank.upper()} 银行",
        name_en=f"Bank {bank.upper()}",
        cnaps=f"10433300001{BANKS.index(bank)}",
        status=MemberStatus.VOTING,
        origin_base=base,
        log_key=make_signer(f"{base}/1").verifier,
        mirror_keys=tuple(one.verifier for one in mirrors),
        governance_keys=(make_governance(bank).verifier,),
        tls_cas=(make_authority(f"Bank {bank.upper()}").der,),
        endpoints=(f"{bank}.bank.example:7443",),
    )


@lru_cache
def make_roster(version: int = 1) -> Roster:
    """Return version 1, or a version 2 in which bank-d is not there any more."""
    banks = BANKS if version == 1 else BANKS[:-1]
    previous = NO_PREVIOUS_HASH if version == 1 else sha256(encode_roster(make_roster())).digest()
    return Roster(
        consortium=CONSORTIUM,
        version=version,
        previous_hash=previous,
        members=tuple(make_member(bank) for bank in banks),
        attribution_rule=Rule.PROCEEDS_FIRST,
        rule_set_version="rules-2026.1",
        e_signature_cas=(E_SIGN_ROOT.der,),
    )


@lru_cache
def sign_version(version: int = 1, by: str = "abc") -> RosterEvidence:
    """Return a version's bytes and its note, signed by some banks."""
    roster = make_roster(version)
    data = encode_roster(roster)
    checkpoint = build_roster_checkpoint(roster, data)
    lines = tuple(sign_roster(checkpoint, make_governance(bank), AT) for bank in by)
    note = Note(checkpoint.encode(), lines).encode()
    return RosterEvidence(open_roster(data, note, parse_roster).data, note)


ROOT = sha256(sign_version().roster).digest()


class BankLog:
    """The log of one bank, its sealed bodies, and the proofs that its peers let it make."""

    def __init__(self, bank: str = "a") -> None:
        self.origin = f"{bank}.bank.example/ledger/1"
        self.signer = make_signer(self.origin)
        self.tree = Tree()
        self.entries: list[bytes] = []
        self.sealed: dict[int, SealedRecord] = {}
        self.tails: dict[bytes, StreamTail] = {}

    @property
    def size(self) -> int:
        """Return how many entries there are."""
        return len(self.entries)

    def pair(self, reader: str) -> PairKeys:
        """Return the keys that this log's issuer shares with a reader."""
        pair = Pair(CONSORTIUM, self.origin, reader, 7)
        return derive_pair_keys(derive_pair_secret(draw("epoch", self.origin), pair), pair)

    def append(self, entry: Entry | bytes) -> int:
        """Append an entry, return its index."""
        data = entry if isinstance(entry, bytes) else encode_entry(entry)
        self.entries.append(data)
        self.tree.append(hash_leaf(data))
        return self.size - 1

    def publish(self, body: Body, stream: int = 1, **changes: object) -> int:
        """Seal a body as the next record of a stream, append it, return its index."""
        stream_id = draw("stream", stream)[:16]
        tail = self.tails.get(stream_id)
        values = {
            "body": body,
            "consortium": CONSORTIUM,
            "origin": self.origin,
            "roster_version": 1,
            "stream_id": stream_id,
            "sequence": tail.last_sequence + 1 if tail else 0,
            "previous_hash": tail.last_hash if tail else ZERO_HASH,
            "published_minute": AT // 60 + self.size,
            "key_epoch": 7,
            "erasure_key": make_signer("erasure").verifier.public_key,
        }
        draft = Draft(**values | changes)
        filling = (draw("filling", self.size) * 8)[:FILLING_BYTES]
        readers = [self.pair(reader) for reader in READERS]
        sealed = seal_record(draft, readers, draw("content", self.size), filling)
        index = self.append(sealed.entry)
        self.sealed[index] = sealed
        self.tails[stream_id] = StreamTail(stream_id, draft.sequence, sealed.leaf_hash)
        return index

    def publish_unchecked(self, body: Body) -> int:
        """Seal a body as a bank would that checks nothing, append it, return its index."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("fundtrace.wire.records.check_header_body", lambda _context, _body: None)
            return self.publish(body)

    def tally(self) -> int:
        """Append a tally of all streams, return its index."""
        tails = tuple(self.tails[one] for one in sorted(self.tails))
        return self.append(Tally(self.size, tails))

    def prove(self, index: int, by: str = "abcd", signer: SignerKey | None = None) -> bytes:
        """Return the proof file of an entry under the present head, cosigned by some banks."""
        head = Checkpoint(self.origin, self.size, self.tree.root())
        signed = sign_checkpoint(head, signer or self.signer)
        lines = [
            sign_cosignature(head, make_mirror(bank, algorithm), AT + 60 * place)
            for algorithm in (COSIGNATURE_ED25519, COSIGNATURE_MLDSA44)
            for place, bank in enumerate(by)
        ]
        note = signed.note.add_lines(lines).encode()
        return ProofFile(None, index, self.tree.prove_inclusion(index, self.size), note).encode()

    def show(self, index: int, by: str = "abcd", **changes: object) -> EntryEvidence:
        """Return an entry as evidence, with body and key where it is a record."""
        sealed = self.sealed.get(index)
        evidence = EntryEvidence(
            self.entries[index],
            self.prove(index, by),
            1,
            sealed.blob if sealed else None,
            sealed.content_key if sealed else None,
        )
        return replace(evidence, **changes)


def build_evidence(log: BankLog, **changes: object) -> Package:
    """Return a package that shows the whole of a log under roster version 1."""
    entries = tuple(log.show(index) for index in range(log.size))
    return replace(Package(ABOUT, (sign_version(),), entries), **changes)
