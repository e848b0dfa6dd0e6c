"""Consents: the canonical text, its signature, and the certificates up to a trusted CA.

``known_at`` is when the ledger knew the consent; ``revoked`` lists issuer (RFC 4514), serial
number and since when. A valid case says what the text says and who signed.
"""

from __future__ import annotations

import datetime as dt
from base64 import b64encode
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any, Final

from fundtrace.ledger.consent import ConsentStatement
from vectors.bodies import LOAN_KEY
from vectors.certificates import ISSUING, ROOT, STRANGE_ROOT, TLS_ONLY, Plan, sign_text
from vectors.consortium import BEGIN, CONSORTIUM, draw, make_name

Case = dict[str, Any]

SIGNED_AT: Final = dt.datetime(2026, 3, 1, 9, 30, tzinfo=dt.UTC)
KNOWN_AT: Final = SIGNED_AT + dt.timedelta(days=1)
SIGNER: Final = Plan("Borrower Ltd", issuer=ISSUING, serial=99)
_P256: Final = replace(SIGNER, name="Borrower P-256", kind="p256")
_RSA: Final = replace(SIGNER, name="Borrower RSA", kind="rsa")


@dataclass(frozen=True)
class _Consent:
    """One consent as it is given to whoever verifies it."""

    signer: Plan = SIGNER
    chain: tuple[Plan, ...] = (SIGNER, ISSUING)
    trusted: tuple[Plan, ...] = (ROOT,)
    known_at: dt.datetime = KNOWN_AT
    revoked: tuple[Case, ...] = ()
    changes: dict[str, Any] = field(default_factory=dict)


def build() -> list[Case]:
    """Return the cases."""
    return [*_list_valid(), *_list_certificates(), *_list_signatures(), *_list_texts()]


def make_statement(signer: Plan = SIGNER, **changes: Any) -> ConsentStatement:
    """Return a borrower's consent to banks b and c, to be signed with a certificate."""
    statement = ConsentStatement(
        consortium=CONSORTIUM,
        lender="bank-a",
        loan_key=LOAN_KEY,
        contract_id="L-2026-0007",
        borrower_hash=draw("borrower"),
        document_hash=draw("document"),
        signer_hash=sha256(signer.der).digest(),
        recipients=("bank-b", "bank-c"),
        purpose="跟踪贷款资金用途",
        valid_from=SIGNED_AT - dt.timedelta(hours=9, minutes=30),
        valid_until=SIGNED_AT + dt.timedelta(days=365),
        signed_at=SIGNED_AT,
    )
    return replace(statement, **changes)


def _b64(data: bytes) -> str:
    return b64encode(data).decode()


def _case(name: str, why: str, expect: str, consent: _Consent) -> Case:
    text = make_statement(consent.signer, **consent.changes).encode()
    algorithm, signature = sign_text(consent.signer, text)
    case = {
        "name": name,
        "why": why,
        "expect": expect,
        "text": text.decode(),
        "algorithm": algorithm,
        "signature_base64": _b64(signature),
        "chain_base64": [_b64(plan.der) for plan in consent.chain],
        "trusted_base64": [_b64(plan.der) for plan in consent.trusted],
        "known_at": consent.known_at.isoformat(),
        "revoked": list(consent.revoked),
    }
    if expect != "valid":
        return case
    return case | {"subject": f"CN={consent.signer.name}", "serial": consent.signer.serial}


def _revoke(plan: Plan, at: dt.datetime) -> tuple[Case, ...]:
    issuer = make_name((plan.issuer or plan).name).rfc4514_string()
    entry = {"issuer": issuer, "serial": plan.serial, "revoked_at": at.isoformat()}
    return (entry,)


def _list_valid() -> list[Case]:
    direct = replace(SIGNER, issuer=ROOT)
    late = KNOWN_AT + dt.timedelta(seconds=1)
    rows = [
        ("Ed25519", "signer, issuing CA; the root is trusted", _Consent()),
        ("ECDSA P-256", "over SHA-256", _Consent(_P256, (_P256, ISSUING))),
        ("RSA PKCS #1", "2,048 bits, over SHA-256", _Consent(_RSA, (_RSA, ISSUING))),
        ("with the root in the chain", "it may end there", _Consent(chain=(SIGNER, ISSUING, ROOT))),
        ("issued by the root", "a short chain", _Consent(direct, (direct,))),
        (
            "the issuing CA trusted",
            "a chain ends where trust is",
            _Consent(chain=(SIGNER,), trusted=(ISSUING,)),
        ),
        (
            "revoked after it was known",
            "what was known stays",
            _Consent(revoked=_revoke(SIGNER, late)),
        ),
    ]
    return [_case(name, why, "valid", consent) for name, why, consent in rows]


def _list_certificates() -> list[Case]:
    tls = replace(SIGNER, name="A Web Server", extended=TLS_ONLY)
    encrypts = replace(SIGNER, name="An Encrypter", uses=("key_encipherment",))
    no_ca = replace(ISSUING, name="No CA", is_ca=False, uses=("digital_signature",))
    below = replace(SIGNER, name="Below No CA", issuer=no_ca)
    late = replace(SIGNER, name="Not Yet Valid", begin=SIGNED_AT + dt.timedelta(days=1))
    over = replace(SIGNER, name="No Longer Valid", end=SIGNED_AT - dt.timedelta(days=1))
    ca = replace(ISSUING, name="A CA That Signs", uses=("digital_signature", "key_cert_sign"))
    at = BEGIN + dt.timedelta(days=60)
    rows = [
        ("an unknown root", "nobody trusts it", _Consent(trusted=(STRANGE_ROOT,))),
        ("no issuing CA", "the chain has a hole", _Consent(chain=(SIGNER,))),
        ("a chain in another order", "the signer is first", _Consent(chain=(ISSUING, SIGNER))),
        ("not yet valid", "at the signing time", _Consent(late, (late, ISSUING))),
        ("no longer valid", "at the signing time", _Consent(over, (over, ISSUING))),
        (
            "revoked before it was known",
            "the signer states the signing time",
            _Consent(revoked=_revoke(SIGNER, KNOWN_AT)),
        ),
        ("a revoked CA", "and all below it", _Consent(revoked=_revoke(ISSUING, at))),
        ("a TLS server's certificate", "extended key usage", _Consent(tls, (tls, ISSUING))),
        ("a key that may only encrypt", "key usage", _Consent(encrypts, (encrypts, ISSUING))),
        ("an issuer that is no CA", "basic constraints", _Consent(below, (below, no_ca))),
        ("a CA's own signature", "a CA signs no consent", _Consent(ca, (ca,))),
        (
            "another certificate than named",
            "the text names the one",
            _Consent(chain=(_P256, ISSUING)),
        ),
        (
            "known before it was signed",
            "the time is the signer's word",
            _Consent(known_at=SIGNED_AT - dt.timedelta(seconds=1)),
        ),
    ]
    return [_case(name, why, "SignatureError", consent) for name, why, consent in rows]


def _list_signatures() -> list[Case]:
    good = _case("", "", "SignatureError", _Consent())
    other = {"text": good["text"].replace("bank-c", "bank-d")}
    rsa = _case("", "", "SignatureError", _Consent(_RSA, (_RSA, ISSUING)))
    rows: list[tuple[str, str, Case, Case]] = [
        ("a changed recipient", "it was not signed", good, other),
        ("an unknown algorithm", "a table entry each", good, {"algorithm": "sm2_sm3"}),
        (
            "another algorithm than the key's",
            "no fallback",
            good,
            {"algorithm": "rsa_pkcs1_sha256"},
        ),
        ("another padding", "PSS is another algorithm", rsa, {"algorithm": "rsa_pss_sha256"}),
    ]
    return [case | {"name": name, "why": why} | changes for name, why, case, changes in rows]


def _list_texts() -> list[Case]:
    good = _case("", "", "EncodingError", _Consent())
    text = good["text"]
    recipients = "recipient bank-b\nrecipient bank-c\n"
    rows = [
        ("no last newline", "each line ends in one", text[:-1]),
        ("a line too many", "the lines are fixed", text + "note x\n"),
        ("a line missing", "the lines are fixed", text.replace("lender bank-a\n", "")),
        (
            "recipients out of order",
            "they ascend",
            text.replace(recipients, "recipient bank-c\nrecipient bank-b\n"),
        ),
        ("a recipient twice", "each once", text.replace(recipients, "recipient bank-b\n" * 2)),
        ("no recipient", "one at least", text.replace(recipients, "")),
        (
            "capital hex digits",
            "one form",
            text.replace(draw("borrower").hex(), draw("borrower").hex().upper()),
        ),
        (
            "a time with an offset",
            "Z alone",
            text.replace("2026-03-01T09:30:00Z", "2026-03-01T17:30:00+08:00"),
        ),
        ("carriage returns", "one form", text.replace("\n", "\r\n")),
        (
            "another title",
            "it separates this from all other texts",
            text.replace("/consent", "/consents"),
        ),
        ("no text", "nothing was agreed", "\n"),
    ]
    return [good | {"name": name, "why": why, "text": changed} for name, why, changed in rows]
