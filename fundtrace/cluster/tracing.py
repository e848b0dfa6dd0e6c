"""Passes of all loans under several rules, made on a cluster."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from fundtrace.cluster import tasks
from fundtrace.cluster.engine import Engine
from fundtrace.cluster.jobs import Job, bundle
from fundtrace.cluster.ranges import map_loans
from fundtrace.cluster.stage import ROWS_MAX, Stage, open_stage
from fundtrace.model.kinds import Rule
from fundtrace.trace.kernel.axes import FifoIndex, index_fifo
from fundtrace.trace.kernel.driving import Written, build_pass
from fundtrace.trace.kernel.parts import join_written
from fundtrace.trace.kernel.passes import ColumnarPass
from fundtrace.trace.kernel.preparing import Bools, Prepared
from fundtrace.trace.result import Scope

Progress = Callable[[Rule, int, int], None]  # rule, events done, events in all

# Jobs per thread: more even out what groups cost, each reads the whole stage once more.
_JOBS_EACH = 2
# About how long a rule takes beside the others; the longest begin first.
_WEIGHTS = {Rule.PRO_RATA: 5, Rule.SPECIFIC: 3}


@dataclass(frozen=True)
class _Question:
    index: FifoIndex
    scope: Scope
    stage: Stage
    engine: Engine


class _Shares(NamedTuple):
    jobs: list[Job]
    parts: list[Any]  # handles


def trace_rules(  # noqa: PLR0913  what is asked, and where it is answered
    prepared: Prepared,
    rules: list[Rule],
    scope: Scope,
    engine: Engine,
    *,
    work: Path | None = None,
    progress: Progress | None = None,
    rows_max: int = ROWS_MAX,
) -> dict[Rule, ColumnarPass]:
    """Return the passes of all loans under conserving rules: what ``run_kernel`` says.

    ``work`` is a folder that all workers see under the same path; ``rows_max`` the rows of a
    partition. Raises InvalidInputError and UnavailableError.
    """
    index = index_fifo(prepared)
    with open_stage(index, work, rows_max) as stage:
        written = _run_rules(_Question(index, scope, stage, engine), rules, progress)
    return {rule: build_pass(prepared.given, (rule, scope), written.pop(rule)) for rule in rules}


def _run_rules(
    asked: _Question, rules: list[Rule], progress: Progress | None
) -> dict[Rule, Written]:
    index, scope, stage, engine = asked.index, asked.scope, asked.stage, asked.engine
    reach = engine.submit(tasks.open_reach, stage)
    for place in range(stage.slice_count):
        reach = engine.submit(tasks.walk_slice, stage, place, scope, reach)
    mapped: Written | None = None
    left: dict[Rule, Bools | None] = dict.fromkeys(rules)  # loans to run; None: all
    # While one worker walks the slices, fifo is mapped by the others.
    if Rule.FIFO in left and scope.amount_max_minor is None:
        mapped, left[Rule.FIFO] = map_loans(index, stage, scope, engine)
    shares = _share_out(asked, reach)
    found = _run_jobs(asked, shares, left, progress)
    if mapped is not None:
        found[Rule.FIFO].insert(0, mapped)
    return {rule: join_written(found[rule], index.unobserved) for rule in rules}


def _share_out(asked: _Question, reach: Any) -> _Shares:
    """Bundle the groups of loans into jobs, and begin to cut their parts."""
    engine, stage = asked.engine, asked.stage
    counts = [
        engine.submit(tasks.count_events, stage, place, reach) for place in range(stage.slice_count)
    ]
    groups, *sizes = engine.gather([engine.submit(tasks.group_loans, reach), *counts])
    jobs = bundle(groups, np.sum(sizes, axis=0), _JOBS_EACH * engine.thread_count)
    parts = [engine.submit(tasks.cut_job, stage, job.ranks, reach) for job in jobs]
    return _Shares(jobs, parts)


def _run_jobs(
    asked: _Question,
    shares: _Shares,
    left: Mapping[Rule, Bools | None],
    progress: Progress | None,
) -> dict[Rule, list[Written]]:
    """Run every rule over every part that holds loans left for it."""
    handles = _begin_jobs(asked, shares, left)
    totals = Counter(rule for rule, _ in handles.values())
    found: dict[Rule, dict[int, Written]] = {rule: {} for rule in left}
    for handle, written in asked.engine.watch(list(handles)):
        rule, number = handles.pop(handle)
        found[rule][number] = written
        if progress:
            progress(rule, len(found[rule]), totals[rule])
    return {rule: [by_job[number] for number in sorted(by_job)] for rule, by_job in found.items()}


def _begin_jobs(
    asked: _Question, shares: _Shares, left: Mapping[Rule, Bools | None]
) -> dict[Any, tuple[Rule, int]]:
    """Begin the runs over each part when it is cut; return which rule and job a handle is.

    Dask starts tasks that one result sets free in any order, whatever their priority; so
    that the longest begins first, none is submitted before its part is there.
    """
    engine, handles = asked.engine, {}
    rules = sorted(left, key=lambda rule: -_WEIGHTS.get(rule, 1))
    sizes = {engine.submit(tasks.measure_part, part): i for i, part in enumerate(shares.parts)}
    for handle, size in engine.watch(list(sizes)):
        number = sizes[handle]
        for rule in rules:
            wanted = left[rule]
            if wanted is not None and not wanted[shares.jobs[number].ranks].any():
                continue
            priority = _WEIGHTS.get(rule, 1) * size
            arguments = (shares.parts[number], rule, asked.scope, wanted)
            run = engine.submit(tasks.run_job, *arguments, priority=priority)
            handles[run] = rule, number
    return handles
