"""Proof that a written world is what it claims: read back as any reader would, and recomputed.

- The tables load, with no warning but those of ``ALLOWED_WARNINGS``.
- Balances: from each opening balance, in the tracer's own order of events, every given balance
  follows; none falls below zero or the overdraft limit.
- Truth: every diversion's hops are in the tables, in time, with the amounts said, each paid
  from the loan's account or from one that an earlier hop paid to; likewise every negative.
- Flow: traced by the reference engine, every hop carries a part of its loan under
  proceeds_first, or else under specific. The reference takes a second for some 20,000
  movements, so larger worlds than ``TRACED_MAX`` are not traced, and the answer says so.
- At 2,000 accounts and above every type of diversion and negative occurs.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from fundtrace.books.tables import load_tables
from fundtrace.errors import InvalidInputError
from fundtrace.model.kinds import Rule
from fundtrace.model.money import render_amount
from fundtrace.model.problems import Problem
from fundtrace.model.tables import NO_VALUE, OUTSIDE, Loan, Tables
from fundtrace.simulate.diversions import DIVERSION_TYPES
from fundtrace.simulate.folder import MANIFEST, TRUTHS
from fundtrace.simulate.negatives import NEGATIVE_TYPES
from fundtrace.trace.engine import trace_all
from fundtrace.trace.inputs import TraceInput

ALLOWED_WARNINGS: tuple[str, ...] = ()  # beginnings of reasons; a world gives cause for none
TRACED_MAX = 400_000  # LIMIT: movements; 20 s and 1 GB for each rule
EVERY_TYPE_SCALE_MIN = 2_000


@dataclass(frozen=True)
class Checked:
    """What was looked at, and what was found wrong."""

    movements: int
    balances: int
    hops: int
    is_traced: bool
    problems: tuple[Problem, ...]


@dataclass(frozen=True, eq=False)
class _Claim:
    """One row of a truth table."""

    file: str
    line: int
    loan: Loan | None
    type: str
    ids: list[str]
    amounts: list[str]
    evidence: list[str]

    def complain(self, reason: str, column: str = "movement_ids") -> Problem:
        return Problem(self.file, self.line, column, f"{self.type}: {reason}")


def check_world(folder: Path) -> Checked:
    """Read a world back and list what does not hold.

    Raises InvalidInputError where the folder holds no world, BadTablesError where its tables
    do not load.
    """
    if not (folder / MANIFEST).exists():
        raise InvalidInputError(f"{folder} holds no {MANIFEST}, so it is no simulated world")
    scale = int(json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["scale"])
    tables = load_tables(folder)
    problems = [one for one in tables.warnings if not one.reason.startswith(ALLOWED_WARNINGS)]
    listed = sum(tables.accounts.is_listed)
    if listed != scale:
        problems.append(Problem("accounts", 0, "", f"lists {listed} accounts, not {scale}"))
    given = TraceInput(tables)
    balances, wrong = _check_balances(given)
    problems += wrong
    claims = _read_claims(folder, tables)
    rows = {one: at for at, one in enumerate(tables.movements.movement_id)}
    for claim in claims:
        problems += _check_claim(claim, tables, rows)
    problems += _check_types(claims, scale)
    is_traced = len(tables.movements) <= TRACED_MAX
    if is_traced and not problems:
        problems += _check_flow(given, claims, rows)
    hops = sum(len(claim.ids) for claim in claims)
    return Checked(len(tables.movements), balances, hops, is_traced, tuple(problems))


def _check_balances(given: TraceInput) -> tuple[int, list[Problem]]:
    """Recompute every given balance; return how many there are, and those that differ."""
    moves, accounts, order = given.tables.movements, given.tables.accounts, given.order
    account = np.where(order.is_credit, moves.credit[order.row], moves.debit[order.row])
    delta = np.where(order.is_credit, moves.credit_minor[order.row], -moves.amount_minor[order.row])
    balance = np.where(
        order.is_credit,
        moves.credit_balance_minor[order.row],
        moves.debit_balance_minor[order.row],
    )
    by = np.argsort(account, kind="stable")
    by = by[account[by] != OUTSIDE]
    account, delta, balance, row = account[by], delta[by], balance[by], order.row[by]
    total = np.cumsum(delta)
    first = np.searchsorted(account, account)
    before = total[first] - delta[first]
    opening = accounts.opening_minor[account]
    is_given = balance != NO_VALUE
    wrong = is_given & ((opening == NO_VALUE) | (opening + total - before != balance))
    low = is_given & (balance < -accounts.overdraft_limit_minor[account])
    problems = [
        Problem("movements", int(moves.line[row[at]]), "balance", reason)
        for found, reason in ((wrong, "does not follow"), (low, "is below the limit"))
        for at in np.flatnonzero(found).tolist()[:10]
    ]
    return int(is_given.sum()), problems


def _read_claims(folder: Path, tables: Tables) -> list[_Claim]:
    loans = {loan.loan_id: loan for loan in tables.loans}
    claims = []
    for name in TRUTHS:
        parquet = folder / f"{name}.parquet"
        if parquet.exists():
            path, frame = parquet, pl.read_parquet(parquet)
        else:
            path = folder / f"{name}.csv"
            frame = pl.read_csv(path, infer_schema=False)
        for line, row in enumerate(frame.fill_null("").to_dicts(), start=2):
            claim = _Claim(
                file=path.name,
                line=line,
                loan=loans.get(row["loan_id"]),
                type=row["type"],
                ids=_split(row["movement_ids"]),
                amounts=_split(row["hop_amounts"]),
                evidence=_split(row.get("evidence_ids", "")),
            )
            claims.append(claim)
    return claims


def _split(cell: str) -> list[str]:
    return [part for part in cell.split(";") if part]


def _check_claim(claim: _Claim, tables: Tables, rows: dict[str, int]) -> list[Problem]:
    """Check that the hops are there, in time, with their amounts, one leading to the next."""
    missing = [one for one in (*claim.ids, *claim.evidence) if one not in rows]
    if claim.loan is None or not claim.ids or missing:
        return [claim.complain(f"names no loan, no hop, or missing movements {missing}")]
    if len(claim.amounts) != len(claim.ids):
        return [claim.complain("has not one amount for each hop", "hop_amounts")]
    moves, problems = tables.movements, []
    reached, latest = {claim.loan.account_id}, claim.loan.disbursed_at
    for one, amount in zip(claim.ids, claim.amounts, strict=True):
        row = rows[one]
        if int(moves.booked_at[row]) < latest:
            problems.append(claim.complain(f"{one} is earlier than what comes before it"))
        text = render_amount(int(moves.amount_minor[row]), moves.currency[row], grouping=False)
        if text != amount:
            problems.append(claim.complain(f"{one} moves {text}, not {amount}", "hop_amounts"))
        if int(moves.debit[row]) not in reached:
            problems.append(claim.complain(f"{one} leaves an account that no hop leads to"))
        latest = int(moves.booked_at[row])
        reached.add(int(moves.credit[row]))
    return problems


def _check_types(claims: Iterable[_Claim], scale: int) -> list[Problem]:
    if scale < EVERY_TYPE_SCALE_MIN:
        return []
    present = {claim.type for claim in claims}
    absent = [one for one in (*DIVERSION_TYPES, *NEGATIVE_TYPES) if one not in present]
    return [Problem("truth", 0, "type", f"there is no {one}") for one in absent]


def _check_flow(given: TraceInput, claims: list[_Claim], rows: dict[str, int]) -> list[Problem]:
    """Check by the reference engine that each hop of a diversion carries its loan's money."""
    ranks = {loan.loan_id: rank for rank, loan in enumerate(given.loans)}
    wanted = [
        (claim, one, ranks[claim.loan.loan_id], rows[one])
        for claim in claims
        if claim.loan is not None and claim.file.startswith(TRUTHS[0])
        for one in claim.ids
    ]
    for rule in (Rule.PROCEEDS_FIRST, Rule.SPECIFIC):
        if wanted:
            result = trace_all(given, rule)
            carried = [{hop.row for hop in hops if hop.value} for hops in result.hops]
            wanted = [one for one in wanted if one[3] not in carried[one[2]]]
    return [
        claim.complain(f"{one} carries nothing of the loan under any rule tried")
        for claim, one, _, _ in wanted
    ]
