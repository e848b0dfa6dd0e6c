"""Passes over a data set, made on a cluster (the extra [cluster], docs/cluster.md)."""

from __future__ import annotations

from pathlib import Path

from fundtrace.api.dataset import Dataset, Progress
from fundtrace.cluster.access import Access
from fundtrace.cluster.engine import connect
from fundtrace.cluster.tracing import trace_rules
from fundtrace.errors import InvalidInputError
from fundtrace.model.kinds import Rule
from fundtrace.trace.kernel import prepare
from fundtrace.trace.result import Scope


def trace_on_cluster(  # noqa: PLR0913  what is asked, and where it is answered
    dataset: Dataset,
    rules: list[Rule],
    access: Access,
    *,
    work: Path | None = None,
    as_of: int | None = None,
    scope: Scope | None = None,
    progress: Progress | None = None,
) -> None:
    """Make the passes of conserving rules on a cluster; the data set answers from them then.

    ``work`` is a folder that client and workers see under the same path; without it, the
    cluster must be on this machine. Raises InvalidInputError where something is missing or
    amounts add up to 2^61 minor units, UnavailableError where the cluster does not answer.
    """
    if work is None and not access.is_loopback:
        raise InvalidInputError(
            f"the scheduler {access.address} is not on this machine; name a folder with --work "
            "that client and workers see under the same path"
        )
    with connect(access) as engine:
        try:
            prepared = prepare(dataset.get_input(as_of))
        except OverflowError as error:
            raise InvalidInputError(
                "the amounts add up to 2^61 minor units or more; one machine traces them (leave "
                "--cluster out)"
            ) from error
        passes = trace_rules(
            prepared, rules, scope or Scope(), engine, work=work, progress=progress
        )
    for result in passes.values():
        dataset.keep_pass(result, as_of)
