"""Groups of loans bundled into jobs."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fundtrace.cluster.jobs import bundle

LOANS = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 50)), max_size=20)


@given(loans=LOANS, jobs_max=st.integers(1, 5))
def test_every_loan_is_in_one_job_with_all_of_its_group(loans, jobs_max):
    groups = np.array([group for group, _ in loans], dtype=np.int32)
    sizes = np.array([size for _, size in loans], dtype=np.int64)
    jobs = bundle(groups, sizes, jobs_max)
    assert len(jobs) == min(jobs_max, len(set(groups.tolist())))
    assert sorted(rank for job in jobs for rank in job.ranks.tolist()) == list(range(len(loans)))
    assert [job.size for job in jobs] == [int(sizes[job.ranks].sum()) for job in jobs]
    assert [job.size for job in jobs] == sorted((job.size for job in jobs), reverse=True)
    for job in jobs:
        inside = set(groups[job.ranks].tolist())
        assert np.isin(groups, list(inside)).sum() == len(job.ranks)


def test_jobs_are_of_like_size_as_far_as_groups_allow():
    jobs = bundle(np.arange(6, dtype=np.int32), np.array([9, 1, 3, 2, 4, 5]), 3)
    assert [job.size for job in jobs] == [9, 8, 7]
    assert [job.ranks.tolist() for job in jobs] == [[0], [1, 3, 5], [2, 4]]
