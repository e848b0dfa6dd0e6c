"""A ``TraceInput`` kept and opened again: nothing is ordered, derived or indexed anew.

What a trail reads is mapped; what only a new pass reads (who is paid which disbursement, who
declared which payee) is made when somebody asks for it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from fundtrace.errors import InvalidInputError
from fundtrace.kept.arrays import map_index, map_numbers, save_numbers, save_order
from fundtrace.kept.registers import KeptRelations, RankedLoans
from fundtrace.kept.tables import KeptTables
from fundtrace.model.kinds import Relation
from fundtrace.model.tables import NO_ROW, Loan
from fundtrace.trace.inputs import TraceInput
from fundtrace.trace.order import ChainBreak, ChainReport, Order
from fundtrace.trace.outflows import Outflows
from fundtrace.trace.places import Places


class KeptInput(TraceInput):
    """The input of kept passes."""

    def __init__(self, folder: Path, tables: KeptTables, as_of: int | None, ends_at: int) -> None:
        """Map what ``save_input`` wrote."""
        self.tables = tables
        self.as_of = as_of
        self.ends_at = ends_at
        self.folder = folder
        positions = map_numbers(folder, "input.table_positions")
        self.table_positions = positions.tolist()
        self._ranks = map_numbers(folder, "input.ranks")
        self._drawn_minor = map_numbers(folder, "input.drawn_minor")
        self.loans = RankedLoans(tables.loans, positions)
        self.opening_minor = map_numbers(folder, "input.opening_minor")
        self.debit_position = map_numbers(folder, "input.debit_position")
        self.credit_position = map_numbers(folder, "input.credit_position")
        self.places = KeptPlaces(folder, tables, self.loans)
        self.order = Order(
            units=map_numbers(folder, "input.units"),
            is_late=map_numbers(folder, "input.is_late"),
            opening=map_numbers(folder, "input.order_opening"),
            report=_read_report(folder),
        )

    def get_rank(self, table_position: int) -> int:
        """Return the rank of a loan."""
        return int(self._ranks[table_position])

    def get_drawn_minor(self, rank: int) -> int:
        """Return how much of a loan was paid out by the time asked."""
        return int(self._drawn_minor[rank])

    @cached_property
    def outflows(self) -> Outflows:
        """The movements that leave each account, in running order."""
        names = ("input.outflows.offsets", "input.outflows.row")
        return Outflows(*(map_numbers(self.folder, name) for name in names))

    def __getattr__(self, name: str) -> Any:
        """Make what only a new pass reads, when it is read first."""
        if name not in _MAKERS:
            raise AttributeError(f"{type(self).__name__} has no {name}")
        value = _MAKERS[name](self)
        setattr(self, name, value)
        return value


def _group_by_movement(given: TraceInput) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for rank, loan in enumerate(given.loans):
        if loan.movement != NO_ROW:
            found.setdefault(loan.movement, []).append(rank)
    return found


def _group_by_payer(given: TraceInput) -> dict[int, list[tuple[int, Loan]]]:
    found: dict[int, list[tuple[int, Loan]]] = {}
    for rank, loan in enumerate(given.loans):
        if loan.declared_payees:
            found.setdefault(loan.account_id, []).append((rank, loan))
    return found


def _list_all_drawn(given: TraceInput) -> dict[int, int]:
    rows = given.loans_of_movement
    return {rank: value for row in rows for rank, value in given.list_drawn(row)}


_MAKERS: dict[str, Callable[[TraceInput], Any]] = {
    "loans_of_movement": _group_by_movement,
    "_payees": _group_by_payer,
    "_drawn": _list_all_drawn,
}


class KeptPlaces(Places):
    """Answers about places from kept facts of accounts."""

    def __init__(self, folder: Path, tables: KeptTables, loans: Sequence[Loan]) -> None:
        """Map the facts; nothing is looked at account by account."""
        self._tables = tables
        self._loans = loans
        self.account_kinds = map_numbers(folder, "input.account_kinds")
        self.account_ends = map_numbers(folder, "input.account_ends")
        self._ends = self.account_ends.tobytes()
        self._uses = {}
        self._described = {}
        self._known: dict[int, list[int]] = {}
        accounts = tables.accounts
        self._by_holder = map_index(folder, "input.by_holder", accounts.holder_id.__getitem__)
        self._by_number = map_index(folder, "input.by_number", accounts.account.__getitem__)

    @cached_property
    def _related(self) -> Mapping[str, set[str]]:
        return _Ties(self._tables.relations, is_supplier=False)

    @cached_property
    def _suppliers(self) -> Mapping[str, set[str]]:
        return _Ties(self._tables.relations, is_supplier=True)

    def list_known_accounts(self, rank: int) -> list[int]:
        """Return the accounts that are something to this loan in particular, perhaps more."""
        if rank not in self._known:
            keys, holders = self._list_known(rank)
            found = [one for key in keys for one in self._by_number.list_rows(key.account)]
            found += [one for holder in holders for one in self._by_holder.list_rows(holder)]
            self._known[rank] = found
        return self._known[rank]


class _Ties(Mapping[str, set[str]]):
    """Whom relations tie to a holder, looked up when asked for and remembered."""

    def __init__(self, relations: Sequence[Any], *, is_supplier: bool) -> None:
        if not isinstance(relations, KeptRelations):
            raise TypeError("these are looked up in kept relations only")
        self._relations, self._is_supplier = relations, is_supplier
        self._found: dict[str, set[str]] = {}

    def __getitem__(self, holder: str) -> set[str]:
        if holder not in self._found:
            ties = self._relations.list_ties(holder)
            self._found[holder] = {
                other
                for other, relation in ties
                if (relation is Relation.SUPPLIER) is self._is_supplier
            }
        return self._found[holder]

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)


def save_input(folder: Path, given: TraceInput) -> None:
    """Write what is derived of tables. Raises InvalidInputError where it leaves 64 bits."""
    openings = np.asarray(given.opening_minor)
    if openings.dtype == object:
        raise InvalidInputError("the balances of these tables leave 64 bits and cannot be kept")
    positions = np.array(given.table_positions, dtype=np.int64)
    ranks = np.empty_like(positions)
    ranks[positions] = np.arange(len(positions))
    drawn = [given.get_drawn_minor(rank) for rank in range(len(given.loans))]
    order, outflows, places = given.order, given.outflows, given.places
    for name, values in {
        "table_positions": positions,
        "ranks": ranks,
        "drawn_minor": np.array(drawn, dtype=np.int64),
        "opening_minor": openings,
        "debit_position": given.debit_position,
        "credit_position": given.credit_position,
        "units": order.units,
        "is_late": order.is_late,
        "order_opening": order.opening,
        "outflows.offsets": outflows.offsets,
        "outflows.row": outflows.row,
        "account_kinds": places.account_kinds,
        "account_ends": places.account_ends,
    }.items():
        save_numbers(folder, f"input.{name}", values)
    accounts = given.tables.accounts
    save_order(folder, "input.by_holder", accounts.holder_id)
    save_order(folder, "input.by_number", accounts.account)
    report = json.dumps(asdict(order.report), ensure_ascii=False)
    (folder / "report.json").write_text(report, encoding="utf-8")


def _read_report(folder: Path) -> ChainReport:
    facts: dict[str, Any] = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    facts["breaks"] = tuple(ChainBreak(**one) for one in facts["breaks"])
    facts["cycles"] = tuple(tuple(one) for one in facts["cycles"])
    return ChainReport(**facts)
