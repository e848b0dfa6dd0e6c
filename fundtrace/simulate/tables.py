"""A world as frames: the movement tables of DESIGN section 5, and the truth beside them.

Types are chosen for Parquet: amounts are ``Decimal(18, 2)``, which a reader turns into minor
units with no text in between and which takes a fifth less room than text; times are local
(Asia/Shanghai) without offset; words of which there are few are enumerations, one byte each
in memory. The folder turns all of it into text where CSV is asked for.

The truth: ``truth_diversions`` has one row for each loan that was diverted, ``movement_ids``
being its hops in the order in which money went, ``hop_amounts`` their amounts, and
``evidence_ids`` movements that belong to the story but need not carry this loan's money (a
re-entry, interest that a third party pays). ``amount`` is what of the loan came to the
diverted end, in its currency, ``day`` that of the last hop. ``truth_negatives`` is the same
for what only looks like one.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from fundtrace.model.money import render_amount
from fundtrace.model.tables import MOVEMENT_KINDS, NO_VALUE, Int64s
from fundtrace.simulate import clock, names
from fundtrace.simulate.candidates import MCCS, PURPOSES
from fundtrace.simulate.population import CURRENCIES, JPY
from fundtrace.simulate.registers import Directory, describe_accounts
from fundtrace.simulate.world import World

Codes = npt.NDArray[np.integer]
_MONEY = pl.Decimal(18, 2)
_MICROSECONDS = 1_000_000
_ENUMERATED_MAX = 100


def render_money(minor: Int64s, is_yen: npt.NDArray[np.bool_] | None, name: str) -> pl.Series:
    """Return amounts as decimals; yen have no minor units; NO_VALUE becomes null."""
    cents = minor if is_yen is None else np.where(is_yen & (minor != NO_VALUE), minor * 100, minor)
    hundredth = pl.lit("0.01").cast(pl.Decimal(18, 2))
    column = pl.col(name)
    frame = pl.DataFrame({name: cents})
    value = pl.when(column != NO_VALUE).then(column)
    return frame.select((value.cast(pl.Decimal(20, 0)) * hundredth).cast(_MONEY)).to_series()


def enumerate_words(codes: Codes, words: Sequence[str], name: str) -> pl.Series:
    """Return words by their codes: as an enumeration if they are few, which a schema lists."""
    if len(words) > _ENUMERATED_MAX:
        return pl.Series(name, words).gather(codes)
    return pl.Series(name, codes.astype(np.uint8)).cat.to(pl.Enum(words))


def render_times(seconds: Int64s, name: str) -> pl.Series:
    """Return local times; a negative second is no time."""
    micros = (seconds + clock.LOCAL_EPOCH_SECONDS) * _MICROSECONDS
    series = pl.Series(name, micros)
    if (seconds < 0).any():
        series = series.set(pl.Series(seconds < 0), None)
    return series.cast(pl.Datetime("us"))


def build_movements(world: World) -> pl.DataFrame:
    """Return the movements table, in time order."""
    booked, columns = world.booked, world.booked.columns
    row = booked.row
    directory = describe_accounts(world)
    debit, credit = columns.debit[row], columns.credit[row]
    currency = np.where(debit >= 0, directory.currency[debit], directory.currency[credit])
    credit_currency = np.where(credit >= 0, directory.currency[credit], currency)
    differs = currency != credit_currency
    second, delay = columns.second[row], columns.delay[row]
    ids = number_movements(len(row))
    is_yen, is_yen_too = currency == JPY, credit_currency == JPY
    credit_amount = np.where(differs, columns.credit_amount[row], NO_VALUE)
    return pl.DataFrame(
        [
            ids,
            render_times(second, "booked_at"),
            render_times(np.where(delay > 0, second + delay, -1), "credit_booked_at"),
            *_render_side(directory, debit, "debit"),
            *_render_side(directory, credit, "credit"),
            render_money(columns.amount[row], is_yen, "amount"),
            enumerate_words(currency, CURRENCIES, "currency"),
            enumerate_words(columns.kind[row], [kind.value for kind in MOVEMENT_KINDS], "kind"),
            _render_loans(world),
            _render_reverses(world, ids),
            render_money(credit_amount, is_yen_too, "credit_amount"),
            _render_credit_currency(credit_currency, differs),
            _render_counterparties(world, debit, credit),
            enumerate_words(columns.purpose[row], PURPOSES, "purpose"),
            enumerate_words(columns.mcc[row], MCCS, "mcc"),
            _render_institutions(world, debit, credit),
            render_money(booked.debit_balance, is_yen, "debit_balance_after"),
            render_money(booked.credit_balance, is_yen_too, "credit_balance_after"),
        ]
    )


def number_movements(count: int) -> pl.Series:
    """Return the ids of movements: M and nine digits."""
    digits = pl.int_range(1, count + 1).cast(pl.String).str.zfill(9)
    return pl.select(("M" + digits).alias("movement_id")).to_series()


def name_loan(number: int) -> str:
    """Return the id of a loan."""
    return f"L{number + 1:06d}"


def _render_side(directory: Directory, account: Codes, side: str) -> list[pl.Series]:
    """Return bank and account of a side; the last of each is that of the outside, empty."""
    outside = len(directory.bank) - 1
    at = np.where(account >= 0, account, outside)
    return [
        enumerate_words(directory.bank[at], directory.bank_codes, f"{side}_bank"),
        directory.number.gather(at).alias(f"{side}_account"),
    ]


def _render_loans(world: World) -> pl.Series:
    """Return the loan that each movement serves: of repayments, interest, disbursements none."""
    words = ["", *(name_loan(loan.number) for loan in world.stage.loans)]
    of_handle = np.array([one.loan + 1 for one in world.stage.script.payments], dtype=np.int64)
    handle = world.booked.columns.script[world.booked.row]
    codes = np.where(handle >= 0, of_handle[handle], 0)
    return enumerate_words(codes, words, "loan_id")


def _render_reverses(world: World, ids: pl.Series) -> pl.Series:
    original = world.booked.columns.reverses[world.booked.row]
    at = np.where(original >= 0, world.booked.number[original], len(ids))
    return pl.concat([ids, pl.Series([""])]).gather(at).alias("reverses")


def _render_credit_currency(credit_currency: Codes, differs: npt.NDArray[np.bool_]) -> pl.Series:
    codes = np.where(differs, credit_currency, len(CURRENCIES))
    return enumerate_words(codes, (*CURRENCIES, ""), "credit_currency")


def _render_counterparties(world: World, debit: Codes, credit: Codes) -> pl.Series:
    """Return the name of the side that no table of accounts lists."""
    scale = world.size.scale
    words = list(dict.fromkeys(["", *(one.name for one in world.population.outsiders)]))
    place = {word: at for at, word in enumerate(words)}
    codes = np.array([0, *(place[one.name] for one in world.population.outsiders)], dtype=np.int64)
    at = np.maximum(np.maximum(debit, credit) - scale + 1, 0)
    return enumerate_words(codes[at], words, "counterparty_name")


def _render_institutions(world: World, debit: Codes, credit: Codes) -> pl.Series:
    codes = np.zeros(len(debit), dtype=np.int64)
    for at, account in enumerate(world.population.institutions, start=1):
        codes[(debit == account) | (credit == account)] = at
    return enumerate_words(codes, ("", *names.INSTITUTION_NAMES), "payment_institution")


def build_truth(world: World) -> dict[str, pl.DataFrame]:
    """Return the truth about diversions and negatives."""
    payments, loans = world.stage.script.payments, world.stage.loans

    def list_ids(handles: Sequence[int]) -> str:
        return ";".join(f"M{world.row_of_handle[handle] + 1:09d}" for handle in handles)

    def list_amounts(loan: int, handles: Sequence[int]) -> str:
        """Each in the currency of its debit side, which is the loan's until it is converted."""
        code, amounts = CURRENCIES[loans[loan].terms.currency], []
        for handle in handles:
            amounts.append(render_amount(payments[handle].amount, code, grouping=False))
            if payments[handle].credit_amount:
                code = CURRENCIES[1]
        return ";".join(amounts)

    def find_day(handles: Sequence[int]) -> str:
        return clock.render_day(payments[handles[-1]].second // clock.DAY_SECONDS)

    diversions = [
        {
            "loan_id": name_loan(one.loan),
            "type": one.type,
            "variant": one.variant,
            "amount": render_amount(
                one.amount, CURRENCIES[loans[one.loan].terms.currency], grouping=False
            ),
            "movement_ids": list_ids(one.hops),
            "hop_amounts": list_amounts(one.loan, one.hops),
            "evidence_ids": list_ids(one.evidence),
            "day": find_day(one.hops),
            "group": "" if one.group < 0 else f"G{one.group:05d}",
        }
        for one in world.stage.diversions
    ]
    negatives = [
        {
            "loan_id": name_loan(one.loan),
            "type": one.type,
            "resembles": one.resembles,
            "movement_ids": list_ids(one.hops),
            "hop_amounts": list_amounts(one.loan, one.hops),
            "day": find_day(one.hops),
        }
        for one in world.stage.negatives
    ]
    return {
        "truth_diversions": pl.DataFrame(diversions),
        "truth_negatives": pl.DataFrame(negatives),
    }
