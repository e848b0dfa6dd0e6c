"""The table of signature algorithms of consents; another one joins by an entry.

An entry verifies a message with the key of a certificate. It may also say which signatures of
certificates (by OID) it verifies: for those ``chain`` asks it instead of ``cryptography``. So SM2
(certificate OID 1.2.156.10197.1.501), which ``cryptography`` does not know, can join with a
library that does, for leaves and CAs alike, without a change here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    SECP384R1,
    SECP521R1,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512, HashAlgorithm
from cryptography.x509.oid import SignatureAlgorithmOID

from fundtrace.errors import EncodingError, SignatureError
from fundtrace.tlog.keys import check_ed25519_public_key

# LIMIT: below 2,048 bits RSA is not trusted; above 8,192 verifying is work for nothing.
RSA_BITS_MIN, RSA_BITS_MAX = 2048, 8192

# What ``cryptography`` raises for malformed certificates and lists, their names and extensions.
UNREADABLE = (
    ValueError,
    TypeError,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)


@dataclass(frozen=True, slots=True)
class SignatureAlgorithm:
    """One way to sign: ``verify(certificate, message, signature)`` raises SignatureError.

    ``certificate_oids`` are the dotted OIDs of certificate signatures that it verifies too.
    """

    name: str
    verify: Callable[[x509.Certificate, bytes, bytes], None]
    certificate_oids: frozenset[str] = frozenset()


def check_key(certificate: x509.Certificate) -> object:
    """Return a certificate's public key; raises SignatureError for one that is not trusted.

    Trusted are RSA of 2,048 to 8,192 bits, P-256, P-384, P-521 and Ed25519.
    """
    try:
        key = certificate.public_key()
        if isinstance(key, Ed25519PublicKey):
            check_ed25519_public_key(key.public_bytes_raw())
            return key
    except (ValueError, UnsupportedAlgorithm, EncodingError) as error:
        raise SignatureError(f"the key of a certificate cannot be used: {error}") from error
    if isinstance(key, RSAPublicKey) and RSA_BITS_MIN <= key.key_size <= RSA_BITS_MAX:
        return key
    if isinstance(key, EllipticCurvePublicKey) and isinstance(
        key.curve, SECP256R1 | SECP384R1 | SECP521R1
    ):
        return key
    raise SignatureError("the key of a certificate is too weak or of a kind that is not trusted")


def is_hash_trusted(oid: x509.ObjectIdentifier, hashed: HashAlgorithm | None) -> bool:
    """Tell whether a CA's signature of this algorithm is over a hash that is still trusted."""
    return oid == SignatureAlgorithmOID.ED25519 or isinstance(hashed, SHA256 | SHA384 | SHA512)


def _verify_rsa_pkcs1(certificate: x509.Certificate, message: bytes, signature: bytes) -> None:
    _get_rsa(certificate).verify(signature, message, padding.PKCS1v15(), SHA256())


def _verify_rsa_pss(certificate: x509.Certificate, message: bytes, signature: bytes) -> None:
    scheme = padding.PSS(padding.MGF1(SHA256()), SHA256.digest_size)
    _get_rsa(certificate).verify(signature, message, scheme, SHA256())


def _verify_ecdsa_p256(certificate: x509.Certificate, message: bytes, signature: bytes) -> None:
    key = check_key(certificate)
    if not (isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1)):
        raise SignatureError("the consent names ecdsa_p256_sha256, its certificate another key")
    key.verify(signature, message, ECDSA(SHA256()))


def _verify_ed25519(certificate: x509.Certificate, message: bytes, signature: bytes) -> None:
    key = check_key(certificate)
    if not isinstance(key, Ed25519PublicKey):
        raise SignatureError("the consent names ed25519, its certificate another key")
    key.verify(signature, message)


def _get_rsa(certificate: x509.Certificate) -> RSAPublicKey:
    key = check_key(certificate)
    if not isinstance(key, RSAPublicKey):
        raise SignatureError("the consent names RSA, its certificate another key")
    return key


def verify_by(
    algorithm: SignatureAlgorithm, certificate: x509.Certificate, message: bytes, signature: bytes
) -> None:
    """Verify by an entry of the table; whatever fails is a SignatureError."""
    try:
        algorithm.verify(certificate, message, signature)
    except (InvalidSignature, ValueError) as error:
        raise SignatureError(f"the signature ({algorithm.name}) does not verify") from error


ALGORITHMS: Mapping[str, SignatureAlgorithm] = MappingProxyType(
    {
        entry.name: entry
        for entry in (
            SignatureAlgorithm("rsa_pkcs1_sha256", _verify_rsa_pkcs1),
            SignatureAlgorithm("rsa_pss_sha256", _verify_rsa_pss),
            SignatureAlgorithm("ecdsa_p256_sha256", _verify_ecdsa_p256),
            SignatureAlgorithm("ed25519", _verify_ed25519),
        )
    }
)
