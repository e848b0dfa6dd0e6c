"""Find loans by what an officer has at hand: loan, contract, movement, UETR, account."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fundtrace.api.dataset import Dataset
from fundtrace.errors import AmbiguousError, InvalidInputError, NotFoundError
from fundtrace.model.columns import find_equal
from fundtrace.model.kinds import DEFAULT_RULE


@dataclass(frozen=True)
class Match:
    """Something that a reference names, and the loans whose money it carried or held."""

    kind: str  # loan, contract, movement, uetr, account
    name: str
    loan_ids: tuple[str, ...]  # traced there under the default rule
    exposed_loan_ids: tuple[str, ...]  # that can have been there under some rule


def list_matches(dataset: Dataset, reference: str, *, with_exposed: bool = True) -> list[Match]:
    """Return everything that ``reference`` names; raises NotFoundError where it names nothing.

    An account is written ``number`` or ``bank/number``. ``with_exposed`` also looks for loans
    that can have been there under some rule.
    """
    tables = dataset.tables
    if not reference:
        raise InvalidInputError("name a loan, contract, movement, UETR or account")
    if not tables.loans:
        raise NotFoundError("the folder holds no loans table, so there is no loan to follow")
    search = _Search(dataset, with_exposed=with_exposed)
    matches = [
        Match("loan", one.loan_id, (one.loan_id,), ())
        for one in tables.loans
        if one.loan_id == reference
    ]
    drawdowns = tuple(one.loan_id for one in tables.loans if one.contract_id == reference)
    if drawdowns:
        matches.append(Match("contract", reference, drawdowns, ()))
    movements = tables.movements
    rows = find_equal(movements.movement_id, reference).tolist()
    if rows:
        matches.append(search.match_rows("movement", reference, rows))
    uetrs = movements.texts.get("uetr", ())
    rows = [row for row, name in enumerate(uetrs) if name and name.lower() == reference.lower()]
    if rows:
        matches.append(search.match_rows("uetr", reference, rows))
    matches += search.match_accounts(reference)
    if not matches:
        raise NotFoundError(
            f"nothing here is called {reference!r}: no loan, contract, movement, UETR or account"
        )
    return matches


def get_loan_id(dataset: Dataset, reference: str) -> str:
    """Return the one loan that ``reference`` leads to under the default rule.

    Raises NotFoundError where it names nothing or carried no loan's money, AmbiguousError
    (with the candidates) where it leads to several.
    """
    if reference in dataset.loan_ids:
        return reference
    matches = list_matches(dataset, reference, with_exposed=False)
    loans = list(dict.fromkeys(loan for match in matches for loan in match.loan_ids))
    if len(loans) == 1:
        return loans[0]
    kinds = " and ".join(dict.fromkeys(match.kind for match in matches))
    if not loans:
        raise NotFoundError(f"{kinds} {reference} carried no loan's money under {DEFAULT_RULE}")
    raise AmbiguousError(
        f"{kinds} {reference} leads to {len(loans)} loans; ask for one of {', '.join(loans)}", loans
    )


class _Search:
    """One reference looked for in one data set."""

    def __init__(self, dataset: Dataset, *, with_exposed: bool) -> None:
        self.dataset = dataset
        self.with_exposed = with_exposed

    def match_accounts(self, reference: str) -> list[Match]:
        accounts = self.dataset.tables.accounts
        movements = self.dataset.tables.movements
        bank, slash, number = reference.partition("/")
        by_key: dict[str, list[int]] = {}
        found = find_equal(accounts.account, reference).tolist()
        if slash:
            numbered = find_equal(accounts.account, number).tolist()
            found += [one for one in numbered if accounts.bank[one] == bank]
        for account in sorted(set(found)):
            key = accounts.get_key(account)
            by_key.setdefault(f"{key.bank}/{key.account}", []).append(account)
        matches = []
        for name, ids in sorted(by_key.items()):
            is_there = np.isin(movements.debit, ids) | np.isin(movements.credit, ids)
            own = [one.loan_id for one in self.dataset.tables.loans if one.account_id in ids]
            match = self.match_rows("account", name, np.flatnonzero(is_there).tolist())
            loans = tuple(dict.fromkeys([*own, *match.loan_ids]))
            exposed = tuple(one for one in match.exposed_loan_ids if one not in loans)
            matches.append(Match("account", name, loans, exposed))
        return matches

    def match_rows(self, kind: str, name: str, rows: Sequence[int]) -> Match:
        """Say whose money movements carried under the default rule, and whose they can have."""
        given = self.dataset.get_input()
        traced = self.dataset.get_pass(DEFAULT_RULE)
        wanted = set(rows)
        carried = [
            loan.loan_id
            for rank, loan in enumerate(given.loans)
            if loan.movement in wanted
            or not wanted.isdisjoint(traced.list_carried(rank).row.tolist())
        ]
        exposed = self.dataset.list_exposed_ranks(wanted) if self.with_exposed else []
        possible = [given.loans[rank].loan_id for rank in exposed]
        others = tuple(loan_id for loan_id in possible if loan_id not in carried)
        return Match(kind, name, tuple(carried), others)
