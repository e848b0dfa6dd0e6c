"""Only exact DER of a certificate authority passes, and for TLS only on P-256."""

from __future__ import annotations

import datetime as dt

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from fundtrace.errors import InvalidInputError
from fundtrace.ledger.roster.certificates import CaCertificate, get_tls_key
from tests.support.rosters import make_certificate

TLS = CaCertificate(is_tls=True)
ANY = CaCertificate()


def make_odd_certificate(key, *extensions) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "odd")])
    day = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).serial_number(7)
    builder = builder.not_valid_before(day).not_valid_after(day + dt.timedelta(days=1))
    builder = builder.public_key(key.public_key())
    for extension in extensions:
        builder = builder.add_extension(extension, critical=True)
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)


def make_usage(*, may_sign: bool) -> x509.KeyUsage:
    no = dict.fromkeys(
        (
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "crl_sign",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    return x509.KeyUsage(digital_signature=True, key_cert_sign=may_sign, **no)


CA = x509.BasicConstraints(ca=True, path_length=None)
KEY = ec.derive_private_key(5, ec.SECP256R1())


def test_a_ca_on_p256_passes_for_tls():
    TLS.check(make_certificate("ca"), "a CA")


@pytest.mark.parametrize(
    "der",
    [
        make_certificate("ca")[:-1],
        make_certificate("ca") + b"\x00",
        b"",
        b"\x30" * 200,
        b"\x30\x80" + make_certificate("ca")[4:] + b"\x00\x00",
        make_certificate("ca") * 40,
        "text",
    ],
    ids=[
        "cut",
        "something behind it",
        "empty",
        "no certificate",
        "of indefinite length",
        "too long",
        "text",
    ],
)
def test_anything_but_one_certificate_is_refused(der):
    with pytest.raises(InvalidInputError):
        ANY.check(der, "a CA")


@pytest.mark.parametrize(
    "extensions",
    [
        (),
        (x509.BasicConstraints(ca=False, path_length=None),),
        (CA, make_usage(may_sign=False)),
    ],
    ids=["no basicConstraints", "says it is none", "key may not sign certificates"],
)
def test_a_certificate_that_may_not_issue_is_refused(extensions):
    with pytest.raises(InvalidInputError, match="CA"):
        ANY.check(make_odd_certificate(KEY, *extensions), "a CA")


def test_a_ca_whose_key_may_sign_certificates_passes():
    ANY.check(make_odd_certificate(KEY, CA, make_usage(may_sign=True)), "a CA")


@pytest.mark.parametrize(
    "key",
    [
        ec.derive_private_key(5, ec.SECP384R1()),
        rsa.generate_private_key(public_exponent=65537, key_size=2048),
    ],
    ids=["P-384", "RSA"],
)
def test_another_key_passes_for_e_signatures_and_not_for_tls(key):
    der = make_odd_certificate(key, CA)
    ANY.check(der, "a CA")
    with pytest.raises(InvalidInputError, match="P-256"):
        TLS.check(der, "a CA")


def test_two_certificates_of_one_key_are_told_by_it():
    first, second = (make_odd_certificate(KEY, CA) for _ in range(2))
    assert get_tls_key(first) == get_tls_key(second)
    assert get_tls_key(first) != get_tls_key(make_certificate("ca"))


def test_a_ca_with_a_key_of_sm2_passes_for_e_signatures_and_not_for_tls():
    p256, sm2 = bytes.fromhex("06082a8648ce3d030107"), bytes.fromhex("06082a811ccf5501822d")
    der = make_odd_certificate(KEY, CA).replace(p256, sm2)
    ANY.check(der, "a CA")
    with pytest.raises(InvalidInputError, match="cannot be read"):
        TLS.check(der, "a CA")


def test_a_ca_that_states_one_extension_twice_is_refused():
    usage, constraints = bytes.fromhex("0603551d0f"), bytes.fromhex("0603551d13")
    der = make_odd_certificate(KEY, CA, make_usage(may_sign=True)).replace(usage, constraints)
    with pytest.raises(InvalidInputError, match="extensions"):
        ANY.check(der, "a CA")
