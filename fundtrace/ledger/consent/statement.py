"""What a borrower consents to, as a value and as the canonical text that is signed.

The text is UTF-8, one field a line, in this order, each line ending in a newline::

    fundtrace/v1/consent
    consortium loans.example
    lender bank-a
    loan <64 hex digits>            loan_key of loan.opened: what the consent is bound to
    contract L-2026-0007            contract_id of loan.opened: what people read
    borrower <64 hex digits>        salted hash of the borrower's id, the lender keeps the salt
    document <64 hex digits>        SHA-256 of the consent document that the borrower saw
    signer <64 hex digits>          SHA-256 of the certificate (DER) that signs
    recipient bank-b                one line each, ascending, none twice
    purpose 跟踪贷款资金用途
    from 2026-01-05T00:00:00Z
    until 2027-01-05T00:00:00Z
    signed 2026-01-04T09:30:00Z

A person reads the contract's number; which loan it is, the loan_key says, which the lender draws
before it asks for the signature. Numbers of contracts may repeat, at other banks or over the
years; a consent to one loan then serves no other. Readers compare both with loan.opened
(``validity.consents``).

The signer's certificate is named inside, so that nobody takes the signature over with another
certificate, and the borrower's id stands there only as a salted hash: plain hashes of ids can all
be tried in hours.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from fundtrace.errors import EncodingError, InvalidInputError, RuleViolationError
from fundtrace.ledger.framing import (
    HASH_BYTES,
    LOAN_KEY_BYTES,
    check_length,
    check_name,
    name_loan,
    parse_loan_name,
)

# LIMIT: a purpose in words, some 300 Chinese characters; a consortium of 256 members.
PURPOSE_BYTES_MAX = 1000
RECIPIENTS_MAX = 256
# LIMIT: 256 recipients of 266 bytes, the purpose, three names and the rest: below 72 KiB.
STATEMENT_BYTES_MAX = 72 * 1024

_TITLE = "fundtrace/v1/consent"
_FIRST_KEYS = ("consortium", "lender", "loan", "contract", "borrower", "document", "signer")
_LAST_KEYS = ("purpose", "from", "until", "signed")
_HASH = re.compile(r"[0-9a-f]{64}")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")


@dataclass(frozen=True, slots=True)
class ConsentStatement:
    """Who consents to what: hashes are 32 bytes, times UTC in whole seconds, ``until`` excluded."""

    consortium: str
    lender: str
    loan_key: bytes
    contract_id: str
    borrower_hash: bytes
    document_hash: bytes
    signer_hash: bytes
    recipients: tuple[str, ...]
    purpose: str
    valid_from: datetime
    valid_until: datetime
    signed_at: datetime

    def __post_init__(self) -> None:
        """Check every field, the order of the recipients, and that the period is not empty."""
        for what in ("consortium", "lender", "contract_id"):
            check_name(getattr(self, what), f"a consent's {what}")
        check_length(self.loan_key, LOAN_KEY_BYTES, "a consent's loan_key")
        check_name(self.purpose, "a consent's purpose", PURPOSE_BYTES_MAX)
        for what in ("borrower_hash", "document_hash", "signer_hash"):
            check_length(getattr(self, what), HASH_BYTES, f"a consent's {what}")
        # SPEC: PIPL art. 23: separate consent to handing data on, naming to whom and what for
        if not 0 < len(self.recipients) <= RECIPIENTS_MAX:
            raise InvalidInputError(f"a consent names 1 to {RECIPIENTS_MAX} recipients")
        for recipient in self.recipients:
            check_name(recipient, "a recipient")
        if any(left >= right for left, right in pairwise(self.recipients)):
            raise InvalidInputError("recipients stand in ascending order, none twice")
        for what in ("valid_from", "valid_until", "signed_at"):
            _check_time(getattr(self, what), what)
        if self.valid_from >= self.valid_until:
            raise InvalidInputError("a consent's period ends after it begins")

    def encode(self) -> bytes:
        """Return the text that is signed."""
        names = (self.consortium, self.lender, name_loan(self.loan_key), self.contract_id)
        hashes = (self.borrower_hash, self.document_hash, self.signer_hash)
        times = (self.valid_from, self.valid_until, self.signed_at)
        first = (*names, *(each.hex() for each in hashes))
        last = (self.purpose, *(_render_time(each) for each in times))
        lines = [
            _TITLE,
            *(f"{key} {value}" for key, value in zip(_FIRST_KEYS, first, strict=True)),
            *(f"recipient {recipient}" for recipient in self.recipients),
            *(f"{key} {value}" for key, value in zip(_LAST_KEYS, last, strict=True)),
        ]
        return "".join(f"{line}\n" for line in lines).encode()


def parse_consent_statement(text: bytes) -> ConsentStatement:
    """Read a statement strictly; ``encode`` gives the same bytes. Raises EncodingError."""
    if len(text) > STATEMENT_BYTES_MAX:
        raise EncodingError(f"a consent's text has at most {STATEMENT_BYTES_MAX} bytes")
    try:
        lines = text.decode().split("\n")
        recipients_count = len(lines) - len(_FIRST_KEYS) - len(_LAST_KEYS) - 2
        keys = ("", *_FIRST_KEYS, *["recipient"] * recipients_count, *_LAST_KEYS, "")
        values = [
            _take_value(line, key)
            for key, line in zip(keys, [f" {lines[0]}", *lines[1:]], strict=True)
        ]
        statement = _build_statement(values)
    except (UnicodeDecodeError, ValueError, InvalidInputError) as error:
        raise EncodingError(f"not a consent statement: {error}") from error
    if statement.encode() != text:
        raise EncodingError("a consent statement in another form than the one that is signed")
    return statement


def check_consent_covers(
    statement: ConsentStatement, loan_key: bytes, recipient: str, at: datetime
) -> None:
    """Refuse what a consent does not cover: another loan, a recipient not named, another time.

    A consent works forward only, from its signing on. Raises RuleViolationError (rule
    ``consent``).
    """
    begins = max(statement.valid_from, statement.signed_at)
    if statement.loan_key != loan_key:
        raise RuleViolationError(
            "consent", f"it is for another loan, of contract {statement.contract_id}"
        )
    if recipient not in statement.recipients:
        raise RuleViolationError("consent", f"it does not name {recipient} as a recipient")
    if not begins <= at < statement.valid_until:
        raise RuleViolationError(
            "consent",
            f"it holds from {_render_time(begins)} until {_render_time(statement.valid_until)}",
        )


def _build_statement(values: list[str]) -> ConsentStatement:
    consortium, lender, loan, contract = values[1:5]
    borrower, document, signer = (_parse_hash(value) for value in values[5:8])
    valid_from, valid_until, signed_at = (_parse_time(value) for value in values[-4:-1])
    return ConsentStatement(
        consortium=consortium,
        lender=lender,
        loan_key=parse_loan_name(loan),
        contract_id=contract,
        borrower_hash=borrower,
        document_hash=document,
        signer_hash=signer,
        recipients=tuple(values[8:-5]),
        purpose=values[-5],
        valid_from=valid_from,
        valid_until=valid_until,
        signed_at=signed_at,
    )


def _take_value(line: str, key: str) -> str:
    found, _, value = line.partition(" ")
    if found != key:
        raise EncodingError(f"a line of {key!r} is missing")
    return value


def _parse_hash(value: str) -> bytes:
    if not _HASH.fullmatch(value):
        raise EncodingError("a hash is written in 64 hex digits, small letters")
    return bytes.fromhex(value)


def _parse_time(value: str) -> datetime:
    if not _TIME.fullmatch(value):
        raise EncodingError("a time is written like 2026-01-05T00:00:00Z")
    return datetime.fromisoformat(value)


def _render_time(value: datetime) -> str:
    return value.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def _check_time(value: datetime, what: str) -> None:
    if value.utcoffset() != timedelta(0) or value.microsecond:
        raise InvalidInputError(f"a consent's {what} is UTC in whole seconds")
