"""Parties and relations as columns: a value is made of a row when somebody asks for it.

A register of a million holders is then some columns and an index of eight bytes each.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property
from typing import overload

import numpy as np
import numpy.typing as npt
import polars as pl

from fundtrace.model.columns import pick_values, to_series
from fundtrace.model.kinds import PartyType, Relation
from fundtrace.model.tables import Party, Related

# LIMIT: holders from which on one look-up among all costs more than an index of hashes.
_INDEXED_MIN = 1_000


class Parties(Mapping[str, Party]):
    """Holders by their ids, in table order; equal to any mapping of the same parties."""

    def __init__(
        self,
        holder_id: Sequence[str],
        name: Sequence[str],
        type: Sequence[PartyType],  # noqa: A002  # the column's name
        sector: Sequence[str],
        registered_on: Sequence[str],
    ) -> None:
        """Take columns of one length; all ``holder_id`` are different."""
        self.holder_id = holder_id
        self.name = name
        self.type = type
        self.sector = sector
        self.registered_on = registered_on

    def __len__(self) -> int:
        """Return how many holders there are."""
        return len(self.holder_id)

    def __iter__(self) -> Iterator[str]:
        """Give every holder's id."""
        return iter(self.holder_id)

    def __getitem__(self, holder_id: str) -> Party:
        """Return a holder; raises KeyError where there is none."""
        row = self._find(holder_id)
        if row < 0:
            raise KeyError(holder_id)
        return Party(
            self.holder_id[row],
            self.name[row],
            self.type[row],
            self.sector[row],
            self.registered_on[row],
        )

    def __contains__(self, holder_id: object) -> bool:
        return isinstance(holder_id, str) and self._find(holder_id) >= 0

    def _find(self, holder_id: str) -> int:
        if len(self) < _INDEXED_MIN:
            return self._rows.get(holder_id, -1)
        hashes, order = self._index
        wanted = pl.Series([holder_id]).hash().to_numpy()
        start = int(np.searchsorted(hashes, wanted, "left")[0])
        end = int(np.searchsorted(hashes, wanted, "right")[0])
        rows = (int(row) for row in order[start:end])
        return next((row for row in rows if self.holder_id[row] == holder_id), -1)

    @cached_property
    def _rows(self) -> dict[str, int]:
        return {one: row for row, one in enumerate(self.holder_id)}

    @cached_property
    def _index(self) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int32]]:
        """The hashes of all ids in order, and the row of each."""
        hashes = to_series(self.holder_id).cast(pl.String).hash().to_numpy()
        order = np.argsort(hashes).astype(np.int32)
        return hashes[order], order


class Relations(Sequence[Related]):
    """Relations in table order; equal to any sequence of the same ones."""

    __hash__ = None  # type: ignore[assignment]  # compared by content

    def __init__(
        self,
        holder_id: Sequence[str],
        related_holder_id: Sequence[str],
        relation: Sequence[Relation],
        share: Sequence[str],
    ) -> None:
        """Take columns of one length."""
        self.holder_id = holder_id
        self.related_holder_id = related_holder_id
        self.relation = relation
        self.share = share

    def __len__(self) -> int:
        """Return how many relations there are."""
        return len(self.holder_id)

    @overload
    def __getitem__(self, index: int) -> Related: ...
    @overload
    def __getitem__(self, index: slice) -> Relations: ...
    def __getitem__(self, index: int | slice) -> Related | Relations:
        """Return the relation of a row, or some rows."""
        if isinstance(index, slice):
            return Relations(
                self.holder_id[index],
                self.related_holder_id[index],
                self.relation[index],
                self.share[index],
            )
        return Related(
            self.holder_id[index],
            self.related_holder_id[index],
            self.relation[index],
            self.share[index],
        )

    def __iter__(self) -> Iterator[Related]:
        """Give every relation in turn."""
        return map(Related, self.holder_id, self.related_holder_id, self.relation, self.share)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence):
            return NotImplemented
        return len(self) == len(other) and all(
            one == another for one, another in zip(self, other, strict=True)
        )


def list_relations(relations: Sequence[Related], holders: Collection[str]) -> list[Related]:
    """Return the relations that name one of some holders on either side, in table order."""
    if not isinstance(relations, Relations):
        return [
            one for one in relations if one.holder_id in holders or one.related_holder_id in holders
        ]
    wanted = pl.Series(sorted(holders), dtype=pl.String)
    touches = np.zeros(len(relations), dtype=np.bool_)
    for column in (relations.holder_id, relations.related_holder_id):
        texts = to_series(column).cast(pl.String)
        touches |= texts.is_in(wanted.implode()).to_numpy()
    rows = np.flatnonzero(touches)
    columns = (relations.holder_id, relations.related_holder_id, relations.share)
    holder, related, share = (pick_values(column, rows) for column in columns)
    return list(map(Related, holder, related, pick_values(relations.relation, rows), share))
