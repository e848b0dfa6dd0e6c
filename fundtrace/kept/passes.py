"""A kept pass: what ``trace.result.Pass`` asks for, read from mapped columns loan by loan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from fundtrace.kept.arrays import map_numbers, save_numbers
from fundtrace.kept.inputs import KeptInput
from fundtrace.kept.parquet import Column, map_columns, write_columns
from fundtrace.kept.statements import KINDS, RULES, StatementColumns, build_statement
from fundtrace.model.kinds import Rule
from fundtrace.model.tables import Int64s
from fundtrace.trace.columnar import ByRank, HopColumns
from fundtrace.trace.places import PlaceKey
from fundtrace.trace.result import Carried, HopRow, Pass, Scope


@dataclass(frozen=True, eq=False)
class KeptStatements:
    """The statements of all rules: rows of (loan, rule, kind) begin where ``starts`` says."""

    columns: StatementColumns
    rule: Any  # (n,) int32, position in RULES
    is_first_use: Any  # (n,) int32
    starts: Int64s
    details: Sequence[str]

    def find_rows(self, rank: int, rule: int, *, is_first_use: bool) -> slice:
        """Return the rows of one statement."""
        group = (rank * len(RULES) + rule) * len(KINDS) + is_first_use
        return slice(*self.starts[group : group + 2].tolist())

    def find_loan(self, rank: int) -> slice:
        """Return the rows of a loan under all rules."""
        step = len(RULES) * len(KINDS)
        return slice(int(self.starts[rank * step]), int(self.starts[(rank + 1) * step]))

    def build(self, rank: int, rule: int, *, is_first_use: bool) -> dict[PlaceKey, int]:
        """Return one statement as values."""
        rows = self.find_rows(rank, rule, is_first_use=is_first_use)
        columns: list[Any] = [column[rows] for column in self.columns]
        return build_statement(StatementColumns(*columns), self.details)


@dataclass(frozen=True, eq=False)
class KeptPass:
    """One rule's pass over all loans; loans are named by rank in loan order."""

    rule: Rule
    scope: Scope
    given: KeptInput
    hop_columns: HopColumns
    statements: KeptStatements
    unobserved_accounts: Any  # (n,) int32, rising
    unobserved_minor: Int64s  # of those accounts

    @cached_property
    def hops(self) -> Sequence[list[HopRow]]:
        """Return the hops of each loan in the order in which money left."""
        return ByRank(len(self.given.loans), self.hop_columns.build)

    @cached_property
    def rests(self) -> Sequence[Mapping[PlaceKey, int]]:
        """Return where each loan lies at the time asked."""
        return self._list_statements(is_first_use=False)

    @cached_property
    def first_uses(self) -> Sequence[Mapping[PlaceKey, int]]:
        """Return what each loan was first used for."""
        return self._list_statements(is_first_use=True)

    @cached_property
    def unobserved(self) -> dict[int, int]:
        """Return the units that accounts paid out and nobody saw arrive."""
        both = (self.unobserved_accounts.tolist(), self.unobserved_minor.tolist())
        return dict(zip(*both, strict=True))

    def list_carried(self, rank: int) -> Carried:
        """Return the hops of a loan as columns."""
        hops = self.hop_columns
        rows = slice(*hops.offsets[rank : rank + 2].tolist())
        return Carried(hops.row[rows], hops.depth[rows], hops.units[rows], hops.value[rows])

    def _list_statements(self, *, is_first_use: bool) -> ByRank[dict[PlaceKey, int]]:
        rule, build = RULES.index(self.rule), self.statements.build
        return ByRank(
            len(self.given.loans), lambda rank: build(rank, rule, is_first_use=is_first_use)
        )


def save_pass(folder: Path, result: Pass, hops: HopColumns) -> dict[str, list[Column]]:
    """Write hops and unseen money of a pass; return where the columns of each file lie."""
    rule = result.rule.value
    laid: dict[str, list[Column]] = {}
    table: dict[str, Any] = {
        "loan": hops.rank,
        "row": hops.row,
        "depth": hops.depth,
        "units": hops.units,
        "value": hops.value,
        "returned": hops.returned,
        "parents": np.diff(hops.parent_offsets).astype(np.int32),  # how many
    }
    laid[f"hops.{rule}"] = write_columns(folder / f"hops.{rule}.parquet", table)
    parents = {"parent": hops.parents}
    laid[f"parents.{rule}"] = write_columns(folder / f"parents.{rule}.parquet", parents)
    if hops.cells is not None:
        save_numbers(folder, f"chains.{rule}", hops.cells)
    save_numbers(folder, f"hops.{rule}.offsets", hops.offsets)
    save_numbers(folder, f"parents.{rule}.offsets", hops.parent_offsets)
    unseen = sorted(result.unobserved.items())
    accounts: dict[str, Any] = {
        "account": np.array([account for account, _ in unseen], dtype=np.int32),
        "minor": np.array([minor for _, minor in unseen], dtype=np.int64),
    }
    laid[f"unobserved.{rule}"] = write_columns(folder / f"unobserved.{rule}.parquet", accounts)
    return laid


def map_pass(
    folder: Path,
    laid: Mapping[str, Sequence[Column]],
    asked: tuple[Rule, Scope],
    given: KeptInput,
    statements: KeptStatements,
) -> KeptPass:
    """Return a pass that ``save_pass`` wrote."""
    rule = asked[0].value

    def read(name: str) -> dict[str, Any]:
        return map_columns(folder / f"{name}.{rule}.parquet", laid[f"{name}.{rule}"])

    hops, unseen = read("hops"), read("unobserved")
    has_chains = (folder / f"chains.{rule}.npy").exists()
    return KeptPass(
        *asked,
        given,
        HopColumns(
            offsets=map_numbers(folder, f"hops.{rule}.offsets"),
            **{name: hops[name] for name in ("row", "depth", "units", "value", "returned")},
            parent_offsets=map_numbers(folder, f"parents.{rule}.offsets"),
            parents=read("parents")["parent"],
            cells=map_numbers(folder, f"chains.{rule}") if has_chains else None,
        ),
        statements,
        unseen["account"],
        unseen["minor"],
    )
