"""Measure all sources at once and print a Markdown table: see scripts/bench.

120,000 synthetic movements between 20,000 accounts; opening balances are just enough, so
that no payment lacks money and every unit has a source. Each rule runs in a child of its
own; CPU seconds stand beside it since C code is timed by them. The figures of issue 3 for
the C code of "Provenance in Temporal Interaction Networks" (ICDE 2022) are quoted, not
measured: they are of other data.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from functools import partial
from time import process_time

import numpy as np
from bench_measure import Budget, measure
from bench_tracing import describe_machine
from bench_world import draw_tables

from fundtrace.model.kinds import Rule
from fundtrace.model.tables import Tables
from fundtrace.trace.inputs import TraceInput
from fundtrace.trace.kernel import prepare
from fundtrace.trace.kernel.preparing import Prepared
from fundtrace.trace.kernel.sources import SOURCE_RULES, trace_sources

SEED, MOVEMENTS, ACCOUNTS = 7, 120_000, 20_000
QUOTED = {Rule.FIFO: "0.092 s", Rule.LIFO: "0.081 s", Rule.PRO_RATA: "8.55 s, 337 MB"}
_MOVEMENTS_EACH = 10  # by account, of bench_world


def main() -> None:
    """Measure, and print each row as soon as it is known."""
    parser = argparse.ArgumentParser(prog="scripts/bench sources", description=__doc__)
    parser.add_argument("--date", required=True, help="what the table is dated")
    parser.add_argument("--graph", help="write the data here, for others' programs to read")
    asked = parser.parse_args()
    tables = draw_sources()
    if asked.graph:
        write_graph(tables, asked.graph)
    print("\n".join(describe_machine(asked.date)))
    print(f"- Seed {SEED}, {MOVEMENTS:,} movements, {ACCOUNTS:,} accounts, each a source\n")
    for rule in SOURCE_RULES:  # compiles
        trace_sources(prepare(TraceInput(draw_tables(5_000, SEED))), rule)
    prepared = prepare(TraceInput(tables))
    base = measure(lambda: None, Budget(None)).peak_mb
    print("| Rule | Seconds | CPU seconds | MB beyond the input | Rows | C code, quoted |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for rule in SOURCE_RULES:
        figure = measure(partial(_count_rows, prepared, rule), Budget(None))
        cpu = measure(partial(_time_cpu, prepared, rule), Budget(None), repeats=1)
        print(
            f"| {rule} | {figure.seconds:.4f} | {(cpu.hops or 0) / 1e6:.4f} "
            f"| {figure.peak_mb - base:,} | {figure.hops:,} | {QUOTED[rule]} |",
            flush=True,
        )


def draw_sources() -> Tables:
    """Draw the world: opening balances are what each account lacks at its lowest, at least 1."""
    tables = draw_tables(ACCOUNTS * _MOVEMENTS_EACH, SEED)
    moves = tables.movements
    first = slice(None, MOVEMENTS)
    moves = replace(
        moves,
        **{name: column[first] for name, column in vars(moves).items() if name != "texts"},
    )
    balance = [0] * ACCOUNTS
    lowest = [0] * ACCOUNTS
    columns = (moves.debit.tolist(), moves.credit.tolist(), moves.amount_minor.tolist())
    for debit, credit, amount in zip(*columns, strict=True):
        balance[debit] -= amount
        lowest[debit] = min(lowest[debit], balance[debit])
        balance[credit] += amount
    opening = np.maximum(1, -np.array(lowest, dtype=np.int64))
    accounts = replace(tables.accounts, opening_minor=opening)
    return replace(tables, accounts=accounts, movements=moves, loans=())


def write_graph(tables: Tables, path: str) -> None:
    """Write vertices, interactions, then (source, target, time, units), tab-separated.

    An opening balance is a first payment from a vertex of its own, numbered behind the
    accounts.
    """
    moves = tables.movements
    columns = (moves.debit.tolist(), moves.credit.tolist(), moves.amount_minor.tolist())
    opening = tables.accounts.opening_minor.tolist()
    rows = [(ACCOUNTS + account, account, units) for account, units in enumerate(opening)]
    rows += zip(*columns, strict=True)
    lines = [
        f"{source}\t{target}\t{at}\t{units}" for at, (source, target, units) in enumerate(rows)
    ]
    with open(path, "w", encoding="ascii") as file:  # noqa: PTH123  a plain path from a person
        file.write("\n".join([str(2 * ACCOUNTS), str(len(rows)), *lines, ""]))


def _count_rows(prepared: Prepared, rule: Rule) -> int:
    return len(trace_sources(prepared, rule).source)


def _time_cpu(prepared: Prepared, rule: Rule) -> int:
    """Return microseconds of processor time."""
    trace_sources(prepared, rule)
    started = process_time()
    trace_sources(prepared, rule)
    return round((process_time() - started) * 1e6)


if __name__ == "__main__":
    main()
