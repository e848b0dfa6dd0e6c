"""Read one bank statement, XLSX or CSV, as a customer or an officer is handed it.

No set-up: headers are recognised (``headers``), cells read without guessing
(``cells``), order, direction and red ink settled by what the statement itself
proves (``settle``, ``kinds``). What could not be settled is a finding
beside the rows; what cannot be read is refused, every bad row listed and nothing half-done.
``tables`` turns the result and a question about a loan into movement tables.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from fundtrace.books.statement.cells import normalize
from fundtrace.books.statement.headers import read_preamble
from fundtrace.books.statement.kinds import settle_kinds, settle_returns
from fundtrace.books.statement.messages import StatementRefusedError
from fundtrace.books.statement.read import StatementFile, load_file
from fundtrace.books.statement.rows import Draft, Wanted, parse_rows
from fundtrace.books.statement.settle import (
    check_direction,
    derive_opening,
    find_gaps,
    flip,
    settle_order,
    settle_signs,
)
from fundtrace.errors import BadTablesError
from fundtrace.model.problems import Problem
from fundtrace.model.statement import Finding, Statement, StatementRow

__all__ = ["StatementRefusedError", "Wanted", "read_statement"]


def read_statement(
    path: Path, wanted: Wanted | None = None, *, sheet: str = "", is_flipped: bool = False
) -> Statement:
    """Read a statement; ``is_flipped`` reads 借 as in and 贷 as out (the bank's own side).

    Raises StatementRefusedError where the file as a whole cannot be read without guessing,
    BadTablesError with every bad row where single cells cannot.
    """
    wanted = wanted or Wanted()
    file = load_file(path, sheet)
    preamble = read_preamble(file.lines, file.header)
    draft = parse_rows(file, preamble, wanted)
    own_rows, findings = _settle_account(draft, file, wanted)
    if draft.problems:
        raise BadTablesError(sorted(draft.problems))
    if not own_rows:
        raise StatementRefusedError("rows_missing", name=file.name)
    rows = settle_signs(own_rows, file.name, is_signed=draft.is_signed)
    rows, more = settle_order(flip(rows) if is_flipped else rows)
    check_direction(rows, file.name, is_flipped=is_flipped)
    findings += more + ([Finding("flipped")] if is_flipped else [])
    findings += _describe(draft, file, rows)
    gaps = find_gaps(rows)
    derived = derive_opening(rows)
    if draft.opening_minor is not None and derived not in (None, draft.opening_minor):
        findings.append(Finding("opening_differs", (), (draft.opening_minor, derived or 0)))
    rows, returns = settle_returns(rows)
    rows = settle_kinds(rows)
    return Statement(
        file_name=file.name,
        file_hash=file.file_hash,
        sheet=file.sheet,
        account=draft.account,
        holder_name=preamble.holder,
        bank_name=preamble.bank,
        currency=draft.currency,
        printed_period=preamble.period,
        opening_minor=derived if derived is not None else draft.opening_minor,
        rows=tuple(rows),
        findings=(*findings, *returns, *gaps),
    )


def _settle_account(
    draft: Draft, file: StatementFile, wanted: Wanted
) -> tuple[list[StatementRow], list[Finding]]:
    """Keep the rows of one account; rows of another are set aside or refused."""
    named = [account for account in dict.fromkeys(draft.accounts) if account]
    findings: list[Finding] = []
    if not draft.account and named:
        draft.account = named[0]
    if len(named) < 2:
        return draft.rows, findings
    kept_account = normalize(wanted.account) or named[0]
    pairs = list(zip(draft.rows, draft.accounts, strict=True))
    kept = [row for row, account in pairs if account in ("", kept_account)]
    others = [(row, account) for row, account in pairs if account not in ("", kept_account)]
    if wanted.account:
        findings.append(Finding("other_account", tuple(row.line for row, _ in others)))
        return kept, findings
    column = file.header.names.get("account", "")
    for row, account in others:
        error = StatementRefusedError("account_other", value=account, account=kept_account)
        draft.problems.append(Problem(file.name, row.line, column, error.render(wanted.lang)))
    return kept, findings


def _describe(draft: Draft, file: StatementFile, rows: Sequence[StatementRow]) -> list[Finding]:
    """List what a reader must know of how the file was read."""
    findings: list[Finding] = []
    if not draft.account:
        findings.append(Finding("account_unknown"))
    if not draft.has_times:
        findings.append(Finding("no_times"))
    if not any(row.balance_minor is not None for row in rows):
        findings.append(Finding("no_balances"))
    if draft.zero_lines:
        findings.append(Finding("zero_rows", tuple(draft.zero_lines)))
    if draft.other_currency_lines:
        findings.append(Finding("other_currency", tuple(draft.other_currency_lines)))
    if file.other_sheets:
        findings.append(Finding("other_sheets", texts=file.other_sheets))
    read_count = len(draft.rows) + len(draft.zero_lines)
    if len(draft.printed_counts) == 1 and draft.printed_counts[0] != read_count:
        texts = (str(draft.printed_counts[0]), str(read_count))
        findings.append(Finding("count_differs", texts=texts))
    return findings
