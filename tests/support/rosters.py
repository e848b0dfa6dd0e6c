"""Banks with real keys, and the rosters and signed documents that they make."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from fundtrace.ledger.roster.chain import RosterChain, begin_chain
from fundtrace.ledger.roster.document import NO_PREVIOUS_HASH, Roster
from fundtrace.ledger.roster.member import Member, MemberStatus
from fundtrace.ledger.roster.signing import (
    RosterDocument,
    build_roster_checkpoint,
    open_roster,
    sign_roster,
)
from fundtrace.tlog.checkpoint import Checkpoint
from fundtrace.tlog.cosignature import sign_cosignature
from fundtrace.tlog.keys import COSIGNATURE_ED25519, COSIGNATURE_MLDSA44, ED25519, SignerKey
from fundtrace.tlog.note import Note, sign_note
from fundtrace.wire.rosters import encode_roster, parse_roster

CONSORTIUM = "ring.example"
AT_SECONDS = 1_790_000_000
CODES = {letter: f"{313_000_000_000 + place}" for place, letter in enumerate("abcdefghij")}


@cache
def make_signer(name: str, algorithm: int) -> SignerKey:
    return SignerKey(name, algorithm, sha256(f"{name} {algorithm}".encode()).digest())


@cache
def make_certificate(
    name: str, *, curve: ec.EllipticCurve | None = None, is_ca: bool = True
) -> bytes:
    """Return a certificate in DER that signs itself, the same for one name."""
    number = int.from_bytes(sha256(name.encode()).digest()[:16])
    key = ec.derive_private_key(number, curve or ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(number)
        .not_valid_before(dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
        .not_valid_after(dt.datetime(2036, 1, 1, tzinfo=dt.UTC))
        .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
    )
    signed = builder.sign(key, hashes.SHA256(), ecdsa_deterministic=True)
    return signed.public_bytes(Encoding.DER)


@dataclass(frozen=True)
class Bank:
    """A bank and its private keys; each count says how often that kind was renewed."""

    letter: str
    mirror_count: int = 1
    governance_count: int = 1
    epoch: int = 1

    @property
    def id(self) -> str:
        return f"bank-{self.letter}"

    @property
    def host(self) -> str:
        return f"{self.letter}.bank.example"

    @property
    def log(self) -> SignerKey:
        return make_signer(f"{self.host}/ledger/{self.epoch}", ED25519)

    @property
    def mirror(self) -> SignerKey:
        return make_signer(f"{self.host}/mirror/{self.mirror_count}", COSIGNATURE_ED25519)

    @property
    def mirror_mldsa(self) -> SignerKey:
        return make_signer(f"{self.host}/mirror-mldsa/{self.mirror_count}", COSIGNATURE_MLDSA44)

    @property
    def governance(self) -> SignerKey:
        return make_signer(f"{self.host}/governance/{self.governance_count}", ED25519)

    @property
    def governance_mldsa(self) -> SignerKey:
        name = f"{self.host}/governance-mldsa/{self.governance_count}"
        return make_signer(name, COSIGNATURE_MLDSA44)

    def make_member(self, status: MemberStatus = MemberStatus.VOTING, **changes) -> Member:
        values = {
            "id": self.id,
            "name_zh": f"{self.letter.upper()}银行",
            "name_en": f"Bank {self.letter.upper()}",
            "cnaps": CODES[self.letter],
            "status": status,
            "origin_base": f"{self.host}/ledger",
            "epoch": self.epoch,
            "log_key": self.log.verifier,
            "mirror_keys": (self.mirror.verifier, self.mirror_mldsa.verifier),
            "governance_keys": (self.governance.verifier, self.governance_mldsa.verifier),
            "tls_cas": (make_certificate(f"{self.host} TLS"),),
            "endpoints": (f"node1.{self.host}:7443",),
        }
        return Member(**(values | changes))


BANKS = {letter: Bank(letter) for letter in CODES}
LEARNER = MemberStatus.LEARNER


def make_roster(letters: str = "abcd", **changes) -> Roster:
    """Return version 1 with these voting banks."""
    values = {
        "consortium": CONSORTIUM,
        "version": 1,
        "previous_hash": NO_PREVIOUS_HASH,
        "members": tuple(BANKS[letter].make_member() for letter in letters),
        "rule_set_version": "2026-1",
    }
    return Roster(**(values | changes))


def make_next(document: RosterDocument, *members: Member, gone: str = "", **changes) -> Roster:
    """Return the next version: these members new or in place of themselves, one of them gone."""
    by_id = {member.id: member for member in document.roster.members} | {
        member.id: member for member in members
    }
    by_id.pop(gone, None)
    values = {
        "version": document.roster.version + 1,
        "previous_hash": document.hash,
        "members": tuple(by_id[member_id] for member_id in sorted(by_id)),
    }
    return replace(document.roster, **(values | changes))


def list_signers(letters: str) -> list[SignerKey]:
    return [BANKS[letter].governance for letter in letters]


def sign_document(roster: Roster, signers: str | Iterable[SignerKey]) -> RosterDocument:
    """Return the document with governance lines of these banks, or of these keys."""
    keys = list_signers(signers) if isinstance(signers, str) else signers
    data = encode_roster(roster)
    checkpoint = build_roster_checkpoint(roster, data)
    lines = tuple(sign_roster(checkpoint, key, AT_SECONDS) for key in keys)
    return open_roster(data, Note(checkpoint.encode(), lines).encode(), parse_roster)


def begin(letters: str = "abcd", **changes) -> RosterChain:
    """Return a chain of version 1 alone, signed by all its banks and pinned."""
    document = sign_document(make_roster(letters, **changes), letters)
    return begin_chain(document, document.hash)


def make_head(bank: Bank, size: int, root_hash: bytes) -> Checkpoint:
    return Checkpoint(bank.log.name, size, root_hash)


def sign_head(
    head: Checkpoint, owner: Bank, mirrors: Iterable[Bank], *, evidence: bool = False
) -> Note:
    """Return a head signed by its log and cosigned by these banks' mirrors."""
    signers = [bank.mirror for bank in mirrors]
    if evidence:
        signers += [bank.mirror_mldsa for bank in mirrors]
    lines = [sign_cosignature(head, signer, AT_SECONDS) for signer in signers]
    return sign_note(head.encode(), [owner.log]).add_lines(lines)
