"""What a pass of the kernel wrote, added up into statements (``trace.columnar``)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fundtrace.model.kinds import EndReason
from fundtrace.model.tables import OUTSIDE, Int64s
from fundtrace.trace.columnar import ByRank, ColumnarPass, HopColumns, PlaceColumns
from fundtrace.trace.inputs import TraceInput
from fundtrace.trace.kernel import layout as at

__all__ = [
    "ByRank",
    "ColumnarPass",
    "HopColumns",
    "PlaceColumns",
    "add_up",
    "build_statements",
    "join_places",
]


def build_statements(given: TraceInput, log: Int64s) -> tuple[PlaceColumns, PlaceColumns]:
    """Add up a log into rests and first uses."""
    log, details = _resolve(given, log)
    log = add_up(log)
    is_first = log[:, at.G_REASON] >= at.FIRST_USE
    first = log[is_first]
    first[:, at.G_REASON] -= at.FIRST_USE
    count = len(given.loans)
    return _build_places(log[~is_first], details, count), _build_places(first, details, count)


def add_up(log: Int64s) -> Int64s:
    """Return one entry per rank, account, reason and detail, sorted by that."""
    if not len(log):
        return log
    where = (log[:, at.G_RANK] << at.RANK_SHIFT) | (log[:, at.G_ACCOUNT] + 1)
    why = (log[:, at.G_REASON] << at.RANK_SHIFT) | (log[:, at.G_DETAIL] + 1)
    by = np.lexsort((why, where))
    where, why = where[by], why[by]
    is_new = np.ones(len(by), dtype=np.bool_)
    is_new[1:] = (where[1:] != where[:-1]) | (why[1:] != why[:-1])
    starts = np.flatnonzero(is_new)
    summed = log[by[starts]]
    summed[:, at.G_VALUE] = np.add.reduceat(log[by, at.G_VALUE], starts)
    return summed


def join_places(parts: Sequence[PlaceColumns], count: int) -> PlaceColumns:
    """Add statements of up to ``count`` loans up; what comes to nothing is left out."""
    codes: dict[str, int] = {}
    logs = [np.zeros((0, at.LOG_WIDTH), dtype=np.int64)]
    for one in parts:
        code = np.array([codes.setdefault(text, len(codes)) for text in one.details], np.int64)
        log = np.empty((len(one), at.LOG_WIDTH), dtype=np.int64)
        log[:, at.G_RANK], log[:, at.G_ACCOUNT] = one.rank, one.account
        log[:, at.G_REASON], log[:, at.G_DETAIL] = one.reason, code[one.detail]
        log[:, at.G_VALUE] = one.value
        logs.append(log)
    joined = add_up(np.concatenate(logs))
    return _build_places(joined[joined[:, at.G_VALUE] != 0], tuple(codes), count)


def _build_places(log: Int64s, details: tuple[str, ...], count: int) -> PlaceColumns:
    offsets = np.searchsorted(log[:, at.G_RANK], np.arange(count + 1))
    return PlaceColumns(
        offsets.astype(np.int64),
        log[:, at.G_ACCOUNT].astype(np.int32),
        log[:, at.G_REASON].astype(np.int8),
        log[:, at.G_DETAIL].astype(np.int32),
        log[:, at.G_VALUE].copy(),
        details,
    )


def _resolve(given: TraceInput, log: Int64s) -> tuple[Int64s, tuple[str, ...]]:
    """Turn the rows that name places further into texts, and outside ends into their reason.

    Only here are the texts of movements read: at those where money of a loan ended.
    """
    log = log.copy()
    rows, at_row = np.unique(log[:, at.G_DETAIL], return_inverse=True)
    codes = {"": 0}
    code_of = np.zeros(len(rows), dtype=np.int64)
    for place, row in enumerate(rows.tolist()):
        end = given.places.find_arrival_place(row) if row >= 0 else None
        if end is not None:
            code_of[place] = codes.setdefault(end.detail, len(codes))
    detail = code_of[at_row]
    outside = at.REASONS.index(EndReason.OUTSIDE)
    is_named = (log[:, at.G_ACCOUNT] == OUTSIDE) & (detail > 0)
    is_named &= np.isin(log[:, at.G_REASON], (outside, outside + at.FIRST_USE))
    institution = at.REASONS.index(EndReason.PAYMENT_INSTITUTION)
    log[is_named, at.G_REASON] += institution - outside
    log[:, at.G_DETAIL] = detail
    return log, tuple(codes)
