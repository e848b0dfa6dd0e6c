"""One step in a forked child of its own: how long it took, and the most memory it held.

The child shares what its parent had built (copy on write), so its peak counts the input and
what the step added, and nothing that another step left behind.
"""

from __future__ import annotations

import multiprocessing
import resource
from collections.abc import Callable
from multiprocessing.connection import Connection
from statistics import median
from time import perf_counter
from typing import NamedTuple

MEMORY_MAX = 16 << 30  # bytes of address space: a step fails before the machine does
REPEATS, _REPEAT_SECONDS = 3, 2.0  # short steps are repeated, for the median

Step = Callable[[], int | None]  # does the work; returns how many hops it wrote, if any
_FORK = multiprocessing.get_context("fork")


class Figure(NamedTuple):
    """What was measured of a step, or why nothing was."""

    seconds: float = 0.0
    peak_mb: int = 0
    hops: int | None = None
    missing: str = ""


class Budget:
    """What is left of the time that the whole run may take."""

    def __init__(self, seconds: float | None) -> None:
        """Start the clock; None is no limit."""
        self._ends_at = None if seconds is None else perf_counter() + seconds

    def get_left(self) -> float | None:
        """Return the seconds left, 0 where there are none, None where there is no limit."""
        return None if self._ends_at is None else max(0.0, self._ends_at - perf_counter())


def measure(step: Step, budget: Budget, repeats: int = REPEATS) -> Figure:
    """Run a step in a child and return its figure; never raises for a step that fails."""
    left = budget.get_left()
    if left is not None and left <= 0:
        return Figure(missing="no time left")
    here, there = _FORK.Pipe(duplex=False)
    child = _FORK.Process(target=_run, args=(step, repeats, there))
    child.start()
    there.close()
    figure = Figure(missing="stopped: out of time")
    if here.poll(left):
        try:
            figure = here.recv()
        except EOFError:
            figure = Figure(missing="failed")
    else:
        child.kill()
    child.join()
    return figure


def run_apart(work: Callable[[], None]) -> None:
    """Run in a child what may leave memory or threads behind; raises RuntimeError if it fails."""
    child = _FORK.Process(target=work)
    child.start()
    child.join()
    if child.exitcode:
        raise RuntimeError(f"a child left with {child.exitcode}")


def _run(step: Step, repeats: int, answer: Connection) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_MAX, MEMORY_MAX))
    times: list[float] = []
    hops = None
    try:
        while len(times) < repeats and sum(times) < _REPEAT_SECONDS:
            started = perf_counter()
            hops = step()
            times.append(perf_counter() - started)
    except MemoryError:
        answer.send(Figure(missing=f"needs more than {MEMORY_MAX >> 30} GiB"))
        return
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # KiB on Linux
    answer.send(Figure(median(times), peak * 1024 // 1_000_000, hops))
