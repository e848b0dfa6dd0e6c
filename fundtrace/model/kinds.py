"""The closed vocabularies of tables and answers; docs/tracing.md and docs/tables.md define the words."""

from __future__ import annotations

from enum import StrEnum


class AccountKind(StrEnum):
    """What an account is; the empty word means that no table says."""

    UNSPECIFIED = ""
    CURRENT = "current"
    SAVINGS = "savings"
    TERM_DEPOSIT = "term_deposit"
    LOAN = "loan"
    SECURITIES = "securities"
    BROKER_POOL = "broker_pool"
    WEALTH = "wealth"
    BILL_MARGIN = "bill_margin"
    SECURITIES_MARGIN = "securities_margin"
    PROPERTY_ESCROW = "property_escrow"
    PAYMENT_INSTITUTION = "payment_institution"
    HUB = "hub"
    EXTERNAL = "external"


class MovementKind(StrEnum):
    """What a movement is."""

    TRANSFER = "transfer"
    CASH = "cash"
    FEE = "fee"
    INTEREST = "interest"
    DISBURSEMENT = "disbursement"
    REPAYMENT = "repayment"
    RETURN = "return"


class Relation(StrEnum):
    """How a party stands to another."""

    SPOUSE = "spouse"
    SHAREHOLDER = "shareholder"
    LEGAL_REPRESENTATIVE = "legal_representative"
    GUARANTOR = "guarantor"
    AFFILIATE = "affiliate"
    LENDER_EMPLOYEE = "lender_employee"
    SUPPLIER = "supplier"


class PartyType(StrEnum):
    """What a party is; the empty word means that no table says."""

    UNSPECIFIED = ""
    COMPANY = "company"
    SOLE_TRADER = "sole_trader"
    PERSON = "person"


class PurposeClass(StrEnum):
    """What a loan was granted for; the empty word means that no table says."""

    UNSPECIFIED = ""
    WORKING_CAPITAL = "working_capital"
    FIXED_ASSET = "fixed_asset"
    PERSONAL_BUSINESS = "personal_business"
    PERSONAL_CONSUMPTION = "personal_consumption"


class PaymentMode(StrEnum):
    """How a loan is paid out: 受托支付 or 自主支付; the empty word means that no table says."""

    UNSPECIFIED = ""
    ENTRUSTED = "entrusted"
    SELF = "self"


class Rule(StrEnum):
    """An attribution rule; docs/tracing.md is their definition."""

    FIFO = "fifo"
    LIFO = "lifo"
    PRO_RATA = "pro_rata"
    PROCEEDS_FIRST = "proceeds_first"
    OWN_FIRST = "own_first"
    SPECIFIC = "specific"
    EXPOSURE = "exposure"


CONSERVING_RULES = tuple(rule for rule in Rule if rule is not Rule.EXPOSURE)
DEFAULT_RULE = Rule.PROCEEDS_FIRST


class Use(StrEnum):
    """Where a part of a loan ended, in the order in which places are classed (first match)."""

    UNDRAWN = "undrawn"
    BORROWER = "borrower"
    DECLARED_PAYEE = "declared_payee"
    REPAID_SELF = "repaid_self"
    OTHER_LOAN = "other_loan"
    RELATED_PARTY = "related_party"
    PROPERTY = "property"
    SECURITIES = "securities"
    WEALTH = "wealth"
    MARGIN = "margin"
    PAYMENT_INSTITUTION = "payment_institution"
    CASH = "cash"
    FEE = "fee"
    OVERDRAFT = "overdraft"
    ABROAD = "abroad"
    NON_MEMBER = "non_member"
    SUPPLIER = "supplier"
    UNKNOWN = "unknown"


class EndReason(StrEnum):
    """Why a part of a loan is followed no further."""

    HELD = "held"  # still on the account at the time asked
    IN_TRANSIT = "in_transit"  # debited, not yet credited at the time asked
    UNDRAWN = "undrawn"  # never paid out, or not yet at the time asked
    LOAN = "loan"  # the account's kind absorbs, as do the next five
    HUB = "hub"
    PAYMENT_INSTITUTION = "payment_institution"
    BROKER_POOL = "broker_pool"
    PROPERTY_ESCROW = "property_escrow"
    EXTERNAL = "external"
    NON_MEMBER = "non_member"  # the members table leaves the bank out
    NOT_LISTED = "not_listed"  # the accounts table leaves the account out
    OUTSIDE = "outside"  # the movement names no creditor account
    CASH = "cash"
    FEE = "fee"
    REPAYMENT = "repayment"  # paid to a lender on a loan
    OVERDRAFT = "overdraft"  # repaid the account's overdraft
    CONVERSION_RESIDUE = "conversion_residue"  # value that no unit of the other currency carries
    WINDOW_OVER = "window_over"  # scope: the window after disbursement has passed
    HOP_LIMIT = "hop_limit"  # scope: the last hop allowed
    AMOUNT_LIMIT = "amount_limit"  # scope: the cumulated amount allowed is used up
    PART_LIMIT = "part_limit"  # scope: the part that arrived is too small to follow


class DoubtKind(StrEnum):
    """What weakens a trail though every row of the tables is good."""

    UNOBSERVED = "unobserved"  # an account paid more than was seen to arrive
    BALANCE_BREAK = "balance_break"  # balances given for an account do not chain on a day


# End reasons behind which nobody here can see where the money went.
BLIND_END_REASONS = frozenset(
    {
        EndReason.HUB,
        EndReason.PAYMENT_INSTITUTION,
        EndReason.EXTERNAL,
        EndReason.NON_MEMBER,
        EndReason.NOT_LISTED,
        EndReason.OUTSIDE,
        EndReason.WINDOW_OVER,
        EndReason.HOP_LIMIT,
        EndReason.AMOUNT_LIMIT,
        EndReason.PART_LIMIT,
    }
)
