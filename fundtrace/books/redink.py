"""Red-ink entries (冲正): a booking with a negative amount that takes back an earlier one.

A ledger corrects itself by booking the same thing again with a minus. Movement tables have
no negative amounts: the correction becomes a movement of its own, with the sides swapped,
the amount positive, ``kind`` return and ``reverses`` naming what it takes back. That is the
most recent earlier movement (by time, then line) from the same debit to the same credit
account with exactly that amount and currency which no other entry has taken back yet.

An entry without such a movement stays in the result as unmatched; the caller decides. A
red-ink entry is never itself taken back: a wrong correction is booked anew, in black.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

# Columns that say something about one side, and so change sides with it.
_SIDES = (
    ("debit_bank", "credit_bank"),
    ("debit_account", "credit_account"),
    ("debit_balance_after", "credit_balance_after"),
)
_SAME = ("debit_bank", "debit_account", "credit_bank", "credit_account", "currency", "amount")


@dataclass(frozen=True, eq=False)
class RedInk:
    """Movements with every red-ink entry turned into a return."""

    movements: pl.DataFrame
    matched_count: int
    unmatched_rows: tuple[int, ...]  # positions in the frame; returns without ``reverses``


def turn_red_ink(movements: pl.DataFrame, booked_at: Sequence[int]) -> RedInk:
    """Turn negative amounts into returns of what they take back.

    ``movements`` is a movements table of text columns in file order, amounts as plain
    decimals of one notation (``1234.50``), red ones with a leading minus; ``booked_at`` gives
    each row's instant. Rows keep their order.
    """
    is_red = movements["amount"].str.starts_with("-").fill_null(value=False)
    red_rows = is_red.arg_true().to_list()
    if not red_rows:
        return RedInk(movements, 0, ())
    reverses = _match(movements, red_rows, booked_at)
    unmatched = tuple(row for row in red_rows if reverses[row] is None)
    return RedInk(_swap(movements, reverses), len(red_rows) - len(unmatched), unmatched)


def _match(
    movements: pl.DataFrame, red_rows: Sequence[int], booked_at: Sequence[int]
) -> dict[int, int | None]:
    """Return for each red row the row it takes back, or None."""
    plain = movements.select(
        *(pl.col(name).fill_null("") for name in _SAME[:-1]),
        pl.col("amount").str.strip_prefix("-"),
    )
    red = set(red_rows)
    wanted = plain[list(red_rows)].unique()
    candidates = plain.with_row_index("row").join(wanted, on=list(_SAME), how="semi")
    order = sorted(candidates["row"].to_list(), key=lambda row: (booked_at[row], row))
    open_rows: dict[tuple[str, ...], list[int]] = {}
    reverses: dict[int, int | None] = {}
    for row in order:
        stack = open_rows.setdefault(plain.row(row), [])
        if row not in red:
            stack.append(row)
        else:
            reverses[row] = stack.pop() if stack else None
    return reverses


def _swap(movements: pl.DataFrame, reverses: dict[int, int | None]) -> pl.DataFrame:
    """Return the movements with the rows of ``reverses`` swapped, positive and returns."""
    ids = movements["movement_id"].to_list()
    taken = [
        ids[back] if (back := reverses.get(row)) is not None else None for row in range(len(ids))
    ]
    red = pl.Series("red", [row in reverses for row in range(len(ids))])
    columns = {"amount": pl.col("amount").str.strip_prefix("-")}
    for debit, credit in _SIDES:
        if debit in movements.columns or credit in movements.columns:
            columns[debit] = (
                pl.when(red).then(_get(movements, credit)).otherwise(_get(movements, debit))
            )
            columns[credit] = (
                pl.when(red).then(_get(movements, debit)).otherwise(_get(movements, credit))
            )
    columns["kind"] = pl.when(red).then(pl.lit("return")).otherwise(_get(movements, "kind"))
    columns["reverses"] = (
        pl.when(red)
        .then(pl.Series("reverses", taken, dtype=pl.String))
        .otherwise(_get(movements, "reverses"))
    )
    return movements.with_columns(**columns)


def _get(movements: pl.DataFrame, name: str) -> pl.Expr:
    """Return a column, or empty text where the table has none of that name."""
    return pl.col(name) if name in movements.columns else pl.lit(None, dtype=pl.String)
