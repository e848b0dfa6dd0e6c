"""Trails as polars tables: amounts Int64 minor units, times Datetime[us, UTC]."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from fundtrace.trace.trail import Hop, Part, Trail

_UTC_TIME = pl.Datetime("us", "UTC")

HOP_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "loan_id": pl.String,
    "movement_id": pl.String,
    "depth": pl.Int64,
    "booked_at": _UTC_TIME,
    "credited_at": _UTC_TIME,  # null while in transit
    "debit_bank": pl.String,
    "debit_account": pl.String,
    "debit_currency": pl.String,
    "debit_holder_id": pl.String,
    "debit_holder_name": pl.String,
    "credit_bank": pl.String,
    "credit_account": pl.String,
    "credit_currency": pl.String,
    "credit_holder_id": pl.String,
    "credit_holder_name": pl.String,
    "kind": pl.String,
    "currency": pl.String,
    "amount_minor": pl.Int64,
    "units_minor": pl.Int64,
    "traced_minor": pl.Int64,
    "parents": pl.List(pl.String),
    "use": pl.String,
    "end_reason": pl.String,
    "reverses": pl.String,
    "returned_minor": pl.Int64,
    "is_back_flow": pl.Boolean,
    "purpose": pl.String,
}

PART_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "use": pl.String,
    "bank": pl.String,
    "account": pl.String,
    "currency": pl.String,
    "holder_id": pl.String,
    "holder_name": pl.String,
    "end_reason": pl.String,
    "traced_minor": pl.Int64,
    "min_minor": pl.Int64,
    "max_minor": pl.Int64,
}


def build_hop_frame(trail: Trail) -> pl.DataFrame:
    """Return one row per hop, in the order in which money left.

    ``traced_minor`` is in minor units of the loan's currency; ``amount_minor`` and
    ``units_minor`` are in minor units of ``currency``, the movement's.
    """
    return pl.DataFrame(
        [_hop_row(trail.loan_id, hop) for hop in trail.hops], schema=HOP_SCHEMA, orient="row"
    )


def build_part_frame(parts: Sequence[Part]) -> pl.DataFrame:
    """Return one row per part of a statement (first uses or rests), in the given order."""
    return pl.DataFrame(
        [
            (
                str(part.use),
                part.place.bank,
                part.place.account,
                part.place.currency,
                part.place.holder_id,
                part.place.holder_name,
                str(part.end_reason),
                part.traced_minor,
                part.min_minor,
                part.max_minor,
            )
            for part in parts
        ],
        schema=PART_SCHEMA,
        orient="row",
    )


def _hop_row(loan_id: str, hop: Hop) -> tuple[object, ...]:
    return (
        loan_id,
        hop.movement_id,
        hop.depth,
        hop.booked_at,
        hop.credited_at,
        *(hop.debit.bank, hop.debit.account, hop.debit.currency),
        *(hop.debit.holder_id, hop.debit.holder_name),
        *(hop.credit.bank, hop.credit.account, hop.credit.currency),
        *(hop.credit.holder_id, hop.credit.holder_name),
        str(hop.kind),
        hop.currency,
        hop.amount_minor,
        hop.units_minor,
        hop.traced_minor,
        list(hop.parents),
        str(hop.use),
        str(hop.end_reason),
        hop.reverses,
        hop.returned_minor,
        hop.is_back_flow,
        hop.purpose,
    )
