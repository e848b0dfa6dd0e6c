"""What a certificate revocation list says, once its own signature is verified.

A serial number is unique to its issuer only, so a revocation names both. Names are compared by
what they say: a CA may write one name as PrintableString in its lists, as UTF-8 in certificates.
Lists that speak for other issuers, or state only changes, are refused: those mark themselves by
critical extensions.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

from fundtrace.errors import EncodingError, SignatureError
from fundtrace.ledger.consent.algorithms import UNREADABLE, check_key, is_hash_trusted

# LIMIT: a CRL of a large CA has some megabytes.
CRL_BYTES_MAX = 32 * 2**20


@dataclass(frozen=True, slots=True)
class Revocation:
    """A revoked certificate: its issuer's name, its serial number, since when (aware)."""

    issuer: x509.Name
    serial: int
    revoked_at: datetime


def load_revocations(crl: bytes, authority: x509.Certificate) -> frozenset[Revocation]:
    """Read a CRL in DER that ``authority`` signed; certificates on hold count as revoked.

    How old a list may be is its caller's question. Raises EncodingError, SignatureError.
    """
    if len(crl) > CRL_BYTES_MAX:
        raise EncodingError(f"a CRL has at most {CRL_BYTES_MAX} bytes")
    try:
        parsed = x509.load_der_x509_crl(crl)
        critical = [extension for extension in parsed.extensions if extension.critical]
        entries = list(parsed)
        critical += [one for entry in entries for one in entry.extensions if one.critical]
        revocations = frozenset(
            Revocation(parsed.issuer, entry.serial_number, entry.revocation_date_utc)
            for entry in entries
        )
    except UNREADABLE as error:
        raise EncodingError(f"not a CRL in DER: {error}") from error
    if critical:
        raise SignatureError("the CRL is partial or speaks for other issuers; get a full one")
    _verify_issuer(parsed, authority)
    return revocations


def _verify_issuer(parsed: x509.CertificateRevocationList, authority: x509.Certificate) -> None:
    check_key(authority)
    try:
        usage = authority.extensions.get_extension_for_class(x509.KeyUsage).value
        trusted = is_hash_trusted(parsed.signature_algorithm_oid, parsed.signature_hash_algorithm)
        signed = parsed.is_signature_valid(authority.public_key())  # type: ignore[arg-type]
    except (*UNREADABLE, x509.ExtensionNotFound, UnsupportedAlgorithm) as error:
        raise SignatureError("the CA of the CRL cannot have signed it") from error
    if parsed.issuer != authority.subject or not usage.crl_sign or not (trusted and signed):
        raise SignatureError("the CRL is not signed by the CA that it should come from")
