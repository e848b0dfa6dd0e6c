"""Revocation lists: read only when their CA signed them and they are whole."""

from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from fundtrace.errors import EncodingError, SignatureError
from fundtrace.ledger.consent import Revocation, load_revocations, revocation, verify_consent
from tests.support.certificates import (
    ISSUING,
    KNOWN,
    ROOT,
    SIGNED,
    SIGNER,
    Plan,
    make_authority,
    make_evidence,
    make_name,
)


def make_crl(signer=ISSUING, name="E-Sign Issuing", extensions=(), entry_extensions=()):
    entry = x509.RevokedCertificateBuilder(SIGNER.serial, SIGNED)
    for value in entry_extensions:
        entry = entry.add_extension(value, critical=True)
    builder = x509.CertificateRevocationListBuilder(
        make_name(name), SIGNED, KNOWN, revoked_certificates=[entry.build()]
    )
    for value in extensions:
        builder = builder.add_extension(value, critical=True)
    return builder.sign(signer.key, hashes.SHA256()).public_bytes(Encoding.DER)


def test_a_certificate_on_its_cas_list_is_refused():
    revoked = load_revocations(make_crl(), ISSUING.certificate)
    assert revoked == {Revocation(make_name("E-Sign Issuing").public_bytes(), 99, SIGNED)}
    with pytest.raises(SignatureError, match="was revoked"):
        verify_consent(make_evidence(), [ROOT.der], KNOWN, revoked)


def test_an_empty_list_revokes_nothing():
    builder = x509.CertificateRevocationListBuilder(make_name(ISSUING.name), SIGNED, KNOWN)
    crl = builder.sign(ISSUING.key, hashes.SHA256()).public_bytes(Encoding.DER)
    assert load_revocations(crl, ISSUING.certificate) == frozenset()


@pytest.mark.parametrize(
    ("crl", "authority"),
    [
        (make_crl(signer=ROOT), ISSUING),
        (make_crl(name="Another CA"), ISSUING),
        (make_crl(), make_authority("E-Sign Issuing", ROOT, usage=("key_cert_sign",))),
        (make_crl(), Plan("E-Sign Issuing", usage=None)),
        (make_crl(), make_authority("E-Sign Issuing", kind="ed25519")),
        (make_crl(extensions=[x509.DeltaCRLIndicator(1)]), ISSUING),
        (
            make_crl(
                entry_extensions=[x509.CertificateIssuer([x509.DirectoryName(make_name("X"))])]
            ),
            ISSUING,
        ),
    ],
    ids=[
        *("another signer", "another name", "may not sign lists", "no usage", "another key"),
        *("changes only", "for another issuer"),
    ],
)
def test_a_list_that_does_not_hold_is_refused(crl, authority):
    with pytest.raises(SignatureError):
        load_revocations(crl, authority.certificate)


@pytest.mark.parametrize("crl", [b"", b"x", make_crl()[:-1]])
def test_bytes_that_are_no_list_are_refused(crl):
    with pytest.raises(EncodingError):
        load_revocations(crl, ISSUING.certificate)


def test_a_list_too_long_is_refused(monkeypatch):
    monkeypatch.setattr(revocation, "CRL_BYTES_MAX", 10)
    with pytest.raises(EncodingError, match="at most 10 bytes"):
        load_revocations(make_crl(), ISSUING.certificate)
