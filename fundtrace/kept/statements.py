"""What the passes say in sums, of all rules in one table sorted by loan and rule.

``statements``: value by place, where it rests and what it was first used for, each row with
its use class. ``reached``: gross value that hops brought to each class. Sums of a loan are so
read in one piece, and nothing is classed when a trail is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from fundtrace.errors import InvalidInputError
from fundtrace.kept.uses import USES, PlaceBook
from fundtrace.model.kinds import CONSERVING_RULES
from fundtrace.model.tables import Int32s, Int64s
from fundtrace.trace.columnar import ColumnarPass, HopColumns, PlaceColumns
from fundtrace.trace.places import END_REASONS, PlaceKey
from fundtrace.trace.result import HopRow, Pass

RULES = CONSERVING_RULES  # by number
KINDS = (False, True)  # rests, then first uses

_CHUNK_HOPS = 1 << 22
_SUM_MAX = 2.0**62


class StatementColumns(NamedTuple):
    """Rows of statements; which loans', rules' and kinds' they are is told apart."""

    use: Int32s  # position in USES
    account: Int32s
    reason: Int32s  # position in END_REASONS
    detail: Int32s  # position in the list of details
    value: Int64s


class StatementWriter:
    """Statements and sums by class of one pass after the other, then put in order."""

    def __init__(self, book: PlaceBook) -> None:
        """Begin with nothing; ``book`` classes the places."""
        self._book = book
        self._details: dict[str, int] = {"": 0}
        self._statements: list[dict[str, Any]] = []
        self._reached: list[dict[str, Any]] = []

    def add(self, result: Pass, hops: HopColumns) -> None:
        """Add a pass."""
        rule = RULES.index(result.rule)
        for kind in KINDS:
            self._add_statement(rule, kind, _get_places(result, is_first_use=kind))
        self._add_reached(rule, hops)

    def finish_statements(self, loans: int) -> tuple[dict[str, Any], Int64s]:
        """Return the table, and where each loan, rule and kind begins in it."""
        table = _join(self._statements)
        group = (table["loan"].astype(np.int64) * len(RULES) + table["rule"]) * len(KINDS)
        group += table["is_first_use"]
        by = np.argsort(group, kind="stable")
        groups = np.arange(loans * len(RULES) * len(KINDS) + 1)
        starts = np.searchsorted(group[by], groups).astype(np.int64)
        return {name: column[by] for name, column in table.items()}, starts

    def finish_reached(self, loans: int) -> tuple[dict[str, Any], Int64s]:
        """Return the sums by class, and where each loan begins in them."""
        return sort_by_loan(_join(self._reached), loans)

    def list_details(self) -> list[str]:
        """Return the texts that name places further, by number."""
        return list(self._details)

    def _add_statement(self, rule: int, kind: bool, places: PlaceColumns) -> None:  # noqa: FBT001
        details = [self._details.setdefault(text, len(self._details)) for text in places.details]
        ranks = places.rank
        self._statements.append(
            {
                "loan": ranks,
                "rule": np.full(len(places), rule, dtype=np.int32),
                "is_first_use": np.full(len(places), kind, dtype=np.int32),
                "use": self._book.classify(ranks, self._book.number_places(places)).astype("i4"),
                "account": places.account,
                "reason": places.reason.astype(np.int32),
                "detail": np.array(details, dtype=np.int32)[places.detail],
                "value": places.value,
            }
        )

    def _add_reached(self, rule: int, hops: HopColumns) -> None:
        first, loans = 0, len(hops.offsets) - 1
        while first < loans:
            limit = hops.offsets[first] + _CHUNK_HOPS
            last = max(first + 1, int(np.searchsorted(hops.offsets, limit, "right")) - 1)
            part = slice(*hops.offsets[[first, last]].tolist())
            counts = np.diff(hops.offsets[first : last + 1])
            ranks = np.repeat(np.arange(first, last, dtype=np.int32), counts)
            self._add_sums(rule, (first, last), ranks, hops.row[part], hops.value[part])
            first = last

    def _add_sums(
        self, rule: int, span: tuple[int, int], ranks: Int32s, rows: Int32s, values: Int64s
    ) -> None:
        book, (first, last) = self._book, span
        numbers = book.number_rows(rows)
        uses = book.classify(ranks, numbers).astype(np.int64)
        arrived = np.ones(len(rows), dtype=np.int64)
        arrived[book.find_in_transit(numbers)] = 0
        values = values * arrived
        cells = (ranks.astype(np.int64) - first) * len(USES) + uses
        size = (last - first) * len(USES)
        if np.bincount(cells, weights=values, minlength=size).max(initial=0) >= _SUM_MAX:
            raise InvalidInputError("what loans reached adds up beyond 62 bits and cannot be kept")
        sums = np.zeros(size, dtype=np.int64)
        np.add.at(sums, cells, values)
        found = np.flatnonzero(np.bincount(cells, weights=arrived, minlength=size))
        self._reached.append(
            {
                "loan": (found // len(USES) + first).astype(np.int32),
                "rule": np.full(len(found), rule, dtype=np.int32),
                "use": (found % len(USES)).astype(np.int32),
                "value": sums[found],
            }
        )


def sort_by_loan(table: Mapping[str, Any], loans: int) -> tuple[dict[str, Any], Int64s]:
    """Sort a table by its loans, and say where each begins."""
    by = np.argsort(table["loan"], kind="stable")
    starts = np.searchsorted(table["loan"][by], np.arange(loans + 1)).astype(np.int64)
    return {name: column[by] for name, column in table.items()}, starts


def build_statement(columns: StatementColumns, details: Sequence[str]) -> dict[PlaceKey, int]:
    """Return rows of a statement as values."""
    statement: dict[PlaceKey, int] = {}
    lists = (columns.account, columns.reason, columns.detail, columns.value)
    for account, number, detail, value in zip(*(one.tolist() for one in lists), strict=True):
        reason = END_REASONS[number]
        if reason is None:
            raise ValueError("a part rests without a reason")
        statement[PlaceKey(account, reason, details[detail])] = value
    return statement


def get_hops(result: Pass) -> HopColumns:
    """Return the hops of a pass as columns. Raises OverflowError beyond 64 bits."""
    if isinstance(result, ColumnarPass):
        return result.hop_columns
    hops: list[HopRow] = [hop for one in result.hops for hop in one]
    counts = [len(one) for one in result.hops]

    def join(name: str, dtype: str) -> Any:
        return np.array([getattr(hop, name) for hop in hops], dtype=dtype)

    return HopColumns(
        offsets=np.cumsum([0, *counts], dtype=np.int64),
        row=join("row", "i4"),
        depth=join("depth", "i4"),
        units=join("units", "i8"),
        value=join("value", "i8"),
        returned=join("returned", "i8"),
        parent_offsets=np.cumsum([0, *(len(hop.parents) for hop in hops)], dtype=np.int64),
        parents=np.array([row for hop in hops for row in hop.parents], dtype=np.int32),
    )


def _get_places(result: Pass, *, is_first_use: bool) -> PlaceColumns:
    if isinstance(result, ColumnarPass):
        return result.first_use_columns if is_first_use else result.rest_columns
    statements = result.first_uses if is_first_use else result.rests
    places = [place for one in statements for place in one]
    details: dict[str, int] = {"": 0}
    codes = [details.setdefault(place.detail, len(details)) for place in places]
    return PlaceColumns(
        offsets=np.cumsum([0, *map(len, statements)], dtype=np.int64),
        account=np.array([place.account for place in places], dtype=np.int32),
        reason=np.array([END_REASONS.index(place.reason) for place in places], dtype=np.int8),
        detail=np.array(codes, dtype=np.int32),
        value=np.array([value for one in statements for value in one.values()], dtype=np.int64),
        details=tuple(details),
    )


def _join(tables: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {name: np.concatenate([one[name] for one in tables]) for name in tables[0]}
