"""The borrower's consent: what was agreed, signed with a certificate, really verified.

PIPL article 23 wants a separate consent for handing personal data on: it names the recipients, the
purpose and the period. ``statement`` is that as canonical text, with the hash of the document and
of the signer's certificate; ``evidence`` carries it with signature and certificate chain, and
verifies them against the roster's trusted e-signature CAs as of the signing time; ``algorithms``
is the table of signature algorithms (SM2 joins there), ``chain`` the rules for certificates,
``revocation`` what a CRL says.

What is proven: the holder of that certificate, issued under a trusted CA, signed this text, and
the text existed when the ledger made it final. What is claimed: that the certificate's holder is
the borrower (the lender knows its customer; ``verify_consent`` returns the subject to compare),
and the signing time, which the signer writes. A revoked certificate therefore counts from the
time when the ledger knew the consent, not from the time that the signer states.

``cryptography``'s own path builder (x509.verification) serves TLS: it refuses Ed25519 keys and
asks for TLS's extended key usages, so the path is checked here, link by link.
"""

from fundtrace.ledger.consent.algorithms import ALGORITHMS, SignatureAlgorithm
from fundtrace.ledger.consent.evidence import ConsentEvidence, ConsentSigner, verify_consent
from fundtrace.ledger.consent.revocation import Revocation, load_revocations
from fundtrace.ledger.consent.statement import (
    ConsentStatement,
    check_consent_covers,
    parse_consent_statement,
)

__all__ = [
    "ALGORITHMS",
    "ConsentEvidence",
    "ConsentSigner",
    "ConsentStatement",
    "Revocation",
    "SignatureAlgorithm",
    "check_consent_covers",
    "load_revocations",
    "parse_consent_statement",
    "verify_consent",
]
