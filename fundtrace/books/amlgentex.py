"""AMLGentex: a synthetic world of several banks with labelled laundering patterns.

Source: ``tx_log.parquet`` and ``accounts.csv``. The choices:

- A step is a day, counted from 2026-01-01; the rows of a day keep their order.
- INITALBALANCE rows become the accounts' opening balances, not movements; they must agree
  with INIT_BALANCE of accounts.csv to the digit, or the import is refused.
- Accounts below 0 (source and sink) are outside: that side stays empty. CASH is cash, all
  else a transfer. Every bank is a member; a customer is a person.
- Amounts are doubles. Each is taken as its shortest exact decimal text and rounded half to
  even to the currency's minor unit; what was rounded is counted. What rounds to nothing is
  dropped and counted.
- Balances after are left out: rows of one batch all carry the balance after the batch. Of
  226,262 legs in the shipped data 193,964 start from the balance that the leg before left;
  with balances rounded to cents only 146,703 differ from it by their rounded amount. Order
  recovered from such balances would be worse than the order of the rows.
- The currency is not in the data (AMLGentex imitates Sweden).

Loans. There are none in the data; one is opened for each labelled pattern (``isSAR``), as if
its money had been borrowed: on the pattern's **first account**, the payer of its first
labelled movement by day and row, for the amount of that movement, which is what enters the
pattern; disbursed on that day, without a movement, hence before all of the day's movements.
That is one rule for all seven types. The model's isMain account would not do: of a fan-in it
never pays, and of a stack or gather-scatter it pays late. Several payers start a fan-in, a
bipartite, a stack or a gather-scatter: only the first has a loan, the others pay their own.

``truth.csv`` lists the labelled movements: pattern, type, movement_id, loan_id and hop. Hop 1
is the movement that enters the pattern; a later one is one more than the least hop that
brought the payer labelled money before; without hop, no labelled path in time leads there
from hop 1. The shipped data has 84 patterns, 909 labelled movements and 126 later hops.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path

import polars as pl

from fundtrace.books.importing import (
    ImportReport,
    Note,
    Target,
    raise_if_bad,
    write_import,
)
from fundtrace.errors import InvalidInputError
from fundtrace.model.money import get_minor_digits, render_amount
from fundtrace.model.problems import Problem

BASE_DATE = dt.date(2026, 1, 1)
TRUTH_FILE = "truth.csv"

_LOG = "tx_log.parquet"
_ACCOUNTS = "accounts.csv"
_OPENING = "INITALBALANCE"  # spelt so in the data
_KINDS = {"TRANSFER": "transfer", "CASH": "cash"}
_LOG_COLUMNS = (
    "step",
    "type",
    "amount",
    "nameOrig",
    "nameDest",
    "bankOrig",
    "bankDest",
    "isSAR",
    "patternID",
    "modelType",
)
_ACCOUNT_COLUMNS = ("ACCOUNT_ID", "CUSTOMER_ID", "INIT_BALANCE", "BANK_ID")
# Codes of modelType on labelled rows; those from 10 on are ordinary behaviour.
_PATTERN_TYPES = {
    1: "fan_out",
    2: "fan_in",
    3: "cycle",
    4: "bipartite",
    5: "stack",
    6: "random",
    7: "scatter_gather",
    8: "gather_scatter",
}


@dataclass(frozen=True)
class Rounded:
    """Amounts as whole minor units, in the order given; 0 where less than half a unit."""

    minor: tuple[int, ...]
    rounded_count: int  # how many were not whole minor units
    zero_count: int  # how many became 0


def round_amounts(amounts: Sequence[float], currency: str) -> Rounded:
    """Round doubles half to even to minor units, by their shortest exact decimal text."""
    shift = Decimal(10) ** get_minor_digits(currency)
    one = Decimal(1)
    minor: list[int] = []
    rounded_count = 0
    for amount in amounts:
        exact = Decimal(repr(amount)) * shift
        whole = exact.quantize(one, rounding=ROUND_HALF_EVEN)
        rounded_count += whole != exact
        minor.append(int(whole))
    return Rounded(tuple(minor), rounded_count, minor.count(0))


def import_amlgentex(
    source: Path,
    out: Path,
    currency: str = "SEK",
    *,
    file_format: str = "csv",
    overwrite: bool = False,
) -> ImportReport:
    """Turn the folder ``source`` with AMLGentex output into movement tables in ``out``.

    Raises InvalidInputError where a file is missing or of another shape, BadTablesError with
    every bad row; then nothing is written.
    """
    get_minor_digits(currency)
    log, accounts = _read_log(source / _LOG), _read_accounts(source / _ACCOUNTS)
    raise_if_bad([*_list_log_problems(log, accounts), *_list_opening_problems(log, accounts)])
    moves = log.filter(pl.col("type") != _OPENING)
    rounded = round_amounts(moves["amount"].to_list(), currency)
    moves = moves.with_columns(minor=pl.Series(rounded.minor, dtype=pl.Int64))
    kept = moves.filter(pl.col("minor") != 0)
    truth = build_truth(kept)
    tables = {
        "movements": build_movements(kept, currency),
        "accounts": build_accounts(accounts, currency),
        "parties": accounts.select(holder_id="CUSTOMER_ID", type=pl.lit("person")).unique(
            maintain_order=True
        ),
        "members": accounts.select(bank="BANK_ID").unique(maintain_order=True),
        "loans": build_loans(kept, truth, accounts, currency),
    }
    labelled = moves.filter(pl.col("isSAR") == 1)
    notes = [
        Note(f"rows of {_LOG}", log.height),
        Note("rows that became opening balances", log.height - moves.height),
        Note("rows that became movements", kept.height),
        Note("rows dropped, because the amount rounds to 0", rounded.zero_count),
        Note(
            f"amounts rounded half to even to the minor unit of {currency}", rounded.rounded_count
        ),
        Note("movements from account to account", _count_inner(kept)),
        Note("movements without a clock time, booked at 00:00 Asia/Shanghai", kept.height),
        Note("balances after left out: they do not chain"),
        Note("labelled patterns, each with a loan on its first account", tables["loans"].height),
        Note(f"labelled movements, listed in {TRUTH_FILE}", truth.height),
        Note(
            "labelled movements dropped, because the amount rounds to 0",
            labelled.height - truth.height,
        ),
    ]
    extras = {TRUTH_FILE: truth.write_csv().encode()}
    return write_import(source, Target(out, file_format, overwrite), tables, notes, extras)


def build_movements(moves: pl.DataFrame, currency: str) -> pl.DataFrame:
    """Build the movements table from rows of the log with ``minor`` amounts above 0."""
    amounts = [render_amount(minor, currency, grouping=False) for minor in moves["minor"]]
    return moves.select(
        movement_id=_movement_id(),
        booked_at=_iso_day(),
        debit_bank=_outside_if_negative("nameOrig", "bankOrig"),
        debit_account=_outside_if_negative("nameOrig", "nameOrig"),
        credit_bank=_outside_if_negative("nameDest", "bankDest"),
        credit_account=_outside_if_negative("nameDest", "nameDest"),
        amount=pl.Series(amounts, dtype=pl.String),
        currency=pl.lit(currency),
        kind=pl.col("type").replace(_KINDS),
    )


def build_accounts(accounts: pl.DataFrame, currency: str) -> pl.DataFrame:
    """Build the accounts table with opening balances."""
    return accounts.select(
        bank=pl.col("BANK_ID"),
        account=pl.col("ACCOUNT_ID"),
        holder_id=pl.col("CUSTOMER_ID"),
        kind=pl.lit("current"),
        currency=pl.lit(currency),
        opening_balance=pl.col("INIT_BALANCE"),
    )


def build_truth(moves: pl.DataFrame) -> pl.DataFrame:
    """Build the truth table: labelled movements, the pattern's loan, and their hop."""
    labelled = moves.filter(pl.col("isSAR") == 1).sort("patternID", "step", "row")
    hops: list[int | None] = []
    for _, pattern in labelled.group_by("patternID", maintain_order=True):
        hops += _count_hops(list(pattern.select("nameOrig", "nameDest").iter_rows()))
    return labelled.select(
        pattern=pl.col("patternID"),
        type=pl.col("modelType").replace_strict(_PATTERN_TYPES, return_dtype=pl.String),
        movement_id=_movement_id(),
        loan_id=_loan_id(),
        hop=pl.Series(hops, dtype=pl.Int64),
    )


def build_loans(
    moves: pl.DataFrame, truth: pl.DataFrame, accounts: pl.DataFrame, currency: str
) -> pl.DataFrame:
    """Build the loans table: one loan for each pattern's first movement."""
    entering = truth.filter(pl.col("hop") == 1).select("movement_id", "type")
    first = (
        moves.with_columns(movement_id=_movement_id(), ACCOUNT_ID=_text("nameOrig"))
        .join(entering, on="movement_id", suffix="_pattern")
        .join(accounts.select("ACCOUNT_ID", "CUSTOMER_ID"), on="ACCOUNT_ID", how="left")
        .sort("patternID")
    )
    principals = [render_amount(minor, currency, grouping=False) for minor in first["minor"]]
    return first.select(
        loan_id=_loan_id(),
        bank=pl.col("bankOrig"),
        account=pl.col("ACCOUNT_ID"),
        principal=pl.Series(principals, dtype=pl.String),
        currency=pl.lit(currency),
        disbursed_at=_iso_day(),
        holder_id=pl.col("CUSTOMER_ID"),
        purpose=pl.lit("labelled pattern ") + pl.col("type_pattern"),
    )


def _count_hops(sides: Sequence[tuple[int, int]]) -> list[int | None]:
    """Return the hop of each (payer, payee) of a pattern in time order; see the module."""
    first_account = sides[0][0]
    reached: dict[int, int] = {}
    hops: list[int | None] = []
    for position, (payer, payee) in enumerate(sides):
        before = 0 if position == 0 else reached.get(payer)
        if position and payer == first_account:
            before = None  # later payments of the first account are its own money
        hop = None if before is None else before + 1
        hops.append(hop)
        if hop is not None:
            reached[payee] = min(hop, reached.get(payee, hop))
    return hops


def _count_inner(moves: pl.DataFrame) -> int:
    return moves.filter((pl.col("nameOrig") >= 0) & (pl.col("nameDest") >= 0)).height


def _read_log(path: Path) -> pl.DataFrame:
    """Return the log's needed columns with ``row``, the 1-based row of the file."""
    try:
        frame = pl.read_parquet(io.BytesIO(path.read_bytes()), columns=list(_LOG_COLUMNS))
        names = ("type", "bankOrig", "bankDest")
        frame = frame.with_columns(pl.col(name).cast(pl.String) for name in names)
        return frame.with_row_index("row", offset=1)
    except OSError as error:
        raise InvalidInputError(f"cannot read {path}: {error}") from error
    except pl.exceptions.PolarsError as error:
        raise InvalidInputError(f"{path.name} is not an AMLGentex log: {error}") from error


def _read_accounts(path: Path) -> pl.DataFrame:
    """Return the accounts' needed columns as text with ``line``, the line of the file."""
    try:
        frame = pl.read_csv(io.BytesIO(path.read_bytes()), infer_schema=False)
        return frame.select(_ACCOUNT_COLUMNS).with_row_index("line", offset=2)
    except OSError as error:
        raise InvalidInputError(f"cannot read {path}: {error}") from error
    except pl.exceptions.PolarsError as error:
        raise InvalidInputError(f"{path.name} is not an AMLGentex file: {error}") from error


def _list_log_problems(log: pl.DataFrame, accounts: pl.DataFrame) -> list[Problem]:
    """Return every row of the log that the mapping does not know how to read."""
    listed = accounts.select(pl.col("ACCOUNT_ID") + pl.lit("@") + pl.col("BANK_ID")).to_series()
    amount = pl.col("amount")
    checks = {
        "type": (pl.col("type").is_in([*_KINDS, _OPENING]), "unknown type"),
        "amount": (amount.is_finite() & (amount > 0), "not an amount above 0"),
        "step": (pl.col("step").is_between(0, 100_000), "not a step"),
        "nameOrig": (_is_listed("nameOrig", "bankOrig", listed), "accounts.csv does not list"),
        "nameDest": (_is_listed("nameDest", "bankDest", listed), "accounts.csv does not list"),
        "modelType": (
            (pl.col("isSAR") == 0) | pl.col("modelType").is_in(list(_PATTERN_TYPES)),
            "unknown pattern type",
        ),
    }
    return [
        Problem(_LOG, row, column, f"{reason}: {value!r}")
        for column, (is_good, reason) in checks.items()
        for row, value in log.filter(~is_good.fill_null(value=False))
        .select("row", column)
        .iter_rows()
    ]


def _list_opening_problems(log: pl.DataFrame, accounts: pl.DataFrame) -> list[Problem]:
    """Return every account whose INIT_BALANCE the log does not confirm to the digit."""
    rows = log.filter(pl.col("type") == _OPENING)
    given = {
        str(name): Decimal(repr(amount))
        for name, amount in rows.select("nameDest", "amount").iter_rows()
    }
    problems: list[Problem] = []
    for line, account, text in accounts.select("line", "ACCOUNT_ID", "INIT_BALANCE").iter_rows():
        try:
            stated = Decimal(text)
        except ArithmeticError:
            problems.append(Problem(_ACCOUNTS, line, "INIT_BALANCE", f"not a decimal: {text!r}"))
            continue
        if given.get(account, stated) != stated:
            reason = f"{text} here, but {given[account]} in {_LOG}"
            problems.append(Problem(_ACCOUNTS, line, "INIT_BALANCE", reason))
    return problems


def _is_listed(name: str, bank: str, listed: pl.Series) -> pl.Expr:
    place = _text(name) + pl.lit("@") + pl.col(bank)
    return (pl.col(name) < 0) | place.is_in(listed.implode())


def _text(column: str) -> pl.Expr:
    return pl.col(column).cast(pl.String)


def _movement_id() -> pl.Expr:
    return pl.lit("tx-") + _text("row")


def _loan_id() -> pl.Expr:
    return pl.lit("pattern-") + _text("patternID")


def _iso_day() -> pl.Expr:
    day = pl.lit(BASE_DATE) + pl.duration(days=pl.col("step"))
    return day.dt.to_string("%Y-%m-%d")


def _outside_if_negative(name: str, column: str) -> pl.Expr:
    return pl.when(pl.col(name) < 0).then(pl.lit("")).otherwise(_text(column))
