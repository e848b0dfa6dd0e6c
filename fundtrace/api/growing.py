"""A data set to which movements are added: every answer is that of all rows so far.

For whoever gets movements day by day, or record by record: what is added runs from where
the passes stand and costs what it touches (docs/scaling.md). Answers are as of the last
booking; later credits of movements booked by then are in transit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from fundtrace.api.dataset import Dataset, parse_rules
from fundtrace.api.kept import Kept
from fundtrace.books.adding import AddingTables, Rows
from fundtrace.errors import InvalidInputError
from fundtrace.kept.state import load_state
from fundtrace.model.kinds import CONSERVING_RULES, DEFAULT_RULE, Rule
from fundtrace.trace.answer import build_trail
from fundtrace.trace.audit import list_loan_imbalances
from fundtrace.trace.extending import find_end
from fundtrace.trace.kernel import open_input
from fundtrace.trace.kernel.growing import GrowingPasses, Growth, Started
from fundtrace.trace.result import Scope
from fundtrace.trace.trail import Trail
from fundtrace.trace.view import View, limit_view


class GrowingDataset:
    """Passes of all loans under some rules, kept up to date in memory."""

    def __init__(
        self,
        dataset: Dataset,
        rules: Sequence[str | Rule] = CONSERVING_RULES,
        scope: Scope | None = None,
        kept: Kept | None = None,
    ) -> None:
        """Trace all loans once, or go on from what was kept of the same tables.

        ``kept`` was made with ``is_extendable``; the scope is then its own. Raises
        InvalidInputError for an unknown rule, where ``kept`` is of other tables, another time or
        version, or has no memory, and where all amounts together reach 2^61 minor units.
        """
        self._rules = parse_rules([str(rule) for rule in rules])
        self._scope = kept.manifest.scope if kept else scope or Scope()
        started = _read_states(dataset, kept, self._rules) if kept else {}
        self._tables = AddingTables(dataset.tables)
        try:
            given = open_input(dataset.tables, find_end(dataset.tables))
            self._passes = GrowingPasses(given, self._rules, self._scope, started)
        except OverflowError as error:
            raise InvalidInputError(f"{error}; such tables are traced, but cannot grow") from error

    @property
    def dataset(self) -> Dataset:
        """The tables with all rows so far, for everything that is asked anew."""
        return Dataset(self._tables.tables)

    def append(self, rows: Mapping[str, Rows], *, errors_max: int | None = 100) -> Growth:
        """Add rows of movements, accounts and loans, as CSV has them (docs/tables.md).

        Returns what that made necessary. Movements booked no later than the last one so far
        change what ran before: the loans they can reach are traced again. Raises
        BadTablesError with every bad row, and InvalidInputError where all amounts together
        reach 2^61 minor units; then nothing was added.
        """
        with self._tables.adding(rows, errors_max=errors_max) as tables:
            try:
                return self._passes.append(tables)
            except OverflowError as error:
                raise InvalidInputError(f"{error}; nothing was added") from error

    def restart(self) -> None:
        """Trace all loans anew, so that steps after early movements are cheap again."""
        self._passes.restart()

    def trace(
        self, loan: str, rule: str | Rule = DEFAULT_RULE, *, view: View | None = None
    ) -> Trail:
        """Return the trail of a loan under one of the rules, as ``Dataset.trace`` does.

        ``Trail.exposure`` is None: the upper bound is not kept up to date. The spread is over
        the rules that are. Raises NotFoundError, AmbiguousError, and InvalidInputError for a
        rule that is not kept up to date.
        """
        (chosen,) = parse_rules([str(rule)])
        if chosen not in self._rules:
            names = ", ".join(self._rules)
            raise InvalidInputError(f"rule {chosen} is not kept up to date here; ask for {names}")
        given = self._passes.given
        rank = given.table_positions.index(self.dataset.find_loan(loan))
        passes = {one: self._passes.get_pass(one) for one in self._rules}
        for result in passes.values():
            if imbalances := list_loan_imbalances(result, rank):
                raise AssertionError("; ".join(imbalances))
        trail = build_trail(given, rank, chosen, passes, {}, scope=self._scope)
        return limit_view(replace(trail, exposure=None), view or View())


def _read_states(dataset: Dataset, kept: Kept, rules: Sequence[Rule]) -> dict[Rule, Started]:
    """Return kept passes with their memory; raises InvalidInputError where they do not fit."""
    tables, manifest = dataset.tables, kept.manifest
    if manifest.snapshot != tables.snapshot or manifest.as_of != find_end(tables):
        raise InvalidInputError(
            f"{kept.folder} was kept of other tables or of another time; "
            "keep it again with is_extendable"
        )
    return {rule: Started(kept.get_pass(rule), load_state(kept.folder, rule)) for rule in rules}
