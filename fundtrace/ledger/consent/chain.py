"""Certificates of a consent: from the signer's to a trusted CA, each link checked (RFC 5280).

The chain is given in order, the signer's certificate first, each issued by the next; the last is
a trusted certificate or issued by one. It is not searched for. Checked for every certificate, the
trusted one too, at the signing time: validity, basicConstraints and pathLen, keyUsage,
no critical extension but those handled here, keys and hashes that are still trusted, and
revocation where the caller knows of any (of all but the trusted one).

Stricter than RFC 5280: keyUsage is wanted everywhere, a CA's extended key usage limits those
below it, self-issued certificates count for pathLen, a CA's certificate is no signer's, and name
constraints are refused instead of evaluated.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID

from fundtrace.errors import EncodingError, SignatureError
from fundtrace.ledger.consent.algorithms import (
    UNREADABLE,
    SignatureAlgorithm,
    check_key,
    is_hash_trusted,
    verify_by,
)
from fundtrace.ledger.consent.revocation import Revocation

# LIMIT: signer, two intermediate CAs and a root are usual; each link is a signature to verify.
CHAIN_LENGTH_MAX = 5
# LIMIT: a certificate has 1 to 3 kB.
CERTIFICATE_BYTES_MAX = 16 * 1024

_Kind = TypeVar("_Kind", bound=x509.ExtensionType)

_HANDLED = {ExtensionOID.BASIC_CONSTRAINTS, ExtensionOID.KEY_USAGE, ExtensionOID.EXTENDED_KEY_USAGE}
# Where a certificate limits its use, one of these must be in it; a TLS server's is not.
_USES = {
    ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,
    ExtendedKeyUsageOID.EMAIL_PROTECTION,
    x509.ObjectIdentifier("1.3.6.1.5.5.7.3.36"),  # document signing, RFC 9336
}


@dataclass(frozen=True, slots=True)
class ChainRules:
    """As of when, against what and with which algorithms a chain is checked.

    ``known_at`` is when the ledger knew the signature, which is what revocation counts against.
    """

    signed_at: datetime
    known_at: datetime
    revoked: Collection[Revocation]
    algorithms: Iterable[SignatureAlgorithm]


def parse_certificate(der: bytes) -> x509.Certificate:
    """Read a certificate from its DER bytes; raises EncodingError."""
    if len(der) > CERTIFICATE_BYTES_MAX:
        raise EncodingError(f"a certificate has at most {CERTIFICATE_BYTES_MAX} bytes")
    try:
        certificate = x509.load_der_x509_certificate(der)
        # These are read when asked for; what is wrong with them shall show here.
        _ = (certificate.subject, certificate.issuer, certificate.serial_number)
        _ = (certificate.not_valid_before_utc, certificate.not_valid_after_utc)
    except UNREADABLE as error:
        raise EncodingError(f"not a certificate in DER: {error}") from error
    return certificate


def verify_chain(
    chain: Sequence[x509.Certificate], trusted: Sequence[x509.Certificate], rules: ChainRules
) -> None:
    """Verify a chain, the signer's certificate first, up to one of the trusted ones.

    Raises SignatureError, which says what is wrong with which certificate.
    """
    if not 0 < len(chain) <= CHAIN_LENGTH_MAX:
        raise SignatureError(f"a chain has 1 to {CHAIN_LENGTH_MAX} certificates, not {len(chain)}")
    refusals = []
    for anchored in _list_anchored(chain, trusted):
        try:
            _verify_anchored(anchored, rules)
        except SignatureError as error:
            refusals.append(error)
        else:
            return
    if refusals:
        raise refusals[0]
    raise SignatureError(f"{_name(chain[-1])} is not issued by any trusted e-signature CA")


def _list_anchored(
    chain: Sequence[x509.Certificate], trusted: Sequence[x509.Certificate]
) -> Iterable[list[x509.Certificate]]:
    """Yield the chain with each trusted certificate at its end that may stand there.

    There are several where a CA renewed its certificate. A signer's alone is no chain.
    """
    if len(chain) > 1 and chain[-1] in trusted:
        yield list(chain)
    for authority in trusted:
        if authority.subject == chain[-1].issuer:
            yield [*chain, authority]


def _verify_anchored(anchored: Sequence[x509.Certificate], rules: ChainRules) -> None:
    for child, issuer in pairwise(anchored):
        _verify_issued(child, issuer, rules)
    _check_signer(anchored[0])
    for place, certificate in enumerate(anchored):
        _check_certificate(certificate, rules)
        if place:
            _check_authority(certificate, authorities_below=place - 1)
    for certificate in anchored[:-1]:
        _check_not_revoked(certificate, rules)


def _verify_issued(child: x509.Certificate, issuer: x509.Certificate, rules: ChainRules) -> None:
    oid = child.signature_algorithm_oid
    if child.issuer != issuer.subject:
        raise SignatureError(f"{_name(child)} does not name {_name(issuer)} as its issuer")
    for algorithm in rules.algorithms:
        if oid.dotted_string in algorithm.certificate_oids:
            verify_by(algorithm, issuer, child.tbs_certificate_bytes, child.signature)
            return
    check_key(issuer)
    try:
        if not is_hash_trusted(oid, child.signature_hash_algorithm):
            raise SignatureError(f"{_name(child)} is signed over a hash that is not trusted")
        child.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm) as error:
        raise SignatureError(f"{_name(child)} is not issued by {_name(issuer)}") from error


def _check_certificate(certificate: x509.Certificate, rules: ChainRules) -> None:
    # SPEC: RFC 5280 6.1.3 (a)(2), 6.1.4 (o): validity, critical extensions that are not handled
    valid = certificate.not_valid_before_utc <= rules.signed_at <= certificate.not_valid_after_utc
    if not valid:
        raise SignatureError(f"{_name(certificate)} was not valid at the signing time")
    for extension in _list_extensions(certificate):
        constrains = extension.oid == ExtensionOID.NAME_CONSTRAINTS
        if constrains or (extension.critical and extension.oid not in _HANDLED):
            raise SignatureError(
                f"{_name(certificate)} has an extension that is not handled: "
                f"{extension.oid.dotted_string}"
            )


def _check_authority(certificate: x509.Certificate, authorities_below: int) -> None:
    # SPEC: RFC 5280 6.1.4 (k), (m), (n): basicConstraints, pathLen, keyCertSign
    basic = _find_extension(certificate, x509.BasicConstraints)
    if basic is None or not basic.ca:
        raise SignatureError(f"{_name(certificate)} is no CA's certificate, yet issued another")
    if basic.path_length is not None and basic.path_length < authorities_below:
        raise SignatureError(f"{_name(certificate)} has more CAs below it than its pathLen allows")
    usage = _find_extension(certificate, x509.KeyUsage)
    if usage is None or not usage.key_cert_sign:
        raise SignatureError(f"{_name(certificate)} may not sign certificates (keyUsage)")
    # A CA that is limited to TLS servers, say, signs for no document: an EKU limits those below.
    _check_extended_usage(certificate, "may not issue certificates that sign documents")


def _check_signer(certificate: x509.Certificate) -> None:
    basic = _find_extension(certificate, x509.BasicConstraints)
    if basic is not None and basic.ca:
        raise SignatureError(f"{_name(certificate)} is a CA's certificate and signs no consent")
    usage = _find_extension(certificate, x509.KeyUsage)
    if usage is None or not (usage.digital_signature or usage.content_commitment):
        raise SignatureError(f"{_name(certificate)} may not sign documents (keyUsage)")
    _check_extended_usage(certificate, "may not sign documents")


def _check_extended_usage(certificate: x509.Certificate, refusal: str) -> None:
    extended = _find_extension(certificate, x509.ExtendedKeyUsage)
    if extended is not None and not _USES & set(extended):
        raise SignatureError(f"{_name(certificate)} {refusal} (extended key usage)")


def _check_not_revoked(certificate: x509.Certificate, rules: ChainRules) -> None:
    place = (certificate.serial_number, certificate.issuer)
    for revocation in rules.revoked:
        same = (revocation.serial, revocation.issuer) == place
        if same and revocation.revoked_at <= rules.known_at:
            raise SignatureError(
                f"{_name(certificate)} was revoked on {revocation.revoked_at.isoformat()}, "
                f"before the ledger knew the consent"
            )


def _find_extension(certificate: x509.Certificate, kind: type[_Kind]) -> _Kind | None:
    for extension in _list_extensions(certificate):
        if isinstance(extension.value, kind):
            return extension.value
    return None


def _list_extensions(
    certificate: x509.Certificate,
) -> Iterable[x509.Extension[x509.ExtensionType]]:
    try:
        return certificate.extensions
    except UNREADABLE as error:
        raise SignatureError(
            f"the extensions of {_name(certificate)} cannot be read: {error}"
        ) from error


def _name(certificate: x509.Certificate) -> str:
    return f"the certificate of {certificate.subject.rfc4514_string()!r}"
