"""A folder of movement tables, loaded once and asked many times.

``Dataset`` keeps the pass of every rule that it was asked for, so that the second question
about the same tables, time and scope costs only the selection. Asking never changes a pass.

Passes over many movements are made by the compiled kernel, others by the reference; both say
the same (tests/properties/test_kernels.py), so nobody who asks need know which it was.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from fundtrace.api.reach import Reached, list_reached
from fundtrace.books.tables import load_tables
from fundtrace.errors import AmbiguousError, InvalidInputError, NotFoundError
from fundtrace.model.instants import parse_instant, to_micros
from fundtrace.model.kinds import CONSERVING_RULES, DEFAULT_RULE, Rule, Use
from fundtrace.model.tables import Loan, Tables
from fundtrace.trace.answer import build_trail
from fundtrace.trace.audit import list_loan_imbalances
from fundtrace.trace.engine import trace_all
from fundtrace.trace.exposure import list_exposed_hops, list_exposed_ranks
from fundtrace.trace.inputs import TraceInput
from fundtrace.trace.result import HopRow, Pass, Scope
from fundtrace.trace.trail import Cut, Trail
from fundtrace.trace.view import View, limit_view

if TYPE_CHECKING:
    from fundtrace.trace.kernel import Prepared
    from fundtrace.trace.kernel.classing import ClassIndex
    from fundtrace.trace.kernel.reaching import ReachIndex

# LIMIT: from so many movements on the kernel makes the passes. Importing numba and loading
# compiled code costs 1.3 s; compiling, where nothing is cached yet, 34 s once. Six rules over
# 200,000 movements of a dense simulated world take the reference 99 s and the kernel 6 s, but
# over the 206,530 of the sparser AMLGentex data the reference only 12 s: not worth compiling.
KERNEL_MOVEMENTS_MIN = 250_000

_AS_OF_MIN, _AS_OF_MAX = parse_instant("1900-01-01"), parse_instant("2200-01-01")

AsOf = str | dt.date | int | None  # a datetime is a date
Progress = Callable[[Rule, int, int], None]  # rule, events done, events in all


def load_dataset(folder: str | os.PathLike[str], *, errors_max: int | None = None) -> Dataset:
    """Read a folder of movement tables; see ``fundtrace.load``."""
    return Dataset(load_tables(Path(folder), errors_max=errors_max))


class Dataset:
    """Movement tables and the passes made over them."""

    def __init__(self, tables: Tables) -> None:
        """Take checked tables; nothing is traced yet."""
        self.tables = tables
        self._inputs: dict[int | None, TraceInput] = {}
        self._prepared: dict[int | None, Prepared | None] = {}
        self._reach: dict[int | None, ReachIndex] = {}
        self._classes: dict[int | None, ClassIndex] = {}
        self._passes: dict[tuple[int | None, Rule, Scope], Pass] = {}

    @property
    def loan_ids(self) -> list[str]:
        """Return the ids of all loans in table order."""
        return [loan.loan_id for loan in self.tables.loans]

    def trace(
        self,
        loan: str,
        rule: str | Rule = DEFAULT_RULE,
        *,
        as_of: AsOf = None,
        scope: Scope | None = None,
        view: View | None = None,
    ) -> Trail:
        """Return the trail of a loan under a rule, with the spread over all of them.

        ``loan`` is a loan id, or a contract id with one drawdown. ``as_of`` is inclusive:
        an ISO 8601 text or a date (which includes that day), a time (Asia/Shanghai where it
        has no zone), or microseconds.
        ``scope`` ends following and changes amounts; ``view`` only hides hops and says so.
        Amounts in the answer are minor units. Raises NotFoundError, AmbiguousError, and
        InvalidInputError for an unknown rule or time. Source: docs/tracing.md.
        """
        chosen, at = parse_rule(rule), read_as_of(as_of)
        scope, view = scope or Scope(), view or View()
        given = self.get_input(at)
        rank = given.table_positions.index(self.find_loan(loan))
        deadline = None if view.seconds_max is None else monotonic() + view.seconds_max
        passes: dict[Rule, Pass] = {}
        if chosen is not Rule.EXPOSURE:
            passes[chosen] = self.get_pass(chosen, at, scope)
        late: list[str] = []
        for one in CONSERVING_RULES if passes else ():
            if deadline is not None and monotonic() > deadline and one not in passes:
                late.append(one)
            else:
                passes[one] = self.get_pass(one, at, scope)
        for result in passes.values():
            if imbalances := list_loan_imbalances(result, rank):
                raise AssertionError("; ".join(imbalances))
        exposed = self.expose(rank, at, scope, is_shown=chosen is Rule.EXPOSURE)
        trail = build_trail(given, rank, chosen, passes, exposed, scope=scope)
        if late:
            missing = Cut("budget_seconds", ", ".join(late), 0, 0)
            trail = replace(trail, cut=(missing,))
        return limit_view(trail, view)

    def reach(
        self, account: str, since: AsOf = None, until: AsOf = None, *, currency: str = ""
    ) -> list[Reached]:
        """Return where money that lay on an account at ``since`` can have come by ``until``.

        ``account`` is written ``bank/number``; ``currency`` is needed where it has several.
        Both times are inclusive and may be left out; a bare date begins, or ends, with its
        day. The account itself comes first, others in the order in which money first came.
        An upper bound without amounts; absorbing places are reached and nothing leaves them.
        Raises NotFoundError, AmbiguousError, and InvalidInputError for an unknown time.
        """
        begin = read_as_of(since, end_of_day=False)
        index = self._index_reach(None)
        return list_reached(
            self.get_input(), index, (account, currency), (begin, read_as_of(until))
        )

    def list_exposed_ranks(self, rows: Collection[int]) -> list[int]:
        """Return the loans, by rank, whose money any of the movements can have carried."""
        index = self._index_reach(None)
        if index is None:
            return list_exposed_ranks(self.get_input(), rows)
        from fundtrace.trace.kernel import exposing

        return exposing.list_exposed_ranks(index, rows)

    def expose(
        self, rank: int, as_of: int | None, scope: Scope, *, is_shown: bool
    ) -> Sequence[HopRow] | Mapping[Use, int]:
        """Return the exposed hops of a loan; by the kernel only their sums, unless shown."""
        index = self._index_reach(as_of)
        if index is None:
            return list_exposed_hops(self.get_input(as_of), rank, scope)
        from fundtrace.trace.kernel import classing, exposing

        if as_of not in self._classes:
            self._classes[as_of] = classing.index_classes(index.prepared)
        ask = exposing.list_exposed_hops if is_shown else exposing.sum_exposed
        return ask(index, self._classes[as_of], rank, scope)

    def _index_reach(self, as_of: int | None) -> ReachIndex | None:
        """Return the kernel's index of outgoing movements; None where the reference serves."""
        prepared = self._prepare(as_of)
        if prepared is not None and as_of not in self._reach:
            from fundtrace.trace.kernel.reaching import index_reach

            self._reach[as_of] = index_reach(prepared)
        return self._reach.get(as_of)

    def get_input(self, as_of: int | None = None) -> TraceInput:
        """Return what all passes up to an instant share."""
        if as_of not in self._inputs:
            self._inputs[as_of] = self._open_input(as_of)
        return self._inputs[as_of]

    def _open_input(self, as_of: int | None) -> TraceInput:
        if len(self.tables.movements) < KERNEL_MOVEMENTS_MIN:
            return TraceInput(self.tables, as_of)
        from fundtrace.trace.kernel import open_input  # imports numba

        return open_input(self.tables, as_of)

    def get_pass(
        self,
        rule: Rule,
        as_of: int | None = None,
        scope: Scope | None = None,
        progress: Progress | None = None,
    ) -> Pass:
        """Return the pass of all loans under one conserving rule, made when first asked for.

        ``progress`` hears of a pass by the kernel once, when it is done.
        """
        if rule is Rule.EXPOSURE:
            raise InvalidInputError("exposure takes nothing, so it has no pass; ask for a trail")
        key = (as_of, rule, scope or Scope())
        if key not in self._passes:
            self._passes[key] = self.make_pass(rule, as_of, scope or Scope(), progress)
        return self._passes[key]

    def keep_pass(self, result: Pass, as_of: int | None = None) -> None:
        """Take over a pass of these tables that was made elsewhere."""
        if result.given is not self.get_input(as_of):
            raise ValueError("the pass was made of other tables, or up to another time")
        self._passes[as_of, result.rule, result.scope] = result

    def make_pass(
        self, rule: Rule, as_of: int | None, scope: Scope, progress: Progress | None = None
    ) -> Pass:
        """Return a pass like ``get_pass``, but do not hold on to one that was not made yet."""
        if made := self._passes.get((as_of, rule, scope)):
            return made
        given = self.get_input(as_of)
        prepared = self._prepare(as_of)
        if prepared is None:
            report = (lambda done, total: progress(rule, done, total)) if progress else None
            return trace_all(given, rule, scope, report)
        from fundtrace.trace.kernel import run_prepared  # imports numba

        result = run_prepared(prepared, rule, scope)
        if progress:
            events = len(given.order)
            progress(rule, events, events)
        return result

    def _prepare(self, as_of: int | None) -> Prepared | None:
        """Return what the kernel's passes share; None where the reference has to make them."""
        if len(self.tables.movements) < KERNEL_MOVEMENTS_MIN:
            return None
        if as_of not in self._prepared:
            from fundtrace.trace.kernel import prepare  # imports numba

            try:
                self._prepared[as_of] = prepare(self.get_input(as_of))
            except OverflowError:  # amounts beyond 64 bits; the reference has no bound
                self._prepared[as_of] = None
        return self._prepared[as_of]

    def find_loan(self, loan: str) -> int:
        """Return the table position of a loan id, or of a contract's only drawdown."""
        loans = self.tables.loans
        for position, one in enumerate(loans):
            if one.loan_id == loan:
                return position
        fitting = [
            position for position, one in enumerate(loans) if loan and one.contract_id == loan
        ]
        return pick_drawdown(loans, loan, fitting)


def pick_drawdown(loans: Sequence[Loan], loan: str, fitting: list[int]) -> int:
    """Return the one position that a contract id fits; raises AmbiguousError, NotFoundError."""
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        ids = [loans[position].loan_id for position in fitting]
        raise AmbiguousError(
            f"contract {loan} has {len(ids)} drawdowns; ask for one of {', '.join(ids)}", ids
        )
    raise NotFoundError(f"no loan or contract {loan!r} here; {_name_some_loans(loans)}")


def _name_some_loans(loans: Sequence[Loan]) -> str:
    if not loans:
        return "the tables hold no loans"
    shown = ", ".join(one.loan_id for one in loans[:5])
    more = f" and {len(loans) - 5} more" if len(loans) > 5 else ""
    return f"the tables hold {shown}{more}"


def parse_rule(rule: str | Rule) -> Rule:
    """Return the rule of a name; raises InvalidInputError that lists them."""
    try:
        return Rule(rule)
    except ValueError:
        names = ", ".join(Rule)
        raise InvalidInputError(f"unknown rule {str(rule)!r}; use one of {names}") from None


def read_as_of(as_of: AsOf, *, end_of_day: bool = True) -> int | None:
    """Return an instant in microseconds: of a bare date its last one, or else its first."""
    if as_of is None or isinstance(as_of, int):
        return as_of
    if isinstance(as_of, dt.datetime):
        return to_micros(as_of)
    at = parse_instant(str(as_of), end_of_day=end_of_day)
    if not _AS_OF_MIN <= at < _AS_OF_MAX:
        raise InvalidInputError(f"{as_of} lies outside the years 1900 to 2199")
    return at


def parse_rules(names: Iterable[str]) -> list[Rule]:
    """Return the conserving rules named; ``all`` names every one of them."""
    rules: list[Rule] = []
    for name in names:
        rules += CONSERVING_RULES if name == "all" else [parse_rule(name)]
    return list(dict.fromkeys(rules))
