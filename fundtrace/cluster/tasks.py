"""What workers do: functions of their arguments and of the stage, with no memory and no effect.

Dask may run any of them twice, elsewhere, or again after a worker died. Arrays that came
over the network may be read-only and are never written to; ``_thaw`` copies those that
compiled code would otherwise be compiled anew for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

import numpy as np

from fundtrace.cluster import stage as staged
from fundtrace.cluster.stage import Stage, own
from fundtrace.model.kinds import Rule
from fundtrace.model.tables import Int32s, Int64s
from fundtrace.trace.kernel.driving import Written
from fundtrace.trace.kernel.fronts import Grounds, Mapped, Outflows
from fundtrace.trace.kernel.fronts import map_front as map_one
from fundtrace.trace.kernel.grouping import Reach, extend_reach, name_groups
from fundtrace.trace.kernel.grouping import open_reach as open_one
from fundtrace.trace.kernel.mapping import list_limits
from fundtrace.trace.kernel.parts import Part, cut_slices, find_inside, run_part
from fundtrace.trace.kernel.preparing import Bools, set_windows
from fundtrace.trace.kernel.slices import Slice
from fundtrace.trace.result import Scope

T = TypeVar("T")


def open_reach(stage: Stage) -> Reach:
    """Return what is known before the first event."""
    register = staged.read_register(stage)
    return open_one(len(register.end), len(register.loans), len(register.originals.code))


def walk_slice(stage: Stage, place: int, scope: Scope, before: Reach) -> Reach:
    """Return what is known behind a slice of events."""
    register, one = staged.read_register(stage), staged.read_slice(stage, place)
    return extend_reach(register, one, scope, _thaw(before))


def group_loans(reach: Reach) -> Int32s:
    """Return, for each loan, the least rank of its group."""
    return name_groups(reach._replace(parents=reach.parents.copy()))


def count_events(stage: Stage, place: int, reach: Reach) -> Int64s:
    """Return how many events of a slice each loan's label can reach."""
    one = staged.read_slice(stage, place)
    label = np.maximum(reach.label[one.debit], reach.label[one.credit])
    return np.bincount(label[label >= 0], minlength=len(reach.parents)).astype(np.int64)


def cut_job(stage: Stage, ranks: Int64s, reach: Reach) -> Part:
    """Cut out some whole groups of loans; reads the slices one after the other."""
    register = staged.read_register(stage)
    wanted = np.zeros(len(register.loans), dtype=np.bool_)
    wanted[ranks] = True
    return cut_slices(register, _read_slices(stage), find_inside(reach, wanted))


def _read_slices(stage: Stage) -> Iterator[Slice]:
    for place in range(stage.slice_count):
        yield staged.read_slice(stage, place)


def measure_part(part: Part) -> int:
    """Return how many events a part has."""
    return len(part.basis.columns.events)


def run_job(part: Part, rule: Rule, scope: Scope, wanted: Bools | None) -> Written:
    """Run a rule over a part, for the loans ``wanted`` by rank of the whole (None: all of it).

    ``unobserved`` is left out: no rule changes it, and the client has it.
    """
    written = run_part(_thaw(part), rule, scope, wanted)
    return written._replace(unobserved=written.unobserved[:0])


def read_range(stage: Stage, place: int) -> Outflows:
    """Return the outflows of a range of accounts."""
    return staged.read_range(stage, place)


def read_grounds(stage: Stage) -> Grounds:
    """Return what mapping asks of every account."""
    return staged.read_grounds(stage)


def map_front(
    stage: Stage, outflows: Outflows, grounds: Grounds, front: Int64s, scope: Scope
) -> Mapped:
    """Map a front as far as its intervals stay in a range."""
    loans, ends_at = staged.read_loans(stage)
    asked = set_windows(loans.copy(), scope), list_limits(scope, ends_at)
    return map_one(_thaw(outflows), _thaw(grounds), own(front), asked)


def _thaw(value: T) -> T:
    """Return a value whose arrays compiled code takes as they are."""
    thawed: Any = value
    if isinstance(value, np.ndarray):
        thawed = own(value)
    elif isinstance(value, tuple):
        made = (_thaw(one) for one in value)
        thawed = value._make(made) if hasattr(value, "_make") else tuple(made)
    elif is_dataclass(value) and not isinstance(value, type):
        thawed = replace(value, **{x.name: _thaw(getattr(value, x.name)) for x in fields(value)})
    kept: T = thawed
    return kept
