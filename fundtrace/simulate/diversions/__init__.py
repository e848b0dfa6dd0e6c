"""Diversions: one file per family, one story per variant, one table of them all.

The types are those of DESIGN section 6. ``inconsistent_attestation`` is not among them: it
means that a bank's published records contradict each other, and tables in one folder are
nobody's records. Of ``trail_break`` the variants that need running nodes (no receipt in time,
a bank that is down) are missing for the same reason.
"""

from __future__ import annotations

from collections.abc import Callable

from fundtrace.simulate.diversions import (
    layering,
    leaving,
    payees,
    pooled,
    refinancing,
    returning,
    spending,
)
from fundtrace.simulate.lending import Stage

DIVERSIONS: tuple[Callable[[Stage], None], ...] = (
    returning.tell_round_trip_by_supplier,
    returning.tell_round_trip_by_shells,
    returning.tell_related_owner,
    returning.tell_related_spouse,
    returning.tell_related_affiliate,
    returning.tell_related_employee,
    returning.tell_guarantor_return,
    spending.tell_securities,
    spending.tell_securities_by_owner,
    spending.tell_property,
    spending.tell_property_escrow,
    spending.tell_wealth,
    spending.tell_gambling,
    spending.tell_term_deposit,
    spending.tell_bill_margin,
    refinancing.tell_repaid_directly,
    refinancing.tell_repaid_by_supplier,
    payees.tell_undeclared_payee,
    payees.tell_split_personal,
    payees.tell_split_company,
    payees.tell_cash_out,
    pooled.tell_pooling,
    pooled.tell_third_party_repayment,
    layering.tell_pass_through,
    layering.tell_scatter_gather,
    leaving.tell_abroad_converted,
    leaving.tell_abroad_dollars,
    leaving.tell_break_non_member,
    leaving.tell_break_institution,
)
DIVERSION_TYPES = (
    "round_trip",
    "related_party",
    "prohibited_use",
    "loan_repayment",
    "undeclared_payee",
    "split_payment",
    "cash_out",
    "pooling",
    "third_party_repayment",
    "pass_through",
    "scatter_gather",
    "guarantor_return",
    "idle_or_pledged",
    "abroad",
    "trail_break",
)
