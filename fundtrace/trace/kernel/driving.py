"""Running the kernel: buffers that grow between runs, and results carried away in portions."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from fundtrace.model.kinds import EndReason, Rule
from fundtrace.model.tables import NO_ROW, OUTSIDE, Int32s, Int64s
from fundtrace.trace.inputs import TraceInput
from fundtrace.trace.kernel import layout as at
from fundtrace.trace.kernel.jit import jit
from fundtrace.trace.kernel.layout import State
from fundtrace.trace.kernel.passes import (
    ColumnarPass,
    HopColumns,
    add_up,
    build_statements,
    join_places,
)
from fundtrace.trace.kernel.preparing import Basis, Bools, Prepared, open_state, prepare
from fundtrace.trace.kernel.running import close, close_flights, close_some, run
from fundtrace.trace.result import Scope

# LIMIT: a portion of results is at most 1 Mi rows (48 MB of hops) before it is carried away.
_PORTION = 1 << 20
_COMPACT_AT = 1 << 22  # entries of the log
_BUFFERS = {
    at.LOTS_FULL: ("lots",),
    at.PIECES_FULL: ("pieces", "other"),
    at.NOTES_FULL: ("notes",),
    at.CELLS_FULL: ("cells",),
}


def run_kernel(given: TraceInput, rule: Rule, scope: Scope | None = None) -> ColumnarPass:
    """Run every event under one conserving rule: what ``trace_all`` says, in columns.

    Raises ValueError for exposure, which takes nothing, and OverflowError where all amounts
    together reach 2^61 minor units (``trace_all`` has no bound).
    """
    if rule not in at.RULES:
        raise ValueError(f"{rule} takes nothing, so it has no pass")
    return run_prepared(prepare(given), rule, scope or Scope())


def run_prepared(prepared: Prepared, rule: Rule, scope: Scope) -> ColumnarPass:
    """Run a rule over an input that is prepared already."""
    return build_pass(prepared.given, (rule, scope), Driver(prepared, rule, scope).write())


class Portion(NamedTuple):
    """Hops as they were carried away: by rank, the order within a rank that of their time."""

    rank: Int32s
    row: Int32s
    depth: Int32s
    units: Int64s
    value: Int64s
    returned: Int64s
    parent_counts: Int64s
    parents: Int32s


class Written(NamedTuple):
    """All that a pass wrote, by whatever way it was made."""

    portions: list[Portion]
    log: Int64s
    unobserved: Int64s
    cells: Int32s | None = None


class Driver:
    """A pass under way: its state, and what was carried away so far."""

    def __init__(
        self,
        basis: Basis,
        rule: Rule,
        scope: Scope,
        *,
        is_traced: Bools | None = None,
        state: State | None = None,
    ) -> None:
        """Open the pass; nothing has run. Loans that are not traced are own money to it.

        With a ``state`` the pass goes on from there; what it wrote before is elsewhere.
        """
        self.basis, self.rule, self.scope = basis, rule, scope
        self.state = state or open_state(basis, rule, scope)
        if is_traced is not None:
            self.state.loans[:, at.IS_TRACED] = is_traced
        self._portions: list[Portion] = []
        self._log: list[Int64s] = []
        self._log_size = 0
        self._carried_at = -1  # event before which results were last carried away

    def run(self, stop: int) -> None:
        """Run the events up to position ``stop``."""
        status = at.OUTPUT_FULL
        while status != at.DONE:
            status = run(self.basis.columns, self.state, stop)
            self._make_room(status)

    def write(self) -> Written:
        """Run what is left and say where everything rests; the state stays good for more."""
        portions, log = self.collect()
        cells = None
        if self.rule is Rule.PRO_RATA:
            cells = self.state.cells[: int(self.state.n[at.CELL_COUNT])].copy()
        unobserved = self.state.unobserved[:-1].copy()
        return Written(portions, log, unobserved, cells)

    def drain(self) -> tuple[list[Portion], Int64s]:
        """Return hops and log since the last time, and forget them."""
        self._carry_hops()
        self._carry_log()
        portions, logs = self._portions, self._log
        self._portions, self._log, self._log_size = [], [], 0
        nothing = np.zeros((0, at.LOG_WIDTH), dtype=np.int64)
        return portions, np.concatenate([nothing, *logs])

    def list_held(self, accounts: Int64s, rows: Int64s) -> Int64s:
        """Return as entries of a log what accounts hold and what is in flight on movements.

        Nothing may be undrained.
        """
        start = 0
        while start < len(accounts):
            start = close_some(self.state, accounts, start)
            self._carry_closing(is_full=start < len(accounts))
        start = 0
        while start < len(rows):
            start = close_flights(self.basis.columns, self.state, rows, start)
            self._carry_closing(is_full=start < len(rows))
        return self.drain()[1]

    def collect(self) -> tuple[list[Portion], Int64s]:
        """Run what is left; return all hops, and the log with what rests at the end."""
        columns, now = self.basis.columns, self.basis.ends_at
        self.run(len(columns.events))
        self._carry_hops()
        self._carry_log()
        kept, size = list(self._log), self._log_size
        start = 0
        while start < len(self.state.acc):
            start = close(self.state, start, now)
            self._carry_closing(is_full=start < len(self.state.acc))
        rows = np.flatnonzero(self.state.flight >= 0)
        start = 0
        while start < len(rows):
            start = close_flights(columns, self.state, rows, start)
            self._carry_closing(is_full=start < len(rows))
        log = np.concatenate([*self._log, np.zeros((0, at.LOG_WIDTH), dtype=np.int64)])
        self._log, self._log_size = kept, size
        return list(self._portions), log

    def _carry_closing(self, *, is_full: bool) -> None:
        was_empty = self.state.n[at.LOG_COUNT] == 0
        self._carry_log()
        if is_full and was_empty:
            self._grow("log")

    def _make_room(self, status: int) -> None:
        """Carry results away, or replace a full buffer by a larger one."""
        if status == at.OUTPUT_FULL:
            self._carry_hops()
            self._carry_log()
            event = int(self.state.n[at.EVENT])
            for name in ("hops", "parents", "log"):
                if len(getattr(self.state, name)) < _PORTION or event == self._carried_at:
                    self._grow(name)
            self._carried_at = event
        for name in _BUFFERS.get(status, ()):
            self._grow(name)

    def _grow(self, name: str) -> None:
        old = getattr(self.state, name)
        new = np.empty((2 * len(old), *old.shape[1:]), dtype=old.dtype)
        new[: len(old)] = old
        self.state = self.state._replace(**{name: new})

    def _carry_hops(self) -> None:
        n, state = self.state.n, self.state
        count, parents = int(n[at.HOP_COUNT]), int(n[at.PARENT_COUNT])
        n[at.HOP_COUNT] = n[at.PARENT_COUNT] = 0
        if not count:
            return
        hops = state.hops[:count]
        key = hops[:, at.H_KEY]
        self._portions.append(
            Portion(
                rank=(key >> at.RANK_SHIFT).astype(np.int32),
                row=(key & 0xFFFFFFFF).astype(np.int32),
                depth=hops[:, at.H_DEPTH].astype(np.int32),
                units=hops[:, at.H_UNITS].copy(),
                value=hops[:, at.H_VALUE].copy(),
                returned=hops[:, at.H_RETURNED].copy(),
                parent_counts=np.diff(hops[:, at.H_PARENTS_END], prepend=0),
                parents=state.parents[:parents].copy(),
            )
        )

    def _carry_log(self) -> None:
        count = int(self.state.n[at.LOG_COUNT])
        self.state.n[at.LOG_COUNT] = 0
        if not count:
            return
        self._log.append(self.state.log[:count].copy())
        self._log_size += count
        if self._log_size > _COMPACT_AT:
            self._log = [add_up(np.concatenate(self._log))]
            self._log_size = len(self._log[0]) // 2  # so that compacting stays proportional


def build_pass(
    given: TraceInput, asked: tuple[Rule, Scope], written: Written, undrawn_from: int = 0
) -> ColumnarPass:
    """Sort hops by loan and add up the log.

    What was never paid out is added here, of the loans from rank ``undrawn_from`` on.
    """
    log = np.concatenate([written.log, _list_undrawn(given, undrawn_from)])
    rests, first_uses = build_statements(given, log)
    hops = _gather(written.portions, len(given.loans), written.cells)
    return ColumnarPass(*asked, given, hops, rests, first_uses, written.unobserved)


def join_passes(earlier: ColumnarPass, later: ColumnarPass) -> ColumnarPass:
    """Return as one what two passes say that one state ran, one directly behind the other."""
    both, count = (earlier, later), len(later.given.loans)
    portions = [_get_portion(one.hop_columns) for one in both]
    return replace(
        later,
        hop_columns=_gather(portions, count, later.hop_columns.cells),  # earlier ones among them
        rest_columns=join_places([one.rest_columns for one in both], count),
        first_use_columns=join_places([one.first_use_columns for one in both], count),
    )


def _get_portion(hops: HopColumns) -> Portion:
    return Portion(
        rank=hops.rank,
        row=hops.row,
        depth=hops.depth,
        units=hops.units,
        value=hops.value,
        returned=hops.returned,
        parent_counts=np.diff(hops.parent_offsets),
        parents=hops.parents,
    )


def _gather(portions: list[Portion], loans: int, cells: Int32s | None) -> HopColumns:
    """Join portions and sort their hops by loan."""
    nothing = np.zeros(0, dtype=np.int64)

    def join(name: str) -> Int64s:
        return np.concatenate([nothing, *(getattr(one, name) for one in portions)])

    ranks = join("rank").astype(np.int32)
    offsets, by = _group(ranks, loans)
    parent_offsets, parents = _gather_parents(
        join("parent_counts"), join("parents").astype(np.int32), by
    )
    return HopColumns(
        offsets=offsets,
        row=join("row")[by].astype(np.int32),
        depth=join("depth")[by].astype(np.int32),
        units=join("units")[by],
        value=join("value")[by],
        returned=join("returned")[by],
        parent_offsets=parent_offsets,
        parents=parents,
        cells=cells,
    )


def _group(ranks: Int32s, count: int) -> tuple[Int64s, Int64s]:
    """Return where each rank's hops begin, and their positions by rank, order kept."""
    offsets = np.zeros(count + 1, dtype=np.int64)
    offsets[1:] = np.cumsum(np.bincount(ranks, minlength=count))
    by = np.empty(len(ranks), dtype=np.int64)
    _place(ranks, offsets.copy(), by)
    return offsets, by


@jit
def _place(ranks: Int32s, next_one: Int64s, by: Int64s) -> None:
    for place in range(len(ranks)):
        by[next_one[ranks[place]]] = place
        next_one[ranks[place]] += 1


def _gather_parents(sizes: Int64s, parents: Int32s, by: Int64s) -> tuple[Int64s, Int32s]:
    """Bring lists of parents into the order ``by``."""
    offsets = np.zeros(len(sizes) + 1, dtype=np.int64)
    offsets[1:] = np.cumsum(sizes[by])
    found = np.empty(len(parents), dtype=np.int32)
    _move(np.cumsum(sizes) - sizes, parents, by, found)
    return offsets, found


@jit
def _move(starts: Int64s, parents: Int32s, by: Int64s, found: Int32s) -> None:
    end = 0
    for place in by:
        stop = starts[place + 1] if place + 1 < len(starts) else len(parents)
        for parent in range(starts[place], stop):
            found[end] = parents[parent]
            end += 1


def _list_undrawn(given: TraceInput, first: int) -> Int64s:
    """Return entries of the log for what was never paid out."""
    undrawn = at.REASONS.index(EndReason.UNDRAWN)
    entries = []
    for rank, loan in enumerate(given.loans[first:], first):
        missing = loan.principal_minor - given.get_drawn_minor(rank)
        if missing:
            entries.append((rank, OUTSIDE, undrawn, NO_ROW, missing))
            entries.append((rank, OUTSIDE, undrawn + at.FIRST_USE, NO_ROW, missing))
    return np.array(entries, dtype=np.int64).reshape(-1, at.LOG_WIDTH)
