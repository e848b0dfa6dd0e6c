"""Find loans by what an officer has at hand: loan, contract, movement, UETR, account."""

from __future__ import annotations

from dataclasses import dataclass

from fundtrace.api.dataset import Dataset
from fundtrace.errors import AmbiguousError, NotFoundError
from fundtrace.model.kinds import DEFAULT_RULE
from fundtrace.model.tables import OUTSIDE
from fundtrace.trace.exposure import list_exposed_hops
from fundtrace.trace.result import Scope


@dataclass(frozen=True)
class Match:
    """Something that a reference names, and the loans whose money it carried or held."""

    kind: str  # loan, contract, movement, uetr, account
    name: str
    loan_ids: tuple[str, ...]  # traced there under the default rule
    exposed_loan_ids: tuple[str, ...]  # that can have been there under some rule


def list_matches(dataset: Dataset, reference: str) -> list[Match]:
    """Return everything that ``reference`` names; raises NotFoundError where it names nothing.

    An account is written ``number`` or ``bank/number``.
    """
    tables = dataset.tables
    matches = [
        Match("loan", one.loan_id, (one.loan_id,), ())
        for one in tables.loans
        if one.loan_id == reference
    ]
    drawdowns = tuple(one.loan_id for one in tables.loans if one.contract_id == reference)
    if drawdowns:
        matches.append(Match("contract", reference, drawdowns, ()))
    movements = tables.movements
    rows = [row for row, name in enumerate(movements.movement_id) if name == reference]
    matches += [_match_rows(dataset, "movement", reference, set(rows))] if rows else []
    uetrs = movements.texts.get("uetr", ())
    rows = [row for row, name in enumerate(uetrs) if name and name.lower() == reference.lower()]
    matches += [_match_rows(dataset, "uetr", reference, set(rows))] if rows else []
    matches += _match_accounts(dataset, reference)
    if not matches:
        raise NotFoundError(
            f"nothing here is called {reference!r}: no loan, contract, movement, UETR or account"
        )
    return matches


def _match_accounts(dataset: Dataset, reference: str) -> list[Match]:
    accounts = dataset.tables.accounts
    movements = dataset.tables.movements
    bank, slash, number = reference.partition("/")
    by_key: dict[str, set[int]] = {}
    for account in range(len(accounts)):
        key = accounts.get_key(account)
        if key.account == reference or (slash and key == (bank, number)):
            by_key.setdefault(f"{key.bank}/{key.account}", set()).add(account)
    matches = []
    for name, ids in sorted(by_key.items()):
        debit, credit = movements.debit.tolist(), movements.credit.tolist()
        rows = {row for row in range(len(movements)) if debit[row] in ids or credit[row] in ids}
        own = tuple(one.loan_id for one in dataset.tables.loans if one.account_id in ids)
        match = _match_rows(dataset, "account", name, rows - {OUTSIDE})
        loans = tuple(dict.fromkeys(own + match.loan_ids))
        exposed = tuple(one for one in match.exposed_loan_ids if one not in loans)
        matches.append(Match("account", name, loans, exposed))
    return matches


def _match_rows(dataset: Dataset, kind: str, name: str, rows: set[int]) -> Match:
    """Say whose money the movements carried under the default rule, and whose they can have."""
    given = dataset.get_input()
    traced = dataset.get_pass(DEFAULT_RULE)
    carried, exposed = [], []
    for rank, loan in enumerate(given.loans):
        if loan.movement in rows or any(hop.row in rows for hop in traced.hops[rank]):
            carried.append(loan.loan_id)
        elif any(hop.row in rows for hop in list_exposed_hops(given, rank, Scope())):
            exposed.append(loan.loan_id)
    return Match(kind, name, tuple(carried), tuple(exposed))


def find_one_loan(dataset: Dataset, reference: str) -> str:
    """Return the one loan that ``reference`` leads to.

    Raises NotFoundError where it names nothing or carries no loan's money, AmbiguousError
    (with the candidates) where it leads to several.
    """
    if reference in dataset.loan_ids:
        return reference
    matches = list_matches(dataset, reference)
    loans = list(dict.fromkeys(loan for match in matches for loan in match.loan_ids))
    if len(loans) == 1:
        return loans[0]
    kinds = " and ".join(dict.fromkeys(match.kind for match in matches))
    if not loans:
        raise NotFoundError(f"{kinds} {reference} carried no loan's money under {DEFAULT_RULE}")
    raise AmbiguousError(
        f"{kinds} {reference} leads to {len(loans)} loans; ask for one of {', '.join(loans)}", loans
    )
