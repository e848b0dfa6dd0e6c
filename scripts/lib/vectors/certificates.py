"""Certificates of consents, always the same bytes: a root, an issuing CA, signers of each kind.

CAs sign by Ed25519, which draws nothing. The RSA key is made of the first primes behind two
labels' hashes; like all keys here it is public and for tests only.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cache
from hashlib import shake_256
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from vectors.consortium import BEGIN, END, draw, make_name, make_p256, make_usage

_EXPONENT: Final = 65_537
_CERTIFIES: Final = ("key_cert_sign", "crl_sign")


@dataclass(frozen=True)
class Plan:
    """What a certificate shall say; ``kind`` is that of its key: ed25519, p256 or rsa."""

    name: str
    kind: str = "ed25519"
    issuer: Plan | None = None
    is_ca: bool = False
    uses: tuple[str, ...] = ("digital_signature",)
    serial: int = 1
    begin: dt.datetime = BEGIN
    end: dt.datetime = END
    extended: tuple[x509.ObjectIdentifier, ...] = ()

    @property
    def der(self) -> bytes:
        """Return the certificate's bytes."""
        return _build_der(self)


ROOT: Final = Plan("E-Sign Root", is_ca=True, uses=_CERTIFIES)
ISSUING: Final = Plan("E-Sign Issuing", issuer=ROOT, is_ca=True, uses=_CERTIFIES, serial=2)
STRANGE_ROOT: Final = Plan("Another Root", is_ca=True, uses=_CERTIFIES)
TLS_ONLY: Final = (ExtendedKeyUsageOID.SERVER_AUTH,)


@cache
def get_private_key(name: str, kind: str) -> Any:
    """Return the private key of a name."""
    if kind == "rsa":
        return _make_rsa(name)
    if kind == "p256":
        return make_p256(name)
    return Ed25519PrivateKey.from_private_bytes(draw(f"ed25519 {name}"))


def sign_text(plan: Plan, text: bytes) -> tuple[str, bytes]:
    """Return the algorithm's name and the signature over a text by a certificate's key."""
    key = get_private_key(plan.name, plan.kind)
    if plan.kind == "rsa":
        return "rsa_pkcs1_sha256", key.sign(text, padding.PKCS1v15(), SHA256())
    if plan.kind == "p256":
        scheme = ec.ECDSA(SHA256(), deterministic_signing=True)
        return "ecdsa_p256_sha256", key.sign(text, scheme)
    return "ed25519", key.sign(text)


@cache
def _build_der(plan: Plan) -> bytes:
    issuer = plan.issuer or plan
    builder = x509.CertificateBuilder(
        issuer_name=make_name(issuer.name),
        subject_name=make_name(plan.name),
        public_key=get_private_key(plan.name, plan.kind).public_key(),
        serial_number=plan.serial,
        not_valid_before=plan.begin,
        not_valid_after=plan.end,
    )
    basic = x509.BasicConstraints(ca=plan.is_ca, path_length=None)
    builder = builder.add_extension(basic, critical=True)
    builder = builder.add_extension(make_usage(set(plan.uses)), critical=True)
    if plan.extended:
        builder = builder.add_extension(x509.ExtendedKeyUsage(plan.extended), critical=False)
    signed = builder.sign(get_private_key(issuer.name, issuer.kind), None)
    return signed.public_bytes(Encoding.DER)


def _make_rsa(name: str) -> rsa.RSAPrivateKey:
    p, q = (_find_prime(f"rsa {name} {which}") for which in "pq")
    d = pow(_EXPONENT, -1, (p - 1) * (q - 1))
    numbers = rsa.RSAPrivateNumbers(
        p=p,
        q=q,
        d=d,
        dmp1=d % (p - 1),
        dmq1=d % (q - 1),
        iqmp=pow(q, -1, p),
        public_numbers=rsa.RSAPublicNumbers(_EXPONENT, p * q),
    )
    return numbers.private_key()


def _find_prime(label: str) -> int:
    """Return the first number of 1,024 bits, from a hash on, that is prime and fits the exponent."""
    start = int.from_bytes(shake_256(draw(label)).digest(128), "big")
    number = start | 3 << 1022 | 1
    while not _is_prime(number) or (number - 1) % _EXPONENT == 0:
        number += 2
    return number


def _is_prime(number: int) -> bool:
    """Tell whether a number passes Fermat's test to four bases; enough for one that a hash gave."""
    if any(number % small == 0 for small in range(3, 2_000, 2)):
        return False
    return all(pow(base, number - 1, number) == 1 for base in (2, 3, 5, 7))
