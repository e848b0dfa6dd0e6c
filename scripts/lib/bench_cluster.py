"""Measure a cluster against one machine and print Markdown tables: see scripts/bench.

A scheduler and two workers of one thread each, all on this machine and without TLS, so that
the network costs nothing and the cores are shared with the client; a figure from here says
what the machinery costs and how far work is shared out, not what machines of a bank do. Both
sides make the same passes of one simulated world, and the cluster's are checked against
the others. Each figure is the least of three runs, the sides in turn: other work on the
machine only ever adds. Runs that compile are not counted.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, perf_counter, sleep
from typing import TypeVar

import numpy as np

from fundtrace.books.tables import load_tables
from fundtrace.cluster.access import Access
from fundtrace.cluster.engine import Engine, connect
from fundtrace.cluster.stage import open_stage
from fundtrace.cluster.tracing import trace_rules
from fundtrace.model.kinds import CONSERVING_RULES, Rule
from fundtrace.simulate.folder import write_world
from fundtrace.simulate.world import Size, build_world
from fundtrace.trace.inputs import TraceInput
from fundtrace.trace.kernel import Prepared, index_fifo, map_fifo, prepare, run_prepared
from fundtrace.trace.kernel.grouping import label_accounts, name_groups, reach_loans
from fundtrace.trace.kernel.passes import ColumnarPass
from fundtrace.trace.result import Scope

SEED, WORKERS, REPEATS = 7, 2, 3
HTTP = ("--dashboard-address", "127.0.0.1:0")  # else Dask serves status pages to everybody
QUESTIONS: dict[str, list[Rule]] = {
    "all six rules": list(CONSERVING_RULES),
    "fifo": [Rule.FIFO],
    "pro_rata": [Rule.PRO_RATA],
}
WINDOWS = (90, 5)  # days of scope; a short one lets loans fall apart
T = TypeVar("T")


def main() -> None:
    """Measure, and print each table as soon as it is known."""
    parser = argparse.ArgumentParser(prog="scripts/bench cluster", description=__doc__)
    parser.add_argument("--date", required=True, help="what the table is dated")
    parser.add_argument("--movements", type=int, default=1_000_000, help="of the world")
    asked = parser.parse_args()
    print(f"- Date: {asked.date}; {WORKERS} workers of one thread, seed {SEED}", flush=True)
    with tempfile.TemporaryDirectory(prefix="fundtrace-bench-") as scratch:
        warm = _prepare_world(Path(scratch) / "warm", 20_000)
        prepared = _prepare_world(Path(scratch) / "world", asked.movements)
        with _start_cluster(Path(scratch)) as access, connect(access) as engine:
            _wait_for(lambda: engine.thread_count == WORKERS)
            rules = QUESTIONS["all six rules"]
            for _ in range(2):  # so that each worker has compiled
                trace_rules(warm, rules, Scope(), engine, rows_max=2_000)
            _trace_here(warm, rules, Scope())
            for window in WINDOWS:
                _measure(prepared, Scope(window_days=window), engine)


def _prepare_world(folder: Path, movements: int) -> Prepared:
    size = Size.check(SEED, max(1_000, movements // 10), movements)
    write_world(build_world(size), folder, file_format="parquet")
    return prepare(TraceInput(load_tables(folder)))


@contextmanager
def _start_cluster(folder: Path) -> Iterator[Access]:
    """Start processes on loopback and end them."""
    dask, place = str(Path(sys.executable).with_name("dask")), folder / "scheduler.json"
    here = ("--no-dashboard", *HTTP, "--scheduler-file", str(place), "--host", "tcp://127.0.0.1")
    alone = ("--nthreads", "1", "--no-nanny", "--death-timeout", "30")
    work = ("--local-directory", str(folder / "workers"))
    commands: list[tuple[str, ...]] = [(dask, "scheduler", *here, "--port", "0")]
    commands += [(dask, "worker", *here, *alone, *work)] * WORKERS
    processes = []
    try:
        with (folder / "dask.log").open("wb") as log:
            for words in commands:
                processes.append(subprocess.Popen(words, stdout=log, stderr=log))  # noqa: S603  # ours
                _wait_for(place.exists)
        yield Access(json.loads(place.read_text(encoding="utf-8"))["address"], is_insecure=True)
    finally:
        for process in reversed(processes):
            process.kill()
        for process in processes:
            process.wait(30)


def _wait_for(is_so: Callable[[], bool], seconds: float = 60) -> None:
    deadline = monotonic() + seconds
    while not is_so():
        if monotonic() > deadline:
            raise TimeoutError("the workers did not come")
        sleep(0.1)


def _measure(prepared: Prepared, scope: Scope, engine: Engine) -> None:
    _print_groups(prepared, scope)
    seconds, index = _time(lambda: index_fifo(prepared))

    def stage() -> None:
        with open_stage(index, None):
            pass

    staged, _ = _time(stage)
    print(f"Index {seconds:.2f} s and stage {staged:.2f} s, which the cluster's figures include.\n")
    print("| Passes | One machine, s | Cluster, s | Cluster : one machine |")
    print("| --- | ---: | ---: | ---: |")
    for name, rules in QUESTIONS.items():
        here, there = [], []
        for _ in range(REPEATS):
            seconds, expected = _time(lambda chosen=rules: _trace_here(prepared, chosen, scope))  # type: ignore[misc]
            here.append(seconds)
            seconds, found = _time(
                lambda chosen=rules: trace_rules(prepared, chosen, scope, engine)  # type: ignore[misc]
            )
            there.append(seconds)
        _check(found, expected)
        alone, together = min(here), min(there)
        print(f"| {name} | {alone:.2f} | {together:.2f} | {together / alone:.2f} |", flush=True)
    print(flush=True)


def _print_groups(prepared: Prepared, scope: Scope) -> None:
    reach = reach_loans(prepared, scope)
    loans = np.bincount(name_groups(reach))
    columns, labels = prepared.columns, label_accounts(reach)
    rows = columns.events[columns.events >= 0] >> 1
    label = np.maximum(labels[columns.debit[rows]], labels[columns.credit[rows]])
    events = np.bincount(label[label >= 0], minlength=1)
    print(
        f"\nWithin {scope.window_days} days, {loans.sum():,} loans over {len(columns.flags):,} "
        f"movements fall into {(loans > 0).sum():,} groups. The largest has {loans.max():,} loans "
        f"and reaches {events.max() / len(rows):.0%} of all events, all together reach "
        f"{events.sum() / len(rows):.0%}.",
        flush=True,
    )


def _trace_here(prepared: Prepared, rules: list[Rule], scope: Scope) -> dict[Rule, ColumnarPass]:
    """Make the passes one after the other, fifo by mapping."""
    return {
        rule: map_fifo(index_fifo(prepared), scope)
        if rule is Rule.FIFO
        else run_prepared(prepared, rule, scope)
        for rule in rules
    }


def _check(found: dict[Rule, ColumnarPass], expected: dict[Rule, ColumnarPass]) -> None:
    for rule, one in expected.items():
        for name in ("offsets", "row", "depth", "units", "value", "returned"):
            columns = (getattr(x.hop_columns, name) for x in (found[rule], one))
            if not np.array_equal(*columns):
                raise AssertionError(f"{rule}: {name} differ")
        if not np.array_equal(found[rule].rest_columns.value, one.rest_columns.value):
            raise AssertionError(f"{rule}: rests differ")


def _time(work: Callable[[], T]) -> tuple[float, T]:
    started = perf_counter()
    result = work()
    return perf_counter() - started, result


if __name__ == "__main__":
    main()
