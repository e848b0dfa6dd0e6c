"""E-signature CAs and signers for tests, made when asked for; keys of one name are made once."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from fundtrace.ledger.consent import ConsentEvidence, ConsentStatement
from tests.support.sealed import CONSORTIUM, draw

ROOT_BEGIN = datetime(2020, 1, 1, tzinfo=UTC)
ROOT_END = datetime(2040, 1, 1, tzinfo=UTC)
LOAN_KEY = draw("loan key")
SIGNED = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
KNOWN = SIGNED + timedelta(days=1)
NO_USE = dict.fromkeys(
    [
        *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment"),
        *("key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
    ],
    False,
)


@lru_cache(maxsize=64)
def make_key(name: str, kind: str):
    """Return the private key of a name; ``kind`` is p256, p384, p192, ed25519 or rsa with bits."""
    if kind == "ed25519":
        return ed25519.Ed25519PrivateKey.from_private_bytes(draw((name, kind)))
    if kind.startswith("rsa"):
        return rsa.generate_private_key(65537, int(kind[3:]))
    curves = {"p256": ec.SECP256R1(), "p384": ec.SECP384R1(), "p224": ec.SECP224R1()}
    return ec.derive_private_key(int.from_bytes(draw((name, kind), 24), "big"), curves[kind])


def make_name(name: str) -> x509.Name:
    """Return a subject with one common name."""
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


@dataclass(frozen=True)
class Plan:
    """What a certificate shall say; ``issuer`` None makes it self-signed."""

    name: str
    kind: str = "p256"
    issuer: Plan | None = None
    ca: bool | None = False
    path_length: int | None = None
    usage: tuple[str, ...] | None = ("digital_signature",)
    extensions: tuple[tuple[x509.ExtensionType, bool], ...] = ()
    begin: datetime = ROOT_BEGIN
    end: datetime = ROOT_END
    serial: int = 7
    hashed: type[hashes.HashAlgorithm] = hashes.SHA256

    @property
    def key(self):
        """The certificate's private key."""
        return make_key(self.name, self.kind)

    @property
    def certificate(self) -> x509.Certificate:
        """The certificate, signed by its issuer's key."""
        issuer = self.issuer or self
        builder = x509.CertificateBuilder(
            issuer_name=make_name(issuer.name),
            subject_name=make_name(self.name),
            public_key=self.key.public_key(),
            serial_number=self.serial,
            not_valid_before=self.begin,
            not_valid_after=self.end,
        )
        for value, critical in self._list_extensions():
            builder = builder.add_extension(value, critical=critical)
        plain = isinstance(issuer.key, ed25519.Ed25519PrivateKey)
        return builder.sign(issuer.key, None if plain else self.hashed())

    @property
    def der(self) -> bytes:
        """The certificate's bytes."""
        return _build_der(self)

    def _list_extensions(self):
        if self.ca is not None:
            yield x509.BasicConstraints(ca=self.ca, path_length=self.path_length), True
        if self.usage is not None:
            yield x509.KeyUsage(**(NO_USE | dict.fromkeys(self.usage, True))), True
        yield from self.extensions


@lru_cache(maxsize=256)
def _build_der(plan: Plan) -> bytes:
    return plan.certificate.public_bytes(Encoding.DER)  # ECDSA draws: one certificate per plan


def make_authority(name: str, issuer: Plan | None = None, **fields) -> Plan:
    """Return a CA that may sign certificates and CRLs."""
    usage = ("key_cert_sign", "crl_sign")
    return replace(Plan(name, issuer=issuer, ca=True, usage=usage), **fields)


ROOT = make_authority("E-Sign Root")
ISSUING = make_authority("E-Sign Issuing", ROOT, serial=8)
SIGNER = Plan("Borrower Ltd", issuer=ISSUING, serial=99)


def make_statement(signer: Plan = SIGNER, **fields) -> ConsentStatement:
    """Return a consent of the borrower to banks b and c, signed with the signer's certificate."""
    statement = ConsentStatement(
        consortium=CONSORTIUM,
        lender="bank-a",
        loan_key=LOAN_KEY,
        contract_id="L-2026-0007",
        borrower_hash=draw("borrower"),
        document_hash=draw("document"),
        signer_hash=hashlib.sha256(signer.der).digest(),
        recipients=("bank-b", "bank-c"),
        purpose="跟踪贷款资金用途",
        valid_from=datetime(2026, 3, 1, tzinfo=UTC),
        valid_until=datetime(2027, 3, 1, tzinfo=UTC),
        signed_at=SIGNED,
    )
    return replace(statement, **fields)


def sign(signer: Plan, algorithm: str, text: bytes) -> bytes:
    """Sign as the table's algorithm says; the signer's key must be of its kind."""
    if algorithm == "ed25519":
        return signer.key.sign(text)
    if algorithm == "ecdsa_p256_sha256":
        return signer.key.sign(text, ec.ECDSA(hashes.SHA256()))
    scheme = {
        "rsa_pkcs1_sha256": padding.PKCS1v15(),
        "rsa_pss_sha256": padding.PSS(padding.MGF1(hashes.SHA256()), 32),
    }[algorithm]
    return signer.key.sign(text, scheme, hashes.SHA256())


def make_evidence(
    signer: Plan = SIGNER,
    algorithm: str = "ecdsa_p256_sha256",
    chain: tuple[Plan, ...] = (ISSUING,),
    **fields,
) -> ConsentEvidence:
    """Return a signed consent with the signer's certificate and those of ``chain`` behind it."""
    text = make_statement(signer, **fields).encode()
    certificates = tuple(plan.der for plan in (signer, *chain))
    return ConsentEvidence(text, algorithm, sign(signer, algorithm, text), certificates)
