"""Loans, parties and relations as mapped columns: a value is made of a row when asked for."""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar, overload

import numpy as np

from fundtrace.kept.arrays import (
    map_index,
    map_numbers,
    map_texts,
    map_words,
    save_numbers,
    save_order,
    save_texts,
    save_words,
)
from fundtrace.model.kinds import PartyType, PaymentMode, PurposeClass, Relation
from fundtrace.model.tables import AccountKey, Int64s, Loan, Party, Related

T = TypeVar("T")

_LOAN_NUMBERS = ("account_id", "principal_minor", "disbursed_at", "movement")
_LOAN_WORDS = ("bank", "currency", "branch", "officer")
_LOAN_TEXTS = (
    *("loan_id", "account", "contract_id", "holder_id", "purpose", "contract_on"),
    *("renewal_of", "maturity_on"),
)


class _Rows(Sequence[T]):
    """Values made of rows, and remembered: of loans only those that are asked about."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._made: dict[int, T] = {}

    def __len__(self) -> int:
        return self._count

    @abstractmethod
    def _make(self, row: int) -> T:
        """Return the value of a row."""

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> list[T]: ...
    def __getitem__(self, index: int | slice) -> T | list[T]:
        if isinstance(index, slice):
            return [self[row] for row in range(self._count)[index]]
        row = range(self._count)[index]
        value = self._made.get(row)
        if value is None:
            value = self._made[row] = self._make(row)
        return value


class KeptLoans(_Rows[Loan]):
    """Loans in table order, found by loan id and by contract id."""

    def __init__(self, folder: Path, count: int) -> None:
        """Map what ``save_loans`` wrote."""
        super().__init__(count)
        self._columns: dict[str, Any] = {
            **{name: map_numbers(folder, f"loans.{name}") for name in _LOAN_NUMBERS},
            **{name: map_words(folder, f"loans.{name}", str) for name in _LOAN_WORDS},
            **{name: map_texts(folder, f"loans.{name}") for name in _LOAN_TEXTS},
            "purpose_class": map_words(folder, "loans.purpose_class", PurposeClass),
            "payment_mode": map_words(folder, "loans.payment_mode", PaymentMode),
        }
        self._payees = map_texts(folder, "loans.declared_payees")
        self.loan_ids: Sequence[str] = self._columns["loan_id"]
        contracts: Sequence[str] = self._columns["contract_id"]
        self.by_id = map_index(folder, "loans.loan_id", self.loan_ids.__getitem__)
        self.by_contract = map_index(folder, "loans.contract_id", contracts.__getitem__)

    def _make(self, row: int) -> Loan:
        facts = {name: column[row] for name, column in self._columns.items()}
        for name in _LOAN_NUMBERS:
            facts[name] = int(facts[name])
        payees = self._payees[row]
        pairs = json.loads(payees) if payees else ()
        return Loan(**facts, declared_payees=tuple(AccountKey(*pair) for pair in pairs))


class RankedLoans(_Rows[Loan]):
    """The same loans by rank."""

    def __init__(self, loans: Sequence[Loan], positions: Int64s) -> None:
        """``positions`` are the places of the ranks in ``loans``."""
        super().__init__(len(loans))
        self._loans, self._positions = loans, positions

    def _make(self, row: int) -> Loan:
        return self._loans[int(self._positions[row])]


def save_loans(folder: Path, loans: Sequence[Loan]) -> None:
    """Write loans in table order."""
    for name in _LOAN_NUMBERS:
        values = np.array([getattr(one, name) for one in loans], dtype=np.int64)
        save_numbers(folder, f"loans.{name}", values)
    for name in (*_LOAN_WORDS, "purpose_class", "payment_mode"):
        words = (str(getattr(one, name)) for one in loans)
        save_words(folder, f"loans.{name}", words, len(loans))
    for name in _LOAN_TEXTS:
        save_texts(folder, f"loans.{name}", [getattr(one, name) for one in loans])
    payees = (one.declared_payees for one in loans)
    listed = [json.dumps(keys, ensure_ascii=False) if keys else "" for keys in payees]
    save_texts(folder, "loans.declared_payees", listed)
    save_order(folder, "loans.loan_id", [one.loan_id for one in loans])
    save_order(folder, "loans.contract_id", [one.contract_id for one in loans])


class KeptParties(Mapping[str, Party]):
    """Holders of accounts, in table order."""

    def __init__(self, folder: Path) -> None:
        """Map what ``save_parties`` wrote."""
        self._ids = map_texts(folder, "parties.holder_id")
        self.names = map_texts(folder, "parties.name")
        self._types = map_words(folder, "parties.type", PartyType)
        self._sectors = map_words(folder, "parties.sector", str)
        self._dates = map_texts(folder, "parties.registered_on")
        self._index = map_index(folder, "parties.holder_id", self._ids.__getitem__)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._ids)

    def __iter__(self) -> Iterator[str]:
        """Give every id."""
        return iter(self._ids)

    def __getitem__(self, holder_id: str) -> Party:
        """Return a holder; raises KeyError where there is none."""
        row = self._index.find_row(holder_id)
        if row is None:
            raise KeyError(holder_id)
        facts = (self.names, self._types, self._sectors, self._dates)
        return Party(holder_id, *(column[row] for column in facts))  # type: ignore[arg-type]


def save_parties(folder: Path, parties: Mapping[str, Party]) -> None:
    """Write parties."""
    ids, values = list(parties), list(parties.values())
    save_texts(folder, "parties.holder_id", ids)
    save_texts(folder, "parties.name", (one.name for one in values))
    save_words(folder, "parties.type", (str(one.type) for one in values), len(ids))
    save_words(folder, "parties.sector", (one.sector for one in values), len(ids))
    save_texts(folder, "parties.registered_on", (one.registered_on for one in values))
    save_order(folder, "parties.holder_id", ids)


class KeptRelations(_Rows[Related]):
    """Relations in table order, found by either holder."""

    def __init__(self, folder: Path) -> None:
        """Map what ``save_relations`` wrote."""
        self._sides = (
            map_texts(folder, "relations.holder_id"),
            map_texts(folder, "relations.related_holder_id"),
        )
        self._relations = map_words(folder, "relations.relation", Relation)
        self._shares = map_texts(folder, "relations.share")
        super().__init__(len(self._shares))
        self._index = map_index(folder, "relations.sides", self._get_side)
        self._ties: dict[str, list[tuple[str, Relation]]] = {}  # of holders asked about

    def list_ties(self, holder_id: str) -> list[tuple[str, Relation]]:
        """Return whom relations tie to a holder, in either direction, and how."""
        if holder_id not in self._ties:
            self._ties[holder_id] = [
                (self._sides[1 - edge % 2][edge // 2], self._relations[edge // 2])
                for edge in self._index.list_rows(holder_id)
            ]
        return self._ties[holder_id]

    def _get_side(self, edge: int) -> str:
        return self._sides[edge % 2][edge // 2]

    def _make(self, row: int) -> Related:
        holder, related = (side[row] for side in self._sides)
        return Related(holder, related, self._relations[row], self._shares[row])


def save_relations(folder: Path, relations: Sequence[Related]) -> None:
    """Write relations."""
    held = list(relations)
    save_texts(folder, "relations.holder_id", (one.holder_id for one in held))
    save_texts(folder, "relations.related_holder_id", (one.related_holder_id for one in held))
    save_words(folder, "relations.relation", (str(one.relation) for one in held), len(held))
    save_texts(folder, "relations.share", (one.share for one in held))
    sides = [side for one in held for side in (one.holder_id, one.related_holder_id)]
    save_order(folder, "relations.sides", sides)
