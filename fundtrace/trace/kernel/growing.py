"""Passes that go on: movements are added, and only what they can change runs.

A pass made to go on keeps its state (``open_state``, ``is_open``). Movements behind all
that ran before run from there, and cost what they touch. Movements that come early, and
returns of movements that ran when nobody asked what they brought, change what ran before:
the loans that they can reach are traced again (``retracing``), and from then on with every
step, for the state knows nothing of the change. ``restart`` makes everything anew, and
steps are cheap again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from fundtrace.model.growing import GrowingArray
from fundtrace.model.kinds import MovementKind, Rule
from fundtrace.model.tables import MOVEMENT_KINDS, NO_ROW, Int8s, Int32s, Int64s, Movements, Tables
from fundtrace.trace.extending import GrowingInput, Step
from fundtrace.trace.inputs import TraceInput
from fundtrace.trace.kernel import layout as at
from fundtrace.trace.kernel.axes import index_fifo
from fundtrace.trace.kernel.driving import Driver, Written, build_pass
from fundtrace.trace.kernel.enlarging import add_accounts, keep_lots, make_room
from fundtrace.trace.kernel.grown import GrownPass
from fundtrace.trace.kernel.layout import Columns, State, UInt8s, make_columns
from fundtrace.trace.kernel.preparing import (
    AccountFacts,
    Basis,
    list_loans,
    list_reasons,
    number_holders,
    number_keys,
    open_state,
    prepare,
    set_windows,
)
from fundtrace.trace.kernel.retracing import Changes, retrace
from fundtrace.trace.kernel.walking import find_standing, open_input
from fundtrace.trace.result import Pass, Scope
from fundtrace.trace.units import find_places


class Started(NamedTuple):
    """A pass made to go on, and the state in which it ended."""

    result: Pass
    state: State


class Growth(NamedTuple):
    """What a step did."""

    movements: int  # added
    accounts_changed: int  # before what ran already: by early movements, or a first balance
    retraced: Mapping[Rule, int]  # how many loans were traced again, by rule
    is_restart: bool  # everything was traced anew


def start_pass(basis: Basis, given: TraceInput, rule: Rule, scope: Scope) -> Started:
    """Run a rule over everything, so that it can go on."""
    driver = Driver(basis, rule, scope, state=open_state(basis, rule, scope, is_open=True))
    return Started(build_pass(given, (rule, scope), driver.write()), driver.state)


class _Work(NamedTuple):
    """What a step asks of every rule."""

    step: Step
    columns: Columns
    reopened: Int64s  # movements whose return nobody expected when they ran
    known_loans: int


@dataclass(eq=False)
class _Going:
    """One rule's pass under way."""

    driver: Driver
    result: GrownPass
    changes: Changes


class GrowingPasses:
    """All loans under some rules, over tables that take further movements."""

    def __init__(
        self,
        given: TraceInput,
        rules: Iterable[Rule],
        scope: Scope | None = None,
        started: Mapping[Rule, Started] | None = None,
    ) -> None:
        """Begin with an input that stands at its last booking (``extending.find_end``).

        Passes not ``started`` are made here.

        Raises OverflowError like ``prepare``.
        """
        self._rules, self._scope = tuple(rules), scope or Scope()
        self._input = GrowingInput(given, open_input, find_standing)
        self._begin(started or {})

    @property
    def given(self) -> TraceInput:
        """The input as it is now."""
        return self._input.given

    def get_pass(self, rule: Rule) -> GrownPass:
        """Return what a rule says now."""
        return self._going[rule].result

    def append(self, tables: Tables) -> Growth:
        """Go on with tables that begin with the rows of those so far (``GrowingTables``).

        Raises OverflowError beyond the bound of ``prepare``; then nothing has changed.
        """
        before = self.given
        step = self._input.extend(tables)
        count = len(tables.movements) - len(before.tables.movements)
        if step.is_restart:
            self._begin({})
            return Growth(count, len(step.changed), {}, is_restart=True)
        columns, reopened = self._add_rows(before, step)
        self._make_room(before, step, columns)
        work = _Work(step, columns, reopened, len(before.loans))
        for going in self._going.values():
            changed = self._run(going, work)
            going.changes.note(
                going.result, {*step.changed, *changed}, reopened, len(columns.flags)
            )
        return Growth(count, len(step.changed), self._retrace(), is_restart=False)

    def restart(self) -> None:
        """Trace everything anew, so that the next steps are cheap again."""
        self._input = GrowingInput(self.given, open_input, find_standing)
        self._begin({})

    def _begin(self, started: Mapping[Rule, Started]) -> None:
        given = self.given
        self._basis: Basis = prepare(given)
        columns = self._basis.columns
        self._flags, self._reason = GrowingArray(columns.flags), GrowingArray(columns.reason)
        self._reversed = GrowingArray(columns.reversed_rows[:, 0])
        self._end = GrowingArray(self._basis.end[:-1])
        self._number_loans()
        self._going: dict[Rule, _Going] = {}
        for rule in self._rules:
            one = started.get(rule) or start_pass(self._basis, given, rule, self._scope)
            driver = Driver(self._basis, rule, self._scope, state=one.state)
            unobserved = one.state.unobserved[: len(given.tables.accounts)]
            result = GrownPass(rule, self._scope, given, one.result, unobserved)
            self._going[rule] = _Going(driver, result, Changes())

    def _number_loans(self) -> None:
        """Note by which numbers the state knows the loans' accounts and holders."""
        self._keys: dict[tuple[str, str], int] = {}
        self._holders: dict[str, int] = {}
        for loan in self.given.loans:
            self._keys.setdefault((loan.bank, loan.account), len(self._keys))
            if loan.holder_id:
                self._holders.setdefault(loan.holder_id, len(self._holders))

    # --- what a step adds to what all rules read ------------------------------------------

    def _add_rows(self, before: TraceInput, step: Step) -> tuple[Columns, Int64s]:
        """Return the columns for the step's events, and rows that it returns unexpectedly."""
        movements, first = step.given.tables.movements, len(before.tables.movements)
        self._end.extend(step.given.places.account_ends[len(self._end) :])
        self._flags.extend(_flag_rows(step.given, first))
        self._reason.extend(self._list_reasons(step, first))
        rows = np.unique(step.units >> 1).astype(np.int64)
        early = np.setdiff1d(np.arange(first, len(movements)), rows)  # they do not run
        asked, missed = (_list_originals(movements, one) for one in (rows, early))
        original = np.union1d(asked, missed)
        is_new = (original >= first) & np.isin(original, rows) & ~np.isin(original, missed)
        new = original[is_new]
        self._flags.values[new] |= at.IS_REVERSED
        known = np.isin(original, self._reversed.values) & ~np.isin(original, missed)
        self._reversed.extend(new)
        flags = self._flags.values
        drawn, payees = _list_payouts(step, len(before.loans)), _list_payees(step.given, rows)
        flags[drawn[:, 0]] |= at.HAS_LOANS
        flags[payees[:, 0]] |= at.HAS_PAYEE
        columns = make_columns(
            events=_list_events(step, len(before.loans)),
            flags=flags,
            debit=movements.debit,
            credit=movements.credit,
            amount=movements.amount_minor,
            credited=movements.credit_minor,
            booked_at=movements.booked_at,
            credited_at=movements.credit_booked_at,
            reverses=movements.reverses,
            reason=self._reason.values,
            drawn=drawn,
            payees=payees,
            reversed_rows=self._reversed.values.reshape(-1, 1),
        )
        return columns, original[~is_new & ~known]

    def _list_reasons(self, step: Step, first: int) -> Int8s:
        if step.tail is None:
            end = np.append(self._end.values, np.int8(at.OUTSIDE_END))
            return list_reasons(step.given, end)[first:]
        end = np.append(self._end.values[step.tail_accounts], np.int8(at.OUTSIDE_END))
        return list_reasons(step.tail, end)[: len(step.given.tables.movements) - first]

    def _make_room(self, before: TraceInput, step: Step, columns: Columns) -> None:
        """Let every state know the step's accounts, movements, returns and loans."""
        given = step.given
        accounts, known = len(given.tables.accounts), len(before.tables.accounts)
        opened = np.arange(known, accounts)
        if step.opened is not None:
            opened = np.union1d(step.opened, opened)
        has_loans = len(given.loans) > len(before.loans)
        facts = self._list_facts(given, opened)
        new_loans = _open_new_loans(given, len(before.loans), self._scope) if has_loans else None
        first = len(before.tables.movements)
        returned = columns.reversed_rows[columns.reversed_rows[:, 0] >= first, 0]
        returned = columns.credit[returned]
        sizes = (accounts, len(columns.flags), len(columns.reversed_rows))
        for going in self._going.values():
            state = make_room(going.driver.state, *sizes)
            add_accounts(state, opened, facts)
            keep_lots(state, returned[returned >= 0])
            if new_loans is not None:
                keys, holders = number_keys(given)[0], number_holders(given)[0]
                state.acc[:accounts, at.KEY], state.acc[:accounts, at.HOLDER] = keys, holders
                state = state._replace(loans=np.concatenate([state.loans, new_loans]))
            going.driver.state = state
        if has_loans:
            self._number_loans()

    def _list_facts(self, given: TraceInput, accounts: Int64s) -> AccountFacts:
        table, rows = given.tables.accounts, accounts.tolist()
        keys = [self._keys.get((table.bank[row], table.account[row]), at.NONE) for row in rows]
        holds = given.places.list_holding_accounts()
        holders = [
            self._holders.get(table.holder_id[row], at.NONE) if holds[row] else at.NONE
            for row in rows
        ]
        return AccountFacts(
            self._end.values[accounts],
            np.array(given.opening_minor[accounts], dtype=np.int64),
            table.overdraft_limit_minor[accounts],
            np.array(keys, dtype=np.int64),
            np.array(holders, dtype=np.int64),
        )

    # --- one rule -------------------------------------------------------------------------

    def _run(self, going: _Going, work: _Work) -> set[int]:
        """Run the step's events; return the accounts whose returned money was not remembered."""
        driver, given, columns = going.driver, self.given, work.columns
        rows = columns.events[columns.events >= 0] >> 1
        ranks = -1 - columns.events[columns.events < 0]
        paid = np.array([given.loans[rank].account_id for rank in ranks], dtype=np.int64)
        touched = np.unique(np.concatenate([columns.debit[rows], columns.credit[rows], paid]))
        touched = touched[touched >= 0].astype(np.int64)
        driver.basis = replace(driver.basis, columns=columns, ends_at=given.ends_at)
        driver.drain()  # a first pass may have left something
        heads = driver.state.acc[:, at.TRACED_HEAD]
        asked = columns.credit[work.reopened]
        asked = asked[asked >= 0]
        changed = set(asked[heads[asked] >= 0].tolist())
        held = driver.list_held(touched, work.step.landing)
        held[:, at.G_VALUE] *= -1
        driver.state.n[at.EVENT] = 0
        driver.run(len(columns.events))
        portions, log = driver.drain()
        log = np.concatenate([held, log, driver.list_held(touched, work.step.pending)])
        cells = None
        if going.result.rule is Rule.PRO_RATA:
            cells = driver.state.cells[: int(driver.state.n[at.CELL_COUNT])]
        asked_for = (going.result.rule, self._scope)
        unobserved = driver.state.unobserved[: len(given.tables.accounts)]
        written = Written(portions, log, unobserved, cells)
        step = build_pass(given, asked_for, written, work.known_loans)
        going.result = going.result.with_step(given, step, unobserved)
        landed = columns.events[(columns.events >= 0) & (columns.events & 1 > 0)] >> 1
        arriving = np.concatenate([step.hop_columns.row, columns.drawn[:, 0], landed])
        arrived = np.concatenate([columns.credit[arriving], paid])
        return changed | set(np.intersect1d(asked, arrived).tolist())

    def _retrace(self) -> dict[Rule, int]:
        """Trace again what changed before what ran; return how many loans that are, by rule."""
        changed = {rule: one for rule, one in self._going.items() if one.changes}
        if not changed:
            return {}
        basis = prepare(self.given)
        unobserved = index_fifo(basis).unobserved
        for going in changed.values():
            again = retrace(basis, going.changes, going.result, unobserved)
            going.result = replace(going.result, again=again, unobserved_minor=unobserved)
        return {rule: len(going.result.again) for rule, going in changed.items()}


# --- what a step's movements are --------------------------------------------------------


def _flag_rows(given: TraceInput, first: int) -> UInt8s:
    """Return the flags that movements from ``first`` on have by themselves."""
    movements = given.tables.movements
    flags = np.zeros(len(movements) - first, dtype=np.uint8)
    flags[given.order.is_late[first:]] |= at.IS_LATE
    flags[movements.amount_minor[first:] != movements.credit_minor[first:]] |= at.CONVERTS
    flags[movements.reverses[first:] != NO_ROW] |= at.REVERSES
    flags[movements.kind[first:] == MOVEMENT_KINDS.index(MovementKind.FEE)] |= at.IS_FEE
    return flags


def _list_originals(movements: Movements, rows: Int64s) -> Int64s:
    """Return the movements that some movements return, sorted."""
    original = movements.reverses[rows].astype(np.int64)
    return np.unique(original[original != NO_ROW])


def _list_payouts(step: Step, known_loans: int) -> Int64s:
    """Return (row, rank, part), sorted, of what new loans' movements pay out."""
    loans = step.given.loans[known_loans:]
    rows = sorted({loan.movement for loan in loans if loan.movement != NO_ROW})
    paid = [(row, rank, part) for row in rows for rank, part in step.given.list_drawn(row)]
    return np.array(paid, dtype=np.int64).reshape(-1, 3)


def _list_payees(given: TraceInput, rows: Int64s) -> Int64s:
    """Return (row, rank), sorted, where a movement pays a declared payee in time."""
    booked_at = given.tables.movements.booked_at
    pairs = [
        (row, rank)
        for row in rows.tolist()
        for rank in given.list_declaring_loans(row, int(booked_at[row]))
    ]
    return np.array(pairs, dtype=np.int64).reshape(-1, 2)


def _list_events(step: Step, known_loans: int) -> Int32s:
    """Return the step's events: its units, and payouts of new loans that nothing books."""
    unbooked = [one for one in step.given.list_unbooked_disbursements() if one[1] >= known_loans]
    if not unbooked:
        return step.units
    instants = np.array([instant for instant, _ in unbooked], dtype=np.int64)
    places = find_places(step.given.tables.movements, step.units, instants)
    codes = np.insert(step.units, places, [-1 - rank for _, rank in unbooked])
    return codes.astype(np.int32)


def _open_new_loans(given: TraceInput, known: int, scope: Scope) -> Int64s:
    keys, holders = number_keys(given)[1], number_holders(given)[1]
    return set_windows(list_loans(given, keys, holders), scope)[known:]
