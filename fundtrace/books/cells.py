"""Cells of a text column to values, a column at a time, with every bad cell listed.

The meaning of a cell is one scalar function (``model.money``, ``model.instants`` and those
below); ``_FAST`` variants compute the same with polars for the shapes that files mostly
have, and hand every cell that they do not know to the scalar one. So a fast path can be
missing something but never disagree, and short columns skip it: its fixed cost is larger.

- Empty cells become NO_VALUE (or ""); ``require`` lists them where a value must stand.
- Refused cells become NO_VALUE too, and are in ``Cells.problems``.
- Nothing passes through a float, and nothing is rounded or cut.
- Digits are [0-9]: full-width ones are normalised before (NFKC), others refused.
"""

from __future__ import annotations

import datetime as dt
import re
import string
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import polars as pl

from fundtrace.books.text import SHORT, Rows
from fundtrace.errors import InvalidInputError
from fundtrace.model.instants import parse_instant, to_micros
from fundtrace.model.money import CURRENCIES, get_minor_digits, parse_amount_minor
from fundtrace.model.problems import Problem
from fundtrace.model.tables import NO_VALUE, Int64s

# LIMIT: int64 has 19 digits; the rest is room for leading zeros, and Python reads no 4,301.
AMOUNT_LENGTH_MAX = 400

YEAR_MIN, YEAR_MAX = 1900, 2200
INSTANT_MIN = to_micros(dt.datetime(YEAR_MIN, 1, 1))  # noqa: DTZ001  # naive = Asia/Shanghai
INSTANT_MAX = to_micros(dt.datetime(YEAR_MAX + 1, 1, 1)) - 1  # noqa: DTZ001  # the same
# Asia/Shanghai has been +08:00 throughout since its last summer time, of 1991.
FIXED_OFFSET_SINCE = to_micros(dt.datetime(1992, 1, 1))  # noqa: DTZ001  # the same
SHANGHAI_MICROSECONDS = 8 * 3_600 * 1_000_000

_BLANKS = " \t\r\n\v\f\u00a0\u2007\u202f\u3000\u200b\u200e\u200f\u2060\ufeff"
_NUMBER = r"[+-]?[0-9]+(\.[0-9]+)?[eE]\+[0-9]+|[+-]?[0-9]+\.[0-9]+[eE][+-]?[0-9]+"
_SCIENTIFIC = re.compile(_NUMBER)
_POINT = re.compile(r"[0-9]+\.0*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_BAD_IDENTIFIER = rf"^(?:{_NUMBER}|[0-9]+\.0*)$|[\x00-\x1f\x7f]"
_PLAIN = (string.ascii_letters + string.digits + "-_/:").encode()  # no blank, guard, or number
_JOINED_ROWS = 1 << 18
_THOUSANDS = re.compile(r"-?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?")
_INTEGER = re.compile(r"-?[0-9]+")
_LOST_FRACTION = re.compile(r"[.,][0-9]{6}[0-9]*[1-9]")

_DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_CLOCK = r"[T ](?:[01][0-9]|2[0-3]):[0-5][0-9]"
_SECONDS = r":[0-5][0-9](?:\.[0-9]{1,6})?"
_OFFSET = r"(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])"
_INSTANT = rf"^{_DAY}(?:{_CLOCK}(?:{_SECONDS})?{_OFFSET}?)?$"

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Cells:
    """A column of text on its way to values, and where it stands.

    With ``codes`` the cells are the words of a coded column (``text.Text``), ``line`` has the
    lines of its rows, and a bad cell is listed for every row that holds it.
    """

    text: pl.Series
    file: str
    column: str
    line: Int64s
    problems: list[Problem]
    codes: Rows | None = None

    def refuse(self, row: int, reason: str) -> None:
        """List one cell."""
        for one in self._rows_of_word[row].tolist() if self.codes is not None else [row]:
            self.problems.append(Problem(self.file, int(self.line[one]), self.column, reason))

    def refuse_all(self, rows: Iterable[int], reason: str) -> None:
        """List several cells with one reason."""
        for row in rows:
            self.refuse(row, reason)

    @cached_property
    def _rows_of_word(self) -> list[npt.NDArray[np.intp]]:
        """The rows that hold each word; only asked for where words are bad."""
        codes = np.empty(0, dtype=np.int64) if self.codes is None else self.codes
        ends = np.cumsum(np.bincount(codes, minlength=len(self.text)))
        return np.split(np.argsort(codes, kind="stable"), ends[:-1])


def clean_cell(cell: str, *, normalise: bool = True) -> str:
    """Strip blanks of every kind, unwrap an Excel guard, make full-width forms plain."""
    if normalise and not cell.isascii():
        cell = unicodedata.normalize("NFKC", cell)
    cell = cell.strip(_BLANKS)
    if len(cell) >= 3 and cell.startswith('="') and cell.endswith('"'):
        cell = cell[2:-1].strip(_BLANKS)
    return cell


def clean(text: pl.Series, *, normalise: bool = True) -> pl.Series:
    """Clean every cell of a column; ``normalise`` (NFKC) is for all but descriptive text."""
    if len(text) < SHORT:
        cells = [clean_cell(cell, normalise=normalise) for cell in text.to_list()]
        return pl.Series(text.name, cells, pl.String)
    if normalise:
        wide = (text.str.len_bytes() != text.str.len_chars()).arg_true()
        if len(wide):
            text = text.clone().scatter(wide, text.gather(wide).str.normalize("NFKC"))
    text = text.str.strip_chars(_BLANKS)
    guarded = (text.str.starts_with('="') & text.str.ends_with('"')).arg_true()
    if len(guarded):
        bare = [clean_cell(cell, normalise=False) for cell in text.gather(guarded).to_list()]
        text = text.clone().scatter(guarded, pl.Series(bare, dtype=pl.String))
    return text


def is_plain(text: pl.Series) -> bool:
    """Tell of a long column at once that no cell wants cleaning or is a damaged identifier."""
    if len(text) < SHORT:
        return False
    for start in range(0, len(text), _JOINED_ROWS):
        joined: str = text.slice(start, _JOINED_ROWS).str.join("").item()
        if not joined.isascii() or joined.encode().translate(None, _PLAIN):
            return False
    return True


def find_empty(text: pl.Series) -> npt.NDArray[np.bool_]:
    """Return which cells are empty."""
    return (text == "").to_numpy()


def require(cells: Cells) -> None:
    """List every empty cell of a column in which a value must stand."""
    cells.refuse_all(np.flatnonzero(find_empty(cells.text)), "is empty")


def explain_identifier(cell: str) -> str | None:
    """Return why a text cannot be an identifier, or None."""
    if cell.isalnum() and cell.isascii():
        return None
    if _SCIENTIFIC.fullmatch(cell):
        return f"{cell!r} is in scientific notation, its digits are lost; export it as text"
    if _POINT.fullmatch(cell):
        return f"{cell!r} was written as a number, digits may be lost; export it as text"
    if _CONTROL.search(cell):
        return f"{cell!r} holds control characters"
    return None


def check_identifiers(cells: Cells) -> None:
    """List the cells that a spreadsheet has turned into numbers."""
    text = cells.text
    if len(text) < SHORT:
        suspects: Iterable[int] = range(len(text))
        values = text.to_list()
    else:
        found = text.str.contains(_BAD_IDENTIFIER).arg_true()
        suspects, values = found.to_list(), text.gather(found).to_list()
    for row, value in zip(suspects, values, strict=True):
        reason = explain_identifier(value)
        if reason:
            cells.refuse(row, reason)


def parse_amount_cell(cell: str, currency: str) -> int:
    """Read an amount, with or without thousands separators, into minor units."""
    if len(cell) > AMOUNT_LENGTH_MAX:
        raise InvalidInputError(f"'{cell[:20]}...' is too large")
    if "," in cell:
        if not _THOUSANDS.fullmatch(cell):
            raise InvalidInputError(f"{cell!r} is not an amount such as 1,234,567.89")
        cell = cell.replace(",", "")
    return parse_amount_minor(cell, currency)


def parse_amounts(cells: Cells, currency: pl.Series) -> Int64s:
    """Read amounts in the currency of their row; a row of an unknown currency is skipped."""
    if len(cells.text) < SHORT:
        known = [code if code in CURRENCIES else "" for code in currency.to_list()]
        rows = [row for row, code in enumerate(known) if code]
        values = np.full(len(known), NO_VALUE, dtype=np.int64)
        return _parse_rest(cells, values, rows, lambda c, row: parse_amount_cell(c, known[row]))
    values = np.full(len(cells.text), NO_VALUE, dtype=np.int64)
    codes = [code for code in currency.unique().to_list() if code in CURRENCIES]
    for digits in sorted({get_minor_digits(code) for code in codes}):
        same = [code for code in codes if get_minor_digits(code) == digits]
        if len(same) == len(codes) and currency.is_in(same).all():
            values = _read_amounts_fast(cells.text, digits)
        else:
            at = currency.is_in(same).arg_true()
            values[at.to_numpy()] = _read_amounts_fast(cells.text.gather(at), digits)
    rest = pl.Series(values == NO_VALUE) & currency.is_in(codes)
    at_rest = rest.arg_true()
    by_row = dict(zip(at_rest.to_list(), currency.gather(at_rest).to_list(), strict=True))
    return _parse_rest(
        cells, values, at_rest.to_list(), lambda c, row: parse_amount_cell(c, by_row[row])
    )


def _read_amounts_fast(text: pl.Series, digits: int) -> Int64s:
    """Read plain and grouped decimals that fit; all others are NO_VALUE."""
    grouped = text.str.contains(rf"^(?:{_THOUSANDS.pattern})$")
    if grouped.any():
        frame = pl.DataFrame({"text": text, "grouped": grouped})
        cell = pl.col("text")
        bare = pl.when("grouped").then(cell.str.replace_all(",", "", literal=True)).otherwise(cell)
        text = frame.select(bare).to_series()
    parts = text.str.split_exact(".", 1).struct.unnest()
    whole = parts.to_series(0)
    fraction = parts.to_series(1).fill_null("")
    fits = fraction.str.strip_chars_end("0").str.len_bytes() <= digits
    plain = text.str.contains(r"^-?[0-9]+(?:\.[0-9]+)?$") & fits
    minor = whole + fraction.str.slice(0, digits).str.pad_end(digits, "0") if digits else whole
    values = minor.cast(pl.Int64, strict=False).fill_null(NO_VALUE).to_numpy(writable=True)
    values[~plain.to_numpy()] = NO_VALUE
    return values


def parse_instant_cell(cell: str) -> int:
    """Read a time or date into microseconds; years 1900 to 2200, nothing below 1 µs."""
    if _LOST_FRACTION.search(cell):
        raise InvalidInputError(f"{cell!r} is finer than a microsecond")
    micros = parse_instant(cell)
    if not INSTANT_MIN <= micros <= INSTANT_MAX:
        raise InvalidInputError(f"{cell!r} lies outside the years {YEAR_MIN} to {YEAR_MAX}")
    return micros


def parse_instants(cells: Cells) -> Int64s:
    """Read times, microseconds since the epoch; without offset they are Asia/Shanghai."""
    return _parse(cells, _read_instants_fast, parse_instant_cell)


def _read_instants_fast(text: pl.Series) -> Int64s:
    """Read extended ISO 8601; NO_VALUE for other shapes and for zone times before 1992."""
    known = text.str.contains(_INSTANT)
    local = text.str.slice(0, 10) + "T" + text.str.slice(11)
    zoned = text.str.contains(rf":.*{_OFFSET}$")
    offset = np.zeros(len(text), dtype=np.int64)
    has_offset = zoned.to_numpy()
    if has_offset.any():
        suffix = text.str.extract(rf":.*?({_OFFSET})$").fill_null("")
        codes = suffix.unique().to_list()
        micros = [_read_offset(code) for code in codes]
        offset = suffix.replace_strict(codes, micros, return_dtype=pl.Int64).to_numpy()
        local = local.str.replace(rf"{_OFFSET}$", "")
    values = np.full(len(text), NO_VALUE, dtype=np.int64)
    length = local.str.len_bytes()
    shapes = ((11, "%Y-%m-%dT"), (16, "%Y-%m-%dT%H:%M"), (19, "%Y-%m-%dT%H:%M:%S"))
    for size, form in (*shapes, (20, "%Y-%m-%dT%H:%M:%S%.f")):
        fits = known & ((length == size) if size < 20 else (length >= size))
        if not fits.any():
            continue
        is_all = bool(fits.all())
        at = fits.arg_true()
        some = local if is_all else local.gather(at)
        if size == 11:
            some, form = some + "00:00", form + "%H:%M"  # noqa: PLW2901  # a date is midnight
        times = some.str.to_datetime(form, time_unit="us", strict=False).to_physical()
        values[at.to_numpy()] = times.fill_null(NO_VALUE).to_numpy()
    good = values != NO_VALUE
    values = np.where(good, values - np.where(has_offset, offset, SHANGHAI_MICROSECONDS), NO_VALUE)
    good &= (values >= INSTANT_MIN) & (values <= INSTANT_MAX)
    good &= has_offset | (values >= FIXED_OFFSET_SINCE)
    values[~good] = NO_VALUE
    return values


def _read_offset(code: str) -> int:
    if code in ("", "Z"):
        return 0
    minutes = int(code[1:3]) * 60 + int(code[4:6])
    return (-minutes if code[0] == "-" else minutes) * 60_000_000


def parse_date_cell(cell: str) -> str:
    """Read a calendar date and return it as ``2026-03-05``."""
    try:
        day = dt.date.fromisoformat(cell)
    except ValueError as error:
        raise InvalidInputError(f"{cell!r} is not an ISO 8601 date such as 2026-03-05") from error
    if not YEAR_MIN <= day.year <= YEAR_MAX:
        raise InvalidInputError(f"{cell!r} lies outside the years {YEAR_MIN} to {YEAR_MAX}")
    return day.isoformat()


def parse_dates(cells: Cells) -> list[str]:
    """Read calendar dates into ISO text, "" where the cell is empty or refused."""
    days = _read_different(cells, parse_date_cell)
    return [days.get(cell, "") for cell in cells.text.to_list()]


def parse_int_cell(cell: str) -> int:
    """Read a whole number that fits 64 bits."""
    if not _INTEGER.fullmatch(cell):
        raise InvalidInputError(f"{cell!r} is not a whole number")
    number = int(cell) if len(cell) <= AMOUNT_LENGTH_MAX else NO_VALUE
    if not NO_VALUE < number < -NO_VALUE:
        raise InvalidInputError(f"{cell!r} is too large")
    return number


def parse_ints(cells: Cells) -> Int64s:
    """Read whole numbers."""
    return _parse(cells, _read_ints_fast, parse_int_cell)


def _read_ints_fast(text: pl.Series) -> Int64s:
    values = text.cast(pl.Int64, strict=False).fill_null(NO_VALUE).to_numpy(writable=True)
    values[~text.str.contains(r"^-?[0-9]+$").to_numpy()] = NO_VALUE
    return values


def parse_choices(cells: Cells, words: type[StrEnum]) -> Int64s:
    """Read words of a vocabulary into their positions in it; -1 where refused.

    An empty cell is -1 too, unless the vocabulary has the empty word.
    """
    positions = {word.value: position for position, word in enumerate(words)}
    allowed = " ".join(word for word in positions if word)

    def find_position(cell: str) -> int:
        if cell not in positions:
            raise InvalidInputError(f"{cell!r} is none of: {allowed}")
        return positions[cell]

    found = _read_different(cells, find_position) | {"": positions.get("", -1)}
    text = cells.text
    if len(text) < SHORT:
        return np.array([found.get(cell, -1) for cell in text.to_list()], dtype=np.int64)
    return text.replace_strict(
        list(found), list(found.values()), default=-1, return_dtype=pl.Int64
    ).to_numpy()


def check_currencies(cells: Cells) -> None:
    """List the cells that are no ISO 4217 code; empty cells are left to ``require``."""
    _read_different(cells, get_minor_digits)


def _read_different(cells: Cells, parse: Callable[[str], T]) -> dict[str, T]:
    """Read each different text once, list the cells of bad ones, return the good ones."""
    text = cells.text
    different = set(text.to_list()) if len(text) < SHORT else text.unique().to_list()
    good: dict[str, T] = {}
    bad: dict[str, str] = {}
    for cell in different:
        if cell:
            try:
                good[cell] = parse(cell)
            except InvalidInputError as error:
                bad[cell] = str(error)
    if bad:
        rows = text.is_in(list(bad)).arg_true()
        for row, cell in zip(rows.to_list(), text.gather(rows).to_list(), strict=True):
            cells.refuse(row, bad[cell])
    return good


def _parse(
    cells: Cells, fast: Callable[[pl.Series], Int64s], parse: Callable[[str], int]
) -> Int64s:
    """Read a column by its fast path and what that leaves by the scalar one."""
    if len(cells.text) < SHORT:
        values = np.full(len(cells.text), NO_VALUE, dtype=np.int64)
        rows: list[int] = list(range(len(values)))
    else:
        values = fast(cells.text)
        rest = (values == NO_VALUE) & ~find_empty(cells.text)
        rows = np.flatnonzero(rest).tolist()
    return _parse_rest(cells, values, rows, lambda cell, _row: parse(cell))


def _parse_rest(
    cells: Cells, values: Int64s, rows: list[int], parse: Callable[[str, int], int]
) -> Int64s:
    """Fill ``values`` at ``rows`` cell by cell; empty cells stay, bad ones are listed."""
    if rows:
        for row, cell in zip(rows, cells.text.gather(rows).to_list(), strict=True):
            if cell:
                try:
                    values[row] = parse(cell, row)
                except InvalidInputError as error:
                    cells.refuse(row, str(error))
    return values
