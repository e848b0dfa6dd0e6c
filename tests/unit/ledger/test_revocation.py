"""Revocation lists: read only when their CA signed them and they are whole."""

from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import CRLEntryExtensionOID, ExtensionOID

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

X400 = bytes.fromhex("3004a3023000")  # names that ``cryptography`` refuses by an error of its own


def make_crl(  # noqa: PLR0917  a list has these parts
    signer=ISSUING,
    name="E-Sign Issuing",
    extensions=(),
    entry_extensions=(),
    critical=True,  # noqa: FBT002
    hashed=hashes.SHA256,
):
    entry = x509.RevokedCertificateBuilder(SIGNER.serial, SIGNED)
    for value in entry_extensions:
        entry = entry.add_extension(value, critical=critical)
    builder = x509.CertificateRevocationListBuilder(
        make_name(name), SIGNED, KNOWN, revoked_certificates=[entry.build()]
    )
    for value in extensions:
        builder = builder.add_extension(value, critical=critical)
    return builder.sign(signer.key, hashed()).public_bytes(Encoding.DER)


WEAK = make_authority("E-Sign Issuing", kind="rsa1024")
X400_NAMES = x509.UnrecognizedExtension(ExtensionOID.SUBJECT_ALTERNATIVE_NAME, X400)
X400_CA = make_authority("E-Sign Issuing", ROOT, extensions=((X400_NAMES, False),))


def test_a_certificate_on_its_cas_list_is_refused():
    revoked = load_revocations(make_crl(), ISSUING.certificate)
    assert revoked == {Revocation(make_name("E-Sign Issuing"), 99, SIGNED)}
    with pytest.raises(SignatureError, match="was revoked"):
        verify_consent(make_evidence(), [ROOT.der], KNOWN, revoked)


def test_a_ca_that_writes_its_name_as_another_kind_of_text_in_its_lists_revokes_all_the_same():
    crl = make_crl()
    kind = crl.index(b"E-Sign Issuing") - 2
    printable = bytearray(crl)
    printable[kind] = 0x13  # PrintableString in place of UTF8String
    body = x509.load_der_x509_crl(bytes(printable)).tbs_certlist_bytes
    signature = ISSUING.key.sign(body, ec.ECDSA(hashes.SHA256()))
    bits = b"\x00" + signature
    algorithm = bytes.fromhex("300a06082a8648ce3d040302")
    parts = body + algorithm + b"\x03" + bytes([len(bits)]) + bits
    crl = b"\x30\x81" + bytes([len(parts)]) + parts
    revoked = load_revocations(crl, ISSUING.certificate)
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
        (make_crl(hashed=hashes.SHA224), ISSUING),
        (make_crl(signer=WEAK), WEAK),
        (make_crl(), X400_CA),
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
        *("weak hash", "weak key", "ca that cannot be read"),
        *("changes only", "for another issuer"),
    ],
)
def test_a_list_that_does_not_hold_is_refused(crl, authority):
    with pytest.raises(SignatureError):
        load_revocations(crl, authority.certificate)


LISTS_UNREADABLE = [
    make_crl(
        extensions=[x509.UnrecognizedExtension(ExtensionOID.ISSUER_ALTERNATIVE_NAME, X400)],
        critical=False,
    ),
    make_crl(
        entry_extensions=[
            x509.UnrecognizedExtension(CRLEntryExtensionOID.CERTIFICATE_ISSUER, X400)
        ],
        critical=False,
    ),
    make_crl().replace(b"\x02\x01\x01", b"\x02\x01\x05", 1),  # version 6
    make_crl().replace(b"260301093000Z", b"260371093000Z"),  # no such day
]


@pytest.mark.parametrize("crl", [b"", b"x", make_crl()[:-1], *LISTS_UNREADABLE])
def test_bytes_that_are_no_list_are_refused(crl):
    with pytest.raises(EncodingError):
        load_revocations(crl, ISSUING.certificate)


def test_a_list_too_long_is_refused(monkeypatch):
    monkeypatch.setattr(revocation, "CRL_BYTES_MAX", 10)
    with pytest.raises(EncodingError, match="at most 10 bytes"):
        load_revocations(make_crl(), ISSUING.certificate)
