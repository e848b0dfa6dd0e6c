"""A consent with its proof: the signed text, the signature and the certificates, verified."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from fundtrace.errors import InvalidInputError, SignatureError
from fundtrace.ledger.consent.algorithms import ALGORITHMS, SignatureAlgorithm, verify_by
from fundtrace.ledger.consent.chain import (
    CERTIFICATE_BYTES_MAX,
    CHAIN_LENGTH_MAX,
    ChainRules,
    parse_certificate,
    verify_chain,
)
from fundtrace.ledger.consent.revocation import Revocation
from fundtrace.ledger.consent.statement import (
    STATEMENT_BYTES_MAX,
    ConsentStatement,
    parse_consent_statement,
)
from fundtrace.ledger.framing import check_name

# LIMIT: RSA of 8,192 bits gives 1,024 bytes; other tables may hold other algorithms.
SIGNATURE_BYTES_MAX = 4096
ALGORITHM_BYTES_MAX = 64


@dataclass(frozen=True, slots=True)
class ConsentEvidence:
    """The text that was signed, as it came, with algorithm, signature and certificates (DER).

    The chain begins with the signer's certificate, each issued by the next.
    """

    text: bytes
    algorithm: str
    signature: bytes
    chain: tuple[bytes, ...]

    def __post_init__(self) -> None:
        """Check the bounds; what is inside shows when it is verified."""
        check_name(self.algorithm, "the name of a signature algorithm", ALGORITHM_BYTES_MAX)
        if not 0 < len(self.text) <= STATEMENT_BYTES_MAX:
            raise InvalidInputError(f"a consent's text has 1 to {STATEMENT_BYTES_MAX} bytes")
        if not 0 < len(self.signature) <= SIGNATURE_BYTES_MAX:
            raise InvalidInputError(f"a signature has 1 to {SIGNATURE_BYTES_MAX} bytes")
        if not 0 < len(self.chain) <= CHAIN_LENGTH_MAX:
            raise InvalidInputError(f"a chain has 1 to {CHAIN_LENGTH_MAX} certificates")
        if any(not 0 < len(der) <= CERTIFICATE_BYTES_MAX for der in self.chain):
            raise InvalidInputError(f"a certificate has 1 to {CERTIFICATE_BYTES_MAX} bytes")

    @property
    def statement(self) -> ConsentStatement:
        """What the text says; raises EncodingError where it is no statement."""
        return parse_consent_statement(self.text)


@dataclass(frozen=True, slots=True)
class ConsentSigner:
    """Who signed, for the lender to compare with the borrower: subject and issuer (RFC 4514)."""

    subject: str
    issuer: str
    serial: int


def verify_consent(
    evidence: ConsentEvidence,
    trusted: Sequence[bytes],
    known_at: datetime,
    revoked: Collection[Revocation] = (),
    algorithms: Mapping[str, SignatureAlgorithm] = ALGORITHMS,
) -> ConsentSigner:
    """Verify a consent against the roster's trusted e-signature CAs (DER), at its signing time.

    ``known_at`` (aware) is the time at which the ledger knew it: that of its record's finality,
    or now while it has none. The signer states the signing time, so it must not lie behind that,
    and a revocation up to it counts. Returns who signed.

    Raises EncodingError for what cannot be read, SignatureError for what does not hold.
    """
    statement = evidence.statement
    algorithm = algorithms.get(evidence.algorithm)
    if algorithm is None:
        raise SignatureError(
            f"signature algorithm {evidence.algorithm!r} is not known; "
            f"known are {', '.join(sorted(algorithms))}"
        )
    if known_at.tzinfo is None:
        raise InvalidInputError("give times with their offset from UTC")
    if statement.signed_at > known_at:
        raise SignatureError("the consent says that it was signed after the ledger knew it")
    if statement.signer_hash != hashlib.sha256(evidence.chain[0]).digest():
        raise SignatureError("the consent names another certificate than the one it comes with")
    chain = [parse_certificate(der) for der in evidence.chain]
    verify_by(algorithm, chain[0], evidence.text, evidence.signature)
    rules = ChainRules(statement.signed_at, known_at, revoked, tuple(algorithms.values()))
    verify_chain(chain, [parse_certificate(der) for der in trusted], rules)
    signer = chain[0]
    return ConsentSigner(
        signer.subject.rfc4514_string(), signer.issuer.rfc4514_string(), signer.serial_number
    )
