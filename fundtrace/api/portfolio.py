"""All loans of a data set in one pass per rule, as tables for other tools.

``hops``: one row per rule, loan and movement. ``first_uses`` and ``rests``: one row per
rule, loan and place, with the least and greatest amount over the conserving rules beside it
where all of them were traced. ``summary``: one row per rule and loan, with
the scope that it was traced under (null: without limit). Amounts are Int64 minor units.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path

import numpy as np
import polars as pl

from fundtrace.api.dataset import Dataset, Progress
from fundtrace.books.files import write_atomically
from fundtrace.errors import InvalidInputError
from fundtrace.model.columns import pick_values
from fundtrace.model.kinds import BLIND_END_REASONS, CONSERVING_RULES, Rule
from fundtrace.model.tables import OUTSIDE, Int32s, Int64s
from fundtrace.report.trail_csv import FORMULA_START
from fundtrace.trace.answer import RowKey, find_hop_place, sum_rows
from fundtrace.trace.audit import list_imbalances
from fundtrace.trace.places import build_place
from fundtrace.trace.result import Pass, Scope

_PLACE_SCHEMA = {
    "rule": pl.String,
    "loan_id": pl.String,
    "use": pl.String,
    "bank": pl.String,
    "account": pl.String,
    "currency": pl.String,
    "end_reason": pl.String,
    "detail": pl.String,
    "traced_minor": pl.Int64,
}
_PLACE_KEY = ["loan_id", "use", "bank", "account", "currency", "end_reason", "detail"]


def trace_portfolio(
    dataset: Dataset,
    rules: list[Rule],
    as_of: int | None = None,
    scope: Scope | None = None,
    progress: Progress | None = None,
) -> dict[str, pl.DataFrame]:
    """Trace all loans under each rule; returns the four tables by name.

    Raises InvalidInputError for exposure (it conserves nothing), AssertionError should a
    pass ever fail to conserve, which would be our bug.
    """
    if Rule.EXPOSURE in rules:
        raise InvalidInputError("exposure is no distribution; trace a conserving rule, or all")
    passes = {rule: dataset.get_pass(rule, as_of, scope, progress) for rule in rules}
    for result in passes.values():
        imbalances = list_imbalances(result)
        if imbalances:
            raise AssertionError("; ".join(imbalances[:5]))
    first_uses = _build_places(passes, is_first_use=True)
    rests = _build_places(passes, is_first_use=False)
    hops = pl.concat([_build_hops(result) for result in passes.values()])
    return {
        "hops": hops,
        "first_uses": first_uses,
        "rests": rests,
        "summary": _build_summary(passes),
    }


def write_portfolio(frames: Mapping[str, pl.DataFrame], folder: Path) -> list[Path]:
    """Write each table as Parquet and CSV; each file appears whole or not at all.

    In CSV a text that a spreadsheet would take for a formula gets a leading apostrophe.

    Raises InvalidInputError where the folder cannot be written.
    """
    written = []
    for name, frame in frames.items():
        texts = [name for name, kind in frame.schema.items() if kind == pl.String]
        harmless = frame.with_columns(_guard(name) for name in texts)
        for suffix, write in (("parquet", frame.write_parquet), ("csv", harmless.write_csv)):
            content = io.BytesIO()
            write(content)
            target = folder / f"{name}.{suffix}"
            write_atomically(target, content.getvalue())
            written.append(target)
    return written


def _guard(name: str) -> pl.Expr:
    """Disarm texts that begin like a formula, as ``report.trail_csv`` does."""
    text = pl.col(name)
    return (
        pl.when(text.str.contains(FORMULA_START))
        .then(pl.lit("'") + text)
        .otherwise(text)
        .alias(name)
    )


def _build_hops(result: Pass) -> pl.DataFrame:
    given = result.given
    movements, accounts, loans = given.tables.movements, given.tables.accounts, given.loans
    carried = [result.list_carried(rank) for rank in range(len(loans))]
    ranks = [rank for rank, one in enumerate(carried) for _ in range(len(one.row))]
    nothing = np.zeros(0, dtype=np.int64)

    def join(columns: Iterable[Int32s | Int64s]) -> Int64s:
        return np.concatenate([nothing, *columns])

    at_rows = join(one.row for one in carried)
    rows = at_rows.tolist()
    debit, credit = movements.debit[at_rows], movements.credit[at_rows]
    place_of = {row: find_hop_place(given, row) for row in np.unique(at_rows).tolist()}
    places = [place_of[row] for row in rows]
    uses = [given.places.classify(rank, one) for rank, one in zip(ranks, places, strict=True)]

    def name_accounts(ids: Int32s, names: Sequence[str]) -> list[str]:
        found = np.full(len(ids), "", dtype=object)
        found[ids != OUTSIDE] = pick_values(names, ids[ids != OUTSIDE])
        return list(found)

    return pl.DataFrame(
        {
            "rule": pl.Series([result.rule.value] * len(rows), dtype=pl.String),
            "loan_id": pl.Series([loans[rank].loan_id for rank in ranks], dtype=pl.String),
            "movement_id": pl.Series(pick_values(movements.movement_id, at_rows), dtype=pl.String),
            "depth": pl.Series(join(one.depth for one in carried)).cast(pl.Int32),
            "booked_at": pl.Series(movements.booked_at[at_rows], dtype=pl.Int64).cast(
                pl.Datetime("us", "UTC")
            ),
            "debit_bank": name_accounts(debit, accounts.bank),
            "debit_account": name_accounts(debit, accounts.account),
            "credit_bank": name_accounts(credit, accounts.bank),
            "credit_account": name_accounts(credit, accounts.account),
            "currency": pl.Series(pick_values(movements.currency, at_rows), dtype=pl.String),
            "amount_minor": pl.Series(movements.amount_minor[at_rows], dtype=pl.Int64),
            "units_minor": pl.Series(join(one.units for one in carried)),
            "traced_minor": pl.Series(join(one.value for one in carried)),
            "use": pl.Series([use.value for use in uses], dtype=pl.String),
            "end_reason": pl.Series([one.reason.value for one in places], dtype=pl.String),
        },
        schema_overrides={
            "debit_bank": pl.String,
            "debit_account": pl.String,
            "credit_bank": pl.String,
            "credit_account": pl.String,
        },
    )


def _build_places(passes: Mapping[Rule, Pass], *, is_first_use: bool) -> pl.DataFrame:
    """Build a statement of all loans, row by row as a trail shows it.

    Amounts that a rule gives to no place stand as 0. With all conserving rules, each row has
    the least and the greatest of them; fewer rules would not be the spread.
    """
    keys: dict[tuple[int, RowKey], None] = {}
    by_rule: dict[Rule, list[dict[RowKey, int]]] = {}
    for rule, result in passes.items():
        statements = result.first_uses if is_first_use else result.rests
        by_rule[rule] = [
            sum_rows(result.given, rank, statements[rank], is_first_use=is_first_use)
            for rank in range(len(result.given.loans))
        ]
        for rank, amounts in enumerate(by_rule[rule]):
            keys.update(dict.fromkeys((rank, key) for key, value in amounts.items() if value))
    columns: dict[str, list[object]] = {name: [] for name in _PLACE_SCHEMA}
    for rule, result in passes.items():
        given = result.given
        for rank, key in keys:
            place = build_place(given.tables, key.account)
            values = (
                rule.value,
                given.loans[rank].loan_id,
                key.use.value,
                place.bank,
                place.account,
                place.currency,
                key.reason.value,
                key.detail,
                by_rule[rule][rank].get(key, 0),
            )
            for name, value in zip(_PLACE_SCHEMA, values, strict=True):
                columns[name].append(value)
    frame = pl.DataFrame(columns, schema=_PLACE_SCHEMA)
    if set(passes) >= set(CONSERVING_RULES):
        spread = frame.group_by(_PLACE_KEY).agg(
            pl.col("traced_minor").min().alias("min_minor"),
            pl.col("traced_minor").max().alias("max_minor"),
        )
        frame = frame.join(spread, on=_PLACE_KEY, how="left")
    frame = frame.sort(["rule", *_PLACE_KEY])
    return frame.drop("end_reason") if is_first_use else frame


def _build_summary(passes: Mapping[Rule, Pass]) -> pl.DataFrame:
    rows = []
    for rule, result in passes.items():
        for rank, loan in enumerate(result.given.loans):
            depth, rests = result.list_carried(rank).depth, result.rests[rank]
            blind = sum(v for place, v in rests.items() if place.reason in BLIND_END_REASONS)
            rows.append(
                {
                    "rule": rule.value,
                    "loan_id": loan.loan_id,
                    "currency": loan.currency,
                    "principal_minor": loan.principal_minor,
                    "first_uses_minor": sum(result.first_uses[rank].values()),
                    "rests_minor": sum(rests.values()),
                    "visible_minor": loan.principal_minor - blind,
                    "hops": len(depth),
                    "depth_max": int(depth.max(initial=0)),
                    **{f"scope_{name}": limit for name, limit in asdict(result.scope).items()},
                    "snapshot": result.given.tables.snapshot,
                }
            )
    schema = {
        "rule": pl.String,
        "loan_id": pl.String,
        "currency": pl.String,
        "principal_minor": pl.Int64,
        "first_uses_minor": pl.Int64,
        "rests_minor": pl.Int64,
        "visible_minor": pl.Int64,
        "hops": pl.Int64,
        "depth_max": pl.Int64,
        **{f"scope_{limit.name}": pl.Int64 for limit in fields(Scope)},
        "snapshot": pl.String,
    }
    return pl.DataFrame(rows, schema=schema)
