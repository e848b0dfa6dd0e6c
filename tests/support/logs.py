"""A small log with its keys, as its owner holds it, and mirrors of it; for tests of tlog."""

from __future__ import annotations

from hashlib import sha256

from fundtrace.tlog.checkpoint import Checkpoint, SignedCheckpoint, sign_checkpoint
from fundtrace.tlog.cosignature import sign_cosignature
from fundtrace.tlog.hashing import hash_leaf
from fundtrace.tlog.keys import COSIGNATURE_ED25519, ED25519, SignerKey
from fundtrace.tlog.mirror import PACKAGE_ENTRIES_MAX, Package
from fundtrace.tlog.note import Signature
from fundtrace.tlog.quorum import MemberKeys, QuorumPolicy
from fundtrace.tlog.tree import Frontier, Tree
from fundtrace.tlog.witness import AddCheckpoint

ORIGIN = "a.bank.example/ledger/1"
AT = 1_767_225_600


def make_key(name: str, algorithm: int = ED25519) -> SignerKey:
    return SignerKey(name, algorithm, sha256(f"{name} {algorithm}".encode()).digest())


def make_mirror_key(bank: str, algorithm: int = COSIGNATURE_ED25519) -> SignerKey:
    return make_key(f"{bank}.bank.example/mirror", algorithm)


def cosign(signed: SignedCheckpoint, banks: str, at: int = AT) -> tuple[Signature, ...]:
    return tuple(
        sign_cosignature(signed.checkpoint, make_mirror_key(bank), at + place)
        for place, bank in enumerate(banks)
    )


def build_policy(banks: str, origin: str = ORIGIN) -> QuorumPolicy:
    members = [MemberKeys(bank, (make_mirror_key(bank).verifier,)) for bank in banks]
    return QuorumPolicy.build(make_key(origin).verifier, members)


class SmallLog:
    """Entries, their tree and the key that signs it."""

    def __init__(self, entries: list[bytes] | int = 0, origin: str = ORIGIN) -> None:
        if isinstance(entries, int):
            entries = [b"entry %d" % index for index in range(entries)]
        self.origin = origin
        self.signer = make_key(origin)
        self.key = self.signer.verifier
        self.entries: list[bytes] = []
        self.tree = Tree()
        self.append(entries)

    def append(self, entries: list[bytes]) -> None:
        self.entries += entries
        self.tree.extend([hash_leaf(entry) for entry in entries])

    def branch(self, size: int, entries: list[bytes]) -> SmallLog:
        """Return a log that shares the first entries with this one, and the key."""
        return SmallLog(self.entries[:size] + entries, self.origin)

    def frontier(self) -> Frontier:
        frontier = Frontier()
        frontier.extend([hash_leaf(entry) for entry in self.entries])
        return frontier

    def sign(self, size: int | None = None) -> SignedCheckpoint:
        size = self.tree.size if size is None else size
        return sign_checkpoint(Checkpoint(self.origin, size, self.tree.root(size)), self.signer)

    def propose(self, old: int, size: int | None = None) -> AddCheckpoint:
        signed = self.sign(size)
        path = self.tree.prove_consistency(old, signed.checkpoint.size)
        return AddCheckpoint(old, path, signed.encode())

    def pack(self, start: int, size: int | None = None) -> Package:
        """Return the package that begins at ``start``, proven to the head of ``size``."""
        size = self.tree.size if size is None else size
        aligned = start - start % PACKAGE_ENTRIES_MAX
        end = min(aligned + PACKAGE_ENTRIES_MAX, size)
        path = self.tree.prove_subtree_consistency(aligned, end, size)
        return Package(start, tuple(self.entries[start:end]), path)
