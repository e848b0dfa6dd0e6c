"""Tables to which rows are added, at the cost of the rows that come.

Columns of numbers keep room behind their last row; columns of texts are chained. What was
handed out before stays as it was: it sees the first rows of the same memory, which nothing
writes to again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from fundtrace.model.columns import Chained
from fundtrace.model.tables import Accounts, Loan, Movements, Tables


class GrowingArray:
    """Numbers in one array with room for more behind them."""

    def __init__(self, values: npt.NDArray[Any]) -> None:
        """Begin with some values, which are copied."""
        self._count = len(values)
        self._room = np.empty(self._get_room(), dtype=values.dtype)
        self._room[: self._count] = values

    def __len__(self) -> int:
        """Return how many numbers there are."""
        return self._count

    @property
    def values(self) -> npt.NDArray[Any]:
        """Return all numbers; the array does not change when more come."""
        return self._room[: self._count]

    def extend(self, values: npt.NDArray[Any] | Sequence[int]) -> None:
        """Add numbers at the end."""
        start = self._count
        self._count = start + len(values)
        if self._count > len(self._room):
            old = self._room
            self._room = np.empty(self._get_room(), dtype=old.dtype)
            self._room[:start] = old[:start]
        self._room[start : self._count] = values

    def cut(self, count: int) -> None:
        """Forget all but the first ``count`` numbers; nobody may read the others any more."""
        self._count = count

    def _get_room(self) -> int:
        return self._count + self._count // 8 + 4096


class _Texts:
    """One growing column that is no array of numbers."""

    def __init__(self, first: Sequence[Any]) -> None:
        self._first, self._added = first, list[Any]()

    def extend(self, values: Iterable[Any]) -> None:
        self._added.extend(values)

    def cut(self, count: int) -> None:
        del self._added[count - len(self._first) :]

    def get(self) -> Sequence[Any]:
        return Chained(self._first, self._added) if self._added else self._first


class GrowingTables:
    """Tables that take further movements, accounts and loans; all else stays."""

    def __init__(self, tables: Tables) -> None:
        """Begin with some tables; their columns of numbers are copied."""
        self.tables = tables
        self._columns: dict[tuple[type[Movements | Accounts], str], GrowingArray | _Texts] = {}
        for table in (tables.movements, tables.accounts):
            for one in fields(table):
                value = getattr(table, one.name)
                if isinstance(value, np.ndarray):
                    self._columns[type(table), one.name] = GrowingArray(value)
                elif one.name != "texts":
                    self._columns[type(table), one.name] = _Texts(value)
        self._texts = {name: _Texts(text) for name, text in tables.movements.texts.items()}

    def append(
        self, movements: Movements, accounts: Accounts, loans: Sequence[Loan], snapshot: str
    ) -> Tables:
        """Return the tables with rows added; all ids are those of the tables as they will be.

        A text that the tables do not have yet is empty in all earlier rows.
        """
        before = len(self.tables.movements)
        self._extend(movements)
        self._extend(accounts)
        for name, text in movements.texts.items():
            if name not in self._texts:
                self._texts[name] = _Texts([""] * before)
            self._texts[name].extend(text)
        for name in self._texts.keys() - movements.texts.keys():
            self._texts[name].extend([""] * len(movements))
        texts = {name: text.get() for name, text in self._texts.items()}
        self.tables = replace(
            self.tables,
            movements=Movements(**self._collect(Movements), texts=texts),
            accounts=Accounts(**self._collect(Accounts)),
            loans=(*self.tables.loans, *loans) if loans else self.tables.loans,
            snapshot=snapshot,
        )
        return self.tables

    def take_back(self, before: Tables) -> None:
        """Forget the rows added since ``before`` was what ``tables`` are.

        Nobody may read tables any more that were returned after it.
        """
        counts = {Movements: len(before.movements), Accounts: len(before.accounts)}
        for (kind, _), column in self._columns.items():
            column.cut(counts[kind])
        texts = before.movements.texts
        self._texts = {name: text for name, text in self._texts.items() if name in texts}
        for text in self._texts.values():
            text.cut(counts[Movements])
        self.tables = before

    def _extend(self, table: Movements | Accounts) -> None:
        for (kind, name), column in self._columns.items():
            if kind is type(table):
                column.extend(getattr(table, name))

    def _collect(self, kind: type) -> dict[str, Any]:
        return {
            name: column.values if isinstance(column, GrowingArray) else column.get()
            for (table, name), column in self._columns.items()
            if table is kind
        }
