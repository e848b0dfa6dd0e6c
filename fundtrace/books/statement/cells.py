"""Cells of a statement to values: amounts, account numbers, dates, times, directions.

Nothing is guessed and no money passes through a float. A number that a spreadsheet stored
in binary is accepted only where its shortest decimal text is an amount of the currency; an
account number stored as a number only up to the 15 digits that spreadsheets keep. Full-width
digits are read as digits, thousands separators and Excel guards (``="6222..."``) unwrapped.

Everything that cannot be read is a StatementRefusedError; places are the reader's business.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata

from fundtrace.books.statement.messages import StatementRefusedError
from fundtrace.model.money import AMOUNT_MINOR_MAX, get_minor_digits, parse_amount_minor

Cell = str | int | float | bool | dt.datetime | dt.date | dt.time | dt.timedelta | None

ACCOUNT_DIGITS_MAX = 15  # what a spreadsheet's binary number keeps (IEEE 754 double)
_TIME_DIGITS = 6  # HHMMSS
YEAR_MIN, YEAR_MAX = 1980, 2199
_DAY_SECONDS = 86_400

_GUARD = re.compile(r'="(.*)"', re.DOTALL)
_BLANKS = frozenset({"", "-", "--", "---", "/", "无", "null", "NULL", "None", "N/A", "n/a", "nan"})
_AMOUNT = re.compile(r"([+-]?)([0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)?(\.[0-9]+)?([+-]?)")
_MONEY_MARKS = re.compile(r"^(CNY|RMB|人民币|[¥￥$])|(元|CNY|RMB)$")
_SCIENTIFIC = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?[eE][+-]?[0-9]+")
_DATE = re.compile(
    r"(?P<year>[0-9]{4})(?:"
    r"(?P<month8>[0-9]{2})(?P<day8>[0-9]{2})"
    r"|[-/.年](?P<month>[0-9]{1,2})[-/.月](?P<day>[0-9]{1,2})日?)"
    r"(?P<rest>.*)",
    re.DOTALL,
)
_CLOCK = re.compile(
    r"(?P<hour>[0-9]{1,2})[:.时](?P<minute>[0-9]{1,2})"
    r"(?:[:.分](?P<second>[0-9]{1,2})(?:\.(?P<fraction>[0-9]{1,6}))?秒?)?分?"
)

_OUT_WORDS = "借 借方 借记 d dr debit 支出 支取 支 转出 付 付款 出 出账 取 -"
_IN_WORDS = "贷 贷方 贷记 c cr credit 收入 存入 收 转入 收款 入 入账 进账 存 +"
_DIRECTIONS = dict.fromkeys(_OUT_WORDS.split(), False) | dict.fromkeys(_IN_WORDS.split(), True)
_CURRENCY_WORDS = {
    "人民币": "CNY", "人民币元": "CNY", "RMB": "CNY", "156": "CNY", "01": "CNY", "元": "CNY",
    "美元": "USD", "欧元": "EUR", "港币": "HKD", "港元": "HKD", "日元": "JPY", "日圆": "JPY",
    "英镑": "GBP", "澳大利亚元": "AUD", "澳元": "AUD", "新加坡元": "SGD", "加拿大元": "CAD",
    "瑞士法郎": "CHF", "韩元": "KRW",
}  # fmt: skip


def parse_text(cell: Cell) -> str:
    """Return what a cell says in words, trimmed, guards removed; blank marks are empty."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    text = " ".join(str(cell).split())
    guard = _GUARD.fullmatch(text)
    text = (guard[1] if guard else text).strip("'\u200b\ufeff ")
    return "" if text in _BLANKS else text


def normalize(text: str) -> str:
    """Return a text with full-width characters narrowed and all spaces removed."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def parse_amount(cell: Cell, currency: str) -> int | None:
    """Read an amount into minor units, or None where the cell is blank."""
    if isinstance(cell, (bool, dt.date | dt.time | dt.timedelta)):
        raise StatementRefusedError("amount_kind")
    if isinstance(cell, int):
        return _scale(str(cell), str(cell), currency)
    if isinstance(cell, float):
        return _parse_float(cell, currency)
    shown = parse_text(cell)
    text = _MONEY_MARKS.sub("", normalize(shown))
    if text in _BLANKS:
        return None
    if _SCIENTIFIC.fullmatch(text):
        raise StatementRefusedError("amount_scientific", value=shown)
    is_bracketed = text.startswith("(") and text.endswith(")")
    match = _AMOUNT.fullmatch(text[1:-1] if is_bracketed else text)
    signs = match[1] + match[4] + ("-" if is_bracketed else "") if match else ""
    if not match or not (match[2] or match[3]) or len(signs) > 1:
        raise StatementRefusedError("amount_text", value=shown)
    plain = (match[2] or "0").replace(",", "") + (match[3] or "")
    return _scale(("-" if signs == "-" else "") + plain, shown, currency)


def _parse_float(number: float, currency: str) -> int:
    """Accept a binary number whose shortest decimal text is an amount of the currency."""
    text = repr(number)
    digits = get_minor_digits(currency)
    if not re.fullmatch(r"-?[0-9]+\.[0-9]+", text):  # exponents, inf, nan
        raise StatementRefusedError("amount_scientific", value=text)
    if len(text.partition(".")[2].rstrip("0")) > digits:
        raise StatementRefusedError("amount_float", value=text, digits=digits)
    return _scale(text, text, currency)


def _scale(plain: str, shown: str, currency: str) -> int:
    digits = get_minor_digits(currency)
    if plain.partition(".")[2][digits:].strip("0"):
        raise StatementRefusedError(
            "amount_decimals", value=shown, digits=digits, currency=currency
        )
    # LIMIT: 18 digits before the point exceed AMOUNT_MINOR_MAX in no currency's yuan.
    if len(plain) > 40 or abs(int(plain.partition(".")[0] or "0")) > AMOUNT_MINOR_MAX // 10**digits:
        raise StatementRefusedError("amount_large", value=shown)
    return parse_amount_minor(plain, currency)


def parse_account(cell: Cell) -> str:
    """Read an account number as text, empty where the cell is blank."""
    if isinstance(cell, (bool, dt.date | dt.time | dt.timedelta)):
        raise StatementRefusedError("account_kind")
    if isinstance(cell, float):
        if not cell.is_integer():
            raise StatementRefusedError("account_kind")
        cell = int(cell)
    if isinstance(cell, int):
        if len(str(abs(cell))) > ACCOUNT_DIGITS_MAX:
            raise StatementRefusedError("account_digits", count=len(str(abs(cell))))
        return str(cell) if cell else ""
    shown = parse_text(cell)
    text = normalize(shown).strip("'")
    if _SCIENTIFIC.fullmatch(text) and ("." in text or "+" in text):
        raise StatementRefusedError("account_scientific", value=shown)
    return "" if text in _BLANKS or not text.strip("0") else text


def parse_moment(date_cell: Cell, time_cell: Cell) -> tuple[dt.date, dt.time | None]:
    """Read date and time of a row; either cell may hold both, the time may be absent.

    A time cell that holds a full date and time decides alone.
    """
    late = _split_moment(time_cell) if _has_date(time_cell) else None
    if late:
        return late
    if parse_text(date_cell) == "":
        raise StatementRefusedError("date_blank")
    day, clock = _split_moment(date_cell)
    if parse_text(time_cell) == "":
        return day, clock
    return day, _parse_time(time_cell)


def _has_date(cell: Cell) -> bool:
    if isinstance(cell, dt.date):
        return True
    text = normalize(parse_text(cell))
    return bool(re.match(r"[0-9]{4}[-/.年]", text)) or bool(re.fullmatch(r"[0-9]{14,17}", text))


def _split_moment(cell: Cell) -> tuple[dt.date, dt.time | None]:
    if isinstance(cell, dt.datetime):
        clock = cell.time()
        return _check_year(cell.date()), clock if clock != dt.time() else None
    if isinstance(cell, dt.date):
        return _check_year(cell), None
    shown = parse_text(cell)
    match = _DATE.fullmatch(unicodedata.normalize("NFKC", shown))
    if not match:
        is_number = isinstance(cell, int | float)
        raise StatementRefusedError("date_number" if is_number else "date_text", value=shown)
    month = match["month8"] or match["month"]
    day = match["day8"] or match["day"]
    try:
        date = dt.date(int(match["year"]), int(month), int(day))
    except ValueError as error:
        raise StatementRefusedError("date_text", value=shown) from error
    rest = match["rest"].strip().removeprefix("T").strip()
    return _check_year(date), _parse_time(rest) if rest else None


def _check_year(date: dt.date) -> dt.date:
    if not YEAR_MIN <= date.year <= YEAR_MAX:
        raise StatementRefusedError("date_text", value=date.isoformat())
    return date


def _parse_time(cell: Cell) -> dt.time:
    if isinstance(cell, dt.time):
        return cell
    if isinstance(cell, dt.timedelta):
        return _clock_of(cell)
    shown = parse_text(cell)
    text = normalize(shown)
    if text.isdigit() and text.isascii():
        return _parse_digits(text, shown, is_number=not isinstance(cell, str))
    match = _CLOCK.fullmatch(text)
    if not match:
        raise StatementRefusedError("time_text", value=shown)
    parts = (match["hour"], match["minute"], match["second"] or "0")
    return _build_time(parts, match["fraction"] or "", shown)


def _clock_of(delta: dt.timedelta) -> dt.time:
    seconds = delta.days * _DAY_SECONDS + delta.seconds
    if not 0 <= seconds < _DAY_SECONDS:
        raise StatementRefusedError("time_text", value=str(delta))
    hour, rest = divmod(seconds, 3600)
    return dt.time(hour, rest // 60, rest % 60, delta.microseconds)


def _parse_digits(text: str, shown: str, *, is_number: bool) -> dt.time:
    """Read HHMMSS, with fractions behind it or with leading zeros lost in a number."""
    if len(text) == 4 and text.startswith("0") and not is_number:
        text += "00"  # HHMM: a number that lost its zeros would not start with one
    elif len(text) == 4 and not is_number:
        raise StatementRefusedError("time_ambiguous", value=shown)
    text = text.zfill(_TIME_DIGITS)
    return _build_time((text[:2], text[2:4], text[4:6]), text[6:12], shown)


def _build_time(parts: tuple[str, str, str], fraction: str, shown: str) -> dt.time:
    try:
        hour, minute, second = (int(part) for part in parts)
        return dt.time(hour, minute, second, int(fraction.ljust(6, "0")))
    except ValueError as error:
        raise StatementRefusedError("time_text", value=shown) from error


def parse_direction(cell: Cell) -> bool:
    """Read a debit/credit mark: True where money comes in (贷), False where it goes out (借)."""
    shown = str(cell).strip() if cell is not None else ""
    is_in = _DIRECTIONS.get(normalize(shown).lower())
    if is_in is None:
        raise StatementRefusedError("flag_text", value=shown)
    return is_in


def parse_currency(text: str) -> str:
    """Read a currency's code or Chinese name."""
    from fundtrace.model.money import CURRENCIES

    code = normalize(text).upper()
    code = _CURRENCY_WORDS.get(code, code)
    if code not in CURRENCIES:
        raise StatementRefusedError("currency_unknown", value=text)
    return code
