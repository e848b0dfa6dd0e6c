"""Groups of loans bundled into jobs of like size."""

from __future__ import annotations

import heapq
from typing import NamedTuple

import numpy as np

from fundtrace.model.tables import Int32s, Int64s


class Job(NamedTuple):
    """Some whole groups of loans."""

    ranks: Int64s  # sorted
    size: int  # events that they can reach, roughly


def bundle(groups: Int32s, sizes: Int64s, jobs_max: int) -> list[Job]:
    """Bundle groups into at most ``jobs_max`` jobs, the largest job first.

    ``groups`` names the group of each loan, ``sizes`` the events by loan. The largest group
    left always goes to the job that is smallest so far; a group is never split.
    """
    names, group_of = np.unique(groups, return_inverse=True)
    group_sizes = np.zeros(len(names), dtype=np.int64)
    np.add.at(group_sizes, group_of, sizes)
    job_of = np.zeros(len(names), dtype=np.int64)
    open_jobs = [(0, job) for job in range(min(jobs_max, len(names)))]
    for group in np.argsort(-group_sizes, kind="stable").tolist():
        size, job = heapq.heappop(open_jobs)
        job_of[group] = job
        heapq.heappush(open_jobs, (size + int(group_sizes[group]), job))
    found = [Job(np.flatnonzero(job_of[group_of] == job), size) for size, job in open_jobs]
    return sorted(found, key=lambda job: -job.size)
