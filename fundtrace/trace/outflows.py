"""The movements that leave each account, in running order: found without looking at the others."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from fundtrace.model.tables import Int32s, Int64s, Tables


class Outflows(NamedTuple):
    """Rows of movements by debit account, in running order."""

    offsets: Int64s  # of each account's first row in ``row``, and the end
    row: Int32s

    def list_rows(self, account: int) -> Int32s:
        """Return the movements that leave an account."""
        start, end = self.offsets[account : account + 2].tolist()
        rows: Int32s = self.row[start:end]
        return rows


def index_outflows(tables: Tables, debit_position: Int32s) -> Outflows:
    """Sort the movements up to the time asked by account and ``debit_position`` (-1: later)."""
    debit = tables.movements.debit
    rows = np.flatnonzero((debit_position >= 0) & (debit >= 0)).astype(np.int32)
    # Positions are different, so two stable sorts of one number each are a sort by both.
    rows = rows[np.argsort(debit_position[rows], kind="stable")]
    rows = rows[np.argsort(debit[rows], kind="stable")]
    offsets = np.zeros(len(tables.accounts) + 1, dtype=np.int64)
    np.cumsum(np.bincount(debit[rows], minlength=len(tables.accounts)), out=offsets[1:])
    return Outflows(offsets, rows)
