"""Rows that come later: checked like tables, against the tables that are there.

What is added is checked as tables of its own (``build_tables``), in which the movements that
it returns, and what was returned of them before, stand too; then its accounts and movements
get their ids in the whole. Nothing is added where any row is bad, or where whoever goes on
with the tables cannot take them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import polars as pl

from fundtrace.books.tables import build_tables
from fundtrace.errors import BadTablesError, InvalidInputError
from fundtrace.model.columns import pick_values, to_series
from fundtrace.model.growing import GrowingTables
from fundtrace.model.instants import render_instant
from fundtrace.model.money import render_amount
from fundtrace.model.problems import Problem
from fundtrace.model.tables import (
    MOVEMENT_KINDS,
    NO_ROW,
    OUTSIDE,
    Accounts,
    Int64s,
    Loan,
    Movements,
    Tables,
)

Rows = Sequence[Mapping[str, str]]
Key = tuple[str, str, str]  # bank, account, currency
ADDABLE = ("movements", "accounts", "loans")


@dataclass(frozen=True, eq=False)
class _Index:
    """Where texts stand in a column, by hash; equal hashes are told apart by the texts."""

    hashes: Int64s  # sorted, as they are kept
    rows: Int64s

    @classmethod
    def build(cls, texts: pl.Series, first: int = 0) -> _Index:
        hashes = _hash(texts)
        by = np.argsort(hashes, kind="stable")
        return cls(hashes[by], by + first)

    def list_rows(self, text: str) -> list[int]:
        wanted = _hash(pl.Series([text], dtype=pl.String))[0]
        start = int(np.searchsorted(self.hashes, wanted, "left"))
        end = int(np.searchsorted(self.hashes, wanted, "right"))
        found: list[int] = self.rows[start:end].tolist()
        return found


def _hash(texts: pl.Series) -> Int64s:
    return texts.cast(pl.String).hash(seed=0).reinterpret(signed=True).to_numpy()


class AddingTables:
    """Tables that take rows as their writers have them, and check each."""

    def __init__(self, tables: Tables) -> None:
        """Index the ids that are there; later ones join them."""
        self._growing = GrowingTables(tables)
        accounts, movements = tables.accounts, tables.movements
        self._ids = _Index.build(to_series(movements.movement_id))
        self._new_ids: dict[str, int] = {}
        self._keys = _Index.build(_join_keys(accounts))
        self._new_keys: dict[tuple[str, str], dict[str, int]] = {}
        self._loans = {loan.loan_id for loan in tables.loans}
        self._line = int(movements.line.max(initial=1))

    @property
    def tables(self) -> Tables:
        """The tables as they are now."""
        return self._growing.tables

    @contextmanager
    def adding(self, rows: Mapping[str, Rows], *, errors_max: int | None = 100) -> Iterator[Tables]:
        """Check rows of movements, accounts and loans, and add them while a block runs.

        The block is given the tables with them, and says by raising that it cannot take them.
        Columns are those of docs/tables.md. A return may name any movement there is, a loan
        only a movement of these rows. Raises BadTablesError with every bad row, and
        InvalidInputError for other tables. Whatever is raised, nothing was added.
        """
        before = self.tables
        part, known = self._check(rows, errors_max)
        ids, keys = self._number_accounts(part.accounts)
        tables = self._append(part, rows, ids, known)
        try:
            yield tables
        except BaseException:
            self._growing.take_back(before)
            raise
        first, end = len(before.movements), len(tables.movements)
        self._line += end - first
        names = pick_values(part.movements.movement_id, np.arange(end - first))
        self._new_ids.update(zip(names, range(first, end), strict=True))
        for number, key in enumerate(keys, len(before.accounts)):
            self._new_keys.setdefault(key[:2], {})[key[2]] = number
        self._loans.update(loan.loan_id for loan in part.loans)

    def _check(self, rows: Mapping[str, Rows], errors_max: int | None) -> tuple[Tables, list[int]]:
        """Return rows as tables, and the movements there are that stand behind the new ones."""
        if unknown := sorted(set(rows) - set(ADDABLE)):
            raise InvalidInputError(
                f"{', '.join(unknown)}: only {', '.join(ADDABLE)} can be added; "
                "for others load all tables again"
            )
        given = list(rows.get("movements", ()))
        known = self._list_known(given)
        known_rows = [self._render(row, set(known)) for row in known]
        part: dict[str, Rows] = {"movements": [*given, *known_rows]}
        part |= {name: rows[name] for name in ("accounts", "loans") if name in rows}
        problems = self._list_repeats(rows)
        try:
            checked = build_tables(part, errors_max=None)
        except BadTablesError as error:
            problems += error.problems
            checked = None
        if problems or checked is None:
            shown = sorted(set(problems))
            raise BadTablesError(shown[:errors_max] if errors_max else shown, len(shown))
        self._check_currencies(checked, given)
        return checked, known

    def _check_currencies(self, part: Tables, given: Rows) -> None:
        """Refuse accounts known in other currencies only: what is said of those may hold or not."""
        strange = set()
        if self.tables.has_accounts_table:
            for key, is_listed in zip(
                _list_keys(part.accounts), part.accounts.is_listed, strict=True
            ):
                there = {} if is_listed else self._list_accounts(key[:2])
                if there and key[2] not in there:
                    strange.add(key)
        problems = [
            Problem(
                "movements.csv",
                line,
                f"{side}_account",
                "is in the tables in other currencies only; add it to accounts too",
            )
            for line, row in enumerate(given, 2)
            for side in ("debit", "credit")
            if (
                row.get(f"{side}_bank", ""),
                row.get(f"{side}_account", ""),
                (row.get("credit_currency") if side == "credit" else "") or row.get("currency", ""),
            )
            in strange
        ]
        if problems:
            raise BadTablesError(problems)

    def _find_id(self, movement_id: str) -> int:
        row = self._new_ids.get(movement_id)
        if row is None:
            ids = self.tables.movements.movement_id
            found = (one for one in self._ids.list_rows(movement_id) if ids[one] == movement_id)
            row = next(found, NO_ROW)
        return row

    def _find_account(self, key: Key) -> int:
        return self._list_accounts(key[:2]).get(key[2], OUTSIDE)

    def _list_accounts(self, name: tuple[str, str]) -> dict[str, int]:
        """Return the ids by currency of all accounts of a bank and number."""
        accounts = self.tables.accounts
        found = {
            accounts.currency[one]: one
            for one in self._keys.list_rows("\0".join(name))
            if (accounts.bank[one], accounts.account[one]) == name
        }
        return found | self._new_keys.get(name, {})

    def _list_known(self, given: Rows) -> list[int]:
        """Return the movements there are that the rows return, and their earlier returns."""
        named = {row.get("reverses", "") for row in given} - {""}
        new = {row.get("movement_id", "") for row in given}
        originals = sorted({self._find_id(one) for one in named - new} - {NO_ROW})
        if not originals:
            return []
        reverses = self.tables.movements.reverses
        is_original = np.zeros(len(reverses) + 1, dtype=np.bool_)  # last: NO_ROW
        is_original[originals] = True
        # What they return themselves is left out (``_render``), so this ends here.
        return sorted({*originals, *np.flatnonzero(is_original[reverses]).tolist()})

    def _render(self, row: int, known: Collection[int]) -> dict[str, str]:
        """Return a movement there is as a row that was read; balances and texts left out."""
        movements, accounts = self.tables.movements, self.tables.accounts
        currency, credited = movements.currency[row], movements.credit_currency[row]
        original = int(movements.reverses[row])
        sides = {}
        for side, column in (("debit", movements.debit), ("credit", movements.credit)):
            account = int(column[row])
            is_inside = account != OUTSIDE
            sides[f"{side}_bank"] = accounts.bank[account] if is_inside else ""
            sides[f"{side}_account"] = accounts.account[account] if is_inside else ""
        is_converted = currency != credited
        return sides | {
            "movement_id": movements.movement_id[row],
            "booked_at": render_instant(int(movements.booked_at[row])),
            "credit_booked_at": render_instant(int(movements.credit_booked_at[row])),
            "amount": render_amount(int(movements.amount_minor[row]), currency, grouping=False),
            "currency": currency,
            "credit_currency": credited if is_converted else "",
            "credit_amount": render_amount(
                int(movements.credit_minor[row]), credited, grouping=False
            )
            if is_converted
            else "",
            "kind": MOVEMENT_KINDS[movements.kind[row]].value,
            "reverses": movements.movement_id[original] if original in known else "",
        }

    def _list_repeats(self, rows: Mapping[str, Rows]) -> list[Problem]:
        """Return what the rows say once more that the tables say already."""
        problems = []
        for line, row in enumerate(rows.get("movements", ()), 2):
            name = row.get("movement_id", "")
            if name and self._find_id(name) != NO_ROW:
                reason = f"{name!r} is in the tables already"
                problems.append(Problem("movements.csv", line, "movement_id", reason))
        for line, row in enumerate(rows.get("loans", ()), 2):
            name = row.get("loan_id", "")
            if name in self._loans:
                reason = f"{name!r} is in the tables already"
                problems.append(Problem("loans.csv", line, "loan_id", reason))
        for line, row in enumerate(rows.get("accounts", ()), 2):
            there = self._list_accounts((row.get("bank", ""), row.get("account", "")))
            currency = row.get("currency", "")
            if currency in there or (there and not currency):
                reason = "is in the tables already; to change it load all tables again"
                problems.append(Problem("accounts.csv", line, "account", reason))
        return problems

    def _number_accounts(self, part: Accounts) -> tuple[list[int], list[Key]]:
        """Return the ids in the whole of a part's accounts, and the keys of the new ones."""
        keys = list(_list_keys(part))
        ids = [self._find_account(key) for key in keys]
        new = [at for at, one in enumerate(ids) if one == OUTSIDE]
        for number, at in enumerate(new, len(self.tables.accounts)):
            ids[at] = number
        return ids, [keys[at] for at in new]

    def _append(
        self, part: Tables, rows: Mapping[str, Rows], ids: list[int], known: list[int]
    ) -> Tables:
        """Give the part's accounts and movements their ids in the whole, and add them."""
        before = self.tables
        first, count = len(before.movements), len(part.movements) - len(known)
        account = np.array([*ids, OUTSIDE], dtype=np.int32)  # last: OUTSIDE itself
        row = np.array([*range(first, first + count), *known, NO_ROW], dtype=np.int32)
        new = np.flatnonzero(account[:-1] >= len(before.accounts))
        return self._growing.append(
            self._take_movements(part.movements, count, account, row),
            _take_accounts(part, before, new),
            [self._place_loan(loan, account, row) for loan in part.loans],
            _chain_snapshot(before.snapshot, rows),
        )

    def _place_loan(self, loan: Loan, account: Any, row: Any) -> Loan:
        number = int(account[loan.account_id])
        accounts = self.tables.accounts
        holder = loan.holder_id
        if not holder and number < len(accounts):
            holder = accounts.holder_id[number]
        movement = int(row[loan.movement])
        return replace(loan, account_id=number, movement=movement, holder_id=holder)

    def _take_movements(self, part: Movements, count: int, account: Any, row: Any) -> Movements:
        """Return the part's new movements with the ids of the whole."""
        columns = {
            one.name: getattr(part, one.name)[:count]
            for one in fields(part)
            if one.name not in ("texts", "debit", "credit", "reverses", "line")
        }
        return Movements(
            **columns,
            line=np.arange(self._line + 1, self._line + 1 + count),
            debit=account[part.debit[:count]],
            credit=account[part.credit[:count]],
            reverses=row[part.reverses[:count]],
            texts={name: text[:count] for name, text in part.texts.items()},
        )


def _take_accounts(part: Tables, before: Tables, rows: Int64s) -> Accounts:
    """Return some of the part's accounts; a holder that the tables know has its sector."""
    columns: dict[str, Any] = {}
    for one in fields(part.accounts):
        column = getattr(part.accounts, one.name)
        is_array = isinstance(column, np.ndarray)
        columns[one.name] = column[rows] if is_array else pick_values(column, rows)
    sectors = []
    for holder, sector in zip(columns["holder_id"], columns["sector"], strict=True):
        party = before.parties.get(holder) if holder and not sector else None
        sectors.append(party.sector if party else sector)
    columns["sector"] = sectors
    return Accounts(**columns)


def _join_keys(accounts: Accounts) -> pl.Series:
    parts = [to_series(one) for one in (accounts.bank, accounts.account)]
    names = ["bank", "account"]
    frame = pl.DataFrame(
        [one.cast(pl.String).alias(n) for n, one in zip(names, parts, strict=True)]
    )
    return frame.select(pl.concat_str(names, separator="\0")).to_series()


def _list_keys(accounts: Accounts) -> Iterable[Key]:
    return zip(accounts.bank, accounts.account, accounts.currency, strict=True)


def _chain_snapshot(before: str, rows: Mapping[str, Rows]) -> str:
    """Return the snapshot of tables with rows added: it tells every step apart."""
    added = {name: [dict(row) for row in table] for name, table in rows.items()}
    canonical = json.dumps(
        [before, added], sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )
    return f"sha256:{hashlib.sha256(canonical.encode()).hexdigest()}"
