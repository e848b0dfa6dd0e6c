"""The consortium of the vectors: members, rosters and their notes, always the same bytes.

Rosters ask for Ed25519 alone, also of evidence, so that nothing is drawn: ML-DSA signatures
would be hedged. TLS authorities are P-256 certificates, signed by ECDSA without randomness
(RFC 6979).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from fundtrace.ledger.roster.document import NO_PREVIOUS_HASH, Roster
from fundtrace.ledger.roster.member import Member, MemberStatus
from fundtrace.ledger.roster.signing import build_roster_checkpoint, sign_roster
from fundtrace.ledger.roster.terms import RequiredAlgorithms, SigningAlgorithm
from fundtrace.tlog.keys import SignerKey
from fundtrace.tlog.note import Note
from fundtrace.wire.rosters import encode_roster
from vectors.keys import AT, make_key, make_mirror

CONSORTIUM: Final = "loans.example"
BEGIN: Final = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
END: Final = dt.datetime(2046, 1, 1, tzinfo=dt.UTC)
_ED25519: Final = (SigningAlgorithm.ED25519,)
_CERTIFIES: Final = {"key_cert_sign", "crl_sign"}
_USES: Final = (
    *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment"),
    *("key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
)


@dataclass(frozen=True)
class SignedRoster:
    """One version: the value, its exact bytes, and the note that signs them."""

    roster: Roster
    data: bytes
    note: bytes

    @property
    def hash(self) -> bytes:
        """Return SHA-256 of the bytes."""
        return sha256(self.data).digest()


def draw(label: str) -> bytes:
    """Return the 32 bytes that a label stands for in the vectors."""
    return sha256(f"fundtrace vectors, public: {label}".encode()).digest()


def make_usage(uses: set[str]) -> x509.KeyUsage:
    """Return the extension that allows these uses of a key, and no others."""
    return x509.KeyUsage(**{name: name in uses for name in _USES})


def make_name(common_name: str) -> x509.Name:
    """Return the name of a subject that has a common name alone."""
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def make_p256(label: str) -> ec.EllipticCurvePrivateKey:
    """Return the P-256 key of a label."""
    return ec.derive_private_key(int.from_bytes(draw(f"p256 {label}")[:31], "big"), ec.SECP256R1())


@cache
def make_tls_authority(name: str) -> bytes:
    """Return a self-signed CA certificate on P-256, in DER."""
    key = make_p256(name)
    builder = x509.CertificateBuilder(
        issuer_name=make_name(name),
        subject_name=make_name(name),
        public_key=key.public_key(),
        serial_number=1,
        not_valid_before=BEGIN,
        not_valid_after=END,
    )
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(make_usage(_CERTIFIES), critical=True)
    signed = builder.sign(key, SHA256(), ecdsa_deterministic=True)
    return signed.public_bytes(Encoding.DER)


def make_governance(bank: str) -> SignerKey:
    """Return the key with which a bank, named by its letter, signs rosters."""
    return make_key(f"{bank}.bank.example/governance")


def make_log_key(bank: str, epoch: int = 1) -> SignerKey:
    """Return the key of a bank's log in one epoch."""
    return make_key(f"{bank}.bank.example/ledger/{epoch}")


@cache
def make_member(bank: str) -> Member:
    """Return a voting member, ``bank-a`` and so on, with its log in epoch 1."""
    return Member(
        id=f"bank-{bank}",
        name_zh=f"{bank.upper()} 银行",
        name_en=f"Bank {bank.upper()}",
        cnaps=f"10433300001{ord(bank) - ord('a')}",
        status=MemberStatus.VOTING,
        origin_base=f"{bank}.bank.example/ledger",
        log_key=make_log_key(bank).verifier,
        mirror_keys=(make_mirror(bank).verifier,),
        governance_keys=(make_governance(bank).verifier,),
        tls_cas=(make_tls_authority(f"Bank {bank.upper()} TLS"),),
        endpoints=(f"{bank}.bank.example:7443",),
    )


def make_learner(bank: str) -> Member:
    """Return a member that no quorum counts yet."""
    return replace(make_member(bank), status=MemberStatus.LEARNER)


def make_roster(members: Sequence[Member], after: SignedRoster | None = None) -> Roster:
    """Return the first version, or the one that follows another."""
    return Roster(
        consortium=CONSORTIUM,
        version=after.roster.version + 1 if after else 1,
        previous_hash=after.hash if after else NO_PREVIOUS_HASH,
        members=tuple(members),
        algorithms=RequiredAlgorithms(live=_ED25519, evidence=_ED25519, governance=_ED25519),
        rule_set_version="rules-2026.1",
    )


def sign_version(roster: Roster, by: str) -> SignedRoster:
    """Return a version signed by the governance keys of some banks."""
    data = encode_roster(roster)
    head = build_roster_checkpoint(roster, data)
    lines = tuple(sign_roster(head, make_governance(bank), AT) for bank in by)
    return SignedRoster(roster, data, Note(head.encode(), lines).encode())


@cache
def get_first() -> SignedRoster:
    """Return version 1 of the vectors' consortium: four banks, signed by three of them."""
    return sign_version(make_roster([make_member(bank) for bank in "abcd"]), "abc")
