"""Money: ISO 4217 currencies, decimal text to whole minor units and back.

An amount is an ``int`` of minor units (fen, cents, yen); nothing here passes through a
float and nothing is rounded. Digits after the point come from ISO 4217 ("minor unit",
list one, amendment 178): JPY 0, KWD 3, most 2. Text with more decimals than its currency
has is refused unless the surplus digits are zeros.
"""

from __future__ import annotations

import re

from fundtrace.errors import InvalidInputError

# LIMIT: amounts fit int64; 10^15 minor units (10 trillion yuan) times 10^3 to spare.
AMOUNT_MINOR_MAX = 2**63 - 1

_TWO_DIGITS = (
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN "
    "BWP BYN BZD CAD CDF CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB "
    "EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS "
    "KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN "
    "MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD "
    "SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS "
    "UAH USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG"
)
_DIGITS: dict[str, int] = dict.fromkeys(_TWO_DIGITS.split(), 2)
_DIGITS |= dict.fromkeys(
    [
        "BIF",
        "CLP",
        "DJF",
        "GNF",
        "ISK",
        "JPY",
        "KMF",
        "KRW",
        "PYG",
        "RWF",
        "UGX",
        "UYI",
        "VND",
        "VUV",
        "XAF",
        "XOF",
        "XPF",
    ],
    0,
)
_DIGITS |= dict.fromkeys(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"], 3)
_DIGITS |= dict.fromkeys(["CLF", "UYW"], 4)

CURRENCIES = frozenset(_DIGITS)

_DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?")


def get_minor_digits(currency: str) -> int:
    """Return how many digits follow the point in ``currency`` (ISO 4217).

    Raises InvalidInputError for a code that the list does not hold.
    """
    try:
        return _DIGITS[currency]
    except KeyError:
        raise InvalidInputError(
            f"unknown currency {currency!r}; use an ISO 4217 code such as CNY"
        ) from None


def find_minor_digits(currency: str) -> int:
    """Return what ``get_minor_digits`` does, or -1 for a code that the list does not hold."""
    return _DIGITS.get(currency, -1)


def parse_amount_minor(text: str, currency: str) -> int:
    """Turn a plain decimal such as ``3000000.00`` into minor units of ``currency``.

    Raises InvalidInputError on anything else: signs other than a leading minus, exponents,
    separators, or decimals that the currency does not have.
    """
    digits = get_minor_digits(currency)
    if not _DECIMAL.fullmatch(text):
        raise InvalidInputError(f"{text!r} is not a plain decimal amount such as 1234.56")
    whole, _, fraction = text.partition(".")
    if fraction[digits:].strip("0"):
        raise InvalidInputError(
            f"{text!r} has more than {digits} decimals, which {currency} has not"
        )
    minor = int(whole + fraction[:digits].ljust(digits, "0"))
    if abs(minor) > AMOUNT_MINOR_MAX:
        raise InvalidInputError(f"{text!r} is too large")
    return minor


def render_amount(minor: int, currency: str, *, grouping: bool = True) -> str:
    """Render minor units as a decimal, ``3,000,000.00``, or without commas for files."""
    digits = get_minor_digits(currency)
    sign = "-" if minor < 0 else ""
    text = str(abs(minor)).rjust(digits + 1, "0")
    whole = text[: len(text) - digits]
    fraction = text[len(text) - digits :]
    shown = f"{int(whole):,}" if grouping else whole
    return f"{sign}{shown}.{fraction}" if digits else f"{sign}{shown}"


def render_percent(part_minor: int, whole_minor: int) -> str:
    """Render a share as a percentage with two digits, rounded half up, without the sign.

    Only nothing is 0.00 and only the whole is 100.00; nothing at all of nothing is 0.00.
    """
    if not whole_minor:
        return "0.00"
    basis = (part_minor * 20_000 + whole_minor) // (2 * whole_minor)
    if 0 < part_minor < whole_minor:
        basis = min(max(basis, 1), 9_999)
    return f"{basis // 100}.{basis % 100:02d}"
