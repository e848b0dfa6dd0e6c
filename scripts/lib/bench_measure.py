"""One step: how long it took, and the most memory that the process held meanwhile.

Steps run in the process that holds their input: polars keeps threads, and a process that forks
with threads hangs. The peak is that of the step alone, for Linux lets it be set back; it counts
the input. Worlds are measured each in a process of its own (``run_apart``), forked before polars
was used.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import NamedTuple

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
    """Run a step and return its figure; a step that has begun is not stopped."""
    if budget.get_left() == 0:
        return Figure(missing="no time left")
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # sets the peak back
    times: list[float] = []
    hops = None
    try:
        while len(times) < repeats and sum(times) < _REPEAT_SECONDS:
            started = perf_counter()
            hops = step()
            times.append(perf_counter() - started)
    except MemoryError:
        return Figure(missing="needs more memory than there is")
    return Figure(median(times), _read_peak() * 1024 // 1_000_000, hops)


def _read_peak() -> int:
    """Return the most memory that was resident, in KiB."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))


def run_apart(work: Callable[[], None]) -> None:
    """Run in a child what may leave memory or threads behind; raises RuntimeError if it fails."""
    child = _FORK.Process(target=work)
    child.start()
    child.join()
    if child.exitcode:
        raise RuntimeError(f"a child left with {child.exitcode}")
