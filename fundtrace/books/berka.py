"""Berka (PKDD'99): a real Czech bank's accounts of 1993 to 1998 as movement tables.

Source: ``trans.asc``, ``account.asc``, ``disp.asc`` and ``loan.asc``, semicolons and quotes,
dates YYMMDD. The choices:

- The bank has no name in the data: its code here is ``BERKA``; partner banks keep their two
  letters. The members table holds only ``BERKA``, so partners are seen but not followed.
- There is no clock time: a movement is booked at its date, 00:00 Asia/Shanghai like every
  time without an offset. The order within a day is left open; balances tell it.
- PRIJEM credits the account, VYDAJ and VYBER debit it; the other side is the partner account
  of a PREVOD, else outside (an account number ``0`` is none). Balances stand on BERKA's side.
- Kind: k_symbol UVER is a repayment of the account's loan, SLUZBY a fee, UROK and SANKC. UROK
  interest (paid to, or as a penalty by, the customer); else a PREVOD is a transfer and VKLAD,
  VYBER and VYBER KARTOU are cash. Other k_symbols (SIPO household, POJISTNE insurance, DUCHOD
  pension) become the purpose, the operation the remittance text.
- A loan counts if it was granted on a day that trans.asc covers. Its disbursement is not in
  trans.asc, so the loan names no movement and is put in at its date. The duration in months
  gives the maturity.
- Every account is current and held by its OWNER, a person; disponents are left out.
- A last line that is cut off (no line end) is dropped and reported.
"""

from __future__ import annotations

import io
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
from fundtrace.model.problems import Problem

BANK = "BERKA"
CURRENCY = "CZK"

_COLUMNS = {
    "trans.asc": (
        "trans_id",
        "account_id",
        "date",
        "type",
        "operation",
        "amount",
        "balance",
        "k_symbol",
        "bank",
        "account",
    ),
    "account.asc": ("account_id", "date"),
    "disp.asc": ("client_id", "account_id", "type"),
    "loan.asc": ("loan_id", "account_id", "date", "amount", "duration"),
}
_CREDIT_TYPES = ("PRIJEM",)
_TYPES = (*_CREDIT_TYPES, "VYDAJ", "VYBER")
_TRANSFERS = ("PREVOD Z UCTU", "PREVOD NA UCET")
_CASH = ("VKLAD", "VYBER", "VYBER KARTOU")
_KIND_OF_SYMBOL = {
    "UVER": "repayment",
    "SLUZBY": "fee",
    "UROK": "interest",
    "SANKC. UROK": "interest",
}
_SYMBOLS = ("", *_KIND_OF_SYMBOL, "SIPO", "POJISTNE", "DUCHOD")
_DECIMAL = r"^-?[0-9]+(\.[0-9]{1,2})?$"


def import_berka(
    source: Path, out: Path, *, file_format: str = "csv", overwrite: bool = False
) -> ImportReport:
    """Turn the folder ``source`` with the .asc files into movement tables in ``out``.

    Raises InvalidInputError where a file is missing or not of this format, BadTablesError
    with every bad row; then nothing is written.
    """
    frames, cut = _read_all(source)
    raise_if_bad(_list_problems(frames))
    trans, loans = frames["trans.asc"], frames["loan.asc"]
    if trans.is_empty():
        raise InvalidInputError(f"{source / 'trans.asc'} holds no whole row")
    first, last = trans["date"].min(), trans["date"].max()
    granted = loans.filter(pl.col("date").is_between(pl.lit(first), pl.lit(last)))
    owners = frames["disp.asc"].filter(pl.col("type") == "OWNER")
    accounts = build_accounts(frames["account.asc"], owners)
    tables = {
        "movements": build_movements(trans, granted),
        "accounts": accounts,
        "parties": build_parties(accounts),
        "members": pl.DataFrame({"bank": [BANK], "name": ["Berka (PKDD'99)"]}),
        "loans": build_loans(granted, accounts),
    }
    notes = [
        Note("cut last line of trans.asc dropped", cut),
        Note(
            f"loans granted outside {_render_date(first)} to {_render_date(last)} left out",
            loans.height - granted.height,
        ),
        Note("loans whose disbursement is not in trans.asc, put in at their date", granted.height),
        Note("movements without a clock time, booked at 00:00 Asia/Shanghai", trans.height),
        *_count_kinds(tables["movements"]),
    ]
    return write_import(source, Target(out, file_format, overwrite), tables, notes)


def build_movements(trans: pl.DataFrame, loans: pl.DataFrame) -> pl.DataFrame:
    """Build the movements table from checked rows of trans.asc; ``loans`` serve repayments."""
    is_credit = pl.col("type").is_in(_CREDIT_TYPES)
    is_transfer = pl.col("operation").is_in(_TRANSFERS)
    has_partner = is_transfer & ~pl.col("account").is_in(["", "0"]) & (pl.col("bank") != "")
    partner_bank = pl.when(has_partner).then("bank").otherwise(pl.lit(""))
    partner_account = pl.when(has_partner).then("account").otherwise(pl.lit(""))
    symbol = pl.col("k_symbol")
    kind = (
        pl.when(symbol.is_in(list(_KIND_OF_SYMBOL)))
        .then(symbol.replace(_KIND_OF_SYMBOL))
        .when(is_transfer)
        .then(pl.lit("transfer"))
        .otherwise(pl.lit("cash"))
    )
    return trans.join(
        loans.select("account_id", "loan_id"), on="account_id", how="left", maintain_order="left"
    ).select(
        movement_id=pl.col("trans_id"),
        booked_at=_iso_date(pl.col("date")),
        debit_bank=pl.when(is_credit).then(partner_bank).otherwise(pl.lit(BANK)),
        debit_account=pl.when(is_credit).then(partner_account).otherwise("account_id"),
        credit_bank=pl.when(is_credit).then(pl.lit(BANK)).otherwise(partner_bank),
        credit_account=pl.when(is_credit).then("account_id").otherwise(partner_account),
        amount=pl.col("amount"),
        currency=pl.lit(CURRENCY),
        kind=kind,
        loan_id=pl.when(symbol == "UVER")
        .then(pl.col("loan_id").fill_null(""))
        .otherwise(pl.lit("")),
        purpose=symbol,
        remittance=pl.col("operation"),
        debit_balance_after=pl.when(is_credit).then(pl.lit("")).otherwise("balance"),
        credit_balance_after=pl.when(is_credit).then("balance").otherwise(pl.lit("")),
    )


def build_accounts(accounts: pl.DataFrame, owners: pl.DataFrame) -> pl.DataFrame:
    """Build the accounts table: all of the bank's own accounts with owner and opening date."""
    holder = owners.select("account_id", holder_id=pl.lit("client-") + pl.col("client_id"))
    return accounts.join(holder, on="account_id", how="left", maintain_order="left").select(
        bank=pl.lit(BANK),
        account=pl.col("account_id"),
        holder_id=pl.col("holder_id").fill_null(""),
        kind=pl.lit("current"),
        currency=pl.lit(CURRENCY),
        opened_on=_iso_date(pl.col("date")),
    )


def build_parties(accounts: pl.DataFrame) -> pl.DataFrame:
    """Build the parties table: the accounts' holders, persons without names."""
    holders = accounts.filter(pl.col("holder_id") != "")["holder_id"].unique(maintain_order=True)
    return pl.DataFrame({"holder_id": holders}).with_columns(type=pl.lit("person"))


def build_loans(loans: pl.DataFrame, accounts: pl.DataFrame) -> pl.DataFrame:
    """Build the loans table; no row names a movement."""
    holder = accounts.select(account_id="account", holder_id="holder_id")
    granted_on = _parse_date(pl.col("date"))
    months = pl.col("duration") + pl.lit("mo")
    return loans.join(holder, on="account_id", how="left", maintain_order="left").select(
        loan_id=pl.col("loan_id"),
        bank=pl.lit(BANK),
        account=pl.col("account_id"),
        principal=pl.col("amount"),
        currency=pl.lit(CURRENCY),
        disbursed_at=_iso_date(pl.col("date")),
        holder_id=pl.col("holder_id").fill_null(""),
        contract_date=_iso_date(pl.col("date")),
        maturity_on=granted_on.dt.offset_by(months).dt.to_string("%Y-%m-%d"),
    )


def _read_all(source: Path) -> tuple[dict[str, pl.DataFrame], int]:
    """Read the four files, and say how many cut lines of trans.asc were dropped."""
    frames: dict[str, pl.DataFrame] = {}
    cut = 0
    for name in _COLUMNS:
        try:
            data = (source / name).read_bytes()
        except OSError as error:
            raise InvalidInputError(f"cannot read {source / name}: {error.strerror}") from error
        if name == "trans.asc" and data and not data.endswith(b"\n"):
            data = data[: data.rfind(b"\n") + 1]
            cut = 1
        frames[name] = _parse_asc(name, data)
    return frames, cut


def _parse_asc(name: str, data: bytes) -> pl.DataFrame:
    """Return the needed columns of an .asc file as stripped text, with each row's line."""
    try:
        frame = pl.read_csv(io.BytesIO(data), separator=";", infer_schema=False)
        frame = frame.select(_COLUMNS[name])
    except pl.exceptions.PolarsError as error:
        raise InvalidInputError(f"{name} is not a PKDD'99 file: {error}") from error
    return frame.with_columns(pl.all().fill_null("").str.strip_chars()).with_row_index(
        "line", offset=2
    )


def _list_problems(frames: dict[str, pl.DataFrame]) -> list[Problem]:
    """Return every row that the mapping does not know how to read."""
    trans, loans = frames["trans.asc"], frames["loan.asc"]
    listed = frames["account.asc"]["account_id"].implode()
    operation_known = pl.col("operation").is_in((*_TRANSFERS, *_CASH)) | (
        (pl.col("operation") == "") & (pl.col("k_symbol") == "UROK")
    )
    problems = [
        *_find(trans, "trans.asc", "type", pl.col("type").is_in(_TYPES), "unknown type"),
        *_find(trans, "trans.asc", "operation", operation_known, "unknown operation"),
        *_find(trans, "trans.asc", "k_symbol", pl.col("k_symbol").is_in(_SYMBOLS), "unknown"),
        *_find(trans, "trans.asc", "balance", _is_decimal("balance"), "not a decimal"),
    ]
    for name in ("trans.asc", "account.asc", "loan.asc"):
        is_date = _parse_date(pl.col("date")).is_not_null()
        problems += _find(frames[name], name, "date", is_date, "not a date YYMMDD")
    for name, frame in (("trans.asc", trans), ("loan.asc", loans)):
        problems += _find(frame, name, "amount", _is_decimal("amount"), "not a decimal")
        is_listed = pl.col("account_id").is_in(listed)
        problems += _find(frame, name, "account_id", is_listed, "account.asc does not list")
    is_month_count = pl.col("duration").str.contains(r"^[0-9]{1,3}$")
    problems += _find(loans, "loan.asc", "duration", is_month_count, "not a number of months")
    is_alone = pl.col("account_id").is_unique()
    return problems + _find(
        loans, "loan.asc", "account_id", is_alone, "two loans share the account"
    )


def _find(
    frame: pl.DataFrame, file: str, column: str, is_good: pl.Expr, reason: str
) -> list[Problem]:
    """Return a problem for each row where ``is_good`` does not hold."""
    bad = frame.filter(~is_good.fill_null(value=False)).select("line", column)
    return [Problem(file, line, column, f"{reason}: {text!r}") for line, text in bad.iter_rows()]


def _is_decimal(column: str) -> pl.Expr:
    return pl.col(column).str.contains(_DECIMAL)


def _parse_date(yymmdd: pl.Expr) -> pl.Expr:
    """Parse YYMMDD; all years of this data are 19YY."""
    eight = pl.when(yymmdd.str.contains(r"^[0-9]{6}$")).then(pl.lit("19") + yymmdd)
    return eight.str.to_date("%Y%m%d", strict=False)


def _iso_date(yymmdd: pl.Expr) -> pl.Expr:
    return _parse_date(yymmdd).dt.to_string("%Y-%m-%d")


def _render_date(yymmdd: object) -> str:
    text = str(yymmdd)
    return f"19{text[:2]}-{text[2:4]}-{text[4:]}"


def _count_kinds(movements: pl.DataFrame) -> list[Note]:
    """Return one note per kind of movement, and one on repayments without a loan."""
    counts = movements.group_by("kind").len().sort("kind")
    without = movements.filter((pl.col("kind") == "repayment") & (pl.col("loan_id") == ""))
    return [
        *(Note(f"movements of kind {kind}", count) for kind, count in counts.iter_rows()),
        Note("repayments of loans that are not in the loans table", without.height),
    ]
