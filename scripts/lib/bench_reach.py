"""Measure forward reach against peers and print a Markdown table: see scripts/bench.

The same twenty questions (a loan's account, from its disbursement to the end of the data) on
the same simulated world. Each engine builds and answers in a child of its own, within a time
limit, and its answers are compared with ours. Building is what an engine needs once; our
input (TraceInput and prepare) is made before and given to all.
"""

from __future__ import annotations

import argparse
import multiprocessing
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from multiprocessing.connection import Connection
from pathlib import Path
from time import perf_counter

import bench_peers as peers
import numpy as np
from bench_measure import run_apart
from bench_peers import Ask, Edges, Ints
from bench_tracing import describe_machine

from fundtrace.books.tables import load_tables
from fundtrace.simulate.folder import write_world
from fundtrace.simulate.world import Size, build_world
from fundtrace.trace.inputs import TraceInput
from fundtrace.trace.kernel import prepare
from fundtrace.trace.kernel.preparing import Prepared
from fundtrace.trace.kernel.reaching import NEVER, find_event, index_reach, reach_forward

SEED, QUESTIONS = 7, 20
SIZES = (10_000, 100_000, 1_000_000)
PEERS: dict[str, tuple[Callable[[Edges], Ask], int]] = {  # and the largest world for it
    "rustworkx, time-expanded": (peers.build_rustworkx, SIZES[2]),
    "igraph, time-expanded": (peers.build_igraph, SIZES[2]),
    "networkx, time-expanded": (peers.build_networkx, SIZES[1]),
    "DuckDB, recursive, earliest arrival": (peers.build_duckdb, SIZES[2]),
    "SQLite, recursive, time-expanded": (peers.build_sqlite, SIZES[2]),
    "Raphtory, temporally reachable": (peers.build_raphtory, SIZES[1]),
    "igraph, static: wrong": (peers.build_static, SIZES[2]),
}
PACKAGES = ("rustworkx", "igraph", "networkx", "duckdb", "raphtory")
Answer = Callable[["Question"], Ints]
_FORK = multiprocessing.get_context("fork")


@dataclass(frozen=True)
class Question:
    """An account and an instant, and the position of the first event from then on."""

    account: int
    instant: int
    position: int


@dataclass(frozen=True)
class Run:
    """What an engine took, and its answers; ``missing`` says why there are none."""

    build_seconds: float = 0.0
    seconds: tuple[float, ...] = ()
    answers: tuple[Ints, ...] = ()
    missing: str = ""


def main() -> None:
    """Measure, and print each row as soon as it is known."""
    asked = _read_arguments()
    print("\n".join(describe_machine(asked.date)))
    names = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    print(f"- Peers: {names}; seed {SEED}, {QUESTIONS} questions, {asked.seconds_max:.0f} s each\n")
    print(
        "| Movements | Engine | Build, s | Query, median ms | p95 ms | Ours : engine "
        "| Accounts reached, median | Answers as ours |\n| ---: | --- |" + " ---: |" * 5 + " --- |"
    )
    with tempfile.TemporaryDirectory(prefix="fundtrace-bench-") as scratch:
        for size in (one for one in SIZES if one <= asked.movements):
            folder = Path(scratch) / str(size)
            run_apart(lambda at=folder, count=size: _write(at, count))  # type: ignore[misc]
            run_apart(lambda at=folder: _measure(at, asked.seconds_max))  # type: ignore[misc]


def _read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench reach", description=__doc__)
    parser.add_argument("--date", required=True, help="what the table is dated")
    parser.add_argument("--movements", type=int, default=SIZES[-1], help="of the largest world")
    parser.add_argument("--seconds-max", type=float, default=60, help="for each engine")
    return parser.parse_args()


def _write(folder: Path, movements: int) -> None:
    size = Size.check(SEED, max(1_000, movements // 10), movements)
    write_world(build_world(size), folder, file_format="parquet")


def _measure(folder: Path, seconds_max: float) -> None:
    prepared = prepare(TraceInput(load_tables(folder)))
    index = index_reach(prepared)
    questions = _draw_questions(prepared, index.loan_at)
    for one in questions:  # compiles both ways of following, or loads them
        reach_forward(index, one.account, one.instant)
    flows = index.outflows
    debit = np.repeat(np.arange(len(flows.offsets) - 1), np.diff(flows.offsets))
    kept = (flows.target >= 0) & (flows.arrival < NEVER)
    edges = Edges(
        debit[kept],
        flows.position[kept].astype(np.int64),
        flows.target[kept].astype(np.int64),
        flows.arrival[kept].astype(np.int64),
        len(prepared.end),
    )
    size = len(prepared.columns.flags)
    ours = _run_apart(lambda: _build_ours(prepared), questions, seconds_max)
    _print_run(size, "fundtrace", ours, ours)
    for name, (build, size_max) in PEERS.items():
        if size > 2 * size_max:
            run = Run(missing=f"not tried above {size_max:,}")
        else:
            run = _run_apart(partial(_adapt, build, edges), questions, seconds_max)
        _print_run(size, name, run, ours)


def _build_ours(prepared: Prepared) -> Answer:
    index = index_reach(prepared)
    return lambda one: reach_forward(index, one.account, one.instant).account.astype(np.int64)


def _adapt(build: Callable[[Edges], Ask], edges: Edges) -> Answer:
    ask = build(edges)
    return lambda one: ask(one.account, one.position)


def _draw_questions(prepared: Prepared, loan_at: Ints) -> list[Question]:
    loans = prepared.given.loans
    draws = np.random.default_rng(SEED)
    some = draws.choice(len(loans), min(QUESTIONS, len(loans)), replace=False).tolist()
    return [
        Question(
            loans[rank].account_id,
            loans[rank].disbursed_at,
            int(find_event(prepared.columns, loan_at, loans[rank].disbursed_at)),
        )
        for rank in some
    ]


def _run_apart(build: Callable[[], Answer], questions: list[Question], seconds_max: float) -> Run:
    """Build and ask in a child; one that takes too long is ended, and keeps its answers."""
    here, there = _FORK.Pipe(duplex=False)
    child = _FORK.Process(target=_answer, args=(build, questions, there))
    child.start()
    there.close()
    ends_at = perf_counter() + seconds_max
    parts: list[tuple[float, Ints]] = []
    try:
        while len(parts) <= len(questions) and here.poll(max(0.0, ends_at - perf_counter())):
            parts.append(here.recv())
    except EOFError:
        return Run(missing="failed")
    finally:
        child.kill()
        child.join()
    if len(parts) < 2:
        return Run(missing=f"{'no answer' if parts else 'not built'} within {seconds_max:.0f} s")
    answers = tuple(answer for _, answer in parts[1:])
    return Run(parts[0][0], tuple(seconds for seconds, _ in parts[1:]), answers)


def _answer(build: Callable[[], Answer], questions: list[Question], out: Connection) -> None:
    """Send what building took, then each answer and what it took."""
    started = perf_counter()
    ask = build()
    out.send((perf_counter() - started, np.zeros(0, dtype=np.int64)))
    for one in questions:
        started = perf_counter()
        found = ask(one)
        seconds = perf_counter() - started
        out.send((seconds, np.sort(found)))


def _print_run(size: int, name: str, run: Run, ours: Run) -> None:
    cells = [f"{size:,}", name]
    if run.missing:
        cells += [run.missing, *[""] * 5]
    else:
        middle, late = np.percentile(run.seconds, (50, 95)).tolist()
        ratio = middle / float(np.median(ours.seconds[: len(run.seconds)]))
        cells += [f"{run.build_seconds:.2f}", f"{middle * 1e3:,.2f}", f"{late * 1e3:,.2f}"]
        cells += [f"1 : {ratio:,.1f}", f"{np.median([len(one) for one in run.answers]):,.0f}"]
        cells.append(_compare(run, ours))
    print("| " + " | ".join(cells) + " |", flush=True)


def _compare(run: Run, ours: Run) -> str:
    pairs = list(zip(run.answers, ours.answers, strict=False))  # perhaps the first ones only
    if all(np.array_equal(one, other) for one, other in pairs):
        return f"{len(pairs)} of {len(ours.answers)} asked, all equal"
    more = [len(np.setdiff1d(one, other)) for one, other in pairs]
    fewer = [len(np.setdiff1d(other, one)) for one, other in pairs]
    return (
        f"{len(pairs)} of {len(ours.answers)} asked; "
        f"{np.median(more):,.0f} too many, {np.median(fewer):,.0f} too few (medians)"
    )


if __name__ == "__main__":
    main()
