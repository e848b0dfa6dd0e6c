"""The hops of a trail as CSV (RFC 4180, CRLF), safe to open in a spreadsheet.

A cell of text that a spreadsheet would take for a formula gets a leading apostrophe.
Amounts stand twice: as decimal text of their currency, without separators, and in minor
units. Account numbers are text; a spreadsheet that is to keep their digits must import
the columns as text.
"""

from __future__ import annotations

import csv
import io
import re

from fundtrace.model.instants import render_instant
from fundtrace.model.money import render_amount
from fundtrace.trace.trail import Hop, Trail

COLUMNS = (
    "loan_id",
    "rule",
    "movement_id",
    "depth",
    "kind",
    "booked_at",
    "credited_at",
    "debit_bank",
    "debit_account",
    "debit_holder",
    "credit_bank",
    "credit_account",
    "credit_holder",
    "currency",
    "amount",
    "amount_minor",
    "units",
    "units_minor",
    "loan_currency",
    "traced",
    "traced_minor",
    "returned",
    "returned_minor",
    "use",
    "end_reason",
    "reverses",
    "is_back_flow",
    "parents",
    "purpose",
)

# Full-width forms too: some spreadsheets fold them when a cell is edited.
FORMULA_START = r"^[=+\-@＝＋－＠\t\r\n]"


def render_trail_csv(trail: Trail) -> str:
    """Render one line per hop under a header, in the order in which money left."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows(_row(trail, hop) for hop in trail.hops)
    return out.getvalue()


def guard_cell(text: str) -> str:
    """Keep a spreadsheet from reading a text as a formula."""
    return f"'{text}" if re.match(FORMULA_START, text) else text


def _row(trail: Trail, hop: Hop) -> tuple[str | int, ...]:
    return (
        guard_cell(trail.loan_id),
        str(trail.rule),
        guard_cell(hop.movement_id),
        hop.depth,
        str(hop.kind),
        render_instant(hop.booked_at),
        "" if hop.credited_at is None else render_instant(hop.credited_at),
        guard_cell(hop.debit.bank),
        guard_cell(hop.debit.account),
        guard_cell(hop.debit.holder_name),
        guard_cell(hop.credit.bank),
        guard_cell(hop.credit.account),
        guard_cell(hop.credit.holder_name),
        hop.currency,
        render_amount(hop.amount_minor, hop.currency, grouping=False),
        hop.amount_minor,
        render_amount(hop.units_minor, hop.currency, grouping=False),
        hop.units_minor,
        trail.currency,
        render_amount(hop.traced_minor, trail.currency, grouping=False),
        hop.traced_minor,
        render_amount(hop.returned_minor, trail.currency, grouping=False),
        hop.returned_minor,
        str(hop.use),
        str(hop.end_reason),
        guard_cell(hop.reverses),
        "true" if hop.is_back_flow else "false",
        guard_cell(";".join(hop.parents)),
        guard_cell(hop.purpose),
    )
