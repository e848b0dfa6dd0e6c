"""CA certificates in a roster: exact DER, a certificate authority, and for TLS a key on P-256.

Dates are not judged here, since no clock takes part: a connection or a signature is checked
against the certificate's validity by whoever makes it, at the time that it is for.
"""

from __future__ import annotations

from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from fundtrace.errors import InvalidInputError

CERTIFICATE_BYTES_MIN = 64
CERTIFICATE_BYTES_MAX = 8_192  # LIMIT: an RSA-4096 CA with policies has about 2 kB


@dataclass(frozen=True, slots=True)
class CaCertificate:
    """Bound of a field: one CA certificate in DER; ``is_tls`` asks for a key on P-256 too."""

    is_tls: bool = False

    def check(self, value: object, what: str) -> None:
        """Raise InvalidInputError where ``value`` is not exactly one such certificate."""
        if not isinstance(value, bytes):
            raise InvalidInputError(f"{what} must be bytes, not {type(value).__name__}")
        certificate = load_certificate(value, what)
        check_authority(certificate, what)
        if self.is_tls:
            check_p256(certificate, what)


def load_certificate(der: bytes, what: str) -> x509.Certificate:
    """Return the certificate that these bytes are, or raise InvalidInputError."""
    if not CERTIFICATE_BYTES_MIN <= len(der) <= CERTIFICATE_BYTES_MAX:
        raise InvalidInputError(
            f"{what} has {len(der)} bytes; {CERTIFICATE_BYTES_MIN} to {CERTIFICATE_BYTES_MAX} "
            "are allowed"
        )
    try:
        return x509.load_der_x509_certificate(der)  # strict DER, with nothing behind it
    except ValueError as error:
        raise InvalidInputError(f"{what} is no X.509 certificate in DER: {error}") from error


def check_authority(certificate: x509.Certificate, what: str) -> None:
    """Check that a certificate may issue others, or raise InvalidInputError."""
    try:
        extensions = certificate.extensions
    except (ValueError, x509.DuplicateExtension) as error:
        raise InvalidInputError(f"{what} has extensions that cannot be read: {error}") from error
    # SPEC: RFC 5280 4.2.1.9: without cA in basicConstraints a key must not verify certificates
    try:
        constraints = extensions.get_extension_for_class(x509.BasicConstraints).value
    except x509.ExtensionNotFound as error:
        raise InvalidInputError(f"{what} is no CA: it has no basicConstraints") from error
    if not constraints.ca:
        raise InvalidInputError(f"{what} is no CA: its basicConstraints say so")
    # SPEC: RFC 5280 4.2.1.3: where keyUsage stands, a CA's must allow keyCertSign
    usages = [one.value for one in extensions if isinstance(one.value, x509.KeyUsage)]
    if any(not usage.key_cert_sign for usage in usages):
        raise InvalidInputError(f"{what} is a CA whose key may not sign certificates")


def check_p256(certificate: x509.Certificate, what: str) -> None:
    """Check that a certificate's key is on P-256, or raise InvalidInputError.

    gRPC's TLS refuses Ed25519 certificates, and one curve for all keeps handshakes alike.
    """
    try:
        key = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm) as error:
        raise InvalidInputError(f"{what} holds a key that cannot be read: {error}") from error
    if not isinstance(key, EllipticCurvePublicKey) or not isinstance(key.curve, SECP256R1):
        raise InvalidInputError(f"{what} must hold a key on P-256 (prime256v1)")


def get_tls_key(der: bytes) -> bytes:
    """Return the public key of a checked TLS CA certificate as DER, to tell keys apart."""
    key = x509.load_der_x509_certificate(der).public_key()
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
