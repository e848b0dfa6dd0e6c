"""Certificates signed with an algorithm that no library knows, as SM2's are to ``cryptography``.

The toy signature is Ed25519 over the message with a word in front. A certificate of it is made
from one of Ed25519 by exchanging the OID of its signature, in both places, and signing again.
"""

from __future__ import annotations

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from fundtrace.ledger.consent import SignatureAlgorithm
from tests.support.certificates import Plan

TOY_OID = "1.3.101.99"
_ED25519_DER, _TOY_DER = bytes.fromhex("300506032b6570"), bytes.fromhex("300506032b6563")
_WORD = b"toy:"


def sign_toy(plan: Plan, message: bytes) -> bytes:
    """Sign with the toy algorithm."""
    return plan.key.sign(_WORD + message)


def make_toy_certificate(plan: Plan) -> bytes:
    """Return a plan's certificate (of an Ed25519 issuer) with a toy signature of its issuer."""
    old = plan.certificate.tbs_certificate_bytes
    # Of the two, the first is the signature's OID, the second that of the public key.
    signed = old.replace(_ED25519_DER, _TOY_DER, 1)
    signature = sign_toy(plan.issuer or plan, signed)
    content = signed + _TOY_DER + b"\x03\x41\x00" + signature
    size = len(content)
    length = b"\x81" + bytes([size]) if size < 256 else b"\x82" + size.to_bytes(2, "big")
    return b"\x30" + length + content


def _verify_toy(certificate: x509.Certificate, message: bytes, signature: bytes) -> None:
    key = certificate.public_key()
    assert isinstance(key, Ed25519PublicKey)
    key.verify(signature, _WORD + message)


TOY = SignatureAlgorithm("toy", _verify_toy, frozenset({TOY_OID}))
