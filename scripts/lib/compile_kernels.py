"""Compile the kernels once, so that tests that run beside each other find them compiled."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from fundtrace.books.tables import load_tables
from fundtrace.model.kinds import CONSERVING_RULES, Rule
from fundtrace.trace.extending import find_end
from fundtrace.trace.kernel import index_fifo, map_fifo, open_input, prepare, run_prepared
from fundtrace.trace.kernel.classing import index_classes
from fundtrace.trace.kernel.exposing import list_exposed_hops, sum_exposed
from fundtrace.trace.kernel.growing import GrowingPasses
from fundtrace.trace.kernel.parts import cut_part, run_part
from fundtrace.trace.kernel.reaching import index_reach, reach_forward
from fundtrace.trace.result import Scope

DATA = Path(__file__).parents[2] / "nodes" / "wenzhou"


def main() -> None:
    """Run every kernel once on the demonstration data."""
    tables = load_tables(DATA)
    given, scope = open_input(tables), Scope()
    prepared = prepare(given)
    map_fifo(index_fifo(prepared))
    everything = np.ones(len(given.loans), dtype=np.bool_)
    for rule in CONSERVING_RULES:
        run_prepared(prepared, rule, scope)
    run_part(cut_part(prepared, everything, scope), Rule.FIFO, scope)
    reach, classes = index_reach(prepared), index_classes(prepared)
    reach_forward(reach, given.loans[0].account_id, given.loans[0].disbursed_at)
    sum_exposed(reach, classes, 0, scope)
    list_exposed_hops(reach, classes, 0, scope)
    passes = GrowingPasses(open_input(tables, find_end(tables)), (Rule.FIFO,), scope)
    passes.append(tables)


if __name__ == "__main__":
    main()
