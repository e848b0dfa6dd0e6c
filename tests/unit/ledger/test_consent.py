"""Consents: really verified, and refused for every single thing that can be wrong."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID

from fundtrace.errors import EncodingError, InvalidInputError, SignatureError
from fundtrace.ledger.consent import (
    ALGORITHMS,
    ConsentEvidence,
    Revocation,
    verify_consent,
)
from fundtrace.ledger.consent.chain import ChainRules, verify_chain
from tests.support.certificates import (
    ISSUING,
    KNOWN,
    ROOT,
    ROOT_BEGIN,
    ROOT_END,
    SIGNED,
    SIGNER,
    Plan,
    make_authority,
    make_evidence,
    make_name,
    make_statement,
    sign,
)
from tests.support.toy_certificates import TOY, make_toy_certificate, sign_toy

DAY = timedelta(days=1)
SERVER = (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)
MAIL = (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), True)
MAIL_CA = replace(ISSUING, extensions=(MAIL,))
STRANGE = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00")


def verify(evidence, trusted=(ROOT,), known_at=KNOWN, **rest):
    return verify_consent(evidence, [plan.der for plan in trusted], known_at, **rest)


@pytest.mark.parametrize(
    ("kind", "algorithm"),
    [
        ("rsa2048", "rsa_pkcs1_sha256"),
        ("rsa2048", "rsa_pss_sha256"),
        ("p256", "ecdsa_p256_sha256"),
        ("ed25519", "ed25519"),
    ],
)
@pytest.mark.parametrize("authority", ["p256", "p384", "ed25519", "rsa2048"])
def test_a_consent_of_every_algorithm_verifies_under_every_kind_of_ca(kind, algorithm, authority):
    root = make_authority("Root", kind=authority)
    signer = Plan("Borrower", kind, issuer=root, serial=99)
    found = verify(make_evidence(signer, algorithm, chain=()), [root])
    assert (found.subject, found.issuer, found.serial) == ("CN=Borrower", "CN=Root", 99)


@pytest.mark.parametrize("chain", [(ISSUING,), (ISSUING, ROOT)], ids=["without root", "with"])
def test_a_chain_may_end_in_the_trusted_certificate_or_below_it(chain):
    assert verify(make_evidence(chain=chain)).subject == "CN=Borrower Ltd"


def test_an_issuing_ca_may_be_trusted_by_itself():
    assert verify(make_evidence(chain=()), [ISSUING]).issuer == "CN=E-Sign Issuing"


def test_the_right_one_of_two_trusted_cas_of_one_name_is_found():
    namesake = make_authority(ROOT.name, kind="ed25519")
    assert verify(make_evidence(), [namesake, ROOT]).subject == "CN=Borrower Ltd"


@pytest.mark.parametrize("order", [1, -1], ids=["expired first", "expired last"])
def test_a_ca_that_renewed_its_certificate_is_found_by_the_one_valid_at_signing(order):
    renewals = [replace(ROOT, end=SIGNED - DAY), ROOT][::order]
    assert verify(make_evidence(), renewals).serial == 99


@pytest.mark.parametrize(
    ("signer", "chain"),
    [
        (replace(SIGNER, usage=("content_commitment",)), (ISSUING,)),
        (replace(SIGNER, ca=None), (ISSUING,)),
        (replace(SIGNER, extensions=(MAIL,)), (ISSUING,)),
        (replace(SIGNER, extensions=((STRANGE, False),)), (ISSUING,)),
        (replace(SIGNER, issuer=MAIL_CA), (MAIL_CA,)),
        (replace(SIGNER, begin=SIGNED, end=SIGNED), (ISSUING,)),
    ],
    ids=[
        "nonRepudiation",
        "no basicConstraints",
        "mail",
        "unknown, not critical",
        "mail ca",
        "to the second",
    ],
)
def test_what_rfc_5280_allows_a_signer_is_allowed(signer, chain):
    assert verify(make_evidence(signer, chain=chain)).serial == 99


ROGUE = make_authority("Rogue Root")
NAMESAKE = make_authority(ROOT.name, kind="ed25519")
NOT_A_CA = replace(ISSUING, ca=False)
WITHOUT_BASIC = replace(ISSUING, ca=None)
NO_CERT_SIGN = replace(ISSUING, usage=("digital_signature",))
NO_USAGE = replace(ISSUING, usage=None)
SHORT_ROOT = make_authority("Short Root", path_length=0)
BELOW_SHORT = make_authority("E-Sign Issuing", SHORT_ROOT)
EXPIRED_CA = replace(ISSUING, end=SIGNED - DAY)
EXPIRED_ROOT = replace(ROOT, end=SIGNED - DAY)
YOUNG_ROOT = replace(ROOT, begin=SIGNED + DAY)
WEAK_CA = make_authority("E-Sign Issuing", ROOT, kind="rsa1024")
ODD_CURVE_CA = make_authority("E-Sign Issuing", ROOT, kind="p224")
SHA224_CA = replace(make_authority("E-Sign Issuing", ROOT), hashed=hashes.SHA224)
UNREADABLE = x509.UnrecognizedExtension(ExtensionOID.SUBJECT_ALTERNATIVE_NAME, b"\xff")
# What ``cryptography`` refuses by errors that are no ValueError: an x400Address, no TLS feature.
X400 = x509.UnrecognizedExtension(
    ExtensionOID.SUBJECT_ALTERNATIVE_NAME, bytes.fromhex("3004a3023000")
)
NO_FEATURE = x509.UnrecognizedExtension(ExtensionOID.TLS_FEATURE, bytes.fromhex("3000"))
TLS_CA = replace(ISSUING, extensions=(SERVER,))
X400_CA = replace(ISSUING, extensions=((X400, False),))
STRANGE_CA = replace(ISSUING, extensions=((STRANGE, True),))
NAMED = x509.NameConstraints([x509.DirectoryName(make_name("Borrower"))], None)
LIMITED_CA = replace(ISSUING, extensions=((NAMED, False),))


@pytest.mark.parametrize(
    ("signer", "chain", "trusted", "says"),
    [
        (SIGNER, (ISSUING,), [], "not issued by any trusted"),
        (SIGNER, (ISSUING,), [ROGUE], "not issued by any trusted"),
        (SIGNER, (ISSUING,), [NAMESAKE], "is not issued by the certificate of"),
        (SIGNER, (), [ROOT], "not issued by any trusted"),
        (SIGNER, (ROOT,), [ROOT], "does not name"),
        (SIGNER, (ISSUING, ROGUE), [ROOT], "not issued by any trusted"),
        (SIGNER, (ISSUING, ROGUE), [ROGUE], "does not name"),
        (SIGNER, (ISSUING, ROOT, ROOT, ROOT), [], "not issued by any trusted"),
        (replace(SIGNER, issuer=NOT_A_CA), (NOT_A_CA,), [ROOT], "no CA's certificate"),
        (replace(SIGNER, issuer=WITHOUT_BASIC), (WITHOUT_BASIC,), [ROOT], "no CA's certificate"),
        (replace(SIGNER, issuer=NO_CERT_SIGN), (NO_CERT_SIGN,), [ROOT], "may not sign cert"),
        (replace(SIGNER, issuer=NO_USAGE), (NO_USAGE,), [ROOT], "may not sign certificates"),
        (replace(SIGNER, issuer=BELOW_SHORT), (BELOW_SHORT,), [SHORT_ROOT], "pathLen"),
        (replace(SIGNER, issuer=EXPIRED_CA), (EXPIRED_CA,), [ROOT], "not valid at the signing"),
        (SIGNER, (ISSUING,), [EXPIRED_ROOT], "not valid at the signing time"),
        (SIGNER, (ISSUING,), [YOUNG_ROOT], "not valid at the signing time"),
        (replace(SIGNER, issuer=WEAK_CA), (WEAK_CA,), [ROOT], "too weak"),
        (replace(SIGNER, issuer=ODD_CURVE_CA), (ODD_CURVE_CA,), [ROOT], "too weak"),
        (replace(SIGNER, issuer=SHA224_CA), (SHA224_CA,), [ROOT], "hash that is not trusted"),
        (replace(SIGNER, issuer=STRANGE_CA), (STRANGE_CA,), [ROOT], "not handled: 1.2.3.4"),
        (replace(SIGNER, issuer=LIMITED_CA), (LIMITED_CA,), [ROOT], "not handled: 2.5.29.30"),
        (replace(SIGNER, end=SIGNED - DAY), (ISSUING,), [ROOT], "not valid at the signing time"),
        (replace(SIGNER, begin=SIGNED + DAY), (ISSUING,), [ROOT], "not valid at the signing"),
        (replace(SIGNER, usage=("key_agreement",)), (ISSUING,), [ROOT], "may not sign documents"),
        (replace(SIGNER, usage=None), (ISSUING,), [ROOT], "may not sign documents"),
        (replace(SIGNER, extensions=(SERVER,)), (ISSUING,), [ROOT], "extended key usage"),
        (replace(SIGNER, extensions=((STRANGE, True),)), (ISSUING,), [ROOT], "not handled"),
        (replace(SIGNER, extensions=((UNREADABLE, False),)), (ISSUING,), [ROOT], "cannot be read"),
        (replace(SIGNER, issuer=TLS_CA), (TLS_CA,), [ROOT], "extended key usage"),
        (replace(SIGNER, extensions=((X400, False),)), (ISSUING,), [ROOT], "cannot be read"),
        (replace(SIGNER, extensions=((NO_FEATURE, False),)), (ISSUING,), [ROOT], "cannot be read"),
        (replace(SIGNER, issuer=X400_CA), (X400_CA,), [ROOT], "cannot be read"),
        (
            make_authority("CA", ISSUING, usage=("digital_signature",)),
            (ISSUING,),
            [ROOT],
            "signs no consent",
        ),
        (Plan("Selfmade"), (), [ROOT], "not issued by any trusted"),
        (Plan("Selfmade"), (), [Plan("Selfmade")], "no CA's certificate"),
    ],
    ids=[
        *("nobody trusted", "another ca", "a namesake of the ca", "a link left out"),
        *(
            "a link skipped",
            "a foreign root",
            "a foreign root, trusted",
            "root not trusted",
            "issued by no ca",
        ),
        *("issued without basicConstraints", "no keyCertSign", "ca without keyUsage", "pathLen"),
        *("ca expired", "root expired", "root not yet valid", "weak rsa ca", "odd curve"),
        *("weak hash", "ca with unknown critical extension", "name constraints", "expired"),
        *(
            "not yet valid",
            "no signing usage",
            "no usage",
            "tls server",
            "unknown critical",
            "unreadable",
        ),
        *("tls ca", "x400 name", "tls feature", "ca with x400 name"),
        *("ca signs", "self-signed", "self-signed, trusted"),
    ],
)
def test_a_chain_with_something_wrong_is_refused(signer, chain, trusted, says):
    with pytest.raises(SignatureError, match=says):
        verify(make_evidence(signer, chain=chain), trusted)


def test_a_signers_certificate_used_as_a_ca_is_refused():
    friend = Plan("Friend of the borrower", issuer=SIGNER)
    with pytest.raises(SignatureError, match="no CA's certificate"):
        verify(make_evidence(friend, chain=(SIGNER, ISSUING)))


def test_a_forged_certificate_with_the_right_names_is_refused():
    forger = replace(ISSUING, kind="ed25519")  # names as they should be, another key
    forged = replace(SIGNER, issuer=forger)
    with pytest.raises(SignatureError, match="is not issued by"):
        verify(make_evidence(forged, chain=(ISSUING,)))


@pytest.mark.parametrize(
    ("kind", "algorithm", "named"),
    [
        ("rsa2048", "rsa_pkcs1_sha256", "rsa_pss_sha256"),
        ("rsa2048", "rsa_pss_sha256", "rsa_pkcs1_sha256"),
        ("rsa2048", "rsa_pkcs1_sha256", "ed25519"),
        ("p256", "ecdsa_p256_sha256", "rsa_pkcs1_sha256"),
        ("p256", "ecdsa_p256_sha256", "rsa_pss_sha256"),
        ("p256", "ecdsa_p256_sha256", "ed25519"),
        ("ed25519", "ed25519", "ecdsa_p256_sha256"),
        ("p256", "ecdsa_p256_sha256", "sm2_sm3"),
    ],
)
def test_another_algorithm_named_than_the_keys_is_refused(kind, algorithm, named):
    evidence = make_evidence(Plan("B", kind, issuer=ISSUING), algorithm)
    assert verify(evidence).subject == "CN=B"
    with pytest.raises(SignatureError):
        verify(replace(evidence, algorithm=named))


@pytest.mark.parametrize("kind", ["rsa1024", "p384"])
def test_a_signers_key_that_is_weak_or_of_another_curve_is_refused(kind):
    signer = Plan("Borrower", kind, issuer=ISSUING)
    algorithm = "rsa_pkcs1_sha256" if kind.startswith("rsa") else "ecdsa_p256_sha256"
    with pytest.raises(SignatureError):
        verify(make_evidence(signer, algorithm))


@pytest.mark.parametrize(
    "change",
    [
        {"document_hash": bytes(32)},
        {"contract_id": "L-2026-0008"},
        {"loan_key": bytes(32)},
        {"recipients": ("bank-b", "bank-c", "bank-d")},
        {"purpose": "anything"},
        {"valid_until": make_statement().valid_until + DAY},
        {"borrower_hash": bytes(32)},
        {"signed_at": SIGNED - DAY},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_consent_changed_after_signing_is_refused(change):
    changed = replace(make_statement(), **change).encode()
    with pytest.raises(SignatureError, match="does not verify"):
        verify(replace(make_evidence(), text=changed))


def test_a_signature_taken_over_with_another_certificate_of_the_same_key_is_refused():
    another = replace(SIGNER, serial=100)
    evidence = make_evidence()
    with pytest.raises(SignatureError, match="another certificate"):
        verify(replace(evidence, chain=(another.der, ISSUING.der)))


def test_a_consent_signed_after_the_ledger_knew_it_is_refused():
    with pytest.raises(SignatureError, match="after the ledger knew it"):
        verify(make_evidence(), known_at=SIGNED - timedelta(seconds=1))


@pytest.mark.parametrize("plan", [SIGNER, ISSUING], ids=["the signer", "its ca"])
@pytest.mark.parametrize(
    ("days", "refused"), [(-1, True), (0, True), (1, False)], ids=["before", "at", "after"]
)
def test_a_revocation_counts_up_to_when_the_ledger_knew_the_consent(plan, days, refused):
    certificate = plan.certificate
    revocation = Revocation(certificate.issuer, certificate.serial_number, KNOWN + days * DAY)
    if refused:
        with pytest.raises(SignatureError, match="was revoked"):
            verify(make_evidence(), revoked={revocation})
    else:
        assert verify(make_evidence(), revoked={revocation}).serial == 99


def test_a_serial_number_revoked_by_another_ca_does_not_count():
    other = Revocation(make_name("Another CA"), 99, ROOT_BEGIN)
    assert verify(make_evidence(), revoked={other}).serial == 99


# The name's UTF8String made a BIT STRING, which no common name is.
BIT_NAME = SIGNER.der.replace(b"\x0c\x0cBorrower Ltd", b"\x03\x0c\x00orrower Ltd")


@pytest.mark.parametrize("der", [b"x", bytes(100), SIGNER.der + b"\x00", SIGNER.der[:-1], BIT_NAME])
def test_bytes_that_are_no_certificate_are_refused(der):
    signer_hash = hashlib.sha256(der).digest()
    text = make_statement(signer_hash=signer_hash).encode()
    signature = sign(SIGNER, "ecdsa_p256_sha256", text)
    evidence = ConsentEvidence(text, "ecdsa_p256_sha256", signature, (der, ISSUING.der))
    with pytest.raises(EncodingError):
        verify(evidence)


def test_a_trusted_certificate_that_is_none_is_refused():
    with pytest.raises(EncodingError, match="at most 16384 bytes"):
        verify_consent(make_evidence(), [bytes(16 * 1024 + 1)], KNOWN)


def test_a_signers_key_that_anybody_can_sign_for_is_refused():
    weak = Ed25519PublicKey.from_public_bytes(bytes([1]) + bytes(31))
    name = make_name("Borrower Ltd")
    builder = x509.CertificateBuilder(make_name(ISSUING.name), name, weak, 99, ROOT_BEGIN, ROOT_END)
    der = builder.sign(ISSUING.key, hashes.SHA256()).public_bytes(Encoding.DER)
    text = make_statement(signer_hash=hashlib.sha256(der).digest()).encode()
    forged = bytes([1]) + bytes(63)  # R and A neutral, s zero: good for every message
    with pytest.raises(SignatureError, match="small order"):
        verify(ConsentEvidence(text, "ed25519", forged, (der, ISSUING.der)))


@pytest.mark.parametrize("length", [0, 6])
def test_a_chain_without_or_with_too_many_certificates_is_refused(length):
    rules = ChainRules(SIGNED, KNOWN, (), ())
    with pytest.raises(SignatureError, match="1 to 5 certificates"):
        verify_chain([SIGNER.certificate] * length, [ROOT.certificate], rules)


@pytest.mark.parametrize(
    "change",
    [
        {"text": b""},
        {"signature": b""},
        {"signature": bytes(4097)},
        {"chain": ()},
        {"chain": (SIGNER.der,) * 6},
        {"chain": (bytes(16 * 1024 + 1),)},
        {"algorithm": ""},
        {"algorithm": "a" * 65},
    ],
)
def test_evidence_out_of_bounds_is_refused(change):
    with pytest.raises(InvalidInputError):
        replace(make_evidence(), **change)


def test_a_time_without_offset_is_refused():
    with pytest.raises(InvalidInputError):
        verify(make_evidence(), known_at=datetime(2026, 3, 2))  # noqa: DTZ001 - on purpose


# -- how another algorithm joins


TOY_ROOT = make_authority("Toy Root", kind="ed25519")
TOY_CA = make_authority("Toy CA", TOY_ROOT, kind="ed25519")
TOY_SIGNER = Plan("Borrower", "ed25519", issuer=TOY_CA, end=ROOT_END)


def make_toy_evidence() -> tuple[ConsentEvidence, bytes]:
    chain = tuple(make_toy_certificate(plan) for plan in (TOY_SIGNER, TOY_CA))
    text = make_statement(signer_hash=hashlib.sha256(chain[0]).digest()).encode()
    evidence = ConsentEvidence(text, "toy", sign_toy(TOY_SIGNER, text), chain)
    return evidence, make_toy_certificate(TOY_ROOT)


def test_an_entry_of_the_table_brings_in_an_algorithm_for_signers_and_cas():
    evidence, root = make_toy_evidence()
    table = {**ALGORITHMS, "toy": TOY}
    assert verify_consent(evidence, [root], KNOWN, (), table).subject == "CN=Borrower"
    with pytest.raises(SignatureError, match="'toy' is not known"):
        verify_consent(evidence, [root], KNOWN)


def test_certificates_of_an_algorithm_outside_the_table_are_refused():
    evidence, root = make_toy_evidence()
    signer_only = replace(TOY, certificate_oids=frozenset())
    with pytest.raises(SignatureError, match="is not issued by"):
        verify_consent(evidence, [root], KNOWN, (), {"toy": signer_only})


def test_a_forged_certificate_of_a_joined_algorithm_is_refused():
    evidence, root = make_toy_evidence()
    forged = bytearray(evidence.chain[1])
    forged[-1] ^= 1
    changed = replace(evidence, chain=(evidence.chain[0], bytes(forged)))
    with pytest.raises(SignatureError, match="toy"):
        verify_consent(changed, [root], KNOWN, (), {"toy": TOY})
