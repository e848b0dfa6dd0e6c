"""The same rows give the same tables and problems from CSV, Parquet of text, and typed Parquet."""

from __future__ import annotations

import datetime as dt
from contextlib import ExitStack
from dataclasses import fields
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fundtrace.books import cells, numbering, text
from fundtrace.books.tables import load_tables
from fundtrace.errors import BadTablesError
from fundtrace.model.tables import Tables

Row = dict[str, object]

# Values that a typed column can hold; many of them are refused, or not known to a fast path.
CODES = st.sampled_from(["CNY", "CNY", "CNY", "JPY", "KWD", "XXX", ""])
BANKS = st.sampled_from(["A", "B", "Ｂ", " A", ""])
NUMBERS = st.sampled_from(["1", "2", "002", "６", "1.0", "6E+5", "x\ty", ""])
UNIT = Decimal(1).scaleb(-3)
AMOUNTS = st.sampled_from([0, 1, 10, 1_000, 1_230, 100_000, -5_000, 10**17, 10**19, 10**24])
TIMES = st.datetimes(dt.datetime(1985, 1, 1), dt.datetime(2230, 1, 1)) | st.datetimes(  # noqa: DTZ001
    dt.datetime(2026, 1, 1),  # noqa: DTZ001
    dt.datetime(2026, 1, 3),  # noqa: DTZ001
)
MOVEMENT = st.fixed_dictionaries(
    {
        "movement_id": st.sampled_from([f"m{i}" for i in range(40)]),
        "booked_at": TIMES | st.none(),
        "credit_booked_at": TIMES | st.none(),
        "debit_bank": BANKS,
        "debit_account": NUMBERS,
        "credit_bank": BANKS,
        "credit_account": NUMBERS,
        "amount": AMOUNTS | st.none(),
        "currency": CODES,
        "credit_amount": AMOUNTS | st.none(),
        "credit_currency": CODES,
        "seq": st.integers(-(2**63), 2**63 - 1) | st.none(),
        "kind": st.sampled_from(["", "fee", "return", "Fee"]),
        "reverses": st.sampled_from(["", "m1", "m2", "none"]),
        "debit_balance_after": AMOUNTS | st.none(),
        "purpose": st.sampled_from(["", "货款", " 货款 ", '="1"']),
    }
)
GOOD = st.fixed_dictionaries(
    {
        "booked_at": st.datetimes(dt.datetime(2026, 1, 1), dt.datetime(2026, 3, 1)),  # noqa: DTZ001
        "debit_bank": st.sampled_from(["A", "B"]),
        "debit_account": st.sampled_from(["1", "2", "002"]),
        "credit_bank": st.sampled_from(["C", "Ｃ"]),
        "credit_account": st.sampled_from(["1", " 2", "３", "4"]),
        "amount": st.integers(1, 10**12).map(lambda units: units * 1_000),
        "currency": st.sampled_from(["CNY", "JPY"]),
        "purpose": st.sampled_from(["", "货款", " 货款 "]),
    }
)
TYPES = {
    "amount": pl.Decimal(38, 3),
    "credit_amount": pl.Decimal(38, 3),
    "debit_balance_after": pl.Decimal(38, 3),
    "seq": pl.Int64,
}


def write_time(at: dt.datetime) -> str:
    """Write a time with the fraction that it needs, in thousands."""
    if not at.microsecond:
        return at.isoformat()
    return at.isoformat(timespec="microseconds" if at.microsecond % 1_000 else "milliseconds")


def build_text(rows: list[Row]) -> pl.DataFrame:
    """Write every value as text, as somebody would who makes a CSV."""
    columns = {}
    for name in rows[0]:
        values = [row[name] for row in rows]
        if name in TYPES and name != "seq":
            values = [None if v is None else f"{Decimal(v) * UNIT:.3f}" for v in values]
        elif name.endswith("booked_at"):
            values = [None if v is None else write_time(v) for v in values]
        else:
            values = [None if v is None else str(v) for v in values]
        columns[name] = pl.Series(values, dtype=pl.String)
    return pl.DataFrame(columns)


def build_typed(rows: list[Row], unit: str) -> pl.DataFrame:
    columns = {}
    for name in rows[0]:
        values = [row[name] for row in rows]
        if name in TYPES and name != "seq":
            values = [None if v is None else Decimal(v) * UNIT for v in values]
            columns[name] = pl.Series(values, dtype=TYPES[name])
        elif name == "seq":
            columns[name] = pl.Series(values, dtype=pl.Int64)
        elif name.endswith("booked_at"):
            columns[name] = pl.Series(values, dtype=pl.Datetime(unit))
        else:
            columns[name] = pl.Series(values, dtype=pl.Enum(list(dict.fromkeys(["?", *values]))))
    return pl.DataFrame(columns)


def load(frame: pl.DataFrame, form: str, *, is_long: bool) -> Tables | list[tuple[object, ...]]:
    """Return the tables, or the problems by row; long columns go through codes and hashes."""
    with TemporaryDirectory() as name, ExitStack() as patches:
        path = Path(name) / f"movements.{form}"
        frame.write_csv(path) if form == "csv" else frame.write_parquet(path)
        if is_long:
            for module in (cells, numbering, text):
                patches.enter_context(patch.object(module, "SHORT", 0))
            patches.enter_context(patch.object(text, "LONG", 0))
            patches.enter_context(patch.object(text, "_REPEATS_MIN", 1))
            patches.enter_context(patch.object(numbering, "HASHED_MIN", 0))
        try:
            return load_tables(path.parent, errors_max=None)
        except BadTablesError as error:
            first = 2 if form == "csv" else 1
            # A name stands in a line of a CSV, and in a row of Parquet.
            return [
                (one.line - first, one.column, one.reason.partition(" in line ")[0])
                for one in error.problems
            ]


def list_columns(tables: Tables, *, is_csv: bool) -> dict[str, object]:
    """Return everything that a movements table gives, with lines as rows."""
    found: dict[str, object] = {}
    for part in (tables.accounts, tables.movements):
        for field in fields(part):
            value = getattr(part, field.name)
            name = f"{type(part).__name__}.{field.name}"
            if field.name == "texts":
                found |= {f"texts.{key}": list(column) for key, column in value.items()}
            elif isinstance(value, np.ndarray):
                assert value.flags.c_contiguous
                found[name] = (value.dtype, value.tolist())
            else:
                found[name] = list(value)
    line = tables.movements.line - (2 if is_csv else 1)
    warnings = [
        (one.line - (2 if is_csv else 1), one.column, one.reason) for one in tables.warnings
    ]
    return found | {"Movements.line": line.tolist(), "warnings": warnings}


def check_forms(rows: list[Row], unit: str, *, is_long: bool) -> None:
    plain = build_text(rows)
    csv = load(plain, "csv", is_long=False)
    for frame in (plain, build_typed(rows, unit)):
        other = load(frame, "parquet", is_long=is_long)
        if isinstance(csv, list) or isinstance(other, list):
            assert other == csv
        else:
            assert list_columns(other, is_csv=False) == list_columns(csv, is_csv=True)


@pytest.mark.parametrize("is_long", [False, True], ids=["short", "long"])
@settings(deadline=None, max_examples=60)
@given(st.lists(MOVEMENT, min_size=1, max_size=8), st.sampled_from(["us", "ns"]))
def test_rows_of_any_form_have_the_same_problems(is_long: bool, rows: list[Row], unit: str) -> None:  # noqa: FBT001
    check_forms(rows, unit, is_long=is_long)


@pytest.mark.parametrize("is_long", [False, True], ids=["short", "long"])
@settings(deadline=None, max_examples=60)
@given(st.lists(GOOD, min_size=1, max_size=12))
def test_rows_of_any_form_give_the_same_tables(is_long: bool, rows: list[Row]) -> None:  # noqa: FBT001
    named = [{"movement_id": f"m{i}"} | row for i, row in enumerate(rows)]
    check_forms(named, "us", is_long=is_long)
