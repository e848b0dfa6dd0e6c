"""Private matching for tests: ids with right check characters, lists, keys, a whole exchange."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fundtrace.ledger.matching import (
    Answered,
    Asked,
    Identity,
    IdentityKind,
    LenderDesk,
    RateLimit,
    RelatedList,
    Session,
    answer_query,
    ask,
)
from tests.support.sealed import CONSORTIUM, draw

LOAN_KEY = draw("loan key")
BANK_SEED, LENDER_SEED = draw("bank"), draw("lender")
BANK_KEY, LENDER_KEY = (
    Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    for seed in (BANK_SEED, LENDER_SEED)
)
DESK = LenderDesk(CONSORTIUM, "bank-a", RateLimit(3, timedelta(hours=1)))


def make_person(number: int) -> Identity:
    """Return a resident id: born 1990-01-01, in the order of ``number`` below 1000."""
    digits = f"11010119900101{number:03}"
    total = sum(int(digit) * 2 ** (17 - place) for place, digit in enumerate(digits))
    return Identity(IdentityKind.RESIDENT, digits + "10X98765432"[total % 11])


def make_list(numbers: Iterable[int], salt: object = "salt", loan: bytes = LOAN_KEY) -> RelatedList:
    """Return the list of these persons."""
    return RelatedList(CONSORTIUM, loan, tuple(make_person(n) for n in sorted(numbers)), draw(salt))


def make_session(movement: object = 1, loan: bytes = LOAN_KEY) -> Session:
    """Return the session of a movement: bank-b asks bank-a."""
    return Session(CONSORTIUM, loan, "bank-a", "bank-b", draw(("movement", movement)))


def start(person: int, related: RelatedList, movement: object = 1, seed: object = 0) -> Asked:
    """Return a bank's query on a person."""
    session = make_session(movement, related.loan_key)
    return ask(session, related.commitment, make_person(person), draw(("r", seed)), BANK_SEED)


def answer(asked: Asked, related: RelatedList, seed: object = 0) -> Answered:
    """Return the lender's answer."""
    return answer_query(asked.message, related, draw(("k", seed)), LENDER_SEED)
