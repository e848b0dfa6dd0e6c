"""How long a step of passes that go on takes: the last movements of a world, added in steps.

    scripts/bench growing --date 2026-11-24 [--movements N] [--seconds-max S]

Prints a Markdown table. ``steps`` are the last rows of a world in time, 1,000 at a time;
``early`` is one movement two days before the last one, and the step after it.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from time import perf_counter

import numpy as np
from bench_measure import run_apart
from bench_tracing import SCOPE, SEED, describe_machine, write_simulated

from fundtrace.books.tables import load_tables
from fundtrace.model.growing import GrowingTables
from fundtrace.model.instants import DAY_MICROSECONDS
from fundtrace.model.kinds import CONSERVING_RULES, Rule
from fundtrace.model.tables import Accounts, Loan, Movements, Tables
from fundtrace.trace.extending import find_end
from fundtrace.trace.kernel import open_input
from fundtrace.trace.kernel.growing import GrowingPasses

STEP = 1_000
STEPS = 10


def main() -> None:
    """Measure each size in a process of its own."""
    parser = argparse.ArgumentParser(prog="scripts/bench growing", description=__doc__)
    parser.add_argument("--date", required=True, help="what the table is dated")
    parser.add_argument("--movements", type=int, default=1_000_000, help="of the largest world")
    asked = parser.parse_args()
    print("\n".join(describe_machine(asked.date)))
    print(f"- Seed {SEED}, scope {SCOPE.window_days} days and 1.00 per part; simulated worlds\n")
    print(
        "| Movements | Rules | First pass, s | Step of 1,000, ms, median | Most | One early movement, s | Loans traced again |"
    )
    print("| ---: | --- | ---: | ---: | ---: | ---: | ---: |")
    with tempfile.TemporaryDirectory(prefix="fundtrace-bench-") as scratch:
        for size in (100_000, 1_000_000, 10_000_000):
            if size <= asked.movements:
                folder = Path(scratch) / str(size)
                run_apart(lambda at=folder, count=size: write_simulated(at, count))  # type: ignore[misc]
                run_apart(lambda at=folder: measure_world(at))  # type: ignore[misc]


def measure_world(folder: Path) -> None:
    """Measure one world under one rule, and under all."""
    tables = sort_rows(load_tables(folder))
    for rules in ((Rule.PROCEEDS_FIRST,), CONSERVING_RULES):
        measure_rules(tables, rules)


def measure_rules(tables: Tables, rules: tuple[Rule, ...]) -> None:
    """Print one line of the table."""
    count = len(tables.movements)
    first = count - STEP * (STEPS + 1)
    begin = take_first(tables, first)
    growing = GrowingTables(begin)
    start = perf_counter()
    passes = GrowingPasses(open_input(begin, find_end(begin)), rules, SCOPE)
    first_pass = perf_counter() - start
    seconds = []
    for end in range(first + STEP, count + 1 - STEP, STEP):
        added = slice_rows(tables.movements, end - STEP, end)
        loans = list_loans(tables, end - STEP, end)
        grown = growing.append(added, no_accounts(tables.accounts), loans, str(end))
        start = perf_counter()
        passes.append(grown)
        seconds.append(perf_counter() - start)
    early = slice_rows(tables.movements, count - STEP, count - STEP + 1)
    at = early.booked_at - 2 * DAY_MICROSECONDS
    early = replace(early, booked_at=at, credit_booked_at=at)
    grown = growing.append(early, no_accounts(tables.accounts), (), "early")
    start = perf_counter()
    growth = passes.append(grown)
    late = perf_counter() - start
    names = rules[0].value if len(rules) == 1 else f"all {len(rules)}"
    again = max(growth.retraced.values(), default=0)
    median, most = statistics.median(seconds) * 1000, max(seconds) * 1000
    print(
        f"| {count:,} | {names} | {first_pass:.1f} | {median:.1f} | {most:.1f} | {late:.2f} | {again:,} |"
    )
    sys.stdout.flush()


def sort_rows(tables: Tables) -> Tables:
    """Refuse a world whose file is not in time order; simulated ones are."""
    if (np.diff(tables.movements.booked_at) < 0).any():
        raise SystemExit("the world's movements are not in time order")
    return tables


def take_first(tables: Tables, first: int) -> Tables:
    """Return the tables as they stood before the steps."""
    loans = tuple(loan for loan in tables.loans if loan.movement < first)
    movements = slice_rows(tables.movements, 0, first)
    return replace(tables, movements=movements, loans=loans, snapshot="0")


def list_loans(tables: Tables, start: int, end: int) -> tuple[Loan, ...]:
    """Return the loans that some movements pay out."""
    return tuple(loan for loan in tables.loans if start <= loan.movement < end)


def slice_rows(table: Movements, start: int, end: int) -> Movements:
    """Return some movements."""
    rows = {name: value[start:end] for name, value in vars(table).items() if name != "texts"}
    texts = {name: text[start:end] for name, text in table.texts.items()}
    return Movements(**rows, texts=texts)


def no_accounts(accounts: Accounts) -> Accounts:
    """Return no rows of accounts: the world names them all from the start."""
    return Accounts(**{name: value[:0] for name, value in vars(accounts).items()})


if __name__ == "__main__":
    main()
