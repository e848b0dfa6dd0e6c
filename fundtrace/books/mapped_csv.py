"""A bank's own CSV to movement tables, by a mapping file (``csv_mapping`` says its keys).

- One row, one movement; ``movement_id`` comes from its column, or is ``<file stem>-<line>``.
- A ledger row names both sides; a side without account is outside. A statement row names an
  own account, its counterparty (none: outside) and the direction: a flag column with its
  words, or two amount columns of which one is empty or 0. 借 takes money out of a customer's
  account, 贷 brings it in: the books are the bank's.
- A statement shows a movement between two of its own accounts on both of them, as two rows.
  Nothing in them proves that they are one movement, so both are kept.
- A statement's own accounts are listed in an accounts table, so that what reaches any other
  account rests there; a counterparty account without a bank is at ``UNKNOWN``.
- Negative amounts are red ink (冲正) and become returns, see ``redink``. One that takes back
  nothing in the file is refused, or with ``red_ink.unmatched = "keep"`` a return that names
  no movement.
- A file that lists the newest row first is turned round, so that rows of one instant keep
  the order in which they were booked.
- Every bad row is listed with line, column and reason of the file given; then nothing is
  written.

Left out: amounts in two currencies, separate credit times, and words for a signed amount.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl

from fundtrace.books import cells, csv_times
from fundtrace.books.cells import Cells
from fundtrace.books.csv_mapping import CsvMapping, Shape, load_mapping
from fundtrace.books.csvtext import RawTable, parse_csv
from fundtrace.books.importing import (
    ImportReport,
    Note,
    Target,
    raise_if_bad,
    write_import,
)
from fundtrace.books.redink import turn_red_ink
from fundtrace.books.tables_movements import MOVEMENTS
from fundtrace.errors import InvalidInputError
from fundtrace.model.money import render_amount
from fundtrace.model.problems import Problem
from fundtrace.model.tables import MOVEMENT_TEXTS, NO_VALUE, UNKNOWN_BANK, Int64s

_IDENTIFIER_TEXTS = ("mcc", "channel_ref", "uetr")


@dataclass(eq=False)
class _Reader:
    """The file's columns by target, and what was found to be wrong or worth a note."""

    mapping: CsvMapping
    raw: RawTable
    problems: list[Problem] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)

    def read(self, target: str, *, is_text: bool = False) -> Cells:
        """Return a target's cleaned cells; empty ones hold the constant, if there is one."""
        header = self.mapping.columns.get(target, "")
        constant = self.mapping.constants.get(target, "")
        if header:
            text = cells.clean(self.raw.columns[header], normalise=not is_text)
            if constant:
                filled = pl.when(text == "").then(pl.lit(constant)).otherwise(text)
                text = pl.select(filled).to_series()
        else:
            text = pl.Series([constant], dtype=pl.String).new_from_index(0, len(self.raw))
        return Cells(text, self.raw.name, header or target, self.raw.line, self.problems)

    def read_identifiers(self, target: str, *, required: bool = False) -> pl.Series:
        """Return a target that is a code or number kept as text, its bad cells listed."""
        column = self.read(target)
        cells.check_identifiers(column)
        if required:
            cells.require(column)
        return column.text

    def read_amounts(self, target: str, currency: pl.Series) -> Int64s:
        """Return minor units, NO_VALUE where the cell is empty."""
        return cells.parse_amounts(self.read(target), currency)

    def render_amounts(self, minor: Int64s, currency: pl.Series) -> pl.Series:
        """Return plain decimals, "" for NO_VALUE and for rows of an unknown currency."""
        text = [
            "" if value == NO_VALUE else render_amount(value, code, grouping=False)
            for value, code in zip(minor.tolist(), currency.to_list(), strict=True)
        ]
        return pl.Series(text, dtype=pl.String)


def import_mapped_csv(
    file: Path, out: Path, mapping: Path, *, file_format: str = "csv", overwrite: bool = False
) -> ImportReport:
    """Turn one CSV file into movement tables in ``out``, as the TOML ``mapping`` says.

    Raises InvalidInputError where the mapping is wrong or does not fit the file's header,
    BadTablesError with every bad row; then nothing is written.
    """
    how = load_mapping(mapping)
    reader = _Reader(how, _read_file(file, how))
    _check_header(reader)
    movements, booked_at = _build_movements(reader, file.stem)
    raise_if_bad(reader.problems)
    movements, booked_at, line = _put_oldest_first(reader, movements, booked_at)
    movements = _turn_red_ink(reader, movements, booked_at, line)
    raise_if_bad(reader.problems)
    tables = {"movements": movements}
    if how.shape is Shape.STATEMENT:
        tables["accounts"] = _build_accounts(reader)
    notes = [Note("rows read, one movement each", len(reader.raw)), *reader.notes]
    return write_import(file, Target(out, file_format, overwrite), tables, notes)


def _read_file(file: Path, mapping: CsvMapping) -> RawTable:
    """Return the file's columns as text."""
    try:
        content = file.read_bytes()
        if mapping.encoding:
            content = content.decode(mapping.encoding).encode()
    except OSError as error:
        raise InvalidInputError(f"cannot read {file}: {error.strerror}") from error
    except UnicodeError as error:
        raise InvalidInputError(f"{file} is not {mapping.encoding}: {error}") from error
    raw, problems = parse_csv(content, file.name, delimiter=mapping.delimiter)
    raise_if_bad(problems)
    return raw


def _check_header(reader: _Reader) -> None:
    """Refuse a mapping that names headers which the file has not; note those not mapped."""
    headers = reader.mapping.columns
    missing = sorted({header for header in headers.values() if header not in reader.raw.columns})
    if missing:
        raise InvalidInputError(
            f"{reader.raw.name} has no column {', '.join(missing)}; "
            f"its columns: {', '.join(reader.raw.columns)}"
        )
    unused = [name for name in reader.raw.columns if name not in headers.values()]
    if unused:
        reader.notes.append(Note(f"columns not mapped: {', '.join(unused)}"))
    reader.notes += [Note(str(warning)) for warning in reader.raw.warnings]


def _build_movements(reader: _Reader, stem: str) -> tuple[pl.DataFrame, Int64s]:
    """Return the movements, red ink still negative, and each row's instant."""
    booked_at, without_time = csv_times.read_times(reader.mapping, reader.read)
    if without_time:
        reader.notes.append(Note("rows without a time, booked at 00:00", without_time))
    currency = reader.read("currency")
    cells.require(currency)
    cells.check_currencies(currency)
    is_ledger = reader.mapping.shape is Shape.LEDGER
    build_sides = _build_ledger_sides if is_ledger else _build_statement_sides
    sides = build_sides(reader, currency.text)
    columns = {
        "movement_id": _read_ids(reader, stem),
        "booked_at": csv_times.render_times(booked_at),
        **sides,
        "currency": currency.text,
        "kind": _read_kinds(reader),
    }
    if reader.mapping.has("loan_id"):
        columns["loan_id"] = reader.read_identifiers("loan_id")
    if reader.mapping.has("seq"):
        numbers = reader.read("seq")
        cells.parse_ints(numbers)
        columns["seq"] = numbers.text
    for target in MOVEMENT_TEXTS:
        if reader.mapping.has(target):
            columns[target] = (
                reader.read_identifiers(target)
                if target in _IDENTIFIER_TEXTS
                else reader.read(target, is_text=True).text
            )
    frame = pl.DataFrame({name: series.alias(name) for name, series in columns.items()})
    _check_sides(reader, frame)
    return frame, booked_at


def _read_ids(reader: _Reader, stem: str) -> pl.Series:
    """Return the movement ids, given or made from the line; doubled ones are listed."""
    if "movement_id" not in reader.mapping.columns:
        return pl.Series([f"{stem}-{line}" for line in reader.raw.line.tolist()], dtype=pl.String)
    ids = reader.read_identifiers("movement_id", required=True)
    doubled = (ids.is_duplicated() & ~ids.is_first_distinct() & (ids != "")).arg_true()
    column = reader.read("movement_id")
    for row in doubled:
        column.refuse(row, f"{ids[row]!r} stands in an earlier row too")
    return ids


def _read_kinds(reader: _Reader) -> pl.Series:
    """Return the kinds: words of the mapping, or transfer where there is no column."""
    if not reader.mapping.has("kind"):
        return pl.Series(["transfer"], dtype=pl.String).new_from_index(0, len(reader.raw))
    words = reader.read("kind")
    kinds = {"": "transfer", **reader.mapping.kinds}
    known = ", ".join(reader.mapping.kinds) or "none; give them in [kinds]"
    for row in (~words.text.is_in(list(kinds))).arg_true():
        words.refuse(row, f"unknown kind {words.text[row]!r}; known: {known}")
    return words.text.replace(kinds)


def _build_ledger_sides(reader: _Reader, currency: pl.Series) -> dict[str, pl.Series]:
    """Return sides, amount and balances of rows that name both sides."""
    accounts = ("debit_account", "credit_account")
    sides = {name: reader.read_identifiers(name) for name in accounts}
    for side in ("debit", "credit"):
        bank = f"{side}_bank"
        sides[bank] = _fill_bank(reader, bank, sides[f"{side}_account"])
    amount = _require_amounts(reader, "amount", reader.read_amounts("amount", currency))
    sides["amount"] = reader.render_amounts(amount, currency)
    for name in ("debit_balance_after", "credit_balance_after"):
        if reader.mapping.has(name):
            sides[name] = reader.render_amounts(reader.read_amounts(name, currency), currency)
    return sides


def _build_statement_sides(reader: _Reader, currency: pl.Series) -> dict[str, pl.Series]:
    """Return sides, amount and balances of rows of own accounts."""
    own_bank = reader.read_identifiers("bank", required=True)
    own = reader.read_identifiers("account", required=True)
    other = reader.read_identifiers("counterparty_account")
    other_bank = _fill_bank(reader, "counterparty_bank", other)
    is_debit, amount = _read_direction(reader, currency)
    balance = reader.render_amounts(reader.read_amounts("balance_after", currency), currency)
    empty = pl.Series([""], dtype=pl.String).new_from_index(0, len(own))
    pairs = {
        "bank": (own_bank, other_bank),
        "account": (own, other),
        "balance_after": (balance, empty),
    }
    sides: dict[str, pl.Series] = {"amount": reader.render_amounts(amount, currency)}
    for name, (mine, theirs) in pairs.items():
        sides[f"debit_{name}"] = mine.zip_with(is_debit, theirs)
        sides[f"credit_{name}"] = theirs.zip_with(is_debit, mine)
    return sides


def _read_direction(reader: _Reader, currency: pl.Series) -> tuple[pl.Series, Int64s]:
    """Return which rows take money out of the own account, and the amounts."""
    if reader.mapping.has("amount"):
        words = reader.read("direction")
        debit, credit = reader.mapping.debit_words, reader.mapping.credit_words
        for row in (~words.text.is_in([*debit, *credit])).arg_true():
            known = ", ".join((*debit, *credit))
            words.refuse(row, f"unknown direction {words.text[row]!r}; known: {known}")
        amount = _require_amounts(reader, "amount", reader.read_amounts("amount", currency))
        return words.text.is_in(list(debit)), amount
    taken = reader.read_amounts("debit_amount", currency)
    given = reader.read_amounts("credit_amount", currency)
    has_taken = (taken != NO_VALUE) & (taken != 0)
    has_given = (given != NO_VALUE) & (given != 0)
    column = reader.read("debit_amount")
    bad_lines = {problem.line for problem in reader.problems}
    for row in np.flatnonzero(has_taken == has_given).tolist():
        if int(reader.raw.line[row]) not in bad_lines:
            both = "both amount columns hold a value" if has_taken[row] else "no amount"
            column.refuse(row, both)
    return pl.Series(has_taken), np.where(has_taken, taken, given)


def _require_amounts(reader: _Reader, target: str, minor: Int64s) -> Int64s:
    """List empty cells and zeros."""
    column = reader.read(target)
    cells.require(column)
    column.refuse_all(np.flatnonzero(minor == 0), "is 0")
    return minor


def _fill_bank(reader: _Reader, target: str, account: pl.Series) -> pl.Series:
    """Return the banks: none without an account, UNKNOWN_BANK where only the account stands."""
    bank = reader.read_identifiers(target)
    is_unknown = (bank == "") & (account != "")
    if is_unknown.any():
        note = Note(f"accounts named without a bank, put at {UNKNOWN_BANK}", int(is_unknown.sum()))
        reader.notes.append(note)
    constant = reader.mapping.constants.get(target, "")
    is_alone = (bank != "") & (bank != constant) & (account == "")
    if is_alone.any():
        what = "banks named without an account left out, that side is outside"
        reader.notes.append(Note(what, int(is_alone.sum())))
    filled = pl.when(is_unknown).then(pl.lit(UNKNOWN_BANK)).otherwise(bank)
    return pl.select(pl.when(account == "").then(pl.lit("")).otherwise(filled)).to_series()


def _check_sides(reader: _Reader, frame: pl.DataFrame) -> None:
    """List rows that name one account twice, or none at all."""
    debit, credit = frame["debit_account"], frame["credit_account"]
    same = (debit == credit) & (frame["debit_bank"] == frame["credit_bank"])
    for row in same.arg_true().to_list():
        reason = "both sides are one account" if debit[row] else "names no account"
        reader.problems.append(Problem(reader.raw.name, int(reader.raw.line[row]), "", reason))


def _put_oldest_first(
    reader: _Reader, movements: pl.DataFrame, booked_at: Int64s
) -> tuple[pl.DataFrame, Int64s, Int64s]:
    """Turn round a file that lists the newest first, and return each row's line too."""
    line = reader.raw.line
    steps = np.diff(booked_at)
    if bool((steps <= 0).all()) and bool((steps < 0).any()):
        reader.notes.append(Note("the file lists the newest first; rows were turned round"))
        return movements.reverse(), booked_at[::-1], line[::-1]
    return movements, booked_at, line


def _turn_red_ink(
    reader: _Reader, movements: pl.DataFrame, booked_at: Int64s, line: Int64s
) -> pl.DataFrame:
    """Turn red ink into returns; unmatched entries are listed, or kept and counted."""
    red_ink = turn_red_ink(movements, booked_at.tolist())
    if red_ink.matched_count:
        reader.notes.append(Note("red-ink entries turned into returns", red_ink.matched_count))
    unmatched = red_ink.unmatched_rows
    if unmatched and reader.mapping.keep_unmatched_red_ink:
        what = "red-ink entries that take back nothing in this file, kept as returns"
        reader.notes.append(Note(what, len(unmatched)))
    elif unmatched:
        reason = "red ink, but no earlier movement of this amount between these accounts"
        columns = reader.mapping.columns
        names = [columns[name] for name in ("amount", "debit_amount") if name in columns]
        reader.problems.extend(
            Problem(reader.raw.name, int(line[row]), names[0], reason) for row in unmatched
        )
    known = (*MOVEMENTS.required, *MOVEMENTS.optional)
    return red_ink.movements.select(name for name in known if name in red_ink.movements.columns)


def _build_accounts(reader: _Reader) -> pl.DataFrame:
    """Return the own accounts that the statement's rows are about."""
    columns = {name: reader.read(name).text for name in ("bank", "account", "currency")}
    return pl.DataFrame(columns).unique(maintain_order=True)
