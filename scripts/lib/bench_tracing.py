"""Measure the tracer and print a Markdown table: see scripts/bench and docs/benchmarks.md.

Steps run one after the other, each in a child of its own, on worlds of one seed: simulated
ones (fundtrace.simulate) from Parquet, and synthetic ones in memory. Code is compiled
before the first figure. A ratio is of two figures of one run.

This process never reads a table: polars would start threads, which a fork does not carry
over, and a child that reads one would wait for them for ever.
"""

from __future__ import annotations

import argparse
import csv
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import NamedTuple

from bench_measure import Budget, Figure, measure, run_apart
from bench_world import draw_tables

from fundtrace.books.tables import load_tables
from fundtrace.model.kinds import Rule
from fundtrace.model.money import render_amount
from fundtrace.model.tables import Tables
from fundtrace.simulate.folder import write_world
from fundtrace.simulate.world import Size, build_world
from fundtrace.trace.engine import trace_all
from fundtrace.trace.inputs import TraceInput
from fundtrace.trace.kernel import (
    FifoIndex,
    Prepared,
    index_fifo,
    map_fifo,
    open_input,
    prepare,
    run_prepared,
)
from fundtrace.trace.result import Scope

SEED = 7
SCOPE = Scope(window_days=90, part_min_minor=100)  # 1.00 of CNY and USD, the loans' currencies
SIZES = (100_000, 1_000_000, 10_000_000)
SIMULATED_MAX, SPECIFIC_MAX, REFERENCE_MAX = 10_000_000, 1_000_000, 100_000
RULES = (
    *(Rule.FIFO, Rule.LIFO, Rule.OWN_FIRST, Rule.PROCEEDS_FIRST),
    *(Rule.SPECIFIC, Rule.PRO_RATA),  # the heaviest comes last
)
COLD_STARTS = 5
_LOAN = "W-001"


class Line(NamedTuple):
    """A row of the table."""

    world: str
    movements: int
    step: str
    figure: Figure
    reference: Figure | None = None


def main() -> None:
    """Measure, and print each row as soon as it is known."""
    asked = _read_arguments()
    budget = Budget(asked.seconds_max)
    print("\n".join(describe_machine(asked.date)))
    part = f"{render_amount(SCOPE.part_min_minor or 0, 'CNY')} per part"
    print(f"- Seed {SEED}, scope {SCOPE.window_days} days and {part}, hops written out in memory")
    print()
    _print_cold_starts()
    _warm_up()
    print(
        "| World | Movements | Step | Seconds | ns per movement | Peak MB | Hops | ns per hop "
        "| Reference, s | Kernel : reference |\n| --- |" + " ---: |" * 9
    )
    sizes = [size for size in SIZES if size <= asked.movements] or [asked.movements]
    with tempfile.TemporaryDirectory(prefix="fundtrace-bench-") as scratch:
        for size in sizes:
            if size <= SIMULATED_MAX:
                folder = Path(scratch) / str(size)
                run_apart(lambda at=folder, count=size: write_simulated(at, count))  # type: ignore[misc]
                run_apart(lambda at=folder: _measure_simulated(at, budget))  # type: ignore[misc]
    for size in sizes:
        run_apart(lambda count=size: _measure_synthetic(count, budget))  # type: ignore[misc]


def _read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench tracing", description=__doc__)
    parser.add_argument("--date", required=True, help="what the table is dated")
    parser.add_argument("--movements", type=int, default=SIZES[-1], help="of the largest world")
    parser.add_argument("--seconds-max", type=float, help="for all steps; the rest is left out")
    asked = parser.parse_args()
    if asked.movements < 10_000:
        parser.error("--movements: give 10000 or more")
    return asked


def describe_machine(date: str) -> Iterator[str]:
    """Say on what, and when, figures were measured."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    model = next((line.split(": ")[1] for line in lines if line.startswith("model name")), "?")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    load = os.getloadavg()[0]
    names = ("fundtrace", "numpy", "numba", "llvmlite", "polars")
    versions = ", ".join(f"{name} {version(name)}" for name in names)
    yield f"- Date: {date}"
    yield f"- Machine: {model}, {os.cpu_count()} cores, {memory:.0f} GB; load {load:.1f} at the start"
    yield f"- Versions: Python {platform.python_version()}, {versions}, Linux {platform.release()}"


def _print_cold_starts() -> None:
    command = str(Path(sys.executable).with_name("fundtrace"))
    with tempfile.TemporaryDirectory(prefix="fundtrace-bench-") as scratch:
        folder = Path(scratch) / "world"
        run_apart(lambda: write_simulated(folder, 10_000, "csv"))
        with (folder / "loans.csv").open(encoding="utf-8", newline="") as file:
            first_loan = next(csv.DictReader(file))["loan_id"]
        trail = (command, "trail")
        rows = {
            "`fundtrace --help`": (command, "--help"),
            "`fundtrace trail` on nodes/wenzhou": (*trail, _LOAN, "--data", "nodes/wenzhou"),
            "`fundtrace trail` on 10,000 simulated rows": (
                *(*trail, first_loan, "--data", str(folder)),
            ),
        }
        print(f"| Cold start, median of {COLD_STARTS} | Seconds | Least | Most |")
        print("| --- | ---: | ---: | ---: |")
        for name, words in rows.items():
            times = sorted(_time_command(words) for _ in range(COLD_STARTS))
            print(f"| {name} | {median(times):.2f} | {times[0]:.2f} | {times[-1]:.2f} |")
    print(flush=True)


def _time_command(words: tuple[str, ...]) -> float:
    started = perf_counter()
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)  # noqa: S603  # our own command
    return perf_counter() - started


def _warm_up() -> None:
    """Compile every rule, or load it from numba's cache."""
    prepared = prepare(open_input(draw_tables(5_000, SEED)))
    map_fifo(index_fifo(prepared), SCOPE)
    for rule in RULES:
        run_prepared(prepared, rule, SCOPE)


def write_simulated(folder: Path, movements: int, file_format: str = "parquet") -> None:
    """Write a simulated world of about so many movements."""
    size = Size.check(SEED, max(1_000, movements // 10), movements)
    write_world(build_world(size), folder, file_format=file_format)


def _measure_simulated(folder: Path, budget: Budget) -> None:
    def load() -> None:
        load_tables(folder)

    figure = measure(load, budget)
    tables = load_tables(folder)
    _print_line(Line("simulated", len(tables.movements), "load from Parquet", figure))
    _measure_tables("simulated", tables, budget)


def _measure_synthetic(movements: int, budget: Budget) -> None:
    if budget.get_left() == 0:
        print(f"\nNothing of {movements:,} synthetic movements: no time left.")
        return
    _measure_tables("synthetic", draw_tables(movements, SEED), budget)


def _measure_tables(world: str, tables: Tables, budget: Budget) -> None:
    count = len(tables.movements)

    def show(name: str, step: Callable[[], int | None], plain: Figure | None = None) -> None:
        _print_line(Line(world, count, name, measure(step, budget), plain))

    def prepare_all() -> None:
        prepare(open_input(tables))

    show("TraceInput and prepare", prepare_all)
    given = open_input(tables)
    prepared = prepare(given)

    def index() -> None:
        index_fifo(prepared)

    show("fifo index", index)
    kept = index_fifo(prepared)
    references = {
        rule: measure(_Reference(given, rule), budget, repeats=1)
        for rule in (RULES if count <= 2 * REFERENCE_MAX else ())
    }
    show("fifo by mapping", _Mapped(kept), references.get(Rule.FIFO))
    del kept
    for rule in RULES:
        if rule is Rule.SPECIFIC and count > 2 * SPECIFIC_MAX:
            continue
        show(rule.value, _Pass(prepared, rule), references.get(rule))


@dataclass(frozen=True)
class _Mapped:
    index: FifoIndex

    def __call__(self) -> int:
        return len(map_fifo(self.index, SCOPE).hop_columns)


@dataclass(frozen=True)
class _Pass:
    prepared: Prepared
    rule: Rule

    def __call__(self) -> int:
        return len(run_prepared(self.prepared, self.rule, SCOPE).hop_columns)


@dataclass(frozen=True)
class _Reference:
    given: TraceInput
    rule: Rule

    def __call__(self) -> int:
        return sum(len(hops) for hops in trace_all(self.given, self.rule, SCOPE).hops)


def _print_line(line: Line) -> None:
    figure, plain = line.figure, line.reference
    cells = [line.world, f"{line.movements:,}", line.step]
    if figure.missing:
        cells += [figure.missing, *[""] * 6]
    else:
        hops = figure.hops
        cells += [
            f"{figure.seconds:.3f}",
            f"{figure.seconds / line.movements * 1e9:,.0f}",
            f"{figure.peak_mb:,}",
            "" if hops is None else f"{hops:,}",
            f"{figure.seconds / hops * 1e9:,.0f}" if hops else "",
        ]
        is_known = plain is not None and not plain.missing
        cells += [
            f"{plain.seconds:.2f}" if plain and is_known else "",
            f"1 : {plain.seconds / figure.seconds:.0f}" if plain and is_known else "",
        ]
    print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
