"""Ids as both sides must write them, so that equal holders give equal bytes.

Two kinds are matched: the unified social credit code of an organisation or sole trader (统一社会
信用代码, GB 32100-2015, 18 characters) and the resident id of a person (公民身份号码, GB 11643-1999,
18 characters). Full-width characters become plain, spaces and hyphens go, letters are capitals;
then length, characters, check character and, in a resident id, the date of birth must be right.
Other ids (passports, ids of 15 digits, which have not been valid since 2013) are refused: they
have no one form.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from fundtrace.errors import InvalidInputError
from fundtrace.ledger.framing import frame
from fundtrace.ledger.matching.curve import hash_to_point

# LIMIT: what a person may type; a code has 18 characters.
TYPED_CHARACTERS_MAX = 64

_CODE_CHARACTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # without I, O, Z, S, V
_CODE = re.compile(rf"[{_CODE_CHARACTERS}]{{2}}[0-9]{{6}}[{_CODE_CHARACTERS}]{{10}}")
_RESIDENT = re.compile(r"[1-9][0-9]{16}[0-9X]")
_RESIDENT_CHECKS = "10X98765432"


class IdentityKind(StrEnum):
    """Which id it is."""

    CREDIT_CODE = "uscc"
    RESIDENT = "resident"


@dataclass(frozen=True, slots=True, order=True)
class Identity:
    """An id in its one form, 18 characters."""

    kind: IdentityKind
    number: str

    def __post_init__(self) -> None:
        """Check form, check character and date; the message never shows the id."""
        if self.kind is IdentityKind.CREDIT_CODE:
            right = bool(_CODE.fullmatch(self.number)) and _checks_code(self.number)
        else:
            right = bool(_RESIDENT.fullmatch(self.number)) and _checks_resident(self.number)
        if not right:
            raise InvalidInputError(
                f"not an id of kind {self.kind}: length, characters, check character or date"
            )

    def hash_to_point(self, consortium: str) -> bytes:
        """Return the id's point of the curve, in this consortium."""
        return hash_to_point(frame("matching/id", consortium, self.kind, self.number))


def parse_identity(kind: IdentityKind, typed: str) -> Identity:
    """Return the id that a person typed or a system holds; raises InvalidInputError."""
    if len(typed) > TYPED_CHARACTERS_MAX:
        raise InvalidInputError(f"an id has 18 characters, not {len(typed)}")
    plain = unicodedata.normalize("NFKC", typed).upper()
    return Identity(kind, "".join(plain.split()).replace("-", ""))


def _checks_code(number: str) -> bool:
    # SPEC: GB 32100-2015 4: weights 3^i mod 31, check 31 minus the sum mod 31
    values = [_CODE_CHARACTERS.index(character) for character in number]
    return sum(value * pow(3, place, 31) for place, value in enumerate(values[:17])) % 31 == (
        -values[17] % 31
    )


def _checks_resident(number: str) -> bool:
    # SPEC: GB 11643-1999 5: ISO 7064 MOD 11-2, weights 2^(17 - i) mod 11
    total = sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(number[:17]))
    try:
        date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return False
    return number[17] == _RESIDENT_CHECKS[total % 11]
