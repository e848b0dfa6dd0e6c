"""Fifo by interval mapping over ranges of accounts: rounds of tasks until no interval is left."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from fundtrace.cluster import tasks
from fundtrace.cluster.engine import Engine
from fundtrace.cluster.stage import Stage
from fundtrace.model.tables import Int64s
from fundtrace.trace.kernel import layout as at
from fundtrace.trace.kernel.axes import FifoIndex
from fundtrace.trace.kernel.driving import Written
from fundtrace.trace.kernel.fronts import F_RANK, Mapped, open_front
from fundtrace.trace.kernel.mapping import I_ACCOUNT, M_RANK, build_portion
from fundtrace.trace.kernel.preparing import Bools
from fundtrace.trace.result import Scope

# LIMIT: intervals of one task: 4 MB of arguments, below what Dask warns of (10 MB).
_INTERVALS_MAX = 1 << 16


def map_loans(
    index: FifoIndex, stage: Stage, scope: Scope, engine: Engine
) -> tuple[Written, Bools]:
    """Return what fifo says of the loans that can be mapped, and which loans cannot, by rank."""
    grounds = engine.submit(tasks.read_grounds, stage)
    count = len(stage.ranges)
    ranges = [engine.submit(tasks.read_range, stage, place) for place in range(count)]
    found = [open_front(index, scope)]
    is_odd = np.zeros(len(index.prepared.loans), dtype=np.bool_)
    is_odd[found[0].odd] = True
    front = found[0].front
    while len(front):
        handles = [
            engine.submit(tasks.map_front, stage, ranges[place], grounds, part, scope)
            for place, part in _route(front, stage)
        ]
        now: list[Mapped] = engine.gather(handles)
        for one in now:
            is_odd[one.odd] = True
        found += now
        front = np.concatenate([one.front for one in now])
        front = front[~is_odd[front[:, F_RANK]]]
    pieces = np.concatenate([one.pieces for one in found])
    log = np.concatenate([one.log for one in found])
    portion = build_portion(index.prepared, pieces[~is_odd[pieces[:, M_RANK]]])
    return Written([portion], log[~is_odd[log[:, at.G_RANK]]], index.unobserved), is_odd


def _route(front: Int64s, stage: Stage) -> Iterator[tuple[int, Int64s]]:
    """Yield (range, intervals on its accounts)."""
    places = np.searchsorted(np.array(stage.ranges), front[:, I_ACCOUNT], side="right") - 1
    for place in np.unique(places).tolist():
        part = front[places == place]
        for start in range(0, len(part), _INTERVALS_MAX):
            yield place, part[start : start + _INTERVALS_MAX]
