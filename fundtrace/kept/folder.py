"""A kept result as a folder: written as a whole or not at all, and opened."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from fundtrace.books.files import replace_folder
from fundtrace.errors import InvalidInputError
from fundtrace.kept.answers import Results, Sums
from fundtrace.kept.arrays import map_numbers, map_texts, save_numbers, save_texts
from fundtrace.kept.inputs import KeptInput, save_input
from fundtrace.kept.manifest import (
    Manifest,
    describe_damage,
    is_kept,
    read_manifest,
    write_manifest,
)
from fundtrace.kept.parquet import Column, map_columns, write_columns
from fundtrace.kept.passes import KeptStatements, map_pass, save_pass
from fundtrace.kept.statements import (
    RULES,
    StatementColumns,
    StatementWriter,
    get_hops,
    sort_by_loan,
)
from fundtrace.kept.tables import map_tables, save_tables
from fundtrace.kept.uses import USES, PlaceBook
from fundtrace.model.kinds import Rule
from fundtrace.trace.audit import list_imbalances
from fundtrace.trace.inputs import TraceInput
from fundtrace.trace.result import Pass, Scope
from fundtrace.trace.trail import Reached


class Keeper:
    """A folder being filled: every pass is given in turn, and nothing of it is held."""

    def __init__(self, folder: Path, given: TraceInput, scope: Scope, package: str) -> None:
        """Write what is no pass; ``package`` is the version of the package."""
        self.folder, self._given, self._scope = folder, given, scope
        self._package = package
        self._columns: dict[str, list[Column]] = {}
        self._writer = StatementWriter(PlaceBook(given))
        self._rules: list[Rule] = []
        self._exposure: Mapping[str, Any] | None = None
        self.kernel_stamp = ""
        save_tables(folder, given.tables)
        save_input(folder, given)

    def add_pass(self, result: Pass) -> None:
        """Write a pass, after the proof that it conserves.

        Raises AssertionError where it does not, which is our bug, and InvalidInputError where
        it does not fit into the format.
        """
        if imbalances := list_imbalances(result):
            raise AssertionError("; ".join(imbalances[:5]))
        try:
            hops = get_hops(result)
            self._columns |= save_pass(self.folder, result, hops)
            self._writer.add(result, hops)
        except OverflowError as error:
            raise InvalidInputError("amounts beyond 64 bits cannot be kept") from error
        self._rules.append(result.rule)

    def add_exposure(self, exposure: Iterable[tuple[Reached, ...]]) -> None:
        """Write the exposure of all loans, by rank."""
        rows = [
            (rank, USES.index(one.use), one.traced_minor)
            for rank, each in enumerate(exposure)
            for one in each
        ]
        table = np.array(rows, dtype=np.int64).reshape(-1, 3)
        self._exposure = {
            "loan": table[:, 0].astype(np.int32),
            "use": table[:, 1].astype(np.int32),
            "value": table[:, 2],
        }

    def finish(self) -> None:
        """Write the statements, and kept.json last."""
        if self._rules != list(RULES):
            raise ValueError("a kept result holds the passes of all conserving rules, in order")
        given, writer = self._given, self._writer
        loans = len(given.loans)
        self._write("statements", *writer.finish_statements(loans))
        save_texts(self.folder, "statements.details", writer.list_details())
        self._write("reached", *writer.finish_reached(loans))
        if self._exposure is not None:
            self._write("exposure", *sort_by_loan(self._exposure, loans))
        manifest = Manifest(
            package=self._package,
            snapshot=given.tables.snapshot,
            as_of=given.as_of,
            ends_at=given.ends_at,
            scope=self._scope,
            rules=tuple(rule.value for rule in self._rules),
            loans=loans,
            movements=len(given.tables.movements),
            has_exposure=self._exposure is not None,
            kernel_stamp=self.kernel_stamp,
            columns={name: tuple(laid) for name, laid in self._columns.items()},
        )
        write_manifest(self.folder, manifest)

    def _write(self, name: str, table: Mapping[str, Any], starts: Any) -> None:
        self._columns[name] = write_columns(self.folder / f"{name}.parquet", table)
        save_numbers(self.folder, f"{name}.starts", starts)


@contextlib.contextmanager
def write_kept(folder: Path, given: TraceInput, scope: Scope, package: str) -> Iterator[Keeper]:
    """Give a keeper to fill; at the end its folder stands in the place of ``folder``.

    A former kept result is replaced, and stays where anything fails. Raises
    InvalidInputError where the folder holds something else or cannot be written.
    """
    check_target(folder)
    with replace_folder(folder) as fresh:
        keeper = Keeper(fresh, given, scope, package)
        yield keeper
        keeper.finish()


def check_target(folder: Path) -> None:
    """Refuse a folder that holds anything but a kept result; raises InvalidInputError."""
    if not folder.exists():
        return
    if not folder.is_dir():
        raise InvalidInputError(f"{folder} is a file, not a folder")
    if any(folder.iterdir()) and not is_kept(folder):
        raise InvalidInputError(f"{folder} holds other files; name a new folder")


def open_results(folder: Path) -> tuple[Manifest, Results]:
    """Open a kept result; all of it is mapped, hardly anything read.

    Raises InvalidInputError for what is no kept result or of an unknown format, EncodingError
    for a damaged one.
    """
    manifest = read_manifest(folder)
    try:
        return manifest, _map_results(folder, manifest)
    except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
        raise describe_damage(folder, str(error)) from error


def _map_results(folder: Path, manifest: Manifest) -> Results:
    laid = manifest.columns
    tables = map_tables(folder, manifest.snapshot)
    given = KeptInput(folder, tables, manifest.as_of, manifest.ends_at)
    table = map_columns(folder / "statements.parquet", laid["statements"])
    statements = KeptStatements(
        StatementColumns(*(table[name] for name in StatementColumns._fields)),
        table["rule"],
        table["is_first_use"],
        map_numbers(folder, "statements.starts"),
        map_texts(folder, "statements.details"),
    )
    passes = {
        rule: map_pass(folder, laid, (rule, manifest.scope), given, statements)
        for rule in map(Rule, manifest.rules)
    }
    exposure = _map_sums(folder, laid, "exposure") if manifest.has_exposure else None
    return Results(given, passes, statements, _map_sums(folder, laid, "reached"), exposure)


def _map_sums(folder: Path, laid: Mapping[str, tuple[Column, ...]], name: str) -> Sums:
    columns = map_columns(folder / f"{name}.parquet", laid[name])
    return Sums(columns, map_numbers(folder, f"{name}.starts"))
