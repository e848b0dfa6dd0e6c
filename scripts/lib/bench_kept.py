"""How long a trail takes from a kept result: 200 random loans, opening, size on disk.

The result is made here of a folder of tables, under a scope of 90 days, unless it is there
already. Every figure is of this machine; opening is measured in processes of their own.
"""

from __future__ import annotations

import argparse
import random
import statistics
import subprocess
import sys
from pathlib import Path
from time import perf_counter

import fundtrace
from fundtrace.model.kinds import Rule

LOANS, SEED = 200, 7
RULES = (Rule.PROCEEDS_FIRST, Rule.FIFO, Rule.PRO_RATA)
OPENINGS = 5

_OPEN = """
import sys, time
start = time.perf_counter()
import fundtrace
kept = fundtrace.open_kept(sys.argv[1])
opened = time.perf_counter()
kept.trace(sys.argv[2])
print(opened - start, time.perf_counter() - opened)
"""


def make(data: Path, kept: Path, scope: fundtrace.Scope, *, with_exposure: bool) -> list[str]:
    """Make the result, and say how long that took."""
    start = perf_counter()
    dataset = fundtrace.load(data)
    loaded = perf_counter()
    fundtrace.keep(dataset, kept, scope=scope, with_exposure=with_exposure)
    kept_in = perf_counter() - loaded
    exposure = "with" if with_exposure else "without"
    return [
        f"- tables loaded in {loaded - start:.1f} s",
        f"- traced under every rule and kept in {kept_in:.1f} s ({exposure} exposure)",
    ]


def measure_trails(folder: Path) -> list[str]:
    """Ask for the trails of random loans under some rules."""
    kept = fundtrace.open_kept(folder)
    chosen = random.Random(SEED)  # noqa: S311  # a draw that can be repeated
    loans = chosen.sample(kept.loan_ids, min(LOANS, len(kept.loan_ids)))
    lines = [
        "| Rule | median ms | p95 ms | max ms | first ms | hops (median) | rows (median) |",
        "| --- | --: | --: | --: | --: | --: | --: |",
    ]
    for rule in RULES:
        kept = fundtrace.open_kept(folder)
        times, hops, rows = [], [], []
        for loan in loans:
            start = perf_counter()
            trail = kept.trace(loan, rule)
            times.append(1000 * (perf_counter() - start))
            hops.append(len(trail.hops))
            rows.append(len(trail.rests) + len(trail.first_uses))
        p95 = statistics.quantiles(times, n=20)[-1]
        figures = (statistics.median(times), p95, max(times), times[0])
        shown = " | ".join(f"{one:.1f}" for one in figures)
        counts = f"{statistics.median(hops):.0f} | {statistics.median(rows):.0f}"
        lines.append(f"| {rule.value} | {shown} | {counts} |")
    return lines


def measure_opening(folder: Path) -> list[str]:
    """Open the result in new processes: imports, opening, and the first trail."""
    loan = fundtrace.open_kept(folder).loan_ids[0]
    times = []
    for _ in range(OPENINGS):
        command = [sys.executable, "-c", _OPEN, str(folder), loan]
        done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
        times.append([float(one) for one in done.stdout.split()])
    opening, first = (statistics.median(one) for one in zip(*times, strict=True))
    start = perf_counter()
    fundtrace.open_kept(folder)
    again = perf_counter() - start
    return [
        f"- new process: imports and opening {opening * 1000:.0f} ms",
        f"- its first trail {first * 1000:.0f} ms; opening alone {again * 1000:.0f} ms",
    ]


def measure_size(folder: Path) -> str:
    """Add up what lies on disk."""
    sizes = {path.name: path.stat().st_size for path in folder.rglob("*") if path.is_file()}
    results = sum(size for name, size in sizes.items() if name.endswith(".parquet"))
    return (
        f"- on disk {sum(sizes.values()) / 1e6:,.0f} MB in {len(sizes)} files, "
        f"of which results (Parquet) {results / 1e6:,.0f} MB"
    )


def main() -> None:
    """Make a result where there is none, measure it, print Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="folder of movement tables")
    parser.add_argument("kept", type=Path, help="folder of the kept result, made if absent")
    parser.add_argument("--days", type=int, default=90, help="scope window")
    parser.add_argument("--exposure", action="store_true", help="keep exposure as well")
    options = parser.parse_args()
    lines = []
    if not options.kept.exists():
        scope = fundtrace.Scope(window_days=options.days, part_min_minor=100)
        lines += make(options.data, options.kept, scope, with_exposure=options.exposure)
    manifest = fundtrace.open_kept(options.kept).manifest
    print(f"{manifest.movements:,} movements, {manifest.loans:,} loans, scope {manifest.scope}\n")
    lines += [measure_size(options.kept), *measure_opening(options.kept), ""]
    print("\n".join([*lines, *measure_trails(options.kept)]))


if __name__ == "__main__":
    main()
