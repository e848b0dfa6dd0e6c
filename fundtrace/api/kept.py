"""Passes made once and kept in a folder, and trails asked from there.

``keep`` writes the passes of all conserving rules over a data set, one after the other;
``open_kept`` opens them without loading the tables. A kept result answers for the time and
the scope that it was made under, and for the tables whose snapshot it bears.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from fundtrace import __version__
from fundtrace.api.dataset import AsOf, Dataset, Progress, parse_rule, pick_drawdown, read_as_of
from fundtrace.books.tables import hash_folder
from fundtrace.errors import InvalidInputError
from fundtrace.kept.answers import answer, list_exposure
from fundtrace.kept.folder import Keeper, check_target, open_results, write_kept
from fundtrace.kept.manifest import describe_damage
from fundtrace.kept.passes import KeptPass
from fundtrace.kept.registers import KeptLoans
from fundtrace.model.kinds import CONSERVING_RULES, DEFAULT_RULE, Rule
from fundtrace.model.tables import Loan
from fundtrace.trace.answer import build_exposure, build_trail
from fundtrace.trace.exposure import list_exposed_hops
from fundtrace.trace.extending import find_end
from fundtrace.trace.inputs import TraceInput
from fundtrace.trace.result import Scope
from fundtrace.trace.trail import Reached, Trail
from fundtrace.trace.view import View, limit_view


def keep(  # noqa: PLR0913  one per part of the question
    dataset: Dataset,
    folder: str | os.PathLike[str],
    *,
    as_of: AsOf = None,
    scope: Scope | None = None,
    with_exposure: bool = True,
    is_extendable: bool = False,
    progress: Progress | None = None,
) -> None:
    """Trace all loans under every conserving rule and keep the passes in a folder.

    ``with_exposure`` also keeps each loan's upper bound, which costs one search per loan.
    ``is_extendable`` also keeps the memory of each pass, for ``GrowingDataset`` to go on from;
    such a result is as of the last booking. A former kept result in the folder is replaced as a
    whole. Raises InvalidInputError where the folder holds something else or cannot be written.
    """
    target, at, scope = Path(folder), read_as_of(as_of), scope or Scope()
    if is_extendable:
        if at is not None:
            raise InvalidInputError("a result that can be extended is as of the last booking")
        at = find_end(dataset.tables)
    check_target(target)
    given = dataset.get_input(at)
    with write_kept(target, given, scope, __version__) as keeper:
        if is_extendable:
            _keep_states(keeper, given, scope)
        else:
            for rule in CONSERVING_RULES:
                keeper.add_pass(dataset.make_pass(rule, at, scope, progress))
        if with_exposure:
            keeper.add_exposure(_list_exposures(dataset, at, scope))


def open_kept(folder: str | os.PathLike[str]) -> Kept:
    """Open a kept result; see ``fundtrace.open_kept``."""
    return Kept(Path(folder))


class Kept:
    """A kept result: trails of its loans at once, without tables and without a pass."""

    def __init__(self, folder: Path) -> None:
        """Map the folder.

        Raises InvalidInputError for what is no kept result or of an unknown format,
        EncodingError for a damaged one.
        """
        self.folder = folder
        self.manifest, self._results = open_results(folder)

    @property
    def loan_ids(self) -> list[str]:
        """Return the ids of all loans in table order."""
        return list(self._loans.loan_ids)

    @property
    def loans(self) -> Sequence[Loan]:
        """Return the loans in table order."""
        return self._loans

    def trace(
        self, loan: str, rule: str | Rule = DEFAULT_RULE, *, view: View | None = None
    ) -> Trail:
        """Return the trail of a loan under a rule, as ``Dataset.trace`` does.

        Time and scope are the kept ones. Under a conserving rule only the loan's own rows are
        read; under exposure all movements are looked at. ``Trail.exposure`` is None where the
        result was kept without it. Raises NotFoundError, AmbiguousError, InvalidInputError for
        an unknown rule, and EncodingError where the folder is damaged.
        """
        chosen, results = parse_rule(rule), self._results
        rank = results.given.get_rank(self.find_loan(loan))
        try:
            if chosen is Rule.EXPOSURE:
                exposed = list_exposed_hops(results.given, rank, self.manifest.scope)
                trail = build_trail(
                    results.given, rank, chosen, {}, exposed, scope=self.manifest.scope
                )
            else:
                trail = answer(results, rank, chosen)
                trail = replace(trail, exposure=list_exposure(results, rank))
        except (IndexError, KeyError, ValueError, OverflowError) as error:
            raise describe_damage(self.folder, str(error)) from error
        return limit_view(trail, view or View())

    def get_pass(self, rule: Rule) -> KeptPass:
        """Return the pass of a conserving rule over all loans; raises InvalidInputError."""
        if rule is Rule.EXPOSURE:
            raise InvalidInputError("exposure takes nothing, so it has no pass; ask for a trail")
        return self._results.passes[rule]

    def find_loan(self, loan: str) -> int:
        """Return the table position of a loan id, or of a contract's only drawdown."""
        loans = self._loans
        position = loans.by_id.find_row(loan)
        if position is not None:
            return position
        return pick_drawdown(loans, loan, loans.by_contract.list_rows(loan) if loan else [])

    def check_tables(self, folder: Path) -> None:
        """Refuse to answer for tables that are not the kept ones; raises InvalidInputError."""
        if hash_folder(folder) != self.manifest.snapshot:
            raise InvalidInputError(
                f"the tables in {folder} have changed since {self.folder} was made; "
                f"run fundtrace trace --data {folder} --keep {self.folder} again"
            )

    @property
    def _loans(self) -> KeptLoans:
        loans = self._results.given.tables.loans
        if not isinstance(loans, KeptLoans):
            raise TypeError("a kept result has kept loans")
        return loans


def _keep_states(keeper: Keeper, given: TraceInput, scope: Scope) -> None:
    """Keep passes with their states, which only the kernel has."""
    from fundtrace.kept.state import save_state  # imports numba
    from fundtrace.trace.kernel import prepare
    from fundtrace.trace.kernel.growing import start_pass
    from fundtrace.trace.kernel.jit import STAMP

    try:
        prepared = prepare(given)
    except OverflowError as error:
        raise InvalidInputError(f"{error}; without its states it can be kept") from error
    keeper.kernel_stamp = STAMP
    for rule in CONSERVING_RULES:
        started = start_pass(prepared, given, rule, scope)
        save_state(keeper.folder, rule, started.state)
        keeper.add_pass(started.result)


def _list_exposures(
    dataset: Dataset, as_of: int | None, scope: Scope
) -> Iterator[tuple[Reached, ...]]:
    given = dataset.get_input(as_of)
    for rank in range(len(given.loans)):
        exposed = dataset.expose(rank, as_of, scope, is_shown=False)
        yield build_exposure(given, rank, exposed)
